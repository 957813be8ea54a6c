import { getTableColumns, type SQL, sql } from "drizzle-orm";
import {
  applicationAuditLog,
  applications,
  candidateRoleAssignments as deals,
  candidates,
  craGateFeedback,
  jobs,
  placements,
} from "#db/schema/ats.ts";
import { recruiterReputation } from "#db/schema/network.ts";
import { computed, insertInto, select } from "#db/statements.ts";
import type { Actor, Deal, DealChange, Party } from "#domain/deals/deal.ts";
import { notFound, Refusal } from "#domain/refusals.ts";
import { type Change, commit, deciding, expectVersion, type Guard, insert, insertAll, newRow, unchanged, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { readablePlacements } from "../placements/access.ts";
import {
  candidateRecruiterIsGone,
  gateIsStuck,
  partsInDeal,
  readableApplications,
  readableDeals,
  representingRecruiter,
} from "./access.ts";

export type DealRow = typeof deals.$inferSelect;
export type ApplicationRow = typeof applications.$inferSelect;

/** The two records of a deal, as the tables hold them. */
export interface DealRecords extends Deal {
  cra: DealRow | null;
  application: ApplicationRow;
}

/** A deal as it was read: both records, who the caller is in it, and what decisions ask besides. */
export interface DealAtHand extends DealRecords {
  actor: Actor;
  job: { id: string; status: string; version: number; companyRecruiterId: string | null };
  /** The candidate's version: every change of a relationship raises it (DESIGN R-3). */
  candidate: { id: string; version: number; recruiterId: string | null };
  /** Whether another deal of the pair is live. */
  otherLiveDeal: boolean;
  /** The info request that waits for an answer. */
  openRequestId: string | null;
  /** Whether the recruiter of the current gate cannot act any more (D-12). */
  gateRecruiterGone: boolean;
  /** What the statements that a verb added have found, in their order. */
  more: readonly unknown[];
}

/** Names a deal by either of its ids, or by the placement that came of it. */
export type DealId = { assignmentId: string } | { applicationId: string } | { placementId: string };

/** A pair has one live deal; two at once meet on these indexes. */
export const DUPLICATE_DEAL = {
  cra_one_live_deal: () => duplicateDeal(),
  applications_one_live: () => duplicateDeal(),
};

const duplicateDeal = () => new Refusal("duplicate_active_deal", "A deal of this candidate and this job is already live.");

/** What names a deal, and how it is found by it: a deal is seen by whoever sees what names it. */
function named(id: DealId): { noun: string; key: string; where: SQL; ofDeal: SQL } {
  if ("assignmentId" in id) {
    const key = id.assignmentId;
    return {
      noun: "deal",
      key,
      where: sql`${applications.id} = (select ${deals.applicationId} from ${deals} where ${deals.id} = ${key} and ${readableDeals()})`,
      ofDeal: sql`${deals.id} = ${key}`,
    };
  }
  if ("applicationId" in id) {
    const key = id.applicationId;
    return {
      noun: "application",
      key,
      where: sql`${applications.id} = ${key} and ${readableApplications()}`,
      ofDeal: sql`${deals.applicationId} = ${key}`,
    };
  }
  const key = id.placementId;
  return {
    noun: "placement",
    key,
    where: sql`${applications.id} = (select ${placements.applicationId} from ${placements} where ${placements.id} = ${key} and ${readablePlacements()})`,
    ofDeal: sql`${deals.id} = (select ${placements.craId} from ${placements} where ${placements.id} = ${key})`,
  };
}

/** Reads a deal whole, in one trip. A deal the caller may not see is 404, whatever they want to do with it. */
export async function readDeal(ctx: Context, id: DealId, ...statements: readonly Statement[]): Promise<DealAtHand> {
  const { noun, key, where, ofDeal } = named(id);
  const [[found], [cra], ...more] = (await ctx.read(...bothRecords(where, ofDeal), ...statements)) as unknown as [
    FoundApplication[],
    FoundDeal[],
    ...unknown[],
  ];
  if (!found) throw notFound(noun, key);
  return dealAtHand(ctx, found, cra, more);
}

/** Several deals by their own ids, as two statements for `ctx.read`. */
export const dealsByIds = (ids: readonly string[]): readonly [Statement, Statement] => {
  const named = sql`${deals.id} = any(${`{${ids.join(",")}}`}::uuid[])`;
  return bothRecords(sql`${applications.id} in (select ${deals.applicationId} from ${deals} where ${named} and ${readableDeals()})`, named);
};

/** The deals that `dealsByIds` found, in the order of their ids. One the caller may not see is 404. */
export const dealsAtHand = (ctx: Context, ids: readonly string[], results: readonly unknown[]): DealAtHand[] => {
  const [founds, cras] = results as [FoundApplication[], FoundDeal[]];
  return ids.map((id) => {
    const cra = cras.find((each) => each.id === id);
    const found = founds.find(({ application }) => application.id === cra?.applicationId);
    if (!found) throw notFound("deal", id);
    return dealAtHand(ctx, found, cra, []);
  });
};

type FoundDeal = DealRow & { stuck: boolean; gone: boolean };

/** The applications and their deals, the latest first, each with what decisions ask besides. */
function bothRecords(where: SQL, ofDeal: SQL): readonly [Statement, Statement] {
  const parts = partsInDeal();
  return [
    select({
      application: getTableColumns(applications),
      isCandidate: computed<boolean>("is_candidate", parts.isCandidate),
      isCandidateRecruiter: computed<boolean>("is_candidate_recruiter", parts.isCandidateRecruiter),
      isCompanyRecruiter: computed<boolean>("is_company_recruiter", parts.isCompanyRecruiter),
      isCompanyAdmin: computed<boolean>("is_company_admin", parts.isCompanyAdmin),
      isHiringManager: computed<boolean>("is_hiring_manager", parts.isHiringManager),
      isPlatformAdmin: computed<boolean>("is_platform_admin", parts.isPlatformAdmin),
      mayAdvance: computed<boolean>("may_advance", parts.mayAdvance),
      mayHire: computed<boolean>("may_hire", parts.mayHire),
      job: { id: jobs.id, status: jobs.status, version: jobs.version, companyRecruiterId: jobs.companyRecruiterId },
      candidate: { id: candidates.id, version: candidates.version },
      recruiterId: computed<string | null>("representing", representingRecruiter(sql`${applications.candidateId}`)),
      otherLiveDeal: computed<boolean>(
        "other_live",
        sql`exists (select 1 from ${deals} other where other.candidate_id = ${applications.candidateId} and other.job_id = ${applications.jobId}
          and other.application_id is distinct from ${applications.id} and ats.is_live(other.state))`,
      ),
      openRequestId: computed<string | null>(
        "open_request",
        sql`(select f.id from ${craGateFeedback} f join ${deals} d on d.id = f.assignment_id
          where d.application_id = ${applications.id} and d.state = 'info_requested' and f.feedback_type = 'info_request' order by f.created_at desc, f.id desc limit 1)`,
      ),
    })
      .from(applications)
      .innerJoin(jobs, sql`${jobs.id} = ${applications.jobId}`)
      .innerJoin(candidates, sql`${candidates.id} = ${applications.candidateId}`)
      .where(where),
    select({
      ...getTableColumns(deals),
      stuck: computed<boolean>("stuck", gateIsStuck()),
      gone: computed<boolean>("gone", candidateRecruiterIsGone()),
    })
      .from(deals)
      .where(ofDeal)
      .orderBy(sql`${deals.createdAt} desc`),
  ];
}

function dealAtHand(ctx: Context, found: FoundApplication, cra: FoundDeal | undefined, more: readonly unknown[]): DealAtHand {
  return {
    cra: cra ? withoutStanding(cra) : null,
    application: found.application,
    actor: actorOf(ctx, found),
    job: found.job,
    candidate: { ...found.candidate, recruiterId: found.recruiterId },
    otherLiveDeal: found.otherLiveDeal,
    openRequestId: found.openRequestId,
    gateRecruiterGone: cra?.currentGate === "candidate_recruiter" ? cra.gone : (cra?.stuck ?? false),
    more,
  };
}

function withoutStanding({ stuck, gone, ...cra }: FoundDeal): DealRow {
  return cra;
}

interface FoundApplication extends Parts {
  application: ApplicationRow;
  job: DealAtHand["job"];
  candidate: { id: string; version: number };
  recruiterId: string | null;
  otherLiveDeal: boolean;
  openRequestId: string | null;
}

interface Parts {
  isCandidate: boolean | null;
  isCandidateRecruiter: boolean | null;
  isCompanyRecruiter: boolean | null;
  isCompanyAdmin: boolean | null;
  isHiringManager: boolean | null;
  isPlatformAdmin: boolean;
  mayAdvance: boolean;
  mayHire: boolean;
}

function actorOf(ctx: Context, found: Parts): Actor {
  const parties = new Set<Party>();
  if (found.isCandidate) parties.add("candidate");
  if (found.isCandidateRecruiter) parties.add("candidate_recruiter");
  if (found.isCompanyRecruiter) parties.add("company_recruiter");
  if (found.isCompanyAdmin) parties.add("company_admin");
  if (found.isHiringManager) parties.add("hiring_manager");
  if (found.isPlatformAdmin) parties.add("platform_admin");
  const { userId, request } = ctx;
  return { userId, parties, overrideReason: request.reason ?? null, mayAdvance: found.mayAdvance, mayHire: found.mayHire };
}

/** What a verb adds to the change that its decision asks for. */
export interface DealVerb {
  /** The audit's word, and the application history's. */
  action: string;
  reason?: string | null;
  expect?: readonly Guard[];
  write?: readonly Statement[];
}

export interface ChangedDeal {
  cra: DealRow | null;
  application: ApplicationRow;
  actedAs: DealChange["actedAs"];
}

/** Reads a deal, lets `decide` judge it, and commits both records with everything that follows from it. */
export async function changeDeal(
  ctx: Context,
  id: DealId,
  verb: DealVerb,
  decide: (deal: DealAtHand) => DealChange,
  version?: number,
): Promise<ChangedDeal> {
  return deciding(
    ctx,
    async () => {
      const deal = await readDeal(ctx, id);
      const decided = decide(deal); // whether the caller may comes before what they hold (DOMAIN D-109)
      expectVersion(ctx, "assignmentId" in id && deal.cra ? deal.cra : deal.application, version);
      const { changed, parts } = dealChange(ctx, deal, decided, verb);
      return commit(ctx, changed, parts);
    },
    DUPLICATE_DEAL,
  );
}

/** The rows, guards, histories and events of a decided deal, ready for `commit`. */
export function dealChange(ctx: Context, before: DealRecords, change: DealChange, verb: DealVerb): { changed: ChangedDeal; parts: Change } {
  if (change.override) ctx.override();
  const now = ctx.now();
  const application: ApplicationRow = {
    ...before.application,
    ...change.deal.application,
    version: before.application.version + 1,
    updatedAt: now,
  };
  const after = change.deal.cra as DealRow | null;
  const cra =
    after &&
    (before.cra?.id === after.id
      ? { ...before.cra, ...after, version: before.cra.version + 1, updatedAt: now }
      : newRow(ctx, deals, { ...after }));
  const rows = {
    expect: [
      unchanged(applications, before.application),
      ...(before.cra && cra?.id === before.cra.id ? [unchanged(deals, before.cra)] : []),
      ...(change.actedAs === "company_recruiter" ? [stillConnected(ctx, application.companyId)] : []),
      ...(verb.expect ?? []),
    ],
    write: [
      ...craRow(ctx, before, cra),
      update(ctx, applications, application.id, withoutBookkeeping(application)),
      ...(change.feedback.length > 0
        ? [
            insertAll(
              craGateFeedback,
              change.feedback.map((each) => ({ ...each, assignmentId: cra?.id ?? "", createdByUserId: ctx.userId, createdAt: now })),
            ),
          ]
        : []),
      insert(applicationAuditLog, historyRow(ctx, before, application, cra, change, verb)),
      ...reputationRow(ctx, change, cra),
      ...(verb.write ?? []),
    ],
  };
  return {
    changed: { cra, application, actedAs: change.actedAs },
    parts: {
      ...rows,
      audit: {
        action: verb.action,
        subject: cra ? { type: "candidate_role_assignment", id: cra.id } : { type: "application", id: application.id },
        before: { state: before.cra?.state ?? null, stage: before.application.stage, currentGate: before.cra?.currentGate ?? null },
        after: { state: cra?.state ?? null, stage: application.stage, currentGate: cra?.currentGate ?? null },
        companyId: application.companyId,
        reason: verb.reason ?? null,
      },
      events: change.events,
    },
  };
}

/** Who acts for a company is tied to it at the commit, with what they were permitted when they were read. */
const stillConnected = (ctx: Context, companyId: string): Guard =>
  sql`network.guard_connection(${ctx.access.recruiterId}::uuid, ${companyId}::uuid, ${ctx.now().toISOString()}::timestamptz)`;

function craRow(ctx: Context, before: DealRecords, cra: DealRow | null): Statement[] {
  if (!cra) return [];
  return cra.id === before.cra?.id ? [update(ctx, deals, cra.id, withoutBookkeeping(cra))] : [insert(deals, cra)];
}

/** The fields of a row that its own update sets by itself stay out. */
function withoutBookkeeping<Row extends { id: string; version: number; updatedAt: Date; createdAt: Date }>(row: Row) {
  const { id, version, updatedAt, createdAt, ...fields } = row;
  return fields;
}

const historyRow = (
  ctx: Context,
  before: DealRecords,
  application: ApplicationRow,
  cra: DealRow | null,
  change: DealChange,
  verb: DealVerb,
) =>
  newRow(ctx, applicationAuditLog, {
    applicationId: application.id,
    action: verb.action,
    performedByUserId: ctx.access.userId,
    performedByRole: change.actedAs,
    companyId: application.companyId,
    oldValue: { stage: before.application.stage, state: before.cra?.state ?? null },
    newValue: { stage: application.stage, state: cra?.state ?? null },
    metadata: change.override ? { override: true } : null,
    ipAddress: ctx.request.ip,
    userAgent: ctx.request.userAgent,
  });

const COUNTERS = { accepted: "proposalsAccepted", declined: "proposalsDeclined", timed_out: "proposalsTimedOut" } as const;

/** The answer to a proposal counts for the recruiter who was asked; an unanswered one for whoever proposed to a candidate. */
function reputationRow(ctx: Context, { reputation }: DealChange, cra: DealRow | null): Statement[] {
  const recruiterId = cra?.candidateRecruiterId ?? cra?.companyRecruiterId;
  if (!reputation || !recruiterId) return [];
  const counter = COUNTERS[reputation];
  return [
    insertInto(recruiterReputation)
      .values({ recruiterId, [counter]: 1 })
      .onConflictDoUpdate({
        target: recruiterReputation.recruiterId,
        set: { [counter]: sql`${recruiterReputation[counter]} + 1`, updatedAt: ctx.now() },
      }) as Statement,
  ];
}
