import { event, type DomainEvent } from "./catalogue.ts";

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
