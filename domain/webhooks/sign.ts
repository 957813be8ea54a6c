import { fromBase64 } from "../bytes.ts";

const PREFIX = "whsec_";
/** What the standard allows a secret to have; ours have 32. */
const SECRET_BYTES = { least: 24, most: 64, ours: 32 };
/** `subtle` makes an HMAC key in a tenth of a millisecond; an endpoint's few are kept. */
const KEPT_KEYS = 64;
const keys = new Map<string, Promise<CryptoKey>>();
const utf8 = new TextEncoder();

/** A new secret as its owner sees it. `random`: 32 bytes. */
export function newWebhookSecret(random: Uint8Array): string {
  if (random.length !== SECRET_BYTES.ours) throw new Error("A webhook secret has 32 random bytes");
  return PREFIX + base64(random);
}

/**
 * The `webhook-signature` of Standard Webhooks 1.0.0: HMAC-SHA256 over `id.timestamp.body`, one for each secret.
 *
 * @param secrets - `whsec_…`, newest first; a receiver that holds any of them verifies
 * @param timestamp - of this send, in epoch seconds
 */
export async function signatureOf(secrets: readonly string[], id: string, timestamp: number, body: string): Promise<string> {
  const signed = utf8.encode(`${id}.${timestamp}.${body}`);
  const macs = await Promise.all(secrets.map(async (secret) => crypto.subtle.sign("HMAC", await keyOf(secret), signed)));
  return macs.map((mac) => `v1,${base64(new Uint8Array(mac))}`).join(" ");
}

function keyOf(secret: string): Promise<CryptoKey> {
  let key = keys.get(secret);
  if (!key) {
    const bytes = fromBase64(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret);
    if (bytes.length < SECRET_BYTES.least || bytes.length > SECRET_BYTES.most) throw new Error("A webhook secret has 24 to 64 bytes");
    key = crypto.subtle.importKey("raw", bytes as BufferSource, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    if (keys.size >= KEPT_KEYS) keys.clear();
    keys.set(secret, key);
  }
  return key;
}

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
