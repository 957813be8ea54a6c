import { forbidden } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Page } from "../listing.ts";
import { type Membership, membershipNoun } from "./membership.ts";

/** One page of the memberships the caller may see. Candidates never read any: 403. */
export async function listMemberships(ctx: Context, query: ListQuery): Promise<Page<Membership>> {
  const page = await listOf<Membership>(ctx, membershipNoun, query);
  if (ctx.access.roles.every((name) => name === "candidate")) throw forbidden("Memberships are shown to members of organizations.");
  return page;
}

/** One membership the caller may see, or 404. */
export const getMembership = (ctx: Context, id: string, include: readonly string[]): Promise<Included<Membership>> =>
  getOne<Membership>(ctx, membershipNoun, id, include);
