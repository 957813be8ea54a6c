import { Octokit } from "@octokit/core";
import { throttling } from "@octokit/plugin-throttling";
import { eq, sql } from "drizzle-orm";
import { afterEach, expect, it, vi } from "vitest";
import { accountPlans, apiKeys } from "#db/schema/api.ts";
import { marketplace } from "../api.ts";
import { keyOf } from "./keys.ts";
import { fetchOf } from "./worker-fetch.ts";

afterEach(() => vi.useRealTimers());

// A client that we did not write, and that knows limits only by X-RateLimit-Remaining, X-RateLimit-Reset and Retry-After.
it("a client that throttles itself waits as long as it is told, and then gets its answer", async () => {
  const world = await marketplace();
  const rosa = await world.recruiter("Rosa");
  const key = await keyOf(world, { id: rosa.recruiterId, roleType: "recruiter" }, rosa);
  await setLimit(2);
  const waits: number[] = [];
  const client = new (Octokit.plugin(throttling))({
    baseUrl: "http://127.0.0.1:8787/api/v1",
    request: { fetch: fetchOf(world) },
    throttle: {
      retryAfterBaseValue: 1, // a second of waiting lasts a millisecond
      onRateLimit: async (retryAfter: number) => {
        waits.push(retryAfter);
        await setLimit(100); // an upgrade, so that the wait need not last,
        vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 11_000 }); // and what the isolate remembers of the denial is over
        return true;
      },
      onSecondaryRateLimit: () => false,
    },
  });

  const statuses = [];
  for (let call = 0; call < 3; call++)
    statuses.push(
      (await client.request("GET /me", { headers: { authorization: `Bearer ${key.token}`, accept: "application/json" } })).status,
    );
  expect(statuses).toEqual([200, 200, 200]);
  expect(waits).toHaveLength(1);
  expect(waits[0]).toBeGreaterThan(0);
  expect(waits[0]).toBeLessThanOrEqual(3_661);

  async function setLimit(limit: number): Promise<void> {
    await world.db.writer
      .update(accountPlans)
      .set({ plan: "enterprise", customLimit: limit })
      .where(eq(accountPlans.accountId, rosa.recruiterId));
    const [row] = await world.db.writer
      .update(apiKeys)
      .set({ version: sql`version + 1` })
      .where(eq(apiKeys.id, key.id))
      .returning({ version: apiKeys.version });
    await world.env.CREDENTIALS.getByName(`key:${key.publicId.slice(0, 10)}`).invalidate(row?.version ?? 0);
  }
});
