import {
  importMacKeys,
  isGenuineId,
  type MacKeys,
  mintToken,
  mintUnder,
  newRandom,
  publicIdOf,
  readToken,
} from "#domain/credentials/token.ts";
import { fromBase64 } from "#domain/bytes.ts";
import type { CredentialTokens } from "#services/ports.ts";

const imported = new Map<string, Promise<MacKeys>>();

/** The server's keys, imported once an isolate. */
function macKeys(list: string): Promise<MacKeys> {
  let keys = imported.get(list);
  if (!keys) {
    keys = importMacKeys(list.split(",").map((key) => fromBase64(key.trim())));
    imported.set(list, keys);
  }
  return keys;
}

const randomBytes = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));

/** The credentials of this deployment: `live` in production, `test` everywhere else (PLATFORM §4). */
export function credentialTokensOf({
  ENVIRONMENT,
  CREDENTIAL_MAC_KEYS: list,
}: {
  ENVIRONMENT: string;
  CREDENTIAL_MAC_KEYS: string;
}): CredentialTokens {
  const env = ENVIRONMENT === "production" ? "live" : "test";
  return {
    env,
    mint: async (type, random) => mintToken(await macKeys(list), type, env, random ?? newRandom(randomBytes), randomBytes),
    mintUnder: (type, publicId) => mintUnder(type, env, publicId, randomBytes),
    read: async (text) => readToken(await macKeys(list), env, text),
    idOf: async (type, random) => publicIdOf(await macKeys(list), type, env, random),
    isGenuineId: async (type, id) => isGenuineId(await macKeys(list), type, env, id),
  };
}
