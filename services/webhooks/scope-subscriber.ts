import { and, eq, inArray, isNull, ne, sql } from "drizzle-orm";
import { oauthClients, oauthGrants } from "#db/schema/api.ts";
import { webhooks } from "#db/schema/webhooks.ts";
import { select } from "#db/statements.ts";
import type { ChangedSubject } from "#domain/events/api.ts";
import { webhookDisabled } from "#domain/events/webhook.ts";
import { disabled, livesBy } from "#domain/webhooks/endpoint.ts";
import { commit, deciding, unchanged, update } from "../commit.ts";
import type { Subscriber } from "../events/handle-events.ts";
import { scopesOfGrant } from "./change-webhook.ts";
import { factsOf, reloadLater } from "./webhook.ts";

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
      const lost = found
        .filter(({ webhook, grant }) => !livesBy(webhook.eventTypes, scopesOfGrant(grant)))
        .map(({ webhook: before }) => {
          const fields = disabled(before, "scope_lost", ctx.now());
          return { before, fields, after: { ...before, ...fields, version: before.version + 1, updatedAt: ctx.now() } };
        });
      await commit(ctx, null, {
        expect: lost.map(({ before }) => unchanged(webhooks, before)),
        write: [handled, ...lost.map(({ before, fields }) => update(ctx, webhooks, before.id, fields))],
        audit: lost.map(({ before, after }) => ({
          action: "webhook.disabled",
          subject: { type: "webhook", id: before.id },
          before,
          after,
          accountId: before.accountId,
          reason: "scope_lost",
        })),
        events: lost.map(({ after }) => webhookDisabled(factsOf(after), "scope_lost")),
      });
      for (const { after } of lost) reloadLater(ctx, after);
    });
  },
};
