import { changed, emit } from "../events.ts";
import { dollars, like, operation, paged, within } from "../operation.ts";
import { invalid, missing } from "../refusal.ts";
import { clearable, either, flag, integer, list, metadata, needed, object, PAGE, range, text, word } from "../schema.ts";
import type { Price, Product, Tier } from "../things.ts";
import { merged, type World } from "../world.ts";

const createProduct = operation(
  "POST",
  "/v1/products",
  {
    active: flag(),
    description: text(40_000),
    id: text(),
    metadata: metadata(),
    name: needed(text()),
    statement_descriptor: text(22),
    unit_label: text(12),
    url: text(),
  },
  (world, given) => {
    if (given.id !== undefined && world.find("products", given.id)) {
      throw invalid(`Product already exists: ${given.id}`, { code: "resource_already_exists", param: "id" });
    }
    return newProduct(world, given);
  },
);

function newProduct(
  world: World,
  given: {
    name: string;
    id?: string | undefined;
    active?: boolean | undefined;
    description?: string | undefined;
    metadata?: Record<string, string> | null | undefined;
    url?: string | undefined;
    statement_descriptor?: string | undefined;
    unit_label?: string | undefined;
  },
): Product {
  const product: Product = {
    id: given.id ?? world.id("prod"),
    object: "product",
    active: given.active ?? true,
    created: world.seconds(),
    default_price: null,
    description: given.description ?? null,
    images: [],
    livemode: false,
    marketing_features: [],
    metadata: merged({}, given.metadata),
    name: given.name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: given.statement_descriptor ?? null,
    tax_code: null,
    tax_details: null,
    type: "service",
    unit_label: given.unit_label ?? null,
    updated: world.seconds(),
    url: given.url ?? null,
  };
  world.keep("products", product);
  emit(world, "product.created", product);
  return product;
}

const retrieveProduct = operation("GET", "/v1/products/{id}", {}, (world, _, call) => world.at("products", call.in("id")));

const updateProduct = operation(
  "POST",
  "/v1/products/{id}",
  { active: flag(), description: clearable(text(40_000)), metadata: metadata(), name: text() },
  (world, given, call) => {
    const product = world.at("products", call.in("id"));
    changed(world, "product.updated", product, () => {
      const { metadata: names, ...plain } = given;
      Object.assign(product, plain, { metadata: merged(product.metadata, names), updated: world.seconds() });
    });
    return product;
  },
);

const listProducts = operation(
  "GET",
  "/v1/products",
  { ...PAGE, active: flag(), created: range(), ids: list(text()) },
  (world, given, call) =>
    paged(
      world
        .all("products")
        .filter(
          (each) => like({ active: given.active }, each) && within(given.created, each.created) && (given.ids?.includes(each.id) ?? true),
        ),
      given,
      call.url,
    ),
);

const createPrice = operation(
  "POST",
  "/v1/prices",
  {
    active: flag(),
    billing_scheme: word("per_unit", "tiered"),
    currency: needed(text()),
    lookup_key: text(200),
    metadata: metadata(),
    nickname: text(),
    product: text(),
    product_data: object({
      active: flag(),
      id: text(),
      metadata: metadata(),
      name: needed(text()),
      statement_descriptor: text(22),
      unit_label: text(12),
    }),
    recurring: object({
      interval: needed(word("day", "month", "week", "year")),
      interval_count: integer({ min: 1 }),
      usage_type: word("licensed"),
    }),
    tax_behavior: word("exclusive", "inclusive", "unspecified"),
    tiers: list(
      object({
        flat_amount: integer({ min: 0 }),
        unit_amount: integer({ min: 0 }),
        up_to: needed(either(word("inf"), integer({ min: 1 }))),
      }),
    ),
    tiers_mode: word("graduated", "volume"),
    transfer_lookup_key: flag(),
    unit_amount: integer({ min: 0 }),
  },
  (world, given) => {
    const currency = dollars(given.currency);
    const tiered = given.billing_scheme === "tiered";
    if (tiered && (!given.tiers || given.tiers.length === 0)) throw missing("tiers");
    if (tiered && given.tiers_mode === undefined) throw missing("tiers_mode");
    if (tiered && given.unit_amount !== undefined) {
      throw invalid("You may only specify one of these parameters: tiers, unit_amount.", {
        code: "parameters_exclusive",
        param: "unit_amount",
      });
    }
    if (!tiered && (given.tiers || given.tiers_mode))
      throw invalid("Tiers can only be set when `billing_scheme` is `tiered`.", { param: "tiers" });
    if (!tiered && given.unit_amount === undefined) throw missing("unit_amount");
    if ((given.product === undefined) === (given.product_data === undefined)) {
      if (given.product === undefined) throw missing("product");
      throw invalid("You may only specify one of these parameters: product, product_data.", {
        code: "parameters_exclusive",
        param: "product_data",
      });
    }
    const tiers = given.tiers?.map(({ flat_amount, unit_amount, up_to }) => tier(flat_amount, unit_amount, up_to === "inf" ? null : up_to));
    if (
      tiers &&
      (tiers.at(-1)?.up_to !== null ||
        tiers.some((each, index) => index > 0 && (each.up_to ?? Infinity) <= (tiers[index - 1]?.up_to ?? Infinity)))
    ) {
      throw invalid("Tiers must be in rising order and the last one must have `up_to` set to `inf`.", { param: "tiers" });
    }
    const rival = given.lookup_key === undefined ? undefined : world.all("prices").find((each) => each.lookup_key === given.lookup_key);
    if (rival && !given.transfer_lookup_key) {
      throw invalid(`A price (\`${rival.id}\`) already uses that lookup key.`, { param: "lookup_key" });
    }
    const product = given.product === undefined ? undefined : world.named("products", given.product, "product");
    if (rival) changed(world, "price.updated", rival, () => void (rival.lookup_key = null));
    const price: Price = {
      id: world.id("price"),
      object: "price",
      active: given.active ?? true,
      billing_scheme: given.billing_scheme ?? "per_unit",
      created: world.seconds(),
      currency,
      custom_unit_amount: null,
      livemode: false,
      lookup_key: given.lookup_key ?? null,
      metadata: merged({}, given.metadata),
      nickname: given.nickname ?? null,
      product: (product ?? newProduct(world, given.product_data ?? { name: "" })).id,
      recurring: given.recurring
        ? {
            interval: given.recurring.interval,
            interval_count: given.recurring.interval_count ?? 1,
            meter: null,
            trial_period_days: null,
            usage_type: "licensed",
          }
        : null,
      tax_behavior: given.tax_behavior ?? "unspecified",
      ...(tiers ? { tiers } : {}),
      tiers_mode: given.tiers_mode ?? null,
      transform_quantity: null,
      type: given.recurring ? "recurring" : "one_time",
      unit_amount: given.unit_amount ?? null,
      unit_amount_decimal: given.unit_amount === undefined ? null : String(given.unit_amount),
    };
    world.keep("prices", price);
    emit(world, "price.created", price);
    return price;
  },
);

const tier = (flat: number | undefined, unit: number | undefined, upTo: number | null): Tier => ({
  flat_amount: flat ?? null,
  flat_amount_decimal: flat === undefined ? null : String(flat),
  unit_amount: unit ?? null,
  unit_amount_decimal: unit === undefined ? null : String(unit),
  up_to: upTo,
});

const retrievePrice = operation("GET", "/v1/prices/{price}", {}, (world, _, call) => world.at("prices", call.in("price")));

const updatePrice = operation(
  "POST",
  "/v1/prices/{price}",
  { active: flag(), lookup_key: text(200), metadata: metadata(), nickname: text() },
  (world, given, call) => {
    const price = world.at("prices", call.in("price"));
    changed(world, "price.updated", price, () => {
      const { metadata: names, ...plain } = given;
      Object.assign(price, plain, { metadata: merged(price.metadata, names) });
    });
    return price;
  },
);

const listPrices = operation(
  "GET",
  "/v1/prices",
  {
    ...PAGE,
    active: flag(),
    created: range(),
    currency: text(),
    lookup_keys: list(text()),
    product: text(),
    type: word("one_time", "recurring"),
  },
  (world, { active, currency, product, type, created, lookup_keys, ...page }, call) =>
    paged(
      world
        .all("prices")
        .filter((each) => like({ active, currency, product, type }, each) && within(created, each.created))
        .filter((each) => lookup_keys === undefined || (each.lookup_key !== null && lookup_keys.includes(each.lookup_key))),
      page,
      call.url,
    ),
);

/** Products and their prices. */
export const catalog = [createProduct, retrieveProduct, updateProduct, listProducts, createPrice, retrievePrice, updatePrice, listPrices];
