import { sql } from "drizzle-orm";
import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from "jose";
import { auditEvents } from "#db/schema/audit.ts";
import { users } from "#db/schema/identity.ts";
import { outbox } from "#db/schema/ops.ts";
import { type Answer, marketplace } from "#test/api.ts";
import { describe, expect, it } from "vitest";

// IDENTITY §3.1, check by check. The issuer's key is pinned; how keys are fetched is test/http/session-keys.test.ts.
const world = await marketplace();
const company = await world.company();
const admin = await world.member(company);
const [{ clerkUserId: subject } = { clerkUserId: "" }] = await world.db.writer
  .select()
  .from(users)
  .where(sql`id = ${admin.userId}`);
const known = subject ?? "";
const now = () => Math.floor(Date.now() / 1_000);

const ask = (authorization: string | undefined, headers: Record<string, string> = {}, path = "applications"): Promise<Answer> =>
  world.call("GET", path, { headers: { ...(authorization === undefined ? {} : { authorization }), ...headers } });

/** Asks with a token of the known person, whose claims are partly replaced. */
const claiming = async (claims: Record<string, unknown>, headers: Record<string, string> = {}): Promise<Answer> =>
  ask(`Bearer ${await world.token(known, claims)}`, headers);

function refused({ status, headers, body }: Answer): [number, string] {
  if (status === 401) expect(headers.get("www-authenticate")).toBe(`Bearer error="${body.code}"`);
  return [status, body.code];
}

const keys = await generateKeyPair("RS256");
const part = (value: unknown) =>
  btoa(typeof value === "string" ? value : JSON.stringify(value))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
const whole = () => ({
  sub: known,
  sid: "s",
  azp: "https://app.splits.test",
  iss: "https://issuer.splits.test",
  v: 2,
  iat: now(),
  nbf: now() - 5,
  exp: now() + 60,
});

it("takes a good token", async () => {
  expect((await claiming({})).status).toBe(200);
});

describe("1: the credential can be read", () => {
  it("without a header a member's route is 401 missing_credential, and a public one is public", async () => {
    expect(refused(await ask(undefined))).toEqual([401, "missing_credential"]);
    expect((await ask(undefined, {}, "jobs")).status).toBe(200);
  });

  it.each([
    ["nothing", ""],
    ["another scheme", "Basic dXNlcjpwYXNz"],
    ["no token", "Bearer"],
    ["one part", "Bearer abc"],
    ["two parts", "Bearer abc.def"],
    ["four parts", "Bearer a.b.c.d"],
    ["an empty part", "Bearer a..c"],
    ["letters that base64url lacks", "Bearer a+b.c/d.e=f"],
    ["two tokens", "Bearer a.b.c, Bearer a.b.c"],
    ["a header that is no JSON", `Bearer ${part("no JSON")}.${part({})}.c`],
    ["a header that is a list", `Bearer ${part([])}.${part({})}.c`],
    ["more than 8 KiB", `Bearer ${part({ alg: "RS256" })}.${"a".repeat(8_192)}.c`],
  ])("%s is 401 malformed_credential, on public routes too", async (_, authorization) => {
    expect(refused(await ask(authorization))).toEqual([401, "malformed_credential"]);
    expect(refused(await ask(authorization, {}, "jobs"))).toEqual([401, "malformed_credential"]);
  });

  it("no case of the scheme and no number of blanks matters", async () => {
    expect((await ask(`bearer   ${admin.token}`)).status).toBe(200);
  });
});

describe("2: the header names RS256 and a key, and asks for nothing", () => {
  const signed = (header: Record<string, unknown>) => new SignJWT(whole()).setProtectedHeader(header as unknown as JWTHeaderParameters);

  it.each([
    ["none", { alg: "none", kid: "test" }],
    ["None", { alg: "None", kid: "test" }],
    ["rs256", { alg: "rs256", kid: "test" }],
    ["nothing", { kid: "test" }],
  ])("alg %s is invalid_token", async (_, header) => {
    expect(refused(await ask(`Bearer ${part(header)}.${part(whole())}.${part("x")}`))).toEqual([401, "invalid_token"]);
  });

  it("HS256, signed with the public key as secret, is invalid_token", async () => {
    const secret = new TextEncoder().encode(world.env.CLERK_JWKS);
    expect(refused(await ask(`Bearer ${await signed({ alg: "HS256", kid: "test" }).sign(secret)}`))).toEqual([401, "invalid_token"]);
  });

  it.each([
    ["no kid", { alg: "RS256" }],
    ["a kid that is no text", { alg: "RS256", kid: 7 }],
    ["an empty kid", { alg: "RS256", kid: "" }],
    ["crit", { alg: "RS256", kid: "test", crit: ["b64"], b64: true }],
  ])("%s is invalid_token", async (_, header) => {
    expect(refused(await ask(`Bearer ${part(header)}.${part(whole())}.${part("x")}`))).toEqual([401, "invalid_token"]);
  });

  it("a key that comes in the header is not asked", async () => {
    const jwk = await exportJWK(keys.publicKey);
    const token = await signed({ alg: "RS256", kid: "test", jwk, jku: "http://127.0.0.1:9/" }).sign(keys.privateKey);
    expect(refused(await ask(`Bearer ${token}`))).toEqual([401, "invalid_token"]);
  });
});

describe("3: the signature and the issuer are ours", () => {
  it("a foreign key under our kid is invalid_token", async () => {
    const token = await new SignJWT(whole()).setProtectedHeader({ alg: "RS256", kid: "test" }).sign(keys.privateKey);
    expect(refused(await ask(`Bearer ${token}`))).toEqual([401, "invalid_token"]);
  });

  it.each([
    ["a changed claim", (header: string, _payload: string, signature: string) => [header, part({ ...whole(), sub: "user_0" }), signature]],
    ["no signature", (header: string, payload: string) => [header, payload, "AA"]],
    ["a payload that is no JSON", (header: string, _payload: string, signature: string) => [header, part("no JSON"), signature]],
  ])("%s is invalid_token", async (_, change) => {
    const [header = "", payload = "", signature = ""] = admin.token.split(".");
    expect(refused(await ask(`Bearer ${change(header, payload, signature).join(".")}`))).toEqual([401, "invalid_token"]);
  });

  it.each([["https://evil.test"], ["https://issuer.splits.test/"], [undefined], [["https://issuer.splits.test", "x"]]])(
    "issuer %s is invalid_token",
    async (iss) => {
      expect(refused(await claiming({ iss }))).toEqual([401, "invalid_token"]);
    },
  );

  it.each([["sub"], ["sid"], ["exp"], ["iat"], ["nbf"]])("without %s it is invalid_token", async (claim) => {
    expect(refused(await claiming({ [claim]: undefined }))).toEqual([401, "invalid_token"]);
  });

  it.each([[{ sub: 7 }], [{ sub: "" }], [{ sid: 7 }], [{ exp: "tomorrow" }], [{ nbf: "now" }], [{ iat: "now" }]])(
    "%o is invalid_token",
    async (claims) => {
      expect(refused(await claiming(claims))).toEqual([401, "invalid_token"]);
    },
  );
});

describe("4: the token is of now, to 5 s", () => {
  it("has expired after them, which is expired_token", async () => {
    expect((await claiming({ exp: now() - 3 })).status).toBe(200);
    expect(refused(await claiming({ exp: now() - 7 }))).toEqual([401, "expired_token"]);
  });

  it("is not valid yet before them, which is invalid_token", async () => {
    expect((await claiming({ nbf: now() + 3 })).status).toBe(200);
    expect(refused(await claiming({ nbf: now() + 60 }))).toEqual([401, "invalid_token"]);
  });

  it("was not issued in the future", async () => {
    expect((await claiming({ iat: now() + 3 })).status).toBe(200);
    expect(refused(await claiming({ iat: now() + 60 }))).toEqual([401, "invalid_token"]);
  });
});

describe("5 to 8: it was made for us, and for a person's own session", () => {
  it.each([
    ["https://evil.test"],
    ["https://app.splits.test.evil.test"],
    ["https://app.splits.test/"],
    ["HTTPS://APP.SPLITS.TEST"],
    [""],
    [null],
    [["https://app.splits.test"]],
  ])("azp %o is invalid_token", async (azp) => {
    expect(refused(await claiming({ azp }))).toEqual([401, "invalid_token"]);
  });

  it("an absent azp is for what is no browser", async () => {
    expect((await claiming({ azp: undefined })).status).toBe(200);
    expect(refused(await claiming({ azp: undefined }, { origin: "https://app.splits.test" }))).toEqual([401, "invalid_token"]);
    expect(refused(await claiming({ azp: undefined }, { "sec-fetch-site": "same-origin" }))).toEqual([401, "invalid_token"]);
  });

  it.each([
    [{ sts: "pending" }, 401],
    [{ sts: null }, 401],
    [{ sts: "active" }, 200],
    [{ act: { sub: "user_admin" } }, 401],
    [{ act: null }, 401],
    [{ v: 3 }, 401],
    [{ v: "2" }, 401],
    [{ v: 1 }, 200],
    [{ v: undefined }, 200],
  ])("%o is %i", async (claims, status) => {
    const answer = await claiming(claims);
    expect(answer.status).toBe(status);
    if (status === 401) expect(answer.body.code).toBe("invalid_token");
  });

  it("roles and organizations in the token are read by nothing", async () => {
    const nobody = await world.token("user_nobody", {
      org_role: "org:admin",
      org_id: company.organizationId,
      o: { id: company.organizationId, rol: "admin" },
      pla: "u:partner",
      role: "platform_admin",
    });
    expect(refused(await ask(`Bearer ${nobody}`))).toEqual([403, "forbidden"]);
  });
});

describe("9: the subject is a person of ours", () => {
  const stranger = (sub: string, claims: Record<string, unknown> = {}) => world.token(sub, claims);
  const verified = (email: string) => ({ email, email_verified: true, name: "New Person" });
  const withSubject = (sub: string) =>
    world.db.writer
      .select()
      .from(users)
      .where(sql`clerk_user_id = ${sub}`);
  const auditOf = (id: string) =>
    world.db.writer
      .select()
      .from(auditEvents)
      .where(sql`subject_id = ${id}`)
      .then((rows) => rows.map(({ action }) => action));

  it("without a verified address the context is empty: 403 where people are asked for, the public's view elsewhere", async () => {
    for (const claims of [
      {},
      { email: "who@people.test" },
      { email: "who@people.test", email_verified: "true" },
      { email: 7, email_verified: true },
    ]) {
      const token = await stranger("user_unknown", claims);
      expect(refused(await ask(`Bearer ${token}`))).toEqual([403, "forbidden"]);
      expect(refused(await ask(`Bearer ${token}`, {}, "users/me"))).toEqual([401, "invalid_token"]);
      const asStranger = await ask(`Bearer ${token}`, {}, "jobs");
      expect([asStranger.status, asStranger.body]).toEqual([200, (await ask(undefined, {}, "jobs")).body]);
    }
    expect(await withSubject("user_unknown")).toEqual([]);
  });

  it("with one the person is made once, however many first requests come together", async () => {
    const token = await stranger("user_new", verified("New.Person@people.test"));
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(`Bearer ${token}`, {}, "users/me")));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    const [person, ...others] = await withSubject("user_new");
    expect([person?.email, person?.name, others]).toEqual(["new.person@people.test", "New Person", []]);
    expect(new Set(answers.map(({ body }) => body.data.id))).toEqual(new Set([person?.id]));
    expect(await auditOf(person?.id ?? "")).toEqual(["user.registered"]);
    const events = await world.db.writer
      .select()
      .from(outbox)
      .where(sql`subject_id = ${person?.id}`);
    expect(events.map(({ eventType, payload }) => [eventType, payload])).toEqual([["user.registered", { user_id: person?.id }]]);
  });

  it("links the person who has the address and no subject, once", async () => {
    const [invited] = await world.db.writer.insert(users).values({ email: "invited@people.test", name: "Invited" }).returning();
    const token = await stranger("user_invited", verified("Invited@People.test"));
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask(`Bearer ${token}`, {}, "users/me")));
    expect(answers.map(({ status, body }) => [status, body.data?.id])).toEqual(Array(5).fill([200, invited?.id]));
    expect(await withSubject("user_invited")).toMatchObject([{ id: invited?.id, name: "Invited", version: 2 }]);
    expect(await auditOf(invited?.id ?? "")).toEqual(["user.subject_linked"]);
  });

  it("an address with another subject opens nothing, and leaves an audit row", async () => {
    const holder = await world.person("Holder");
    const token = await stranger("user_thief", verified(holder.email));
    expect(refused(await ask(`Bearer ${token}`, {}, "users/me"))).toEqual([401, "invalid_token"]);
    expect(await withSubject("user_thief")).toEqual([]);
    expect(await auditOf(holder.userId)).toEqual(["user.subject_refused"]);
    expect((await ask(`Bearer ${holder.token}`, {}, "users/me")).body.data.id).toBe(holder.userId);
  });
});

describe("10: the person is active", () => {
  it("a deactivation counts at once: 401 revoked_credential, on public routes too", async () => {
    const leaving = await world.member(company);
    expect((await ask(`Bearer ${leaving.token}`)).status).toBe(200);
    await world.db.writer
      .update(users)
      .set({ status: "deactivated" })
      .where(sql`id = ${leaving.userId}`);
    for (const path of ["applications", "users/me", "jobs"])
      expect(refused(await ask(`Bearer ${leaving.token}`, {}, path))).toEqual([401, "revoked_credential"]);
    const write = await world.call("POST", "jobs", { as: leaving, body: { company_id: company.id, title: "Cook" } });
    expect(refused(write)).toEqual([401, "revoked_credential"]);
  });

  it("a token does not bring a deactivated subject back", async () => {
    const gone = await world.person("Gone");
    await world.db.writer
      .update(users)
      .set({ status: "deactivated" })
      .where(sql`id = ${gone.userId}`);
    const [row] = await world.db.writer
      .select()
      .from(users)
      .where(sql`id = ${gone.userId}`);
    const token = await world.token(row?.clerkUserId ?? "", { email: gone.email, email_verified: true });
    expect(refused(await ask(`Bearer ${token}`, {}, "users/me"))).toEqual([401, "revoked_credential"]);
    expect(
      (
        await world.db.writer
          .select()
          .from(users)
          .where(sql`email = ${gone.email}`)
      ).length,
    ).toBe(1);
  });
});

it("a token of an unknown key, while the issuer is away, is 503 with Retry-After", async () => {
  const token = await new SignJWT(whole()).setProtectedHeader({ alg: "RS256", kid: "another" }).sign(keys.privateKey);
  const answer = await ask(`Bearer ${token}`);
  expect(refused(answer)).toEqual([503, "service_unavailable"]);
  expect(answer.headers.get("retry-after")).toBe("1");
});
