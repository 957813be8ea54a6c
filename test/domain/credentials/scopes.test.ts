import { describe, expect, it } from "vitest";
import { onPlan, requireOverage } from "#domain/credentials/plan.ts";
import { parseScopes, requireHoldable, type RoleType, type Scope, SCOPES } from "#domain/credentials/scopes.ts";

/** PLATFORM §6: who may hold what below enterprise. */
const MAY: Record<RoleType, Scope[]> = {
  recruiter: ["read:roles", "read:candidates", "read:placements", "read:payouts", "write:submissions", "write:updates", "manage:webhooks"],
  company: ["read:roles", "read:candidates", "read:placements", "write:updates", "write:roles", "manage:webhooks"],
  admin: [...SCOPES],
};
const CASES = (Object.keys(MAY) as RoleType[]).flatMap((roleType) => SCOPES.map((scope) => [roleType, scope] as const));

describe("a scope", () => {
  it.each(CASES)("for a %s: %s", (roleType, scope) => {
    const ask = (plan: "premium" | "enterprise") => () => requireHoldable([scope], roleType, plan);
    if (MAY[roleType].includes(scope)) expect(ask("premium")()).toEqual([scope]);
    else if (scope === "read:audit") {
      expect(ask("premium")).toThrow(expect.objectContaining({ code: "plan_required" }));
      expect(ask("enterprise")()).toEqual([scope]);
    } else {
      for (const plan of ["premium", "enterprise"] as const) {
        expect(ask(plan)).toThrow(expect.objectContaining({ code: "validation_failed", message: expect.stringContaining(scope) }));
      }
    }
  });

  it("is kept once, in our order", () => {
    expect(requireHoldable(["write:updates", "read:roles", "write:updates"], "company", "standard")).toEqual([
      "read:roles",
      "write:updates",
    ]);
    expect(parseScopes(" write:updates  read:roles read:roles")).toEqual(["read:roles", "write:updates"]);
    expect(parseScopes("read:roles write:everything")).toBeNull();
    expect(parseScopes("")).toEqual([]);
  });
});

describe("an account's plan", () => {
  const standard = { code: "standard", overage: "deny", requestsPerHour: 100 } as const;
  const premium = { code: "premium", overage: "meter", requestsPerHour: 1_000 } as const;
  const enterprise = { code: "enterprise", overage: "meter", requestsPerHour: 10_000 } as const;
  const choice = { plan: "premium", customLimit: null, overageEnabled: true, spendCapCents: 500 } as const;

  it("sells paid units or does not", () => {
    expect(() => requireOverage(choice, premium)).not.toThrow();
    expect(() => requireOverage({ ...choice, overageEnabled: false }, standard)).not.toThrow();
    expect(() => requireOverage(choice, standard)).toThrow(expect.objectContaining({ code: "plan_required" }));
  });

  it("turns their switch off where it sells none, and keeps it elsewhere", () => {
    expect(onPlan(choice, standard, null)).toEqual({ ...choice, plan: "standard", overageEnabled: false });
    expect(onPlan(choice, enterprise, 25_000)).toEqual({ ...choice, plan: "enterprise", customLimit: 25_000 });
  });

  it("has a limit of its own for enterprise alone", () => {
    expect(() => onPlan(choice, premium, 2_000)).toThrow(expect.objectContaining({ code: "validation_failed" }));
  });
});
