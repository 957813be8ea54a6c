import { sql } from "drizzle-orm";
import { companies } from "#db/schema/ats.ts";
import { recruiters } from "#db/schema/network.ts";
import { outbox } from "#db/schema/ops.ts";
import { marketplace, type Person } from "#test/api.ts";
import { expect, it } from "vitest";

const world = await marketplace();

const eventsOf = async (id: string) =>
  (
    await world.db.writer
      .select()
      .from(outbox)
      .where(sql`subject_id = ${id}`)
      .orderBy(outbox.id)
  ).map(({ eventType }) => eventType);

const respond = (id: string, as: Person, body: unknown) => world.call("POST", `recruiter-companies/${id}/respond`, { as, body });

async function pair() {
  const acme = await world.company();
  const [recruiter, owner, manager] = [await world.recruiter(), await world.member(acme), await world.member(acme, "hiring_manager")];
  await world.db.writer
    .update(recruiters)
    .set({ marketplaceEnabled: true, marketplaceVisibility: "public" })
    .where(sql`id = ${recruiter.recruiterId}`);
  return { acme, recruiter, owner, manager };
}

it("lets a recruiter ask and the company's admin answer with permissions", async () => {
  const { acme, recruiter, owner, manager } = await pair();
  const asked = await world.call("POST", "recruiter-companies", {
    as: recruiter,
    body: { company_id: acme.id, request_message: "Hello", terms_acknowledged: true },
  });
  expect(asked.status).toBe(201);
  expect(asked.body.data).toMatchObject({
    status: "pending",
    invited_by: null,
    request_message: "Hello",
    permissions: { can_view_jobs: true, can_advance_candidates: true, can_create_jobs: false, can_edit_jobs: false },
  });
  expect(asked.body.data.terms_acknowledged_at).not.toBeNull();
  const { id } = asked.body.data;
  expect((await world.call("POST", "recruiter-companies", { as: recruiter, body: { company_id: acme.id } })).status).toBe(409);
  expect((await respond(id, recruiter, { decision: "accept" })).status).toBe(403);
  expect((await respond(id, manager, { decision: "accept" })).status).toBe(403);
  expect((await respond(id, await world.member(await world.company()), { decision: "accept" })).status).toBe(404);
  const accepted = await respond(id, owner, { decision: "accept", permissions: { can_create_jobs: true } });
  expect(accepted.body.data).toMatchObject({
    status: "active",
    permissions: { can_create_jobs: true, can_edit_jobs: false, can_view_jobs: true },
  });
  expect((await respond(id, owner, { decision: "decline" })).body).toMatchObject({
    status: 409,
    code: "invalid_transition",
    from: "active",
  });
  expect(await eventsOf(id)).toEqual(["recruiter_company.connection_requested", "recruiter_company.accepted"]);
  const list = await world.call("GET", `recruiter-companies?company_id=${acme.id}&status=active&include=recruiter,company`, {
    as: manager,
  });
  expect(list.body.data).toMatchObject([{ id, recruiter: { id: recruiter.recruiterId }, company: { id: acme.id, name: "Acme" } }]);
});

it("lets a company's admin invite and the recruiter answer", async () => {
  const { acme, recruiter, owner, manager } = await pair();
  const body = { company_id: acme.id, recruiter_id: recruiter.recruiterId, permissions: { can_edit_jobs: true } };
  expect((await world.call("POST", "recruiter-companies", { as: manager, body })).status).toBe(403);
  expect((await world.call("POST", "recruiter-companies", { as: await world.recruiter(), body })).status).toBe(403);
  const { id } = (await world.call("POST", "recruiter-companies", { as: owner, body })).body.data;
  expect((await respond(id, owner, { decision: "accept" })).status).toBe(403);
  expect((await respond(id, recruiter, { decision: "accept", permissions: { can_create_jobs: true } })).status).toBe(403);
  const accepted = await respond(id, recruiter, { decision: "accept", terms_acknowledged: true });
  expect(accepted.body.data).toMatchObject({
    status: "active",
    invited_by: owner.userId,
    permissions: { can_edit_jobs: true, can_create_jobs: false },
  });
  expect(await eventsOf(id)).toEqual(["recruiter_company.invited", "recruiter_company.accepted"]);

  const permitted = await world.call("PATCH", `recruiter-companies/${id}`, {
    as: owner,
    body: { permissions: { can_edit_jobs: false }, version: 2 },
  });
  expect(permitted.body.data.permissions).toMatchObject({ can_edit_jobs: false, can_view_jobs: true });
  expect(
    (await world.call("PATCH", `recruiter-companies/${id}`, { as: recruiter, body: { permissions: { can_edit_jobs: true } } })).status,
  ).toBe(403);
  expect((await world.call("PATCH", `recruiter-companies/${id}`, { as: owner, body: { status: "terminated" } })).status).toBe(422);

  expect((await world.call("POST", `recruiter-companies/${id}/terminate`, { as: recruiter, body: {} })).status).toBe(422);
  expect((await world.call("POST", `recruiter-companies/${id}/terminate`, { as: manager, body: { reason: "x" } })).status).toBe(403);
  const ended = await world.call("POST", `recruiter-companies/${id}/terminate`, { as: recruiter, body: { reason: "We part" } });
  expect(ended.body.data).toMatchObject({ status: "terminated", termination_reason: "We part", terminated_by: recruiter.userId });
  expect((await world.call("POST", "recruiter-companies", { as: recruiter, body: { company_id: acme.id } })).status).toBe(201);
});

it("refuses recruiters who are not active, and hides companies nobody may see", async () => {
  const { acme, recruiter } = await pair();
  const pending = await world.recruiter("Pending", "pending");
  expect((await world.call("POST", "recruiter-companies", { as: pending, body: { company_id: acme.id } })).body.code).toBe(
    "recruiter_not_active",
  );
  const shy = await world.company("Shy");
  await world.db.writer
    .update(companies)
    .set({ isMarketplaceListed: false })
    .where(sql`id = ${shy.id}`);
  expect((await world.call("POST", "recruiter-companies", { as: recruiter, body: { company_id: shy.id } })).status).toBe(404);
  const asked = await world.call("POST", "recruiter-companies", {
    as: recruiter,
    body: { company_id: acme.id, permissions: { can_create_jobs: true } },
  });
  expect(asked.status).toBe(403);
});

it("lets only the side that asked take it back, and keeps candidates out", async () => {
  const { acme, recruiter, owner } = await pair();
  const { id } = (await world.call("POST", "recruiter-companies", { as: recruiter, body: { company_id: acme.id } })).body.data;
  expect((await world.call("DELETE", `recruiter-companies/${id}`, { as: owner })).status).toBe(403);
  expect((await world.call("DELETE", `recruiter-companies/${id}`, { as: recruiter })).body).toEqual({ data: { id, deleted: true } });
  expect((await world.call("GET", `recruiter-companies/${id}`, { as: recruiter })).body.data.status).toBe("declined");
  const candidate = await world.candidate();
  expect((await world.call("GET", "recruiter-companies", { as: candidate })).status).toBe(403);
  expect((await world.call("GET", `recruiter-companies/${id}`, { as: candidate })).status).toBe(404);
  expect((await world.call("GET", `recruiter-companies/${id}`, { as: await world.recruiter() })).status).toBe(404);
});
