import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { eq, sql } from "drizzle-orm";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { pipelineFailures } from "#db/schema/api.ts";
import { jobs } from "#db/schema/ats.ts";
import { webhookAttempts, webhookDeliveries } from "#db/schema/deliveries.ts";
import { outbox } from "#db/schema/ops.ts";
import { webhooks } from "#db/schema/webhooks.ts";
import { type Marketplace, marketplace, type Person } from "../api.ts";
import { announce, type Endpoint, endpointsOf } from "../endpoints.ts";

// The object's time is the Workers' clock, which the tests hold; receivers are functions.
const MINUTELY = "* * * * *";
const SECOND = 1_000;

let world: Marketplace;
let endpoint: ReturnType<typeof endpointsOf>["endpoint"];
let owner: Person;
let company: { id: string; organizationId: string };
let jobId: string;
let number = 0;
/** What the receiver answers next, by the address it is asked at. */
const receivers = new Map<string, (request: Request) => Response>();

beforeAll(async () => {
  world = await marketplace();
  world.env.WEBHOOK_ALLOW_LOOPBACK = "1";
  ({ endpoint } = endpointsOf(world.db, world.env.KEK_CURRENT));
  company = await world.company("Acme");
  owner = await world.member(company);
  const [job] = await world.db.writer.insert(jobs).values({ companyId: company.id, title: "Cook" }).returning({ id: jobs.id });
  jobId = job?.id ?? "";
});
beforeEach(() => {
  const real = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input as string, init as RequestInit);
    const receiver = receivers.get(request.url);
    return receiver ? receiver(request) : real(input, init as RequestInit);
  });
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Lets so many seconds pass for the objects and for the tables. */
async function pass(seconds: number): Promise<void> {
  vi.setSystemTime(Date.now() + seconds * SECOND);
  await world.advance(seconds);
}

async function receiver(answer: (request: Request, count: number) => Response, fields: Parameters<typeof endpoint>[3] = {}) {
  const url = `http://127.0.0.1:1/${++number}`;
  const received: Request[] = [];
  receivers.set(url, (request) => {
    received.push(request);
    return answer(request, received.length);
  });
  const made: Endpoint = await endpoint(url, { id: company.id, kind: "company" }, owner, { eventTypes: ["role.updated"], ...fields });
  const rows = () =>
    world.db.writer.select().from(webhookDeliveries).where(eq(webhookDeliveries.webhookId, made.id)).orderBy(webhookDeliveries.id);
  const object = world.env.ENDPOINTS.getByName(made.id);
  return {
    ...made,
    received,
    object,
    rows,
    row: async () => (await world.db.writer.select().from(webhooks).where(eq(webhooks.id, made.id)))[0]!,
    attempts: async () =>
      (await world.db.writer.select().from(webhookAttempts).orderBy(webhookAttempts.startedAt)).filter(
        (
          (ids) => (attempt: { deliveryId: string }) =>
            ids.has(attempt.deliveryId)
        )(new Set((await rows()).map(({ id }) => id))),
      ),
    /** Events for this endpoint, told to its object; the others' stay where they are. */
    async happens(count = 1, fields = ["title"]): Promise<void> {
      const payload = { job_id: jobId, company_id: company.id, updated_fields: fields };
      const events = await announce(
        world.db,
        Array.from({ length: count }, () => ({ type: "job.updated", subject: { type: "job", id: jobId }, payload })),
      );
      await world.consume("events", [{ event_ids: events }]);
      const messages = world.sent.deliveries.splice(0).filter(({ webhook_id: id }) => id === made.id);
      await world.consume("deliveries", messages);
    },
    async alarm(): Promise<void> {
      await runDurableObjectAlarm(object);
    },
    /** Waits until the deliveries stand like this, and none is on its way. */
    async until(holds: (statuses: string[]) => boolean) {
      const deadline = performance.now() + 8_000;
      for (;;) {
        const all = await rows();
        if (holds(all.map(({ status }) => status)) && (await object.state()).inFlight === 0) return all;
        if (performance.now() > deadline) throw new Error(`It stays at ${all.map(({ status }) => status).join()}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}

const all = (status: string) => (statuses: string[]) => statuses.length > 0 && statuses.every((each) => each === status);
const soon = (holds: () => boolean | Promise<boolean>) => vi.waitUntil(holds, { timeout: 8_000, interval: 20 });
const fails = () => new Response("no", { status: 500 });
const takes = () => new Response(null, { status: 204 });

describe("the object of an endpoint", () => {
  it("sends again when its time has come, with its own alarm, and gives up after the fourth", async () => {
    const broken = await receiver(fails);
    await broken.happens();
    for (const [index, wait] of [72, 720, 4_320].entries()) {
      await broken.until(all("retrying"));
      await broken.alarm(); // too early
      expect(broken.received).toHaveLength(index + 1);
      await pass(wait);
      await broken.alarm();
      await soon(() => broken.received.length === index + 2);
    }
    const [dead] = await broken.until(all("dead"));
    expect(dead).toMatchObject({ attempts: 4, sends: 4, nextAttemptAt: null, lastStatus: 500 });
    expect((await broken.attempts()).map(({ attemptNo, trigger }) => [attemptNo, trigger])).toEqual([1, 2, 3, 4].map((no) => [no, "auto"]));
    expect(broken.received.map(({ headers }) => headers.get("x-splits-attempt"))).toEqual(["1", "2", "3", "4"]);
    expect(new Set(broken.received.map(({ headers }) => headers.get("webhook-id"))).size).toBe(1);
    expect(new Set(broken.received.map(({ headers }) => headers.get("webhook-signature"))).size).toBe(4);
  });

  it("asks with one probe at a time once the breaker is open, and sends what was parked when it succeeds", async () => {
    let isUp = false;
    const back = await receiver(() => (isUp ? takes() : fails()));
    await back.happens(12);
    const parked = (await back.until((statuses) => statuses.every((each) => ["retrying", "parked"].includes(each)))).filter(
      ({ status }) => status === "parked",
    );
    expect(parked.length).toBeGreaterThan(0);
    const sent = back.received.length;
    await pass(31);
    await back.alarm();
    await soon(() => back.received.length === sent + 1);
    await back.until((statuses) => statuses.every((each) => ["retrying", "parked"].includes(each)));
    const probe = (await back.attempts()).find(({ trigger }) => trigger === "probe");
    expect(probe).toMatchObject({ attemptNo: 1, httpStatus: 500 });
    expect((await back.rows()).filter(({ status }) => status === "parked").every(({ attempts }) => attempts === 0)).toBe(true);
    expect(await back.object.state()).toMatchObject({ breaker: "open" });

    isUp = true;
    await pass(61);
    await back.alarm();
    await back.until((statuses) => !statuses.includes("parked"));
    await pass(20);
    await back.alarm();
    await back.until(all("succeeded"));
    expect(await back.object.state()).toMatchObject({ breaker: "closed", failingSince: null, queued: 0 });
    expect((await back.row()).failingSince).toBeNull();
  });

  it("sends the oldest first once it is back, those among them that were probes in vain", async () => {
    let isUp = false;
    const back = await receiver(() => (isUp ? takes() : fails()));
    await back.happens(20);
    const waiting = await back.until((statuses) => statuses.every((each) => ["retrying", "parked"].includes(each)));
    const count = waiting.filter(({ status }) => status === "parked").length;
    await soon(async () => (await back.object.state()).parked === count); // the tables know first
    const parked = await runInDurableObject(back.object, (_, { storage }) =>
      storage.sql
        .exec<{ id: string }>("select id from job where parked = 1 order by due_at, rowid")
        .toArray()
        .map(({ id }) => id),
    );
    const events = new Map((await back.rows()).map(({ id, eventId }) => [id, `evt_${eventId}`]));
    const sent = back.received.length;
    for (const [index, wait] of [31, 61, 121].entries()) {
      isUp = index === 2;
      await pass(wait);
      await back.alarm();
      await soon(() => back.received.length > sent + index);
      await back.until((statuses) => !statuses.includes("in_flight"));
    }
    await back.until((statuses) => !statuses.includes("parked"));
    const received = back.received.slice(sent).map(({ headers }) => headers.get("webhook-id"));
    const [first, second, third, fourth, fifth] = parked.map((id) => events.get(id));
    expect(received.slice(0, 3)).toEqual([first, second, third]); // each probe asks with another
    expect(received.slice(3, 7).toSorted()).toEqual([first, second, fourth, fifth].toSorted());
  });

  it("charges nobody for a name server of ours that is away", async () => {
    const names = world.env.DOH_URL;
    world.env.DOH_URL = "http://127.0.0.1:9/dns-query";
    const far = await receiver(takes, { url: "https://hooks.example.com/in" });
    await far.happens(6);
    const waiting = await far.until(all("retrying"));
    world.env.DOH_URL = names;
    expect(waiting.map(({ attempts, lastErrorClass }) => [attempts, lastErrorClass])).toEqual(waiting.map(() => [0, "internal"]));
    expect(await far.object.state()).toMatchObject({ breaker: "closed", failingSince: null });
    expect(await far.row()).toMatchObject({ failingSince: null, lastFailureAt: null });
  });

  it("sends no event of 20 KB or more, and charges nobody for that fault of ours", async () => {
    const good = await receiver(takes);
    await good.happens(
      1,
      Array.from({ length: 1_000 }, (_, n) => `a_field_of_${String(n).padStart(8, "0")}`),
    );
    expect(await good.until(all("retrying"))).toMatchObject([
      { attempts: 0, sends: 1, lastErrorClass: "body_too_large", lastStatus: null },
    ]);
    expect(good.received).toEqual([]);
    expect(await good.row()).toMatchObject({ failingSince: null, lastFailureAt: null });
  });

  it("takes what somebody asks for as the probe, and forgets how it did when the endpoint is changed", async () => {
    const broken = await receiver(fails);
    await broken.happens(12);
    const rows = await broken.until((statuses) => statuses.every((each) => ["retrying", "parked"].includes(each)));
    const sent = broken.received.length;
    const waiting = rows.find(({ status }) => status === "parked")!;
    await broken.object.enqueue([{ deliveryId: waiting.id, priority: "live", manual: true }]);
    await soon(() => broken.received.length === sent + 1);
    await broken.until((statuses) => statuses.every((each) => ["retrying", "parked"].includes(each)));
    expect((await broken.attempts()).filter(({ trigger }) => trigger === "probe").map(({ deliveryId }) => deliveryId)).toEqual([
      waiting.id,
    ]);

    receivers.set(broken.url, takes);
    await broken.object.reload(2);
    expect(await broken.object.state()).toMatchObject({ breaker: "closed" });
    await broken.until((statuses) => !statuses.includes("parked"));
  });

  it("brings a retry forward when it is asked for", async () => {
    const flaky = await receiver((_, count) => (count === 1 ? fails() : takes()));
    await flaky.happens();
    const [{ id } = { id: "" }] = await flaky.until(all("retrying"));
    await flaky.object.enqueue([{ deliveryId: id, priority: "live", manual: true }]);
    const [done] = await flaky.until(all("succeeded"));
    expect(done).toMatchObject({ attempts: 2 });
    expect((await flaky.attempts()).map(({ trigger }) => trigger).toSorted()).toEqual(["auto", "manual"]);
  });

  it("rests as long as a receiver asks, then sends one at a time until it succeeds", async () => {
    const tired = await receiver((_, count) =>
      count === 1 ? new Response(null, { status: 429, headers: { "retry-after": "30" } }) : takes(),
    );
    await tired.happens();
    await tired.until(all("retrying"));
    await tired.happens(3);
    expect(await tired.object.state()).toMatchObject({ breaker: "closed", queued: 4 });
    expect((await tired.object.state()).pausedUntil).not.toBeNull();
    expect(tired.received).toHaveLength(1);
    await pass(31);
    await tired.alarm();
    await tired.until((statuses) => statuses.filter((each) => each === "succeeded").length === 3);
    expect((await tired.object.state()).pausedUntil).toBeNull();
  });

  it("records a send with the same values when the tables are back, and does not send it again", async () => {
    const good = await receiver(takes);
    const fault = await world.database.fault({ match: 'insert into "api"\\."webhook_attempts"', action: "fail", code: "57P01", times: 2 });
    await good.happens();
    await soon(async () => (await fault.state()).hits === 2); // at once, and once more before it waits
    const kept = () => runInDurableObject(good.object, (_, { storage }) => storage.sql.exec("select id from unrecorded").toArray().length);
    await soon(async () => (await kept()) === 1);
    await fault.release();
    const sentAt = Date.now();
    expect((await good.rows())[0]?.status).toBe("in_flight");
    await pass(6);
    await good.alarm();
    await good.until(all("succeeded"));
    expect(good.received).toHaveLength(1);
    const [attempt, ...more] = await good.attempts();
    expect(more).toEqual([]);
    expect(attempt?.startedAt.getTime()).toBeLessThanOrEqual(sentAt);
  });

  it("parks everything of an endpoint that is no longer active, and keeps nothing of it", async () => {
    const off = await receiver(takes);
    const rows = Array.from({ length: 10_050 }, () => ({ deliveryId: crypto.randomUUID(), priority: "replay" as const }));
    await world.db.writer
      .update(webhooks)
      .set({ status: "disabled", disabledReason: "owner", disabledAt: new Date() })
      .where(eq(webhooks.id, off.id));
    await world.db.writer.insert(webhookDeliveries).values({
      id: rows[5_000]!.deliveryId,
      eventId: crypto.randomUUID(),
      eventAt: new Date(),
      eventType: "role.updated",
      webhookId: off.id,
      accountId: company.id,
      nextAttemptAt: new Date(),
    });
    expect(await off.object.enqueue(rows)).toEqual({ accepted: 10_000, overflow: 50 });
    const [parked] = await off.until(all("parked"));
    expect(parked).toMatchObject({ attempts: 0, sends: 0, nextAttemptAt: null });
    await soon(async () => (await off.object.state()).queued === 0);
    expect(off.received).toEqual([]);
  });
});

describe("a list that is full", () => {
  it("leaves what it has no room for in the tables, and pulls it when there is", async () => {
    const full = await receiver((_, count) =>
      count === 1 ? new Response(null, { status: 429, headers: { "retry-after": "60" } }) : takes(),
    );
    await full.happens();
    await full.until(all("retrying"));
    const { rows: others } = await world.db.writer.execute<{ id: string }>(sql`
      insert into api.webhook_deliveries (id, event_id, event_at, event_type, webhook_id, account_id, next_attempt_at)
      select gen_random_uuid(), gen_random_uuid(), ops.now(), 'role.updated', ${full.id}, ${company.id}, ops.now() - interval '1 hour' from generate_series(1, 9999)
      returning id`);
    const listed = others.map(({ id }) => ({ deliveryId: id, priority: "replay" as const }));
    expect(await full.object.enqueue(listed)).toEqual({ accepted: 9_999, overflow: 0 });
    await full.happens(3);
    const forget = async (gone: readonly { id: string }[]) => {
      const ids = JSON.stringify(gone.map(({ id }) => id));
      await world.db.writer.execute(
        sql`delete from api.webhook_deliveries where id in (select value::uuid from jsonb_array_elements_text(${ids}::jsonb))`,
      );
      await runInDurableObject(full.object, (_, { storage }) => {
        storage.sql.exec("delete from job where id in (select value from json_each(?))", ids);
      });
    };
    await forget(others.slice(0, 999));
    await full.object.enqueue([]); // still too full
    expect((await full.object.state()).queued).toBe(9_001);
    await forget(others.slice(999, 1_100));
    await full.object.enqueue([]);
    await soon(async () => (await full.object.state()).queued === 8_903);
    await forget(others.slice(1_100));
    await pass(73);
    await full.alarm();
    await full.until(all("succeeded"));
    expect(new Set(full.received.map(({ headers }) => headers.get("webhook-id"))).size).toBe(4);
  });
});

describe("a test", () => {
  it("is sent once by the same path, makes an unverified endpoint active, and is asked for three times a minute", async () => {
    const fresh = await receiver(takes, { status: "unverified" });
    const answer = await fresh.object.sendTest(owner.userId);
    expect(answer).toMatchObject({ kind: "sent", outcome: { httpStatus: 204, errorClass: null } });
    expect(await fresh.row()).toMatchObject({ status: "active", version: 2 });
    expect((await fresh.rows()).map(({ status, eventType }) => [status, eventType])).toEqual([["succeeded", "webhook.test"]]);
    expect((await fresh.attempts()).map(({ trigger }) => trigger)).toEqual(["test"]);
    expect(fresh.received[0]?.headers.get("x-splits-event")).toBe("webhook.test");

    receivers.set(fresh.url, fails);
    for (let asked = 2; asked <= 3; asked++)
      expect(await fresh.object.sendTest(owner.userId)).toMatchObject({ kind: "sent", outcome: { httpStatus: 500 } });
    expect(await fresh.object.sendTest(owner.userId)).toEqual({ kind: "throttled", retryAfterSeconds: 60 });
    const woken = await runInDurableObject(fresh.object, async (object, state) => {
      const again = new (object.constructor as new (state: DurableObjectState, env: unknown) => typeof object)(state, world.env);
      await state.blockConcurrencyWhile(async () => {});
      return again.sendTest(owner.userId);
    });
    expect(woken).toEqual({ kind: "throttled", retryAfterSeconds: 60 });
    await pass(61);
    expect(await fresh.object.sendTest(owner.userId)).toMatchObject({ kind: "sent" });
    expect((await fresh.rows()).map(({ status }) => status).toSorted()).toEqual(["dead", "dead", "dead", "succeeded"]);
    expect(await fresh.row()).toMatchObject({ failingSince: null });
    expect(await world.env.ENDPOINTS.getByName(crypto.randomUUID()).sendTest(owner.userId)).toEqual({ kind: "unknown" });
  });
});

describe("the sweep", () => {
  it("finds what was claimed and never recorded, once in five minutes, and parks that of an endpoint that is off", async () => {
    const good = await receiver(takes);
    const payload = { job_id: jobId, company_id: company.id, updated_fields: ["title"] };
    const events = await announce(world.db, [{ type: "job.updated", subject: { type: "job", id: jobId }, payload }]);
    await world.consume("events", [{ event_ids: events }]);
    const mine = () => world.sent.deliveries.splice(0).filter(({ webhook_id: id }) => id === good.id);
    mine(); // the queue has lost it
    await world.db.writer.update(webhookDeliveries).set({ status: "in_flight", sends: 1 }).where(eq(webhookDeliveries.webhookId, good.id));
    await world.cron(MINUTELY);
    expect(mine()).toEqual([]);
    await pass(125);
    await world.cron(MINUTELY);
    const named = mine();
    expect(named).toHaveLength(1);
    expect((await good.rows()).map(({ status }) => status)).toEqual(["retrying"]);
    await world.cron(MINUTELY);
    expect(mine()).toEqual([]);
    await world.consume("deliveries", named);
    expect(await good.until(all("succeeded"))).toMatchObject([{ attempts: 1, sends: 2 }]);

    const off = await receiver(takes);
    await off.happens();
    await off.until(all("succeeded"));
    await world.db.writer.execute(
      sql`update api.webhook_deliveries set status = 'in_flight', next_attempt_at = ops.now(), completed_at = null where webhook_id = ${off.id}::uuid`,
    );
    await world.db.writer
      .update(webhooks)
      .set({ status: "disabled", disabledReason: "owner", disabledAt: new Date() })
      .where(eq(webhooks.id, off.id));
    await pass(125);
    await world.cron(MINUTELY);
    expect((await off.rows()).map(({ status, nextAttemptAt }) => [status, nextAttemptAt])).toEqual([["parked", null]]);
  });
});

it("a sweep names a hundred of one endpoint, the longest due first, and the rest in its turn", async () => {
  const good = await receiver(takes);
  const { rows } = await world.db.writer.execute<{ id: string }>(sql`
    insert into api.webhook_deliveries (id, event_id, event_at, event_type, webhook_id, account_id, next_attempt_at)
    select gen_random_uuid(), gen_random_uuid(), ops.now(), 'role.updated', ${good.id}, ${company.id}, ops.now() - make_interval(mins => 200 - n)
    from generate_series(1, 130) n order by n returning id`);
  const named = async () => {
    world.sent.deliveries.splice(0);
    await world.cron(MINUTELY);
    return world.sent.deliveries.flatMap(({ webhook_id: webhookId, delivery_id: id }) => (webhookId === good.id ? [id] : [])).toSorted();
  };
  const ids = rows.map(({ id }) => id);
  expect(await named()).toEqual(ids.slice(0, 100).toSorted());
  expect(await named()).toEqual(ids.slice(100).toSorted());
  expect(await named()).toEqual([]);
});

it("an endpoint that fails for five days is disabled, and its owner told at 50, 75 and 100 %", async () => {
  const broken = await receiver(fails);
  const failing = (since: number, last: number) =>
    world.db.writer
      .execute(sql`update api.webhooks set failing_since = ops.now() - make_interval(hours => ${since}), last_failure_at = ops.now() - make_interval(hours => ${last})
      where id = ${broken.id}::uuid`);
  const told = async () =>
    (await world.db.writer.select().from(outbox).where(eq(outbox.subjectId, broken.id)).orderBy(outbox.id)).map(
      ({ eventType, payload }) => [eventType, payload["percent"] ?? payload["disabled_reason"]],
    );
  for (const hours of [59, 61, 62, 91, 92]) {
    await failing(hours, 1);
    await world.cron(MINUTELY);
  }
  const warned = [
    ["webhook.failing", 50],
    ["webhook.failing", 75],
  ];
  expect(await told()).toEqual(warned);
  await failing(121, 25); // a run that is over
  await world.cron(MINUTELY);
  expect(await told()).toEqual(warned);
  await failing(121, 1);
  await world.cron(MINUTELY);
  expect(await told()).toEqual([...warned, ["webhook.disabled", "failing_5_days"]]);
  expect(await broken.row()).toMatchObject({ status: "disabled", disabledReason: "failing_5_days", failingAlertedPercent: 100 });
});

it("a message that its queue gave up is kept, once", async () => {
  const body = { delivery_id: crypto.randomUUID(), webhook_id: crypto.randomUUID(), priority: "live" };
  await world.consume("pipeline-dlq", [body]);
  await world.consume("pipeline-dlq", [body]);
  expect(await world.db.writer.select().from(pipelineFailures)).toMatchObject([
    { queue: "deliveries", body: { delivery_id: [body.delivery_id], webhook_id: [body.webhook_id] }, resolvedAt: null },
  ]);
});

it("runs of failures that a day of silence ended keep nobody else from being told", async () => {
  const broken = await receiver(fails, {
    failingSince: sql`ops.now() - interval '61 hours'` as never,
    lastFailureAt: sql`ops.now() - interval '1 hour'` as never,
  });
  await world.db.writer.execute(sql`insert into api.webhooks select silent.* from api.webhooks w, generate_series(1, 100) n,
    jsonb_populate_record(w, jsonb_build_object('id', md5(w.id || '/' || n)::uuid, 'failing_since', ops.now() - interval '10 days', 'last_failure_at', ops.now() - interval '25 hours')) silent
    where w.id = ${broken.id}::uuid`);
  await world.cron(MINUTELY);
  expect(await broken.row()).toMatchObject({ failingAlertedPercent: 50 });
});
