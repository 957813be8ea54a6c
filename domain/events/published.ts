import type { AccountKind, Scope } from "../credentials/scopes.ts";

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
