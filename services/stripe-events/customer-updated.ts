import { eq } from "drizzle-orm";
import { companyBillingProfiles } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import { commit, unchanged, update } from "../commit.ts";
import type { EventHandler } from "./handlers.ts";

/** A company's customer changed: with a default payment method its invoices on immediate terms are charged at once (MONEY §8). */
export const customerUpdated: EventHandler = async (ctx, { object: { id } }, closing) => {
  if (id === null) return false;
  const [[before]] = await ctx.read(select().from(companyBillingProfiles).where(eq(companyBillingProfiles.stripeCustomerId, id)));
  if (!before) return false;
  const hasPaymentMethod = await ctx.ports.invoices.canBeCharged(id);
  if (hasPaymentMethod === before.hasPaymentMethod) return false;
  await commit(ctx, null, {
    expect: [unchanged(companyBillingProfiles, before), ...closing.expect],
    write: [update(ctx, companyBillingProfiles, before.id, { hasPaymentMethod }), ...closing.write],
    audit: {
      action: "company_billing_profile.payment_method_changed",
      subject: { type: "company_billing_profile", id: before.id },
      before,
      after: { ...before, hasPaymentMethod },
      companyId: before.companyId,
    },
    events: [],
  });
  return true;
};
