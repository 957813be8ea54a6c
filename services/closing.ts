import { commit, type Guard } from "./commit.ts";
import type { Context, Statement } from "./context.ts";

/**
 * What ends the work that an effect came from: an operation is done, or an event processed. The verb
 * that makes the effect commits it with its own guards (these last) and statements; without an effect
 * it is committed alone.
 */
export interface Closing {
  expect: readonly Guard[];
  write: readonly Statement[];
}

/** For a verb that nothing outside asked for. */
export const NO_CLOSING: Closing = { expect: [], write: [] };

/** Ends the work without any effect. */
export const close = (ctx: Context, { expect, write }: Closing): Promise<null> =>
  commit(ctx, null, { expect, write, audit: [], events: [] });
