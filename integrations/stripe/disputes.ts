import type { Stripe } from "stripe";
import { cents } from "#domain/money.ts";
import type { Chargebacks, SeenChargeback } from "#services/ports.ts";
import type { StripeSource } from "./client.ts";

/** Chargebacks as Stripe tells of them. It calls them disputes. */
export const stripeChargebacks = (stripe: StripeSource): Chargebacks => ({
  async chargeback(id) {
    const { disputes } = await stripe();
    const dispute = await disputes.retrieve(id);
    return {
      id: dispute.id,
      chargeId: idOf(dispute.charge),
      paymentIntentId: dispute.payment_intent === null ? null : idOf(dispute.payment_intent),
      amount: cents(dispute.amount),
      reason: dispute.reason,
      decision: decisionOf(dispute.status),
      movements: dispute.balance_transactions.map(({ id, amount, fee }) => ({
        balanceTransactionId: id,
        amount: cents(amount),
        fee: cents(fee),
      })),
    };
  },
});

const idOf = (object: string | { id: string }): string => (typeof object === "string" ? object : object.id);

/** An inquiry that was closed never took any money. */
function decisionOf(disputeStatus: Stripe.Dispute.Status): SeenChargeback["decision"] {
  switch (disputeStatus) {
    case "won":
    case "warning_closed":
    case "prevented":
      return "won";
    case "lost":
      return "lost";
    default:
      return null;
  }
}
