import { pipelineFailures } from "#db/schema/webhooks.ts";
import { insertInto } from "#db/statements.ts";
import type { Context, Statement } from "../context.ts";

/** What each queue's messages are known by. */
const MARKS: Readonly<Record<string, string>> = {
  delivery_id: "deliveries",
  notification_ids: "mail",
  transaction_ids: "payouts",
  operation_ids: "stripe-work",
  credential_id: "usage",
  rows: "request-log",
};

/** Keeps messages that a queue gave up, once each, until somebody has looked at them. */
export async function keepFailures(ctx: Context, messages: readonly { id: string; body: unknown }[]): Promise<void> {
  const rows = messages.map(({ id, body }) => ({ id, queue: queueOf(body), body }));
  if (rows.length === 0) return;
  await ctx.database.writer.batch([insertInto(pipelineFailures).values(rows).onConflictDoNothing() as Statement] as never);
}

/** The platform does not tell which queue a message comes from. */
function queueOf(body: unknown): string {
  const mark = Object.keys(body ?? {}).find((name) => name in MARKS);
  return mark === undefined ? "events" : (MARKS[mark] as string);
}
