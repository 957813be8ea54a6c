import { getTableColumns, sql } from "drizzle-orm";
import { payoutAttempts, placementPayoutTransactions as transactions } from "#db/schema/billing.ts";
import { recruiters } from "#db/schema/network.ts";
import { select, updateOf } from "#db/statements.ts";
import { event } from "#domain/events/catalogue.ts";
import type { BlockerCode } from "#domain/payouts/blockers.ts";
import { mayBeginCall, mustLookUp } from "#domain/payouts/claim.ts";
import { afterLookUp, classify, settlePayout, type Settled } from "#domain/payouts/outcome.ts";
import { type Change, commit, databaseRefusal, type Guard, insert } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import type { SentTransfer, ShownTransfer } from "../ports.ts";
import { type Payout, payoutParts } from "./change-payout.ts";
import { readyPayout } from "./ready-payout.ts";
import { paid, recordTransfer } from "./record-transfer.ts";

/** A row that this run holds under a lease. */
interface Claimed {
  payout: Payout;
  /** Unmet conditions; none when it may be sent. */
  blockers: BlockerCode[];
  /** Where the payee receives now; a new key takes it anew. */
  payeeAccount: string;
  mustLookUp: boolean;
  /** The instant now, counted on from the claim. */
  instant: () => Date;
}

/**
 * Sends one due payout to its payee (MONEY §10.2): claims it, looks it up where a stored or forgotten
 * answer may hide a transfer, sends it, and commits what came of it. An ordinary payout costs two
 * trips to the database and one call of Stripe.
 *
 * Whatever stops it in between is found by the next claim; nobody is paid twice, because a key is
 * only given up after a look-up that found nothing.
 *
 * @param clock - milliseconds that only grow; tells how much of the lease has passed
 */
export async function runPayout(ctx: Context, id: string, clock: () => number = Date.now): Promise<void> {
  let claimed = await claim(ctx, id, clock);
  if (!claimed && (await readyPayout(ctx, id))) claimed = await claim(ctx, id, clock);
  if (!claimed) return;
  const looksUp = claimed.mustLookUp || claimed.blockers.length > 0;
  const payout = looksUp ? await lookUp(ctx, claimed) : claimed.payout;
  // a key that is about to be forgotten, and a lease that is about to end, are left to the next claim
  if (!payout || mustLookUp(payout, claimed.instant()) || !mayBeginCall(payout, claimed.instant())) return;
  const sent = await ctx.ports.transfers.send({
    key: `ppt_${payout.id}_${payout.keyVersion}`,
    amount: payout.netAmount,
    destination: payout.stripeConnectAccountId ?? "",
    transactionId: payout.id,
    placementId: payout.placementId,
    role: payout.dealRole,
  });
  await conclude(ctx, claimed, payout, sent);
}

/** The columns of a transaction by their names alone: the claim is no table, but its row has them all. */
const rowOfClaim = Object.fromEntries(
  Object.entries(getTableColumns(transactions)).map(([name, column]) => {
    const inTable = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return [name, sql`${sql.identifier(inTable)}`.mapWith(column)];
  }),
);

/** The claim of MONEY §10.2: one statement, one winner. Null when somebody else has it or something is in its way. */
async function claim(ctx: Context, id: string, clock: () => number): Promise<Claimed | null> {
  const [[row]] = await ctx.claim(
    select({
      ...rowOfClaim,
      dealRole: sql<string>`deal_role`,
      payeeAccount: sql<string>`payee_account`,
      mustLookUp: sql<boolean>`must_look_up`,
      blockers: sql<BlockerCode[]>`blockers`,
    }).from(sql`(select (c.claimed).*, c.must_look_up, billing.payout_blockers((c.claimed).id, ops.now()) as blockers,
      (select s.role from billing.placement_splits s where s.id = (c.claimed).placement_split_id) as deal_role,
      (select r.stripe_connect_account_id from network.recruiters r where r.id = (c.claimed).recruiter_id) as payee_account
      from billing.claim_payout(${id}::uuid, ${ctx.newId()}::uuid, ops.now()) c) claimed`),
  );
  if (!row) return null;
  const { payeeAccount, mustLookUp: asksFirst, blockers, ...columns } = row;
  const payout = columns as unknown as Payout;
  const [began, at] = [clock(), ctx.now().getTime()];
  return { payout, payeeAccount, blockers, mustLookUp: asksFirst, instant: () => new Date(at + clock() - began) };
}

/**
 * Asks Stripe whether the transfer is there, and commits what that says.
 *
 * @returns the row under its raised key when it is to be sent now, else null
 */
async function lookUp(ctx: Context, claimed: Claimed): Promise<Payout | null> {
  const { payout, blockers, payeeAccount } = claimed;
  const all = await ctx.ports.transfers.ofPlacement(payout.placementId);
  if (!all) return null; // nothing is known: the next claim looks again
  const found = all.filter(({ transactionId }) => transactionId === payout.id);
  const after = afterLookUp(payout, { found, blockers, connectAccountId: payeeAccount }, ctx.now());
  const attempt = attempted(ctx, payout, "looked_up", {
    outcome: found.length > 0 ? "found" : "none",
    stripeTransferId: found[0]?.id ?? null,
  });
  switch (after.next) {
    case "commit":
      await settle(ctx, payout, after, attempt, found[0] ?? null);
      return null;
    case "leave":
      await held(ctx, payout, { write: [attempt], audit: [], events: [] });
      return null;
    case "send": {
      const raised = payoutParts(ctx, payout, { transaction: after.transaction, announce: [] }, { done: "key_raised" });
      const isOurs = await held(ctx, payout, { ...raised, write: [attempt, ...raised.write] });
      return isOurs ? { ...after.transaction, version: payout.version + 1 } : null;
    }
  }
}

/** Commits the outcome of a send. A transfer that was made under a lease that others took over is recorded all the same. */
async function conclude(ctx: Context, claimed: Claimed, payout: Payout, sent: SentTransfer): Promise<void> {
  const outcome = classify(sent.answer);
  const destination = payout.stripeConnectAccountId ?? "";
  const canReceive = outcome.outcome === "destination" ? await ctx.ports.transfers.canReceive(destination) : null;
  const settled = settlePayout(payout, outcome, canReceive, ctx.now());
  const attempt = attempted(ctx, payout, "answered", {
    outcome: outcome.outcome,
    httpStatus: sent.answer?.httpStatus ?? null,
    errorCode: sent.answer?.errorCode ?? sent.answer?.errorType ?? null,
    stripeRequestId: sent.requestId,
    stripeTransferId: sent.answer?.transfer?.id ?? null,
  });
  const isClosed = canReceive === false && destination === claimed.payeeAccount;
  await settle(ctx, payout, settled, attempt, sent.answer?.transfer ?? null, isClosed ? accountClosed(payout) : NOTHING);
}

const NOTHING: Pick<Change, "write" | "events"> = { write: [], events: [] };

/** Stripe says that the payee's account receives nothing now: until it says otherwise nothing is sent there. */
const accountClosed = ({ recruiterId }: Payout): Pick<Change, "write" | "events"> => ({
  write: [
    updateOf(recruiters)
      .set({ stripeConnectOnboarded: false, version: sql`${recruiters.version} + 1` })
      .where(sql`${recruiters.id} = ${recruiterId}`) as Statement,
  ],
  events: [event("recruiter.connect_changed", { type: "recruiter", id: recruiterId }, { recruiter_id: recruiterId, onboarded: false })],
});

async function settle(
  ctx: Context,
  payout: Payout,
  settled: Settled<Payout>,
  attempt: Statement,
  transfer: ShownTransfer | null,
  more: Pick<Change, "write" | "events"> = NOTHING,
): Promise<void> {
  const { transaction, alert } = settled;
  const parts = payoutParts(ctx, payout, settled, { done: doneOf(payout, transaction) });
  const isOurs = await held(ctx, payout, {
    write: [
      ...parts.write,
      attempt,
      ...more.write,
      ...(transfer && transaction.stripeTransferId ? [paid(ctx, transaction, transfer)] : []),
    ],
    audit: parts.audit,
    events: [...parts.events, ...more.events],
  });
  if (!isOurs && transfer) await recordTransfer(ctx, transfer);
  if (isOurs && alert) ctx.ports.log("error", "a payout needs a person", { transaction_id: payout.id, alert });
}

function doneOf(before: Payout, after: Payout): string {
  if (after.status === before.status) return `outcome_${after.lastOutcome ?? "unknown"}`;
  return after.status === "on_hold" ? "held" : after.status;
}

/** What a commit of another was faster with: the row is no longer ours, or the transfer is booked already. */
const OVERTAKEN: readonly (string | null)[] = ["ledger_transactions_key", "payout_transactions_transfer_key"];

/**
 * Commits under the lease.
 *
 * @returns false when the lease is no longer ours, or somebody booked the same transfer before
 */
async function held(ctx: Context, payout: Payout, change: Change): Promise<boolean> {
  try {
    await commit(ctx, null, { ...change, expect: [underLease(payout)] });
    return true;
  } catch (error) {
    const refusal = databaseRefusal(error);
    if (refusal?.code === "40001" || (refusal?.code === "23505" && OVERTAKEN.includes(refusal.constraint))) return false;
    throw error;
  }
}

const underLease = ({ id, leaseToken }: Payout): Guard => sql`billing.guard_payout(${id}::uuid, ${leaseToken}::uuid)`;

type Attempt = typeof payoutAttempts.$inferInsert;

/** One line per call that was made, or may have been made. */
const attempted = (
  ctx: Context,
  { id, attempts, keyVersion }: Payout,
  phase: "looked_up" | "answered",
  told: Pick<Attempt, "outcome" | "httpStatus" | "errorCode" | "stripeRequestId" | "stripeTransferId">,
): Statement => insert(payoutAttempts, { transactionId: id, attemptNo: attempts, phase, keyVersion, at: ctx.now(), ...told });
