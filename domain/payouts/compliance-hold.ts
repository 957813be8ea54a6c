import { conflict, invalidTransition } from "../refusals.ts";
import type { Cents } from "../money.ts";

/** What of a hold of a placement its end looks at. */
interface EscrowHold {
  holdReason: "guarantee_period" | "dispute_pending" | "compliance_review";
  status: "active" | "released" | "forfeited" | "cancelled";
}

/** Refuses (409) to hold the money of a placement without a fee, and one that is held for a review already. */
export function requireHoldable(fee: Cents, active: readonly EscrowHold[]): void {
  if (fee === 0) throw conflict("This placement has no fee, so there is nothing to hold.", { reason: "no_fee" });
  if (active.some(({ holdReason }) => holdReason === "compliance_review")) {
    throw conflict("This placement is under review already.", { reason: "held_already" });
  }
}

/**
 * Ends a review by hand: released when it found nothing, cancelled when it should never have been.
 * Refuses a hold of the guarantee (409), which its end or the fall-off ends, and one that is over.
 */
export function endHold<H extends EscrowHold>(hold: H, to: "released" | "cancelled"): H {
  if (hold.holdReason === "guarantee_period") throw conflict("The guarantee's hold ends with the guarantee.", { reason: "guarantee_hold" });
  if (hold.status !== "active") throw invalidTransition("hold", hold.status, to, []);
  return { ...hold, status: to };
}
