import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEAL_ROLES, type DealRole } from "#domain/commission/deal-roles.ts";
import { cents, sum, toDecimal, ZERO, type Cents } from "#domain/money.ts";
import {
  clawable,
  clawBack,
  clawbackTurn,
  clawedParts,
  spreadOverRoles,
  spreadOverRows,
  type ClawbackInput,
  type ClawbackRow,
} from "#domain/payouts/clawback.ts";
import { netDebts, nettable, openDebt, recoverDebt, reversalDecided, writeOffDebt, type RecruiterDebt } from "#domain/payouts/net.ts";
import type { PayoutTransaction } from "#domain/payouts/transaction.ts";
import { money } from "../commission/hires.ts";
import { payout } from "./payouts.ts";

const NOW = new Date("2026-07-01T00:00:00Z");

const lefts = (...amounts: readonly string[]) => DEAL_ROLES.map((dealRole, index) => ({ dealRole, left: money(amounts[index] ?? "0") }));

/** Takes amounts one after the other from shares, and tells each time what every role and the platform gave. */
function sequence(shares: ReturnType<typeof lefts>, platform: string, amounts: readonly string[]) {
  let left = shares;
  let platformLeft = money(platform);
  const told = amounts.map((amount) => {
    const spread = spreadOverRoles(money(amount), left, platformLeft);
    left = left.map(({ dealRole, left }) => ({ dealRole, left: cents(left - spread.byRole.get(dealRole)!) }));
    platformLeft = cents(platformLeft - spread.platform);
    return [...spread.byRole.values(), spread.platform].map(toDecimal);
  });
  return { told, left: [...left.map((share) => share.left), platformLeft] };
}

describe("22.3.1: the spread of a clawback", () => {
  it("is that of the worked examples, and ends at zero", () => {
    const { told, left } = sequence(lefts("6000", "3000", "3000", "1600", "1600"), "4800", ["5000", "3333.33", "11666.67"]);
    expect(told).toEqual([
      ["1500.00", "750.00", "750.00", "400.00", "400.00", "1200.00"],
      ["1000.00", "500.00", "500.00", "266.67", "266.67", "799.99"],
      ["3500.00", "1750.00", "1750.00", "933.33", "933.33", "2800.01"],
    ]);
    expect(left).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("of example 12 leaves the platform without a part", () => {
    expect(sequence(lefts("40.02", "20.01", "20.01", "10.01", "10.00"), "0", ["33.33"]).told).toEqual([
      ["13.33", "6.67", "6.67", "3.33", "3.33", "0.00"],
    ]);
  });

  it("takes a cent back from the last role rounded up, where the platform would go below zero", () => {
    // One of two cents from two shares of one: half a cent each, rounded up twice.
    const shares = [
      { dealRole: "candidate_recruiter" as const, left: cents(1) },
      { dealRole: "company_recruiter" as const, left: cents(1) },
    ];
    const { byRole, platform } = spreadOverRoles(cents(1), shares, ZERO);
    expect([...byRole.values(), platform]).toEqual([1, 0, 0]);
  });

  it("gives a cent more to the first role rounded down, where the platform has too little left", () => {
    const shares = (["candidate_recruiter", "company_recruiter", "job_owner"] as const).map((dealRole) => ({ dealRole, left: cents(1) }));
    const { byRole, platform } = spreadOverRoles(cents(1), shares, ZERO);
    expect([...byRole.values(), platform]).toEqual([1, 0, 0, 0]);
  });

  it("within a role goes by what each row has left", () => {
    expect(spreadOverRows(money("1234.57"), [money("5925.94"), money("1481.48")]).map(toDecimal)).toEqual(["987.66", "246.91"]);
    expect(spreadOverRows(cents(2), [cents(0), cents(1), cents(1), cents(1)])).toEqual([0, 1, 1, 0]);
    expect(spreadOverRows(ZERO, [ZERO])).toEqual([0]);
  });

  it("gives leftover cents to the earner first, then by joining, then by id", () => {
    const members = ["O", "A", "E", "B"].map((recruiter_id, day) => ({ recruiter_id, joined_at: `2025-06-0${day + 1}T00:00:00Z` }));
    expect(["B", "Z", "A", "O", "E", "Y"].toSorted(clawbackTurn("E", members))).toEqual(["E", "O", "A", "B", "Y", "Z"]);
  });
});

describe("property 7: any sequence of clawbacks", () => {
  const amount = fc.oneof(fc.nat(20), fc.nat(1_000_000), fc.nat(9_999_999_999));

  it("sums to its amounts, stays within what is left, and ends at zero with a full one", () => {
    const check = fc.property(
      fc.array(amount, { minLength: 5, maxLength: 5 }),
      amount,
      fc.array(fc.nat(), { maxLength: 6 }),
      (shares, kept, cuts) => {
        let left = DEAL_ROLES.map((dealRole, index) => ({ dealRole, left: cents(shares[index]!) }));
        let platformLeft = cents(kept);
        const whole = () => sum([...left.map((share) => share.left), platformLeft]);
        for (const cut of [...cuts.map((cut) => (whole() > 0 ? 1 + (cut % whole()) : 0)), Infinity]) {
          const taken = cents(Math.min(cut, whole()));
          if (taken === 0) continue;
          const { byRole, platform } = spreadOverRoles(taken, left, platformLeft);
          expect(sum([...byRole.values(), platform])).toBe(taken);
          expect(platform >= 0 && platform <= platformLeft).toBe(true);
          left = left.map(({ dealRole, left }) => {
            const part = byRole.get(dealRole)!;
            expect(part >= 0 && part <= left).toBe(true);
            const rows = [Math.ceil(left / 2), 0, Math.floor(left / 2)].map(cents);
            const parts = spreadOverRows(part, rows);
            expect(sum(parts)).toBe(part);
            expect(parts.every((of, index) => of >= 0 && of <= rows[index]!)).toBe(true);
            return { dealRole, left: cents(left - part) };
          });
          platformLeft = cents(platformLeft - platform);
        }
        expect(whole()).toBe(0);
      },
    );
    fc.assert(check, { numRuns: 5_000 });
  });

  it("does not depend on the order in which roles are given", () => {
    const check = fc.property(
      fc.array(fc.integer({ min: 1, max: 9_999 }), { minLength: 5, maxLength: 5 }),
      fc.nat(9_999),
      (shares, cut) => {
        const given = DEAL_ROLES.map((dealRole, index) => ({ dealRole, left: cents(shares[index]!) }));
        const taken = cents(1 + (cut % sum(given.map(({ left }) => left))));
        expect([...spreadOverRoles(taken, given.toReversed(), ZERO).byRole]).toEqual([...spreadOverRoles(taken, given, ZERO).byRole]);
      },
    );
    fc.assert(check);
  });
});

describe("a clawback", () => {
  const row = (more: Partial<PayoutTransaction> = {}, of: Partial<ClawbackRow> = {}): ClawbackRow => ({
    transaction: payout({ eligibleAt: NOW, ...more }),
    clawedBack: ZERO,
    netted: ZERO,
    reversing: ZERO,
    lookedUp: true,
    ...of,
  });
  const of = (rows: Partial<Record<DealRole, ClawbackRow[]>>, more: Partial<ClawbackInput> = {}): ClawbackInput => ({
    roles: new Map(Object.entries(rows) as [DealRole, ClawbackRow[]][]),
    platformShare: ZERO,
    platformClawed: ZERO,
    escrow: null,
    ...more,
  });
  const paid = { status: "completed", completionReason: "transfer", completedAt: NOW, stripeTransferId: "tr", firstSentAt: NOW } as const;
  const take = (rows: ClawbackRow, amount: string) => clawBack(of({ job_owner: [rows] }), money(amount), NOW).rows[0];

  it("takes what is unpaid off before sending", () => {
    expect(take(row(), "1500")).toMatchObject({
      transaction: { status: "pending", offsetCents: 150_000, netAmount: 450_000, keyVersion: 1 },
      unpaid: 150_000,
      paid: 0,
      reversible: 0,
    });
  });

  it("raises the key of a row that was sent before, after a look-up", () => {
    const sent = {
      status: "failed",
      firstSentAt: NOW,
      retryCount: 1,
      nextRetryAt: NOW,
      failureReason: "x",
      lastOutcome: "refused",
    } as const;
    expect(take(row(sent), "1500")?.transaction).toMatchObject({ status: "failed", keyVersion: 2, firstSentAt: null, lastOutcome: null });
    expect(() => take(row(sent, { lookedUp: false }), "1500")).toThrow(
      expect.objectContaining({ members: { reason: "look_up_required" } }),
    );
  });

  it("of everything cancels a row, or closes it as offset in full where a part was netted", () => {
    expect(take(row(), "6000")).toMatchObject({
      transaction: { status: "cancelled", netAmount: 0 },
      announce: [{ type: "payout.cancelled", reason: "clawed_back" }],
    });
    const netted = row(
      { status: "on_hold", holdReasons: ["dispute_open"], offsetCents: cents(20_000), netAmount: cents(580_000) },
      { netted: cents(20_000) },
    );
    expect(take(netted, "6000")).toMatchObject({
      transaction: { status: "completed", completionReason: "offset_in_full", holdReasons: [], offsetCents: 600_000, netAmount: 0 },
      unpaid: 580_000,
      paid: 20_000,
    });
  });

  it("makes a debt of what is paid, and asks the transfer back for what it still holds", () => {
    expect(take(row(paid), "1500")).toMatchObject({ unpaid: 0, paid: 150_000, reversible: 150_000 });
    const partly = row(
      { ...paid, offsetCents: cents(200_000), netAmount: cents(400_000), reversedCents: cents(100_000) },
      { reversing: cents(50_000) },
    );
    expect(take(partly, "6000")).toMatchObject({ paid: 600_000, reversible: 250_000 });
    const offset = row({
      status: "completed",
      completionReason: "offset_in_full",
      offsetCents: cents(600_000),
      netAmount: ZERO,
      completedAt: NOW,
    });
    expect(take(offset, "100")).toMatchObject({ paid: 10_000, reversible: 0 });
  });

  it("waits while a row that gives is being sent", () => {
    expect(() => take(row({ status: "processing" }), "1")).toThrow(
      expect.objectContaining({ code: "conflict", members: { reason: "payout_in_flight" } }),
    );
  });

  it("takes from the platform what an admin cancelled", () => {
    const input = of({ job_owner: [row({ status: "cancelled" })], candidate_recruiter: [row()] }, { platformShare: money("1000") });
    expect(clawable(input)).toBe(1_300_000);
    const { byRole, platform, rows } = clawBack(input, money("1300"), NOW);
    expect([byRole.get("candidate_recruiter"), byRole.get("job_owner"), platform]).toEqual([60_000, 0, 70_000]);
    expect(rows).toHaveLength(1);
  });

  it("is between one cent and all that is left, before the release of what the escrow holds", () => {
    expect(() => take(row(), "0")).toThrow(expect.objectContaining({ code: "validation_failed" }));
    expect(() => take(row(), "6000.01")).toThrow(expect.objectContaining({ code: "validation_failed" }));
    const givenUp = of({ job_owner: [row()] }, { escrow: money("100") });
    expect(() => clawBack(givenUp, money("100.01"), NOW)).toThrow(expect.objectContaining({ code: "validation_failed" }));
    expect(clawBack(givenUp, money("100"), NOW).rows).toHaveLength(1);
  });

  it("is posted once per recruiter", () => {
    const { rows } = clawBack(of({ job_owner: [row()], candidate_sourcer: [row({ ...paid, id: "other" })] }), money("1200"), NOW);
    expect(clawedParts(rows)).toEqual([{ recruiterId: "recruiter", unpaid: 60_000, paid: 60_000 }]);
  });
});

describe("netting", () => {
  const debt = (more: Partial<RecruiterDebt> = {}): RecruiterDebt => ({
    id: "debt",
    recruiterId: "recruiter",
    amount: money("700"),
    recoveredCents: ZERO,
    writtenOffCents: ZERO,
    recovery: "netting",
    createdAt: NOW,
    ...more,
  });
  const due = (amount: string) => payout({ eligibleAt: NOW, amount: money(amount), netAmount: money(amount) });

  it("of 700.00 from 500.00 and 900.00 closes the first and pays 700.00 of the second", () => {
    const first = netDebts(due("500"), [debt()], NOW);
    expect(first).toMatchObject({
      transaction: { status: "completed", completionReason: "offset_in_full", netAmount: 0, offsetCents: 50_000, completedAt: NOW },
      nettings: [{ debtId: "debt", amount: 50_000 }],
    });
    const second = netDebts(due("900"), [recoverDebt(debt(), money("500"))], NOW);
    expect(second).toMatchObject({
      transaction: { status: "pending", netAmount: 70_000, offsetCents: 20_000 },
      nettings: [{ debtId: "debt", amount: 20_000 }],
    });
  });

  it("22.3.29: takes the oldest debts first, by id where they are of one instant, and leaves out what a reversal decides on", () => {
    const older = new Date(NOW.getTime() - 1);
    const debts = [
      debt({ id: "c" }),
      debt({ id: "b", amount: money("1") }),
      debt({ id: "a", createdAt: older, recovery: "reversing" }),
      debt({ id: "d", createdAt: older, amount: money("2") }),
      debt({ id: "e", recruiterId: "other" }),
      debt({ id: "f", recoveredCents: money("700") }),
    ];
    expect(nettable("recruiter", debts).map(({ id }) => id)).toEqual(["d", "b", "c"]);
    expect(netDebts(due("10"), debts, NOW).nettings).toEqual([
      { debtId: "d", amount: 200 },
      { debtId: "b", amount: 100 },
      { debtId: "c", amount: 700 },
    ]);
  });

  it("happens once released and before the first send", () => {
    expect(netDebts(due("500"), [], NOW)).toMatchObject({ nettings: [], announce: [] });
    expect(() => netDebts(payout(), [debt()], NOW)).toThrow(RangeError);
    expect(() => netDebts({ ...due("500"), firstSentAt: NOW }, [debt()], NOW)).toThrow(expect.objectContaining({ code: "conflict" }));
  });

  it("recovers what a reversal did not", () => {
    const reversing = debt({ recovery: "reversing" });
    expect(reversalDecided(reversing, ZERO)).toMatchObject({ recovery: "netting", recoveredCents: 0 });
    const partly = reversalDecided(reversing, money("500"));
    expect([partly.recovery, openDebt(partly)]).toEqual(["netting", 20_000]);
    expect(openDebt(writeOffDebt(partly))).toBe(0);
    expect(() => writeOffDebt(reversing)).toThrow(RangeError);
    expect(() => recoverDebt(partly, money("200.01") as Cents)).toThrow(RangeError);
  });
});
