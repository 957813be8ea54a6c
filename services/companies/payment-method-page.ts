import { notFound, Refusal } from "#domain/refusals.ts";
import { commit, deciding, editable } from "../commit.ts";
import type { Context } from "../context.ts";
import { rowById } from "../listing.ts";
import { runOperation } from "../stripe-operations/run-operations.ts";
import { customerOperation, wantCustomer } from "../stripe-operations/make-customer.ts";
import { type BillingProfileView, billingProfileNoun } from "./billing-profile.ts";
import { type Company, companyNoun } from "./company.ts";

/** Where a company looks after what its invoices are charged to. */
export interface PaymentMethodPage {
  url: string;
}

/**
 * The provider's page on which a company says what its invoices are charged to: for its admins and
 * platform admins. DOMAIN's setup intent is hosted by the provider, so that no card touches us; what was
 * chosen comes back as `customer.updated`. The company's customer is made when there is none yet, once:
 * its intent is kept before the provider is asked.
 *
 * Refuses a company without a billing profile (404), and is 503 while the provider does not answer.
 */
export async function openPaymentMethodPage(ctx: Context, companyId: string, returnUrl: string): Promise<PaymentMethodPage> {
  return deciding(ctx, async () => {
    const { operationId, customerId } = await known(ctx, companyId);
    const customer = customerId ?? (await made(ctx.unanswered(), companyId, operationId));
    ctx.repeat();
    const { url } = await ctx.ports.plans.portal(customer, returnUrl, `portal_${ctx.newId()}`);
    return commit(
      ctx,
      { url },
      {
        write: [],
        audit: { action: "company_billing_profile.payment_page_opened", subject: { type: "company", id: companyId }, companyId },
        events: [],
      },
    );
  });
}

async function known(ctx: Context, companyId: string): Promise<{ operationId: string | null; customerId: string | null }> {
  const [[company], [profile], [operation]] = await ctx.read(
    rowById<Company>(ctx, companyNoun, companyId),
    rowById<BillingProfileView>(ctx, billingProfileNoun, companyId),
    customerOperation(companyId),
  );
  editable(ctx, "company", companyId, company);
  if (!profile) throw notFound("company billing profile", companyId);
  return { operationId: operation?.id ?? null, customerId: profile.stripeCustomerId };
}

async function made(ctx: Context, companyId: string, operationId: string | null): Promise<string> {
  await runOperation(ctx, operationId ?? (await wantCustomer(ctx, companyId)));
  const { customerId } = await known(ctx, companyId);
  if (customerId === null) throw new Refusal("service_unavailable", "The payment provider does not answer. Try again in a minute.");
  return customerId;
}
