import { Refusal } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import { type KeysetPage, type KeysetQuery, listAfter } from "../keyset.ts";
import { requireScope } from "../scopes.ts";
import { listOf, type ListQuery, type Page } from "../listing.ts";
import { type Job, jobNoun } from "./job.ts";

/** One page of the jobs the caller may see. A recruiter who is not active sees none: 403. */
export async function listJobs(ctx: Context, query: ListQuery): Promise<Page<Job>> {
  const page = await listOf<Job>(ctx, jobNoun, query);
  requireDiscovery(ctx);
  return page;
}

/** As `listJobs`, beginning after a place. */
export async function jobsAfter(ctx: Context, query: KeysetQuery): Promise<KeysetPage<Job>> {
  requireScope(ctx, "read:roles");
  const page = await listAfter<Job>(ctx, jobNoun, query);
  requireDiscovery(ctx);
  return page;
}

/** Discovery is for active recruiters; other roles of the same person keep their own sight. */
function requireDiscovery(ctx: Context): void {
  const { recruiterStatus, roles } = ctx.access;
  if (recruiterStatus && recruiterStatus !== "active" && roles.every((name) => name === "recruiter")) {
    throw new Refusal("recruiter_not_active", `Your recruiter account is ${recruiterStatus}; jobs are shown to active recruiters.`);
  }
}
