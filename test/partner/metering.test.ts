import { evictDurableObject } from "cloudflare:test";
import { eq, sql } from "drizzle-orm";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { apiKeys, meterReports, usageMinutes } from "#db/schema/api.ts";
import { marketplace, type Marketplace } from "../api.ts";
import type { Key } from "./keys.ts";
import { type Account, accountWith, alarmOf, holdClock, keyFor, ownerOf } from "./accounts.ts";

let world: Marketplace;
let rosa: Account;
beforeAll(async () => {
  world = await marketplace();
  rosa = await accountWith(world, { customLimit: 100 });
});
afterEach(() => vi.useRealTimers());

const call = (key: Key) => world.call("GET", "/api/v1/me", { as: key });
const minutesOf = (key: Key) =>
  world.db.reader.select().from(usageMinutes).where(eq(usageMinutes.credentialId, key.id)).orderBy(usageMinutes.minute);
const lastUse = async (key: Key) =>
  (await world.db.reader.select({ at: apiKeys.lastUsedAt }).from(apiKeys).where(eq(apiKeys.id, key.id)))[0]?.at;

describe("an object's alarm", () => {
  it("sends a minute once it is over, and once", async () => {
    const key = await keyFor(world, rosa);
    const now = holdClock();
    for (let count = 0; count < 3; count++) await call(key);
    const [message, ...others] = await alarmOf(world, key);
    expect(others).toEqual([]);
    expect(message).toEqual({
      credential_id: key.id,
      account_id: rosa.recruiterId,
      kind: "key",
      minutes: [{ minute: Math.floor(now.getTime() / 60_000), admitted: 3, overage: 0, denied: 0 }],
    });
    await call(key);
    const again = await alarmOf(world, key);
    expect(again.flatMap(({ minutes }) => minutes).map(({ admitted }) => admitted)).toEqual([1]);
  });

  it("keeps what the queue did not take", async () => {
    const key = await keyFor(world, rosa);
    await call(key);
    await expect(alarmOf(world, key, { fails: true })).rejects.toThrow("the queue is away");
    await call(key);
    const sent = (await alarmOf(world, key)).flatMap(({ minutes }) => minutes);
    expect(sent.reduce((total, { admitted }) => total + admitted, 0)).toBe(2);
  });

  it("also sends what a key used before it was revoked and never came again", async () => {
    const key = await keyFor(world, rosa);
    await call(key);
    await ownerOf(world, key).invalidate(99);
    expect((await alarmOf(world, key)).flatMap(({ minutes }) => minutes)).toMatchObject([{ admitted: 1 }]);
  });

  it("and the count and the numbers outlive the object's memory", async () => {
    const limited = await accountWith(world, { customLimit: 3 });
    const key = await keyFor(world, limited);
    await call(key);
    await call(key);
    await evictDurableObject(ownerOf(world, key));
    const ask = () => ownerOf(world, key).authorize({ secretHash: "0".repeat(64), cost: 1, now: Math.floor(Date.now() / 1_000), ip: null });
    expect(await ask()).toEqual({ kind: "refused", code: "invalid_token" }); // it still knows the key
    expect((await call(key)).headers.get("x-ratelimit-used")).toBe("3");
    expect((await call(key)).status).toBe(429);
    const rows = world.sent.requestLog as { rows: { credentialId: string; seq: number }[] }[];
    const numbers = rows.flatMap((each) => each.rows).filter(({ credentialId }) => credentialId === key.id);
    expect(numbers.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  });
});

describe("the consumer of usage", () => {
  const message = (key: Key, minute: number, admitted: number) => ({
    credential_id: key.id,
    account_id: rosa.recruiterId,
    kind: "key",
    minutes: [{ minute, admitted, overage: 1, denied: 0 }],
  });

  it("keeps the greater count, whatever comes twice or late", async () => {
    const key = await keyFor(world, rosa);
    const minute = 29_700_000;
    await world.consume("usage", [message(key, minute, 5), message(key, minute, 3)]);
    await world.consume("usage", [message(key, minute, 5)]);
    await world.consume("usage", [message(key, minute, 4)]);
    expect(await minutesOf(key)).toMatchObject([{ minute, admitted: 5, overage: 1, denied: 0 }]);
  });

  it("moves the last use of each key to its own last minute, and never back", async () => {
    const [one, other] = await Promise.all([keyFor(world, rosa), keyFor(world, rosa)]);
    const minute = 29_700_100;
    await world.consume("usage", [message(one, minute, 1), message(other, minute - 50, 1)]);
    await world.consume("usage", [message(one, minute - 10, 1)]);
    expect(await lastUse(one)).toEqual(new Date((minute + 1) * 60_000));
    expect(await lastUse(other)).toEqual(new Date((minute - 49) * 60_000));
  });
});

describe("the hourly report", () => {
  const HOUR = 3_600;
  const METER = "/v1/billing/meter_events";

  const sentFor = async (account: Account) =>
    (await world.stripe.controls.requests())
      .filter(({ path, answered }) => path === METER && answered === 200)
      .map(({ params }) => params as { identifier: string; payload: { stripe_customer_id: string; value: string }; timestamp: string })
      .filter(({ identifier }) => identifier.startsWith(account.recruiterId));

  const unitsOf = async (account: Account) => (await sentFor(account)).map(({ payload }) => Number(payload.value));

  async function customer(): Promise<string> {
    const response = await fetch(`${world.stripe.url}/v1/customers`, {
      method: "POST",
      headers: { authorization: `Bearer ${world.stripe.key}`, "content-type": "application/x-www-form-urlencoded" },
      body: "email=books@partner.test",
    });
    return ((await response.json()) as { id: string }).id;
  }

  /** An account that pays, with nothing left to be told of any other. */
  const billed = async (): Promise<Account & { customerId: string }> => {
    await report();
    const stripeCustomerId = await customer();
    const account = await accountWith(world, { plan: "premium", overageEnabled: true, spendCapCents: 10_000, stripeCustomerId });
    return { ...account, customerId: stripeCustomerId };
  };

  /** Paid units, counted so many minutes before the database's now. */
  const used = (account: Account, minutesAgo: number, overage: number) =>
    world.db.writer.insert(usageMinutes).values({
      credentialId: crypto.randomUUID(),
      minute: sql`floor(extract(epoch from ops.now()) / 60)::int - ${minutesAgo}` as never,
      accountId: account.recruiterId,
      admitted: 7,
      overage,
    });

  const report = () => world.cron("20 * * * *");
  const clock = async () => new Date((await world.db.reader.execute<{ now: string }>(sql`select ops.now() as now`)).rows[0]?.now ?? "");
  /** Moves on to so many minutes past the next hour, or of the next month. */
  async function moveTo(minutes: number, next: "hour" | "month" = "hour"): Promise<void> {
    const now = await clock();
    const goal = new Date(now);
    if (next === "month") goal.setUTCMonth(goal.getUTCMonth() + 1, 1);
    goal.setUTCMinutes(minutes, 0, 0);
    if (next === "month") goal.setUTCHours(0);
    else goal.setUTCHours(goal.getUTCHours() + 1);
    await world.advance(Math.round((goal.getTime() - now.getTime()) / 1_000));
  }

  it("tells of the closed hour's units, once, and of late ones the next time", async () => {
    await moveTo(30);
    const account = await billed();
    await used(account, 45, 30); // of the closed hour
    await used(account, 5, 100); // of the open one
    await report();
    await report();
    expect(await unitsOf(account)).toEqual([30]);
    const [sent] = await sentFor(account);
    expect(sent?.payload.stripe_customer_id).toBe(account.customerId);
    await used(account, 50, 4); // late
    await world.advance(HOUR);
    await report();
    await report();
    expect(await unitsOf(account)).toEqual([30, 104]);
    expect(await world.db.reader.select().from(meterReports).where(eq(meterReports.accountId, account.recruiterId))).toMatchObject([
      { units: 30, stripeStatus: "accepted" },
      { units: 104, stripeStatus: "accepted" },
    ]);
  });

  it.each(["lost_after", "lost_before", "503", "500_after"] as const)("is sent again under its identifier after %s", async (kind) => {
    await moveTo(30);
    const account = await billed();
    await used(account, 45, 30);
    await world.stripe.controls.fault({ kind, route: `POST ${METER}` });
    await report();
    const [before] = await world.db.reader.select().from(meterReports).where(eq(meterReports.accountId, account.recruiterId));
    expect(before).toMatchObject({ units: 30, stripeStatus: null });
    await used(account, 44, 1);
    await report();
    const after = await world.db.reader.select().from(meterReports).where(eq(meterReports.accountId, account.recruiterId));
    expect(after).toMatchObject([{ units: 30, stripeStatus: "accepted", identifier: before?.identifier }]);
  });

  it("bills nothing that Stripe refused: its units ride in the next one", async () => {
    await moveTo(30);
    const account = await billed();
    await used(account, 45, 30);
    await world.stripe.controls.fault({ kind: "refuse", code: "resource_missing", route: `POST ${METER}` });
    await report();
    await world.advance(HOUR);
    await report();
    const rows = await world.db.reader
      .select()
      .from(meterReports)
      .where(eq(meterReports.accountId, account.recruiterId))
      .orderBy(meterReports.hour);
    expect(rows).toMatchObject([
      { units: 30, stripeStatus: "resource_missing" },
      { units: 30, stripeStatus: "accepted" },
    ]);
  });

  it("waits for a customer, and says so", async () => {
    await moveTo(30);
    const account = await accountWith(world, { plan: "premium", overageEnabled: true });
    await used(account, 45, 3);
    const complaints = vi.spyOn(console, "error");
    await report();
    expect(complaints.mock.calls.flat().some((line) => String(line).includes(account.recruiterId))).toBe(true);
    complaints.mockRestore();
    expect(await unitsOf(account)).toEqual([]);
  });

  it("sends no more after a day, when nobody can say whether it arrived", async () => {
    await moveTo(30);
    const account = await billed();
    await used(account, 45, 30);
    await world.stripe.controls.fault({ kind: "lost_after", route: `POST ${METER}` });
    await report();
    await world.advance(25 * HOUR);
    await report();
    expect(await unitsOf(account)).toEqual([]);
    expect(await world.db.reader.select().from(meterReports).where(eq(meterReports.accountId, account.recruiterId))).toMatchObject([
      { units: 30, stripeStatus: "unknown" },
    ]);
  });

  it("bills a month's last units for that month, however late they come", async () => {
    const account = await billed();
    await moveTo(20, "month");
    const month = (await clock()).toISOString().slice(0, 7);
    await used(account, 25, 10); // five to midnight
    await report();
    await used(account, 15, 5);
    await used(account, 26, 3); // late, of the month before
    await world.advance(HOUR);
    await report();
    await world.advance(HOUR);
    await report();
    expect(await unitsOf(account)).toEqual([10, 3, 5]);
    const rows = await world.db.reader
      .select()
      .from(meterReports)
      .where(eq(meterReports.accountId, account.recruiterId))
      .orderBy(meterReports.hour);
    expect(rows.map((row) => [row.units, row.month < `${month}-01`])).toEqual([
      [10, true],
      [3, true],
      [5, false],
    ]);
    const stamps = (await sentFor(account)).map(({ timestamp }) => new Date(Number(timestamp) * 1_000).toISOString().slice(0, 7) < month);
    expect(stamps).toEqual([true, true, false]);
  });
});
