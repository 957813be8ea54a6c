import { inArray, sql } from "drizzle-orm";
import { ledgerTransactions, subscriptions } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import { subscriptionPosting } from "#domain/ledger/postings.ts";
import { commit } from "../commit.ts";
import type { Context } from "../context.ts";
import { posted } from "../ledger/post.ts";
import type { EventHandler } from "../stripe-events/handlers.ts";
import { rowOfFetched, takingFetched } from "./take-fetched.ts";

/**
 * A subscription changed at the provider: it is fetched, and what it shows counts, until it shows nothing
 * new: while one answer is committed, another event may have brought a younger one. One that is none of
 * ours is only logged. A second one behind the same row charges somebody twice: its event stays open,
 * with the reason, until the platform has ended it there.
 */
export const subscriptionChanged: EventHandler = async (ctx, { object: { id } }) => {
  if (id === null) return false;
  for (let isNew = true; isNew;) isNew = await takeShown(ctx, id);
  return false;
};

/** Takes what a subscription shows now. Answers whether that was new. */
async function takeShown(ctx: Context, id: string): Promise<boolean> {
  const fetched = await ctx.ports.plans.fetch(id);
  const [[row], [plan]] = await ctx.read(...rowOfFetched(fetched));
  const outcome = takingFetched(ctx, row, plan, fetched);
  if (outcome.taken) {
    await commit(ctx, null, outcome.change);
    return true;
  }
  if (outcome.why === "second" && fetched.status !== "canceled")
    throw new Error(`subscription ${fetched.id} is a second one of ${fetched.subscriptionId ?? "somebody"}: end and refund it at Stripe`);
  if (outcome.why === "foreign") ctx.ports.log("warn", "a subscription at Stripe is none of ours", { stripe_subscription_id: fetched.id });
  return false;
}

/**
 * An invoice for a plan was paid: what arrived is revenue of subscriptions. A trial's invoice over
 * nothing has no payment, and moves nothing. Another invoice than a plan's is left to its own handler.
 */
export const planInvoicePaid: EventHandler = async (ctx, { object: { id: stripeInvoiceId } }, closing) => {
  if (stripeInvoiceId === null) return false;
  const paid = await ctx.ports.plans.invoicePayments(stripeInvoiceId);
  if (!paid) return false;
  const due = paid.payments.map(({ gross, fee, balanceTransactionId }, index) =>
    subscriptionPosting({
      stripeInvoiceId: index === 0 ? stripeInvoiceId : `${stripeInvoiceId}:${index + 1}`,
      money: balanceTransactionId ? { through: "stripe", gross, fee, balanceTransactionId } : { through: "bank", gross },
      serviceCredit: null,
    }),
  );
  if (due.length === 0) return false;
  const [[row], known] = await ctx.read(
    select({ id: subscriptions.id })
      .from(subscriptions)
      .where(sql`${subscriptions.stripeSubscriptionId} = ${paid.subscriptionId}`),
    select({ key: ledgerTransactions.idempotencyKey })
      .from(ledgerTransactions)
      .where(
        inArray(
          ledgerTransactions.idempotencyKey,
          due.map(({ key }) => key),
        ),
      ),
  );
  const postings = due.filter(({ key }) => known.every((posting) => posting.key !== key));
  if (postings.length === 0) return false;
  await commit(ctx, null, {
    expect: closing.expect,
    write: [...postings.map((posting) => posted(ctx, posting, { placementId: null })), ...closing.write],
    audit: row ? { action: "subscription.invoice_paid", subject: { type: "subscription", id: row.id } } : [],
    events: [],
  });
  return true;
};
