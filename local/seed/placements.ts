import { eq, sql } from "drizzle-orm";
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import { applications, placements } from "#db/schema/ats.ts";
import { placementAllocations, placementPayoutTransactions, placementSnapshot, placementSplits } from "#db/schema/billing.ts";
import { recruiterReputation } from "#db/schema/network.ts";
import { utcDate } from "#domain/commission/dates.ts";
import type { HireInputs } from "#domain/commission/hire-inputs.ts";
import { settleHire } from "#domain/commission/hire.ts";
import { cents } from "#domain/money.ts";
import { play, type SeededDeal, type Timed } from "./deals.ts";
import type { Ground } from "./ground.ts";
import type { Market, SeededCandidate, SeededCompany, SeededRecruiter } from "./market.ts";

/** $100,000, as in each of the examples. */
const SALARY = cents(10_000_000);

/** One hire of the past, by days before the day of seeding. */
export interface Hired {
  deal: SeededDeal;
  hired: number;
  start: number;
  /** The end of the guarantee, if it is over. */
  completed: number | null;
}

/**
 * The deals of three hires that come to DOMAIN §4.5: example 1 (all paid), which runs; example 4
 * (premium, no Closer), which has not begun; example 5 (free, the company's sourcer inactive), which is over.
 */
export function makeHires(ground: Ground, market: Market, taken: Set<SeededCandidate>): Hired[] {
  const hire = (company: SeededCompany | undefined, candidate: SeededCandidate | undefined, days: Omit<Hired, "deal">): Hired => {
    const job = company?.jobs[0];
    if (!job || !candidate) throw new Error("A worked example lacks its role or its candidate.");
    taken.add(candidate);
    const { hired, completed } = days;
    const gates: Timed[] = [
      ["draft", hired + 14],
      ["submit", hired + 13],
      ["approve", hired + 12],
      ["approve", hired + 10],
    ];
    const pipeline: Timed[] = [
      ["screen", hired + 8],
      ["in_process", hired + 6],
      ["offer", hired + 3],
      ["accept offer", hired + 2],
      ["hire", hired],
    ];
    return {
      deal: play(ground, { job, candidate }, [...gates, ...pipeline, ...(completed === null ? [] : [["close", completed] as const])]),
      ...days,
    };
  };
  const { companies, candidates, recruiters } = market;
  const represented = (recruiter: SeededRecruiter | undefined) => candidates.find((each) => recruiter && each.recruiter === recruiter);
  return [
    hire(companies[0], represented(recruiters[0]), { hired: 30, start: 20, completed: null }),
    hire(companies[2], market.sourcedOnly, { hired: 3, start: -14, completed: null }),
    hire(companies[3], represented(recruiters[11]), { hired: 112, start: 110, completed: 20 }),
  ];
}

/** Settles the hires by the rules of domain/commission, from what the database says they rest on. */
export async function settleHires(ground: Ground, db: NodePgDatabase, hires: readonly Hired[]): Promise<void> {
  for (const { deal, hired, start, completed } of hires) {
    const now = ground.daysAgo(hired);
    const { rows } = await db.execute<{ inputs: HireInputs }>(sql`select billing.hire_inputs(${deal.craId}::uuid) as inputs`);
    const inputs = rows[0]?.inputs;
    if (!inputs) throw new Error("A worked example has no deal.");
    const settled = settleHire(inputs, {
      placementId: ground.id(),
      salary: SALARY,
      startDate: utcDate(ground.daysAgo(start)),
      now,
      newId: () => ground.id(),
    });

    const over = completed === null ? null : ground.daysAgo(completed);
    ground.add(placements, {
      ...settled.placement,
      createdAt: now,
      updatedAt: over ?? now,
      state: over ? "completed" : start >= 0 ? "active" : "hired",
      completedAt: over,
    });
    ground.put(placementSnapshot, settled.snapshot as unknown as typeof placementSnapshot.$inferInsert);
    ground.put(placementAllocations, { ...settled.allocation, createdAt: now });
    for (const { role: dealRole, ...split } of settled.splits) ground.add(placementSplits, { ...split, dealRole, createdAt: now });
    for (const payout of settled.transactions) {
      ground.add(placementPayoutTransactions, { ...payout, holdReasons: [...payout.holdReasons], createdAt: now, updatedAt: now });
    }
    await ground.flush(db);
    await db.update(applications).set({ placementId: settled.placement.id }).where(eq(applications.id, deal.applicationId));
  }
}

/** The counters of the recruiters' reputation, as these deals and hires would have moved them. */
export async function countReputation(db: NodePgDatabase): Promise<void> {
  await db.execute(sql`
    insert into ${recruiterReputation} (recruiter_id, total_submissions, total_hires, total_placements, completed_placements, proposals_accepted)
    select r.id,
      (select count(*) from ats.applications a where a.candidate_recruiter_id = r.id and a.submitted_at is not null),
      (select count(*) from ats.applications a where a.candidate_recruiter_id = r.id and a.hired_at is not null),
      count(distinct s.placement_id),
      count(distinct s.placement_id) filter (where p.state = 'completed'),
      (select count(*) from ats.candidate_role_assignments d where d.candidate_recruiter_id = r.id and d.accepted_at is not null)
    from network.recruiters r
    left join billing.placement_splits s on s.recruiter_id = r.id
    left join ats.placements p on p.id = s.placement_id
    group by r.id`);
}
