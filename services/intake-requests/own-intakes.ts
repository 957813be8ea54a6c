import type { Context } from "../context.ts";
import { type KeysetPage, type KeysetQuery, listAfter } from "../keyset.ts";
import { getOne } from "../listing.ts";
import { requireScope } from "../scopes.ts";
import { type IntakeRequest, intakeRequestNoun } from "./intake-request.ts";

/** One page of what was handed in to the company of the account, beginning after a place; other accounts have none. */
export async function intakesAfter(ctx: Context, query: KeysetQuery): Promise<KeysetPage<IntakeRequest>> {
  requireScope(ctx, "read:roles");
  return listAfter<IntakeRequest>(ctx, intakeRequestNoun, query);
}

/** One of them, or 404. */
export async function getIntakeOf(ctx: Context, id: string): Promise<IntakeRequest> {
  requireScope(ctx, "read:roles");
  return getOne<IntakeRequest>(ctx, intakeRequestNoun, id);
}
