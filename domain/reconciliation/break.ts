/** How bad it is when a check fails. A critical break stops all payouts by itself (MONEY §18). */
const SEVERITIES = {
  missing_entry: "warning",
  alien_entry: "warning",
  entry_differs: "warning",
  alien_transfer: "warning",
  double_transfer: "critical",
  transfer_differs: "critical",
  transfer_unrecorded: "warning",
  transfer_missing: "warning",
  reversal_differs: "warning",
  stripe_balance_differs: "warning",
  ledger_unbalanced: "critical",
  account_differs: "warning",
  split_differs: "critical",
  invoice_differs: "warning",
  event_missing: "warning",
  event_unprocessed: "warning",
  payout_stuck: "warning",
  operation_stuck: "warning",
  operation_failed: "warning",
  outbox_stuck: "warning",
  inactive_at_hire_overdue: "warning",
  schedule_overdue: "warning",
} as const;

export type BreakKind = keyof typeof SEVERITIES;

export const BREAK_KINDS = Object.keys(SEVERITIES) as BreakKind[];

/** A place where two truths differ, or something that stands still. */
export interface Break {
  kind: BreakKind;
  /** What it is about: an id or an account. */
  subject: string;
  expected: string | null;
  actual: string | null;
}

/** A break as it was kept. */
export interface KeptBreak {
  id: string;
  kind: string;
  severity: "warning" | "critical";
  subject: string;
  expected: string | null;
  actual: string | null;
  resolvedAt: Date | null;
  resolution: string | null;
}

export const severityOf = (kind: BreakKind): "warning" | "critical" => SEVERITIES[kind];

const rank = ({ kind }: Break): number => (severityOf(kind) === "critical" ? 0 : 1);

/** What the healing of a break is called; anything else was said by people. */
export const HEALED = "healed";

/** What a run does about what it found. */
export interface Reconciled<K extends KeptBreak> {
  /** The critical ones first: whoever cannot open all opens those. */
  open: readonly Break[];
  heal: readonly K[];
}

/**
 * Holds what a run found against the breaks that are kept: what is new is opened, what is gone is
 * healed. What people resolved is not opened again as long as it stands as it stood then.
 *
 * @param kept - the open breaks, and of the resolved ones the last of each kind and subject
 */
export function reconciled<K extends KeptBreak>(found: readonly Break[], kept: readonly K[]): Reconciled<K> {
  const keyOf = ({ kind, subject }: { kind: string; subject: string }): string => `${kind} ${subject}`;
  const isFound = new Set(found.map(keyOf));
  const byKey = Map.groupBy(kept, keyOf);
  const isSettled = (one: Break): boolean =>
    (byKey.get(keyOf(one)) ?? []).some(
      (before) =>
        before.resolvedAt === null || (before.resolution !== HEALED && before.expected === one.expected && before.actual === one.actual),
    );
  const fresh = new Map(found.filter((one) => !isSettled(one)).map((one) => [keyOf(one), one]));
  return {
    open: [...fresh.values()].toSorted((one, other) => rank(one) - rank(other)),
    heal: kept.filter((before) => before.resolvedAt === null && !isFound.has(keyOf(before))),
  };
}
