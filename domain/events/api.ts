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
