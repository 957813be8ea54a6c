import type { PublicRole } from "#services/white-label/place.ts";

const EMPLOYMENT: Readonly<Record<NonNullable<PublicRole["employmentType"]>, string>> = {
  full_time: "Full-time",
  part_time: "Part-time",
  contract: "Contract",
  temporary: "Temporary",
};
const LEVELS: Readonly<Record<NonNullable<PublicRole["jobLevel"]>, string>> = {
  entry: "Entry level",
  mid: "Mid level",
  senior: "Senior",
  lead: "Lead",
  manager: "Manager",
  director: "Director",
  vp: "Vice president",
  c_suite: "C-suite",
};
const DAYS = /^hybrid_(\d)$/;
const LIST = new Intl.ListFormat("en", { type: "disjunction" });

/** Where the work is done: several kinds of hybrid are one, with their days. */
function commuteOf(types: PublicRole["commuteTypes"]): string | null {
  const days = types.flatMap((type) => DAYS.exec(type)?.[1] ?? []).toSorted();
  const hybrid = days.length > 0 ? `Hybrid, ${LIST.format(days)} ${days.join() === "1" ? "day" : "days"} in the office` : null;
  const kinds = [types.includes("remote") ? "Remote" : null, hybrid, types.includes("in_office") ? "In the office" : null];
  return kinds.filter((kind) => kind !== null).join(" · ") || null;
}

const DOLLARS = new Intl.NumberFormat("en", { style: "currency", currency: "USD", maximumFractionDigits: 0 });
const dollars = (cents: number): string => DOLLARS.format(cents / 100);

/** What a role pays, in words; null where it does not say. */
export function salaryOf({ salaryMin, salaryMax }: Pick<PublicRole, "salaryMin" | "salaryMax">): string | null {
  if (salaryMin !== null && salaryMax !== null) return `${dollars(salaryMin)} to ${dollars(salaryMax)} a year`;
  if (salaryMin !== null) return `From ${dollars(salaryMin)} a year`;
  return salaryMax === null ? null : `Up to ${dollars(salaryMax)} a year`;
}

/** What is known of a role in a few words each, in the order in which people ask. */
export function factsOf(role: PublicRole): { name: string; value: string }[] {
  const facts = [
    ["Location", role.location],
    ["Place of work", commuteOf(role.commuteTypes)],
    ["Employment", role.employmentType && EMPLOYMENT[role.employmentType]],
    ["Level", role.jobLevel && LEVELS[role.jobLevel]],
    ["Salary", salaryOf(role)],
  ] as const;
  return facts.flatMap(([name, value]) => (value ? [{ name, value }] : []));
}

/** The beginning of a text for whoever shows a page in a list: one line, cut at a word. */
export function summaryOf(text: string, most = 155): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= most ? line : `${line.slice(0, line.lastIndexOf(" ", most)).replace(/[\s,.;:]+$/, "")}…`;
}
