import { z } from "zod";
import { fromBase64 } from "#domain/bytes.ts";
import { Refusal } from "#domain/refusals.ts";

/** The public keys of a secret-scanning partner, as it publishes them. */
const PublicKeys = z.object({ public_keys: z.array(z.object({ key_identifier: z.string(), key: z.string() })) });

const TIMEOUT_MS = 5_000;
const KEPT_MS = 3_600_000;
/** An unknown key may be a new one; whoever invents names of keys does not make us ask for them more often. */
const ASKED_AGAIN_MS = 60_000;
const COORDINATE_BYTES = 32;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;

const known = new Map<string, { keys: ReadonlyMap<string, string>; askedAt: number }>();

/**
 * Whether a report is signed by the partner whose public keys are at this address: ECDSA on P-256 with
 * SHA-256 over the raw body, the signature as base64 of DER. Keys are kept for an hour. Refuses
 * (`service_unavailable`) when they cannot be had.
 */
export async function isReportSigned(
  url: string,
  { keyId, signature, body }: { keyId: string; signature: string; body: Uint8Array },
): Promise<boolean> {
  const raw = fromDer(bytesOf(signature));
  const pem = raw && (await keyNamed(url, keyId));
  if (!raw || !pem) return false;
  const spki = fromBase64(pem.replaceAll(/-----[^-]+-----|\s/g, ""));
  const key = await crypto.subtle.importKey("spki", spki as BufferSource, ALGORITHM, false, ["verify"]);
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, raw as BufferSource, body as BufferSource);
}

async function keyNamed(url: string, keyId: string): Promise<string | null> {
  const now = Date.now();
  const kept = known.get(url);
  const age = kept ? now - kept.askedAt : Infinity;
  if (kept && age < KEPT_MS && (kept.keys.has(keyId) || age < ASKED_AGAIN_MS)) return kept.keys.get(keyId) ?? null;
  const keys = await fetchKeys(url);
  known.set(url, { keys, askedAt: now });
  return keys.get(keyId) ?? null;
}

async function fetchKeys(url: string): Promise<ReadonlyMap<string, string>> {
  try {
    const response = await fetch(url, {
      headers: { Accept: "application/json", "User-Agent": "splits-network" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`answered ${response.status}`);
    const { public_keys: keys } = PublicKeys.parse(await response.json());
    return new Map(keys.map((key) => [key.key_identifier, key.key]));
  } catch {
    throw new Refusal("service_unavailable", "The public keys of the reporter cannot be had for the moment. Report again shortly.");
  }
}

function bytesOf(base64: string): Uint8Array {
  try {
    return fromBase64(base64);
  } catch {
    return new Uint8Array();
  }
}

/**
 * The two numbers of a signature, 32 bytes each, out of their DER sequence; null for anything else.
 *
 * @see RFC 3279 §2.2.3
 */
function fromDer(der: Uint8Array): Uint8Array | null {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return null;
  const raw = new Uint8Array(2 * COORDINATE_BYTES);
  let at = 2;
  for (const end of [COORDINATE_BYTES, 2 * COORDINATE_BYTES]) {
    const length = der[at + 1] ?? 0;
    const number = der.subarray(at + 2, at + 2 + length);
    // a leading zero only says that the number is not negative
    const digits = number[0] === 0 ? number.subarray(1) : number;
    if (der[at] !== 0x02 || length === 0 || number.length !== length || digits.length > COORDINATE_BYTES) return null;
    raw.set(digits, end - digits.length);
    at += 2 + length;
  }
  return at === der.length ? raw : null;
}
