import { midnightAfter } from "../commission/dates.ts";
import type { Cents } from "../money.ts";
import { isUnderReview, type HoldReason } from "./hold-reasons.ts";
import { releaseBlockers, type ReleaseFacts } from "./release.ts";
import { MAX_REFUSALS, type PayoutTransaction } from "./transaction.ts";

/** Who has to act; nobody where only time passes. */
type Who = "company" | "payee" | "platform" | "parties" | null;

interface BlockerRule {
  who: Who;
  sentence: string;
  /** Whether the company sees it, as a date on its own placement. */
  companySees: boolean;
}

/** Why a share is not paid yet, in the order in which it is told (MONEY §19.3). */
export const BLOCKERS = {
  placement_not_started: { who: null, companySees: true, sentence: "The candidate has not started yet." },
  guarantee_running: { who: null, companySees: true, sentence: "The guarantee is still running." },
  invoice_not_issued: { who: "platform", companySees: true, sentence: "The invoice has not been issued yet." },
  invoice_open: { who: "company", companySees: true, sentence: "The company has not paid the invoice yet; it is not due." },
  invoice_overdue: { who: "company", companySees: true, sentence: "The invoice is overdue." },
  invoice_uncollectible: { who: "company", companySees: true, sentence: "The invoice could not be collected." },
  credited_invoice_open: {
    who: "company",
    companySees: true,
    sentence: "The invoice whose credit paid for this placement is not settled yet.",
  },
  funds_settling: { who: null, companySees: true, sentence: "The company has paid; the funds are settling." },
  dispute_open: { who: "parties", companySees: true, sentence: "A dispute about the placement is open." },
  connect_required: { who: "payee", companySees: false, sentence: "The payout account is not set up." },
  tax_profile_missing: { who: "payee", companySees: false, sentence: "The tax profile is not complete." },
  inactive_at_hire: { who: "payee", companySees: false, sentence: "The recruiter was not active at the hire." },
  under_review: { who: "platform", companySees: true, sentence: "The platform is reviewing the payout." },
  netting_pending: { who: "platform", companySees: false, sentence: "An open debt is taken off first." },
  payouts_paused: { who: "platform", companySees: false, sentence: "Payouts are paused for everyone." },
  platform_balance: { who: "platform", companySees: false, sentence: "The platform is moving funds for this payout." },
  retry_scheduled: { who: "platform", companySees: false, sentence: "The last try was refused; the next one is scheduled." },
  sending: { who: "platform", companySees: false, sentence: "The payout is being sent." },
  queued: { who: "platform", companySees: false, sentence: "The payout is queued." },
  failed_final: { who: "platform", companySees: false, sentence: "The payout was refused for good; the platform decides." },
  awaiting_release: { who: "platform", companySees: false, sentence: "Everything is in place; the placement is released next." },
} as const satisfies Record<string, BlockerRule>;

export type BlockerCode = keyof typeof BLOCKERS;

export const BLOCKER_CODES = Object.keys(BLOCKERS) as BlockerCode[];

/** What the reasons look at. */
export interface BlockerFacts extends ReleaseFacts {
  placement: ReleaseFacts["placement"] & {
    /** `YYYY-MM-DD`. */
    startDate: string;
    guaranteeExpiresAt: Date;
  };
  transaction: PayoutTransaction;
  payee: {
    /** Capability `transfers` active, payouts enabled, details submitted (M-3). */
    canReceive: boolean;
    hasTaxProfile: boolean;
    isActive: boolean;
    /** Debts that no reversal is deciding on. */
    openDebts: Cents;
  };
  /** The setting `payouts.require_tax_profile`. */
  requireTaxProfile: boolean;
  /** The switch `payouts.enabled`. */
  payoutsEnabled: boolean;
}

/** The codes that come from the status alone: they tell, and block nothing. */
const OF_STATUS: readonly BlockerCode[] = ["queued", "sending", "retry_scheduled", "failed_final"];

/**
 * Every unmet condition of a transaction, in order: `billing.payout_blockers`. Empty exactly when a
 * pending or due row can be claimed. A reason the row is held for counts until it is removed.
 */
export const payoutBlockers = (facts: BlockerFacts, now: Date): BlockerCode[] => {
  const unmet = new Set<BlockerCode>([...releaseBlockers(facts, now), ...heldFor(facts.transaction), ...payeeBlockers(facts)]);
  if (facts.transaction.firstSentAt === null && facts.transaction.netAmount > 0 && facts.payee.openDebts > 0) unmet.add("netting_pending");
  if (!facts.payoutsEnabled) unmet.add("payouts_paused");
  if (facts.transaction.eligibleAt === null && releaseBlockers(facts, now).length === 0) unmet.add("awaiting_release");
  return BLOCKER_CODES.filter((code) => unmet.has(code));
};

const heldFor = ({ holdReasons }: PayoutTransaction): BlockerCode[] => holdReasons.map(blockerOf);

const blockerOf = (reason: HoldReason): BlockerCode => {
  switch (reason) {
    case "admin_hold":
    case "fraud_review":
    case "policy_hold":
    case "request_mismatch":
      return "under_review";
    default:
      return reason;
  }
};

type PayeeBlocker = "connect_required" | "tax_profile_missing";

/** The conditions of the payee. A row that meets one is put on hold for it. */
const payeeBlockers = ({ payee, requireTaxProfile }: BlockerFacts): PayeeBlocker[] => [
  ...(payee.canReceive ? [] : ["connect_required" as const]),
  ...(requireTaxProfile && !payee.hasTaxProfile ? ["tax_profile_missing" as const] : []),
];

/** Which reasons the system adds to a row, and which have gone: what the sweep does to it. */
export function holdChanges(facts: BlockerFacts, now: Date): { add: HoldReason[]; remove: HoldReason[] } {
  const { transaction, payee } = facts;
  const released = releaseBlockers(facts, now);
  const isTrue: Partial<Record<HoldReason, boolean>> = {
    connect_required: payeeBlockers(facts).includes("connect_required"),
    tax_profile_missing: payeeBlockers(facts).includes("tax_profile_missing"),
    inactive_at_hire: !payee.isActive,
    dispute_open: released.includes("dispute_open"),
    invoice_uncollectible: released.includes("invoice_uncollectible"),
  };
  const held = transaction.holdReasons;
  const isEligible = transaction.eligibleAt !== null;
  return {
    // The payee's part is asked for once the money is theirs; the placement's reaches every open row.
    add: (["connect_required", "tax_profile_missing", "dispute_open", "invoice_uncollectible"] as const).filter(
      (reason) =>
        isTrue[reason] && !held.includes(reason) && (isEligible || reason === "dispute_open" || reason === "invoice_uncollectible"),
    ),
    remove: held.filter((reason) => isTrue[reason] === false),
  };
}

/** One reason, as it is told. */
export interface Blocker {
  code: BlockerCode;
  /** When it ends, where that is known. */
  until: Date | null;
  who: Who;
  sentence: string;
  /** The reasons behind `under_review`: for a platform admin alone. */
  reasons: readonly HoldReason[];
}

/** Why a share is not paid yet, or how it ended. */
export type WhyNotPaid = { closed: ClosedReason } | { closed: null; blockers: Blocker[] };

export type ClosedReason = "transfer" | "zero_amount" | "offset_in_full" | "cancelled" | "reversed";

/**
 * Answers "why not paid yet": every reason, until when, and who acts. A payee does not learn which
 * internal review it is; a company sees what holds up its own placement, and nobody else's part in it.
 */
export function whyNotPaid(facts: BlockerFacts, audience: "payee" | "company" | "platform_admin", now: Date): WhyNotPaid {
  const { transaction } = facts;
  const closed = closedReason(transaction);
  if (closed) return { closed };
  const codes = new Set<BlockerCode>([...payoutBlockers(facts, now), ...ofStatus(facts, now)]);
  const seen = BLOCKER_CODES.filter((code) => codes.has(code) && (audience !== "company" || BLOCKERS[code].companySees));
  return {
    closed: null,
    blockers: seen.map((code) => ({
      code,
      until: untilOf(code, facts, now),
      who: BLOCKERS[code].who,
      sentence: BLOCKERS[code].sentence,
      reasons: code === "under_review" && audience === "platform_admin" ? transaction.holdReasons.filter(isUnderReview) : [],
    })),
  };
}

function closedReason({ status: payoutStatus, completionReason }: PayoutTransaction): ClosedReason | null {
  if (payoutStatus === "cancelled" || payoutStatus === "reversed") return payoutStatus;
  return payoutStatus === "completed" ? completionReason : null;
}

function ofStatus(facts: BlockerFacts, now: Date): BlockerCode[] {
  const { status: payoutStatus, retryCount, nextRetryAt } = facts.transaction;
  if (payoutStatus === "processing") return ["sending"];
  if (payoutStatus === "failed" && retryCount >= MAX_REFUSALS) return ["failed_final"];
  if (payoutStatus === "failed" && nextRetryAt !== null && nextRetryAt > now) return ["retry_scheduled"];
  if (payoutStatus === "on_hold") return [];
  return payoutBlockers(facts, now).length === 0 ? ["queued"] : [];
}

const MINUTE_MS = 60_000;

const nextMinute = (now: Date): Date => new Date((Math.floor(now.getTime() / MINUTE_MS) + 1) * MINUTE_MS);

function untilOf(code: BlockerCode, facts: BlockerFacts, now: Date): Date | null {
  const { placement, invoice, creditedInvoice, transaction } = facts;
  switch (code) {
    case "placement_not_started":
      return midnightAfter(placement.startDate, 0);
    case "guarantee_running":
      return placement.guaranteeExpiresAt;
    case "invoice_open":
      return invoice?.dueDate ? midnightAfter(invoice.dueDate, 0) : null;
    case "credited_invoice_open":
      return creditedInvoice?.collectibleAt ?? null;
    case "funds_settling":
      return invoice?.collectibleAt ?? null;
    case "retry_scheduled":
      return transaction.nextRetryAt;
    case "sending":
      return transaction.leaseUntil;
    case "queued":
    case "awaiting_release":
      return nextMinute(now);
    default:
      return null;
  }
}

/** Whether a code only tells what the status says, and is no condition. */
export const isOfStatus = (code: BlockerCode): boolean => OF_STATUS.includes(code);
