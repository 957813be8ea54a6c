import { createHash } from "node:crypto";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRemoteJWKSet, decodeJwt, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Issuer, type SignInClient, SIGN_IN_CLIENT_ID, startIssuer } from "#local/issuer.ts";
import { people, PEOPLE } from "#local/people.ts";

const AUTHORIZED_PARTY = "http://127.0.0.1:8787";
const CALLBACK = "http://app.localhost:8787/sso/oidc/callback";
const VERIFIER = "a-verifier-of-the-tests-with-at-least-43-characters";
const CHALLENGE = createHash("sha256").update(VERIFIER).digest("base64url");
const REQUEST = {
  response_type: "code",
  client_id: SIGN_IN_CLIENT_ID,
  redirect_uri: CALLBACK,
  scope: "openid email profile",
  state: "a state & more",
  nonce: "a nonce",
  code_challenge: CHALLENGE,
  code_challenge_method: "S256",
};
const SECRETIVE: SignInClient = { id: "secretive", secret: "s:e%c ret", redirectUris: ["http://127.0.0.1:9/callback"] };

let issuer: Issuer;
let now = new Date();

beforeAll(async () => {
  issuer = await startIssuer({
    port: 0,
    people: PEOPLE,
    authorizedParty: AUTHORIZED_PARTY,
    clients: [{ id: SIGN_IN_CLIENT_ID, redirectUris: [CALLBACK] }, SECRETIVE],
    now: () => now,
  });
});
afterAll(() => issuer.stop());

const keys = () => createRemoteJWKSet(new URL(`${issuer.url}/.well-known/jwks.json`));
const without = (given: Record<string, string>, name: string) => Object.fromEntries(Object.entries(given).filter(([key]) => key !== name));

const authorize = (given: Record<string, string>) =>
  fetch(`${issuer.url}/authorize`, { method: "POST", body: new URLSearchParams(given), redirect: "manual" });

/** Where a redirect leads, and what it carries. */
function answerOf(response: Response): { to: string; given: Record<string, string> } {
  const url = new URL(response.headers.get("location") ?? "");
  return { to: `${url.origin}${url.pathname}`, given: Object.fromEntries(url.searchParams) };
}

async function codeFor(email: string, request: Record<string, string> = REQUEST): Promise<string> {
  return answerOf(await authorize({ ...request, email })).given["code"] ?? "";
}

const exchange = (given: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${issuer.url}/token`, { method: "POST", body: new URLSearchParams(given), headers });

const redemption = (code: string): Record<string, string> => ({
  grant_type: "authorization_code",
  code,
  redirect_uri: CALLBACK,
  client_id: SIGN_IN_CLIENT_ID,
  code_verifier: VERIFIER,
});

describe("a session token", () => {
  it("has Clerk's shape and verifies by the published keys", async () => {
    const { payload, protectedHeader } = await jwtVerify(await issuer.token(people.rosa), keys(), {
      issuer: issuer.url,
      algorithms: ["RS256"],
      requiredClaims: ["sub", "sid", "exp", "iat", "nbf"],
    });
    expect(protectedHeader).toMatchObject({ alg: "RS256", kid: expect.stringMatching(/^ins_/) });
    expect(payload).toMatchObject({
      sub: expect.stringMatching(/^user_/),
      sid: expect.stringMatching(/^sess_/),
      azp: AUTHORIZED_PARTY,
      v: 2,
      email: "rosa@recruit.test",
      email_verified: true,
      name: people.rosa.name,
      fva: [0, 0],
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(12 * 3600);
  });

  it("takes other claims, and leaves out those that are undefined", async () => {
    const claims = decodeJwt(await issuer.token(people.rosa, { azp: undefined, sts: "pending" }));
    expect(claims).toMatchObject({ sts: "pending" });
    expect(claims).not.toHaveProperty("azp");
  });

  it("is had by e-mail address, for newcomers too", async () => {
    const ask = async (body: unknown) => {
      const response = await fetch(`${issuer.url}/_local/token`, { method: "POST", body: JSON.stringify(body) });
      return { status: response.status, ...((await response.json()) as { token?: string }) };
    };
    expect(decodeJwt((await ask({ email: "Rosa@recruit.test" })).token ?? "").sub).toBe(people.rosa.sub);
    expect(decodeJwt((await ask({ email: "jo.march@books.test" })).token ?? "")).toMatchObject({
      name: "Jo March",
      email: "jo.march@books.test",
    });
    expect(decodeJwt((await ask({ email: "rosa@recruit.test", sub: "user_other" })).token ?? "").sub).toBe("user_other");
    expect((await ask({ email: "rosa" })).status).toBe(422);
    expect((await ask(undefined)).status).toBe(422);
  });

  it("is signed with the kept key after a restart, which only its owner may read", async () => {
    const folder = await mkdtemp(join(tmpdir(), "splits-issuer-"));
    const options = { port: 0, keyFile: join(folder, "key.json"), people: PEOPLE, authorizedParty: AUTHORIZED_PARTY };
    const first = await startIssuer(options);
    const token = await first.token(people.rosa);
    await first.stop();
    const second = await startIssuer(options);
    await expect(jwtVerify(token, createRemoteJWKSet(new URL(`${second.url}/.well-known/jwks.json`)))).resolves.toBeDefined();
    expect((await stat(options.keyFile)).mode & 0o077).toBe(0);
    await second.stop();
    await rm(folder, { recursive: true });
  });
});

it("publishes where everything is, and no private part of its key", async () => {
  const discovery = (await (await fetch(`${issuer.url}/.well-known/openid-configuration`)).json()) as Record<string, string>;
  expect(discovery).toMatchObject({
    issuer: issuer.url,
    token_endpoint: `${issuer.url}/token`,
    code_challenge_methods_supported: ["S256"],
  });
  const { keys: published } = (await (await fetch(discovery["jwks_uri"] ?? "")).json()) as { keys: object[] };
  expect(published.map((key) => Object.keys(key).toSorted())).toEqual([["alg", "e", "kid", "kty", "n", "use"]]);
});

describe("the sign-in page", () => {
  it("lists the people, carries the request on, and escapes what it was given", async () => {
    const given = { ...REQUEST, state: '"><script>alert(1)</script>', login_hint: "grace@acme.test" };
    const response = await fetch(`${issuer.url}/authorize?${new URLSearchParams(given).toString()}`);
    const text = await response.text();
    expect(response.status).toBe(200);
    for (const person of PEOPLE) expect(text).toContain(`value="${person.email}"`);
    expect(text.indexOf("grace@acme.test")).toBeLessThan(text.indexOf("ada@splits.test"));
    expect(text).not.toContain("<script");
    const policy = response.headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("form-action 'self' http://app.localhost:8787");
  });

  it.each([
    ["another client", { ...REQUEST, client_id: "someone" }],
    ["another redirect URI", { ...REQUEST, redirect_uri: `${CALLBACK}/more` }],
    ["no redirect URI", without(REQUEST, "redirect_uri")],
  ])("goes nowhere for %s", async (_, given) => {
    const response = await fetch(`${issuer.url}/authorize?${new URLSearchParams(given).toString()}`, { redirect: "manual" });
    expect(response.status).toBe(400);
    expect((await authorize({ ...given, email: people.rosa.email })).status).toBe(400);
  });

  it.each([
    ["unsupported_response_type", { ...REQUEST, response_type: "token" }],
    ["invalid_scope", { ...REQUEST, scope: "email" }],
    ["invalid_request", without(REQUEST, "code_challenge")],
    ["invalid_request", { ...REQUEST, code_challenge_method: "plain" }],
    ["invalid_request", { ...REQUEST, response_mode: "fragment" }],
    ["login_required", { ...REQUEST, prompt: "none" }],
  ])("tells the client %s", async (error, given) => {
    const response = await fetch(`${issuer.url}/authorize?${new URLSearchParams(given).toString()}`, { redirect: "manual" });
    expect(answerOf(response)).toMatchObject({ to: CALLBACK, given: { error, state: REQUEST.state, iss: issuer.url } });
  });
});

describe("the code flow", () => {
  it("ends with an ID token for the chosen person and a session token of the same session", async () => {
    const response = await authorize({ ...REQUEST, email: people.grace.email });
    expect(response.status).toBe(303);
    const { to, given } = answerOf(response);
    expect({ to, ...given }).toEqual({ to: CALLBACK, code: expect.any(String), state: REQUEST.state, iss: issuer.url });

    const answer = await exchange(redemption(given["code"] ?? ""));
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const tokens = (await answer.json()) as Record<"id_token" | "access_token" | "token_type", string>;
    expect(tokens).toMatchObject({ token_type: "Bearer", scope: REQUEST.scope });
    const { payload } = await jwtVerify(tokens.id_token, keys(), { issuer: issuer.url, audience: SIGN_IN_CLIENT_ID });
    expect(payload).toMatchObject({ nonce: "a nonce", sub: people.grace.sub, email: people.grace.email, email_verified: true });
    expect(decodeJwt(tokens.access_token)).toMatchObject({ azp: AUTHORIZED_PARTY, sub: people.grace.sub, sid: payload["sid"] });
  });

  it("redeems a code once", async () => {
    const code = await codeFor(people.rosa.email);
    expect((await exchange(redemption(code))).status).toBe(200);
    expect(await (await exchange(redemption(code))).json()).toMatchObject({ error: "invalid_grant" });
  });

  it("redeems a code within 60 seconds", async () => {
    const code = await codeFor(people.rosa.email);
    now = new Date(now.getTime() + 61_000);
    expect(await (await exchange(redemption(code))).json()).toMatchObject({ error: "invalid_grant" });
  });

  it.each([
    ["invalid_grant", 400, { code_verifier: "another-verifier-with-at-least-43-characters" }],
    ["invalid_grant", 400, { redirect_uri: "http://127.0.0.1:8787/sso/oidc/callback" }],
    ["invalid_grant", 400, { code: "made-up" }],
    ["invalid_grant", 400, { client_id: SECRETIVE.id, client_secret: SECRETIVE.secret ?? "" }],
    ["invalid_client", 401, { client_id: "someone" }],
    ["invalid_client", 401, { client_id: SECRETIVE.id, client_secret: "wrong" }],
    ["invalid_client", 401, { client_id: SECRETIVE.id }],
    ["unsupported_grant_type", 400, { grant_type: "password" }],
    ["invalid_request", 400, { code_verifier: "" }],
  ])("refuses with %s (%i) for %o", async (error, status, changed) => {
    const response = await exchange({ ...redemption(await codeFor(people.rosa.email)), ...changed });
    expect({ status: response.status, body: await response.json() }).toMatchObject({ status, body: { error } });
  });

  it("refuses a parameter given twice, and a body that is not a form", async () => {
    const code = await codeFor(people.rosa.email);
    const twice = new URLSearchParams([...Object.entries(redemption(code)), ["code", code]]);
    expect(await (await fetch(`${issuer.url}/token`, { method: "POST", body: twice })).json()).toMatchObject({ error: "invalid_request" });
    const json = await fetch(`${issuer.url}/token`, { method: "POST", body: JSON.stringify(redemption(code)) });
    expect(await json.json()).toMatchObject({ error: "invalid_request" });
  });

  it("knows a client by its secret, in the header or in the body", async () => {
    const request = { ...REQUEST, client_id: SECRETIVE.id, redirect_uri: SECRETIVE.redirectUris[0] ?? "" };
    const redeem = async () => ({
      ...without(redemption(await codeFor(people.rosa.email, request)), "client_id"),
      redirect_uri: request.redirect_uri,
    });
    const basic = Buffer.from(`${SECRETIVE.id}:${encodeURIComponent(SECRETIVE.secret ?? "")}`).toString("base64");
    expect((await exchange(await redeem(), { Authorization: `Basic ${basic}` })).status).toBe(200);
    expect((await exchange({ ...(await redeem()), client_id: SECRETIVE.id, client_secret: SECRETIVE.secret ?? "" })).status).toBe(200);
  });
});
