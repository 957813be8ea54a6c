import { invalidField } from "../refusals.ts";
import type { TaxProfile } from "./tax-year.ts";

/** What a payee says of their taxes; the number itself stays with Stripe. */
export interface TaxDeclaration {
  form: TaxProfile["form"];
  classification: TaxProfile["classification"];
  /** The last four digits. */
  tinLast4: string;
}

/** Who signs which form. */
const CLASSIFICATIONS: Readonly<Record<TaxProfile["form"], readonly TaxProfile["classification"][]>> = {
  w9: ["individual", "partnership", "corporation"],
  w8ben: ["foreign"],
  w8bene: ["foreign"],
};

/** Whole calendar years after the one of its signature during which a foreign payee's form holds. */
const FOREIGN_FORM_YEARS = 3;

/**
 * Takes what a payee declares: complete from now on, for good with a W-9, until the end of the third
 * year after with a W-8. Refuses a classification that does not sign this form (422).
 */
export function completeProfile(declared: TaxDeclaration, now: Date) {
  if (!CLASSIFICATIONS[declared.form].includes(declared.classification)) {
    throw invalidField("classification", "invalid", `${declared.form} is not signed by a payee that is ${declared.classification}.`);
  }
  const isForeign = declared.form !== "w9";
  return {
    ...declared,
    status: "complete" as const,
    completedAt: now,
    expiresAt: isForeign ? new Date(Date.UTC(now.getUTCFullYear() + FOREIGN_FORM_YEARS + 1, 0, 1)) : null,
  };
}
