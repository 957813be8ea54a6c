import { sql } from "drizzle-orm";
import { refusedDeliveries } from "#db/schema/api.ts";
import { deleteFrom, select, statement } from "#db/statements.ts";
import { MAX_REFUSED_DELIVERIES, REFUSED_DELIVERY_MINUTES } from "#domain/pipeline/failure.ts";
import type { Context } from "../context.ts";
import { recordFailures } from "./record-failures.ts";

/** Where messages from outside come in. */
export type Entrance = "stripe-webhooks" | "stripe-connect-webhooks" | "clerk-webhooks";

const KEPT_DAYS = 30;

/** So many of one minute say all there is to say: with them alone people are called. */
const COUNTED_A_MINUTE = MAX_REFUSED_DELIVERIES + 1;
const MINUTE_MS = 60_000;

/** What this isolate has counted at each entrance in the minute that runs. */
const counted = new Map<Entrance, { minute: number; count: number }>();

/** Whether one more is to be written. Whoever sends forgeries makes an isolate write this often a minute, and no more. */
function isToBeCounted(entrance: Entrance): boolean {
  const minute = Math.floor(Date.now() / MINUTE_MS);
  const before = counted.get(entrance);
  const count = before?.minute === minute ? before.count : 0;
  if (count >= COUNTED_A_MINUTE) return false;
  counted.set(entrance, { minute, count: count + 1 });
  return true;
}

/**
 * Counts a message without a fitting signature, up to what calls people. Nothing of it is kept, and a
 * database that is away refuses no less.
 */
export async function countRefusedDelivery(ctx: Context, entrance: Entrance): Promise<void> {
  if (!isToBeCounted(entrance)) return;
  try {
    await ctx.database.writer.batch([
      statement(sql`insert into ${refusedDeliveries} (entrance, minute) values (${entrance}, date_trunc('minute', ops.now()))
        on conflict (entrance, minute) do update set count = refused_deliveries.count + 1`),
    ] as never);
  } catch (error) {
    ctx.ports.log("warn", "a refused delivery could not be counted", { entrance, error: error instanceof Error ? error.name : "unknown" });
  }
}

/** Calls people when an entrance refuses too often (MONEY §18): each minute while it lasts, and by a row that they close. */
export async function watchDeliveries(ctx: Context): Promise<void> {
  const [busy] = await ctx.read(
    select({ entrance: refusedDeliveries.entrance, refused: sql<number>`sum(${refusedDeliveries.count})::int`.as("refused") })
      .from(refusedDeliveries)
      .where(sql`${refusedDeliveries.minute} > ops.now() - make_interval(mins => ${REFUSED_DELIVERY_MINUTES})`)
      .groupBy(refusedDeliveries.entrance)
      .having(sql`sum(${refusedDeliveries.count}) > ${MAX_REFUSED_DELIVERIES}`),
  );
  for (const { entrance, refused } of busy) {
    ctx.ports.log("error", "webhooks without a fitting signature", { entrance, refused_in_ten_minutes: refused });
  }
  await recordFailures(
    ctx,
    busy.map(({ entrance }) => ({ queue: entrance, body: {} })),
  );
}

/** Forgets counts that nobody looks at any more. */
export async function forgetRefusedDeliveries(ctx: Context): Promise<void> {
  await ctx.database.writer.batch([
    deleteFrom(refusedDeliveries).where(sql`${refusedDeliveries.minute} < ops.now() - make_interval(days => ${KEPT_DAYS})`),
  ] as never);
}
