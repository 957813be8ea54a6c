import { getTableColumns, type SQL, sql } from "drizzle-orm";
import { placements } from "#db/schema/ats.ts";
import {
  companyBillingProfiles,
  escrowHolds,
  invoicePayments,
  ledgerTransactions,
  payoutSchedules,
  placementCredits,
  placementInvoices,
  placementPayoutTransactions,
  placementSnapshot,
  placementSplits,
} from "#db/schema/billing.ts";
import { computed, select } from "#db/statements.ts";
import type { FeeBasis } from "#domain/commission/fee.ts";
import type { PlacementCredit } from "#domain/invoices/fall-off.ts";
import type { BillingTerms, InvoicePayment, PlacementInvoice } from "#domain/invoices/invoice.ts";
import { cents, type Cents } from "#domain/money.ts";
import type { Guard } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { balanceOf } from "../ledger/post.ts";

export type PlacementRow = typeof placements.$inferSelect;
export type HoldRow = typeof escrowHolds.$inferSelect;
export type ScheduleRow = typeof payoutSchedules.$inferSelect;
export type TransactionRow = typeof placementPayoutTransactions.$inferSelect & { dealRole: string };

/** An invoice by its row and by the names of its rules. */
export type Invoice = typeof placementInvoices.$inferSelect & PlacementInvoice;
/** A payment by its row and by the names of its rules. */
export type Payment = typeof invoicePayments.$inferSelect & InvoicePayment;
/** A credit by its row and by the names of its rules. */
export type Credit = typeof placementCredits.$inferSelect & PlacementCredit;

/** How a company is billed. Without a profile of its own: net 30. */
export interface BillingProfile {
  billingTerms: BillingTerms;
  hasPaymentMethod: boolean;
}

/** The placement at the other end of a replacement. */
export interface Related {
  placement: PlacementRow;
  invoice: Invoice | null;
  payments: readonly Payment[];
}

/** All the money of a placement as one read found it. */
export interface MoneyAtHand extends Related {
  fee: FeeBasis;
  /** What its escrow holds in the books. */
  escrow: Cents;
  payoutsHash: string;
  /** A dispute of it, or of the placement whose credit paid for it, is undecided. */
  openDispute: boolean;
  /** How often its invoice was given up or revived. */
  uncollectibleMovements: number;
  transactions: readonly TransactionRow[];
  /** The active ones. */
  holds: readonly HoldRow[];
  /** The one that is not over. */
  schedule: ScheduleRow | null;
  /** What it left when it failed. */
  credit: Credit | null;
  /** The failed placement that it replaces, and the credit it took from it. */
  replaced: (Related & { credit: Credit | null }) | null;
  /** Its replacement. */
  replacement: Related | null;
  profile: BillingProfile;
}

/** An invoice's row under the names of its rules too. */
export const toInvoice = (row: typeof placementInvoices.$inferSelect): Invoice => ({
  ...row,
  amountDue: row.amountDueCents,
  amountPaid: row.amountPaidCents,
  creditApplied: row.creditAppliedCents,
});

const toPayment = (row: typeof invoicePayments.$inferSelect): Payment => ({ ...row, gross: row.grossCents });
const toCredit = (row: typeof placementCredits.$inferSelect): Credit => ({ ...row, amount: row.amountCents });

/** The placement that an invoice is about, by whatever names the invoice. */
export const placementOfInvoice = (condition: SQL): SQL =>
  sql`(select ${placementInvoices.placementId} from ${placementInvoices} where ${condition})`;

/** The placement, the one it replaces, and its own replacement. */
const family = (of: SQL): SQL =>
  sql`(select p.id from ats.placements p where p.id = ${of} or p.replaces_placement_id = ${of} or p.replacement_placement_id = ${of})`;

/**
 * The statements that read all the money of a placement; `moneyAtHand` understands what they find.
 *
 * @param of - gives the placement's id
 */
export const moneyStatements = (of: SQL): readonly Statement[] => [
  select({
    placementId: placementSnapshot.placementId,
    feeBasis: placementSnapshot.feeBasis,
    escrow: computed<number>("escrow", sql`(${balanceOf(sql`'escrow:' || ${placementSnapshot.placementId}::text`)})::float8`),
    payoutsHash: computed<string>("payouts_hash", sql`billing.payouts_hash(${placementSnapshot.placementId})`),
    openDispute: computed<boolean>("open_dispute", sql`billing.has_open_dispute(${placementSnapshot.placementId})`),
    movements: computed<number>(
      "movements",
      sql`(select count(*)::int from ${ledgerTransactions} l where l.placement_id = ${placementSnapshot.placementId} and l.kind = 'uncollectible')`,
    ),
  })
    .from(placementSnapshot)
    .where(sql`${placementSnapshot.placementId} = ${of}`),
  select()
    .from(placements)
    .where(sql`${placements.id} in ${family(of)}`),
  select()
    .from(placementInvoices)
    .where(sql`${placementInvoices.placementId} in ${family(of)}`),
  select()
    .from(invoicePayments)
    .where(sql`${invoicePayments.invoiceId} in (select i.id from ${placementInvoices} i where i.placement_id in ${family(of)})`)
    .orderBy(invoicePayments.paidAt, invoicePayments.id),
  select()
    .from(placementCredits)
    .where(sql`${placementCredits.placementId} in ${family(of)}`),
  select()
    .from(escrowHolds)
    .where(sql`${escrowHolds.placementId} = ${of} and ${escrowHolds.status} = 'active'`)
    .orderBy(escrowHolds.id),
  select()
    .from(payoutSchedules)
    .where(sql`${payoutSchedules.placementId} = ${of} and ${payoutSchedules.status} in ('scheduled', 'processing')`),
  select({
    ...getTableColumns(placementPayoutTransactions),
    dealRole: computed<string>(
      "deal_role",
      sql`(select s.role from ${placementSplits} s where s.id = ${placementPayoutTransactions.placementSplitId})`,
    ),
  })
    .from(placementPayoutTransactions)
    .where(sql`${placementPayoutTransactions.placementId} = ${of}`)
    .orderBy(placementPayoutTransactions.id),
  profileOf(sql`(select p.company_id from ats.placements p where p.id = ${of})`),
];

/** How a company is billed, as a statement. */
export const profileOf = (companyId: SQL): Statement =>
  select({ billingTerms: companyBillingProfiles.billingTerms, hasPaymentMethod: companyBillingProfiles.hasPaymentMethod })
    .from(companyBillingProfiles)
    .where(sql`${companyBillingProfiles.companyId} = ${companyId}`) as unknown as Statement;

/** Without a row: net 30 (MONEY §14). */
export const toProfile = (rows: unknown): BillingProfile =>
  (rows as BillingProfile[])[0] ?? { billingTerms: "net_30", hasPaymentMethod: false };

/** How many statements `moneyStatements` are. */
export const MONEY_STATEMENTS = 9;

/** What `moneyStatements` found; null where there is no such placement. */
export function moneyAtHand(results: readonly unknown[]): MoneyAtHand | null {
  const [facts, family, invoices, payments, credits, holds, schedules, transactions, profile] = results as [
    [{ placementId: string; feeBasis: unknown; escrow: number; payoutsHash: string; openDispute: boolean; movements: number }?],
    PlacementRow[],
    (typeof placementInvoices.$inferSelect)[],
    (typeof invoicePayments.$inferSelect)[],
    (typeof placementCredits.$inferSelect)[],
    HoldRow[],
    ScheduleRow[],
    TransactionRow[],
    unknown,
  ];
  const [found] = facts;
  const placement = family.find(({ id }) => id === found?.placementId);
  if (!found || !placement) return null;
  const related = (id: string | null): Related | null => {
    const other = family.find((each) => each.id === id);
    return other ? { placement: other, ...invoiceOf(other.id) } : null;
  };
  const invoiceOf = (placementId: string) => {
    const row = invoices.find((each) => each.placementId === placementId);
    return {
      invoice: row ? toInvoice(row) : null,
      payments: payments.filter(({ invoiceId }) => invoiceId === row?.id).map(toPayment),
    };
  };
  const creditOf = (placementId: string): Credit | null => {
    const row = credits.find((each) => each.placementId === placementId);
    return row ? toCredit(row) : null;
  };
  const replaced = related(placement.replacesPlacementId);
  return {
    placement,
    ...invoiceOf(placement.id),
    fee: found.feeBasis as FeeBasis,
    escrow: cents(found.escrow),
    payoutsHash: found.payoutsHash,
    openDispute: found.openDispute,
    uncollectibleMovements: found.movements,
    transactions,
    holds,
    schedule: schedules[0] ?? null,
    credit: creditOf(placement.id),
    replaced: replaced && { ...replaced, credit: creditOf(replaced.placement.id) },
    replacement: related(placement.replacementPlacementId),
    profile: toProfile(profile),
  };
}

/** Reads all the money of a placement in one trip, with whatever else is asked; null where there is no such placement. */
export async function readMoney(
  ctx: Context,
  of: SQL,
  ...more: readonly Statement[]
): Promise<{ money: MoneyAtHand | null; more: readonly unknown[] }> {
  const results = (await ctx.read(...moneyStatements(of), ...more)) as unknown as unknown[];
  return { money: moneyAtHand(results.slice(0, MONEY_STATEMENTS)), more: results.slice(MONEY_STATEMENTS) };
}

/** Locks the money of placements and demands that none has changed since it was read; in the order of their ids, so that no two batches deadlock. */
export const guardPlacements = (...touched: readonly (Pick<PlacementRow, "id" | "moneyVersion"> | null | undefined)[]): Guard[] =>
  touched
    .flatMap((placement) => (placement ? [placement] : []))
    .toSorted((one, other) => (one.id < other.id ? -1 : 1))
    .map(({ id, moneyVersion }) => sql`billing.guard_placement(${id}::uuid, ${moneyVersion}::integer)`);

/** Locks a placement's payouts and demands that none has changed. */
export const guardPayouts = ({ placement, payoutsHash }: Pick<MoneyAtHand, "placement" | "payoutsHash">): Guard =>
  sql`billing.guard_payouts(${placement.id}::uuid, ${payoutsHash})`;
