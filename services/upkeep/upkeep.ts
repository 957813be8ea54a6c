import { sql } from "drizzle-orm";
import { handoverCodes, usageMinutes, usageRoutesHourly } from "#db/schema/api.ts";
import { intakeRequests, slugRedirects } from "#db/schema/ats.ts";
import { loginChallenges, sessions, ssoTransactions } from "#db/schema/identity.ts";
import { idempotencyKeys } from "#db/schema/ops.ts";
import { deleteFrom, statement, updateOf } from "#db/statements.ts";
import type { Context } from "../context.ts";
import { activatePlacements, completePlacements, warnOfGuaranteeEnds } from "../placements/pass-time.ts";
import { keepSeats, suspendUnpaidTeams } from "../subscriptions/keep-seats.ts";
import { clawBackLostChargebacks } from "../payouts/claw-back.ts";
import { watchPayouts } from "../payouts/watch-payouts.ts";
import { forgetRefusedDeliveries, watchDeliveries } from "../pipeline/refused-deliveries.ts";
import { freeFundedPayouts, queueDuePayouts, refreshHolds } from "../payouts/sweep.ts";
import { ORGANIZATION_INVITATION } from "../invitations/invitation.ts";
import { expireMailed } from "../mailed-invitations.ts";
import { TEAM_INVITATION } from "../team-invitations/team-invitation.ts";
import { expireKeys, warnOfKeyEnds } from "../api-keys/expire-keys.ts";
import { expireApprovals } from "../approvals/expire-approvals.ts";
import { alertContracts } from "../contracts/alert-contracts.ts";
import { reconcileDaily, reconcileOn } from "../reconciliation/run-reconciliation.ts";
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
import { countStageTimes } from "../applications/stage-times.ts";
import { applyWithdrawals } from "../deals/apply-withdrawals.ts";
import { expireDeals, warnOfExpiries } from "../deals/expire-deals.ts";
import { findGaps } from "../request-log/find-gaps.ts";
import { sweepReplays } from "../replay-jobs/run-replays.ts";
import { queueSiemPushes } from "../siem/push-logs.ts";
import { resealSecrets } from "../webhooks/reseal.ts";
import { forgetExpiredSecrets } from "../webhooks/rotate-secret.ts";
import { watchSuccess } from "../webhooks/success-rate.ts";
import { watchEndpoints } from "../webhooks/watch-endpoints.ts";
import { watchOwners } from "../webhooks/watch-owners.ts";
import { minuteOf } from "../usage/overage-units.ts";
import { rebuildRoutes } from "../usage/rebuild-routes.ts";
import { reportOverage } from "../usage/report-overage.ts";

/** One step of the schedule. */
export type Step = (ctx: Context) => Promise<unknown>;

const PARTITIONS_AHEAD = 3;
/** Rows whose events were told this long ago are of no further use to the outbox. */
const OUTBOX_DAYS = 30;
/** How long a session that is over can still be asked about (IDENTITY §15). */
const ENDED_SESSION_DAYS = 30;
const SIGN_IN_HOURS = 24;

const USAGE_MONTHS = 13;
/** What somebody outside wrote of themselves is kept as long as other personal data (SURFACES §9). */
const INTAKE_YEARS = 2;

/**
 * Keeps the months of the partitioned logs ahead of time, and drops those past their retention. Before
 * that it notes where each chain of audit events stands, for what is dropped to be verified without.
 */
async function keepPartitions(ctx: Context): Promise<void> {
  await ctx.database.writer.batch([
    statement(sql`insert into api.audit_anchors (account_id, day, seq, hash)
      select h.account_id, (ops.now() at time zone 'UTC')::date, h.seq, h.hash from api.audit_heads h
      where h.seq > coalesce((select max(a.seq) from api.audit_anchors a where a.account_id = h.account_id), 0)
      on conflict do nothing`),
    statement(sql`select ops.ensure_partitions(${PARTITIONS_AHEAD})`),
    statement(sql`select ops.drop_partitions()`),
  ] as never);
}

/** Forgets the partner API's counts that have outlived their use. */
async function forgetOldUsage(ctx: Context): Promise<void> {
  const oldestUsage = sql`ops.now() - make_interval(months => ${USAGE_MONTHS})`;
  await ctx.database.writer.batch([
    deleteFrom(usageMinutes).where(sql`${usageMinutes.minute} < ${minuteOf(oldestUsage)}`),
    deleteFrom(usageRoutesHourly).where(sql`${usageRoutesHourly.hour} < ${oldestUsage}`),
  ] as never);
}

/** Empties the sealed replies that nobody may have again (DESIGN R-18). */
async function emptySealedReplies(ctx: Context): Promise<void> {
  await ctx.database.writer.batch([
    updateOf(idempotencyKeys)
      .set({ body: "" })
      .where(sql`${idempotencyKeys.sealedUntil} <= ops.now() and body <> ''`),
  ] as never);
}

/**
 * Forgets what has outlived its use: stored replies, sign-ins and hand-overs after a day, told events and
 * ended sessions after a month, old slugs when they lead nowhere, what was handed in after two years.
 */
async function forgetTheOld(ctx: Context): Promise<void> {
  await ctx.database.writer.batch([
    deleteFrom(idempotencyKeys).where(sql`${idempotencyKeys.expiresAt} <= ops.now()`),
    statement(sql`with gone as (delete from ops.outbox where handled_at < ops.now() - make_interval(days => ${OUTBOX_DAYS}) returning id)
      delete from ops.event_handled h using gone where h.event_id = gone.id`),
    deleteFrom(ssoTransactions).where(sql`${ssoTransactions.expiresAt} < ops.now() - make_interval(hours => ${SIGN_IN_HOURS})`),
    deleteFrom(handoverCodes).where(sql`${handoverCodes.expiresAt} < ops.now() - make_interval(hours => ${SIGN_IN_HOURS})`),
    deleteFrom(loginChallenges).where(sql`${loginChallenges.expiresAt} < ops.now() - make_interval(hours => ${SIGN_IN_HOURS})`),
    // one that was ended early stays until those made from it have outlived themselves, too
    deleteFrom(sessions).where(
      sql`coalesce(${sessions.endedAt}, ${sessions.absoluteEnd}) < ops.now() - make_interval(days => ${ENDED_SESSION_DAYS})
        and not exists (select 1 from identity.sessions child where child.parent_id = ${sessions.id}
          and child.absolute_end >= ops.now() - make_interval(days => ${ENDED_SESSION_DAYS}))`,
    ),
    deleteFrom(slugRedirects).where(sql`${slugRedirects.expiresAt} <= ops.now()`),
    deleteFrom(intakeRequests).where(sql`${intakeRequests.createdAt} < ops.now() - make_interval(years => ${INTAKE_YEARS})`),
  ] as never);
}

/** Brings operations towards Stripe that are due to their queue. */
const queueOperations: Step = (ctx) => sweepOperations(ctx, (ids) => ctx.ports.stripeWork.send(ids));

/** Brings Stripe's events that wait to their queue. */
const queueStripeEvents: Step = (ctx) => sweepStripeEvents(ctx, (ids) => ctx.ports.stripeEvents.send(ids));

/** Brings accounts whose replays run to their queue. */
const queueReplays: Step = (ctx) => sweepReplays(ctx, (ids) => ctx.ports.replays.send(ids));

/** Ends the mailed invitations that nobody answered in time. */
async function expireInvitations(ctx: Context): Promise<void> {
  await expireMailed(ctx, ORGANIZATION_INVITATION);
  await expireMailed(ctx, TEAM_INVITATION);
}

/** Every minute: what must happen on time. */
export const MINUTELY: readonly Step[] = [
  closeDueJobs,
  applyWithdrawals,
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
  expireKeys,
  suspendUnpaidTeams,
  expireInvitations,
  keepSeats,
  clawBackLostChargebacks,
  refreshHolds,
  freeFundedPayouts,
  queueDuePayouts,
  watchPayouts,
  watchDeliveries,
  reconcileOn,
  queueOperations,
  queueStripeEvents,
  queueReplays,
  queueSiemPushes,
  watchEndpoints,
  watchOwners,
  emptySealedReplies,
];

/** Every quarter of an hour: whether a log has gaps. */
export const QUARTER_HOURLY: readonly Step[] = [findGaps];

/** Every hour, behind its end: what was used in it, whether webhooks arrive, and what lies under an old key. */
export const HOURLY: readonly Step[] = [reportOverage, rebuildRoutes, watchSuccess, resealSecrets];

/** Every night: what keeps the tables small. */
export const NIGHTLY: readonly Step[] = [
  remindOfInvoices,
  keepPartitions,
  forgetTheOld,
  forgetOldUsage,
  forgetTokens,
  forgetRefusedDeliveries,
  forgetExpiredSecrets,
  compareStripeEvents,
  alertContracts,
  expireTaxProfiles,
  warnOfKeyEnds,
  reconcileDaily,
  countStageTimes,
];
