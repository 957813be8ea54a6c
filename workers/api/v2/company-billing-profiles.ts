import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { BILLING_TERMS, COLLECTION_METHODS, INVOICE_DELIVERIES } from "#db/schema/billing.ts";
import {
  billingProfileNoun,
  type BillingProfileView,
  getBillingProfile,
  setBillingProfile,
  updateBillingProfile,
} from "#services/companies/billing-profile.ts";
import { type BillingReadiness, getBillingReadiness } from "#services/companies/billing-readiness.ts";
import { openPaymentMethodPage } from "#services/companies/payment-method-page.ts";
import type { ApiEnv } from "../app.ts";
import { operation, readOperation } from "../operation.ts";
import { defined, Email, Id, Instant, OverrideReason, text, WebAddress } from "./shapes.ts";

const ProfileShape = z
  .object({
    company_id: Id,
    billing_terms: z.enum(BILLING_TERMS),
    billing_email: z.string(),
    billing_name: z.string().nullable(),
    tax_id: z.string().nullable(),
    address: z.record(z.string(), z.string()).nullable(),
    invoice_delivery: z.enum(INVOICE_DELIVERIES),
    has_payment_method: z.boolean(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .catchall(z.unknown())
  .openapi("CompanyBillingProfile");

const ADDRESS_LINE = 200;
const Address = z.strictObject({
  line1: text(ADDRESS_LINE),
  line2: text(ADDRESS_LINE).optional(),
  city: text(ADDRESS_LINE),
  state: text(ADDRESS_LINE).optional(),
  postal_code: text(20),
  country: z.string().regex(/^[A-Z]{2}$/, "is a country of two letters"),
});

const fields = {
  billing_terms: z.enum(BILLING_TERMS),
  billing_email: Email,
  billing_name: text(200).nullable(),
  tax_id: text(50).nullable(),
  address: Address.nullable(),
  invoice_delivery: z.enum(INVOICE_DELIVERIES),
};

const SetInput = z
  .strictObject({
    billing_email: fields.billing_email,
    billing_terms: fields.billing_terms.default("net_30"),
    billing_name: fields.billing_name.default(null),
    tax_id: fields.tax_id.default(null),
    address: fields.address.default(null),
    invoice_delivery: fields.invoice_delivery.default("email"),
    reason: OverrideReason,
  })
  .openapi("CompanyBillingProfileInput");

const ChangeInput = z
  .strictObject({ ...fields, reason: OverrideReason, version: z.int() })
  .partial()
  .openapi("CompanyBillingProfileChange");

const written = (body: Partial<z.output<typeof SetInput>>) =>
  defined({
    billingTerms: body.billing_terms,
    billingEmail: body.billing_email,
    billingName: body.billing_name,
    taxId: body.tax_id,
    address: body.address as Record<string, string> | null | undefined,
    invoiceDelivery: body.invoice_delivery,
  });

const profile = (row: BillingProfileView) => ({
  company_id: row.companyId,
  billing_terms: row.billingTerms,
  billing_email: row.billingEmail,
  billing_name: row.billingName,
  tax_id: row.taxId,
  address: row.address,
  invoice_delivery: row.invoiceDelivery,
  has_payment_method: row.hasPaymentMethod,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
});

const SetupShape = z
  .object({ url: z.string().openapi({ description: "A page of Stripe's, for the caller alone" }) })
  .openapi("PaymentMethodPage");

const ReadinessShape = z
  .object({
    company_id: Id,
    ready: z.boolean(),
    missing: z.array(z.enum(["billing_profile"])),
    has_payment_method: z.boolean(),
    collection_method: z.enum(COLLECTION_METHODS).nullable(),
    days_until_due: z.int().nullable().openapi({ description: "Null where an invoice is charged at once" }),
    waiting_invoices: z.array(z.object({ id: Id, placement_id: Id })),
  })
  .openapi("BillingReadiness");

const readiness = (of: BillingReadiness): z.infer<typeof ReadinessShape> => ({
  company_id: of.companyId,
  ready: of.hasProfile,
  missing: of.hasProfile ? [] : ["billing_profile"],
  has_payment_method: of.hasPaymentMethod,
  collection_method: of.collection?.method ?? null,
  days_until_due: of.collection?.daysUntilDue ?? null,
  waiting_invoices: of.waiting.map(({ invoiceId, placementId }) => ({ id: invoiceId, placement_id: placementId })),
});

export function companyBillingProfiles(api: OpenAPIHono<ApiEnv>): void {
  readOperation<BillingProfileView>(api, {
    path: "/company-billing-profiles/{id}",
    access: ["company-billing-profiles", "get"],
    summary: "Read how a company is billed",
    description: "The id is the company's.",
    noun: billingProfileNoun,
    item: ProfileShape,
    run: getBillingProfile,
    present: profile,
  });
  operation(api, {
    method: "get",
    path: "/company-billing-profiles/{id}/billing-readiness",
    access: ["company-billing-profiles", "get-readiness"],
    summary: "Read whether a company can be invoiced",
    description: "For the company's admins. Without a billing profile its invoices wait; they are named. The id is the company's.",
    params: z.object({ id: Id }),
    replies: [200, ReadinessShape],
    run: (ctx, { params }) => getBillingReadiness(ctx, params.id),
    present: readiness,
  });
  operation(api, {
    method: "put",
    path: "/company-billing-profiles/{id}",
    access: ["company-billing-profiles", "set"],
    summary: "Say how a company is billed",
    description: "For the company's admins. The id is the company's.",
    params: z.object({ id: Id }),
    body: SetInput,
    replies: [200, ProfileShape],
    run: (ctx, { params, body }) =>
      setBillingProfile(ctx, params.id, {
        billingTerms: body.billing_terms,
        billingEmail: body.billing_email,
        billingName: body.billing_name,
        taxId: body.tax_id,
        address: body.address as Record<string, string> | null,
        invoiceDelivery: body.invoice_delivery,
      }),
    present: profile,
  });
  operation(api, {
    method: "patch",
    path: "/company-billing-profiles/{id}",
    access: ["company-billing-profiles", "update"],
    summary: "Change how a company is billed",
    params: z.object({ id: Id }),
    body: ChangeInput,
    replies: [200, ProfileShape],
    run: (ctx, { params, body: { version, reason: _, ...body } }) => updateBillingProfile(ctx, params.id, written(body as never), version),
    present: profile,
  });
  operation(api, {
    method: "post",
    path: "/company-billing-profiles/{id}/setup-intent",
    access: ["company-billing-profiles", "set-up-payment"],
    summary: "Get the page on which a company says what its invoices are charged to",
    description: [
      "For the company's admins. A page of Stripe's: no card touches this API, so no setup intent leaves it. Once a default payment",
      "method stands there, invoices on immediate terms are charged at once. The id is the company's, which has a billing profile.",
    ].join(" "),
    params: z.object({ id: Id }),
    body: z.strictObject({ return_url: WebAddress, reason: OverrideReason }).openapi("SetupIntentInput"),
    replies: [201, SetupShape],
    run: (ctx, { params, body }) => openPaymentMethodPage(ctx, params.id, body.return_url),
    present: ({ url }) => ({ url }),
  });
}
