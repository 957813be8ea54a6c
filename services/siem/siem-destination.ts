import { eq, getTableColumns, sql } from "drizzle-orm";
import { accountPlans } from "#db/schema/api.ts";
import { siemDestinations } from "#db/schema/webhooks.ts";
import { computed, select } from "#db/statements.ts";
import { invalidField, Refusal } from "#domain/refusals.ts";
import type { SiemFormat, SiemKind } from "#domain/siem/batch.ts";
import { newWebhookSecret } from "#domain/webhooks/sign.ts";
import { asItStands, commit, deciding, expectVersion, insert, newRow, readable, remove, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { type KeysetPage, type KeysetQuery, listAfter } from "../keyset.ts";
import { getOne, type Noun, rowById } from "../listing.ts";
import { requireSession } from "../scopes.ts";
import { requireDestination } from "../webhooks/webhook.ts";

export type SiemRow = typeof siemDestinations.$inferSelect;

/** Where an account's logs go. Its secret is never shown again. */
export type SiemDestination = Omit<SiemRow, "configEnc" | "kekId"> & { url: string };

/** A destination whose signing secret was just made: the only time that it is told. Null for Splunk, which has a token of its own. */
export type ShownSiemDestination = SiemDestination & { secret: string | null };

/** What is kept sealed of a destination: for https what it is signed with, for Splunk the token. */
export interface SiemConfig {
  url: string;
  secret: string;
}

/** At most so many destinations an account. */
const MAX_DESTINATIONS = 5;
const SECRET_BYTES = 32;

export const siemSealOwner = (id: string): string => `siem:${id}`;

/** The destinations of the caller's own account. */
export const siemNoun = {
  name: "siem-destination",
  table: siemDestinations,
  columns: getTableColumns(siemDestinations),
  readable: () => sql`(${siemDestinations.accountId} = (select ops.account_id()))`,
} satisfies Noun<SiemRow>;

/** Opens what is sealed of a destination. */
export async function configOf(ctx: Context, { id, configEnc }: Pick<SiemRow, "id" | "configEnc">): Promise<SiemConfig> {
  const opened = await ctx.ports.seal.open(configEnc, siemSealOwner(id));
  if (opened === null) throw new Error("A destination lies under a key that is gone");
  return JSON.parse(opened) as SiemConfig;
}

const shown = ({ configEnc: _, kekId: __, ...row }: SiemRow, { url }: SiemConfig): SiemDestination => ({ ...row, url });

/** One page of the account's destinations, newest first. */
export async function listSiemDestinations(ctx: Context, query: KeysetQuery): Promise<KeysetPage<SiemDestination>> {
  requireSession(ctx);
  const { rows, next } = await listAfter<SiemRow>(ctx, siemNoun, query);
  return { rows: await Promise.all(rows.map(async (row) => shown(row, await configOf(ctx, row)))), next };
}

export async function getSiemDestination(ctx: Context, id: string): Promise<SiemDestination> {
  requireSession(ctx);
  const row = await getOne<SiemRow>(ctx, siemNoun, id);
  return shown(row, await configOf(ctx, row));
}

/** The account's plan and how many destinations it has; and where both logs end now: what is pushed begins behind it. */
const ownSiem = () =>
  select({
    accountId: accountPlans.accountId,
    plan: accountPlans.plan,
    destinations: computed<number>(
      "destinations",
      sql`(select count(*)::int from api.siem_destinations s where s.account_id = ${accountPlans.accountId})`,
    ),
    requestsEnd: computed<string>(
      "requests_end",
      sql`(select coalesce(max(l.ingest_id), 0)::text from api.request_log l where l.account_id = ${accountPlans.accountId})`,
    ),
    auditEnd: computed<string>(
      "audit_end",
      sql`(select coalesce(max(e.ingest_id), 0)::text from ops.audit_events e where e.account_id = ${accountPlans.accountId})`,
    ),
  })
    .from(accountPlans)
    .where(eq(accountPlans.accountId, sql`ops.account_id()`));

export interface NewSiemDestination {
  kind: SiemKind;
  format: SiemFormat;
  url: string;
  /** Of Splunk's HTTP Event Collector; null for https. */
  token: string | null;
}

const splunkToken = (kind: SiemKind, token: string | null): string | null => {
  if (kind === "splunk_hec" && !token) throw invalidField("token", "required", "is required for Splunk");
  if (kind === "https" && token) throw invalidField("token", "not_allowed", "is for Splunk alone; https is signed");
  return token;
};

/**
 * Has an account's request log and audit events pushed somewhere from now on. For https a secret is made and told this
 * once. Refuses accounts without the enterprise plan (`plan_required`), a sixth destination, and an address that we
 * send nothing to.
 */
export async function createSiemDestination(ctx: Context, given: NewSiemDestination): Promise<ShownSiemDestination> {
  requireSession(ctx);
  return deciding(ctx, async () => {
    const [[found]] = await ctx.read(ownSiem());
    const account = readable("account", "", found);
    ctx.repeat();
    const token = splunkToken(given.kind, given.token);
    if (account.plan !== "enterprise")
      throw new Refusal("plan_required", "Pushing logs comes with the enterprise plan.", { plan: "enterprise" });
    if (account.destinations >= MAX_DESTINATIONS)
      throw new Refusal("resource_limit_reached", `An account has ${MAX_DESTINATIONS} destinations at most.`, { limit: MAX_DESTINATIONS });
    const url = await requireDestination(ctx, given.url, "siem");
    const id = ctx.newId();
    const secret = token ?? newWebhookSecret(ctx.ports.randomBytes(SECRET_BYTES));
    const row = newRow(ctx, siemDestinations, {
      id,
      accountId: account.accountId,
      kind: given.kind,
      format: given.format,
      configEnc: await ctx.ports.seal.seal(JSON.stringify({ url, secret }), siemSealOwner(id)),
      kekId: await ctx.ports.seal.keyId(),
      cursorSeq: Number(account.requestsEnd),
      auditCursorSeq: Number(account.auditEnd),
    });
    return commit<ShownSiemDestination>(
      ctx,
      { ...shown(row, { url, secret }), secret: token === null ? secret : null },
      {
        expect: [],
        write: [insert(siemDestinations, row)],
        audit: { action: "siem_destination.created", subject: { type: "siem_destination", id }, after: row, accountId: row.accountId },
        events: [],
      },
    );
  });
}

export interface SiemChange {
  format?: SiemFormat | undefined;
  url?: string | undefined;
  token?: string | undefined;
  status?: "active" | "disabled" | undefined;
}

/** Changes a destination. What was not pushed while it was disabled comes when it is active again. */
export async function updateSiemDestination(ctx: Context, id: string, change: SiemChange): Promise<SiemDestination> {
  requireSession(ctx);
  return deciding(ctx, async () => {
    const [[row]] = await ctx.read(rowById<SiemRow>(ctx, siemNoun, id));
    const before = readable("destination", id, row);
    expectVersion(ctx, before);
    ctx.repeat();
    const config = await configOf(ctx, before);
    if (change.token !== undefined) splunkToken(before.kind, change.token);
    const url = change.url === undefined || change.url === config.url ? config.url : await requireDestination(ctx, change.url, "siem");
    if (before.kind === "splunk_hec" && url !== config.url && change.token === undefined)
      throw invalidField("token", "required", "Another address needs its token anew: the one that is kept is for the address before.");
    const wanted = { url, secret: change.token ?? config.secret };
    const isSame = JSON.stringify(wanted) === JSON.stringify(config);
    const fields: Partial<SiemRow> = {
      ...(change.format && change.format !== before.format ? { format: change.format } : {}),
      ...(change.status && change.status !== before.status ? { status: change.status } : {}),
      ...(isSame
        ? {}
        : { configEnc: await ctx.ports.seal.seal(JSON.stringify(wanted), siemSealOwner(id)), kekId: await ctx.ports.seal.keyId() }),
    };
    if (Object.keys(fields).length === 0) return asItStands(ctx, shown(before, config));
    const after: SiemRow = { ...before, ...fields, version: before.version + 1, updatedAt: ctx.now() };
    return commit(ctx, shown(after, wanted), {
      expect: [unchanged(siemDestinations, before)],
      write: [update(ctx, siemDestinations, id, fields)],
      audit: { action: "siem_destination.updated", subject: { type: "siem_destination", id }, before, after, accountId: before.accountId },
      events: [],
    });
  });
}

/** Ends the pushing of logs to a destination, for good. */
export async function deleteSiemDestination(ctx: Context, id: string): Promise<{ id: string }> {
  requireSession(ctx);
  return deciding(ctx, async () => {
    const [[row]] = await ctx.read(rowById<SiemRow>(ctx, siemNoun, id));
    const before = readable("destination", id, row);
    expectVersion(ctx, before);
    return commit(
      ctx,
      { id },
      {
        expect: [unchanged(siemDestinations, before)],
        write: [remove(siemDestinations, id)],
        audit: { action: "siem_destination.deleted", subject: { type: "siem_destination", id }, before, accountId: before.accountId },
        events: [],
      },
    );
  });
}
