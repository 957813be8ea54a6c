import { eq, sql } from "drizzle-orm";
import { brands, companies, intakeSettings } from "#db/schema/ats.ts";
import { select } from "#db/statements.ts";
import { HOUSE_COLOR } from "#domain/brand/ink.ts";
import { HOUSE_FIELDS, type IntakeField } from "#domain/intake/fields.ts";
import { HOUSE_WORDS } from "#domain/intake/settings.ts";
import { notFound } from "#domain/refusals.ts";
import type { Context } from "../context.ts";

/** A company's intake as its widget works with it; what is secret in it never leaves the house. */
export interface IntakeForm {
  companyId: string;
  company: string;
  /** Of the company's host. */
  slug: string;
  color: string;
  logoKey: string | null;
  type: (typeof intakeSettings.$inferSelect)["type"];
  label: string;
  heading: string;
  thanks: string;
  fields: readonly IntakeField[];
  isOpen: boolean;
  /** Origins of pages that may post. */
  allowedOrigins: readonly string[];
  turnstile: { siteKey: string; secretEnc: string } | null;
}

/** The intake of an active company, with the words of the house where it wrote none, in one trip; 404 for every other. */
export async function readIntakeForm(ctx: Context, companyId: string): Promise<IntakeForm> {
  const [[row]] = await ctx.read(
    select({
      company: companies.name,
      slug: companies.slug,
      color: brands.color,
      logoKey: brands.logoKey,
      type: intakeSettings.type,
      label: intakeSettings.label,
      heading: intakeSettings.heading,
      thanks: intakeSettings.thanks,
      fields: intakeSettings.fields,
      enabled: intakeSettings.enabled,
      allowedOrigins: intakeSettings.allowedOrigins,
      turnstileSiteKey: intakeSettings.turnstileSiteKey,
      turnstileSecretEnc: intakeSettings.turnstileSecretEnc,
    })
      .from(companies)
      .leftJoin(brands, eq(brands.companyId, companies.id))
      .leftJoin(intakeSettings, eq(intakeSettings.companyId, companies.id))
      .where(sql`${companies.id} = ${companyId}::uuid and ${companies.status} = 'active' and ${companies.deletedAt} is null`),
  );
  if (!row) throw notFound("company", companyId);
  const { turnstileSiteKey: siteKey, turnstileSecretEnc: secretEnc } = row;
  return {
    companyId,
    company: row.company,
    slug: row.slug,
    color: row.color ?? HOUSE_COLOR,
    logoKey: row.logoKey,
    type: row.type ?? "inline",
    label: row.label ?? HOUSE_WORDS.label,
    heading: row.heading ?? HOUSE_WORDS.heading,
    thanks: row.thanks ?? HOUSE_WORDS.thanks,
    fields: row.fields ?? HOUSE_FIELDS,
    isOpen: row.enabled ?? true,
    allowedOrigins: row.allowedOrigins ?? [],
    turnstile: siteKey !== null && secretEnc !== null ? { siteKey, secretEnc } : null,
  };
}
