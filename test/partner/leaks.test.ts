import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { webhooks } from "#db/schema/webhooks.ts";
import { toBase64Url } from "#domain/bytes.ts";
import { credentialTokensOf } from "#workers/credential-tokens.ts";
import { type Env, refuseLocalSwitches } from "#workers/runtime.ts";
import { marketplace, type Marketplace, type Person } from "../api.ts";
import { keyOf } from "./keys.ts";
import { managementOf } from "./management.ts";

let world: Marketplace;
let admin: Person;
let management: ReturnType<typeof managementOf>;
let signing: CryptoKeyPair;
let pem: string;

/** The partner's list of keys: each test has its own address, so that nothing is remembered. */
const partner = { asked: 0, status: 200, keys: [] as { key_identifier: string; key: string }[] };
let address = 0;

beforeAll(async () => {
  world = await marketplace();
  management = managementOf(world);
  admin = await world.platformAdmin();
  signing = await newPair();
  pem = await pemOf(signing);
  const outside = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => {
    if (!String(input instanceof Request ? input.url : input).startsWith("https://scanner.test/")) return outside(input, init);
    partner.asked++;
    return Promise.resolve(Response.json({ public_keys: partner.keys }, { status: partner.status }));
  });
});
beforeEach(() => {
  Object.assign(partner, { asked: 0, status: 200, keys: [{ key_identifier: "one", key: pem, is_current: true }] });
  world.env.SECRET_SCANNING_KEYS_URL = `https://scanner.test/keys/${++address}`;
});
afterEach(() => vi.useRealTimers());
afterAll(() => vi.restoreAllMocks());

const newPair = () => crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]) as Promise<CryptoKeyPair>;

const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));

async function pemOf({ publicKey }: CryptoKeyPair): Promise<string> {
  const spki = new Uint8Array((await crypto.subtle.exportKey("spki", publicKey)) as ArrayBuffer);
  return `-----BEGIN PUBLIC KEY-----\n${base64(spki).replace(/.{64}/g, "$&\n")}\n-----END PUBLIC KEY-----\n`;
}

/** A signature as the partner writes it: two numbers in DER, as base64. */
async function signed(body: string, { privateKey }: CryptoKeyPair = signing): Promise<string> {
  const raw = new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, new TextEncoder().encode(body)));
  const number = (digits: Uint8Array) => {
    let at = 0;
    while (at < digits.length - 1 && digits[at] === 0) at++;
    const short = [...digits.subarray(at)];
    const positive = short[0]! >= 0x80 ? [0, ...short] : short;
    return [0x02, positive.length, ...positive];
  };
  const both = [...number(raw.subarray(0, 32)), ...number(raw.subarray(32))];
  return base64(Uint8Array.from([0x30, both.length, ...both]));
}

const leak = (token: string) => ({ token, type: "splits_api_key", url: "https://example.com/paste", source: "content" });

const send = (body: string, signature: string, keyId = "one") =>
  world.call("POST", "/security/leaked-credentials", {
    body,
    headers: { "github-public-key-identifier": keyId, "github-public-key-signature": signature },
  });

async function report(...tokens: string[]) {
  const body = JSON.stringify(tokens.map(leak));
  return send(body, await signed(body));
}

const freshKey = async (fields: Record<string, unknown> = {}) => {
  const owner = await world.recruiter("Rosa");
  return { owner, ...(await management.approvedKey(owner, admin, fields)) };
};

describe("a report of leaked secrets", () => {
  it("shuts the key off at once and tells its owner by mail", async () => {
    const key = await freshKey();
    expect(await management.tried(key.token)).toBe(200);
    const answer = await report(key.token);
    expect([answer.status, answer.body]).toEqual([204, ""]);
    expect(await management.tried(key.token)).toBe("credential_suspended");
    expect(await management.keyRow(key.id)).toMatchObject({ status: "suspended", statusReason: "leaked" });
    const told = (await management.noticesAbout(key.id)).filter(
      ({ type, who }) => type === "api_credential.suspended" && who === key.owner.userId,
    );
    expect(told.map(({ channel }) => channel)).toEqual(["email", "in_app"]);
    expect(told[0]?.text).toContain("was found in public");
    // a repeat changes nothing, and nobody is told again
    expect((await report(key.token)).status).toBe(204);
    expect((await management.keyRow(key.id)).version).toBe(3);
  });

  it("shuts off the endpoints that the key made or changed, which miss nothing and are enabled by a look", async () => {
    world.env.WEBHOOK_ALLOW_LOOPBACK = "1";
    const [rosa, stranger] = [await world.recruiter("Rosa"), await world.recruiter("Stranger")];
    const keyFor = (who: typeof rosa) => keyOf(world, { id: who.recruiterId, roleType: "recruiter" }, who);
    const [leaked, own, elsewhere] = [await keyFor(rosa), await keyFor(rosa), await keyFor(stranger)];
    const call = (who: { token: string }, method: string, path: string, body?: object) =>
      world.call(method, `/api/v1/webhooks${path}`, { as: who, ...(body ? { body } : {}) });
    /** As a test that was answered with a 2xx leaves it. */
    const made = async (who: { token: string }): Promise<string> => {
      const { body } = await call(who, "POST", "", { url: "http://127.0.0.1:9/in", event_types: ["webhook.disabled"] });
      await world.db.writer.update(webhooks).set({ status: "active", lastSuccessAt: new Date() }).where(eq(webhooks.id, body.data.id));
      return body.data.id as string;
    };
    const [its, moved, tested, others, strangers] = [
      await made(leaked),
      await made(own),
      await made(own),
      await made(own),
      await made(elsewhere),
    ];
    await call(leaked, "PATCH", `/${moved}`, { url: "http://127.0.0.1:9/elsewhere" });
    await call(leaked, "POST", `/${tested}/test`);
    expect((await report(leaked.token, "snk_test_unknown")).status).toBe(204);
    const states = async () =>
      Promise.all(
        [its, moved, tested, others, strangers].map(async (id) => {
          const [row] = await world.db.writer.select().from(webhooks).where(eq(webhooks.id, id));
          return row?.disabledReason ?? row?.status;
        }),
      );
    expect(await states()).toEqual(["key_leaked", "key_leaked", "active", "active", "active"]);
    const told = (await management.noticesAbout(its)).map(({ who, channel, text }) => [who, channel, text.includes("leaked")]);
    expect(told).toEqual([
      [rosa.userId, "email", true],
      [rosa.userId, "in_app", true],
    ]);
    await report(leaked.token);
    const enabled = await call(own, "POST", `/${its}/enable`);
    // that the other one was shut off came while it was itself
    expect(enabled.body.data).toMatchObject({ status: "active", replay_offer: { deliveries: 1 } });
    await report(leaked.token); // once more
    expect(await states()).toEqual(["active", "key_leaked", "active", "active", "active"]);
  });

  it("answers the same for what is ours and for what is not, and names nothing", async () => {
    const key = await freshKey();
    const tokens = credentialTokensOf(world.env);
    const wrongSecret = tokens.mintUnder("snk", key.token.slice(9, 25)).text;
    const forged = tokens.mintUnder("snk", `${key.token.slice(9, 19)}AAAAAA`).text;
    const answers = [];
    for (const texts of [[key.token], [wrongSecret], [forged], ["hello"], [(await tokens.mint("snk")).text], []])
      answers.push(await report(...texts));
    const shown = answers.map(({ status, body, headers }) => [status, body, [...headers.keys()].toSorted()]);
    expect(new Set(shown.map((each) => JSON.stringify(each))).size).toBe(1);
  });

  it("does nothing to a key whose id alone was seen", async () => {
    const key = await freshKey();
    await report(credentialTokensOf(world.env).mintUnder("snk", key.token.slice(9, 25)).text);
    expect((await management.keyRow(key.id)).status).toBe("active");
  });

  it("knows a secret within its grace, and no more after it", async () => {
    const [within, after] = [await freshKey(), await freshKey()];
    await management.call(within.owner, "POST", `/api-keys/${within.id}/rotate`, {});
    await management.call(after.owner, "POST", `/api-keys/${after.id}/rotate`, { grace_seconds: 0 });
    await report(within.token, after.token);
    expect((await management.keyRow(within.id)).status).toBe("suspended");
    expect((await management.keyRow(after.id)).status).toBe("active");
  });

  it("ends a key that was never approved", async () => {
    const key = await management.newKey(await world.recruiter("Rosa"));
    await report(key.token);
    expect((await management.keyRow(key.id)).status).toBe("revoked");
  });

  it("shuts a client off with its grants", async () => {
    const [anna, rosa] = [await world.member(await world.company()), await world.recruiter("Rosa")];
    const client = await management.newClient(anna);
    await management.decide(admin, client.id, "approve");
    const grant = await management.grantOf(client.id, rosa, rosa.recruiterId);
    const key = await freshKey();
    expect(await management.tried(grant.token)).toBe(200);
    await report("noise", client.client_secret ?? "", key.token, key.token);
    expect(await management.tried(grant.token)).toBe("credential_suspended");
    expect((await management.clientRow(client.id)).status).toBe("suspended");
    expect((await management.keyRow(key.id)).status).toBe("suspended");
  });
});

describe("a report that is refused", () => {
  const refused = async (answer: Promise<{ status: number; body: { code: string } }>) => {
    const { status, body } = await answer;
    return [status, body.code];
  };

  it("is not signed by the partner: nothing happens", async () => {
    const key = await freshKey();
    const body = JSON.stringify([leak(key.token)]);
    const good = await signed(body);
    const raw = toBase64Url(new Uint8Array(64));
    for (const [text, signature, keyId] of [
      [`${body} `, good, "one"],
      [body, await signed(body, await newPair()), "one"],
      [body, good, "two"],
      [body, good, ""],
      [body, "", "one"],
      [body, "not base64!", "one"],
      [body, raw, "one"],
      [body, good.slice(0, -8), "one"],
    ] as const) {
      expect(await refused(send(text, signature, keyId))).toEqual([400, "invalid_parameter"]);
    }
    expect((await management.keyRow(key.id)).status).toBe("active");
    expect((await send(body, good)).status).toBe(204);
  });

  it("comes while the partner's keys cannot be had: it may come again", async () => {
    const key = await freshKey();
    partner.status = 500;
    expect(await refused(report(key.token))).toEqual([503, "service_unavailable"]);
    partner.status = 200;
    partner.keys = "none" as never;
    expect(await refused(report(key.token))).toEqual([503, "service_unavailable"]);
    partner.keys = [{ key_identifier: "one", key: pem }];
    expect((await report(key.token)).status).toBe(204);
    expect((await management.keyRow(key.id)).status).toBe("suspended");
  });

  it("is too large, no JSON or no list of secrets", async () => {
    const sent = async (body: string) => send(body, await signed(body));
    expect(await refused(sent(JSON.stringify([leak("x".repeat(256 * 1024))])))).toEqual([413, "body_too_large"]);
    expect(await refused(sent("{"))).toEqual([400, "malformed_json"]);
    for (const wrong of [{}, [{}], ["text"], Array.from({ length: 1_001 }, () => ({ token: "x" }))]) {
      expect(await refused(sent(JSON.stringify(wrong)))).toEqual([422, "validation_failed"]);
    }
  });

  it("has nobody to take it where no partner is named", async () => {
    delete world.env.SECRET_SCANNING_KEYS_URL;
    expect(await refused(report("text"))).toEqual([404, "not_found"]);
  });
});

describe("the partner's keys", () => {
  it("are asked for once an hour, and for an unknown one at most once a minute", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const later = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1_000);
    const unknown = async () => send("[]", await signed("[]"), "two");
    for (let count = 0; count < 3; count++) await report("text");
    expect(partner.asked).toBe(1);
    await unknown();
    expect(partner.asked).toBe(1);
    later(61);
    partner.keys.push({ key_identifier: "two", key: pem });
    expect((await unknown()).status).toBe(204);
    expect(partner.asked).toBe(2);
    later(3_590);
    await report("text");
    expect(partner.asked).toBe(2);
    later(11);
    await report("text");
    expect(partner.asked).toBe(3);
  });

  it("are at a public address in production, or nowhere", () => {
    const env = {
      ENVIRONMENT: "production",
      CLERK_ISSUER: "https://clerk.splits.network",
      CLERK_JWKS_URL: "https://clerk.splits.network/jwks",
      CLERK_AZP: "https://app.splits.network",
      CONSOLE_ORIGIN: "https://app.splits.network",
      API_ORIGIN: "https://api.splits.network",
      MAIL_API_BASE: "https://api.resend.com",
      DOH_URL: "https://cloudflare-dns.com/dns-query",
    } as Env;
    expect(() => refuseLocalSwitches(env)).not.toThrow();
    expect(() =>
      refuseLocalSwitches({ ...env, SECRET_SCANNING_KEYS_URL: "https://api.github.com/meta/public_keys/secret_scanning" }),
    ).not.toThrow();
    for (const SECRET_SCANNING_KEYS_URL of ["http://api.github.com/keys", "https://localhost/keys", "https://127.0.0.1/keys"]) {
      expect(() => refuseLocalSwitches({ ...env, SECRET_SCANNING_KEYS_URL })).toThrow("SECRET_SCANNING_KEYS_URL");
    }
  });
});
