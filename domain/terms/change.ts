import { DEAL_ROLES } from "../commission/deal-roles.ts";
import type { RoleRates } from "../commission/rates.ts";
import type { BasisPoints } from "../money.ts";
import { conflict, invalidField } from "../refusals.ts";

/** A change by more than this part of what was, in per cent, takes an executive. */
const ORDINARY_CHANGE_PERCENT = 5;

/** Whether any of the numbers changes by more than 5 % of itself, up or down. */
export const changesALot = (before: readonly BasisPoints[], after: readonly BasisPoints[]): boolean =>
  after.some((rate, index) => {
    const was = before[index] ?? 0;
    return Math.abs(rate - was) * 100 > was * ORDINARY_CHANGE_PERCENT;
  });

/** Refuses (409 `executive_approval_required`) a large change that no executive wants. */
export function requireExecutive(isLarge: boolean, isExecutive: boolean): void {
  if (isLarge && !isExecutive) {
    throw conflict("A change by more than 5 % takes an executive: the approval's reason begins with `executive:`.", {
      reason: "executive_approval_required",
    });
  }
}

/** Refuses an instant that is not to come, or not behind the one from which the version it follows is in force (422). */
export function requireLater(effectiveFrom: Date, current: { effectiveFrom: Date }, now: Date): void {
  const refuse = (message: string) => invalidField("effective_from", "out_of_range", message);
  if (effectiveFrom <= now) throw refuse("A new version begins in the future.");
  if (effectiveFrom <= current.effectiveFrom) throw refuse("A new version begins after the one it follows.");
}

/** Urgent and niche together: up to here the cent correction never takes more than two cents (MONEY §4). */
const MAX_UPLIFT_BP = 5_000;

/** Refuses uplifts (422) that together are more than half of the base fee. */
export function requireModestUplift({ urgentBp, nicheBp }: { urgentBp: BasisPoints; nicheBp: BasisPoints }): void {
  if (urgentBp + nicheBp > MAX_UPLIFT_BP)
    throw invalidField(
      "niche_percentage",
      "out_of_range",
      "urgent_percentage and niche_percentage add up to more than 50. Lower one of them.",
    );
}

/** All of the charged fee. */
const WHOLE_BP = 10_000;

/**
 * Refuses rates (422) with which some mix of tiers would earn more than the whole fee: the sum over
 * the five roles of the highest rate of any tier.
 */
export function requireWithinWhole(tiers: readonly RoleRates[]): void {
  const highest = DEAL_ROLES.map((name) => Math.max(...tiers.map((rates) => rates[name])));
  const total = highest.reduce((sum, rate) => sum + rate, 0);
  if (total > WHOLE_BP) throw invalidField("rates", "out_of_range", "The highest rates of the five roles add up to more than 100 %.");
}
