import { eq } from "drizzle-orm";
import { candidateRoleAssignments, jobs, placements } from "#db/schema/ats.ts";
import { auditEvents } from "#db/schema/audit.ts";
import { recruiterCandidates, recruiterCompanies } from "#db/schema/network.ts";
import { outbox } from "#db/schema/ops.ts";
import { marketplace, type Person } from "#test/api.ts";
import { describe, expect, it } from "vitest";

const world = await marketplace();
const admin = await world.platformAdmin();

const PERMISSIONS = {
  can_view_jobs: true,
  can_submit_candidates: true,
  can_view_applications: true,
  can_advance_candidates: true,
  can_create_jobs: false,
  can_edit_jobs: false,
};

/** A company with its admin and one job. */
async function place(fields: Partial<typeof jobs.$inferInsert> = {}) {
  const company = await world.company();
  const owner = await world.member(company);
  const [job] = await world.db.writer
    .insert(jobs)
    .values({ companyId: company.id, title: "Staff Engineer", status: "active", ...fields })
    .returning({ id: jobs.id });
  return { company, owner, jobId: job?.id ?? "", path: `jobs/${job?.id}` };
}

type Place = Awaited<ReturnType<typeof place>>;

const connect = (companyId: string, recruiterId: string, permissions = PERMISSIONS) =>
  world.db.writer.insert(recruiterCompanies).values({ companyId, recruiterId, status: "active", permissions });

const eventsOf = async (id: string) =>
  (await world.db.reader.select().from(outbox).where(eq(outbox.subjectId, id)).orderBy(outbox.id)).map(({ eventType, payload }) => ({
    eventType,
    ...payload,
  }));

/** A candidate's draft on the job, and the deal of it when it is submitted. */
async function apply({ jobId }: Place, as?: Person & { candidateId: string }) {
  const candidate = as ?? (await world.candidate());
  const draft = await world.call("POST", "applications", { as: candidate, body: { job_id: jobId, candidate_id: candidate.candidateId } });
  return { candidate, applicationId: draft.body.data.id as string };
}

async function submit(at: Place) {
  const { candidate, applicationId } = await apply(at);
  await world.call("POST", `applications/${applicationId}/submit`, { as: candidate, body: {} });
  return { candidate, applicationId };
}

describe("changing a job", () => {
  it("is for the company's admins, and for its owner with leave to edit", async () => {
    const { company, owner, path, jobId } = await place();
    const manager = await world.member(company, "hiring_manager");
    const [ownRecruiter, stranger] = [await world.recruiter(), await world.recruiter()];
    await world.db.writer.update(jobs).set({ jobOwnerRecruiterId: ownRecruiter.recruiterId }).where(eq(jobs.id, jobId));
    await connect(company.id, ownRecruiter.recruiterId);
    const change = (as: Person, body: object = { title: "Principal Engineer" }) => world.call("PATCH", path, { as, body });

    for (const as of [manager, stranger, ownRecruiter]) expect((await change(as)).status).toBe(403);
    await world.db.writer
      .update(recruiterCompanies)
      .set({ permissions: { ...PERMISSIONS, can_edit_jobs: true } })
      .where(eq(recruiterCompanies.recruiterId, ownRecruiter.recruiterId));
    expect((await change(ownRecruiter)).status).toBe(200);
    const changed = await change(owner, {
      title: "Staff",
      department: null,
      salary_min: "90000.00",
      salary_max_cents: 12_000_000,
      version: 2,
    });
    expect(changed.body.data).toMatchObject({ title: "Staff", salary_min_cents: 9_000_000, salary_max: "120000.00", version: 3 });
    expect((await change(owner, { title: "Late", version: 2 })).status).toBe(412);
    expect(await eventsOf(jobId)).toMatchObject([
      { eventType: "job.updated", updated_fields: ["title"] },
      { eventType: "job.updated", company_id: company.id },
    ]);
    for (const body of [
      { salary_min_cents: 13_000_000 },
      { company_id: company.id },
      { guarantee_days: 366 },
      { salary_min: 90_000 },
      { bulk_bonus_cents: 1 },
    ]) {
      expect((await change(owner, body)).body.code).toBe("validation_failed");
    }
  });

  it("asks platform admins for a reason, who change what is another's, and keeps it", async () => {
    const { owner, path, jobId } = await place();
    const refused = await world.call("PATCH", path, { as: admin, body: { title: "Chef" } });
    expect([refused.status, refused.body.errors]).toEqual([422, [expect.objectContaining({ pointer: "/reason", code: "required" })]]);
    expect((await world.call("PATCH", path, { as: admin, body: { title: "Chef", reason: "They wrote" } })).status).toBe(200);
    expect((await world.call("PATCH", path, { as: owner, body: { title: "Cook" } })).status).toBe(200);
    const told = await world.db.reader.select().from(auditEvents).where(eq(auditEvents.subjectId, jobId)).orderBy(auditEvents.id);
    expect(told.map(({ reason }) => reason)).toEqual(["override: They wrote", null]);
  });

  it("names its owner only by platform admins, and a company recruiter who is connected", async () => {
    const { company, owner, path } = await place();
    const robin = await world.recruiter();
    expect((await world.call("PATCH", path, { as: owner, body: { job_owner_recruiter_id: robin.recruiterId } })).status).toBe(403);
    const named = await world.call("PATCH", path, {
      as: admin,
      body: { job_owner_recruiter_id: robin.recruiterId, reason: "She wrote it" },
    });
    expect(named.body.data.job_owner_recruiter_id).toBe(robin.recruiterId);

    const represent = { company_recruiter_id: robin.recruiterId };
    expect((await world.call("PATCH", path, { as: owner, body: represent })).body.errors[0]).toMatchObject({
      pointer: "/company_recruiter_id",
      code: "not_connected",
    });
    expect((await world.call("POST", "jobs", { as: owner, body: { company_id: company.id, title: "New", ...represent } })).status).toBe(
      422,
    );
    await connect(company.id, robin.recruiterId);
    expect((await world.call("PATCH", path, { as: owner, body: represent })).body.data).toMatchObject(represent);
  });
});

describe("the status of a job", () => {
  it("announces the first activation once", async () => {
    const { owner, path, jobId } = await place({ status: "draft" });
    for (const status of ["active", "paused", "active", "closed"]) {
      const moved = await world.call("PATCH", path, {
        as: owner,
        body: { status, ...(status === "closed" ? { closed_reason: "budget" } : {}) },
      });
      expect(moved.body.data.status).toBe(status);
    }
    expect(await eventsOf(jobId)).toMatchObject([
      { eventType: "job.status_changed", old_status: "draft", new_status: "active", first_activation: true },
      { old_status: "active", new_status: "paused", first_activation: false },
      { old_status: "paused", new_status: "active", first_activation: false },
      { old_status: "active", new_status: "closed", first_activation: false },
    ]);
    const closed = await world.call("GET", path, { as: owner });
    expect(closed.body.data.closed_reason).toBe("budget");
    expect(closed.body.data.closed_at).not.toBeNull();
  });

  it("knows its ways", async () => {
    const { owner, path } = await place({ status: "filled" });
    const refused = await world.call("PATCH", path, { as: owner, body: { status: "paused" } });
    expect(refused.body).toMatchObject({
      status: 409,
      code: "invalid_transition",
      from: "filled",
      to: "paused",
      allowed: ["active", "closed"],
    });
    expect((await world.call("PATCH", path, { as: owner, body: { status: "filled" } })).status).toBe(200);
  });

  it("goes back to draft only while nobody applied", async () => {
    const at = await place();
    await apply(at);
    const refused = await world.call("PATCH", at.path, { as: at.owner, body: { status: "draft" } });
    expect(refused.body).toMatchObject({ code: "invalid_transition", allowed: ["paused", "filled", "closed"] });
  });
});

describe("the fee of a job (D-25)", () => {
  it("is free while nobody works on it", async () => {
    const { owner, path } = await place({ feePercentage: 2_500 as never });
    const lowered = await world.call("PATCH", path, { as: owner, body: { fee_percentage: "18.50" } });
    expect(lowered.body.data).toMatchObject({ fee_percentage: "18.50", effective_fee_percentage: "18.50" });
    const cleared = await world.call("PATCH", path, { as: owner, body: { fee_percentage: null, premium_type: ["executive"] } });
    expect(cleared.body.data).toMatchObject({ fee_percentage: null, effective_fee_percentage: "25.00" });
  });

  it("is raised but not lowered while deals are open, on whatever way", async () => {
    const at = await place({ feePercentage: 2_500 as never, premiumType: ["executive"] });
    await submit(at);
    const change = (body: object) => world.call("PATCH", at.path, { as: at.owner, body });
    expect((await change({ fee_percentage: "20" })).body).toMatchObject({ status: 409, reason: "fee_lowered" });
    expect((await change({ fee_percentage: null, premium_type: [] })).body.reason).toBe("fee_lowered");
    expect((await change({ fee_percentage: null })).status).toBe(200);
    expect((await change({ premium_type: [] })).body.reason).toBe("fee_lowered");
    expect((await change({ fee_percentage: "26" })).body.data.effective_fee_percentage).toBe("26.00");
  });

  it("is not lowered past a deal that is submitted at the same moment", async () => {
    const at = await place({ feePercentage: 2_500 as never });
    const late = await world.database.fault({ match: "guard_job_use", action: "hold_before", times: 1 });
    const lowering = world.call("PATCH", at.path, { as: at.owner, body: { fee_percentage: "20" } });
    await late.held();
    await submit(at);
    await late.release();
    expect((await lowering).body).toMatchObject({ status: 409, reason: "fee_lowered" });
  });

  it("stands once somebody was placed", async () => {
    const at = await place({ feePercentage: 2_000 as never });
    const { applicationId, candidate } = await submit(at);
    const [deal] = await world.db.reader
      .select()
      .from(candidateRoleAssignments)
      .where(eq(candidateRoleAssignments.applicationId, applicationId));
    await world.db.writer.insert(placements).values({
      applicationId,
      craId: deal?.id ?? "",
      jobId: at.jobId,
      candidateId: candidate.candidateId,
      companyId: at.company.id,
      state: "hired",
      salary: 10_000_000 as never,
      placementFee: 2_000_000 as never,
      hiredAt: new Date(),
      startDate: "2030-01-01",
      guaranteeDays: 90,
      guaranteeExpiresAt: new Date("2030-04-01T00:00:00Z"),
    });
    const raised = await world.call("PATCH", at.path, { as: at.owner, body: { fee_percentage: "30" } });
    expect(raised.body).toMatchObject({ status: 409, reason: "fee_final" });
    expect((await world.call("PATCH", at.path, { as: at.owner, body: { title: "Same fee", fee_percentage: "20.00" } })).status).toBe(200);
  });
});

describe("removing a job", () => {
  it("waits for its deals to end", async () => {
    const at = await place();
    const { candidate, applicationId } = await submit(at);
    const remove = () => world.call("DELETE", at.path, { as: at.owner });
    expect((await remove()).body).toMatchObject({ status: 409, code: "conflict", reason: "live_deals" });
    expect((await world.call("POST", `applications/${applicationId}/withdraw`, { as: candidate, body: {} })).status).toBe(200);
    expect((await remove()).body).toEqual({ data: { id: at.jobId, deleted: true } });
    expect((await world.call("GET", at.path, { as: at.owner })).status).toBe(404);
    expect((await eventsOf(at.jobId)).at(-1)).toMatchObject({ eventType: "job.deleted", company_id: at.company.id });
    expect((await remove()).status).toBe(404);
  });
});

describe("requirements and questions", () => {
  it("follow their job", async () => {
    const { owner, jobId, path } = await place({ status: "draft" });
    const stranger = await world.member(await world.company("Other"));
    const body = { job_id: jobId, requirement_type: "mandatory", description: "TypeScript" };
    expect((await world.call("POST", "job-requirements", { as: stranger, body })).status).toBe(404);
    const made = await world.call("POST", "job-requirements", { as: owner, body });
    expect(made.status).toBe(201);
    const one = `job-requirements/${made.body.data.id}`;
    expect((await world.call("PATCH", one, { as: owner, body: { requirement_type: "preferred", version: 1 } })).body.data).toMatchObject({
      requirement_type: "preferred",
      version: 2,
    });
    expect((await world.call("GET", one, { as: stranger })).status).toBe(404);
    expect((await world.call("GET", `${path}?include=requirements`, { as: owner })).body.data.requirements).toHaveLength(1);

    await world.db.writer.update(jobs).set({ status: "active" }).where(eq(jobs.id, jobId));
    expect((await world.call("GET", `job-requirements?job_id=${jobId}`, { as: stranger })).body.data).toHaveLength(1);
    expect((await world.call("DELETE", one, { as: stranger })).status).toBe(403);
    expect((await world.call("DELETE", one, { as: owner })).body).toEqual({ data: { id: made.body.data.id, deleted: true } });
    const without = await world.call("GET", "job-requirements", { as: owner });
    expect([without.status, without.body.errors[0].pointer]).toEqual([400, "query:job_id"]);
    const told = (await eventsOf(jobId)).map(({ eventType }) => eventType);
    expect([told.length > 0, new Set(told)]).toEqual([true, new Set(["job.updated"])]);
  });

  it("of a choice need something to choose from", async () => {
    const { owner, jobId } = await place();
    const ask = (more: object) =>
      world.call("POST", "job-pre-screen-questions", { as: owner, body: { job_id: jobId, question: "Which?", ...more } });
    for (const question_type of ["select", "multi_select"]) {
      expect((await ask({ question_type })).body.errors[0].pointer).toBe("/options");
      expect((await ask({ question_type, options: ["a", "b"] })).body.data).toMatchObject({ options: ["a", "b"], is_required: true });
    }
    expect((await ask({ question_type: "text", options: ["a"] })).status).toBe(422);
    const text = await ask({ question_type: "text" });
    const one = `job-pre-screen-questions/${text.body.data.id}`;
    expect((await world.call("PATCH", one, { as: owner, body: { question_type: "select" } })).body.errors[0].pointer).toBe("/options");
    expect((await world.call("PATCH", one, { as: owner, body: { is_required: false } })).body.data.is_required).toBe(false);
  });
});

describe("answers", () => {
  /** A job with one question of each kind. */
  async function questionnaire() {
    const at = await place();
    const ids: Record<string, string> = {};
    for (const [question_type, options] of [["text"], ["yes_no"], ["select", ["a", "b"]], ["multi_select", ["a", "b", "c"]]] as const) {
      const made = await world.call("POST", "job-pre-screen-questions", {
        as: at.owner,
        body: { job_id: at.jobId, question: `Your ${question_type}?`, question_type, ...(options ? { options } : {}) },
      });
      ids[question_type] = made.body.data.id;
    }
    return { ...at, ids };
  }

  const answer = (as: Person, application_id: string, answers: object[]) =>
    world.call("PUT", "job-pre-screen-answers", { as, body: { application_id, answers } });

  it("fit their questions", async () => {
    const at = await questionnaire();
    const { candidate, applicationId } = await apply(at);
    const wrong = await answer(candidate, applicationId, [
      { question_id: at.ids["text"], answer: true },
      { question_id: at.ids["yes_no"], answer: "yes" },
      { question_id: at.ids["select"], answer: "c" },
      { question_id: at.ids["multi_select"], answer: ["a", "x"] },
      { question_id: (await questionnaire()).ids["text"], answer: "elsewhere" },
    ]);
    expect(wrong.status).toBe(422);
    expect(wrong.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      "/answers/0/answer",
      "/answers/1/answer",
      "/answers/2/answer",
      "/answers/3/answer",
      "/answers/4/question_id",
    ]);

    const given = await answer(candidate, applicationId, [
      { question_id: at.ids["text"], answer: "Because." },
      { question_id: at.ids["yes_no"], answer: false },
      { question_id: at.ids["select"], answer: "b" },
      { question_id: at.ids["multi_select"], answer: ["a", "c"] },
    ]);
    expect([given.status, given.body.data.length]).toEqual([200, 4]);
    const again = await answer(candidate, applicationId, [{ question_id: at.ids["yes_no"], answer: true }]);
    expect(again.body.data).toMatchObject([{ answer: true, version: 2 }]);
    const list = await world.call(
      "GET",
      `job-pre-screen-answers?application_id=${applicationId}&question_id=${at.ids["yes_no"]}&include=question`,
      { as: candidate },
    );
    expect(list.body.data).toMatchObject([{ answer: true, question: { question_type: "yes_no" } }]);

    const one = `job-pre-screen-answers/${list.body.data[0].id}`;
    expect((await world.call("PATCH", one, { as: candidate, body: { answer: "maybe" } })).body.errors[0].pointer).toBe("/answer");
    expect((await world.call("PATCH", one, { as: candidate, body: { answer: false, version: 1 } })).status).toBe(412);
    expect((await world.call("PATCH", one, { as: candidate, body: { answer: false } })).body.data).toMatchObject({
      answer: false,
      version: 3,
    });
    expect((await world.call("DELETE", one, { as: candidate })).status).toBe(200);
    expect((await world.call("DELETE", `job-pre-screen-questions/${at.ids["text"]}`, { as: at.owner })).body.reason).toBe("answered");
  });

  it("are given by the candidate or their recruiter, and read by the company once submitted", async () => {
    const at = await questionnaire();
    const candidate = await world.candidate();
    const [robin, other] = [await world.recruiter(), await world.recruiter()];
    await world.db.writer.insert(recruiterCandidates).values({
      recruiterId: robin.recruiterId,
      candidateId: candidate.candidateId,
      status: "active",
      consentGiven: true,
      consentGivenAt: new Date(),
    });
    const { applicationId } = await apply(at, candidate);
    const given = [{ question_id: at.ids["text"], answer: "Hello" }];
    const rest = [
      { question_id: at.ids["yes_no"], answer: true },
      { question_id: at.ids["select"], answer: "a" },
      { question_id: at.ids["multi_select"], answer: ["b"] },
    ];
    expect((await answer(other, applicationId, given)).status).toBe(404);
    expect((await answer(at.owner, applicationId, given)).status).toBe(404);
    expect((await answer(candidate, applicationId, given)).status).toBe(200);
    expect((await answer(robin, applicationId, rest)).status).toBe(200);

    const list = () =>
      world.call("GET", `job-pre-screen-answers?application_id=${applicationId}&question_id=${at.ids["text"]}`, { as: at.owner });
    expect((await list()).body.data).toEqual([]);
    expect((await world.call("POST", `applications/${applicationId}/submit`, { as: candidate, body: {} })).status).toBe(200);
    const late = await answer(candidate, applicationId, given);
    expect([late.status, late.body.code]).toEqual([409, "invalid_transition"]);
    const { assignment_id } = (await world.call("GET", `applications/${applicationId}`, { as: candidate })).body.data;
    expect((await world.call("POST", `candidate-role-assignments/${assignment_id}/approve-gate`, { as: robin, body: {} })).status).toBe(
      200,
    );
    expect((await list()).body.data).toMatchObject([{ answer: "Hello" }]);
    expect((await answer(at.owner, applicationId, given)).status).toBe(403);
  });
});
