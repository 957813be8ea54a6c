import { sql } from "drizzle-orm";
import { afterEach, expect, inject, it } from "vitest";
import { jobs } from "#db/schema/ats.ts";
import { notifications } from "#db/schema/notify.ts";
import { outbox } from "#db/schema/ops.ts";
import { marketplace, type Person } from "#test/api.ts";

// The queues only carry nudges: what they lose, or do not take, is found in the database by the sweep.
const world = await marketplace();
const { EVENTS, MAIL } = world.env;
Object.assign(world.env, { MAIL_API_BASE: inject("mailUrl"), MAIL_API_KEY: inject("mailKey") });
const MINUTELY = "* * * * *";
let clock = 0;

afterEach(() => Object.assign(world.env, { EVENTS, MAIL }));

const down = { send: () => Promise.reject(new Error("the queue is down")) };

async function later(): Promise<void> {
  clock += 61;
  await world.database.setClock(clock);
}

/** A submission tells a company's admin by mail. */
async function submitted(): Promise<{ applicationId: string; admin: Person }> {
  const company = await world.company();
  const admin = await world.member(company);
  const candidate = await world.candidate();
  const [job] = await world.db.writer
    .insert(jobs)
    .values({ companyId: company.id, title: "Cook", status: "active" })
    .returning({ id: jobs.id });
  const draft = await world.call("POST", "applications", { as: candidate, body: { job_id: job?.id, candidate_id: candidate.candidateId } });
  expect(draft.status).toBe(201);
  expect((await world.call("POST", `applications/${draft.body.data.id}/submit`, { as: candidate, body: {} })).status).toBe(200);
  return { applicationId: draft.body.data.id, admin };
}

const open = async (applicationId: string) =>
  (
    await world.db.writer
      .select()
      .from(outbox)
      .where(sql`payload ->> 'application_id' = ${applicationId} and handled_at is null`)
  ).map(({ id }) => id);
const mailsTo = (admin: Person) =>
  world.db.writer
    .select()
    .from(notifications)
    .where(sql`recipient_email = ${admin.email} and channel = 'email'`);

it("a write is answered as ever while the event queue is down, and its events are told by the sweep", async () => {
  world.env.EVENTS = down as never;
  const { applicationId, admin } = await submitted();
  const events = await open(applicationId);
  expect(events.length).toBeGreaterThan(1);
  await world.cron(MINUTELY); // too early for the sweep
  await later();
  await world.cron(MINUTELY); // the sweep cannot send either, and says so to the log only
  expect(await open(applicationId)).toEqual(events);

  world.env.EVENTS = EVENTS;
  await world.cron(MINUTELY);
  expect(world.sent.events).toEqual([]); // claimed for a minute by the sweep that failed
  await later();
  await world.cron(MINUTELY);
  expect(world.sent.events).toEqual(expect.arrayContaining(events));
  await world.drain();
  expect(await open(applicationId)).toEqual([]);
  expect((await mailsTo(admin)).length).toBeGreaterThan(0);
});

it("an event is handled as ever while the mail queue is down, and its mails are sent by the sweep", async () => {
  world.env.MAIL = down as never;
  const { applicationId, admin } = await submitted();
  await world.drain();
  expect(await open(applicationId)).toEqual([]);
  const mails = await mailsTo(admin);
  expect(mails.map((mail) => mail.status)).toEqual(mails.map(() => "pending"));

  world.env.MAIL = MAIL;
  await later();
  await world.cron(MINUTELY);
  expect(world.sent.mails).toEqual(expect.arrayContaining(mails.map(({ id }) => id)));
  await world.consume("mail", [{ notification_ids: world.sent.mails.splice(0) }]);
  expect((await mailsTo(admin)).map((mail) => mail.status)).toEqual(mails.map(() => "sent"));
  const caught = await (await fetch(`${inject("mailUrl")}/_local/mails?to=${encodeURIComponent(admin.email)}`)).json();
  expect((caught as { data: unknown[] }).data.length).toBe(mails.length);
});

it("a message that comes twice, or for what is no more, does nothing", async () => {
  const { applicationId, admin } = await submitted();
  const events = world.sent.events.splice(0);
  await world.consume("events", [{ event_ids: events }, { event_ids: events }]);
  await Promise.all([world.consume("events", [{ event_ids: events }]), world.consume("events", [{ event_ids: [crypto.randomUUID()] }])]);
  expect(await open(applicationId)).toEqual([]);
  const keys = (await mailsTo(admin)).map(({ dedupeKey }) => dedupeKey);
  expect(new Set(keys).size).toBe(keys.length);
});
