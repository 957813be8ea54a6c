/** One request of the partner API, as its log keeps it. */
export interface LoggedRequest {
  id: string;
  at: Date;
  accountId: string | null;
  userId: string | null;
  /** The key or grant; for a session the person. */
  credentialId: string | null;
  credentialKind: "key" | "grant" | "user" | null;
  clientId: string | null;
  method: string;
  /** The path with names for ids. */
  route: string;
  path: string;
  status: number;
  latencyMs: number;
  ip: string | null;
  userAgent: string | null;
  country: string | null;
  requestId: string;
  scopesUsed: readonly string[];
  rateRemaining: number | null;
  overage: boolean;
  errorCode: string | null;
  bytesOut: number;
  /** How many refusals of one minute the row stands for. */
  repeatCount: number;
  /** The number of the limiter's verdict; null where there was none. */
  seq: number | null;
}

/** One change or management action, as the audit keeps it. */
export interface AuditEvent {
  id: string;
  at: Date;
  requestId: string;
  actor: { kind: string; user_id: string | null; credential_id?: string };
  action: string;
  subjectType: string;
  subjectId: string;
  /** Names of changed fields; values only where they are not personal. */
  changes: Readonly<Record<string, unknown>>;
  reason: string | null;
  /** The account in whose chain the event is, its place there, and the chain's hash up to it. */
  accountId: string | null;
  seq: number | null;
  chainHash: string | null;
}

/** Somebody got in or out, or did not. */
export interface SignIn {
  id: string;
  at: Date;
  kind: "signed_in" | "sign_in_refused" | "signed_out" | "session_ended" | "challenge_sent" | "code_wrong";
  outcome: "success" | "failure";
  /** Why it was refused, or what ended it. */
  reason: string | null;
  userId: string | null;
  candidateId: string | null;
  organizationId: string | null;
  sessionId: string | null;
  method: string | null;
  ip: string | null;
  /** ISO 3166-1 alpha-2. */
  country: string | null;
  /** The browser and its system, in words. */
  userAgentSummary: string | null;
  requestId: string;
}
