import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { auditEvents, requestLog } from "#db/schema/audit.ts";
import { type Answer, marketplace, type Marketplace, type Person } from "../api.ts";
import { type Account, accountWith, keyFor } from "./accounts.ts";
import { type Key, keyOf } from "./keys.ts";

let world: Marketplace;
let rosa: Account;
let key: Key;
let admin: Person;
beforeAll(async () => {
  world = await marketplace();
  rosa = await accountWith(world, { plan: "enterprise" });
  key = await keyFor(world, rosa);
  admin = await world.platformAdmin();
});

type As = { token: string };
const get = (path: string, as: As, headers: Record<string, string> = {}) => world.call("GET", `/api/v1${path}`, { as, headers });
/** Writes what waits for the log, and lets it settle. */
async function logged(): Promise<void> {
  await world.consume("request-log", world.sent.requestLog.splice(0));
  await world.advance(31);
}
const lines = ({ body }: Answer): string[] => (body as string).split("\n").filter(Boolean);
const rowsOf = (answer: Answer) => lines(answer).map((line) => JSON.parse(line) as { id: string; route: string; user_id: string | null });

/** Actions in the chain of an account, in their order. */
const chainOf = async (accountId: string) =>
  (
    await world.db.reader
      .select({ action: auditEvents.action, actor: auditEvents.actor })
      .from(auditEvents)
      .where(sql`account_id = ${accountId}`)
      .orderBy(auditEvents.seq)
  ).map(({ action, actor }) => [action, actor.user_id]);

/** A row that comes into the log now. */
const late = (accountId: string, route: string, ts: Date) =>
  world.db.writer.insert(requestLog).values({
    id: crypto.randomUUID(),
    ts,
    accountId,
    method: "GET",
    route,
    path: "/api/v1",
    status: 200,
    latencyMs: 1,
    requestId: crypto.randomUUID(),
    scopesUsed: [],
    overage: false,
    bytesOut: 0,
  });

describe("the request log", () => {
  it("is read newest first by its account, and by nobody else's", async () => {
    const other = await accountWith(world, { plan: "enterprise" });
    const mine = await get("/me", key);
    await get("/roles?location=Berlin", key);
    await get("/me", await keyFor(world, other));
    await logged();
    const { body, status } = await get("/request-logs", rosa);
    expect(status).toBe(200);
    expect(body.data.map(({ route }: { route: string }) => route)).toEqual(["/roles", "/me"]);
    expect(body.data[1]).toMatchObject({
      request_id: mine.headers.get("x-request-id"),
      account_id: rosa.recruiterId,
      user_id: rosa.userId,
      credential: { kind: "key", id: key.id },
      method: "GET",
      status: 200,
      seq: 1,
      bytes_out: JSON.stringify(mine.body).length,
    });
    expect(
      (await get("/request-logs", await keyFor(world, other))).body.data.map(({ account_id: of }: { account_id: string }) => of),
    ).toEqual([other.recruiterId]);
  });

  it("has no body and no query", async () => {
    await get("/roles?location=Zanzibar&company_id=broken", key);
    await logged();
    const rows = await world.db.reader.select().from(requestLog);
    expect(JSON.stringify(rows)).not.toMatch(/Zanzibar|location|broken/);
  });

  it.each([
    ["credential_id", () => key.id, ["/me", "/roles"]],
    ["route", () => "/me", ["/me"]],
    ["status", () => "200", ["/me", "/roles"]],
    ["status", () => "4xx", ["/roles"]],
    ["until", () => "2026-01-01T00:00:00Z", []],
    ["since", () => "2026-01-01T00:00:00Z", ["/me", "/roles"]],
    ["user_id", () => rosa.userId, ["/me", "/roles"]],
  ])("is narrowed by %s", async (name, value, routes) => {
    await logged();
    const { body } = await get(
      `/request-logs?${name}=${encodeURIComponent(value())}&until=2199-01-01T00:00:00Z`.replace(/&until.*/, name === "until" ? "" : "$&"),
      rosa,
    );
    const found = body.data.map(({ route }: { route: string }) => route).filter((route: string) => route !== "/request-logs");
    expect([...new Set(found)].toSorted()).toEqual(routes);
  });

  it("follows its cursor without a gap or a repeat", async () => {
    await logged();
    const all = (await get("/request-logs?limit=100&route=/me", rosa)).body.data as { id: string }[];
    await Promise.all([get("/me", key), get("/me", key)]);
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const { body }: Answer = await get(`/request-logs?limit=1&route=/me${cursor && `&cursor=${cursor}`}`, rosa);
      seen.push(...body.data.map(({ id }: { id: string }) => id));
      cursor = body.pagination.next_cursor as string | null;
    }
    expect(seen).toEqual(all.map(({ id }) => id));
  });

  it.each([
    ["the scope", 403, "insufficient_scope", () => keyFor(world, rosa, { scopes: ["read:roles"] })],
    [
      "an enterprise plan, whatever was granted",
      403,
      "insufficient_scope",
      async () => keyFor(world, await accountWith(world, { plan: "standard" })),
    ],
    ["being an owner or admin", 403, "role_type_not_permitted", async () => world.member(await world.company(), "hiring_manager")],
    ["an account", 403, "role_type_not_permitted", () => world.person()],
  ])("is not for whoever lacks %s", async (_, status, code, who) => {
    for (const path of ["/request-logs", "/audit-events", "/audit-events/verify"]) {
      const answer = await get(path, await who());
      expect([path, answer.status, answer.body.code]).toEqual([path, status, code]);
    }
  });

  it("is also for a company's admin with a session", async () => {
    expect((await get("/request-logs", await world.member(await world.company()))).status).toBe(200);
  });
});

describe("an export", () => {
  it.each([
    ["ndjson", "application/x-ndjson"],
    ["ocsf", "application/vnd.ocsf+x-ndjson"],
    ["cef", "application/vnd.cef"],
  ])("as %s is chosen by format, or by Accept", async (format, type) => {
    await logged();
    for (const answer of [
      await get(`/request-logs?limit=2&format=${format}`, key),
      await get("/request-logs?limit=2", key, { accept: `text/html, ${type};q=0.5` }),
    ]) {
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-type")).toContain(type);
      expect(lines(answer)).toHaveLength(2);
      expect(lines(answer)[0]).toMatch(
        format === "cef" ? /^CEF:0\|Splits Network\|/ : format === "ocsf" ? /"class_uid":6003/ : /"request_id"/,
      );
    }
    await world.advance(31);
    const events = await get(`/audit-events?format=${format}`, key);
    expect(lines(events).length).toBeGreaterThan(0);
  });

  it("that nobody can give answers 406, and the format overrules the header", async () => {
    const answer = await get("/request-logs", key, { accept: "text/html" });
    expect([answer.status, answer.body.code]).toEqual([406, "not_acceptable"]);
    expect((await get("/request-logs?format=json", key, { accept: "text/html" })).status).toBe(200);
    expect((await get("/request-logs", key, { accept: "*/*" })).headers.get("content-type")).toBe("application/json");
    expect((await get("/request-logs?limit=101", key)).body.code).toBe("invalid_parameter");
    expect((await get("/request-logs?format=xml", key)).status).toBe(400);
  });

  it("never skips a row that came late, nor one that has not settled", async () => {
    const account = await accountWith(world, { plan: "enterprise" });
    const reader = await keyFor(world, account);
    const next = async (cursor = "") => {
      const answer = await get(`/request-logs?format=ndjson${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, reader);
      return { routes: rowsOf(answer).map(({ route }) => route), cursor: answer.headers.get("x-next-cursor") ?? "" };
    };
    await late(account.recruiterId, "first", new Date());
    await world.advance(31);
    await late(account.recruiterId, "fresh", new Date());
    const one = await next();
    expect(one.routes).toEqual(["first"]);
    await late(account.recruiterId, "long ago", new Date(Date.now() - 86_400_000));
    expect((await next(one.cursor)).routes).toEqual([]);
    await world.advance(31);
    const two = await next(one.cursor);
    expect(two.routes).toEqual(["fresh", "long ago"]);
    expect((await next(two.cursor)).routes).toEqual([]);
    expect((await next(one.cursor)).routes).toEqual(["fresh", "long ago"]);
  });

  it("stops before an unsettled row though a later number has settled", async () => {
    const account = await accountWith(world, { plan: "enterprise" });
    const reader = await keyFor(world, account);
    await late(account.recruiterId, "slow", new Date());
    await world.db.writer
      .execute(sql`insert into api.request_log (id, ts, ingested_at, account_id, method, route, path, status, latency_ms, request_id, bytes_out)
      values (gen_random_uuid(), ops.now(), ops.now() - interval '1 minute', ${account.recruiterId}, 'GET', 'quick', '/', 200, 1, gen_random_uuid(), 0)`);
    const export_ = () => get("/request-logs?format=ndjson", reader);
    expect(rowsOf(await export_())).toEqual([]);
    await world.advance(31);
    expect(rowsOf(await export_()).map(({ route }) => route)).toEqual(["slow", "quick"]);
  });

  it("says whether there is more, and its cursor is good for its own filters only", async () => {
    await logged();
    const answer = await get("/request-logs?format=ndjson&limit=1", key);
    expect(answer.headers.get("x-has-more")).toBe("true");
    const cursor = encodeURIComponent(answer.headers.get("x-next-cursor") ?? "");
    expect((await get(`/request-logs?format=ocsf&cursor=${cursor}`, key)).status).toBe(200);
    for (const wrong of [
      `/request-logs?cursor=${cursor}`,
      `/request-logs?format=ndjson&route=/me&cursor=${cursor}`,
      `/audit-events?format=ndjson&cursor=${cursor}`,
    ]) {
      expect((await get(wrong, key)).body.code).toBe("invalid_cursor");
    }
  });

  it("is noted in the account's chain; a look at one's own log is not", async () => {
    const account = await accountWith(world, { plan: "standard" });
    await get("/request-logs", account);
    await get("/audit-events", account);
    expect(await chainOf(account.recruiterId)).toEqual([]);
    await get("/request-logs?format=ndjson", account);
    await get("/audit-events?format=cef", account);
    expect(await chainOf(account.recruiterId)).toEqual([
      ["request_log.exported", account.userId],
      ["audit_log.exported", account.userId],
    ]);
  });
});

it("an export that is denied is noted nowhere", async () => {
  const account = await accountWith(world, { plan: "enterprise", customLimit: 1 });
  const reader = await keyFor(world, account);
  await get("/request-logs", reader);
  expect((await get("/request-logs?format=ndjson", reader)).status).toBe(429);
  expect(await chainOf(account.recruiterId)).toEqual([]);
});

describe("the platform", () => {
  it("reads every account, and each look at one is in that account's chain", async () => {
    const account = await accountWith(world, { plan: "standard" });
    await get("/me", await keyFor(world, account));
    await logged();
    const { body } = await get(`/request-logs?account_id=${account.recruiterId}`, admin);
    expect(body.data.map(({ route }: { route: string }) => route)).toEqual(["/me"]);
    await get(`/audit-events?account_id=${account.recruiterId}`, admin);
    await get(`/audit-events/verify?account_id=${account.recruiterId}`, admin);
    await get(`/request-logs?account_id=${account.recruiterId}&format=ndjson`, admin);
    expect(await chainOf(account.recruiterId)).toEqual(
      ["request_log.read", "audit_log.read", "audit_log.verified", "request_log.exported"].map((action) => [action, admin.userId]),
    );
    const everything = await get("/request-logs?limit=100", admin);
    expect(new Set(everything.body.data.map(({ account_id: of }: { account_id: string }) => of)).size).toBeGreaterThan(2);
    expect((await chainOf(admin.userId)).at(-1)).toEqual(["request_log.read", admin.userId]);
  });

  it("is told when there is no such account", async () => {
    for (const path of ["/request-logs", "/audit-events", "/audit-events/verify"]) {
      expect((await get(`${path}?account_id=00000000-0000-4000-8000-000000000001`, admin)).status).toBe(404);
    }
  });

  it("alone may name another account", async () => {
    const account = await accountWith(world, { plan: "standard" });
    await get("/me", await keyFor(world, account));
    await logged();
    expect((await get(`/request-logs?account_id=${account.recruiterId}`, rosa)).body.data).toEqual([]);
    expect((await get(`/audit-events/verify?account_id=${account.recruiterId}`, rosa)).status).toBe(404);
    expect(await chainOf(account.recruiterId)).toEqual([]);
  });
});

describe("the log of sign-ins", () => {
  const signedIn = (userId: string) =>
    world.db.writer.execute(sql`
      insert into identity.auth_events (id, at, kind, user_id, outcome, method, request_id)
      values (gen_random_uuid(), ops.now(), 'signed_in', ${userId}, 'success', 'clerk', 'test')`);

  it("is read and exported by the platform alone, and each look is in its chain", async () => {
    const person = await world.person();
    await signedIn(person.userId);
    const { body } = await get(`/auth-events?user_id=${person.userId}`, admin);
    expect(body.data).toEqual([expect.objectContaining({ kind: "signed_in", user_id: person.userId, outcome: "success" })]);
    expect((await get(`/auth-events?user_id=${person.userId}&kind=signed_out`, admin)).body.data).toEqual([]);
    expect((await get(`/auth-events?user_id=${person.userId}&until=2020-01-01T00:00:00Z`, admin)).body.data).toEqual([]);
    const exported = await get("/auth-events?format=ndjson", admin);
    expect(exported.status).toBe(200);
    expect((await chainOf(admin.userId)).slice(-4).map(([action]) => action)).toEqual([
      ...Array.from({ length: 3 }, () => "sign_in_log.read"),
      "sign_in_log.exported",
    ]);
    const before = await chainOf(rosa.recruiterId);
    for (const format of ["json", "ndjson"]) {
      const refused = await get(`/auth-events?format=${format}`, rosa);
      expect([refused.status, refused.body.code]).toEqual([403, "role_type_not_permitted"]);
    }
    expect(await chainOf(rosa.recruiterId)).toEqual(before);
    expect((await get(`/auth-events?account_id=${rosa.recruiterId}`, admin)).status).toBe(400);
  });

  it("is exported in the order it came in, by a key of the platform as well, and never before it has settled", async () => {
    const reader = await keyOf(world, { id: admin.userId, roleType: "admin" }, admin);
    const [first, second] = [await world.person(), await world.person()];
    await signedIn(first.userId);
    await world.advance(31);
    await signedIn(second.userId);
    const people = (answer: Answer) => rowsOf(answer).map(({ user_id: id }) => id);
    const one = await get("/auth-events?format=ndjson", reader);
    expect(people(one).at(-1)).toBe(first.userId);
    const cursor = encodeURIComponent(one.headers.get("x-next-cursor") ?? "");
    expect(people(await get(`/auth-events?format=ndjson&cursor=${cursor}`, reader))).toEqual([]);
    await world.advance(31);
    const two = await get(`/auth-events?format=ocsf&cursor=${cursor}`, reader);
    expect(lines(two).map((line) => JSON.parse(line).class_uid)).toEqual([3002]);
    expect(lines(two)[0]).toContain(second.userId);
    expect(lines(await get(`/auth-events?format=cef&cursor=${cursor}`, reader))[0]).toMatch(/^CEF:0\|Splits Network\|API\|1\|signed_in\|/);
  });
});

describe("audit events", () => {
  it("are narrowed by actor, action, target and time, and shown with their place in the chain", async () => {
    const account = await accountWith(world, { plan: "enterprise" });
    const reader = await keyFor(world, account);
    await get("/request-logs?format=ndjson", reader);
    await get("/audit-events?format=ndjson", account);
    const list = async (query: string) => (await get(`/audit-events?${query}`, account)).body.data as { action: string; seq: number }[];
    const all = await list("");
    expect(all.map(({ action, seq }) => [action, seq])).toEqual([
      ["audit_log.exported", 2],
      ["request_log.exported", 1],
    ]);
    expect(all[1]).toMatchObject({
      actor: { kind: "key", user_id: account.userId, credential_id: reader.id },
      target: { type: "account", id: account.recruiterId },
      chain_hash: expect.stringMatching(/^[\da-f]{64}$/),
    });
    expect((await list(`actor=${reader.id}`)).map(({ seq }) => seq)).toEqual([1]);
    expect((await list("action=audit_log.exported")).map(({ seq }) => seq)).toEqual([2]);
    expect(await list(`target=${reader.id}`)).toEqual([]);
    expect(await list("until=2026-01-01T00:00:00Z")).toEqual([]);
  });
});
