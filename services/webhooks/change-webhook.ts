import { and, eq, inArray, sql } from "drizzle-orm";
import { oauthClients, oauthGrants } from "#db/schema/api.ts";
import { replayJobs, webhooks, webhookSecrets } from "#db/schema/webhooks.ts";
import { deleteFrom, select, updateOf } from "#db/statements.ts";
import type { Scope } from "#domain/credentials/scopes.ts";
import { webhookDisabled } from "#domain/events/webhook.ts";
import { publishedEvent } from "#domain/events/published.ts";
import { conflict, forbidden } from "#domain/refusals.ts";
import { disabled, enabled, livesBy, requireEventTypes } from "#domain/webhooks/endpoint.ts";
import { type OwnHeaders, requireOwnHeaders } from "#domain/webhooks/headers.ts";
import { asItStands, commit, deciding, differing, expectVersion, readable, unchanged, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { rowById } from "../listing.ts";
import { type ReplayOffer, replayOffer } from "../replay-jobs/replayable.ts";
import { requireScope } from "../scopes.ts";
import {
  factsOf,
  headersOf,
  heldScopes,
  reloadLater,
  requireDestination,
  sealHeaders,
  shownWebhook,
  verifyLater,
  type Webhook,
  webhookNoun,
  type WebhookRow,
} from "./webhook.ts";

export interface WebhookChange {
  url?: string | undefined;
  description?: string | null | undefined;
  eventTypes?: readonly string[] | undefined;
  /** All of them; null for none. */
  headers?: OwnHeaders | null | undefined;
  maxPerSecond?: number | null | undefined;
  status?: "active" | "disabled" | undefined;
  version?: number | undefined;
}

/** A changed endpoint. `offer`: what it missed and could be sent now; only where it was just enabled. */
export type ChangedWebhook = Webhook & { offer: ReplayOffer | null };

/** What the grant behind an endpoint may do now; null for one that was not made through a grant. */
export const grantOf = (webhookId: string) =>
  select({ status: oauthGrants.status, scopes: oauthGrants.scopes, clientStatus: oauthClients.status, allowed: oauthClients.allowedScopes })
    .from(webhooks)
    .innerJoin(oauthGrants, eq(oauthGrants.id, webhooks.createdVia))
    .innerJoin(oauthClients, eq(oauthClients.id, oauthGrants.clientId))
    .where(eq(webhooks.id, webhookId));

/** The scopes of a grant that count: those its client may still ask for, while both live. */
export const scopesOfGrant = (grant: {
  status: string;
  scopes: readonly Scope[];
  clientStatus: string;
  allowed: readonly Scope[];
}): Scope[] =>
  grant.status === "active" && grant.clientStatus === "approved" ? grant.scopes.filter((scope) => grant.allowed.includes(scope)) : [];

const originOf = (url: string): string | null => (URL.canParse(url) ? new URL(url).origin : null);

/** What an endpoint hears of its owner's money goes to another host by the owner alone (DESIGN R-24). */
function requireMover(ctx: Context, { ownerUserId }: WebhookRow, eventTypes: readonly string[]): void {
  const hearsOfMoney = eventTypes.some((type) => publishedEvent(type).scope === "read:payouts");
  if (hearsOfMoney && ownerUserId !== ctx.userId)
    throw forbidden("This endpoint hears of its owner's payouts: only they may send it to another host.");
}

/**
 * Changes an endpoint; a status is the owner's switch (DESIGN R-24). Refuses what `createWebhook` refuses, and a step
 * that its state does not allow. To another host goes only what the caller may hear themselves, and no header that was
 * written for the one before. An endpoint that is switched on and was never verified is sent its test again.
 */
export async function updateWebhook(ctx: Context, id: string, { version, ...given }: WebhookChange): Promise<ChangedWebhook> {
  requireScope(ctx, "manage:webhooks");
  const changed = await deciding(ctx, async () => {
    const [[row], [grant], [offer]] = await ctx.read(rowById<WebhookRow>(ctx, webhookNoun, id), grantOf(id), replayOffer(id));
    const before = readable("webhook", id, row);
    expectVersion(ctx, before, version);
    ctx.repeat();
    const kind = ctx.access.account?.kind ?? "platform";
    const switched = given.status === undefined || given.status === before.status ? null : given.status;
    const isMoved = given.url !== undefined && originOf(given.url) !== originOf(before.url);
    if (isMoved) requireMover(ctx, before, given.eventTypes ?? before.eventTypes);
    const heard = given.eventTypes ?? (isMoved ? before.eventTypes : undefined);
    const eventTypes = heard && requireEventTypes(heard, kind, heldScopes(ctx));
    // what was written for one host is not sent to another
    const ownHeaders = given.headers === undefined && isMoved ? null : given.headers;
    const headers = ownHeaders === undefined ? undefined : requireOwnHeaders(ownHeaders ?? {});
    const life = switched === "disabled" ? disabled(before, "owner", ctx.now()) : switched === "active" ? enabled(before) : {};
    if (switched === "active" && grant && !livesBy(eventTypes ?? before.eventTypes, scopesOfGrant(grant)))
      throw conflict("The grant through which it was made no longer has the scopes its events need.");
    const url = given.url === undefined || given.url === before.url ? undefined : await requireDestination(ctx, given.url, "webhook");
    const sameHeaders = headers !== undefined && JSON.stringify(headers) === JSON.stringify(await headersOf(ctx, before));
    const fields = differing<Partial<WebhookRow>>(before, {
      ...life,
      ...(url === undefined ? {} : { url }),
      ...(given.description === undefined ? {} : { description: given.description }),
      ...(eventTypes === undefined ? {} : { eventTypes }),
      ...(given.maxPerSecond === undefined ? {} : { maxPerSecond: given.maxPerSecond }),
      ...(headers === undefined || sameHeaders ? {} : { headersEnc: await sealHeaders(ctx, id, headers) }),
    });
    if (fields === null) return asItStands<ChangedWebhook>(ctx, { ...(await shownWebhook(ctx, before)), offer: null });
    const after: WebhookRow = { ...before, ...fields, version: before.version + 1, updatedAt: ctx.now() };
    const action = switched === null ? "webhook.updated" : switched === "active" ? "webhook.enabled" : "webhook.disabled";
    return commit<ChangedWebhook>(
      ctx,
      { ...(await shownWebhook(ctx, after)), offer: switched === "active" ? (offer ?? null) : null },
      {
        expect: [unchanged(webhooks, before)],
        write: [update(ctx, webhooks, id, fields)],
        audit: { action, subject: { type: "webhook", id }, before, after, accountId: before.accountId },
        events: switched === "disabled" ? [webhookDisabled(factsOf(after), "owner")] : [],
      },
    );
  });
  reloadLater(ctx, changed);
  if (given.status === "active" && changed.status === "unverified") verifyLater(ctx, changed);
  return changed;
}

/** Switches an endpoint on again and offers what it missed. Refuses (409) one that is not disabled. */
export const enableWebhook = (ctx: Context, id: string): Promise<ChangedWebhook> => updateWebhook(ctx, id, { status: "active" });

/** Removes an endpoint with its secrets; what is being replayed to it ends. Its deliveries can be read as long as any. */
export async function deleteWebhook(ctx: Context, id: string): Promise<{ id: string }> {
  requireScope(ctx, "manage:webhooks");
  const gone = await deciding(ctx, async () => {
    const [[row], jobs] = await ctx.read(
      rowById<WebhookRow>(ctx, webhookNoun, id),
      select({ id: replayJobs.id, version: replayJobs.version })
        .from(replayJobs)
        .where(and(eq(replayJobs.webhookId, id), inArray(replayJobs.status, ["running", "paused"]))),
    );
    const before = readable("webhook", id, row);
    expectVersion(ctx, before);
    const ended = before.status === "disabled" ? {} : disabled(before, "owner", ctx.now());
    const stopped: Statement[] =
      jobs.length === 0
        ? []
        : [
            updateOf(replayJobs)
              .set({ status: "cancelled", finishedAt: ctx.now(), updatedAt: ctx.now(), version: sql`${replayJobs.version} + 1` })
              .where(and(eq(replayJobs.webhookId, id), inArray(replayJobs.status, ["running", "paused"]))) as Statement,
          ];
    await commit(
      ctx,
      { id },
      {
        expect: [unchanged(webhooks, before), ...jobs.map((job) => unchanged(replayJobs, job))],
        write: [
          update(ctx, webhooks, id, { ...ended, deletedAt: ctx.now(), headersEnc: null }),
          deleteFrom(webhookSecrets).where(eq(webhookSecrets.webhookId, id)) as Statement,
          ...stopped,
        ],
        audit: { action: "webhook.deleted", subject: { type: "webhook", id }, before, accountId: before.accountId },
        events: [],
      },
    );
    return { id, version: before.version + 1 };
  });
  reloadLater(ctx, gone);
  return { id };
}
