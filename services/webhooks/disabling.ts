import { webhooks } from "#db/schema/webhooks.ts";
import { webhookDisabled } from "#domain/events/webhook.ts";
import { disabled } from "#domain/webhooks/endpoint.ts";
import type { DisabledReason } from "#domain/webhooks/words.ts";
import { type Change, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { factsOf, type WebhookRow } from "./webhook.ts";

/** What shuts endpoints off that nobody switched off, and tells of it. */
export function disabling(ctx: Context, found: readonly WebhookRow[], reason: DisabledReason) {
  const changes = found.map((before) => {
    const fields = disabled(before, reason, ctx.now());
    return { before, fields, after: { ...before, ...fields, version: before.version + 1, updatedAt: ctx.now() } };
  });
  return {
    expect: changes.map(({ before }) => unchanged(webhooks, before)),
    write: changes.map(({ before, fields }) => update(ctx, webhooks, before.id, fields)),
    audit: changes.map(({ before, after }) => ({
      action: "webhook.disabled",
      subject: { type: "webhook", id: before.id },
      before,
      after,
      accountId: before.accountId,
      reason,
    })),
    events: changes.map(({ after }) => webhookDisabled(factsOf(after), reason)),
  } satisfies Change;
}
