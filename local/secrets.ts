import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { LocalProblem } from "./problem.ts";

const MAKERS = {
  LINK_KEY: () => randomBytes(32).toString("base64url"),
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
  const kept = await keptIn(file);
  const all = Object.fromEntries(Object.entries(MAKERS).map(([name, make]) => [name, kept[name] ?? make()])) as Secrets;
  if (Object.keys(MAKERS).some((name) => kept[name] === undefined)) await writeSecretly(file, JSON.stringify(all, null, 2));
  return all;
}

/** Writes a file that only its owner may read; nobody ever sees half of it. */
export async function writeSecretly(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

async function keptIn(file: string): Promise<Record<string, string>> {
  const text = await readFile(file, "utf8").catch(() => "{}");
  try {
    return JSON.parse(text) as Record<string, string>;
  } catch {
    throw new LocalProblem(`${file} cannot be read as JSON; delete it, and new secrets are made.`);
  }
}
