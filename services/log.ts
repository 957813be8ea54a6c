import { and, type SQL, sql } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import { select } from "#db/statements.ts";
import { forbidden, notFound, Refusal } from "#domain/refusals.ts";
import { commit, deciding } from "./commit.ts";
import type { Access, Context, Statement } from "./context.ts";
import type { KeysetPage, KeysetQuery } from "./keyset.ts";

/** Rows that came in this lately may still be overtaken by others with a smaller number (DESIGN R-25). */
export const SETTLING_SECONDS = 30;

/** A log that only grows: an account reads its own rows, the platform all of them. */
export interface Log<Row> {
  /** As actions are named: `request_log.exported`. */
  name: string;
  table: PgTable;
  columns: Record<string, PgColumn>;
  id: PgColumn;
  /** The instant by which it is read, newest first. */
  at: PgColumn;
  /** Whose a row is; null where the log is the platform's alone. */
  accountId: PgColumn | null;
  ingestId: PgColumn;
  ingestedAt: PgColumn;
  /** `account_id` is that of every log of accounts, for the platform. */
  filters: Readonly<Record<string, (value: never) => SQL>>;
  /** Never set: carries the row type. */
  row?: Row;
}

type Filters = Readonly<Record<string, unknown>>;

export interface ExportQuery {
  limit: number;
  /** The `last` of the stretch before; 0 from the beginning. */
  after: number;
  filters: Filters;
}

/** A stretch of a log in the order it came in. */
export interface Stretch<Row> {
  rows: Row[];
  /** The last row's number, or where it began: what the next stretch goes on from. */
  last: number;
  hasMore: boolean;
}

type Way = { rows: SQL; opensTo: (access: Access) => boolean };

/** Apart from each other, so that each has its own index and a row is found once. */
const waysInto = ({ accountId }: Log<unknown>): readonly Way[] => [
  ...(accountId
    ? [{ rows: sql`not ops.is_admin() and ${accountId} = ops.account_id()`, opensTo: ({ isPlatformAdmin }: Access) => !isPlatformAdmin }]
    : []),
  { rows: sql`ops.is_admin()`, opensTo: ({ isPlatformAdmin }) => isPlatformAdmin },
];

const narrowedBy = (log: Log<unknown>, filters: Filters): SQL | undefined =>
  and(
    ...Object.entries(filters).map(([name, value]) =>
      name === "account_id" ? sql`${log.accountId} = ${value as string}::uuid` : log.filters[name]?.(value as never),
    ),
  );

/**
 * One page of a log, newest first, in one trip. A look of the platform at another account is noted in
 * that account's chain, a look at all of them in its own.
 */
export async function pageOf<Row>(ctx: Context, log: Log<Row>, { limit, after, filters }: KeysetQuery): Promise<KeysetPage<Row>> {
  const beyond =
    after && sql`(${log.at}, ${log.id}) < (timestamptz 'epoch' + ${after.at}::bigint * interval '1 microsecond', ${after.id}::uuid)`;
  const found = await rowsOf<Row & { id: string; place: string }>(ctx, log, (way) =>
    select({ ...log.columns, place: sql<string>`(extract(epoch from ${log.at}) * 1000000)::bigint::text`.as("place") })
      .from(log.table)
      .where(and(way, narrowedBy(log, filters), beyond ?? undefined))
      .orderBy(sql`${log.at} desc, ${log.id} desc`)
      .limit(limit + 1),
  );
  const { own, read } = accountsOf(ctx, filters);
  if (read !== own) await noteRead(ctx, `${log.name}.read`, read ?? own);
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return { rows, next: found.length > limit && last ? { at: last.place, id: last.id } : null };
}

/**
 * A stretch of a log in the order in which its rows came in, which is not the order in which they
 * happened: it ends before the first row that others may still overtake, so that going on from its
 * `last` never skips one. Every export is noted in the account's chain.
 */
export async function exportOf<Row>(ctx: Context, log: Log<Row>, { limit, after, filters }: ExportQuery): Promise<Stretch<Row>> {
  const found = await rowsOf<Row & { ingestId: number; settled: boolean }>(ctx, log, (way) =>
    select({
      ...log.columns,
      ingestId: log.ingestId,
      settled: sql<boolean>`${log.ingestedAt} <= ops.now() - make_interval(secs => ${SETTLING_SECONDS})`.as("settled"),
    })
      .from(log.table)
      .where(and(way, narrowedBy(log, filters), sql`${log.ingestId} > ${after}::bigint`))
      .orderBy(log.ingestId)
      .limit(limit + 1),
  );
  const { own, read } = accountsOf(ctx, filters);
  await noteRead(ctx, `${log.name}.exported`, read ?? own);
  const unsettled = found.findIndex(({ settled }) => !settled);
  const rows = found.slice(0, Math.min(limit, unsettled < 0 ? limit : unsettled));
  return { rows, last: rows.at(-1)?.ingestId ?? after, hasMore: rows.length === limit && found.length > limit };
}

async function rowsOf<Row>(ctx: Context, log: Log<unknown>, statementOf: (way: SQL) => unknown): Promise<Row[]> {
  const pages = await ctx.read(...ctx.likely(waysInto(log)).map((way) => statementOf(way.rows) as Statement));
  if (log.accountId === null && !ctx.access.isPlatformAdmin)
    throw new Refusal("role_type_not_permitted", "Only platform admins read this log.");
  return (pages as unknown as Row[][]).flat();
}

/** Whose rows are read: the platform names an account or reads all of them, anybody else has their own. */
export function accountsOf(ctx: Context, filters: Filters): { own: string; read: string | null } {
  const own = ctx.access.account?.id;
  if (!own) throw forbidden("A log is read within an account.");
  return { own, read: ctx.access.isPlatformAdmin ? ((filters["account_id"] as string | undefined) ?? null) : own };
}

/** Appends to an account's chain that somebody looked. */
export const noteRead = (ctx: Context, action: string, accountId: string): Promise<unknown> =>
  deciding(
    ctx,
    () =>
      commit(ctx.unanswered(), null, {
        write: [],
        audit: { action, subject: { type: "account", id: accountId }, accountId },
        events: [],
      }),
    { audit_heads_account_id_accounts_id_fk: () => notFound("account", accountId) },
  );
