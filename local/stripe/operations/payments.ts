import { changed } from "../events.ts";
import { dollars, like, operation, paged, within } from "../operation.ts";
import { refund } from "../payments.ts";
import { invalid, missing } from "../refusal.ts";
import { integer, metadata, PAGE, range, text, word } from "../schema.ts";
import { merged } from "../world.ts";

const retrieveIntent = operation("GET", "/v1/payment_intents/{intent}", {}, (world, _, call) =>
  world.at("payment_intents", call.in("intent")),
);

const listIntents = operation(
  "GET",
  "/v1/payment_intents",
  { ...PAGE, created: range(), customer: text() },
  (world, { created, customer, ...page }, call) =>
    paged(
      world.all("payment_intents").filter((each) => like({ customer }, each) && within(created, each.created)),
      page,
      call.url,
    ),
);

const retrieveCharge = operation(
  "GET",
  "/v1/charges/{charge}",
  {},
  (world, _, call) => world.at("charges", call.in("charge"), call.owner),
  { connected: true },
);

const listCharges = operation(
  "GET",
  "/v1/charges",
  { ...PAGE, created: range(), customer: text(), payment_intent: text(), transfer_group: text() },
  (world, { created, customer, payment_intent, transfer_group, ...page }, call) =>
    paged(
      world
        .all("charges", call.owner)
        .filter((each) => like({ customer, payment_intent, transfer_group }, each) && within(created, each.created)),
      page,
      call.url,
    ),
  { connected: true },
);

const createRefund = operation(
  "POST",
  "/v1/refunds",
  {
    amount: integer({ min: 1 }),
    charge: text(),
    currency: text(),
    metadata: metadata(),
    payment_intent: text(),
    reason: word("duplicate", "fraudulent", "requested_by_customer"),
  },
  (world, given) => {
    if (given.charge === undefined && given.payment_intent === undefined) throw missing("payment_intent");
    dollars(given.currency);
    const intent = given.payment_intent === undefined ? undefined : world.named("payment_intents", given.payment_intent, "payment_intent");
    if (intent && intent.latest_charge === null) {
      throw invalid(`The PaymentIntent (${intent.id}) does not have a successful charge to refund.`, {
        code: "resource_missing",
        param: "payment_intent",
      });
    }
    const charge = world.named("charges", given.charge ?? intent?.latest_charge ?? "", "charge");
    return refund(world, charge, { amount: given.amount, metadata: merged({}, given.metadata), reason: given.reason ?? null });
  },
);

const retrieveRefund = operation(
  "GET",
  "/v1/refunds/{refund}",
  {},
  (world, _, call) => world.at("refunds", call.in("refund"), call.owner),
  { connected: true },
);

const updateRefund = operation("POST", "/v1/refunds/{refund}", { metadata: metadata() }, (world, given, call) => {
  const found = world.at("refunds", call.in("refund"));
  changed(world, "refund.updated", found, () => void (found.metadata = merged(found.metadata, given.metadata)));
  return found;
});

const listRefunds = operation(
  "GET",
  "/v1/refunds",
  { ...PAGE, charge: text(), created: range(), payment_intent: text() },
  (world, { charge, created, payment_intent, ...page }, call) =>
    paged(
      world.all("refunds", call.owner).filter((each) => like({ charge, payment_intent }, each) && within(created, each.created)),
      page,
      call.url,
    ),
  { connected: true },
);

const retrieveDispute = operation("GET", "/v1/disputes/{dispute}", {}, (world, _, call) => world.at("disputes", call.in("dispute")));

const listDisputes = operation(
  "GET",
  "/v1/disputes",
  { ...PAGE, charge: text(), created: range(), payment_intent: text() },
  (world, { charge, created, payment_intent, ...page }, call) =>
    paged(
      world.all("disputes").filter((each) => like({ charge, payment_intent }, each) && within(created, each.created)),
      page,
      call.url,
    ),
);

/** Payments, charges, refunds and disputes. */
export const payments = [
  retrieveIntent,
  listIntents,
  retrieveCharge,
  listCharges,
  createRefund,
  retrieveRefund,
  updateRefund,
  listRefunds,
  retrieveDispute,
  listDisputes,
];
