import { conflict, invalidTransition } from "../refusals.ts";

/** What people dispute. A `chargeback` comes from the payer's bank. */
export type DisputeType = "fee_amount" | "fee_split" | "placement_validity" | "service_quality" | "other" | "chargeback";

export type DisputeStatus = "open" | "under_review" | "resolved" | "dismissed";

/** A row of `billing.disputes`. */
export interface Dispute {
  id: string;
  placementId: string;
  raisedBy: string | null;
  disputeType: DisputeType;
  status: DisputeStatus;
  resolution: string | null;
  resolvedAt: Date | null;
}

/** Every change of status there is (DOMAIN §3.7). */
const STEPS: Readonly<Record<DisputeStatus, readonly DisputeStatus[]>> = {
  open: ["under_review", "resolved", "dismissed"],
  under_review: ["resolved", "dismissed"],
  resolved: [],
  dismissed: [],
};

/** Whether a dispute keeps the money of its placement where it is. */
export const isOpen = ({ status: disputeStatus }: Pick<Dispute, "status">): boolean => STEPS[disputeStatus].length > 0;

/** Refuses (409 `dispute_open`) a second open dispute of the same person about the same placement. */
export function requireFirst(userId: string, ofPlacement: readonly Dispute[]): void {
  if (ofPlacement.some((dispute) => dispute.raisedBy === userId && isOpen(dispute))) {
    throw conflict("You have an open dispute about this placement already.", { reason: "dispute_open" });
  }
}

/** Takes a dispute up for review. */
export const review = <D extends Dispute>(dispute: D): D => moved(byPeople(dispute), "under_review");

/** Ends a dispute with a resolution: it was right, and what follows from it is said. */
export const resolve = <D extends Dispute>(dispute: D, resolution: string, now: Date): D => ({
  ...moved(byPeople(dispute), "resolved"),
  resolution,
  resolvedAt: now,
});

/** Ends a dispute as unfounded. */
export const dismiss = <D extends Dispute>(dispute: D, resolution: string, now: Date): D => ({
  ...moved(byPeople(dispute), "dismissed"),
  resolution,
  resolvedAt: now,
});

/** The bank decides on a chargeback, nobody here. */
function byPeople<D extends Dispute>(dispute: D): D {
  if (dispute.disputeType === "chargeback") {
    throw conflict("The bank decides on a chargeback; it ends by itself.", { reason: "decided_by_bank" });
  }
  return dispute;
}

/** What the payer's bank said of a chargeback. */
export type BankDecision = "won" | "lost" | null;

/**
 * Takes over what the bank said. A chargeback that was won is dismissed, and one that was lost stays
 * under review until its money is clawed back: nothing is paid meanwhile. What is over stays over.
 */
export function afterBank<D extends Dispute>(dispute: D, decision: BankDecision, now: Date): D {
  if (!isOpen(dispute) || decision === null) return dispute;
  if (decision === "won") return { ...dispute, status: "dismissed", resolution: "won", resolvedAt: now };
  return { ...dispute, status: "under_review", resolution: "lost" };
}

/** Closes a lost chargeback whose money has been clawed back. */
export const settleLost = <D extends Dispute>(dispute: D, now: Date): D => ({ ...moved(dispute, "resolved"), resolvedAt: now });

function moved<D extends Dispute>(dispute: D, to: DisputeStatus): D {
  const allowed = STEPS[dispute.status];
  if (!allowed.includes(to)) throw invalidTransition("dispute", dispute.status, to, allowed);
  return { ...dispute, status: to };
}
