import { and, eq, isNull, ne, type SQL, sql } from "drizzle-orm";
import { apiKeys } from "#db/schema/api.ts";
import { webhooks } from "#db/schema/webhooks.ts";
import { select } from "#db/statements.ts";

/**
 * The endpoints, each with the key, that these keys made, moved, or gave a secret, as far as anything is sent there. An
 * endpoint is its account's and its owner's, not the key's: it goes on when the key is replaced, revoked or suspended.
 * But whoever found a key that leaked may have had an endpoint made, or turned one to themselves.
 */
export const endpointsMadeWith = (keys: SQL) =>
  select({ webhook: webhooks, keyId: apiKeys.id })
    .from(webhooks)
    .innerJoin(apiKeys, eq(apiKeys.accountId, webhooks.accountId))
    .where(
      and(
        keys,
        ne(webhooks.status, "disabled"),
        isNull(webhooks.deletedAt),
        sql`(${webhooks.createdVia} = ${apiKeys.id} or exists (
          select from ops.audit_events e where e.subject_type = 'webhook' and e.subject_id = ${webhooks.id}
            and e.action <> 'webhook.tested' and e.actor ->> 'credential_id' = ${apiKeys.id}::text))`,
      ),
    )
    .orderBy(webhooks.id);
