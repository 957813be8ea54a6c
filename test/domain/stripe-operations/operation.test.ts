import type { Outcome } from "#domain/payouts/outcome.ts";
import { failedAs, operationKey, settleOperation, type StripeOperation } from "#domain/stripe-operations/operation.ts";
import { describe, expect, it } from "vitest";

const NOW = new Date("2027-03-01T12:00:00Z");
const inHours = (hours: number): Date => new Date(NOW.getTime() + hours * 3_600_000);

const operation = (given: Partial<StripeOperation> = {}): StripeOperation => ({
  id: "o1",
  status: "processing",
  keyVersion: 1,
  firstSentAt: NOW,
  lastOutcome: null,
  leaseToken: "lease",
  leaseUntil: inHours(1),
  processingStartedAt: NOW,
  retryCount: 0,
  nextAttemptAt: NOW,
  stripeObjectId: null,
  failureReason: null,
  ...given,
});

const settled = (outcome: Exclude<Outcome, { outcome: "done" }>, given: Partial<StripeOperation> = {}, once = false) =>
  settleOperation(operation(given), outcome, once, NOW);

describe("an operation's key", () => {
  it("names the operation, the version and the step", () => {
    expect(operationKey({ id: "o1", keyVersion: 2 })).toBe("op_o1_2");
    expect(operationKey({ id: "o1", keyVersion: 2 }, "item_0")).toBe("op_o1_2_item_0");
  });
});

describe("the outcome of a call", () => {
  it("stays with the lease when nothing is known", () => {
    expect(settled({ outcome: "unknown" })).toEqual({ fields: { lastOutcome: "unknown" }, final: false });
    expect(settled({ outcome: "server_error" })).toEqual({ fields: { lastOutcome: "server_error" }, final: false });
    expect(settled({ outcome: "server_error" }, { lastOutcome: "server_error" }).fields).toEqual({ lastOutcome: "server_error_2" });
  });

  it("is tried again 1 and 6 hours after a refusal, and the third is final", () => {
    const refused = { outcome: "refused", reason: "parameter_invalid" } as const;
    expect([0, 1, 2].map((retryCount) => settled(refused, { retryCount }))).toMatchObject([
      { fields: { status: "pending", retryCount: 1, nextAttemptAt: inHours(1), lastOutcome: "refused", leaseToken: null }, final: false },
      { fields: { status: "pending", retryCount: 2, nextAttemptAt: inHours(6) }, final: false },
      { fields: { status: "failed", retryCount: 3, failureReason: "parameter_invalid", leaseToken: null }, final: true },
    ]);
  });

  it("counts the account like any refusal, and a balance that is too small not at all", () => {
    expect(settled({ outcome: "destination", reason: "account_closed" }).fields).toMatchObject({ status: "pending", retryCount: 1 });
    expect(settled({ outcome: "platform_balance" }, { retryCount: 1 })).toMatchObject({
      fields: { status: "pending", retryCount: 1, failureReason: "balance_insufficient" },
      final: false,
    });
  });

  it("is final at once where a refusal goes another way, and where a key had another request", () => {
    expect(settled({ outcome: "platform_balance" }, {}, true)).toMatchObject({ fields: { status: "failed" }, final: true });
    expect(settled({ outcome: "refused", reason: "any" }, {}, true)).toMatchObject({ fields: { status: "failed" }, final: true });
    expect(settled({ outcome: "mismatch" })).toMatchObject({
      fields: { status: "failed", failureReason: "request_mismatch" },
      final: true,
    });
    expect(failedAs("unresolved")).toMatchObject({ fields: { status: "failed", retryCount: 3, failureReason: "unresolved" }, final: true });
  });
});
