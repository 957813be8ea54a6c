import { and, eq } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { oauthCodes, oauthGrants } from "#db/schema/api.ts";
import { memberships, users } from "#db/schema/identity.ts";
import { type Answer, marketplace, type Marketplace, type Person } from "../api.ts";
import { browserAt, ORIGIN, type TestBrowser } from "../console.ts";
import { type Client, type ClientFields, clientOf } from "./clients.ts";
import { CHALLENGE, VERIFIER } from "./consents.ts";
import { type Connection, PEERS, refusalOf } from "./oauth-peers.ts";
import { fetchOf } from "./worker-fetch.ts";

let world: Marketplace;
let owner: Person & { recruiterId: string };

beforeAll(async () => {
  world = await marketplace();
  owner = await world.recruiter("Owner");
});

const client = (fields: ClientFields = {}) => clientOf(world, owner.recruiterId, owner, { name: "Board Sync", ...fields });

/** A recruiter of their own, signed in at the console. */
async function recruiter(): Promise<{ person: Person & { recruiterId: string }; browser: TestBrowser }> {
  const person = await world.recruiter("Rosa");
  return { person, browser: await signedIn(person) };
}

async function signedIn(person: Person): Promise<TestBrowser> {
  const browser = browserAt(world);
  await browser.signInAs(person.userId);
  return browser;
}

const asked = (to: Client, changes: Record<string, string | undefined> = {}): string => {
  const given = {
    client_id: to.clientId,
    response_type: "code",
    redirect_uri: to.redirectUri,
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
    scope: "read:roles write:submissions",
    state: "s-1",
    ...changes,
  };
  return `/oauth/authorize?${new URLSearchParams(Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined))}`;
};
const sentTo = (answer: Answer): URL => new URL(answer.headers.get("location") ?? "");
const errorIn = (answer: Answer): string | null => sentTo(answer).searchParams.get("error");
const allow = (browser: TestBrowser, path: string, accountId: string) => browser.post(path, { answer: "allow", account_id: accountId });
const policyOf = (answer: Answer): string => answer.headers.get("content-security-policy") ?? "";

describe.each(PEERS)("$name", (peer) => {
  const connect = (to: Client): Promise<Connection> => peer.connect(world.env.API_ORIGIN, to, fetchOf(world));
  const inside = (url: URL): string => `${url.pathname}${url.search}`;
  const pkce = { code_challenge: CHALLENGE, code_challenge_method: "S256", state: "s-1", scope: "read:roles" };

  it("goes the whole way: to the page it found, through the person's consent, to tokens that open the account", async () => {
    const [of, { person, browser }] = [await client(), await recruiter()];
    const connection = await connect(of);
    const there = connection.authorizationUrl(pkce);
    expect(there.origin).toBe(world.env.CONSOLE_ORIGIN);
    const page = await browser.get(inside(there));
    expect([page.status, page.body]).toEqual([200, expect.stringContaining("Allow Board Sync to act for you?")]);
    const back = sentTo(await allow(browser, inside(there), person.recruiterId));
    const tokens = await connection.redeem(back, { verifier: VERIFIER, state: "s-1" });
    const answer = await world.call("GET", "/api/v1/me", { as: { token: tokens.access_token } });
    expect(answer.body.data).toMatchObject({
      user_id: person.userId,
      account: { id: person.recruiterId },
      credential: { scopes: ["read:roles"] },
    });
  });

  it.each([
    ["PKCE omitted", { code_challenge: undefined, code_challenge_method: undefined }, "invalid_request"],
    ["plain", { code_challenge_method: "plain" }, "invalid_request"],
    ["no method named", { code_challenge_method: undefined }, "invalid_request"],
    ["an unsupported method", { code_challenge_method: "S512" }, "invalid_request"],
    ["implicit", { response_type: "token" }, "unsupported_response_type"],
    ["an unknown scope", { scope: "read:everything" }, "invalid_scope"],
  ])("is told on its redirect: %s", async (_, changes, word) => {
    const of = await client();
    const answer = await browserAt(world).get(asked(of, changes));
    expect(answer.status).toBe(303);
    const back = sentTo(answer);
    expect([`${back.origin}${back.pathname}`, back.searchParams.get("state"), back.searchParams.get("iss")]).toEqual([
      of.redirectUri,
      "s-1",
      world.env.API_ORIGIN,
    ]);
    expect(await refusalOf((await connect(of)).redeem(back, { verifier: VERIFIER, state: "s-1" }))).toBe(word);
  });

  it("learns that the person said no", async () => {
    const [of, { person, browser }] = [await client(), await recruiter()];
    const answer = await browser.post(asked(of), { answer: "deny", account_id: person.recruiterId });
    expect(await refusalOf((await connect(of)).redeem(sentTo(answer), { verifier: VERIFIER, state: "s-1" }))).toBe("access_denied");
    expect(await world.db.reader.select().from(oauthGrants).where(eq(oauthGrants.userId, person.userId))).toEqual([]);
  });
});

describe("the page", () => {
  it("stands in no frame, and its form leads here and to the client only", async () => {
    const [of, { browser }] = [await client(), await recruiter()];
    const answer = await browser.get(asked(of));
    expect(policyOf(answer)).toContain("frame-ancestors 'none'");
    expect(policyOf(answer)).toContain("form-action 'self' https://client.example;");
    expect(answer.headers.get("cache-control")).toBe("private, no-store");
  });

  it.each([
    ["an unknown client", { client_id: "A".repeat(16) }],
    ["no client", { client_id: undefined }],
    ["an unregistered address", { redirect_uri: "https://evil.example/callback" }],
    ["another path", { redirect_uri: "https://client.example/callback/" }],
    ["no address", { redirect_uri: undefined }],
  ])("leads nowhere for %s", async (_, changes) => {
    const answer = await browserAt(world).get(asked(await client(), changes));
    expect([answer.status, answer.headers.get("location")]).toEqual([400, null]);
    expect(policyOf(answer)).toContain("form-action 'self';");
  });

  it.each(["pending", "suspended", "rejected", "deleted"] as const)("leads nowhere for a client that is %s", async (status) => {
    const answer = await browserAt(world).get(asked(await client({ status })));
    expect([answer.status, answer.headers.get("location")]).toEqual([400, null]);
  });

  it("asks for the sign-in first, and comes back to the same request", async () => {
    const path = asked(await client());
    const answer = await browserAt(world).get(path);
    expect(answer.headers.get("location")).toBe(`/sign-in?return_to=${encodeURIComponent(path)}`);
    expect((await browserAt(world).post(path, { answer: "allow", account_id: owner.recruiterId })).headers.get("location")).toBe(
      `/sign-in?return_to=${encodeURIComponent(path)}`,
    );
  });

  it("takes no answer from another site", async () => {
    const [of, { person, browser }] = [await client(), await recruiter()];
    const form = { answer: "allow", account_id: person.recruiterId };
    const answer = await browser.post(asked(of), form, { headers: { "sec-fetch-site": "cross-site", origin: "https://evil.example" } });
    expect([answer.status, answer.headers.get("location")]).toEqual([403, null]);
    expect(await world.db.reader.select().from(oauthGrants).where(eq(oauthGrants.userId, person.userId))).toEqual([]);
  });

  it("shows a name that could be markup as text", async () => {
    const [of, { browser }] = [await client({ name: "<img src=x onerror=alert(1)>" }), await recruiter()];
    expect((await browser.get(asked(of))).body).not.toContain("<img src=x");
  });

  it("opens no account beyond the person's reach", async () => {
    const [of, { browser }] = [await client(), await recruiter()];
    const answer = await allow(browser, asked(of), owner.recruiterId);
    expect([answer.status, answer.headers.get("location")]).toEqual([409, null]);
  });

  it("of somebody without an account that could give it goes back with access_denied", async () => {
    const of = await client();
    const nobody = await signedIn(await world.person("Nobody"));
    expect(errorIn(await nobody.get(asked(of)))).toBe("access_denied");
    const { browser } = await recruiter();
    expect(errorIn(await browser.get(asked(of, { scope: "write:roles" })))).toBe("access_denied");
  });

  it("is over for somebody who was deactivated", async () => {
    const [of, { person, browser }] = [await client(), await recruiter()];
    await world.db.writer.update(users).set({ status: "deactivated" }).where(eq(users.id, person.userId));
    expect((await allow(browser, asked(of), person.recruiterId)).headers.get("location")).toContain("/sign-in");
  });
});

describe("consent", () => {
  it("is remembered: the second time leads straight back, in one trip to read and one to write", async () => {
    const [of, { person, browser }] = [await client(), await recruiter()];
    const first = sentTo(await allow(browser, asked(of), person.recruiterId));
    const answer = await browser.get(asked(of, { scope: "read:roles" }));
    expect(answer.status).toBe(303);
    expect(sentTo(answer).searchParams.get("code")).toMatch(/^[\w-]{43}$/);
    expect(sentTo(answer).searchParams.get("code")).not.toBe(first.searchParams.get("code"));
    expect((await world.database.counts(answer.headers.get("x-request-id") ?? "")).round_trips).toBe(2);
    const again = await browser.get(asked(of, { prompt: "consent" }));
    expect([again.status, again.body]).toEqual([200, expect.stringContaining("You allowed this before")]);
  });

  it("for more shows only what is new, and widens the grant", async () => {
    const [of, { person, browser }] = [await client(), await recruiter()];
    await allow(browser, asked(of, { scope: "read:roles" }), person.recruiterId);
    const page = await browser.get(asked(of, { scope: "read:roles read:payouts" }));
    expect(page.body).toContain("See payouts");
    expect(page.body).not.toContain("See roles");
    await allow(browser, asked(of, { scope: "read:roles read:payouts" }), person.recruiterId);
    const grants = await world.db.reader
      .select()
      .from(oauthGrants)
      .where(and(eq(oauthGrants.clientId, of.id), eq(oauthGrants.userId, person.userId)));
    expect(grants.map(({ scopes, version }) => [scopes, version])).toEqual([[["read:roles", "read:payouts"], 2]]);
  });

  it("given twice at the same time is one grant", async () => {
    const [of, { person, browser }] = [await client(), await recruiter()];
    const answers = await Promise.all([1, 2, 3].map(() => allow(browser, asked(of), person.recruiterId)));
    for (const answer of answers) expect(sentTo(answer).searchParams.get("code")).not.toBeNull();
    const grants = await world.db.reader.select().from(oauthGrants).where(eq(oauthGrants.userId, person.userId));
    expect(grants).toHaveLength(1);
    expect(
      await world.db.reader
        .select()
        .from(oauthCodes)
        .where(eq(oauthCodes.grantId, grants[0]?.id ?? "")),
    ).toHaveLength(3);
  });

  it("that was ended is asked for again", async () => {
    const [of, { person, browser }] = [await client(), await recruiter()];
    await allow(browser, asked(of), person.recruiterId);
    const [grant] = await world.db.reader.select().from(oauthGrants).where(eq(oauthGrants.userId, person.userId));
    await world.call("DELETE", `/api/v1/oauth-grants/${grant?.id}`, { as: person });
    expect((await browser.get(asked(of))).status).toBe(200);
    expect(sentTo(await allow(browser, asked(of), person.recruiterId)).searchParams.get("code")).not.toBeNull();
  });

  it("is asked for each time where another program on the machine could listen, but not of a client with a secret", async () => {
    const redirectUris = ["http://127.0.0.1/callback"];
    const { person, browser } = await recruiter();
    const native = await client({ authMethod: "none", redirectUris });
    const path = asked({ ...native, redirectUri: "http://127.0.0.1:51004/callback" });
    expect(policyOf(await browser.get(path))).toContain("form-action 'self' http://127.0.0.1:51004;");
    expect(sentTo(await allow(browser, path, person.recruiterId)).port).toBe("51004");
    expect((await browser.get(path)).status).toBe(200);
    const confidential = await client({ redirectUris });
    await allow(browser, asked(confidential), person.recruiterId);
    expect((await browser.get(asked(confidential))).status).toBe(303);
  });

  it("is for one of several accounts, which the person chooses", async () => {
    const [of, person, acme, other] = [
      await client(),
      await world.recruiter("Ann"),
      await world.company("Acme"),
      await world.company("Other"),
    ];
    await world.db.writer
      .insert(memberships)
      .values({ userId: person.userId, roleName: "hiring_manager", organizationId: acme.organizationId });
    const browser = await signedIn(person);
    const choice = await browser.get(asked(of, { scope: "read:roles" }));
    expect(choice.body).toContain("Which account is Board Sync for?");
    expect(choice.body).toContain("Acme");
    expect(choice.body).not.toContain("Other");
    const page = await browser.get(asked(of, { scope: "read:roles", account_id: acme.id }));
    expect(page.body).toContain(">Change</a>");
    expect((await allow(browser, asked(of, { scope: "read:roles" }), other.id)).status).toBe(409);
    await allow(browser, asked(of, { scope: "read:roles" }), acme.id);
    // the one that agreed is the one that is meant, until the person chooses again
    expect((await browser.get(asked(of, { scope: "read:roles" }))).status).toBe(303);
    expect((await browser.get(asked(of, { scope: "read:roles", prompt: "consent" }))).body).toContain("Which account");
    const [grant, ...more] = await world.db.reader.select().from(oauthGrants).where(eq(oauthGrants.userId, person.userId));
    expect([grant?.accountId, more]).toEqual([acme.id, []]);
  });
});

it("lives at the console, and nowhere on the API's own host", async () => {
  expect(ORIGIN).toBe(world.env.CONSOLE_ORIGIN);
  const path = asked(await client());
  const answer = await fetchOf(world)(`https://api.splits.network${path}`);
  expect(answer.status).toBe(404);
});

describe("an address that is none", () => {
  it.each(["http://127.0.0.1:99999/cb", "http://[::1]:65536/cb"])("%s is told on the page itself", async (redirectUri) => {
    const { browser } = await recruiter();
    const native = await client({ authMethod: "none", redirectUris: ["http://127.0.0.1/cb", "http://[::1]/cb"] });
    const page = await browser.get(asked(native, { redirect_uri: redirectUri }));
    expect([page.status, page.headers.get("location")]).toEqual([400, null]);
  });
});
