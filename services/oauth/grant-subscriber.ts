import { and, eq } from "drizzle-orm";
import { oauthGrants } from "#db/schema/api.ts";
import { select } from "#db/statements.ts";
import { commit, deciding } from "../commit.ts";
import type { Subscriber } from "../events/handle-events.ts";
import { forgetNow } from "../credentials/credential-subscriber.ts";
import { regranted, revokeTokens } from "./grant.ts";

/** A grant is a person's session at a distance: whoever is deactivated leaves none behind (IDENTITY §3.2). */
export const grantSubscriber: Subscriber = {
  name: "grants",
  hears: ["user.deactivated"],
  async handle(ctx, event, handled) {
    await deciding(ctx, async () => {
      const [grants] = await ctx.read(
        select()
          .from(oauthGrants)
          .where(and(eq(oauthGrants.userId, event.subject.id), eq(oauthGrants.status, "active"))),
      );
      const ended = { status: "revoked", revokedReason: "person_deactivated" } as const;
      const changes = grants.map((grant) => regranted(ctx, grant, ended));
      await commit(ctx, null, {
        expect: changes.flatMap(({ expect }) => expect),
        write: [handled, ...grants.map((grant) => revokeTokens(ctx, { grantId: grant.id })), ...changes.flatMap(({ write }) => write)],
        audit: grants.map((grant) => ({
          action: "oauth.grant_revoked",
          subject: { type: "oauth_grant", id: grant.id },
          accountId: grant.accountId,
          before: grant,
          after: { ...grant, ...ended },
        })),
        events: changes.flatMap(({ events }) => events),
      });
      await forgetNow(
        ctx,
        changes.map(({ changed }) => changed),
      );
    });
  },
};
