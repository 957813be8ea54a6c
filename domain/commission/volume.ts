import { cents, ZERO, type Cents } from "../money.ts";

/** A role for this many hires or more may carry a bulk bonus; it falls due on the hire that completes them. */
export const VOLUME_HIRES = 5;

export type PlacementState = "hired" | "active" | "completed" | "failed";

/** What the company committed to and promised for it. */
export interface VolumeTerms {
  hires_committed: number | null;
  bulk_bonus_cents: Cents | null;
}

/** An earlier placement of the role, as the volume bonus needs it. */
export interface RolePlacement {
  id: string;
  hired_at: string;
  state: PlacementState;
  /** Its Closer, by its snapshot. */
  candidate_recruiter_id: string | null;
  /** The bulk bonus it carries (`fee_basis.bulk_cents` of its snapshot). */
  bulk_cents: Cents;
}

/** The bulk bonus one hire carries, and the Closers who earn it, one entry per hire, earliest first. */
export interface VolumeBonus {
  amount: Cents;
  closers: readonly string[];
}

const NONE: VolumeBonus = { amount: ZERO, closers: [] };

/**
 * The volume bonus of a hire: due when it brings the role's standing placements to five, once as
 * long as the placement that carries it stands, and not at all if none of the five has a Closer.
 *
 * @param placements - the role's earlier placements, in any order
 * @param closer - the candidate recruiter of this hire
 */
export function volumeBonus(
  { hires_committed, bulk_bonus_cents }: VolumeTerms,
  placements: readonly RolePlacement[],
  closer: string | null,
): VolumeBonus {
  const standing = placements.filter(({ state }) => state !== "failed");
  const completesFive = (hires_committed ?? 0) >= VOLUME_HIRES && standing.length + 1 === VOLUME_HIRES;
  const carried = standing.some(({ bulk_cents }) => bulk_cents > 0);
  if (!completesFive || carried || !bulk_bonus_cents) return NONE;

  const closers = [...standing.toSorted(byHire).map((placement) => placement.candidate_recruiter_id), closer];
  const filled = closers.filter((recruiterId) => recruiterId !== null);
  return filled.length > 0 ? { amount: bulk_bonus_cents, closers: filled } : NONE;
}

const byHire = (one: RolePlacement, other: RolePlacement): number =>
  Date.parse(one.hired_at) - Date.parse(other.hired_at) || (one.id < other.id ? -1 : 1);

/**
 * Divides the bonus equally over the hires that have a Closer; the whole remainder goes to the
 * earliest (D-101). Unlike a team's parts, which share the leftover cents.
 *
 * @returns cents per recruiter; they sum to the amount
 */
export function divideVolumeBonus({ amount, closers }: VolumeBonus): ReadonlyMap<string, Cents> {
  const parts = new Map<string, Cents>();
  const each = Math.floor(amount / closers.length);
  closers.forEach((recruiterId, index) => {
    const part = index === 0 ? amount - each * (closers.length - 1) : each;
    parts.set(recruiterId, cents((parts.get(recruiterId) ?? 0) + part));
  });
  return parts;
}
