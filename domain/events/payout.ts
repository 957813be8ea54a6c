import type { Cents } from "../money.ts";
import { shownHoldReason } from "../payouts/hold-reasons.ts";
import type { PayoutAnnouncement } from "../payouts/transaction.ts";
import { event, type DomainEvent } from "./catalogue.ts";

interface Payout {
  id: string;
  placementId: string;
  recruiterId: string;
  dealRole: string;
  amount: Cents;
}

const subject = ({ id }: { id: string }) => ({ type: "payout_transaction", id });

/** What a change of a payout is announced as. Of an internal hold the payee learns no more than that there is one. */
export function payoutAnnounced(payout: Payout, announced: PayoutAnnouncement): DomainEvent {
  const about = subject(payout);
  const facts = {
    transaction_id: payout.id,
    placement_id: payout.placementId,
    recruiter_id: payout.recruiterId,
    role: payout.dealRole,
    amount_cents: payout.amount,
  };
  switch (announced.type) {
    case "payout.processed":
      return event("payout.processed", about, { ...facts, net_cents: announced.net });
    case "payout.failed":
      return event("payout.failed", about, {
        ...facts,
        retry_count: announced.retryCount,
        final: announced.final,
        reason: announced.reason,
      });
    case "payout.held":
      return event("payout.held", about, { ...facts, reason: shownHoldReason(announced.reasons, "payee") ?? "under_review" });
    case "payout.cancelled":
      return event("payout.cancelled", about, { ...facts, reason: announced.reason });
    case "payout.reversed":
      return event("payout.reversed", about, { ...facts, reversed_cents: announced.amount });
    case "payout.unheld":
      return event("payout.unheld", about, facts);
    case "payout.connect_required":
      return event("payout.connect_required", about, facts);
  }
}

/** Internal: a transaction may be claimed. */
export const payoutDue = (transactionId: string): DomainEvent =>
  event("payout.due", subject({ id: transactionId }), { transaction_id: transactionId });

/** A recruiter owes what was asked back after it was paid. */
export const debtOpened = (debt: { id: string; recruiterId: string; amountCents: Cents }): DomainEvent =>
  event("debt.opened", { type: "debt", id: debt.id }, { debt_id: debt.id, recruiter_id: debt.recruiterId, amount_cents: debt.amountCents });

/** Nothing of a debt is open any more. */
export const debtSettled = (debt: { id: string; recruiterId: string }): DomainEvent =>
  event("debt.settled", { type: "debt", id: debt.id }, { debt_id: debt.id, recruiter_id: debt.recruiterId });

/** Money of a placement was asked back. */
export const clawbackMade = (clawback: { id: string; placementId: string; refundCents: Cents }): DomainEvent =>
  event(
    "clawback.made",
    { type: "clawback", id: clawback.id },
    { clawback_id: clawback.id, placement_id: clawback.placementId, refund_cents: clawback.refundCents },
  );
