import { eq, sql } from "drizzle-orm";
import { companies, intakeSettings } from "#db/schema/ats.ts";
import { select } from "#db/statements.ts";
import type { IntakeField } from "#domain/intake/fields.ts";
import { fieldFaults, MAX_ORIGINS, toOrigin } from "#domain/intake/settings.ts";
import { invalid, invalidField, notFound } from "#domain/refusals.ts";
import { changeSettings, settingsOf } from "../companies/company-settings.ts";
import type { Context } from "../context.ts";

type Row = typeof intakeSettings.$inferSelect;

export const intakeSettingsNoun = settingsOf<Row>("intake settings", intakeSettings, "intake_settings_company_key");

/** How a company takes in roles, as its own people see it. Null words and questions are those of the house. */
export type IntakeSettings = Pick<
  Row,
  "companyId" | "enabled" | "type" | "label" | "heading" | "thanks" | "fields" | "allowedOrigins" | "turnstileSiteKey" | "version"
>;

export interface IntakeChanges extends Partial<Pick<Row, "enabled" | "type" | "label" | "heading" | "thanks">> {
  /** Null for those of the house. */
  fields?: readonly IntakeField[] | null;
  allowedOrigins?: readonly string[];
  /** Null asks Turnstile no more. The secret is sealed and never shown. */
  turnstile?: { siteKey: string; secret: string } | null;
}

/** Before a company chose anything. */
const UNCHOSEN: Omit<IntakeSettings, "companyId"> = {
  enabled: true,
  type: "inline",
  label: null,
  heading: null,
  thanks: null,
  fields: null,
  allowedOrigins: [],
  turnstileSiteKey: null,
  version: 0,
};

/** How a company takes in roles, to its own people and platform admins; 404 to everybody else. */
export async function getIntakeSettings(ctx: Context, companyId: string): Promise<IntakeSettings> {
  const [[row]] = await ctx.read(
    select({ id: companies.id, settings: intakeSettings })
      .from(companies)
      .leftJoin(intakeSettings, eq(intakeSettings.companyId, companies.id))
      .where(
        sql`${companies.id} = ${companyId}::uuid and ${companies.deletedAt} is null
          and ((select ops.is_admin()) or ${companies.id} = any((select ops.company_ids())::uuid[]))`,
      ),
  );
  if (!row) throw notFound("company", companyId);
  return row.settings ?? { ...UNCHOSEN, companyId };
}

/**
 * Changes how a company takes in roles. By its admins and platform admins; refused are questions that
 * cannot be asked and origins that browsers do not write so.
 */
export async function changeIntakeSettings(
  ctx: Context,
  companyId: string,
  { fields, allowedOrigins, turnstile, ...words }: IntakeChanges,
  version?: number,
): Promise<IntakeSettings> {
  const faults = fields ? fieldFaults(fields) : [];
  if (faults.length > 0) throw invalid(...faults);
  const asked: Partial<Row> = {
    ...words,
    ...(fields === undefined ? {} : { fields }),
    ...(allowedOrigins === undefined ? {} : { allowedOrigins: originsOf(allowedOrigins) }),
    ...(turnstile === undefined
      ? {}
      : {
          turnstileSiteKey: turnstile?.siteKey ?? null,
          turnstileSecretEnc: turnstile && (await ctx.ports.seal.seal(turnstile.secret, `turnstile ${companyId}`)),
        }),
  };
  return changeSettings<Row>(ctx, intakeSettingsNoun, companyId, asked, version);
}

function originsOf(given: readonly string[]): string[] {
  const pointer = "allowed_origins";
  if (given.length > MAX_ORIGINS) throw invalidField(pointer, "too_many", `Allow ${MAX_ORIGINS} origins at most.`);
  const origins = given.map((text) => {
    const origin = toOrigin(text);
    if (origin === null) throw invalidField(pointer, "invalid", `${text} is no origin such as https://www.company.com.`);
    return origin;
  });
  return [...new Set(origins)];
}
