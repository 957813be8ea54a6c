import { and, eq, getTableColumns, getTableUniqueName, is, SQL, sql } from "drizzle-orm";
import { PgArray, type PgColumn, type PgTable } from "drizzle-orm/pg-core";
import { auditEvents, authEvents, requestLog } from "#db/schema/audit.ts";
import { idempotencyKeys, outbox } from "#db/schema/ops.ts";
import { deleteFrom, insertInto, type Preparable, renderedOnce, statement, updateOf } from "#db/statements.ts";
import type { DomainEvent } from "#domain/events/catalogue.ts";
import { toHex } from "#domain/bytes.ts";
import { SYSTEM_USER_ID } from "#domain/ids.ts";
import { conflict, Refusal } from "#domain/refusals.ts";
import { type AuthEvent, authEventRow } from "./auth-events/row.ts";
import { type Context, type Reply, sealOwner, type Statement } from "./context.ts";
import { requestLogRow } from "./request-log/row.ts";
import type { Right } from "./rights.ts";

/** A decision that is overtaken is made again on the new state, this often in all (DESIGN R-4). */
const ROUNDS = 3;
/** The event's nudge goes first; only then may the sweep take it. */
const NUDGE_LEAD_SECONDS = 60;
const KEY_LIFE_HOURS = 24;

type Row = object;

/** What was done, to which row, and how it looked before and after. Null where there was or is nothing. */
export interface Audit {
  action: string;
  subject: { type: string; id: string };
  before?: Row | null;
  after?: Row | null;
  companyId?: string | null;
  /** Of an account's own management: the event goes into the account's chain (PLATFORM §15). */
  accountId?: string | null;
  /** Why, where the ordinary rule asks for it; that of an override comes with the context. */
  reason?: string | null;
}

/** Everything one decision changes. It happens whole or not at all. */
export interface Change {
  /** Called in this order, before anything is written. */
  expect?: readonly Guard[];
  write: readonly Statement[];
  /** An `AuthEvent` stands for the row of who got in or out, an `Audit` for any other change. */
  audit: Audit | AuthEvent | readonly (Audit | AuthEvent)[];
  events: readonly DomainEvent[];
}

/** A call of one of the guards in SQL, which locks what a decision rested on and raises 40001 if it has changed. */
export type Guard = SQL;

/** Locks a row and demands the version that was read. */
export function unchanged(table: PgTable, row: { id: string; version: number }): Guard {
  return sql`ops.guard_version(${getTableUniqueName(table)}, ${row.id}::uuid, ${row.version}::integer)`;
}

/**
 * A whole new row: what is given, the columns' own defaults, an id, and the instant of the
 * decision as its birth. Nothing needs to be read back after the commit.
 */
export function newRow<T extends PgTable>(
  ctx: Context,
  table: T,
  given: Partial<T["$inferInsert"]> & Record<string, unknown>,
): T["$inferSelect"] {
  const row: Record<string, unknown> = {};
  for (const [name, column] of Object.entries(getTableColumns(table))) {
    if (column.generated || column.generatedIdentity) continue;
    row[name] = given[name] ?? defaultOf(ctx, name, column);
  }
  return row as T["$inferSelect"];
}

function defaultOf(ctx: Context, name: string, column: PgColumn): unknown {
  if (name === "id") return ctx.newId();
  if (!column.hasDefault) return null;
  if (!is(column.default, SQL)) return column.default;
  // the two defaults that the schema writes as SQL: an empty array, and the database's clock
  return is(column, PgArray) ? [] : ctx.now();
}

/** One new row. */
export const insert = <T extends PgTable>(table: T, row: T["$inferInsert"]): Statement =>
  written(table, "insert", row, (values) => insertInto(table).values(values as never) as unknown as Preparable);

/** Several new rows in one statement. */
export const insertAll = <T extends PgTable>(table: T, rows: readonly T["$inferInsert"][]): Statement =>
  rows.length === 1 ? insert(table, rows[0] as T["$inferInsert"]) : (insertInto(table).values(rows as never) as Statement);

/** Writes the given fields of one row and raises its version. */
export function update<T extends PgTable>(ctx: Context, table: T, id: string, fields: Partial<T["$inferInsert"]>): Statement {
  const columns = getTableColumns(table) as Record<string, never>;
  return written(
    table,
    "update",
    { ...fields, updatedAt: ctx.now() },
    (values, key) =>
      updateOf(table)
        .set({ ...values, version: sql`${columns["version"]} + 1` } as never)
        .where(eq(columns["id"] as never, key)) as unknown as Preparable,
    id,
  );
}

/** A write of the given fields, rendered once for the fields it names. A field that is SQL is rendered where it stands. */
function written(
  table: PgTable,
  verb: string,
  fields: object,
  make: (values: Record<string, unknown>, key: unknown) => Preparable,
  key?: string,
): Statement {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  if (given.some(([, value]) => is(value, SQL))) return make(Object.fromEntries(given), key);
  const placeholders = Object.fromEntries(given.map(([name]) => [name, sql.placeholder(name)]));
  return renderedOnce(table, `${verb} ${Object.keys(placeholders).join(" ")}`, () => make(placeholders, sql.placeholder("#key")), {
    ...Object.fromEntries(given),
    "#key": key,
  });
}

/** Removes one row. */
export const remove = (table: PgTable, id: string): Statement =>
  deleteFrom(table).where(eq((getTableColumns(table) as Record<string, never>)["id"] as never, id)) as Statement;

/**
 * Commits one decision in one transaction: the reply under the request's key, guards, rows, audit
 * and events. Renders the reply, so that it is stored with the change, and nudges the event queue.
 */
export async function commit<Result>(ctx: Context, result: Result, change: Change): Promise<Result> {
  ctx.repeat();
  const reply = ctx.present ? (ctx.present as (result: Result) => Reply)(result) : null;
  const events = change.events.map((event) => ({ id: ctx.newId(), event }));
  const traces = [change.audit].flat();
  const auditRows = await Promise.all(traces.filter((trace) => "action" in trace).map((audit) => auditRow(ctx, audit)));
  const authRows = traces.filter((trace) => "kind" in trace).map((event) => authEventRow(ctx, event));
  const plain = auditRows.filter((row) => row.accountId === null);
  const key = await keyRow(ctx, reply);
  const [begin, guards] = [sql`ops.begin_commit()`, change.expect ?? []];
  const changes = change.write.length > 0 || traces.length > 0 || events.length > 0;
  const batch: Statement[] = [
    // a repeat waits on the key's row before it waits on anything else (DESIGN R-1)
    ...(key.length > 0 ? [calls([begin]), ...key, ...(guards.length > 0 ? [calls(guards)] : [])] : [calls([begin, ...guards])]),
    ...change.write,
    ...(plain.length > 0 ? [insertAll(auditEvents, plain as never)] : []),
    ...(authRows.length > 0 ? [insertAll(authEvents, authRows)] : []),
    ...(events.length > 0
      ? [
          insertAll(
            outbox,
            events.map(({ id, event }) => outboxRow(ctx, id, event)),
          ),
        ]
      : []),
    ...requestRow(ctx, reply),
    // each locks its account's chain until the end of the commit
    ...auditRows.filter((row) => row.accountId !== null).map(appendAudit),
  ];
  // nothing to write and no reply to keep: nothing to ask of the database
  const isSent = changes || key.length > 0;
  if (isSent) await ctx.database.writer.batch(batch as never);
  if (ctx.partner?.trace && reply && isSent) ctx.partner.trace.kept = true;
  ctx.reply = reply;
  if (events.length > 0) {
    const nudge = ctx.ports.events.send(events.map(({ id }) => id));
    ctx.ports.later(
      nudge.catch(() => ctx.ports.log("warn", "the event queue took no nudge; the sweep will", { request_id: ctx.request.id })),
    );
  }
  return result;
}

/** The given fields that would become another than they are; null where none would. */
export function differing<Fields extends object>(before: object, fields: Fields): Partial<Fields> | null {
  const known = before as Record<string, unknown>;
  const different = Object.entries(fields).filter(
    ([name, value]) => value !== undefined && JSON.stringify(value) !== JSON.stringify(known[name] ?? null),
  );
  return different.length > 0 ? (Object.fromEntries(different) as Partial<Fields>) : null;
}

/** Answers a change that changes nothing: the row as it stands, with its version. No audit and no event tell of it. */
export const asItStands = <Result>(ctx: Context, row: Result): Promise<Result> => commit(ctx, row, { write: [], audit: [], events: [] });

/** The row of the request log beside the change it made; reads and refusals go another way (PLATFORM §15). */
const requestRow = (ctx: Context, reply: Reply | null): Statement[] =>
  ctx.partner?.trace && reply
    ? [insert(requestLog, requestLogRow(ctx, ctx.partner.trace, { status: reply.status, bytesOut: reply.body.length }))]
    : [];

/** The same columns as a plain audit row, in the order of the function's parameters. */
const appendAudit = (row: Awaited<ReturnType<typeof auditRow>>): Statement =>
  statement(sql`select ops.append_audit(${row.accountId}::uuid, ${row.id}::uuid, ${row.at.toISOString()}::timestamptz, ${row.requestId},
    ${JSON.stringify(row.actor)}::jsonb, ${row.action}, ${row.subjectType}, ${row.subjectId}::uuid, ${row.companyId}::uuid,
    ${row.beforeHash}, ${row.afterHash}, ${JSON.stringify(row.changes)}::jsonb, ${row.reason})`);

const calls = (functions: readonly SQL[]): Statement => statement(sql`select ${sql.join([...functions], sql`, `)}`);

/**
 * Stores a final refusal under the request's key, so that a repeat gets the same answer.
 *
 * @returns false when another request with this key was faster, so that its reply counts
 */
export async function rememberRefusal(ctx: Context, reply: Reply): Promise<boolean> {
  const rows = await keyRow(ctx, reply);
  try {
    if (rows.length > 0) await ctx.database.writer.batch(rows as never);
  } catch (error) {
    if (databaseRefusal(error)?.constraint === KEY_CONSTRAINT) return false;
    ctx.ports.log("warn", "a refusal was not kept under its key", { request_id: ctx.request.id });
  }
  return true;
}

/** A reply that reveals a secret may be asked for again for so long (DESIGN R-18). */
const SEALED_MINUTES = 10;

async function keyRow(ctx: Context, reply: Reply | null): Promise<Statement[]> {
  const idempotency = ctx.request.idempotency;
  if (!idempotency || !reply) return [];
  const { account, userId } = ctx.access;
  const owner = account ? `account:${account.id}` : userId ? `user:${userId}` : idempotency.anonymousOwner;
  const now = ctx.now();
  return [
    deleteFrom(idempotencyKeys).where(
      and(eq(idempotencyKeys.owner, owner), eq(idempotencyKeys.key, idempotency.key), sql`${idempotencyKeys.expiresAt} <= ops.now()`),
    ) as Statement,
    insert(idempotencyKeys, {
      owner,
      key: idempotency.key,
      method: ctx.request.method,
      route: ctx.request.path,
      fingerprint: idempotency.fingerprint,
      status: reply.status,
      headers: reply.headers,
      body: reply.secret ? await ctx.ports.seal.seal(reply.body, sealOwner(ctx)) : reply.body,
      sealedUntil: reply.secret ? new Date(now.getTime() + SEALED_MINUTES * 60_000) : null,
      createdAt: now,
      expiresAt: new Date(now.getTime() + KEY_LIFE_HOURS * 3_600_000),
    }),
  ];
}

const outboxRow = (ctx: Context, id: string, event: DomainEvent): typeof outbox.$inferInsert => ({
  id,
  eventType: event.type,
  occurredAt: ctx.now(),
  actorUserId: ctx.access.userId,
  subjectType: event.subject.type,
  subjectId: event.subject.id,
  payload: event.payload as unknown as Record<string, unknown>,
  claimedUntil: new Date(ctx.now().getTime() + NUDGE_LEAD_SECONDS * 1_000),
});

async function auditRow(ctx: Context, audit: Audit) {
  const before = audit.before ?? null;
  const after = audit.after ?? null;
  const [beforeHash, afterHash] = await Promise.all([digest(before), digest(after)]);
  return {
    id: ctx.newId(),
    at: ctx.now(),
    ingestedAt: ctx.now(),
    requestId: ctx.request.id,
    actor: {
      kind: ctx.caller.kind === "partner" ? ctx.caller.via : ctx.caller.kind,
      user_id: ctx.access.userId ?? (ctx.caller.kind === "system" ? SYSTEM_USER_ID : null),
      ...(ctx.caller.kind === "partner" ? { credential_id: ctx.caller.credentialId } : {}),
      ...(ctx.caller.kind === "portal" ? { candidate_id: ctx.access.candidateId } : {}),
    },
    action: audit.action,
    subjectType: audit.subject.type,
    subjectId: audit.subject.id,
    companyId: audit.companyId ?? null,
    accountId: audit.accountId ?? null,
    beforeHash,
    afterHash,
    changes: changedFields(before, after),
    reason: ctx.overrideReason ?? audit.reason ?? null,
  };
}

/** Fields whose values say nothing about a person, so that the audit may tell them. */
const TELLING_FIELDS = new Set(["status", "state", "stage", "currentGate", "tier", "roleName", "teamRole"]);

function changedFields(before: Row | null, after: Row | null): Record<string, unknown> {
  const old = (before ?? {}) as Record<string, unknown>;
  const fresh = (after ?? {}) as Record<string, unknown>;
  const names = [...new Set([...Object.keys(old), ...Object.keys(fresh)])].filter(
    (name) => old[name] !== fresh[name] && JSON.stringify(old[name]) !== JSON.stringify(fresh[name]),
  );
  return Object.fromEntries(
    names.map((name) => [name, TELLING_FIELDS.has(name) ? { from: old[name] ?? null, to: fresh[name] ?? null } : true]),
  );
}

async function digest(row: Row | null): Promise<string | null> {
  if (!row) return null;
  const bytes = new TextEncoder().encode(JSON.stringify(row));
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

/** What the database said no with. */
export interface DatabaseRefusal {
  code: string;
  constraint: string | null;
}

/** The SQLSTATE and constraint behind an error, if the database raised it. */
export function databaseRefusal(error: unknown): DatabaseRefusal | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code, constraint } = cause as { code?: unknown; constraint?: unknown };
    if (typeof code === "string" && /^[0-9A-Z]{5}$/.test(code))
      return { code, constraint: typeof constraint === "string" ? constraint : null };
  }
  return null;
}

/** Somebody was faster: serialization failure, deadlock, a lock not had in time. */
const OVERTAKEN = new Set(["40001", "40P01", "55P03"]);
/** A unique index or a reference said no: the verb knows what that means. */
const DECIDED_BY_CONSTRAINT = new Set(["23505", "23503", "23P01"]);
const KEY_CONSTRAINT = "idempotency_keys_pkey";
/** What is in the books already (MONEY §1), or before people, is done: read again, and there is nothing left to do. */
const DONE_ALREADY = new Set([
  "ledger_transactions_key",
  "ledger_entries_balance_transaction_key",
  "invoice_payments_stripe_key",
  "pipeline_failures_one_open",
]);

/**
 * Repeats a whole decision when it was overtaken, three rounds in all, then refuses with
 * `conflict`. `lost` turns the unique indexes that decide a race into the verb's own refusals.
 */
export async function deciding<Result>(
  ctx: Context,
  decision: () => Promise<Result>,
  lost: Readonly<Record<string, () => Refusal>> = {},
): Promise<Result> {
  for (let round = 1; ; round++) {
    try {
      return await decision();
    } catch (error) {
      const refusal = databaseRefusal(error);
      if (!refusal) throw error;
      const sameKey = refusal.constraint === KEY_CONSTRAINT;
      const known = DECIDED_BY_CONSTRAINT.has(refusal.code) && refusal.constraint ? lost[refusal.constraint] : undefined;
      if (known) throw known();
      const isDone = refusal.constraint !== null && DONE_ALREADY.has(refusal.constraint);
      if (!sameKey && !isDone && !OVERTAKEN.has(refusal.code)) throw error;
      if (round < ROUNDS) continue;
      if (refusal.code === "55P03" && ctx.request.idempotency) {
        throw new Refusal(
          "idempotency_in_progress",
          "A request with this Idempotency-Key is still being worked on. Try again in a second.",
        );
      }
      throw conflict("Somebody else changed this at the same time. Read it again and repeat your request.");
    }
  }
}

/** Refuses when the caller's `If-Match` or `version` names another version than the one read. */
export function expectVersion(ctx: Context, row: { version: number }, version?: number): void {
  for (const held of [ctx.request.ifMatch, version === undefined ? null : [version]]) {
    if (held && !held.includes(row.version)) {
      const yours = held.length === 0 ? "another version" : `version ${held.join(", ")}`;
      throw new Refusal("precondition_failed", `You hold ${yours}; the current one is ${row.version}. Read it again first.`);
    }
  }
}

/** What a read found: a missing row and a hidden row answer alike (DOMAIN D-49). */
export function readable<T>(noun: string, id: string, row: T | undefined): T {
  if (row === undefined) throw new Refusal("not_found", `There is no ${noun} ${id} that you may see.`);
  return row;
}

/**
 * As `readable`, and the caller may change it: readable but not editable is 403 (DESIGN R-5). What a platform
 * admin may change by that alone is an override, which needs its reason.
 */
export function editable<T extends { editable: Right }>(ctx: Context, noun: string, id: string, row: T | undefined): T {
  const found = readable(noun, id, row);
  if (found.editable === null) throw new Refusal("forbidden", `You may see this ${noun} but not change it.`);
  if (found.editable === "override") ctx.override();
  return found;
}
