import { DEAL_ROLES, type DealRole } from "#domain/commission/deal-roles.ts";
import { OPENING_TERMS, placementFee, type FeeBasis } from "#domain/commission/fee.ts";
import { OPENING_RATES, TIERS } from "#domain/commission/rates.ts";
import { earned, splitFee } from "#domain/commission/split.ts";
import { endCredit, fallOff, giveBack, takeCredit, type GivenBack, type PlacementCredit } from "#domain/invoices/fall-off.ts";
import {
  collectionOf,
  creditInvoice,
  draftInvoice,
  finalizeInvoice,
  markUncollectible,
  openPart,
  payInvoice,
  type InvoicePayment,
  type PlacementInvoice,
} from "#domain/invoices/invoice.ts";
import { balanceOf, EMPTY_BOOKS, postTo } from "#domain/ledger/books.ts";
import type { MoneyRows } from "#domain/ledger/equalities.ts";
import type { Posting } from "#domain/ledger/posting.ts";
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
  uncollectiblePosting,
  writeoffPosting,
} from "#domain/ledger/postings.ts";
import { allocate, basisPoints, cents, minus, plus, sum, ZERO, type Cents } from "#domain/money.ts";
import type { PlacementState } from "#domain/placements/placement.ts";
import { claimPayout, type Claim } from "#domain/payouts/claim.ts";
import { clawable, clawBack, clawedParts, type ClawbackRow } from "#domain/payouts/clawback.ts";
import { holdPayout, unholdPayout } from "#domain/payouts/hold.ts";
import { netDebts, nettable, openDebt, recoverDebt, reversalDecided, writeOffDebt, type RecruiterDebt } from "#domain/payouts/net.ts";
import { afterLookUp, completePayout, settlePayout, type Outcome } from "#domain/payouts/outcome.ts";
import { releaseBlockers } from "#domain/payouts/release.ts";
import { cancelPayout, reversePayout } from "#domain/payouts/transaction.ts";
import { isDue, payout } from "../payouts/payouts.ts";

/**
 * A whole marketplace in memory: the rows change by the rules of the house, the books by its postings,
 * and nothing connects the two but those. One step a day, each by a number that says what it picks.
 */

interface Row extends ClawbackRow {
  dealRole: DealRole;
}

interface Placement {
  id: string;
  companyId: string;
  fee: FeeBasis;
  platformShare: Cents;
  rows: Row[];
  state: PlacementState;
  released: boolean;
  invoice: PlacementInvoice | null;
  payments: InvoicePayment[];
  clawedBack: Cents;
  platformClawed: Cents;
  cancelledByAdmin: Cents;
  credit: Credit | null;
}

interface Credit {
  row: PlacementCredit;
  from: Placement;
  applied: Cents;
  posted: Cents;
  ended: Cents;
  ends: number;
}

interface Debt extends RecruiterDebt {
  placement: Placement;
  transactionId: string;
  reversible: Cents;
}

interface Refund {
  companyId: string;
  undone: Cents;
}

interface Chargeback {
  placement: Placement;
  amount: Cents;
  movements: number;
}

export const STEPS = [
  "hire",
  "invoice",
  "pay",
  "payAll",
  "fail",
  "expire",
  "giveUp",
  "release",
  "net",
  "send",
  "hold",
  "unhold",
  "cancel",
  "clawBack",
  "reverse",
  "refund",
  "writeOff",
  "charge",
  "decide",
] as const;

export type Step = readonly [(typeof STEPS)[number], number];

export function openHouse() {
  let books = EMPTY_BOOKS;
  let now = new Date("2026-01-01T00:00:00Z");
  let ids = 0;
  const placements: Placement[] = [];
  const credits: Credit[] = [];
  const debts: Debt[] = [];
  const refunds: Refund[] = [];
  const chargebacks: Chargeback[] = [];

  const newId = (what: string) => `${what}-${++ids}`;
  const post = (posting: Posting | null) => {
    if (posting) books = postTo(books, posting);
  };
  const pick = <T>(items: readonly T[], n: number): T | undefined => items[n % items.length];
  const invoicesOf = ({ credit, invoice }: Placement): PlacementInvoice[] => [credit?.from.invoice, invoice].filter((one) => !!one);
  const transactions = () => placements.flatMap((placement) => placement.rows.map((row) => ({ placement, row })));
  const isIssued = ({ invoice }: Placement) => invoice !== null && invoice.status !== "draft";

  /** Takes what a company gets back off its invoices, and opens a refund for the rest. */
  function give(companyId: string, { offInvoices, refund }: GivenBack): Cents {
    for (const { invoiceId, amount } of offInvoices) {
      const owner = placements.find(({ invoice }) => invoice?.id === invoiceId)!;
      owner.invoice = creditInvoice(owner.invoice!, amount, owner.payments, now).invoice;
    }
    if (refund > 0) refunds.push({ companyId, undone: refund });
    return sum(offInvoices.map(({ amount }) => amount));
  }

  const steps: Record<(typeof STEPS)[number], (n: number) => void> = {
    hire(n) {
      const tiers = DEAL_ROLES.map((_, index) => pick([...TIERS, null], (n >> index) + index));
      const fee = placementFee({
        salary: cents(1 + (n % 20_000_011)),
        role: { fee_bp: null, premium_type: n % 3 === 0 ? ["urgent"] : [] },
        terms: OPENING_TERMS,
        contract: null,
        volume: { amount: ZERO, closers: [] },
        incentive: ZERO,
      });
      if (fee.total_cents === 0) return;
      const rates = DEAL_ROLES.flatMap((dealRole, index) => {
        const tier = tiers[index];
        return tier ? [[dealRole, OPENING_RATES[tier][dealRole]] as const] : [];
      });
      const split = splitFee({ ...fee, bonus_bp: basisPoints(fee.bonus_bp) }, new Map(rates));
      const id = newId("placement");
      const rows = [...split.shares].flatMap(([dealRole, share], index) =>
        allocate(earned(share), dealRole === "candidate_recruiter" && n % 2 ? 2 : 1).map((amount, turn): Row => {
          const held = n % 5 === 4 && index === 0 && amount > 0;
          return {
            dealRole,
            clawedBack: ZERO,
            netted: ZERO,
            reversing: ZERO,
            lookedUp: true,
            transaction: payout({
              id: newId("transaction"),
              placementId: id,
              recruiterId: `recruiter-${(n + index + turn) % 3}`,
              amount,
              netAmount: amount,
              ...(amount === 0 ? { status: "completed", completionReason: "zero_amount", completedAt: now } : {}),
              ...(held ? { status: "on_hold", holdReasons: ["inactive_at_hire"] } : {}),
            }),
          };
        }),
      );
      const open = credits.find(({ row }) => row.status === "open" && row.expiresAt > now && row.companyId === `company-${n % 2}`);
      const placement: Placement = {
        id,
        companyId: `company-${n % 2}`,
        fee,
        platformShare: split.platform,
        rows,
        state: "hired",
        released: false,
        invoice: null,
        payments: [],
        clawedBack: ZERO,
        platformClawed: ZERO,
        cancelledByAdmin: ZERO,
        credit: open ?? null,
      };
      placements.push(placement);
      if (!open) return;
      const use = takeCredit(open.row, { placementId: id, jobId: open.row.jobId, fee: fee.total_cents }, now);
      Object.assign(open, { row: use.credit, applied: use.applied });
      endOf(open, use.surplus);
    },
    invoice(n) {
      const placement = pick(
        placements.filter(({ state }) => state === "hired"),
        n,
      );
      if (!placement) return;
      placement.state = "active";
      const { id, companyId, credit, fee } = placement;
      const creditApplied = credit?.applied ?? ZERO;
      const terms = pick(["immediate", "net_30"] as const, n)!;
      const draft = draftInvoice({
        id: newId("invoice"),
        placementId: id,
        companyId,
        fee,
        creditApplied,
        terms,
        hasPaymentMethod: true,
      })!;
      const collection = collectionOf(terms, true);
      placement.invoice = finalizeInvoice(draft, collection, credit?.from.invoice?.collectibleAt ?? null, now).invoice;
      if (credit) credit.posted = creditApplied;
      post(invoicePosting({ invoiceId: draft.id, placementId: id, companyId, due: draft.amountDue, creditApplied }));
    },
    pay: (n) => payment(n, (open) => cents(1 + (n % Math.ceil(open * 1.2 + 1)))),
    payAll: (n) => payment(n, (open) => open),
    fail(n) {
      const placement = pick(
        placements.filter(({ state, rows }) => {
          return (state === "hired" || state === "active") && rows.every(({ transaction }) => transaction.status !== "processing");
        }),
        n,
      );
      if (!placement) return;
      const { id, companyId, invoice, credit } = placement;
      const escrow = balanceOf(books, `escrow:${id}`);
      const unposted = credit && !isIssued(placement) ? credit.applied : ZERO;
      const credited = credit ? { invoice: credit.from.invoice!, unposted } : null;
      const effect = fallOff({ creditId: newId("credit"), placementId: id, companyId, jobId: "job", invoice, escrow, credited }, now);
      placement.state = "failed";
      placement.rows = placement.rows.map((row) =>
        ["pending", "on_hold", "failed"].includes(row.transaction.status)
          ? { ...row, transaction: cancelPayout(row.transaction, "placement_failed", true).transaction }
          : row,
      );
      if (effect.effect === "credit") {
        post(falloffPosting({ placementId: id, companyId, escrow, open: null }));
        if (effect.credit) credits.push({ row: effect.credit, from: placement, applied: ZERO, posted: ZERO, ended: ZERO, ends: 0 });
      }
      if (effect.effect !== "given_back") return;
      const open = give(companyId, effect.givenBack);
      if (unposted === 0) return post(falloffPosting({ placementId: id, companyId, escrow, open }));
      credit!.ended = plus(credit!.ended, unposted);
      post(creditEndPosting({ creditId: credit!.row.id, part: ++credit!.ends, companyId, left: unposted, open }));
    },
    expire(n) {
      const credit = pick(credits, n);
      const end = credit && endCredit(credit.row, [credit.from.invoice!], now);
      if (!end) return;
      const left = minus(minus(credit.row.amount, credit.posted), credit.ended);
      credit.row = end.credit;
      credit.ended = plus(credit.ended, left);
      const open = give(credit.row.companyId, end.givenBack);
      post(creditEndPosting({ creditId: credit.row.id, part: ++credit.ends, companyId: credit.row.companyId, left, open }));
    },
    giveUp(n) {
      const placement = pick(
        placements.filter(({ invoice, state }) => invoice?.status === "open" && state !== "failed"),
        n,
      );
      if (!placement) return;
      const { id, companyId, invoice } = placement;
      const amount = openPart(invoice!);
      placement.invoice = markUncollectible(invoice!, false).invoice;
      post(uncollectiblePosting({ invoiceId: invoice!.id, movement: ++ids, placementId: id, companyId, direction: "marked", amount }));
    },
    release(n) {
      const ready = placements.filter((placement) => {
        const { state, invoice, credit, released } = placement;
        if (state !== "active" || released) return false;
        const facts = { placement: { state: "completed" as const }, openDispute: disputed(placement), complianceHold: false };
        return releaseBlockers({ ...facts, invoice, creditedInvoice: credit?.from.invoice ?? null }, now).length === 0;
      });
      const placement = pick(ready, n);
      if (!placement) return;
      const owed = placement.rows.filter(({ transaction }) => ["pending", "on_hold", "failed"].includes(transaction.status));
      const payables = owed.map(({ transaction }) => ({ recruiterId: transaction.recruiterId, net: transaction.netAmount }));
      post(releasePosting({ placementId: placement.id, escrow: balanceOf(books, `escrow:${placement.id}`), payables }));
      placement.state = "completed";
      placement.released = true;
      placement.rows = placement.rows.map((row) => ({ ...row, transaction: { ...row.transaction, eligibleAt: now } }));
    },
    net(n) {
      const able = transactions().filter(({ row: { transaction } }) => {
        const { status: payoutStatus, eligibleAt, firstSentAt, recruiterId } = transaction;
        return payoutStatus === "pending" && eligibleAt && !firstSentAt && nettable(recruiterId, debts).length > 0;
      });
      const found = pick(able, n);
      if (!found) return;
      const { row } = found;
      const { transaction, nettings } = netDebts(row.transaction, debts, now);
      row.transaction = transaction;
      row.netted = plus(row.netted, ...nettings.map(({ amount }) => amount));
      for (const { debtId, amount } of nettings) {
        const debt = debts.find(({ id }) => id === debtId)!;
        Object.assign(debt, recoverDebt(debt, amount));
        post(nettingPosting({ transactionId: transaction.id, debtId, recruiterId: debt.recruiterId, amount }));
      }
    },
    send(n) {
      const able = transactions().filter(({ placement, row }) => {
        const { transaction } = row;
        const isLapsed = transaction.status === "processing" && transaction.leaseUntil! < now;
        return transaction.eligibleAt && transaction.netAmount > 0 && (isLapsed || (isDue(transaction, now) && !disputed(placement)));
      });
      const found = pick(able, n);
      if (!found) return;
      const { row } = found;
      const input = { now, leaseToken: newId("lease"), connectAccountId: "acct", blockers: [] };
      const claim: Claim | null = claimPayout(row.transaction, input);
      if (!claim) throw new Error("a due row is claimed");
      row.transaction = claim.transaction;
      if (claim.mustLookUp) {
        const after = afterLookUp(row.transaction, { found: [], blockers: [], connectAccountId: "acct" }, now);
        row.transaction = after.transaction;
        if (after.next === "commit") return;
      }
      const transfer = { id: newId("tr"), amount: row.transaction.netAmount, destination: "acct", destinationPaymentId: null };
      const outcomes: readonly Outcome[] = [
        { outcome: "done", transfer },
        { outcome: "done", transfer },
        { outcome: "refused", reason: "declined" },
        { outcome: "unknown" },
        { outcome: "server_error" },
        { outcome: "platform_balance" },
      ];
      row.transaction = settlePayout(row.transaction, pick(outcomes, n)!, true, now).transaction;
      if (row.transaction.status !== "completed") return;
      const { id, recruiterId, netAmount: net } = row.transaction;
      if (completePayout(row.transaction, transfer, now).announce.length > 0) throw new Error("completed twice");
      post(payoutPosting({ transactionId: id, recruiterId, net, balanceTransactionId: newId("txn") }));
    },
    hold(n) {
      const found = pick(
        transactions().filter(({ row }) => ["pending", "failed", "on_hold"].includes(row.transaction.status)),
        n,
      );
      if (found) found.row.transaction = holdPayout(found.row.transaction, "admin_hold", "admin").transaction;
    },
    unhold(n) {
      const found = pick(
        transactions().filter(({ row }) => row.transaction.status === "on_hold"),
        n,
      );
      if (!found) return;
      for (const reason of found.row.transaction.holdReasons) {
        const hand = reason === "admin_hold" ? "admin" : "system";
        found.row.transaction = unholdPayout(found.row.transaction, reason, hand).transaction;
      }
    },
    cancel(n) {
      const able = transactions().filter(({ placement, row }) => {
        return placement.state !== "failed" && ["pending", "failed", "on_hold"].includes(row.transaction.status) && n % 3 === 0;
      });
      const found = pick(able, n);
      if (!found) return;
      const { placement, row } = found;
      row.transaction = cancelPayout(row.transaction, "admin", true).transaction;
      const { id, recruiterId, netAmount: net } = row.transaction;
      placement.cancelledByAdmin = plus(placement.cancelledByAdmin, net);
      if (placement.released) post(cancelPosting({ transactionId: id, recruiterId, net }));
    },
    clawBack(n) {
      const placement = pick(
        placements.filter((one) => isIssued(one) && one.state !== "failed" && most(one) > 0),
        n,
      );
      if (placement) takeBack(placement, n % 4 === 0 ? most(placement) : cents(1 + (n % most(placement))), "company");
    },
    reverse(n) {
      const debt = pick(
        debts.filter(({ recovery }) => recovery === "reversing"),
        n,
      );
      if (!debt) return;
      const row = debt.placement.rows.find(({ transaction }) => transaction.id === debt.transactionId)!;
      const cameBack = n % 3 === 0 ? ZERO : debt.reversible;
      row.reversing = minus(row.reversing, debt.reversible);
      Object.assign(debt, reversalDecided(debt, cameBack));
      if (cameBack === 0) return;
      row.transaction = reversePayout(row.transaction, cameBack).transaction;
      const { recruiterId } = debt;
      post(reversalPosting({ operationId: newId("operation"), recruiterId, amount: cameBack, balanceTransactionId: newId("txn") }));
    },
    refund(n) {
      const refund = pick(
        refunds.filter(({ undone }) => undone > 0),
        n,
      );
      if (!refund) return;
      const money = n % 2 ? { through: "bank" as const } : { through: "stripe" as const, balanceTransactionId: newId("txn") };
      const { companyId, undone: amount } = refund;
      post(refundPosting({ operationId: newId("operation"), part: 1, companyId, amount, money }));
      refund.undone = ZERO;
    },
    writeOff(n) {
      const debt = pick(
        debts.filter((one) => one.recovery === "netting" && openDebt(one) > 0),
        n,
      );
      if (!debt || n % 4 !== 0) return;
      const amount = openDebt(debt);
      Object.assign(debt, writeOffDebt(debt));
      post(writeoffPosting({ debtId: debt.id, recruiterId: debt.recruiterId, amount }));
    },
    charge(n) {
      const placement = pick(
        placements.filter((one) => one.invoice && one.invoice.amountPaid > 0 && !disputed(one)),
        n,
      );
      if (!placement) return;
      const amount = cents(1 + (n % placement.invoice!.amountPaid));
      const chargeback = { placement, amount, movements: 0 };
      chargebacks.push(chargeback);
      move(chargeback, "withdrawn", cents(1500));
    },
    decide(n) {
      const chargeback = chargebacks.at(-1);
      if (!chargeback) return;
      const { placement, amount } = chargeback;
      if (n % 2) {
        chargebacks.pop();
        return move(chargeback, "reinstated", ZERO);
      }
      if (placement.state === "failed") {
        const credit = credits.find(({ row, from }) => from === placement && row.status === "open");
        const left = credit ? minus(minus(credit.row.amount, credit.posted), credit.ended) : ZERO;
        const lost = left < amount ? left : amount;
        if (credit) credit.row = { ...credit.row, amount: minus(credit.row.amount, lost) };
        chargebacks.pop();
        return post(
          clawbackPosting({ clawbackId: newId("clawback"), companyId: placement.companyId, stage: "after_failure", amount, credit: lost }),
        );
      }
      if (amount <= most(placement) && takeBack(placement, amount, "chargeback")) chargebacks.pop();
    },
  };

  const disputed = (placement: Placement) => chargebacks.some((chargeback) => chargeback.placement === placement);

  function move(chargeback: Chargeback, direction: "withdrawn" | "reinstated", fee: Cents) {
    const { placement, amount } = chargeback;
    const { companyId } = placement;
    const ids = { disputeId: newId("dispute"), movement: ++chargeback.movements, balanceTransactionId: newId("txn") };
    post(disputePosting({ ...ids, companyId, direction, amount, fee }));
  }

  /** Gives a part of a credit back at once. */
  function endOf(credit: Credit, left: Cents) {
    if (left === 0) return;
    const { companyId, id } = credit.row;
    const open = give(companyId, giveBack(left, [credit.from.invoice!]));
    credit.ended = plus(credit.ended, left);
    post(creditEndPosting({ creditId: id, part: ++credit.ends, companyId, left, open }));
  }

  function payment(n: number, amountOf: (open: Cents) => Cents) {
    const placement = pick(
      placements.filter(({ invoice }) => invoice && ["open", "uncollectible", "paid", "void"].includes(invoice.status)),
      n,
    );
    if (!placement) return;
    const { id, companyId } = placement;
    const invoice = placement.invoice!;
    const gross = amountOf(openPart(invoice));
    if (gross === 0) return;
    const paid: InvoicePayment = { gross, paidAt: now, availableOn: n % 3 ? now : null };
    placement.payments.push(paid);
    const { invoice: after, applied, overpaid, revived } = payInvoice(invoice, paid, placement.payments, placement.state === "failed");
    placement.invoice = after;
    if (revived > 0) {
      const amount = revived;
      post(uncollectiblePosting({ invoiceId: invoice.id, movement: ++ids, placementId: id, companyId, direction: "revived", amount }));
    }
    const money =
      n % 4
        ? { through: "stripe" as const, gross, fee: cents(Math.floor(gross / 50)), balanceTransactionId: newId("txn") }
        : { through: "bank" as const, gross };
    const posted = paymentPosting({ paymentId: newId("payment"), companyId, open: applied, money });
    post(posted.posting);
    if (posted.overpaid !== overpaid) throw new Error("row and ledger disagree about what is too much");
    if (overpaid > 0) refunds.push({ companyId, undone: overpaid });
    // Whoever has the credit of this invoice knows it by its placement, so nothing else is to be told.
  }

  const clawbackOf = (placement: Placement) => ({
    roles: new Map(
      DEAL_ROLES.map((dealRole) => [dealRole, placement.rows.filter((row) => row.dealRole === dealRole)] as const).filter(
        ([, rows]) => rows.length > 0,
      ),
    ),
    platformShare: placement.platformShare,
    platformClawed: placement.platformClawed,
    escrow: placement.released ? null : balanceOf(books, `escrow:${placement.id}`),
  });

  function most(placement: Placement): Cents {
    const input = clawbackOf(placement);
    return cents(Math.min(clawable(input), input.escrow ?? Infinity));
  }

  function takeBack(placement: Placement, amount: Cents, cause: "company" | "chargeback"): boolean {
    if (placement.rows.some(({ transaction }) => transaction.status === "processing")) return false;
    const { companyId, id: placementId } = placement;
    const clawbackId = newId("clawback");
    const { rows, platform } = clawBack(clawbackOf(placement), amount, now);
    placement.clawedBack = plus(placement.clawedBack, amount);
    placement.platformClawed = plus(placement.platformClawed, platform);
    for (const part of rows) {
      const row = placement.rows.find(({ transaction }) => transaction.id === part.transaction.id)!;
      row.transaction = part.transaction;
      row.clawedBack = plus(row.clawedBack, part.amount);
      row.reversing = plus(row.reversing, part.reversible);
      if (part.paid === 0) continue;
      debts.push({
        id: newId("debt"),
        recruiterId: row.transaction.recruiterId,
        amount: part.paid,
        recoveredCents: ZERO,
        writtenOffCents: ZERO,
        recovery: part.reversible > 0 ? "reversing" : "netting",
        createdAt: now,
        placement,
        transactionId: row.transaction.id,
        reversible: part.reversible,
      });
    }
    if (placement.released) {
      if (cause === "company") refunds.push({ companyId, undone: amount });
      const to = cause === "company" ? "refund_due" : "disputed";
      post(clawbackPosting({ clawbackId, companyId, stage: "after_release", parts: clawedParts(rows), platform, to }));
      return true;
    }
    const open = cause === "company" ? give(companyId, giveBack(amount, invoicesOf(placement))) : null;
    post(clawbackPosting({ clawbackId, companyId, stage: "before_release", placementId, amount, open }));
    return true;
  }

  const rows = (): MoneyRows => ({
    placements: placements.map((placement) => ({
      placementId: placement.id,
      fee: placement.fee.total_cents,
      platformShare: placement.platformShare,
      stage: placement.state === "failed" ? "failed" : placement.released ? "released" : isIssued(placement) ? "held" : "not_invoiced",
      clawedBack: placement.clawedBack,
      platformClawed: placement.platformClawed,
      uncollectible: placement.invoice?.status === "uncollectible" ? openPart(placement.invoice) : ZERO,
      cancelledByAdmin: placement.cancelledByAdmin,
    })),
    invoices: placements.flatMap(({ invoice, companyId }) =>
      invoice ? [{ companyId, open: openPart(invoice), uncollectible: invoice.status === "uncollectible" }] : [],
    ),
    credits: credits.map(({ row, posted, ended }) => ({ companyId: row.companyId, left: minus(minus(row.amount, posted), ended) })),
    transactions: transactions().map(({ row: { transaction } }) => ({
      recruiterId: transaction.recruiterId,
      net: transaction.netAmount,
      payoutStatus: transaction.status,
      eligible: transaction.eligibleAt !== null,
    })),
    debts: debts.map((debt) => ({ recruiterId: debt.recruiterId, open: openDebt(debt) })),
    refunds,
  });

  return {
    take([name, n]: Step) {
      now = new Date(now.getTime() + 86_400_000);
      steps[name](n);
    },
    books: () => books,
    rows,
    transactions: () => transactions().map(({ row }) => row.transaction),
  };
}
