import { eq, sql } from "drizzle-orm";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { overageBudgets } from "#db/schema/api.ts";
import { notifications } from "#db/schema/notify.ts";
import { outbox } from "#db/schema/ops.ts";
import { type Answer, marketplace, type Marketplace } from "../api.ts";
import type { Key } from "./keys.ts";
import { type Account, accountWith, changePlan, keyFor, ownerOf } from "./accounts.ts";

let world: Marketplace;
beforeAll(async () => void (world = await marketplace()));
afterEach(() => vi.useRealTimers());

/** Premium units cost a thousandth of a dollar: ten for a cent. */
const METERED = { plan: "premium", overageEnabled: true, customLimit: 5 } as const;

const call = (key: Key) => world.call("GET", "/api/v1/me", { as: key });
const calls = async (key: Key, count: number): Promise<Answer[]> => {
  const answers: Answer[] = [];
  for (let made = 0; made < count; made++) answers.push(await call(key));
  return answers;
};
const paid = (answers: readonly Answer[]) => answers.filter(({ headers }) => headers.get("x-overage") === "1").length;
const wordsOf = (answers: readonly Answer[]) => answers.map(({ status, body }) => (status === 200 ? 200 : (body.code as string)));

const budgetOf = async (account: Account) =>
  (await world.db.reader.select().from(overageBudgets).where(eq(overageBudgets.accountId, account.recruiterId)))[0];

const told = async (account: Account): Promise<number[]> => {
  const rows = await world.db.reader
    .select({ payload: outbox.payload })
    .from(outbox)
    .where(sql`event_type = 'account.overage_reached' and subject_id = ${account.recruiterId}`)
    .orderBy(outbox.id);
  return rows.map(({ payload }) => payload["percent"] as number);
};

describe("beyond the limit", () => {
  it("base units go first, then paid ones up to the ceiling, then none", async () => {
    const account = await accountWith(world, { ...METERED, customLimit: 2, spendCapCents: 100 });
    const answers = await calls(await keyFor(world, account), 21);
    expect(wordsOf(answers)).toEqual([...Array.from({ length: 20 }, () => 200), "rate_limited"]);
    expect(answers.map(({ headers }) => headers.get("x-overage"))).toEqual([null, null, ...Array.from({ length: 18 }, () => "1"), null]);
    expect((await budgetOf(account))?.drawnUnits).toBe(100);
  });

  it("nothing is sold without the switch, and nothing on the standard plan", async () => {
    for (const plan of [{ overageEnabled: false }, { plan: "standard" }] as const) {
      const account = await accountWith(world, { ...METERED, spendCapCents: 100, ...plan });
      expect(wordsOf(await calls(await keyFor(world, account), 6)).at(-1)).toBe("rate_limited");
      expect(await budgetOf(account)).toBeUndefined();
    }
  });

  it("eight subjects at once never use a unit over the cap", async () => {
    const account = await accountWith(world, { ...METERED, spendCapCents: 13 }); // 130 units: a block, and less than another
    const keys = await Promise.all(Array.from({ length: 8 }, () => keyFor(world, account)));
    const first = await Promise.all(keys.map((key) => call(key)));
    const others = await Promise.all(keys.map((key) => Promise.all(Array.from({ length: 24 }, () => call(key))))); // 160 beyond the limits
    const answers = [...first, ...others.flat()];
    expect(wordsOf(answers).filter((word) => word !== 200 && word !== "spend_cap_reached")).toEqual([]);
    expect(answers.filter(({ status }) => status === 200).length - paid(answers)).toBe(8 * METERED.customLimit);
    expect(paid(answers)).toBeGreaterThan(0);
    expect(paid(answers)).toBeLessThanOrEqual(130);
    expect(await budgetOf(account)).toMatchObject({ capUnits: 130, drawnUnits: 130 });
  });

  it("a database that does not answer gives nobody a unit: the call is told to come again", async () => {
    const account = await accountWith(world, { ...METERED, spendCapCents: 1 });
    const key = await keyFor(world, account);
    await calls(key, 5);
    const away = await world.database.fault({ match: "overage_budgets", action: "fail", code: "57P03", times: 1 });
    expect(wordsOf(await calls(key, 2))).toEqual(["service_unavailable", 200]);
    expect((await away.state()).hits).toBe(1);
    expect((await budgetOf(account))?.drawnUnits).toBe(10);
  });

  it("the cap answers 429, and raising it acts at once", async () => {
    const account = await accountWith(world, { ...METERED, spendCapCents: 1 }); // 10 units
    const key = await keyFor(world, account);
    const answers = await calls(key, 17);
    expect(wordsOf(answers).slice(15)).toEqual(["spend_cap_reached", "spend_cap_reached"]);
    expect(paid(answers)).toBe(10);
    const retryAfter = Number(answers.at(-1)?.headers.get("retry-after"));
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(60);

    await changePlan(world, account, [key], { spendCapCents: 2 });
    const more = await calls(key, 11);
    expect(wordsOf(more)).toEqual([...Array.from({ length: 10 }, () => 200), "spend_cap_reached"]);
    expect(paid(more)).toBe(10);

    await changePlan(world, account, [key], { spendCapCents: 1 });
    expect(wordsOf(await calls(key, 1))).toEqual(["spend_cap_reached"]);
    expect((await budgetOf(account))?.drawnUnits).toBe(20);
  });

  it("an empty budget is asked for once a minute, not with every call", async () => {
    const account = await accountWith(world, { ...METERED, spendCapCents: 0 });
    const key = await keyFor(world, account);
    const answers = await calls(key, 8);
    expect(wordsOf(answers).slice(5)).toEqual(["spend_cap_reached", "spend_cap_reached", "spend_cap_reached"]);
    const trips = await Promise.all(
      answers.slice(5).map(async ({ headers }) => (await world.database.counts(headers.get("x-request-id") ?? "")).round_trips),
    );
    expect(trips).toEqual([2, 0, 0]); // one of the two is the read that begins beside the hop, until the key is refused
  });

  it("a block that is lost on its way costs allowance, not money", async () => {
    const account = await accountWith(world, { ...METERED, spendCapCents: 20 }); // 200 units
    const key = await keyFor(world, account);
    await calls(key, 5);
    const owner = ownerOf(world, key);
    const lost = vi.spyOn(world.env.CREDENTIALS, "getByName").mockReturnValue(
      new Proxy(owner, {
        get: (target, name) =>
          name === "grantOverage"
            ? () => Promise.reject(new Error("lost"))
            : (...given: unknown[]) => (target as unknown as Record<PropertyKey, (...given: unknown[]) => unknown>)[name]?.(...given),
      }) as never,
    );
    expect((await call(key)).status).toBe(200); // judged without the object, and never counted
    lost.mockRestore();
    expect((await budgetOf(account))?.drawnUnits).toBe(100);
    const answers = await calls(key, 46);
    expect(paid(answers)).toBe(45); // the ceiling of ten times five
    expect((await budgetOf(account))?.drawnUnits).toBe(200);
  });

  it("half, four fifths and all of the cap are told to whoever looks after the account, once each", async () => {
    const account = await accountWith(world, { ...METERED, customLimit: 30, spendCapCents: 25 }); // 250 units
    const answers = await calls(await keyFor(world, account), 281);
    expect(paid(answers)).toBe(250);
    expect(wordsOf(answers).at(-1)).toBe("spend_cap_reached");
    expect(await told(account)).toEqual([50, 80, 100]);
    await world.drain();
    const rows = await world.db.reader
      .select({ channel: notifications.channel, subject: notifications.subject })
      .from(notifications)
      .where(eq(notifications.recipientUserId, account.userId));
    for (const percent of [50, 80, 100]) {
      const channels = rows.filter(({ subject }) => subject.startsWith(`${percent} %`)).map(({ channel }) => channel);
      expect(channels.toSorted()).toEqual(["email", "in_app"]);
    }
  });
});
