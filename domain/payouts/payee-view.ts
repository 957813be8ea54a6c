import { toDecimal } from "../money.ts";
import { whyNotPaid, type BlockerFacts, type WhyNotPaid } from "./blockers.ts";
import { shownHoldReason, type HoldReason } from "./hold-reasons.ts";
import type { PayoutStatus } from "./transaction.ts";

/** A transaction as its own payee sees it: no key, no lease, no attempt, no internal reason. */
export interface PayeePayout {
  id: string;
  placementId: string;
  status: PayoutStatus;
  amount: string;
  net: string;
  holdReason: HoldReason | "under_review" | null;
  why: WhyNotPaid;
  eligibleAt: Date | null;
  completedAt: Date | null;
}

/** What of a transaction its payee sees, amounts as decimals. */
export function payeePayout(facts: BlockerFacts, now: Date): PayeePayout {
  const { transaction } = facts;
  return {
    id: transaction.id,
    placementId: transaction.placementId,
    status: transaction.status,
    amount: toDecimal(transaction.amount),
    net: toDecimal(transaction.netAmount),
    holdReason: shownHoldReason(transaction.holdReasons, "payee"),
    why: whyNotPaid(facts, "payee", now),
    eligibleAt: transaction.eligibleAt,
    completedAt: transaction.completedAt,
  };
}
