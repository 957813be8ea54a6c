import { sql } from "drizzle-orm";
import { invoicePayments, placementInvoices } from "#db/schema/billing.ts";
import { payInvoice as pay } from "#domain/invoices/invoice.ts";
import { paymentPosting, uncollectiblePosting } from "#domain/ledger/postings.ts";
import { ZERO } from "#domain/money.ts";
import { close, type Closing } from "../closing.ts";
import { commit, deciding, insert, newRow } from "../commit.ts";
import type { Context } from "../context.ts";
import { posted } from "../ledger/post.ts";
import { guardPayouts, guardPlacements, placementOfInvoice, readMoney } from "../placements/money.ts";
import type { SeenPayment } from "../ports.ts";
import { operation, together } from "./parts.ts";
import { liftUncollectible } from "./hold-payouts.ts";
import { invoiceChanged } from "./rows.ts";

/**
 * Books a payment (B4): the invoice is paid when nothing is left, and its money is ours to give when
 * it has settled. What was paid too much, or while the invoice was being voided, goes back by a
 * refund. A payment that is booked already changes nothing.
 */
export async function invoicePaid(ctx: Context, invoiceId: string, seen: SeenPayment, closing: Closing): Promise<void> {
  await deciding(ctx, async () => {
    const { money } = await readMoney(ctx, placementOfInvoice(sql`${placementInvoices.id} = ${invoiceId}`));
    const before = money?.invoice;
    if (!money || !before) throw new Error(`there is no invoice ${invoiceId}`);
    if (before.status === "draft") throw new Error(`invoice ${invoiceId} is paid before it is issued`);
    const { id: stripeInvoicePaymentId, gross, fee, paidAt, balanceTransactionId, paymentIntentId, chargeId, availableOn } = seen;
    if (money.payments.some((payment) => payment.stripeInvoicePaymentId === stripeInvoicePaymentId)) {
      return close(ctx, closing);
    }
    const row = newRow(ctx, invoicePayments, {
      stripeInvoicePaymentId,
      invoiceId: before.id,
      grossCents: gross,
      feeCents: fee,
      balanceTransactionId,
      paymentIntentId,
      chargeId,
      availableOn,
      paidAt,
    });
    const payment = { gross, paidAt, availableOn };
    const paid = pay(before, payment, [...money.payments, payment], money.placement.state === "failed");
    const { posting } = paymentPosting({
      paymentId: row.id,
      companyId: before.companyId,
      open: paid.applied,
      money: balanceTransactionId ? { through: "stripe", gross, fee, balanceTransactionId } : { through: "bank", gross },
    });
    const of = { placementId: before.placementId };
    const revived =
      paid.revived > ZERO
        ? [
            posted(
              ctx,
              uncollectiblePosting({
                invoiceId: before.id,
                movement: money.uncollectibleMovements + 1,
                placementId: before.placementId,
                companyId: before.companyId,
                direction: "revived",
                amount: paid.revived,
              }),
              of,
            ),
          ]
        : [];
    const refund =
      paid.overpaid > ZERO
        ? operation(
            ctx,
            { type: "invoice_payment", id: row.id },
            {
              kind: "refund",
              company_id: before.companyId,
              placement_id: before.placementId,
              invoice_ids: [before.id],
              amount_cents: paid.overpaid,
            },
          )
        : null;
    const isPaid = paid.invoice.status === "paid" && before.status !== "paid";
    const lifted = isPaid && before.status === "uncollectible" ? liftUncollectible(ctx, money) : null;
    // the replacement that its credit paid for in full waits for this money to settle
    const covered = isPaid && money.replacement?.invoice?.status === "paid" ? money.replacement : null;
    const settles = covered?.invoice && covered.invoice.amountDue === ZERO && covered.invoice.collectibleAt === null ? covered : null;
    const parts = together(
      { write: [insert(invoicePayments, row)], audit: [], events: [] },
      invoiceChanged(ctx, before, paid, "invoice.payment"),
      settles?.invoice
        ? invoiceChanged(
            ctx,
            settles.invoice,
            { invoice: { ...settles.invoice, collectibleAt: paid.invoice.collectibleAt }, announce: [] },
            "invoice.settles_with_credit",
          )
        : null,
      lifted,
      refund,
    );
    return commit(ctx, null, {
      ...parts,
      expect: [...guardPlacements(money.placement, settles?.placement), ...(lifted ? [guardPayouts(money)] : []), ...closing.expect],
      write: [...parts.write, ...revived, posted(ctx, posting, of), ...closing.write],
    });
  });
}
