import { eq, sql } from "drizzle-orm";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { authEvents } from "#db/schema/audit.ts";
import { sessions, ssoTransactions, users } from "#db/schema/identity.ts";
import { outbox } from "#db/schema/ops.ts";
import { type Answer, marketplace } from "#test/api.ts";
import { browserAt, ORIGIN, type TestBrowser } from "#test/console.ts";

const world = await marketplace();
const ISSUER = "https://provider.splits.test";
const CLIENT = world.env.SIGN_IN_CLIENT_ID;
const keys = await generateKeyPair("RS256");
const strangersKeys = await generateKeyPair("RS256");
const jwk = { ...(await exportJWK(keys.publicKey)), kid: "provider", alg: "RS256", use: "sig" };

/** What the provider does wrong, if anything; each test sets its own. */
interface Faults {
  claims?: JWTPayload;
  /** Claims that are left out. */
  without?: string;
  key?: CryptoKey;
  alg?: string;
  tokenStatus?: number;
  tokenBody?: object;
  down?: true;
}
let faults: Faults = {};
let asked: { headers: Headers; form: URLSearchParams }[] = [];
/** The parameters of the authorization request that a code belongs to. */
let wanted = new URLSearchParams();

const seconds = () => Math.floor(Date.now() / 1_000);

async function idToken(): Promise<string> {
  const claims: JWTPayload = {
    iss: ISSUER,
    aud: CLIENT,
    sub: "sub_of_ann",
    sid: "sess_of_ann",
    nonce: wanted.get("nonce"),
    iat: seconds(),
    exp: seconds() + 300,
    email: "ann@people.test",
    email_verified: true,
    name: "Ann Other",
    ...faults.claims,
  };
  delete claims[faults.without ?? ""];
  const token = new SignJWT(claims).setProtectedHeader({ alg: faults.alg ?? "RS256", kid: "provider" });
  return token.sign(faults.alg === "HS256" ? new TextEncoder().encode(JSON.stringify(jwk).padEnd(32)) : (faults.key ?? keys.privateKey));
}

/** The provider, in the place of the network. */
async function provider(request: Request): Promise<Response> {
  if (faults.down) throw new TypeError("fetch failed");
  const { pathname } = new URL(request.url);
  if (pathname === "/.well-known/openid-configuration") {
    return Response.json({
      issuer: ISSUER,
      authorization_endpoint: `${ISSUER}/authorize`,
      token_endpoint: `${ISSUER}/token`,
      jwks_uri: `${ISSUER}/jwks`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256", "HS256"],
      code_challenge_methods_supported: ["S256"],
      authorization_response_iss_parameter_supported: true,
    });
  }
  if (pathname === "/jwks") return Response.json({ keys: [jwk] });
  asked.push({ headers: request.headers, form: new URLSearchParams(new TextDecoder().decode(await request.arrayBuffer())) });
  if (faults.tokenStatus) return Response.json({ error: "invalid_grant" }, { status: faults.tokenStatus });
  return Response.json({ access_token: "opaque", token_type: "Bearer", expires_in: 60, id_token: await idToken(), ...faults.tokenBody });
}

beforeAll(() => {
  world.env.CLERK_ISSUER = ISSUER;
  const network = globalThis.fetch.bind(globalThis);
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => {
    const request = new Request(input as Request, init as RequestInit);
    return request.url.startsWith(ISSUER) ? provider(request) : network(input as Request, init as RequestInit);
  });
});
afterAll(() => vi.restoreAllMocks());

/** Begins to sign in, and gives the address that the browser is led to. */
async function begin(browser: TestBrowser, returnTo = "/console/sessions"): Promise<URLSearchParams> {
  const answer = await browser.post("/sign-in", { email: "ann@people.test", return_to: returnTo });
  expect(answer.status).toBe(200);
  const href = /<a class="button main whole" href="([^"]+)"/.exec(answer.body)?.[1] ?? "";
  expect(answer.body).toContain(`<meta http-equiv="refresh" content="0; url=${href}"/>`);
  const there = new URL(href.replaceAll("&amp;", "&"));
  expect(`${there.origin}${there.pathname}`).toBe(`${ISSUER}/authorize`);
  wanted = there.searchParams;
  return wanted;
}

const callback = (state: string, more: Record<string, string> = {}) =>
  `/sso/oidc/callback?${new URLSearchParams({ state, code: "a code", iss: ISSUER, ...more })}`;

/** The whole way with the given faults. */
async function signIn(browser = browserAt(world), given: Faults = {}, more: Record<string, string> = {}) {
  faults = given;
  asked = [];
  const request = await begin(browser);
  return browser.get(callback(request.get("state") ?? "", more));
}

const sessionsOf = async (subject: string) =>
  world.db.reader
    .select()
    .from(sessions)
    .where(sql`user_id in (select id from identity.users where clerk_user_id = ${subject})`)
    .orderBy(sessions.createdAt, sessions.id);

describe("from one address", () => {
  const start = (address: string) =>
    browserAt(world).post("/sign-in", { email: "ann@people.test" }, { headers: { "cf-connecting-ip": address } });

  it("thirty sign-ins may begin within ten minutes, a network of IPv6 being one", async () => {
    const begun = await Promise.all(Array.from({ length: 30 }, (_, host) => start(`2001:db8:7:7::${host + 1}`)));
    expect(begun.map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => 200));
    const refused = await start("2001:db8:7:7::abcd");
    expect([refused.status, refused.body]).toEqual([429, expect.stringContaining("Try again in 10 minutes.")]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(500);
    expect((await world.database.counts(refused.headers.get("x-request-id") ?? "")).round_trips).toBe(0);
    expect((await start("2001:db8:7:8::1")).status).toBe(200);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 601_000 });
    try {
      expect((await start("2001:db8:7:7::1")).status).toBe(200);
    } finally {
      vi.useRealTimers();
    }
  });

  it("none begins while the count cannot be asked", async () => {
    const away = vi
      .spyOn(world.env.LOGIN_THROTTLE, "getByName")
      .mockReturnValue({ take: () => Promise.reject(new Error("away")) } as never);
    expect((await start("203.0.113.77")).status).toBe(503);
    away.mockRestore();
  });
});

describe("the sign-in page", () => {
  it("asks for an address, keeps what was typed, and says what is wrong with it", async () => {
    const browser = browserAt(world);
    const page = await browser.get("/sign-in?return_to=/console/notifications");
    expect([page.status, page.body]).toEqual([200, expect.stringContaining('name="return_to" value="/console/notifications"')]);
    const wrong = await browser.post("/sign-in", { email: '"><b>x', return_to: "//elsewhere.test" });
    expect(wrong.status).toBe(422);
    expect(wrong.body).toContain('value="&quot;&gt;&lt;b&gt;x"');
    expect(wrong.body).toContain('aria-invalid="true"');
    expect(wrong.body).toContain('aria-describedby="email-error"');
    expect(wrong.body).toContain('name="return_to" value="/console"');
    expect(browser.cookies.size).toBe(0);
  });

  it("answers alike for whoever is known and unknown, and asks nothing about them", async () => {
    const { email } = await world.person();
    const answers = [];
    for (const address of [email, "nobody@people.test"]) {
      const answer = await browserAt(world).post("/sign-in", { email: address });
      const sql = (await world.database.statements(answer.headers.get("x-request-id") ?? "")).join("\n");
      expect(sql).not.toContain("identity.users");
      answers.push([answer.status, answer.body.replaceAll(/href="[^"]*"|url=[^"]*"/g, ""), sql.replaceAll(/'[^']*'/g, "")]);
    }
    expect(answers[0]).toEqual(answers[1]);
  });

  it("asks the provider with PKCE, state, nonce and the one callback", async () => {
    const browser = browserAt(world);
    const request = await begin(browser);
    expect(Object.fromEntries(request)).toEqual({
      response_type: "code",
      client_id: CLIENT,
      redirect_uri: `${ORIGIN}/sso/oidc/callback`,
      scope: "openid email profile",
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: "S256",
      login_hint: "ann@people.test",
    });
    const rows = JSON.stringify(await world.db.reader.select().from(ssoTransactions));
    for (const secret of [request.get("state") ?? "", browser.cookies.get("__Host-splits_t") ?? "", request.get("code_challenge") ?? ""]) {
      expect(secret).not.toBe("");
      expect(rows).not.toContain(secret);
    }
    const again = await begin(browser);
    expect([again.get("state"), again.get("nonce"), again.get("code_challenge")]).not.toContain(request.get("state"));
  });

  it("leads on who is signed in already", async () => {
    const browser = browserAt(world);
    await browser.signInAs((await world.person()).userId);
    expect((await browser.get("/sign-in?return_to=/console/sessions")).headers.get("location")).toBe("/console/sessions");
  });

  it("says so while the provider is away", async () => {
    faults = { down: true };
    world.env.CLERK_ISSUER = "https://provider.splits.test/away"; // nothing is known of this one yet
    const answer = await browserAt(world).post("/sign-in", { email: "ann@people.test" });
    world.env.CLERK_ISSUER = ISSUER;
    faults = {};
    expect([answer.status, answer.body]).toEqual([503, expect.stringContaining("The sign-in service cannot be reached")]);
  });
});

describe("a sign-in", () => {
  it("makes a person of a verified stranger, with a session of the provider's, and leads to where they wanted", async () => {
    const browser = browserAt(world);
    const answer = await signIn(browser);
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/console/sessions"]);
    const [person] = await world.db.reader.select().from(users).where(eq(users.clerkUserId, "sub_of_ann"));
    expect(person).toMatchObject({ email: "ann@people.test", name: "Ann Other", status: "active" });
    expect(await sessionsOf("sub_of_ann")).toMatchObject([{ method: "clerk", issuerSid: "sess_of_ann", endedAt: null }]);
    const events = await world.db.reader
      .select()
      .from(outbox)
      .where(eq(outbox.subjectId, person?.id ?? ""));
    expect(events.map(({ eventType }) => eventType)).toEqual(["user.registered"]);
    expect((await browser.get("/console")).body).toContain("Hello, Ann");
  });

  it("is told with who, how and from where; and so is one that is refused, as nobody's", async () => {
    const told = async (claims: JWTPayload) => {
      const { headers } = await signIn(browserAt(world), { claims: { email: "told@people.test", ...claims } });
      const rows = await world.db.reader
        .select()
        .from(authEvents)
        .where(eq(authEvents.requestId, headers.get("x-request-id") ?? ""));
      expect(JSON.stringify(rows)).not.toContain("people.test");
      return rows;
    };
    const [made, refused] = [await told({ sub: "sub_of_told" }), await told({ sub: "sub_of_another" })];
    const [session] = await sessionsOf("sub_of_told");
    const from = { method: "clerk", ip: expect.stringMatching(/^10\.0\./), userAgentSummary: "Firefox on Linux" };
    expect(made).toMatchObject([{ ...from, kind: "signed_in", outcome: "success", userId: session?.userId, sessionId: session?.id }]);
    expect(refused).toMatchObject([
      { ...from, kind: "sign_in_refused", outcome: "failure", reason: "address_taken", userId: null, sessionId: null },
    ]);
  });

  it("takes three round trips, and shows the provider its verifier", async () => {
    const browser = browserAt(world);
    const answer = await signIn(browser);
    expect(await world.database.counts(answer.headers.get("x-request-id") ?? "")).toMatchObject({ round_trips: 3 });
    const [{ form, headers } = { form: new URLSearchParams(), headers: new Headers() }] = asked;
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(form.get("code_verifier") ?? ""));
    expect(
      btoa(String.fromCharCode(...new Uint8Array(digest)))
        .replaceAll("+", "-")
        .replaceAll("/", "_")
        .replace("=", ""),
    ).toBe(wanted.get("code_challenge"));
    expect(Object.fromEntries(form)).toMatchObject({ client_id: CLIENT, redirect_uri: `${ORIGIN}/sso/oidc/callback`, code: "a code" });
    expect(headers.get("authorization")).toBe(null);
  });

  it("speaks as the registered client where it has a secret", async () => {
    world.env.SIGN_IN_CLIENT_SECRET = "s:e%c ret";
    await signIn();
    delete world.env.SIGN_IN_CLIENT_SECRET;
    expect(asked[0]?.headers.get("authorization")).toBe(`Basic ${btoa("splits%2Dconsole:s%3Ae%25c+ret")}`);
    expect(asked[0]?.form.has("client_secret")).toBe(false);
  });

  it("finds its person by the subject, whatever address the provider names", async () => {
    const person = await world.person("Bea");
    const [row] = await world.db.reader.select().from(users).where(eq(users.id, person.userId));
    const answer = await signIn(browserAt(world), { claims: { sub: row?.clerkUserId ?? "", email: "new@people.test" } });
    expect(answer.status).toBe(303);
    expect((await sessionsOf(row?.clerkUserId ?? "")).length).toBe(1);
    expect((await world.db.reader.select().from(users).where(eq(users.email, "new@people.test"))).length).toBe(0);
  });

  it("links who has the verified address and no subject yet", async () => {
    const [invited] = await world.db.writer.insert(users).values({ email: "invited@people.test", name: "Ina" }).returning();
    expect((await signIn(browserAt(world), { claims: { sub: "sub_of_ina", email: "Invited@People.test" } })).status).toBe(303);
    const [linked] = await world.db.reader.select().from(users).where(eq(users.clerkUserId, "sub_of_ina"));
    expect([linked?.id, linked?.name]).toEqual([invited?.id, "Ina"]);
  });

  it("ends the session that the browser had before, in the same commit", async () => {
    const browser = browserAt(world);
    const claims = { sub: "sub_of_rob", email: "rob@people.test" };
    await signIn(browser, { claims });
    const first = browser.cookies.get("__Host-splits_s");
    faults = { claims };
    const request = await begin(browser);
    await browser.get(callback(request.get("state") ?? ""));
    expect(browser.cookies.get("__Host-splits_s")).not.toBe(first);
    expect((await sessionsOf("sub_of_rob")).map(({ endedReason }) => endedReason)).toEqual(["rotated", null]);
  });

  it("of one newcomer in ten browsers at once makes one person and ten sessions", async () => {
    faults = { claims: { sub: "sub_of_zoe", email: "zoe@people.test" } };
    const browsers = Array.from({ length: 10 }, () => browserAt(world));
    const codes: string[] = [];
    for (const browser of browsers) codes.push((await begin(browser)).get("state") ?? "");
    // one nonce for all, so that each finds its own: the provider here remembers the last one only
    await world.db.writer.update(ssoTransactions).set({ nonce: wanted.get("nonce") ?? "" });
    const answers = await Promise.all(browsers.map((browser, index) => browser.get(callback(codes[index] ?? ""))));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 303));
    expect(await world.db.reader.select().from(users).where(eq(users.email, "zoe@people.test"))).toHaveLength(1);
    expect(await sessionsOf("sub_of_zoe")).toHaveLength(10);
  });

  it.each(["//elsewhere.test", "/\\elsewhere.test", "https://elsewhere.test", "/\t/elsewhere.test", "javascript:alert(1)"])(
    "leads home and not to %j",
    async (returnTo) => {
      const browser = browserAt(world);
      faults = {};
      const request = await begin(browser, returnTo);
      expect((await browser.get(callback(request.get("state") ?? "", { return_to: returnTo }))).headers.get("location")).toBe("/console");
    },
  );
});

describe("a sign-in is refused", () => {
  /** Why, as it is kept of the request that was answered so. */
  const reason = async ({ headers }: Answer) => {
    const [row] = await world.db.reader
      .select({ kind: authEvents.kind, reason: authEvents.reason })
      .from(authEvents)
      .where(eq(authEvents.requestId, headers.get("x-request-id") ?? ""));
    expect(row?.kind).toBe("sign_in_refused");
    return row?.reason;
  };
  const count = async () => (await world.db.reader.select({ id: sessions.id }).from(sessions)).length;

  it.each<[string, Faults, string]>([
    ["a signature of somebody else's key", { key: strangersKeys.privateKey }, "check 8: "],
    ["a signature by the public key as a secret", { alg: "HS256" }, "check 7: "],
    ["another issuer", { claims: { iss: "https://elsewhere.test" } }, "check 7: "],
    ["another audience", { claims: { aud: "somebody-else" } }, "check 7: "],
    ["another authorized party", { claims: { aud: [CLIENT, "somebody-else"], azp: "somebody-else" } }, "check 7: "],
    ["another nonce", { claims: { nonce: "another" } }, "check 7: "],
    ["no nonce", { without: "nonce" }, "check 7: "],
    ["no subject", { without: "sub" }, "check 7: "],
    ["an end that has passed", { claims: { iat: seconds() - 600, exp: seconds() - 300 } }, "check 7: "],
    ["an issue a day ahead", { claims: { iat: seconds() + 86_400, exp: seconds() + 90_000 } }, "check 9: iat"],
    ["an issue from before the sign-in began", { claims: { iat: seconds() - 120 } }, "check 9: iat"],
    ["a subject without end", { claims: { sub: "s".repeat(256) } }, "check 11: sub"],
    ["no ID token", { tokenBody: { id_token: undefined } }, "check 7: "],
    ["a code that is not known", { tokenStatus: 400 }, "check 7: "],
    ["a token of another type", { tokenBody: { token_type: "magic" } }, "check 7: "],
  ])("with %s", async (_, given, expected) => {
    const before = await count();
    const answer = await signIn(browserAt(world), given);
    expect([answer.status, answer.body]).toEqual([403, expect.stringContaining("was not accepted")]);
    expect(answer.body).not.toContain("check");
    expect(await reason(answer)).toContain(expected);
    expect(await count()).toBe(before);
    expect(answer.headers.getSetCookie().filter((line) => line.includes("splits_s"))).toEqual([]);
  });

  it.each<[string, JWTPayload, string, string]>([
    ["without an address", { sub: "sub_x1", email: "" }, "An address is missing", "no_email"],
    [
      "with an address nobody verified",
      { sub: "sub_x2", email: "x2@people.test", email_verified: false },
      "not verified",
      "email_unverified",
    ],
    [
      "with an address said to be verified in words",
      { sub: "sub_x3", email: "x3@people.test", email_verified: "true" },
      "not verified",
      "email_unverified",
    ],
    ["with the address of another subject", { sub: "sub_x4", email: "ann@people.test" }, "belongs to another account", "address_taken"],
  ])("%s", async (_, claims, words, because) => {
    const answer = await signIn(browserAt(world), { claims });
    expect([answer.status, answer.body]).toEqual([403, expect.stringContaining(words)]);
    expect(await reason(answer)).toBe(because);
    expect(
      await world.db.reader
        .select()
        .from(users)
        .where(eq(users.clerkUserId, claims.sub ?? "")),
    ).toEqual([]);
  });

  it("for a person who is deactivated", async () => {
    await world.db.writer.insert(users).values({ clerkUserId: "sub_gone", email: "gone@people.test", status: "deactivated" });
    const answer = await signIn(browserAt(world), { claims: { sub: "sub_gone", email: "gone@people.test" } });
    expect([answer.status, await reason(answer)]).toEqual([403, "deactivated"]);
  });

  it.each<[string, Record<string, string>, string]>([
    ["another issuer's answer", { iss: "https://elsewhere.test" }, "check 5: "],
    ["an answer of no issuer", { iss: "" }, "check 5: "],
  ])("with %s", async (_, more, expected) => {
    const answer = await signIn(browserAt(world), {}, more);
    expect([answer.status, asked.length]).toEqual([403, 0]);
    expect(await reason(answer)).toContain(expected);
  });

  it("when it was called off, without the provider's words", async () => {
    faults = {};
    const browser = browserAt(world);
    const state = (await begin(browser)).get("state") ?? "";
    const query = new URLSearchParams({ state, iss: ISSUER, error: "access_denied", error_description: "<b>call 555-0100</b>" });
    const answer = await browser.get(`/sso/oidc/callback?${query}`);
    expect([answer.status, answer.body]).toEqual([400, expect.stringContaining("called off")]);
    expect(answer.body).not.toContain("555-0100");
    expect(await reason(answer)).toBe("access_denied");
  });

  it("while the provider is away, and a second try works", async () => {
    const browser = browserAt(world);
    faults = {};
    const state = (await begin(browser)).get("state") ?? "";
    faults = { down: true };
    const away = await browser.get(callback(state));
    expect([away.status, away.body]).toEqual([503, expect.stringContaining("does not answer")]);
    expect((await signIn(browser, { tokenStatus: 502 })).status).toBe(503);
    expect((await signIn(browser)).status).toBe(303);
  });
});

describe("a callback counts once, in time, and in the browser that began", () => {
  const startsAgain = (answer: { status: number; body: string }) =>
    expect([answer.status, answer.body]).toEqual([400, expect.stringContaining("Please start again")]);

  it("is refused the second time", async () => {
    const browser = browserAt(world);
    faults = {};
    const state = (await begin(browser)).get("state") ?? "";
    expect((await browser.get(callback(state))).status).toBe(303);
    asked = [];
    startsAgain(await browser.get(callback(state)));
    expect(asked).toEqual([]);
  });

  it("is won by one of eight at once", async () => {
    const browser = browserAt(world);
    faults = {};
    const state = (await begin(browser)).get("state") ?? "";
    const answers = await Promise.all(Array.from({ length: 8 }, () => browser.get(callback(state))));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([303, ...Array.from({ length: 7 }, () => 400)].toSorted());
  });

  it("is refused in another browser, and then in its own, too", async () => {
    const [browser, other] = [browserAt(world), browserAt(world)];
    faults = {};
    await begin(other);
    const state = (await begin(browser)).get("state") ?? "";
    startsAgain(await other.get(callback(state)));
    startsAgain(await browser.get(callback(state)));
  });

  it("is refused without the browser's secret", async () => {
    const browser = browserAt(world);
    const state = (await begin(browser)).get("state") ?? "";
    browser.cookies.clear();
    startsAgain(await browser.get(callback(state)));
  });

  it("does not disturb another tab of the same browser", async () => {
    const browser = browserAt(world);
    faults = {};
    const first = await begin(browser, "/console/sessions");
    const second = await begin(browser, "/console/notifications");
    expect((await browser.get(callback(second.get("state") ?? ""))).headers.get("location")).toBe("/console/notifications");
    wanted = first;
    expect((await browser.get(callback(first.get("state") ?? ""))).headers.get("location")).toBe("/console/sessions");
  });

  it("is refused after ten minutes", async () => {
    const browser = browserAt(world);
    faults = {};
    const state = (await begin(browser)).get("state") ?? "";
    await world.advance(601);
    startsAgain(await browser.get(callback(state)));
    await world.database.setClock(0);
  });

  it.each([
    ["an unknown state", { state: "x", code: "y" }],
    ["no state", { code: "y" }],
    ["neither code nor error", { state: "x" }],
  ])("is refused with %s", async (_, query) => {
    startsAgain(await browserAt(world).get(`/sso/oidc/callback?${new URLSearchParams(query as Record<string, string>)}`));
  });

  it("is refused with a parameter given twice, and keeps its one use for the right answer", async () => {
    const browser = browserAt(world);
    faults = {};
    const state = (await begin(browser)).get("state") ?? "";
    for (const more of [`&state=${state}`, "&code=another", "&error=access_denied"])
      startsAgain(await browser.get(`${callback(state)}${more}`));
    expect((await browser.get(callback(state))).status).toBe(303);
  });
});
