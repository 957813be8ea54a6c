import type { AccountKind, Scope } from "../credentials/scopes.ts";
import type { DomainEvent, EventPayloads, EventType } from "./catalogue.ts";

/** One event as partners hear it: inside it may have another name and tell more. */
export interface PublishedEvent {
  type: string;
  /** Without which nobody hears it. */
  scope: Scope;
  description: string;
  /** The members of its `data`. */
  data: readonly string[];
  /** Who alone may hear it; everybody with the scope, unless told. */
  accountKinds?: readonly AccountKind[];
  /** Subscribed like any other. `webhook.test` is only ever asked for. */
  subscribable?: false;
}

const ROLE = ["role_id", "company_id"] as const;
const APPLICATION = ["application_id", "role_id", "candidate_id"] as const;
const PAYOUT = ["payout_id", "placement_id", "amount_cents", "currency"] as const;

/** Every event that partners may hear (PLATFORM §13.2). `application_id` is the id of a submission. */
export const PUBLISHED_EVENTS: readonly PublishedEvent[] = [
  { type: "role.created", scope: "read:roles", description: "A role was posted", data: [...ROLE, "status"] },
  { type: "role.updated", scope: "read:roles", description: "What a role says has changed", data: [...ROLE, "updated_fields"] },
  {
    type: "role.closed",
    scope: "read:roles",
    description: "A role takes no more submissions",
    data: [...ROLE, "old_status", "new_status"],
  },
  { type: "application.submitted", scope: "read:candidates", description: "A candidate was submitted", data: [...APPLICATION, "stage"] },
  {
    type: "application.stage_changed",
    scope: "read:candidates",
    description: "A submission came to another stage",
    data: [...APPLICATION, "old_stage", "new_stage", "changed_by"],
  },
  {
    type: "application.withdrawn",
    scope: "read:candidates",
    description: "The candidate's side left",
    data: [...APPLICATION, "old_stage", "withdrawn_by"],
  },
  {
    type: "placement.created",
    scope: "read:placements",
    description: "A candidate was hired",
    data: ["placement_id", ...APPLICATION, "start_date"],
  },
  { type: "payout.processed", scope: "read:payouts", description: "Your share of a fee was paid", data: PAYOUT },
  { type: "payout.failed", scope: "read:payouts", description: "Your share could not be paid yet", data: [...PAYOUT, "reason"] },
  {
    type: "intake.submitted",
    scope: "read:roles",
    description: "Somebody asked for a recruiter on a company's own page",
    data: ["intake_request_id", "company_id", "source", "submitted_at"],
    accountKinds: ["company"],
  },
  {
    type: "webhook.test",
    scope: "manage:webhooks",
    description: "A test that you asked for",
    data: ["webhook_id"],
    subscribable: false,
  },
  {
    type: "webhook.disabled",
    scope: "manage:webhooks",
    description: "Another endpoint of the account was disabled",
    data: ["webhook_id", "disabled_reason"],
  },
];

/** The types that an endpoint may ask for. */
export const SUBSCRIBABLE_EVENTS: readonly string[] = PUBLISHED_EVENTS.filter(({ subscribable }) => subscribable !== false).map(
  ({ type }) => type,
);

/** An event in the words of partners. */
export interface Published {
  type: string;
  entity: { type: string; id: string };
  /** Ids and what changed: whatever is personal is read by id, with a scope and a trace (PLATFORM §13.1). */
  data: Readonly<Record<string, unknown>>;
}

type Rule<T extends EventType> = (payload: EventPayloads[T]) => Published | null;

const role = (payload: { job_id: string; company_id: string }) => ({ role_id: payload.job_id, company_id: payload.company_id });

const roleEvent = (type: string, payload: { job_id: string; company_id: string }, more: object): Published => ({
  type,
  entity: { type: "role", id: payload.job_id },
  data: { ...role(payload), ...more },
});

const submission = (payload: { application_id: string; job_id: string; candidate_id: string }) => ({
  application_id: payload.application_id,
  role_id: payload.job_id,
  candidate_id: payload.candidate_id,
});

const submissionEvent = (type: string, payload: Parameters<typeof submission>[0], more: object): Published => ({
  type,
  entity: { type: "submission", id: payload.application_id },
  data: { ...submission(payload), ...more },
});

/** Only who may read a payout hears of it, and its amount is the payee's own share. */
const payoutEvent = (
  type: string,
  payload: EventPayloads["payout.processed"] | EventPayloads["payout.failed"],
  more: object,
): Published => ({
  type,
  entity: { type: "payout", id: payload.transaction_id },
  data: {
    payout_id: payload.transaction_id,
    placement_id: payload.placement_id,
    amount_cents: payload.amount_cents,
    currency: "usd",
    ...more,
  },
});

const OPEN: readonly string[] = ["active", "paused"];
const OVER: readonly string[] = ["filled", "closed"];

/** How partners hear of what happened (DOMAIN §6.2). What is not here, or is told null, stays inside. */
const RULES: { readonly [T in EventType]?: Rule<T> } = {
  // a role is posted when it first becomes active
  "job.created": (payload) => (payload.status === "active" ? roleEvent("role.created", payload, { status: payload.status }) : null),
  "job.updated": (payload) => roleEvent("role.updated", payload, { updated_fields: payload.updated_fields.map(snakeCase) }),
  "job.status_changed"(payload) {
    const { old_status: from, new_status: to } = payload;
    if (payload.first_activation) return roleEvent("role.created", payload, { status: to });
    if (OPEN.includes(from) && OVER.includes(to)) return roleEvent("role.closed", payload, { old_status: from, new_status: to });
    const wasPosted = [...OPEN, ...OVER].includes(from);
    return wasPosted ? roleEvent("role.updated", payload, { updated_fields: ["status"] }) : null;
  },
  "application.submitted": (payload) => submissionEvent("application.submitted", payload, { stage: payload.new_stage }),
  "application.stage_changed": (payload) =>
    submissionEvent("application.stage_changed", payload, {
      old_stage: payload.old_stage,
      new_stage: payload.new_stage,
      changed_by: payload.changed_by,
    }),
  "application.withdrawn": (payload) =>
    submissionEvent("application.withdrawn", payload, { old_stage: payload.old_stage, withdrawn_by: payload.withdrawn_by }),
  "placement.created": (payload) => ({
    type: "placement.created",
    entity: { type: "placement", id: payload.placement_id },
    data: { placement_id: payload.placement_id, ...submission(payload), start_date: payload.start_date },
  }),
  "payout.processed": (payload) => payoutEvent("payout.processed", payload, {}),
  // one that is tried again has not failed yet
  "payout.failed": (payload) => (payload.final ? payoutEvent("payout.failed", payload, { reason: payload.reason }) : null),
  "intake.submitted": ({ intake_request_id: id, company_id, source, submitted_at }) => ({
    type: "intake.submitted",
    entity: { type: "intake_request", id },
    data: { intake_request_id: id, company_id, source, submitted_at },
  }),
  "webhook.disabled": (payload) => ({
    type: "webhook.disabled",
    entity: { type: "webhook", id: payload.webhook_id },
    data: { webhook_id: payload.webhook_id, disabled_reason: payload.disabled_reason },
  }),
};

/** The types inside the house that partners may hear of. */
export const PUBLIC_SOURCES = Object.keys(RULES) as readonly EventType[];

/** The public form of an event; null where it has none. */
export const publish = ({ type, payload }: Pick<DomainEvent, "type" | "payload">): Published | null =>
  (RULES[type] as Rule<typeof type> | undefined)?.(payload as never) ?? null;

/** What is asked of whoever hears a public type. */
export function publishedEvent(type: string): PublishedEvent {
  const known = PUBLISHED_EVENTS.find((each) => each.type === type);
  if (!known) throw new Error(`${type} is not in the catalogue`);
  return known;
}

/** A test of an endpoint: asked for, never caused. */
export const testEvent = (webhookId: string): Published => ({
  type: "webhook.test",
  entity: { type: "webhook", id: webhookId },
  data: { webhook_id: webhookId },
});

export const WEBHOOK_API_VERSION = "v1";

/** An event's id on the wire: the same on every retry and replay. */
export const wireId = (eventId: string): string => `evt_${eventId}`;

/** The bytes of an event, which are stored, signed and sent as they are. `sequence`: the entity's version. */
export function payloadText(
  eventId: string,
  { type, data }: Published,
  { occurredAt, sequence }: { occurredAt: Date; sequence: number },
): string {
  const timestamp = occurredAt.toISOString();
  return JSON.stringify({ id: wireId(eventId), event: type, type, timestamp, api_version: WEBHOOK_API_VERSION, sequence, data });
}

const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
