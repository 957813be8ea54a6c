import { globSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

/** The numbered acceptances of the money: MONEY §22 and DOMAIN §8.4, §8.5. */
const ACCEPTANCES = [
  ...numbers("property", 1, 15),
  "22.2",
  ...numbers("22.3", 1, 36, "."),
  ...numbers("scenario", 32, 55),
  ...numbers("scenario", 61, 63),
];

/** A title that begins with the numbers it proves: `"22.3.15 and scenario 47: follows the time line"`. */
const NUMBERED = /\(\s*["`]((?:property|scenario|22\.)[^:"`]*):/g;

it("each numbered acceptance of the money is named by a test", () => {
  const named = globSync("test/**/*.test.ts").flatMap((path) =>
    [...readFileSync(path, "utf8").matchAll(NUMBERED)].flatMap(([, numbered = ""]) => numbersOf(numbered)),
  );
  expect(ACCEPTANCES.filter((number) => !named.includes(number))).toEqual([]);
});

/** `"property 1 and 2"` names two. */
function numbersOf(title: string): string[] {
  let kind = "";
  return title.split(/, | and /).map((part) => {
    kind = /^[a-z]+/.exec(part)?.[0] ?? kind;
    return /^\d+$/.test(part) ? `${kind} ${part}` : part;
  });
}

function numbers(kind: string, first: number, last: number, joint = " "): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `${kind}${joint}${first + index}`);
}
