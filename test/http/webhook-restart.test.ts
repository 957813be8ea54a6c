import { setTimeout as pause } from "node:timers/promises";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { jobs } from "#db/schema/ats.ts";
import { webhookDeliveries } from "#db/schema/deliveries.ts";
import { announce, endpointsOf } from "../endpoints.ts";
import { type Farm, startFarm } from "./farm.ts";
import { PARTNER_KEYS, populated, type RunningWorker, startWorker } from "./worker.ts";

const MINUTELY = "* * * * *";
const START_MS = 90_000;
const EVENTS = 500;
/** A third has arrived when the Worker is killed. */
const KILLED_AFTER = EVENTS / 3;
/** Longer than a claim is held, and than the pause between two sweeps of one delivery. */
const LATER_SECONDS = 400;
const SWEEPS = { WEBHOOK_SWEEP_SECONDS: "1", WEBHOOK_SWEEP_ROWS: "1000" };

const { database, db, company: newCompany, member } = await populated();
const { endpoint } = endpointsOf(db, PARTNER_KEYS.KEK_CURRENT);
let worker: RunningWorker;
let farm: Farm;

const start = async () => void (worker = await startWorker({ databaseUrl: database.url, vars: SWEEPS }));

beforeAll(async () => {
  farm = await startFarm();
  await start();
}, START_MS);
afterAll(async () => {
  await worker?.stop();
  await farm?.close();
});

it(
  `loses none of ${EVENTS} events when the Worker and all its objects and queues are killed in their middle`,
  { timeout: START_MS },
  async () => {
    const company = await newCompany("Acme");
    const owner = await member(company);
    const [job] = await db.writer.insert(jobs).values({ companyId: company.id, title: "Cook", status: "draft" }).returning({ id: jobs.id });
    const { id } = await endpoint(`${farm.url}/good/restart`, { id: company.id, kind: "company" }, owner, { eventTypes: ["role.updated"] });
    const payload = { job_id: job?.id, company_id: company.id, updated_fields: ["title"] };
    const update = { type: "job.updated", subject: { type: "job", id: job?.id ?? "" }, payload };
    await announce(
      db,
      Array.from({ length: EVENTS }, () => update),
    );
    const received = () => farm.received("/good/restart");
    const deliveries = () => db.writer.select().from(webhookDeliveries).where(eq(webhookDeliveries.webhookId, id));

    await worker.cron(MINUTELY);
    for (const deadline = Date.now() + 30_000; received().length < KILLED_AFTER && Date.now() < deadline;) await pause(5);
    await worker.kill();
    const before = received().length;
    expect(before).toBeGreaterThanOrEqual(KILLED_AFTER);
    expect(before).toBeLessThan(EVENTS);

    await start();
    await database.setClock(LATER_SECONDS);
    const isDone = async () => {
      const rows = await deliveries();
      return rows.length === EVENTS && rows.every(({ status }) => status === "succeeded");
    };
    for (const deadline = Date.now() + 45_000; !(await isDone()) && Date.now() < deadline; await pause(500)) await worker.cron(MINUTELY);

    const rows = await deliveries();
    expect(rows.map(({ status }) => status)).toEqual(Array.from({ length: EVENTS }, () => "succeeded"));
    const byId = Map.groupBy(received(), ({ headers }) => headers["webhook-id"]);
    // every event arrived, and what came twice says the same under the same id
    expect([...byId.keys()].toSorted()).toEqual(rows.map(({ eventId }) => `evt_${eventId}`).toSorted());
    for (const repeats of byId.values()) expect(new Set(repeats.map(({ body }) => body)).size).toBe(1);
    // the tables know of every request but those whose record was lost with the Worker
    const { rows: counted } = await db.writer.execute<{ attempts: number; twice: number }>(
      sql`select count(*)::int as attempts, (count(*) - count(distinct delivery_id))::int as twice from api.webhook_attempts`,
    );
    expect(counted).toEqual([{ attempts: EVENTS, twice: 0 }]);
    expect(received().length - EVENTS).toBeLessThanOrEqual(8);
  },
);
