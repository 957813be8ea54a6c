/**
 * Every event the house knows and what its payload tells (DOMAIN §6.2). Payloads carry ids and
 * values that are not personal: free text, addresses and salaries are read by id (DESIGN R-7).
 */

type Id = string;
type Instant = string;

interface JobChange {
  job_id: Id;
  company_id: Id;
}

interface ApplicationFacts {
  application_id: Id;
  job_id: Id;
  candidate_id: Id;
  candidate_recruiter_id: Id | null;
  company_recruiter_id: Id | null;
}

interface StageChange extends ApplicationFacts {
  old_stage: string | null;
  new_stage: string;
  changed_by: Id;
}

interface DealFacts {
  assignment_id: Id;
  application_id: Id | null;
  job_id: Id;
  candidate_id: Id;
  candidate_recruiter_id: Id | null;
  company_recruiter_id: Id | null;
}

interface DealMove extends DealFacts {
  old_state: string;
  new_state: string;
}

interface GateFacts extends DealFacts {
  gate: string;
}

interface GateReviewed extends GateFacts {
  next_gate: string | null;
  reviewer_user_id: Id;
}

interface RelationshipFacts {
  relationship_id: Id;
  recruiter_id: Id;
  candidate_id: Id;
}

interface InvitationFacts {
  invitation_id: Id;
  organization_id: Id;
  company_id: Id | null;
  role: string;
}

interface ConnectionFacts {
  id: Id;
  recruiter_id: Id;
  company_id: Id;
}

interface PlacementFacts {
  placement_id: Id;
  application_id: Id;
  job_id: Id;
  candidate_id: Id;
  company_id: Id;
}

interface InvoiceFacts {
  invoice_id: Id;
  placement_id: Id;
  company_id: Id;
  amount_due_cents: number;
  due_date: string | null;
}

interface CreditFacts {
  credit_id: Id;
  placement_id: Id;
  company_id: Id;
  amount_cents: number;
}

interface CredentialFacts {
  credential_id: Id;
  credential_kind: "api_key" | "oauth_client";
  account_id: Id;
  user_id: Id;
}

interface WebhookFacts {
  webhook_id: Id;
  account_id: Id;
  owner_user_id: Id;
}

interface PayoutFacts {
  transaction_id: Id;
  placement_id: Id;
  recruiter_id: Id;
  role: string;
  amount_cents: number;
}

export interface EventPayloads {
  "user.registered": { user_id: Id };
  "user.deactivated": { user_id: Id };

  "recruiter.created": { recruiter_id: Id };
  "recruiter.status_changed": { recruiter_id: Id; old_status: string; new_status: string };

  /** Sent, the first time or again. */
  "invitation.created": InvitationFacts & { resend: boolean };
  "invitation.accepted": InvitationFacts;
  /** Taken back by who sent it, or declined by who was asked. */
  "invitation.revoked": InvitationFacts & { declined: boolean };
  "invitation.expired": InvitationFacts;

  "company.created": { company_id: Id };
  "company.updated": { company_id: Id; updated_fields: readonly string[] };
  "company.deleted": { company_id: Id };

  /** A role was handed in from outside: by a form on the company's pages, or its widget. */
  "intake.submitted": { intake_request_id: Id; company_id: Id; source: string; submitted_at: string };
  "intake.answered": { intake_request_id: Id; company_id: Id; status: string; job_id: Id | null };

  "candidate.created": { candidate_id: Id; created_by: Id };
  "candidate.updated": { candidate_id: Id; updated_fields: readonly string[] };
  "candidate.privacy_requested": { candidate_id: Id; privacy_request_id: Id; kind: string };
  /** Internal: a mail with a link and a code is to be sent, if the address is a candidate's. */
  "candidate.login_requested": { challenge_id: Id };
  "candidate.sourced": { candidate_id: Id; sourcer_recruiter_id: Id; sourced_at: Instant };
  "company.sourced": { company_id: Id; sourcer_recruiter_id: Id; sourced_at: Instant };

  "recruiter_candidate.created": RelationshipFacts;
  "recruiter_candidate.terminated": RelationshipFacts;
  "recruiter_candidate.expired": RelationshipFacts;
  "recruiter_candidate.renewed": RelationshipFacts;
  "candidate.invited": RelationshipFacts & { invitation_expires_at: Instant; resend: boolean };
  "candidate.consent_given": RelationshipFacts & { at: Instant };
  "candidate.consent_declined": RelationshipFacts & { at: Instant };
  "candidate.invitation_cancelled": RelationshipFacts;
  "candidate.invitation_expired": RelationshipFacts;

  "recruiter_company.connection_requested": ConnectionFacts;
  "recruiter_company.invited": ConnectionFacts;
  "recruiter_company.accepted": ConnectionFacts;
  "recruiter_company.declined": ConnectionFacts;
  "recruiter_company.terminated": ConnectionFacts;

  "job.created": JobChange & { status: string };
  "job.updated": JobChange & { updated_fields: readonly string[] };
  "job.status_changed": JobChange & { old_status: string; new_status: string; first_activation: boolean };
  "job.deleted": JobChange;

  "cra.proposed": DealFacts & { proposal_type: string; response_due_at: Instant };
  "cra.accepted": DealFacts;
  "cra.declined": DealFacts;
  "cra.timed_out": DealMove;
  "cra.created": DealFacts & { gate_sequence: readonly string[]; state: string };
  "cra.gate.awaiting_review": GateFacts & { gate_sequence: readonly string[]; remaining_gates: readonly string[] };
  "cra.gate.review_started": GateFacts & { reviewer_user_id: Id };
  "cra.gate.approved": GateReviewed;
  "cra.gate.denied": GateReviewed;
  "cra.gate.skipped": GateReviewed;
  "cra.gate.info_requested": GateFacts & { addressee: string; feedback_id: Id };
  "cra.gate.info_provided": GateFacts & { feedback_id: Id };
  "cra.all_gates_passed": DealMove;
  "cra.stage_changed": DealMove;
  "cra.hired": DealMove;
  "cra.rejected": DealMove;
  "cra.withdrawn": DealMove & { reached_company: boolean };
  "cra.closed": DealMove;

  "application.created": ApplicationFacts;
  "application.updated": ApplicationFacts & { updated_fields: readonly string[] };
  "application.submitted": StageChange;
  "application.stage_changed": StageChange;
  "application.recruiter_proposed": ApplicationFacts;
  "application.proposal_accepted": ApplicationFacts;
  "application.proposal_declined": ApplicationFacts;
  "application.ai_review.triggered": ApplicationFacts;
  "application.returned_to_draft": ApplicationFacts;
  "application.withdrawn": ApplicationFacts & { old_stage: string | null; withdrawn_by: "candidate" | "recruiter" };
  "application.expired": ApplicationFacts;
  "application.expiration_warning": ApplicationFacts & { expires_at: Instant };
  "application.withdrawal_requested": ApplicationFacts & { effective_at: Instant; reached_company: boolean };
  "application.withdrawal_undone": ApplicationFacts & { reached_company: boolean };
  "application.document_added": ApplicationFacts & { document_id: Id };
  "application.availability_given": ApplicationFacts & { availability_id: Id; reached_company: boolean };
  "application.message_sent": ApplicationFacts & { message_id: Id; reached_company: boolean };
  "application.offer_accepted": ApplicationFacts;
  "application.reactivated": ApplicationFacts;
  "application.note.created": ApplicationFacts & { note_id: Id };

  "placement.created": PlacementFacts & {
    candidate_recruiter_id: Id | null;
    company_recruiter_id: Id | null;
    job_owner_recruiter_id: Id | null;
    candidate_sourcer_recruiter_id: Id | null;
    company_sourcer_recruiter_id: Id | null;
    fee_percentage: string | null;
    placement_fee_cents: number;
    start_date: string;
    guarantee_expires_at: Instant;
  };
  "placement.activated": PlacementFacts;
  "placement.completed": PlacementFacts;
  "placement_snapshot.created": { placement_id: Id };
  "placement.splits_created": {
    placement_id: Id;
    total_fee_cents: number;
    split_count: number;
    total_allocated_cents: number;
    platform_remainder_cents: number;
    role_tiers: Readonly<Record<string, string | null>>;
  };
  "guarantee.expiring": PlacementFacts & { days_remaining: number };

  "placement.failed": PlacementFacts & { within_guarantee: boolean };
  "placement.replacement_created": PlacementFacts & { replaces_placement_id: Id };

  "invoice.created": InvoiceFacts;
  "invoice.finalized": InvoiceFacts;
  "invoice.paid": InvoiceFacts;
  "invoice.overdue": InvoiceFacts & { days_overdue: number };
  "invoice.payment_failed": InvoiceFacts;
  "invoice.uncollectible": InvoiceFacts;
  "invoice.voided": InvoiceFacts;
  "invoice.refunded": InvoiceFacts & { refund_cents: number };
  "placement_credit.opened": CreditFacts;
  "placement_credit.used": CreditFacts;
  "placement_credit.ended": CreditFacts & { refund_cents: number };

  "escrow_hold.created": { hold_id: Id; placement_id: Id; hold_reason: string };
  "escrow_hold.released": { hold_id: Id; placement_id: Id; hold_reason: string };
  "escrow_hold.forfeited": { hold_id: Id; placement_id: Id; hold_reason: string };
  "payout_schedule.created": { schedule_id: Id; placement_id: Id };
  "payout_schedule.released": { schedule_id: Id; placement_id: Id };
  "payout_schedule.processed": { schedule_id: Id; placement_id: Id };
  "payout_schedule.cancelled": { schedule_id: Id; placement_id: Id };

  "payout.processed": PayoutFacts & { net_cents: number };
  "payout.failed": PayoutFacts & { retry_count: number; final: boolean; reason: string };
  "payout.held": PayoutFacts & { reason: string };
  "payout.unheld": PayoutFacts;
  "payout.cancelled": PayoutFacts & { reason: string };
  "payout.reversed": PayoutFacts & { reversed_cents: number };
  "payout.connect_required": PayoutFacts;

  "dispute.opened": { dispute_id: Id; placement_id: Id; dispute_type: string };
  "dispute.updated": { dispute_id: Id; placement_id: Id; dispute_type: string; old_status: string; new_status: string };
  "clawback.made": { clawback_id: Id; placement_id: Id; refund_cents: number };
  "debt.opened": { debt_id: Id; recruiter_id: Id; amount_cents: number };
  "debt.settled": { debt_id: Id; recruiter_id: Id };

  "contract.created": { contract_id: Id; company_id: Id };
  "contract.updated": { contract_id: Id; company_id: Id; updated_fields: readonly string[] };
  "contract.deleted": { contract_id: Id; company_id: Id };
  "contract.approved": { contract_id: Id; company_id: Id };
  "contract.ended": { contract_id: Id; company_id: Id };
  "contract.expiring": { contract_id: Id; company_id: Id; days: number };
  "contract.shortfall": { contract_id: Id; company_id: Id; placements: number; promised: number };

  "approval.requested": { approval_id: Id; action: string };
  "approval.decided": { approval_id: Id; action: string; status: string };
  "switch.changed": { name: string; enabled: boolean };

  /** Internal: the owners of these subjects' limits forget what is older than their version. */
  "credential.changed": { subjects: readonly { name: string; version: number }[] };
  "api_access.requested": CredentialFacts;
  "api_access.decided": CredentialFacts & { decision: "approved" | "rejected" };
  "api_credential.suspended": CredentialFacts & { cause: "admin" | "leak" };
  "api_credential.unsuspended": CredentialFacts;
  "api_key.orphaned": CredentialFacts & { company_id: Id };
  "api_key.expiring": CredentialFacts & { days: number };
  "audit.gap": { gap_id: Id; credential_id: string; account_id: Id | null; minute: number; counted: number; logged: number };
  /** A refresh token was used twice: somebody may hold a copy. `ended`: what was revoked. */
  "oauth.reuse_detected": { grant_id: Id; user_id: Id; client_id: Id; ended: "family" | "grant" };
  /** An endpoint has failed for so much of the days after which it is disabled. */
  "webhook.failing": WebhookFacts & { percent: number };
  /** Of everybody's deliveries of a day, so many arrived and so many did not: fewer than nine in ten. */
  "webhooks.success_rate_low": { succeeded: number; dead: number };
  /** A queue gave a message up, or an entrance refused too many: a row waits for somebody to look at it. */
  "pipeline.failed": { pipeline_failure_id: Id; queue: string };
  "webhook.disabled": WebhookFacts & { disabled_reason: string };
  "account.overage_reached": { account_id: Id; month: string; percent: number };
  "fee_terms.changed": { fee_terms_id: Id; effective_from: Instant };
  "splits_rates.changed": { splits_rates_id: Id; tier: string; effective_from: Instant };
  "reconciliation.break_opened": { break_id: Id; kind: string; severity: string };
  "reconciliation.break_closed": { break_id: Id; kind: string; severity: string };
  "tax_profile.completed": { recruiter_id: Id };
  "tax_forms.handed_out": { year: number; form: string; payees: number };
  "recruiter.connect_changed": { recruiter_id: Id; onboarded: boolean };
  "recruiter.bank_payout_failed": { recruiter_id: Id };

  "subscription.created": { subscription_id: Id; user_id: Id; tier: string; status: string };
  "subscription.updated": { subscription_id: Id; user_id: Id; tier: string; status: string };
  "subscription.past_due": { subscription_id: Id; user_id: Id; tier: string; status: string };
  "subscription.canceled": { subscription_id: Id; user_id: Id; tier: string; status: string };

  "team.created": { team_id: Id };
  "team.member_invited": { team_id: Id; recruiter_id: Id };
  "team.member_joined": { team_id: Id; recruiter_id: Id };
  "team.member_removed": { team_id: Id; recruiter_id: Id };
  "team.split_config_changed": { team_id: Id };
  "team.ownership_transferred": { team_id: Id; recruiter_id: Id };
  "team.activated": { team_id: Id };
  "team.suspended": { team_id: Id };
  "team.invitation_sent": { invitation_id: Id; team_id: Id };

  "fraud_signal.created": { signal_id: Id; type: string; severity: string };

  /** Internal: a verified provider event waits in `ops.provider_events`. */
  "clerk.event_received": { provider_event_id: Id };
  /** Internal: a transaction may be claimed and sent. */
  "payout.due": { transaction_id: Id };
  /** Internal: an operation waits to be worked on. */
  "stripe.work": { operation_id: Id };
}

export type EventType = keyof EventPayloads;

/** One thing that happened, as a verb announces it. `commit` gives it its id, instant and actor. */
export type DomainEvent = {
  [T in EventType]: { type: T; subject: { type: string; id: string }; payload: EventPayloads[T] };
}[EventType];

/** Names one event; the compiler holds the payload against the catalogue. */
export const event = <T extends EventType>(type: T, subject: { type: string; id: string }, payload: EventPayloads[T]): DomainEvent =>
  ({ type, subject, payload }) as DomainEvent;
