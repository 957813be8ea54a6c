const DAY_MS = 86_400_000;

/** The UTC date of an instant, `YYYY-MM-DD`. Such strings compare as dates do. */
export const utcDate = (at: Date): string => at.toISOString().slice(0, 10);

/** Days are 24 hours: UTC knows no other. */
export const daysAfter = (at: Date, days: number): Date => new Date(at.getTime() + days * DAY_MS);

/** Midnight UTC, `days` days after the date began. */
export const midnightAfter = (date: string, days: number): Date => daysAfter(new Date(`${date}T00:00:00Z`), days);

/** The same day `years` years later; 29 February becomes the 28th where there is none. */
export function yearsAfter(date: string, years: number): string {
  const year = (Number(date.slice(0, 4)) + years).toString().padStart(4, "0");
  const sameDay = `${year}${date.slice(4)}`;
  return utcDate(new Date(`${sameDay}T00:00:00Z`)) === sameDay ? sameDay : `${year}-02-28`;
}

/** Whether a text is a date of the calendar, `YYYY-MM-DD`. */
export const isDate = (text: string): boolean => {
  const at = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(at.getTime()) && utcDate(at) === text;
};
