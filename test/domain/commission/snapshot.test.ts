import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEAL_ROLES } from "#domain/commission/deal-roles.ts";
import type { PremiumType } from "#domain/commission/fee.ts";
import type { HireInputs } from "#domain/commission/hire-inputs.ts";
import { TIERS } from "#domain/commission/rates.ts";
import { recompute, type PlacementSnapshot } from "#domain/commission/snapshot.ts";
import type { RolePlacement } from "#domain/commission/volume.ts";
import { basisPoints, cents, sum, toDecimal, ZERO } from "#domain/money.ts";
import { FLAT, HYBRID, INDIVIDUAL, inputsOf, job, settle, team, TIERED } from "./hires.ts";

/** Members of the team and two who are in none. */
const recruiter = fc.constantFrom("O", "A", "E", "B", "solo", "other");

const hires: fc.Arbitrary<{ inputs: HireInputs; salary: number }> = fc
  .record({
    salary: fc.oneof(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 1_000_000_000 })),
    roles: fc.array(fc.option(recruiter, { freq: 3 }), { minLength: 5, maxLength: 5 }),
    tiers: fc.array(fc.constantFrom(...TIERS), { minLength: 6, maxLength: 6 }),
    rule: fc.constantFrom(HYBRID, TIERED, FLAT, INDIVIDUAL),
    feeBp: fc.nat(10_000),
    premium: fc.subarray<PremiumType>(["urgent", "niche"]),
    closers: fc.array(fc.option(recruiter), { minLength: 4, maxLength: 4 }),
    bulk: fc.nat(1_000),
  })
  .map(({ salary, roles, tiers, rule, feeBp, premium, closers, bulk }) => {
    const held = DEAL_ROLES.flatMap((role, index) => (roles[index] ? [[role, roles[index]] as const] : []));
    const tierOf = Object.fromEntries(["O", "A", "E", "B", "solo", "other"].map((id, index) => [id, tiers[index]!]));
    const role_placements = closers.map((closer, index): RolePlacement => ({
      id: `p${index}`,
      hired_at: `2026-01-0${index + 1}T00:00:00Z`,
      state: "completed",
      candidate_recruiter_id: closer,
      bulk_cents: ZERO,
    }));
    const inputs = inputsOf(Object.fromEntries(held), tierOf, {
      job: job({
        fee_bp: basisPoints(feeBp),
        premium_type: premium,
        hires_committed: 5,
        bulk_bonus_cents: cents(bulk),
      }),
      teams: [team(rule)],
      role_placements,
    });
    return { inputs, salary };
  });

/** A snapshot as it comes back from the database. */
const stored = (snapshot: PlacementSnapshot): PlacementSnapshot => JSON.parse(JSON.stringify(snapshot));

describe("for any hire", () => {
  it("property 8: the snapshot alone gives the rows again", () => {
    const check = fc.property(hires, ({ inputs, salary }) => {
      const { snapshot, splits, allocation } = settle(inputs, toDecimal(salary));
      const again = recompute(stored(snapshot));
      expect(again.allocation).toEqual(allocation);
      expect(splits).toMatchObject(again.shares);
    });
    fc.assert(check, { numRuns: 5_000 });
  });

  it("property 1 and 2: the rows and the platform add up to the fee, one row per payee and role", () => {
    const check = fc.property(hires, ({ inputs, salary }) => {
      const { placement, splits, transactions, allocation } = settle(inputs, toDecimal(salary));
      expect(sum(splits.map(({ splitAmount }) => splitAmount))).toBe(allocation.splitsCents);
      expect(allocation.splitsCents + allocation.platformCents).toBe(placement.placementFee);
      expect(allocation.platformCents).toBeGreaterThanOrEqual(0);
      expect(splits.every(({ splitAmount, bonusAmount }) => 0 <= bonusAmount && bonusAmount <= splitAmount)).toBe(true);
      expect(new Set(splits.map(({ recruiterId, role }) => `${recruiterId} ${role}`)).size).toBe(splits.length);
      expect(transactions.map(({ amount }) => amount)).toEqual(splits.map(({ splitAmount }) => splitAmount));
    });
    fc.assert(check, { numRuns: 5_000 });
  });

  it("property 5: reading the same facts in another order changes nothing", () => {
    const check = fc.property(hires, ({ inputs, salary }) => {
      const reversed: HireInputs = {
        ...inputs,
        recruiters: inputs.recruiters.toReversed(),
        subscriptions: inputs.subscriptions.toReversed(),
        splits_rates: inputs.splits_rates.toReversed(),
        role_placements: inputs.role_placements.toReversed(),
        teams: inputs.teams.map((team) => ({ ...team, members: team.members.toReversed() })),
      };
      expect(settle(reversed, toDecimal(salary)).splits).toEqual(settle(inputs, toDecimal(salary)).splits);
    });
    fc.assert(check, { numRuns: 2_000 });
  });
});

describe("scenario 34: for any fee and any mix of tiers", () => {
  it("splits and platform add up, and none is negative", () => {
    const mix = fc.array(fc.constantFrom(...TIERS, null), { minLength: 5, maxLength: 5 });
    const check = fc.property(fc.integer({ min: 1, max: 9_999_999_999 }), mix, (fee, tiers) => {
      const held = DEAL_ROLES.flatMap((role, index) => (tiers[index] ? [[role, tiers[index]] as const] : []));
      const inputs = inputsOf(Object.fromEntries(held.map(([role]) => [role, role])), Object.fromEntries(held), {
        job: job({ fee_bp: basisPoints(10_000) }),
      });
      const { allocation, splits, snapshot } = settle(inputs, toDecimal(fee));
      expect(allocation.splitsCents + allocation.platformCents).toBe(fee);
      expect(allocation.platformCents).toBeGreaterThanOrEqual(0);
      expect(snapshot.totalPlacementFee).toBe(fee);
      for (const { splitAmount, splitPercentage } of splits) {
        expect(Math.abs(splitAmount * 10_000 - fee * splitPercentage)).toBeLessThan(10_000);
      }
    });
    fc.assert(check, { numRuns: 5_000 });
  });
});
