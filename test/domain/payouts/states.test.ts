import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cents, ZERO } from "#domain/money.ts";
import { claimPayout, idempotencyKey, mayBeginCall } from "#domain/payouts/claim.ts";
import { clawBack } from "#domain/payouts/clawback.ts";
import { holdPayout, putOnHold, unholdPayout } from "#domain/payouts/hold.ts";
import { HOLD_REASON_NAMES, mayAdd, mayRemove, shownHoldReason, type HoldReason } from "#domain/payouts/hold-reasons.ts";
import { netDebts } from "#domain/payouts/net.ts";
import { afterLookUp, completePayout, retryPayout, settlePayout, type Outcome, type Transfer } from "#domain/payouts/outcome.ts";
import {
  cancelPayout,
  faultsOf,
  hasTransition,
  illegalIn,
  PAYOUT_STATUSES,
  reachable,
  reversePayout,
  type PayoutStatus,
  type PayoutTransaction,
} from "#domain/payouts/transaction.ts";
import { Refusal } from "#domain/refusals.ts";
import { payout } from "./payouts.ts";

const NOW = new Date("2026-05-31T00:00:00Z");

/** A sound row in each status. */
const inStatus = (payoutStatus: PayoutStatus): PayoutTransaction => {
  const released = payout({ eligibleAt: NOW });
  const sent = { ...released, firstSentAt: NOW, stripeConnectAccountId: "acct", attempts: 1, processingStartedAt: NOW };
  const completed = { ...sent, completionReason: "transfer" as const, completedAt: NOW, stripeTransferId: "tr" };
  const rows: Record<PayoutStatus, PayoutTransaction> = {
    pending: released,
    processing: { ...sent, status: "processing", leaseToken: "lease", leaseUntil: NOW },
    completed: { ...completed, status: "completed" },
    failed: { ...sent, status: "failed", retryCount: 1, nextRetryAt: NOW, failureReason: "declined", lastOutcome: "refused" },
    on_hold: { ...released, status: "on_hold", holdReasons: ["admin_hold"] },
    cancelled: { ...released, status: "cancelled" },
    reversed: { ...completed, status: "reversed", reversedCents: released.netAmount },
  };
  return rows[payoutStatus];
};

describe("the states of a payout", () => {
  it.each<[PayoutStatus, PayoutStatus[]]>([
    ["pending", ["processing", "completed", "on_hold", "cancelled"]],
    ["processing", ["processing", "completed", "failed", "on_hold"]],
    ["completed", ["reversed"]],
    ["failed", ["processing", "completed", "on_hold", "cancelled"]],
    ["on_hold", ["pending", "completed", "cancelled"]],
    ["cancelled", []],
    ["reversed", []],
  ])("%s leads to %j", (from, to) => {
    expect(reachable(from)).toEqual(to);
    expect(faultsOf(inStatus(from))).toEqual([]);
  });

  it.each(PAYOUT_STATUSES)("%s is cancelled, or says why not", (payoutStatus) => {
    const cancel = () => cancelPayout(inStatus(payoutStatus), "admin", true);
    if (payoutStatus === "processing")
      expect(cancel).toThrow(expect.objectContaining({ code: "conflict", members: { reason: "payout_in_flight" } }));
    else if (!hasTransition(payoutStatus, "cancelled")) expect(cancel).toThrow(expect.objectContaining({ code: "invalid_transition" }));
    else {
      expect(faultsOf(cancel().transaction)).toEqual([]);
      expect(cancel().announce).toEqual([{ type: "payout.cancelled", reason: "admin" }]);
    }
  });

  it("that was sent before is looked up before it is cancelled", () => {
    expect(() => cancelPayout(inStatus("failed"), "admin", false)).toThrow(
      expect.objectContaining({ members: { reason: "look_up_required" } }),
    );
    expect(cancelPayout(inStatus("pending"), "admin", false).transaction.status).toBe("cancelled");
  });

  it("is reversed when everything came back, and not before", () => {
    const part = reversePayout(inStatus("completed"), cents(200_000));
    expect(part).toMatchObject({ transaction: { status: "completed", reversedCents: 200_000 }, announce: [] });
    const whole = reversePayout(part.transaction, cents(400_000));
    expect(whole).toMatchObject({ transaction: { status: "reversed" }, announce: [{ type: "payout.reversed", amount: 600_000 }] });
    expect(() => reversePayout(part.transaction, cents(400_001))).toThrow(RangeError);
    expect(() => reversePayout(inStatus("pending"), cents(1))).toThrow(Refusal);
  });

  it.each<[string, Partial<PayoutTransaction>]>([
    ["net = amount − offset", { netAmount: cents(1) }],
    ["on_hold ⇔ hold reasons", { holdReasons: ["admin_hold"] }],
    ["processing ⇔ lease token", { leaseToken: "x", leaseUntil: NOW }],
    ["completed or reversed ⇒ transfer id or net = 0", { status: "completed", completionReason: "transfer", completedAt: NOW }],
    ["failed ⇒ failure reason", { status: "failed", nextRetryAt: NOW }],
    ["failed: final ⇔ no next try", { status: "failed", failureReason: "x", retryCount: 3, nextRetryAt: NOW }],
    ["0 ≤ reversed ≤ net", { reversedCents: cents(600_001) }],
    ["0 ≤ offset ≤ amount", { offsetCents: cents(600_001), netAmount: cents(-1) }],
    ["at most three refusals", { retryCount: 4 }],
  ])("must not break %s", (fault, more) => {
    expect(faultsOf(payout(more))).toContain(fault);
  });

  it.each<[string, Partial<PayoutTransaction>]>([
    ["processing → pending", { status: "pending" }],
    ["amount and payee are fixed", { recruiterId: "other" }],
    ["the key version stays or grows by one", { keyVersion: 3 }],
    ["net is fixed while a key is in use", { netAmount: cents(5) }],
    ["the account is fixed while a key is in use", { stripeConnectAccountId: "other" }],
    ["the first send is fixed while a key is in use", { firstSentAt: new Date(0) }],
  ])("must not change against: %s", (law, more) => {
    expect(illegalIn(inStatus("processing"), { ...inStatus("processing"), ...more })).toContain(law);
  });

  it("keeps its transfer", () => {
    expect(illegalIn(inStatus("completed"), { ...inStatus("completed"), stripeTransferId: "other" })).toEqual([
      "the transfer id is set once",
    ]);
  });
});

describe("a hold", () => {
  it("is added and removed by whom the table says", () => {
    const by = HOLD_REASON_NAMES.map((reason) => [
      reason,
      mayAdd(reason, "system"),
      mayAdd(reason, "admin"),
      mayRemove(reason, "system"),
      mayRemove(reason, "admin"),
    ]);
    expect(by).toEqual([
      ["connect_required", true, false, true, false],
      ["tax_profile_missing", true, false, true, false],
      ["inactive_at_hire", true, false, true, true],
      ["dispute_open", true, false, true, false],
      ["invoice_uncollectible", true, false, true, false],
      ["platform_balance", true, false, true, false],
      ["admin_hold", false, true, false, true],
      ["fraud_review", true, true, false, true],
      ["policy_hold", true, true, false, true],
      ["request_mismatch", true, false, false, true],
    ]);
    expect(() => holdPayout(payout(), "admin_hold", "system")).toThrow(expect.objectContaining({ code: "forbidden" }));
    expect(() => unholdPayout(inStatus("on_hold"), "admin_hold", "system")).toThrow(expect.objectContaining({ code: "forbidden" }));
  });

  it("is a set: the row is on hold exactly while it is not empty", () => {
    const one = holdPayout(payout({ eligibleAt: NOW }), "dispute_open", "system");
    expect(one.announce).toEqual([{ type: "payout.held", reasons: ["dispute_open"] }]);
    const two = holdPayout(one.transaction, "connect_required", "system");
    expect(two).toMatchObject({ transaction: { holdReasons: ["connect_required", "dispute_open"] }, announce: [] });
    expect(holdPayout(two.transaction, "dispute_open", "system").transaction).toEqual(two.transaction);
    const left = unholdPayout(two.transaction, "dispute_open", "system");
    expect(left).toMatchObject({ transaction: { status: "on_hold", holdReasons: ["connect_required"] }, announce: [], due: false });
    expect(unholdPayout(left.transaction, "dispute_open", "system")).toMatchObject({ transaction: { status: "on_hold" }, announce: [] });
    const none = unholdPayout(left.transaction, "connect_required", "system");
    expect(none).toMatchObject({ transaction: { status: "pending", holdReasons: [] }, announce: [{ type: "payout.unheld" }], due: true });
    expect(unholdPayout({ ...left.transaction, eligibleAt: null }, "connect_required", "system").due).toBe(false);
  });

  it("does not reach a row that is being sent, nor a finished one", () => {
    expect(() => holdPayout(inStatus("processing"), "admin_hold", "admin")).toThrow(
      expect.objectContaining({ code: "conflict", members: { reason: "payout_in_flight" } }),
    );
    for (const payoutStatus of ["completed", "cancelled", "reversed"] as const) {
      expect(() => holdPayout(inStatus(payoutStatus), "admin_hold", "admin")).toThrow(
        expect.objectContaining({ code: "invalid_transition" }),
      );
    }
  });

  it("shows its first reason, and no internal one to a payee", () => {
    expect(shownHoldReason(["fraud_review", "dispute_open"], "payee")).toBe("dispute_open");
    expect(shownHoldReason(["fraud_review"], "payee")).toBe("under_review");
    expect(shownHoldReason(["fraud_review"], "admin")).toBe("fraud_review");
    expect(shownHoldReason([], "payee")).toBeNull();
  });
});

/** What may happen to one payout, with Stripe beside it: what it transferred, under which key. */
type Act =
  | { do: "claim"; blocked: boolean; account: string }
  | {
      do: "answer";
      answer: "done" | "refused" | "lost" | "server_error" | "platform_balance" | "destination" | "mismatch";
      went: boolean;
      can: boolean | null;
    }
  | { do: "event" }
  | { do: "hold" | "unhold"; reason: HoldReason }
  | { do: "cancel"; lookedUp: boolean }
  | { do: "net"; debt: number }
  | { do: "claw"; amount: number }
  | { do: "reverse"; parts: number }
  | { do: "retry" }
  | { do: "wait"; hours: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("claim" as const), blocked: fc.boolean(), account: fc.constantFrom("a", "b") }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      answer: fc.constantFrom("done", "refused", "lost", "server_error", "platform_balance", "destination", "mismatch"),
      went: fc.boolean(),
      can: fc.constantFrom(true, false, null),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("wait" as const), hours: fc.constantFrom(0, 1, 6, 21, 170) }) },
  fc.record({ do: fc.constant("event" as const) }),
  fc.record({ do: fc.constantFrom("hold" as const, "unhold" as const), reason: fc.constantFrom(...HOLD_REASON_NAMES) }),
  fc.record({ do: fc.constant("cancel" as const), lookedUp: fc.boolean() }),
  fc.record({ do: fc.constant("net" as const), debt: fc.integer({ min: 1, max: 700_000 }) }),
  fc.record({ do: fc.constant("claw" as const), amount: fc.integer({ min: 1, max: 600_000 }) }),
  fc.record({ do: fc.constant("reverse" as const), parts: fc.constantFrom(1, 2) }),
  fc.record({ do: fc.constant("retry" as const) }),
);

describe("property 13: whatever happens to a payout", () => {
  it("never leaves the table, never breaks a field, and Stripe transfers at most once", () => {
    const reached = new Set<string>();
    const check = fc.property(fc.array(act, { maxLength: 60, size: "max" }), (acts) => {
      let row = payout({ eligibleAt: NOW });
      let now = NOW;
      let clawed = 0;
      let netted = 0;
      let count = 0;
      const transfers: Transfer[] = [];
      const keys = new Map<string, { transfer: Transfer; at: Date }>();

      /** The transfer Stripe replays for the current key: it forgets a key after 24 hours. */
      const replay = (): Transfer | undefined => {
        const known = keys.get(idempotencyKey(row));
        return known && now.getTime() - known.at.getTime() < 86_400_000 ? known.transfer : undefined;
      };
      const send = (): Transfer => {
        const known = replay();
        if (known) return known;
        const { netAmount: amount, stripeConnectAccountId } = row;
        const transfer = { id: `tr_${++count}`, amount, destination: stripeConnectAccountId!, destinationPaymentId: "py" };
        transfers.push(transfer);
        keys.set(idempotencyKey(row), { transfer, at: now });
        return transfer;
      };

      const next = (step: Act): PayoutTransaction => {
        switch (step.do) {
          case "claim": {
            const blockers = step.blocked ? (["dispute_open"] as const) : [];
            const claim = claimPayout(row, { now, leaseToken: `lease ${now.getTime()}`, connectAccountId: step.account, blockers });
            if (!claim) return row;
            if (!claim.mustLookUp && claim.maySend) return claim.transaction;
            return afterLookUp(claim.transaction, { found: transfers, blockers, connectAccountId: step.account }, now).transaction;
          }
          case "answer": {
            if (row.status !== "processing" || !mayBeginCall(row, now)) return row;
            const isUnknown = step.answer === "lost" || step.answer === "server_error";
            const known = replay();
            const transfer = step.answer === "done" || (step.went && isUnknown) ? send() : known;
            const outcome: Outcome =
              transfer && (step.answer === "done" || (known && !isUnknown))
                ? { outcome: "done", transfer }
                : step.answer === "lost" || step.answer === "done"
                  ? { outcome: "unknown" }
                  : step.answer === "refused" || step.answer === "destination"
                    ? { outcome: step.answer, reason: "declined" }
                    : { outcome: step.answer };
            return settlePayout(row, outcome, step.can, now).transaction;
          }
          case "event":
            return transfers[0] ? completePayout(row, transfers[0], now).transaction : row;
          case "hold":
            return holdPayout(row, step.reason, mayAdd(step.reason, "system") ? "system" : "admin").transaction;
          case "unhold":
            return unholdPayout(row, step.reason, mayRemove(step.reason, "system") ? "system" : "admin").transaction;
          case "cancel":
            return cancelPayout(row, "admin", step.lookedUp && transfers.length === 0).transaction;
          case "net": {
            if (row.status !== "pending" || row.firstSentAt) return row;
            const debt = {
              id: "debt",
              recruiterId: row.recruiterId,
              amount: cents(step.debt),
              recoveredCents: ZERO,
              writtenOffCents: ZERO,
              recovery: "netting" as const,
              createdAt: now,
            };
            const { transaction, nettings } = netDebts(row, [debt], now);
            netted += nettings[0]?.amount ?? 0;
            return transaction;
          }
          case "claw": {
            const input = {
              transaction: row,
              clawedBack: cents(clawed),
              netted: cents(netted),
              reversing: ZERO,
              lookedUp: transfers.length === 0,
            };
            const money = { roles: new Map([["job_owner" as const, [input]]]), platformShare: ZERO, platformClawed: ZERO, escrow: null };
            const { rows } = clawBack(money, cents(step.amount), now);
            clawed += rows[0]?.amount ?? 0;
            return rows[0]?.transaction ?? row;
          }
          case "reverse":
            return row.status === "completed" && row.stripeTransferId
              ? reversePayout(row, cents(Math.ceil((row.netAmount - row.reversedCents) / step.parts))).transaction
              : row;
          case "retry":
            return retryPayout(row, now);
          case "wait":
            now = new Date(now.getTime() + step.hours * 3_600_000 + 60_000);
            return row;
        }
      };

      for (const step of acts) {
        const before = row;
        try {
          row = next(step);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
        }
        expect(faultsOf(row)).toEqual([]);
        expect(illegalIn(before, row)).toEqual([]);
        expect(transfers.length).toBeLessThanOrEqual(1);
        if (row.status === "cancelled") expect(transfers.length).toBe(0);
        if (before.status !== row.status) reached.add(`${before.status} → ${row.status}`);
      }
    });
    fc.assert(check, { numRuns: 3_000 });
    const table = PAYOUT_STATUSES.flatMap((from) => reachable(from).flatMap((to) => (from === to ? [] : [`${from} → ${to}`])));
    expect([...reached].toSorted()).toEqual(table.toSorted());
  }, 60_000);

  it("is held for no reason never", () => {
    expect(() => putOnHold(payout(), [])).toThrow(RangeError);
  });
});
