import type { Context } from "../context.ts";
import { type KeysetPage, type KeysetQuery, listAfter } from "../keyset.ts";
import { getOne, type Included, listOf, type ListQuery, type Page } from "../listing.ts";
import { requireScope } from "../scopes.ts";
import { type Application, applicationNoun } from "./application.ts";

/** One page of the applications the caller may see. */
export const listApplications = (ctx: Context, query: ListQuery): Promise<Page<Application>> =>
  listOf<Application>(ctx, applicationNoun, query);

/** As `listApplications`, beginning after a place. */
export async function applicationsAfter(ctx: Context, query: KeysetQuery): Promise<KeysetPage<Application>> {
  requireScope(ctx, "read:candidates");
  return listAfter<Application>(ctx, applicationNoun, query);
}

/** One application the caller may see, or 404. */
export async function getApplication(ctx: Context, id: string, include: readonly string[] = []): Promise<Included<Application>> {
  requireScope(ctx, "read:candidates");
  return getOne<Application>(ctx, applicationNoun, id, include);
}
