import { fromBase64, toBase64Url, toHex } from "#domain/bytes.ts";
import { Refusal } from "#domain/refusals.ts";
import type { Place } from "#services/keyset.ts";

const VERSION = 1;
const MAC_BYTES = 8;
const keys = new Map<string, Promise<CryptoKey>>();

const invalidCursor = () =>
  new Refusal("invalid_cursor", "This cursor was changed, or it belongs to other filters. Begin again without one.", {
    errors: [{ pointer: "query:cursor", code: "invalid", message: "is none of this list's cursors" }],
  });

/**
 * A place in a list as partners hold it: base64url of version, place and a hash of the filters, signed
 * with eight bytes of HMAC, so that it can neither be made up nor used with other filters (PLATFORM §9).
 */
export async function sealCursor(secret: string, place: Place, filters: string): Promise<string> {
  const body = new TextEncoder().encode(JSON.stringify([VERSION, place.at, place.id, await digest(filters)]));
  return toBase64Url(new Uint8Array([...body, ...(await mac(secret, body))]));
}

/** Reads a cursor back. Refuses one that was tampered with or made for another list. */
export async function openCursor(secret: string, cursor: string, filters: string): Promise<Place> {
  let bytes: Uint8Array;
  try {
    bytes = fromBase64(cursor);
  } catch {
    throw invalidCursor();
  }
  const body = bytes.slice(0, -MAC_BYTES);
  const expected = await mac(secret, body);
  const given = bytes.slice(-MAC_BYTES);
  if (given.length !== MAC_BYTES || !crypto.subtle.timingSafeEqual(given, expected) || toBase64Url(bytes) !== cursor) throw invalidCursor();
  const [version, at, id, hash] = JSON.parse(new TextDecoder().decode(body)) as [number, string, string, string];
  if (version !== VERSION || hash !== (await digest(filters))) throw invalidCursor();
  return { at, id };
}

async function mac(secret: string, body: Uint8Array): Promise<Uint8Array> {
  let key = keys.get(secret);
  if (!key) {
    key = crypto.subtle.importKey("raw", new TextEncoder().encode(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    keys.set(secret, key);
  }
  return new Uint8Array(await crypto.subtle.sign("HMAC", await key, body as BufferSource)).slice(0, MAC_BYTES);
}

const digest = async (text: string): Promise<string> =>
  toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)))).slice(0, 16);
