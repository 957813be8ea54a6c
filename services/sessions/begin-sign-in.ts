import { sql } from "drizzle-orm";
import { ssoTransactions } from "#db/schema/identity.ts";
import { insertInto } from "#db/statements.ts";
import { toBase64Url } from "#domain/bytes.ts";
import { addressBlock } from "#domain/credentials/record.ts";
import { returnPath } from "#domain/identity/session.ts";
import { Refusal } from "#domain/refusals.ts";
import type { Context } from "../context.ts";

const SECRET_BYTES = 32;
/** A sign-in that takes longer begins again. */
const TRANSACTION_MINUTES = 10;

export interface SignInWish {
  /** The address that was typed; the provider may offer it. */
  loginHint: string;
  returnTo: string | null;
  redirectUri: string;
  /** The secret of this browser, which the callback must show again. */
  browserSecret: string;
}

/** From one address so many sign-ins may begin (IDENTITY §17.2). */
const STARTS = [{ most: 30, withinSeconds: 600 }];

/** Counts the beginning of a sign-in against the address it comes from. */
async function requirePatience({ ports, request }: Context): Promise<void> {
  const wait = await ports.loginTries("sign-in", addressBlock(request.ip ?? "unknown"), STARTS).catch(() => {
    throw new Refusal("service_unavailable", "Sign-ins cannot begin for the moment. Try again in a second.");
  });
  if (wait === 0) return;
  const minutes = Math.ceil(wait / 60);
  throw new Refusal(
    "login_throttled",
    `Too many sign-ins were begun from your network. Try again in ${minutes === 1 ? "a minute" : `${minutes} minutes`}.`,
    { retry_after: wait },
  );
}

/**
 * Begins a sign-in with the session issuer: a transaction of one use, bound to the browser. Asks
 * nothing about the person, so that nobody learns who is known here. Refuses the 31st from one address
 * within ten minutes (429 `login_throttled`).
 *
 * @returns where the browser goes next
 */
export async function beginSignIn(ctx: Context, { loginHint, returnTo, redirectUri, browserSecret }: SignInWish): Promise<string> {
  await requirePatience(ctx);
  const random = () => toBase64Url(ctx.ports.randomBytes(SECRET_BYTES));
  const [state, nonce, verifier] = [random(), random(), random()];
  const there = await (await ctx.ports.signIn()).begin({ redirectUri, state, nonce, verifier, loginHint });
  await ctx.claim(
    insertInto(ssoTransactions).values({
      stateHash: await ctx.ports.links.hash(state),
      nonce,
      verifier: await ctx.ports.seal.seal(verifier, state),
      browserHash: await ctx.ports.links.hash(browserSecret),
      returnTo: returnPath(returnTo),
      expiresAt: sql`ops.now() + make_interval(mins => ${TRANSACTION_MINUTES})`,
    }),
  );
  return there;
}

/** A secret for a browser that has none yet. */
export const newBrowserSecret = (ctx: Context): string => toBase64Url(ctx.ports.randomBytes(SECRET_BYTES));
