import { sql } from "drizzle-orm";
import { loginChallenges } from "#db/schema/identity.ts";
import { updateOf } from "#db/statements.ts";
import { toBase64Url } from "#domain/bytes.ts";
import { addressBlock } from "#domain/credentials/record.ts";
import { event } from "#domain/events/catalogue.ts";
import { invalidField, Refusal } from "#domain/refusals.ts";
import { commit, insert, newRow } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import type { TryLimit } from "../ports.ts";

/** A mailed code is good this long, the link beside it a little longer (IDENTITY §6). */
export const CODE_MINUTES = 10;
export const LINK_MINUTES = 15;

const SECRET_BYTES = 32;
const CODES = 1_000_000;
const MAX_ADDRESS = 254;

/** What binds a mailed code to the browser that asked for it. */
export interface Asking {
  challengeId: string;
  browserSecret: string;
}

/** What a code is kept as; without the challenge it belongs to it is nothing. */
export const hashOfCode = (ctx: Context, challengeId: string, code: string): Promise<string> =>
  ctx.ports.peppered(`${challengeId}|${code}`);

/** How often a code is sent to one address, silently, and how often one client may ask (IDENTITY §17.2). */
const SENT = [
  { most: 3, withinSeconds: 900 },
  { most: 5, withinSeconds: 3_600 },
];
const ASKED = [{ most: 10, withinSeconds: 3_600 }];

/** Counts one more try; in how many seconds it may be made where there were too many, otherwise 0. */
export async function counted(ctx: Context, what: string, whose: string, limits: readonly TryLimit[]): Promise<number> {
  try {
    return await ctx.ports.loginTries(what, whose, limits);
  } catch {
    throw new Refusal("service_unavailable", "This cannot be done at the moment. Please try again in a minute.");
  }
}

export const tooMany = (seconds: number, words: string): Refusal =>
  new Refusal("login_throttled", `${words} Please try again in ${inMinutes(seconds)}.`, { retry_after: seconds });

const inMinutes = (seconds: number): string => {
  const minutes = Math.ceil(seconds / 60);
  return minutes === 1 ? "a minute" : `${minutes} minutes`;
};

/**
 * Asks for a link and a code to be mailed. Whether anybody has this address is not looked up here, so
 * that every address is answered alike, also one that was asked for too often: its answer leads nowhere
 * and no mail goes out (IDENTITY §6). Refuses the eleventh from one client within an hour (429 `login_throttled`).
 */
export async function askForLogin(ctx: Context, email: string): Promise<Asking> {
  const address = email.trim().toLowerCase();
  if (address.length > MAX_ADDRESS || !/^[^\s@]+@[^\s@]+$/.test(address))
    throw invalidField("email", "invalid", "Enter your e-mail address, such as name@example.com.");
  const wait = await counted(ctx, "codes asked by", addressBlock(ctx.request.ip ?? "unknown"), ASKED);
  if (wait > 0) throw tooMany(wait, "Many codes were asked for from here.");
  const isThrottled = (await counted(ctx, "codes sent to", address, SENT)) > 0;

  await ctx.read();
  const challengeId = ctx.newId();
  const browserSecret = secret(ctx);
  if (!isThrottled) await keepChallenge(ctx, { challengeId, browserSecret, address });
  return { challengeId, browserSecret };
}

const secret = (ctx: Context): string => toBase64Url(ctx.ports.randomBytes(SECRET_BYTES));

async function keepChallenge(ctx: Context, { challengeId, browserSecret, address }: Asking & { address: string }): Promise<void> {
  const [link, code] = [secret(ctx), newCode(ctx)];
  const [linkHash, browserHash, codeHash, mailSealed] = await Promise.all([
    ctx.ports.links.hash(link),
    ctx.ports.links.hash(browserSecret),
    hashOfCode(ctx, challengeId, code),
    ctx.ports.seal.seal(JSON.stringify({ link, code }), challengeId),
  ]);
  const after = (minutes: number) => new Date(ctx.now().getTime() + minutes * 60_000);
  const row = newRow(ctx, loginChallenges, {
    id: challengeId,
    kind: "candidate",
    email: address,
    linkHash,
    codeHash,
    browserHash,
    mailSealed,
    codeExpiresAt: after(CODE_MINUTES),
    expiresAt: after(LINK_MINUTES),
  });
  await commit(ctx, null, {
    write: [
      updateOf(loginChallenges)
        .set({ supersededAt: ctx.now(), mailSealed: null })
        .where(
          sql`${loginChallenges.email} = ${address} and ${loginChallenges.kind} = 'candidate' and ${loginChallenges.usedAt} is null and ${loginChallenges.supersededAt} is null`,
        ) as Statement,
      insert(loginChallenges, row),
    ],
    audit: { kind: "challenge_sent", userId: null },
    events: [event("candidate.login_requested", { type: "login_challenge", id: challengeId }, { challenge_id: challengeId })],
  });
}

/** Six digits, each code as likely as any other. */
function newCode(ctx: Context): string {
  for (;;) {
    const drawn = new DataView(ctx.ports.randomBytes(4).buffer).getUint32(0);
    if (drawn < Math.floor(2 ** 32 / CODES) * CODES) return String(drawn % CODES).padStart(6, "0");
  }
}
