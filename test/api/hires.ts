import { sql } from "drizzle-orm";
import { applications, candidateRoleAssignments, candidates, jobs, placements } from "#db/schema/ats.ts";
import {
  placementAllocations,
  placementPayoutTransactions,
  placementSnapshot,
  placementSplits,
  plans,
  subscriptions,
} from "#db/schema/billing.ts";
import { candidateSourcers, companySourcers } from "#db/schema/network.ts";
import { outbox } from "#db/schema/ops.ts";
import type { DealRole } from "#domain/commission/deal-roles.ts";
import type { Tier } from "#domain/commission/rates.ts";
import { toDecimal } from "#domain/money.ts";
import { type Answer, type Marketplace, type Person } from "#test/api.ts";

/** Deals at their offer, for the tests of the money. */
type Employer = { id: string; organizationId: string };
export type RecruiterPerson = Person & { recruiterId: string };

export interface OfferOptions {
  company: Employer;
  recruiters?: Partial<Record<DealRole, RecruiterPerson>>;
  job?: Partial<typeof jobs.$inferInsert>;
  candidateId?: string;
  jobId?: string;
}

export interface Offer {
  applicationId: string;
  craId: string;
  jobId: string;
  candidateId: string;
}

/** Ways to set a hire up in a marketplace, and to look at what it left. */
export function hires(world: Marketplace) {
  const db = world.db.writer;
  let made = 0;

  /** Puts a recruiter on a plan; more columns replace what is usual. */
  async function subscribe(recruiter: RecruiterPerson, tier: Tier, more: Partial<typeof subscriptions.$inferInsert> = {}): Promise<string> {
    const [plan] = await db
      .select()
      .from(plans)
      .where(sql`${plans.tier} = ${tier}`);
    const [row] = await db
      .insert(subscriptions)
      .values({
        userId: recruiter.userId,
        recruiterId: recruiter.recruiterId,
        planId: plan?.id ?? "",
        status: "active",
        upgradedAt: new Date("2025-01-01T00:00:00Z"),
        ...more,
      })
      .returning({ id: subscriptions.id });
    return row?.id ?? "";
  }

  /** A deal at its offer, with the recruiters named in their roles. */
  async function offer({ company, recruiters = {}, job = {}, candidateId, jobId }: OfferOptions): Promise<Offer> {
    const number = ++made;
    const person =
      candidateId ??
      (
        await db
          .insert(candidates)
          .values({ email: `hired.${number}@people.test`, fullName: `Candidate ${number}` })
          .returning({ id: candidates.id })
      )[0]?.id ??
      "";
    const place =
      jobId ??
      (
        await db
          .insert(jobs)
          .values({
            companyId: company.id,
            title: `Job ${number}`,
            status: "active",
            jobOwnerRecruiterId: recruiters.job_owner?.recruiterId ?? null,
            ...job,
          })
          .returning({ id: jobs.id })
      )[0]?.id ??
      "";
    const { candidate_sourcer: discovered, company_sourcer: brought } = recruiters;
    if (discovered)
      await db.insert(candidateSourcers).values({ candidateId: person, sourcerRecruiterId: discovered.recruiterId }).onConflictDoNothing();
    if (brought)
      await db.insert(companySourcers).values({ companyId: company.id, sourcerRecruiterId: brought.recruiterId }).onConflictDoNothing();

    const [applicationId, craId] = [crypto.randomUUID(), crypto.randomUUID()];
    const offeredAt = new Date();
    const both = {
      jobId: place,
      companyId: company.id,
      candidateId: person,
      candidateRecruiterId: recruiters.candidate_recruiter?.recruiterId ?? null,
      companyRecruiterId: recruiters.company_recruiter?.recruiterId ?? null,
    };
    await db.batch([
      db.insert(applications).values({ id: applicationId, ...both, stage: "offer", stageChangedAt: offeredAt, submittedAt: offeredAt }),
      db.insert(candidateRoleAssignments).values({
        id: craId,
        ...both,
        applicationId,
        proposedBy: SYSTEM,
        state: "offer",
        currentGate: "none",
        hasCandidateRecruiter: both.candidateRecruiterId !== null,
        hasCompanyRecruiter: both.companyRecruiterId !== null,
        reachedCompanyAt: offeredAt,
        gatesPassedAt: offeredAt,
      }),
    ]);
    return { applicationId, craId, jobId: place, candidateId: person };
  }

  /** Asks for the hire of an offer. */
  const hire = (
    as: Person,
    { applicationId }: Pick<Offer, "applicationId">,
    body: Record<string, unknown> = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> =>
    world.call("POST", `applications/${applicationId}/hire`, {
      as,
      body: { salary_cents: 10_000_000, start_date: future(), ...body },
      headers,
    });

  /** The money of a placement as the tables hold it. */
  async function money(placementId: string) {
    const [snapshot] = await db
      .select()
      .from(placementSnapshot)
      .where(sql`${placementSnapshot.placementId} = ${placementId}`);
    const [allocation] = await db
      .select()
      .from(placementAllocations)
      .where(sql`${placementAllocations.placementId} = ${placementId}`);
    const splits = await db
      .select()
      .from(placementSplits)
      .where(sql`${placementSplits.placementId} = ${placementId}`);
    const transactions = await db
      .select()
      .from(placementPayoutTransactions)
      .where(sql`${placementPayoutTransactions.placementId} = ${placementId}`);
    return {
      snapshot,
      splits,
      transactions,
      platform: toDecimal(allocation?.platformCents ?? -1),
      fee: toDecimal(snapshot?.totalPlacementFee ?? -1),
    };
  }

  /** What a recruiter gets in a role, `"6000.00"`; null where they have no row. */
  async function share(placementId: string, dealRole: DealRole, recruiter?: RecruiterPerson): Promise<string | null> {
    const { splits } = await money(placementId);
    const found = splits.find((split) => split.dealRole === dealRole && (!recruiter || split.recruiterId === recruiter.recruiterId));
    return found ? toDecimal(found.splitAmount) : null;
  }

  /** The types of the events about a placement, an application or a deal, in their order. */
  const events = async (...subjects: string[]): Promise<string[]> =>
    (
      await db
        .select()
        .from(outbox)
        .where(sql`${outbox.subjectId} = any(${`{${subjects.join(",")}}`}::uuid[])`)
        .orderBy(outbox.id)
    ).map(({ eventType }) => eventType);

  const placementsOf = (applicationId: string) =>
    db
      .select()
      .from(placements)
      .where(sql`${placements.applicationId} = ${applicationId}`);

  return { subscribe, offer, hire, money, share, events, placementsOf };
}

const SYSTEM = "00000000-0000-0000-0000-000000000000";
const DAY_MS = 86_400_000;

/** The UTC date so many days from now. */
export const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);

/** A start date to come. */
const future = (): string => inDays(10);

/** An instant so many days ago. */
export const daysAgo = (days: number): Date => new Date(Date.now() - days * DAY_MS);
