import { invalidField, Refusal } from "../refusals.ts";

export type Plan = "standard" | "premium" | "enterprise";

/** What a plan gives, as far as an account's choices depend on it. */
export interface PlanTerms {
  code: Plan;
  overage: "deny" | "meter";
  requestsPerHour: number;
}

/** What an account chose, and what was agreed with it. */
export interface PlanChoice {
  plan: Plan;
  /** Requests an hour, in place of the plan's. */
  customLimit: number | null;
  overageEnabled: boolean;
  spendCapCents: number;
}

/** Refuses (`plan_required`) to switch paid units on where the plan sells none. */
export function requireOverage(choice: PlanChoice, terms: PlanTerms): void {
  if (choice.overageEnabled && terms.overage === "deny")
    throw new Refusal("plan_required", "Requests beyond the limit come with the premium plan.", { plan: "premium" });
}

/**
 * An account on another plan. Where the new one sells no paid units their switch goes off, so that a later
 * upgrade does not turn them on unasked. Refuses (422) a limit of its own below enterprise.
 */
export function onPlan<Choice extends PlanChoice>(choice: Choice, terms: PlanTerms, customLimit: number | null): Choice {
  if (customLimit !== null && terms.code !== "enterprise")
    throw invalidField("custom_limit", "plan_required", "is for enterprise accounts alone");
  return { ...choice, plan: terms.code, customLimit, overageEnabled: choice.overageEnabled && terms.overage === "meter" };
}
