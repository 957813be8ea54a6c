import { eq, sql } from "drizzle-orm";
import fc from "fast-check";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { connect } from "#db/connection.ts";
import { accountPlans, apiKeys, auditGaps, usageMinutes } from "#db/schema/api.ts";
import { requestLog } from "#db/schema/audit.ts";
import { memberships } from "#db/schema/identity.ts";
import { outbox } from "#db/schema/ops.ts";
import { type Statement, statement } from "#db/statements.ts";
import { commit } from "#services/commit.ts";
import { Context } from "#services/context.ts";
import type { RequestLogRow } from "#services/request-log/row.ts";
import { portsOf } from "#workers/runtime.ts";
import { type Answer, marketplace, type Marketplace } from "../api.ts";
import { type Account, accountWith, holdClock, keyFor, settle } from "./accounts.ts";
import { type Key, keyOf } from "./keys.ts";

let world: Marketplace;
beforeAll(async () => {
  world = await marketplace();
  delete world.env.REQUEST_LOG_TOGETHER_MS; // rows wait for each other, as they do in production
});
afterEach(() => vi.useRealTimers());

const get = (path: string, as: { token: string }, headers: Record<string, string> = {}) =>
  world.call("GET", `/api/v1${path}`, { as, headers });
const gathered = (): RequestLogRow[] => (world.sent.requestLog as { rows: RequestLogRow[] }[]).flatMap(({ rows }) => rows);
const findGaps = async (): Promise<void> => {
  await world.advance(16 * 60);
  await world.cron("*/15 * * * *");
};
const gapsOf = (key: Key) => world.db.reader.select().from(auditGaps).where(eq(auditGaps.credentialId, key.id));

describe("after any load", () => {
  it("the numbered rows of each key and minute are what its limiter counted, and the metered units are theirs", async () => {
    const account = await accountWith(world, { plan: "enterprise", customLimit: 12, overageEnabled: true, spendCapCents: 1 });
    const keys = await Promise.all([
      keyFor(world, account),
      keyFor(world, account, { scopes: ["read:roles"] }),
      keyFor(world, account, { scopes: ["read:payouts", "read:audit"] }),
    ]);
    const step = fc.record({
      key: fc.integer({ min: 0, max: keys.length - 1 }),
      what: fc.constantFrom("/me", "/roles", "/nowhere", "/roles/none", "/request-logs?format=ndjson", "mistyped", "minute"),
      together: fc.integer({ min: 1, max: 4 }),
    });
    const steps = fc.sample(step, { numRuns: 60, seed: 7 });
    const start = holdClock();
    const answers: Answer[] = [];
    for (const { key, what, together } of steps) {
      const holder = keys[key] as Key;
      if (what === "minute") vi.setSystemTime(Date.now() + 60_000);
      else if (what === "mistyped") answers.push(await get("/me", { token: `${holder.token.slice(0, -1)}!` }));
      else answers.push(...(await Promise.all(Array.from({ length: together }, () => get(what, holder)))));
    }
    for (const status of [200, 400, 401, 403, 404, 429]) expect(answers.map((each) => each.status)).toContain(status);
    expect(answers.some(({ headers }) => headers.get("x-overage") === "1")).toBe(true);
    await settle(world, keys);
    await world.advance((Date.now() - start.getTime()) / 1_000);
    vi.useRealTimers();

    for (const key of keys) {
      const rows = await world.db.reader
        .select({ minute: requestLog.minute, seq: requestLog.seq, overage: requestLog.overage })
        .from(requestLog)
        .where(sql`${requestLog.credentialId} = ${key.id} and ${requestLog.seq} is not null`)
        .orderBy(requestLog.seq);
      const counted = await world.db.reader.select().from(usageMinutes).where(eq(usageMinutes.credentialId, key.id));
      expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
      const perMinute = new Map<number | null, number>();
      for (const { minute } of rows) perMinute.set(minute, (perMinute.get(minute) ?? 0) + 1);
      expect(perMinute).toEqual(new Map(counted.map(({ minute, admitted, overage, denied }) => [minute, admitted + overage + denied])));
      expect(counted.reduce((sum, { overage }) => sum + overage, 0)).toBe(rows.filter(({ overage }) => overage).length);
    }
    await findGaps();
    for (const key of keys) expect(await gapsOf(key)).toEqual([]);

    const paid = answers.filter(({ headers }) => headers.get("x-overage") === "1").length;
    const preview = await get("/usage/invoice-preview", account);
    expect(preview.body.data).toMatchObject({
      plan: "enterprise",
      overage_units: paid,
      unit_price_micros: 500,
      amount_cents: Math.ceil(paid / 20),
      spend_cap_cents: 1,
    });
    await world.cron("20 * * * *");
    const [byLimiter, byRoute] = [await get("/usage?group=key", account), await get("/usage?group=route", account)];
    expect(byRoute.body.data.totals.requests).toBe(byLimiter.body.data.totals.requests);
  });
});

describe("the reconciler", () => {
  const used = async (): Promise<Key> => {
    const key = await keyFor(world, await accountWith(world, { plan: "standard" }));
    await Promise.all([get("/me", key), get("/me", key), get("/me", key)]);
    await settle(world, [key]);
    vi.useRealTimers();
    return key;
  };
  const told = (key: Key) =>
    world.db.reader
      .select({ payload: outbox.payload })
      .from(outbox)
      .where(sql`event_type = 'audit.gap' and payload ->> 'credential_id' = ${key.id}`);

  it.each([
    [
      "a row that is missing",
      (key: Key) => sql`delete from api.request_log where credential_id = ${key.id} and seq = 2`,
      { counted: 3, logged: 2 },
    ],
    [
      "a count that never came",
      (key: Key) => sql`delete from api.usage_minutes where credential_id = ${key.id}`,
      { counted: 0, logged: 3 },
    ],
  ])("tells of %s, once", async (_, harm, gap) => {
    const key = await used();
    await world.db.writer.execute(harm(key));
    const complaints = vi.spyOn(console, "error");
    await findGaps();
    const lines = complaints.mock.calls
      .flat()
      .map(String)
      .filter((line) => line.includes("audit.gap") && line.includes(key.id));
    expect(lines).toHaveLength(1);
    complaints.mockRestore();
    await findGaps();
    expect(await gapsOf(key)).toMatchObject([gap]);
    expect((await told(key)).map(({ payload }) => payload)).toMatchObject([{ credential_id: key.id, ...gap }]);
  });

  it("leaves young minutes alone", async () => {
    const key = await keyFor(world, await accountWith(world, { plan: "standard" }));
    await world.db.writer.insert(usageMinutes).values({
      credentialId: key.id,
      minute: sql`floor(extract(epoch from ops.now()) / 60)::int - 14` as never,
      admitted: 1,
    });
    await world.cron("*/15 * * * *");
    expect(await gapsOf(key)).toEqual([]);
    await world.advance(3 * 60);
    await world.cron("*/15 * * * *");
    expect(await gapsOf(key)).toHaveLength(1);
  });
});

describe("a change", () => {
  const rowsOf = (requestId: string) => world.db.reader.select().from(requestLog).where(eq(requestLog.requestId, requestId));

  /** Commits a change of a key as a route of v1 does. */
  async function change(account: Account, key: Key, write: Statement): Promise<string> {
    const id = crypto.randomUUID();
    const ctx = new Context({
      caller: {
        kind: "partner",
        via: "key",
        credentialId: key.id,
        clientId: null,
        userId: account.userId,
        accountId: account.recruiterId,
        roleType: "recruiter",
        scopes: [],
      },
      audience: "person",
      database: connect({ url: world.env.DATABASE_URL, endpoint: world.env.LOCAL_NEON_ENDPOINT, requestId: id }),
      ports: portsOf(world.env, () => {}),
      request: {
        id,
        method: "PATCH",
        path: "/api/v1/things/1",
        ip: "192.0.2.7",
        userAgent: "test",
        organizationId: null,
        ifMatch: null,
        idempotency: null,
      },
      partner: {
        need: "any",
        accountId: null,
        trace: {
          startedAt: new Date(),
          route: "/things/{id}",
          country: null,
          seq: 1,
          minute: 1,
          credentialId: key.id,
          credentialKind: "key",
          clientId: null,
          scopesUsed: [],
          rateRemaining: 9,
          overage: false,
          kept: false,
        },
      },
      present: () => ({ status: 200, headers: {}, body: "{}" }),
    });
    await ctx.read();
    const audit = { action: "thing.changed", subject: { type: "api_key", id: key.id }, accountId: account.recruiterId };
    await commit(ctx, null, { write: [write], audit, events: [] }).catch(() => {});
    return id;
  }

  it("and its row of the log are one transaction", async () => {
    const account = await accountWith(world, { plan: "standard" });
    const key = await keyFor(world, account);
    const done = await change(account, key, statement(sql`update ${apiKeys} set name = 'Done' where id = ${key.id}::uuid`));
    expect(await rowsOf(done)).toMatchObject([{ route: "/things/{id}", status: 200, accountId: account.recruiterId, seq: 1 }]);
    expect((await world.database.counts(done)).round_trips).toBe(2);

    const failed = await change(account, key, statement(sql`update ${apiKeys} set name = null where id = ${key.id}::uuid`));
    expect(await rowsOf(failed)).toEqual([]);
    expect((await get("/audit-events/verify", account)).body.data).toMatchObject({ verified: true, events: 1 });
  });
});

describe("the chain of an account", () => {
  const verify = async (account: Account) => (await get("/audit-events/verify", account)).body.data;

  const chained = async (): Promise<Account> => {
    const account = await accountWith(world, { plan: "standard" });
    for (let count = 0; count < 4; count++) await get("/request-logs?format=ndjson", account);
    expect(await verify(account)).toEqual({ verified: true, events: 4, from_seq: 1, to_seq: 4, broken_at: null });
    return account;
  };

  it.each([
    ["changed in a column", "update ops.audit_events set reason = 'other' where account_id = $ and seq = 2", 2],
    ["changed in its body", "update ops.audit_events set body = replace(body, 'exported', 'imported') where account_id = $ and seq = 3", 3],
    ["changed with its hash", "update ops.audit_events set chain_hash = repeat('0', 64) where account_id = $ and seq = 2", 2],
    ["removed", "delete from ops.audit_events where account_id = $ and seq = 2", 3],
    ["removed at the beginning", "delete from ops.audit_events where account_id = $ and seq = 1", 2],
    ["cut off at the end", "delete from ops.audit_events where account_id = $ and seq > 2", 3],
  ])("shows an event that is %s", async (_, harm, brokenAt) => {
    const account = await chained();
    await world.cron("10 3 * * *"); // an anchor of today is no excuse
    await world.db.writer.batch([
      statement(sql`set local session_replication_role = replica`),
      statement(sql.raw(harm.replace("$", `'${account.recruiterId}'`))),
    ] as never);
    expect(await verify(account)).toMatchObject({ verified: false, broken_at: brokenAt });
  });

  it("cannot be changed by anything that the house does", async () => {
    const account = await chained();
    const refused = world.db.writer.execute(sql`update ops.audit_events set reason = 'x' where account_id = ${account.recruiterId}`);
    await expect(refused).rejects.toThrow();
  });

  it("stays whole when many write at once", async () => {
    const account = await chained();
    await Promise.all(Array.from({ length: 8 }, () => get("/audit-events?format=ndjson", account)));
    expect(await verify(account)).toMatchObject({ verified: true, events: 12 });
  });
});

describe("refusals without a number", () => {
  it("are logged one by one up to ten a minute, then as one row that counts them", async () => {
    holdClock();
    world.sent.requestLog.splice(0);
    await Promise.all(
      Array.from({ length: 25 }, (_, index) => get("/me", { token: "snk_test_nothing" }, { "cf-connecting-ip": `198.51.100.${index}` })),
    );
    const rows = gathered();
    expect(rows).toHaveLength(11);
    expect(rows.map(({ repeatCount = 1 }) => repeatCount).toSorted((a, b) => a - b)).toEqual([...Array.from({ length: 10 }, () => 1), 15]);
    expect(rows.every(({ seq, accountId, status }) => seq === null && accountId === null && status === 401)).toBe(true);
    await world.consume("request-log", world.sent.requestLog.splice(0));
  });

  it("an isolate's own denials are among them, and count nothing", async () => {
    vi.setSystemTime(holdClock().getTime() + 60_000); // none of the minute before
    const account = await accountWith(world, { customLimit: 1 });
    const key = await keyFor(world, account);
    world.sent.requestLog.splice(0);
    for (let count = 0; count < 4; count++) await get("/me", key);
    expect(gathered().map(({ status, seq, credentialId }) => [status, seq, credentialId])).toEqual([
      [200, 1, key.id],
      [429, 2, key.id],
      [429, null, key.id],
      [429, null, key.id],
    ]);
    await settle(world, [key]);
    const counted = await world.db.reader.select().from(usageMinutes).where(eq(usageMinutes.credentialId, key.id));
    expect(counted).toMatchObject([{ admitted: 1, denied: 1 }]);
  });
});

describe("what others sent", () => {
  /** Eleven refusals, so that what comes after is gathered. */
  const noise = () =>
    Promise.all(
      Array.from({ length: 11 }, (_, index) => get("/me", { token: "snk_test_nothing" }, { "cf-connecting-ip": `198.51.100.${index}` })),
    );

  it("is not counted in an account's own row of refusals", async () => {
    vi.setSystemTime(holdClock().getTime() + 120_000);
    const [one, other] = [await accountWith(world, { customLimit: 1 }), await accountWith(world, { customLimit: 1 })];
    const keys = [await keyFor(world, one), await keyFor(world, other)] as const;
    await noise();
    for (const key of keys) for (let count = 0; count < 2; count++) await get("/me", key);
    world.sent.requestLog.splice(0);
    await Promise.all([get("/me", keys[0]), get("/me", keys[1]), get("/me", keys[1])]);
    expect(
      gathered()
        .map(({ credentialId, repeatCount }) => [credentialId, repeatCount])
        .toSorted(),
    ).toEqual(
      [
        [keys[0].id, 1],
        [keys[1].id, 2],
      ].toSorted(),
    );
  });

  it("is kept whatever it is: a path with NUL, half a character, or none at all", async () => {
    const account = await accountWith(world, { customLimit: 100 });
    const key = await keyFor(world, account);
    world.sent.requestLog.splice(0);
    await get("/%00", key);
    await get(`/${"x".repeat(491)}%F0%9F%98%80`, key);
    await get("/%ff", key);
    await world.consume("request-log", world.sent.requestLog.splice(0));
    const rows = await world.db.reader.select().from(requestLog).where(eq(requestLog.credentialId, key.id)).orderBy(requestLog.seq);
    expect(rows.map(({ path }) => path)).toEqual(["/api/v1/\ufffd", `/api/v1/${"x".repeat(491)}\ufffd`, "/api/v1/%ff"]);
  });
});

describe("read:audit", () => {
  it.each(["/request-logs", "/audit-events", "/audit-events/verify"])(
    "opens %s to owners and admins of the account alone, by key, grant and session, as they are now",
    async (path) => {
      const company = await world.company();
      const [admin, manager] = [await world.member(company), await world.member(company, "hiring_manager")];
      await world.db.writer.update(accountPlans).set({ plan: "enterprise" }).where(eq(accountPlans.accountId, company.id));
      const of = (person: { userId: string }) => keyOf(world, { id: company.id, roleType: "company" }, person, { scopes: ["read:audit"] });
      const [own, theirs] = [await of(admin), await of(manager)];
      const tried = async (who: { token: string }) => {
        const { status, body } = await get(path, who);
        return body.code ?? status;
      };
      expect([await tried(own), await tried(theirs), await tried(manager)]).toEqual([
        200,
        "role_type_not_permitted",
        "role_type_not_permitted",
      ]);
      await world.db.writer.update(memberships).set({ roleName: "hiring_manager" }).where(eq(memberships.userId, admin.userId));
      expect(await tried(own)).toBe("role_type_not_permitted");
    },
  );
});
