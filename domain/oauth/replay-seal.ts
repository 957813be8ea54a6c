import { fromBase64, toBase64Url } from "../bytes.ts";

const IV_BYTES = 12;
const utf8 = new TextEncoder();

/** HKDF-SHA256 of the presented token, salted with its row: whoever has only the database opens nothing (PLATFORM §5.1). */
async function keyOf(token: string, rowId: string): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey("raw", utf8.encode(token), "HKDF", false, ["deriveKey"]);
  const derived = { name: "HKDF", hash: "SHA-256", salt: utf8.encode(rowId), info: new Uint8Array() };
  return crypto.subtle.deriveKey(derived, secret, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/**
 * Seals the reply to a refresh under the token it answered.
 *
 * @param randomBytes - gives so many random bytes
 */
export async function sealReply(reply: string, token: string, rowId: string, randomBytes: (count: number) => Uint8Array): Promise<string> {
  const iv = randomBytes(IV_BYTES) as BufferSource & Uint8Array;
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await keyOf(token, rowId), utf8.encode(reply));
  return toBase64Url(new Uint8Array([...iv, ...new Uint8Array(sealed)]));
}

/** The reply that was sealed under this token. Throws for another one. */
export async function openReply(sealed: string, token: string, rowId: string): Promise<string> {
  const bytes = fromBase64(sealed);
  const opening = { name: "AES-GCM", iv: bytes.slice(0, IV_BYTES) };
  return new TextDecoder().decode(await crypto.subtle.decrypt(opening, await keyOf(token, rowId), bytes.slice(IV_BYTES)));
}
