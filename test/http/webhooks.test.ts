import { setTimeout as pause } from "node:timers/promises";
import { eq, sql } from "drizzle-orm";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { jobs } from "#db/schema/ats.ts";
import { events, webhookAttempts, webhookDeliveries } from "#db/schema/deliveries.ts";
import { webhooks } from "#db/schema/webhooks.ts";
import { newWebhookSecret } from "#domain/webhooks/sign.ts";
import { announce, type Endpoint, endpointsOf } from "../endpoints.ts";
import { type Farm, type Received, startFarm } from "./farm.ts";
import { PARTNER_KEYS, populated, type RunningWorker, startWorker } from "./worker.ts";

const MINUTELY = "* * * * *";
const START_MS = 90_000;
/** A receiver that never answers is given 15 s. */
const PATIENCE_MS = 30_000;

const { database, db, company: newCompany, member } = await populated();
const { endpoint, secretOf } = endpointsOf(db, PARTNER_KEYS.KEK_CURRENT);
let worker: RunningWorker;
let farm: Farm;
/** Its 15 s pass beside the other tests. */
let hanging: Awaited<ReturnType<typeof receiver>>;

beforeAll(async () => {
  farm = await startFarm();
  worker = await startWorker({ databaseUrl: database.url, vars: { WEBHOOK_SWEEP_SECONDS: "60" } });
  hanging = await receiver(`${farm.url}/hanging/once`);
  await hanging.happens();
}, START_MS);
afterAll(async () => {
  await worker?.stop();
  await farm?.close();
});

async function until<T>(look: () => Promise<T | false | undefined> | T | false | undefined, what: string): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== false && found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`It did not happen that ${what}.`);
    await pause(25);
  }
}

type Fields = NonNullable<Parameters<typeof endpoint>[3]>;

/** An endpoint of a company of its own, with a way to have events happen there. */
async function receiver(url: string, fields: Fields = {}) {
  const company = await newCompany("Acme");
  const owner = await member(company);
  const [job] = await db.writer.insert(jobs).values({ companyId: company.id, title: "Cook", status: "draft" }).returning({ id: jobs.id });
  const jobId = job?.id ?? "";
  const made = await endpoint(url, { id: company.id, kind: "company" }, owner, { eventTypes: ["role.updated"], ...fields });
  const update = {
    type: "job.updated",
    subject: { type: "job", id: jobId },
    payload: { job_id: jobId, company_id: company.id, updated_fields: ["title"] },
  };
  return {
    ...made,
    company,
    owner,
    update,
    /** Lets a change of a role be known, so many times. */
    async happens(count = 1): Promise<void> {
      await announce(
        db,
        Array.from({ length: count }, () => update),
      );
      await worker.cron(MINUTELY);
    },
  };
}

const deliveriesOf = ({ id }: { id: string }) => db.writer.select().from(webhookDeliveries).where(eq(webhookDeliveries.webhookId, id));
const attemptsOf = (deliveryId: string) =>
  db.writer.select().from(webhookAttempts).where(eq(webhookAttempts.deliveryId, deliveryId)).orderBy(webhookAttempts.startedAt);

/** The only delivery of an endpoint once it was sent, with its attempts. */
async function sent(of: { id: string }, attempts = 1) {
  const delivery = await until(async () => {
    const [only] = await deliveriesOf(of);
    return only && only.status !== "in_flight" && only.attempts >= attempts && only;
  }, "the delivery was recorded");
  return { delivery, attempts: await attemptsOf(delivery.id) };
}

const pathOf = ({ url }: Endpoint): string => new URL(url).pathname;
const arrived = (of: Endpoint, count = 1) =>
  until(() => farm.received(pathOf(of)).length >= count && farm.received(pathOf(of)), `${count} requests arrived at ${pathOf(of)}`);

/** Throws unless both libraries verify it; what it says. */
function verified({ body, headers }: Received, secret: string): unknown {
  new SvixWebhook(secret).verify(body, headers);
  return new StandardWebhook(secret).verify(body, headers);
}

/** Brings a delivery's next attempt forward, as if its time had come and its object had forgotten it. */
async function timePasses(of: { id: string }): Promise<void> {
  await db.writer.execute(sql`update api.webhook_deliveries set next_attempt_at = now() - interval '2 minutes', swept_at = null
    where webhook_id = ${of.id}::uuid and status in ('retrying', 'parked', 'pending')`);
  await worker.cron(MINUTELY);
}

describe("a delivery", { timeout: START_MS }, () => {
  it("is verified by standardwebhooks and svix, with the old secret and the new one, byte for byte as it is stored", async () => {
    const good = await receiver(`${farm.url}/good/bytes`, { headers: { "x-tenant": "acme" } });
    const newer = await secretOf(good.id, { createdAt: new Date(Date.now() + 60_000) });
    await secretOf(good.id, { createdAt: new Date(0), expiresAt: new Date(Date.now() - 1_000) });
    await good.happens();
    const [received] = (await arrived(good)) as [Received];
    const { delivery, attempts } = await sent(good);
    const [event] = await db.writer.select().from(events).where(eq(events.id, delivery.eventId));

    expect(received.body).toBe(event?.payloadText);
    expect(received.body).toMatch(
      /^\{"id":"evt_[\da-f-]{36}","event":"role\.updated","type":"role\.updated","timestamp":"[^"]+Z","api_version":"v1","sequence":1,"data":\{"role_id":"[^"]+","company_id":"[^"]+","updated_fields":\["title"\]\}\}$/,
    );
    expect(verified(received, good.secret)).toEqual(verified(received, newer));
    expect(received.headers["webhook-signature"]?.split(" ")).toHaveLength(2);
    for (const Library of [StandardWebhook, SvixWebhook]) {
      expect(() => new Library(newWebhookSecret(new Uint8Array(32))).verify(received.body, received.headers)).toThrow();
    }
    expect(received.headers).toMatchObject({
      "content-type": "application/json",
      "user-agent": "SplitsWebhooks/1",
      "webhook-id": `evt_${delivery.eventId}`,
      "x-splits-event": "role.updated",
      "x-splits-attempt": "1",
      "x-tenant": "acme",
    });
    expect(delivery).toMatchObject({ status: "succeeded", attempts: 1, sends: 1, lastStatus: 204, nextAttemptAt: null });
    expect(attempts).toMatchObject([{ attemptNo: 1, trigger: "auto", httpStatus: 204, errorClass: null }]);
    expect(attempts[0]?.signatureKeyIds).toHaveLength(2);
  });

  it("that failed comes again under the same id, newly signed, and then succeeds", async () => {
    const flaky = await receiver(`${farm.url}/flaky/once`);
    await flaky.happens();
    await sent(flaky);
    await timePasses(flaky);
    const { delivery, attempts } = await sent(flaky, 2);
    const [first, second] = (await arrived(flaky, 2)) as [Received, Received];
    for (const received of [first, second]) verified(received, flaky.secret);
    expect([second.headers["webhook-id"], second.body]).toEqual([first.headers["webhook-id"], first.body]);
    expect([first, second].map(({ headers }) => headers["x-splits-attempt"])).toEqual(["1", "2"]);
    expect(delivery).toMatchObject({ status: "succeeded", attempts: 2 });
    expect(attempts.map(({ attemptNo, httpStatus }) => [attemptNo, httpStatus])).toEqual([
      [1, 500],
      [2, 200],
    ]);
    const [row] = await db.writer.select().from(webhooks).where(eq(webhooks.id, flaky.id));
    expect(row).toMatchObject({ failingSince: null });
    expect(row?.lastSuccessAt).not.toBeNull();
  });

  it.each([
    ["slow", { status: "succeeded" }, { httpStatus: 200, responseBody: "at last" }],
    ["huge", { status: "succeeded" }, { httpStatus: 200, responseBody: "x".repeat(8_192) }],
    ["dropping", { status: "succeeded" }, { httpStatus: 200, responseBody: "only the beginning" }],
    ["broken", { status: "retrying", lastErrorClass: "http_5xx" }, { httpStatus: 503, responseBody: "not today\uFFFD" }],
    ["redirecting", { status: "retrying", lastErrorClass: "http_3xx" }, { httpStatus: 302 }],
    ["tired", { status: "retrying", lastErrorClass: "http_4xx" }, { httpStatus: 429 }],
  ] as const)("to a receiver that is %s", async (kind, expected, attempt) => {
    const to = await receiver(`${farm.url}/${kind}/once`);
    await to.happens();
    const { delivery, attempts } = await sent(to);
    expect(delivery).toMatchObject({ attempts: 1, ...expected });
    expect(attempts).toMatchObject([{ trigger: "auto", ...attempt }]);
    expect(farm.visited).toEqual([]);
    const wait = delivery.nextAttemptAt ? delivery.nextAttemptAt.getTime() - Date.now() : 60_000;
    expect(wait).toBeGreaterThan(40_000);
    expect(wait).toBeLessThan(72_500);
    expect(JSON.stringify(attempts)).not.toContain("kept");
  });

  it.each([
    ["whose certificate nobody knows", (): string => `${farm.tlsUrl}/good/tls`, ["tls", "connect"]],
    ["where nobody listens", (): string => "http://127.0.0.1:9/", ["connect"]],
    ["that is inside", (): string => "https://10.0.0.1/", ["blocked_destination"]],
    ["that no name server knows", (): string => "https://nowhere.example.com/", ["dns"]],
  ])("to a receiver %s", async (_, url, classes) => {
    const to = await receiver(url());
    await to.happens();
    const { delivery, attempts } = await sent(to);
    expect(delivery).toMatchObject({ status: "retrying", attempts: 1, lastStatus: null });
    expect(classes).toContain(delivery.lastErrorClass);
    expect(attempts).toMatchObject([{ httpStatus: null, responseBody: null, errorClass: delivery.lastErrorClass }]);
  });
});

describe("an endpoint", { timeout: START_MS }, () => {
  it("that is gone is disabled at once, once, its owner is mailed, and the account's other endpoint hears of it", async () => {
    const gone = await receiver(`${farm.url}/gone/a`);
    const other = await endpoint(`${farm.url}/good/other`, { id: gone.company.id, kind: "company" }, gone.owner, {
      eventTypes: ["webhook.disabled"],
    });
    await gone.happens(4);
    await until(async () => {
      const sent = await deliveriesOf(gone);
      return sent.length === 4 && sent.every(({ status }) => status === "dead" || status === "parked");
    }, "nothing was sent any more");
    const [row] = await db.writer.select().from(webhooks).where(eq(webhooks.id, gone.id));
    expect(row).toMatchObject({ status: "disabled", disabledReason: "gone_410", version: 2 });
    const [told] = (await arrived(other)) as [Received];
    expect(JSON.parse(told.body)).toMatchObject({
      type: "webhook.disabled",
      sequence: 2,
      data: { webhook_id: gone.id, disabled_reason: "gone_410" },
    });
    verified(told, other.secret);
    const mails = await until(async () => {
      const answer = await fetch(`${inject("mailUrl")}/_local/mails?to=${encodeURIComponent(gone.owner.email)}`);
      const found = ((await answer.json()) as { data: { subject: string }[] }).data.filter(({ subject }) => subject.includes("webhook"));
      return found.length > 0 && found;
    }, "the owner was mailed");
    expect(mails).toHaveLength(1);

    const arrivedBefore = farm.received("/gone/a").length;
    await gone.happens();
    const skipped = await until(async () => (await deliveriesOf(gone)).find(({ status }) => status === "skipped"), "it was skipped");
    expect(skipped).toMatchObject({ attempts: 0, lastErrorClass: "endpoint_disabled", nextAttemptAt: null });
    expect(farm.received("/gone/a")).toHaveLength(arrivedBefore);
  });

  it("that is not verified yet hears nothing", async () => {
    const silent = await receiver(`${farm.url}/good/unverified`, { status: "unverified" });
    const good = await endpoint(`${farm.url}/good/verified`, { id: silent.company.id, kind: "company" }, silent.owner, {
      eventTypes: ["role.updated"],
    });
    await silent.happens();
    await arrived(good);
    expect(await deliveriesOf(silent)).toEqual([]);
  });

  it("that fails five times running rests: what waits is parked and spends no attempt", async () => {
    const broken = await receiver(`${farm.url}/broken/often`);
    await broken.happens(12);
    const rows: Awaited<ReturnType<typeof deliveriesOf>> = await until(async () => {
      const all = await deliveriesOf(broken);
      return all.length === 12 && all.every(({ status }) => status === "retrying" || status === "parked") && all;
    }, "the breaker opened");
    const parked = rows.filter(({ status }) => status === "parked");
    const sends = farm.received("/broken/often").length;
    // those on their way when the fifth failed are still counted
    expect(sends).toBeGreaterThanOrEqual(5);
    expect(sends).toBeLessThanOrEqual(8);
    expect(parked).toHaveLength(12 - sends);
    expect(parked.every(({ attempts, sends: claimed }) => attempts === 0 && claimed === 0)).toBe(true);
    expect(rows.filter(({ status }) => status === "retrying").every(({ attempts }) => attempts === 1)).toBe(true);
  });

  it("with a throttle is never sent more a second, and no attempt is spent on waiting", async () => {
    const slow = await receiver(`${farm.url}/good/throttled`, { maxPerSecond: 10 });
    const began = Date.now();
    await slow.happens(15);
    const times = (await arrived(slow, 15)).map(({ at }) => at - began).toSorted((a, b) => a - b);
    // each has its place a tenth of a second behind the one before; a busy machine makes it later, and nothing earlier
    expect(times.filter((at, place) => at < place * 100 - 5)).toEqual([]);
    await until(async () => (await deliveriesOf(slow)).every(({ status }) => status === "succeeded"), "all were recorded");
    expect((await deliveriesOf(slow)).every(({ attempts, sends }) => attempts === 1 && sends === 1)).toBe(true);
  });
});

it(
  "to a receiver that never answers is given up after 15 s, and leaves the receiver alone for a while",
  { timeout: START_MS },
  async () => {
    const { delivery, attempts } = await sent(hanging);
    expect(delivery).toMatchObject({ status: "retrying", attempts: 1, lastErrorClass: "timeout" });
    expect(attempts).toMatchObject([{ httpStatus: null, firstByteMs: null }]);
    expect(attempts[0]?.durationMs).toBeGreaterThanOrEqual(14_900);
    expect(attempts[0]?.durationMs).toBeLessThan(20_000);
  },
);

it("every event with a public form was published, and each endpoint has one original delivery of it (PLATFORM §13.4)", async () => {
  const { rows } = await db.writer.execute<{ unhandled: number; twice: number; lost: number }>(sql`select
    (select count(*)::int from ops.outbox where handled_at is null) as unhandled,
    (select count(*)::int from (select 1 from api.webhook_deliveries where replay_of is null group by event_id, webhook_id having count(*) > 1) t) as twice,
    (select count(*)::int from ops.outbox o join ats.jobs j on j.id = o.subject_id join api.webhooks w on w.account_id = j.company_id
      where o.event_type = 'job.updated' and w.status <> 'unverified' and 'role.updated' = any(w.event_types) and w.created_at <= o.occurred_at
      and not exists (select from api.events e join api.webhook_deliveries d on d.event_id = e.id where e.outbox_id = o.id and d.webhook_id = w.id)) as lost`);
  expect(rows).toEqual([{ unhandled: 0, twice: 0, lost: 0 }]);
});
