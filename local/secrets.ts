import { randomBytes } from "node:crypto";
import { z } from "zod";
import { readKept, writeSecretly } from "./kept.ts";

const MAKERS = {
  LINK_KEY: () => randomBytes(32).toString("base64url"),
  LOGIN_PEPPER: () => randomBytes(32).toString("base64url"),
  CREDENTIAL_MAC_KEYS: () => randomBytes(32).toString("base64"),
  CURSOR_HMAC_KEY: () => randomBytes(32).toString("base64url"),
  KEK_CURRENT: () => randomBytes(32).toString("base64"),
  MAIL_API_KEY: () => `re_${randomBytes(18).toString("hex")}`,
  CLERK_WEBHOOK_SECRETS: () => `whsec_${randomBytes(24).toString("base64")}`,
  STRIPE_SECRET_KEY: () => `sk_test_${randomBytes(24).toString("hex")}`,
  STRIPE_WEBHOOK_SECRET: () => `whsec_${randomBytes(24).toString("hex")}`,
  STRIPE_CONNECT_WEBHOOK_SECRET: () => `whsec_${randomBytes(24).toString("hex")}`,
};

/** The secrets that the Worker shares with its stand-ins, by the names of its bindings. */
export type Secrets = Record<keyof typeof MAKERS, string>;

/** The secrets kept in `file`. Those it lacks are made and kept, so that links mailed yesterday open today. */
export async function localSecrets(file: string): Promise<Secrets> {
  const kept = (await readKept(file, z.record(z.string(), z.string()))) ?? {};
  const all = Object.fromEntries(Object.entries(MAKERS).map(([name, make]) => [name, kept[name] ?? make()])) as Secrets;
  if (Object.keys(MAKERS).some((name) => kept[name] === undefined)) await writeSecretly(file, JSON.stringify(all, null, 2));
  return all;
}
