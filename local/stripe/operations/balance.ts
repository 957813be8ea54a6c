import { changed, emit } from "../events.ts";
import { balanceObject, balanceOf, move } from "../ledger.ts";
import { dollars, like, operation, paged, within } from "../operation.ts";
import { invalid } from "../refusal.ts";
import { integer, metadata, needed, PAGE, range, text, word } from "../schema.ts";
import type { Metadata, Payout } from "../things.ts";
import { DAY, merged, PLATFORM, type World } from "../world.ts";

const balance = operation("GET", "/v1/balance", {}, (world, _, call) => balanceObject(world, call.owner), { connected: true });

const retrieveTransaction = operation(
  "GET",
  "/v1/balance_transactions/{id}",
  {},
  (world, _, call) => world.at("balance_transactions", call.in("id"), call.owner),
  { connected: true },
);

const listTransactions = operation(
  "GET",
  "/v1/balance_transactions",
  { ...PAGE, created: range(), currency: text(), payout: text(), source: text(), type: text() },
  (world, { created, currency, payout, source, type, ...page }, call) => {
    const to = payout === undefined ? undefined : world.named("payouts", payout, "payout", call.owner);
    if (to && !to.automatic)
      throw invalid("Balance transaction history can only be filtered on automatic transfers, not manual.", { param: "payout" });
    return paged(
      world
        .all("balance_transactions", call.owner)
        .filter((each) => like({ currency, source, type }, each) && within(created, each.created))
        .filter((each) => !to || each.source === to.id || world.state.paidOut[each.id] === to.id),
      page,
      call.url,
    );
  },
  { connected: true },
);

/** What becomes of a payout. */
export interface NewPayout {
  /** In cents; absent takes all that is available. */
  amount?: number | undefined;
  automatic?: boolean;
  description?: string | null;
  metadata?: Metadata;
  method?: "instant" | "standard" | undefined;
  statement_descriptor?: string | null;
}

/** Sends money from a balance to the account's bank. It arrives after two days. */
export function payOut(world: World, owner: string, given: NewPayout): Payout {
  const { available } = balanceOf(world, owner);
  const amount = given.amount ?? available;
  if (amount < 1 || amount > available) {
    throw invalid(
      `You have insufficient funds in your Stripe account for this transfer. Your card balance is too low: it has $${(available / 100).toFixed(2)} available.`,
      {
        code: "balance_insufficient",
      },
    );
  }
  const account = world.find("accounts", owner);
  const bank = owner === PLATFORM ? "ba_1PlatformBank" : account?.external_accounts.data[0]?.id;
  if (bank === undefined || account?.payouts_enabled === false) {
    throw invalid("Payouts are not enabled on this account; it may have no bank account or have requirements due.", {
      code: "payouts_not_allowed",
    });
  }
  const id = world.id("po");
  const automatic = given.automatic ?? false;
  if (automatic) {
    for (const each of world.all("balance_transactions", owner)) {
      if (each.status === "available" && !each.type.startsWith("payout")) world.state.paidOut[each.id] ??= id;
    }
  }
  const [taken] = move(
    world,
    `payout ${id}`,
    [{ owner, amount: -amount, type: "payout", category: "payout", source: id, description: "STRIPE PAYOUT" }],
    { banks: amount },
  );
  const payout: Payout = {
    id,
    object: "payout",
    amount,
    application_fee: null,
    application_fee_amount: null,
    arrival_date: world.seconds() + 2 * DAY,
    automatic,
    balance_transaction: taken?.id ?? "",
    created: world.seconds(),
    currency: "usd",
    description: given.description ?? (automatic ? "STRIPE PAYOUT" : null),
    destination: bank,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    livemode: false,
    metadata: given.metadata ?? {},
    method: given.method ?? "standard",
    original_payout: null,
    payout_method: null,
    reconciliation_status: automatic ? "in_progress" : "not_applicable",
    reversed_by: null,
    source_type: "card",
    statement_descriptor: given.statement_descriptor ?? null,
    status: "pending",
    trace_id: null,
    type: "bank_account",
  };
  world.keep("payouts", payout, owner);
  emit(world, "payout.created", payout, { owner });
  return payout;
}

/** The bank took a payout, or did not: then its money is back in the balance. */
export function settlePayout(world: World, payout: Payout, outcome: "paid" | "failed"): void {
  const owner = world.ownerOf("payouts", payout.id);
  if (payout.status !== "pending" && payout.status !== "in_transit") throw new Error(`${payout.id} is ${payout.status} already`);
  payout.status = outcome;
  if (outcome === "failed") {
    const [back] = move(
      world,
      `payout failed ${payout.id}`,
      [
        {
          owner,
          amount: payout.amount,
          type: "payout_failure",
          category: "payout_reversal",
          source: payout.id,
          description: "STRIPE PAYOUT FAILURE",
        },
      ],
      { banks: -payout.amount },
    );
    payout.failure_balance_transaction = back?.id ?? null;
    payout.failure_code = "account_closed";
    payout.failure_message = "The bank account has been closed";
    for (const [transaction, to] of Object.entries(world.state.paidOut)) if (to === payout.id) delete world.state.paidOut[transaction];
  } else {
    payout.arrival_date = Math.min(payout.arrival_date, world.seconds());
    if (payout.automatic) payout["reconciliation_status"] = "completed";
  }
  emit(world, outcome === "paid" ? "payout.paid" : "payout.failed", payout, { owner });
}

/** Puts money into the platform's own balance, from its bank. */
export function topUp(world: World, amount: number): void {
  const id = world.id("tu");
  const [received] = move(
    world,
    `top-up ${id}`,
    [{ owner: PLATFORM, amount, type: "topup", category: "topup", source: id, description: "Top-up" }],
    { banks: -amount },
  );
  emit(world, "topup.succeeded", {
    id,
    object: "topup",
    amount,
    balance_transaction: received?.id ?? null,
    created: world.seconds(),
    currency: "usd",
    description: "Top-up",
    expected_availability_date: null,
    failure_code: null,
    failure_message: null,
    livemode: false,
    metadata: {},
    source: null,
    statement_descriptor: null,
    status: "succeeded",
    transfer_group: null,
  });
  emit(world, "balance.available", balanceObject(world, PLATFORM));
}

const createPayout = operation(
  "POST",
  "/v1/payouts",
  {
    amount: needed(integer({ min: 1 })),
    currency: needed(text()),
    description: text(),
    metadata: metadata(),
    method: word("instant", "standard"),
    statement_descriptor: text(22),
  },
  (world, given, call) => {
    dollars(given.currency);
    return payOut(world, call.owner, {
      amount: given.amount,
      description: given.description ?? null,
      metadata: merged({}, given.metadata),
      method: given.method,
      statement_descriptor: given.statement_descriptor ?? null,
    });
  },
  { connected: true },
);

const retrievePayout = operation(
  "GET",
  "/v1/payouts/{payout}",
  {},
  (world, _, call) => world.at("payouts", call.in("payout"), call.owner),
  {
    connected: true,
  },
);

const updatePayout = operation(
  "POST",
  "/v1/payouts/{payout}",
  { metadata: metadata() },
  (world, given, call) => {
    const payout = world.at("payouts", call.in("payout"), call.owner);
    changed(world, "payout.updated", payout, () => void (payout.metadata = merged(payout.metadata, given.metadata)), call.owner);
    return payout;
  },
  { connected: true },
);

const listPayouts = operation(
  "GET",
  "/v1/payouts",
  { ...PAGE, arrival_date: range(), created: range(), destination: text(), status: text() },
  (world, { arrival_date, created, destination, ending_before, limit, starting_after, ...rest }, call) =>
    paged(
      world
        .all("payouts", call.owner)
        .filter(
          (each) =>
            like({ destination, status: rest.status }, each) && within(created, each.created) && within(arrival_date, each.arrival_date),
        ),
      { ending_before, limit, starting_after },
      call.url,
    ),
  { connected: true },
);

/** Balances, what moved them, and payouts to banks. */
export const balances = [balance, retrieveTransaction, listTransactions, createPayout, retrievePayout, updatePayout, listPayouts];
