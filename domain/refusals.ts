/** Every code a caller can meet. A dialect maps each to a status and a title; the compiler asks for all. */
export const ERROR_CODES = [
  "malformed_json",
  "invalid_parameter",
  "invalid_cursor",
  "idempotency_key_invalid",
  "missing_credential",
  "malformed_credential",
  "invalid_token",
  "expired_token",
  "revoked_credential",
  "forbidden",
  "cross_site_request",
  "proof_required",
  "insufficient_scope",
  "credential_pending_approval",
  "credential_suspended",
  "ip_not_allowed",
  "origin_not_allowed",
  "role_type_not_permitted",
  "plan_required",
  "resource_limit_reached",
  "recruiter_not_active",
  "consent_required",
  "not_found",
  "method_not_allowed",
  "not_acceptable",
  "conflict",
  "invalid_transition",
  "duplicate_active_deal",
  "already_hired",
  "candidate_exists",
  "active_relationship_exists",
  "idempotency_in_progress",
  "secret_rotation_in_progress",
  "gone",
  "version_sunset",
  "precondition_failed",
  "body_too_large",
  "unsupported_media_type",
  "validation_failed",
  "idempotency_key_reused",
  "blocked_destination",
  "rate_limited",
  "spend_cap_reached",
  "daily_role_quota",
  "auth_throttled",
  "action_throttled",
  "login_throttled",
  "internal",
  "service_unavailable",
  "limiter_unavailable",
  "maintenance",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** One broken rule of the request. `pointer` is a JSON Pointer into the body, or `query:name`, `path:name`, `header:name`. */
export interface FieldError {
  pointer: string;
  code: string;
  message: string;
}

/** What a refusal may tell beside its code: the extension members of RFC 9457 §3.2. */
export interface RefusalMembers {
  errors?: readonly FieldError[];
  from?: string;
  to?: string;
  allowed?: readonly string[];
  reason?: string;
  candidate_id?: string;
  [member: string]: unknown;
}

/** Something the caller can understand and act on. Everything else that is thrown is a bug. */
export class Refusal extends Error {
  readonly code: ErrorCode;
  readonly members: RefusalMembers;

  constructor(code: ErrorCode, detail: string, members: RefusalMembers = {}) {
    super(detail);
    this.name = "Refusal";
    this.code = code;
    this.members = members;
  }
}

export const notFound = (noun: string, id?: string): Refusal =>
  new Refusal("not_found", id ? `There is no ${noun} ${id} that you may see.` : `There is no ${noun} that you may see.`);

export const forbidden = (detail: string): Refusal => new Refusal("forbidden", detail);

export const conflict = (detail: string, members: RefusalMembers = {}): Refusal => new Refusal("conflict", detail, members);

/** The state machine has no such step. `allowed` lists the targets a user may request from here. */
export const invalidTransition = (noun: string, from: string, to: string, allowed: readonly string[]): Refusal =>
  new Refusal("invalid_transition", `${/^[aeio]/.test(noun) ? "An" : "A"} ${noun} in ${from} cannot become ${to}.`, { from, to, allowed });

/** A body that can be read but breaks a rule (DOMAIN D-109). */
export const invalid = (...errors: readonly FieldError[]): Refusal =>
  new Refusal("validation_failed", errors.map((error) => error.message).join(" "), { errors });

/** Whoever changes what is another's by being a platform admin alone owes a reason (DOMAIN §1.1). */
export const overrideReasonOwed = (pointer: "/reason" | "query:reason"): Refusal =>
  invalid({ pointer, code: "required", message: "is required of a platform admin who changes what is another's" });

/** One broken rule of the body, by its field. */
export const invalidField = (field: string, code: string, message: string): Refusal => invalid({ pointer: `/${field}`, code, message });
