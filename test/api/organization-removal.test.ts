import { sql } from "drizzle-orm";
import { companies, jobs } from "#db/schema/ats.ts";
import { organizations } from "#db/schema/identity.ts";
import { marketplace } from "#test/api.ts";
import { expect, it } from "vitest";

const world = await marketplace();
const { db } = world;
const platformAdmin = await world.platformAdmin();

it("is the platform's doing, not the organization's own", async () => {
  const acme = await world.company();
  const [owner, stranger] = [await world.member(acme), await world.member(await world.company())];
  expect((await world.call("DELETE", `companies/${acme.id}`, { as: owner })).status).toBe(200);
  expect((await world.call("DELETE", `organizations/${acme.organizationId}`, { as: owner })).status).toBe(403);
  expect((await world.call("DELETE", `organizations/${acme.organizationId}`, { as: stranger })).status).toBe(404);
  expect((await world.call("DELETE", `organizations/${acme.organizationId}?reason=over`, { as: platformAdmin })).status).toBe(200);
});

it("leaves no company behind that was being founded at the same moment", async () => {
  const [organization] = await db.writer.insert(organizations).values({ name: "Race", slug: "race" }).returning();
  const fault = await world.database.fault({ match: 'insert into "ats"."companies"', action: "hold_before", times: 1 });
  const founding = world.call("POST", "companies", {
    as: platformAdmin,
    body: { organization_id: organization?.id, name: "Late", reason: "asked" },
  });
  await fault.held();
  expect((await world.call("DELETE", `organizations/${organization?.id}?reason=over`, { as: platformAdmin })).status).toBe(200);
  await fault.release();
  expect((await founding).status).toBe(404);
  expect(
    await db.writer
      .select()
      .from(companies)
      .where(sql`identity_organization_id = ${organization?.id}`),
  ).toEqual([]);
});

it("waits for the jobs of a company, each open status alike", async () => {
  const acme = await world.company();
  const owner = await world.member(acme);
  for (const open of ["pending", "active", "paused"] as const) {
    const [job] = await db.writer.insert(jobs).values({ companyId: acme.id, title: "Welder", status: open }).returning();
    const refused = await world.call("DELETE", `companies/${acme.id}`, { as: owner });
    expect([open, refused.status, refused.body.reason]).toEqual([open, 409, "open_jobs"]);
    await db.writer
      .update(jobs)
      .set({ status: "closed" })
      .where(sql`id = ${job?.id}`);
  }
  expect((await world.call("DELETE", `companies/${acme.id}`, { as: owner })).status).toBe(200);
});

it("deletes a company or posts its new job, never both", async () => {
  const post = (companyId: string) =>
    world.call("POST", "jobs", { as: platformAdmin, body: { company_id: companyId, title: "Late", status: "active" } });
  const remove = (companyId: string) => world.call("DELETE", `companies/${companyId}?reason=over`, { as: platformAdmin });

  const first = await world.company();
  const postLate = await world.database.fault({ match: 'insert into "ats"."jobs"', action: "hold_before", times: 1 });
  const posting = post(first.id);
  await postLate.held();
  expect((await remove(first.id)).status).toBe(200);
  await postLate.release();
  expect((await posting).status).toBe(404);

  const second = await world.company();
  const removeLate = await world.database.fault({ match: "guard_company_idle", action: "hold_before", times: 1 });
  const removing = remove(second.id);
  await removeLate.held();
  expect((await post(second.id)).status).toBe(201);
  await removeLate.release();
  const removed = await removing;
  expect([removed.status, removed.body.reason]).toEqual([409, "open_jobs"]);
});
