import { and, eq, inArray, isNull, ne, sql } from "drizzle-orm";
import { oauthClients, oauthGrants } from "#db/schema/api.ts";
import { webhooks } from "#db/schema/webhooks.ts";
import { select } from "#db/statements.ts";
import type { ChangedSubject } from "#domain/events/api.ts";
import { livesBy } from "#domain/webhooks/endpoint.ts";
import { commit, deciding } from "../commit.ts";
import type { Subscriber } from "../events/handle-events.ts";
import { scopesOfGrant } from "./change-webhook.ts";
import { disabling } from "./disabling.ts";
import { reloadLater } from "./webhook.ts";

/** An endpoint that was made through a grant lives by that grant's scopes: when they go, it is disabled (PLATFORM §13.3). */
export const webhookScopeSubscriber: Subscriber = {
  name: "webhook-scopes",
  hears: ["credential.changed"],
  async handle(ctx, event, handled) {
    const { subjects } = event.payload as { subjects: readonly ChangedSubject[] };
    const grants = subjects.filter(({ name }) => name.startsWith("grant:")).map(({ name }) => name.slice("grant:".length));
    await deciding(ctx, async () => {
      const [found] = await ctx.read(
        select({
          webhook: webhooks,
          grant: {
            status: oauthGrants.status,
            scopes: oauthGrants.scopes,
            clientStatus: oauthClients.status,
            allowed: oauthClients.allowedScopes,
          },
        })
          .from(webhooks)
          .innerJoin(oauthGrants, eq(oauthGrants.id, webhooks.createdVia))
          .innerJoin(oauthClients, eq(oauthClients.id, oauthGrants.clientId))
          .where(
            and(
              // a client is its maker's, the endpoints lie in the accounts of whoever let it in
              ne(webhooks.status, "disabled"),
              isNull(webhooks.deletedAt),
              inArray(sql`left(${oauthGrants.publicId}, 10)`, grants.length > 0 ? grants : [""]),
            ),
          ),
      );
      const lost = found.filter(({ webhook, grant }) => !livesBy(webhook.eventTypes, scopesOfGrant(grant))).map(({ webhook }) => webhook);
      const change = disabling(ctx, lost, "scope_lost");
      await commit(ctx, null, { ...change, write: [handled, ...change.write] });
      for (const { id, version } of lost) reloadLater(ctx, { id, version: version + 1 });
    });
  },
};
