import { event, type DomainEvent } from "./catalogue.ts";

interface Facts {
  id: string;
  kind: string;
  severity: string;
}

const subject = ({ id }: Facts) => ({ type: "reconciliation_break", id });

export const breakOpened = (found: Facts): DomainEvent =>
  event("reconciliation.break_opened", subject(found), { break_id: found.id, kind: found.kind, severity: found.severity });

/** It healed, or somebody resolved it. */
export const breakClosed = (found: Facts): DomainEvent =>
  event("reconciliation.break_closed", subject(found), { break_id: found.id, kind: found.kind, severity: found.severity });
