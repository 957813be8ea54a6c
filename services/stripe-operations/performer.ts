import type { Closing } from "../closing.ts";
import type { Context } from "../context.ts";
import type { Held } from "./held.ts";
import type { OperationKind } from "./operation.ts";

/** What came of performing an operation. */
export type Performed =
  | {
      /** What Stripe made; null when there was nothing to make. */
      objectId: string | null;
      /** Commits the effect with `closing`; without one the operation is just done. */
      conclude?: (ctx: Context, closing: Closing) => Promise<unknown>;
    }
  /** Something else has to be there first; nothing was sent. */
  | { waitsFor: string; minutes: number };

/** How one kind of operation is done. */
export interface Performer<K extends OperationKind> {
  /**
   * Looks up what is there when `held.mustLookUp`, and makes what is not, each call under `held.key()`.
   * Errors of calls are left to the runner.
   */
  perform(held: Held<K>): Promise<Performed>;
  /** The first refusal is final: what is refused goes another way. */
  once?: true;
  /** Commits what giving up means, with `closing`. */
  givenUp?: (held: Held<K>, reason: string, closing: Closing) => Promise<unknown>;
}
