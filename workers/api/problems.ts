import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type ErrorCode, Refusal } from "#domain/refusals.ts";
import type { Reply } from "#services/context.ts";
import { databaseRefusal } from "#services/commit.ts";

/** Every code's answer. The compiler asks for all of them. */
export const PROBLEMS = {
  malformed_json: { status: 400, title: "The body is not JSON" },
  invalid_parameter: { status: 400, title: "A parameter cannot be read" },
  invalid_cursor: { status: 400, title: "The cursor cannot be used" },
  idempotency_key_invalid: { status: 400, title: "The Idempotency-Key cannot be used" },
  missing_credential: { status: 401, title: "A credential is needed" },
  malformed_credential: { status: 401, title: "The credential cannot be read" },
  invalid_token: { status: 401, title: "The token is not valid" },
  expired_token: { status: 401, title: "The token has expired" },
  revoked_credential: { status: 401, title: "The credential was revoked" },
  forbidden: { status: 403, title: "Not allowed" },
  cross_site_request: { status: 403, title: "Sent from another site" },
  proof_required: { status: 403, title: "A fresh proof is needed" },
  insufficient_scope: { status: 403, title: "A scope is missing" },
  credential_pending_approval: { status: 403, title: "The credential waits for approval" },
  credential_suspended: { status: 403, title: "The credential is suspended" },
  ip_not_allowed: { status: 403, title: "Not from this address" },
  origin_not_allowed: { status: 403, title: "Not from this page" },
  role_type_not_permitted: { status: 403, title: "Not for this kind of account" },
  plan_required: { status: 403, title: "Another plan is needed" },
  resource_limit_reached: { status: 403, title: "The account has as many as its plan allows" },
  recruiter_not_active: { status: 403, title: "The recruiter is not active" },
  consent_required: { status: 403, title: "The candidate's consent is needed" },
  not_found: { status: 404, title: "Not found" },
  method_not_allowed: { status: 405, title: "This path has no such method" },
  not_acceptable: { status: 406, title: "There is no such representation" },
  conflict: { status: 409, title: "This conflicts with the current state" },
  invalid_transition: { status: 409, title: "Transition not allowed" },
  duplicate_active_deal: { status: 409, title: "A deal of this candidate and job is already live" },
  already_hired: { status: 409, title: "Already hired" },
  candidate_exists: { status: 409, title: "This candidate exists already" },
  active_relationship_exists: { status: 409, title: "The candidate already has a recruiter" },
  idempotency_in_progress: { status: 409, title: "The first request with this key is still running" },
  secret_rotation_in_progress: { status: 409, title: "The secret before still signs" },
  gone: { status: 410, title: "No longer there" },
  version_sunset: { status: 410, title: "This version has ended" },
  precondition_failed: { status: 412, title: "Changed in the meantime" },
  body_too_large: { status: 413, title: "The body is too large" },
  unsupported_media_type: { status: 415, title: "The content type is not understood" },
  validation_failed: { status: 422, title: "The request breaks a rule" },
  idempotency_key_reused: { status: 422, title: "The Idempotency-Key was used with another request" },
  blocked_destination: { status: 422, title: "Nothing is sent there" },
  rate_limited: { status: 429, title: "Too many requests" },
  spend_cap_reached: { status: 429, title: "The month's spend cap is reached" },
  daily_role_quota: { status: 429, title: "Enough roles for one day" },
  auth_throttled: { status: 429, title: "Too many bad credentials" },
  action_throttled: { status: 429, title: "Too often in a minute" },
  login_throttled: { status: 429, title: "Too many sign-ins" },
  internal: { status: 500, title: "Something went wrong here" },
  limiter_unavailable: { status: 503, title: "The limiter cannot be reached" },
  maintenance: { status: 503, title: "Work is being done here" },
  service_unavailable: { status: 503, title: "Not available for the moment" },
} as const satisfies Record<ErrorCode, { status: ContentfulStatusCode; title: string }>;

/** A problem document as it goes out. @see RFC 9457 */
export function problem(refusal: Refusal, instance: string, requestId: string): Reply {
  const { status, title } = PROBLEMS[refusal.code];
  return {
    status,
    headers: {
      "Content-Type": "application/problem+json",
      ...(status === 401 ? { "WWW-Authenticate": `Bearer error="${refusal.code}"` } : {}),
      ...(status === 503 || refusal.code === "idempotency_in_progress" ? { "Retry-After": "1" } : {}),
      ...(typeof refusal.members["retry_after"] === "number" ? { "Retry-After": String(refusal.members["retry_after"]) } : {}),
    },
    body: JSON.stringify({
      type: `https://api.splits.network/problems/${refusal.code}`,
      title,
      status,
      detail: refusal.message,
      instance,
      code: refusal.code,
      request_id: requestId,
      docs: `https://api.splits.network/docs/problems/${refusal.code}`,
      ...refusal.members,
    }),
  };
}

/** SQLSTATE classes and codes that mean the database is away, not that we are wrong. */
const AWAY = /^(08|57P|53)/;

/** The refusal behind whatever was thrown: its own, an absent database, or a bug without details. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const raised = databaseRefusal(error);
  if (raised ? AWAY.test(raised.code) : isUnreachable(error)) {
    return new Refusal("service_unavailable", "The database cannot be reached. Try again shortly.");
  }
  return new Refusal("internal", "This is our fault. Tell us the request id and we can look it up.");
}

function isUnreachable(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.name === "TimeoutError" || cause.name === "AbortError") return true;
    if (cause.name === "NeonDbError" && /connecting to database|Server error|fetch failed/i.test(cause.message)) return true;
  }
  return false;
}

/** Whether a refusal tells who asks that they may not, or that there is nothing for them. That there is no room is neither. */
export const isOfAccess = ({ code }: Refusal): boolean =>
  code !== "resource_limit_reached" && [401, 403, 404].includes(PROBLEMS[code].status);

/** Final refusals of a verb are stored under the request's key; what may pass is not (DESIGN R-1). */
export function isFinal(refusal: Refusal): boolean {
  const { status } = PROBLEMS[refusal.code];
  return [404, 409, 410, 422].includes(status) && !["conflict", "idempotency_in_progress", "idempotency_key_reused"].includes(refusal.code);
}
