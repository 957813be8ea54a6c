import { fromBase64, toBase64Url, toHex } from "#domain/bytes.ts";
import type { Seal } from "#services/ports.ts";

const IV_BYTES = 12;
const imported = new Map<string, Promise<CryptoKey>>();

function keyOf(encoded: string): Promise<CryptoKey> {
  let key = imported.get(encoded);
  if (!key) {
    key = crypto.subtle.importKey("raw", fromBase64(encoded) as BufferSource, "AES-GCM", false, ["encrypt", "decrypt"]);
    imported.set(encoded, key);
  }
  return key;
}

/** AES-256-GCM under the newest of the keys, with a random 96-bit IV in front; the owner is the associated data. */
export function sealUnder(keys: string): Seal {
  const all = keys.split(",").map((key) => key.trim());
  return {
    async seal(text, owner) {
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
      const key = await keyOf(all[0] as string);
      const data = new TextEncoder().encode(text);
      const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(owner) }, key, data);
      return toBase64Url(new Uint8Array([...iv, ...new Uint8Array(sealed)]));
    },
    async keyId() {
      const digest = await crypto.subtle.digest("SHA-256", fromBase64(all[0] as string) as BufferSource);
      return toHex(new Uint8Array(digest).slice(0, 4));
    },
    async open(sealed, owner) {
      const bytes = fromBase64(sealed);
      const additionalData = new TextEncoder().encode(owner);
      for (const encoded of all) {
        try {
          const opening = { name: "AES-GCM", iv: bytes.slice(0, IV_BYTES), additionalData };
          return new TextDecoder().decode(await crypto.subtle.decrypt(opening, await keyOf(encoded), bytes.slice(IV_BYTES)));
        } catch {
          // another key, or another owner
        }
      }
      return null;
    },
  };
}
