import { describe, expect, it } from "vitest";
import {
  approveContract,
  contractExpiring,
  contractShortfall,
  contractYear,
  createContract,
  editContract,
  endContract,
  overlaps,
  placementsInYear,
  requireUnapproved,
  type CommittedPlacement,
  type ContractTerms,
  type CustomContract,
} from "#domain/contracts/contract.ts";
import { basisPoints, cents } from "#domain/money.ts";

const at = (text: string) => new Date(text);
const NOW = at("2026-02-20T12:00:00Z");

const terms = (more: Partial<ContractTerms> = {}): ContractTerms => ({
  feeBp: basisPoints(1800),
  flatFee: null,
  discountBp: basisPoints(1000),
  discountThreshold: 0,
  minPlacementsPerYear: 3,
  startDate: "2026-01-01",
  endDate: "2026-12-31",
  termsDocumentUrl: null,
  ...more,
});

const draft = (more: Partial<ContractTerms> = {}) => createContract("contract", "acme", terms(more), []);
const approved = (more: Partial<ContractTerms> = {}): CustomContract =>
  approveContract(draft(more), { requestedByUserId: "one", approverUserId: "two" }, [], NOW);

describe("a contract", () => {
  it.each<[string, Partial<ContractTerms>]>([
    ["fee_percentage", { feeBp: basisPoints(10_001) }],
    ["discount_percentage", { discountBp: basisPoints(-1) }],
    ["flat_fee_cents", { flatFee: cents(10_000_000_000) }],
    ["discount_threshold", { discountThreshold: -1 }],
    ["min_placements_per_year", { minPlacementsPerYear: -1 }],
    ["contract_start_date", { startDate: "2026-02-30" }],
    ["contract_end_date", { endDate: "2025-12-31" }],
    ["contract_end_date", { endDate: "never" }],
  ])("is refused for its %s", (field, more) => {
    expect(() => draft(more)).toThrow(expect.objectContaining({ code: "validation_failed" }));
    expect(() => draft(more)).toThrow(
      expect.objectContaining({ members: { errors: expect.arrayContaining([expect.objectContaining({ pointer: `/${field}` })]) } }),
    );
  });

  it.each([
    ["2026-12-31", null, true],
    ["2027-01-01", null, false],
    ["2025-01-01", "2025-12-31", false],
    ["2025-01-01", "2026-01-01", true],
    ["2026-03-01", "2026-03-01", true],
    ["2020-01-01", null, true],
  ])("and one from %s to %s share a day: %s", (startDate, endDate, shared) => {
    expect(overlaps(terms(), terms({ startDate, endDate }))).toBe(shared);
    expect(overlaps(terms({ startDate, endDate }), terms())).toBe(shared);
    const create = () => createContract("other", "acme", terms({ startDate, endDate }), [draft()]);
    if (shared) expect(create).toThrow(expect.objectContaining({ code: "conflict", members: { reason: "contract_overlap" } }));
    else expect(create().approvedAt).toBeNull();
  });

  it("is changed and deleted before its approval, and only ended after it", () => {
    expect(editContract(draft(), terms({ feeBp: basisPoints(1700) }), [draft()])).toMatchObject({ feeBp: 1700, companyId: "acme" });
    expect(() => requireUnapproved(draft())).not.toThrow();
    const refused = expect.objectContaining({ code: "conflict", members: { reason: "contract_approved" } });
    expect(() => editContract(approved(), terms(), [])).toThrow(refused);
    expect(() => requireUnapproved(approved())).toThrow(refused);
    expect(() => endContract(draft(), "2026-06-30", NOW)).toThrow(
      expect.objectContaining({ members: { reason: "contract_not_approved" } }),
    );
  });

  it("takes two people to approve, once", () => {
    expect(approved()).toMatchObject({ approvedByUserId: "two", approvedAt: NOW });
    const alone = { requestedByUserId: "one", approverUserId: "one" };
    expect(() => approveContract(draft(), alone, [], NOW)).toThrow(expect.objectContaining({ code: "forbidden" }));
    expect(() => approveContract(approved(), { requestedByUserId: "one", approverUserId: "two" }, [], NOW)).toThrow(
      expect.objectContaining({ code: "conflict" }),
    );
  });

  it.each([
    ["2026-02-20", true],
    ["2026-02-19", false],
    ["2026-12-31", true],
    ["2027-01-01", false],
    ["2026-02-31", false],
  ])("can be ended on %s: %s", (endDate, can) => {
    const end = () => endContract(approved(), endDate, NOW);
    if (can) expect(end().endDate).toBe(endDate);
    else expect(end).toThrow(expect.objectContaining({ code: "validation_failed" }));
  });

  it("that has not begun ends on its first day at the earliest", () => {
    const later = approved({ startDate: "2026-06-01" });
    expect(() => endContract(later, "2026-05-31", NOW)).toThrow(expect.objectContaining({ code: "validation_failed" }));
    expect(endContract(later, "2026-06-01", NOW).endDate).toBe("2026-06-01");
  });
});

describe("the end of a contract", () => {
  it("is announced 60, 30 and 7 days before, each once", () => {
    let alerted: number | null = null;
    const given: [string, number][] = [];
    for (let day = at("2026-10-01T00:00:00Z"); day < at("2027-02-01T00:00:00Z"); day = new Date(day.getTime() + 21_600_000)) {
      const alert: ReturnType<typeof contractExpiring> = contractExpiring(approved(), alerted, day);
      if (!alert) continue;
      alerted = alert.daysRemaining;
      given.push([day.toISOString(), alerted]);
    }
    expect(given).toEqual([
      ["2026-11-01T00:00:00.000Z", 60],
      ["2026-12-01T00:00:00.000Z", 30],
      ["2026-12-24T00:00:00.000Z", 7],
    ]);
    expect(contractExpiring(approved(), null, at("2026-10-31T23:59:59Z"))).toBeNull();
    expect(contractExpiring(approved(), null, at("2026-12-31T23:59:59Z"))?.daysRemaining).toBe(7);
    expect(contractExpiring(approved(), null, at("2027-01-01T00:00:00Z"))).toBeNull();
    expect(contractExpiring(draft(), null, at("2026-12-25T00:00:00Z"))).toBeNull();
    expect(contractExpiring(approved({ endDate: null }), null, at("2026-12-25T00:00:00Z"))).toBeNull();
  });
});

describe("a contract year", () => {
  it.each([
    ["2026-01-01", "2026-12-31", "2026-01-01", "2027-01-01"],
    ["2024-02-29", "2026-02-27", "2025-02-28", "2026-02-28"],
    ["2024-02-29", "2026-02-28", "2026-02-28", "2027-02-28"],
    ["2024-02-29", "2028-02-29", "2028-02-29", "2029-02-28"],
  ])("of a start on %s holds %s: from %s to %s", (start, date, from, to) => {
    expect(contractYear(start, date)).toEqual({ from, to });
  });

  const hired = (instant: string, more: Partial<CommittedPlacement> = {}): CommittedPlacement => ({
    contractId: "contract",
    hiredAt: at(instant),
    state: "active",
    ...more,
  });
  const made = [
    hired("2026-01-01T00:00:00Z"),
    hired("2026-12-31T23:59:59Z"),
    hired("2027-01-01T00:00:00Z"),
    hired("2026-05-01T00:00:00Z", { state: "failed" }),
    hired("2026-05-01T00:00:00Z", { contractId: "other" }),
  ];

  it("counts the placements that stand", () => {
    expect(placementsInYear("contract", contractYear("2026-01-01", "2026-06-01"), made)).toBe(2);
  });

  it("that ended short is told once, at its end to the second", () => {
    const year = { from: "2026-01-01", to: "2027-01-01" };
    const shortfall = { type: "contract.shortfall", year, placements: 2, minimum: 3 };
    expect(contractShortfall(approved(), made, null, at("2026-12-31T23:59:59Z"))).toBeNull();
    expect(contractShortfall(approved(), made, null, at("2027-01-01T00:00:00Z"))).toEqual(shortfall);
    expect(contractShortfall(approved({ endDate: null }), made, null, at("2027-06-01T00:00:00Z"))).toEqual(shortfall);
    expect(contractShortfall(approved(), made, null, at("2030-01-01T00:00:00Z"))).toEqual(shortfall);
    expect(contractShortfall(approved(), made, "2026-01-01", at("2027-01-01T00:00:00Z"))).toBeNull();
  });

  it("that was reached, has no minimum, was cut short or not approved is not told", () => {
    const over = at("2027-01-01T00:00:00Z");
    expect(contractShortfall(approved({ minPlacementsPerYear: 2 }), made, null, over)).toBeNull();
    expect(contractShortfall(approved({ minPlacementsPerYear: null }), made, null, over)).toBeNull();
    expect(contractShortfall(approved({ endDate: "2026-12-30" }), made, null, over)).toBeNull();
    expect(contractShortfall(draft(), made, null, over)).toBeNull();
  });
});
