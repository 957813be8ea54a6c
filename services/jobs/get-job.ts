import type { Context } from "../context.ts";
import { getOne, type Included } from "../listing.ts";
import { type Job, jobNoun } from "./job.ts";

/** One job the caller may see, or 404. */
export const getJob = (ctx: Context, id: string, include: readonly string[]): Promise<Included<Job>> =>
  getOne<Job>(ctx, jobNoun, id, include);
