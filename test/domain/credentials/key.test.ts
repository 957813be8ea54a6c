import { describe, expect, it } from "vitest";
import {
  type KeyAction,
  type KeyStatus,
  keyStep,
  keyWarning,
  nextKeyStatus,
  previousSecret,
  requireRoom,
} from "#domain/credentials/key.ts";

const STATUSES: KeyStatus[] = ["pending", "active", "suspended", "revoked", "rejected", "expired"];

/** From each status, in the order above, what an action makes of it: `-` where it is refused. */
const TABLE: Record<KeyAction, string> = {
  approve: "ac - - - - -",
  reject: "rj - - - - -",
  suspend: "- su - - - -",
  unsuspend: "- - ac - - -",
  revoke: "rv rv rv - - -",
  rotate: "pe ac su - - -",
  adopt: "- - ac - - -",
  expire: "ex ex ex - - -",
  leak: "rv su - - - -",
};
const WORD: Record<string, KeyStatus> = { pe: "pending", ac: "active", su: "suspended", rv: "revoked", rj: "rejected", ex: "expired" };

const CASES = Object.entries(TABLE).flatMap(([action, row]) =>
  row.split(" ").map((word, index) => [STATUSES[index] as KeyStatus, action as KeyAction, WORD[word] ?? null] as const),
);

describe("the life of a key", () => {
  it.each(CASES)("%s, %s: %s", (status, action, next) => {
    expect(keyStep(status, action)).toBe(next);
    if (next) expect(nextKeyStatus(status, action)).toBe(next);
    else expect(() => nextKeyStatus(status, action)).toThrow(expect.objectContaining({ code: "invalid_transition" }));
  });

  it("tells a refused caller where one can go from there", () => {
    const refused = (status: KeyStatus) => {
      try {
        return nextKeyStatus(status, "unsuspend");
      } catch (error) {
        return (error as { members: unknown }).members;
      }
    };
    expect(refused("active")).toEqual({ from: "active", to: "active", allowed: ["suspended", "revoked", "active", "expired"] });
    expect(refused("expired")).toEqual({ from: "expired", to: "active", allowed: [] });
  });

  it("never comes alive without an approval", () => {
    const reachable = new Set<KeyStatus>(["pending"]);
    for (const status of reachable) {
      for (const action of Object.keys(TABLE) as KeyAction[]) {
        const next = action === "approve" ? null : keyStep(status, action);
        if (next) reachable.add(next);
      }
    }
    expect([...reachable].toSorted()).toEqual(["expired", "pending", "rejected", "revoked"]);
  });
});

describe("the secret before a rotation", () => {
  const now = new Date("2026-12-01T00:00:00Z");
  const after = (seconds: number) => new Date(now.getTime() + seconds * 1_000);
  const held = { secretHash: "old", status: "active", expiresAt: null };

  it.each([
    ["lives for the grace", held, 600, after(600)],
    ["dies with the key", { ...held, expiresAt: after(60) }, 600, after(60)],
    ["dies with the grace, where the key lives longer", { ...held, expiresAt: after(6_000) }, 600, after(600)],
    ["dies at once without grace", held, 0, null],
    ["dies at once while the key is suspended", { ...held, status: "suspended" }, 600, null],
    ["of a client has no end of its own", { secretHash: "old", status: "approved" }, 604_800, after(604_800)],
  ])("%s", (_, before, grace, end) => {
    expect(previousSecret(before, grace, now)).toEqual({ prevSecretHash: end && "old", prevSecretExpiresAt: end });
  });
});

it("has room up to the plan's number of keys", () => {
  expect(() => requireRoom(4, 5)).not.toThrow();
  for (const keys of [5, 6]) expect(() => requireRoom(keys, 5)).toThrow(expect.objectContaining({ code: "resource_limit_reached" }));
});

describe("the warning of a key's end", () => {
  const DAY = 86_400_000;
  const end = new Date("2026-12-31T12:00:00Z");
  const before = (days: number, ms = 0) => new Date(end.getTime() - days * DAY + ms);

  it.each([
    ["15 days ahead", before(15), null, null],
    ["a moment before 14 days", before(14, -1), null, null],
    ["14 days ahead", before(14), null, 14],
    ["14 days ahead, told already", before(13), 14, null],
    ["3 days ahead", before(3), 14, 3],
    ["3 days ahead, the first one missed", before(3), null, 3],
    ["3 days ahead, told already", before(1), 3, null],
    ["at the end", end, 14, null],
  ])("%s", (_, now, warnedDays, due) => {
    expect(keyWarning({ createdAt: before(90), expiresAt: end, warnedDays }, now)).toBe(due);
  });

  it("leaves out what lay before the key's birth", () => {
    expect(keyWarning({ createdAt: before(7), expiresAt: end, warnedDays: null }, before(6))).toBeNull();
    expect(keyWarning({ createdAt: before(7), expiresAt: end, warnedDays: null }, before(2))).toBe(3);
    expect(keyWarning({ createdAt: before(1), expiresAt: end, warnedDays: null }, before(0.5))).toBeNull();
  });
});
