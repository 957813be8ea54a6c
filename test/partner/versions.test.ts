import { sql } from "drizzle-orm";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Answer, marketplace, type Marketplace } from "../api.ts";
import { type Key, keyOf } from "./keys.ts";

let world: Marketplace;
let key: Key;

beforeAll(async () => {
  world = await marketplace();
  const company = await world.company();
  key = await keyOf(world, { id: company.id, roleType: "company" }, await world.member(company));
});
afterEach(async () => {
  await world.db.writer.execute(sql`delete from api.api_versions where version <> 'v1'`);
  await world.db.writer.execute(sql`update api.api_versions set released_at = '2026-11-01Z', deprecated_at = null, sunset_at = null`);
});

const DAY = 86_400_000;
const NOW = Math.floor(Date.now() / 1_000) * 1_000;
const at = (days: number): string => new Date(NOW + days * DAY).toISOString();

/** The next version came, and v1 is announced to end; in days from now. */
async function announce({ released, deprecated, sunset }: { released: number; deprecated: number; sunset: number | null }): Promise<void> {
  await world.db.writer.execute(sql`update api.api_versions set released_at = ${at(released - 1_000)}`);
  await world.db.writer.execute(sql`insert into api.api_versions (version, released_at) values ('v2', ${at(released)})`);
  await world.db.writer.execute(
    sql`update api.api_versions set deprecated_at = ${at(deprecated)}, sunset_at = ${sunset === null ? null : at(sunset)} where version = 'v1'`,
  );
}

const get = (path = "/roles", as: { token: string } = key): Promise<Answer> => world.call("GET", `/api/v1${path}`, { as });
const notice = ({ headers }: Answer) => ["deprecation", "sunset", "link"].map((name) => headers.get(name));

describe("a version", () => {
  it("that is current says nothing of its end", async () => {
    expect(notice(await get())).toEqual([null, null, null]);
  });

  it("that is deprecated says so on every answer, without a trip of its own", async () => {
    await announce({ released: -30, deprecated: 10, sunset: 400 });
    const answer = await get("/roles?limit=5");
    const due = [
      `@${Date.parse(at(10)) / 1_000}`,
      new Date(at(400)).toUTCString(),
      '<http://127.0.0.1:8787/docs/migrate>; rel="deprecation", <http://127.0.0.1:8787/docs/policy>; rel="sunset", <http://127.0.0.1:8787/api/v2/roles>; rel="successor-version"',
    ];
    expect([answer.status, ...notice(answer)]).toEqual([200, ...due]);
    await get();
    expect((await world.database.counts((await get()).headers.get("x-request-id") ?? "")).round_trips).toBe(1);
    const refused = [await get("/roles?colour=red"), await get("/roles/42"), await get("/roles", { token: "snk_test_nothing" })];
    expect(refused.map(({ status }) => status)).toEqual([400, 400, 401]);
    for (const each of refused) expect(notice(each).slice(0, 2)).toEqual(due.slice(0, 2));
    for (const [, url] of answer.headers.get("link")?.matchAll(/<([^>]+)>; rel="(?:deprecation|sunset)"/g) ?? []) {
      expect([url, (await world.call("GET", new URL(url ?? "").pathname)).status]).toEqual([url, 200]);
    }
    // v2 has its own life
    expect(notice(await world.call("GET", "jobs", { as: key }))).toEqual([null, null, null]);
  });

  it("without a day for its end tells only that it is deprecated", async () => {
    await announce({ released: -30, deprecated: -10, sunset: null });
    const [deprecation, sunset, link] = notice(await get());
    expect([deprecation, sunset]).toEqual([`@${Date.parse(at(-10)) / 1_000}`, null]);
    expect(link).toContain('rel="deprecation"');
  });

  it("answers 410 from its end on, to reads and changes", async () => {
    await announce({ released: -800, deprecated: -400, sunset: -1 });
    for (const answer of [await get(), await get("/me"), await world.call("POST", "/api/v1/roles", { as: key, body: { title: "Cook" } })]) {
      expect([answer.status, answer.body.code]).toEqual([410, "version_sunset"]);
      expect(answer.headers.get("sunset")).toBe(new Date(at(-1)).toUTCString());
    }
  });

  it.each([
    ["less than a year after its successor", { released: -30, deprecated: 0, sunset: 330 }],
    ["less than half a year after the notice", { released: -800, deprecated: 0, sunset: 170 }],
    ["before it is deprecated", { released: -800, deprecated: 0, sunset: -1 }],
  ])("cannot be ended %s", async (_, dates) => {
    await expect(announce(dates)).rejects.toThrow();
  });

  it("cannot be ended without a successor", async () => {
    await expect(
      world.db.writer.execute(sql`update api.api_versions set deprecated_at = now(), sunset_at = now() + interval '10 years'`),
    ).rejects.toThrow();
  });
});
