import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { jobs } from "#db/schema/ats.ts";
import { endpointsOf } from "../endpoints.ts";
import { type Farm, startFarm } from "./farm.ts";
import { callWorker, PARTNER_KEYS, populated, type RunningWorker, startWorker } from "./worker.ts";

const START_MS = 90_000;
const EACH = 20;
/** From before the change is asked for to the receiver's first byte, beside an endpoint that hangs (PLATFORM §13.4). */
const MOST_P95_MS = 1_000;

/** So long a receiver has to answer. */
const GIVEN_UP_MS = 15_000;

const { database, db, company: newCompany, member } = await populated();
const { endpoint } = endpointsOf(db, PARTNER_KEYS.KEK_CURRENT);
let worker: RunningWorker;
let farm: Farm;

beforeAll(async () => {
  farm = await startFarm();
  worker = await startWorker({ databaseUrl: database.url });
}, START_MS);
afterAll(async () => {
  await worker?.stop();
  await farm?.close();
});

it("keeps a good endpoint quick beside one that hangs", { timeout: START_MS }, async () => {
  const [hanging, good] = await Promise.all(
    ["hanging", "good"].map(async (path) => {
      const company = await newCompany(path);
      const owner = await member(company);
      await endpoint(`${farm.url}/${path}/a`, { id: company.id, kind: "company" }, owner, { eventTypes: ["role.updated"] });
      const [job] = await db.writer
        .insert(jobs)
        .values({ companyId: company.id, title: "Cook", status: "draft" })
        .returning({ id: jobs.id });
      return { owner, path: `jobs/${job?.id}` };
    }),
  );
  const changed = async ({ owner, path }: NonNullable<typeof good>, title: string): Promise<number> => {
    const answer = await callWorker(worker, "PATCH", path, { as: owner, body: { title } });
    expect(answer.status).toBe(200);
    return answer.body.data.version as number;
  };
  const arrivals = () => new Map(farm.received("/good/a").map(({ body, at }) => [JSON.parse(body).sequence as number, at]));
  const arrived = async (count: number) => {
    const deadline = Date.now() + 20_000;
    while (farm.received("/good/a").length < count && Date.now() < deadline) await pause(10);
  };
  /** Changes both or the good one's role alone, so many times; how long 95 of a hundred took at most. */
  const p95 = async (beside: boolean): Promise<number> => {
    const asked = new Map<number, number>();
    const before = farm.received("/good/a").length;
    for (let time = 0; time < EACH; time++) {
      const title = `Cook ${time} ${beside ? "beside" : "alone"}`;
      if (beside) await changed(hanging!, title);
      const began = Date.now();
      asked.set(await changed(good!, title), began);
    }
    await arrived(before + EACH);
    const times = [...asked].map(([sequence, began]) => (arrivals().get(sequence) ?? Infinity) - began);
    return times.toSorted((a, b) => a - b)[Math.ceil(EACH * 0.95) - 1]!;
  };
  // a Worker that was never asked anything loads its rooms first
  await changed(good!, "first");
  await arrived(1);
  const alone = await p95(false);
  // a machine that is busy with other things slows both alike; who waits for a hanging one waits for 15 s
  expect(await p95(true)).toBeLessThan(Math.max(MOST_P95_MS, 3 * alone));
  // it has its four, and the others wait for it alone, until it is given up
  const hung = farm.received("/hanging/a").map(({ at }) => at);
  expect(hung.filter((at) => at < Math.min(...hung) + GIVEN_UP_MS)).toHaveLength(4);
});
