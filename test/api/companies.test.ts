import { eq } from "drizzle-orm";
import { candidates, candidateRoleAssignments, companies, jobs } from "#db/schema/ats.ts";
import { companySourcers, recruiterCompanies } from "#db/schema/network.ts";
import { outbox } from "#db/schema/ops.ts";
import { cacheSubscriber } from "#services/companies/cache-subscriber.ts";
import { marketplace } from "#test/api.ts";
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

const eventsOf = async (id: string) =>
  (await world.db.reader.select().from(outbox).where(eq(outbox.subjectId, id)).orderBy(outbox.id)).map(({ eventType, payload }) => [
    eventType,
    payload,
  ]);

describe("founding a company", () => {
  it("is for platform admins and admins of the whole organization", async () => {
    const acme = await world.company();
    const [owner, scoped] = [await world.member(acme), await world.member(acme, "company_admin", true)];
    const body = { name: "Sister Söhne", organization_id: acme.organizationId, industry: "Software", website: "https://sister.example" };

    const made = await world.call("POST", "companies", { as: owner, body });
    expect(made.status).toBe(201);
    expect(made.body.data).toMatchObject({
      name: "Sister Söhne",
      organization_id: acme.organizationId,
      status: "active",
      is_marketplace_listed: true,
      version: 1,
    });
    expect(made.body.data.slug).toMatch(/^sister-sohne-/);
    expect(await eventsOf(made.body.data.id)).toEqual([["company.created", { company_id: made.body.data.id }]]);

    expect((await world.call("POST", "companies", { as: scoped, body })).status).toBe(403);
    expect((await world.call("POST", "companies", { as: await world.recruiter(), body })).status).toBe(404);
    expect(
      (await world.call("POST", "companies", { as: admin, body: { ...body, slug: made.body.data.slug, reason: "asked" } })).body.reason,
    ).toBe("slug_taken");
    for (const wrong of [{ website: "javascript:alert(1)" }, { name: "" }, { settings: { anything: 1 } }, { status: "inactive" }]) {
      expect((await world.call("POST", "companies", { as: admin, body: { ...body, ...wrong, reason: "asked" } })).body.code).toBe(
        "validation_failed",
      );
    }
  });

  it("happens once under one key", async () => {
    const acme = await world.company();
    const order = {
      as: admin,
      body: { name: "Once", organization_id: acme.organizationId, reason: "asked" },
      headers: { "idempotency-key": "found-once" },
    };
    const [first, second] = [await world.call("POST", "companies", order), await world.call("POST", "companies", order)];
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("idempotent-replayed")).toBe("true");
  });
});

describe("reading companies", () => {
  it("shows the public the profile of the listed ones", async () => {
    const listed = await world.company("Listed");
    const unlisted = await world.company("Unlisted");
    await world.db.writer.update(companies).set({ isMarketplaceListed: false }).where(eq(companies.id, unlisted.id));

    const seen = await world.call("GET", `companies/${listed.id}`);
    expect(seen.status).toBe(200);
    expect(seen.body.data).not.toHaveProperty("organization_id");
    expect(seen.body.data).not.toHaveProperty("settings");
    expect((await world.call("GET", `companies/${unlisted.id}`)).status).toBe(404);
    expect((await world.call("GET", "companies?search=unlisted")).body.data).toEqual([]);

    const owner = await world.member(unlisted);
    expect((await world.call("GET", `companies/${unlisted.id}`, { as: owner })).body.data).toMatchObject({
      organization_id: unlisted.organizationId,
      settings: {},
    });
  });

  it("shows recruiters whose jobs they see, and everything of those they work with", async () => {
    const acme = await world.company("Hidden Works");
    await world.db.writer.update(companies).set({ isMarketplaceListed: false }).where(eq(companies.id, acme.id));
    const robin = await world.recruiter();
    expect((await world.call("GET", `companies/${acme.id}`, { as: robin })).status).toBe(404);

    await world.db.writer.insert(jobs).values({ companyId: acme.id, title: "Open", status: "active" });
    expect((await world.call("GET", `companies/${acme.id}`, { as: robin })).body.data).not.toHaveProperty("settings");
    await world.db.writer
      .insert(recruiterCompanies)
      .values({ companyId: acme.id, recruiterId: robin.recruiterId, status: "active", permissions: PERMISSIONS });
    expect((await world.call("GET", `companies/${acme.id}`, { as: robin })).body.data).toHaveProperty("settings");
  });

  it("filters by industry, status and organization, and counts the jobs in sight", async () => {
    const acme = await world.company("Counted");
    await world.db.writer.update(companies).set({ industry: "Ópticá" }).where(eq(companies.id, acme.id));
    await world.db.writer.insert(jobs).values([
      { companyId: acme.id, title: "Open", status: "active" },
      { companyId: acme.id, title: "Draft", status: "draft" },
    ]);
    const owner = await world.member(acme);
    const count = async (options = {}) =>
      (await world.call("GET", "companies?industry=optica&include=jobs_count", options)).body.data.map(
        (row: { jobs_count: number }) => row.jobs_count,
      );
    expect(await count()).toEqual([1]);
    expect(await count({ as: owner })).toEqual([2]);
    expect((await world.call("GET", `companies?organization_id=${acme.organizationId}`, { as: owner })).body.data).toHaveLength(1);
    expect((await world.call("GET", `companies?organization_id=${acme.organizationId}`)).body.data).toEqual([]);
    expect((await world.call("GET", "companies?include=jobs_count&industry=optica&status=inactive")).body.data).toEqual([]);
    const empty = await world.company("Empty");
    expect((await world.call("GET", `companies/${empty.id}?include=jobs_count`)).body.data.jobs_count).toBe(0);
  });

  it("tells who sourced a company to platform admins alone", async () => {
    const acme = await world.company("Sourced");
    const robin = await world.recruiter();
    await world.db.writer.insert(companySourcers).values({ companyId: acme.id, sourcerRecruiterId: robin.recruiterId });
    const path = `companies/${acme.id}?include=sourcer`;
    expect((await world.call("GET", path, { as: admin })).body.data.sourcer).toMatchObject({ recruiter_id: robin.recruiterId });
    expect((await world.call("GET", path, { as: await world.member(acme) })).status).toBe(403);
    expect((await world.call("GET", path)).status).toBe(403);
    expect((await world.call("GET", `companies/${acme.id}?include=everything`)).status).toBe(400);
  });
});

describe("changing a company", () => {
  it("is for its admins, and announced", async () => {
    const acme = await world.company();
    const [owner, manager, other] = [
      await world.member(acme),
      await world.member(acme, "hiring_manager"),
      await world.member(await world.company("Other")),
    ];
    const path = `companies/${acme.id}`;
    const changed = await world.call("PATCH", path, {
      as: owner,
      body: { industry: "Tools", settings: { hiring_manager_may_hire: true } },
      headers: { "if-match": '"1"' },
    });
    expect(changed.body.data).toMatchObject({ industry: "Tools", settings: { hiring_manager_may_hire: true }, version: 2 });
    expect(changed.headers.get("etag")).toBe('"2"');
    expect(await eventsOf(acme.id)).toEqual([["company.updated", { company_id: acme.id, updated_fields: ["industry", "settings"] }]]);
    expect((await world.call("PATCH", path, { as: owner, body: { industry: null }, headers: { "if-match": '"1"' } })).status).toBe(412);
    expect((await world.call("PATCH", path, { as: owner, body: { industry: null } })).body.data.industry).toBeNull();
    expect((await world.call("PATCH", path, { as: manager, body: { industry: "No" } })).status).toBe(403);
    expect((await world.call("PATCH", path, { as: other, body: { industry: "No" } })).status).toBe(403);
    expect((await world.call("PATCH", path, { as: owner, body: { status: "inactive" } })).status).toBe(403);
    expect((await world.call("PATCH", path, { as: admin, body: { status: "inactive", reason: "asked" } })).body.data.status).toBe(
      "inactive",
    );
    expect((await world.call("PATCH", path, { as: other, body: { industry: "No" } })).status).toBe(404);
  });
});

describe("removing a company", () => {
  it("waits for its jobs to close and its deals to end", async () => {
    const acme = await world.company();
    const owner = await world.member(acme);
    const [job] = await world.db.writer
      .insert(jobs)
      .values({ companyId: acme.id, title: "Open", status: "active" })
      .returning({ id: jobs.id });
    const [person] = await world.db.writer
      .insert(candidates)
      .values({ email: "deal@people.test", fullName: "Deal" })
      .returning({ id: candidates.id });
    const remove = () => world.call("DELETE", `companies/${acme.id}`, { as: owner });
    expect((await remove()).body.reason).toBe("open_jobs");

    await world.db.writer
      .update(jobs)
      .set({ status: "closed" })
      .where(eq(jobs.id, job?.id ?? ""));
    await world.db.writer
      .insert(candidateRoleAssignments)
      .values({ jobId: job?.id ?? "", companyId: acme.id, candidateId: person?.id ?? "", proposedBy: owner.userId, state: "screen" });
    expect((await remove()).body.reason).toBe("live_deals");
    await world.db.writer
      .update(candidateRoleAssignments)
      .set({ state: "withdrawn", closedAt: new Date() })
      .where(eq(candidateRoleAssignments.companyId, acme.id));
    expect((await remove()).body).toEqual({ data: { id: acme.id, deleted: true } });
    expect(await eventsOf(acme.id)).toEqual([["company.deleted", { company_id: acme.id }]]);
    expect(cacheSubscriber.hears).toContain("company.deleted"); // or its pages would go on being served
    expect((await world.call("GET", `companies/${acme.id}`)).status).toBe(404);
  });
});
