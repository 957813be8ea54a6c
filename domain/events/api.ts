import { event, type DomainEvent, type EventPayloads } from "./catalogue.ts";

/** A credential and the version from which on it is to be read again. `name`: of its object, `key:<r>` or `grant:<r>`. */
export interface ChangedSubject {
  name: string;
  version: number;
}

export const credentialChanged = (accountId: string, subjects: readonly ChangedSubject[]): DomainEvent =>
  event("credential.changed", { type: "account", id: accountId }, { subjects });

/** A minute (since the epoch) of which the limiter counted other than the request log keeps. */
export interface AuditGap {
  id: string;
  credentialId: string;
  accountId: string | null;
  minute: number;
  counted: number;
  logged: number;
}

export const auditGap = ({ id, credentialId, accountId, minute, counted, logged }: AuditGap): DomainEvent =>
  event(
    "audit.gap",
    { type: "audit_gap", id },
    { gap_id: id, credential_id: credentialId, account_id: accountId, minute, counted, logged },
  );

export const overageReached = (accountId: string, month: string, percent: number): DomainEvent =>
  event("account.overage_reached", { type: "account", id: accountId }, { account_id: accountId, month, percent });

/** A key or client as events name it; `user_id`: who made it. */
export type CredentialFacts = EventPayloads["api_access.requested"];

const about = ({ credential_kind: type, credential_id: id }: CredentialFacts) => ({ type, id });

/** An account that had nothing waiting asks for access (DESIGN R-22). */
export const accessRequested = (credential: CredentialFacts): DomainEvent => event("api_access.requested", about(credential), credential);

export const accessDecided = (credential: CredentialFacts, decision: "approved" | "rejected"): DomainEvent =>
  event("api_access.decided", about(credential), { ...credential, decision });

export const credentialSuspended = (credential: CredentialFacts, cause: "admin" | "leak"): DomainEvent =>
  event("api_credential.suspended", about(credential), { ...credential, cause });

export const credentialUnsuspended = (credential: CredentialFacts): DomainEvent =>
  event("api_credential.unsuspended", about(credential), credential);

/** Whoever made the key for a company has left it. */
export const keyOrphaned = (credential: CredentialFacts, companyId: string): DomainEvent =>
  event("api_key.orphaned", about(credential), { ...credential, company_id: companyId });

export const keyExpiring = (credential: CredentialFacts, days: number): DomainEvent =>
  event("api_key.expiring", about(credential), { ...credential, days });

export const reuseDetected = (grant: { id: string; userId: string; clientId: string }, ended: "family" | "grant"): DomainEvent =>
  event(
    "oauth.reuse_detected",
    { type: "oauth_grant", id: grant.id },
    { grant_id: grant.id, user_id: grant.userId, client_id: grant.clientId, ended },
  );
