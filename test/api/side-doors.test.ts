import { and, eq } from "drizzle-orm";
import { applicationNotes, applications, candidates, jobs } from "#db/schema/ats.ts";
import { notifications } from "#db/schema/notify.ts";
import { recruiterCandidates, recruiterCompanies } from "#db/schema/network.ts";
import { outbox } from "#db/schema/ops.ts";
import { marketplace, type Person } from "#test/api.ts";
import { describe, expect, it } from "vitest";

// What somebody with an account might try beside the front door.

const world = await marketplace();
const db = world.db.writer;
const PERMISSIONS = {
  can_view_jobs: true,
  can_submit_candidates: true,
  can_view_applications: true,
  can_advance_candidates: true,
  can_create_jobs: false,
  can_edit_jobs: false,
};
const DAY_MS = 86_400_000;

const represent = (recruiterId: string, candidateId: string, until = new Date(Date.now() + 300 * DAY_MS)) =>
  db
    .insert(recruiterCandidates)
    .values({ recruiterId, candidateId, status: "active", consentGiven: true, consentGivenAt: new Date(), relationshipEndDate: until })
    .returning({ id: recruiterCandidates.id });

/** A company with a job that a recruiter of its own represents, and a candidate with a Closer. */
async function place() {
  const company = await world.company();
  const [admin, candidate, closer, client] = [
    await world.member(company),
    await world.candidate(),
    await world.recruiter("Closer"),
    await world.recruiter("Client"),
  ];
  const [relationship] = await represent(closer.recruiterId, candidate.candidateId);
  const [connection] = await db
    .insert(recruiterCompanies)
    .values({ recruiterId: client.recruiterId, companyId: company.id, status: "active", permissions: PERMISSIONS })
    .returning({ id: recruiterCompanies.id });
  const [job] = await db
    .insert(jobs)
    .values({ companyId: company.id, title: "Staff Engineer", status: "active", companyRecruiterId: client.recruiterId })
    .returning({ id: jobs.id });
  return {
    company,
    admin,
    candidate,
    closer,
    client,
    jobId: job?.id ?? "",
    relationshipId: relationship?.id ?? "",
    connectionId: connection?.id ?? "",
  };
}

type Place = Awaited<ReturnType<typeof place>>;

const draft = ({ jobId, candidate }: Pick<Place, "jobId" | "candidate">, as: Person, more: object = {}) =>
  world.call("POST", "applications", { as, body: { job_id: jobId, candidate_id: candidate.candidateId, ...more } });

async function submitted(at: Place): Promise<{ id: string; deal: string }> {
  const { id } = (await draft(at, at.candidate)).body.data;
  const { data } = (await world.call("POST", `applications/${id}/submit`, { as: at.candidate, body: {} })).body;
  return { id, deal: data.assignment_id };
}

const act = (deal: string, action: string, as: Person, body: object = {}) =>
  world.call("POST", `candidate-role-assignments/${deal}/${action}`, { as, body });

describe("a recruiter", () => {
  it("does not remove a person who has claimed their record, nor one whom somebody else represents", async () => {
    const recruiter = await world.recruiter();
    const enter = async (email: string) =>
      (await world.call("POST", "candidates", { as: recruiter, body: { email, full_name: "Entered" } })).body.data.id as string;
    const remove = (id: string) => world.call("DELETE", `candidates/${id}`, { as: recruiter });

    const claimed = await enter("claimed@people.test");
    const { userId } = await world.candidate();
    await db.update(candidates).set({ userId: null }).where(eq(candidates.userId, userId));
    await db.update(candidates).set({ userId }).where(eq(candidates.id, claimed));
    expect((await remove(claimed)).status).toBe(403);

    const represented = await enter("represented@people.test");
    await represent((await world.recruiter()).recruiterId, represented);
    const refused = await remove(represented);
    expect([refused.status, refused.body.reason]).toEqual([409, "has_ties"]);
    expect((await remove(await enter("alone@people.test"))).status).toBe(200);
  });

  it("is not overtaken by a submission while they remove a candidate", async () => {
    const at = await place();
    const admin = await world.platformAdmin();
    const late = await world.database.fault({ match: "guard_candidate_use", action: "hold_before", times: 1 });
    const removing = world.call("DELETE", `candidates/${at.candidate.candidateId}?reason=asked`, { as: admin });
    await late.held();
    await submitted(at);
    await late.release();
    expect((await removing).status).toBe(409);
  });

  it("whose connection has ended acts for the company no more", async () => {
    const at = await place();
    const { deal } = await submitted(at);
    expect((await act(deal, "approve-gate", at.closer)).status).toBe(200);
    const ended = await world.call("POST", `recruiter-companies/${at.connectionId}/terminate`, { as: at.admin, body: { reason: "over" } });
    expect(ended.status).toBe(200);
    expect((await act(deal, "approve-gate", at.client)).status).toBe(403);
    const [job] = await db.select().from(jobs).where(eq(jobs.id, at.jobId));
    expect(job?.companyRecruiterId).toBeNull();
    expect((await act(deal, "skip-gate", at.admin, { reason: "nobody there" })).status).toBe(200);
  });

  it("does not advance a deal in the instant in which the permission goes", async () => {
    const at = await place();
    const { deal } = await submitted(at);
    await act(deal, "approve-gate", at.closer);
    const late = await world.database.fault({ match: "guard_connection", action: "hold_before", times: 1 });
    const approving = act(deal, "approve-gate", at.client);
    await late.held();
    await world.call("POST", `recruiter-companies/${at.connectionId}/terminate`, { as: at.admin, body: { reason: "over" } });
    await late.release();
    expect((await approving).status).toBe(403);
  });

  it("whose time is over, or whom the candidate has left, neither begins nor changes an application", async () => {
    const at = await place();
    const late = await world.candidate();
    await represent(at.closer.recruiterId, late.candidateId, new Date(Date.now() - DAY_MS));
    expect((await draft({ jobId: at.jobId, candidate: late }, at.closer)).body.code).toBe("consent_required");

    const { id } = (await draft(at, at.closer)).body.data;
    const patch = () => world.call("PATCH", `applications/${id}`, { as: at.closer, body: { recruiter_notes: "mine" } });
    expect((await patch()).status).toBe(200);
    await world.call("POST", `recruiter-candidates/${at.relationshipId}/terminate`, { as: at.candidate, body: { reason: "moved on" } });
    expect((await patch()).status).toBe(403);
  });

  it("does not begin an application in the instant in which the candidate leaves them, or the job is taken down", async () => {
    for (const end of [
      (at: Place) =>
        world.call("POST", `recruiter-candidates/${at.relationshipId}/terminate`, { as: at.candidate, body: { reason: "moved on" } }),
      (at: Place) => world.call("DELETE", `jobs/${at.jobId}`, { as: at.admin }),
    ]) {
      const at = await place();
      const late = await world.database.fault({ match: 'insert into "ats"."applications"', action: "hold_before", times: 1 });
      const beginning = draft(at, at.closer);
      await late.held();
      expect((await end(at)).status).toBe(200);
      await late.release();
      expect([403, 404]).toContain((await beginning).status);
    }
  });

  it("does not say for a person what strangers may see of them", async () => {
    const [recruiter, stranger] = [await world.recruiter(), await world.recruiter()];
    const body = {
      email: "shown@people.test",
      full_name: "Shown",
      phone: "1",
      marketplace_visibility: "public",
      show_email: true,
      show_phone: true,
    };
    const { id } = (await world.call("POST", "candidates", { as: recruiter, body })).body.data;
    const seen = await world.call("GET", `candidates/${id}`, { as: stranger });
    expect([404, "s•••@•••"]).toContain(seen.status === 404 ? 404 : seen.body.data.email);
  });

  it("is no employee of the company they work for, or are said to have brought", async () => {
    const company = await world.company();
    const recruiter = await world.recruiter();
    const admin = await world.platformAdmin();
    await world.call("POST", "memberships", {
      as: admin,
      body: { user_id: recruiter.userId, role_name: "hiring_manager", organization_id: company.organizationId, reason: "asked" },
    });
    const asked = await world.call("POST", "recruiter-companies", {
      as: recruiter,
      body: { company_id: company.id, terms_acknowledged: true },
    });
    expect([asked.status, asked.body.reason]).toEqual([409, "company_employee"]);
    const brought = await world.call("POST", "company-sourcers", {
      as: admin,
      body: { company_id: company.id, sourcer_recruiter_id: recruiter.recruiterId, reason: "letter" },
    });
    expect([brought.status, brought.body.reason]).toEqual([409, "company_employee"]);
  });
});

describe("words", () => {
  it("of why a representation ended do not reach the company", async () => {
    const at = await place();
    const { id, deal } = await submitted(at);
    for (const as of [at.closer, at.client, at.admin]) await act(deal, "approve-gate", as);
    await world.call("POST", `recruiter-candidates/${at.relationshipId}/terminate`, {
      as: at.closer,
      body: { reason: "SECRET", deals: [{ assignment_id: deal, decision: "withdraw" }] },
    });
    const seen = await world.call("GET", `applications/${id}?include=audit_log,notes`, { as: at.admin });
    expect([seen.status, seen.body.data.stage]).toEqual([200, "withdrawn"]);
    expect(JSON.stringify(seen.body)).not.toContain("SECRET");
  });

  it("of recruiters among themselves are not the candidate's, and a collaboration is put to the recruiter", async () => {
    const at = await place();
    const proposed = await world.call("POST", "candidate-role-assignments/propose", {
      as: at.client,
      body: { job_id: at.jobId, candidate_id: at.candidate.candidateId, proposal_type: "collaboration", notes: "BETWEEN US" },
    });
    expect(proposed.status).toBe(201);
    const { id, application_id: applicationId } = proposed.body.data;
    const read = async (as: Person) => JSON.stringify((await world.call("GET", `candidate-role-assignments/${id}`, { as })).body);
    expect(await read(at.candidate)).not.toContain("BETWEEN US");
    expect(await read(at.closer)).toContain("BETWEEN US");
    expect(await db.select().from(applicationNotes).where(eq(applicationNotes.applicationId, applicationId))).toEqual([]);
    await world.drain();
    const told = await db
      .select()
      .from(notifications)
      .where(and(eq(notifications.eventType, "cra.proposed"), eq(notifications.channel, "in_app")));
    expect(told.map(({ recipientUserId }) => recipientUserId)).toContain(at.closer.userId);
    expect(told.map(({ recipientUserId }) => recipientUserId)).not.toContain(at.candidate.userId);
  });

  it("of the gates before its own are not the company's", async () => {
    const at = await place();
    const { id, deal } = await submitted(at);
    await act(deal, "approve-gate", at.closer);
    await act(deal, "request-info", at.client, { message: "Why?" });
    const question = (await world.call("GET", `cra-gate-feedback?assignment_id=${deal}`, { as: at.closer })).body.data.find(
      ({ feedback_type: type }: { feedback_type: string }) => type === "info_request",
    );
    await act(deal, "provide-info", at.closer, { message: "Because.", in_response_to_id: question.id });
    await act(deal, "approve-gate", at.client);
    const gates = async (as: Person) =>
      ((await world.call("GET", `candidate-role-assignments/${deal}`, { as })).body.data.gate_history as { gate: string }[]).map(
        ({ gate }) => gate,
      );
    expect(await gates(at.admin)).toEqual([]);
    expect(await gates(at.client)).toContain("candidate_recruiter");
    const { data } = (await world.call("GET", `applications/${id}?include=audit_log`, { as: at.admin })).body;
    expect(JSON.stringify(data.audit_log)).not.toContain("info_requested");
  });
});

describe("what comes in", () => {
  const deep = `${"[".repeat(30_000)}${"]".repeat(30_000)}`;

  it("however deep is refused by its shape", async () => {
    const admin = await world.platformAdmin();
    const anonymous = await world.call("POST", "recruiter-candidates/invitations/xyz/decline", { body: deep });
    expect([anonymous.status, anonymous.body.code]).toEqual([422, "validation_failed"]);
    expect((await world.call("POST", "jobs", { as: admin, body: `{"title":${deep}}` })).status).toBe(422);
  });

  it.each(["0000-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00%2B10:00"])(
    "as the instant %s is refused",
    async (at) => {
      expect((await world.call("GET", `splits-rates?at=${at}`)).status).toBe(400);
    },
  );

  it("twice for one thing is refused", async () => {
    const at = await place();
    expect((await world.call("GET", "jobs?status=active&status=bogus")).body.errors).toEqual([
      { pointer: "query:status", code: "repeated", message: "is given 2 times; once is meant" },
    ]);
    const { deal } = await submitted(at);
    const named = { assignment_id: deal, decision: "withdraw" };
    const twice = await world.call("POST", `recruiter-candidates/${at.relationshipId}/terminate`, {
      as: at.closer,
      body: { reason: "over", deals: [named, named] },
    });
    expect(twice.status).toBe(422);
    expect(
      await db
        .select()
        .from(outbox)
        .where(and(eq(outbox.subjectId, deal), eq(outbox.eventType, "cra.withdrawn"))),
    ).toEqual([]);
  });

  it("for a job names recruiters who exist and amounts that a fee can hold", async () => {
    const { company } = await place();
    const admin = await world.platformAdmin();
    const post = (more: object) => world.call("POST", "jobs", { as: admin, body: { company_id: company.id, title: "Any", ...more } });
    const nobody = "01999999-0000-7000-8000-000000000000";
    expect((await post({ company_recruiter_id: nobody })).status).toBe(422);
    expect((await post({ hires_committed: 5, bulk_bonus: "9999999999.99" })).status).toBe(422);
    const { id } = (await post({})).body.data;
    expect((await world.call("PATCH", `jobs/${id}`, { as: admin, body: { job_owner_recruiter_id: nobody } })).status).toBe(422);
    expect(
      (await world.call("PATCH", "candidates/me", { as: await world.candidate(), body: { portfolio_url: "javascript:alert(1)" } })).status,
    ).toBe(422);
  });

  it("with an old version is refused by every action", async () => {
    const at = await place();
    const { id } = (await draft(at, at.candidate)).body.data;
    const stale = { "If-Match": '"999"' };
    expect((await world.call("POST", `applications/${id}/submit`, { as: at.candidate, body: {}, headers: stale })).status).toBe(412);
    expect((await world.call("POST", `applications/${id}/submit`, { as: at.candidate, body: { version: 999 } })).status).toBe(412);
    expect((await world.call("POST", `applications/${id}/submit`, { as: at.candidate, body: {} })).status).toBe(200);
    const [row] = await db.select().from(applications).where(eq(applications.id, id));
    expect(row?.stage).toBe("recruiter_review");
  });

  it("under one key with another query is another request", async () => {
    const admin = await world.platformAdmin();
    const path = "candidate-sourcers/01999999-0000-7000-8000-000000000000";
    const headers = { "Idempotency-Key": "one-key" };
    await world.call("DELETE", path, { as: admin, headers });
    const again = await world.call("DELETE", `${path}?reason=wrong`, { as: admin, headers });
    expect([again.status, again.body.code]).toEqual([422, "idempotency_key_reused"]);
  });
});

it("a filter tells nothing that the rows do not", async () => {
  const at = await place();
  await draft(at, at.candidate);
  const found = async (as: Person) =>
    (await world.call("GET", `jobs?has_applications=true&company_id=${at.company.id}`, { as })).body.pagination.total;
  expect(await found(at.admin)).toBe(0);
  expect(await found(at.candidate)).toBe(1);
});
