import { emit } from "./events.ts";
import { PLATFORM, type World } from "./world.ts";
import type { BalanceTransaction } from "./things.ts";

/** Where money is when it is in nobody's Stripe balance. */
export type Outside = "payers" | "banks" | "fees";

/** One movement of money: what it changes sums to zero. */
export interface JournalEntry {
  at: number;
  what: string;
  lines: { account: string; cents: number }[];
}

/** What a movement does to one Stripe balance. */
export interface Leg {
  owner: string;
  /** Gross, in cents; negative takes away. */
  amount: number;
  /** Kept by Stripe on top, in cents. */
  fee?: number;
  type: string;
  category: string;
  source: string | null;
  description?: string | null;
  /** Seconds; absent means at once. */
  availableOn?: number;
}

/** Moves money between Stripe balances and the outside, and writes a balance transaction for each leg. */
export function move(
  world: World,
  what: string,
  legs: readonly Leg[],
  outside: Partial<Record<Outside, number>> = {},
): BalanceTransaction[] {
  const fees = legs.reduce((sum, leg) => sum + (leg.fee ?? 0), 0);
  const lines = [
    ...legs.map((leg) => ({ account: leg.owner, cents: leg.amount - (leg.fee ?? 0) })),
    ...Object.entries({ ...outside, ...(fees === 0 ? {} : { fees: (outside.fees ?? 0) + fees }) }).map(([account, cents]) => ({
      account,
      cents,
    })),
  ];
  const total = lines.reduce((sum, line) => sum + line.cents, 0);
  if (total !== 0) throw new Error(`${what} makes or loses ${total} cents`);
  world.state.journal.push({ at: world.seconds(), what, lines });
  return legs.map((leg) => write(world, leg));
}

function write(world: World, leg: Leg): BalanceTransaction {
  const { owner, amount, fee = 0, type, category, source, description = null, availableOn = world.seconds() } = leg;
  const waiting = availableOn > world.seconds();
  const transaction: BalanceTransaction = {
    id: world.id("txn"),
    object: "balance_transaction",
    amount,
    available_on: availableOn,
    balance_type: "payments",
    created: world.seconds(),
    currency: "usd",
    description,
    exchange_rate: null,
    fee,
    fee_details:
      fee === 0 ? [] : [{ amount: fee, application: null, currency: "usd", description: "Stripe processing fees", type: "stripe_fee" }],
    net: amount - fee,
    reporting_category: category,
    source,
    status: waiting ? "pending" : "available",
    type,
  };
  world.keep("balance_transactions", transaction, owner);
  balanceOf(world, owner)[waiting ? "pending" : "available"] += transaction.net;
  if (waiting) world.state.pending.push(transaction.id);
  return transaction;
}

/** What an account has at Stripe, in cents. */
export function balanceOf(world: World, owner: string): { available: number; pending: number } {
  return (world.state.balances[owner] ??= { available: 0, pending: 0 });
}

/** Stripe's balance object of an account. */
export function balanceObject(world: World, owner: string): Record<string, unknown> {
  const { available, pending } = balanceOf(world, owner);
  const part = (amount: number) => [{ amount, currency: "usd", source_types: { card: amount } }];
  return {
    object: "balance",
    available: part(available),
    ...(owner === PLATFORM ? { connect_reserved: [{ amount: 0, currency: "usd" }] } : {}),
    livemode: false,
    pending: part(pending),
  };
}

/** Makes available what has waited long enough, and says so. */
export function release(world: World): void {
  const due = world.state.pending.filter((id) => world.sure("balance_transactions", id).available_on <= world.seconds());
  if (due.length === 0) return;
  world.state.pending = world.state.pending.filter((id) => !due.includes(id));
  const owners = new Set<string>();
  for (const id of due) {
    const transaction = world.sure("balance_transactions", id);
    const owner = world.ownerOf("balance_transactions", id);
    transaction.status = "available";
    const balance = balanceOf(world, owner);
    balance.pending -= transaction.net;
    balance.available += transaction.net;
    owners.add(owner);
  }
  for (const owner of owners) emit(world, "balance.available", balanceObject(world, owner), { owner });
}

/** The stand-in's own trial balance: what is wrong with its money, in sentences. None is the only good answer. */
export function imbalances(world: World): string[] {
  const wrong: string[] = [];
  const differ = (what: string, a: number, b: number) => {
    if (a !== b) wrong.push(`${what}: ${a} is not ${b}`);
  };
  const held: Record<string, number> = {};
  for (const { what, lines } of world.state.journal) {
    differ(
      `movement "${what}"`,
      lines.reduce((sum, line) => sum + line.cents, 0),
      0,
    );
    for (const { account, cents } of lines) held[account] = (held[account] ?? 0) + cents;
  }
  differ(
    "all accounts together",
    Object.values(held).reduce((sum, cents) => sum + cents, 0),
    0,
  );

  for (const owner of [PLATFORM, ...world.all("accounts").map(({ id }) => id)]) {
    const transactions = world.all("balance_transactions", owner);
    const sum = (state: string) => transactions.filter((each) => each.status === state).reduce((total, each) => total + each.net, 0);
    const { available, pending } = balanceOf(world, owner);
    differ(`available of ${owner}`, available, sum("available"));
    differ(`pending of ${owner}`, pending, sum("pending"));
    differ(`journal of ${owner}`, held[owner] ?? 0, available + pending);
    if (owner !== PLATFORM && available < 0) wrong.push(`${owner} is below zero: ${available}`);

    for (const charge of world.all("charges", owner)) {
      const refunds = world
        .all("refunds", owner)
        .filter((each) => each.charge === charge.id && ["succeeded", "pending"].includes(each.status));
      const reversals = charge.source_transfer === null ? [] : world.sure("transfers", charge.source_transfer).reversals.data;
      const back = charge.source_transfer === null ? refunds : reversals;
      differ(
        `refunds of ${charge.id}`,
        charge.amount_refunded,
        back.reduce((total, each) => total + each.amount, 0),
      );
      if (charge.amount_refunded > charge.amount) wrong.push(`${charge.id} gave back more than it took`);
    }
  }
  for (const transfer of world.all("transfers")) {
    differ(
      `reversals of ${transfer.id}`,
      transfer.amount_reversed,
      transfer.reversals.data.reduce((total, each) => total + each.amount, 0),
    );
    if (transfer.amount_reversed > transfer.amount) wrong.push(`${transfer.id} gave back more than it took`);
    differ(`destination of ${transfer.id}`, world.sure("charges", transfer.destination_payment).amount, transfer.amount);
  }
  for (const invoice of world.all("invoices")) {
    const paid = world
      .all("invoice_payments")
      .filter((each) => each.invoice === invoice.id && each.status === "paid")
      .reduce((total, each) => total + (each.amount_paid ?? 0), 0);
    differ(`payments of ${invoice.id}`, invoice.amount_paid, paid + Number(invoice["amount_paid_off_stripe"] ?? 0));
    differ(`remainder of ${invoice.id}`, invoice.amount_remaining, Math.max(0, invoice.amount_due - invoice.amount_paid));
  }
  return wrong;
}
