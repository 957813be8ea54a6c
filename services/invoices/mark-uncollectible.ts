import { sql } from "drizzle-orm";
import { placementInvoices } from "#db/schema/billing.ts";
import { markUncollectible as mark, openPart } from "#domain/invoices/invoice.ts";
import { uncollectiblePosting } from "#domain/ledger/postings.ts";
import { forbidden } from "#domain/refusals.ts";
import { close, type Closing, NO_CLOSING } from "../closing.ts";
import { commit, deciding, expectVersion, readable } from "../commit.ts";
import type { Context } from "../context.ts";
import { rowById } from "../listing.ts";
import { posted } from "../ledger/post.ts";
import { guardPayouts, guardPlacements, type MoneyAtHand, placementOfInvoice, readMoney } from "../placements/money.ts";
import { holdUncollectible } from "./hold-payouts.ts";
import { type InvoiceView, invoiceNoun } from "./invoice.ts";
import { type Parts, together } from "./parts.ts";
import { invoiceChanged } from "./rows.ts";

/**
 * A platform admin gives an invoice up: its shares wait, nothing is cancelled, and a later payment
 * revives it. Refuses one that is not open, and one whose placement fell off.
 */
export async function markUncollectible(ctx: Context, id: string, reason: string): Promise<InvoiceView> {
  return deciding(ctx, async () => {
    const { money, more } = await readMoney(
      ctx,
      placementOfInvoice(sql`${placementInvoices.id} = ${id}`),
      rowById<InvoiceView>(ctx, invoiceNoun, id),
    );
    const view = readable("invoice", id, (more[0] as InvoiceView[])[0]);
    expectVersion(ctx, view);
    if (!ctx.access.isPlatformAdmin) throw forbidden("Only platform admins give an invoice up.");
    if (!money) throw new Error(`invoice ${id} has no placement`);
    const parts = givenUp(ctx, money, reason);
    const result: InvoiceView = { ...view, status: "uncollectible", version: view.version + 1, updatedAt: ctx.now() };
    return commit(ctx, result, { ...parts, expect: [...guardPlacements(money.placement), guardPayouts(money)] });
  });
}

/** Stripe says that an invoice was given up there. One that is not open in the books changes nothing. */
export async function invoiceGivenUp(ctx: Context, invoiceId: string, closing: Closing = NO_CLOSING): Promise<void> {
  await deciding(ctx, async () => {
    const { money } = await readMoney(ctx, placementOfInvoice(sql`${placementInvoices.id} = ${invoiceId}`));
    if (money?.invoice?.status !== "open" || money.placement.state === "failed") {
      return close(ctx, closing);
    }
    const parts = givenUp(ctx, money, "marked at Stripe");
    return commit(ctx, null, {
      ...parts,
      expect: [...guardPlacements(money.placement), guardPayouts(money), ...closing.expect],
      write: [...parts.write, ...closing.write],
    });
  });
}

function givenUp(ctx: Context, money: MoneyAtHand, reason: string): Parts {
  const invoice = money.invoice;
  if (!invoice) throw new Error(`placement ${money.placement.id} has no invoice`);
  const change = mark(invoice, money.placement.state === "failed");
  const { id: placementId } = money.placement;
  const posting = uncollectiblePosting({
    invoiceId: invoice.id,
    movement: money.uncollectibleMovements + 1,
    placementId,
    companyId: invoice.companyId,
    direction: "marked",
    amount: openPart(invoice),
  });
  return together(invoiceChanged(ctx, invoice, change, "invoice.uncollectible", {}, reason), holdUncollectible(ctx, money), {
    write: [posted(ctx, posting, { placementId })],
    audit: [],
    events: [],
  });
}
