import { and, eq } from "drizzle-orm";
import { applications, candidateRoleAssignments, candidates, jobs } from "#db/schema/ats.ts";
import { auditEvents } from "#db/schema/audit.ts";
import { notifications } from "#db/schema/notify.ts";
import { recruiterCandidates, recruiterCompanies, recruiterReputation } from "#db/schema/network.ts";
import { outbox } from "#db/schema/ops.ts";
import { type Answer, marketplace, type Person } from "#test/api.ts";
import { expect, it } from "vitest";

const world = await marketplace();
const PERMISSIONS = {
  can_view_jobs: true,
  can_submit_candidates: true,
  can_view_applications: true,
  can_advance_candidates: true,
  can_create_jobs: false,
  can_edit_jobs: false,
};

/** The person represents the candidate, with consent. */
async function represent(recruiterId: string, candidateId: string): Promise<void> {
  await world.db.writer
    .insert(recruiterCandidates)
    .values({ recruiterId, candidateId, status: "active", consentGiven: true, consentGivenAt: new Date() });
}

interface Sides {
  closer?: boolean;
  client?: boolean;
}

/** A company with an open job, a candidate, and the recruiters a scenario asks for. */
async function stage({ closer = false, client = false }: Sides = {}) {
  const company = await world.company();
  const admin = await world.member(company);
  const candidate = await world.candidate();
  const candidateRecruiter = closer ? await world.recruiter("Closer") : null;
  const companyRecruiter = client ? await world.recruiter("Client") : null;
  if (candidateRecruiter) await represent(candidateRecruiter.recruiterId, candidate.candidateId);
  if (companyRecruiter) {
    await world.db.writer
      .insert(recruiterCompanies)
      .values({ recruiterId: companyRecruiter.recruiterId, companyId: company.id, status: "active", permissions: PERMISSIONS });
  }
  const [job] = await world.db.writer
    .insert(jobs)
    .values({ companyId: company.id, title: "Staff Engineer", status: "active", companyRecruiterId: companyRecruiter?.recruiterId ?? null })
    .returning({ id: jobs.id });
  return { company, admin, candidate, candidateRecruiter, companyRecruiter, jobId: job?.id ?? "" };
}

type Stage = Awaited<ReturnType<typeof stage>>;

async function submit({ jobId, candidate }: Stage, as: Person): Promise<Answer> {
  const draft = await world.call("POST", "applications", { as, body: { job_id: jobId, candidate_id: candidate.candidateId } });
  if (draft.status !== 201) return draft;
  return world.call("POST", `applications/${draft.body.data.id}/submit`, { as, body: {} });
}

const act = (deal: string, action: string, as: Person, body: object = {}): Promise<Answer> =>
  world.call("POST", `candidate-role-assignments/${deal}/${action}`, { as, body });

const craOf = async (id: string) =>
  (await world.db.writer.select().from(candidateRoleAssignments).where(eq(candidateRoleAssignments.id, id)))[0]!;
const eventsOf = async (subjectId: string) =>
  (await world.db.writer.select().from(outbox).where(eq(outbox.subjectId, subjectId)).orderBy(outbox.id)).map(({ eventType }) => eventType);

it("hides a company's applications and unlisted jobs from the recruiter it refuses them, and no more than those", async () => {
  const place = await stage({ closer: true, client: true });
  const [client, closer] = [place.companyRecruiter!, place.candidateRecruiter!];
  const application = (await submit(place, place.candidate)).body.data;
  await world.db.writer.update(jobs).set({ status: "paused" }).where(eq(jobs.id, place.jobId));
  const [connection] = await world.db.writer
    .select()
    .from(recruiterCompanies)
    .where(eq(recruiterCompanies.recruiterId, client.recruiterId));
  const permit = (permissions: object) =>
    world.call("PATCH", `recruiter-companies/${connection?.id}`, { as: place.admin, body: { permissions } });
  const seen = async (as: Person) => ({
    job: (await world.call("GET", `jobs/${place.jobId}`, { as })).status,
    application: (await world.call("GET", `applications/${application.id}`, { as })).status,
    listed: (await world.call("GET", "applications", { as })).body.pagination.total,
    deal: (await world.call("GET", `candidate-role-assignments/${application.assignment_id}`, { as })).status,
  });
  expect(await seen(client)).toEqual({ job: 200, application: 200, listed: 1, deal: 200 });

  expect((await permit({ can_view_applications: false })).status).toBe(200);
  expect(await seen(client)).toEqual({ job: 200, application: 404, listed: 0, deal: 200 });
  await permit({ can_view_jobs: false });
  expect(await seen(client)).toEqual({ job: 404, application: 404, listed: 0, deal: 200 });
  // whoever represents the candidate sees their own deal
  expect(await seen(closer)).toEqual({ job: 200, application: 200, listed: 1, deal: 200 });

  // the end of the connection gives nothing back that was refused
  await world.call("POST", `recruiter-companies/${connection?.id}/terminate`, { as: place.admin, body: { reason: "Done" } });
  expect(await seen(client)).toEqual({ job: 404, application: 404, listed: 0, deal: 200 });
});

/** A deal of the company's own, past every gate. */
async function passed(sides: Sides = {}) {
  const place = await stage(sides);
  const application = await submit(place, place.candidate);
  const deal = application.body.data.assignment_id as string;
  if (place.candidateRecruiter) await act(deal, "approve-gate", place.candidateRecruiter);
  if (place.companyRecruiter) await act(deal, "approve-gate", place.companyRecruiter);
  expect((await act(deal, "approve-gate", place.admin)).body.data.state).toBe("submitted_to_company");
  return { ...place, deal, applicationId: application.body.data.id as string };
}

it.each([
  [{ closer: false, client: false }, ["company"], "awaiting_company", "submitted"],
  [{ closer: false, client: true }, ["company_recruiter", "company"], "awaiting_company_recruiter", "screen"],
  [{ closer: true, client: false }, ["candidate_recruiter", "company"], "awaiting_candidate_recruiter", "recruiter_review"],
  [
    { closer: true, client: true },
    ["candidate_recruiter", "company_recruiter", "company"],
    "awaiting_candidate_recruiter",
    "recruiter_review",
  ],
])("scenario 20: routes %o", async (sides, sequence, state, applicationStage) => {
  const place = await stage(sides);
  const submitted = await submit(place, place.candidate);
  expect(submitted.status).toBe(200);
  expect(submitted.body.data).toMatchObject({ stage: applicationStage, state });
  const cra = await craOf(submitted.body.data.assignment_id);
  expect(cra).toMatchObject({
    gateSequence: sequence,
    hasCandidateRecruiter: sides.closer,
    hasCompanyRecruiter: sides.client,
    currentGate: sequence[0],
  });
  expect(await eventsOf(cra.id)).toEqual(["cra.created", "cra.gate.awaiting_review"]);
  expect(await eventsOf(submitted.body.data.id)).toEqual(["application.created", "application.submitted"]);
});

it("scenario 12, further: a candidate who is only invited yet is routed as direct", async () => {
  const place = await stage();
  const recruiter = await world.recruiter();
  await world.db.writer.insert(recruiterCandidates).values({
    recruiterId: recruiter.recruiterId,
    candidateId: place.candidate.candidateId,
    status: "pending",
    invitedAt: new Date(),
    invitationExpiresAt: new Date(Date.now() + 7 * 86_400_000),
  });
  const { assignment_id: deal } = (await submit(place, place.candidate)).body.data;
  expect(await craOf(deal)).toMatchObject({ hasCandidateRecruiter: false, candidateRecruiterId: null, gateSequence: ["company"] });
});

it("scenario 21: three approvals bring a deal to the company, whose contact view opens only then", async () => {
  const place = await stage({ closer: true, client: true });
  const deal = (await submit(place, place.candidate)).body.data.assignment_id;
  const contact = async () => (await world.call("GET", `candidates/${place.candidate.candidateId}`, { as: place.admin })).body.data?.email;

  expect((await act(deal, "approve-gate", place.candidateRecruiter!)).body.data.state).toBe("awaiting_company_recruiter");
  expect((await act(deal, "approve-gate", place.companyRecruiter!)).body.data.state).toBe("awaiting_company");
  expect(await contact()).not.toBe(place.candidate.email);
  const last = await act(deal, "approve-gate", place.admin);
  expect(last.body.data).toMatchObject({ state: "submitted_to_company", current_gate: "none", application_stage: "company_review" });
  expect(last.body.data.submitted_at).not.toBeNull();
  expect((await craOf(deal)).gateHistory.map(({ gate, action }) => [gate, action])).toEqual([
    ["candidate_recruiter", "approved"],
    ["company_recruiter", "approved"],
    ["company", "approved"],
  ]);
  expect(await contact()).toBe(place.candidate.email);
});

it("scenario 22: only the reviewer of the current gate acts; a platform admin overrides", async () => {
  const place = await stage({ closer: true, client: true });
  const deal = (await submit(place, place.candidate)).body.data.assignment_id;
  expect((await act(deal, "approve-gate", place.companyRecruiter!)).status).toBe(403);
  expect((await craOf(deal)).gateHistory).toEqual([]);
  expect((await act(deal, "approve-gate", place.admin)).status).toBe(404);
  const ada = await world.platformAdmin();
  const silent = await act(deal, "approve-gate", ada);
  expect([silent.status, silent.body.errors[0].pointer]).toEqual([422, "/reason"]);
  expect((await act(deal, "approve-gate", ada, { reason: "She is ill, and asked us to" })).status).toBe(200);
  const [audit] = await world.db.writer
    .select()
    .from(auditEvents)
    .where(and(eq(auditEvents.subjectId, deal), eq(auditEvents.action, "cra.gate_approved")));
  expect(audit?.reason).toBe("override: She is ill, and asked us to");
});

it("scenario 23: a denial needs a reason, which the candidate and the recruiter read", async () => {
  const place = await stage({ closer: true });
  const submitted = await submit(place, place.candidate);
  const deal = submitted.body.data.assignment_id;
  const nameless = await act(deal, "deny-gate", place.candidateRecruiter!);
  expect([nameless.status, nameless.body.code]).toEqual([422, "validation_failed"]);
  await act(deal, "approve-gate", place.candidateRecruiter!);
  const denied = await act(deal, "deny-gate", place.admin, { reason: "We need somebody in Lisbon." });
  expect(denied.body.data).toMatchObject({ state: "rejected", application_stage: "rejected" });
  expect(denied.body.data.closed_at).not.toBeNull();
  await world.drain();
  for (const person of [place.candidate, place.candidateRecruiter!]) {
    const rows = await world.db.writer
      .select()
      .from(notifications)
      .where(and(eq(notifications.recipientUserId, person.userId), eq(notifications.template, "stage.rejected")));
    expect(rows.map(({ channel }) => channel).toSorted()).toEqual(["email", "in_app"]);
    expect(JSON.stringify(rows[0]?.payload)).toContain("Lisbon");
  }
});

it("scenario 24: the candidate recruiter answers the company recruiter's question", async () => {
  const place = await stage({ closer: true, client: true });
  const deal = (await submit(place, place.candidate)).body.data.assignment_id;
  await act(deal, "approve-gate", place.candidateRecruiter!);
  const asked = await act(deal, "request-info", place.companyRecruiter!, { message: "Is the notice period three months?" });
  expect(asked.body.data).toMatchObject({ state: "info_requested", current_gate: "company_recruiter" });
  const list = () => world.call("GET", `cra-gate-feedback?assignment_id=${deal}&sort_order=asc`, { as: place.candidateRecruiter! });
  const [question] = (await list()).body.data;
  const answer = { message: "Yes, three months.", in_response_to_id: question.id };
  expect((await act(deal, "provide-info", place.candidate, answer)).status).toBe(403);
  expect((await act(deal, "provide-info", place.candidateRecruiter!, answer)).body.data.state).toBe("awaiting_company_recruiter");
  expect((await list()).body.data.map((entry: { message_text: string }) => entry.message_text)).toEqual([
    "Is the notice period three months?",
    "Yes, three months.",
  ]);
});

it("scenario 25: a pair has one live deal, however many submit at once", async () => {
  const place = await stage({ closer: true });
  const drafts = await Promise.all(Array.from({ length: 10 }, () => submit(place, place.candidate)));
  const statuses = drafts.map(({ status }) => status).toSorted();
  expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  expect(drafts.filter(({ status }) => status !== 200).every(({ body }) => body.code === "duplicate_active_deal")).toBe(true);
  const all = () =>
    world.db.writer.select().from(candidateRoleAssignments).where(eq(candidateRoleAssignments.candidateId, place.candidate.candidateId));
  const [first] = await all();
  expect(await all()).toHaveLength(1);
  const again = await submit(place, place.candidateRecruiter!);
  expect([again.status, again.body.code]).toEqual([409, "duplicate_active_deal"]);
  await act(first!.id, "deny-gate", place.candidateRecruiter!, { reason: "Not now." });
  expect((await submit(place, place.candidate)).status).toBe(200);
});

it("scenario 26: a recruiter who submits passes their own gate", async () => {
  const place = await stage({ closer: true });
  const submitted = await submit(place, place.candidateRecruiter!);
  expect(submitted.body.data).toMatchObject({ state: "awaiting_company", stage: "submitted" });
  expect((await craOf(submitted.body.data.assignment_id)).gateHistory).toMatchObject([
    { gate: "candidate_recruiter", action: "approved", auto: true, reviewer_user_id: place.candidateRecruiter!.userId },
  ]);
});

it("scenario 27: an unanswered proposal times out and frees the pair", async () => {
  const place = await stage({ closer: true });
  const body = {
    job_id: place.jobId,
    candidate_id: place.candidate.candidateId,
    proposal_type: "opportunity",
    notes: "You would like them.",
  };
  const proposed = await world.call("POST", "candidate-role-assignments/propose", { as: place.candidateRecruiter!, body });
  expect([proposed.status, proposed.body.data.state]).toEqual([201, "proposed"]);
  await world.database.setClock(73 * 3_600);
  await world.cron("* * * * *");
  expect(await craOf(proposed.body.data.id)).toMatchObject({ state: "timed_out" });
  const [application] = await world.db.writer.select().from(applications).where(eq(applications.id, proposed.body.data.application_id));
  expect(application?.stage).toBe("expired");
  const [counters] = await world.db.writer
    .select()
    .from(recruiterReputation)
    .where(eq(recruiterReputation.recruiterId, place.candidateRecruiter!.recruiterId));
  expect(counters?.proposalsTimedOut).toBe(1);
  expect((await world.call("POST", "candidate-role-assignments/propose", { as: place.candidateRecruiter!, body })).status).toBe(201);
  await world.database.setClock(0);
});

it("scenario 28: no proposal to a candidate who has not consented", async () => {
  const place = await stage();
  const stranger = await world.recruiter("Stranger");
  const answer = await world.call("POST", "candidate-role-assignments/propose", {
    as: stranger,
    body: { job_id: place.jobId, candidate_id: place.candidate.candidateId, proposal_type: "opportunity" },
  });
  expect([answer.status, answer.body.code]).toEqual([403, "consent_required"]);
});

it("scenario 29: recruiters neither hire nor reject an offer; the company does", async () => {
  const { deal, companyRecruiter, admin } = await passed({ client: true });
  expect((await act(deal, "advance", companyRecruiter!, { state: "in_process" })).status).toBe(200);
  expect((await act(deal, "advance", companyRecruiter!, { state: "offer" })).status).toBe(403);
  expect((await act(deal, "advance", admin, { state: "offer" })).body.data).toMatchObject({ state: "offer", application_stage: "offer" });
  expect((await act(deal, "advance", companyRecruiter!, { state: "hired" })).status).toBe(403);
  expect((await act(deal, "advance", companyRecruiter!, { state: "rejected", notes: "No." })).status).toBe(403);
  expect((await act(deal, "advance", admin, { state: "rejected", notes: "The role is gone." })).status).toBe(200);
});

it("scenario 30: a deal's state, rates and sourcers cannot be patched in", async () => {
  const { deal, admin } = await passed();
  for (const body of [{ state: "hired" }, { candidate_recruiter_rate: "40.00" }, { candidate_sourcer_recruiter_id: deal }]) {
    const answer = await world.call("PATCH", `candidate-role-assignments/${deal}`, { as: admin, body });
    expect([answer.status, answer.body.errors[0].code]).toEqual([422, "unknown"]);
  }
});

it("scenario 31: an illegal jump names what is allowed", async () => {
  const { deal, admin } = await passed();
  const answer = await act(deal, "advance", admin, { state: "hired" });
  expect(answer.status).toBe(409);
  expect(answer.body).toMatchObject({ code: "invalid_transition", from: "submitted_to_company", to: "hired" });
  expect(answer.body.allowed.toSorted()).toEqual(["in_process", "rejected", "screen", "withdrawn"]);
});

it("scenario 4: recruiters see their own submissions, the company those that reached it, others none", async () => {
  const place = await stage();
  const made = [];
  for (const name of ["A", "B"]) {
    const recruiter = await world.recruiter(name);
    const candidate = await world.candidate(`Candidate of ${name}`);
    await represent(recruiter.recruiterId, candidate.candidateId);
    const submitted = await submit({ ...place, candidate }, recruiter);
    made.push({ recruiter, id: submitted.body.data.id as string });
  }
  const ids = async (as: Person) =>
    (await world.call("GET", `applications?job_id=${place.jobId}`, { as })).body.data.map(({ id }: { id: string }) => id);
  expect(await ids(made[0]!.recruiter)).toEqual([made[0]!.id]);
  expect((await ids(place.admin)).toSorted()).toEqual(made.map(({ id }) => id).toSorted());
  const other = await world.member(await world.company("Other"));
  expect(await ids(other)).toEqual([]);
  for (const { id } of made) expect((await world.call("GET", `applications/${id}`, { as: other })).status).toBe(404);
});

it("scenario 5: an admin who is a candidate too sees everything, and their own with scope=mine", async () => {
  const place = await stage();
  const other = (await submit(place, place.candidate)).body.data.id;
  const ada = await world.platformAdmin();
  const [self] = await world.db.writer
    .insert(candidates)
    .values({ email: ada.email, fullName: "Ada", userId: ada.userId })
    .returning({ id: candidates.id });
  const own = (await world.call("POST", "applications", { as: ada, body: { job_id: place.jobId, candidate_id: self!.id } })).body.data.id;
  const ids = async (query: string) =>
    (await world.call("GET", `applications?job_id=${place.jobId}${query}`, { as: ada })).body.data.map(({ id }: { id: string }) => id);
  expect((await ids("")).toSorted()).toEqual([other, own].toSorted());
  expect(await ids("&scope=mine")).toEqual([own]);
});

it("scenario 8: eight includes come in one trip and at most ten statements", async () => {
  const { applicationId, admin } = await passed();
  const keys = ["candidate", "job", "recruiter", "documents", "pre_screen_answers", "audit_log", "job_requirements", "ai_review"];
  const answer = await world.call("GET", `applications/${applicationId}?include=${keys.join(",")}`, { as: admin });
  expect(answer.status).toBe(200);
  expect(Object.keys(answer.body.data)).toEqual(expect.arrayContaining(keys));
  const counts = await world.database.counts(answer.headers.get("x-request-id")!);
  expect(counts.round_trips).toBe(1);
  expect(counts.statements).toBeLessThanOrEqual(10);
});

it("scenario 9: assessments are a resource of their own", async () => {
  const { applicationId, candidate } = await passed();
  expect((await world.call("GET", `applications/${applicationId}/ai-review`, { as: candidate })).status).toBe(404);
  expect((await world.call("GET", `ai-reviews?application_id=${applicationId}`, { as: candidate })).status).toBe(200);
});

it("scenario 59: an accepted opportunity is reviewed only once it is handed in, whoever hands it in", async () => {
  for (const submitter of ["candidate", "recruiter"] as const) {
    const place = await stage({ closer: true });
    const proposed = await world.call("POST", "candidate-role-assignments/propose", {
      as: place.candidateRecruiter!,
      body: { job_id: place.jobId, candidate_id: place.candidate.candidateId, proposal_type: "opportunity", notes: "You would like them." },
    });
    const { id: deal, application_id: applicationId } = proposed.body.data;
    expect((await act(deal, "accept", place.candidate)).body.data.state).toBe("awaiting_candidate_recruiter");
    expect((await act(deal, "approve-gate", place.candidateRecruiter!)).status).toBe(409);
    const as = submitter === "candidate" ? place.candidate : place.candidateRecruiter!;
    const submitted = await world.call("POST", `applications/${applicationId}/submit`, { as, body: {} });
    expect(submitted.body.data.stage).toBe(submitter === "candidate" ? "recruiter_review" : "submitted");
    expect((await eventsOf(deal)).filter((type) => type === "cra.gate.awaiting_review")).toHaveLength(1);
    expect(await eventsOf(deal)).toContain("cra.accepted");
  }
});

it("a declined proposal ends with its reason and frees the pair", async () => {
  const place = await stage({ closer: true });
  const body = {
    job_id: place.jobId,
    candidate_id: place.candidate.candidateId,
    proposal_type: "opportunity",
    notes: "You would like them.",
  };
  const propose = () => world.call("POST", "candidate-role-assignments/propose", { as: place.candidateRecruiter!, body });
  const { id: deal } = (await propose()).body.data;
  expect((await act(deal, "decline", place.candidateRecruiter!, { reason: "location" })).status).toBe(403);
  expect((await act(deal, "decline", place.candidate, { reason: "location" })).body.data.state).toBe("declined");
  expect(await eventsOf(deal)).toContain("cra.declined");
  expect((await act(deal, "accept", place.candidate)).status).toBe(409);
  expect((await propose()).status).toBe(201);
});

it("scenario 60: a screening without a change is warned of, expires, and can be taken up again while nothing else is live", async () => {
  const place = await stage({ client: true });
  const admin = await world.platformAdmin();
  const { id: applicationId, assignment_id: deal } = (await submit(place, place.candidate)).body.data;
  const reactivate = () => world.call("POST", `applications/${applicationId}/reactivate`, { as: admin, body: { reason: "scenario 60" } });

  await world.database.setClock(12 * 86_400 + 60);
  await world.cron("* * * * *");
  await world.cron("* * * * *");
  expect((await eventsOf(applicationId)).filter((type) => type === "application.expiration_warning")).toHaveLength(1);
  await world.database.setClock(14 * 86_400 + 60);
  await world.cron("* * * * *");
  expect((await craOf(deal)).state).toBe("timed_out");
  expect((await reactivate()).body.data).toMatchObject({ stage: "screen" });
  expect((await craOf(deal)).state).toBe("awaiting_company_recruiter");

  await world.database.setClock(29 * 86_400);
  await world.cron("* * * * *");
  expect((await craOf(deal)).state).toBe("timed_out");
  expect((await submit(place, place.candidate)).status).toBe(200);
  expect((await reactivate()).status).toBe(409);
  await world.database.setClock(0);
});

it("the candidate accepts the company's offer, once, and everybody hears it", async () => {
  const place = await passed({ closer: true });
  for (const state of ["screen", "in_process", "offer"])
    expect((await act(place.deal, "advance", place.admin, { state })).status).toBe(200);
  const accept = (as: Person) => world.call("POST", `applications/${place.applicationId}/accept-offer`, { as, body: {} });
  expect((await accept(place.admin)).status).toBe(403);
  expect((await accept(place.candidate)).body.data.accepted_by_candidate).toBe(true);
  expect((await accept(place.candidate)).status).toBe(409);
  expect((await eventsOf(place.applicationId)).filter((type) => type === "application.offer_accepted")).toHaveLength(1);
});
