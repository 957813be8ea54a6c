import { describe, expect, it } from "vitest";
import type { Scope } from "#domain/credentials/scopes.ts";
import { readAuthorizationRequest, redirectUriOf, requestedScopes } from "#domain/oauth/authorization-request.ts";
import { consentStep, offersOf, type Reachable } from "#domain/oauth/consent.ts";
import { endsOf } from "#domain/oauth/lives.ts";
import { challengeOf } from "#domain/oauth/pkce.ts";
import { decideRedemption, familiesToEnd } from "#domain/oauth/redemption.ts";
import { cspSource, isRegistered, withParameters } from "#domain/oauth/redirect-uri.ts";
import { OAuthRefusal } from "#domain/oauth/refusal.ts";
import { decideRefresh, type IssuedRefresh } from "#domain/oauth/refresh.ts";
import { openReply, sealReply } from "#domain/oauth/replay-seal.ts";

const NOW = new Date("2026-12-01T10:00:00Z");
const at = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1_000);
const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

const wordOf = (call: () => unknown): string => {
  try {
    call();
    return "accepted";
  } catch (error) {
    return error instanceof OAuthRefusal ? error.error : "local";
  }
};

it("PKCE: the vector of RFC 7636, appendix B", async () => {
  expect(await challengeOf("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")).toBe(CHALLENGE);
});

describe("a redirect URI", () => {
  it.each([
    ["https://client.example/cb", "https://client.example/cb", true],
    ["https://client.example/cb", "https://client.example/cb/", false],
    ["https://client.example/cb", "https://client.example/cb?x=1", false],
    ["https://client.example/cb", "https://client.example:444/cb", false],
    ["https://client.example/cb", "https://CLIENT.example/cb", false],
    ["https://client.example/cb", "https://client.example.evil/cb", false],
    ["http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", true],
    ["http://127.0.0.1:3000/cb", "http://127.0.0.1:51004/cb", true],
    ["http://[::1]/cb", "http://[::1]:51004/cb", true],
    ["http://127.0.0.1/cb", "http://127.0.0.1:51004/other", false],
    ["http://127.0.0.1/cb", "http://127.0.0.1:51004@evil.example/cb", false],
    ["http://127.0.0.1/cb", "http://127.0.0.1.evil.example/cb", false],
    ["http://127.0.0.1/cb", "https://127.0.0.1:51004/cb", false],
    ["http://127.0.0.1/cb", "http://[::1]:51004/cb", false],
    ["http://localhost:3000/cb", "http://localhost:51004/cb", false],
    ["com.example.app:/cb", "com.example.app:/cb", true],
    ["http://127.0.0.1/cb", "http://127.0.0.1:65535/cb", true],
    ["http://127.0.0.1/cb", "http://127.0.0.1:65536/cb", false],
  ])("registered as %s, given as %s: %s", (registered, given, fits) => {
    expect(isRegistered([registered], given)).toBe(fits);
  });

  it("keeps its own query and every character of it", () => {
    expect(withParameters("https://client.example/cb?a=%20", { code: "x y", state: null })).toBe(
      "https://client.example/cb?a=%20&code=x+y",
    );
    expect(withParameters("com.example.app:/cb", { code: "x" })).toBe("com.example.app:/cb?code=x");
  });

  it("is a CSP source by its origin, or its scheme", () => {
    expect(
      ["https://client.example/cb", "http://127.0.0.1:51004/cb", "com.example.app:/cb", "http://[::1]:51004/cb"].map(cspSource),
    ).toEqual(["https://client.example", "http://127.0.0.1:51004", "com.example.app:", "http:"]);
  });
});

describe("an authorization request", () => {
  const client = {
    status: "approved",
    redirectUris: ["https://client.example/cb"],
    allowedScopes: ["read:roles", "read:payouts"],
  } as const;
  const good = {
    client_id: "x",
    response_type: "code",
    redirect_uri: "https://client.example/cb",
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
  };
  const read = (changes: Record<string, string | null>, more = "") => {
    const given = Object.entries({ ...good, ...changes }).filter((entry): entry is [string, string] => entry[1] !== null);
    const parameters = new URLSearchParams(`${new URLSearchParams(given)}${more}`);
    return readAuthorizationRequest(parameters, client, redirectUriOf(parameters, client));
  };

  it("asks for what it names, or for all that the client may", () => {
    expect(read({ scope: "read:payouts" }).scopes).toEqual(["read:payouts"]);
    expect(read({}).scopes).toEqual(["read:roles", "read:payouts"]);
  });

  it.each([
    ["PKCE omitted", { code_challenge: null, code_challenge_method: null }, "invalid_request"],
    ["plain", { code_challenge_method: "plain" }, "invalid_request"],
    ["unnamed method, which would be plain", { code_challenge_method: null }, "invalid_request"],
    ["unsupported method", { code_challenge_method: "S512" }, "invalid_request"],
    ["a challenge that is no SHA-256", { code_challenge: "short" }, "invalid_request"],
    ["no response_type", { response_type: null }, "invalid_request"],
    ["implicit", { response_type: "token" }, "unsupported_response_type"],
    ["another response_mode", { response_mode: "fragment" }, "invalid_request"],
    ["an unknown scope", { scope: "read:everything" }, "invalid_scope"],
    ["a scope beyond the client's", { scope: "write:roles" }, "invalid_scope"],
    ["an unregistered redirect_uri", { redirect_uri: "https://evil.example/cb" }, "local"],
    ["no redirect_uri", { redirect_uri: null }, "local"],
    ["nothing wrong", {}, "accepted"],
  ])("%s", (_, changes, word) => {
    expect(wordOf(() => read(changes))).toBe(word);
  });

  it("gives each parameter once", () => {
    expect(wordOf(() => read({}, "&state=a&state=b"))).toBe("invalid_request");
    expect(wordOf(() => read({}, "&redirect_uri=https%3A%2F%2Fclient.example%2Fcb"))).toBe("local");
  });

  it.each(["pending", "suspended", "rejected", "deleted"] as const)("of a client that is %s leads nowhere", (status) => {
    expect(wordOf(() => redirectUriOf(new URLSearchParams(good), { ...client, status }))).toBe("local");
  });

  it("may not ask for nothing", () => {
    expect(wordOf(() => requestedScopes(null, []))).toBe("invalid_scope");
  });
});

describe("consent", () => {
  const recruiter: Reachable = { id: "r", name: "Rosa", kind: "recruiter", plan: "standard", grantedScopes: null };
  const company: Reachable = { id: "c", name: "Acme", kind: "company", plan: "standard", grantedScopes: null };
  const asked: Scope[] = ["read:roles", "write:roles"];
  const step = (accounts: Reachable[], how: Partial<Parameters<typeof consentStep>[1]> = {}) =>
    consentStep(offersOf(accounts, asked), { accountId: null, asksAgain: false, isAssured: true, ...how });

  it("offers as much as the account may hold, and tells what is new", () => {
    expect(offersOf([recruiter, { ...company, grantedScopes: ["read:roles"] }], asked)).toMatchObject([
      { id: "r", scopes: ["read:roles"], newScopes: ["read:roles"] },
      { id: "c", scopes: ["read:roles", "write:roles"], newScopes: ["write:roles"] },
    ]);
    expect(offersOf([recruiter], ["write:roles"])).toEqual([]);
  });

  it.each([
    ["no account", [], {}, "impossible"],
    ["one account", [company], {}, "ask"],
    ["several accounts", [company, recruiter], {}, "choose"],
    ["several, one chosen", [company, recruiter], { accountId: "c" }, "ask"],
    ["several, one chosen that is none of them", [company, recruiter], { accountId: "x" }, "choose"],
    ["agreed before", [{ ...company, grantedScopes: asked }], {}, "remembered"],
    ["agreed before to less", [{ ...company, grantedScopes: ["read:roles"] as Scope[] }], {}, "ask"],
    ["agreed before, the client wants the page", [{ ...company, grantedScopes: asked }], { asksAgain: true }, "ask"],
    ["agreed before, another program may listen", [{ ...company, grantedScopes: asked }], { isAssured: false }, "ask"],
    ["one of several agreed", [{ ...company, grantedScopes: asked }, recruiter], {}, "remembered"],
    ["one of several agreed, the client wants the page", [{ ...company, grantedScopes: asked }, recruiter], { asksAgain: true }, "choose"],
    [
      "several agreed",
      [
        { ...company, grantedScopes: asked },
        { ...recruiter, grantedScopes: asked },
      ],
      {},
      "choose",
    ],
  ])("%s", (_, accounts, how, kind) => {
    expect(step(accounts, how).kind).toBe(kind);
  });
});

describe("a code", () => {
  const code = { clientId: "a", redirectUri: "https://a/cb", codeChallenge: CHALLENGE, expiresAt: at(60), consumedAt: null };
  const given = { clientId: "a", redirectUri: "https://a/cb", challenge: CHALLENGE };

  it.each([
    ["fits", {}, {}, 0, "redeem"],
    ["just before its end", {}, {}, 59.999, "redeem"],
    ["at its end", {}, {}, 60, "refuse"],
    ["used before", { consumedAt: NOW }, {}, 0, "replayed"],
    ["used before, long ago", { consumedAt: NOW }, {}, 600, "replayed"],
    ["used before, by another client", { consumedAt: NOW }, { clientId: "b" }, 0, "refuse"],
    ["of another client", {}, { clientId: "b" }, 0, "refuse"],
    ["for another address", {}, { redirectUri: "https://a/other" }, 0, "refuse"],
    ["for another address, with a wrong verifier", {}, { redirectUri: "https://a/other", challenge: "x" }, 0, "refuse"],
    ["with a wrong verifier", {}, { challenge: "x" }, 0, "consume"],
  ] as const)("%s", (_, of, shown, seconds, kind) => {
    expect(decideRedemption({ ...code, ...of }, { ...given, ...shown }, at(seconds)).kind).toBe(kind);
  });

  it("that is unknown is refused", () => {
    expect(decideRedemption(undefined, given, NOW).kind).toBe("refuse");
  });

  it("makes room for its family among ten", () => {
    const families = (count: number) => Array.from({ length: count }, (_, index) => `family ${index}`);
    expect(familiesToEnd(families(9))).toEqual([]);
    expect(familiesToEnd(families(10))).toEqual(["family 0"]);
    expect(familiesToEnd(families(12))).toEqual(["family 0", "family 1", "family 2"]);
  });
});

describe("a refresh token", () => {
  const live: IssuedRefresh = {
    clientId: "a",
    expiresAt: at(3_600),
    rotatedAt: null,
    revokedAt: null,
    replayUntil: null,
    reuseDetectedAt: null,
  };
  const rotated = { rotatedAt: NOW, replayUntil: at(30) };

  it.each<[string, Partial<IssuedRefresh>, string, number, ReturnType<typeof decideRefresh>]>([
    ["live", {}, "a", 0, { kind: "rotate" }],
    ["over", {}, "a", 3_600, { kind: "refuse" }],
    ["revoked", { revokedAt: NOW }, "a", 0, { kind: "refuse" }],
    ["of another client", {}, "b", 0, { kind: "foreign" }],
    ["of another client and revoked", { revokedAt: NOW }, "b", 0, { kind: "foreign" }],
    ["rotated, within the grace", rotated, "a", 30, { kind: "repeat" }],
    ["rotated, later", rotated, "a", 30.001, { kind: "reused", ends: "family" }],
    ["rotated, after its own end", rotated, "a", 7_200, { kind: "reused", ends: "family" }],
    ["rotated, in a family that has ended", { ...rotated, revokedAt: NOW }, "a", 60, { kind: "refuse" }],
    ["rotated, the second within a day", { ...rotated, reuseDetectedAt: at(-86_300) }, "a", 60, { kind: "reused", ends: "grant" }],
    ["rotated, the second after a day", { ...rotated, reuseDetectedAt: at(-86_400) }, "a", 60, { kind: "reused", ends: "family" }],
  ])("%s", (_, token, client, seconds, decided) => {
    expect(decideRefresh({ ...live, ...token }, client, at(seconds))).toEqual(decided);
  });

  it("that is unknown is refused", () => {
    expect(decideRefresh(undefined, "a", NOW)).toEqual({ kind: "refuse" });
  });

  it("ends 30 days after its making, and never after its family", () => {
    const day = 86_400;
    expect(endsOf(NOW, at(180 * day))).toEqual({ access: at(3_600), refresh: at(30 * day) });
    expect(endsOf(NOW, at(10 * day))).toEqual({ access: at(3_600), refresh: at(10 * day) });
    expect(endsOf(NOW, at(60))).toEqual({ access: at(60), refresh: at(60) });
  });

  it("opens the reply that was sealed under it, and no other does", async () => {
    const random = (count: number) => crypto.getRandomValues(new Uint8Array(count));
    const sealed = await sealReply("the reply", "the token", "row", random);
    expect(await openReply(sealed, "the token", "row")).toBe("the reply");
    await expect(openReply(sealed, "another token", "row")).rejects.toThrow();
    await expect(openReply(sealed, "the token", "another row")).rejects.toThrow();
    expect(await sealReply("the reply", "the token", "row", random)).not.toBe(sealed);
  });
});
