import type { AuditEvent, LoggedRequest, SignIn } from "./entries.ts";

/**
 * Our logs in the words of the Open Cybersecurity Schema Framework, 1.3: API Activity (6003) and, for
 * who signs in, Authentication (3002).
 *
 * @see https://schema.ocsf.io/1.3.0/classes/api_activity
 */
const METADATA = { version: "1.3.0", product: { name: "Splits Network API", vendor_name: "Splits Network" } } as const;

const API_ACTIVITY = { uid: 6003, name: "API Activity", category_uid: 6, category_name: "Application Activity" } as const;
const AUTHENTICATION = { uid: 3002, name: "Authentication", category_uid: 3, category_name: "Identity & Access Management" } as const;

const ACTIVITIES = { 0: "Unknown", 1: "Create", 2: "Read", 3: "Update", 4: "Delete", 99: "Other" } as const;
type Activity = keyof typeof ACTIVITIES;

const BY_METHOD: Readonly<Record<string, Activity>> = { POST: 1, GET: 2, HEAD: 2, PUT: 3, PATCH: 3, DELETE: 4 };

/** The last word of an action tells what was done; whatever is none of these changed something. */
const BY_VERB: Readonly<Record<string, Activity>> = {
  created: 1,
  requested: 1,
  issued: 1,
  read: 2,
  exported: 2,
  verified: 2,
  deleted: 4,
  removed: 4,
  revoked: 4,
};

/** Actions by which somebody gets in, or out again. */
const SIGN_INS: Readonly<Record<string, 1 | 2>> = { issued: 1, signed_in: 1, exchanged: 1, signed_out: 2 };
const SIGN_IN_NAMES = { 1: "Logon", 2: "Logoff", 6: "Preauth" } as const;

/** What a row among who got in and out was an attempt at. */
const BY_KIND: Readonly<Record<SignIn["kind"], keyof typeof SIGN_IN_NAMES>> = {
  signed_in: 1,
  sign_in_refused: 1,
  code_wrong: 1,
  signed_out: 2,
  session_ended: 2,
  challenge_sent: 6,
};

type Ocsf = Record<string, unknown>;

const classed = (of: typeof API_ACTIVITY | typeof AUTHENTICATION, activity: number, activityName: string): Ocsf => ({
  activity_id: activity,
  activity_name: activityName,
  category_uid: of.category_uid,
  category_name: of.category_name,
  class_uid: of.uid,
  class_name: of.name,
  type_uid: of.uid * 100 + activity,
});

/** Whose doing it was, as OCSF names a user and a session's credential. */
const actorOf = (userId: string | null, credentialId: string | null): Ocsf => ({
  user: { uid: userId ?? "anonymous", type_id: userId ? 1 : 0 },
  ...(credentialId ? { session: { credential_uid: credentialId } } : {}),
});

/** A request of the partner API as API Activity. */
export function requestAsOcsf(row: LoggedRequest): Ocsf {
  const activity = BY_METHOD[row.method] ?? 99;
  const failed = row.status >= 400;
  return {
    ...classed(API_ACTIVITY, activity, ACTIVITIES[activity]),
    time: row.at.getTime(),
    severity_id: 1,
    severity: "Informational",
    status_id: failed ? 2 : 1,
    status: failed ? "Failure" : "Success",
    status_code: row.errorCode ?? String(row.status),
    duration: row.latencyMs,
    count: row.repeatCount,
    metadata: { ...METADATA, uid: row.id, log_name: "request_log" },
    actor: actorOf(row.userId, row.credentialId),
    api: { operation: `${row.method} ${row.route}`, request: { uid: row.requestId }, response: { code: row.status } },
    http_request: { http_method: row.method, url: { path: row.path }, ...(row.userAgent ? { user_agent: row.userAgent } : {}) },
    src_endpoint: { ip: row.ip ?? "0.0.0.0", ...(row.country ? { location: { country: row.country } } : {}) },
    unmapped: {
      account_id: row.accountId,
      client_id: row.clientId,
      credential_kind: row.credentialKind,
      seq: row.seq,
      overage: row.overage,
      bytes_out: row.bytesOut,
    },
  };
}

/** An audit event as API Activity; as Authentication where somebody signed in or out. */
export function auditEventAsOcsf(event: AuditEvent): Ocsf {
  const verb = event.action.split(".").at(-1) ?? "";
  const signIn = SIGN_INS[verb];
  const activity = BY_VERB[verb] ?? 3;
  const credentialId = event.actor.credential_id ?? null;
  return {
    ...(signIn ? classed(AUTHENTICATION, signIn, SIGN_IN_NAMES[signIn]) : classed(API_ACTIVITY, activity, ACTIVITIES[activity])),
    time: event.at.getTime(),
    severity_id: 1,
    severity: "Informational",
    status_id: 1,
    status: "Success",
    metadata: { ...METADATA, uid: event.id, log_name: "audit_events", ...(event.seq === null ? {} : { sequence: event.seq }) },
    actor: actorOf(event.actor.user_id, credentialId),
    ...(signIn ? { user: { uid: event.actor.user_id ?? "anonymous" } } : {}),
    api: { operation: event.action, request: { uid: event.requestId } },
    src_endpoint: { name: event.actor.kind },
    resources: [{ type: event.subjectType, uid: event.subjectId }],
    unmapped: { account_id: event.accountId, changes: event.changes, reason: event.reason, chain_hash: event.chainHash },
  };
}

/** Somebody who got in or out, or did not, as Authentication. */
export function signInAsOcsf(row: SignIn): Ocsf {
  const activity = BY_KIND[row.kind];
  const failed = row.outcome === "failure";
  const uid = row.userId ?? row.candidateId ?? "anonymous";
  return {
    ...classed(AUTHENTICATION, activity, SIGN_IN_NAMES[activity]),
    time: row.at.getTime(),
    severity_id: 1,
    severity: "Informational",
    status_id: failed ? 2 : 1,
    status: failed ? "Failure" : "Success",
    ...(row.reason ? { status_detail: row.reason } : {}),
    metadata: { ...METADATA, uid: row.id, log_name: "auth_events" },
    actor: actorOf(row.userId ?? row.candidateId, null),
    user: { uid },
    ...(row.sessionId ? { session: { uid: row.sessionId } } : {}),
    api: { operation: row.kind, request: { uid: row.requestId } },
    src_endpoint: { ip: row.ip ?? "0.0.0.0", ...(row.country ? { location: { country: row.country } } : {}) },
    ...(row.userAgentSummary ? { http_request: { user_agent: row.userAgentSummary } } : {}),
    unmapped: { method: row.method, organization_id: row.organizationId },
  };
}
