import { and, eq, getTableColumns, type SQL, sql } from "drizzle-orm";
import { accountPlans, accounts, apiPlans } from "#db/schema/api.ts";
import { webhookDeliveries } from "#db/schema/deliveries.ts";
import { webhooks, webhookSecrets } from "#db/schema/webhooks.ts";
import { contains } from "#db/search.ts";
import { computed, select } from "#db/statements.ts";
import { holdableScopes, ROLE_TYPE_OF, type Scope } from "#domain/credentials/scopes.ts";
import type { WebhookFacts } from "#domain/events/webhook.ts";
import type { OwnHeaders } from "#domain/webhooks/headers.ts";
import { invalidField, Refusal } from "#domain/refusals.ts";
import { readable } from "../commit.ts";
import type { Context } from "../context.ts";
import { type KeysetPage, type KeysetQuery, listAfter } from "../keyset.ts";
import { type Noun, rowById } from "../listing.ts";
import { requireScope } from "../scopes.ts";
import { webhookSealOwner } from "./secret.ts";

const { deletedAt: _, ...columns } = getTableColumns(webhooks);

/** An endpoint as its verbs read it. */
export type WebhookRow = Omit<typeof webhooks.$inferSelect, "deletedAt">;

/** An endpoint as its owner sees it: of the own headers, the names. */
export type Webhook = Omit<WebhookRow, "headersEnc"> & { headerNames: readonly string[] };

/** The endpoints of the caller's own account. */
export const webhookNoun = {
  name: "webhook",
  table: webhooks,
  columns,
  readable: () => sql`(${webhooks.accountId} = (select ops.account_id()) and ${webhooks.deletedAt} is null)`,
  filters: {
    status: (status: WebhookRow["status"]) => eq(webhooks.status, status),
    search: (words: string) => contains([webhooks.url, webhooks.description], words),
    event_type: (type: string) => sql`${webhooks.eventTypes} @> array[${type}]`,
  },
} satisfies Noun<WebhookRow>;

/** Everybody's endpoints, for platform admins. */
export const administeredWebhookNoun = {
  ...webhookNoun,
  readable: () => sql`((select ops.is_admin()) and ${webhooks.deletedAt} is null)`,
} satisfies Noun<WebhookRow>;

/** The account within which the caller acts, as far as it decides what endpoints it may have. */
export const ownRoom = () =>
  select({
    id: accounts.id,
    kind: accounts.kind,
    maxWebhooks: apiPlans.maxWebhooks,
    webhooks: computed<number>(
      "webhooks",
      sql`(select count(*)::int from api.webhooks w where w.account_id = ${accounts.id} and w.deleted_at is null)`,
    ),
  })
    .from(accounts)
    .innerJoin(accountPlans, eq(accountPlans.accountId, accounts.id))
    .innerJoin(apiPlans, eq(apiPlans.code, accountPlans.plan))
    .where(eq(accounts.id, sql`ops.account_id()`));

/** The scopes of whoever asks; a session holds every one of its account's role type. Only after a `read`. */
export const heldScopes = ({ caller, access }: Context): readonly Scope[] =>
  caller.kind === "partner" ? caller.scopes : access.account ? holdableScopes(ROLE_TYPE_OF[access.account.kind], "standard") : [];

export const factsOf = ({ id, accountId, ownerUserId }: WebhookRow): WebhookFacts => ({ id, accountId, ownerUserId });

/** Opens an endpoint's own headers. */
export async function headersOf(ctx: Context, { id, headersEnc }: Pick<WebhookRow, "id" | "headersEnc">): Promise<OwnHeaders> {
  if (headersEnc === null) return {};
  const opened = await ctx.ports.seal.open(headersEnc, webhookSealOwner(id));
  if (opened === null) throw new Error("An endpoint's headers lie under a key that is gone");
  return JSON.parse(opened) as OwnHeaders;
}

export const sealHeaders = (ctx: Context, id: string, headers: OwnHeaders): Promise<string | null> =>
  Object.keys(headers).length === 0 ? Promise.resolve(null) : ctx.ports.seal.seal(JSON.stringify(headers), webhookSealOwner(id));

/** An endpoint as it leaves the verbs. */
export async function shownWebhook(ctx: Context, { headersEnc, ...row }: WebhookRow): Promise<Webhook> {
  return { ...row, headerNames: Object.keys(await headersOf(ctx, { id: row.id, headersEnc })) };
}

/**
 * The address to send to, as it is kept. Refuses (422) one that we send nothing to, without saying why, and a name
 * that has no address; and (503) any name while nobody can be asked for its address.
 */
export async function requireDestination(ctx: Context, url: string, kind: "webhook" | "siem"): Promise<string> {
  const check = await ctx.ports.destinations.check(url, kind, { fresh: true });
  if (check.open) return check.url;
  if (check.reason === "unresolvable") throw invalidField("url", "unresolvable", "names a host that has no address");
  if (check.reason === "unasked")
    throw new Refusal("service_unavailable", "Names cannot be looked up for the moment. Try again in a minute.");
  const message = "is no address that we send to";
  throw new Refusal("blocked_destination", "We send nothing to this address. It has to be https, on the public internet, by name.", {
    errors: [{ pointer: "/url", code: "blocked_destination", message }],
  });
}

/** What is answered to a test that a fault of ours kept from being sent. */
export const unsent = () => new Refusal("service_unavailable", "The test could not be sent, by a fault of ours. Try again in a minute.");

/** Tells the endpoint's object that it has changed. It reads the row with each delivery, so that a lost word only delays. */
export function reloadLater(ctx: Context, { id, version }: Pick<WebhookRow, "id" | "version">): void {
  const told = ctx.ports.endpoints(id).reload(version);
  ctx.ports.later(told.catch(() => ctx.ports.log("warn", "an endpoint's object was not told of a change", { webhook_id: id })));
}

/** Sends the test that an endpoint has to answer before it receives anything; its outcome stands in its deliveries. */
export function verifyLater(ctx: Context, { id }: Pick<WebhookRow, "id">): void {
  const sent = ctx.ports.endpoints(id).sendTest(ctx.userId);
  ctx.ports.later(sent.catch(() => ctx.ports.log("warn", "an endpoint could not be sent its test", { webhook_id: id })));
}

/** One page of the account's endpoints, newest first. */
export async function listWebhooks(ctx: Context, query: KeysetQuery): Promise<KeysetPage<Webhook>> {
  requireScope(ctx, "manage:webhooks");
  const { rows, next } = await listAfter<WebhookRow>(ctx, webhookNoun, query);
  return { rows: await Promise.all(rows.map((row) => shownWebhook(ctx, row))), next };
}

/** A secret by which deliveries can be verified; never the secret itself. */
export interface SigningKey {
  keyId: string;
  createdAt: Date;
  expiresAt: Date | null;
}

/** What became final: deliveries that arrived, and those that were given up, after retries. */
export interface Final {
  succeeded: number;
  dead: number;
}

/** How endpoints fare: what became final of their deliveries in the last day and in the last week, and what still waits. */
export interface Health extends Final {
  week: Final;
  waiting: number;
  parked: number;
}

export type WebhookWithHealth = Webhook & { health: Health; signingKeys: readonly SigningKey[] };

/** The secrets of an endpoint that sign, newest first. */
export const secretsOf = (webhookId: string) =>
  select({ keyId: webhookSecrets.keyId, createdAt: webhookSecrets.createdAt, expiresAt: webhookSecrets.expiresAt })
    .from(webhookSecrets)
    .where(and(eq(webhookSecrets.webhookId, webhookId), sql`coalesce(${webhookSecrets.expiresAt} > ops.now(), true)`))
    .orderBy(sql`${webhookSecrets.createdAt} desc, ${webhookSecrets.keyId} desc`);

/** Counted from indexes that hold an endpoint's final and its waiting deliveries apart. `which`: of these endpoints. */
const healthOf = (which: SQL) => {
  const count = (of: SQL) => sql`(select count(*)::int from ${webhookDeliveries} where ${webhookDeliveries.webhookId} ${which} and ${of})`;
  // a test says nothing of what partners miss
  const since = (span: string) =>
    sql`${webhookDeliveries.completedAt} > ops.now() - ${span}::interval and ${webhookDeliveries.eventType} <> 'webhook.test'`;
  const final = (state: "succeeded" | "dead", span: string) => count(sql`${webhookDeliveries.status} = ${state} and ${since(span)}`);
  return select({
    succeeded: computed<number>("succeeded", final("succeeded", "24 hours")),
    dead: computed<number>("dead", final("dead", "24 hours")),
    week: computed<Final>(
      "week",
      sql`jsonb_build_object('succeeded', ${final("succeeded", "7 days")}, 'dead', ${final("dead", "7 days")})`,
    ),
    waiting: computed<number>("waiting", count(sql`${webhookDeliveries.status} in ('pending', 'in_flight', 'retrying')`)),
    parked: computed<number>("parked", count(sql`${webhookDeliveries.status} = 'parked'`)),
  }).from(sql`(select 1) one`);
};

/** How all of the account's endpoints fare together. */
export async function totalHealth(ctx: Context): Promise<Health> {
  requireScope(ctx, "manage:webhooks");
  const [[health]] = await ctx.read(healthOf(sql`in (select ${webhooks.id} from ${webhooks} where ${webhookNoun.readable()})`));
  return health as Health;
}

/** One endpoint, with how it fares and what it signs with. */
export async function getWebhook(ctx: Context, id: string): Promise<WebhookWithHealth> {
  requireScope(ctx, "manage:webhooks");
  const [[row], [health], signingKeys] = await ctx.read(
    rowById<WebhookRow>(ctx, webhookNoun, id),
    healthOf(sql`= ${id}::uuid`),
    secretsOf(id),
  );
  return { ...(await shownWebhook(ctx, readable("webhook", id, row))), health: health as Health, signingKeys };
}
