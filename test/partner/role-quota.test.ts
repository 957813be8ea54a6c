import { eq, sql } from "drizzle-orm";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { jobs } from "#db/schema/ats.ts";
import { accountPlans, roleQuotas } from "#db/schema/api.ts";
import { auditEvents } from "#db/schema/audit.ts";
import { type Answer, marketplace, type Marketplace, type Person } from "../api.ts";
import { type Key, keyOf } from "./keys.ts";

let world: Marketplace;
let admin: Person;
let company: { id: string; organizationId: string };
let key: Key;

beforeAll(async () => void (world = await marketplace()));
afterEach(() => world.database.setClock(0));

async function another(): Promise<void> {
  company = await world.company();
  admin = await world.member(company);
  key = await keyOf(world, { id: company.id, roleType: "company" }, admin);
  await world.db.writer.update(accountPlans).set({ customLimit: 10_000 });
}

const post = (as: { token: string } = key, title = "Cook", headers: Record<string, string> = {}): Promise<Answer> =>
  world.call("POST", "/api/v1/roles", { as, body: { title }, headers });

const posted = async (): Promise<number> => (await world.db.writer.select().from(jobs).where(eq(jobs.companyId, company.id))).length;
const used = async () =>
  (await world.db.writer.select().from(roleQuotas).where(eq(roleQuotas.companyId, company.id))).map((row) => row.used);

/** Seconds from now to the next UTC midnight. */
const untilMidnight = (): number => 86_400 - Math.floor((Date.now() / 1_000) % 86_400);

describe("the daily role quota", () => {
  it("lets ten roles a day through and refuses the next until midnight, UTC", async () => {
    await another();
    for (let count = 0; count < 10; count++) expect((await post()).status).toBe(201);
    const refused = await post();
    expect([refused.status, refused.body.code]).toEqual([429, "daily_role_quota"]);
    const wait = Number(refused.headers.get("retry-after"));
    expect(Math.abs(wait - untilMidnight())).toBeLessThan(5);
    expect([await posted(), await used()]).toEqual([10, [10]]);
    await world.database.setClock(wait + 1);
    expect((await post()).status).toBe(201);
    expect((await used()).toSorted()).toEqual([1, 10]);
  });

  it("counts what was posted and nothing else: not a refusal, not a fault, not a repeat", async () => {
    await another();
    await world.call("POST", "/api/v1/roles", { as: key, body: { title: "Cook", salary_min_cents: 2, salary_max_cents: 1 } });
    const fault = await world.database.fault({ match: 'insert into "ops"."audit_events"', action: "fail", code: "57P03" });
    expect((await post()).status).toBe(503);
    await fault.release();
    expect(await used()).toEqual([]);
    const headers = { "idempotency-key": crypto.randomUUID() };
    for (let count = 0; count < 3; count++) expect((await post(key, "Cook", headers)).status).toBe(201);
    expect([await posted(), await used()]).toEqual([1, [1]]);
  });

  it("never lets an eleventh through, however many come at once", async () => {
    await another();
    for (let count = 0; count < 8; count++) await post();
    const answers = await Promise.all(Array.from({ length: 6 }, () => post()));
    for (const { status, body } of answers) expect([201, 409, 429], JSON.stringify(body)).toContain(status);
    const through = answers.filter(({ status }) => status === 201).length;
    expect(through).toBeLessThanOrEqual(2);
    expect([await posted(), await used()]).toEqual([8 + through, [8 + through]]);
  });

  it("is the company's, whoever posts: another key and a session are in it, another company is not", async () => {
    await another();
    const second = await keyOf(world, { id: company.id, roleType: "company" }, admin);
    for (let count = 0; count < 5; count++) await post();
    for (let count = 0; count < 5; count++) await post(second);
    expect((await post(admin)).status).toBe(429);
    const first = company;
    await another();
    expect(company.id).not.toBe(first.id);
    expect((await post()).status).toBe(201);
  });

  it("is not stored under a key, and does not hold v2", async () => {
    await another();
    await world.db.writer.insert(roleQuotas).values({ companyId: company.id, day: sql`(now() at time zone 'utc')::date`, used: 10 });
    const headers = { "idempotency-key": crypto.randomUUID() };
    expect((await post(key, "Cook", headers)).status).toBe(429);
    await world.db.writer.update(roleQuotas).set({ used: 9 }).where(eq(roleQuotas.companyId, company.id));
    expect((await post(key, "Cook", headers)).status).toBe(201);
    const inside = await world.call("POST", "jobs", { as: admin, body: { company_id: company.id, title: "Cook" } });
    expect([inside.status, await used()]).toEqual([201, [10]]);
  });
});

describe("POST /roles", () => {
  it("is for the account's own company unless another is named, which must be one's own as well", async () => {
    await another();
    expect((await post()).body.data).toMatchObject({ company_id: company.id, title: "Cook", status: "draft", currency: "usd" });
    const rival = await world.company();
    const theirs = await world.call("POST", "/api/v1/roles", { as: key, body: { company_id: rival.id, title: "Cook" } });
    expect(theirs.status).toBe(403);
    const platform = await world.platformAdmin();
    const theirKey = await keyOf(world, { id: platform.userId, roleType: "admin" }, platform);
    const unnamed = await post(theirKey);
    expect([unnamed.status, unnamed.body.errors?.[0]?.pointer]).toEqual([422, "/company_id"]);
  });

  it("is opened, paused, closed and merged by PATCH: absent stays, null clears", async () => {
    await another();
    const created = await world.call("POST", "/api/v1/roles", {
      as: key,
      body: { title: "Cook", location: "Berlin", department: "Kitchen" },
    });
    const path = `/api/v1/roles/${created.body.data.id}`;
    const change = (body: object) => world.call("PATCH", path, { as: key, body });
    const merged = await change({ location: null });
    expect([merged.body.data.location, merged.body.data.department]).toEqual([null, "Kitchen"]);
    for (const status of ["active", "paused", "active"]) expect((await change({ status })).body.data.status).toBe(status);
    const closed = await change({ status: "closed", closed_reason: "Hired inside" });
    expect([closed.body.data.status, closed.body.data.closed_reason]).toEqual(["closed", "Hired inside"]);
    expect((await change({ status: "filled" })).body.code).toBe("validation_failed");
    expect((await change({ status: "paused" })).body.code).toBe("invalid_transition");
  });

  it("is changed by a platform admin for a reason, which the audit keeps", async () => {
    await another();
    const platformAdmin = await world.platformAdmin();
    const created = await world.call("POST", "/api/v1/roles", { as: key, body: { title: "Baker" } });
    const change = (body: object) => world.call("PATCH", `/api/v1/roles/${created.body.data.id}`, { as: platformAdmin, body });
    const refused = await change({ title: "Pastry cook" });
    expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, "/reason"]);
    expect((await change({ title: "Pastry cook", reason: "Asked for by mail." })).body.data.title).toBe("Pastry cook");
    const rows = await world.db.reader
      .select({ reason: auditEvents.reason })
      .from(auditEvents)
      .where(eq(auditEvents.subjectId, created.body.data.id));
    expect(rows.map(({ reason }) => reason)).toContain("override: Asked for by mail.");
  });
});
