import { eq, sql } from "drizzle-orm";
import { sessions, ssoTransactions, users } from "#db/schema/identity.ts";
import { select, updateOf } from "#db/statements.ts";
import { type Change, commit, databaseRefusal, insert } from "../commit.ts";
import type { Context } from "../context.ts";
import type { SignInFacts } from "../ports.ts";
import { adoptSubject } from "../users/adopt-subject.ts";
import { asSystem } from "../users/register-subject.ts";
import { endSessions, newSession, signedIn } from "./session.ts";

/** Why somebody is not signed in. */
export type SignInFailure =
  /** no such transaction, or used, or too late, or begun in another browser */
  | "start_again"
  /** the provider did not answer */
  | "unreachable"
  /** the person or the provider called it off */
  | "called_off"
  /** a check of IDENTITY §8 failed */
  | "not_accepted"
  | "no_email"
  | "email_unverified"
  | "address_taken"
  | "deactivated";

export type SignInResult = { signedIn: true; token: string; returnTo: string } | { signedIn: false; because: SignInFailure };

export interface Callback {
  /** What came with the callback. */
  answer: URLSearchParams;
  /** The callback's own address, without what came with it. */
  redirectUri: string;
  browserSecret: string | null;
  country: string | null;
}

/**
 * Completes a sign-in by the checks of IDENTITY §8 in their order: takes the transaction, whatever
 * comes of it, lets the provider's answer be verified, and opens a session for the person behind it,
 * whom a verified address makes or links. A session the browser had before ends with that.
 */
export async function completeSignIn(ctx: Context, { answer, redirectUri, browserSecret, country }: Callback): Promise<SignInResult> {
  const one = (name: string) => (answer.getAll(name).length === 1 ? answer.get(name) : null);
  const state = one("state");
  if (!state || Number(answer.getAll("code").length) + answer.getAll("error").length !== 1) return failed("start_again");

  const taken = await take(ctx, state);
  if (!taken || !browserSecret || (await ctx.ports.links.hash(browserSecret)) !== taken.browserHash) return failed("start_again");

  const provider = await ctx.ports.signIn();
  const outcome = await provider.complete(answer, {
    redirectUri,
    state,
    nonce: taken.nonce,
    verifier: (await ctx.ports.seal.open(taken.verifier, state)) ?? "",
    ageSeconds: (ctx.now().getTime() - taken.createdAt.getTime()) / 1_000,
  });
  if (outcome.kind === "unreachable") return failed("unreachable");
  if (outcome.kind === "called_off") return refused(ctx, country, "called_off", outcome.error);
  if (outcome.kind === "refused") return refused(ctx, country, "not_accepted", `check ${outcome.check}: ${outcome.reason}`);

  const admission = await admit(ctx, outcome.facts, country);
  return admission.signedIn ? { ...admission, returnTo: taken.returnTo } : refused(ctx, country, admission.because);
}

const failed = (because: SignInFailure) => ({ signedIn: false, because }) as const;

async function refused(ctx: Context, country: string | null, because: SignInFailure, reason: string = because): Promise<SignInResult> {
  await commit(asSystem(ctx), null, {
    write: [],
    audit: { kind: "sign_in_refused", method: "clerk", reason, country },
    events: [],
  });
  return failed(because);
}

/** The transaction of a state, for whoever comes first and in time. */
async function take(ctx: Context, state: string): Promise<typeof ssoTransactions.$inferSelect | undefined> {
  const stateHash = await ctx.ports.links.hash(state);
  const [[taken]] = await ctx.claim(
    updateOf(ssoTransactions)
      .set({ usedAt: sql`ops.now()` })
      .where(
        sql`${ssoTransactions.stateHash} = ${stateHash} and ${ssoTransactions.usedAt} is null and ${ssoTransactions.expiresAt} > ops.now()`,
      )
      .returning(),
  );
  return taken;
}

/** Who comes in with what the provider vouched for. Two first sign-ins at once make one person: the later one decides again. */
async function admit(browser: Context, facts: SignInFacts, country: string | null) {
  const email = facts.email?.trim().toLowerCase();
  if (!email) return failed("no_email");
  if (!facts.emailVerified) return failed("email_unverified");
  const ctx = asSystem(browser);
  for (let round = 1; ; round++) {
    const [[known], [holder]] = await ctx.read(
      select({ id: users.id, status: users.status, deletedAt: users.deletedAt }).from(users).where(eq(users.clerkUserId, facts.subject)),
      select({ id: users.id, version: users.version, clerkUserId: users.clerkUserId })
        .from(users)
        .where(sql`${users.email} = ${email}::citext and ${users.status} = 'active'`),
    );
    if (known && (known.status !== "active" || known.deletedAt)) return failed("deactivated");
    if (!known && holder?.clerkUserId) return failed("address_taken");
    const { userId, change } = known
      ? { userId: known.id, change: NO_CHANGE }
      : adoptSubject(ctx, { subject: facts.subject, email, name: facts.name ?? "" }, holder);
    try {
      return { signedIn: true, token: await openSession(ctx, browser, { userId, sid: facts.sid, country }, change) } as const;
    } catch (error) {
      if (round > 1 || !["23505", "40001"].includes(databaseRefusal(error)?.code ?? "")) throw error;
    }
  }
}

const NO_CHANGE: Change = { write: [], audit: [], events: [] };

async function openSession(
  ctx: Context,
  browser: Context,
  { userId, sid, country }: { userId: string; sid: string | null; country: string | null },
  change: Change,
): Promise<string> {
  const { token, row } = await newSession(ctx, { userId, method: "clerk", issuerSid: sid, country });
  const before = browser.session;
  return commit(ctx, token, {
    expect: change.expect ?? [],
    write: [...change.write, insert(sessions, row), ...(before ? [endSessions(ctx, eq(sessions.id, before.id), "rotated")] : [])],
    audit: [change.audit, signedIn(row)].flat(),
    events: change.events,
  });
}
