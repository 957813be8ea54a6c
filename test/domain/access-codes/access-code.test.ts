import fc from "fast-check";
import { expect, it } from "vitest";
import { isOpen, newAccessCode, typedCode } from "#domain/access-codes/access-code.ts";

const NOW = new Date("2026-11-21T12:00:00Z");
const LATER = new Date("2026-11-21T12:00:01Z");
const OPEN = { expiresAt: LATER, revokedAt: null, uses: 3, maxUses: null };

it("makes codes of letters that are not taken for one another, and knows them however they are typed", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 12, maxLength: 12 }), (random) => {
      const code = newAccessCode(random);
      expect(code).toMatch(/^(?:[2-9A-HJ-NP-Z]{4}-){2}[2-9A-HJ-NP-Z]{4}$/);
      expect(typedCode(` ${code.toLowerCase().replaceAll("-", " ")}\n`)).toBe(typedCode(code));
    }),
  );
});

it.each([
  ["while it holds", {}, true],
  ["no longer once it is over", { expiresAt: NOW }, false],
  ["not once it was ended", { revokedAt: NOW }, false],
  ["at its last use", { maxUses: 4 }, true],
  ["not after its last use", { maxUses: 3 }, false],
])("opens %s", (_, change, open) => {
  expect(isOpen({ ...OPEN, ...change }, NOW)).toBe(open);
});
