import { sql } from "drizzle-orm";
import {
  ledgerAccounts,
  ledgerEntries,
  ledgerTransactions,
  placementAllocations,
  placementInvoices,
  placementPayoutTransactions as transactions,
  placementSnapshot,
  placementSplits,
  reconciliationBreaks as breaks,
  reconciliationRuns as runs,
  stripeEvents,
} from "#db/schema/billing.ts";
import { computed, select, statement } from "#db/statements.ts";
import { type PlacementSnapshot, recompute } from "#domain/commission/snapshot.ts";
import { breakClosed, breakOpened } from "#domain/events/reconciliation.ts";
import { inequalities } from "#domain/ledger/equalities.ts";
import { sweepPosting, topupPosting } from "#domain/ledger/postings.ts";
import { cents, type Cents } from "#domain/money.ts";
import { type Break, HEALED, reconciled, severityOf } from "#domain/reconciliation/break.ts";
import {
  type BalanceEntry,
  type BalanceMovement,
  compareBalance,
  compareInvoices,
  compareMovements,
  compareTransfers,
} from "#domain/reconciliation/checks.ts";
import { Refusal } from "#domain/refusals.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { commit, deciding, insert, insertAll, newRow, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { posted } from "../ledger/post.ts";
import type { ProviderEvent } from "../ports.ts";
import { switched } from "../switches/change-switch.ts";
import { readSwitches, type Switch } from "../switches/switch.ts";
import type { BreakRow, RunRow } from "./break.ts";
import { MONEY_ROWS, moneyStatements, toBooks } from "./money-rows.ts";

const DAY_MS = 86_400_000;
/** So far back each run looks. */
const WINDOW_DAYS = 35;
/** An entry may be posted so long after its movement: as long as an outcome may be unknown (MONEY §10.3). */
const SLACK_DAYS = 7;
/** Stripe's events are compared so far back. */
const EVENT_DAYS = 3;
/** What moved in the last minutes may still be on its way to our books. */
const CUT_MINUTES = 10;
/** More breaks than this are one disaster: the critical ones come first, the rest is left to the run of the next minute. */
const BREAKS_A_RUN = 500;

/** Everything the provider was asked, between two looks at our own clock. */
interface Theirs {
  balance: Cents;
  movements: readonly BalanceMovement[];
  transfers: Awaited<ReturnType<Context["ports"]["books"]["transfers"]>>;
  invoices: Awaited<ReturnType<Context["ports"]["books"]["invoices"]>>;
  events: readonly ProviderEvent[];
}

/** When a run looks, and how far back. */
interface Period {
  now: Date;
  cut: Date;
  since: Date;
  /** Invoices are compared as far back as the oldest that is still open: terms and dunning last longer than the rest. */
  invoicesSince: Date;
  /** What of ours is older was moved before `since`, perhaps. */
  from: Date;
}

/** The daily run. */
export const reconcileDaily = (ctx: Context): Promise<RunRow> => reconcile(ctx, null);

/** Goes on, a minute later, where the last run left breaks unopened because they were too many. */
export async function reconcileOn(ctx: Context): Promise<void> {
  const [[last]] = await ctx.read(
    select({ postponed: runs.postponed })
      .from(runs)
      .orderBy(sql`${runs.startedAt} desc nulls last`, sql`${runs.id} desc`)
      .limit(1),
  );
  if (last && last.postponed > 0) await reconcile(ctx, null);
}

/**
 * Holds all our money against the provider's and against itself (MONEY §18, checks 1 to 8): each
 * difference becomes a break with its age, what is gone is closed as healed. A critical break that is
 * new turns payouts off. Movements to and from the platform's own bank are booked on the way.
 *
 * @param cutAt - what moved later is left for the next run; ten minutes ago unless told
 */
export async function runReconciliation(ctx: Context, cutAt: Date | null): Promise<RunRow> {
  await ctx.read();
  requirePlatformAdmin(ctx, "reconcile");
  return reconcile(ctx, cutAt);
}

/** When the oldest invoice was made that a company still owes; an invoice is made at Stripe after our draft. */
const oldestOpenInvoice = () =>
  select({ at: computed<string | null>("at", sql`to_jsonb(min(${placementInvoices.createdAt})) #>> '{}'`) })
    .from(placementInvoices)
    .where(sql`${placementInvoices.status} in ('open', 'uncollectible')`);

async function reconcile(ctx: Context, cutAt: Date | null): Promise<RunRow> {
  const [[oldest]] = await ctx.read(oldestOpenInvoice());
  const now = ctx.now();
  const cut = new Date(Math.min(now.getTime(), cutAt?.getTime() ?? now.getTime() - CUT_MINUTES * 60_000));
  const since = new Date(now.getTime() - WINDOW_DAYS * DAY_MS);
  const invoicesSince = new Date(Math.min(since.getTime(), oldest?.at ? Date.parse(oldest.at) : Infinity));
  const period: Period = { now, cut, since, invoicesSince, from: new Date(since.getTime() + SLACK_DAYS * DAY_MS) };
  const theirs = await askProvider(ctx, period);
  return deciding(ctx, () => decide(ctx, period, theirs));
}

/** Asks the provider. The balance is asked before and after the list, so that nothing moved in between. */
async function askProvider(ctx: Context, { since, invoicesSince, now }: Period): Promise<Theirs> {
  const { books, providerEvents } = ctx.ports;
  try {
    for (let round = 1; ; round++) {
      const before = await books.balance();
      const movements = await books.movements(since);
      const balance = await books.balance();
      if (before !== balance && round < 3) continue;
      const [transfers, invoices, events] = await Promise.all([
        books.transfers(since),
        books.invoices(invoicesSince),
        providerEvents.since(new Date(now.getTime() - EVENT_DAYS * DAY_MS), null),
      ]);
      return { balance, movements, transfers, invoices, events };
    }
  } catch (error) {
    if (ctx.ports.answerTo(error) === undefined) throw error;
    throw new Refusal("service_unavailable", "The payment provider did not answer. Try again in a minute.");
  }
}

async function decide(ctx: Context, period: Period, theirs: Theirs): Promise<RunRow> {
  const read = (await ctx.read(...ourStatements(period, theirs), ...moneyStatements())) as unknown as unknown[];
  const ours = toOurs(read.slice(0, -MONEY_ROWS));
  const { books, rows } = toBooks(read.slice(-MONEY_ROWS));
  const bookings = ownBankMovements(ctx, theirs.movements, ours.entries, period);
  const booked = new Set(bookings.map(({ movement }) => movement.id));
  const entries = [
    ...ours.entries,
    ...bookings.map(({ movement }): BalanceEntry => ({ balanceTransactionId: movement.id, amount: movement.net, at: period.now })),
  ];
  const bookedTotal = cents(ours.balance + bookings.reduce((sum, { movement }) => sum + movement.net, 0));
  const found: Break[] = [
    ...compareMovements(theirs.movements, entries, period),
    ...compareTransfers(theirs.transfers, ours.transactions, period),
    ...compareBalance(theirs.balance, bookedTotal, theirs.movements, entries, period.cut),
    ...inequalities(books, rows).map(({ account, expected, actual }): Break => ({
      kind: account === "all entries" ? "ledger_unbalanced" : "account_differs",
      subject: account,
      expected: String(expected),
      actual: String(actual),
    })),
    ...wrongSplits(ours),
    ...compareInvoices(new Map(theirs.invoices.map((invoice) => [invoice.id, invoice])), ours.invoices),
    ...lostEvents(theirs.events, ours, period),
    ...ours.stuck,
  ];
  const { open, heal } = reconciled(found, ours.breaks);
  const opened = open
    .slice(0, BREAKS_A_RUN)
    .map((one) => newRow(ctx, breaks, { ...one, severity: severityOf(one.kind), openedAt: ctx.now() }));
  const healed = heal.map((before): { before: BreakRow; after: BreakRow } => ({
    before,
    after: { ...before, resolvedAt: ctx.now(), resolution: HEALED, version: before.version + 1, updatedAt: ctx.now() },
  }));
  const critical = opened.find(({ severity }) => severity === "critical");
  const payouts = ours.switches.find(({ name }) => name === "payouts.enabled");
  const stop = critical && payouts?.enabled ? switched(ctx, payouts, false, `reconciliation: ${critical.kind}`).parts : null;
  const run = newRow(ctx, runs, {
    startedAt: period.now,
    finishedAt: ctx.now(),
    checked: {
      movements: theirs.movements.length,
      transfers: theirs.transfers.length,
      invoices: ours.invoices.length,
      events: theirs.events.length,
      placements: rows.placements.length,
      booked: booked.size,
    },
    opened: opened.length,
    healed: healed.length,
    postponed: open.length - opened.length,
  });
  if (critical) ctx.ports.log("error", "a critical break: payouts are off", { kind: critical.kind, break_id: critical.id });
  return commit(ctx, run, {
    expect: [...(stop?.expect ?? []), ...healed.map(({ before }) => unchanged(breaks, before))],
    write: [
      insert(runs, run),
      ...(opened.length > 0 ? [insertAll(breaks, opened)] : []),
      ...healed.map(({ after }) => update(ctx, breaks, after.id, { resolvedAt: after.resolvedAt, resolution: HEALED })),
      ...bookings.map(({ write }) => write),
      ...(stop?.write ?? []),
    ],
    audit: [
      { action: "reconciliation.run", subject: { type: "reconciliation_run", id: run.id }, after: run },
      ...opened.map((row) => ({
        action: "reconciliation_break.opened",
        subject: { type: "reconciliation_break", id: row.id },
        after: row,
      })),
      ...healed.map(({ before, after }) => ({
        action: "reconciliation_break.healed",
        subject: { type: "reconciliation_break", id: before.id },
        before,
        after,
      })),
      ...[stop?.audit ?? []].flat(),
    ],
    events: [...opened.map(breakOpened), ...healed.map(({ after }) => breakClosed(after)), ...(stop?.events ?? [])],
  });
}

/** What the provider moved to and from the platform's own bank, which nobody else books. */
const OWN_BANK: Readonly<Record<string, "sweep" | "topup">> = {
  payout: "sweep",
  payout_cancel: "topup",
  payout_failure: "topup",
  topup: "topup",
  topup_reversal: "sweep",
};

function ownBankMovements(ctx: Context, movements: readonly BalanceMovement[], entries: readonly BalanceEntry[], { cut }: Period) {
  const known = new Set(entries.map(({ balanceTransactionId }) => balanceTransactionId));
  return movements
    .filter(({ id, created, net, type }) => OWN_BANK[type] !== undefined && net !== 0 && created <= cut && !known.has(id))
    .map((movement) => {
      const { id, source, net } = movement;
      // of one payout both the way out and the way back may be booked
      const posting =
        net < 0
          ? sweepPosting({ payoutId: source ?? id, amount: cents(0 - net), balanceTransactionId: id })
          : topupPosting({ topupId: source ?? id, amount: net, balanceTransactionId: id });
      return { movement, write: posted(ctx, posting, { placementId: null }) };
    });
}

const inList = (words: readonly string[]) => sql`array(select jsonb_array_elements_text(${JSON.stringify(words)}::jsonb))`;

/** Our side of every check, in the order in which `toOurs` understands it. */
const ourStatements = ({ now, since, from }: Period, { movements, transfers, invoices, events }: Theirs) =>
  [
    select({ balanceTransactionId: ledgerEntries.balanceTransactionId, amount: ledgerEntries.amountCents, at: ledgerTransactions.at })
      .from(ledgerEntries)
      .innerJoin(ledgerTransactions, sql`${ledgerTransactions.id} = ${ledgerEntries.transactionId}`)
      .where(
        sql`${ledgerEntries.balanceTransactionId} is not null
          and (${ledgerTransactions.at} between ${from.toISOString()}::timestamptz and ${now.toISOString()}::timestamptz
            or ${ledgerEntries.balanceTransactionId} = any(${inList(movements.map(({ id }) => id))}))`,
      ),
    select({ balance: computed<number>("balance", sql`coalesce(sum(${ledgerEntries.amountCents}), 0)::float8`) })
      .from(ledgerEntries)
      .innerJoin(ledgerAccounts, sql`${ledgerAccounts.id} = ${ledgerEntries.accountId} and ${ledgerAccounts.code} = 'stripe_balance'`)
      .innerJoin(ledgerTransactions, sql`${ledgerTransactions.id} = ${ledgerEntries.transactionId}`)
      .where(
        sql`${ledgerTransactions.at} <= ${now.toISOString()}::timestamptz or ${ledgerEntries.balanceTransactionId} = any(${inList(movements.map(({ id }) => id))})`,
      ),
    select()
      .from(transactions)
      .where(
        sql`${transactions.stripeTransferId} = any(${inList(transfers.map(({ id }) => id))})
          or ${transactions.id}::text = any(${inList(transfers.flatMap(({ transactionId }) => transactionId ?? []))})
          or (${transactions.stripeTransferId} is not null and ${transactions.completedAt} between ${from.toISOString()}::timestamptz and ${now.toISOString()}::timestamptz)`,
      ),
    select()
      .from(placementSnapshot)
      .where(sql`${placementSnapshot.createdAt} >= ${since.toISOString()}::timestamptz`),
    select()
      .from(placementSplits)
      .where(sql`${placementSplits.createdAt} >= ${since.toISOString()}::timestamptz - interval '1 day'`),
    select()
      .from(placementAllocations)
      .where(sql`${placementAllocations.createdAt} >= ${since.toISOString()}::timestamptz - interval '1 day'`),
    select()
      .from(placementInvoices)
      .where(sql`${placementInvoices.stripeInvoiceId} = any(${inList(invoices.map(({ id }) => id))})`),
    select({ id: stripeEvents.id, processedAt: stripeEvents.processedAt, receivedAt: stripeEvents.receivedAt })
      .from(stripeEvents)
      .where(
        sql`${stripeEvents.id} = any(${inList(events.map(({ id }) => id))}) or (${stripeEvents.processedAt} is null and ${stripeEvents.receivedAt} < ${now.toISOString()}::timestamptz - interval '1 hour')`,
      ),
    stuck(now),
    select()
      .from(breaks)
      .where(
        sql`${breaks.resolvedAt} is null or ${breaks.id} in (select distinct on (b.kind, b.subject) b.id from ${breaks} b where b.resolved_at is not null order by b.kind, b.subject, b.resolved_at desc)`,
      ),
    readSwitches(),
  ] as const;

/** Check 8: nothing stands still (MONEY §18). */
const stuck = (now: Date) =>
  statement<Record<keyof Break, string>>(sql`
    with at (now) as (values (${now.toISOString()}::timestamptz))
    select 'payout_stuck' as kind, t.id::text as subject, 'settled within a day' as expected, t.processing_started_at::text as actual
      from billing.placement_payout_transactions t, at where t.status = 'processing' and t.processing_started_at < at.now - interval '24 hours'
    union all select 'operation_stuck', o.id::text, 'done within a day', o.created_at::text
      from billing.stripe_operations o, at where o.status in ('pending', 'processing') and o.created_at < at.now - interval '24 hours'
    -- given up: nobody asks Stripe for it again. A reversal that is refused is netted, a plan is asked for anew
    union all select 'operation_failed', o.id::text, 'done', o.failure_reason
      from billing.stripe_operations o where o.status = 'failed' and o.failure_reason is distinct from 'placement_failed'
        and (o.kind not in ('transfer_reversal', 'subscription') or o.failure_reason = 'request_mismatch')
    union all select 'outbox_stuck', 'outbox', 'told within 10 minutes', min(x.occurred_at)::text
      from ops.outbox x, at where x.handled_at is null and x.occurred_at < at.now - interval '10 minutes' having count(*) > 0
    union all select 'inactive_at_hire_overdue', t.id::text, 'decided within 12 months', t.created_at::text
      from billing.placement_payout_transactions t, at where t.status = 'on_hold' and 'inactive_at_hire' = any(t.hold_reasons) and t.created_at < at.now - interval '12 months'
    union all select 'schedule_overdue', s.id::text, 'released within 30 days', s.scheduled_date::text
      from billing.payout_schedules s, at where s.status = 'scheduled' and s.scheduled_date < (at.now at time zone 'utc')::date - 30`);

interface Ours {
  entries: BalanceEntry[];
  balance: number;
  transactions: (typeof transactions.$inferSelect)[];
  snapshots: (typeof placementSnapshot.$inferSelect)[];
  splits: (typeof placementSplits.$inferSelect)[];
  allocations: (typeof placementAllocations.$inferSelect)[];
  invoices: { id: string; stripeInvoiceId: string; status: string; amountPaid: Cents }[];
  events: { id: string; processedAt: Date | null; receivedAt: Date }[];
  stuck: Break[];
  breaks: BreakRow[];
  switches: Switch[];
}

function toOurs(found: readonly unknown[]): Ours {
  const [entries, balance, moved, snapshots, splits, allocations, invoices, events, still, kept, switches] = found as [
    { balanceTransactionId: string | null; amount: Cents; at: Date }[],
    { balance: number }[],
    Ours["transactions"],
    Ours["snapshots"],
    Ours["splits"],
    Ours["allocations"],
    (typeof placementInvoices.$inferSelect)[],
    Ours["events"],
    { rows: Break[] },
    BreakRow[],
    Switch[],
  ];
  return {
    entries: entries.flatMap(({ balanceTransactionId, ...entry }) => (balanceTransactionId ? [{ balanceTransactionId, ...entry }] : [])),
    balance: balance[0]?.balance ?? 0,
    transactions: moved,
    snapshots,
    splits,
    allocations,
    invoices: invoices.flatMap(({ id, stripeInvoiceId, status: invoiceStatus, amountPaidCents }) =>
      stripeInvoiceId ? [{ id, stripeInvoiceId, status: invoiceStatus, amountPaid: amountPaidCents }] : [],
    ),
    events,
    stuck: still.rows,
    breaks: kept,
    switches,
  };
}

/** Check 5: what was settled at a hire follows from its snapshot, to the cent. */
function wrongSplits({ snapshots, splits, allocations }: Ours): Break[] {
  const ofPlacement = Map.groupBy(splits, ({ placementId }) => placementId);
  const allocated = new Map(allocations.map((row) => [row.placementId, row]));
  return snapshots.flatMap((row): Break[] => {
    const { shares, allocation } = recompute(row as unknown as PlacementSnapshot);
    const [expected, actual] = [
      told(
        shares.map((share) => ({ ...share, dealRole: share.role })),
        allocation.platformCents,
      ),
      told(ofPlacement.get(row.placementId) ?? [], allocated.get(row.placementId)?.platformCents ?? null),
    ];
    return expected === actual ? [] : [{ kind: "split_differs", subject: row.placementId, expected, actual }];
  });
}

const told = (shares: readonly { recruiterId: string; dealRole: string; splitAmount: Cents }[], platform: Cents | null): string =>
  [
    ...shares.map(({ recruiterId, dealRole, splitAmount }) => `${dealRole} ${recruiterId} ${splitAmount}`).toSorted(),
    `platform ${platform}`,
  ].join(", ");

/** Check 7: every event of three days is here, and worked on within the hour. */
function lostEvents(events: readonly ProviderEvent[], ours: Ours, { now, cut }: Period): Break[] {
  const known = new Set(ours.events.map(({ id }) => id));
  const missing = events
    .filter(({ id, created }) => created <= cut && !known.has(id))
    .map(({ id, type }): Break => ({ kind: "event_missing", subject: id, expected: type, actual: null }));
  const waiting = ours.events
    .filter(({ processedAt, receivedAt }) => processedAt === null && receivedAt.getTime() < now.getTime() - 3_600_000)
    .map(({ id, receivedAt }): Break => ({
      kind: "event_unprocessed",
      subject: id,
      expected: "processed within an hour",
      actual: receivedAt.toISOString(),
    }));
  return [...missing, ...waiting];
}
