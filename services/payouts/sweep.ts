import { inArray, type SQL, sql } from "drizzle-orm";
import { placementPayoutTransactions as transactions } from "#db/schema/billing.ts";
import { recruiters } from "#db/schema/network.ts";
import { select } from "#db/statements.ts";
import { deciding } from "../commit.ts";
import type { Context } from "../context.ts";
import type { Subscriber } from "../events/handle-events.ts";
import { type PayoutWithFacts, payoutFacts } from "./facts.ts";
import { commitHolds } from "./ready-payout.ts";

/** A step takes so many rows, at most so often in one minute; the rest waits for the next. */
const ROWS_A_STEP = 100;
const STEPS = 20;
/** Payouts are sent one after another within a message, so a message carries few. */
const IDS_A_MESSAGE = 10;

/** What a queued payout may still wait for: its run puts it on hold, or nets it, and goes on. */
const READIED = sql`array['connect_required', 'tax_profile_missing', 'dispute_open', 'invoice_uncollectible', 'netting_pending']`;

/** Pending and released, failed and due again, or under a lease that has ended. While payouts are paused only what may be out already is looked after. */
const due = (): SQL => sql`(
  (${transactions.status} = 'processing' and ${transactions.leaseUntil} < ops.now())
  or ((${transactions.status} = 'pending' and ${transactions.eligibleAt} is not null
      or ${transactions.status} = 'failed' and ${transactions.retryCount} < 3 and ${transactions.nextRetryAt} <= ops.now())
    and billing.is_on('payouts.enabled') and billing.payout_blockers(${transactions.id}, ops.now()) <@ ${READIED}))`;

/** Queues every payout that is due, the oldest first: whatever a lost message left behind. */
export async function queueDuePayouts(ctx: Context): Promise<void> {
  const [rows] = await ctx.read(
    select({ id: transactions.id })
      .from(transactions)
      .where(due())
      .orderBy(transactions.eligibleAt, transactions.id)
      .limit(ROWS_A_STEP * STEPS),
  );
  for (let from = 0; from < rows.length; from += IDS_A_MESSAGE) {
    await ctx.ports.payouts.send(rows.slice(from, from + IDS_A_MESSAGE).map(({ id }) => id));
  }
}

const held = (reason: string): SQL => sql`${reason} = any(${transactions.holdReasons})`;

const hasTaxProfile = sql`(not billing.is_on('payouts.require_tax_profile') or exists (select from billing.tax_profiles x
  where x.recruiter_id = ${transactions.recruiterId} and x.status = 'complete' and coalesce(x.expires_at > ops.now(), true)))`;

const hasDispute = sql`billing.has_open_dispute(${transactions.placementId})`;

const isUncollectible = sql`exists (select from billing.placement_invoices i where i.placement_id = ${transactions.placementId} and i.status = 'uncollectible')`;

const payeeIs = (what: SQL): SQL =>
  sql`exists (select from ${recruiters} r join identity.users u on u.id = r.user_id where r.id = ${transactions.recruiterId} and ${what})`;

/** Rows held for what is over, or open although their placement is in dispute or its invoice is given up. */
const holdsToChange = (): SQL => sql`(
  (${transactions.status} = 'on_hold' and (
    (${held("connect_required")} and ${payeeIs(sql`r.stripe_connect_onboarded`)})
    or (${held("tax_profile_missing")} and ${hasTaxProfile})
    or (${held("inactive_at_hire")} and ${payeeIs(sql`r.status = 'active' and u.status <> 'deactivated'`)})
    or (${held("dispute_open")} and not ${hasDispute})
    or (${held("invoice_uncollectible")} and not ${isUncollectible})))
  or (${transactions.status} in ('pending', 'failed') and (${hasDispute} or ${isUncollectible})))`;

/** Frees the payouts whose reasons to wait are over, and holds those that a dispute or a lost invoice stops. */
export async function refreshHolds(ctx: Context): Promise<void> {
  for (let step = 0; step < STEPS; step++) {
    const [rows] = await ctx.read(payoutFacts(holdsToChange()).orderBy(transactions.id).limit(ROWS_A_STEP));
    let changed = 0;
    for (const row of rows) if (await freshHolds(ctx, row)) changed += 1;
    if (changed < ROWS_A_STEP) return;
  }
}

/** Changes one row's holds; one that changed meanwhile is left to the next minute. */
async function freshHolds(ctx: Context, row: PayoutWithFacts): Promise<boolean> {
  let known: PayoutWithFacts | undefined = row;
  try {
    return await deciding(ctx, async () => {
      known ??= (await ctx.read(payoutFacts(inArray(transactions.id, [row.id]))))[0][0];
      const now = known;
      known = undefined;
      return now ? commitHolds(ctx, now) : false;
    });
  } catch (error) {
    ctx.ports.log("error", "a payout's holds could not be changed", {
      transaction_id: row.id,
      error: error instanceof Error ? error.name : "unknown",
    });
    return false;
  }
}

/** Frees what waits for the platform's balance, the oldest first, as far as the balance goes now. */
export async function freeFundedPayouts(ctx: Context): Promise<void> {
  const [rows] = await ctx.read(
    payoutFacts(sql`${transactions.status} = 'on_hold' and ${held("platform_balance")}`)
      .orderBy(transactions.eligibleAt, transactions.id)
      .limit(ROWS_A_STEP),
  );
  if (rows.length === 0) return;
  let left: number = (await ctx.ports.transfers.available()) ?? 0;
  for (const row of rows) {
    if (row.netAmount > left) return;
    left -= row.netAmount;
    await deciding(ctx, async () => {
      const [[fresh]] = await ctx.read(payoutFacts(inArray(transactions.id, [row.id])));
      if (fresh?.holdReasons.includes("platform_balance")) await commitHolds(ctx, fresh, ["platform_balance"]);
    });
  }
}

/** Queues what may be claimed as soon as its event is told. The row decides; a second message changes nothing. */
export const payoutSubscriber: Subscriber = {
  name: "payouts",
  hears: ["payout.due"],
  handle: async (ctx, { subject }) => ctx.ports.payouts.send([subject.id]),
};
