import { describe, expect, it } from "vitest";
import { cents } from "#domain/money.ts";
import { claimPayout, isPastHorizon, leaseMinutes, mayBeginCall, transferRequest } from "#domain/payouts/claim.ts";
import {
  afterLookUp,
  classify,
  completePayout,
  retryPayout,
  settlePayout,
  transferBreak,
  type StripeAnswer,
} from "#domain/payouts/outcome.ts";
import { holdPayout, unholdPayout } from "#domain/payouts/hold.ts";
import type { PayoutTransaction } from "#domain/payouts/transaction.ts";
import { payout } from "./payouts.ts";

const NOW = new Date("2026-05-31T00:00:00Z");
const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
const HOUR = 3600;
const DAY = 24 * HOUR;

const claim = (row: PayoutTransaction, now = NOW, blockers: Parameters<typeof claimPayout>[1]["blockers"] = []) =>
  claimPayout(row, { now, leaseToken: "lease", connectAccountId: "acct", blockers });

const due = (more: Partial<PayoutTransaction> = {}) => payout({ eligibleAt: NOW, ...more });
const claimed = (more: Partial<PayoutTransaction> = {}) => claim(due(more))!.transaction;
const transfer = { id: "tr", amount: cents(600_000), destination: "acct", destinationPaymentId: "py" };
const answer = (httpStatus: number, errorCode: string | null = null, errorType: string | null = null): StripeAnswer => ({
  httpStatus,
  transfer: httpStatus < 300 ? transfer : null,
  errorType,
  errorCode,
});

describe("a claim", () => {
  it("takes a due row under a lease and fixes where it goes", () => {
    expect(claim(due())).toMatchObject({
      mustLookUp: false,
      maySend: true,
      transaction: {
        status: "processing",
        leaseToken: "lease",
        leaseUntil: at(300),
        attempts: 1,
        firstSentAt: NOW,
        processingStartedAt: NOW,
        stripeConnectAccountId: "acct",
      },
    });
  });

  it("has leases of 5, 10, 20 to 360 minutes", () => {
    expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 100].map(leaseMinutes)).toEqual([5, 10, 20, 40, 80, 160, 320, 360, 360, 360]);
  });

  it.each<[string, Partial<PayoutTransaction>]>([
    ["on hold", { status: "on_hold", holdReasons: ["admin_hold"] }],
    ["completed", { status: "completed" }],
    ["of nothing", { netAmount: cents(0) }],
    ["failed for good", { status: "failed", retryCount: 3 }],
    ["failed and not due", { status: "failed", retryCount: 1, nextRetryAt: at(1) }],
    ["under a lease that runs", { status: "processing", leaseUntil: at(0) }],
  ])("does not take a row that is %s", (_, more) => {
    expect(claim(due(more))).toBeNull();
  });

  it("takes a failed row when it is due, and a lapsed one a moment after its lease, to the second", () => {
    expect(claim(due({ status: "failed", retryCount: 2, nextRetryAt: at(0), lastOutcome: "refused" }))?.mustLookUp).toBe(true);
    const lapsed = due({ status: "processing", leaseUntil: at(0), processingStartedAt: at(-60), firstSentAt: at(-60) });
    expect(claim(lapsed, at(1))?.transaction.processingStartedAt).toEqual(at(-60));
  });

  it("is stopped by a blocker, but a lapsed row is claimed and not sent", () => {
    expect(claim(due(), NOW, ["payouts_paused"])).toBeNull();
    const lapsed = due({ status: "processing", leaseUntil: at(-1), processingStartedAt: at(-60), firstSentAt: at(-60) });
    expect(claim(lapsed, NOW, ["payouts_paused"])).toMatchObject({ maySend: false });
  });

  it.each<[string, Partial<PayoutTransaction>, boolean]>([
    ["after a refusal", { lastOutcome: "refused" }, true],
    ["after two server errors", { lastOutcome: "server_error_2" }, true],
    ["after one", { lastOutcome: "server_error" }, false],
    ["after a lost answer", { lastOutcome: "unknown" }, false],
    ["20 hours after the first send", { firstSentAt: at(-20 * HOUR) }, false],
    ["a second later", { firstSentAt: at(-20 * HOUR - 1) }, true],
    ["seven days into processing", { processingStartedAt: at(-7 * DAY), firstSentAt: at(-60) }, true],
    ["a second before that", { processingStartedAt: at(-7 * DAY + 1), firstSentAt: at(-60) }, false],
  ])("looks up %s: %s", (_, more, wanted) => {
    const lapsed = due({ status: "processing", leaseUntil: at(-1), processingStartedAt: at(-60), firstSentAt: at(-60), ...more });
    expect(claim(lapsed)?.mustLookUp).toBe(wanted);
  });

  it("keeps the account of its key, and takes it anew with a new key", () => {
    const before = due({ firstSentAt: at(-60), stripeConnectAccountId: "old" });
    expect(claim(before)?.transaction.stripeConnectAccountId).toBe("old");
    expect(claim(due({ firstSentAt: null, stripeConnectAccountId: "old", keyVersion: 2 }))?.transaction.stripeConnectAccountId).toBe(
      "acct",
    );
  });

  it("begins no call in its last 60 seconds", () => {
    const row = claimed();
    expect(mayBeginCall(row, at(239))).toBe(true);
    expect(mayBeginCall(row, at(240))).toBe(false);
  });

  it("asks Stripe for the net amount under a key of its own", () => {
    expect(transferRequest({ ...claimed(), keyVersion: 3 }, "candidate_recruiter")).toEqual({
      idempotencyKey: "ppt_transaction_3",
      amount: 600_000,
      currency: "usd",
      destination: "acct",
      transferGroup: "placement_placement",
      metadata: { payout_transaction_id: "transaction", placement_id: "placement", role: "candidate_recruiter" },
    });
    expect(() => transferRequest(due(), "job_owner")).toThrow(RangeError);
  });
});

describe("an answer", () => {
  it.each<[string, StripeAnswer, object]>([
    ["200", answer(200), { outcome: "done", transfer }],
    ["200 that cannot be read", { ...answer(200)!, transfer: null }, { outcome: "unknown" }],
    ["balance_insufficient", answer(400, "balance_insufficient"), { outcome: "platform_balance" }],
    ["a destination without transfers", answer(400, "insufficient_capabilities_for_transfer"), { outcome: "destination" }],
    ["a closed account", answer(403, "account_invalid"), { outcome: "destination" }],
    ["another 400", answer(400, "parameter_invalid"), { outcome: "refused", reason: "parameter_invalid" }],
    ["402", answer(402, null, "card_error"), { outcome: "refused", reason: "card_error" }],
    ["404", answer(404), { outcome: "refused", reason: "http_404" }],
    ["an idempotency error", answer(400, null, "idempotency_error"), { outcome: "mismatch" }],
    ["401", answer(401), { outcome: "unknown" }],
    ["409", answer(409, "idempotency_key_in_use", "idempotency_error"), { outcome: "unknown" }],
    ["429", answer(429), { outcome: "unknown" }],
    ["nothing", null, { outcome: "unknown" }],
    ["302", answer(302), { outcome: "unknown" }],
    ["500", answer(500), { outcome: "server_error" }],
    ["503", answer(503), { outcome: "server_error" }],
  ])("of %s is understood", (_, given, outcome) => {
    expect(classify(given)).toMatchObject(outcome);
  });
});

describe("an outcome", () => {
  it("done completes the row once", () => {
    const { transaction, announce } = settlePayout(claimed(), { outcome: "done", transfer }, null, at(5));
    expect(transaction).toMatchObject({
      status: "completed",
      completionReason: "transfer",
      completedAt: at(5),
      stripeTransferId: "tr",
      stripeDestinationPaymentId: "py",
      leaseToken: null,
    });
    expect(announce).toEqual([{ type: "payout.processed", net: 600_000 }]);
    expect(completePayout(transaction, transfer, at(9))).toEqual({ transaction, announce: [], alert: null });
  });

  it("refused twice waits 1 and 6 hours, the third time it is final", () => {
    let row = claimed();
    const told: unknown[] = [];
    for (const [retryCount, nextRetryAt, final] of [
      [1, at(HOUR), false],
      [2, at(7 * HOUR), false],
      [3, null, true],
    ] as const) {
      const now = row.nextRetryAt ?? at(0);
      const settled = settlePayout({ ...row, status: "processing" }, { outcome: "refused", reason: "declined" }, null, now);
      expect(settled.transaction).toMatchObject({
        status: "failed",
        retryCount,
        nextRetryAt,
        lastOutcome: "refused",
        failureReason: "declined",
      });
      expect(settled.alert).toBe(final ? "payout_failed" : null);
      told.push(...settled.announce);
      row = settled.transaction;
    }
    expect(told).toEqual(
      [1, 2, 3].map((retryCount) => ({ type: "payout.failed", final: retryCount === 3, retryCount, reason: "declined" })),
    );
    expect(claim(row, at(30 * DAY))).toBeNull();
    const again = retryPayout(row, at(8 * HOUR));
    expect(again).toMatchObject({ status: "failed", retryCount: 2, nextRetryAt: at(8 * HOUR) });
    expect(claim(again, at(8 * HOUR))).toMatchObject({ mustLookUp: true });
  });

  it("about our balance holds, is not counted, and pays after a look-up and a new key", () => {
    const held = settlePayout(claimed(), { outcome: "platform_balance" }, null, NOW);
    expect(held).toMatchObject({
      transaction: { status: "on_hold", holdReasons: ["platform_balance"], retryCount: 0 },
      alert: "platform_balance",
    });
    const free = unholdPayout(held.transaction, "platform_balance", "system");
    expect(free).toMatchObject({ due: true });
    const next = claim(free.transaction, at(60))!;
    expect(next.mustLookUp).toBe(true);
    const sent = afterLookUp(next.transaction, { found: [], blockers: [], connectAccountId: "acct" }, at(60));
    expect(sent).toMatchObject({ next: "send", transaction: { keyVersion: 2, firstSentAt: at(60), lastOutcome: null } });
  });

  it("about the destination depends on the account as it is now", () => {
    const outcome = { outcome: "destination", reason: "account_invalid" } as const;
    expect(settlePayout(claimed(), outcome, false, NOW)).toMatchObject({
      transaction: { status: "on_hold", holdReasons: ["connect_required"], retryCount: 0, lastOutcome: "refused" },
      announce: [{ type: "payout.held" }, { type: "payout.connect_required" }],
    });
    expect(settlePayout(claimed(), outcome, true, NOW).transaction).toMatchObject({ status: "failed", retryCount: 1 });
    expect(settlePayout(claimed(), outcome, null, NOW).transaction).toMatchObject({ status: "processing", retryCount: 0 });
  });

  it("that is our bug stops the row and calls people", () => {
    expect(settlePayout(claimed(), { outcome: "mismatch" }, null, NOW)).toMatchObject({
      transaction: { status: "on_hold", holdReasons: ["request_mismatch"] },
      alert: "request_mismatch",
    });
  });

  it("unknown is no failure: the same key again", () => {
    const row = claimed();
    const { transaction, announce } = settlePayout(row, { outcome: "unknown" }, null, NOW);
    expect(transaction).toEqual({ ...row, lastOutcome: "unknown" });
    expect(announce).toEqual([]);
  });

  it("of a second server error in a row is a stored one", () => {
    const error = { outcome: "server_error" } as const;
    const once = settlePayout(claimed(), error, null, NOW).transaction;
    expect(once).toMatchObject({ status: "processing", lastOutcome: "server_error", retryCount: 0 });
    expect(settlePayout(once, error, null, NOW).transaction.lastOutcome).toBe("server_error_2");
    const between = settlePayout(once, { outcome: "unknown" }, null, NOW).transaction;
    expect(settlePayout(between, error, null, NOW).transaction.lastOutcome).toBe("server_error");
  });

  it("belongs to a row that is being sent", () => {
    expect(() => settlePayout(due(), { outcome: "unknown" }, null, NOW)).toThrow(RangeError);
    expect(() => retryPayout(due(), NOW)).toThrow(expect.objectContaining({ code: "invalid_transition" }));
  });
});

describe("a look-up", () => {
  const looked = (row: PayoutTransaction, more: Partial<Parameters<typeof afterLookUp>[1]> = {}, now = NOW) =>
    afterLookUp(row, { found: [], blockers: [], connectAccountId: "new", ...more }, now);

  it("that finds the transfer completes the row, also when it may not be sent any more", () => {
    expect(looked(claimed(), { found: [transfer], blockers: ["dispute_open"] })).toMatchObject({
      next: "commit",
      transaction: { status: "completed", stripeTransferId: "tr" },
    });
  });

  it.each([
    ["another amount", [{ ...transfer, amount: cents(1) }]],
    ["another account", [{ ...transfer, destination: "other" }]],
    ["two", [transfer, { ...transfer, id: "tr2" }]],
  ])("that finds %s stops the row and calls people", (_, found) => {
    expect(looked(claimed(), { found })).toMatchObject({
      next: "commit",
      alert: "request_mismatch",
      transaction: { status: "on_hold", holdReasons: ["request_mismatch"] },
    });
  });

  it("that finds nothing raises the key, and takes the account anew", () => {
    expect(looked(claimed(), {}, at(60))).toMatchObject({
      next: "send",
      transaction: { keyVersion: 2, firstSentAt: at(60), stripeConnectAccountId: "new", lastOutcome: null },
    });
  });

  it("that finds nothing holds a row that may not be sent, or leaves it to the next claim when only paused", () => {
    const held = looked(claimed(), { blockers: ["dispute_open", "tax_profile_missing", "payouts_paused"] });
    expect(held).toMatchObject({ next: "commit", transaction: { holdReasons: ["tax_profile_missing", "dispute_open"] } });
    const row = claimed();
    expect(looked(row, { blockers: ["payouts_paused"] })).toEqual({ next: "leave", transaction: row });
  });

  it("that finds nothing after seven days gives up: unresolved and final, and a retry looks up first", () => {
    const row = claimed();
    expect(isPastHorizon(row, at(7 * DAY - 1))).toBe(false);
    const after = looked(row, {}, at(7 * DAY));
    expect(after).toMatchObject({
      next: "commit",
      transaction: { status: "failed", failureReason: "unresolved", retryCount: 3, nextRetryAt: null },
      announce: [{ type: "payout.failed", final: true }],
      alert: "payout_failed",
    });
    expect(claim(retryPayout(after.transaction, at(8 * DAY)), at(8 * DAY))?.mustLookUp).toBe(true);
  });
});

describe("a transfer that Stripe shows", () => {
  it("completes a failed row and one on hold", () => {
    const failed = settlePayout(claimed(), { outcome: "refused", reason: "declined" }, null, NOW).transaction;
    expect(completePayout(failed, transfer, NOW).transaction).toMatchObject({ status: "completed", nextRetryAt: null });
    const held = holdPayout(failed, "dispute_open", "system").transaction;
    expect(completePayout(held, transfer, NOW).transaction).toMatchObject({ status: "completed", holdReasons: [] });
  });

  it("is a break where it is a second one, was not asked for, or differs", () => {
    const done = completePayout(claimed(), transfer, NOW).transaction;
    expect(transferBreak(done, transfer)).toBeNull();
    expect(transferBreak(done, { ...transfer, id: "tr2" })).toBe("double_transfer");
    expect(() => completePayout(done, { ...transfer, id: "tr2" }, NOW)).toThrow(expect.objectContaining({ code: "invalid_transition" }));
    expect(transferBreak(due(), transfer)).toBe("unexpected_transfer");
    expect(transferBreak({ ...claimed(), status: "cancelled" }, transfer)).toBe("unexpected_transfer");
    expect(transferBreak(claimed(), { ...transfer, amount: cents(5) })).toBe("transfer_differs");
  });
});
