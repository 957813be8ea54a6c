import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { applications, candidateRoleAssignments, jobs, placements } from "#db/schema/ats.ts";
import { placementPayoutTransactions, placementSnapshot, placementSplits } from "#db/schema/billing.ts";
import { candidateSourcers, recruiterCandidates } from "#db/schema/network.ts";
import { outbox } from "#db/schema/ops.ts";
import { linkTokens } from "#workers/runtime.ts";
import { type Answer, type CallOptions, callWorker, LINK_KEY, populated, type RunningWorker, startWorker } from "./worker.ts";

// Races over real HTTP, against the Worker as it runs: one winner, the right 409 for the others, and nothing that is our fault.
const { database, db, company: newCompany, member, recruiter, candidate: newCandidate } = await populated();
let worker: RunningWorker;

beforeAll(async () => void (worker = await startWorker({ databaseUrl: database.url })), 90_000);
afterAll(() => worker?.stop());

const call = (method: string, path: string, options: CallOptions = {}) => callWorker(worker, method, path, options);
const atOnce = <T>(count: number, ask: (number: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, number) => ask(number)));

/** How often each answer was given: `{ "200": 1, "409 conflict": 24 }`. */
function tally(answers: readonly Answer[]): Record<string, number> {
  const words = answers.map(({ status, body }) => (status < 400 ? String(status) : `${status} ${body.code}`));
  return Object.fromEntries([...new Set(words)].toSorted().map((word) => [word, words.filter((each) => each === word).length]));
}

async function openJob() {
  const company = await newCompany();
  const admin = await member(company);
  const [job] = await db.writer
    .insert(jobs)
    .values({ companyId: company.id, title: "Staff Engineer", status: "active" })
    .returning({ id: jobs.id });
  return { company, admin, jobId: job?.id ?? "" };
}

const dealsOf = (jobId: string, candidateId: string) =>
  db.writer
    .select()
    .from(candidateRoleAssignments)
    .where(sql`job_id = ${jobId} and candidate_id = ${candidateId}`);
const eventsOf = async (subjectId: string) =>
  (
    await db.writer
      .select()
      .from(outbox)
      .where(sql`subject_id = ${subjectId}`)
      .orderBy(outbox.id)
  ).map(({ eventType }) => eventType);

/** A deal before its company. */
async function submitted() {
  const place = await openJob();
  const candidate = await newCandidate();
  const draft = await call("POST", "applications", { as: candidate, body: { job_id: place.jobId, candidate_id: candidate.candidateId } });
  const answer = await call("POST", `applications/${draft.body.data.id}/submit`, { as: candidate, body: {} });
  expect(answer.status).toBe(200);
  return { ...place, candidate, applicationId: draft.body.data.id as string, deal: answer.body.data.assignment_id as string };
}

it("25 submissions of one pair: one application, one deal", async () => {
  const { jobId } = await openJob();
  const candidate = await newCandidate();
  const closer = await recruiter("Closer");
  await db.writer.insert(recruiterCandidates).values({
    recruiterId: closer.recruiterId,
    candidateId: candidate.candidateId,
    status: "active",
    consentGiven: true,
    consentGivenAt: new Date(),
  });
  const submit = (number: number) =>
    call("POST", "applications", {
      as: number % 2 === 0 ? closer : candidate,
      body: { job_id: jobId, candidate_id: candidate.candidateId },
    });
  const drafts = await atOnce(25, submit);
  expect(tally(drafts)).toEqual({ "201": 1, "409 duplicate_active_deal": 24 });

  const [{ id } = { id: "" }] = await db.writer
    .select()
    .from(applications)
    .where(sql`job_id = ${jobId}`);
  const submissions = await atOnce(25, () => call("POST", `applications/${id}/submit`, { as: closer, body: {} }));
  expect(tally(submissions)).toEqual({ "200": 1, "409 invalid_transition": 24 });
  expect((await dealsOf(jobId, candidate.candidateId)).length).toBe(1);
  expect((await eventsOf(id)).filter((type) => type === "application.submitted").length).toBe(1);
});

it("25 proposals of one pair: one deal", async () => {
  const { jobId } = await openJob();
  const candidate = await newCandidate();
  const closer = await recruiter("Closer");
  await db.writer.insert(recruiterCandidates).values({
    recruiterId: closer.recruiterId,
    candidateId: candidate.candidateId,
    status: "active",
    consentGiven: true,
    consentGivenAt: new Date(),
  });
  const answers = await atOnce(25, () =>
    call("POST", "candidate-role-assignments/propose", {
      as: closer,
      body: { job_id: jobId, candidate_id: candidate.candidateId, proposal_type: "opportunity" },
    }),
  );
  expect(tally(answers)).toEqual({ "201": 1, "409 duplicate_active_deal": 24 });
  expect((await dealsOf(jobId, candidate.candidateId)).length).toBe(1);
});

it("25 claims of one candidate: one relationship, one sourcer", async () => {
  const links = linkTokens(LINK_KEY);
  const invitations: { id: string; candidate_id: string }[] = [];
  for (let number = 0; number < 25; number++) {
    const claimant = await recruiter(`Claimant ${number}`);
    const answer = await call("POST", "recruiter-candidates", {
      as: claimant,
      body: { email: "claimed@people.test", full_name: "Claimed" },
    });
    expect(answer.status).toBe(201);
    invitations.push(answer.body.data);
  }
  expect(new Set(invitations.map(({ candidate_id: id }) => id)).size).toBe(1);
  const candidateId = invitations[0]?.candidate_id ?? "";
  const sourcers = () =>
    db.writer
      .select()
      .from(candidateSourcers)
      .where(sql`candidate_id = ${candidateId}`);
  expect((await sourcers()).length).toBe(1);

  const rows = await db.writer
    .select()
    .from(recruiterCandidates)
    .where(sql`candidate_id = ${candidateId}`);
  const tokens = await Promise.all(rows.map(({ id, invitedAt }) => links.token(id, invitedAt ?? new Date(0))));
  const answers = await Promise.all(tokens.map((token) => call("POST", `recruiter-candidates/invitations/${token}/accept`, { body: {} })));
  expect(tally(answers)).toEqual({ "200": 1, "409 active_relationship_exists": 24 });
  const active = await db.writer
    .select()
    .from(recruiterCandidates)
    .where(sql`candidate_id = ${candidateId} and status = 'active'`);
  expect(active.length).toBe(1);
  expect((await sourcers()).length).toBe(1);
});

it("approve against deny: one decision", async () => {
  for (let round = 0; round < 5; round++) {
    const { deal, admin } = await submitted();
    const act = (action: string, body: object) => call("POST", `candidate-role-assignments/${deal}/${action}`, { as: admin, body });
    const answers = await atOnce(10, (number) => (number % 2 === 0 ? act("approve-gate", {}) : act("deny-gate", { reason: "No." })));
    expect(tally(answers)).toEqual({ "200": 1, "409 invalid_transition": 9 });
    const [row] = await db.writer
      .select()
      .from(candidateRoleAssignments)
      .where(sql`id = ${deal}`);
    const winner = answers.find(({ status }) => status === 200);
    expect(row?.state).toBe(winner?.body.data.state);
    expect(row?.gateHistory.length).toBe(1);
    expect((await eventsOf(deal)).filter((type) => /^cra\.gate\.(approved|denied)$/.test(type)).length).toBe(1);
  }
});

it("10 hires of one deal: one placement with one snapshot and one set of splits", async () => {
  const { deal, admin, applicationId } = await submitted();
  const act = (action: string, body: object = {}) => call("POST", `candidate-role-assignments/${deal}/${action}`, { as: admin, body });
  expect((await act("approve-gate")).status).toBe(200);
  for (const state of ["screen", "in_process", "offer"]) expect((await act("advance", { state })).status).toBe(200);
  const start = new Date(Date.now() + 14 * 86_400_000).toISOString().slice(0, 10);
  const answers = await atOnce(10, () =>
    call("POST", `applications/${applicationId}/hire`, { as: admin, body: { salary_cents: 10_000_000, start_date: start } }),
  );
  expect(tally(answers)).toEqual({ "200": 1, "409 already_hired": 9 });
  const placed = await db.writer
    .select()
    .from(placements)
    .where(sql`application_id = ${applicationId}`);
  expect(placed.length).toBe(1);
  const of = sql`placement_id = ${placed[0]?.id}`;
  expect((await db.writer.select().from(placementSnapshot).where(of)).length).toBe(1);
  const splits = await db.writer.select().from(placementSplits).where(of);
  expect((await db.writer.select().from(placementPayoutTransactions).where(of)).length).toBe(splits.length);
});

it("25 requests with one Idempotency-Key: one job, one reply", async () => {
  const { company, admin } = await openJob();
  const answers = await atOnce(25, () =>
    call("POST", "jobs", {
      as: admin,
      body: { company_id: company.id, title: "Once" },
      headers: { "idempotency-key": "the same for all" },
    }),
  );
  expect(tally(answers)).toEqual({ "201": 25 });
  expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  expect(
    (
      await db.writer
        .select()
        .from(jobs)
        .where(sql`company_id = ${company.id} and title = 'Once'`)
    ).length,
  ).toBe(1);
});
