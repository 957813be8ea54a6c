import { collect, finalize, methodFor } from "./billing.ts";
import { emit } from "./events.ts";
import { release } from "./ledger.ts";
import { payPendingRefunds } from "./payments.ts";
import { invoiceUnpaid, nextOf } from "./subscribing.ts";
import type { Invoice } from "./things.ts";
import type { World } from "./world.ts";

interface Due {
  /** Seconds. */
  at: number;
  run: () => void;
}

/** Does all that became due since the last look, each at its own instant and in order. */
export function catchUp(world: World): void {
  const now = world.seconds();
  for (;;) {
    const next = earliest(world);
    if (!next || next.at > now) break;
    world.pretending(next.at, () => next.run());
  }
}

function earliest(world: World): Due | null {
  let first: Due | null = null;
  const consider = (due: Due | null) => {
    if (due && (first === null || due.at < first.at)) first = due;
  };
  for (const id of world.state.pending) {
    const { available_on: at } = world.sure("balance_transactions", id);
    consider({
      at,
      run: () => {
        release(world);
        payPendingRefunds(world);
      },
    });
  }
  for (const invoice of world.all("invoices")) consider(nextOfInvoice(world, invoice));
  for (const subscription of world.all("subscriptions")) consider(nextOf(world, subscription));
  for (const [id, { owner, thing: payout }] of world.state.tables.payouts) {
    if (payout.status !== "pending" && payout.status !== "in_transit") continue;
    consider({
      at: payout.arrival_date,
      run: () => {
        const old = payout.status;
        payout.status = "paid";
        emit(world, "payout.paid", world.sure("payouts", id), { owner, before: { status: old } });
      },
    });
  }
  for (const session of world.all("checkout_sessions")) {
    if (session.status !== "open") continue;
    consider({
      at: session.expires_at,
      run: () => {
        session.status = "expired";
        session.url = null;
        emit(world, "checkout.session.expired", session);
      },
    });
  }
  return first;
}

function nextOfInvoice(world: World, invoice: Invoice): Due | null {
  if (invoice.status === "draft" && invoice.automatically_finalizes_at !== null) {
    return {
      at: invoice.automatically_finalizes_at,
      run: () => finalize(world, invoice, true),
    };
  }
  if (invoice.status !== "open") return null;
  const late = `overdue ${invoice.id}`;
  const attempt = invoice.next_payment_attempt;
  const overdue = invoice.due_date === null || world.state.told[late] ? null : invoice.due_date;
  if (attempt !== null && (overdue === null || attempt <= overdue)) {
    return { at: attempt, run: () => void collect(world, invoice, methodFor(world, invoice)) };
  }
  if (overdue === null) return null;
  return {
    at: overdue,
    run: () => {
      world.state.told[late] = true;
      emit(world, "invoice.overdue", invoice);
      invoiceUnpaid(world, invoice);
    },
  };
}
