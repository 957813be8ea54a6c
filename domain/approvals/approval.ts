import { conflict, forbidden, invalidTransition } from "../refusals.ts";

/** What takes two admins (MONEY §18). The subject is the row that it is about. */
export const APPROVAL_ACTIONS = [
  /** a payout transaction */
  "payout.unhold",
  "payout.cancel",
  "payout.complete",
  "payout.reverse",
  /** a placement */
  "clawback",
  /** the platform alone bears it */
  "refund.above_policy",
  /** a refund */
  "refund.record",
  /** a debt */
  "debt.write_off",
  /** a hold of a placement */
  "escrow_hold.release",
  "contract.approve",
  /** the fee terms, or the rates of a tier, that are to be followed by others */
  "fee_terms.change",
  "splits_rates.change",
  "switch.change",
  /** a critical break */
  "break.resolve",
] as const;

export type ApprovalAction = (typeof APPROVAL_ACTIONS)[number];

type ApprovalStatus = "requested" | "approved" | "rejected" | "used" | "expired";

/** What exactly is asked for: the verb that uses the approval must be asked for the same. */
export type ApprovalRequest = Readonly<Record<string, string | number | boolean | null>>;

/** A row of `billing.approvals`. */
export interface Approval {
  id: string;
  action: string;
  subjectId: string;
  request: Readonly<Record<string, unknown>>;
  reason: string;
  requestedBy: string;
  approvedBy: string | null;
  status: ApprovalStatus;
  expiresAt: Date;
}

/** An approval that is not used by then is worth nothing. */
export const APPROVAL_HOURS = 24;

/** When an approval requested now ends. */
export const approvalEnd = (now: Date): Date => new Date(now.getTime() + APPROVAL_HOURS * 3_600_000);

const isOpen = ({ status: approvalStatus }: Approval): boolean => approvalStatus === "requested" || approvalStatus === "approved";

/** Whether its time is over and nobody has said so yet. */
export const isOverdue = (approval: Approval, now: Date): boolean => isOpen(approval) && now >= approval.expiresAt;

/**
 * Approves what another admin asked for. Refuses the one who asked (`forbidden`), whoever asked for
 * the same before (`forbidden`: they wrote what is approved), and one that is not open any more (409).
 *
 * @param authors - who asked for this action on this subject at any time
 */
export function approve<A extends Approval>(approval: A, userId: string, authors: readonly string[], now: Date): A {
  requireRequested(approval, "approved", now);
  if (approval.requestedBy === userId || authors.includes(userId)) throw forbidden("A second admin approves what you asked for.");
  return { ...approval, status: "approved", approvedBy: userId };
}

/** Turns a request down; whoever asked may take it back so. Refuses one that is not open any more (409). */
export function reject<A extends Approval>(approval: A, now: Date): A {
  if (approval.status === "approved" && now < approval.expiresAt) return { ...approval, status: "rejected", approvedBy: null };
  requireRequested(approval, "rejected", now);
  return { ...approval, status: "rejected" };
}

function requireRequested(approval: Approval, to: ApprovalStatus, now: Date): void {
  if (isOverdue(approval, now)) throw conflict("The approval has expired. Ask for a new one.", { reason: "approval_expired" });
  if (approval.status !== "requested") throw invalidTransition("approval", approval.status, to, []);
}

/**
 * Uses an approval up. Refuses (409) one that is for something else, not approved, used, expired, or
 * that was given for another request.
 */
export function useUp<A extends Approval>(
  approval: A,
  wanted: { action: ApprovalAction; subjectId: string; request: ApprovalRequest },
  now: Date,
): A {
  const refuse = (reason: string, detail: string) => conflict(detail, { reason });
  if (approval.action !== wanted.action || approval.subjectId !== wanted.subjectId)
    throw refuse("approval_of_another", "This approval is for something else.");
  if (isOverdue(approval, now) || approval.status === "expired")
    throw refuse("approval_expired", "The approval has expired. Ask for a new one.");
  if (approval.status === "requested") throw refuse("approval_pending", "A second admin has not approved this yet.");
  if (approval.status !== "approved") throw refuse("approval_not_open", `The approval is ${approval.status}.`);
  if (canonical(approval.request) !== canonical(wanted.request))
    throw refuse("approval_differs", "This is not what was approved. Ask for exactly what the approval says.");
  return { ...approval, status: "used" };
}

/** A request as one text, whatever the order of its members. */
const canonical = (request: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(Object.entries(request).toSorted(([one], [other]) => (one < other ? -1 : Number(one > other))));

/** A change of the fee or of rates by more than 5 % takes a reason that begins so. */
const EXECUTIVE = /^executive:\s*\S/i;

/** Whether the reason is marked as an executive's. */
export const isExecutive = ({ reason }: Pick<Approval, "reason">): boolean => EXECUTIVE.test(reason);
