import { isDate, midnightAfter, utcDate } from "../commission/dates.ts";
import { invalidField } from "../refusals.ts";

/** The longest statement. */
export const MAX_PERIOD_DAYS = 366;

/** A stretch of UTC days. */
export interface Period {
  /** `YYYY-MM-DD`, inclusive. */
  from: string;
  /** `YYYY-MM-DD`, inclusive. */
  to: string;
}

/** The instants of a period: [start, end). */
export const instantsOf = ({ from, to }: Period): { start: Date; end: Date } => ({
  start: midnightAfter(from, 0),
  end: midnightAfter(to, 1),
});

/** Takes a period. Refuses dates that are none, an end before its start, and more than 366 days (`validation_failed`). */
export function requirePeriod(from: string, to: string): Period {
  if (!isDate(from)) throw invalidField("from", "invalid_date", "from is a date, YYYY-MM-DD.");
  if (!isDate(to)) throw invalidField("to", "invalid_date", "to is a date, YYYY-MM-DD.");
  if (to < from) throw invalidField("to", "out_of_range", "A period ends on its first day or later.");
  if (utcDate(midnightAfter(from, MAX_PERIOD_DAYS - 1)) < to) throw invalidField("to", "out_of_range", "A period has 366 days at most.");
  return { from, to };
}

/** A month, `YYYY-MM`. Refuses anything else. */
export function monthPeriod(month: string): Period {
  const from = `${month}-01`;
  if (!isDate(from)) throw invalidField("month", "invalid_date", "month is a month, YYYY-MM.");
  const [year = 0, number = 0] = month.split("-").map(Number);
  return { from, to: new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10) };
}
