import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Refusal } from "#domain/refusals.ts";
import { callerOf } from "#workers/api/session-token.ts";

// How the issuer's keys are fetched and kept (IDENTITY §3.1). Each test has an issuer of its own, and so a key set of its own.
const COOL_DOWN_MS = 30_000;
const HOUR_MS = 3_600_000;

interface Key {
  privateKey: CryptoKey;
  jwk: JWK;
}

let server: Server;
let fetches: number;
/** What the issuer publishes; a number is the status of its refusal, and null an answer that never comes. */
let published: JWK[] | string | number | null;

beforeEach(async () => {
  fetches = 0;
  published = [];
  server = createServer((_, response) => {
    fetches += 1;
    if (published === null) return;
    if (typeof published === "number") return void response.writeHead(published).end();
    response.end(typeof published === "string" ? published : JSON.stringify({ keys: published }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(async () => {
  vi.useRealTimers();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

async function key(kid: string): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: "RS256", use: "sig" } };
}

/** Shows the Worker's check a fresh token signed with this key: who it speaks for, or the code of the refusal. */
async function show({ privateKey, jwk }: Key, pinned?: readonly JWK[]): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const token = await new SignJWT({ sub: "user_1", sid: "sess_1", iss: "https://issuer.test", iat: now, nbf: now, exp: now + 60 })
    .setProtectedHeader({ alg: "RS256", kid: jwk.kid ?? "" })
    .sign(privateKey);
  const settings = {
    issuer: "https://issuer.test",
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    pinnedKeys: pinned && JSON.stringify({ keys: pinned }),
    authorizedParties: [],
    secondFactor: false,
  };
  return callerOf(new Headers({ authorization: `Bearer ${token}` }), settings).then(
    (caller) => (caller.kind === "session" ? caller.id : caller.kind),
    (error: Refusal) => error.code,
  );
}

it("fetches the keys once for many tokens, and again after an hour", async () => {
  const first = await key("first");
  published = [first.jwk];
  for (let n = 0; n < 5; n++) expect(await show(first)).toBe("user_1");
  expect(fetches).toBe(1);
  later(HOUR_MS + 1_000);
  expect(await show(first)).toBe("user_1");
  expect(fetches).toBe(2);
});

it("finds a new key of the issuer after the cool-down", async () => {
  const [first, second] = [await key("first"), await key("second")];
  published = [first.jwk];
  expect(await show(first)).toBe("user_1");
  published = [first.jwk, second.jwk];
  later(COOL_DOWN_MS + 1_000);
  expect(await show(second)).toBe("user_1");
  expect(fetches).toBe(2);
});

it("a flood of unknown keys causes no fetch inside the cool-down, and one after it", async () => {
  const first = await key("first");
  published = [first.jwk];
  expect(await show(first)).toBe("user_1");
  const unknown = await key("unknown");
  const flood = () => Promise.all(Array.from({ length: 20 }, () => show(unknown)));
  expect(new Set(await flood())).toEqual(new Set(["invalid_token"]));
  expect(fetches).toBe(1);
  later(COOL_DOWN_MS + 1_000);
  expect(new Set(await flood())).toEqual(new Set(["invalid_token"]));
  expect(fetches).toBe(2);
  expect(await show(first)).toBe("user_1");
});

it.each([[500], [404], ["no JSON"], ['{"keys":7}']])(
  "a cold isolate that gets %o for keys says 503, and recovers by itself",
  async (answer) => {
    const first = await key("first");
    published = answer;
    expect(await show(first)).toBe("service_unavailable");
    published = [first.jwk];
    expect(await show(first)).toBe("user_1");
  },
);

it("a cold isolate waits 3 s for the keys, no longer", { timeout: 10_000 }, async () => {
  published = null;
  const begun = performance.now();
  expect(await show(await key("first"))).toBe("service_unavailable");
  expect(performance.now() - begun).toBeLessThan(4_500);
});

it("a warm isolate goes on with the keys it has while the issuer is away", async () => {
  const [first, unknown] = [await key("first"), await key("unknown")];
  published = [first.jwk];
  expect(await show(first)).toBe("user_1");
  published = 500;
  later(HOUR_MS + 1_000);
  expect(await show(first)).toBe("user_1");
  expect(await show(unknown)).toBe("invalid_token");
  published = [first.jwk, unknown.jwk];
  expect(await show(unknown)).toBe("user_1");
});

it("asks the pinned keys first, and the issuer only for a key they lack", async () => {
  const [pinned, other] = [await key("pinned"), await key("other")];
  published = [other.jwk];
  expect(await show(pinned, [pinned.jwk])).toBe("user_1");
  expect(fetches).toBe(0);
  expect(await show(other, [pinned.jwk])).toBe("user_1");
  expect(fetches).toBe(1);
});

it("a pinned key is not replaced by a published one of the same name", async () => {
  const [pinned, impostor] = [await key("pinned"), await key("pinned")];
  published = [impostor.jwk];
  expect(await show(impostor, [pinned.jwk])).toBe("invalid_token");
  expect(fetches).toBe(0);
});
