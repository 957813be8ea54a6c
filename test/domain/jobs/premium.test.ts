import fc from "fast-check";
import { expect, it } from "vitest";
import { hasPremiumRoom, requirePremiumRoom } from "#domain/jobs/premium.ts";
import { Refusal } from "#domain/refusals.ts";

it.each([
  ["the first of all", { active: 0, premium: 0 }, true],
  ["the tenth of ten", { active: 9, premium: 9 }, true],
  ["the eleventh of eleven", { active: 10, premium: 10 }, false],
  ["the eleventh of 110: a tenth", { active: 109, premium: 10 }, false],
  ["the eleventh of 111", { active: 110, premium: 10 }, true],
])("premium roles, %s", (_, others, room) => {
  expect(hasPremiumRoom(others)).toBe(room);
});

it("stay below a tenth beyond the first ten, whatever there is", () => {
  fc.assert(
    fc.property(fc.nat(5_000), fc.nat(5_000), (active, premium) => {
      const share = (premium + 1) / (active + 1);
      expect(hasPremiumRoom({ active, premium })).toBe(premium < 10 || share < 0.1);
    }),
  );
});

it("may go beyond by a platform admin, which is told", () => {
  const full = { active: 20, premium: 10 };
  expect(() => requirePremiumRoom(full, false)).toThrow(Refusal);
  expect(requirePremiumRoom(full, true)).toEqual({ isOverride: true });
  expect(requirePremiumRoom({ active: 20, premium: 3 }, true)).toEqual({ isOverride: false });
});
