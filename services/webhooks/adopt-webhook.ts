import { and, eq, inArray, sql } from "drizzle-orm";
import { webhookDeliveries } from "#db/schema/deliveries.ts";
import { webhooks, webhookSecrets } from "#db/schema/webhooks.ts";
import { deleteFrom, updateOf } from "#db/statements.ts";
import { conflict } from "#domain/refusals.ts";
import { adopted } from "#domain/webhooks/endpoint.ts";
import { commit, deciding, expectVersion, insert, readable, unchanged, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { rowById } from "../listing.ts";
import { type ReplayOffer, replayOffer, tellsOthersAmounts } from "../replay-jobs/replayable.ts";
import { requireSession } from "../scopes.ts";
import { grantOf } from "./change-webhook.ts";
import type { ShownWebhook } from "./create-webhook.ts";
import { newSecret } from "./secret.ts";
import { reloadLater, shownWebhook, verifyLater, webhookNoun, type WebhookRow } from "./webhook.ts";

/** An endpoint that has a new owner. `offer`: what it missed and could be sent now. */
export type AdoptedWebhook = ShownWebhook & { offer: ReplayOffer | null };

/**
 * Takes over an endpoint whose owner left the account: it hears from now on what the adopter may read, signed with a new
 * secret that is told this once; the old ones sign no more, since whoever left may have them. What it missed is offered,
 * but the amounts of whoever left go to nobody else. Refuses (409) one that is disabled for another reason, and one that
 * lives by a grant: that was the consent of whoever left.
 */
export async function adoptWebhook(ctx: Context, id: string): Promise<AdoptedWebhook> {
  requireSession(ctx);
  const taken = await deciding(ctx, async () => {
    const [[row], [grant], [offer]] = await ctx.read(rowById<WebhookRow>(ctx, webhookNoun, id), grantOf(id), replayOffer(id));
    const before = readable("webhook", id, row);
    expectVersion(ctx, before);
    ctx.repeat();
    const life = adopted(before);
    if (grant) throw conflict("It was made by an app, with the consent of whoever left. Let the app have yours, and make another.");
    const fields = { ...life, ownerUserId: ctx.userId };
    const after: WebhookRow = { ...before, ...fields, version: before.version + 1, updatedAt: ctx.now() };
    const { secret, ...secretRow } = await newSecret(ctx, id);
    return commit<AdoptedWebhook>(
      ctx,
      { ...(await shownWebhook(ctx, after)), secret, offer: offer ?? null },
      {
        expect: [unchanged(webhooks, before)],
        write: [
          update(ctx, webhooks, id, fields),
          deleteFrom(webhookSecrets).where(eq(webhookSecrets.webhookId, id)) as Statement,
          insert(webhookSecrets, secretRow),
          updateOf(webhookDeliveries)
            .set({ status: "dead", nextAttemptAt: null, completedAt: ctx.now(), lastErrorClass: "scope_lost" })
            .where(
              and(
                eq(webhookDeliveries.webhookId, id),
                inArray(webhookDeliveries.status, ["pending", "in_flight", "retrying", "parked"]),
                tellsOthersAmounts(sql`${ctx.userId}::uuid`),
              ),
            ) as Statement,
        ],
        audit: { action: "webhook.adopted", subject: { type: "webhook", id }, before, after, accountId: before.accountId },
        events: [],
      },
    );
  });
  reloadLater(ctx, taken);
  if (taken.status === "unverified") verifyLater(ctx, taken);
  return taken;
}
