import { getTableColumns, or, type SQL, sql } from "drizzle-orm";
import { companyBillingProfiles as profiles, stripeOperations } from "#db/schema/billing.ts";
import { conflict, invalidField, notFound } from "#domain/refusals.ts";
import { companyPeople, platformAdmins } from "../audience.ts";
import { asItStands, commit, deciding, differing, editable, expectVersion, insert, newRow, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, type Noun, rowById, type Way } from "../listing.ts";
import { customerFollows, customerOperation } from "../stripe-operations/make-customer.ts";
import { type Company, companyNoun } from "./company.ts";

/** How a company is billed; its id is the company's. */
export type BillingProfileView = typeof profiles.$inferSelect;

/** What a company says of how it is billed. */
export interface BillingProfileFields {
  billingTerms: BillingProfileView["billingTerms"];
  billingEmail: string;
  billingName: string | null;
  taxId: string | null;
  address: Record<string, string> | null;
  invoiceDelivery: BillingProfileView["invoiceDelivery"];
}

const waysToProfiles = (): Way[] => [
  { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
  { rows: sql`${profiles.companyId} = any((select ops.admin_company_ids())::uuid[])`, opensTo: companyPeople },
];

const readableProfiles = (): SQL => or(...waysToProfiles().map(({ rows }) => rows)) as SQL;

export const billingProfileNoun = {
  name: "company billing profile",
  table: profiles,
  key: profiles.companyId,
  columns: getTableColumns(profiles),
  readable: readableProfiles,
  ways: waysToProfiles,
} satisfies Noun<BillingProfileView>;

/** How a company is billed; 404 before it said so. */
export const getBillingProfile = (ctx: Context, companyId: string, include: readonly string[]): Promise<Included<BillingProfileView>> =>
  getOne<BillingProfileView>(ctx, billingProfileNoun, companyId, include);

/** Says how a company is billed, for the first time or anew. Its admins do, and platform admins. */
export async function setBillingProfile(ctx: Context, companyId: string, fields: BillingProfileFields): Promise<BillingProfileView> {
  return written(ctx, companyId, fields, true);
}

/** Changes what is named, of a profile that is there. */
export async function updateBillingProfile(
  ctx: Context,
  companyId: string,
  fields: Partial<BillingProfileFields>,
  version?: number,
): Promise<BillingProfileView> {
  return written(ctx, companyId, fields, false, version);
}

/** Of two who say it for the first time at once, one is told. */
const ONE_PROFILE = {
  company_billing_profiles_company_key: () =>
    conflict("Somebody else said it at this moment. Read it, and change it.", { reason: "profile_exists" }),
};

async function written(
  ctx: Context,
  companyId: string,
  fields: Partial<BillingProfileFields>,
  whole: boolean,
  version?: number,
): Promise<BillingProfileView> {
  return deciding(
    ctx,
    async () => {
      const [[found], [before], [made]] = await ctx.read(
        rowById<Company>(ctx, companyNoun, companyId),
        rowById<BillingProfileView>(ctx, billingProfileNoun, companyId),
        customerOperation(companyId),
      );
      editable(ctx, "company", companyId, found);
      if (!before && !whole) throw notFound("company billing profile", companyId);
      if (!before) {
        const { billingEmail } = fields;
        if (billingEmail === undefined) throw invalidField("billing_email", "required", "billing_email is required.");
        const row = newRow(ctx, profiles, { ...fields, billingEmail, companyId });
        return commit(ctx, row, {
          write: [insert(profiles, row)],
          audit: { action: "company_billing_profile.created", subject: { type: "company", id: companyId }, after: row, companyId },
          events: [],
        });
      }
      expectVersion(ctx, before, version);
      if (!differing(before, fields)) return asItStands(ctx, before);
      const after: BillingProfileView = { ...before, ...fields, version: before.version + 1, updatedAt: ctx.now() };
      const isSame = after.billingEmail === before.billingEmail && after.billingName === before.billingName;
      const follows = isSame ? null : customerFollows(ctx, made);
      return commit(ctx, after, {
        expect: [unchanged(profiles, before), ...(follows && made ? [unchanged(stripeOperations, made)] : [])],
        write: [update(ctx, profiles, before.id, fields), ...(follows ? [follows.write] : [])],
        audit: { action: "company_billing_profile.updated", subject: { type: "company", id: companyId }, before, after, companyId },
        events: follows ? [follows.event] : [],
      });
    },
    ONE_PROFILE,
  );
}
