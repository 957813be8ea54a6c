import { eq, sql } from "drizzle-orm";
import { webhooks, webhookSecrets } from "#db/schema/webhooks.ts";
import { deleteFrom, select, updateOf } from "#db/statements.ts";
import { rotateSecrets } from "#domain/webhooks/rotation.ts";
import { commit, deciding, expectVersion, insert, readable, unchanged, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { rowById } from "../listing.ts";
import { requireScope } from "../scopes.ts";
import type { ShownWebhook } from "./create-webhook.ts";
import { newSecret } from "./secret.ts";
import { headersOf, reloadLater, sealHeaders, shownWebhook, webhookNoun, type WebhookRow } from "./webhook.ts";

/**
 * Gives an endpoint a new secret and tells it this once. The one before signs beside it for the overlap, in seconds,
 * so that no delivery is missed. Refuses (`secret_rotation_in_progress`) a second rotation within it, unless forced.
 */
export async function rotateWebhookSecret(
  ctx: Context,
  id: string,
  asked: { overlapSeconds: number; force: boolean },
): Promise<ShownWebhook> {
  requireScope(ctx, "manage:webhooks");
  const rotated = await deciding(ctx, async () => {
    const [[row], secrets] = await ctx.read(
      rowById<WebhookRow>(ctx, webhookNoun, id),
      select().from(webhookSecrets).where(eq(webhookSecrets.webhookId, id)),
    );
    const before = readable("webhook", id, row);
    expectVersion(ctx, before);
    ctx.repeat();
    const { previousUntil, gone } = rotateSecrets(secrets, ctx.now(), asked);
    const { secret, ...secretRow } = await newSecret(ctx, id);
    // what lies beside the secret is sealed anew with it, so that the background need look at secrets alone
    const after: WebhookRow = {
      ...before,
      headersEnc: await sealHeaders(ctx, id, await headersOf(ctx, before)),
      version: before.version + 1,
      updatedAt: ctx.now(),
    };
    return commit<ShownWebhook>(
      ctx,
      { ...(await shownWebhook(ctx, after)), secret },
      {
        expect: [unchanged(webhooks, before)],
        write: [
          update(ctx, webhooks, id, { headersEnc: after.headersEnc }),
          deleteFrom(webhookSecrets).where(sql`${webhookSecrets.keyId} = any(${sql.param(gone)}::uuid[])`) as Statement,
          updateOf(webhookSecrets)
            .set({ expiresAt: previousUntil ?? ctx.now() })
            .where(sql`${webhookSecrets.webhookId} = ${id}::uuid and ${webhookSecrets.expiresAt} is null`) as Statement,
          insert(webhookSecrets, secretRow),
        ],
        audit: { action: "webhook.secret_rotated", subject: { type: "webhook", id }, before, after, accountId: before.accountId },
        events: [],
      },
    );
  });
  reloadLater(ctx, rotated);
  return rotated;
}

/** Removes secrets that sign no more. */
export async function forgetExpiredSecrets(ctx: Context): Promise<void> {
  await ctx.database.writer.batch([deleteFrom(webhookSecrets).where(sql`${webhookSecrets.expiresAt} <= ops.now()`)] as never);
}
