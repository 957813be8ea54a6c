import { sql } from "drizzle-orm";
import { stripeOperations } from "#db/schema/billing.ts";
import { select, statement } from "#db/statements.ts";
import { classify } from "#domain/payouts/outcome.ts";
import { type SettledOperation, settleOperation, failedAs } from "#domain/stripe-operations/operation.ts";
import { uuidv7 } from "#domain/ids.ts";
import { close, type Closing } from "../closing.ts";
import { commit } from "../commit.ts";
import type { Context } from "../context.ts";
import { Held, Impossible, LeaseEnds, Unresolved } from "./held.ts";
import type { Operation, OperationKind } from "./operation.ts";
import type { Performed, Performer } from "./performer.ts";
import { PERFORMERS } from "./performers.ts";

/** How many due operations one step of the sweep names, and how often it asks again. */
const SWEEP_ROWS = 100;
const SWEEP_ROUNDS = 20;

/**
 * Works on an operation, if it is due and nobody else does: claims it, performs it under the lease, and
 * commits the outcome together with its effect (MONEY §17.3). Done twice it does nothing more.
 */
export async function runOperation(ctx: Context, id: string): Promise<void> {
  const held = await claimOperation(ctx, id);
  if (!held) return;
  const performer = PERFORMERS[held.operation.kind] as Performer<OperationKind>;
  let performed: Performed;
  try {
    performed = await performer.perform(held);
  } catch (error) {
    return notPerformed(held, performer, error);
  }
  if ("waitsFor" in performed) return wait(held, performed);
  const closing = held.done(performed.objectId);
  await (performed.conclude ? performed.conclude(ctx, closing) : concluded(held, closing));
}

/** The ids of operations that wait to be worked on, told to `send`, until all were named. */
export async function sweepOperations(ctx: Context, send: (ids: readonly string[]) => Promise<void>): Promise<void> {
  for (let round = 0, after = "00000000-0000-0000-0000-000000000000"; round < SWEEP_ROUNDS; round++) {
    const [rows] = await ctx.read(
      select({ id: stripeOperations.id })
        .from(stripeOperations)
        .where(
          sql`${stripeOperations.status} in ('pending', 'processing') and ${stripeOperations.nextAttemptAt} <= ops.now() and ${stripeOperations.id} > ${after}::uuid`,
        )
        .orderBy(stripeOperations.id)
        .limit(SWEEP_ROWS),
    );
    if (rows.length > 0) await send(rows.map(({ id }) => id));
    if (rows.length < SWEEP_ROWS) return;
    after = rows.at(-1)?.id ?? after;
  }
}

interface Claimed {
  row: Record<string, unknown>;
  must_look_up: boolean;
  at: string;
}

/** One conditional UPDATE (B14): a due operation becomes ours for 5, 10, 20 … 360 minutes, or somebody else has it. */
async function claimOperation(ctx: Context, id: string): Promise<Held | null> {
  const startedMs = Date.now();
  const token = uuidv7(new Date(), 0, ctx.ports.randomBytes(8));
  const claim = statement<{ claimed: Claimed }>(sql`
    with claimed as (
      update ${stripeOperations} o set
        status = 'processing', lease_token = ${token}::uuid, attempts = o.attempts + 1,
        lease_until = ops.now() + make_interval(mins => least(5 * 2 ^ least(o.attempts, 7), 360)::int),
        next_attempt_at = ops.now() + make_interval(mins => least(5 * 2 ^ least(o.attempts, 7), 360)::int),
        processing_started_at = case when o.status = 'processing' then o.processing_started_at else ops.now() end,
        first_sent_at = coalesce(o.first_sent_at, ops.now()),
        version = o.version + 1, updated_at = ops.now()
      where o.id = ${id}::uuid
        and (o.status = 'pending' and o.next_attempt_at <= ops.now() or o.status = 'processing' and o.lease_until < ops.now())
      returning o.*)
    select jsonb_build_object('row', to_jsonb(c), 'at', ops.now(), 'must_look_up',
      coalesce(c.last_outcome in ('refused', 'server_error_2'), false)
        or c.first_sent_at < ops.now() - interval '20 hours'
        or c.processing_started_at <= ops.now() - interval '7 days') as claimed
    from claimed c`);
  const results = (await ctx.database.writer.batch([claim] as never)) as unknown as { rows: { claimed: Claimed }[] }[];
  const found = results[0]?.rows[0]?.claimed;
  if (!found) return null;
  return new Held(ctx, toOperation(found.row), {
    mustLookUp: found.must_look_up,
    at: new Date(found.at),
    startedMs,
    run: (other) => runOperation(ctx, other),
  });
}

const instantOr = (value: unknown): Date | null => (typeof value === "string" ? new Date(value) : null);

const toOperation = (row: Record<string, unknown>): Operation =>
  ({
    id: row["id"],
    version: row["version"],
    createdAt: instantOr(row["created_at"]),
    updatedAt: instantOr(row["updated_at"]),
    kind: row["kind"],
    subjectType: row["subject_type"],
    subjectId: row["subject_id"],
    request: row["request"],
    status: row["status"],
    keyVersion: row["key_version"],
    firstSentAt: instantOr(row["first_sent_at"]),
    lastOutcome: row["last_outcome"],
    leaseToken: row["lease_token"],
    leaseUntil: instantOr(row["lease_until"]),
    processingStartedAt: instantOr(row["processing_started_at"]),
    attempts: row["attempts"],
    retryCount: row["retry_count"],
    nextAttemptAt: instantOr(row["next_attempt_at"]),
    stripeObjectId: row["stripe_object_id"],
    failureReason: row["failure_reason"],
  }) as Operation;

/** What the error of a call means for the operation. An error of our own is a fault: the lease ends and it is claimed again. */
async function notPerformed(held: Held, performer: Performer<OperationKind>, error: unknown): Promise<void> {
  if (error instanceof LeaseEnds) return;
  if (error instanceof Unresolved) return settle(held, performer, failedAs("unresolved"));
  if (error instanceof Impossible) return settle(held, performer, failedAs(error.reason));
  const { ctx, operation } = held;
  const answer = ctx.ports.answerTo(error);
  if (answer === undefined) throw error;
  const outcome = classify(answer === null ? null : { ...answer, transfer: null });
  if (outcome.outcome === "done") throw error; // an answer that could not be read
  ctx.ports.log("warn", "Stripe did not do an operation", {
    operation_id: operation.id,
    kind: operation.kind,
    outcome: outcome.outcome,
    http_status: answer?.httpStatus ?? null,
    code: answer?.errorCode ?? null,
  });
  // the decision's instant comes with a read
  await ctx.read();
  await settle(held, performer, settleOperation(operation, outcome, performer.once ?? false, ctx.now()));
}

async function settle(held: Held, performer: Performer<OperationKind>, { fields, final }: SettledOperation): Promise<void> {
  const { ctx, operation } = held;
  await ctx.read();
  const closing = held.closing(fields);
  if (!final) return void (await (fields.status ? concluded(held, closing) : close(ctx, closing)));
  ctx.ports.log("error", "an operation towards Stripe was given up", {
    operation_id: operation.id,
    kind: operation.kind,
    reason: fields.failureReason,
  });
  // what a mismatched key did is not known, so nothing may follow from it: people look at it
  const isKnown = fields.failureReason !== "request_mismatch";
  await (performer.givenUp && isKnown
    ? performer.givenUp(held, fields.failureReason ?? "refused", closing)
    : concluded(held, closing, fields.status));
}

/** Comes back later: what it needs is not there yet. Nothing was sent under its key. */
async function wait(held: Held, { waitsFor, minutes }: Extract<Performed, { waitsFor: string }>): Promise<void> {
  const { ctx, operation } = held;
  await ctx.read();
  await close(
    ctx,
    held.closing({
      status: "pending",
      leaseToken: null,
      leaseUntil: null,
      processingStartedAt: null,
      firstSentAt: operation.attempts === 1 ? null : operation.firstSentAt,
      attempts: operation.attempts - 1,
      failureReason: waitsFor,
      nextAttemptAt: new Date(ctx.now().getTime() + minutes * 60_000),
    }),
  );
}

/** Commits an outcome without any other effect; the audit knows of it. */
async function concluded({ ctx, operation }: Held, { expect, write }: Closing, becomes: string = "done"): Promise<void> {
  await ctx.read();
  await commit(ctx, null, {
    expect,
    write,
    audit: {
      action: `stripe_operation.${becomes}`,
      subject: { type: "stripe_operation", id: operation.id },
      before: { status: operation.status },
      after: { status: becomes },
    },
    events: [],
  });
}
