import { Refusal } from "#domain/refusals.ts";
import { type Context, Replayed, SecretGone } from "#services/context.ts";
import { isOfAccess } from "../api/problems.ts";
import { contextWithinAccount, type PageContext } from "./context.ts";

/**
 * Does what a form asks for once, within the account. Whoever sends the same form again, by a reload or a
 * second click, is told for ten minutes what it did, and later refused (DESIGN R-18).
 *
 * @param run - the verb
 * @param show - what the page tells of its result; kept sealed, since it may hold a secret
 */
export async function once<Result, Shown extends Record<string, string | null>>(
  c: PageContext,
  run: (ctx: Context) => Promise<Result>,
  show: (result: Result) => Shown,
): Promise<Shown> {
  const present = (result: Result) => ({ status: 200, headers: {}, body: JSON.stringify(show(result)), secret: true });
  const ctx = await contextWithinAccount(c, present);
  try {
    return show(await repeating(ctx, run));
  } catch (error) {
    if (error instanceof Replayed) return JSON.parse(error.reply.body) as Shown;
    throw error;
  }
}

/** A verb that refuses what was done already is answered by what was done. */
async function repeating<Result>(ctx: Context, run: (ctx: Context) => Promise<Result>): Promise<Result> {
  try {
    return await run(ctx);
  } catch (error) {
    if (error instanceof Refusal && !(error instanceof SecretGone) && !isOfAccess(error)) ctx.repeat();
    throw error;
  }
}
