import { webhooks } from "#db/schema/webhooks.ts";
import { webhookDisabled } from "#domain/events/webhook.ts";
import { conflict } from "#domain/refusals.ts";
import { livesBy, suspended, unsuspended } from "#domain/webhooks/endpoint.ts";
import { commit, deciding, expectVersion, readable, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { rowById } from "../listing.ts";
import { requireSession } from "../scopes.ts";
import { grantOf, scopesOfGrant } from "./change-webhook.ts";
import { administeredWebhookNoun, factsOf, reloadLater, shownWebhook, type Webhook, type WebhookRow } from "./webhook.ts";

/** Shuts an endpoint off, whoever's it is, and tells its owner, who cannot undo it: the kill switch of platform admins. Refuses (409) one that is shut off. */
export const suspendWebhook = (ctx: Context, id: string, reason: string): Promise<Webhook> => switchWebhook(ctx, id, reason, true);

/** Lets an endpoint pass again that an admin shut off. Refuses (409) any other, and one whose grant has lost what its events need. */
export const unsuspendWebhook = (ctx: Context, id: string, reason: string): Promise<Webhook> => switchWebhook(ctx, id, reason, false);

async function switchWebhook(ctx: Context, id: string, reason: string, shutsOff: boolean): Promise<Webhook> {
  requireSession(ctx);
  const changed = await deciding(ctx, async () => {
    const [[row], [grant]] = await ctx.read(rowById<WebhookRow>(ctx, administeredWebhookNoun, id), grantOf(id));
    const before = readable("webhook", id, row);
    expectVersion(ctx, before);
    if (!shutsOff && grant && !livesBy(before.eventTypes, scopesOfGrant(grant)))
      throw conflict("The grant through which it was made no longer has the scopes its events need.");
    const fields = shutsOff ? suspended(before, ctx.now()) : unsuspended(before);
    const after: WebhookRow = { ...before, ...fields, version: before.version + 1, updatedAt: ctx.now() };
    const action = shutsOff ? "webhook.suspended" : "webhook.unsuspended";
    return commit(ctx, await shownWebhook(ctx, after), {
      expect: [unchanged(webhooks, before)],
      write: [update(ctx, webhooks, id, fields)],
      audit: { action, subject: { type: "webhook", id }, before, after, accountId: before.accountId, reason },
      events: shutsOff ? [webhookDisabled(factsOf(after), "admin")] : [],
    });
  });
  reloadLater(ctx, changed);
  return changed;
}
