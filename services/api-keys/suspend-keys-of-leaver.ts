import { sql } from "drizzle-orm";
import { apiKeys } from "#db/schema/api.ts";
import { select } from "#db/statements.ts";
import { nextKeyStatus } from "#domain/credentials/key.ts";
import { keyOrphaned } from "#domain/events/api.ts";
import type { Context } from "../context.ts";
import type { CredentialChange } from "../credentials/change-credentials.ts";
import { type ApiKey, changedKey, factsOfKey } from "./api-key.ts";

const LEFT = "its maker left";

/** Whether a key waits for somebody to adopt it. */
export const isOrphaned = ({ status, statusReason }: Pick<ApiKey, "status" | "statusReason">): boolean =>
  status === "suspended" && statusReason === LEFT;

/** The active keys that somebody made for companies in which no other membership than this one keeps them. */
export const keysKeptBy = (membershipId: string) =>
  select()
    .from(apiKeys)
    .where(
      sql`${apiKeys.status} = 'active' and exists (
        select from identity.memberships m join ats.companies c on c.identity_organization_id = m.organization_id and c.id = coalesce(m.company_id, c.id)
        where m.id = ${membershipId} and m.user_id = ${apiKeys.userId} and c.id = ${apiKeys.accountId}
          and not exists (
            select from identity.memberships o
            where o.organization_id = m.organization_id and o.user_id = m.user_id and o.id <> m.id and o.deleted_at is null
              and coalesce(o.company_id, c.id) = c.id))`,
    )
    .orderBy(apiKeys.id);

/** Suspends the keys of somebody who leaves, in the commit by which they leave, and flags them to the company's admins (IDENTITY I-9). */
export const suspendOrphaned = (ctx: Context, keys: readonly ApiKey[]): CredentialChange[] =>
  keys.map(
    (key) =>
      changedKey(ctx, key, "api_key.suspended", {
        fields: { status: nextKeyStatus(key.status, "suspend"), statusReason: LEFT },
        events: [keyOrphaned(factsOfKey(key), key.accountId)],
        reason: LEFT,
      }).change,
  );
