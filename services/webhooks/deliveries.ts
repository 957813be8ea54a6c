import { sql } from "drizzle-orm";
import { events, webhookAttempts, webhookDeliveries } from "#db/schema/deliveries.ts";
import { webhooks } from "#db/schema/webhooks.ts";
import { select, statement } from "#db/statements.ts";
import { payloadText, testEvent, WEBHOOK_API_VERSION } from "#domain/events/published.ts";
import { webhookDisabled } from "#domain/events/webhook.ts";
import { Refusal } from "#domain/refusals.ts";
import { RUN_ENDS_HOURS } from "#domain/webhooks/failing.ts";
import { isReceivers } from "#domain/webhooks/outcome.ts";
import { type Change, commit, databaseRefusal, deciding, type Guard, insert, newRow, unchanged, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { idArray } from "../events/handle-events.ts";
import type { BacklogPlace, ClaimedDelivery, ClaimedEndpoint, Deliveries, SendRecord } from "../ports.ts";
import { webhookSealOwner } from "./secret.ts";

/** Whoever claimed a delivery has so long to send it; then it counts as forgotten. */
const CLAIM_SECONDS = 30;
/** How an endpoint is doing is written once in this time, unless it changes. */
const HEALTH_SECONDS = 60;

/** The rows behind every endpoint's object. `begin` gives a context of the system for one call. */
export function deliveriesIn(begin: () => Context): Deliveries {
  return {
    claim: (webhookId, ids) => claim(begin(), webhookId, ids),
    claimTest: (webhookId, requestedBy) => claimTest(begin(), webhookId, requestedBy),
    record: (record) => recordSend(begin(), record),
    park: (webhookId, ids) => park(begin(), webhookId, ids),
    backlog: (webhookId, behind, limit) => backlog(begin(), webhookId, behind, limit),
  };
}

interface EndpointRow {
  url: string;
  headers_enc: string | null;
  max_per_second: number | null;
  secrets: { key_id: string; secret_enc: string }[];
}

interface DeliveryRow {
  id: string;
  event_at: string;
  event_id: string;
  event_type: string;
  payload: string;
  attempts: number;
  sends: number;
  is_replay: boolean;
}

/** An endpoint's row with every secret that signs now, newest first. */
const endpointFacts = sql`jsonb_build_object('url', w.url, 'headers_enc', w.headers_enc, 'max_per_second', w.max_per_second,
  'secrets', (select coalesce(jsonb_agg(jsonb_build_object('key_id', s.key_id, 'secret_enc', s.secret_enc) order by s.created_at desc, s.key_id desc), '[]')
    from api.webhook_secrets s where s.webhook_id = w.id and (s.expires_at is null or s.expires_at > ops.now())))`;

async function claim(ctx: Context, webhookId: string, ids: readonly string[]) {
  const waits = sql`d.id = any(${idArray(ids)}) and d.webhook_id = ${webhookId}::uuid and d.status in ('pending', 'retrying', 'parked')`;
  const claimed = statement<{ endpoint: EndpointRow; deliveries: DeliveryRow[] }>(sql`
    with endpoint as (select * from api.webhooks where id = ${webhookId}::uuid and status = 'active' and deleted_at is null),
    parked as (
      update api.webhook_deliveries d set status = 'parked', next_attempt_at = null
      where ${waits} and not exists (select from endpoint)),
    claimed as (
      update api.webhook_deliveries d set status = 'in_flight', sends = d.sends + 1, next_attempt_at = ops.now() + make_interval(secs => ${CLAIM_SECONDS})
      where ${waits} and exists (select from endpoint)
      returning d.*)
    select ${endpointFacts} as endpoint, (
      select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'event_at', c.event_at, 'event_id', c.event_id, 'event_type', c.event_type,
        'payload', e.payload_text, 'attempts', c.attempts, 'sends', c.sends, 'is_replay', c.replay_of is not null)), '[]')
      from claimed c join api.events e on e.id = c.event_id and e.occurred_at = c.event_at) as deliveries
    from endpoint w`);
  const [result] = (await ctx.database.writer.batch([claimed] as never)) as unknown as [
    { rows: { endpoint: EndpointRow; deliveries: DeliveryRow[] }[] },
  ];
  const row = result.rows[0];
  if (!row) return null;
  return { endpoint: await opened(ctx, webhookId, row.endpoint), deliveries: row.deliveries.map(toDelivery) };
}

const toDelivery = (row: DeliveryRow): ClaimedDelivery => ({
  id: row.id,
  eventAt: new Date(row.event_at),
  eventId: row.event_id,
  eventType: row.event_type,
  payload: row.payload,
  attempts: row.attempts,
  sends: row.sends,
  isReplay: row.is_replay,
});

/** Secrets are opened where they are used, and nowhere kept. One that no key of ours opens is a fault. */
async function opened(ctx: Context, webhookId: string, row: EndpointRow): Promise<ClaimedEndpoint> {
  const open = async (sealed: string): Promise<string> => {
    const text = await ctx.ports.seal.open(sealed, webhookSealOwner(webhookId));
    if (text === null) throw new Error("What belongs to an endpoint cannot be opened");
    return text;
  };
  const [headers, secrets] = await Promise.all([
    row.headers_enc === null ? {} : open(row.headers_enc).then((text) => JSON.parse(text) as Record<string, string>),
    Promise.all(row.secrets.map(async ({ key_id: keyId, secret_enc: sealed }) => ({ keyId, secret: await open(sealed) }))),
  ]);
  return { url: row.url, headers, secrets, maxPerSecond: row.max_per_second };
}

/** A test is an event that nothing caused, delivered once; its rows are those of any other. */
async function claimTest(ctx: Context, webhookId: string, requestedBy: string) {
  const [found] = await ctx.read(
    statement<{ account_id: string; version: number; endpoint: EndpointRow }>(
      sql`select w.account_id, w.version, ${endpointFacts} as endpoint from api.webhooks w where w.id = ${webhookId}::uuid and w.deleted_at is null`,
    ),
  );
  const row = found.rows[0];
  if (!row) return null;
  const published = testEvent(webhookId);
  const id = ctx.newId();
  const event = newRow(ctx, events, {
    id,
    ownerUserId: requestedBy,
    accountId: row.account_id,
    type: published.type,
    entityType: published.entity.type,
    entityId: published.entity.id,
    sequence: row.version,
    apiVersion: WEBHOOK_API_VERSION,
    payloadText: payloadText(id, published, { occurredAt: ctx.now(), sequence: row.version }),
    occurredAt: ctx.now(),
  });
  const delivery = newRow(ctx, webhookDeliveries, {
    eventId: id,
    eventAt: event.occurredAt,
    eventType: event.type,
    webhookId,
    accountId: row.account_id,
    status: "in_flight",
    sends: 1,
    nextAttemptAt: new Date(ctx.now().getTime() + CLAIM_SECONDS * 1_000),
  });
  await commit(ctx, null, { write: [insert(events, event), insert(webhookDeliveries, delivery)], audit: [], events: [] });
  const { eventAt, eventId, eventType, attempts, sends } = delivery;
  const claimed = { id: delivery.id, eventAt, eventId, eventType, payload: event.payloadText, attempts, sends, isReplay: false };
  return { endpoint: await opened(ctx, webhookId, row.endpoint), delivery: claimed };
}

/** One batch: guard, attempt, delivery, and how the endpoint is doing. */
async function recordSend(ctx: Context, record: SendRecord): Promise<void> {
  const { delivery, outcome, trigger, next } = record;
  const recorded = { expect: [stillInFlight(delivery)], write: [attemptOf(record), deliveryAfter(record), ...healthAfter(record)] };
  const verifies = trigger === "test" && outcome.errorClass === null;
  try {
    if (next.disables || verifies) await recordAndChange(ctx, record.webhookId, recorded, verifies);
    else await commit(ctx, null, { ...recorded, audit: [], events: [] });
  } catch (error) {
    const isOvertaken = databaseRefusal(error)?.code === "40001" || (error instanceof Refusal && error.code === "conflict");
    if (!isOvertaken) throw error;
    ctx.ports.log("warn", "a send was recorded already, or overtaken", { delivery_id: delivery.id });
  }
}

/** The first success of a test makes an endpoint active; a receiver that is gone for good disables it. */
async function recordAndChange(
  ctx: Context,
  webhookId: string,
  { expect, write }: { expect: readonly Guard[]; write: readonly Statement[] },
  verifies: boolean,
): Promise<void> {
  await deciding(ctx, async () => {
    const [[webhook]] = await ctx.read(
      select()
        .from(webhooks)
        .where(sql`${webhooks.id} = ${webhookId}::uuid and ${webhooks.deletedAt} is null`),
    );
    const from = verifies ? "unverified" : "active";
    if (webhook?.status !== from) return commit(ctx, null, { expect, write, audit: [], events: [] });
    const fields = verifies
      ? ({ status: "active" } as const)
      : ({ status: "disabled", disabledReason: "gone_410", disabledAt: ctx.now() } as const);
    const change: Change = {
      expect: [...expect, unchanged(webhooks, webhook)],
      write: [...write, update(ctx, webhooks, webhookId, fields)],
      audit: {
        action: verifies ? "webhook.verified" : "webhook.disabled",
        subject: { type: "webhook", id: webhookId },
        before: webhook,
        after: { ...webhook, ...fields },
        accountId: webhook.accountId,
      },
      events: verifies ? [] : [webhookDisabled(webhook, "gone_410")],
    };
    return commit(ctx, null, change);
  });
}

const stillInFlight = ({ id, eventAt, attempts }: ClaimedDelivery): Guard =>
  sql`ops.guard_delivery(${id}::uuid, ${eventAt.toISOString()}::timestamptz, ${attempts}::integer)`;

const attemptOf = ({ delivery, trigger, startedAt, outcome, signedWith, requestId }: SendRecord): Statement =>
  statement(sql`insert into ${webhookAttempts} (delivery_id, attempt_no, trigger, started_at, resolve_ms, first_byte_ms, duration_ms, http_status,
      error_class, response_headers, response_body, signature_key_ids, request_id)
    values (${delivery.id}::uuid, (select count(*) + 1 from ${webhookAttempts} where delivery_id = ${delivery.id}::uuid and trigger = ${trigger}), ${trigger},
      ${startedAt.toISOString()}::timestamptz, ${outcome.resolveMs}::integer, ${outcome.firstByteMs}::integer, ${outcome.durationMs}::integer,
      ${outcome.httpStatus}::integer, ${outcome.errorClass}, ${outcome.responseHeaders && JSON.stringify(outcome.responseHeaders)}::jsonb, ${outcome.responseBody},
      ${idArray(signedWith)}, ${requestId}::uuid)`);

const deliveryAfter = ({ delivery, outcome, next: { status, retryInSeconds, spends } }: SendRecord): Statement =>
  statement(sql`update ${webhookDeliveries} set status = ${status}, attempts = attempts + ${spends ? 1 : 0}, swept_at = null,
      last_status = ${outcome.httpStatus}::integer, last_error_class = ${outcome.errorClass},
      next_attempt_at = ops.now() + make_interval(secs => ${retryInSeconds}::double precision),
      completed_at = case when ${retryInSeconds}::double precision is null then ops.now() end
    where id = ${delivery.id}::uuid and event_at = ${delivery.eventAt.toISOString()}::timestamptz`);

/** Since when an endpoint fails, and when it last did well. A test that fails says nothing about deliveries, nor does a fault of ours. */
function healthAfter({ webhookId, outcome, trigger, startedAt }: SendRecord): Statement[] {
  const at = sql`${startedAt.toISOString()}::timestamptz`;
  const stale = (name: string) => sql`(${sql.raw(name)} is null or ${sql.raw(name)} < ${at} - make_interval(secs => ${HEALTH_SECONDS}))`;
  if (outcome.errorClass === null) {
    return [
      statement(sql`update ${webhooks} set last_success_at = ${at}, failing_since = null, last_failure_at = null, failing_alerted_percent = null
        where id = ${webhookId}::uuid and (failing_since is not null or ${stale("last_success_at")})`),
    ];
  }
  if (trigger === "test" || !isReceivers(outcome)) return [];
  const isNewRun = sql`(failing_since is null or last_failure_at < ${at} - make_interval(hours => ${RUN_ENDS_HOURS}))`;
  return [
    statement(sql`update ${webhooks} set last_failure_at = ${at}, failing_since = case when ${isNewRun} then ${at} else failing_since end,
        failing_alerted_percent = case when ${isNewRun} then null else failing_alerted_percent end
      where id = ${webhookId}::uuid and (failing_since is null or ${stale("last_failure_at")})`),
  ];
}

async function park(ctx: Context, webhookId: string, ids: readonly string[]): Promise<void> {
  await ctx.database.writer.batch([
    statement(sql`update ${webhookDeliveries} set status = 'parked'
      where id = any(${idArray(ids)}) and webhook_id = ${webhookId}::uuid and status in ('pending', 'retrying')`),
  ] as never);
}

async function backlog(ctx: Context, webhookId: string, behind: BacklogPlace | null, limit: number) {
  const [{ rows }] = await ctx.read(
    statement<{
      id: string;
      is_replay: boolean;
      due_at: string;
    }>(sql`select id, replay_of is not null as is_replay, next_attempt_at::text as due_at
      from ${webhookDeliveries}
      where webhook_id = ${webhookId}::uuid and status in ('pending', 'retrying', 'parked') and next_attempt_at <= ops.now()
        ${behind ? sql`and (next_attempt_at, id) > (${behind.dueAt}::timestamptz, ${behind.id}::uuid)` : sql``}
      order by next_attempt_at, id limit ${limit}`),
  );
  const last = rows.at(-1);
  return {
    jobs: rows.map(({ id, is_replay: isReplay }) => ({ deliveryId: id, priority: isReplay ? ("replay" as const) : ("live" as const) })),
    end: last ? { dueAt: last.due_at, id: last.id } : null,
  };
}
