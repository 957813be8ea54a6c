import { type PublishedEvent, WEBHOOK_API_VERSION, wireId } from "./published.ts";

/** A JSON Schema, as far as events need it. */
export interface JsonSchema {
  type: "object" | "string" | "integer" | "array";
  description?: string;
  format?: string;
  enum?: readonly string[];
  properties?: Readonly<Record<string, JsonSchema>>;
  required?: readonly string[];
  items?: JsonSchema;
}

/** A member of an event: what it is, and one as it looks. */
interface Member {
  schema: JsonSchema;
  example: unknown;
}

const ID = "019b218f-5440-7000-8000-00000000000";
const AT = "2025-12-15T10:30:00.000Z";

const id = (description: string, last: number): Member => ({
  schema: { type: "string", format: "uuid", description },
  example: `${ID}${last}`,
});
const word = (description: string, example: string, words?: readonly string[]): Member => ({
  schema: { type: "string", description, ...(words ? { enum: words } : {}) },
  example,
});

/** Every member that some event's `data` has. */
const MEMBERS: Readonly<Record<string, Member>> = {
  role_id: id("GET /roles/{id}", 2),
  company_id: id("The company whose role it is", 3),
  application_id: id("GET /submissions/{id}", 4),
  candidate_id: id("GET /candidates/{id}", 5),
  placement_id: id("GET /placements/{id}", 6),
  payout_id: id("GET /payouts/{id}", 7),
  webhook_id: id("GET /webhooks/{id}", 8),
  intake_request_id: id("GET /intake-requests/{id}", 9),
  status: word("The role's status", "active"),
  updated_fields: { schema: { type: "array", items: { type: "string" }, description: "What was changed" }, example: ["title", "location"] },
  old_status: word("The role's status before", "active"),
  new_status: word("The role's status now", "filled"),
  stage: word("The submission's stage", "submitted"),
  old_stage: word("The submission's stage before", "screening"),
  new_stage: word("The submission's stage now", "interview"),
  changed_by: id("Whoever moved it", 1),
  withdrawn_by: word("Whose side left", "candidate", ["candidate", "recruiter"]),
  start_date: { schema: { type: "string", format: "date", description: "The first day of work" }, example: "2026-02-01" },
  amount_cents: { schema: { type: "integer", description: "Your own share, in cents" }, example: 300_000 },
  currency: word("Of the amount", "usd"),
  reason: word("Why it failed", "account_closed"),
  source: word("Where it was asked", "widget", ["widget", "white_label"]),
  submitted_at: { schema: { type: "string", format: "date-time", description: "When it was sent" }, example: AT },
  disabled_reason: word("Why it was disabled", "failing_5_days"),
};

const member = (name: string): Member => {
  const known = MEMBERS[name];
  if (!known) throw new Error(`An event tells ${name}, which nothing describes`);
  return known;
};

/** What a delivery of this event looks like. */
export function schemaOf({ type, description, data }: PublishedEvent): JsonSchema {
  return {
    type: "object",
    description,
    properties: {
      id: { type: "string", description: "The same on every retry and replay; also in `webhook-id`" },
      event: { type: "string", enum: [type] },
      type: { type: "string", enum: [type] },
      timestamp: { type: "string", format: "date-time", description: "When it happened" },
      api_version: { type: "string", enum: [WEBHOOK_API_VERSION] },
      sequence: { type: "integer", description: "Greater for every later change of the same thing; gaps are possible" },
      data: { type: "object", properties: Object.fromEntries(data.map((name) => [name, member(name).schema])), required: data },
    },
    required: ["id", "event", "type", "timestamp", "api_version", "sequence", "data"],
  };
}

/** A delivery of this event, as an example. */
export const exampleOf = ({ type, data }: PublishedEvent): Record<string, unknown> => ({
  id: wireId(`${ID}1`),
  event: type,
  type,
  timestamp: AT,
  api_version: WEBHOOK_API_VERSION,
  sequence: 7,
  data: Object.fromEntries(data.map((name) => [name, member(name).example])),
});
