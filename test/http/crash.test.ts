import { setTimeout as pause } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { jobs } from "#db/schema/ats.ts";
import { notifications } from "#db/schema/notify.ts";
import { eventHandled, outbox } from "#db/schema/ops.ts";
import { type MailCatcher, startMailCatcher } from "#local/mail-catcher.ts";
import { callWorker, populated, type RunningWorker, startWorker } from "./worker.ts";

// Scenario 56. The Worker is killed from outside, while the Neon endpoint or the mail catcher holds
// an answer back; the next one finds what the first one left.
const START_MS = 90_000;
/** Longer than the lead of a nudge, the lease of a sweep and the patience with an unsent mail. */
const LATER_SECONDS = 61;
const MINUTELY = "* * * * *";

const { database, db, company: newCompany, member, candidate: newCandidate } = await populated();
let worker: RunningWorker;
let catcher: MailCatcher;
let clock = 0;

const start = async () => void (worker = await startWorker({ databaseUrl: database.url, mailUrl: catcher.url }));

beforeAll(async () => {
  catcher = await startMailCatcher({ port: 0, key: inject("mailKey") });
  await start();
}, START_MS);
afterAll(async () => {
  await worker?.stop();
  await catcher?.stop();
});

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`It did not happen that ${what}.`);
    await pause(25);
  }
}

async function later(): Promise<void> {
  clock += LATER_SECONDS;
  await database.setClock(clock);
}

interface Submission {
  applicationId: string;
  submit(): Promise<number>;
}

/** A draft of a candidate for a company with two admins, whose submission is an event with mails. */
async function draft(): Promise<Submission> {
  const company = await newCompany();
  await member(company);
  await member(company);
  const candidate = await newCandidate();
  const [job] = await db.writer.insert(jobs).values({ companyId: company.id, title: "Cook", status: "active" }).returning({ id: jobs.id });
  const answer = await callWorker(worker, "POST", "applications", {
    as: candidate,
    body: { job_id: job?.id, candidate_id: candidate.candidateId },
  });
  const applicationId = answer.body.data.id as string;
  await settled(applicationId);
  return {
    applicationId,
    submit: async () => (await callWorker(worker, "POST", `applications/${applicationId}/submit`, { as: candidate, body: {} })).status,
  };
}

const eventsOf = (applicationId: string) =>
  db.writer
    .select()
    .from(outbox)
    .where(sql`payload ->> 'application_id' = ${applicationId}`)
    .orderBy(outbox.id);

const noticesOf = (applicationId: string) =>
  db.writer
    .select()
    .from(notifications)
    .where(sql`split_part(dedupe_key, ':', 1)::uuid in (select id from ${outbox} where payload ->> 'application_id' = ${applicationId})`);

async function settled(applicationId: string): Promise<void> {
  await until(async () => {
    const [events, notices] = [await eventsOf(applicationId), await noticesOf(applicationId)];
    return events.every(({ handledAt }) => handledAt !== null) && notices.every((notice) => notice.status === "sent");
  }, "every event was handled and every mail sent");
}

/** What became of an application's events, with how often: by event, subscriber, notice and mail. */
async function effects(applicationId: string): Promise<Record<string, number>> {
  const events = await eventsOf(applicationId);
  const handled = await db.writer
    .select()
    .from(eventHandled)
    .where(sql`event_id in (select id from ${outbox} where payload ->> 'application_id' = ${applicationId})`);
  const notices = await noticesOf(applicationId);
  const typeOf = (id: string) => events.find((event) => event.id === id)?.eventType;
  const keys = new Set(notices.map(({ dedupeKey }) => dedupeKey));
  const mails = catcher.mails().filter(({ idempotency_key: key }) => key !== null && keys.has(key));
  const words = [
    ...events.map(({ eventType, handledAt }) => `${eventType} ${handledAt ? "handled" : "open"}`),
    ...handled.map(({ eventId, subscriber }) => `${typeOf(eventId)} by ${subscriber}`),
    ...notices.map(({ eventType, channel, template, ...notice }) => `${eventType} ${template} ${channel} ${notice.status}`),
    ...mails.map(({ subject }) => `mail "${subject}"`),
  ];
  return Object.fromEntries([...new Set(words)].toSorted().map((word) => [word, words.filter((each) => each === word).length]));
}

/** What a submission leads to when nothing goes wrong. */
async function undisturbed(): Promise<Record<string, number>> {
  const { applicationId, submit } = await draft();
  expect(await submit()).toBe(200);
  await settled(applicationId);
  return effects(applicationId);
}

/** Starts the Worker anew, lets a minute pass, and looks what came of it; another sweep must change nothing. */
async function recovered(applicationId: string): Promise<Record<string, number>> {
  await start();
  await later();
  await worker.cron(MINUTELY);
  await settled(applicationId);
  const after = await effects(applicationId);
  await later();
  await worker.cron(MINUTELY);
  await worker.cron(MINUTELY);
  await settled(applicationId);
  expect(await effects(applicationId)).toEqual(after);
  return after;
}

describe("scenario 56: when the process is killed, each event is handled once all the same:", () => {
  it.each([
    ["between the commit and its nudge", { match: 'insert into "ops"\\."outbox"', action: "hold_after" }, { committed: true, told: false }],
    [
      "before the consumer's commit",
      { match: 'insert into "ops"\\."event_handled"', action: "hold_before" },
      { committed: true, told: false },
    ],
    [
      "between the consumer's commit and its acknowledgement",
      { match: 'insert into "ops"\\."event_handled"', action: "hold_after" },
      { committed: true, told: true },
    ],
    [
      "before the commit, so that there is no event",
      { match: 'insert into "ops"\\."outbox"', action: "hold_before" },
      { committed: false, told: false },
    ],
  ] as const)("%s", { timeout: START_MS }, async (_, order, { committed, told }) => {
    const expected = await undisturbed();
    const { applicationId, submit } = await draft();
    const before = { events: await eventsOf(applicationId), notices: await noticesOf(applicationId) };
    const fault = await database.fault(order);
    const answer = submit().catch(() => "killed");
    await fault.held();
    await worker.kill();
    await answer;
    await until(async () => (await fault.state()).holding === 0, "the endpoint noticed that nobody waits any more");

    const left = await eventsOf(applicationId);
    expect(left.length > before.events.length).toBe(committed);
    expect((await noticesOf(applicationId)).length > before.notices.length).toBe(told);
    if (!committed) {
      await start();
      expect(await submit()).toBe(200);
      await settled(applicationId);
      expect(await effects(applicationId)).toEqual(expected);
    } else {
      expect(left.some(({ handledAt }) => handledAt === null)).toBe(true);
      expect(await recovered(applicationId)).toEqual(expected);
    }
  });

  it("between a mail's acceptance and the note of it", { timeout: START_MS }, async () => {
    const expected = await undisturbed();
    const { applicationId, submit } = await draft();
    const mailsBefore = catcher.mails().length;
    await fetch(`${catcher.url}/_local/faults`, { method: "POST", body: JSON.stringify({ action: "slow", times: 5, ms: 2_000 }) });
    expect(await submit()).toBe(200);
    await until(() => catcher.mails().length > mailsBefore, "a mail was accepted");
    await worker.kill();
    expect((await noticesOf(applicationId)).some((notice) => notice.status === "pending")).toBe(true);
    expect(await recovered(applicationId)).toEqual(expected);
  });
});
