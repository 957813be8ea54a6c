import { setTimeout as pause } from "node:timers/promises";
import { runningWorld, type Whereabouts } from "./lock.ts";
import { people } from "./people.ts";
import { command, LocalProblem } from "./problem.ts";

/** What is to come out, in cents: $100,000 at 20 %, split by the rates of the paid plan, as docs/money.md has it. */
const EXAMPLE = {
  salary: 10_000_000,
  fee: 2_000_000,
  parts: {
    candidate_recruiter: 600_000,
    company_recruiter: 300_000,
    job_owner: 300_000,
    candidate_sourcer: 160_000,
    company_sourcer: 160_000,
  },
  platform: 480_000,
} as const;

type DealRole = keyof typeof EXAMPLE.parts;

/** What each role is called where people talk. */
const ROLE_WORDS: Readonly<Record<DealRole, string>> = {
  candidate_recruiter: "Closer",
  company_recruiter: "Company recruiter",
  job_owner: "Specs owner",
  candidate_sourcer: "Discovery",
  company_sourcer: "BD",
};

/** Northwind's people, beside Rosa. All of its recruiters have the paid plan. */
const CAST = {
  admin: "nadia@northwind.test",
  jobOwner: "nora.quill@recruit.test",
  companyRecruiter: "cleo.march@recruit.test",
} as const;

const MAIL_PATIENCE_MS = 15_000;
const DAYS_TO_START = 14;

/** Northwind's job has the usual guarantee; a day more, and it is over. */
const GUARANTEE_DAYS = 91;
const CLOCK_PATH = "/_local/clock";
const MONEY_PATIENCE_MS = 60_000;

/** The world that runs here, wherever its parts are. */
let world: Whereabouts;

/** Somebody who calls the API. */
type Caller = (method: string, path: string, body?: unknown) => Promise<Json>;

// What the API answers, read field by field.
// oxlint-disable-next-line typescript/no-explicit-any
type Json = any;

let steps = 0;

await command(async () => {
  world = runningWorld();
  const admin = await signIn(CAST.admin);
  const owner = await signIn(CAST.jobOwner);
  const cleo = await signIn(CAST.companyRecruiter);
  const rosa = await signIn(people.rosa.email);
  const ada = await signIn(people.ada.email);

  const { id: companyRecruiterId } = await cleo("GET", "recruiters/me");
  const connections: Json[] = await owner("GET", "recruiter-companies?status=active&include=company");
  const company = connections.map((each) => each.company).find(({ name }) => name === "Northwind");
  if (!company) throw new LocalProblem("Northwind is not in this database; npm run reset and npm start bring it back.");

  const drafted = await owner("POST", "jobs", {
    company_id: company.id,
    title: "Head of Trade",
    department: "Operations",
    location: "Seattle, WA",
    employment_type: "full_time",
    salary_min_cents: 9_000_000,
    salary_max_cents: 11_000_000,
    fee_percentage: "20.00",
    company_recruiter_id: companyRecruiterId,
  });
  say("Nora, a recruiter who may write roles for Northwind, drafts", `${drafted.title} ${short(drafted.id)}`);
  const job = await admin("PATCH", `jobs/${drafted.id}`, { status: "active" });
  say("Nadia of Northwind posts it", `${job.status}, fee ${job.effective_fee_percentage} %`);

  const email = `robin.hale.${Date.now().toString(36)}@candidates.test`;
  const invited = await rosa("POST", "recruiter-candidates", { email, full_name: "Robin Hale" });
  say("Rosa brings a candidate", `Robin Hale ${short(invited.candidate_id)}, ${invited.status}`);
  const token = await invitationTo(email);
  say("The mail catcher has the invitation", `…${token.slice(-12)}`);
  const robin = await signIn(email);
  const accepted = await robin("POST", `recruiter-candidates/invitations/${token}/accept`);
  say("Robin signs in and consents", accepted.status);

  const application = await rosa("POST", "applications", { job_id: job.id, candidate_id: invited.candidate_id });
  say("Rosa begins the application", `${short(application.id)}, ${application.stage}`);
  const submitted = await rosa("POST", `applications/${application.id}/submit`);
  say("Rosa submits it; her own gate is passed with that", `${submitted.stage}, ${submitted.state}`);
  const deal = `candidate-role-assignments/${submitted.assignment_id}`;
  const passed = await cleo("POST", `${deal}/approve-gate`, { notes: "Has led a team of this size." });
  say("Cleo, Northwind's recruiter, approves", `${passed.application_stage}, ${passed.state}`);
  const reached = await admin("POST", `${deal}/approve-gate`);
  say("Nadia approves, and sees who it is", `${reached.application_stage}, ${reached.state}`);

  const met = await admin("POST", `${deal}/advance`, { state: "in_process" });
  say("Northwind interviews", `${met.application_stage}, ${met.state}`);
  const offered = await admin("POST", `${deal}/advance`, { state: "offer" });
  say("Northwind makes an offer", `${offered.application_stage}, ${offered.state}`);
  const agreed = await robin("POST", `applications/${application.id}/accept-offer`);
  say("Robin accepts", `${agreed.stage}, accepted ${agreed.accepted_by_candidate}`);
  const today = Date.now() + (await clockOffset()) * 1_000;
  const startDate = new Date(today + DAYS_TO_START * 86_400_000).toISOString().slice(0, 10);
  const hired = await admin("POST", `applications/${application.id}/hire`, { salary_cents: EXAMPLE.salary, start_date: startDate });
  say("Northwind hires", `placement ${short(hired.id)}, from ${hired.start_date} for $${hired.salary}`);

  const placement = await ada("GET", `placements/${hired.id}?include=snapshot,splits`);
  compare(placement.placement_fee_cents, placement.splits, placement.snapshot.platform_amount_cents);

  await admin("PUT", `company-billing-profiles/${company.id}`, { billing_email: CAST.admin, billing_terms: "net_30" });
  for (const payee of await payeesOf(ada, placement.splits)) await readyToBePaid(payee);
  say("Everyone who earns sets up an account for payouts and declares their taxes", "ready");

  await travel(DAYS_TO_START + 1);
  const invoice = await until("the invoice", async () => {
    const [found] = (await ada("GET", `placement-invoices?placement_id=${hired.id}`)) as Json[];
    return found?.status === "open" ? found : null;
  });
  say(`${DAYS_TO_START + 1} days later Robin has started, and Northwind has its invoice`, `${invoice.number}, $${invoice.amount_due}`);
  await stripe("pay-invoice", { invoice: invoice.hosted_invoice_url.split("/").at(-1) });
  const paid = await until("the payment", async () => {
    const found = await ada("GET", `placement-invoices/${invoice.id}`);
    return found.status === "paid" ? found : null;
  });
  say("Northwind pays it", `${paid.status}, ours to give from ${paid.collectible_at.slice(0, 10)}`);

  await travel(GUARANTEE_DAYS);
  const payouts = await until("the transfers", async () => {
    const found: Json[] = await ada("GET", `payout-transactions?placement_id=${hired.id}&include=split`);
    return found.every(({ status: payoutStatus }) => payoutStatus === "completed") ? found : null;
  });
  say(`${GUARANTEE_DAYS} days later the guarantee is over and the money is released`, `${payouts.length} transfers`);
  console.log("");
  for (const payout of payouts)
    console.log(
      `  ${ROLE_WORDS[payout.role as DealRole].padEnd(18)} ${String(payout.net_amount_cents).padStart(9)} cents  ${payout.stripe_transfer_id}`,
    );
  console.log(`\nAll entries of the ledger together: ${await trialBalance(ada)} cents.`);
});

// --- the money

/** Callers for the people behind the splits, each once. */
async function payeesOf(admin: Caller, splits: readonly Json[]): Promise<Caller[]> {
  const ids = [...new Set(splits.map(({ recruiter_id: id }) => id as string))];
  return Promise.all(ids.map(async (id) => signIn((await admin("GET", `recruiters/${id}`)).email)));
}

/** Has a payee declare their taxes, and complete the account for payouts on the stand-in's page. */
async function readyToBePaid(payee: Caller): Promise<void> {
  await payee("PUT", "tax-profiles/me", { form: "w9", classification: "individual", tin_last4: "6789" });
  const account = await payee("GET", "recruiters/me/payout-account");
  if (account.stripe_connect_onboarded) return;
  const here = `${world.worker}/`;
  await payee("POST", "recruiters/me/payout-account/onboarding-link", { return_url: here, refresh_url: here });
  const { stripe_connect_account_id: id } = await payee("GET", "recruiters/me/payout-account");
  await stripe("complete-onboarding", { account: id });
  await until("the payout account", async () =>
    (await payee("GET", "recruiters/me/payout-account")).stripe_connect_onboarded ? id : null,
  );
}

/** How far the world's clock is ahead of the machine's, in seconds: earlier deals moved it. */
async function clockOffset(): Promise<number> {
  const answer = await send(`${world.neon}${CLOCK_PATH}?database=${encodeURIComponent(world.database)}`, {});
  return ((await answer.json()) as { offset_seconds: number }).offset_seconds;
}

/** Moves the clocks of the database and of Stripe ahead, which only the local world can. */
async function travel(days: number): Promise<void> {
  const ahead = (await clockOffset()) + days * 86_400;
  const given = { database: world.database, offset_seconds: ahead };
  const answer = await send(`${world.neon}${CLOCK_PATH}`, { method: "POST", body: JSON.stringify(given) });
  if (!answer.ok) throw new LocalProblem(`The clock of the database could not be moved: ${await answer.text()}`);
  await stripe("advance", { days });
}

/** Asks the stand-in for something that people do elsewhere. */
async function stripe(control: string, given: object): Promise<void> {
  const answer = await send(`${world.stripe}/_test/${control}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(given),
  });
  if (!answer.ok) throw new LocalProblem(`The Stripe stand-in refused ${control}: ${await answer.text()}`);
}

/** Lets minutes pass until something is there. */
async function until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  const deadline = Date.now() + MONEY_PATIENCE_MS;
  while (Date.now() < deadline) {
    await send(`${world.worker}/cdn-cgi/handler/scheduled?cron=${encodeURIComponent("* * * * *")}`, {});
    const found = await look();
    if (found !== null) return found;
    await pause(250);
  }
  throw new LocalProblem(`Waited ${MONEY_PATIENCE_MS / 1_000} s for ${what}, in vain.`);
}

/** What assets and expenses hold, less liabilities and income: nothing, if the books are right. */
async function trialBalance(admin: Caller): Promise<number> {
  let sum = 0;
  for (let page = 1; ; page++) {
    const accounts: Json[] = await admin("GET", `ledger-accounts?limit=100&page=${page}`);
    for (const { kind, balance_cents: balance } of accounts) sum += kind === "asset" || kind === "expense" ? balance : -balance;
    if (accounts.length < 100) return sum;
  }
}

/** Prints the fee and where it goes, and holds it against the example. */
function compare(fee: number, splits: readonly Json[], platform: number): void {
  const paid = (role: string): number =>
    splits.filter((split) => split.role === role).reduce((sum, split) => sum + split.split_amount_cents, 0);
  const lines: [string, number, number][] = [
    ["Fee", fee, EXAMPLE.fee],
    ...Object.entries(EXAMPLE.parts).map(([role, wanted]): [string, number, number] => [ROLE_WORDS[role as DealRole], paid(role), wanted]),
    ["Platform", platform, EXAMPLE.platform],
  ];
  console.log("");
  for (const [name, amount] of lines) console.log(`  ${name.padEnd(18)} ${amount.toString().padStart(9)} cents`);
  console.log("");

  const wrong = lines.filter(([, amount, wanted]) => amount !== wanted);
  if (wrong.length > 0) {
    const words = wrong.map(([name, amount, wanted]) => `${name.toLowerCase()} is ${amount} instead of ${wanted} cents`);
    throw new LocalProblem(`The split is wrong: ${words.join(", ")}.`);
  }
  console.log("That is 20 % of $100,000, split by the rates of the paid plan: 30, 15, 15, 8 and 8 %; the platform keeps 24 %.");
}

function say(who: string, what: string): void {
  steps += 1;
  console.log(`${steps.toString().padStart(2)}  ${who}: ${what}`);
}

function short(id: string): string {
  return `…${id.slice(-6)}`;
}

/** A caller with a session of this person. */
async function signIn(email: string): Promise<Caller> {
  const answer = await send(`${world.issuer}/_local/token`, { method: "POST", body: JSON.stringify({ email }) });
  const { token } = (await answer.json()) as { token: string };
  return (method, path, body) => call(token, method, path, body);
}

async function call(token: string, method: string, path: string, body: unknown = {}): Promise<Json> {
  const reading = method === "GET";
  const answer = await send(path.startsWith("/") ? `${world.worker}${path}` : `${world.worker}/api/v2/${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, ...(reading ? {} : { "Content-Type": "application/json" }) },
    ...(reading ? {} : { body: JSON.stringify(body) }),
  });
  const given = (await answer.json()) as Json;
  if (answer.ok) return given.data;
  throw new LocalProblem(`${method} ${path} was answered ${answer.status} ${given.code}: ${given.detail}`);
}

/** The token in the invitation that was mailed to an address. */
async function invitationTo(email: string): Promise<string> {
  const deadline = Date.now() + MAIL_PATIENCE_MS;
  while (Date.now() < deadline) {
    const answer = await send(`${world.mail}/_local/mails?to=${encodeURIComponent(email)}`, {});
    const { data } = (await answer.json()) as { data: { text: string }[] };
    const token = data.map(({ text }) => /https?:\/\/[^/\s]+\/invitation\/([\w-]+)/.exec(text)?.[1]).find(Boolean);
    if (token) return token;
    await pause(100);
  }
  throw new LocalProblem(`No invitation reached ${email} within ${MAIL_PATIENCE_MS / 1_000} s.`);
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch {
    throw new LocalProblem(`Nothing answers at ${new URL(url).origin} yet; try again when npm start says that it is ready.`);
  }
}
