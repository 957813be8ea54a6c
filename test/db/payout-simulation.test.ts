import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Lane, simulatePayouts } from "#local/payouts-simulator.ts";
import { testDatabase, type TestDatabase } from "../database.ts";

/** MONEY §22.2: crashes, lost answers, stored refusals and pruned keys, and every payout paid once. */
describe("payouts under every fault", () => {
  const databases: TestDatabase[] = [];
  let lanes: Lane[];

  beforeAll(async () => {
    databases.push(await testDatabase(), await testDatabase());
    lanes = databases.map(({ url, neonUrl }) => ({ url, endpoint: `${neonUrl}/sql` }));
  });
  afterAll(() => Promise.all(databases.map((database) => database.drop())));

  /** A database takes each seed once. */
  const seeds = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);

  it("22.2: pays each payout once over 300 seeds", { timeout: 600_000 }, async () => {
    const result = await simulatePayouts(lanes, seeds(1, 300));
    expect(result).toEqual({
      payouts: 1_500,
      crashes: expect.any(Number),
      double: 0,
      lost: 0,
      stuck: 0,
      ledger_sum_cents: 0,
      imbalance_cents: 0,
      failed_seeds: [],
    });
    expect(result.crashes).toBeGreaterThan(300);
  });

  it("22.2: bites: a runner that gives up keys without a look-up, or takes fresh ones, pays twice", { timeout: 300_000 }, async () => {
    expect((await simulatePayouts(lanes, seeds(1_001, 25), "without-lookup")).double).toBeGreaterThan(0);
    expect((await simulatePayouts(lanes, seeds(2_001, 25), "fresh-keys")).double).toBeGreaterThan(0);
  });
});
