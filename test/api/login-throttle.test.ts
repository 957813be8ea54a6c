import { expect, it } from "vitest";
import { marketplace } from "#test/api.ts";

const world = await marketplace();
const NOW = 1_800_000_000;

it("allows a try that every limit allows, and says when the next one may be made", async () => {
  const throttle = world.env.LOGIN_THROTTLE.getByName("somebody");
  const limits = [
    { most: 3, withinSeconds: 900 },
    { most: 5, withinSeconds: 3_600 },
  ];
  const waits: number[] = [];
  for (const second of [0, 1, 2, 3, 900, 901, 902, 3_599, 3_600]) waits.push(await throttle.take(limits, NOW + second));
  expect(waits).toEqual([0, 0, 0, 897, 0, 0, 2_698, 1, 0]);
});

it("counts exactly when all come at once, and each name for itself", async () => {
  const limits = [{ most: 10, withinSeconds: 60 }];
  const [one, other] = [world.env.LOGIN_THROTTLE.getByName("one"), world.env.LOGIN_THROTTLE.getByName("other")];
  const waits = await Promise.all(Array.from({ length: 40 }, () => one.take(limits, NOW)));
  expect(waits.filter((wait) => wait === 0)).toHaveLength(10);
  expect(await other.take(limits, NOW)).toBe(0);
});
