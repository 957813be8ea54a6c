import type { IntakeField } from "./fields.ts";

/** What a draft role takes over from an intake. */
export interface IntakeDraft {
  title: string;
  location: string | null;
  employmentType: "full_time" | "part_time" | "contract" | "temporary" | null;
  description: string;
}

const EMPLOYMENT: Readonly<Record<string, NonNullable<IntakeDraft["employmentType"]>>> = {
  "full-time": "full_time",
  "part-time": "part_time",
  contract: "contract",
  temporary: "temporary",
};
/** What has a place of its own in a role. */
const PLACED = new Set(["role_title", "location", "employment_type", "description"]);
const MAX_TITLE = 200;

/**
 * A role as somebody outside described it. What has no place of its own in a role stands below the
 * description with its question, so that nothing that was written is lost; who wrote it is left out,
 * because a description is shown to others.
 */
export function draftOf(fields: readonly IntakeField[], answers: Readonly<Record<string, string>>): IntakeDraft {
  const others = fields
    .filter(({ name, type }) => !PLACED.has(name) && !name.startsWith("contact_") && type !== "email" && type !== "tel")
    .flatMap(({ name, label }) => (answers[name] ? [`${label}: ${answers[name]}`] : []));
  return {
    title: (answers["role_title"] ?? Object.values(answers)[0] ?? "Role").slice(0, MAX_TITLE),
    location: answers["location"] ?? null,
    employmentType: EMPLOYMENT[answers["employment_type"]?.toLowerCase() ?? ""] ?? null,
    description: [answers["description"], ...others].filter(Boolean).join("\n\n"),
  };
}
