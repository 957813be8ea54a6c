import type { Cents } from "../money.ts";
import type { PayoutTransaction } from "../payouts/transaction.ts";
import type { Break } from "./break.ts";

/** A movement of the platform's balance, as the provider keeps it. */
export interface BalanceMovement {
  id: string;
  type: string;
  /** What it is about; null for some fees. */
  source: string | null;
  /** What it moved, its fee taken off. */
  net: Cents;
  created: Date;
}

/** An entry of our books on the same balance. */
export interface BalanceEntry {
  balanceTransactionId: string;
  amount: Cents;
  at: Date;
}

/**
 * Check 1: each movement of the balance has its entry and each entry its movement, with one amount.
 *
 * @param period.from - entries before have their movement before what was listed
 * @param period.cut - what moved later is looked at next time
 */
export function compareMovements(
  movements: readonly BalanceMovement[],
  entries: readonly BalanceEntry[],
  period: { from: Date; cut: Date },
): Break[] {
  const entryOf = new Map(entries.map((entry) => [entry.balanceTransactionId, entry]));
  const known = new Set(movements.map(({ id }) => id));
  const ofMovements = movements
    .filter(({ created }) => created <= period.cut)
    .flatMap(({ id, net, type }): Break[] => {
      const entry = entryOf.get(id);
      if (!entry) return [{ kind: "missing_entry", subject: id, expected: `${type} ${net}`, actual: null }];
      return entry.amount === net ? [] : [{ kind: "entry_differs", subject: id, expected: String(net), actual: String(entry.amount) }];
    });
  const ofEntries = entries
    .filter(({ balanceTransactionId, at }) => at >= period.from && at <= period.cut && !known.has(balanceTransactionId))
    .map(({ balanceTransactionId, amount }): Break => ({
      kind: "alien_entry",
      subject: balanceTransactionId,
      expected: null,
      actual: String(amount),
    }));
  return [...ofMovements, ...ofEntries];
}

/** A transfer as the provider keeps it. */
export interface KeptTransfer {
  id: string;
  amount: Cents;
  reversed: Cents;
  destination: string;
  /** What our metadata says; null for a transfer that is none of ours. */
  transactionId: string | null;
  created: Date;
}

/** What of a transaction is held against its transfer. */
export type TransferredRow = Pick<
  PayoutTransaction,
  "id" | "status" | "netAmount" | "reversedCents" | "stripeTransferId" | "stripeConnectAccountId" | "completedAt"
>;

/** Check 2: each completed transaction has one transfer, each transfer one transaction, and both say the same. */
export function compareTransfers(
  transfers: readonly KeptTransfer[],
  transactions: readonly TransferredRow[],
  period: { from: Date; cut: Date },
): Break[] {
  const rows = new Map(transactions.map((row) => [row.id, row]));
  // one made by hand names nobody; its row names it
  for (const row of transactions) if (row.stripeTransferId !== null) rows.set(row.stripeTransferId, row);
  const settled = transfers.filter(({ created }) => created <= period.cut);
  // a transfer that came back whole moved nothing
  const standing = Map.groupBy(
    settled.filter(({ reversed, amount }) => reversed < amount),
    ({ transactionId }) => transactionId,
  );
  const doubles = [...standing].flatMap(([transactionId, of]): Break[] =>
    transactionId === null || of.length < 2
      ? []
      : [{ kind: "double_transfer", subject: transactionId, expected: "1", actual: String(of.length) }],
  );
  const known = new Set(transfers.map(({ id }) => id));
  const missing = transactions
    .filter(({ completedAt }) => completedAt !== null && completedAt >= period.from && completedAt <= period.cut)
    .filter(({ stripeTransferId }) => stripeTransferId !== null && !known.has(stripeTransferId))
    .map(({ id, stripeTransferId }): Break => ({ kind: "transfer_missing", subject: id, expected: stripeTransferId, actual: null }));
  return [...doubles, ...settled.flatMap((transfer) => faultsOf(transfer, rows)), ...missing];
}

function faultsOf(transfer: KeptTransfer, rows: ReadonlyMap<string, TransferredRow>): Break[] {
  const isGone = transfer.reversed === transfer.amount;
  const row = rows.get(transfer.transactionId ?? transfer.id);
  if (!row) return isGone ? [] : [{ kind: "alien_transfer", subject: transfer.id, expected: null, actual: String(transfer.amount) }];
  if (row.stripeTransferId !== transfer.id) {
    // the second of two is told as a double; one that is on its way is resolved by its own lease
    if (row.stripeTransferId !== null || row.status === "processing" || isGone) return [];
    return [{ kind: "transfer_unrecorded", subject: row.id, expected: transfer.id, actual: row.status }];
  }
  const [expected, actual] = [
    [row.netAmount, row.stripeConnectAccountId].join(" to "),
    [transfer.amount, transfer.destination].join(" to "),
  ];
  return [
    ...(expected === actual ? [] : [{ kind: "transfer_differs", subject: row.id, expected, actual } as const]),
    ...(row.reversedCents === transfer.reversed
      ? []
      : [
          {
            kind: "reversal_differs",
            subject: row.id,
            expected: String(row.reversedCents),
            actual: String(transfer.reversed),
          } as const,
        ]),
  ];
}

/**
 * Check 3: what the provider says we have is what our books say, both without what moved after the cut.
 *
 * @param balance - available and pending, as it stands
 */
export function compareBalance(
  balance: Cents,
  booked: Cents,
  movements: readonly BalanceMovement[],
  entries: readonly BalanceEntry[],
  cut: Date,
): Break[] {
  const later = new Set(movements.filter(({ created }) => created > cut).map(({ id }) => id));
  const after = (amounts: readonly number[]): number => amounts.reduce((sum, amount) => sum + amount, 0);
  const theirs = balance - after(movements.filter(({ id }) => later.has(id)).map(({ net }) => net));
  const ours = booked - after(entries.filter(({ balanceTransactionId }) => later.has(balanceTransactionId)).map(({ amount }) => amount));
  return theirs === ours
    ? []
    : [{ kind: "stripe_balance_differs", subject: "stripe_balance", expected: String(theirs), actual: String(ours) }];
}

/** An invoice on both sides. */
export interface ComparedInvoice {
  status: string;
  amountPaid: Cents;
}

/** Check 6: invoices say the same on both sides. */
export const compareInvoices = (
  theirs: ReadonlyMap<string, ComparedInvoice>,
  ours: readonly (ComparedInvoice & { id: string; stripeInvoiceId: string })[],
): Break[] =>
  ours.flatMap(({ id, stripeInvoiceId, status: ourStatus, amountPaid }): Break[] => {
    const seen = theirs.get(stripeInvoiceId);
    if (!seen) return [];
    const [expected, actual] = [`${seen.status} ${seen.amountPaid}`, `${ourStatus} ${amountPaid}`];
    return expected === actual ? [] : [{ kind: "invoice_differs", subject: id, expected, actual }];
  });
