/** Something a queue gave up, as people look at it: which queue, and the rows that the message named. */
export interface PipelineFailure {
  queue: string;
  /** Ids by the message's own names for them, and nothing else of it. */
  body: Readonly<Record<string, readonly string[]>>;
}

/** A dead message does not say where it came from; what it names does. */
const QUEUE_OF: Readonly<Record<string, string>> = {
  transaction_ids: "payouts",
  operation_ids: "stripe-work",
  event_ids: "events",
  stripe_event_ids: "stripe-events",
  notification_ids: "mail",
  request_ids: "request-log",
  credential_id: "usage",
  delivery_id: "deliveries",
  account_ids: "replays",
  destination_ids: "siem",
};

/** A row of ours, or an object of Stripe's. */
const ID = /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z]{2,8}_\w{1,100})$/i;
/** A message names few rows; more than this says nothing more. */
const MAX_IDS = 100;

/** What of a message is kept when its queue gives it up: the ids in it. Everything else, which may be about people, is dropped. */
export function failureOf(message: unknown): PipelineFailure {
  const members = typeof message === "object" && message !== null ? message : {};
  const named = Object.entries(members).flatMap(([name, value]) => {
    const ids = name === "rows" ? requestsOf(value) : [value].flat();
    const kept = ids.filter((id): id is string => typeof id === "string" && ID.test(id)).slice(0, MAX_IDS);
    return kept.length > 0 ? [[nameOf(name, kept), kept] as const] : [];
  });
  const queue = named.map(([name]) => QUEUE_OF[name]).find((known) => known !== undefined);
  return { queue: queue ?? "unknown", body: Object.fromEntries(named) };
}

/** Rows of the request log are told by their requests. */
const requestsOf = (rows: unknown): unknown[] => [rows].flat().map((row) => (row as { id?: unknown } | null)?.id);

function nameOf(name: string, ids: readonly string[]): string {
  if (name === "rows") return "request_ids";
  return name === "event_ids" && ids[0]?.startsWith("evt_") ? "stripe_event_ids" : name;
}

/** Messages from outside without a fitting signature: more than this in ten minutes is no stray one. */
export const MAX_REFUSED_DELIVERIES = 10;
export const REFUSED_DELIVERY_MINUTES = 10;
