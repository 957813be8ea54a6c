import { eq, getTableColumns, type SQL, sql } from "drizzle-orm";
import { placements } from "#db/schema/ats.ts";
import {
  approvals,
  clawbacks,
  disputes,
  payoutReversals,
  payoutSchedules,
  placementAllocations,
  placementCredits,
  placementPayoutTransactions as transactions,
  placementSnapshot,
  recruiterDebts,
  stripeOperations,
} from "#db/schema/billing.ts";
import { computed, select } from "#db/statements.ts";
import { DEAL_ROLES, type DealRole } from "#domain/commission/deal-roles.ts";
import { type PlacementSnapshot, roleColumnsOf } from "#domain/commission/snapshot.ts";
import { isOpen, settleLost } from "#domain/disputes/dispute.ts";
import { event } from "#domain/events/catalogue.ts";
import { disputeUpdated } from "#domain/events/dispute.ts";
import { clawbackMade, debtOpened } from "#domain/events/payout.ts";
import { giveBack as decideGiveBack, loseOfCredit } from "#domain/invoices/fall-off.ts";
import { type ClawbackPosting, clawbackPosting, lostPosting, uncollectiblePosting } from "#domain/ledger/postings.ts";
import { openPart } from "#domain/invoices/invoice.ts";
import { cents, type Cents, minus, plus, ZERO } from "#domain/money.ts";
import {
  clawable,
  clawBack as decide,
  clawbackTurn,
  clawedParts,
  type BorneBy,
  type ClawbackInput,
  type ClawbackRow,
  type RowClawback,
} from "#domain/payouts/clawback.ts";
import { lookUpFirst, requireTransferred } from "#domain/payouts/transaction.ts";
import { conflict, invalidTransition, notFound, Refusal } from "#domain/refusals.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { approvalById, type UsedApproval, useApproval } from "../approvals/use-approval.ts";
import { commit, deciding, expectVersion, type Guard, insert, newRow, readable, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { giveBack, offOpen } from "../invoices/give-back.ts";
import { type Parts, together } from "../invoices/parts.ts";
import { settleRefunds, type UndoneRefund, undoneRefunds } from "../invoices/settle-refunds.ts";
import { posted } from "../ledger/post.ts";
import { rowById } from "../listing.ts";
import { cancelSchedule } from "../placements/cancel-schedule.ts";
import { guardPayouts, guardPlacements, type MoneyAtHand, readMoney } from "../placements/money.ts";
import { type Schedule, scheduleNoun } from "../placements/schedule.ts";
import { payoutParts } from "./change-payout.ts";
import { recordTransfer } from "./record-transfer.ts";
import { type Transaction, transactionNoun } from "./transaction.ts";

/** A row of `billing.clawbacks`. */
export type Clawback = typeof clawbacks.$inferSelect;

/** What an admin asks back, approved by another one. */
export interface ClawbackWish {
  placementId: string;
  amount: Cents;
  borneBy: BorneBy;
  reason: string;
  approvalId: string;
}

/** What a clawback looks at beside the money of its placement. */
interface ClawbackFacts {
  rows: { id: string; clawedBack: number; clawedUnpaid: number; reversing: number; debtsHash: string }[];
  platformShare: Cents;
  platformClawed: Cents;
  isReleased: boolean;
  snapshot: PlacementSnapshot;
}

/** In the order of `factsFound`. */
const factStatements = (of: SQL) =>
  [
    select({
      id: transactions.id,
      clawedBack: computed<number>(
        "clawed_back",
        sql`(select coalesce(sum(r.amount_cents), 0)::float8 from ${payoutReversals} r where r.payout_transaction_id = ${transactions.id})`,
      ),
      clawedUnpaid: computed<number>(
        "clawed_unpaid",
        sql`(select coalesce(sum(r.unpaid_cents), 0)::float8 from ${payoutReversals} r where r.payout_transaction_id = ${transactions.id})`,
      ),
      reversing: computed<number>(
        "reversing",
        sql`(select coalesce(sum((o.request ->> 'amount_cents')::bigint), 0)::float8 from ${payoutReversals} r join ${stripeOperations} o on o.id = r.operation_id
          where r.payout_transaction_id = ${transactions.id} and o.status in ('pending', 'processing'))`,
      ),
      debtsHash: computed<string>("debts_hash", sql`billing.debts_hash(${transactions.recruiterId})`),
    })
      .from(transactions)
      .where(sql`${transactions.placementId} = ${of}`),
    select({
      platformShare: placementAllocations.platformCents,
      platformClawed: computed<number>(
        "platform_clawed",
        sql`(select coalesce(sum(k.platform_cents), 0)::float8 from ${clawbacks} k where k.placement_id = ${placementAllocations.placementId})`,
      ),
      isReleased: computed<boolean>(
        "is_released",
        sql`exists (select from billing.ledger_transactions l where l.idempotency_key = 'release:' || ${placementAllocations.placementId}::text)`,
      ),
    })
      .from(placementAllocations)
      .where(sql`${placementAllocations.placementId} = ${of}`),
    select()
      .from(placementSnapshot)
      .where(sql`${placementSnapshot.placementId} = ${of}`),
  ] as const;

function factsFound(found: readonly unknown[][]): ClawbackFacts {
  const [rows = [], [platform] = [], [snapshot] = []] = found;
  if (!platform || !snapshot) throw new Error("a placement without a snapshot");
  const { platformClawed, ...rest } = platform as Pick<ClawbackFacts, "platformShare" | "isReleased"> & { platformClawed: number };
  return { rows: rows as ClawbackFacts["rows"], ...rest, platformClawed: cents(platformClawed), snapshot: snapshot as PlacementSnapshot };
}

/**
 * Takes an amount of a placement's fee back from everybody who shares in it, or from the platform alone,
 * and gives it to the company (MONEY §11, B13). What is not paid yet is taken off before it is sent; what is paid becomes a
 * debt, and as far as the transfer still holds it a reversal is asked for.
 *
 * Refuses whoever is no platform admin, an approval that is not for exactly this, a placement that fell
 * off, more than is left (`validation_failed`), and any payout in it that is being sent (409 `payout_in_flight`).
 */
export async function clawBack(ctx: Context, wish: ClawbackWish): Promise<Clawback> {
  return deciding(ctx, async () => {
    const { money, facts, approval } = await readAll(ctx, sql`${wish.placementId}::uuid`, wish.approvalId);
    requirePlatformAdmin(ctx, "claw back");
    if (!money) throw notFound("placement", wish.placementId);
    if (money.placement.state === "failed")
      throw conflict("The placement fell off: its money is a credit.", { reason: "placement_failed" });
    const used = useApproval(ctx, approval, {
      action: wish.borneBy === "platform" ? "refund.above_policy" : "clawback",
      subjectId: wish.placementId,
      request: { amount_cents: wish.amount },
    });
    return takeBack(ctx, money, facts, { ...byAdmin(wish), amount: wish.amount, borneBy: wish.borneBy, used }, (clawback) => clawback);
  });
}

/**
 * Takes back a payout that should not have been, or a part of it: a clawback that this one share bears
 * alone. DOMAIN's `reverse` is MONEY's clawback of what is paid (§11): a debt of the payee, which a reversal
 * of the transfer pays as far as their account has it and netting afterwards; the amount goes to the company.
 * The payout is `reversed` once all of its transfer came back.
 *
 * By an approval of `payout.reverse` for exactly this amount. Refuses whoever is no platform admin, a
 * payout that was not transferred, and more than was not taken back yet (`validation_failed`).
 */
export async function clawBackPayout(
  ctx: Context,
  id: string,
  wish: { amount: Cents; approvalId: string; reason: string },
): Promise<Transaction> {
  return deciding(ctx, async () => {
    const of = sql`(select t.placement_id from ${transactions} t where t.id = ${id}::uuid)`;
    const { money, facts, approval, subject } = await readAll(ctx, of, wish.approvalId, rowById<Transaction>(ctx, transactionNoun, id));
    const before = readable("payout transaction", id, subject as Transaction | undefined);
    requirePlatformAdmin(ctx, "take payouts back");
    expectVersion(ctx, before);
    if (!money) throw new Error(`payout ${id} has no placement`);
    requireTransferred(before);
    const used = useApproval(ctx, approval, { action: "payout.reverse", subjectId: id, request: { amount_cents: wish.amount } });
    return takeBack(ctx, money, facts, { ...byAdmin(wish), amount: wish.amount, borneBy: { payoutId: id }, used }, () => before);
  });
}

/**
 * Ends a placement's release before it happened: everything its escrow holds goes back to the company,
 * its open shares and its schedule are cancelled. DOMAIN's `cancel` of a schedule is MONEY's clawback of
 * everything before the release (B13), because a placement whose money is held always has a schedule (M-15).
 * It settles an invoice that was voided at the provider by hand, too. What was given up of it is owed again
 * first, in the same commit: the clawback takes it off, and the invoice ends void.
 *
 * By an approval of `clawback` about the placement for exactly what its escrow holds then. Refuses whoever is
 * no platform admin, a schedule that is not waiting (`invalid_transition`), and (409) one whose money is in no
 * escrow yet (`not_invoiced`: fail the placement).
 */
export async function cancelRelease(ctx: Context, id: string, wish: { approvalId: string; reason: string }): Promise<Schedule> {
  return deciding(ctx, async () => {
    const of = sql`(select s.placement_id from ${payoutSchedules} s where s.id = ${id}::uuid)`;
    const { money, facts, approval, subject } = await readAll(ctx, of, wish.approvalId, rowById<Schedule>(ctx, scheduleNoun, id));
    const before = readable("payout schedule", id, subject as Schedule | undefined);
    requirePlatformAdmin(ctx, "cancel schedules");
    expectVersion(ctx, before);
    if (!money) throw new Error(`schedule ${id} has no placement`);
    if (before.status !== "scheduled") throw invalidTransition("payout schedule", before.status, "cancelled", []);
    if (!money.invoice?.finalizedAt) throw conflict("The money is in no escrow yet. Fail the placement.", { reason: "not_invoiced" });
    const owed = owedAgain(ctx, money);
    const used = useApproval(ctx, approval, {
      action: "clawback",
      subjectId: money.placement.id,
      request: { amount_cents: owed.money.escrow },
    });
    const after: Schedule = { ...before, status: "cancelled", blockers: [], version: before.version + 1, updatedAt: ctx.now() };
    const all = { ...byAdmin(wish), amount: owed.money.escrow, borneBy: "everybody" as const, along: owed.parts, used };
    return takeBack(ctx, owed.money, facts, all, () => after);
  });
}

/** The money of a placement as it is once what was given up of its invoice is owed again, and what makes it so. */
function owedAgain(ctx: Context, money: MoneyAtHand): { money: MoneyAtHand; parts: Parts | null } {
  const { invoice, placement } = money;
  if (invoice?.status !== "uncollectible") return { money, parts: null };
  const amount = openPart(invoice);
  const revived = { ...invoice, status: "open" as const };
  const posting = uncollectiblePosting({
    invoiceId: invoice.id,
    movement: money.uncollectibleMovements + 1,
    placementId: placement.id,
    companyId: invoice.companyId,
    direction: "revived",
    amount,
  });
  return {
    money: { ...money, invoice: revived, escrow: plus(money.escrow, amount) },
    parts: {
      write: [posted(ctx, posting, { placementId: placement.id })],
      audit: [
        {
          action: "invoice.revived",
          subject: { type: "placement_invoice", id: invoice.id },
          before: invoice,
          after: revived,
          companyId: invoice.companyId,
        },
      ],
      events: [],
    },
  };
}

/** What an admin's clawbacks have in common. */
const byAdmin = ({ approvalId, reason }: { approvalId: string; reason: string }) => ({
  reason,
  cause: { cause: "admin" as const, causeId: approvalId, approvalId },
  along: null,
  guards: [],
});

/**
 * Takes back what a lost chargeback took from us (MONEY §11): no approval is asked for, and the company
 * has its money already. It comes from the placement whose escrow holds the money: of one that fell off
 * the replacement that took its credit, else off the credit itself. What that does not cover is lost.
 *
 * A second call for the same chargeback changes nothing. Refuses (409) one that is not lost, and one
 * whose money waits for the replacement's invoice (`not_invoiced`).
 */
export async function clawBackChargeback(ctx: Context, disputeId: string): Promise<void> {
  await deciding(
    ctx,
    async () => {
      const [[dispute], undone] = await ctx.read(
        lostDispute(disputeId),
        undoneRefunds(sql`(select d.placement_id from ${disputes} d where d.id = ${disputeId}::uuid)`),
      );
      if (!dispute?.amountCents) throw notFound("dispute", disputeId);
      const { money, facts } = await readAll(ctx, sql`${dispute.bearerId}::uuid`, null);
      if (!money) throw notFound("placement", dispute.bearerId);
      if (dispute.resolution !== "lost" || !isOpen(dispute)) throw conflict("The chargeback is not lost.", { reason: "not_lost" });
      const lost = {
        reason: "the chargeback was lost",
        cause: { cause: "chargeback" as const, causeId: disputeId },
        ...alongRefunds(ctx, dispute, money, undone as unknown as UndoneRefund[]),
      };
      if (lost.amount === 0) return commit(ctx, null, { ...lost.along, expect: [...guardPlacements(money.placement), ...lost.guards] });
      if (money.placement.state === "failed") return loseCredit(ctx, money, lost);
      if (!facts.isReleased && !money.invoice?.finalizedAt) throw conflict("The money is in no escrow yet.", { reason: "not_invoiced" });
      const input = inputOf(money, facts, new Set());
      const amount = cents(Math.min(lost.amount, clawable(input), input.escrow ?? Infinity));
      const along = together(lost.along, notCovered(ctx, money, dispute.id, minus(lost.amount, amount)));
      if (amount > 0) return takeBack(ctx, money, facts, { ...lost, amount, borneBy: "everybody", along, used: null }, () => null);
      return commit(ctx, null, { ...along, expect: [...guardPlacements(money.placement, money.replaced?.placement), ...lost.guards] });
    },
    { clawbacks_one_per_cause: () => new Refusal("conflict", "This chargeback was clawed back already.") },
  );
}

/** What ends with a lost chargeback: itself, and the refunds of the same money that were still due. The rest is to be clawed back. */
function alongRefunds(ctx: Context, dispute: LostDispute, { placement }: MoneyAtHand, undone: readonly UndoneRefund[]) {
  const { parts, guards, left } = settleRefunds(ctx, undone, { taken: dispute.amountCents ?? ZERO, companyId: placement.companyId });
  return { along: together(settled(ctx, dispute), parts), guards, amount: left };
}

type LostDispute = typeof disputes.$inferSelect;

/** A chargeback, and the placement that bears it: the one it is about, or the replacement that took its credit. */
const lostDispute = (id: string) =>
  select({
    ...getTableColumns(disputes),
    bearerId: computed<string>(
      "bearer_id",
      sql`coalesce((select c.replacement_placement_id from ${placementCredits} c join ${placements} p on p.id = c.replacement_placement_id
        where c.placement_id = ${disputes.placementId} and c.used_cents > 0 and p.state <> 'failed'), ${disputes.placementId})`,
    ),
  })
    .from(disputes)
    .where(eq(disputes.id, id));

/** What a lost chargeback took beyond what its placement has left: nobody gives it back. */
function notCovered(ctx: Context, { placement }: MoneyAtHand, disputeId: string, amount: Cents): Parts | null {
  if (amount === 0) return null;
  return {
    write: [posted(ctx, lostPosting({ disputeId, companyId: placement.companyId, amount }), { placementId: placement.id })],
    audit: [
      { action: "dispute.written_off", subject: { type: "dispute", id: disputeId }, after: { amount }, companyId: placement.companyId },
    ],
    events: [],
  };
}

/** With its money clawed back a lost chargeback is over, and the sweep frees what waited for it. */
function settled(ctx: Context, before: typeof disputes.$inferSelect): Parts {
  const after = settleLost(before, ctx.now());
  return {
    write: [update(ctx, disputes, before.id, { status: after.status, resolvedAt: after.resolvedAt })],
    audit: [{ action: "dispute.settled", subject: { type: "dispute", id: before.id }, before, after }],
    events: [disputeUpdated(before, after)],
  };
}

/** How many lost chargebacks a minute works on. */
const ROWS_A_STEP = 100;

/** Claws back the chargebacks that were lost, whenever no payout of theirs is being sent. */
export async function clawBackLostChargebacks(ctx: Context): Promise<void> {
  const [lost] = await ctx.read(
    select({ id: disputes.id })
      .from(disputes)
      .where(
        sql`${disputes.disputeType} = 'chargeback' and ${disputes.resolution} = 'lost' and ${disputes.status} in ('open', 'under_review')
          and ${disputes.amountCents} > 0`,
      )
      .orderBy(disputes.id)
      .limit(ROWS_A_STEP),
  );
  for (const { id } of lost) {
    try {
      await clawBackChargeback(ctx, id);
    } catch (error) {
      ctx.ports.log("warn", "a chargeback could not be clawed back yet", {
        dispute_id: id,
        error: error instanceof Error ? error.name : "unknown",
      });
    }
  }
}

/**
 * @param of - gives the placement's id
 * @param asked - reads the row by which the placement was named, where that is another
 */
async function readAll(ctx: Context, of: SQL, approvalId: string | null, asked?: Statement) {
  const approval = approvalId
    ? approvalById(approvalId)
    : select()
        .from(approvals)
        .where(sql`false`);
  const facts = factStatements(of);
  const { money, more } = await readMoney(ctx, of, ...facts, approval, ...(asked ? [asked] : []));
  const [[found], [subject] = []] = more.slice(facts.length) as [(typeof approvals.$inferSelect)[], unknown[]?];
  return { money, facts: money ? factsFound(more.slice(0, facts.length) as unknown[][]) : NO_FACTS, approval: found, subject };
}

/** Never looked at: there is no placement. */
const NO_FACTS = {} as ClawbackFacts;

/** The money of a placement as the rule of domain/payouts finds it. */
function inputOf(money: MoneyAtHand, facts: ClawbackFacts, lookedUp: ReadonlySet<string>): ClawbackInput {
  const roles = new Map<DealRole, ClawbackRow[]>();
  for (const dealRole of DEAL_ROLES) {
    const { recruiterId, split } = roleColumnsOf(facts.snapshot, dealRole);
    const turn = clawbackTurn(recruiterId ?? "", split?.members ?? []);
    const rows = money.transactions.filter((transaction) => transaction.dealRole === dealRole);
    if (rows.length === 0) continue;
    roles.set(
      dealRole,
      rows
        .toSorted((one, other) => turn(one.recruiterId, other.recruiterId))
        .map((transaction) => {
          const known = facts.rows.find(({ id }) => id === transaction.id);
          return {
            transaction,
            clawedBack: cents(known?.clawedBack ?? 0),
            netted: minus(transaction.offsetCents, cents(known?.clawedUnpaid ?? 0)),
            reversing: cents(known?.reversing ?? 0),
            lookedUp: lookedUp.has(transaction.id),
          };
        }),
    );
  }
  const { platformShare, platformClawed, isReleased } = facts;
  return { roles, platformShare, platformClawed, escrow: isReleased ? null : money.escrow };
}

interface Taking {
  amount: Cents;
  borneBy: BorneBy;
  reason: string;
  cause: Pick<typeof clawbacks.$inferInsert, "cause" | "causeId"> & { approvalId?: string };
  used: UsedApproval | null;
  /** What else ends with it, and what that rests on. */
  along: Parts | null;
  guards: readonly Guard[];
}

/** @param shown - what the caller is answered */
async function takeBack<Shown>(
  ctx: Context,
  money: MoneyAtHand,
  facts: ClawbackFacts,
  taking: Taking,
  shown: (clawback: Clawback) => Shown,
): Promise<Shown> {
  const lookedUp = await lookUpSent(ctx, money);
  const decided = decide(inputOf(money, facts, lookedUp), taking.amount, ctx.now(), taking.borneBy);
  const { placement } = money;
  const clawback = newRow(ctx, clawbacks, {
    ...taking.cause,
    placementId: placement.id,
    refundCents: taking.amount,
    platformCents: decided.platform,
    beforeRelease: !facts.isReleased,
    reason: taking.reason,
  });
  const rows = decided.rows.map((row) => rowParts(ctx, clawback, money, row));
  const company = taking.cause.cause === "chargeback" ? null : refunded(ctx, clawback, money, facts.isReleased);
  // an invoice of which everything is taken off is void, and would be waited for
  const isAll = taking.amount === money.escrow && taking.amount === clawable(inputOf(money, facts, lookedUp));
  const parts = together(...rows, company?.parts ?? null, !facts.isReleased && isAll ? cancelSchedule(ctx, money) : null, taking.along);
  const posting: ClawbackPosting = facts.isReleased
    ? {
        clawbackId: clawback.id,
        companyId: placement.companyId,
        stage: "after_release",
        parts: clawedParts(decided.rows),
        platform: decided.platform,
        to: company ? "refund_due" : "disputed",
      }
    : {
        clawbackId: clawback.id,
        companyId: placement.companyId,
        stage: "before_release",
        placementId: placement.id,
        amount: taking.amount,
        open: company ? company.open : null,
      };
  const indebted = [...new Set(decided.rows.filter(({ paid }) => paid > 0).map(({ transaction }) => transaction.recruiterId))].toSorted();
  const hashes = new Map(
    money.transactions.map(({ id, recruiterId }) => [recruiterId, facts.rows.find((row) => row.id === id)?.debtsHash]),
  );
  return commit(ctx, shown(clawback), {
    expect: [
      ...(taking.used ? [taking.used.guard] : []),
      // its own invoice and the one whose credit it took may change
      ...guardPlacements(placement, money.replaced?.placement),
      guardPayouts(money),
      ...indebted.map((recruiterId) => sql`billing.guard_debts(${recruiterId}::uuid, ${hashes.get(recruiterId) ?? ""})`),
      ...taking.guards,
    ],
    write: [
      insert(clawbacks, clawback),
      ...parts.write,
      posted(ctx, clawbackPosting(posting), { placementId: placement.id }),
      ...(taking.used ? [taking.used.write] : []),
    ],
    audit: [
      {
        action: "clawback.made",
        subject: { type: "clawback", id: clawback.id },
        after: clawback,
        companyId: placement.companyId,
        reason: taking.reason,
      },
      ...parts.audit,
      ...(taking.used ? [taking.used.audit] : []),
    ],
    events: [clawbackMade(clawback), ...parts.events, ...(taking.used ? [taking.used.event] : [])],
  });
}

/**
 * Asks Stripe about payouts that were sent before and are still unpaid: what was transferred after all
 * is booked first, and the decision is made again on that.
 *
 * @returns the payouts of which Stripe knows no transfer
 */
async function lookUpSent(ctx: Context, { placement, transactions: rows }: MoneyAtHand): Promise<ReadonlySet<string>> {
  const sent = rows.filter(({ status: state, firstSentAt }) => firstSentAt !== null && ["pending", "failed", "on_hold"].includes(state));
  const [first] = sent;
  if (!first) return new Set();
  const known = await ctx.ports.transfers.ofPlacement(placement.id);
  if (!known) throw lookUpFirst(first.id);
  const found = known.filter(({ transactionId }) => sent.some(({ id }) => id === transactionId));
  for (const transfer of found) await recordTransfer(ctx.unanswered(), transfer);
  if (found.length > 0) throw lookUpFirst(first.id);
  return new Set(sent.map(({ id }) => id));
}

/** What a clawback does to one share: the share itself, its line, and the debt and the reversal of what was paid. */
function rowParts(ctx: Context, clawback: Clawback, money: MoneyAtHand, row: RowClawback): Parts {
  const before = money.transactions.find(({ id }) => id === row.transaction.id);
  if (!before) throw new Error(`payout ${row.transaction.id} is of another placement`);
  const operation = row.reversible > 0 && before.stripeTransferId ? reversalOperation(ctx, before.stripeTransferId, row.reversible) : null;
  const reversal = newRow(ctx, payoutReversals, {
    clawbackId: clawback.id,
    payoutTransactionId: before.id,
    cause: `clawback:${clawback.id}`,
    amountCents: row.amount,
    unpaidCents: row.unpaid,
    paidCents: row.paid,
    operationId: operation?.id ?? null,
  });
  const changed = payoutParts(
    ctx,
    before,
    { transaction: { ...before, ...row.transaction } as typeof before, announce: row.announce },
    { done: "clawed_back", reason: clawback.reason },
  );
  const debt =
    row.paid > 0
      ? newRow(ctx, recruiterDebts, {
          recruiterId: before.recruiterId,
          reversalId: reversal.id,
          amountCents: row.paid,
          recovery: operation ? "reversing" : "netting",
        })
      : null;
  return {
    write: [
      insert(payoutReversals, reversal),
      ...changed.write,
      ...(debt ? [insert(recruiterDebts, debt)] : []),
      ...(operation ? [insert(stripeOperations, { ...operation, subjectId: reversal.id })] : []),
    ],
    audit: changed.audit,
    events: [
      ...changed.events,
      ...(debt ? [debtOpened(debt)] : []),
      ...(operation ? [event("stripe.work", { type: "stripe_operation", id: operation.id }, { operation_id: operation.id })] : []),
    ],
  };
}

const reversalOperation = (ctx: Context, transferId: string, amount: Cents): typeof stripeOperations.$inferSelect =>
  newRow(ctx, stripeOperations, {
    kind: "transfer_reversal",
    subjectType: "payout_reversal",
    request: { stripe_transfer_id: transferId, amount_cents: amount },
    nextAttemptAt: ctx.now(),
  });

/** What the company gets: off what it still owes before the release, else a refund of what it paid. */
function refunded(ctx: Context, clawback: Clawback, money: MoneyAtHand, isReleased: boolean): { parts: Parts; open: Cents } {
  const of = [...(money.replaced ? [money.replaced] : []), money];
  const invoices = isReleased ? [] : of.flatMap(({ invoice }) => (invoice ? [invoice] : []));
  const given = decideGiveBack(clawback.refundCents, invoices);
  return { parts: giveBack(ctx, { type: "clawback", id: clawback.id }, given, of), open: offOpen(given) };
}

/** A chargeback was lost on a placement that fell off: its credit shrinks, and what that does not cover is gone. */
async function loseCredit(
  ctx: Context,
  money: MoneyAtHand,
  { amount, reason, cause, along, guards }: Omit<Taking, "used" | "borneBy">,
): Promise<Clawback> {
  const { credit, placement } = money;
  const shrunk = credit ? loseOfCredit(credit, amount) : null;
  const off = shrunk?.off ?? ZERO;
  const clawback = newRow(ctx, clawbacks, {
    ...cause,
    placementId: placement.id,
    refundCents: amount,
    platformCents: ZERO,
    beforeRelease: true,
    reason,
  });
  const posting = clawbackPosting({ clawbackId: clawback.id, companyId: placement.companyId, stage: "after_failure", amount, credit: off });
  return commit(ctx, clawback, {
    expect: [...guardPlacements(placement), ...guards],
    write: [
      insert(clawbacks, clawback),
      ...(shrunk && off > 0
        ? [update(ctx, placementCredits, shrunk.credit.id, { amountCents: shrunk.credit.amount, status: shrunk.credit.status })]
        : []),
      posted(ctx, posting, { placementId: placement.id }),
      ...(along?.write ?? []),
    ],
    audit: [
      { action: "clawback.made", subject: { type: "clawback", id: clawback.id }, after: clawback, companyId: placement.companyId, reason },
      ...(along?.audit ?? []),
    ],
    events: [clawbackMade(clawback), ...(along?.events ?? [])],
  });
}
