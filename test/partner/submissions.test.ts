import { eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { applications, candidateRoleAssignments as deals, candidates, jobPreScreenQuestions, jobs } from "#db/schema/ats.ts";
import { accountPlans } from "#db/schema/api.ts";
import { auditEvents } from "#db/schema/audit.ts";
import { recruiterCandidates } from "#db/schema/network.ts";
import { outbox } from "#db/schema/ops.ts";
import { type Answer, type CallOptions, marketplace, type Marketplace, type Person } from "../api.ts";
import { type Key, keyOf } from "./keys.ts";

let world: Marketplace;
let acme: { id: string; organizationId: string };
let company: Key;
let rosa: Person & { recruiterId: string };
let recruiter: Key;
let made = 0;

beforeAll(async () => {
  world = await marketplace();
  acme = await world.company();
  company = await keyOf(world, { id: acme.id, roleType: "company" }, await world.member(acme));
  rosa = await world.recruiter("Rosa");
  recruiter = await keyOf(world, { id: rosa.recruiterId, roleType: "recruiter" }, rosa);
  await world.db.writer.update(accountPlans).set({ customLimit: 10_000 });
});

const call = (key: { token: string }, method: string, path: string, options: CallOptions = {}): Promise<Answer> =>
  world.call(method, `/api/v1${path}`, { ...options, as: key });

const codeOf = ({ status, body }: Answer) => [status, body.code];

async function openRole(fields: Partial<typeof jobs.$inferInsert> = {}): Promise<string> {
  const id = crypto.randomUUID();
  await world.db.writer.insert(jobs).values({ id, companyId: acme.id, title: `Role ${++made}`, status: "active", ...fields });
  return id;
}

/** Somebody whom a recruiter represents, with their consent. */
async function represented(by = rosa): Promise<{ id: string; email: string }> {
  const id = crypto.randomUUID();
  const email = `candidate.${++made}@people.test`;
  await world.db.writer.insert(candidates).values({ id, email, fullName: `Candidate ${made}` });
  await world.db.writer.insert(recruiterCandidates).values({
    recruiterId: by.recruiterId,
    candidateId: id,
    status: "active",
    consentGiven: true,
    consentGivenAt: new Date(),
    relationshipStartDate: new Date(),
  });
  return { id, email };
}

describe("POST /submissions", () => {
  it("begins an application and its deal in one commit, and the company hears of it", async () => {
    const [roleId, candidate] = [await openRole(), await represented()];
    const answer = await call(recruiter, "POST", "/submissions", { body: { role_id: roleId, candidate_id: candidate.id, notes: "Shy" } });
    expect(answer.status).toBe(201);
    expect(answer.body.data).toMatchObject({
      role_id: roleId,
      candidate_id: candidate.id,
      candidate_recruiter_id: rosa.recruiterId,
      stage: "submitted",
      state: "awaiting_company",
      current_gate: "company",
      submission_source: "api",
      recruiter_notes: "Shy",
    });
    expect((await world.database.counts(answer.headers.get("x-request-id") ?? "")).round_trips).toBe(3); // its key is primed first
    const { id, assignment_id: dealId } = answer.body.data;
    const told = await world.db.writer
      .select()
      .from(outbox)
      .where(sql`subject_id in (${id}, ${dealId})`);
    expect(told.map(({ eventType }) => eventType).toSorted()).toEqual([
      "application.created",
      "application.submitted",
      "cra.created",
      "cra.gate.awaiting_review",
    ]);
    const [audit] = await world.db.writer.select().from(auditEvents).where(eq(auditEvents.subjectId, dealId));
    expect(audit).toMatchObject({ action: "application.submitted", actor: { kind: "key", credential_id: recruiter.id } });
    const seen = await call(company, "GET", `/submissions/${id}`);
    expect([seen.status, seen.body.data.stage, seen.body.data.recruiter_notes]).toEqual([200, "submitted", undefined]);
  });

  it("tells by a dry run what would come of it, and makes nothing of it", async () => {
    const [roleId, candidate] = [await openRole(), await represented()];
    const body = { role_id: roleId, candidate_id: candidate.id, notes: "Shy" };
    const traces = async () =>
      (
        await world.db.writer.execute(sql`select (select count(*)::int from ats.applications where job_id = ${roleId}) as applications,
          (select count(*)::int from ${outbox}) as events, (select count(*)::int from ${auditEvents}) as audit,
          (select coalesce(sum(total_submissions), 0)::int from network.recruiter_reputation) as counted`)
      ).rows;
    const before = await traces();
    const tried = await call(recruiter, "POST", "/submissions", { body: { ...body, dry_run: true } });
    expect([tried.status, await traces()]).toEqual([201, before]);
    expect((await call(recruiter, "GET", `/submissions/${tried.body.data.id}`)).status).toBe(404);

    const made = await call(recruiter, "POST", "/submissions", { body });
    const own = { id: "", assignment_id: "", created_at: "", updated_at: "", stage_changed_at: "", submitted_at: "" };
    expect({ ...tried.body.data, ...own }).toEqual({ ...made.body.data, ...own, dry_run: true });
    expect(made.body.data.dry_run).toBe(false);
    for (const dry of [true, false])
      expect(codeOf(await call(recruiter, "POST", "/submissions", { body: { ...body, dry_run: dry } }))).toEqual([
        409,
        "duplicate_active_deal",
      ]);
    const theirs = await represented(await world.recruiter("Rita"));
    const refused = await call(recruiter, "POST", "/submissions", { body: { role_id: roleId, candidate_id: theirs.id, dry_run: true } });
    expect(codeOf(refused)).toEqual([403, "consent_required"]);
  });

  it("finds the candidate by their address, however it is written", async () => {
    const [roleId, candidate] = [await openRole(), await represented()];
    const body = { role_id: roleId, candidate: { name: "Whoever", email: candidate.email.toUpperCase() } };
    const answer = await call(recruiter, "POST", "/submissions", { body });
    expect([answer.status, answer.body.data.candidate_id]).toEqual([201, candidate.id]);
  });

  it("refuses whom the recruiter does not represent, and an address nobody has, in the same words", async () => {
    const roleId = await openRole();
    const theirs = await represented(await world.recruiter("Rita"));
    const ask = (email: string) =>
      call(recruiter, "POST", "/submissions", { body: { role_id: roleId, candidate: { name: "Kim", email } } });
    const [known, unknown] = [await ask(theirs.email), await ask("nobody.at.all@people.test")];
    expect(codeOf(known)).toEqual([403, "consent_required"]);
    const { request_id: one, ...same } = known.body;
    const { request_id: other, ...as } = unknown.body;
    expect(same).toEqual(as);
    expect(one).not.toBe(other);
    expect(codeOf(await call(recruiter, "POST", "/submissions", { body: { role_id: roleId, candidate_id: theirs.id } }))).toEqual([
      403,
      "consent_required",
    ]);
    expect(codeOf(await call(recruiter, "POST", "/submissions", { body: { role_id: roleId, candidate_id: roleId } }))).toEqual([
      404,
      "not_found",
    ]);
  });

  it("refuses a second live submission; of ten at once one wins", async () => {
    const [roleId, candidate] = [await openRole(), await represented()];
    const body = { role_id: roleId, candidate_id: candidate.id };
    const answers = await Promise.all(Array.from({ length: 10 }, () => call(recruiter, "POST", "/submissions", { body })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expect(answer.status).toBe(409);
      expect(["duplicate_active_deal", "conflict"]).toContain(answer.body.code);
    }
    expect(codeOf(await call(recruiter, "POST", "/submissions", { body }))).toEqual([409, "duplicate_active_deal"]);
    expect(await world.db.writer.select().from(applications).where(eq(applications.jobId, roleId))).toHaveLength(1);
    expect(await world.db.writer.select().from(deals).where(eq(deals.jobId, roleId))).toHaveLength(1);
  });

  it("refuses a role that is not open, and one whose questions are not answered", async () => {
    const candidate = await represented();
    const paused = await openRole({ status: "paused", companyRecruiterId: rosa.recruiterId });
    expect(codeOf(await call(recruiter, "POST", "/submissions", { body: { role_id: paused, candidate_id: candidate.id } }))).toEqual([
      409,
      "conflict",
    ]);
    const asking = await openRole();
    const questionId = crypto.randomUUID();
    await world.db.writer.insert(jobPreScreenQuestions).values({ id: questionId, jobId: asking, question: "Why?", questionType: "text" });
    const refused = await call(recruiter, "POST", "/submissions", { body: { role_id: asking, candidate_id: candidate.id } });
    expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, `/pre_screen_answers/${questionId}`]);
  });

  it("takes one name of the candidate, and not two or none", async () => {
    const candidate = await represented();
    const roleId = await openRole();
    for (const more of [{}, { candidate_id: candidate.id, candidate: { name: "Kim", email: candidate.email } }]) {
      expect(codeOf(await call(recruiter, "POST", "/submissions", { body: { role_id: roleId, ...more } }))).toEqual([
        422,
        "validation_failed",
      ]);
    }
  });

  it("is not for a recruiter who is suspended", async () => {
    const suspended = await world.recruiter("Suspended", "suspended");
    const key = await keyOf(world, { id: suspended.recruiterId, roleType: "recruiter" }, suspended);
    const candidate = await represented(suspended);
    expect(codeOf(await call(key, "POST", "/submissions", { body: { role_id: await openRole(), candidate_id: candidate.id } }))).toEqual([
      403,
      "recruiter_not_active",
    ]);
  });
});

describe("PATCH /submissions/{id}", () => {
  const submitted = async (role: Partial<typeof jobs.$inferInsert> = {}): Promise<string> => {
    const body = { role_id: await openRole(role), candidate_id: (await represented()).id };
    const answer = await call(recruiter, "POST", "/submissions", { body });
    expect(answer.status).toBe(201);
    return answer.body.data.id;
  };
  const change = (key: Key, id: string, body: object, headers: Record<string, string> = {}) =>
    call(key, "PATCH", `/submissions/${id}`, { body, headers });
  const standing = ({ status, body: { data } }: Answer) => [status, data?.stage, data?.state];

  it("brings the company's people past their gate to the stage they name, step by step", async () => {
    const id = await submitted();
    expect(standing(await change(company, id, { stage: "screen" }))).toEqual([200, "company_feedback", "screen"]);
    expect(standing(await change(company, id, { stage: "interview" }))).toEqual([200, "interview", "in_process"]);
    expect(codeOf(await change(company, id, { stage: "screen" }))).toEqual([409, "invalid_transition"]);
    const [told] = await world.db.writer
      .select({ types: sql<string[]>`array_agg(event_type order by id)` })
      .from(outbox)
      .where(sql`subject_id in (${id}, (select id from ats.candidate_role_assignments where application_id = ${id}))`);
    expect(told?.types).toContain("cra.gate.approved");
    expect(told?.types.filter((type) => type === "application.stage_changed")).toHaveLength(3);
  });

  it("goes from the gate straight to the interview", async () => {
    expect(standing(await change(company, await submitted(), { stage: "interview" }))).toEqual([200, "interview", "in_process"]);
  });

  it("rejects at the gate and behind it, with a reason", async () => {
    const [atGate, later] = [await submitted(), await submitted()];
    await change(company, later, { stage: "screen" });
    expect(codeOf(await change(company, atGate, { stage: "rejected" }))).toEqual([422, "validation_failed"]);
    for (const id of [atGate, later]) {
      const answer = await change(company, id, { stage: "rejected", reason: "Not this time", notes: "Perhaps next year" });
      expect([...standing(answer), answer.body.data.decline_details, answer.body.data.internal_notes]).toEqual([
        200,
        "rejected",
        "rejected",
        "Not this time",
        "Perhaps next year",
      ]);
    }
  });

  it("lets a company recruiter pass their own gate, and no further", async () => {
    const rita = await world.recruiter("Rita");
    await world.db.writer.execute(sql`insert into network.recruiter_companies (recruiter_id, company_id, status, started_at, permissions)
      values (${rita.recruiterId}, ${acme.id}, 'active', now(), '{"can_view_jobs": true, "can_submit_candidates": true, "can_view_applications": true,
        "can_advance_candidates": true, "can_create_jobs": false, "can_edit_jobs": false}')`);
    const key = await keyOf(world, { id: rita.recruiterId, roleType: "recruiter" }, rita);
    const id = await submitted({ companyRecruiterId: rita.recruiterId });
    expect((await change(company, id, { stage: "screen" })).status).toBe(404); // it has not reached the company
    expect(standing(await change(key, id, { stage: "screen" }))).toEqual([200, "submitted", "awaiting_company"]);
    expect(codeOf(await change(key, id, { stage: "screen" }))).toEqual([403, "forbidden"]);
    expect(codeOf(await change(recruiter, id, { stage: "interview" }))).toEqual([403, "forbidden"]);
  });

  it("keeps each side's notes for itself; absent leaves them, null clears them", async () => {
    const id = await submitted();
    expect((await change(recruiter, id, { notes: "Ours" })).body.data.recruiter_notes).toBe("Ours");
    const theirs = await change(company, id, { notes: "Theirs" });
    expect([theirs.body.data.internal_notes, theirs.body.data.recruiter_notes]).toEqual(["Theirs", undefined]);
    expect((await change(company, id, { stage: "screen" })).body.data.internal_notes).toBe("Theirs");
    expect((await change(company, id, { notes: null })).body.data.internal_notes).toBeNull();
    expect((await call(recruiter, "GET", `/submissions/${id}`)).body.data.recruiter_notes).toBe("Ours");
  });

  it("refuses to change nothing, an unknown stage, and a reason for nothing", async () => {
    const id = await submitted();
    for (const body of [{}, { stage: "offer" }, { stage: "hired" }, { reason: "Because" }, { status: "open" }]) {
      expect(codeOf(await change(company, id, body))).toEqual([422, "validation_failed"]);
    }
  });

  it("is held to If-Match", async () => {
    const id = await submitted();
    const { headers } = await call(company, "GET", `/submissions/${id}`);
    expect(codeOf(await change(company, id, { stage: "screen" }, { "if-match": '"99"' }))).toEqual([412, "precondition_failed"]);
    expect((await change(company, id, { stage: "screen" }, { "if-match": headers.get("etag") ?? "" })).status).toBe(200);
  });
});
