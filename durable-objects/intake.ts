import { DurableObject } from "cloudflare:workers";
import type { Counted } from "#services/ports.ts";

/** What is counted, how often it may be done, and within how many seconds (SURFACES §3, §4). */
const LIMITS = { request: [10, 3_600], code: [5, 900] } as const satisfies Record<Counted, readonly [number, number]>;
/** The longest that anything here is remembered: a form's token lives 2 h. */
const FORGET_MS = 3 * 3_600_000;

/**
 * What one address does at one company's intake and private page: how often it hands in a role, how
 * often it tries an access code, and which proofs and form tokens it has spent. Nothing is awaited
 * between counting and writing, so it is exact at any concurrency.
 */
export class IntakeObject extends DurableObject {
  /**
   * Counts one more, unless that is too many.
   *
   * @param now - in seconds since 1970
   * @returns in how many seconds it may be tried again; 0 if it may be done now
   */
  async take(what: Counted, now: number): Promise<number> {
    const sql = this.#tables();
    const [most, seconds] = LIMITS[what];
    sql.exec("delete from done where what = ? and at <= ?", what, now - seconds);
    const done = sql.exec<{ at: number }>("select at from done where what = ? order by at", what).toArray();
    if (done.length >= most) return Math.max(1, Number(done[0]?.at) + seconds - now);
    sql.exec("insert into done (what, at) values (?, ?)", what, now);
    await this.#forgetLater();
    return 0;
  }

  /** Spends something that is good once; false if it was spent before. `until`: when it would be over by itself, in seconds since 1970. */
  async spend(mark: string, until: number, now: number): Promise<boolean> {
    const sql = this.#tables();
    sql.exec("delete from spent where until <= ?", now);
    const fresh = sql.exec("insert into spent (mark, until) values (?, ?) on conflict do nothing", mark, until).rowsWritten > 0;
    await this.#forgetLater();
    return fresh;
  }

  /** Whoever is not seen for hours leaves nothing behind. */
  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll();
  }

  /** The alarm takes the tables away, too, so that nothing of the object stays. */
  #tables(): SqlStorage {
    const { sql } = this.ctx.storage;
    sql.exec(`
      create table if not exists done (what text, at integer);
      create table if not exists spent (mark text primary key, until integer)`);
    return sql;
  }

  #forgetLater(): Promise<void> {
    return this.ctx.storage.setAlarm(Date.now() + FORGET_MS);
  }
}
