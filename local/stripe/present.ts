import { invalid } from "./refusal.ts";
import { amountOf } from "./prices.ts";
import type { Thing } from "./things.ts";
import type { World } from "./world.ts";

/** Parts of an object that are answered only when `expand` asks for them. */
const ON_REQUEST: Readonly<Record<string, Readonly<Record<string, (world: World, thing: Thing) => unknown>>>> = {
  charge: {
    refunds: (world, charge) =>
      inside(
        world.all("refunds", world.ownerOf("charges", charge.id)).filter((each) => each.charge === charge.id),
        `/v1/charges/${charge.id}/refunds`,
      ),
  },
  customer: {
    subscriptions: (world, customer) =>
      inside(
        world.all("subscriptions").filter((each) => each.customer === customer.id && each.status !== "canceled"),
        `/v1/customers/${customer.id}/subscriptions`,
      ),
  },
  invoice: {
    payments: (world, invoice) =>
      inside(
        world.all("invoice_payments").filter((each) => each.invoice === invoice.id),
        `/v1/invoice_payments?invoice=${invoice.id}`,
      ),
  },
  price: { tiers: (world, price) => world.find("prices", price.id)?.tiers },
  "checkout.session": { line_items: (world, session) => checkoutLines(world, session.id) },
};

/** How much of a list inside an object is answered. */
const INSIDE = 10;

const inside = <T>(data: readonly T[], url: string) => ({
  object: "list",
  data: data.toReversed().slice(0, INSIDE),
  has_more: data.length > INSIDE,
  url,
});

/** What a call answers: a copy of the object, with ids replaced by objects where `expand` asks for it. */
export function present(world: World, thing: object, expand: readonly string[] = []): Record<string, unknown> {
  const copy = plain(thing) as Record<string, unknown>;
  for (const path of expand) {
    const steps = path.split(".");
    if (steps.length > 4 + (steps[0] === "data" ? 1 : 0)) {
      throw invalid(`You cannot expand more than 4 levels of a property (${path}).`, { param: "expand" });
    }
    expandAt(world, copy, steps, path);
  }
  return copy;
}

function expandAt(world: World, at: Record<string, unknown>, steps: readonly string[], path: string): void {
  const [step, ...rest] = steps;
  if (step === undefined) return;
  const onRequest = ON_REQUEST[String(at["object"])]?.[step];
  if (onRequest && at[step] === undefined) at[step] = plain(onRequest(world, at as Thing));
  if (!(step in at)) throw invalid(`This property cannot be expanded (${path}).`, { param: "expand[0]" });
  const value = at[step];
  if (typeof value === "string") {
    const found = world.byId(value);
    if (!found) throw invalid(`This property cannot be expanded (${path}).`, { param: "expand[0]" });
    at[step] = plain(found);
  }
  const next = at[step];
  if (Array.isArray(next)) for (const each of next as Record<string, unknown>[]) expandAt(world, each, rest, path);
  else if (typeof next === "object" && next !== null) expandAt(world, next as Record<string, unknown>, rest, path);
}

/** A copy without what is answered on request only, its lists cut to a page. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => plain(each));
  if (typeof value !== "object" || value === null) return value;
  const given = value as Record<string, unknown>;
  const kind = String(given["object"]);
  const hidden = ON_REQUEST[kind] ?? {};
  const entries = Object.entries(given)
    .filter(([name, each]) => each !== undefined && !Object.hasOwn(hidden, name))
    .map(([name, each]): [string, unknown] => {
      if (!isList(each)) return [name, plain(each)];
      const data = each.data.slice(0, INSIDE).map((one) => plain(one));
      return [name, { ...each, data, has_more: each.data.length > INSIDE }];
    });
  return Object.fromEntries(entries);
}

const isList = (value: unknown): value is { object: "list"; data: unknown[] } =>
  typeof value === "object" && value !== null && (value as { object?: unknown }).object === "list";

function checkoutLines(world: World, session: string): unknown {
  const { items } = world.state.checkouts[session] ?? { items: [] };
  return {
    object: "list",
    data: items.map(({ price, quantity }, index) => {
      const found = world.sure("prices", price);
      const amount = amountOf(found, quantity);
      return {
        id: `li_${session.slice(3)}${index}`,
        object: "item",
        amount_discount: 0,
        amount_subtotal: amount,
        amount_tax: 0,
        amount_total: amount,
        currency: "usd",
        description: world.find("products", found.product)?.name ?? null,
        price: found,
        quantity,
      };
    }),
    has_more: false,
    url: `/v1/checkout/sessions/${session}/line_items`,
  };
}
