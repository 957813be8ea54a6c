import { eq, getTableColumns, sql } from "drizzle-orm";
import { ledgerAccounts as accounts, ledgerEntries as entries, ledgerTransactions as transactions } from "#db/schema/billing.ts";
import { computed, select } from "#db/statements.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { platformAdmins } from "../audience.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page } from "../listing.ts";

/** An account of the books with what it holds, as people read it: what we hold or earned is positive. */
export type LedgerAccount = typeof accounts.$inferSelect & { balanceCents: number };

/** One posting of the books. */
export type LedgerTransaction = typeof transactions.$inferSelect;

/** A line of a posting: debit +, credit −. */
export interface LedgerEntry {
  transactionId: string;
  account: string;
  amountCents: number;
  balanceTransactionId: string | null;
}

const readable = () => sql`(select ops.is_admin())`;
const ways = () => [{ rows: readable(), opensTo: platformAdmins }];

export const ledgerAccountNoun = {
  name: "ledger account",
  table: accounts,
  columns: {
    ...getTableColumns(accounts),
    balanceCents: computed<number>(
      "balance",
      sql`coalesce((select (case when ${accounts.kind} in ('asset', 'expense') then 1 else -1 end) * sum(e.amount_cents)
        from ${entries} e where e.account_id = ${accounts.id}), 0)::float8`,
    ),
  },
  readable,
  ways,
  sorts: { code: accounts.code },
  filters: {
    kind: (name: string) => sql`${accounts.kind} = ${name}`,
    code: (code: string) => eq(accounts.code, code),
  },
} satisfies Noun<LedgerAccount>;

const entriesOf = (ids: Parameters<NonNullable<Noun<LedgerTransaction>["includes"]>[string]["rows"]>[0]) =>
  select({
    transactionId: entries.transactionId,
    account: computed<string>("account", sql`(select a.code from ${accounts} a where a.id = ${entries.accountId})`),
    amountCents: entries.amountCents,
    balanceTransactionId: entries.balanceTransactionId,
  })
    .from(entries)
    .where(sql`${entries.transactionId} in ${ids}`)
    .orderBy(sql`2`);

export const ledgerTransactionNoun = {
  name: "ledger transaction",
  table: transactions,
  columns: getTableColumns(transactions),
  readable,
  ways,
  // a posting never changes: it was made at its instant, and last changed then
  sorts: { created_at: transactions.at, updated_at: transactions.at },
  filters: {
    kind: (name: string) => eq(transactions.kind, name),
    placement_id: (id: string) => eq(transactions.placementId, id),
    account: (code: string) =>
      sql`${transactions.id} in (select e.transaction_id from ${entries} e join ${accounts} a on a.id = e.account_id where a.code = ${code})`,
  },
  includes: { entries: { rows: entriesOf, childKey: "transactionId", many: true } },
} satisfies Noun<LedgerTransaction>;

/** One page of the accounts of the books; for platform admins alone: 403. */
export async function listLedgerAccounts(ctx: Context, query: ListQuery): Promise<Page<LedgerAccount>> {
  const page = await listOf<LedgerAccount>(ctx, ledgerAccountNoun, query);
  requirePlatformAdmin(ctx, "read the books");
  return page;
}

/** One account, or 404. */
export const getLedgerAccount = (ctx: Context, id: string, include: readonly string[]): Promise<Included<LedgerAccount>> =>
  getOne<LedgerAccount>(ctx, ledgerAccountNoun, id, include);

/** One page of the postings; for platform admins alone: 403. */
export async function listLedgerTransactions(ctx: Context, query: ListQuery): Promise<Page<LedgerTransaction>> {
  const page = await listOf<LedgerTransaction>(ctx, ledgerTransactionNoun, query);
  requirePlatformAdmin(ctx, "read the books");
  return page;
}

/** One posting, or 404. */
export const getLedgerTransaction = (ctx: Context, id: string, include: readonly string[]): Promise<Included<LedgerTransaction>> =>
  getOne<LedgerTransaction>(ctx, ledgerTransactionNoun, id, include);
