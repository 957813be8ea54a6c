/** Who adds and removes a reason. An admin's removal takes a second admin. */
type Hand = "system" | "admin";

interface HoldRule {
  addedBy: readonly Hand[];
  removedBy: readonly Hand[];
  /** Whether the payee may know it; the others read `under_review`. */
  shown: boolean;
}

const SYSTEM = { addedBy: ["system"], removedBy: ["system"], shown: true } as const;

/**
 * Why a payout waits (MONEY §10.1). An admin may also end `inactive_at_hire`: after twelve months it
 * is put before them (D-107).
 */
export const HOLD_REASONS = {
  connect_required: SYSTEM,
  tax_profile_missing: SYSTEM,
  inactive_at_hire: { ...SYSTEM, removedBy: ["system", "admin"] },
  dispute_open: SYSTEM,
  invoice_uncollectible: SYSTEM,
  platform_balance: SYSTEM,
  admin_hold: { addedBy: ["admin"], removedBy: ["admin"], shown: false },
  fraud_review: { addedBy: ["system", "admin"], removedBy: ["admin"], shown: false },
  policy_hold: { addedBy: ["system", "admin"], removedBy: ["admin"], shown: false },
  request_mismatch: { addedBy: ["system"], removedBy: ["admin"], shown: false },
} as const satisfies Record<string, HoldRule>;

export type HoldReason = keyof typeof HOLD_REASONS;

/** All reasons in the order in which a row lists them. */
export const HOLD_REASON_NAMES = Object.keys(HOLD_REASONS) as HoldReason[];

/** Makes a set of reasons, in the one order. */
export const holdReasonSet = (reasons: Iterable<HoldReason>): HoldReason[] => {
  const wanted = new Set(reasons);
  return HOLD_REASON_NAMES.filter((reason) => wanted.has(reason));
};

/** Whether this hand may add the reason. */
export const mayAdd = (reason: HoldReason, hand: Hand): boolean => (HOLD_REASONS[reason].addedBy as readonly Hand[]).includes(hand);

/** Whether this hand may remove the reason. */
export const mayRemove = (reason: HoldReason, hand: Hand): boolean => (HOLD_REASONS[reason].removedBy as readonly Hand[]).includes(hand);

/** The reasons that only a review ends; to a payee they are all the same. */
export const isUnderReview = (reason: HoldReason): boolean => !HOLD_REASONS[reason].shown;

/** What v2 shows as `hold_reason`: the first reason, an internal one of which a payee reads as `under_review` (M-2). */
export function shownHoldReason(reasons: readonly HoldReason[], audience: "payee" | "admin"): HoldReason | "under_review" | null {
  const first = holdReasonSet(reasons)[0] ?? null;
  return first !== null && audience === "payee" && isUnderReview(first) ? "under_review" : first;
}
