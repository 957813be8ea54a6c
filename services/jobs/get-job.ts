import type { Context } from "../context.ts";
import { getOne, type Included } from "../listing.ts";
import { requireScope } from "../scopes.ts";
import { type Job, jobNoun } from "./job.ts";

/** One job the caller may see, or 404. */
export async function getJob(ctx: Context, id: string, include: readonly string[] = []): Promise<Included<Job>> {
  requireScope(ctx, "read:roles");
  return getOne<Job>(ctx, jobNoun, id, include);
}
