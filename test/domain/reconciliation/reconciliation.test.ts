import { describe, expect, it } from "vitest";
import { cents } from "#domain/money.ts";
import { type Break, type KeptBreak, reconciled } from "#domain/reconciliation/break.ts";
import {
  type BalanceEntry,
  type BalanceMovement,
  compareBalance,
  compareInvoices,
  compareMovements,
  compareTransfers,
  type KeptTransfer,
  type TransferredRow,
} from "#domain/reconciliation/checks.ts";

const at = (day: number): Date => new Date(Date.UTC(2026, 4, day));
const period = { from: at(2), cut: at(20) };

const movement = (id: string, net: number, day = 10): BalanceMovement => ({
  id,
  type: "charge",
  source: null,
  net: cents(net),
  created: at(day),
});
const entry = (balanceTransactionId: string, amount: number, day = 10): BalanceEntry => ({
  balanceTransactionId,
  amount: cents(amount),
  at: at(day),
});
const kinds = (found: readonly Break[]): string[] => found.map(({ kind, subject }) => `${kind} ${subject}`);

describe("movements of the balance", () => {
  it.each([
    ["the same on both sides", [movement("a", 100)], [entry("a", 100)], []],
    ["no entry", [movement("a", 100)], [], ["missing_entry a"]],
    ["no entry yet for what moved after the cut", [movement("a", 100, 21)], [], []],
    ["no entry at the cut itself", [movement("a", 100, 20)], [], ["missing_entry a"]],
    ["another amount", [movement("a", 100)], [entry("a", 101)], ["entry_differs a"]],
    ["no movement", [], [entry("a", 100)], ["alien_entry a"]],
    ["a movement from before the list", [], [entry("a", 100, 1)], []],
    ["an entry that was posted later", [movement("a", 100)], [entry("a", 100, 25)], []],
  ])("%s", (_, movements, entries, expected) => {
    expect(kinds(compareMovements(movements, entries, period))).toEqual(expected);
  });

  it("the balance is compared without what moved after the cut, on both sides", () => {
    const movements = [movement("a", 100), movement("b", 50, 25)];
    expect(compareBalance(cents(150), cents(100), movements, [entry("a", 100)], period.cut)).toEqual([]);
    expect(compareBalance(cents(150), cents(150), movements, [entry("a", 100), entry("b", 50, 25)], period.cut)).toEqual([]);
    expect(kinds(compareBalance(cents(149), cents(100), movements, [entry("a", 100)], period.cut))).toEqual([
      "stripe_balance_differs stripe_balance",
    ]);
  });
});

const transfer = (id: string, more: Partial<KeptTransfer> = {}): KeptTransfer => ({
  id,
  amount: cents(100),
  reversed: cents(0),
  destination: "acct_1",
  transactionId: "t1",
  created: at(10),
  ...more,
});
const row = (more: Partial<TransferredRow> = {}): TransferredRow => ({
  id: "t1",
  status: "completed",
  netAmount: cents(100),
  reversedCents: cents(0),
  stripeTransferId: "tr_1",
  stripeConnectAccountId: "acct_1",
  completedAt: at(10),
  ...more,
});

describe("transfers", () => {
  it.each<[string, KeptTransfer[], TransferredRow[], string[]]>([
    ["one each", [transfer("tr_1")], [row()], []],
    ["two of one transaction", [transfer("tr_1"), transfer("tr_2")], [row()], ["double_transfer t1"]],
    ["two, of which one came back", [transfer("tr_1"), transfer("tr_2", { reversed: cents(100) })], [row()], []],
    ["two, of which one came back in part", [transfer("tr_1"), transfer("tr_2", { reversed: cents(99) })], [row()], ["double_transfer t1"]],
    ["one without metadata", [transfer("tr_9", { transactionId: null })], [], ["alien_transfer tr_9"]],
    ["one of a transaction nobody has", [transfer("tr_9", { transactionId: "t9" })], [], ["alien_transfer tr_9"]],
    ["an alien that came back", [transfer("tr_9", { transactionId: null, reversed: cents(100) })], [], []],
    ["another amount", [transfer("tr_1", { amount: cents(101) })], [row()], ["transfer_differs t1"]],
    ["another account", [transfer("tr_1", { destination: "acct_2" })], [row()], ["transfer_differs t1"]],
    ["a reversal we do not know", [transfer("tr_1", { reversed: cents(40) })], [row()], ["reversal_differs t1"]],
    ["a reversal both know", [transfer("tr_1", { reversed: cents(40) })], [row({ reversedCents: cents(40) })], []],
    ["one that is still being sent", [transfer("tr_1")], [row({ status: "processing", stripeTransferId: null, completedAt: null })], []],
    [
      "one that we gave up on",
      [transfer("tr_1")],
      [row({ status: "failed", stripeTransferId: null, completedAt: null })],
      ["transfer_unrecorded t1"],
    ],
    ["one that never was", [], [row()], ["transfer_missing t1"]],
    ["one from before the list", [], [row({ completedAt: at(1) })], []],
    ["one after the cut", [transfer("tr_9", { transactionId: null, created: at(21) })], [], []],
  ])("%s", (_, transfers, rows, expected) => {
    expect(kinds(compareTransfers(transfers, rows, period))).toEqual(expected);
  });
});

it("invoices are compared by state and what was paid", () => {
  const ours = [{ id: "i1", stripeInvoiceId: "in_1", status: "open", amountPaid: cents(0) }];
  const theirs = (state: string, amountPaid: number) => new Map([["in_1", { status: state, amountPaid: cents(amountPaid) }]]);
  expect(compareInvoices(theirs("open", 0), ours)).toEqual([]);
  expect(kinds(compareInvoices(theirs("paid", 100), ours))).toEqual(["invoice_differs i1"]);
  expect(kinds(compareInvoices(theirs("open", 100), ours))).toEqual(["invoice_differs i1"]);
});

describe("what a run does about what it found", () => {
  const one: Break = { kind: "missing_entry", subject: "a", expected: "100", actual: null };
  const kept = (more: Partial<KeptBreak> = {}): KeptBreak => ({
    id: "b1",
    severity: "warning",
    resolvedAt: null,
    resolution: null,
    ...one,
    ...more,
  });

  it.each<[string, Break[], KeptBreak[], number, number]>([
    ["opens what is new, once", [one, one], [], 1, 0],
    ["keeps what is open", [one], [kept()], 0, 0],
    ["heals what is gone", [], [kept()], 0, 1],
    ["opens again what had healed", [one], [kept({ resolvedAt: at(1), resolution: "healed" })], 1, 0],
    ["leaves what people resolved", [one], [kept({ resolvedAt: at(1), resolution: "A test" })], 0, 0],
    ["opens it again when it changes", [{ ...one, expected: "101" }], [kept({ resolvedAt: at(1), resolution: "A test" })], 1, 0],
  ])("%s", (_, found, before, opened, healed) => {
    const { open, heal } = reconciled(found, before);
    expect([open.length, heal.length]).toEqual([opened, healed]);
  });

  it("opens the critical ones first, so that no limit leaves them out", () => {
    const found = (["missing_entry", "double_transfer", "alien_entry", "ledger_unbalanced"] as const).map((kind) => ({ ...one, kind }));
    expect(reconciled(found, []).open.map(({ kind }) => kind)).toEqual([
      "double_transfer",
      "ledger_unbalanced",
      "missing_entry",
      "alien_entry",
    ]);
  });
});
