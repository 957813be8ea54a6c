import { eq } from "drizzle-orm";
import { jobs } from "#db/schema/ats.ts";
import { marketplace, type Person } from "#test/api.ts";
import { expect, it } from "vitest";

// DOMAIN §8.1, by number.

const world = await marketplace();

const get = (path: string, as?: Person) => world.call("GET", path, as ? { as } : {});
const idsOf = (body: { data: { id: string }[] }): string[] => body.data.map(({ id }) => id).toSorted();

async function job(companyId: string, more: Partial<typeof jobs.$inferInsert> = {}): Promise<string> {
  const [row] = await world.db.writer
    .insert(jobs)
    .values({ companyId, title: "Engineer", status: "active", ...more })
    .returning({ id: jobs.id });
  return row?.id ?? "";
}

it("scenario 2: a salary that is not shown is read by recruiters, not by candidates", async () => {
  const company = await world.company();
  const id = await job(company.id, { showSalaryRange: false, salaryMin: 10_000_000 as never, salaryMax: 12_000_000 as never });

  const forCandidate = (await get(`jobs/${id}`, await world.candidate())).body.data;
  expect(Object.keys(forCandidate).filter((key) => /^salary_(min|max)/.test(key))).toEqual([]);
  const forRecruiter = (await get(`jobs/${id}`, await world.recruiter())).body.data;
  expect(forRecruiter).toMatchObject({ salary_min: "100000.00", salary_min_cents: 10_000_000, salary_max_cents: 12_000_000 });
  // nor can it be found out by searching
  expect(idsOf((await get("jobs?salary_range=100k_150k", await world.candidate())).body)).not.toContain(id);
  expect(idsOf((await get("jobs?salary_range=100k_150k&limit=100", await world.recruiter())).body)).toContain(id);
  await world.db.writer.delete(jobs).where(eq(jobs.id, id));
});

it("scenario 3: a pending recruiter is refused jobs until a platform admin makes them active", async () => {
  const recruiter = await world.recruiter("Newcomer", "pending");
  const refused = await get("jobs", recruiter);
  expect([refused.status, refused.body.code]).toEqual([403, "recruiter_not_active"]);

  const admin = await world.platformAdmin();
  const approved = await world.call("PATCH", `recruiters/${recruiter.recruiterId}`, {
    as: admin,
    body: { status: "active", reason: "checked" },
  });
  expect(approved.status).toBe(200);
  expect((await get("jobs", recruiter)).status).toBe(200);
});

it("scenario 3, further: by a job's own address the pending recruiter reads what the public reads", async () => {
  const company = await world.company();
  const id = await job(company.id, { feePercentage: 2_000 as never, recruiterDescription: "Pays late" });
  const own = (await get(`jobs/${id}`, await world.recruiter("Newcomer", "pending"))).body.data;
  expect(own).toEqual((await get(`jobs/${id}`)).body.data);
  expect(own).not.toHaveProperty("fee_percentage");
});

it("scenario 6: /candidates/me is 404 without a record, and the record itself with one", async () => {
  const person = await world.person();
  const none = await get("candidates/me", person);
  expect([none.status, none.body.code]).toEqual([404, "not_found"]);

  const candidate = await world.candidate();
  const mine = await get("candidates/me", candidate);
  expect(mine.status).toBe(200);
  expect(mine.body.data).toMatchObject({ id: candidate.candidateId, email: candidate.email });
  // the same row as the list of whoever is only a candidate
  expect(idsOf((await get("candidates?limit=1", candidate)).body)).toEqual([candidate.candidateId]);
  // and not a row named "me"
  expect((await get("candidates/you", candidate)).status).toBe(400);
});

it("scenario 7: what a list does not offer is 400, and so is an id that is none", async () => {
  const sorted = await get("jobs?sort_by=password_hash");
  expect([sorted.status, sorted.body.code]).toEqual([400, "invalid_parameter"]);
  expect(sorted.body.errors).toEqual([expect.objectContaining({ pointer: "query:sort_by" })]);

  const included = await get("jobs?include=company,foo");
  expect([included.status, included.body.errors]).toEqual([400, [expect.objectContaining({ pointer: "query:include" })]]);
  const malformed = await get("jobs/not-a-uuid");
  expect([malformed.status, malformed.body.errors]).toEqual([400, [expect.objectContaining({ pointer: "path:id" })]]);
});

it("scenario 11: a hiring manager of one company sees its jobs, an org-wide member those of both", async () => {
  const first = await world.company("First");
  const second = await world.company("Second", first.organizationId);
  const [firstDraft, secondDraft] = [await job(first.id, { status: "draft" }), await job(second.id, { status: "draft" })];
  const seen = async (member: Person) => idsOf((await get("jobs?status=draft&limit=100", member)).body);

  expect(await seen(await world.member(first, "hiring_manager", true))).toEqual([firstDraft]);
  expect(await seen(await world.member(second, "hiring_manager", true))).toEqual([secondDraft]);
  expect(await seen(await world.member(first, "hiring_manager"))).toEqual([firstDraft, secondDraft].toSorted());
  expect(await seen(await world.member(await world.company("Elsewhere"), "company_admin"))).toEqual([]);
});
