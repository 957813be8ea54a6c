import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyGetKey,
} from "jose";
import { Refusal } from "#domain/refusals.ts";
import type { Caller } from "#services/context.ts";

export interface IssuerSettings {
  issuer: string;
  jwksUrl: string;
  /** A key set pinned as a secret is asked first. */
  pinnedKeys: string | undefined;
  /** The origins a token may be made for, compared whole. */
  authorizedParties: readonly string[];
  /** Whether a platform admin's rights ask for a second factor, which they do in production. */
  secondFactor: boolean;
}

const MAX_TOKEN_BYTES = 8_192;
/** How far the issuer's clock and ours may differ. */
const TOLERANCE_SECONDS = 5;
/** How old the second factor behind an admin's rights may be (IDENTITY §1). */
const SECOND_FACTOR_MINUTES = 720;
const BEARER = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i;

// imported keys are kept for the life of the isolate
const keySets = new Map<string, JWTVerifyGetKey>();

/**
 * Tokens whose signature has held, so that a busy caller's is not computed for each request. A
 * key the issuer withdraws counts on for this long; the fetched key set itself lives an hour.
 */
const heldTokens = new Map<string, { claims: JWTPayload; untilMs: number }>();
const HELD_MS = 60_000;
const HELD_TOKENS = 1_000;

/**
 * Who a session token speaks for, by the checks of IDENTITY §3.1 that need no database (1 to 8).
 * No header is the public. Refuses with 401, and with 503 when no key can be fetched.
 */
export async function callerOf(headers: Headers, settings: IssuerSettings): Promise<Caller> {
  const header = headers.get("authorization");
  if (header === null) return { kind: "anonymous" };
  const token = BEARER.exec(header)?.[1];
  if (!token || header.length > MAX_TOKEN_BYTES)
    throw new Refusal("malformed_credential", "Send `Authorization: Bearer` and a session token.");
  const claims = await verifiedOnce(token, settings);
  const party = claims["azp"];
  const fromBrowser = headers.has("origin") || headers.has("sec-fetch-site");
  if (party === undefined ? fromBrowser : !settings.authorizedParties.includes(party as string)) {
    throw invalidToken("The token was made for another origin.");
  }
  if (claims["sts"] !== undefined && claims["sts"] !== "active") throw invalidToken("The session behind this token is not active.");
  if (claims["act"] !== undefined) throw invalidToken("Nobody works inside another person's session.");
  if (!claims.sub || typeof claims.sub !== "string" || typeof claims["sid"] !== "string")
    throw invalidToken("The token names no session of a person.");
  if ((claims.iat ?? 0) > Date.now() / 1_000 + TOLERANCE_SECONDS) throw invalidToken("The token is from the future.");
  if (![undefined, 1, 2].includes(claims["v"] as number | undefined)) throw invalidToken("The token's version is not known.");
  const { email, name } = claims;
  return {
    kind: "session",
    id: claims.sub,
    sessionId: claims["sid"],
    verifiedEmail: typeof email === "string" && claims["email_verified"] === true ? email.trim().toLowerCase() : null,
    name: typeof name === "string" ? name : null,
    mayAdminister: !settings.secondFactor || hasSecondFactor(claims["fva"]),
  };
}

/** The `fva` claim: minutes since each factor was shown, -1 for never. */
function hasSecondFactor(fva: unknown): boolean {
  const minutes: unknown = Array.isArray(fva) ? fva[1] : undefined;
  return typeof minutes === "number" && minutes >= 0 && minutes <= SECOND_FACTOR_MINUTES;
}

/** As `verified`; within a minute, and not beyond the token's own end, the signature is not computed again. */
async function verifiedOnce(token: string, settings: IssuerSettings): Promise<JWTPayload> {
  const name = `${settings.issuer} ${settings.jwksUrl} ${settings.pinnedKeys ?? ""} ${token}`;
  const now = Date.now();
  const held = heldTokens.get(name);
  if (held && now < held.untilMs) return held.claims;
  heldTokens.delete(name);
  const claims = await verified(token, settings);
  if (heldTokens.size >= HELD_TOKENS) heldTokens.clear();
  // its own end comes first; its beginning has passed
  heldTokens.set(name, { claims, untilMs: Math.min(now + HELD_MS, ((claims.exp ?? 0) + TOLERANCE_SECONDS) * 1_000) });
  return claims;
}

async function verified(token: string, settings: IssuerSettings): Promise<JWTPayload> {
  let header: ReturnType<typeof decodeProtectedHeader>;
  try {
    header = decodeProtectedHeader(token);
  } catch {
    throw new Refusal("malformed_credential", "The token's header cannot be read.");
  }
  if (header.alg !== "RS256" || !header.kid || typeof header.kid !== "string" || header.crit !== undefined)
    throw invalidToken("The token must be signed with RS256 and name its key.");
  try {
    const { payload } = await jwtVerify(token, keysOf(settings), {
      issuer: settings.issuer,
      algorithms: ["RS256"],
      clockTolerance: TOLERANCE_SECONDS,
      requiredClaims: ["sub", "sid", "exp", "iat", "nbf"],
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new Refusal("expired_token", "The token has expired. Sign in again.");
    if (error instanceof errors.JOSEError) throw invalidToken("The token could not be verified.");
    throw error;
  }
}

function keysOf({ jwksUrl, pinnedKeys = "" }: IssuerSettings): JWTVerifyGetKey {
  const name = `${jwksUrl} ${pinnedKeys}`;
  const known = keySets.get(name);
  if (known) return known;
  const published = fetchedKeys(jwksUrl);
  const keys = pinnedKeys ? pinnedOr(pinnedKeys, published) : published;
  keySets.set(name, keys);
  return keys;
}

/** The pinned keys first, and the issuer's own for a key they lack. */
function pinnedOr(pinnedKeys: string, published: JWTVerifyGetKey): JWTVerifyGetKey {
  const pinned = createLocalJWKSet(JSON.parse(pinnedKeys) as JSONWebKeySet);
  return async (header, input) => {
    try {
      return await pinned(header, input);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return published(header, input);
      throw error;
    }
  };
}

/** The issuer's published keys. While it is away, those fetched before go on; without any it is 503. */
function fetchedKeys(jwksUrl: string): JWTVerifyGetKey {
  const remote = createRemoteJWKSet(new URL(jwksUrl), {
    cacheMaxAge: 3_600_000,
    cooldownDuration: 30_000,
    timeoutDuration: 3_000,
  });
  return async (header, input) => {
    try {
      return await remote(header, input);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) throw error;
      const known = remote.jwks();
      if (!known) throw new Refusal("service_unavailable", "The issuer's keys cannot be fetched. Try again shortly.");
      return createLocalJWKSet(known)(header, input);
    }
  };
}

const invalidToken = (detail: string): Refusal => new Refusal("invalid_token", detail);
