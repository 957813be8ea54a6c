import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accountPlans } from "#db/schema/api.ts";
import { authEvents } from "#db/schema/audit.ts";
import { candidates, intakeRequests, intakeSettings, jobs } from "#db/schema/ats.ts";
import { recruiterCandidates } from "#db/schema/network.ts";
import { replayJobs, siemDestinations } from "#db/schema/webhooks.ts";
import { SCOPES } from "#domain/credentials/scopes.ts";
import { people } from "#local/people.ts";
import { seed } from "#local/seed.ts";
import { endpointsOf } from "../endpoints.ts";
import { clientOf } from "../partner/clients.ts";
import { consented, VERIFIER } from "../partner/consents.ts";
import { type Key, keyOf } from "../partner/keys.ts";
import { MATRIX } from "../partner/matrix.ts";
import { workedOut } from "../proof.ts";
import { type Prism, prismBefore } from "./prism.ts";
import { type Answer, LINK_KEY, PARTNER_KEYS, populated, type RunningWorker, signedIn, startWorker } from "./worker.ts";

// Every route of the partner API through Prism, which turns an answer off the contract into its own 500 (PLATFORM §20.3).

const ROUTES = Object.entries(MATRIX).map(([name, { need }]) => {
  const [method = "", path = ""] = name.split(" ");
  return { name, method: method.toUpperCase(), path, need };
});
const NOBODYS = "00000000-0000-4000-8000-000000000001";

let world: Awaited<ReturnType<typeof populated>>;
let worker: RunningWorker;
/** Before the same Worker: one that judges requests too, and one that lets wrong ones through. */
let strict: Prism;
let lenient: Prism;
let admin: Account;
let company: Account;
let recruiter: Account;
let calls = 0;

interface Account {
  id: string;
  roleType: "company" | "recruiter" | "admin";
  userId: string;
  email: string;
  /** A session of its holder. */
  token: string;
  /** A key with every scope. */
  key: Key;
}

beforeAll(async () => {
  world = await populated();
  await seed({ databaseUrl: world.database.url });
  await world.db.writer.update(accountPlans).set({ plan: "enterprise", customLimit: 10_000 });
  worker = await startWorker({ databaseUrl: world.database.url });
  [strict, lenient] = await Promise.all([prismBefore(worker.origin), prismBefore(worker.origin, { judgesRequests: false })]);
  const { rows: found } = await world.db.writer.execute<{ company_id: string; recruiter_id: string; sub: string; email: string }>(sql`
    select p.company_id, t.recruiter_id, u.clerk_user_id as sub, u.email::text
    from billing.placement_payout_transactions t join ats.placements p on p.id = t.placement_id
    join network.recruiters r on r.id = t.recruiter_id join identity.users u on u.id = r.user_id limit 1`);
  const [paid] = found;
  const hirer = await world.member(await companyOf(paid?.company_id ?? ""), "company_admin", true);
  const { ada } = people;
  admin = await account("admin", await userOf(ada.sub), { userId: await userOf(ada.sub), ...ada });
  company = await account("company", paid?.company_id ?? "", { ...hirer, sub: "" }, hirer.token);
  recruiter = await account("recruiter", paid?.recruiter_id ?? "", {
    userId: await userOf(paid?.sub ?? ""),
    sub: paid?.sub ?? "",
    email: paid?.email ?? "",
  });
}, 180_000);
afterAll(async () => {
  strict?.stop();
  lenient?.stop();
  await worker?.stop();
});

const userOf = async (sub: string): Promise<string> =>
  (await world.db.writer.execute<{ id: string }>(sql`select id from identity.users where clerk_user_id = ${sub}`)).rows[0]?.id ?? "";

const companyOf = async (id: string): Promise<{ id: string; organizationId: string }> => {
  const { rows } = await world.db.writer.execute<{ of: string }>(
    sql`select identity_organization_id as of from ats.companies where id = ${id}`,
  );
  return { id, organizationId: rows[0]?.of ?? "" };
};

/** Where keys and clients are made without asking anybody. */
const ground = () => ({ db: world.db, env: { ...PARTNER_KEYS, LINK_KEY, ENVIRONMENT: "development" as const, API_ORIGIN: worker.origin } });

async function account(
  roleType: Account["roleType"],
  id: string,
  holder: { userId: string; sub: string; email: string },
  token?: string,
): Promise<Account> {
  const key = await keyOf(ground(), { id, roleType }, holder);
  return { id, roleType, ...holder, token: token ?? (await signedIn(holder.sub, holder.email)), key };
}

interface Call {
  body?: object;
  query?: string;
  /** Whose session or key; sessions name their account. */
  as: { token: string } & Partial<Account>;
}

async function ask(prism: Prism, method: string, path: string, { as, body, query = "" }: Call): Promise<Answer> {
  const response = await fetch(`${prism.origin}/api/v1${path}${query}`, {
    method,
    headers: {
      authorization: `Bearer ${as.token}`,
      "cf-connecting-ip": `198.18.${Math.floor(++calls / 250)}.${calls % 250}`,
      ...(as.id ? { "x-account-id": as.id } : {}),
      ...(body ? { "content-type": "application/json" } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** What Prism holds against an answer comes as a problem of its own; shown with what it says. */
const said = ({ status, body }: Answer): unknown => (String(body.type).includes("stoplight.io") ? body : [status, body.code]);

const asKey = ({ key }: Account) => key;
const made = async (rows: Promise<{ rows: Record<string, unknown>[] }>): Promise<string> => ((await rows).rows[0]?.["id"] as string) ?? "";
const row = (query: ReturnType<typeof sql>) => made(world.db.writer.execute(query));

/** A key of the company, in use unless told. */
const aKey = async (fields: Parameters<typeof keyOf>[3] = {}) =>
  (await keyOf(ground(), company, company, { scopes: ["read:roles"], ...fields })).id;
const aClient = (fields: Parameters<typeof clientOf>[3] = {}) => clientOf(ground(), company.id, company, fields);
/** What the company's admin let a client do. */
async function aGrant(): Promise<string> {
  const client = await aClient();
  const callback = await consented(ground(), company, company.id, client, { scope: "read:roles" });
  await fetch(`${worker.origin}/oauth/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${client.clientId}:${client.secret}`)}` },
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code: callback.searchParams.get("code") ?? "",
      redirect_uri: client.redirectUri,
      code_verifier: VERIFIER,
    }),
  });
  return row(sql`select id from api.oauth_grants where client_id = ${client.id}`);
}
async function aRole(): Promise<string> {
  const [job] = await world.db.writer
    .insert(jobs)
    .values({ companyId: company.id, title: "Cook", status: "active" })
    .returning({ id: jobs.id });
  return job?.id ?? "";
}
async function aCandidate(): Promise<string> {
  const [candidate] = await world.db.writer
    .insert(candidates)
    .values({ email: `candidate.${++calls}@people.test`, fullName: "Kim Example" })
    .returning({ id: candidates.id });
  const candidateId = candidate?.id ?? "";
  const consent = { status: "active" as const, consentGiven: true, consentGivenAt: new Date(), relationshipStartDate: new Date() };
  await world.db.writer.insert(recruiterCandidates).values({ recruiterId: recruiter.id, candidateId, ...consent });
  return candidateId;
}
async function aSubmission(): Promise<string> {
  const body = { role_id: await aRole(), candidate_id: await aCandidate() };
  return (await ask(strict, "POST", "/submissions", { as: asKey(recruiter), body })).body.data.id;
}

const endpoints = () => endpointsOf(world.db, PARTNER_KEYS.KEK_CURRENT);
/** An active endpoint of the company, at which nobody listens. */
const anEndpoint = async (fields: Parameters<ReturnType<typeof endpoints>["endpoint"]>[3] = {}) =>
  (await endpoints().endpoint(NOWHERE, { id: company.id, kind: "company" }, company, fields)).id;
const NOWHERE = "http://127.0.0.1:9/in";
/** What the company's endpoint was sent, and did not take. */
async function aDelivery(): Promise<string> {
  return endpoints().deadDelivery(await anEndpoint(), company.id, company);
}
async function aReplay(status: "running" | "paused" = "paused"): Promise<string> {
  const of = { accountId: company.id, webhookId: await anEndpoint(), filter: {}, total: 1, createdBy: company.userId };
  const [job] = await world.db.writer
    .insert(replayJobs)
    .values({ ...of, status })
    .returning({ id: replayJobs.id });
  return job?.id ?? "";
}
async function anIntake(): Promise<string> {
  const [intake] = await world.db.writer
    .insert(intakeRequests)
    .values({ companyId: company.id, source: "white_label", fields: { role_title: "Cook" } })
    .returning({ id: intakeRequests.id });
  return intake?.id ?? "";
}
async function aDestination(): Promise<string> {
  await world.db.writer.delete(siemDestinations); // an account has five at most
  const body = { kind: "https", format: "json", url: NOWHERE };
  return (await ask(strict, "POST", "/siem-destinations", { as: company, body })).body.data.id;
}

/** One call of each route that succeeds; for one below an id, with the row it is about. */
const DONE: Readonly<Record<string, () => Promise<Call & { id?: string }>>> = {
  "get /me": async () => ({ as: asKey(company) }),
  "get /event-types": async () => ({ as: asKey(company) }),
  "get /roles": async () => ({ as: asKey(company) }),
  "get /roles/{id}": async () => ({ as: asKey(company), id: await aRole() }),
  "post /roles": async () => ({ as: asKey(company), body: { title: "Baker" } }),
  "patch /roles/{id}": async () => ({ as: asKey(company), id: await aRole(), body: { status: "paused" } }),
  "get /submissions": async () => ({ as: asKey(recruiter) }),
  "get /submissions/{id}": async () => ({ as: asKey(recruiter), id: await aSubmission() }),
  "post /submissions": async () => ({
    as: asKey(recruiter),
    body: { role_id: await aRole(), candidate_id: await aCandidate() },
  }),
  "patch /submissions/{id}": async () => ({ as: asKey(company), id: await aSubmission(), body: { stage: "screen" } }),
  "get /candidates": async () => ({ as: asKey(recruiter) }),
  "get /candidates/{id}": async () => {
    const submission = await aSubmission();
    return { as: asKey(recruiter), id: await row(sql`select candidate_id as id from ats.applications where id = ${submission}`) };
  },
  "get /candidate-invitations": async () => ({ as: asKey(recruiter) }),
  "get /candidate-invitations/{id}": async () => ({
    as: asKey(recruiter),
    id: await row(sql`select id from network.recruiter_candidates where recruiter_id = ${recruiter.id}`),
  }),
  "post /candidate-invitations": async () => ({
    as: asKey(recruiter),
    body: { candidate: { name: "Kim Example", email: `asked.${++calls}@people.test` } },
  }),
  "get /placements": async () => ({ as: asKey(company) }),
  "get /placements/{id}": async () => ({
    as: asKey(company),
    id: await row(sql`select id from ats.placements where company_id = ${company.id}`),
  }),
  "get /payouts": async () => ({ as: asKey(recruiter) }),
  "get /payouts/{id}": async () => ({
    as: asKey(recruiter),
    id: await row(sql`select id from billing.placement_payout_transactions where recruiter_id = ${recruiter.id}`),
  }),
  "get /api-keys": async () => ({ as: company }),
  "post /api-keys": async () => ({ as: company, body: { name: "Sync", scopes: ["read:roles"] } }),
  "delete /api-keys/{id}": async () => ({ as: company, id: await aKey() }),
  "post /api-keys/{id}/rotate": async () => ({ as: company, id: await aKey(), body: { grace_seconds: 60 } }),
  "post /api-keys/{id}/adopt": async () => ({ as: company, id: await aKey({ status: "suspended", statusReason: "its maker left" }) }),
  "post /api-keys/{id}/suspend": async () => ({ as: admin, id: await aKey(), body: { reason: "Leaked" } }),
  "post /api-keys/{id}/unsuspend": async () => ({
    as: admin,
    id: await aKey({ status: "suspended" }),
    body: { reason: "Found again" },
  }),
  "get /oauth-clients": async () => (await aClient(), { as: company }),
  "post /oauth-clients": async () => ({
    as: company,
    body: { name: "New", type: "public", redirect_uris: ["https://client.example/callback"], scopes: ["read:roles"] },
  }),
  "patch /oauth-clients/{id}": async () => ({ as: company, id: (await aClient()).id, body: { name: "Newer" } }),
  "delete /oauth-clients/{id}": async () => ({ as: company, id: (await aClient()).id }),
  "post /oauth-clients/{id}/rotate-secret": async () => ({ as: company, id: (await aClient()).id, body: {} }),
  "post /oauth-clients/{id}/suspend": async () => ({ as: admin, id: (await aClient()).id, body: { reason: "Leaked" } }),
  "post /oauth-clients/{id}/unsuspend": async () => ({
    as: admin,
    id: (await aClient({ status: "suspended" })).id,
    body: { reason: "Found again" },
  }),
  "get /oauth-grants": async () => (await aGrant(), { as: company }),
  "delete /oauth-grants/{id}": async () => ({ as: company, id: await aGrant() }),
  "get /approvals": async () => (await aKey({ status: "pending" }), { as: admin }),
  "post /approvals/{id}": async () => ({
    as: admin,
    id: await aKey({ status: "pending" }),
    body: { decision: "approve" },
  }),
  "get /account-plan": async () => ({ as: company }),
  "patch /account-plan": async () => ({ as: company, body: { spend_cap_cents: 500 } }),
  "put /account-plans/{account_id}": async () => ({
    as: admin,
    id: recruiter.id,
    body: { plan: "enterprise", custom_limit: 10_000, reason: "They asked" },
  }),
  "get /webhooks": async () => (await anEndpoint(), { as: asKey(company) }),
  "post /webhooks": async () => ({ as: asKey(company), body: { url: NOWHERE, event_types: ["role.created"] } }),
  "get /webhooks/{id}": async () => ({ as: asKey(company), id: await anEndpoint() }),
  "patch /webhooks/{id}": async () => ({ as: asKey(company), id: await anEndpoint(), body: { description: "Ours" } }),
  "delete /webhooks/{id}": async () => ({ as: asKey(company), id: await anEndpoint() }),
  "post /webhooks/{id}/rotate-secret": async () => ({ as: asKey(company), id: await anEndpoint(), body: { overlap_seconds: 60 } }),
  "post /webhooks/{id}/enable": async () => ({
    as: asKey(company),
    id: await anEndpoint({ status: "disabled", disabledReason: "owner", disabledAt: new Date(), lastSuccessAt: new Date() }),
  }),
  "post /webhooks/{id}/adopt": async () => ({
    as: company,
    id: await anEndpoint({ status: "disabled", disabledReason: "owner_gone", disabledAt: new Date(), lastSuccessAt: new Date() }),
  }),
  "post /webhooks/{id}/test": async () => ({ as: asKey(company), id: await anEndpoint() }),
  "post /webhooks/{id}/suspend": async () => ({ as: admin, id: await anEndpoint(), body: { reason: "Odd" } }),
  "post /webhooks/{id}/unsuspend": async () => ({
    as: admin,
    id: await anEndpoint({ status: "disabled", disabledReason: "admin", disabledAt: new Date() }),
    body: { reason: "Cleared" },
  }),
  "get /webhook-deliveries": async () => (await aDelivery(), { as: asKey(company) }),
  "get /webhook-deliveries/{id}": async () => ({ as: asKey(company), id: await aDelivery() }),
  "post /webhook-deliveries/{id}/replay": async () => ({ as: asKey(company), id: await aDelivery() }),
  "get /replay-jobs": async () => (await aReplay(), { as: asKey(company) }),
  "post /replay-jobs": async () => ({ as: asKey(company), body: { webhook_id: await anEndpoint() } }),
  "get /replay-jobs/{id}": async () => ({ as: asKey(company), id: await aReplay() }),
  "post /replay-jobs/{id}/pause": async () => ({ as: asKey(company), id: await aReplay("running") }),
  "post /replay-jobs/{id}/resume": async () => ({ as: asKey(company), id: await aReplay() }),
  "post /replay-jobs/{id}/cancel": async () => ({ as: asKey(company), id: await aReplay() }),
  "get /siem-destinations": async () => (await aDestination(), { as: company }),
  "post /siem-destinations": async () => ({ as: company, body: { kind: "https", format: "json", url: NOWHERE } }),
  "get /siem-destinations/{id}": async () => ({ as: company, id: await aDestination() }),
  "patch /siem-destinations/{id}": async () => ({ as: company, id: await aDestination(), body: { format: "cef" } }),
  "delete /siem-destinations/{id}": async () => ({ as: company, id: await aDestination() }),
  "post /siem-destinations/{id}/test": async () => ({ as: company, id: await aDestination() }),
  "get /intake-requests": async () => (await anIntake(), { as: asKey(company) }),
  "get /intake-requests/{id}": async () => ({ as: asKey(company), id: await anIntake() }),
  "get /usage/invoice-preview": async () => ({ as: company }),
  "get /usage": async () => ({ as: asKey(company), query: "?group=route" }),
  "get /request-logs": async () => ({ as: company }),
  "get /audit-events/verify": async () => ({ as: company }),
  "get /audit-events": async () => ({ as: company }),
  "get /auth-events": async () => {
    const signIn = { id: crypto.randomUUID(), at: new Date(), kind: "signed_in", outcome: "success", requestId: "contract" } as const;
    await world.db.writer.insert(authEvents).values(signIn);
    return { as: admin };
  },
};

const urlOf = (path: string, id = NOBODYS): string => path.replace(/\{\w+\}/, id);
/** Lists that may be empty: what is in them comes from queues, later. */
const LATE = ["get /request-logs"];

it("Prism sees an answer that is off the contract", async () => {
  const picky = await prismBefore(worker.origin, {
    contract: (text) => text.replace('"user_id":{"type":"string"', '"user_id":{"type":"integer"'),
  });
  try {
    const answer = await ask(picky, "GET", "/me", { as: asKey(company) });
    expect([answer.status, answer.body.title]).toEqual([500, "Request/Response not valid"]);
    expect(JSON.stringify(said(answer))).toContain("user_id");
  } finally {
    picky.stop();
  }
});

it("no route of the contract is left out", async () => {
  const { paths } = (await (await fetch(`${worker.origin}/openapi.json`)).json()) as { paths: Record<string, object> };
  const told = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`));
  const called = [
    ...ROUTES.map(({ name }) => name.replace(" ", " /api/v1")),
    ...Object.keys(METADATA),
    ...OF_CLIENTS.map((path) => `post ${path}`),
    ...INTAKE.map(([method, path]) => `${method} /api/v1/intake/{companyId}${path}`),
  ];
  expect(called.toSorted()).toEqual(told.toSorted());
});

const INTAKE = [["get", ""] as const, ["post", "/challenge"] as const, ["post", ""] as const];
const OF_CLIENTS = ["/oauth/token", "/oauth/revoke", "/oauth/introspect"] as const;
/** What each document is about. */
const METADATA = {
  "get /.well-known/oauth-authorization-server": "issuer",
  "get /.well-known/oauth-protected-resource": "resource",
  "get /.well-known/oauth-protected-resource/api/v1": "resource",
} as const;

describe("the authorization server through Prism", () => {
  const asked = async (prism: Prism, path: string, form: Record<string, string>, secret: string) => {
    const answer = await fetch(prism.origin + path, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(secret)}`, "cf-connecting-ip": `198.19.${Math.floor(++calls / 250)}.${calls % 250}` },
      body: new URLSearchParams(form),
    });
    const text = await answer.text();
    const body = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
    return { status: answer.status, body, code: String(body["type"]).includes("stoplight.io") ? body : body["error"] };
  };

  it.each(OF_CLIENTS)("%s answers as the contract says, done and refused", async (path) => {
    const client = await aClient();
    const secret = `${client.clientId}:${client.secret}`;
    const forToken = { grant_type: "client_credentials", scope: "read:roles" };
    const { body } = await asked(strict, "/oauth/token", forToken, secret);
    const form: Record<string, string> = path === "/oauth/token" ? forToken : { token: String(body["access_token"]) };
    const done = await asked(strict, path, form, secret);
    expect([done.status, done.code]).toEqual([200, undefined]);
    if (path === "/oauth/introspect") expect(done.body["active"]).toBe(true);
    const stranger = await asked(strict, path, form, `${client.clientId}:wrong`);
    expect([stranger.status, stranger.code]).toEqual([401, "invalid_client"]);
    const empty = await asked(lenient, path, { colour: "blue" }, secret);
    expect([empty.status, empty.code]).toEqual([400, "invalid_request"]);
  });

  it.each(Object.entries(METADATA))("%s answers as the contract says", async (name, about) => {
    const answer = await fetch(strict.origin + (name.split(" ")[1] ?? ""));
    expect([answer.status, Object.keys((await answer.json()) as object)]).toEqual([200, expect.arrayContaining([about])]);
  });
});

describe("an intake through Prism", () => {
  const site = "https://careers.acme.example";
  const asked = async (prism: Prism, method: string, path: string, body?: object): Promise<Answer> => {
    const response = await fetch(`${prism.origin}/api/v1/intake/${path}`, {
      method,
      headers: { "cf-connecting-ip": "198.51.100.7", origin: site, ...(body ? { "content-type": "application/json" } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };

  it("answers as the contract says, done and refused", async () => {
    await world.db.writer
      .insert(intakeSettings)
      .values({ companyId: company.id, allowedOrigins: [site] })
      .onConflictDoNothing();
    expect(said(await asked(strict, "GET", company.id))).toEqual([200, undefined]);
    const challenge = await asked(strict, "POST", `${company.id}/challenge`);
    expect(said(challenge)).toEqual([200, undefined]);
    const fields = { contact_name: "Kim", contact_email: "kim@acme.example", role_title: "Cook", description: "Cooks." };
    const intake = { type: "modal", fields, proof: workedOut(challenge.body.data) };
    expect(said(await asked(strict, "POST", company.id, intake))).toEqual([201, undefined]);
    expect(said(await asked(lenient, "POST", company.id, { ...intake, type: "banner" }))).toEqual([422, "validation_failed"]);
    for (const [method, path] of INTAKE.filter(([, at]) => at === "")) {
      expect(said(await asked(lenient, method.toUpperCase(), NOBODYS + path, method === "post" ? intake : undefined))).toEqual([
        404,
        "not_found",
      ]);
    }
  });
});

describe("through Prism", () => {
  it.each(ROUTES)("$name answers as the contract says, done and refused", { timeout: 60_000 }, async ({ name, method, path, need }) => {
    const call = DONE[name];
    if (!call) throw new Error(`${name} has no call that succeeds: add one`);
    const { as, body, query, id } = await call();
    const done = await ask(strict, method, urlOf(path, id), { as, ...(body ? { body } : {}), ...(query ? { query } : {}) });
    expect(said(done)).toEqual([isCreation(name) ? 201 : 200, undefined]);
    if (Array.isArray(done.body.data) && !LATE.includes(name)) expect(done.body.data).not.toEqual([]);

    const again = (who: Call["as"], more: Partial<Call> & { id?: string } = {}) =>
      ask(lenient, method, urlOf(path, more.id ?? NOBODYS), { as: who, ...(body ? { body } : {}), ...more });
    expect(said(await again({ token: "snk_test_mistyped" }))).toEqual([401, "malformed_credential"]);
    expect(said(await again(await without(need)))).toEqual([403, need === "any" ? "credential_pending_approval" : refusalFor(need)]);
    if (path.includes("{")) expect(said(await again(as))).toEqual([404, "not_found"]);
    if (path.includes("{id}")) expect(said(await again(as, { id: "42" }))).toEqual([400, "invalid_parameter"]);
    if (body) expect(said(await again(as, { body: { ...body, colour: "blue" } }))).toEqual([422, "validation_failed"]);
    expect(said(await again(as, { query: "?colour=blue" }))).toEqual([400, "invalid_parameter"]);
  });
});

const isCreation = (name: string): boolean => /^post \/[a-z-]+$/.test(name);
const scopeIn = (need: string) => SCOPES.find((scope) => need === scope);
const refusalFor = (need: string): string =>
  scopeIn(need) || need.startsWith("read:audit") ? "insufficient_scope" : "role_type_not_permitted";

/** Somebody who does not meet a need: a key that waits, or one that lacks just the scope. */
const without = (need: string): Promise<Key> =>
  keyOf(ground(), company, company, need === "any" ? { status: "pending" } : { scopes: SCOPES.filter((scope) => !need.startsWith(scope)) });
