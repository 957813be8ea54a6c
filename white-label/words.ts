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
const COMMUTES: Readonly<Record<PublicRole["commuteTypes"][number], string>> = {
  remote: "Remote",
  hybrid_1: "Hybrid, 1 day in the office",
  hybrid_2: "Hybrid, 2 days in the office",
  hybrid_3: "Hybrid, 3 days in the office",
  hybrid_4: "Hybrid, 4 days in the office",
  in_office: "In the office",
};

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
    ["Place of work", role.commuteTypes.map((type) => COMMUTES[type]).join(", ") || null],
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
