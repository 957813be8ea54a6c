import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { usageMinutes, usageRoutesHourly } from "#db/schema/api.ts";
import { requestLog } from "#db/schema/audit.ts";
import { marketplace, type Marketplace } from "../api.ts";
import { type Account, accountWith, keyFor } from "./accounts.ts";
import type { Key } from "./keys.ts";

let world: Marketplace;
let rosa: Account;
let keys: Key[];

/** Two keys: five requests an hour on the 1st, and three on the 2nd of which one was paid for and one denied. */
beforeAll(async () => {
  world = await marketplace();
  rosa = await accountWith(world, { plan: "premium", overageEnabled: true, spendCapCents: 500 });
  keys = await Promise.all([keyFor(world, rosa), keyFor(world, rosa)]);
  const [one, other] = keys as [Key, Key];
  const minute = (at: string) => Date.parse(at) / 60_000;
  const account = { accountId: rosa.recruiterId };
  await world.db.writer.insert(usageMinutes).values([
    { ...account, credentialId: one.id, minute: minute("2026-10-01T10:00:00Z"), admitted: 2 },
    { ...account, credentialId: one.id, minute: minute("2026-10-01T10:59:00Z"), admitted: 1 },
    { ...account, credentialId: other.id, minute: minute("2026-10-01T10:30:00Z"), admitted: 2 },
    { ...account, credentialId: other.id, minute: minute("2026-10-02T00:00:00Z"), admitted: 1, overage: 1, denied: 1 },
    { credentialId: "somebody else's", minute: minute("2026-10-01T10:00:00Z"), admitted: 50 },
  ]);
});

const SPAN = "since=2026-10-01T00:00:00Z&until=2026-10-03T00:00:00Z";
const usage = async (query: string, as: { token: string } = rosa) => (await world.call("GET", `/api/v1/usage?${query}`, { as })).body;

describe("usage", () => {
  it("is told by day with its total and the limit it stands under", async () => {
    const { data } = await usage(SPAN);
    const unknown = { failed: null, mean_latency_ms: null };
    expect(data).toMatchObject({
      period: "day",
      group: null,
      since: "2026-10-01T00:00:00.000Z",
      until: "2026-10-03T00:00:00.000Z",
      limit: { plan: "premium", requests_per_hour: 1_000, ceiling_per_hour: 10_000 },
      totals: { requests: 8, overage: 1, denied: 1, ...unknown },
      rows: [
        { start: "2026-10-01T00:00:00.000Z", group: null, requests: 5, overage: 0, denied: 0, ...unknown },
        { start: "2026-10-02T00:00:00.000Z", group: null, requests: 3, overage: 1, denied: 1, ...unknown },
      ],
    });
  });

  it.each([
    ["hour", ["2026-10-01T10:00:00.000Z", "2026-10-02T00:00:00.000Z"]],
    ["month", ["2026-10-01T00:00:00.000Z"]],
  ])("is told by %s", async (period, starts) => {
    const { data } = await usage(`period=${period}&${SPAN}`, keys[0] as Key);
    expect(data.rows.map(({ start }: { start: string }) => start)).toEqual(starts);
    expect(data.totals.requests).toBe(8);
  });

  it("is told by key", async () => {
    const { data } = await usage(`period=month&group=key&${SPAN}`);
    const byKey = Object.fromEntries(data.rows.map(({ group, requests }: { group: string; requests: number }) => [group, requests]));
    expect(byKey).toEqual({ [keys[0]?.id ?? ""]: 3, [keys[1]?.id ?? ""]: 5 });
  });

  it("of nobody but the account is in it", async () => {
    const other = await accountWith(world, { plan: "standard" });
    expect((await usage(SPAN, other)).data.totals.requests).toBe(0);
    expect((await usage(SPAN, await world.person())).data.limit).toBeNull();
  });

  it.each([
    "period=hour&since=2026-09-01T00:00:00Z&until=2026-10-03T00:00:00Z",
    "since=2026-10-03T00:00:00Z&until=2026-10-01T00:00:00Z",
    "period=week",
  ])("refuses %s", async (query) => {
    expect((await usage(query)).code).toBe("invalid_parameter");
  });
});

describe("the hourly sums of routes", () => {
  const log = (fields: Partial<typeof requestLog.$inferInsert>, hoursAgo: number) =>
    world.db.writer.insert(requestLog).values({
      id: crypto.randomUUID(),
      ts: sql`date_trunc('hour', ops.now()) - make_interval(hours => ${hoursAgo})` as never,
      seq: Math.floor(Math.random() * 1e9),
      accountId: rosa.recruiterId,
      credentialId: keys[0]?.id ?? "",
      credentialKind: "key",
      method: "GET",
      route: "/roles",
      path: "/api/v1/roles",
      status: 200,
      latencyMs: 3,
      requestId: crypto.randomUUID(),
      scopesUsed: [],
      overage: false,
      bytesOut: 0,
      ...fields,
    });

  it("are built anew from the log, three hours back, and again when rows come late", async () => {
    await log({}, 1);
    await log({ latencyMs: 251 }, 1);
    await log({ status: 404, latencyMs: 9_000 }, 1);
    await log({ route: "/me", path: "/api/v1/me", latencyMs: 5 }, 3);
    await log({}, 5); // too late
    await log({ seq: null }, 1); // no verdict
    await world.cron("20 * * * *");
    await log({ latencyMs: 4 }, 1);
    await world.cron("20 * * * *");
    await world.cron("20 * * * *");

    const rows = await world.db.reader.select().from(usageRoutesHourly).orderBy(usageRoutesHourly.route, usageRoutesHourly.statusClass);
    expect(rows).toMatchObject([
      { route: "GET /me", version: "v1", statusClass: 2, count: 1, latencySumMs: 5, latencyHist: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0] },
      { route: "GET /roles", version: "v1", statusClass: 2, count: 3, latencySumMs: 258, latencyHist: [2, 0, 0, 0, 0, 0, 1, 0, 0, 0] },
      { route: "GET /roles", version: "v1", statusClass: 4, count: 1, latencySumMs: 9_000, latencyHist: [0, 0, 0, 0, 0, 0, 0, 0, 0, 1] },
    ]);
    const byRoute = (await usage("group=route&period=month")).data;
    expect(byRoute.totals).toEqual({ requests: 5, overage: null, denied: null, failed: 1, mean_latency_ms: Math.round(9_263 / 5) });
    const sums = byRoute.rows.map(({ group, requests, failed, mean_latency_ms: mean }: Record<string, unknown>) => [
      group,
      requests,
      failed,
      mean,
    ]);
    expect(sums.toSorted()).toEqual([
      ["GET /me", 1, 0, 5],
      ["GET /roles", 4, 1, Math.round(9_258 / 4)],
    ]);
    const byVersion = (await usage("group=version&period=month")).data.rows as { group: string; requests: number }[];
    expect(byVersion.map(({ group }) => group)).toEqual(byVersion.map(() => "v1"));
    expect(byVersion.reduce((sum, { requests }) => sum + requests, 0)).toBe(5);
  });
});

describe("the invoice's preview", () => {
  const preview = async (as: { token: string }) => world.call("GET", "/api/v1/usage/invoice-preview", { as });

  it("shows the month, the units and what they cost under the cap", async () => {
    const account = await accountWith(world, { plan: "premium", overageEnabled: true, spendCapCents: 500 });
    await world.db.writer.execute(sql`insert into api.usage_minutes (credential_id, minute, account_id, admitted, overage)
      select 'c', floor(extract(epoch from date_trunc('month', ops.now() at time zone 'UTC') at time zone 'UTC') / 60)::int + n, ${account.recruiterId}, 10, 3
      from generate_series(-1, 4) n`);
    const { body, status } = await preview(account);
    expect(status).toBe(200);
    expect(body.data).toEqual({
      month: `${new Date().toISOString().slice(0, 7)}-01`,
      plan: "premium",
      base_units: 50,
      overage_units: 15,
      reported_units: 0,
      unit_price_micros: 1_000,
      amount_cents: 2,
      spend_cap_cents: 500,
      currency: "usd",
    });
  });

  it("is for a session of an owner or admin", async () => {
    expect((await preview(keys[0] as Key)).body.code).toBe("role_type_not_permitted");
    expect((await preview(await world.member(await world.company(), "hiring_manager"))).body.code).toBe("role_type_not_permitted");
  });
});
