import { sql } from "drizzle-orm";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { accountPlans, apiKeys } from "#db/schema/api.ts";
import { jobs } from "#db/schema/ats.ts";
import { idempotencyKeys } from "#db/schema/ops.ts";
import { type Answer, marketplace, type Marketplace, type Person } from "../api.ts";
import { type Key, keyOf } from "./keys.ts";

// The table of PLATFORM §9.

let world: Marketplace;
let account: { id: string; organizationId: string };
let admin: Person;
let key: Key;
let made = 0;

beforeAll(async () => void (world = await marketplace()));
afterEach(async () => {
  vi.useRealTimers();
  await world.database.setClock(0);
});

/** A company with a key, so that no test meets another's quota. */
async function another(): Promise<{ account: typeof account; admin: Person; key: Key }> {
  const company = await world.company();
  const person = await world.member(company);
  const made = { account: company, admin: person, key: await keyOf(world, { id: company.id, roleType: "company" }, person) };
  await world.db.writer.update(accountPlans).set({ customLimit: 10_000 });
  return made;
}

const fresh = async (): Promise<{ "idempotency-key": string }> => {
  ({ account, admin, key } = await another());
  return { "idempotency-key": crypto.randomUUID() };
};

const post = (headers: Record<string, string>, body: object | string = { title: "Cook" }, as: { token: string } = key): Promise<Answer> =>
  world.call("POST", "/api/v1/roles", { as, body, headers });

const replayed = ({ headers }: Answer) => headers.get("idempotent-replayed");
const codeOf = ({ status, body }: Answer) => [status, body.code];
const rolesOf = (companyId: string) =>
  world.db.writer
    .select()
    .from(jobs)
    .where(sql`company_id = ${companyId}`);
const stored = (headers: { "idempotency-key": string }) =>
  world.db.writer
    .select()
    .from(idempotencyKeys)
    .where(sql`key = ${headers["idempotency-key"]}`);

describe("an Idempotency-Key", () => {
  it("answers a repeat with the stored status, headers and bytes, and does nothing again", async () => {
    const headers = await fresh();
    const [first, again] = [await post(headers), await post(headers)];
    expect([first.status, again.status, replayed(first), replayed(again)]).toEqual([201, 201, null, "true"]);
    const [row] = await stored(headers);
    expect([JSON.stringify(first.body), JSON.stringify(again.body)]).toEqual([row?.body, row?.body]);
    for (const name of ["etag", "content-type"]) expect(again.headers.get(name)).toBe(first.headers.get(name));
    expect(await rolesOf(account.id)).toHaveLength(1);
    expect(row?.owner).toBe(`account:${account.id}`);
  });

  it("of eight at once makes one row and eight equal replies", async () => {
    const headers = await fresh();
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(headers)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 201));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(answers.filter((answer) => replayed(answer) === null)).toHaveLength(1);
    expect(await rolesOf(account.id)).toHaveLength(1);
  });

  it("with another body, path, query or method is 422", async () => {
    const headers = await fresh();
    const { body } = await post(headers);
    const path = `/api/v1/roles/${body.data.id}`;
    expect(codeOf(await post(headers, { title: "Baker" }))).toEqual([422, "idempotency_key_reused"]);
    expect(codeOf(await post(headers, '{ "title": "Cook" }'))).toEqual([422, "idempotency_key_reused"]); // the raw bytes count
    expect(codeOf(await world.call("PATCH", path, { as: key, body: { title: "Cook" }, headers }))).toEqual([422, "idempotency_key_reused"]);
    expect(replayed(await post(headers))).toBe("true");
  });

  it("of one account is another of another's", async () => {
    const headers = await fresh();
    const first = await post(headers);
    const other = await another();
    const theirs = await post(headers, { title: "Cook" }, other.key);
    expect([theirs.status, replayed(theirs)]).toEqual([201, null]);
    expect(theirs.body.data.id).not.toBe(first.body.data.id);
    expect(await stored(headers)).toHaveLength(2);
  });

  it("is the account's: another key of it, and its session, meet the same reply", async () => {
    const headers = await fresh();
    const first = await post(headers);
    const second = await keyOf(world, { id: account.id, roleType: "company" }, admin);
    for (const as of [second, admin]) {
      const again = await post(headers, { title: "Cook" }, as);
      expect([replayed(again), again.body]).toEqual(["true", first.body]);
    }
  });

  it("is not answered to a key that may not ask", async () => {
    const headers = await fresh();
    await post(headers);
    const reading = await keyOf(world, { id: account.id, roleType: "company" }, admin, { scopes: ["read:roles"] });
    expect(codeOf(await post(headers, { title: "Cook" }, reading))).toEqual([403, "insufficient_scope"]);
  });

  it("whose request is being committed waits, and after five seconds is 409 with Retry-After", async () => {
    const headers = await fresh();
    const fault = await world.database.fault({ match: "ops.begin_commit", action: "fail", code: "55P03", times: 3 });
    const waiting = await post(headers);
    await fault.release();
    expect([...codeOf(waiting), waiting.headers.get("retry-after")]).toEqual([409, "idempotency_in_progress", "1"]);
    expect((await post(headers)).status).toBe(201);
  });

  it("is forgotten after 24 hours", async () => {
    const headers = await fresh();
    const first = await post(headers);
    await world.database.setClock(25 * 3_600);
    const later = await post(headers);
    expect([later.status, replayed(later)]).toEqual([201, null]);
    expect(later.body.data.id).not.toBe(first.body.data.id);
  });

  it("keeps the final refusals of a verb", async () => {
    const headers = await fresh();
    const refused = { title: "Cook", salary_min_cents: 2, salary_max_cents: 1 };
    const [first, again] = [await post(headers, refused), await post(headers, refused)];
    expect([codeOf(first), replayed(first), again.body, replayed(again)]).toEqual([[422, "validation_failed"], null, first.body, "true"]);
  });

  it.each(["", "x".repeat(256), "schlüssel"])("of %j is 400", async (wrong) => {
    await fresh();
    expect(codeOf(await post({ "idempotency-key": wrong }))).toEqual([400, "idempotency_key_invalid"]);
  });
});

describe("what is never stored:", () => {
  it("401", async () => {
    const headers = await fresh();
    await world.db.writer
      .update(apiKeys)
      .set({ status: "revoked" })
      .where(sql`id = ${key.id}`);
    expect(codeOf(await post(headers))).toEqual([401, "revoked_credential"]);
    expect(await stored(headers)).toEqual([]);
  });

  it("403", async () => {
    const headers = await fresh();
    const manager = await world.member(account, "hiring_manager");
    const theirs = await keyOf(world, { id: account.id, roleType: "company" }, manager);
    expect(codeOf(await post(headers, { title: "Cook" }, theirs))).toEqual([403, "forbidden"]);
    expect(await stored(headers)).toEqual([]);
    expect((await post(headers)).status).toBe(201);
  });

  it("429", async () => {
    const headers = await fresh();
    await world.db.writer.execute(
      sql`insert into api.role_quotas (company_id, day, used) values (${account.id}, (now() at time zone 'utc')::date, 10)`,
    );
    expect(codeOf(await post(headers))).toEqual([429, "daily_role_quota"]);
    expect(await stored(headers)).toEqual([]);
  });

  it("429 of the limiter", async () => {
    const headers = await fresh();
    await world.db.writer
      .update(accountPlans)
      .set({ customLimit: 1 })
      .where(sql`account_id = ${account.id}`);
    const limited = await keyOf(world, { id: account.id, roleType: "company" }, admin);
    await world.call("GET", "/api/v1/me", { as: limited });
    expect(codeOf(await post(headers, { title: "Cook" }, limited))).toEqual([429, "rate_limited"]);
    expect(await stored(headers)).toEqual([]);
  });

  it.each([
    ["500", "22012", "internal"],
    ["503", "57P03", "service_unavailable"],
  ])("%s", async (status, code, word) => {
    const headers = await fresh();
    const fault = await world.database.fault({ match: "ops.begin_commit", action: "fail", code });
    expect(codeOf(await post(headers))).toEqual([Number(status), word]);
    await fault.release();
    expect(await stored(headers)).toEqual([]);
    expect((await post(headers)).status).toBe(201);
  });

  it("a shape that is wrong, and a version that is old", async () => {
    const headers = await fresh();
    expect(codeOf(await post(headers, { colour: "red" }))).toEqual([422, "validation_failed"]);
    const { body } = await post(headers);
    const again = { "idempotency-key": crypto.randomUUID() };
    const change = (tag: string) =>
      world.call("PATCH", `/api/v1/roles/${body.data.id}`, {
        as: key,
        body: { title: `Cook ${++made}` },
        headers: { ...again, "if-match": tag },
      });
    expect(codeOf(await change('"9"'))).toEqual([412, "precondition_failed"]);
    expect(await stored(again)).toEqual([]);
    expect((await change('"1"')).status).toBe(200);
  });
});
