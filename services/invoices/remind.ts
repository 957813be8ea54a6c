import { sql } from "drizzle-orm";
import { placements } from "#db/schema/ats.ts";
import { placementCredits, placementInvoices } from "#db/schema/billing.ts";
import { computed, select } from "#db/statements.ts";
import { invoiceAnnounced } from "#domain/events/invoice.ts";
import { remindOfInvoice } from "#domain/invoices/invoice.ts";
import { commit, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { toInvoice } from "../placements/money.ts";

const ROWS_A_STEP = 100;
const ROUNDS = 20;

/** Reminds of open invoices on their due date and 7, 14 and 30 days after it, once each (MONEY §8). */
export async function remindOfInvoices(ctx: Context): Promise<void> {
  for (let round = 0, after = NOBODY; round < ROUNDS; round++) {
    const [rows] = await ctx.read(
      select({
        invoice: placementInvoices,
        // its dunning rests while a credit may end it; a replacement that took the credit waits for it to be paid
        rests: computed<boolean>(
          "rests",
          sql`exists (select 1 from ${placements} p where p.id = ${placementInvoices.placementId} and p.state = 'failed')
            and not exists (select 1 from ${placementCredits} c where c.placement_id = ${placementInvoices.placementId} and c.status = 'used')`,
        ),
      })
        .from(placementInvoices)
        .where(
          sql`${placementInvoices.status} = 'open' and ${placementInvoices.dueDate} <= (ops.now() at time zone 'utc')::date
            and coalesce(${placementInvoices.remindedDays}, -1) < 30 and ${placementInvoices.id} > ${after}::uuid`,
        )
        .orderBy(placementInvoices.id)
        .limit(ROWS_A_STEP),
    );
    for (const row of rows) {
      const invoice = toInvoice(row.invoice);
      const reminder = remindOfInvoice(invoice, invoice.remindedDays, row.rests, ctx.now());
      if (!reminder) continue;
      try {
        await commit(ctx, null, {
          expect: [unchanged(placementInvoices, invoice)],
          write: [update(ctx, placementInvoices, invoice.id, { remindedDays: reminder.daysOverdue })],
          audit: {
            action: "invoice.reminded",
            subject: { type: "placement_invoice", id: invoice.id },
            before: invoice,
            after: { ...invoice, remindedDays: reminder.daysOverdue },
            companyId: invoice.companyId,
          },
          events: reminder.announce.map((announced) => invoiceAnnounced(invoice, announced)),
        });
      } catch (error) {
        // it changed meanwhile: tomorrow decides on what it is then
        ctx.ports.log("warn", "an invoice was not reminded of", {
          invoice_id: invoice.id,
          error: error instanceof Error ? error.message : "",
        });
      }
    }
    if (rows.length < ROWS_A_STEP) return;
    after = rows.at(-1)?.invoice.id ?? after;
  }
}

const NOBODY = "00000000-0000-0000-0000-000000000000";
