import { DurableObject } from "cloudflare:workers";
import { uuidv7 } from "#domain/ids.ts";
import { after, type Health, HEALTHY, leave, MOST_IN_FLIGHT, probeLost, probing } from "#domain/webhooks/health.ts";
import { isReceivers, nextStep, type SendOutcome } from "#domain/webhooks/outcome.ts";
import { requestHeaders } from "#domain/webhooks/request.ts";
import type { AttemptTrigger } from "#domain/webhooks/words.ts";
import type {
  BacklogPlace,
  ClaimedDelivery,
  ClaimedEndpoint,
  Deliveries,
  DeliveryJob,
  EndpointOwner,
  EndpointState,
  Log,
  Sender,
  SendRecord,
  TestAnswer,
} from "#services/ports.ts";

/** What the object needs of the world. */
export interface EndpointPorts {
  deliveries: Deliveries;
  sender: Sender;
  log: Log;
  randomBytes(count: number): Uint8Array;
}

/** What waits beyond this stays in the tables, and is pulled when there is room. */
const MOST_JOBS = 10_000;
/** As many ids are marked or pulled in one statement. */
const CHUNK = 1_000;
/** Sends and their records under way at the same time: a record waits for the tables, not for the receiver. */
const MOST_UNDER_WAY = 8;
const TESTS_A_MINUTE = 3;
/** How long to wait after the tables could not be asked. */
const TABLES_AWAY_MS = 5_000;
/** Whatever was forgotten with the object's memory is looked at again by then. */
const LOOK_AGAIN_MS = 30_000;

/** The deliveries of one endpoint, as the object's own table keeps them. */
interface Job {
  id: string;
  manual: boolean;
}

/** What the object knows beside its list. */
interface Kept {
  webhookId: string;
  health: Health;
  version: number;
  overflowed: boolean;
  pulledTo: BacklogPlace | null;
  tests: readonly number[];
}

/**
 * The one owner of a webhook endpoint's deliveries (PLATFORM §13.4): a lasting list of ids, live ones first,
 * at most four requests at a time, the breaker, the rests a receiver asked for, and the throttle. It knows no
 * SQL: rows stay the truth, and what is lost here is found by the sweep. One endpoint's object waits for
 * nobody else's.
 */
export function endpointObject<Env>(makePorts: (env: Env, later: (work: Promise<unknown>) => void) => EndpointPorts) {
  return class EndpointObject extends DurableObject<Env> implements EndpointOwner {
    #ports: EndpointPorts;
    #health: Health = HEALTHY;
    #version = 0;
    /** Kept, because an alarm that wakes the object does not tell its name. */
    #webhookId = "";
    /** There is more in the tables than was taken. */
    #overflowed = false;
    /** So far the tables were gone through for it; null: from the beginning. */
    #pulledTo: BacklogPlace | null = null;
    /** Ids that are claimed or being sent, and those that are only to be recorded yet. */
    #sending = new Set<string>();
    #recording = new Set<string>();
    #isClaiming = false;
    /** Something changed since the list was last looked through. */
    #isWanted = false;
    #nextTurn = 0;
    /** When the tests of the last minute were sent, in epoch milliseconds. */
    #tests: readonly number[] = [];
    #alarmAt: number | null = null;
    #made = 0;

    constructor(state: DurableObjectState, env: Env) {
      super(state, env);
      this.#ports = makePorts(env, (work) => state.waitUntil(work));
      void state.blockConcurrencyWhile(async () => this.#load());
    }

    /** Takes deliveries into the list; one that is there already comes to its turn now. */
    async enqueue(jobs: readonly DeliveryJob[]): Promise<{ accepted: number; overflow: number }> {
      this.#knowName();
      const now = Date.now();
      let room = MOST_JOBS - this.#jobs();
      let accepted = 0;
      for (const { deliveryId, priority, manual } of jobs) {
        if (this.#isUnderWay(deliveryId)) continue;
        const known = this.#count("select count(*) as n from job where id = ?", deliveryId) > 0;
        if (!known && room <= 0) continue;
        if (!known) room -= 1;
        accepted += 1;
        this.ctx.storage.sql.exec(
          `insert into job (id, replay, due_at, manual, parked, probed_at) values (?, ?, ?, ?, 0, 0)
           on conflict (id) do update set due_at = min(due_at, excluded.due_at), manual = max(manual, excluded.manual)`,
          deliveryId,
          priority === "replay" ? 1 : 0,
          now,
          manual ? 1 : 0,
        );
      }
      const overflow = jobs.filter(({ deliveryId }) => !this.#isUnderWay(deliveryId)).length - accepted;
      if (overflow > 0 && !this.#overflowed) {
        this.#overflowed = true;
        this.#keepState();
      }
      this.#pump();
      return { accepted, overflow };
    }

    /** Sends a test at once, whatever the breaker says, as any delivery is sent. */
    async sendTest(requestedBy: string): Promise<TestAnswer> {
      this.#knowName();
      const now = Date.now();
      this.#tests = this.#tests.filter((at) => at > now - 60_000);
      const [oldest] = this.#tests;
      if (oldest !== undefined && this.#tests.length >= TESTS_A_MINUTE)
        return { kind: "throttled", retryAfterSeconds: Math.ceil((oldest + 60_000 - now) / 1_000) };
      this.#tests = [...this.#tests, now];
      this.#keepState();
      const claimed = await this.#ports.deliveries.claimTest(this.#webhookId, requestedBy);
      if (!claimed) return { kind: "unknown" };
      const record = await this.#send(claimed.endpoint, claimed.delivery, "test");
      if (record.outcome.errorClass === null) this.#learn(record.outcome);
      await this.#ports.deliveries.record(record);
      this.#pump();
      const { delivery, startedAt, outcome } = record;
      return { kind: "sent", deliveryId: delivery.id, eventId: delivery.eventId, startedAt: startedAt.toISOString(), outcome };
    }

    /** Forgets how the endpoint did: it is another one now. Versions that come late are passed over. */
    async reload(version: number): Promise<void> {
      if (version <= this.#version) return;
      this.#version = version;
      this.#health = HEALTHY;
      this.#nextTurn = 0;
      this.#keepState();
      this.#pump();
    }

    async state(): Promise<EndpointState> {
      const now = Date.now();
      const { breaker, failingSince, pausedUntil } = this.#health;
      return {
        breaker,
        failingSince,
        pausedUntil: pausedUntil !== null && pausedUntil > now ? pausedUntil : null,
        inFlight: this.#sending.size,
        queued: this.#jobs(),
        parked: this.#count("select count(*) as n from job where parked = 1"),
      };
    }

    override async alarm(): Promise<void> {
      this.#alarmAt = null;
      this.#pump();
    }

    #isUnderWay(id: string): boolean {
      return this.#sending.has(id) || this.#recording.has(id);
    }

    /** Starts whatever may start. Claims go one after another, each for all that is free. */
    #pump(): void {
      this.#isWanted = true;
      if (!this.#isClaiming) this.ctx.waitUntil(this.#claimWhileWanted());
    }

    async #claimWhileWanted(): Promise<void> {
      this.#isClaiming = true;
      try {
        while (this.#isWanted) {
          this.#isWanted = false;
          await this.#claimAll();
        }
      } finally {
        this.#isClaiming = false;
      }
    }

    async #claimAll(): Promise<void> {
      await this.#recordAgain();
      for (;;) {
        if (this.#overflowed) await this.#pull();
        const { jobs, probe, askAgainAt } = this.#pick(Date.now());
        if (this.#health.breaker !== "closed") await this.#park();
        if (jobs.length === 0) return this.#rest(askAgainAt);
        if (!(await this.#claim(jobs, probe))) return this.#rest(Date.now() + TABLES_AWAY_MS);
      }
    }

    /** The next deliveries in order that may be sent now; a probe goes alone. */
    #pick(now: number): { jobs: Job[]; probe: boolean; askAgainAt: number | null } {
      const jobs: Job[] = [];
      const free = Math.min(MOST_IN_FLIGHT - this.#sending.size, MOST_UNDER_WAY - this.#sending.size - this.#recording.size);
      for (const job of free > 0 ? this.#due(now, free) : []) {
        const answer = leave(this.#health, this.#sending.size + jobs.length, now, job.manual);
        if (!answer.may) return { jobs, probe: false, askAgainAt: answer.askAgainAt };
        jobs.push(job);
        if (answer.probe) {
          this.#health = probing(this.#health);
          return { jobs, probe: true, askAgainAt: null };
        }
      }
      return { jobs, probe: false, askAgainAt: null };
    }

    /** The oldest first; while a probe is due, that which was asked with longest ago, so that one bad delivery keeps nobody from seeing that the endpoint is back. */
    #due(now: number, limit: number): Job[] {
      const place = this.#health.breaker === "closed" ? "due_at, rowid" : "probed_at, due_at, rowid";
      const rows = this.ctx.storage.sql
        .exec<{ id: string; manual: number }>(
          `select id, manual from job where due_at <= ? order by manual desc, replay, ${place} limit ?`,
          now,
          limit + MOST_UNDER_WAY,
        )
        .toArray();
      return rows
        .filter(({ id }) => !this.#isUnderWay(id))
        .slice(0, limit)
        .map(({ id, manual }) => ({ id, manual: manual === 1 }));
    }

    /** Makes deliveries ours and sends them. False when the tables could not be asked. */
    async #claim(jobs: readonly Job[], probe: boolean): Promise<boolean> {
      for (const { id } of jobs) this.#sending.add(id);
      try {
        const claimed = await this.#ports.deliveries.claim(
          this.#webhookId,
          jobs.map(({ id }) => id),
        );
        if (!claimed) await this.#letGo();
        for (const job of jobs) {
          const delivery = claimed?.deliveries.find(({ id }) => id === job.id);
          if (claimed && delivery) this.ctx.waitUntil(this.#deliver(claimed.endpoint, delivery, triggerOf(job, delivery, probe)));
          else this.#forget(job.id);
        }
        if (probe && !claimed?.deliveries.length) this.#health = probeLost(this.#health, Date.now());
        return true;
      } catch (error) {
        for (const { id } of jobs) this.#sending.delete(id);
        this.#health = probeLost(this.#health, Date.now());
        this.#tell("deliveries could not be claimed", error);
        return false;
      }
    }

    /** The endpoint is not active: what waits is parked in the tables, and nothing stays here. */
    async #letGo(): Promise<void> {
      for (;;) {
        const ids = this.#ids(
          "select id from job where id not in (select value from json_each(?)) limit ?",
          JSON.stringify([...this.#sending]),
          CHUNK,
        );
        if (ids.length === 0) return;
        await this.#ports.deliveries.claim(this.#webhookId, ids);
        for (const id of ids) this.#forget(id);
      }
    }

    #forget(id: string): void {
      this.#sending.delete(id);
      this.ctx.storage.sql.exec("delete from job where id = ?", id);
    }

    async #deliver(endpoint: ClaimedEndpoint, delivery: ClaimedDelivery, trigger: AttemptTrigger): Promise<void> {
      await this.#turn(endpoint.maxPerSecond);
      const record = await this.#send(endpoint, delivery, trigger);
      this.#learn(record.outcome);
      this.#recording.add(delivery.id);
      this.#sending.delete(delivery.id);
      this.#pump();
      await this.#record(record);
      this.#recording.delete(delivery.id);
      this.#pump();
    }

    /** Waits for its place under the endpoint's throttle; in flight, but no attempt is spent. */
    async #turn(maxPerSecond: number | null): Promise<void> {
      if (maxPerSecond === null) return;
      const now = Date.now();
      const turn = Math.max(now, this.#nextTurn);
      this.#nextTurn = turn + 1_000 / maxPerSecond;
      if (turn > now) await new Promise((resolve) => setTimeout(resolve, turn - now));
    }

    /** One request, signed now. Its instant is fixed before it leaves, so that it is recorded as the same one however often. */
    async #send(endpoint: ClaimedEndpoint, delivery: ClaimedDelivery, trigger: AttemptTrigger): Promise<SendRecord> {
      const startedAt = new Date();
      const requestId = uuidv7(startedAt, this.#made++, this.#ports.randomBytes(8));
      const outcome = await this.#tryToSend(endpoint, delivery, startedAt);
      const next = nextStep(outcome, { attempts: delivery.attempts, trigger, random: this.#random() });
      const signedWith = endpoint.secrets.map(({ keyId }) => keyId);
      return { webhookId: this.#webhookId, delivery, trigger, startedAt, outcome, signedWith, requestId, next };
    }

    async #tryToSend({ url, headers: own, secrets }: ClaimedEndpoint, delivery: ClaimedDelivery, startedAt: Date): Promise<SendOutcome> {
      try {
        const signing = { startedAt, ordinal: delivery.sends, secrets: secrets.map(({ secret }) => secret), own };
        const headers = await requestHeaders(delivery, signing);
        return await this.#ports.sender.send({ kind: "webhook", url, headers, body: delivery.payload });
      } catch (error) {
        this.#tell("a delivery could not be sent by a fault of ours", error);
        return { ...FAULT, durationMs: Date.now() - startedAt.getTime() };
      }
    }

    /** Keeps what a send told of the endpoint. */
    #learn(outcome: SendOutcome): void {
      const before = this.#health;
      this.#health = after(before, outcome, Date.now());
      const isPlain =
        isReceivers(outcome) && outcome.errorClass === null && before.straight === 0 && before.breaker === "closed" && !before.gentle;
      if (!isPlain) this.#keepState(); // what went well again and again is not worth a write
    }

    /** Writes a send into the tables; where they are away, into the object until they are back. */
    async #record(record: SendRecord): Promise<void> {
      try {
        await this.#ports.deliveries.record(record);
        this.#settle(record);
      } catch (error) {
        this.#tell("a send could not be recorded yet", error);
        this.ctx.storage.sql.exec(
          "insert or replace into unrecorded (id, record) values (?, ?)",
          record.delivery.id,
          JSON.stringify(record),
        );
        this.ctx.storage.sql.exec("delete from job where id = ?", record.delivery.id);
        this.#arm(Date.now() + TABLES_AWAY_MS);
      }
    }

    async #recordAgain(): Promise<void> {
      for (const row of this.ctx.storage.sql.exec<{ id: string; record: string }>("select id, record from unrecorded").toArray()) {
        const record = revived(row.record);
        try {
          await this.#ports.deliveries.record(record);
        } catch (error) {
          this.#tell("a send could not be recorded yet", error);
          this.#arm(Date.now() + TABLES_AWAY_MS);
          return;
        }
        this.ctx.storage.sql.exec("delete from unrecorded where id = ?", row.id);
        this.#settle(record);
      }
    }

    /** Leaves in the list what is to be sent again, in its time; a probe's delivery keeps its place before all that came later. */
    #settle({ delivery: { id, isReplay, eventAt }, next: { status, retryInSeconds } }: SendRecord): void {
      if (retryInSeconds === null) return void this.ctx.storage.sql.exec("delete from job where id = ?", id);
      const isParked = status === "parked";
      this.ctx.storage.sql.exec(
        `insert into job (id, replay, due_at, manual, parked, probed_at) values (?, ?, ?, 0, ?, ?)
         on conflict (id) do update set due_at = excluded.due_at, manual = 0, parked = excluded.parked, probed_at = excluded.probed_at`,
        id,
        isReplay ? 1 : 0,
        isParked ? eventAt.getTime() : Date.now() + retryInSeconds * 1_000,
        isParked ? 1 : 0,
        isParked ? Date.now() : 0,
      );
    }

    /** Marks what is due as parked, while the breaker keeps it from being sent. */
    async #park(): Promise<void> {
      const ids = this.#ids("select id from job where parked = 0 and due_at <= ? limit ?", Date.now(), CHUNK).filter(
        (id) => !this.#isUnderWay(id),
      );
      if (ids.length === 0) return;
      try {
        await this.#ports.deliveries.park(this.#webhookId, ids);
        this.ctx.storage.sql.exec("update job set parked = 1 where id in (select value from json_each(?))", JSON.stringify(ids));
      } catch (error) {
        this.#tell("deliveries could not be parked", error);
      }
    }

    /** Takes from the tables what had no room here: page by page behind what was gone through, until there is something new or no more. */
    async #pull(): Promise<void> {
      try {
        for (let fresh = 0; this.#overflowed && fresh === 0 && this.#jobs() <= MOST_JOBS - CHUNK;) {
          const { jobs, end } = await this.#ports.deliveries.backlog(this.#webhookId, this.#pulledTo, CHUNK);
          const before = this.#jobs();
          for (const { deliveryId, priority } of jobs) {
            this.ctx.storage.sql.exec(
              "insert or ignore into job (id, replay, due_at, manual, parked, probed_at) values (?, ?, ?, 0, 0, 0)",
              deliveryId,
              priority === "replay" ? 1 : 0,
              Date.now(),
            );
          }
          fresh = this.#jobs() - before;
          this.#overflowed = jobs.length === CHUNK;
          this.#pulledTo = this.#overflowed ? end : null;
          this.#keepState();
        }
      } catch (error) {
        this.#tell("the backlog could not be read", error);
      }
    }

    /** How many deliveries are in the list. */
    #jobs(): number {
      return this.#count("select count(*) as n from job");
    }

    /** Nothing may start now: sleeps until something may. */
    #rest(askAgainAt: number | null): void {
      const [next] = this.ctx.storage.sql.exec<{ at: number | null }>("select min(due_at) as at from job").toArray();
      if (next?.at == null) return;
      const now = Date.now();
      this.#arm(next.at > now ? next.at : (askAgainAt ?? now + LOOK_AGAIN_MS));
    }

    #arm(at: number): void {
      if (this.#alarmAt !== null && this.#alarmAt <= at) return;
      this.#alarmAt = at;
      void this.ctx.storage.setAlarm(at);
    }

    #ids(query: string, ...values: (string | number)[]): string[] {
      return this.ctx.storage.sql
        .exec<{ id: string }>(query, ...values)
        .toArray()
        .map(({ id }) => id);
    }

    #count(query: string, ...values: string[]): number {
      return this.ctx.storage.sql.exec<{ n: number }>(query, ...values).one().n;
    }

    #random(): number {
      const [a = 0, b = 0] = this.#ports.randomBytes(2);
      return (a * 256 + b) / 65_536;
    }

    #tell(message: string, error: unknown): void {
      this.#ports.log("error", message, { webhook_id: this.#webhookId, error: error instanceof Error ? error.message : "unknown" });
    }

    #knowName(): void {
      if (this.#webhookId !== "" || this.ctx.id.name === undefined) return;
      this.#webhookId = this.ctx.id.name;
      this.#keepState();
    }

    #keepState(): void {
      const kept = JSON.stringify({
        webhookId: this.#webhookId,
        health: this.#health,
        version: this.#version,
        overflowed: this.#overflowed,
        pulledTo: this.#pulledTo,
        tests: this.#tests,
      } satisfies Kept);
      this.ctx.storage.sql.exec("insert or replace into state (one, kept) values (1, ?)", kept);
    }

    async #load(): Promise<void> {
      const { sql } = this.ctx.storage;
      sql.exec(`
        create table if not exists job (id text primary key, replay integer, due_at integer, manual integer, parked integer, probed_at integer);
        create index if not exists job_order on job (manual desc, replay, due_at);
        create table if not exists unrecorded (id text primary key, record text);
        create table if not exists state (one integer primary key, kept text)`);
      const [row] = sql.exec<{ kept: string }>("select kept from state").toArray();
      if (row) {
        const kept = JSON.parse(row.kept) as Kept;
        this.#webhookId = kept.webhookId;
        this.#health = probeLost(kept.health, Date.now());
        this.#version = kept.version;
        this.#overflowed = kept.overflowed;
        this.#pulledTo = kept.pulledTo;
        this.#tests = kept.tests;
      }
      this.#alarmAt = await this.ctx.storage.getAlarm();
    }
  };
}

/** An outcome of a fault of our own. */
const FAULT: SendOutcome = {
  errorClass: "internal",
  httpStatus: null,
  retryAfterSeconds: null,
  responseHeaders: null,
  responseBody: null,
  resolveMs: null,
  firstByteMs: null,
  durationMs: 0,
};

function triggerOf(job: Job, delivery: ClaimedDelivery, probe: boolean): AttemptTrigger {
  if (probe) return "probe";
  if (job.manual) return "manual";
  return delivery.isReplay ? "replay" : "auto";
}

/** A record as it was before it was written down. */
function revived(text: string): SendRecord {
  const record = JSON.parse(text) as SendRecord;
  return {
    ...record,
    startedAt: new Date(record.startedAt),
    delivery: { ...record.delivery, eventAt: new Date(record.delivery.eventAt) },
  };
}
