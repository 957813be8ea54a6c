import { event, type DomainEvent } from "./catalogue.ts";

/** A credential and the version from which on it is to be read again. `name`: of its object, `key:<r>` or `grant:<r>`. */
export interface ChangedSubject {
  name: string;
  version: number;
}

export const credentialChanged = (accountId: string, subjects: readonly ChangedSubject[]): DomainEvent =>
  event("credential.changed", { type: "account", id: accountId }, { subjects });

export const overageReached = (accountId: string, month: string, percent: number): DomainEvent =>
  event("account.overage_reached", { type: "account", id: accountId }, { account_id: accountId, month, percent });

export const reuseDetected = (grant: { id: string; userId: string; clientId: string }, ended: "family" | "grant"): DomainEvent =>
  event(
    "oauth.reuse_detected",
    { type: "oauth_grant", id: grant.id },
    { grant_id: grant.id, user_id: grant.userId, client_id: grant.clientId, ended },
  );
