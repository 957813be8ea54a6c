import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { accountPlans } from "#db/schema/api.ts";
import { jobs } from "#db/schema/ats.ts";
import { type Answer, type CallOptions, marketplace, type Marketplace, type Person } from "../api.ts";
import { type Key, keyOf } from "./keys.ts";

// The conventions of PLATFORM §9, each by itself.

let world: Marketplace;
let company: { id: string; organizationId: string };
let admin: Person;
let key: Key;
let role: string;

beforeAll(async () => {
  world = await marketplace();
  company = await world.company();
  admin = await world.member(company);
  key = await keyOf(world, { id: company.id, roleType: "company" }, admin);
  await world.db.writer.update(accountPlans).set({ customLimit: 10_000 });
  role = (await call("POST", "/roles", { body: { title: "Cook" } })).body.data.id;
});

const call = (method: string, path: string, options: CallOptions = {}): Promise<Answer> =>
  world.call(method, `/api/v1${path}`, { as: key, ...options });

const problemOf = ({ status, body }: Answer) => [status, body.code, body.errors?.[0]?.pointer];

it("a session of somebody new makes the person, as everywhere (IDENTITY §3.1)", async () => {
  const token = await world.token("user_of_v1", { email: "new.to.v1@people.test", email_verified: true, name: "New" });
  const [first, second] = [
    await world.call("GET", "/api/v1/me", { as: { token } }),
    await world.call("GET", "/api/v2/users/me", { as: { token } }),
  ];
  expect([first.status, first.body.data?.user_id]).toEqual([200, second.body.data.id]);
});

describe("a cursor", () => {
  const COUNT = 250;
  let many: { id: string; organizationId: string };
  let reader: Key;

  /** 250 drafts of one company, ten of them born at each instant. */
  beforeAll(async () => {
    many = await world.company("Many");
    reader = await keyOf(world, { id: many.id, roleType: "company" }, await world.member(many));
    await world.db.writer.update(accountPlans).set({ customLimit: 10_000 });
    await world.db.writer.insert(jobs).values(
      Array.from({ length: COUNT }, (_, number) => ({
        companyId: many.id,
        title: `Draft ${number}`,
        createdAt: new Date(Date.UTC(2026, 0, 1) + Math.floor(number / 10) * 1_000),
      })),
    );
  });

  const page = (query: Record<string, string>): Promise<Answer> =>
    world.call("GET", `/api/v1/roles?${new URLSearchParams({ company_id: many.id, ...query })}`, { as: reader });

  /** Every page from the first on; `between` happens after each. */
  async function pages(limit: string, between: () => Promise<void> = async () => {}): Promise<string[][]> {
    const found: string[][] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const { status, body }: Answer = await page({ limit, ...(cursor ? { cursor } : {}) });
      expect(status).toBe(200);
      found.push(body.data.map(({ id }: { id: string }) => id));
      expect(body.pagination).toEqual({
        limit: Number(limit),
        has_more: body.pagination.next_cursor !== null,
        next_cursor: expect.toSatisfy(() => true),
      });
      cursor = body.pagination.next_cursor;
      await between();
    }
    return found;
  }

  const inOrder = async (): Promise<string[]> =>
    (
      await world.db.writer
        .select({ id: jobs.id })
        .from(jobs)
        .where(sql`company_id = ${many.id}`)
        .orderBy(sql`created_at desc, id desc`)
    ).map(({ id }) => id);

  it.each(["100", "25", "50"])("brings every row once and in order, %s a page", async (limit) => {
    const found = await pages(limit);
    expect(found.slice(0, -1).every((rows) => rows.length === Number(limit))).toBe(true);
    expect(found.flat()).toEqual(await inOrder());
  });

  it("gives 25 rows unless told, and no cursor on the last page", async () => {
    const { body } = await page({});
    expect([body.data.length, body.pagination.limit, body.pagination.has_more]).toEqual([25, 25, true]);
    const last = (await pages("100")).at(-1);
    expect(last).toHaveLength(50);
  });

  it("is not moved by rows that come and go meanwhile", async () => {
    const before = await inOrder();
    const added: string[] = [];
    const found = await pages("50", async () => {
      const id = crypto.randomUUID();
      added.push(id);
      await world.db.writer.insert(jobs).values({ id, companyId: many.id, title: "Newer" });
    });
    expect(found.flat()).toEqual(before);
    await world.db.writer.execute(sql`delete from ats.jobs where id = any(${`{${added.join(",")}}`}::uuid[])`);
  });

  it("keeps its place when the row it ended with is gone", async () => {
    const first = await page({ limit: "10" });
    const last = first.body.data.at(-1).id;
    await world.db.writer.execute(sql`update ats.jobs set deleted_at = now() where id = ${last}`);
    const next = await page({ limit: "10", cursor: first.body.pagination.next_cursor });
    await world.db.writer.execute(sql`update ats.jobs set deleted_at = null where id = ${last}`);
    expect(next.body.data.map(({ id }: { id: string }) => id)).toEqual((await inOrder()).slice(10, 20));
  });

  it("is refused once a single character of it was changed", async () => {
    const { next_cursor: cursor } = (await page({ limit: "10" })).body.pagination;
    for (let at = 0; at < cursor.length; at += 3) {
      const other = cursor[at] === "A" ? "B" : "A";
      const changed = `${cursor.slice(0, at)}${other}${cursor.slice(at + 1)}`;
      expect(problemOf(await page({ limit: "10", cursor: changed }))).toEqual([400, "invalid_cursor", "query:cursor"]);
    }
    for (const wrong of ["", "x", `${cursor}A`, cursor.slice(1), "é", "eyJ4IjoxfQ"])
      expect(problemOf(await page({ cursor: wrong }))).toEqual([400, "invalid_cursor", "query:cursor"]);
  });

  it("is refused with other filters and in another list; another page size is no matter", async () => {
    const { next_cursor: cursor } = (await page({ limit: "10" })).body.pagination;
    expect((await page({ limit: "7", cursor })).status).toBe(200);
    expect(problemOf(await page({ status: "draft", cursor }))).toEqual([400, "invalid_cursor", "query:cursor"]);
    expect(problemOf(await call("GET", `/roles?cursor=${cursor}`))).toEqual([400, "invalid_cursor", "query:cursor"]);
    expect(problemOf(await call("GET", `/submissions?cursor=${cursor}`))).toEqual([400, "invalid_cursor", "query:cursor"]);
    expect(problemOf(await call("GET", `/event-types?cursor=${cursor}`))).toEqual([400, "invalid_cursor", "query:cursor"]);
  });

  it("goes through the catalogue of events as well", async () => {
    const first = await call("GET", "/event-types?limit=5");
    const second = await call("GET", `/event-types?limit=100&cursor=${first.body.pagination.next_cursor}`);
    const types = [...first.body.data, ...second.body.data].map(({ type }) => type);
    expect(types).toEqual([...new Set(types)]);
    expect([first.body.data.length, types.length, second.body.pagination.next_cursor]).toEqual([5, 12, null]);
    expect(types).toContain("application.stage_changed");
  });

  it.each(["0", "101", "-1", "1.5", "many", ""])("a limit of %j is refused", async (limit) => {
    expect(problemOf(await page({ limit }))).toEqual([400, "invalid_parameter", "query:limit"]);
  });
});

describe("an ETag", () => {
  const read = (tag?: string) => call("GET", `/roles/${role}`, tag === undefined ? {} : { headers: { "if-none-match": tag } });
  let changes = 0;
  const change = (tag: string) => call("PATCH", `/roles/${role}`, { body: { title: `Cook ${++changes}` }, headers: { "if-match": tag } });
  const current = async (): Promise<string> => (await read()).headers.get("etag") ?? "";

  it("is strong and the row's version", async () => {
    const { headers, body } = await read();
    expect(headers.get("etag")).toBe(`"${body.data.version}"`);
  });

  it.each(["TAG", "W/TAG", "*", '"x", TAG', '"a,b" , W/TAG,', "TAG,TAG"])("answers 304 to If-None-Match: %s", async (pattern) => {
    const tag = await current();
    const answer = await read(pattern.replaceAll("TAG", tag));
    expect([answer.status, answer.body, answer.headers.get("etag")]).toEqual([304, "", tag]);
    expect(answer.headers.get("ratelimit")).toMatch(/^"standard"/);
  });

  it.each(['"0"', '"x"', 'W/"0"', '"0", "x"'])("answers in full to If-None-Match: %s", async (tag) => {
    expect((await read(tag)).status).toBe(200);
  });

  it.each(["TAG", "*", '"x", TAG', 'W/"7" , TAG'])("lets a change through on If-Match: %s", async (pattern) => {
    expect((await change(pattern.replaceAll("TAG", await current()))).status).toBe(200);
  });

  it.each(['"0"', "W/TAG", '"x"', '"x", W/TAG', '"01"'])("refuses a change on If-Match: %s", async (pattern) => {
    const tag = await current();
    expect(problemOf(await change(pattern.replaceAll("TAG", tag))).slice(0, 2)).toEqual([412, "precondition_failed"]);
    expect(await current()).toBe(tag);
  });

  it.each(["3", "", ",", '"3', "* , *", '"1 "', '"3" "4"'])("that is none is 400: %j", async (tag) => {
    expect(problemOf(await change(tag))).toEqual([400, "invalid_parameter", "header:If-Match"]);
  });

  it("of ten changes on one tag lets one through", async () => {
    const tag = await current();
    const answers = await Promise.all(Array.from({ length: 10 }, () => change(tag)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 9 }, () => 412)]);
  });
});

describe("a request that cannot be read", () => {
  const json = (body: string, headers: Record<string, string> = {}) => call("POST", "/roles", { body, headers });

  it.each([
    ["an unknown parameter", "/roles?colour=red", "query:colour"],
    ["an unknown parameter of a single read", `/roles/${crypto.randomUUID()}?include=company`, "query:include"],
    ["a parameter given twice", "/roles?status=active&status=draft", "query:status"],
    ["a filter that is no such word", "/roles?status=busy", "query:status"],
    ["a malformed id", "/roles/42", "path:id"],
    ["a malformed id of a filter", "/submissions?role_id=42", "query:role_id"],
  ])("%s is 400", async (_, path, pointer) => {
    expect(problemOf(await call("GET", path))).toEqual([400, "invalid_parameter", pointer]);
  });

  it("malformed JSON is 400", async () => {
    expect(problemOf(await json("{"))).toEqual([400, "malformed_json", undefined]);
  });

  it("another content type is 415; a merge patch and a charset are JSON", async () => {
    for (const type of ["text/plain", "application/xml", "application/x-www-form-urlencoded"])
      expect(problemOf(await json("{}", { "content-type": type }))).toEqual([415, "unsupported_media_type", undefined]);
    for (const type of ["application/merge-patch+json", "application/json; charset=utf-8"]) {
      const headers = { "content-type": type };
      expect((await call("PATCH", `/roles/${role}`, { body: '{"title":"Cook"}', headers })).status).toBe(200);
    }
  });

  it("a body above 256 KB is 413, whether it says so or not", async () => {
    const body = JSON.stringify({ title: "x".repeat(256 * 1024) });
    expect(problemOf(await json(body))).toEqual([413, "body_too_large", undefined]);
    expect(problemOf(await json(body, { "content-length": "10" }))).toEqual([413, "body_too_large", undefined]);
    expect((await json(JSON.stringify({ title: "Cook", description: "x".repeat(20_000) }))).status).toBe(201);
  });

  it("an unknown, mistyped or missing field of a body is 422, each by its pointer", async () => {
    const { status, body } = await json(JSON.stringify({ colour: "red", department: 7 }));
    expect([status, body.code]).toEqual([422, "validation_failed"]);
    expect(body.errors.map(({ pointer, code }: { pointer: string; code: string }) => [pointer, code]).toSorted()).toEqual([
      ["/colour", "unknown"],
      ["/department", "invalid_type"],
      ["/title", "required"],
    ]);
  });
});

describe("what is accepted", () => {
  it.each([
    "application/json",
    "*/*",
    "application/*",
    "text/html, application/json;q=0.1",
    "text/html, */*;q=0.1",
    "APPLICATION/JSON",
    "",
  ])("is JSON, as in %j", async (accept) => {
    expect((await call("GET", "/roles", { headers: { accept } })).status).toBe(200);
  });

  it.each(["text/html", "application/xml", "application/json;q=0", "application/json;q=0, */*", "text/*"])(
    "is not %j: 406",
    async (accept) => {
      expect(problemOf(await call("GET", "/roles", { headers: { accept } }))).toEqual([406, "not_acceptable", undefined]);
    },
  );
});

describe("a path", () => {
  it.each([
    ["DELETE", "/roles", "GET, POST"],
    ["PUT", "/roles/{id}", "GET, PATCH"],
    ["POST", "/candidates", "GET"],
    ["PATCH", "/me", "GET"],
  ])("%s %s answers 405 and tells what it takes: %s", async (method, path, allow) => {
    const answer = await call(method, path.replace("{id}", role));
    expect([...problemOf(answer).slice(0, 2), answer.headers.get("allow")]).toEqual([405, "method_not_allowed", allow]);
  });

  it("that is not there is 404, and only to whoever is known", async () => {
    expect(problemOf(await call("GET", "/jobs")).slice(0, 2)).toEqual([404, "not_found"]);
    expect(problemOf(await world.call("GET", "/api/v1/jobs")).slice(0, 2)).toEqual([401, "missing_credential"]);
  });

  it("of a row of others is 404", async () => {
    const rival = await world.company("Rival");
    const theirs = crypto.randomUUID();
    await world.db.writer.insert(jobs).values({ id: theirs, companyId: rival.id, title: "Draft" });
    for (const [method, body] of [["GET"], ["PATCH", { title: "Mine" }]] as const) {
      expect(problemOf(await call(method, `/roles/${theirs}`, body ? { body } : {})).slice(0, 2)).toEqual([404, "not_found"]);
    }
  });
});

describe("what it costs", () => {
  it("a read one trip, a change two", async () => {
    const trips = async (answer: Answer) => (await world.database.counts(answer.headers.get("x-request-id") ?? "")).round_trips;
    for (const path of ["/roles", `/roles/${role}`, "/submissions", "/candidates", "/placements", "/event-types", "/me"])
      expect([path, await trips(await call("GET", path))]).toEqual([path, 1]);
    expect(await trips(await call("PATCH", `/roles/${role}`, { body: { title: `Cook ${Date.now()}` } }))).toBe(2);
    expect(await trips(await call("POST", "/roles", { body: { title: "Cook" } }))).toBe(2);
  });
});
