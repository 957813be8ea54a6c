import { changed, emit } from "../events.ts";
import { listed, operation, paged, within } from "../operation.ts";
import { invalid } from "../refusal.ts";
import { flag, integer, metadata, needed, object, PAGE, range, text, word } from "../schema.ts";
import type { Account } from "../things.ts";
import { merged, type World } from "../world.ts";

const requested = object({ requested: flag() });

const FIELDS = {
  business_profile: object({
    mcc: text(4),
    name: text(),
    product_description: text(40_000),
    support_email: text(),
    support_phone: text(),
    url: text(),
  }),
  business_type: word("company", "government_entity", "individual", "non_profit"),
  capabilities: object({
    card_payments: requested,
    tax_reporting_us_1099_k: requested,
    tax_reporting_us_1099_misc: requested,
    transfers: requested,
  }),
  company: object({ name: text(100), phone: text(), tax_id: text() }),
  default_currency: text(),
  email: text(),
  individual: object({ email: text(), first_name: text(100), last_name: text(100), phone: text() }),
  metadata: metadata(),
  settings: object({
    payouts: object({
      debit_negative_balances: flag(),
      schedule: object({
        delay_days: integer({ min: 1, max: 31 }),
        interval: word("daily", "manual", "monthly", "weekly"),
        monthly_anchor: integer({ min: 1, max: 31 }),
        weekly_anchor: word("friday", "monday", "thursday", "tuesday", "wednesday"),
      }),
      statement_descriptor: text(22),
    }),
  }),
};

const ON_CREATE = {
  controller: object({
    fees: object({ payer: word("account", "application") }),
    losses: object({ payments: word("application", "stripe") }),
    requirement_collection: word("application", "stripe"),
    stripe_dashboard: object({ type: word("express", "full", "none") }),
  }),
  country: text(),
  type: word("custom", "express", "standard"),
};

/** What a person has still to say before money can be sent to them. */
const WANTED = [
  "business_profile.mcc",
  "business_profile.url",
  "business_type",
  "external_account",
  "individual.dob.day",
  "individual.first_name",
  "individual.last_name",
  "tos_acceptance.date",
  "tos_acceptance.ip",
];

const create = operation("POST", "/v1/accounts", { ...FIELDS, ...ON_CREATE }, (world, given) => {
  if (given.type !== undefined && given.controller !== undefined) {
    throw invalid("You may not specify the `type` parameter and the `controller` parameter together.", {
      code: "parameters_exclusive",
      param: "type",
    });
  }
  if (given.country !== undefined && !/^[A-Z]{2}$/.test(given.country)) {
    throw invalid(
      `Country '${given.country}' is unknown. Try using a 2-character alphanumeric country code instead, such as 'US', 'EG', or 'GB'.`,
      {
        param: "country",
      },
    );
  }
  const dashboard =
    given.controller?.stripe_dashboard?.type ?? (given.type === "express" ? "express" : given.type === "custom" ? "none" : "full");
  const application = dashboard !== "full";
  const id = world.id("acct");
  const account: Account = {
    id,
    object: "account",
    business_profile: { ...PROFILE, ...given.business_profile },
    business_type: given.business_type ?? null,
    capabilities: Object.fromEntries(
      Object.entries(given.capabilities ?? {}).flatMap(([name, each]) => (each?.requested === true ? [[name, "inactive" as const]] : [])),
    ),
    charges_enabled: false,
    ...(given.company
      ? {
          company: {
            name: given.company.name ?? null,
            phone: given.company.phone ?? null,
            tax_id_provided: given.company.tax_id !== undefined,
          },
        }
      : {}),
    controller: {
      fees: { payer: given.controller?.fees?.payer ?? (application ? "application" : "account") },
      is_controller: true,
      losses: { payments: given.controller?.losses?.payments ?? (application ? "application" : "stripe") },
      requirement_collection: given.controller?.requirement_collection ?? (given.type === "custom" ? "application" : "stripe"),
      stripe_dashboard: { type: dashboard },
      type: "application",
    },
    country: given.country ?? "US",
    created: world.seconds(),
    default_currency: given.default_currency ?? "usd",
    details_submitted: false,
    email: given.email ?? null,
    external_accounts: listed([], `/v1/accounts/${id}/external_accounts`),
    future_requirements: requirements([], null),
    ...(given.individual
      ? { individual: { object: "person", account: id, id: world.id("person"), created: world.seconds(), ...given.individual } }
      : {}),
    metadata: merged({}, given.metadata),
    payouts_enabled: false,
    requirements: requirements(WANTED, "requirements.past_due"),
    settings: {
      bacs_debit_payments: { display_name: null, service_user_number: null },
      branding: { icon: null, logo: null, primary_color: null, secondary_color: null },
      card_issuing: { tos_acceptance: { date: null, ip: null } },
      card_payments: {
        decline_on: { avs_failure: false, cvc_failure: false },
        statement_descriptor_prefix: null,
        statement_descriptor_prefix_kana: null,
        statement_descriptor_prefix_kanji: null,
      },
      dashboard: { display_name: null, timezone: "Etc/UTC" },
      payments: {
        statement_descriptor: null,
        statement_descriptor_kana: null,
        statement_descriptor_kanji: null,
        statement_descriptor_prefix_kana: null,
        statement_descriptor_prefix_kanji: null,
      },
      payouts: {
        debit_negative_balances: given.settings?.payouts?.debit_negative_balances ?? true,
        schedule: { delay_days: 2, interval: "daily", ...given.settings?.payouts?.schedule },
        statement_descriptor: given.settings?.payouts?.statement_descriptor ?? null,
      },
      sepa_debit_payments: {},
    } as Account["settings"],
    tos_acceptance: { date: null, ip: null, user_agent: null },
    type: given.type ?? (dashboard === "express" ? "express" : dashboard === "full" ? "standard" : "none"),
  };
  world.keep("accounts", account);
  return account;
});

const PROFILE = {
  annual_revenue: null,
  estimated_worker_count: null,
  mcc: null,
  minority_owned_business_designation: null,
  name: null,
  product_description: null,
  specified_commercial_transactions_act_url: null,
  support_address: null,
  support_email: null,
  support_phone: null,
  support_url: null,
  url: null,
};

const retrieve = operation("GET", "/v1/accounts/{account}", {}, (world, _, call) => accountAt(world, call.in("account")));

const update = operation("POST", "/v1/accounts/{account}", FIELDS, (world, given, call) => {
  const account = accountAt(world, call.in("account"));
  changed(
    world,
    "account.updated",
    account,
    () => {
      account.business_profile = { ...account.business_profile, ...given.business_profile };
      account.business_type = given.business_type ?? account.business_type;
      account.email = given.email ?? account.email;
      account.default_currency = given.default_currency ?? account.default_currency;
      account.metadata = merged(account.metadata, given.metadata);
      for (const [name, each] of Object.entries(given.capabilities ?? {})) {
        if (each?.requested === true) account.capabilities[name] ??= account.details_submitted ? "active" : "inactive";
        if (each?.requested === false) delete account.capabilities[name];
      }
      const { schedule, ...payouts } = given.settings?.payouts ?? {};
      Object.assign(account.settings.payouts, payouts);
      Object.assign(account.settings.payouts.schedule, schedule);
    },
    account.id,
  );
  return account;
});

const listAll = operation("GET", "/v1/accounts", { ...PAGE, created: range() }, (world, given, call) =>
  paged(
    world.all("accounts").filter((each) => within(given.created, each.created)),
    given,
    call.url,
  ),
);

const LINK_SECONDS = 300;

const link = operation(
  "POST",
  "/v1/account_links",
  {
    account: needed(text()),
    collect: word("currently_due", "eventually_due"),
    collection_options: object({ fields: word("currently_due", "eventually_due"), future_requirements: word("include", "omit") }),
    refresh_url: text(),
    return_url: text(),
    type: needed(word("account_onboarding", "account_update")),
  },
  (world, given) => {
    const account = world.named("accounts", given.account, "account");
    for (const name of ["refresh_url", "return_url"] as const) {
      const url = given[name];
      if (url === undefined) throw invalid(`You must provide a ${name}.`, { code: "parameter_missing", param: name });
      if (!URL.canParse(url) || !/^https?:/.test(url)) throw invalid("Not a valid URL", { code: "url_invalid", param: name });
    }
    const token = world.secret(16);
    const expiresAt = world.seconds() + LINK_SECONDS;
    world.state.setupLinks[token] = {
      account: account.id,
      returnUrl: given.return_url ?? "",
      refreshUrl: given.refresh_url ?? "",
      expiresAt,
    };
    return {
      object: "account_link",
      created: world.seconds(),
      expires_at: expiresAt,
      url: `${world.options.origin()}/setup/e/${account.id}/${token}`,
    };
  },
);

const loginLink = operation("POST", "/v1/accounts/{account}/login_links", {}, (world, _, call) => {
  const account = accountAt(world, call.in("account"));
  if (!account.details_submitted) throw invalid("Cannot create a login link for an account that has not completed onboarding.");
  return { object: "login_link", created: world.seconds(), url: `${world.options.origin()}/express/${account.id}` };
});

/** An account of ours; Stripe answers 403 for one that is not. */
export function accountAt(world: World, id: string): Account {
  const account = world.find("accounts", id);
  if (!account) throw noAccess(id);
  return account;
}

/** What Stripe says of an account that the key may not use. */
export const noAccess = (id: string) =>
  invalid(
    `The provided key does not have access to account '${id}' (or that account does not exist). Application access may have been revoked.`,
    { http: 403, code: "account_invalid" },
  );

/** Requirements as Stripe lists them. */
export function requirements(due: readonly string[], disabledReason: string | null): Account["requirements"] {
  return {
    alternatives: [],
    current_deadline: null,
    currently_due: [...due],
    disabled_reason: disabledReason,
    errors: [],
    eventually_due: [...due],
    past_due: [...due],
    pending_verification: [],
  };
}

/** The person said everything: capabilities are active, money can be sent and paid out. */
export function onboard(world: World, account: Account): void {
  const old = { ...account.capabilities };
  changed(
    world,
    "account.updated",
    account,
    () => {
      account.details_submitted = true;
      account.payouts_enabled = true;
      account.business_type ??= "individual";
      for (const name of Object.keys(account.capabilities)) account.capabilities[name] = "active";
      account.charges_enabled = account.capabilities["card_payments"] === "active";
      account.requirements = requirements([], null);
      account["tos_acceptance"] = { date: world.seconds(), ip: "127.0.0.1", user_agent: null };
      if (account.external_accounts.data.length === 0) account.external_accounts.data.push(bankOf(world, account));
    },
    account.id,
  );
  tellCapabilities(world, account, old);
}

/** Switches a capability of an account, as Stripe does when it learns something. */
export function setCapability(world: World, account: Account, name: string, state: "active" | "inactive" | "pending"): void {
  const old = { ...account.capabilities };
  changed(
    world,
    "account.updated",
    account,
    () => {
      account.capabilities[name] = state;
      const open = Object.values(account.capabilities).some((each) => each !== "active");
      account.requirements = open ? requirements(["individual.verification.document"], "requirements.past_due") : requirements([], null);
      account.charges_enabled = account.capabilities["card_payments"] === "active";
    },
    account.id,
  );
  tellCapabilities(world, account, old);
}

function tellCapabilities(world: World, account: Account, old: Account["capabilities"]): void {
  for (const [name, state] of Object.entries(account.capabilities)) {
    if (old[name] === state) continue;
    const capability = {
      id: name,
      object: "capability",
      account: account.id,
      requested: true,
      requested_at: account.created,
      requirements: { ...requirements([], null), disabled_reason: state === "active" ? null : "requirements.fields_needed" },
      status: state,
    };
    emit(world, "capability.updated", capability, { owner: account.id, before: { status: old[name] ?? "unrequested" } });
  }
}

function bankOf(world: World, account: Account) {
  return {
    id: world.id("ba"),
    object: "bank_account" as const,
    account: account.id,
    account_holder_name: null,
    account_holder_type: "individual",
    account_type: null,
    available_payout_methods: ["standard"],
    bank_name: "STRIPE TEST BANK",
    country: account.country,
    currency: "usd",
    default_for_currency: true,
    fingerprint: world.secret(16),
    last4: "6789",
    metadata: {},
    routing_number: "110000000",
    status: "new",
  };
}

/** Connected accounts, their onboarding and their dashboards. */
export const accounts = [create, retrieve, update, listAll, link, loginLink];
