import { and, eq, getTableColumns, sql } from "drizzle-orm";
import { accountPlans } from "#db/schema/api.ts";
import { auditEvents, requestLog } from "#db/schema/audit.ts";
import { siemDestinations } from "#db/schema/webhooks.ts";
import { select, updateOf } from "#db/statements.ts";
import type { AuditEvent, LoggedRequest } from "#domain/audit/entries.ts";
import { SIEM_ROWS, type SiemRow as LogRow, siemBatch } from "#domain/siem/batch.ts";
import type { SendOutcome } from "#domain/webhooks/outcome.ts";
import { signatureOf } from "#domain/webhooks/sign.ts";
import { commit, deciding, readable } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { idArray } from "../events/handle-events.ts";
import { rowById } from "../listing.ts";
import { SETTLING_SECONDS } from "../log.ts";
import { requireSession } from "../scopes.ts";
import { unsent } from "../webhooks/webhook.ts";
import { configOf, siemNoun, type SiemRow } from "./siem-destination.ts";

/** One message pushes so many batches at most, and begins none after so long; the rest waits for the next minute's message. */
const BATCHES = 20;
const PUSH_MS = 20_000;

const settledOf = (ingestedAt: typeof requestLog.ingestedAt | typeof auditEvents.ingestedAt) =>
  sql<boolean>`${ingestedAt} <= ops.now() - make_interval(secs => ${SETTLING_SECONDS})`.as("settled");

const { ts, minute: _, ...requestColumns } = getTableColumns(requestLog);
const { id, ingestId, at, requestId, actor, action, subjectType, subjectId, changes, reason, accountId, seq, chainHash } = auditEvents;

const eventColumns = { id, ingestId, at, requestId, actor, action, subjectType, subjectId, changes, reason, accountId, seq, chainHash };

const requestsAfter = (destination: SiemRow) =>
  select({ ...requestColumns, at: ts, settled: settledOf(requestLog.ingestedAt) })
    .from(requestLog)
    .where(and(eq(requestLog.accountId, destination.accountId), sql`${requestLog.ingestId} > ${destination.cursorSeq}::bigint`))
    .orderBy(requestLog.ingestId)
    .limit(SIEM_ROWS);

const auditEventsAfter = (destination: SiemRow) =>
  select({
    ...eventColumns,
    settled: settledOf(auditEvents.ingestedAt),
  })
    .from(auditEvents)
    .where(and(eq(auditEvents.accountId, destination.accountId), sql`${auditEvents.ingestId} > ${destination.auditCursorSeq}::bigint`))
    .orderBy(auditEvents.ingestId)
    .limit(SIEM_ROWS);

/** Rows up to the first one that others may still overtake. */
function settled<Row extends { settled: boolean }>(rows: readonly Row[], most: number): Row[] {
  const first = rows.findIndex((row) => !row.settled);
  return rows.slice(0, Math.min(most, first < 0 ? rows.length : first));
}

/**
 * Pushes what a destination has not had yet, batch by batch, each of at most 500 rows; its places in the two logs move
 * once it has answered with a 2xx, so that everything arrives at least once, in the order in which it came in. Ends
 * with the first batch that fails, and where the destination is so slow that the next message would find it still at
 * it; the next run goes on there.
 */
export async function pushLogs(ctx: Context, destinationId: string): Promise<void> {
  const began = Date.now();
  for (let batch = 0; batch < BATCHES && Date.now() - began < PUSH_MS; batch++) {
    const [[found]] = await ctx.read(
      select({ destination: siemDestinations, plan: accountPlans.plan })
        .from(siemDestinations)
        .innerJoin(accountPlans, eq(accountPlans.accountId, siemDestinations.accountId))
        .where(and(eq(siemDestinations.id, destinationId), eq(siemDestinations.status, "active"))),
    );
    if (found?.plan !== "enterprise") return;
    const { destination } = found;
    const [requests, events] = await ctx.read(requestsAfter(destination), auditEventsAfter(destination));
    const someRequests = settled(requests, SIEM_ROWS);
    const someEvents = settled(events, SIEM_ROWS - someRequests.length);
    if (someRequests.length + someEvents.length === 0) return;
    const rows: LogRow[] = [
      ...someRequests.map(({ settled: _, ingestId: __, ingestedAt: ___, ...row }): LogRow => ({
        log: "request_log",
        row: row as LoggedRequest,
      })),
      ...someEvents.map(({ settled: _, ingestId: __, ...row }): LogRow => ({ log: "audit_events", row: row as AuditEvent })),
    ];
    const places = [
      destination.id,
      someRequests.at(-1)?.ingestId ?? destination.cursorSeq,
      someEvents.at(-1)?.ingestId ?? destination.auditCursorSeq,
    ];
    const outcome = await send(ctx, destination, places.join("_"), rows);
    const [, requestsEnd, auditEnd] = places as [string, number, number];
    const moved = outcome.errorClass === null ? { cursorSeq: requestsEnd, auditCursorSeq: auditEnd, lastSentAt: ctx.now() } : {};
    await ctx.database.writer.batch([
      updateOf(siemDestinations)
        .set({ ...moved, lastErrorClass: outcome.errorClass })
        // two messages may push the same rows; the places only ever move on
        .where(
          and(
            eq(siemDestinations.id, destinationId),
            sql`${siemDestinations.cursorSeq} <= ${requestsEnd} and ${siemDestinations.auditCursorSeq} <= ${auditEnd}`,
          ),
        ) as Statement,
    ] as never);
    if (outcome.errorClass !== null || rows.length < SIEM_ROWS) return;
  }
}

/** Posts rows to a destination: signed as webhooks are, or with Splunk's token. A repeat carries the same id. */
async function send(ctx: Context, destination: SiemRow, batchId: string, rows: readonly LogRow[]): Promise<SendOutcome> {
  const { url, secret } = await configOf(ctx, destination);
  const { contentType, body } = siemBatch(destination.kind, destination.format, rows);
  const headers = { "content-type": contentType, "user-agent": "SplitsWebhooks/1" };
  if (destination.kind === "splunk_hec")
    return ctx.ports.sender.send({ kind: "siem", url, headers: { ...headers, authorization: `Splunk ${secret}` }, body });
  const timestamp = Math.floor(Date.now() / 1_000);
  const messageId = `siem_${batchId}`;
  const signed = {
    "webhook-id": messageId,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": await signatureOf([secret], messageId, timestamp, body),
  };
  return ctx.ports.sender.send({ kind: "siem", url, headers: { ...headers, ...signed }, body });
}

/** Sends a destination one row that says what it is, outside the order of the logs, and tells how it went. Refuses (503) where a fault of ours kept it from being sent. */
export async function testSiemDestination(ctx: Context, destinationId: string): Promise<SendOutcome> {
  requireSession(ctx);
  const [[row]] = await ctx.read(rowById<SiemRow>(ctx, siemNoun, destinationId));
  const destination = readable("destination", destinationId, row);
  ctx.repeat();
  const testId = ctx.newId();
  const test: AuditEvent = {
    id: testId,
    at: ctx.now(),
    requestId: ctx.request.id,
    actor: { kind: "session", user_id: ctx.userId },
    action: "siem_destination.tested",
    subjectType: "siem_destination",
    subjectId: destinationId,
    changes: {},
    reason: null,
    accountId: destination.accountId,
    seq: null,
    chainHash: null,
  };
  const outcome = await send(ctx, destination, testId, [{ log: "audit_events", row: test }]);
  if (outcome.errorClass === "internal") throw unsent();
  return deciding(ctx, () =>
    commit(ctx, outcome, {
      write: [],
      audit: { action: test.action, subject: { type: "siem_destination", id: destinationId }, accountId: destination.accountId },
      events: [],
    }),
  );
}

/**
 * Has what just came in for these accounts pushed as soon as nothing can overtake it any more. A lost message only
 * delays: the next minute's push takes it along.
 */
export async function pushSoon(ctx: Context, accountIds: ReadonlySet<string>): Promise<void> {
  if (accountIds.size === 0) return;
  const [rows] = await ctx.read(
    select({ id: siemDestinations.id })
      .from(siemDestinations)
      .where(and(eq(siemDestinations.status, "active"), sql`${siemDestinations.accountId} = any(${idArray([...accountIds])})`)),
  );
  if (rows.length === 0) return;
  const told = Promise.all(rows.map(({ id }) => ctx.ports.siem.send([id], SETTLING_SECONDS)));
  await told.catch(() => ctx.ports.log("warn", "the queue of pushes took no nudge; the sweep will"));
}

/** Brings every destination that logs are pushed to to the queue, one message each. */
export async function queueSiemPushes(ctx: Context): Promise<void> {
  const [rows] = await ctx.read(
    select({ id: siemDestinations.id }).from(siemDestinations).where(eq(siemDestinations.status, "active")).orderBy(siemDestinations.id),
  );
  for (const { id } of rows) await ctx.ports.siem.send([id]);
}
