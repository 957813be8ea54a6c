import { type Scope, SCOPES } from "#domain/credentials/scopes.ts";
import { forbidden, Refusal } from "#domain/refusals.ts";
import type { Context, Need } from "./context.ts";

/** Refuses a partner whose credential lacks the scope; a session passes, its rows decide (DESIGN R-14). */
export function requireScope(ctx: Context, scope: Scope): void {
  if (ctx.caller.kind === "partner" && !ctx.caller.scopes.includes(scope)) throw insufficientScope(scope);
}

/** Refuses whatever is no person's own session: nobody manages credentials with a credential. */
export function requireSession(ctx: Context): void {
  if (ctx.caller.kind === "partner") throw forbidden("This needs your own session; a key or a grant cannot do it.");
}

/** What a credential would need. @see RFC 6750 §3.1 */
export const insufficientScope = (scope: Scope): Refusal =>
  new Refusal("insufficient_scope", `This needs the scope ${scope}.`, { needed: [scope] });

/** The scope by which a key or a grant meets a need; null where no scope is asked for, or none helps. */
export const scopeOf = (need: Need): Scope | null => SCOPES.find((scope) => need === scope || need === `${scope} or session`) ?? null;
