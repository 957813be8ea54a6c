import { changed, emit } from "../events.ts";
import { balanceOf, move } from "../ledger.ts";
import { dollars, like, listed, operation, paged, within } from "../operation.ts";
import { invalid, missing } from "../refusal.ts";
import { integer, metadata, needed, PAGE, range, text, word } from "../schema.ts";
import { newCharge } from "../payments.ts";
import type { Transfer, TransferReversal } from "../things.ts";
import { merged, PLATFORM } from "../world.ts";

const create = operation(
  "POST",
  "/v1/transfers",
  {
    amount: integer({ min: 1 }),
    currency: needed(text()),
    description: text(),
    destination: needed(text()),
    metadata: metadata(),
    source_type: word("bank_account", "card", "fpx"),
    transfer_group: text(),
  },
  (world, given) => {
    const currency = dollars(given.currency);
    if (given.amount === undefined) throw missing("amount");
    const account = world.find("accounts", given.destination);
    if (!account) throw invalid(`No such destination: '${given.destination}'`, { code: "resource_missing", param: "destination" });
    if (account.capabilities["transfers"] !== "active") {
      throw invalid(
        "Your destination account needs to have at least one of the following capabilities enabled: transfers, crypto_transfers, legacy_payments",
        { code: "insufficient_capabilities_for_transfer" },
      );
    }
    if (balanceOf(world, PLATFORM).available < given.amount) {
      throw invalid(
        "You have insufficient available funds in your Stripe account. Try adding funds directly to your available balance by creating Charges using the 4000000000000077 test card. See: https://stripe.com/docs/testing#available-balance",
        { code: "balance_insufficient" },
      );
    }
    const id = world.id("tr");
    const payment = newCharge(world, "py", account.id, {
      amount: given.amount,
      source_transfer: id,
      transfer_group: given.transfer_group ?? null,
      payment_method_details: { stripe_account: {}, type: "stripe_account" },
    });
    const [sent, received] = move(world, `transfer ${id}`, [
      {
        owner: PLATFORM,
        amount: -given.amount,
        type: "transfer",
        category: "transfer",
        source: id,
        description: given.description ?? null,
      },
      {
        owner: account.id,
        amount: given.amount,
        type: "payment",
        category: "charge",
        source: payment.id,
        description: given.description ?? null,
      },
    ]);
    payment.balance_transaction = received?.id ?? null;
    const transfer: Transfer = {
      id,
      object: "transfer",
      amount: given.amount,
      amount_reversed: 0,
      balance_transaction: sent?.id ?? "",
      created: world.seconds(),
      currency,
      description: given.description ?? null,
      destination: account.id,
      destination_payment: payment.id,
      livemode: false,
      metadata: merged({}, given.metadata),
      reversals: listed([], `/v1/transfers/${id}/reversals`),
      reversed: false,
      source_transaction: null,
      source_type: given.source_type ?? "card",
      transfer_group: given.transfer_group ?? null,
    };
    world.keep("transfers", transfer);
    emit(world, "transfer.created", transfer);
    return transfer;
  },
);

const retrieve = operation("GET", "/v1/transfers/{transfer}", {}, (world, _, call) => world.at("transfers", call.in("transfer")));

const update = operation("POST", "/v1/transfers/{transfer}", { description: text(), metadata: metadata() }, (world, given, call) => {
  const transfer = world.at("transfers", call.in("transfer"));
  changed(world, "transfer.updated", transfer, () => {
    transfer.description = given.description ?? transfer.description;
    transfer.metadata = merged(transfer.metadata, given.metadata);
  });
  return transfer;
});

const list = operation(
  "GET",
  "/v1/transfers",
  { ...PAGE, created: range(), destination: text(), transfer_group: text() },
  (world, { created, destination, transfer_group, ...page }, call) =>
    paged(
      world.all("transfers").filter((each) => like({ destination, transfer_group }, each) && within(created, each.created)),
      page,
      call.url,
    ),
);

const reverse = operation(
  "POST",
  "/v1/transfers/{id}/reversals",
  { amount: integer({ min: 1 }), description: text(), metadata: metadata() },
  (world, given, call) => {
    const transfer = world.at("transfers", call.in("id"));
    const left = transfer.amount - transfer.amount_reversed;
    const amount = given.amount ?? left;
    if (left === 0) throw invalid(`Transfer ${transfer.id} is already fully reversed.`);
    if (amount > left) {
      throw invalid(`Reversal amount ($${inDollars(amount)}) is greater than unreversed amount on transfer ($${inDollars(left)})`, {
        param: "amount",
      });
    }
    if (balanceOf(world, transfer.destination).available < amount) {
      throw invalid(
        `The connected account ${transfer.destination} does not have sufficient available balance to reverse this transfer. You may want to wait until it receives more funds.`,
        { code: "balance_insufficient" },
      );
    }
    const id = world.id("trr");
    const refund = world.id("pyr");
    const [back, taken] = move(world, `reversal ${id}`, [
      {
        owner: PLATFORM,
        amount,
        type: "transfer_refund",
        category: "transfer_reversal",
        source: id,
        description: given.description ?? null,
      },
      { owner: transfer.destination, amount: -amount, type: "payment_refund", category: "refund", source: refund },
    ]);
    world.keep(
      "refunds",
      {
        id: refund,
        object: "refund",
        amount,
        balance_transaction: taken?.id ?? null,
        charge: transfer.destination_payment,
        created: world.seconds(),
        currency: "usd",
        customer: null,
        customer_account: null,
        metadata: {},
        payment_intent: null,
        payment_method: null,
        reason: null,
        receipt_number: null,
        source_transfer_reversal: id,
        status: "succeeded",
        transfer_reversal: null,
      },
      transfer.destination,
    );
    const payment = world.sure("charges", transfer.destination_payment);
    payment.amount_refunded += amount;
    payment.refunded = payment.amount_refunded === payment.amount;
    const reversal: TransferReversal = {
      id,
      object: "transfer_reversal",
      amount,
      balance_transaction: back?.id ?? null,
      created: world.seconds(),
      currency: "usd",
      destination_payment_refund: refund,
      metadata: merged({}, given.metadata),
      source_refund: null,
      transfer: transfer.id,
    };
    transfer.reversals.data.unshift(reversal);
    transfer.amount_reversed += amount;
    transfer.reversed = transfer.amount_reversed === transfer.amount;
    emit(world, "transfer.reversed", transfer);
    return reversal;
  },
);

const listReversals = operation("GET", "/v1/transfers/{id}/reversals", PAGE, (world, given, call) =>
  paged(world.at("transfers", call.in("id")).reversals.data.toReversed(), given, call.url),
);

const retrieveReversal = operation("GET", "/v1/transfers/{transfer}/reversals/{id}", {}, (world, _, call) => {
  const found = world.at("transfers", call.in("transfer")).reversals.data.find((each) => each.id === call.in("id"));
  if (!found) throw invalid(`No such transfer reversal: '${call.in("id")}'`, { http: 404, code: "resource_missing", param: "id" });
  return found;
});

const inDollars = (cents: number): string => (cents / 100).toFixed(2);

/** Transfers to connected accounts and their reversals. */
export const transfers = [create, retrieve, update, list, reverse, listReversals, retrieveReversal];
