import { type SQL, sql } from "drizzle-orm";
import { statement } from "#db/statements.ts";
import { accountOf } from "#domain/ledger/accounts.ts";
import { entriesText, type Posting } from "#domain/ledger/posting.ts";
import type { Context, Statement } from "../context.ts";

/**
 * A posting as a statement of the commit that moves the money. Its key is unique: a posting that is
 * there already raises a unique violation on `ledger_transactions_key`, and whoever posts reads again.
 *
 * @param of.placementId - the placement whose money it is; null for money of no placement
 * @param of.reverses - the ledger transaction that it takes back
 */
export function posted(ctx: Context, posting: Posting, of: { placementId: string | null; reverses?: string }): Statement {
  const entries = posting.entries.map(({ account, amount, balanceTransactionId }) => {
    const { kind, floor } = accountOf(account);
    return { account, kind, floor, amount, balance_transaction_id: balanceTransactionId };
  });
  return statement(sql`select billing.post(${ctx.newId()}::uuid, ${posting.kind}, ${posting.key},
    encode(sha256(convert_to(${entriesText(posting)}, 'UTF8')), 'hex'),
    ${ctx.now().toISOString()}::timestamptz, ${of.placementId}::uuid, ${JSON.stringify(entries)}::jsonb, ${of.reverses ?? null}::uuid)`);
}

/** The balance of an account as people read it, in cents, as a field of a selection: what we hold or earned is positive. */
export const balanceOf = (code: SQL): SQL<number> => sql<number>`coalesce((
  select (case when a.kind in ('asset', 'expense') then 1 else -1 end) * sum(e.amount_cents)
  from billing.ledger_accounts a join billing.ledger_entries e on e.account_id = a.id where a.code = ${code} group by a.kind), 0)::bigint`;
