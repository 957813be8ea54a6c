import { eq, sql } from "drizzle-orm";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { accountPlans, apiKeys } from "#db/schema/api.ts";
import { credentialTokensOf } from "#workers/credential-tokens.ts";
import { marketplace, type Marketplace, type Person } from "../api.ts";
import { type Key, keyOf } from "./keys.ts";

let world: Marketplace;
let rosa: Person & { recruiterId: string };
let ip = 0;

beforeAll(async () => {
  world = await marketplace();
  rosa = await world.recruiter("Rosa");
});
afterEach(() => vi.useRealTimers());

const call = (key: { token: string }, path = "/api/v1/me", method = "GET") =>
  world.call(method, path, { as: key, headers: { "cf-connecting-ip": `192.0.2.${++ip % 250}` } });

const recruiterKey = (fields: Parameters<typeof keyOf>[3] = {}) =>
  keyOf(world, { id: rosa.recruiterId, roleType: "recruiter" }, rosa, fields);

/** Sets how many requests an hour the account of a new recruiter has, and gives a key of it. */
async function limitedKey(limit: number): Promise<Key & { accountId: string }> {
  const person = await world.recruiter("Limited");
  await world.db.writer.update(accountPlans).set({ customLimit: limit }).where(eq(accountPlans.accountId, person.recruiterId));
  return { ...(await keyOf(world, { id: person.recruiterId, roleType: "recruiter" }, person)), accountId: person.recruiterId };
}

/** Another secret under the same id, which nobody gave out. */
const otherSecretOf = ({ publicId }: Key): string => credentialTokensOf(world.env).mintUnder("snk", publicId).text;

describe("an API key", () => {
  it("opens the account it belongs to", async () => {
    const answer = await call(await recruiterKey({ scopes: ["read:roles"] }));
    expect(answer.status).toBe(200);
    expect(answer.body.data).toMatchObject({
      user_id: rosa.userId,
      account: { id: rosa.recruiterId, kind: "recruiter", plan: "standard" },
      credential: { kind: "key", scopes: ["read:roles"] },
    });
    expect(answer.headers.get("ratelimit-policy")).toBe('"standard";q=100;w=3600');
    expect(answer.headers.get("ratelimit")).toMatch(/^"standard";r=99;t=\d+$/);
    expect(answer.headers.get("x-ratelimit-remaining")).toBe("99");
  });

  it.each([
    ["pending", 403, "credential_pending_approval"],
    ["suspended", 403, "credential_suspended"],
    ["revoked", 401, "revoked_credential"],
    ["rejected", 401, "revoked_credential"],
  ] as const)("that is %s answers %d", async (status, code, word) => {
    const answer = await call(await recruiterKey({ status }));
    expect([answer.status, answer.body.code]).toEqual([code, word]);
    expect(answer.headers.get("ratelimit")).toBeNull();
  });

  it("past its end answers 401", async () => {
    const answer = await call(await recruiterKey({ expiresAt: new Date(Date.now() - 1_000) }));
    expect([answer.status, answer.body.code]).toEqual([401, "expired_token"]);
  });

  it("is held to its addresses", async () => {
    const key = await recruiterKey({ ipAllowlist: ["203.0.113.0/24", "2001:db8::/32"] });
    const from = (address: string) => world.call("GET", "/api/v1/me", { as: key, headers: { "cf-connecting-ip": address } });
    expect((await from("203.0.113.7")).status).toBe(200);
    expect((await from("2001:db8::7")).status).toBe(200);
    expect((await from("203.0.114.7")).body.code).toBe("ip_not_allowed");
  });

  it("without the scope is told which", async () => {
    const answer = await call(await recruiterKey({ scopes: ["read:payouts"] }), "/api/v1/roles");
    expect([answer.status, answer.body.code, answer.body.needed]).toEqual([403, "insufficient_scope", ["read:roles"]]);
    expect(answer.headers.get("www-authenticate")).toBe('Bearer error="insufficient_scope", scope="read:roles"');
  });

  it("that was forged or mistyped causes neither an object call nor a query", async () => {
    const key = await recruiterKey();
    const objects = vi.spyOn(world.env.CREDENTIALS, "getByName");
    for (const wrong of [
      key.token.replace(/.$/, (last) => (last === "a" ? "b" : "a")),
      "snk_test_short",
      `snk_live_${key.token.slice(9)}`,
    ]) {
      const answer = await world.call("GET", "/api/v1/me", { as: { token: wrong }, headers: { "cf-connecting-ip": "198.51.100.1" } });
      expect([answer.status, answer.body.code]).toEqual([401, "malformed_credential"]);
      expect(await world.database.counts(answer.headers.get("x-request-id") ?? "")).toEqual({ round_trips: 0, statements: 0 });
    }
    expect(objects).not.toHaveBeenCalled();
    objects.mockRestore();
  });

  it("with an id that we never gave, and any other secret of ours, cause neither as well", async () => {
    const objects = vi.spyOn(world.env.CREDENTIALS, "getByName");
    const tokens = credentialTokensOf(world.env);
    const forged = tokens.mintUnder("snk", "0123456789000000");
    const others = await Promise.all((["snr", "snc", "sns"] as const).map((type) => tokens.mint(type)));
    for (const { text } of [forged, ...others]) {
      const answer = await world.call("GET", "/api/v1/me", { as: { token: text }, headers: { "cf-connecting-ip": "198.51.100.2" } });
      expect([answer.status, answer.body.code]).toEqual([401, "invalid_token"]);
      expect(await world.database.counts(answer.headers.get("x-request-id") ?? "")).toEqual({ round_trips: 0, statements: 0 });
    }
    expect(objects).not.toHaveBeenCalled();
    objects.mockRestore();
  });

  it("that is bad eleven times within a minute is told to wait", async () => {
    const bad = () =>
      world.call("GET", "/api/v1/me", { as: { token: "snk_test_nothing" }, headers: { "cf-connecting-ip": "198.51.100.9" } });
    // at once: a refusal beyond the logged ones is gathered for some seconds
    const answers = [...(await Promise.all(Array.from({ length: 10 }, bad))), await bad()];
    expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
    expect(answers.at(-1)?.body.code).toBe("auth_throttled");
    expect(answers.at(-1)?.headers.get("retry-after")).toBe("60");
  });

  it("costs one trip to the database once it is known, and one hop", async () => {
    const key = await recruiterKey();
    await call(key);
    const objects = vi.spyOn(world.env.CREDENTIALS, "getByName");
    const answer = await call(key, "/api/v1/roles");
    expect(answer.status).toBe(200);
    expect((await world.database.counts(answer.headers.get("x-request-id") ?? "")).round_trips).toBe(1);
    expect(objects).toHaveBeenCalledOnce();
    objects.mockRestore();
  });
});

describe("the rolling hour", () => {
  it("admits exactly 100 of 400 simultaneous calls", async () => {
    const key = await recruiterKey();
    const answers = await Promise.all(Array.from({ length: 400 }, () => call(key)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(100);
    expect(statuses.filter((status) => status === 429)).toHaveLength(300);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.body.code).toBe("rate_limited");
    expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(refused?.headers.get("x-ratelimit-remaining")).toBe("0");
  });

  it("lets the next one in when the oldest minute is over, and not a second before", async () => {
    const key = await limitedKey(3);
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-12-01T10:00:30Z") });
    for (let count = 0; count < 3; count++) expect((await call(key)).status).toBe(200);
    const refused = await call(key);
    expect(refused.status).toBe(429);
    const reset = Number(refused.headers.get("x-ratelimit-reset"));
    expect(reset).toBe(Date.parse("2026-12-01T11:01:00Z") / 1_000);
    vi.setSystemTime((reset - 1) * 1_000);
    expect((await call(key)).status).toBe(429);
    vi.setSystemTime(reset * 1_000);
    expect((await call(key)).status).toBe(200);
  });

  it("keeps its count when the limit changes", async () => {
    const key = await limitedKey(3);
    for (let count = 0; count < 3; count++) await call(key);
    expect((await call(key)).status).toBe(429);
    await world.db.writer.update(accountPlans).set({ customLimit: 5 }).where(eq(accountPlans.accountId, key.accountId));
    await world.db.writer
      .update(apiKeys)
      .set({ version: sql`version + 1` })
      .where(eq(apiKeys.id, key.id));
    const [row] = await world.db.reader.select({ version: apiKeys.version }).from(apiKeys).where(eq(apiKeys.id, key.id));
    await world.env.CREDENTIALS.getByName(`key:${key.publicId.slice(0, 10)}`).invalidate(row?.version ?? 0);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 11_000 }); // what the isolate remembers of a denial is over
    expect((await call(key)).headers.get("x-ratelimit-used")).toBe("4");
    expect((await call(key)).status).toBe(200);
    expect((await call(key)).status).toBe(429);
  });
});

describe("a record that is five minutes old", () => {
  it("is read again without turning anybody away", async () => {
    const key = await recruiterKey();
    await call(key);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 301_000 });
    const answers = await Promise.all(Array.from({ length: 30 }, () => call(key)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => 200));
  });
});

describe("while its object is away, a key", () => {
  /** Every object of the credentials fails whatever it is asked. */
  const away = () => {
    const nobody = new Proxy({}, { get: () => () => Promise.reject(new Error("the object is away")) });
    return vi.spyOn(world.env.CREDENTIALS, "getByName").mockReturnValue(nobody as never);
  };
  const from = (key: Key, address: string, method = "GET") =>
    world.call(method, "/api/v1/me", { as: key, headers: { "cf-connecting-ip": address } });

  it("still reads, from its own addresses alone, and the log tells whose it was", async () => {
    const key = await recruiterKey({ ipAllowlist: ["203.0.113.0/24"] });
    const objects = away();
    try {
      const [mine, other] = [await from(key, "203.0.113.7"), await from(key, "203.0.114.7")];
      expect([mine.status, mine.body.data?.credential]).toMatchObject([200, { kind: "key" }]);
      expect([other.status, other.body.code]).toEqual([403, "ip_not_allowed"]);
      const row = world.sent.requestLog
        .flatMap((message) => (message as { rows?: object[] }).rows ?? [message])
        .find((logged) => JSON.stringify(logged).includes(mine.headers.get("x-request-id") ?? ""));
      expect(row).toMatchObject({ credentialId: key.id, credentialKind: "key", seq: null });
    } finally {
      objects.mockRestore();
    }
  });

  it.each([
    ["with a wrong secret", "198.18.0.1", "invalid_token", {}],
    ["that was revoked", "198.18.0.2", "revoked_credential", { status: "revoked" }],
    ["past its end", "198.18.0.3", "expired_token", { expiresAt: new Date(Date.now() - 1_000) }],
  ] as const)("%s is refused, and counted against its address", async (name, address, code, fields) => {
    const key = await recruiterKey(fields);
    const shown = name === "with a wrong secret" ? { ...key, token: otherSecretOf(key) } : key;
    const objects = away();
    try {
      const answers = await Promise.all(Array.from({ length: 10 }, () => from(shown, address)));
      expect(new Set(answers.map(({ body }) => body.code))).toEqual(new Set([code]));
      expect((await from(shown, address)).body.code).toBe("auth_throttled");
    } finally {
      objects.mockRestore();
    }
  });

  it("writes nothing", async () => {
    const key = await recruiterKey({ scopes: ["write:roles"] });
    const objects = away();
    const answer = await world.call("POST", "/api/v1/roles", {
      as: key,
      body: { title: "Engineer" },
      headers: { "cf-connecting-ip": "203.0.113.8" },
    });
    objects.mockRestore();
    expect([answer.status, answer.body.code, answer.headers.get("retry-after")]).toEqual([503, "limiter_unavailable", "1"]);
  });
});

describe("a key that does not pass", () => {
  const readsOf = async (key: Key): Promise<number> => {
    const answer = await call(key, "/api/v1/roles");
    return (await world.database.counts(answer.headers.get("x-request-id") ?? "")).round_trips;
  };

  it("causes no reads once it is over its limit, nor once it is revoked", async () => {
    const over = await limitedKey(1);
    const revoked = await recruiterKey();
    for (const key of [over, revoked]) await call(key, "/api/v1/roles");
    await call(over, "/api/v1/roles");
    expect(await readsOf(over)).toBe(0);
    await world.db.writer.update(apiKeys).set({ status: "revoked", version: 2 }).where(eq(apiKeys.id, revoked.id));
    await world.env.CREDENTIALS.getByName(`key:${revoked.publicId.slice(0, 10)}`).invalidate(2);
    expect((await call(revoked, "/api/v1/roles")).status).toBe(401);
    expect(await readsOf(revoked)).toBe(0);
  });
});
