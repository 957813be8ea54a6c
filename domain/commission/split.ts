import { minus, plus, portion, roundsUp, sum, ZERO, type BasisPoints, type Cents } from "../money.ts";
import { DEAL_ROLES, type DealRole } from "./deal-roles.ts";
import type { FeeBasis } from "./fee.ts";

/** What is split: the fee without its bulk bonus, which has its own division (`volume.ts`). */
export type SplittableFee = Pick<FeeBasis, "charged_cents" | "uplift_cents" | "bonus_bp">;

/** What one role earns: the three together. */
export interface RoleShare {
  standard: Cents;
  /** The role's part of a premium uplift. */
  bonus: Cents;
  /** Only the candidate recruiter can have one. */
  incentive: Cents;
}

export interface FeeSplit {
  /** One entry per filled role, in the order of `DEAL_ROLES`. */
  shares: ReadonlyMap<DealRole, RoleShare>;
  platform: Cents;
}

/**
 * Splits a placement fee between the filled roles and the platform, which keeps the rest.
 *
 * @param rates - per filled role, the rate of that recruiter's own tier at hire, in basis points
 * @param offer - the liquidity incentive for the candidate recruiter, in cents; it comes out of the
 *   platform's share and ends where that ends
 * @returns cents per role and for the platform; they sum to charged + uplift and none is negative
 */
export function splitFee(fee: SplittableFee, rates: ReadonlyMap<DealRole, BasisPoints>, offer: Cents = ZERO): FeeSplit {
  const total = plus(fee.charged_cents, fee.uplift_cents);
  const shares = new Map(correctCents(total, roundedShares(fee, rates)).map(({ role, share }) => [role, share]));
  const platform = minus(total, sum(shares.values().map(earned)));

  const closer = shares.get("candidate_recruiter");
  if (!closer) return { shares, platform };
  const incentive = offer < platform ? offer : platform;
  shares.set("candidate_recruiter", { ...closer, incentive });
  return { shares, platform: minus(platform, incentive) };
}

/** All a role earns, in cents. */
export const earned = ({ standard, bonus, incentive }: RoleShare): Cents => plus(standard, bonus, incentive);

interface RoundedShare {
  role: DealRole;
  share: RoleShare;
  /** The standard share is more than its exact value. */
  roundedUp: boolean;
}

function roundedShares(fee: SplittableFee, rates: ReadonlyMap<DealRole, BasisPoints>): RoundedShare[] {
  return DEAL_ROLES.flatMap((role) => {
    const rate = rates.get(role);
    if (rate === undefined) return [];
    const standard = portion(fee.charged_cents, rate);
    const share = { standard, bonus: portion(standard, fee.bonus_bp), incentive: ZERO };
    return [{ role, share, roundedUp: roundsUp(fee.charged_cents, rate) }];
  });
}

/**
 * The cent correction. Where rounding up would give away more than the total, the last roles that
 * were rounded up return a cent each: one at the opening rates without an uplift, two at most while
 * uplifts stay below half the fee.
 */
function correctCents(total: Cents, shares: readonly RoundedShare[]): readonly RoundedShare[] {
  const missing = sum(shares.map(({ share }) => earned(share))) - total;
  if (missing <= 0) return shares;

  const giving = new Set(shares.filter(({ roundedUp }) => roundedUp).slice(-missing));
  if (giving.size < missing) throw new RangeError("the rates give away more than the fee");
  return shares.map((rounded) => {
    if (!giving.has(rounded)) return rounded;
    return {
      ...rounded,
      share: { ...rounded.share, standard: minus(rounded.share.standard, ONE_CENT) },
    };
  });
}

const ONE_CENT = 1 as Cents;
