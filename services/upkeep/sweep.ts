import type { Context } from "../context.ts";

/** A step of the sweep takes this many rows at a time, so many times; the rest waits a minute (MONEY §16). */
export const ROWS_A_STEP = 100;
const ROUNDS = 20;

/**
 * Works through what is due, each row in a commit of its own: one that fails keeps no other from its
 * turn, and is not taken twice in one run.
 *
 * @param find - the first rows that are due behind so many others, at most `ROWS_A_STEP`, in a fixed order
 * @param complaint - what the log says of a row that failed
 */
export async function sweepThrough<Row extends { id: string }>(
  ctx: Context,
  find: (skip: number) => Promise<readonly Row[]>,
  work: (row: Row) => Promise<unknown>,
  complaint: string,
): Promise<void> {
  const taken = new Set<string>();
  let skip = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const rows = await find(skip);
    const fresh = rows.filter(({ id }) => !taken.has(id));
    for (const row of fresh) {
      taken.add(row.id);
      try {
        await work(row);
      } catch (error) {
        ctx.ports.log("error", complaint, { id: row.id, error: error instanceof Error ? error.message : "unknown" });
      }
    }
    if (rows.length < ROWS_A_STEP) return;
    // what could not be moved on stays due, and must not stand before the others
    skip += rows.length - fresh.length;
  }
}
