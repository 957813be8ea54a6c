import { DurableObject } from "cloudflare:workers";
import { type AccessToken, type CredentialRecord, credentialRefusal, isSecretOf } from "#domain/credentials/record.ts";
import { type Bucket, decideHour, nextRelease, SPAN_MINUTES } from "#domain/credentials/rolling-hour.ts";
import type { Scope } from "#domain/credentials/scopes.ts";
import type { Authorization, CredentialQuestion, UsageMessage } from "#services/ports.ts";

/** What the object needs of the world. */
interface Bindings {
  USAGE: Queue<UsageMessage>;
}

/** A record older than this is asked for again, in case both messages of a change were lost. */
const RECORD_LIFE_SECONDS = 300;
const TOKENS_KEPT = 16;
/** Hashes that Postgres did not know, so that guessing drives no queries. */
const UNKNOWN_KEPT = 64;
const UNKNOWN_SECONDS = 60;
const MISSES_PER_MINUTE = 10;
const REPORT_MS = 60_000;
/** Whoever draws a block and is not back by then is no longer waited for. */
const DRAWING_MS = 2_000;
/** How long an empty budget is believed to be empty. */
const SPENT_SECONDS = 60;

/** The row behind this object, as metering names it. */
type Subject = Pick<CredentialRecord, "credentialId" | "accountId" | "kind">;

/** One minute's count; `seqHi` is the last verdict's number, `sent` what metering knows already. */
interface Row extends Bucket {
  denied: number;
  seqHi: number;
  sent: boolean;
}

/**
 * The one owner of a credential: authentication, revocation, the exact rolling hour and metering in
 * one call (PLATFORM §7.2). It knows no SQL; what it lacks, the Worker reads and tells it. Nothing is
 * awaited between counting and writing, so it is exact at any concurrency.
 */
export class CredentialObject extends DurableObject<Bindings> {
  #record: CredentialRecord | null = null;
  /** Whose usage is counted; known even while the record is to be read again, or never will be. */
  #subject: Subject | null = null;
  #fetchedAt = 0;
  #minVersion = 0;
  #tokens = new Map<string, AccessToken>();
  #buckets = new Map<number, Row>();
  #month = { month: "", granted: 0, used: 0 };
  #spentUntil = 0;
  #drawing: { done: Promise<void>; end: () => void } | null = null;
  #seq = 0;
  #unknown = new Map<string, number>();
  #misses = { minute: 0, count: 0 };
  #alarmSet = false;

  constructor(state: DurableObjectState, bindings: Bindings) {
    super(state, bindings);
    void state.blockConcurrencyWhile(async () => this.#load());
  }

  /**
   * Decides one request. A `miss` asks the caller to read the credential and `prime`; refusals are not
   * counted; every verdict takes the next number of this subject. One caller at a time is asked to draw
   * a block, the others wait for it.
   */
  async authorize(question: CredentialQuestion): Promise<Authorization> {
    const answer = this.#answer(question);
    if (answer.kind !== "need_block") return answer;
    if (!this.#drawing) {
      this.#beginDrawing();
      return answer;
    }
    await this.#drawing.done;
    return this.authorize(question);
  }

  #answer({ secretHash, cost, now, ip }: CredentialQuestion): Authorization {
    const record = this.#record;
    if (secretHash !== null && (this.#unknown.get(secretHash) ?? 0) > now) return { kind: "refused", code: "invalid_token" };
    if (!record || now - this.#fetchedAt > RECORD_LIFE_SECONDS) return { kind: "miss" };
    const scopes = this.#scopesFor(record, secretHash, now);
    if (scopes === "unknown") return this.#maybeGuessed(now);
    const code = credentialRefusal(record, typeof scopes === "string" ? scopes : "fits", ip, now);
    if (code !== null) return { kind: "refused", code };
    return this.#verdict({ ...record, scopes: scopes as readonly Scope[] }, cost, now);
  }

  /** Takes what was read from the database, unless a change has overtaken it. */
  async prime(record: CredentialRecord, now: number): Promise<void> {
    if (record.version < this.#minVersion) return;
    this.#record = record;
    this.#subject = { credentialId: record.credentialId, accountId: record.accountId, kind: record.kind };
    this.#fetchedAt = now;
    this.#keepRecord();
  }

  /** Forgets everything older than this version, and that the budget was spent: its cap may have changed. */
  async invalidate(version: number): Promise<void> {
    this.#minVersion = Math.max(this.#minVersion, version);
    this.#spentUntil = 0;
    if (this.#record && this.#record.version >= this.#minVersion) return;
    this.#record = null;
    this.#fetchedAt = 0;
    this.#tokens.clear();
    this.#unknown.clear();
    this.#keepRecord();
    this.ctx.storage.sql.exec("delete from access_token");
  }

  /** Lets an access token of the grant pass, as of this version of it; of more than 16 the oldest goes. */
  async addAccessToken(token: AccessToken, version: number): Promise<void> {
    if (version < this.#minVersion) return; // a revocation was faster
    this.#unknown.delete(token.hash);
    this.#tokens.delete(token.hash);
    this.#tokens.set(token.hash, token);
    this.ctx.storage.sql.exec(
      "insert or replace into access_token (hash, expires_at, scopes, family_id) values (?, ?, ?, ?)",
      token.hash,
      token.expiresAt,
      token.scopes.join(" "),
      token.familyId,
    );
    for (const hash of [...this.#tokens.keys()].slice(0, Math.max(0, this.#tokens.size - TOKENS_KEPT))) {
      this.#tokens.delete(hash);
      this.ctx.storage.sql.exec("delete from access_token where hash = ?", hash);
    }
  }

  /** Remembers that Postgres does not know this access token. */
  async deny(secretHash: string, now: number): Promise<void> {
    const [oldest] = this.#unknown.keys();
    if (this.#unknown.size >= UNKNOWN_KEPT && oldest !== undefined) this.#unknown.delete(oldest);
    this.#unknown.set(secretHash, now + UNKNOWN_SECONDS);
  }

  /** Hands over a block of paid units for a month; none means that the budget is spent. */
  async grantOverage(month: string, units: number, now: number): Promise<void> {
    if (this.#month.month !== month) this.#month = { month, granted: 0, used: 0 };
    this.#month.granted += units;
    this.#spentUntil = units === 0 ? now + SPENT_SECONDS : 0;
    this.#keepMonth();
    this.#drawing?.end();
  }

  /** Sends the minutes that are over to metering, then rests until the next request. */
  override async alarm(): Promise<void> {
    this.#alarmSet = false;
    const minute = Math.floor(Date.now() / 60_000);
    const waiting = [...this.#buckets.values()].filter((row) => !row.sent && row.minute < minute);
    if (waiting.length > 0 && this.#subject) {
      const told = waiting.map((row) => ({ row, seqHi: row.seqHi }));
      await this.env.USAGE.send({
        credential_id: this.#subject.credentialId,
        account_id: this.#subject.accountId,
        kind: this.#subject.kind,
        minutes: waiting.map(({ minute: at, admitted, overage, denied }) => ({ minute: at, admitted, overage, denied })),
      });
      for (const { row, seqHi } of told) {
        if (row.seqHi !== seqHi) continue; // counted on while the message was on its way: told again
        row.sent = true;
        this.ctx.storage.sql.exec("update bucket set sent = 1 where minute = ?", row.minute);
      }
    }
    for (const row of this.#buckets.values()) {
      // the newest one keeps the number that the next verdict goes on from
      if (row.sent && row.minute < minute - SPAN_MINUTES && row.seqHi !== this.#seq) {
        this.#buckets.delete(row.minute);
        this.ctx.storage.sql.exec("delete from bucket where minute = ?", row.minute);
      }
    }
    if ([...this.#buckets.values()].some((row) => !row.sent)) await this.#wake();
  }

  #verdict(record: CredentialRecord, cost: number, now: number): Authorization {
    const month = monthOf(now);
    const allowance = this.#month.month === month ? this.#month.granted - this.#month.used : 0;
    const rows = [...this.#buckets.values()];
    const asked = { minuteNow: Math.floor(now / 60), cost, limit: record.limit, ceilingMultiple: record.ceilingMultiple, allowance };
    const decided = decideHour(rows, asked);
    const spent = decided.kind === "need_block" && this.#spentUntil > now;
    if (decided.kind === "need_block" && !spent) return { kind: "need_block", record };

    const admit = decided.kind === "admit";
    const overage = admit && decided.overage;
    const row = this.#rowOf(decided.minute);
    if (!admit) row.denied += 1;
    else if (overage) row.overage += cost;
    else row.admitted += cost;
    row.seqHi = ++this.#seq;
    row.sent = false;
    this.#keep(row);
    if (overage) {
      this.#month.used += cost;
      this.#keepMonth();
    }
    if (!this.#alarmSet) this.ctx.waitUntil(this.#wake());
    const release = nextRelease([...this.#buckets.values()], decided.minute) ?? (decided.minute + 1) * 60;
    return {
      kind: "verdict",
      admit,
      overage,
      spent,
      record,
      limit: record.limit,
      used: decided.used,
      remaining: Math.max(0, record.limit - decided.used),
      resetAt: release,
      retryAt: decided.kind === "deny" ? decided.retryAt : spent ? Math.min(release, this.#spentUntil) : null,
      seq: this.#seq,
      minute: decided.minute,
    };
  }

  /** The scopes that this secret opens. A key has one secret, or two during a rotation; a grant has its access tokens. */
  #scopesFor(record: CredentialRecord, secretHash: string | null, now: number): readonly Scope[] | "unknown" | "wrong" | "expired" {
    if (record.kind === "user") return record.scopes;
    if (secretHash === null) return "wrong";
    if (record.kind === "grant") {
      const token = this.#tokens.get(secretHash);
      if (!token) return "unknown";
      return token.expiresAt <= now ? "expired" : token.scopes;
    }
    return isSecretOf(record, secretHash, now) ? record.scopes : "wrong";
  }

  #beginDrawing(): void {
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const drawing = {
      done,
      end: () => {
        clearTimeout(limit);
        if (this.#drawing === drawing) this.#drawing = null;
        resolve();
      },
    };
    const limit = setTimeout(drawing.end, DRAWING_MS);
    this.#drawing = drawing;
  }

  /** A token that a known grant does not know: so many a minute are looked up, beyond it they count as guessed. */
  #maybeGuessed(now: number): Authorization {
    const minute = Math.floor(now / 60);
    if (this.#misses.minute !== minute) this.#misses = { minute, count: 0 };
    return this.#misses.count++ < MISSES_PER_MINUTE ? { kind: "miss" } : { kind: "refused", code: "invalid_token" };
  }

  #rowOf(minute: number): Row {
    const known = this.#buckets.get(minute);
    if (known) return known;
    const row: Row = { minute, admitted: 0, overage: 0, denied: 0, seqHi: 0, sent: false };
    this.#buckets.set(minute, row);
    return row;
  }

  #keep({ minute, admitted, overage, denied, seqHi }: Row): void {
    this.ctx.storage.sql.exec(
      "insert or replace into bucket (minute, admitted, overage, denied, seq_hi, sent) values (?, ?, ?, ?, ?, 0)",
      minute,
      admitted,
      overage,
      denied,
      seqHi,
    );
  }

  #keepRecord(): void {
    this.ctx.storage.sql.exec(
      "insert or replace into record (one, min_version, snapshot, subject, fetched_at) values (1, ?, ?, ?, ?)",
      this.#minVersion,
      this.#record && JSON.stringify(this.#record),
      this.#subject && JSON.stringify(this.#subject),
      this.#fetchedAt,
    );
  }

  #keepMonth(): void {
    const { month, granted, used } = this.#month;
    this.ctx.storage.sql.exec("insert or replace into month (month, granted, used) values (?, ?, ?)", month, granted, used);
  }

  async #wake(): Promise<void> {
    this.#alarmSet = true;
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + REPORT_MS);
  }

  #load(): void {
    const { sql } = this.ctx.storage;
    sql.exec(`
      create table if not exists record (one integer primary key, min_version integer, snapshot text, subject text, fetched_at integer);
      create table if not exists access_token (hash text primary key, expires_at integer, scopes text, family_id text);
      create table if not exists bucket (minute integer primary key, admitted integer, overage integer, denied integer, seq_hi integer, sent integer);
      create table if not exists month (month text primary key, granted integer, used integer)`);
    const [kept] = sql
      .exec<{ min_version: number; snapshot: string | null; subject: string | null; fetched_at: number }>("select * from record")
      .toArray();
    this.#minVersion = kept?.min_version ?? 0;
    this.#record = kept?.snapshot ? (JSON.parse(kept.snapshot) as CredentialRecord) : null;
    this.#subject = kept?.subject ? (JSON.parse(kept.subject) as Subject) : null;
    this.#fetchedAt = kept?.fetched_at ?? 0;
    for (const token of sql.exec<Record<string, never>>("select * from access_token order by rowid")) {
      const { hash, expires_at: expiresAt, scopes, family_id: familyId } = token as never as Record<string, string & number>;
      if (hash && familyId) {
        const known = { hash, expiresAt: Number(expiresAt), scopes: String(scopes).split(" ").filter(Boolean) as Scope[], familyId };
        this.#tokens.set(hash, known);
      }
    }
    for (const row of sql.exec<Record<string, number>>("select * from bucket")) {
      const { minute = 0, admitted = 0, overage = 0, denied = 0, seq_hi: seqHi = 0, sent } = row;
      this.#buckets.set(minute, { minute, admitted, overage, denied, seqHi, sent: sent === 1 });
      this.#seq = Math.max(this.#seq, seqHi);
    }
    const [month] = sql.exec<{ month: string; granted: number; used: number }>("select * from month order by month desc limit 1").toArray();
    if (month) this.#month = { ...month };
  }
}

/** The UTC month of an instant, as its first day. */
const monthOf = (now: number): string => `${new Date(now * 1_000).toISOString().slice(0, 7)}-01`;
