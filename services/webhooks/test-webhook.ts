import { notFound, Refusal } from "#domain/refusals.ts";
import { commit, deciding, readable } from "../commit.ts";
import type { Context } from "../context.ts";
import { rowById } from "../listing.ts";
import type { TestAnswer } from "../ports.ts";
import { requireScope } from "../scopes.ts";
import { unsent, webhookNoun, type WebhookRow } from "./webhook.ts";

export type SentTest = Extract<TestAnswer, { kind: "sent" }>;

/**
 * Sends an endpoint a `webhook.test` by the way that every delivery takes, once, and tells its outcome. Refuses
 * (`action_throttled`) a fourth within a minute, and (503) one that could not be sent by a fault of ours.
 */
export async function testWebhook(ctx: Context, id: string): Promise<SentTest> {
  requireScope(ctx, "manage:webhooks");
  const [[row]] = await ctx.read(rowById<WebhookRow>(ctx, webhookNoun, id));
  const webhook = readable("webhook", id, row);
  ctx.repeat();
  const answer = await ctx.ports.endpoints(id).sendTest(ctx.userId);
  if (answer.kind === "unknown") throw notFound("webhook", id);
  if (answer.kind === "throttled")
    throw new Refusal("action_throttled", "An endpoint can be tested three times a minute.", { retry_after: answer.retryAfterSeconds });
  if (answer.outcome.errorClass === "internal") throw unsent();
  return deciding(ctx, () =>
    commit(ctx, answer, {
      write: [],
      audit: { action: "webhook.tested", subject: { type: "webhook", id }, accountId: webhook.accountId },
      events: [],
    }),
  );
}
