import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { TAX_CLASSIFICATIONS, TAX_FORMS, TAX_FORMS_OF_PAYEES, TAX_PROFILE_STATUSES } from "#db/schema/billing.ts";
import { copyDueDate, taxCsv, type TaxFormRow, taxRow } from "#domain/tax/tax-year.ts";
import { declareTaxes, getTaxProfile, listTaxProfiles, taxProfileNoun, type TaxProfileRow } from "#services/tax/tax-profile.ts";
import { handOutForms, taxTotals } from "#services/tax/tax-totals.ts";
import type { ApiEnv } from "../app.ts";
import { csvFile, fileOperation, listOperation, operation, readOperation } from "../operation.ts";
import { Day, Id, Instant, instant } from "./shapes.ts";

const ProfileShape = z
  .object({
    id: Id,
    recruiter_id: Id,
    form: z.enum(TAX_FORMS_OF_PAYEES).nullable(),
    classification: z.enum(TAX_CLASSIFICATIONS).nullable(),
    status: z.enum(TAX_PROFILE_STATUSES),
    tin_last4: z.string().nullable().openapi({ description: "The number itself stays with Stripe" }),
    completed_at: Instant.nullable(),
    expires_at: Instant.nullable(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .openapi("TaxProfile");

const profile = (row: TaxProfileRow) => ({
  id: row.id,
  recruiter_id: row.recruiterId,
  form: row.form,
  classification: row.classification,
  status: row.status,
  tin_last4: row.tinLast4,
  completed_at: instant(row.completedAt),
  expires_at: instant(row.expiresAt),
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
});

const TotalShape = z
  .object({
    recruiter_id: Id,
    year: z.int(),
    form: z.enum(TAX_FORMS),
    state: z.enum(["due", "below_threshold", "excluded", "profile_missing"]),
    reportable: z.string().openapi({ example: "1700.00" }),
    reportable_cents: z.int(),
    repaid_prior_year: z.string().openapi({ description: "What came back of earlier years' transfers; it changes neither year" }),
    repaid_prior_year_cents: z.int(),
    payments: z.int(),
    classification: z.enum(TAX_CLASSIFICATIONS).nullable(),
    tin_last4: z.string().nullable(),
    corrected: z.enum(["yes", "no"]),
    copy_due_date: Day,
  })
  .openapi("TaxTotal");

const total = (row: TaxFormRow) => ({
  ...taxRow(row),
  reportable_cents: row.total.reportable,
  repaid_prior_year_cents: row.total.repaidPriorYear,
  copy_due_date: copyDueDate(row.total.year),
});

export function taxProfiles(api: OpenAPIHono<ApiEnv>): void {
  listOperation<TaxProfileRow>(api, {
    path: "/tax-profiles",
    access: ["tax-profiles", "list"],
    summary: "List tax profiles",
    noun: taxProfileNoun,
    filters: z.object({ status: z.enum(TAX_PROFILE_STATUSES), recruiter_id: Id }),
    item: ProfileShape,
    run: listTaxProfiles,
    present: profile,
  });
  operation(api, {
    method: "put",
    path: "/tax-profiles/me",
    access: ["tax-profiles", "declare-me"],
    summary: "Declare one's taxes",
    description: "Nobody is paid without, while `payouts.require_tax_profile` is on.",
    body: z
      .strictObject({
        form: z.enum(TAX_FORMS_OF_PAYEES),
        classification: z.enum(TAX_CLASSIFICATIONS),
        tin_last4: z.string().regex(/^\d{4}$/, "is the last four digits"),
        version: z.int().optional(),
      })
      .openapi("TaxDeclaration"),
    replies: [200, ProfileShape],
    run: (ctx, { body }) =>
      declareTaxes(ctx, { form: body.form, classification: body.classification, tinLast4: body.tin_last4 }, body.version),
    present: profile,
  });
  readOperation<TaxProfileRow>(api, {
    path: "/tax-profiles/{id}",
    access: ["tax-profiles", "get"],
    summary: "Read a tax profile, by its recruiter",
    noun: taxProfileNoun,
    item: ProfileShape,
    run: getTaxProfile,
    present: profile,
  });
}

export function taxTotalsOperation(api: OpenAPIHono<ApiEnv>): void {
  fileOperation<Record<never, never>, { year: number }, TaxFormRow[]>(api, {
    path: "/tax-totals",
    access: ["tax-totals", "read"],
    summary: "What each payee was paid in a year, and whether a form is due",
    description: "A recruiter's own, all for platform admins. Counsel confirms the numbers before use. A year without thresholds refuses.",
    query: z.object({
      year: z
        .string()
        .regex(/^20\d\d$/, "is a year, such as 2026")
        .transform(Number)
        .openapi({ type: "integer", example: 2026 }),
    }),
    data: z.array(TotalShape),
    run: (ctx, { query }) => taxTotals(ctx, query.year),
    present: (rows) => rows.map(total),
    files: { csv: (rows) => csvFile(`tax-totals-${rows[0]?.total.year ?? "empty"}`, taxCsv(rows)) },
  });
  operation(api, {
    method: "post",
    path: "/tax-totals/hand-out",
    access: ["tax-totals", "hand-out"],
    summary: "Note the forms of a year as handed out",
    description: "A form that says something else later is a corrected one.",
    body: z.strictObject({ year: z.int().min(2_000).max(2_099) }).openapi("HandOutFormsInput"),
    replies: [200, z.array(TotalShape)],
    run: (ctx, { body }) => handOutForms(ctx, body.year),
    present: (rows) => rows.map(total),
  });
}
