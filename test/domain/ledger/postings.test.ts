import { describe, expect, it } from "vitest";
import { accountOf, naturalBalance } from "#domain/ledger/accounts.ts";
import { balanceOf, EMPTY_BOOKS, FloorBroken, postTo, trialBalance } from "#domain/ledger/books.ts";
import {
  amountOn,
  checkPosting,
  credit,
  debit,
  entriesText,
  post,
  takeBack,
  type Entry,
  type Posting,
  type PostingKind,
} from "#domain/ledger/posting.ts";
import {
  cancelPosting,
  clawbackPosting,
  creditEndPosting,
  disputePosting,
  falloffPosting,
  invoicePosting,
  nettingPosting,
  paymentPosting,
  payoutPosting,
  refundPosting,
  releasePosting,
  reversalPosting,
  slaPosting,
  subscriptionPosting,
  sweepPosting,
  topupPosting,
  uncollectiblePosting,
  writeoffPosting,
} from "#domain/ledger/postings.ts";
import { cents, toDecimal, ZERO } from "#domain/money.ts";
import { money } from "../commission/hires.ts";

const stripe = (id: string) => ({ through: "stripe" as const, balanceTransactionId: id });
const told = ({ key, entries }: Posting) => [key, ...entries.map(({ account, amount }) => `${account} ${toDecimal(amount)}`)];

/** One line per line of the table in MONEY §13. Entries in the order of account codes. */
const TABLE: readonly [string, Posting | null, readonly string[]][] = [
  [
    "invoice with a credit",
    invoicePosting({ invoiceId: "i", placementId: "p", companyId: "c", due: money("2000"), creditApplied: money("20000") }),
    ["invoice:i", "credit:c 20000.00", "escrow:p -22000.00", "receivable:c 2000.00"],
  ],
  [
    "invoice without one",
    invoicePosting({ invoiceId: "i", placementId: "p", companyId: "c", due: money("20000"), creditApplied: ZERO }),
    ["invoice:i", "escrow:p -20000.00", "receivable:c 20000.00"],
  ],
  [
    "payment by Stripe",
    paymentPosting({
      paymentId: "y",
      companyId: "c",
      open: money("20000"),
      money: { ...stripe("txn"), gross: money("20000"), fee: money("580.30") },
    }).posting,
    ["paid:y", "receivable:c -20000.00", "stripe_balance 19419.70", "stripe_fees 580.30"],
  ],
  [
    "payment by bank, and too much",
    paymentPosting({ paymentId: "y", companyId: "c", open: money("150"), money: { through: "bank", gross: money("200") } }).posting,
    ["paid:y", "bank 200.00", "receivable:c -150.00", "refund_due:c -50.00"],
  ],
  [
    "fall-off",
    falloffPosting({ placementId: "p", companyId: "c", escrow: money("20000"), open: null }),
    ["falloff:p", "credit:c -20000.00", "escrow:p 20000.00"],
  ],
  [
    "fall-off of a replacement",
    falloffPosting({ placementId: "p", companyId: "c", escrow: money("22000"), open: money("2000") }),
    ["falloff:p", "escrow:p 22000.00", "receivable:c -2000.00", "refund_due:c -20000.00"],
  ],
  ["fall-off of nothing", falloffPosting({ placementId: "p", companyId: "c", escrow: ZERO, open: null }), []],
  [
    "surplus of a credit",
    creditEndPosting({ creditId: "k", part: 1, companyId: "c", left: money("2000"), open: ZERO }),
    ["credit_end:k", "credit:c 2000.00", "refund_due:c -2000.00"],
  ],
  [
    "rest of the same credit",
    creditEndPosting({ creditId: "k", part: 2, companyId: "c", left: money("18000"), open: money("18000") }),
    ["credit_end:k:2", "credit:c 18000.00", "receivable:c -18000.00"],
  ],
  [
    "release: a recruiter with two roles has one entry",
    releasePosting({
      placementId: "p",
      escrow: money("20000"),
      payables: [
        { recruiterId: "r", net: money("6000") },
        { recruiterId: "s", net: money("3000") },
        { recruiterId: "r", net: money("1600") },
        { recruiterId: "t", net: ZERO },
      ],
    }),
    ["release:p", "escrow:p 20000.00", "payable:r -7600.00", "payable:s -3000.00", "platform_revenue -9400.00"],
  ],
  [
    "payout",
    payoutPosting({ transactionId: "t", recruiterId: "r", net: money("700"), balanceTransactionId: "txn" }),
    ["payout:t", "payable:r 700.00", "stripe_balance -700.00"],
  ],
  [
    "netting",
    nettingPosting({ transactionId: "t", debtId: "d", recruiterId: "r", amount: money("200") }),
    ["netting:t:d", "debt:r -200.00", "payable:r 200.00"],
  ],
  [
    "clawback before release",
    clawbackPosting({
      clawbackId: "b",
      companyId: "c",
      stage: "before_release",
      placementId: "p",
      amount: money("5000"),
      open: money("1000"),
    }),
    ["clawback:b", "escrow:p 5000.00", "receivable:c -1000.00", "refund_due:c -4000.00"],
  ],
  [
    "lost chargeback before release",
    clawbackPosting({ clawbackId: "b", companyId: "c", stage: "before_release", placementId: "p", amount: money("5000"), open: null }),
    ["clawback:b", "disputed:c -5000.00", "escrow:p 5000.00"],
  ],
  [
    "clawback after release",
    clawbackPosting({
      clawbackId: "b",
      companyId: "c",
      stage: "after_release",
      to: "refund_due",
      platform: money("1200"),
      parts: [
        { recruiterId: "r", unpaid: money("1000"), paid: money("500") },
        { recruiterId: "s", unpaid: ZERO, paid: money("2300") },
      ],
    }),
    ["clawback:b", "debt:r 500.00", "debt:s 2300.00", "payable:r 1000.00", "platform_revenue 1200.00", "refund_due:c -5000.00"],
  ],
  [
    "lost chargeback after release",
    clawbackPosting({ clawbackId: "b", companyId: "c", stage: "after_release", to: "disputed", platform: money("12"), parts: [] }),
    ["clawback:b", "disputed:c -12.00", "platform_revenue 12.00"],
  ],
  [
    "lost chargeback after a failure",
    clawbackPosting({ clawbackId: "b", companyId: "c", stage: "after_failure", amount: money("100"), credit: money("60") }),
    ["clawback:b", "bad_debt 40.00", "credit:c 60.00", "disputed:c -100.00"],
  ],
  [
    "reversal",
    reversalPosting({ operationId: "o", recruiterId: "r", amount: money("500"), balanceTransactionId: "txn" }),
    ["reversal:o", "debt:r -500.00", "stripe_balance 500.00"],
  ],
  [
    "refund",
    refundPosting({ operationId: "o", part: 1, companyId: "c", amount: money("2000"), money: stripe("txn") }),
    ["refund:o", "refund_due:c 2000.00", "stripe_balance -2000.00"],
  ],
  [
    "second refund of an operation",
    refundPosting({ operationId: "o", part: 2, companyId: "c", amount: money("5"), money: { through: "bank" } }),
    ["refund:o:2", "bank -5.00", "refund_due:c 5.00"],
  ],
  [
    "dispute",
    disputePosting({
      disputeId: "d",
      movement: 1,
      companyId: "c",
      direction: "withdrawn",
      amount: money("100"),
      fee: money("15"),
      balanceTransactionId: "txn",
    }),
    ["dispute:d:1", "disputed:c 100.00", "stripe_balance -115.00", "stripe_fees 15.00"],
  ],
  [
    "dispute won",
    disputePosting({
      disputeId: "d",
      movement: 2,
      companyId: "c",
      direction: "reinstated",
      amount: money("100"),
      fee: ZERO,
      balanceTransactionId: "txn",
    }),
    ["dispute:d:2", "disputed:c -100.00", "stripe_balance 100.00"],
  ],
  [
    "uncollectible",
    uncollectiblePosting({ invoiceId: "i", movement: 1, placementId: "p", companyId: "c", direction: "marked", amount: money("9") }),
    ["uncollectible:i:1", "escrow:p 9.00", "receivable:c -9.00"],
  ],
  [
    "revived",
    uncollectiblePosting({ invoiceId: "i", movement: 2, placementId: "p", companyId: "c", direction: "revived", amount: money("9") }),
    ["uncollectible:i:2", "escrow:p -9.00", "receivable:c 9.00"],
  ],
  [
    "cancel",
    cancelPosting({ transactionId: "t", recruiterId: "r", net: money("6000") }),
    ["cancel:t", "payable:r 6000.00", "platform_revenue -6000.00"],
  ],
  ["write-off", writeoffPosting({ debtId: "d", recruiterId: "r", amount: money("7") }), ["writeoff:d", "bad_debt 7.00", "debt:r -7.00"]],
  [
    "subscription",
    subscriptionPosting({
      stripeInvoiceId: "in",
      money: { through: "stripe", gross: money("199"), fee: money("6.07"), balanceTransactionId: "txn" },
      serviceCredit: { companyId: "c", amount: money("50") },
    }),
    ["subscription:in", "service_credit:c 50.00", "stripe_balance 192.93", "stripe_fees 6.07", "subscription_revenue -249.00"],
  ],
  [
    "subscription covered by a service credit",
    subscriptionPosting({
      stripeInvoiceId: "in",
      money: null,
      serviceCredit: { companyId: "c", amount: money("50") },
    }),
    ["subscription:in", "service_credit:c 50.00", "subscription_revenue -50.00"],
  ],
  [
    "subscription paid past Stripe",
    subscriptionPosting({ stripeInvoiceId: "in", money: { through: "bank", gross: money("99") }, serviceCredit: null }),
    ["subscription:in", "bank 99.00", "subscription_revenue -99.00"],
  ],
  [
    "SLA",
    slaPosting({ creditId: "s", companyId: "c", amount: money("50") }),
    ["sla:s", "service_credit:c -50.00", "service_credits 50.00"],
  ],
  [
    "sweep",
    sweepPosting({ payoutId: "po", amount: money("5"), balanceTransactionId: "txn" }),
    ["sweep:po", "bank 5.00", "stripe_balance -5.00"],
  ],
  [
    "top-up",
    topupPosting({ topupId: "tu", amount: money("5"), balanceTransactionId: "txn" }),
    ["topup:tu", "bank -5.00", "stripe_balance 5.00"],
  ],
];

describe("the postings of MONEY §13", () => {
  it.each(TABLE)("%s", (_, posting, lines) => {
    expect(posting ? told(posting) : []).toEqual(lines);
  });

  it("tell what of a payment was too much", () => {
    const bank = { through: "bank" as const, gross: money("200") };
    expect(paymentPosting({ paymentId: "y", companyId: "c", open: money("150"), money: bank }).overpaid).toBe(5000);
    expect(paymentPosting({ paymentId: "y", companyId: "c", open: ZERO, money: bank }).overpaid).toBe(20000);
    expect(paymentPosting({ paymentId: "y", companyId: "c", open: money("200"), money: bank }).overpaid).toBe(0);
  });

  it("refuse parts that do not fit their whole", () => {
    const payables = [{ recruiterId: "r", net: money("200.01") }];
    expect(() => releasePosting({ placementId: "p", escrow: money("200"), payables })).toThrow(RangeError);
    expect(() => falloffPosting({ placementId: "p", companyId: "c", escrow: money("1"), open: money("2") })).toThrow(RangeError);
    expect(() => writeoffPosting({ debtId: "d", recruiterId: "r", amount: money("-7") })).toThrow(RangeError);
  });

  it("ask for the balance transaction where the Stripe balance moves", () => {
    expect(() => post("topup", "topup:t", [debit("stripe_balance", money("1")), credit("bank", money("1"))])).toThrow(
      "balance transaction",
    );
  });
});

describe("a posting", () => {
  const good: readonly Entry[] = [debit("bank", cents(5)), credit("escrow:p", cents(5))];
  const bad: readonly [string, PostingKind, string, readonly Entry[]][] = [
    ["is off balance", "sla", "sla:s", [debit("bank", cents(5)), credit("escrow:p", cents(4))]],
    ["has one entry", "sla", "sla:s", [debit("bank", cents(5))]],
    ["has none", "sla", "sla:s", []],
    ["names an account twice", "sla", "sla:s", [debit("bank", cents(5)), debit("bank", cents(5)), credit("escrow:p", cents(10))]],
    ["is out of order", "sla", "sla:s", good.toReversed()],
    ["has an entry of zero", "sla", "sla:s", [debit("bad_debt", ZERO), ...good]],
    ["has the key of another kind", "payout", "sla:s", good],
    ["has half a key", "sla", "sla:", good],
    ["moves Stripe without a balance transaction", "sla", "sla:s", [debit("bank", cents(5)), credit("stripe_balance", cents(5))]],
    ["gives another account one", "sla", "sla:s", [debit("bank", cents(5), "txn"), credit("escrow:p", cents(5))]],
    ["names an account there is not", "sla", "sla:s", [debit("bank", cents(5)), credit("escrow" as "bank", cents(5))]],
    ["names an owner of an account without", "sla", "sla:s", [debit("bank:c" as "bank", cents(5)), credit("escrow:p", cents(5))]],
    ["is not whole", "sla", "sla:s", [debit("bank", 0.5 as never), debit("escrow:p", -0.5 as never)]],
  ];

  it.each(bad)("is refused when it %s", (_, kind, key, entries) => {
    expect(() => checkPosting({ kind, key, entries })).toThrow(RangeError);
  });

  it("has one entry per account, none of zero, in order", () => {
    const lines = [credit("escrow:p", cents(5)), debit("bank", cents(7)), credit("bank", cents(2)), debit("payable:r", ZERO)];
    expect(post("sla", "sla:s", lines).entries).toEqual([debit("bank", cents(5)), credit("escrow:p", cents(5))]);
    expect(amountOn(post("sla", "sla:s", lines), "escrow:p")).toBe(-5);
    expect(amountOn(post("sla", "sla:s", lines), "payable:r")).toBe(0);
  });

  it("moves the Stripe balance once", () => {
    const twice = [debit("stripe_balance", cents(1), "one"), debit("stripe_balance", cents(1), "two"), credit("bank", cents(2))];
    expect(() => post("topup", "topup:t", twice)).toThrow("once");
  });

  it("is taken back by the same entries the other way round, and only where Stripe is not part of it", () => {
    const posting = post("sla", "sla:s", good);
    const back = takeBack(posting, "x");
    expect(back).toMatchObject({ key: "sla:s:corrected:x", reverses: "sla:s" });
    const books = postTo(postTo(EMPTY_BOOKS, posting), back);
    expect([balanceOf(books, "bank"), balanceOf(books, "escrow:p"), trialBalance(books)]).toEqual([0, 0, 0]);
    const payout = payoutPosting({ transactionId: "t", recruiterId: "r", net: money("1"), balanceTransactionId: "txn" });
    expect(() => takeBack(payout, "x")).toThrow(RangeError);
  });

  it("has a text that tells its entries apart", () => {
    expect(entriesText(post("sla", "sla:s", good))).toBe("bank 5\nescrow:p -5");
    const topup = topupPosting({ topupId: "t", amount: cents(5), balanceTransactionId: "txn" });
    expect(entriesText(topup)).toBe("bank -5\nstripe_balance 5 txn");
  });
});

describe("the books", () => {
  const invoice = invoicePosting({ invoiceId: "i", placementId: "p", companyId: "c", due: money("100"), creditApplied: ZERO });
  const release = releasePosting({ placementId: "p", escrow: money("100"), payables: [{ recruiterId: "r", net: money("60") }] })!;
  const payout = payoutPosting({ transactionId: "t", recruiterId: "r", net: money("60"), balanceTransactionId: "txn" });

  it("keep balances as people read them", () => {
    const books = [invoice, release].reduce(postTo, EMPTY_BOOKS);
    const codes = ["receivable:c", "escrow:p", "payable:r", "platform_revenue"] as const;
    expect(codes.map((code) => toDecimal(balanceOf(books, code)))).toEqual(["100.00", "0.00", "60.00", "40.00"]);
    expect(trialBalance(books)).toBe(0);
    expect(naturalBalance("stripe_fees", cents(3))).toBe(3);
  });

  it("do the same posting once, and refuse another one of its key", () => {
    const books = postTo(EMPTY_BOOKS, invoice);
    expect(postTo(books, invoice)).toBe(books);
    const other = invoicePosting({ invoiceId: "i", placementId: "p", companyId: "c", due: money("101"), creditApplied: ZERO });
    expect(() => postTo(books, other)).toThrow("other entries");
  });

  it("refuse a balance transaction that has its entry", () => {
    const books = [invoice, release, payout].reduce(postTo, EMPTY_BOOKS);
    const topup = topupPosting({ topupId: "t", amount: cents(5), balanceTransactionId: "txn" });
    expect(() => postTo(books, topup)).toThrow("has its entry already");
  });

  it.each<[string, Posting]>([
    ["payable:r", payout],
    ["escrow:p", release],
    [
      "receivable:c",
      paymentPosting({ paymentId: "y", companyId: "c", open: cents(1), money: { through: "bank", gross: cents(1) } }).posting,
    ],
    ["debt:r", writeoffPosting({ debtId: "d", recruiterId: "r", amount: cents(1) })],
    ["credit:c", creditEndPosting({ creditId: "k", part: 1, companyId: "c", left: cents(1), open: ZERO })!],
    ["refund_due:c", refundPosting({ operationId: "o", part: 1, companyId: "c", amount: cents(1), money: { through: "bank" } })],
    [
      "disputed:c",
      disputePosting({
        disputeId: "d",
        movement: 1,
        companyId: "c",
        direction: "reinstated",
        amount: cents(1),
        fee: ZERO,
        balanceTransactionId: "x",
      }),
    ],
    [
      "service_credit:c",
      subscriptionPosting({
        stripeInvoiceId: "in",
        money: null,
        serviceCredit: { companyId: "c", amount: cents(1) },
      }),
    ],
  ])("let %s not fall below zero", (account, posting) => {
    expect(() => postTo(EMPTY_BOOKS, posting)).toThrow(expect.objectContaining({ name: "FloorBroken", account }));
    expect(accountOf(account as "bank").floor).toBe(0);
  });

  it("let the Stripe balance and the platform's own accounts go anywhere", () => {
    const sweep = sweepPosting({ payoutId: "po", amount: money("5"), balanceTransactionId: "txn" });
    expect(balanceOf(postTo(EMPTY_BOOKS, sweep), "stripe_balance")).toBe(-500);
    expect(new FloorBroken("bank", cents(-1))).toBeInstanceOf(RangeError);
  });
});
