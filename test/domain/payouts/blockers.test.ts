import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collectionOf, dueDateOf, finalizeInvoice, payInvoice, type PlacementInvoice } from "#domain/invoices/invoice.ts";
import { cents, ZERO } from "#domain/money.ts";
import { BLOCKER_CODES, holdChanges, isOfStatus, payoutBlockers, whyNotPaid, type BlockerFacts } from "#domain/payouts/blockers.ts";
import { claimPayout } from "#domain/payouts/claim.ts";
import { HOLD_REASON_NAMES } from "#domain/payouts/hold-reasons.ts";
import { payeePayout } from "#domain/payouts/payee-view.ts";
import { expectedAt, isSettled, releaseBlockers, type ReleaseInvoice } from "#domain/payouts/release.ts";
import { completePlacement, type PlacementTimeline } from "#domain/placements/placement.ts";
import { payout } from "./payouts.ts";

const at = (text: string) => new Date(text);
const NOW = at("2026-05-31T00:00:00Z");
const PAID: ReleaseInvoice = { status: "paid", dueDate: "2026-04-01", collectibleAt: at("2026-04-04T00:00:00Z") };

const facts = (more: Partial<BlockerFacts> = {}): BlockerFacts => ({
  placement: { state: "completed", startDate: "2026-03-02", guaranteeExpiresAt: NOW },
  invoice: PAID,
  creditedInvoice: null,
  openDispute: false,
  complianceHold: false,
  transaction: payout({ eligibleAt: NOW }),
  payee: { canReceive: true, hasTaxProfile: true, isActive: true, openDebts: ZERO },
  requireTaxProfile: true,
  payoutsEnabled: true,
  ...more,
});

const payee = facts().payee;
const placement = facts().placement;
const codes = (more: Partial<BlockerFacts>, now = NOW) => payoutBlockers(facts(more), now);
const open: ReleaseInvoice = { status: "open", dueDate: "2026-06-10", collectibleAt: null };

describe("what keeps a payout", () => {
  it("is nothing when everything is in place", () => {
    expect(codes({})).toEqual([]);
  });

  it.each<[string, Partial<BlockerFacts>]>([
    ["placement_not_started", { placement: { ...placement, state: "hired" } }],
    ["guarantee_running", { placement: { ...placement, state: "active" } }],
    ["invoice_not_issued", { invoice: null }],
    ["invoice_not_issued", { invoice: { ...open, status: "draft" } }],
    ["invoice_open", { invoice: open }],
    ["invoice_overdue", { invoice: { ...open, dueDate: "2026-05-30" } }],
    ["invoice_uncollectible", { invoice: { ...open, status: "uncollectible" } }],
    ["credited_invoice_open", { creditedInvoice: open }],
    ["credited_invoice_open", { creditedInvoice: { ...PAID, collectibleAt: at("2026-05-31T00:00:01Z") } }],
    ["funds_settling", { invoice: { ...PAID, collectibleAt: at("2026-05-31T00:00:01Z") } }],
    ["funds_settling", { invoice: { ...PAID, collectibleAt: null } }],
    ["dispute_open", { openDispute: true }],
    ["connect_required", { payee: { ...payee, canReceive: false } }],
    ["tax_profile_missing", { payee: { ...payee, hasTaxProfile: false } }],
    ["inactive_at_hire", { transaction: payout({ eligibleAt: NOW, status: "on_hold", holdReasons: ["inactive_at_hire"] }) }],
    ["under_review", { complianceHold: true }],
    ["under_review", { transaction: payout({ eligibleAt: NOW, status: "on_hold", holdReasons: ["policy_hold"] }) }],
    ["netting_pending", { payee: { ...payee, openDebts: cents(1) } }],
    ["payouts_paused", { payoutsEnabled: false }],
    ["platform_balance", { transaction: payout({ eligibleAt: NOW, status: "on_hold", holdReasons: ["platform_balance"] }) }],
    ["awaiting_release", { transaction: payout() }],
  ])("%s", (code, more) => {
    expect(codes(more)).toEqual([code]);
  });

  it("is told in one order, all of it", () => {
    const everything = facts({
      placement: { ...placement, state: "active" },
      invoice: open,
      creditedInvoice: open,
      openDispute: true,
      complianceHold: true,
      payee: { canReceive: false, hasTaxProfile: false, isActive: false, openDebts: cents(1) },
      payoutsEnabled: false,
      transaction: payout({ status: "on_hold", holdReasons: ["inactive_at_hire"] }),
    });
    expect(payoutBlockers(everything, NOW)).toEqual([
      "guarantee_running",
      "invoice_open",
      "credited_invoice_open",
      "dispute_open",
      "connect_required",
      "tax_profile_missing",
      "inactive_at_hire",
      "under_review",
      "netting_pending",
      "payouts_paused",
    ]);
  });

  it("is no missing tax profile while the setting is off, and no debt after the first send", () => {
    expect(codes({ payee: { ...payee, hasTaxProfile: false }, requireTaxProfile: false })).toEqual([]);
    expect(codes({ payee: { ...payee, openDebts: cents(1) }, transaction: payout({ eligibleAt: NOW, firstSentAt: NOW }) })).toEqual([]);
  });

  it("has an overdue invoice from the day after its due date, to the second", () => {
    const dueToday = { invoice: { ...open, dueDate: "2026-05-31" } };
    expect(codes(dueToday, at("2026-05-31T23:59:59Z"))).toEqual(["invoice_open"]);
    expect(codes(dueToday, at("2026-06-01T00:00:00Z"))).toEqual(["invoice_overdue"]);
  });
});

describe("property 14: a pending or due transaction", () => {
  it("has no blocker exactly when it can be claimed", () => {
    const bool = fc.boolean();
    const invoice = fc.constantFrom(PAID, open, null);
    const check = fc.property(bool, bool, bool, bool, bool, bool, invoice, invoice, (a, b, c, d, e, failed, invoice, credited) => {
      const failure = { status: "failed", retryCount: 1, nextRetryAt: NOW, failureReason: "x", firstSentAt: NOW } as const;
      const some = facts({
        invoice,
        creditedInvoice: credited === null ? null : credited,
        openDispute: a,
        payoutsEnabled: b,
        payee: { canReceive: c, hasTaxProfile: true, isActive: true, openDebts: d ? cents(1) : ZERO },
        transaction: payout({ eligibleAt: e ? NOW : null, ...(failed ? failure : {}) }),
      });
      const blockers = payoutBlockers(some, NOW);
      const claim = claimPayout(some.transaction, { now: NOW, leaseToken: "x", connectAccountId: "acct", blockers });
      expect(claim !== null).toBe(blockers.length === 0);
      if (claim) expect([invoice, a, b, c, e]).toEqual([PAID, false, true, true, true]);
    });
    fc.assert(check, { numRuns: 2_000 });
  });
});

describe("why not paid yet", () => {
  const told = (more: Partial<BlockerFacts>, audience: Parameters<typeof whyNotPaid>[1] = "payee") => {
    const why = whyNotPaid(facts(more), audience, NOW);
    return why.closed ?? why.blockers.map(({ code, until, who }) => [code, until?.toISOString().slice(0, 16) ?? null, who]);
  };

  it("tells until when, and who acts", () => {
    expect(told({ placement: { ...placement, state: "hired" }, invoice: null, transaction: payout() })).toEqual([
      ["placement_not_started", "2026-03-02T00:00", null],
      ["invoice_not_issued", null, "platform"],
    ]);
    expect(told({ invoice: open })).toEqual([["invoice_open", "2026-06-10T00:00", "company"]]);
    expect(told({ invoice: { ...PAID, collectibleAt: at("2026-06-17T00:00:00Z") } })).toEqual([
      ["funds_settling", "2026-06-17T00:00", null],
    ]);
    expect(told({})).toEqual([["queued", "2026-05-31T00:01", "platform"]]);
    expect(told({ transaction: payout() })).toEqual([["awaiting_release", "2026-05-31T00:01", "platform"]]);
  });

  it("tells what the status says", () => {
    const failed = { status: "failed", failureReason: "x", eligibleAt: NOW } as const;
    const later = at("2026-05-31T01:00:00Z");
    expect(told({ transaction: payout({ ...failed, retryCount: 1, nextRetryAt: later }) })).toEqual([
      ["retry_scheduled", "2026-05-31T01:00", "platform"],
    ]);
    expect(told({ transaction: payout({ ...failed, retryCount: 1, nextRetryAt: NOW }) })).toEqual([
      ["queued", "2026-05-31T00:01", "platform"],
    ]);
    expect(told({ transaction: payout({ ...failed, retryCount: 3 }) })).toEqual([["failed_final", null, "platform"]]);
    const sending = { status: "processing", leaseToken: "x", leaseUntil: at("2026-05-31T00:05:00Z"), eligibleAt: NOW } as const;
    expect(told({ transaction: payout(sending) })).toEqual([["sending", "2026-05-31T00:05", "platform"]]);
    expect(BLOCKER_CODES.filter(isOfStatus)).toEqual(["retry_scheduled", "sending", "queued", "failed_final"]);
  });

  it("answers for a closed row how it ended", () => {
    const done = { status: "completed", completedAt: NOW } as const;
    expect(told({ transaction: payout({ ...done, completionReason: "transfer" }) })).toBe("transfer");
    expect(told({ transaction: payout({ ...done, completionReason: "zero_amount" }) })).toBe("zero_amount");
    expect(told({ transaction: payout({ ...done, completionReason: "offset_in_full" }) })).toBe("offset_in_full");
    expect(told({ transaction: payout({ status: "cancelled" }) })).toBe("cancelled");
    expect(told({ transaction: payout({ status: "reversed", completionReason: "transfer" }) })).toBe("reversed");
  });

  it("never tells a payee or a company which review it is", () => {
    for (const reason of HOLD_REASON_NAMES) {
      const held = facts({ transaction: payout({ eligibleAt: NOW, status: "on_hold", holdReasons: [reason] }) });
      const internal = ["admin_hold", "fraud_review", "policy_hold", "request_mismatch"].includes(reason);
      for (const audience of ["payee", "company"] as const) {
        expect(JSON.stringify(whyNotPaid(held, audience, NOW)).includes(reason)).toBe(
          !internal && (audience === "payee" || ["dispute_open", "invoice_uncollectible"].includes(reason)),
        );
      }
      expect(JSON.stringify(whyNotPaid(held, "platform_admin", NOW))).toContain(reason);
      expect(JSON.stringify(payeePayout(held, NOW)).includes(reason)).toBe(!internal);
    }
  });

  it("shows a company what holds up its placement, and not the payee's part", () => {
    expect(told({ invoice: open, payee: { ...payee, canReceive: false, openDebts: cents(5) } }, "company")).toEqual([
      ["invoice_open", "2026-06-10T00:00", "company"],
    ]);
  });

  it("shows a payee their row without its machinery", () => {
    const sent = payout({
      eligibleAt: NOW,
      firstSentAt: NOW,
      attempts: 3,
      offsetCents: cents(100),
      netAmount: cents(599_900),
      lastOutcome: "refused",
    });
    expect(payeePayout(facts({ transaction: sent }), NOW)).toEqual({
      id: "transaction",
      placementId: "placement",
      status: "pending",
      amount: "6000.00",
      net: "5999.00",
      holdReason: null,
      why: { closed: null, blockers: [expect.objectContaining({ code: "queued" })] },
      eligibleAt: NOW,
      completedAt: null,
    });
  });
});

describe("the holds of the system", () => {
  it("come with the condition and go with it", () => {
    const gone = payout({ eligibleAt: NOW, status: "on_hold", holdReasons: ["connect_required", "inactive_at_hire", "dispute_open"] });
    expect(holdChanges(facts({ transaction: gone }), NOW)).toEqual({
      add: [],
      remove: ["connect_required", "inactive_at_hire", "dispute_open"],
    });
    const come = facts({ payee: { ...payee, canReceive: false, hasTaxProfile: false }, openDispute: true });
    expect(holdChanges(come, NOW)).toEqual({ add: ["connect_required", "tax_profile_missing", "dispute_open"], remove: [] });
  });

  it("ask the payee for nothing before the release, and never touch what an admin ends", () => {
    const early = facts({ payee: { ...payee, canReceive: false }, transaction: payout() });
    expect(holdChanges(early, NOW).add).toEqual([]);
    const held = payout({ eligibleAt: NOW, status: "on_hold", holdReasons: ["admin_hold", "platform_balance"] });
    expect(holdChanges(facts({ transaction: held }), NOW).remove).toEqual([]);
  });
});

/** The time line of MONEY §21, by the rules that make it. */
describe("22.3.15: the time line", () => {
  const timeline: PlacementTimeline = {
    id: "placement",
    applicationId: "application",
    craId: "cra",
    jobId: "job",
    candidateId: "candidate",
    companyId: "acme",
    state: "active",
    hiredAt: at("2026-02-20T12:00:00Z"),
    startDate: "2026-03-02",
    guaranteeDays: 90,
    guaranteeExpiresAt: at("2026-05-31T00:00:00Z"),
    guaranteeWarnedDays: null,
    completedAt: null,
  };
  const draft: PlacementInvoice = {
    id: "invoice",
    placementId: "placement",
    companyId: "acme",
    status: "draft",
    amountDue: cents(2_000_000),
    amountPaid: ZERO,
    creditedCents: ZERO,
    creditApplied: ZERO,
    collectionMethod: "send_invoice",
    billingTerms: "net_30",
    dueDate: null,
    collectibleAt: null,
    finalizedAt: null,
    paidAt: null,
    voidedAt: null,
  };
  const finalized = finalizeInvoice(draft, collectionOf("net_30", true), null, at("2026-03-02T00:00:00Z")).invoice;
  const paid = (paidAt: string) => {
    const payment = { gross: cents(2_000_000), paidAt: at(paidAt), availableOn: null };
    return payInvoice(finalized, payment, [payment], false).invoice;
  };
  const waitsFor = (invoice: PlacementInvoice, now: string) => {
    const done = completePlacement(timeline, at(now))?.placement ?? timeline;
    return releaseBlockers({ placement: done, invoice, creditedInvoice: null, openDispute: false, complianceHold: false }, at(now));
  };

  it("is due on 1 April and settled on 4 April", () => {
    expect(finalized.dueDate).toBe("2026-04-01");
    expect(dueDateOf(at("2026-03-02T23:59:59Z"), collectionOf("net_30", true))).toBe("2026-04-01");
    expect(paid("2026-03-28T00:00:00Z").collectibleAt).toEqual(at("2026-04-04T00:00:00Z"));
    expect(isSettled(paid("2026-03-28T00:00:00Z"), at("2026-04-03T23:59:59Z"))).toBe(false);
    expect(isSettled(paid("2026-03-28T00:00:00Z"), at("2026-04-04T00:00:00Z"))).toBe(true);
  });

  it("releases on 31 May, to the second", () => {
    expect(waitsFor(paid("2026-03-28T00:00:00Z"), "2026-05-30T23:59:59Z")).toEqual(["guarantee_running"]);
    expect(waitsFor(paid("2026-03-28T00:00:00Z"), "2026-05-31T00:00:00Z")).toEqual([]);
  });

  it("paid on 10 June waits overdue, and is payable from 17 June", () => {
    expect(waitsFor(finalized, "2026-05-31T00:00:00Z")).toEqual(["invoice_overdue"]);
    expect(waitsFor(finalized, "2026-06-09T23:59:59Z")).toEqual(["invoice_overdue"]);
    expect(waitsFor(paid("2026-06-10T00:00:00Z"), "2026-06-10T00:00:00Z")).toEqual(["funds_settling"]);
    expect(waitsFor(paid("2026-06-10T00:00:00Z"), "2026-06-16T23:59:59Z")).toEqual(["funds_settling"]);
    expect(waitsFor(paid("2026-06-10T00:00:00Z"), "2026-06-17T00:00:00Z")).toEqual([]);
  });

  it("is expected when the later of guarantee and funds is over", () => {
    expect(expectedAt(timeline.guaranteeExpiresAt, finalized)).toEqual(at("2026-05-31T00:00:00Z"));
    expect(expectedAt(timeline.guaranteeExpiresAt, { ...finalized, dueDate: "2026-06-01" })).toEqual(at("2026-06-08T00:00:00Z"));
    expect(expectedAt(timeline.guaranteeExpiresAt, paid("2026-06-10T00:00:00Z"))).toEqual(at("2026-06-17T00:00:00Z"));
    expect(expectedAt(timeline.guaranteeExpiresAt, null)).toBeNull();
  });
});
