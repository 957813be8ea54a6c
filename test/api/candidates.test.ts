import { sql } from "drizzle-orm";
import { applications, candidateRoleAssignments, candidates, documents, jobs } from "#db/schema/ats.ts";
import { candidateSourcers, recruiterCandidates } from "#db/schema/network.ts";
import { outbox } from "#db/schema/ops.ts";
import { marketplace, type Person } from "#test/api.ts";
import { expect, it } from "vitest";

const world = await marketplace();
const platformAdmin = await world.platformAdmin();

const rowsOf = async (as: Person, query = "") =>
  (await world.call("GET", `candidates${query}`, { as })).body.data as { id: string; [field: string]: unknown }[];
const idsOf = async (as: Person, query = "") => (await rowsOf(as, query)).map(({ id }) => id);

const CONTACT = {
  phone: "+1 555 0100",
  linkedinUrl: "https://linkedin.test/in/kim",
  githubUrl: "https://github.test/kim",
  portfolioUrl: "https://kim.test",
};

async function someone(fields: Partial<typeof candidates.$inferInsert> = {}): Promise<{ id: string; email: string }> {
  const email = `c.${crypto.randomUUID()}@people.test`;
  const [row] = await world.db.writer
    .insert(candidates)
    .values({ email, fullName: "Kim", ...CONTACT, ...fields })
    .returning({ id: candidates.id });
  return { id: row?.id ?? "", email };
}

/** A deal at the company's gate, or past it. */
async function deal(companyId: string, candidateId: string, proposedBy: Person, past: boolean, candidateRecruiterId: string | null = null) {
  const [job] = await world.db.writer.insert(jobs).values({ companyId, title: "Engineer", status: "active" }).returning({ id: jobs.id });
  const ids = { application: crypto.randomUUID(), deal: crypto.randomUUID() };
  const shared = { jobId: job?.id ?? "", companyId, candidateId, candidateRecruiterId };
  await world.db.writer.batch([
    world.db.writer
      .insert(applications)
      .values({ id: ids.application, ...shared, stage: past ? "company_review" : "submitted", submittedAt: new Date() }),
    world.db.writer.insert(candidateRoleAssignments).values({
      id: ids.deal,
      ...shared,
      proposedBy: proposedBy.userId,
      hasCandidateRecruiter: candidateRecruiterId !== null,
      applicationId: ids.application,
      state: past ? "submitted_to_company" : "awaiting_company",
      currentGate: past ? "none" : "company",
      gateSequence: ["company"],
      reachedCompanyAt: new Date(),
      gatesPassedAt: past ? new Date() : null,
    }),
  ]);
  return ids;
}

it("scenario 6: /candidates/me is the caller's record, or 404, and never an id", async () => {
  const nobody = await world.person();
  const missing = await world.call("GET", "candidates/me", { as: nobody });
  expect([missing.status, missing.body.code]).toEqual([404, "not_found"]);
  const recruiter = await world.recruiter();
  expect((await world.call("GET", "candidates/me", { as: recruiter })).status).toBe(404);
  const candidate = await world.candidate("Me");
  const me = await world.call("GET", "candidates/me?include=applications,recruiter_candidates,documents,user", { as: candidate });
  expect(me.status).toBe(200);
  expect(me.body.data).toMatchObject({
    id: candidate.candidateId,
    email: candidate.email,
    contact_visible: true,
    applications: [],
    user: { id: candidate.userId, email: candidate.email },
  });
  expect((await world.call("GET", "candidates/me")).status).toBe(401);
});

it("shows who is only a candidate exactly their own row", async () => {
  const candidate = await world.candidate();
  await someone({ marketplaceVisibility: "public" });
  const list = await world.call("GET", "candidates?limit=1", { as: candidate });
  expect(list.body.pagination.total).toBe(1);
  expect(list.body.data[0].id).toBe(candidate.candidateId);
  expect((await world.call("GET", `candidates/${(await someone()).id}`, { as: candidate })).status).toBe(404);
});

it("makes the recruiter who enters a candidate their sourcer, in the same commit", async () => {
  const recruiter = await world.recruiter();
  const answer = await world.call("POST", "candidates", {
    as: recruiter,
    body: { email: " New.One@People.test ", full_name: "New One", skills: ["go"], desired_salary_min: "90000.00" },
  });
  expect(answer.status).toBe(201);
  const { id } = answer.body.data;
  expect(answer.body.data).toMatchObject({ email: "n•••@•••", contact_visible: false, full_name: "New One" });
  expect((await world.call("GET", `candidates/${id}`, { as: recruiter })).body.data).toEqual(answer.body.data);
  expect(
    await world.db.writer
      .select()
      .from(candidateSourcers)
      .where(sql`candidate_id = ${id}`),
  ).toMatchObject([{ sourcerRecruiterId: recruiter.recruiterId }]);
  const events = await world.db.writer
    .select()
    .from(outbox)
    .where(sql`subject_id = ${id}`)
    .orderBy(outbox.id);
  expect(events.map(({ eventType }) => eventType)).toEqual(["candidate.created", "candidate.sourced"]);
  expect(JSON.stringify(events)).not.toContain("people.test");
  expect(await idsOf(recruiter, "?scope=sourced")).toEqual([id]);
  expect(await idsOf(recruiter, "?scope=mine")).toEqual([]);
});

it("scenario 17: a known address is refused, and the first sourcer stays", async () => {
  const [first, second] = [await world.recruiter(), await world.recruiter()];
  const body = { email: "seventeen@people.test", full_name: "Seventeen" };
  const { id } = (await world.call("POST", "candidates", { as: first, body })).body.data;
  const refused = await world.call("POST", "candidates", { as: second, body: { ...body, email: "SEVENTEEN@people.test" } });
  expect([refused.status, refused.body.code]).toEqual([409, "candidate_exists"]);
  expect(refused.body).not.toHaveProperty("candidate_id");
  const own = await world.call("POST", "candidates", { as: first, body });
  expect([own.status, own.body.candidate_id]).toEqual([409, id]);
  expect(
    await world.db.writer
      .select()
      .from(candidateSourcers)
      .where(sql`candidate_id = ${id}`),
  ).toMatchObject([{ sourcerRecruiterId: first.recruiterId }]);
});

it("lets one of two recruiters who enter the same person at once be first", async () => {
  const pair = [await world.recruiter(), await world.recruiter()];
  const answers = await Promise.all(
    pair.map((as) => world.call("POST", "candidates", { as, body: { email: "at.once@people.test", full_name: "At Once" } })),
  );
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409]);
  expect(
    await world.db.writer
      .select()
      .from(candidateSourcers)
      .where(sql`candidate_id in (select id from ats.candidates where email = 'at.once@people.test')`),
  ).toHaveLength(1);
});

it("lets a person enter themselves alone, without a sourcer, and claim what was entered for them", async () => {
  const person = await world.person("Self");
  expect(
    (await world.call("POST", "candidates", { as: person, body: { email: "somebody.else@people.test", full_name: "Else" } })).status,
  ).toBe(403);
  const made = await world.call("POST", "candidates", {
    as: person,
    body: { email: person.email, full_name: "Self", data_sharing_consent: true },
  });
  expect(made.status).toBe(201);
  expect(made.body.data).toMatchObject({ email: person.email, user_id: person.userId, data_sharing_consent: true });
  expect(
    await world.db.writer
      .select()
      .from(candidateSourcers)
      .where(sql`candidate_id = ${made.body.data.id}`),
  ).toEqual([]);
  expect((await world.call("POST", "candidates", { as: person, body: { email: person.email, full_name: "Twice" } })).status).toBe(409);

  const recruiter = await world.recruiter();
  const brought = await world.person("Brought");
  const { id } = (await world.call("POST", "candidates", { as: recruiter, body: { email: brought.email, full_name: "Brought" } })).body
    .data;
  const claimed = await world.call("POST", "candidates", { as: brought, body: { email: brought.email, full_name: "Really Brought" } });
  expect([claimed.status, claimed.body.data.id, claimed.body.data.full_name]).toEqual([201, id, "Really Brought"]);
  expect((await world.call("GET", "candidates/me", { as: brought })).body.data.id).toBe(id);
});

it("refuses whoever may not bring candidates", async () => {
  const body = { email: "not.brought@people.test", full_name: "Not" };
  const suspended = await world.call("POST", "candidates", { as: await world.recruiter("Suspended", "suspended"), body });
  expect([suspended.status, suspended.body.code]).toEqual([403, "recruiter_not_active"]);
  expect((await world.call("POST", "candidates", { as: await world.member(await world.company()), body })).status).toBe(403);
  const entered = await world.call("POST", "candidates", { as: platformAdmin, body });
  expect(entered.body.data).toMatchObject({ email: body.email, contact_visible: true });
  expect((await world.call("POST", "candidates", { as: platformAdmin, body: { ...body, email: "nonsense" } })).status).toBe(422);
  expect(
    (
      await world.call("POST", "candidates", {
        as: platformAdmin,
        body: { email: "pay@people.test", full_name: "Pay", desired_salary_min_cents: 200, desired_salary_max_cents: 100 },
      })
    ).status,
  ).toBe(422);
});

it("shows a company the candidates that reached it, and how to reach them once its gate is passed", async () => {
  const acme = await world.company();
  const [owner, manager, stranger] = [
    await world.member(acme),
    await world.member(acme, "hiring_manager"),
    await world.member(await world.company("Other")),
  ];
  const candidate = await someone();
  const { id } = candidate;
  expect((await world.call("GET", `candidates/${id}`, { as: owner })).status).toBe(404);

  const ids = await deal(acme.id, id, platformAdmin, false);
  for (const as of [owner, manager]) {
    const { data } = (await world.call("GET", `candidates/${id}`, { as })).body;
    expect(data).toMatchObject({
      contact_visible: false,
      email: "c•••@•••",
      phone: "•••",
      linkedin_url: "•••",
      github_url: "•••",
      portfolio_url: "•••",
    });
    expect(JSON.stringify(data)).not.toContain(candidate.email);
  }
  expect(await idsOf(owner, `?email=${candidate.email}`)).toEqual([]);
  expect((await world.call("GET", `candidates/${id}`, { as: stranger })).status).toBe(404);
  expect(await idsOf(stranger)).toEqual([]);
  expect((await world.call("GET", `candidates/${id}?include=recruiter_candidates`, { as: owner })).status).toBe(403);

  await world.db.writer.batch([
    world.db.writer
      .update(applications)
      .set({ stage: "company_review" })
      .where(sql`id = ${ids.application}`),
    world.db.writer
      .update(candidateRoleAssignments)
      .set({ state: "submitted_to_company", currentGate: "none", gatesPassedAt: new Date() })
      .where(sql`id = ${ids.deal}`),
  ]);
  const { data } = (await world.call("GET", `candidates/${id}?include=applications`, { as: owner })).body;
  expect(data).toMatchObject({
    contact_visible: true,
    email: candidate.email,
    phone: CONTACT.phone,
    linkedin_url: CONTACT.linkedinUrl,
    applications: [{ id: ids.application, stage: "company_review" }],
  });
  expect(await idsOf(manager, `?email=${candidate.email}`)).toEqual([id]);
});

it("shows recruiters contact data of whom they represent or have a deal with, and of nobody else", async () => {
  const [sourcer, representing, dealing, stranger] = [
    await world.recruiter(),
    await world.recruiter(),
    await world.recruiter(),
    await world.recruiter(),
  ];
  const candidate = await someone();
  const { id } = candidate;
  await world.db.writer.insert(candidateSourcers).values({ candidateId: id, sourcerRecruiterId: sourcer.recruiterId });
  await world.db.writer
    .insert(recruiterCandidates)
    .values({ recruiterId: representing.recruiterId, candidateId: id, status: "active", consentGiven: true, consentGivenAt: new Date() });
  await deal((await world.company()).id, id, dealing, false, dealing.recruiterId);
  await world.db.writer.insert(documents).values({
    entityType: "candidate",
    entityId: id,
    documentType: "resume",
    filename: "cv.pdf",
    storageKey: "k",
    contentType: "application/pdf",
    fileSize: 1,
  });

  const seen = async (as: Person) => {
    const { status, body } = await world.call("GET", `candidates/${id}?include=documents,recruiter_candidates`, { as });
    return status === 200 ? [body.data.contact_visible, body.data.documents.length, body.data.recruiter_candidates.length] : status;
  };
  expect(await seen(sourcer)).toEqual([false, 0, 0]);
  expect(await seen(representing)).toEqual([true, 1, 1]);
  expect(await seen(dealing)).toEqual([true, 1, 0]);
  expect(await seen(stranger)).toBe(404);
  expect(await idsOf(representing, "?scope=mine&has_resume=true&has_account=false")).toEqual([id]);
  expect(await idsOf(representing, "?scope=mine&has_resume=false")).toEqual([]);
  expect(await idsOf(sourcer, `?email=${candidate.email}`)).toEqual([]);
});

it("shows public profiles to active recruiters as the person wishes", async () => {
  const [recruiter, suspended] = [await world.recruiter(), await world.recruiter("Gone", "suspended")];
  const fields = {
    marketplaceVisibility: "public",
    location: "Lisbon",
    currentCompany: "Hidden Harbour",
    currentTitle: "Engineer",
    desiredSalaryMin: 1_000_00,
  } as never;
  const shy = await someone({ ...(fields as object), showLocation: false, showCurrentCompany: false });
  const open = await someone({ ...(fields as object), showEmail: true, showPhone: true, showSalaryExpectations: true });
  const limited = await someone();

  const shyRow = (await world.call("GET", `candidates/${shy.id}`, { as: recruiter })).body.data;
  expect(shyRow).toMatchObject({
    email: "c•••@•••",
    phone: "•••",
    linkedin_url: "•••",
    location: null,
    current_company: null,
    current_title: "Engineer",
  });
  expect(shyRow).not.toHaveProperty("desired_salary_min");
  expect(shyRow).not.toHaveProperty("show_email");
  expect((await world.call("GET", `candidates/${open.id}`, { as: recruiter })).body.data).toMatchObject({
    email: open.email,
    phone: CONTACT.phone,
    linkedin_url: "•••",
    location: "Lisbon",
    current_company: "Hidden Harbour",
    desired_salary_min: "1000.00",
    contact_visible: false,
  });
  expect((await world.call("GET", `candidates/${limited.id}`, { as: recruiter })).status).toBe(404);
  expect((await world.call("GET", `candidates/${open.id}`, { as: suspended })).status).toBe(404);

  // what is hidden cannot be found by it either
  expect(await idsOf(recruiter, "?search=hidden%20harbour")).toEqual([open.id]);
  expect(await idsOf(recruiter, "?location=lisbon")).toEqual([open.id]);
  expect(await idsOf(recruiter, `?email=${open.email}`)).toEqual([open.id]);
  expect(await idsOf(recruiter, `?email=${shy.email}`)).toEqual([]);
});

it("lets candidates change their own profile, and platform admins everything", async () => {
  const candidate = await world.candidate();
  const recruiter = await world.recruiter();
  await world.db.writer.insert(candidateSourcers).values({ candidateId: candidate.candidateId, sourcerRecruiterId: recruiter.recruiterId });
  const changed = await world.call("PATCH", "candidates/me", {
    as: candidate,
    body: { bio: "Hello", desired_salary_max_cents: 12_000_000, phone: null, version: 1 },
  });
  expect(changed.body.data).toMatchObject({ bio: "Hello", desired_salary_max: "120000.00", version: 2 });
  expect(changed.headers.get("etag")).toBe('"2"');
  expect((await world.call("PATCH", "candidates/me", { as: candidate, body: { bio: "Late", version: 1 } })).status).toBe(412);
  expect(
    (await world.call("PATCH", `candidates/${candidate.candidateId}`, { as: candidate, body: { verification_status: "verified" } })).status,
  ).toBe(403);
  expect(
    (await world.call("PATCH", `candidates/${candidate.candidateId}`, { as: candidate, body: { email: "x@people.test" } })).status,
  ).toBe(403);
  expect((await world.call("PATCH", `candidates/${candidate.candidateId}`, { as: recruiter, body: { bio: "Not mine" } })).status).toBe(403);
  expect(
    (await world.call("PATCH", `candidates/${candidate.candidateId}`, { as: await world.recruiter(), body: { bio: "Hidden" } })).status,
  ).toBe(404);
  expect((await world.call("PATCH", "candidates/me", { as: candidate, body: { user_id: candidate.userId } })).status).toBe(422);
  const verified = await world.call("PATCH", `candidates/${candidate.candidateId}`, {
    as: platformAdmin,
    body: { verification_status: "verified", reason: "Seen the passport" },
  });
  const unreasoned = { as: platformAdmin, body: { verification_status: "rejected" } };
  expect((await world.call("PATCH", `candidates/${candidate.candidateId}`, unreasoned)).body.errors).toEqual([
    expect.objectContaining({ pointer: "/reason", code: "required" }),
  ]);
  expect(verified.body.data).toMatchObject({ verification_status: "verified", verified_by: platformAdmin.userId });
});

it("removes a candidate softly: by who entered them without deals, or by platform admins", async () => {
  const [recruiter, other] = [await world.recruiter(), await world.recruiter()];
  const entered = async (email: string) =>
    (await world.call("POST", "candidates", { as: recruiter, body: { email, full_name: "Removed" } })).body.data.id as string;
  const plain = await entered("removed.1@people.test");
  expect((await world.call("DELETE", `candidates/${plain}`, { as: other })).status).toBe(404);
  expect((await world.call("DELETE", `candidates/${plain}`, { as: recruiter })).body).toEqual({ data: { id: plain, deleted: true } });
  expect((await world.call("GET", `candidates/${plain}`, { as: recruiter })).status).toBe(404);
  const busy = await entered("removed.2@people.test");
  await deal((await world.company()).id, busy, recruiter, false, recruiter.recruiterId);
  expect((await world.call("DELETE", `candidates/${busy}`, { as: recruiter })).status).toBe(409);
  const self = await world.candidate();
  expect((await world.call("DELETE", `candidates/${self.candidateId}`, { as: self })).status).toBe(403);
  expect((await world.call("DELETE", `candidates/${self.candidateId}?reason=asked`, { as: platformAdmin })).status).toBe(200);
});

it("refuses unknown filters, sorts and includes by their name", async () => {
  const as = await world.recruiter();
  for (const [query, pointer] of [
    ["?scope=everything", "query:scope"],
    ["?sort_by=email", "query:sort_by"],
    ["?include=secrets", "query:include"],
    ["?has_resume=maybe", "query:has_resume"],
  ]) {
    const answer = await world.call("GET", `candidates${query}`, { as });
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, pointer]);
  }
  expect((await world.call("GET", "candidates?sort_by=full_name&sort_order=asc", { as })).status).toBe(200);
  expect((await world.call("GET", "candidates")).status).toBe(401);
  expect((await world.call("GET", "candidates", { as: await world.person() })).status).toBe(403);
});

it("reads a page with every include in one trip", async () => {
  const answer = await world.call("GET", "candidates?include=applications,recruiter_candidates,documents,user", { as: platformAdmin });
  expect(answer.status).toBe(200);
  const { round_trips, statements } = await world.database.counts(answer.headers.get("x-request-id") ?? "");
  expect(round_trips).toBe(1);
  expect(statements).toBeLessThanOrEqual(6);
});
