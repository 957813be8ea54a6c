import { sql } from "drizzle-orm";
import { webhooks, webhookSecrets } from "#db/schema/webhooks.ts";
import { ROLE_TYPE_OF } from "#domain/credentials/scopes.ts";
import { requireEventTypes, requireWebhookRoom } from "#domain/webhooks/endpoint.ts";
import { type OwnHeaders, requireOwnHeaders } from "#domain/webhooks/headers.ts";
import { commit, deciding, insert, newRow, readable } from "../commit.ts";
import type { Context } from "../context.ts";
import { requireScope } from "../scopes.ts";
import { newSecret } from "./secret.ts";
import { heldScopes, ownRoom, requireDestination, sealHeaders, shownWebhook, verifyLater, type Webhook } from "./webhook.ts";

export interface NewWebhook {
  url: string;
  description: string | null;
  eventTypes: readonly string[];
  headers: OwnHeaders;
  /** Deliveries a second; null for as many as come. */
  maxPerSecond: number | null;
}

/** An endpoint whose secret was just made: the only time that it is told. */
export type ShownWebhook = Webhook & { secret: string };

/**
 * Makes an endpoint, tells its secret this once, and sends it a test: until it answers one with a 2xx it receives
 * nothing else. Refuses an address that we send nothing to, events that the caller may not hear (PLATFORM §13.2), and
 * one endpoint more than the plan allows (`resource_limit_reached`).
 */
export async function createWebhook(ctx: Context, given: NewWebhook): Promise<ShownWebhook> {
  requireScope(ctx, "manage:webhooks");
  const made = await deciding(ctx, async () => {
    const [[found]] = await ctx.read(ownRoom());
    const account = readable("account", "", found);
    ctx.repeat();
    const eventTypes = requireEventTypes(given.eventTypes, account.kind, heldScopes(ctx));
    const headers = requireOwnHeaders(given.headers);
    requireWebhookRoom(account.webhooks, account.maxWebhooks);
    const url = await requireDestination(ctx, given.url, "webhook");
    const id = ctx.newId();
    const row = newRow(ctx, webhooks, {
      id,
      accountId: account.id,
      ownerUserId: ctx.userId,
      roleType: ROLE_TYPE_OF[account.kind],
      createdVia: ctx.caller.kind === "partner" ? ctx.caller.credentialId : null,
      url,
      description: given.description,
      eventTypes,
      maxPerSecond: given.maxPerSecond,
      headersEnc: await sealHeaders(ctx, id, headers),
    });
    const { secret, ...secretRow } = await newSecret(ctx, id);
    return commit<ShownWebhook>(
      ctx,
      { ...(await shownWebhook(ctx, row)), secret },
      {
        expect: [sql`ops.guard_webhooks(${account.id}::uuid, ${account.webhooks}::integer)`],
        write: [insert(webhooks, row), insert(webhookSecrets, secretRow)],
        audit: { action: "webhook.created", subject: { type: "webhook", id }, after: row, accountId: account.id },
        events: [],
      },
    );
  });
  verifyLater(ctx, made);
  return made;
}
