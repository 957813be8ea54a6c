import { eq, sql } from "drizzle-orm";
import { jobs } from "#db/schema/ats.ts";
import { auditEvents } from "#db/schema/audit.ts";
import { memberships } from "#db/schema/identity.ts";
import { recruiterCandidates, recruiterCompanies } from "#db/schema/network.ts";
import { outbox } from "#db/schema/ops.ts";
import { marketplace, type Person } from "#test/api.ts";
import { expect, it } from "vitest";

const world = await marketplace();

const tracks = async () => {
  const [audits] = await world.db.writer.select({ count: sql<number>`count(*)::int` }).from(auditEvents);
  const [events] = await world.db.writer.select({ count: sql<number>`count(*)::int` }).from(outbox);
  return { audits: audits?.count, events: events?.count };
};

/** One of everything that a PATCH changes, as whoever may, with the fields to say again. */
async function everything(): Promise<Record<string, { as: Person; fields: readonly string[]; reason?: string }>> {
  const company = await world.company();
  const owner = await world.member(company);
  const [candidate, recruiter] = [await world.candidate(), await world.recruiter()];
  const [membership] = await world.db.writer.select().from(memberships).where(eq(memberships.userId, owner.userId));
  const made = async (as: Person, path: string, body: object): Promise<string> => {
    const { status, body: reply } = await world.call("POST", path, { as, body });
    expect([path, status]).toEqual([path, 201]);
    return reply.data.id;
  };
  const job = await made(owner, "jobs", { company_id: company.id, title: "Cook", salary_min_cents: 9_000_000, premium_type: ["urgent"] });
  await world.db.writer.update(jobs).set({ status: "active" }).where(eq(jobs.id, job));
  const requirement = await made(owner, "job-requirements", { job_id: job, requirement_type: "mandatory", description: "Patience" });
  const question = await made(owner, "job-pre-screen-questions", { job_id: job, question: "Why?", question_type: "text" });
  const application = await made(candidate, "applications", { job_id: job, candidate_id: candidate.candidateId, cover_letter: "Hello" });
  const note = await made(candidate, "application-notes", { application_id: application, message_text: "Soon" });
  const answer = await made(candidate, "job-pre-screen-answers", { application_id: application, question_id: question, answer: "So" });
  const admin = await world.platformAdmin();
  const agreed = { company_id: company.id, fee_percentage: "18", contract_start_date: "2026-01-01", reason: "Agreed" };
  const contract = await made(admin, "custom-contracts", agreed);
  const team = await made(recruiter, "teams", { name: "Three" });
  await world.call("PUT", `company-billing-profiles/${company.id}`, { as: owner, body: { billing_email: "books@acme.test" } });
  const [connection] = await world.db.writer
    .insert(recruiterCompanies)
    .values({ recruiterId: recruiter.recruiterId, companyId: company.id, status: "active", permissions: { can_view_jobs: true } as never })
    .returning();
  await world.db.writer
    .insert(recruiterCandidates)
    .values({ recruiterId: recruiter.recruiterId, candidateId: candidate.candidateId, status: "pending" });
  return {
    [`jobs/${job}`]: { as: owner, fields: ["title", "status", "salary_min", "fee_percentage", "premium_type", "closes_at"] },
    [`job-requirements/${requirement}`]: { as: owner, fields: ["description"] },
    [`job-pre-screen-questions/${question}`]: { as: owner, fields: ["question", "options"] },
    [`applications/${application}`]: { as: candidate, fields: ["cover_letter"] },
    [`application-notes/${note}`]: { as: candidate, fields: ["message_text"] },
    [`job-pre-screen-answers/${answer}`]: { as: candidate, fields: ["answer"] },
    [`candidates/${candidate.candidateId}`]: { as: candidate, fields: ["full_name", "skills", "data_sharing_consent"] },
    "candidates/me": { as: candidate, fields: ["full_name"] },
    [`recruiters/${recruiter.recruiterId}`]: { as: recruiter, fields: ["name", "status", "industries"] },
    "users/me": { as: owner, fields: ["name"] },
    [`companies/${company.id}`]: { as: owner, fields: ["name", "settings"] },
    [`organizations/${company.organizationId}`]: { as: owner, fields: ["name"] },
    [`memberships/${membership?.id}`]: { as: owner, fields: ["role_name", "company_id"] },
    [`teams/${team}`]: { as: recruiter, fields: ["name"] },
    [`company-billing-profiles/${company.id}`]: { as: owner, fields: ["billing_email", "billing_terms"] },
    [`custom-contracts/${contract}`]: { as: admin, fields: ["fee_percentage", "contract_start_date", "flat_fee_cents"], reason: "Agreed" },
    [`recruiter-companies/${connection?.id}`]: { as: owner, fields: ["permissions"] },
  };
}

it("a PATCH that says what is there answers the same version and leaves no trace", async () => {
  for (const [path, { as, fields, reason }] of Object.entries(await everything())) {
    const { headers, body } = await world.call("GET", path, { as });
    const again = Object.fromEntries(fields.map((field) => [field, body.data[field]]));
    const before = await tracks();
    for (const said of [again, {}]) {
      const answer = await world.call("PATCH", path, { as, body: reason ? { ...said, reason } : said });
      // some bodies must name something
      if (answer.status === 422 && said !== again) continue;
      expect([path, answer.status, answer.body.data?.version, answer.headers.get("etag")]).toEqual([
        path,
        200,
        body.data.version,
        headers.get("etag"),
      ]);
    }
    expect([path, await tracks()]).toEqual([path, before]);
  }
});

it("keeps the reply of such a PATCH under its key, and an old version is refused all the same", async () => {
  const company = await world.company();
  const as = await world.member(company);
  const path = `companies/${company.id}`;
  const { version, name } = (await world.call("GET", path, { as })).body.data;
  const keyed = { as, body: { name }, headers: { "idempotency-key": "same-name" } };
  const first = await world.call("PATCH", path, keyed);
  await world.call("PATCH", path, { as, body: { name: "Renamed" } });
  const second = await world.call("PATCH", path, keyed);
  expect([second.headers.get("idempotent-replayed"), second.body]).toEqual(["true", first.body]);
  expect((await world.call("GET", path, { as })).body.data.name).toBe("Renamed");
  expect((await world.call("PATCH", path, { as, body: { name: "Renamed", version } })).status).toBe(412);
});

it("tells of the fields that changed and of no other", async () => {
  const company = await world.company();
  const as = await world.member(company);
  const { name } = (await world.call("GET", `companies/${company.id}`, { as })).body.data;
  await world.call("PATCH", `companies/${company.id}`, { as, body: { name, industry: "Rockets" } });
  const [told] = await world.db.writer.select().from(outbox).where(eq(outbox.subjectId, company.id));
  expect(told?.payload).toMatchObject({ updated_fields: ["industry"] });
});
