import { eq, sql } from "drizzle-orm";
import { companyBillingProfiles as profiles, placementInvoices, stripeOperations } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import { type Collection, collectionOf } from "#domain/invoices/invoice.ts";
import { forbidden } from "#domain/refusals.ts";
import { readable } from "../commit.ts";
import type { Context } from "../context.ts";
import { rowById } from "../listing.ts";
import { type Company, companyNoun } from "./company.ts";

/** Whether a company can be invoiced, how its next invoice is collected, and which wait. */
export interface BillingReadiness {
  companyId: string;
  /** Without a billing profile nothing is issued. */
  hasProfile: boolean;
  hasPaymentMethod: boolean;
  /** Null without a profile. */
  collection: Collection | null;
  /** Drafts that are not issued because the profile is missing; the oldest first, a hundred at most. */
  waiting: readonly { invoiceId: string; placementId: string }[];
}

const SHOWN = 100;

/** Whether a company can be invoiced: for its admins and platform admins. */
export async function getBillingReadiness(ctx: Context, companyId: string): Promise<BillingReadiness> {
  const [[found], [profile], waiting] = await ctx.read(
    rowById<Company>(ctx, companyNoun, companyId),
    select().from(profiles).where(eq(profiles.companyId, companyId)),
    select({ invoiceId: placementInvoices.id, placementId: placementInvoices.placementId })
      .from(placementInvoices)
      .where(
        sql`${placementInvoices.companyId} = ${companyId} and ${placementInvoices.status} = 'draft' and exists (select from ${stripeOperations} o
          where o.kind = 'invoice_issue' and o.subject_id = ${placementInvoices.id} and o.failure_reason = 'billing_profile_missing')`,
      )
      .orderBy(placementInvoices.createdAt, placementInvoices.id)
      .limit(SHOWN),
  );
  if (readable("company", companyId, found).editable === null) throw forbidden("A company's admins read whether it can be invoiced.");
  return {
    companyId,
    hasProfile: profile !== undefined,
    hasPaymentMethod: profile?.hasPaymentMethod ?? false,
    collection: profile ? collectionOf(profile.billingTerms, profile.hasPaymentMethod) : null,
    waiting,
  };
}
