import type Stripe from "stripe";
import { cents } from "#domain/money.ts";
import type { ProviderBooks } from "#services/ports.ts";
import { instantOf, PAGE } from "./answer.ts";

/** Stripe's own books of the platform's account, to hold ours against. */
export const stripeBooks = (client: () => Stripe): ProviderBooks => ({
  async balance() {
    const { available, pending } = await client().balance.retrieve();
    const dollars = [...available, ...pending].filter(({ currency }) => currency === "usd");
    return cents(dollars.reduce((sum, { amount }) => sum + amount, 0));
  },

  movements: (since) =>
    all(client().balanceTransactions.list({ created: from(since), limit: PAGE }), ({ id, type, source, net, created }) => ({
      id,
      type,
      source: idOf(source),
      net: cents(net),
      created: instantOf(created),
    })),

  transfers: (since) =>
    all(client().transfers.list({ created: from(since), limit: PAGE }), (transfer) => ({
      id: transfer.id,
      amount: cents(transfer.amount),
      reversed: cents(transfer.amount_reversed),
      destination: idOf(transfer.destination) ?? "",
      transactionId: transfer.metadata["payout_transaction_id"] ?? null,
      created: instantOf(transfer.created),
    })),

  invoices: (since) =>
    all(client().invoices.list({ created: from(since), limit: PAGE }), (invoice) => ({
      id: invoice.id ?? "",
      status: invoice.status ?? "draft",
      amountPaid: cents(invoice.amount_paid),
    })),
});

const from = (since: Date) => ({ gte: Math.floor(since.getTime() / 1_000) });

async function all<T, Row>(list: AsyncIterable<T>, toRow: (thing: T) => Row): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const thing of list) rows.push(toRow(thing));
  return rows;
}

const idOf = (thing: string | { id?: string } | null | undefined): string | null =>
  typeof thing === "string" ? thing : (thing?.id ?? null);
