import { forbidden } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Page } from "../listing.ts";
import { type Organization, organizationNoun } from "./organization.ts";

/** One page of the organizations the caller belongs to, all for platform admins. Candidates never read any: 403. */
export async function listOrganizations(ctx: Context, query: ListQuery): Promise<Page<Organization>> {
  const page = await listOf<Organization>(ctx, organizationNoun, query);
  if (ctx.access.roles.every((name) => name === "candidate")) throw forbidden("Organizations are shown to their members.");
  return page;
}

/** One organization the caller may see, or 404. */
export const getOrganization = (ctx: Context, id: string, include: readonly string[]): Promise<Included<Organization>> =>
  getOne<Organization>(ctx, organizationNoun, id, include);
