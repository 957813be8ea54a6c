import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contrast, inkOn, toColor } from "#domain/brand/ink.ts";

const hex = (byte: number): string => byte.toString(16).padStart(2, "0");

describe("the ink on a brand's colour", () => {
  it.each([
    ["#000000", "#ffffff", 21],
    ["#ffffff", "#000000", 21],
    ["#ff0000", "#000000", 5.25],
    ["#0000ff", "#ffffff", 8.59],
    ["#757575", "#ffffff", 4.61],
    ["#767676", "#000000", 4.62],
  ])("on %s it is %s, at %d:1", (color, ink, ratio) => {
    expect(inkOn(color)).toBe(ink);
    expect(contrast(color, ink)).toBeCloseTo(ratio, 2);
  });

  it("never falls below 4.58:1 over the whole cube, which AA asks 4.5 of", () => {
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(byte, byte, byte, (...bytes) => {
        const color = `#${bytes.map(hex).join("")}`;
        expect(contrast(color, inkOn(color))).toBeGreaterThanOrEqual(4.58);
      }),
      { numRuns: 5_000 },
    );
    // the worst there is lies where black and white contrast alike: every grey, and every step of four
    let least = 21;
    for (let red = 0; red < 256; red += 4)
      for (let green = 0; green < 256; green += 4)
        for (let blue = 0; blue < 256; blue += 4) {
          const color = `#${hex(red)}${hex(green)}${hex(blue)}`;
          least = Math.min(least, contrast(color, inkOn(color)));
        }
    expect(least).toBeGreaterThanOrEqual(4.58);
    expect(least).toBeLessThan(4.6);
  });
});

it.each([
  ["#0A7D5C", "#0a7d5c"],
  [" #0a7d5c ", "#0a7d5c"],
  ["red", null],
  ["#fff", null],
  ["#0a7d5c;}", null],
])("keeps %s as %s", (text, color) => {
  expect(toColor(text)).toBe(color);
});
