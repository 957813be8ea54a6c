import { sql } from "drizzle-orm";
import { sessions, ssoTransactions } from "#db/schema/identity.ts";
import { idempotencyKeys } from "#db/schema/ops.ts";
import { deleteFrom, statement } from "#db/statements.ts";
import type { Context } from "../context.ts";
import { activatePlacements, completePlacements, warnOfGuaranteeEnds } from "../placements/pass-time.ts";
import { keepSeats, suspendUnpaidTeams } from "../subscriptions/keep-seats.ts";
import { clawBackLostChargebacks } from "../payouts/claw-back.ts";
import { watchPayouts } from "../payouts/watch-payouts.ts";
import { freeFundedPayouts, queueDuePayouts, refreshHolds } from "../payouts/sweep.ts";
import { expireInvitations } from "../team-invitations/send-invitation.ts";
import { expireApprovals } from "../approvals/expire-approvals.ts";
import { alertContracts } from "../contracts/alert-contracts.ts";
import { reconcileDaily } from "../reconciliation/run-reconciliation.ts";
import { expireTaxProfiles } from "../tax/tax-profile.ts";
import { finishSchedules, releasePlacements } from "../placements/release.ts";
import { endCredits } from "../invoices/end-credits.ts";
import { remindOfInvoices } from "../invoices/remind.ts";
import { endTeamGrace } from "../teams/end-grace.ts";
import { forgetTokens } from "../oauth/forget-tokens.ts";
import { closeDueJobs } from "../jobs/update-job.ts";
import { expireRelationships } from "../recruiter-candidates/expire-relationships.ts";
import { sweepOperations } from "../stripe-operations/run-operations.ts";
import { compareStripeEvents } from "../stripe-events/keep-events.ts";
import { sweepStripeEvents } from "../stripe-events/work-on-events.ts";
import { expireDeals, warnOfExpiries } from "../deals/expire-deals.ts";

/** One step of the schedule. */
export type Step = (ctx: Context) => Promise<unknown>;

const PARTITIONS_AHEAD = 3;
/** Rows whose events were told this long ago are of no further use to the outbox. */
const OUTBOX_DAYS = 30;
/** How long a session that is over can still be asked about (IDENTITY §15). */
const ENDED_SESSION_DAYS = 30;
const SIGN_IN_HOURS = 24;

/** Keeps the months of the partitioned logs ahead of time. */
async function keepPartitions(ctx: Context): Promise<void> {
  await ctx.database.writer.batch([statement(sql`select ops.ensure_partitions(${PARTITIONS_AHEAD})`)]);
}

/** Forgets what has outlived its use: stored replies and sign-ins after a day, told events and ended sessions after a month. */
async function forgetTheOld(ctx: Context): Promise<void> {
  await ctx.database.writer.batch([
    deleteFrom(idempotencyKeys).where(sql`${idempotencyKeys.expiresAt} <= ops.now()`),
    statement(sql`with gone as (delete from ops.outbox where handled_at < ops.now() - make_interval(days => ${OUTBOX_DAYS}) returning id)
      delete from ops.event_handled h using gone where h.event_id = gone.id`),
    deleteFrom(ssoTransactions).where(sql`${ssoTransactions.expiresAt} < ops.now() - make_interval(hours => ${SIGN_IN_HOURS})`),
    deleteFrom(sessions).where(
      sql`coalesce(${sessions.endedAt}, ${sessions.absoluteEnd}) < ops.now() - make_interval(days => ${ENDED_SESSION_DAYS})`,
    ),
  ] as never);
}

/** Brings operations towards Stripe that are due to their queue. */
const queueOperations: Step = (ctx) => sweepOperations(ctx, (ids) => ctx.ports.stripeWork.send(ids));

/** Brings Stripe's events that wait to their queue. */
const queueStripeEvents: Step = (ctx) => sweepStripeEvents(ctx, (ids) => ctx.ports.stripeEvents.send(ids));

/** Every minute: what must happen on time. */
export const MINUTELY: readonly Step[] = [
  closeDueJobs,
  expireDeals,
  warnOfExpiries,
  expireRelationships,
  activatePlacements,
  completePlacements,
  releasePlacements,
  endCredits,
  finishSchedules,
  warnOfGuaranteeEnds,
  endTeamGrace,
  expireApprovals,
  suspendUnpaidTeams,
  expireInvitations,
  keepSeats,
  clawBackLostChargebacks,
  refreshHolds,
  freeFundedPayouts,
  queueDuePayouts,
  watchPayouts,
  queueOperations,
  queueStripeEvents,
];

/** Every night: what keeps the tables small. */
export const NIGHTLY: readonly Step[] = [
  remindOfInvoices,
  keepPartitions,
  forgetTheOld,
  forgetTokens,
  compareStripeEvents,
  alertContracts,
  expireTaxProfiles,
  reconcileDaily,
];
