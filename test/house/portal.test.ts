import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");

/** The verbs that change a stage; the portal asks for a withdrawal, and a service makes it one (SURFACES S-5, S-8). */
const CHANGING =
  /\b(?:changeDeal|dealChange|withdrawDeal|advanceDeal|acceptOffer|declineDeal|reviewGate|submitApplication|applyWithdrawals)\b/;

/** The files that a file of the house brings in, itself included, which name a verb that changes a stage. */
async function changing(start: string): Promise<string[]> {
  const seen = new Set<string>();
  const found: string[] = [];
  const open = [start];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path) || path === "assets") continue;
    seen.add(path);
    const text = await readFile(join(ROOT, path), "utf8");
    if (CHANGING.test(text)) found.push(path);
    for (const [, from = ""] of text.matchAll(/^(?:import|export)(?! type)[^;]*? from "([#.][^"]+)"/gm)) {
      open.push(from.startsWith("#") ? from.slice(1) : join(path, "..", from));
    }
  }
  expect(seen.size).toBeGreaterThan(20);
  return found;
}

it("nothing that the portal imports holds a verb that changes a stage", async () => {
  expect(await changing("workers/portal/app.tsx")).toEqual([]);
});

it("and such a verb would be found: the same look finds those of the schedule", async () => {
  expect(await changing("services/upkeep/upkeep.ts")).toContain("services/deals/apply-withdrawals.ts");
});
