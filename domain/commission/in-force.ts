/** A row of a versioned table: in force from its first instant until, not including, its last. */
export interface Versioned {
  effective_from: string;
  effective_to: string | null;
}

/**
 * The row in force at an instant. None is a bug, not a default: money never falls back to a guess.
 *
 * @param rows - the versions of one thing, in any order
 */
export function inForce<Row extends Versioned>(rows: readonly Row[], at: Date): Row {
  const row = rows.find(({ effective_from, effective_to }) => {
    return new Date(effective_from) <= at && (effective_to === null || at < new Date(effective_to));
  });
  if (!row) throw new RangeError(`no row is in force at ${at.toISOString()}`);
  return row;
}
