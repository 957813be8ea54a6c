import { describe, expect, it } from "vitest";
import { OPENING_TERMS, placementFee, type FeeBasis, type RoleFee } from "#domain/commission/fee.ts";
import type { Contract } from "#domain/commission/contract.ts";
import { creditLeft, endCredit, fallOff, giveBack, takeCredit, type PlacementCredit } from "#domain/invoices/fall-off.ts";
import {
  amountDue,
  collectibleAt,
  collectionOf,
  creditInvoice,
  draftInvoice,
  dueDateOf,
  finalizeInvoice,
  INVOICE_STATUSES,
  INVOICE_TRANSITIONS,
  invoiceLines,
  markUncollectible,
  openPart,
  payInvoice,
  remindOfInvoice,
  voidInvoice,
  type BillingTerms,
  type InvoicePayment,
  type PlacementInvoice,
} from "#domain/invoices/invoice.ts";
import { basisPoints, cents, toDecimal, ZERO, type Cents } from "#domain/money.ts";
import { contract, money } from "../commission/hires.ts";

const at = (text: string) => new Date(text);
const NOW = at("2026-03-02T00:00:00Z");

const feeOf = (salary: string, more: { role?: Partial<RoleFee>; contract?: Contract; bulk?: Cents } = {}): FeeBasis =>
  placementFee({
    salary: money(salary),
    role: { fee_bp: null, premium_type: [], ...more.role },
    terms: OPENING_TERMS,
    contract: more.contract ? { contract: more.contract, hireNumber: null } : null,
    volume: { amount: more.bulk ?? ZERO, closers: more.bulk ? ["r"] : [] },
    incentive: ZERO,
  });

const draft = (fee: FeeBasis, more: { creditApplied?: Cents; terms?: BillingTerms; id?: string } = {}): PlacementInvoice =>
  draftInvoice({
    id: more.id ?? "invoice",
    placementId: "placement",
    companyId: "acme",
    fee,
    creditApplied: more.creditApplied ?? ZERO,
    terms: more.terms ?? "net_30",
    hasPaymentMethod: true,
  })!;

const open = (salary = "100000", id = "invoice"): PlacementInvoice =>
  finalizeInvoice(draft(feeOf(salary), { id }), collectionOf("net_30", true), null, NOW).invoice;

const pay = (
  invoice: PlacementInvoice,
  amount: string,
  more: Partial<InvoicePayment> = {},
  earlier: InvoicePayment[] = [],
  failed = false,
) => {
  const payment: InvoicePayment = { gross: money(amount), paidAt: at("2026-03-28T00:00:00Z"), availableOn: null, ...more };
  return payInvoice(invoice, payment, [...earlier, payment], failed);
};

const paid = (salary = "100000") => pay(open(salary), toDecimal(open(salary).amountDue)).invoice;

describe("the lines of an invoice", () => {
  it.each<[string, FeeBasis, Cents, readonly string[]]>([
    ["example 1", feeOf("100000"), ZERO, ["fee 20000.00"]],
    [
      "a contract with a discount",
      feeOf("135500", { contract: contract({ fee_bp: basisPoints(1800), discount_bp: basisPoints(1000) }) }),
      ZERO,
      ["fee 24390.00", "discount -2439.00"],
    ],
    [
      "urgent and niche",
      feeOf("100000", { role: { premium_type: ["urgent", "niche"] } }),
      ZERO,
      ["fee 20000.00", "premium_uplift 5000.00"],
    ],
    ["a bulk bonus", feeOf("100000", { bulk: money("10000.01") }), ZERO, ["fee 20000.00", "bulk_bonus 10000.01"]],
    ["a replacement", feeOf("110000"), money("20000"), ["fee 22000.00", "credit_applied -20000.00"]],
    ["a replacement that costs less", feeOf("90000"), money("18000"), ["fee 18000.00", "credit_applied -18000.00"]],
  ])("of %s add up to the amount due", (_, fee, credit, told) => {
    const lines = invoiceLines(fee, credit);
    expect(lines.map(({ kind, amount }) => `${kind} ${toDecimal(amount)}`)).toEqual(told);
    expect(amountDue(lines)).toBe(fee.total_cents - credit);
  });

  it("never take off more than there is", () => {
    expect(() => invoiceLines(feeOf("90000"), money("18000.01"))).toThrow(RangeError);
  });
});

describe("the terms", () => {
  it.each<[BillingTerms, boolean, string, number | null, string]>([
    ["immediate", true, "charge_automatically", null, "2026-03-02"],
    ["immediate", false, "send_invoice", 7, "2026-03-09"],
    ["net_30", true, "send_invoice", 30, "2026-04-01"],
    ["net_60", false, "send_invoice", 60, "2026-05-01"],
    ["net_90", true, "send_invoice", 90, "2026-05-31"],
  ])("%s, with a payment method %s: %s", (terms, hasPaymentMethod, method, daysUntilDue, dueDate) => {
    const collection = collectionOf(terms, hasPaymentMethod);
    expect(collection).toEqual({ method, daysUntilDue });
    expect(dueDateOf(NOW, collection)).toBe(dueDate);
  });
});

describe("an invoice", () => {
  it("goes through its states and no others", () => {
    expect(INVOICE_TRANSITIONS).toEqual({
      draft: ["open", "paid", "void"],
      open: ["paid", "void", "uncollectible"],
      uncollectible: ["paid"],
      paid: [],
      void: [],
    });
    for (const invoiceStatus of INVOICE_STATUSES) {
      const invoice = { ...open(), status: invoiceStatus };
      const refused = expect.objectContaining({ code: "invalid_transition" });
      if (invoiceStatus !== "draft") expect(() => finalizeInvoice(invoice, collectionOf("net_30", true), null, NOW)).toThrow(refused);
      if (invoiceStatus !== "open") expect(() => markUncollectible(invoice, false)).toThrow(refused);
      if (!["draft", "open"].includes(invoiceStatus)) expect(() => voidInvoice(invoice, NOW)).toThrow(refused);
    }
  });

  it("is not made for nothing", () => {
    const nothing = feeOf("100000", { contract: contract({ flat_fee_cents: ZERO }) });
    const input = {
      id: "i",
      placementId: "p",
      companyId: "c",
      fee: nothing,
      creditApplied: ZERO,
      terms: "net_30" as const,
      hasPaymentMethod: true,
    };
    expect(draftInvoice(input)).toBeNull();
  });

  it("with nothing due is paid at once, and collectible as the invoice whose credit was used", () => {
    const covered = draft(feeOf("90000"), { creditApplied: money("18000") });
    const settled = at("2026-04-04T00:00:00Z");
    expect(finalizeInvoice(covered, collectionOf("net_30", true), settled, NOW)).toMatchObject({
      invoice: { status: "paid", paidAt: NOW, collectibleAt: settled },
      announce: [{ type: "invoice.finalized" }, { type: "invoice.paid" }],
    });
    expect(finalizeInvoice(covered, collectionOf("net_30", true), null, NOW).invoice.collectibleAt).toBeNull();
  });

  it("is paid when nothing is left, and settles with the latest of its payments", () => {
    const first = pay(open(), "5000", { availableOn: at("2026-06-01T00:00:00Z") });
    expect(first).toMatchObject({ invoice: { status: "open", amountPaid: 500_000, collectibleAt: null }, announce: [], applied: 500_000 });
    const earlier = [{ gross: money("5000"), paidAt: NOW, availableOn: at("2026-06-01T00:00:00Z") }];
    const second = pay(first.invoice, "15000", {}, earlier);
    expect(second).toMatchObject({
      invoice: { status: "paid", collectibleAt: at("2026-06-01T00:00:00Z") },
      announce: [{ type: "invoice.paid" }],
    });
    expect(pay(first.invoice, "14999.99").invoice.status).toBe("open");
  });

  it("settles seven days after a payment of which Stripe says nothing", () => {
    const paidAt = at("2026-03-28T10:00:00Z");
    expect(collectibleAt([{ gross: cents(1), paidAt, availableOn: null }])).toEqual(at("2026-04-04T10:00:00Z"));
    expect(() => collectibleAt([])).toThrow(RangeError);
  });

  it("gives back what is too much, also when it is paid or void", () => {
    expect(pay(open(), "20000.01")).toMatchObject({ invoice: { status: "paid", amountPaid: 2_000_000 }, overpaid: 1 });
    expect(pay(paid(), "5")).toMatchObject({ applied: 0, overpaid: 500, announce: [] });
    expect(pay(voidInvoice(open(), NOW).invoice, "5")).toMatchObject({ applied: 0, overpaid: 500 });
  });

  it("that was given up revives by what is paid, unless its placement fell off", () => {
    const givenUp = markUncollectible(pay(open(), "5000").invoice, false).invoice;
    expect(givenUp.status).toBe("uncollectible");
    expect(pay(givenUp, "1000")).toMatchObject({ invoice: { status: "uncollectible" }, applied: 100_000, revived: 100_000 });
    expect(pay(givenUp, "15000")).toMatchObject({ invoice: { status: "paid" }, revived: 1_500_000 });
    expect(pay(givenUp, "15000", {}, [], true)).toMatchObject({ applied: 0, revived: 0, overpaid: 1_500_000 });
    expect(() => markUncollectible(open(), true)).toThrow(expect.objectContaining({ members: { reason: "placement_failed" } }));
  });

  it("is void when nothing was paid, and credit-noted otherwise", () => {
    expect(creditInvoice(open(), money("20000"), [], NOW)).toMatchObject({
      operation: "invoice_void",
      invoice: { status: "void", voidedAt: NOW },
    });
    expect(creditInvoice(open(), money("2000"), [], NOW)).toMatchObject({
      operation: "credit_note",
      invoice: { status: "open", creditedCents: 200_000 },
    });
    const partly = pay(open(), "5000").invoice;
    const payments = [{ gross: money("5000"), paidAt: NOW, availableOn: null }];
    expect(creditInvoice(partly, money("15000"), payments, NOW)).toMatchObject({
      operation: "credit_note",
      invoice: { status: "paid", collectibleAt: at("2026-03-09T00:00:00Z") },
    });
    expect(openPart(creditInvoice(partly, money("14000"), payments, NOW).invoice)).toBe(100_000);
    expect(() => creditInvoice(partly, money("15000.01"), payments, NOW)).toThrow(RangeError);
    expect(() => voidInvoice(partly, NOW)).toThrow(expect.objectContaining({ members: { reason: "partly_paid" } }));
  });

  it("is reminded of on its due date and 7, 14 and 30 days later, each once", () => {
    let reminded: number | null = null;
    const given: [string, number][] = [];
    for (let day = at("2026-03-20T00:00:00Z"); day < at("2026-06-01T00:00:00Z"); day = new Date(day.getTime() + 21_600_000)) {
      const reminder: ReturnType<typeof remindOfInvoice> = remindOfInvoice(open(), reminded, false, day);
      if (!reminder) continue;
      reminded = reminder.daysOverdue;
      given.push([day.toISOString(), reminded]);
    }
    expect(given).toEqual([
      ["2026-04-01T00:00:00.000Z", 0],
      ["2026-04-08T00:00:00.000Z", 7],
      ["2026-04-15T00:00:00.000Z", 14],
      ["2026-05-01T00:00:00.000Z", 30],
    ]);
    expect(remindOfInvoice(open(), null, false, at("2026-04-20T00:00:00Z"))?.daysOverdue).toBe(14);
    expect(remindOfInvoice(open(), null, false, at("2026-03-31T23:59:59Z"))).toBeNull();
    expect(remindOfInvoice(paid(), null, false, at("2026-04-20T00:00:00Z"))).toBeNull();
    expect(remindOfInvoice(open(), null, true, at("2026-04-20T00:00:00Z"))).toBeNull();
  });
});

describe("a fall-off", () => {
  const FAILED = at("2026-04-11T12:00:00Z");
  const fall = (more: Partial<Parameters<typeof fallOff>[0]>) =>
    fallOff(
      {
        creditId: "credit",
        placementId: "placement",
        companyId: "acme",
        jobId: "job",
        invoice: null,
        escrow: ZERO,
        credited: null,
        ...more,
      },
      FAILED,
    );
  const creditOf = (amount: string): PlacementCredit => {
    const effect = fall({ invoice: paid(), escrow: money(amount) });
    if (effect.effect !== "credit" || !effect.credit) throw new Error("no credit");
    return effect.credit;
  };
  const replacement = (salary: string) => ({ placementId: "replacement", jobId: "job", fee: feeOf(salary).total_cents });

  it("without an invoice, or with a draft, gives no credit", () => {
    expect(fall({})).toEqual({ effect: "voided", draftInvoiceId: null });
    expect(fall({ invoice: draft(feeOf("100000")) })).toEqual({ effect: "voided", draftInvoiceId: "invoice" });
  });

  it.each([
    ["open", open()],
    ["paid", paid()],
  ])("of an invoice that is %s gives a credit over all the escrow holds, for 60 days", (_, invoice) => {
    expect(fall({ invoice, escrow: money("20000") })).toMatchObject({
      effect: "credit",
      credit: { amount: 2_000_000, status: "open", jobId: "job", expiresAt: at("2026-06-10T12:00:00Z") },
    });
    expect(fall({ invoice, escrow: ZERO })).toEqual({ effect: "credit", credit: null });
  });

  it("is replaced at $110,000 for 2,000.00, and at $90,000 for nothing with 2,000.00 back", () => {
    expect(takeCredit(creditOf("20000"), replacement("110000"), FAILED)).toMatchObject({
      credit: { status: "used", usedCents: 2_000_000, replacementPlacementId: "replacement" },
      applied: 2_000_000,
      amountDue: 200_000,
      surplus: 0,
    });
    expect(takeCredit(creditOf("20000"), replacement("90000"), FAILED)).toMatchObject({
      applied: 1_800_000,
      amountDue: 0,
      surplus: 200_000,
    });
  });

  it("has its credit for 60 days and one role, to the second", () => {
    const last = at("2026-06-10T11:59:59Z");
    const over = at("2026-06-10T12:00:00Z");
    const credit = creditOf("20000");
    expect(takeCredit(credit, replacement("110000"), last).applied).toBe(2_000_000);
    expect(() => takeCredit(credit, replacement("110000"), over)).toThrow(
      expect.objectContaining({ members: { reason: "credit_expired" } }),
    );
    expect(() => takeCredit(credit, { ...replacement("110000"), jobId: "other" }, last)).toThrow(
      expect.objectContaining({ members: { reason: "credit_of_another_role" } }),
    );
    expect(endCredit(credit, [paid()], last)).toBeNull();
    expect(endCredit(credit, [paid()], over)).toMatchObject({
      credit: { status: "refunded" },
      givenBack: { offInvoices: [], refund: 2_000_000 },
    });
    expect(endCredit(credit, [open()], over)).toMatchObject({
      credit: { status: "voided" },
      givenBack: { offInvoices: [{ invoiceId: "invoice", amount: 2_000_000 }], refund: 0 },
    });
    const partly = pay(open(), "5000").invoice;
    expect(endCredit(credit, [partly], over)?.givenBack).toEqual({
      offInvoices: [{ invoiceId: "invoice", amount: 1_500_000 }],
      refund: 500_000,
    });
    const used = takeCredit(credit, replacement("110000"), last).credit;
    expect(endCredit(used, [paid()], over)).toBeNull();
    expect(creditLeft(used)).toBe(0);
  });

  it("of a replacement gives everything back: open parts void, paid parts refunded, no second credit", () => {
    const own = open("110000", "own");
    const due = { ...own, amountDue: money("2000"), creditApplied: money("20000") };
    expect(fall({ invoice: due, escrow: money("22000"), credited: { invoice: paid(), unposted: ZERO } })).toEqual({
      effect: "given_back",
      givenBack: { offInvoices: [{ invoiceId: "own", amount: 200_000 }], refund: 2_000_000 },
    });
    expect(fall({ invoice: null, escrow: ZERO, credited: { invoice: open(), unposted: money("20000") } })).toEqual({
      effect: "given_back",
      givenBack: { offInvoices: [{ invoiceId: "invoice", amount: 2_000_000 }], refund: 0 },
    });
  });

  it("gives back off the latest invoice first", () => {
    expect(giveBack(money("25000"), [open("100000", "old"), open("100000", "new")])).toEqual({
      offInvoices: [
        { invoiceId: "new", amount: 2_000_000 },
        { invoiceId: "old", amount: 500_000 },
      ],
      refund: 0,
    });
  });
});
