import { DurableObject } from "cloudflare:workers";
import type { TryLimit } from "#services/ports.ts";

/**
 * Counts what is tried by whoever is not signed in, from one place or in one name (IDENTITY §17.2). It
 * goes by an HMAC of that, so no address stands here in the clear, and forgets everything when the last
 * try is over. Nothing is awaited between counting and writing, so it is exact at any concurrency.
 */
export class LoginThrottle extends DurableObject<never> {
  /**
   * Counts one try, unless there were enough of them.
   *
   * @param limits - all of which must allow it
   * @param now - epoch seconds
   * @returns in how many seconds it may be made; 0 if it may be made now
   */
  async take(limits: readonly TryLimit[], now: number): Promise<number> {
    const { sql } = this.ctx.storage;
    const longest = Math.max(...limits.map(({ withinSeconds }) => withinSeconds));
    sql.exec("create table if not exists tries (at integer)"); // the alarm takes it away, too
    sql.exec("delete from tries where at <= ?", now - longest);
    const made = sql.exec<{ at: number }>("select at from tries order by at desc").toArray();
    const wait = Math.max(0, ...limits.map(({ most, withinSeconds }) => (made[most - 1]?.at ?? -Infinity) + withinSeconds - now));
    if (wait > 0) return wait;
    sql.exec("insert into tries (at) values (?)", now);
    await this.ctx.storage.setAlarm((now + longest) * 1_000);
    return 0;
  }

  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll();
  }
}
