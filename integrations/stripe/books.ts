import { cents } from "#domain/money.ts";
import type { ProviderBooks } from "#services/ports.ts";
import { instantOf, PAGE } from "./answer.ts";
import type { StripeSource } from "./client.ts";

/** Stripe's own books of the platform's account, to hold ours against. */
export const stripeBooks = (client: StripeSource): ProviderBooks => ({
  async balance() {
    const { balance } = await client();
    const { available, pending } = await balance.retrieve();
    const dollars = [...available, ...pending].filter(({ currency }) => currency === "usd");
    return cents(dollars.reduce((sum, { amount }) => sum + amount, 0));
  },

  async movements(since) {
    const { balanceTransactions } = await client();
    return all(balanceTransactions.list({ created: from(since), limit: PAGE }), ({ id, type, source, net, created }) => ({
      id,
      type,
      source: idOf(source),
      net: cents(net),
      created: instantOf(created),
    }));
  },

  async transfers(since) {
    const { transfers } = await client();
    return all(transfers.list({ created: from(since), limit: PAGE }), (transfer) => ({
      id: transfer.id,
      amount: cents(transfer.amount),
      reversed: cents(transfer.amount_reversed),
      destination: idOf(transfer.destination) ?? "",
      transactionId: transfer.metadata["payout_transaction_id"] ?? null,
      created: instantOf(transfer.created),
    }));
  },

  async invoices(since) {
    const { invoices } = await client();
    return all(invoices.list({ created: from(since), limit: PAGE }), (invoice) => ({
      id: invoice.id ?? "",
      status: invoice.status ?? "draft",
      amountPaid: cents(invoice.amount_paid),
    }));
  },
});

const from = (since: Date) => ({ gte: Math.floor(since.getTime() / 1_000) });

async function all<T, Row>(list: AsyncIterable<T>, toRow: (thing: T) => Row): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const thing of list) rows.push(toRow(thing));
  return rows;
}

const idOf = (thing: string | { id?: string } | null | undefined): string | null =>
  typeof thing === "string" ? thing : (thing?.id ?? null);
