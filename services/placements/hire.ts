import { eq, sql } from "drizzle-orm";
import {
  applicationNotes,
  applications,
  candidateRoleAssignments as deals,
  candidates,
  companies,
  jobs,
  placements,
} from "#db/schema/ats.ts";
import {
  escrowHolds,
  payoutSchedules,
  placementAllocations,
  placementPayoutTransactions,
  placementSnapshot,
  placementSplits,
} from "#db/schema/billing.ts";
import { recruiterReputation } from "#db/schema/network.ts";
import { fraudSignals } from "#db/schema/ops.ts";
import { computed, insertInto, select, updateOf } from "#db/statements.ts";
import type { HireInputs } from "#domain/commission/hire-inputs.ts";
import { settleHire, type SettledHire } from "#domain/commission/hire.ts";
import { hireDeal } from "#domain/deals/hire.ts";
import type { Party } from "#domain/deals/deal.ts";
import { type DomainEvent, event } from "#domain/events/catalogue.ts";
import {
  holdEvent,
  placementActivated,
  placementCreated,
  scheduleEvent,
  snapshotCreated,
  splitsCreated,
} from "#domain/events/placement.ts";
import type { Cents } from "#domain/money.ts";
import { requireStartDate } from "#domain/placements/placement.ts";
import { notFound, Refusal } from "#domain/refusals.ts";
import { commit, deciding, expectVersion, insert, insertAll, newRow } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { dealChange, readDeal } from "../deals/change-deal.ts";
import { draftInvoice } from "../invoices/draft-invoice.ts";
import { together } from "../invoices/parts.ts";
import { guardPlacements, moneyAtHand, moneyStatements, profileOf, toProfile } from "./money.ts";
import type { OwnShare, Placement } from "./placement.ts";
import { replacing } from "./replacement.ts";

/** What the company says of a hire. */
export interface HireTerms {
  /** First-year base salary. */
  salary: Cents;
  /** `YYYY-MM-DD`. */
  startDate: string;
  /** Kept as a note of the company's own. */
  notes: string | null;
  /** The failed placement that this hire replaces; null as a rule. */
  replacesPlacementId: string | null;
}

/** What a hire reads beside the deal. */
interface HireFacts {
  inputs: HireInputs;
  hash: string;
  jobTitle: string;
  companyName: string;
  candidateName: string;
}

const hireFacts = (applicationId: string) =>
  select({
    inputs: computed<HireInputs>("inputs", sql`billing.hire_inputs(${deals.id})`),
    hash: computed<string>("hash", sql`billing.hire_inputs_hash(${deals.id})`),
    jobTitle: computed<string>("job_title", sql`${jobs.title}`),
    companyName: computed<string>("company_name", sql`${companies.name}`),
    candidateName: computed<string>("candidate_name", sql`${candidates.fullName}`),
  })
    .from(deals)
    .innerJoin(jobs, eq(jobs.id, deals.jobId))
    .innerJoin(companies, eq(companies.id, deals.companyId))
    .innerJoin(candidates, eq(candidates.id, deals.candidateId))
    .where(eq(deals.applicationId, applicationId))
    .orderBy(sql`${deals.createdAt} desc`)
    .limit(1);

/**
 * Hires: the deal, the placement and all of its money in one commit (MONEY §16, B1). What the hire
 * rests on is read with the deal and compared by hash under lock, so nothing can change in between.
 *
 * Refuses a second hire with `already_hired`, a deal that is not at its offer with
 * `invalid_transition`, and whoever may not hire for the company with `forbidden`.
 */
export async function hire(ctx: Context, applicationId: string, terms: HireTerms): Promise<Placement> {
  return deciding(
    ctx,
    async () => {
      const { replacesPlacementId } = terms;
      const deal = await readDeal(
        ctx,
        { applicationId },
        hireFacts(applicationId),
        profileOf(sql`(select a.company_id from ${applications} a where a.id = ${applicationId})`),
        ...(replacesPlacementId ? moneyStatements(sql`${replacesPlacementId}::uuid`) : []),
      );
      const [found, profile, ...money] = deal.more;
      const failed = replacesPlacementId ? moneyAtHand(money) : null;
      if (replacesPlacementId && failed?.placement.companyId !== deal.application.companyId)
        throw notFound("placement", replacesPlacementId);
      expectVersion(ctx, deal.application);
      const change = hireDeal(deal, deal.actor, ctx.now());
      const facts = (found as HireFacts[])[0];
      if (!facts) throw new Error(`the deal of application ${applicationId} has no hire inputs`);

      requireStartDate(terms.startDate, ctx.now(), ctx.now());
      const settled = settleHire(facts.inputs, {
        placementId: ctx.newId(),
        salary: terms.salary,
        startDate: terms.startDate,
        now: ctx.now(),
        newId: () => ctx.newId(),
      });
      const row = newRow(ctx, placements, { ...settled.placement, replacesPlacementId });
      const replaced = failed ? replacing(ctx, failed, { ...settled.placement, fee: settled.placement.placementFee }) : null;
      const invoice =
        settled.placement.state === "active"
          ? draftInvoice(ctx, {
              placement: settled.placement,
              fee: settled.snapshot.feeBasis,
              profile: toProfile(profile),
              credited: replaced?.credited ?? null,
            })
          : null;
      const more = together(replaced?.parts ?? null, invoice);
      const signals = settled.upgrades.map((upgrade) =>
        newRow(ctx, fraudSignals, {
          signalType: "tier_upgrade_before_hire",
          severity: "medium",
          recruiterId: upgrade.recruiterId,
          jobId: row.jobId,
          candidateId: row.candidateId,
          applicationId: row.applicationId,
          placementId: row.id,
          signalData: { tier: upgrade.tier, upgraded_at: upgrade.upgradedAt.toISOString() },
          confidenceScore: UPGRADE_CONFIDENCE,
        }),
      );
      const { parts } = dealChange(ctx, deal, change, {
        action: "hired",
        write: [
          insert(placements, row),
          ...moneyRows(ctx, settled),
          // the reference can only be made once the placement is there; the row's version is raised already
          updateOf(applications).set({ placementId: row.id }).where(eq(applications.id, row.applicationId)) as Statement,
          ...reputationRows(ctx, settled),
          ...(signals.length > 0 ? [insertAll(fraudSignals, signals)] : []),
          ...noteRow(ctx, row.applicationId, change.actedAs, terms.notes),
          ...more.write,
        ],
      });
      const placement: Placement = { ...row, ...presented(ctx, facts, settled, row.companyId) };
      return commit(ctx, placement, {
        // the hire's own guard locks the company first, so it stands before those of the deal (MONEY §16)
        expect: [
          sql`billing.guard_hire(${settled.placement.craId}::uuid, ${facts.hash})`,
          ...guardPlacements(failed?.placement),
          ...(parts.expect ?? []),
        ],
        write: parts.write,
        audit: [
          ...(Array.isArray(parts.audit) ? parts.audit : [parts.audit]),
          { action: "placement.created", subject: { type: "placement", id: row.id }, after: row, companyId: row.companyId },
          ...more.audit,
        ],
        events: [
          ...placementEvents(settled),
          ...parts.events,
          ...more.events,
          ...signals.map((signal) =>
            event(
              "fraud_signal.created",
              { type: "fraud_signal", id: signal.id },
              { signal_id: signal.id, type: signal.signalType, severity: signal.severity },
            ),
          ),
        ],
      });
    },
    { placements_application_id_key: () => new Refusal("already_hired", "This application has led to a hire already.") },
  );
}

/** A late upgrade proves nothing by itself (D-43). */
const UPGRADE_CONFIDENCE = 50;

/** Snapshot, allocation, splits, transactions, hold and schedule; without a fee there are the first two. */
function moneyRows(ctx: Context, { snapshot, allocation, splits, transactions, hold, schedule }: SettledHire): Statement[] {
  const splitRows = splits.map(({ role: dealRole, ...split }) => newRow(ctx, placementSplits, { ...split, dealRole }));
  const transactionRows = transactions.map((transaction) =>
    newRow(ctx, placementPayoutTransactions, { ...transaction, holdReasons: [...transaction.holdReasons] }),
  );
  return [
    insert(placementSnapshot, newRow(ctx, placementSnapshot, { ...snapshot } as never)),
    insert(placementAllocations, newRow(ctx, placementAllocations, { ...allocation })),
    ...(splitRows.length > 0 ? [insertAll(placementSplits, splitRows), insertAll(placementPayoutTransactions, transactionRows)] : []),
    ...(hold ? [insert(escrowHolds, newRow(ctx, escrowHolds, { ...hold }))] : []),
    ...(schedule ? [insert(payoutSchedules, newRow(ctx, payoutSchedules, { ...schedule }))] : []),
  ];
}

/** A hire counts for the Closer, a placement for each recruiter with a role, once each. Sorted, so that two hires cannot deadlock. */
function reputationRows(ctx: Context, { roles, snapshot }: SettledHire): Statement[] {
  const recruiterIds = [...new Set(roles.map(({ recruiterId }) => recruiterId))].toSorted();
  if (recruiterIds.length === 0) return [];
  const rows = recruiterIds.map((recruiterId) => ({
    recruiterId,
    totalPlacements: 1,
    totalHires: recruiterId === snapshot.candidateRecruiterId ? 1 : 0,
  }));
  return [
    insertInto(recruiterReputation)
      .values(rows)
      .onConflictDoUpdate({
        target: recruiterReputation.recruiterId,
        set: {
          totalPlacements: sql`${recruiterReputation.totalPlacements} + 1`,
          totalHires: sql`${recruiterReputation.totalHires} + excluded.total_hires`,
          updatedAt: ctx.now(),
        },
      }) as Statement,
  ];
}

function noteRow(ctx: Context, applicationId: string, actedAs: Party | "system", notes: string | null): Statement[] {
  if (notes === null || actedAs === "system") return [];
  return [
    insert(
      applicationNotes,
      newRow(ctx, applicationNotes, {
        applicationId,
        createdByUserId: ctx.userId,
        createdByType: actedAs,
        noteType: "stage_transition",
        visibility: "company_only",
        messageText: notes,
      }),
    ),
  ];
}

const placementEvents = (settled: SettledHire): DomainEvent[] => [
  placementCreated(settled.placement, settled.snapshot),
  snapshotCreated(settled.placement.id),
  ...(settled.splits.length > 0 || settled.allocation.platformCents > 0 ? [splitsCreated(settled)] : []),
  ...(settled.placement.state === "active" ? [placementActivated(settled.placement)] : []),
  ...(settled.hold ? [holdEvent("escrow_hold.created", settled.hold)] : []),
  ...(settled.schedule ? [scheduleEvent("payout_schedule.created", settled.schedule)] : []),
];

/** The new placement as whoever hired sees it. */
function presented(ctx: Context, { jobTitle, companyName, candidateName }: HireFacts, { splits }: SettledHire, companyId: string) {
  const { isPlatformAdmin, adminCompanyIds, recruiterId } = ctx.access;
  const mine: OwnShare[] = splits
    .filter((split) => split.recruiterId === recruiterId)
    .map((split) => ({
      role: split.role,
      rate_bp: split.splitPercentage,
      amount_cents: split.splitAmount,
      bonus_cents: split.bonusAmount,
      kind: split.kind,
    }));
  return {
    jobTitle,
    companyName,
    candidateName,
    seesFee: isPlatformAdmin || adminCompanyIds.includes(companyId),
    seesSalary: true,
    seesGuarantee: true,
    ownShares: mine.length > 0 ? mine : null,
  };
}
