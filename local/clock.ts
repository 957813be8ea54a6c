/** Which values a field of a cron expression can have, in Cloudflare's counting: Sunday is 1. */
const FIELDS = [
  { name: "minute", from: 0, to: 59, words: [], of: (date: Date) => date.getUTCMinutes() },
  { name: "hour", from: 0, to: 23, words: [], of: (date: Date) => date.getUTCHours() },
  { name: "day", from: 1, to: 31, words: [], of: (date: Date) => date.getUTCDate() },
  {
    name: "month",
    from: 1,
    to: 12,
    words: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    of: (date: Date) => date.getUTCMonth() + 1,
  },
  {
    name: "weekday",
    from: 1,
    to: 7,
    words: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    of: (date: Date) => date.getUTCDay() + 1,
  },
] as const;

type Field = (typeof FIELDS)[number];

const MINUTE_MS = 60_000;

/**
 * Whether a cron expression names the minute of `date`, in UTC and with Cloudflare's weekdays
 * (1 is Sunday). Day and weekday, if both are given, are alternatives. Refuses what it cannot read.
 */
export function matchesCron(cron: string, date: Date): boolean {
  const texts = cron.trim().split(/\s+/);
  if (texts.length !== FIELDS.length) throw new Error(`The cron "${cron}" must have five fields`);
  const matches = FIELDS.map((field, index) => valuesOf(texts[index] ?? "", field, cron).has(field.of(date)));
  const [minute, hour, day, month, weekday] = matches;
  const free = (index: number) => texts[index]?.startsWith("*");
  const onDay = free(2) || free(4) ? day && weekday : day || weekday;
  return Boolean(minute && hour && month && onDay);
}

function valuesOf(text: string, { name, from, to, words }: Field, cron: string): Set<number> {
  const unreadable = () => new Error(`The cron "${cron}" has a ${name} that cannot be read: "${text}"`);
  const number = (word: string): number => {
    const index = (words as readonly string[]).indexOf(word.toUpperCase());
    const value = index >= 0 ? from + index : /^\d+$/.test(word) ? Number(word) : NaN;
    if (!(value >= from && value <= to)) throw unreadable();
    return value;
  };
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const [, first, last, step] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part) ?? [];
    if (first === undefined || (first === "*" && last !== undefined) || step === "0") throw unreadable();
    const start = first === "*" ? from : number(first);
    const end = last !== undefined ? number(last) : first === "*" || step !== undefined ? to : start;
    if (start > end) throw unreadable();
    for (let value = start; value <= end; value += Number(step ?? 1)) values.add(value);
  }
  return values;
}

/** The cron expressions of `[triggers]` in the text of a wrangler.toml. */
export function cronsOf(toml: string): readonly string[] {
  const list = /^\[triggers\][^[]*?^crons\s*=\s*\[([^\]]*)\]/m.exec(toml)?.[1] ?? "";
  return [...list.matchAll(/"([^"]+)"/g)].map(([, cron]) => cron ?? "");
}

export interface ClockOptions {
  /** The Worker's origin. */
  worker: string;
  crons: readonly string[];
}

/** Calls the Worker at the minutes that its crons name, because `wrangler dev` leaves that to us. */
export function startClock({ worker, crons }: ClockOptions): { stop(): void } {
  for (const cron of crons) matchesCron(cron, new Date()); // an unreadable one fails now, not at its first minute
  const stopped = new AbortController();
  let timer: NodeJS.Timeout;

  const call = async (cron: string, minute: Date) => {
    const url = `${worker}/cdn-cgi/handler/scheduled?cron=${encodeURIComponent(cron)}&time=${minute.getTime()}`;
    try {
      const answer = await fetch(url, { signal: stopped.signal });
      if (!answer.ok) console.warn(`The cron ${cron} ended with ${answer.status}.`);
    } catch {
      if (!stopped.signal.aborted) console.warn(`The cron ${cron} did not reach the Worker.`);
    }
  };

  const wait = () => {
    const minute = new Date((Math.floor(Date.now() / MINUTE_MS) + 1) * MINUTE_MS);
    timer = setTimeout(() => {
      if (Date.now() < minute.getTime()) return wait(); // timers may be a moment early
      for (const cron of crons) if (matchesCron(cron, minute)) void call(cron, minute);
      wait();
    }, minute.getTime() - Date.now());
  };
  wait();

  return {
    stop() {
      clearTimeout(timer);
      stopped.abort();
    },
  };
}
