/**
 * The rolling hour, counted in buckets of one minute (PLATFORM §7.2). Minutes are whole minutes since
 * the epoch. A slot comes back at most 60 seconds late; there is no double burst at an edge.
 */
export interface Bucket {
  minute: number;
  admitted: number;
  overage: number;
}

/** 61 buckets: the minute that began an hour ago may hold requests younger than an hour. */
export const SPAN_MINUTES = 60;

export interface Asked {
  minuteNow: number;
  cost: number;
  limit: number;
  /** How many times the limit may be reached with paid units; null where beyond the limit is no. */
  ceilingMultiple: number | null;
  /** Paid units handed to this subject for the month and not used yet. */
  allowance: number;
}

export type HourVerdict =
  | { kind: "admit"; overage: boolean; minute: number; used: number }
  /** The ceiling allows a paid unit, but there is none left: a block must be drawn from the budget. */
  | { kind: "need_block"; minute: number; used: number }
  | { kind: "deny"; minute: number; used: number; retryAt: number };

/**
 * Decides one request against the hour that ends now. The caller counts it in the returned minute.
 *
 * @param buckets - this subject's buckets, in any order
 * @returns instants in epoch seconds
 */
export function decideHour(buckets: readonly Bucket[], asked: Asked): HourVerdict {
  const minute = buckets.reduce((newest, bucket) => Math.max(newest, bucket.minute), asked.minuteNow);
  const counted = buckets.filter((bucket) => bucket.minute >= minute - SPAN_MINUTES);
  const used = sum(counted, "admitted");
  if (used + asked.cost <= asked.limit) return { kind: "admit", overage: false, minute, used: used + asked.cost };
  const ceiling = asked.ceilingMultiple === null ? 0 : asked.ceilingMultiple * asked.limit;
  if (used + sum(counted, "overage") + asked.cost <= ceiling) {
    return asked.allowance >= asked.cost ? { kind: "admit", overage: true, minute, used } : { kind: "need_block", minute, used };
  }
  return { kind: "deny", minute, used, retryAt: retryAt(counted, used, asked, ceiling) };
}

/** When the next admission frees: the end of the oldest bucket that holds one; null while none does. */
export function nextRelease(buckets: readonly Bucket[], minute: number): number | null {
  const held = buckets.filter((bucket) => bucket.minute >= minute - SPAN_MINUTES && bucket.admitted > 0);
  return held.length === 0 ? null : releaseOf(Math.min(...held.map((bucket) => bucket.minute)));
}

const releaseOf = (minute: number): number => (minute + SPAN_MINUTES + 1) * 60;

/** The release of the earliest bucket after which, with all older ones gone, the request fits. */
function retryAt(counted: readonly Bucket[], used: number, { cost, limit }: Asked, ceiling: number): number {
  let base = used;
  let all = used + sum(counted, "overage");
  for (const bucket of counted.toSorted((a, b) => a.minute - b.minute)) {
    base -= bucket.admitted;
    all -= bucket.admitted + bucket.overage;
    if (base + cost <= limit || all + cost <= ceiling) return releaseOf(bucket.minute);
  }
  throw new RangeError(`a cost of ${cost} never fits into a limit of ${limit}`);
}

const sum = (buckets: readonly Bucket[], field: "admitted" | "overage"): number =>
  buckets.reduce((total, bucket) => total + bucket[field], 0);
