import { eq, getTableColumns, sql } from "drizzle-orm";
import { candidates } from "#db/schema/ats.ts";
import { loginChallenges, sessions } from "#db/schema/identity.ts";
import { computed, select, updateOf } from "#db/statements.ts";
import { Refusal } from "#domain/refusals.ts";
import { commit, deciding, insert } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { endSessions, newPortalSession, signedIn } from "../sessions/session.ts";
import { type Asking, counted, hashOfCode, tooMany } from "./ask-for-login.ts";

/** A code may be tried so often. */
const MAX_TRIES = 5;
/** And so many wrong ones for one address a day. */
const TRIES_A_DAY = [{ most: 20, withinSeconds: 86_400 }];
const TRIES = "codes tried for";

type Challenge = typeof loginChallenges.$inferSelect & { candidateId: string | null };

/** The browser in which somebody signs in. */
export interface LoginBrowser {
  /** What it was given when it asked; null where it did not. */
  asking: Asking | null;
  /** The token of the session it has, which the new one replaces. */
  earlier: string | null;
  /** ISO 3166-1 alpha-2. */
  country: string | null;
}

const over = (): Refusal => new Refusal("gone", "This link or code is over, or was used already. Please ask for a new one.");

/** The one whose verified address it is. */
const holder = () =>
  computed<string | null>(
    "holder",
    sql`(select c.id from ${candidates} c where c.email = ${loginChallenges.email} and c.deleted_at is null and c.erased_at is null)`,
  );

const usable = () =>
  sql`(${loginChallenges.kind} = 'candidate' and ${loginChallenges.usedAt} is null and ${loginChallenges.supersededAt} is null and ${loginChallenges.expiresAt} > ops.now())`;

/** The address a mailed link was sent to, so far as its owner knows it again. Opening it uses nothing up, since mail scanners open links. */
export async function openLoginLink(ctx: Context, link: string): Promise<string> {
  const { email } = await challengeOf(ctx, link);
  const [name = "", host = ""] = email.split("@");
  return `${name.slice(0, 1)}…@${host}`;
}

async function challengeOf(ctx: Context, link: string): Promise<Challenge> {
  const hash = await ctx.ports.links.hash(link);
  const [[found]] = await ctx.read(
    select({ ...getTableColumns(loginChallenges), candidateId: holder() })
      .from(loginChallenges)
      .where(sql`${loginChallenges.linkHash} = ${hash} and ${usable()}`),
  );
  if (!found) throw over();
  return found;
}

/** Signs in by a mailed link, once. In the browser that asked for it, it is a proof as well. */
export const logInByLink = (ctx: Context, link: string, browser: LoginBrowser): Promise<string> =>
  deciding(ctx, async () => {
    const challenge = await challengeOf(ctx, link);
    const { asking } = browser;
    const isSameBrowser =
      asking?.challengeId === challenge.id && (await ctx.ports.links.hash(asking.browserSecret)) === challenge.browserHash;
    return openSession(ctx, challenge, browser, { method: "link", proved: isSameBrowser });
  });

export type CodeResult = { signedIn: true; token: string } | { signedIn: false; triesLeft: number };

/**
 * Signs in by a mailed code, once, in the browser that asked for it. A try is spent before the code is
 * looked at. Refuses with `gone` what is late, used, replaced or another browser's, and with
 * `login_throttled` once the tries of the code or of the day are spent.
 */
export async function logInByCode(ctx: Context, code: string, browser: LoginBrowser): Promise<CodeResult> {
  const { asking } = browser;
  if (!asking) throw over();
  const browserHash = await ctx.ports.links.hash(asking.browserSecret);
  const mine = sql`${loginChallenges.id} = ${asking.challengeId} and ${loginChallenges.browserHash} = ${browserHash}
    and ${usable()} and ${loginChallenges.codeExpiresAt} > ops.now()`;
  const [[tried], [known]] = await ctx.claim(
    updateOf(loginChallenges)
      .set({ tries: sql`${loginChallenges.tries} + 1` })
      .where(sql`${mine} and ${loginChallenges.tries} < ${MAX_TRIES}`)
      .returning({ ...getTableColumns(loginChallenges), candidateId: holder() }),
    select({ id: loginChallenges.id }).from(loginChallenges).where(mine),
  );
  if (!tried) throw known ? spent() : over();
  const address = tried.email.toLowerCase();
  const wait = await counted(ctx, TRIES, address, TRIES_A_DAY);
  if (wait > 0) throw tooMany(wait, "Too many codes were tried for this address. The link in the mail still works.");

  if (!isSame(await hashOfCode(ctx, tried.id, code.replaceAll(/\s/g, "")), tried.codeHash)) {
    await commit(ctx, null, { write: [], audit: { kind: "code_wrong", userId: null, candidateId: tried.candidateId }, events: [] });
    if (tried.tries >= MAX_TRIES) throw spent();
    return { signedIn: false, triesLeft: MAX_TRIES - tried.tries };
  }
  const token = await deciding(ctx, async () => {
    await ctx.read();
    return openSession(ctx, tried, browser, { method: "code", proved: true });
  });
  ctx.ports.later(ctx.ports.forgiveTry(TRIES, address).catch(() => ctx.ports.log("warn", "a good code went on counting as a try")));
  return { signedIn: true, token };
}

const spent = () => new Refusal("login_throttled", "That was the last try for this code. Please ask for a new one.");

/** Whether two hashes are the same, in a time that does not tell where they differ. */
const isSame = (one: string, other: string): boolean => {
  const utf8 = new TextEncoder();
  return one.length === other.length && crypto.subtle.timingSafeEqual(utf8.encode(one), utf8.encode(other));
};

async function openSession(
  ctx: Context,
  challenge: Challenge,
  { earlier, country }: LoginBrowser,
  { method, proved }: { method: "link" | "code"; proved: boolean },
): Promise<string> {
  if (!challenge.candidateId) throw over();
  const { token, row } = await newPortalSession(ctx, { candidateId: challenge.candidateId, method, proved, country });
  try {
    await commit(ctx, null, {
      expect: [sql`identity.guard_challenge(${challenge.id}::uuid)`],
      write: [
        updateOf(loginChallenges).set({ usedAt: ctx.now(), mailSealed: null }).where(eq(loginChallenges.id, challenge.id)) as Statement,
        ...(await endingEarlier(ctx, earlier)),
        insert(sessions, row),
      ],
      audit: signedIn(row),
      events: [],
    });
  } catch (error) {
    if (method === "code" && (error as { cause?: { code?: string } }).cause?.code === "40001") throw over();
    throw error;
  }
  return token;
}

/** Ends the session that a browser had before, if it had one: a new sign-in is a new token. */
export async function endingEarlier(ctx: Context, earlier: string | null): Promise<Statement[]> {
  if (earlier === null) return [];
  const hash = await ctx.ports.links.hash(earlier);
  return [endSessions(ctx, sql`${sessions.tokenHash} = ${hash} and ${sessions.surface} = 'portal'`, "rotated")];
}
