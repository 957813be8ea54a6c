/** When somebody can be met, as the table keeps it: RFC 3339 instants, and the IANA zone they were given in. */
export interface Slot {
  from: string;
  until: string;
  time_zone: string;
}

/** A span of time as clocks show it where the candidate is. */
export function slotInWords({ from, until, time_zone: timeZone }: Slot): string {
  const day = new Intl.DateTimeFormat("en", { weekday: "short", day: "numeric", month: "short", timeZone });
  const time = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone });
  return `${day.format(new Date(from))}, ${time.format(new Date(from))} to ${time.format(new Date(until))}`;
}

/** All of somebody's times in one line, with the zone in which they were given. */
export const slotsInWords = (slots: readonly Slot[]): string =>
  `${slots.map(slotInWords).join("; ")} (${slots[0]?.time_zone.replaceAll("_", " ") ?? "UTC"})`;

/** One line of the form: a day and two times of it, as the browser's fields write them. Blank where it was left out. */
export interface TimeRange {
  day: string;
  from: string;
  until: string;
}

/** A form has this many lines. */
export const RANGES = 3;

/** Whether a time zone has this name. */
export function isTimeZone(name: string): boolean {
  try {
    return name !== "" && new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** The instant at which clocks of a zone show this day and time; null for what is no time, or one that a change of clocks leaves out. */
export function instantIn(timeZone: string, day: string, time: string): Date | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || !/^\d{2}:\d{2}$/.test(time)) return null;
  const shown = Date.parse(`${day}T${time}:00Z`);
  if (Number.isNaN(shown) || new Date(shown).toISOString().slice(0, 10) !== day) return null;
  const guess = shown - aheadOfUtc(timeZone, shown);
  const instant = shown - aheadOfUtc(timeZone, guess);
  return instant + aheadOfUtc(timeZone, instant) === shown ? new Date(instant) : null;
}

/** How far a zone's clocks are ahead of UTC at an instant, in milliseconds. */
function aheadOfUtc(timeZone: string, at: number): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((each) => each.type === type)?.value);
  return (
    Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second")) - Math.floor(at / 1_000) * 1_000
  );
}

export type ReadTimes = { slots: readonly Slot[] } | { errors: Readonly<Record<string, string>> };

/** The times of a form in UTC, or what is wrong with it, a sentence by the name of each field. */
export function readTimes(timeZone: string, ranges: readonly TimeRange[], now: Date): ReadTimes {
  if (!isTimeZone(timeZone)) return { errors: { time_zone: "Choose your time zone." } };
  const errors: Record<string, string> = {};
  const slots: Slot[] = [];
  for (const [index, range] of ranges.entries()) {
    if (`${range.day}${range.from}${range.until}` === "") continue;
    const name = `day_${index + 1}`;
    const [from, until] = [instantIn(timeZone, range.day, range.from), instantIn(timeZone, range.day, range.until)];
    if (!from || !until) errors[name] = "Give a day, and from when until when.";
    else if (until <= from) errors[name] = "The end must be later than the beginning.";
    else if (from <= now) errors[name] = "Choose a time that is still to come.";
    else slots.push({ from: from.toISOString(), until: until.toISOString(), time_zone: timeZone });
  }
  if (slots.length === 0 && Object.keys(errors).length === 0) errors["day_1"] = "Give at least one time.";
  return Object.keys(errors).length > 0 ? { errors } : { slots };
}
