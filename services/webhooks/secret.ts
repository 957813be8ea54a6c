import type { webhookSecrets } from "#db/schema/webhooks.ts";
import { newWebhookSecret } from "#domain/webhooks/sign.ts";
import type { Context } from "../context.ts";

const SECRET_BYTES = 32;

/** The owner under which what belongs to an endpoint is sealed: its secrets, and its own headers. */
export const webhookSealOwner = (webhookId: string): string => `webhook:${webhookId}`;

/** A new secret for an endpoint, as Standard Webhooks writes it, and the row that keeps it sealed. */
export async function newSecret(ctx: Context, webhookId: string): Promise<typeof webhookSecrets.$inferInsert & { secret: string }> {
  const secret = newWebhookSecret(ctx.ports.randomBytes(SECRET_BYTES));
  const [secretEnc, kekId] = await Promise.all([ctx.ports.seal.seal(secret, webhookSealOwner(webhookId)), ctx.ports.seal.keyId()]);
  return { secret, keyId: ctx.newId(), webhookId, secretEnc, kekId, createdAt: ctx.now() };
}
