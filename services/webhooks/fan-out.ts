import { type SQL, sql } from "drizzle-orm";
import { applications, intakeRequests, jobs, placements } from "#db/schema/ats.ts";
import { placementPayoutTransactions as transactions } from "#db/schema/billing.ts";
import { webhooks } from "#db/schema/webhooks.ts";
import { statement, textOf } from "#db/statements.ts";
import { type AccountKind, holdableScopes, ROLE_TYPE_OF, type Scope } from "#domain/credentials/scopes.ts";
import { payloadText, PUBLIC_SOURCES, publish, type Published, publishedEvent, WEBHOOK_API_VERSION } from "#domain/events/published.ts";
import type { SkipReason } from "#domain/webhooks/words.ts";
import { commit } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { readableApplications } from "../deals/access.ts";
import type { StoredEvent, Subscriber } from "../events/handle-events.ts";
import { readableIntakes } from "../intake-requests/intake-request.ts";
import { readableJobs } from "../jobs/access.ts";
import { readableTransactions } from "../payouts/access.ts";
import { readablePlacements } from "../placements/access.ts";
import { sendDeliveries } from "./send-deliveries.ts";

/** Owners that one read asks; of events that more of them wait for, the rest comes in further rounds. */
const OWNERS_A_ROUND = 500;
const FIRST = "00000000-0000-0000-0000-000000000000";

/** Brings events that have a public form to the endpoints that asked for them, each as its owner may read it. */
export const webhookSubscriber: Subscriber = { name: "webhooks", hears: PUBLIC_SOURCES, sideBySide: true, handle: fanOut };

/** Whether an entity is readable, asked in the context of an owner: the very predicates that a read of theirs has. */
const QUESTIONS: Readonly<Record<string, () => SQL>> = {
  role: () => sql`select exists (select from ${jobs} where ${jobs.id} = $1 and ${readableJobs()})`,
  submission: () => sql`select exists (select from ${applications} where ${applications.id} = $1 and ${readableApplications()})`,
  placement: () => sql`select exists (select from ${placements} where ${placements.id} = $1 and ${readablePlacements()})`,
  payout: () => sql`select exists (select from ${transactions} where ${transactions.id} = $1 and ${readableTransactions()})`,
  intake_request: () => sql`select exists (select from ${intakeRequests} where ${intakeRequests.id} = $1 and ${readableIntakes()})`,
  webhook: () => sql`select exists (select from ${webhooks} where ${webhooks.id} = $1 and ${webhooks.accountId} = ops.account_id())`,
};
const questions = new Map<string, string>();

function questionOf(entityType: string): string {
  let text = questions.get(entityType);
  if (text === undefined) {
    const make = QUESTIONS[entityType];
    if (!make) throw new Error(`Nobody knows who may read a ${entityType}`);
    text = textOf(make());
    questions.set(entityType, text);
  }
  return text;
}

interface Reader extends Record<string, unknown> {
  owner_user_id: string;
  account_id: string;
  account_kind: AccountKind;
  may_read: boolean;
  webhooks: { id: string; is_active: boolean; grant_scopes: Scope[] | null }[];
}

/** One read and one commit, unless more owners wait for the event than one round asks. Done twice it finds nobody left. */
async function fanOut(ctx: Context, event: StoredEvent, handled: Statement): Promise<void> {
  const published = publish(event);
  if (!published) return;
  for (let after: string | null = FIRST; after !== null;) {
    const { readers, sequence } = await audience(ctx, event, published, after);
    const isLast: boolean = new Set(readers.map((reader) => reader.owner_user_id)).size < OWNERS_A_ROUND;
    const made = deliveriesOf(ctx, event, published, readers, sequence);
    if (made.deliveries.length > 0) {
      await commit(ctx, null, { write: [...insertsOf(made), ...(isLast ? [handled] : [])], audit: [], events: [] });
      tell(ctx, made.deliveries);
    }
    after = isLast ? null : (readers.at(-1)?.owner_user_id ?? null);
  }
}

async function audience(ctx: Context, event: StoredEvent, { type, entity }: Published, after: string) {
  const [found] = await ctx.read(
    statement<{ sequence: number | null; readers: Reader[] }>(sql`select
      (select o.subject_version from ops.outbox o where o.id = ${event.id}::uuid) as sequence,
      (select coalesce(jsonb_agg(to_jsonb(a)), '[]') from api.webhook_audience(${type}, ${questionOf(entity.type)}, ${entity.id}::uuid,
        ${event.id}::uuid, ${event.occurredAt.toISOString()}::timestamptz, ${after}::uuid, ${OWNERS_A_ROUND}) a) as readers`),
  );
  const row = found.rows[0];
  return { readers: row?.readers ?? [], sequence: row?.sequence ?? 1 };
}

/** Columns and values of new rows, as they are inserted. */
interface Made {
  events: Record<string, unknown>[];
  deliveries: { id: string; webhook_id: string; account_id: string; skipped: SkipReason | null; [column: string]: unknown }[];
}

/** One event for each owner who may read it (DESIGN R-24), and a delivery for each of their endpoints. */
function deliveriesOf(ctx: Context, event: StoredEvent, published: Published, readers: readonly Reader[], sequence: number): Made {
  const { scope, accountKinds } = publishedEvent(published.type);
  const mayHear = (kind: AccountKind): boolean =>
    (accountKinds?.includes(kind) ?? true) && holdableScopes(ROLE_TYPE_OF[kind], "standard").includes(scope);
  const { entity } = published;
  const { occurredAt } = event;
  const made: Made = { events: [], deliveries: [] };
  const eventIds = new Map<string, string>();
  for (const { owner_user_id: owner, account_id: account, account_kind: kind, may_read: mayRead, webhooks: all } of readers) {
    // of an endpoint that was disabled the account's other ones hear
    const endpoints = all.filter(({ id }) => id !== entity.id);
    if (!mayRead || !mayHear(kind) || endpoints.length === 0) continue;
    const known = eventIds.get(owner);
    const eventId = known ?? ctx.newId();
    if (known === undefined) {
      eventIds.set(owner, eventId);
      made.events.push({
        id: eventId,
        outbox_id: event.id,
        owner_user_id: owner,
        account_id: account,
        type: published.type,
        entity_type: entity.type,
        entity_id: entity.id,
        sequence,
        api_version: WEBHOOK_API_VERSION,
        payload_text: payloadText(eventId, published, { occurredAt, sequence }),
        occurred_at: occurredAt,
      });
    }
    for (const { id, is_active: isActive, grant_scopes: scopes } of endpoints) {
      made.deliveries.push({
        id: ctx.newId(),
        event_id: eventId,
        event_at: occurredAt,
        event_type: published.type,
        webhook_id: id,
        account_id: account,
        skipped: !isActive ? "endpoint_disabled" : scopes && !scopes.includes(scope) ? "scope_lost" : null,
      });
    }
  }
  return made;
}

/** Rows as one parameter each: an event may go to thousands of endpoints. */
const insertsOf = ({ events, deliveries }: Made): Statement[] => [
  statement(sql`insert into api.events (id, outbox_id, owner_user_id, account_id, type, entity_type, entity_id, sequence, api_version, payload_text, occurred_at)
    select * from jsonb_to_recordset(${JSON.stringify(events)}::jsonb) as e(id uuid, outbox_id uuid, owner_user_id uuid, account_id uuid, type text,
      entity_type text, entity_id uuid, sequence integer, api_version text, payload_text text, occurred_at timestamptz)`),
  statement(sql`insert into api.webhook_deliveries (id, event_id, event_at, event_type, webhook_id, account_id, status, next_attempt_at, last_error_class, completed_at)
    select d.id, d.event_id, d.event_at, d.event_type, d.webhook_id, d.account_id, case when d.skipped is null then 'pending' else 'skipped' end,
      case when d.skipped is null then ops.now() end, d.skipped, case when d.skipped is not null then ops.now() end
    from jsonb_to_recordset(${JSON.stringify(deliveries)}::jsonb) as d(id uuid, event_id uuid, event_at timestamptz, event_type text, webhook_id uuid,
      account_id uuid, skipped text)
    on conflict do nothing`),
];

/** Brings new deliveries to their endpoints, accounts taking turns; what the queue loses, the sweep finds. */
function tell(ctx: Context, deliveries: Made["deliveries"]): void {
  const messages = deliveries
    .filter(({ skipped }) => skipped === null)
    .map(({ id, webhook_id, account_id }) => ({ delivery_id: id, webhook_id, account_id, priority: "live" as const }));
  ctx.ports.later(sendDeliveries(ctx, messages).catch(() => ctx.ports.log("warn", "the delivery queue took no message; the sweep will")));
}
