import { type SQL, sql } from "drizzle-orm";
import { recruiters } from "#db/schema/network.ts";
import { select } from "#db/statements.ts";
import { changeRecruiterStatus, type RecruiterStatus } from "#domain/recruiters/recruiter.ts";
import { notFound } from "#domain/refusals.ts";
import { asItStands, commit, deciding, differing, editable, expectVersion, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { readableRecruiters } from "./access.ts";
import { type RecruiterProfile, slugTaken } from "./create-recruiter.ts";
import { type Recruiter, recruiterNoun } from "./recruiter.ts";

export interface RecruiterChanges {
  profile: RecruiterProfile;
  status?: RecruiterStatus | undefined;
  version?: number | undefined;
}

/** Changes a recruiter's profile, or their status: approval and suspension by platform admins. */
export const updateRecruiter = (ctx: Context, id: string, changes: RecruiterChanges): Promise<Recruiter> =>
  change(ctx, sql`${recruiters.id} = ${id}`, id, changes);

/** Changes the caller's own record, or 404 without one. */
export const updateOwnRecruiter = (ctx: Context, changes: RecruiterChanges): Promise<Recruiter> =>
  change(ctx, sql`${recruiters.id} = (select ops.recruiter_id())`, null, changes);

async function change(ctx: Context, where: SQL, id: string | null, changes: RecruiterChanges): Promise<Recruiter> {
  return deciding(
    ctx,
    async () => {
      const [[found]] = await ctx.read(
        select(recruiterNoun.columns)
          .from(recruiters)
          .where(sql`${where} and ${readableRecruiters()}`),
      );
      if (!found && id === null) throw notFound("recruiter record of yours");
      const before = editable(ctx, "recruiter", id ?? "", found as Recruiter | undefined);
      const isSelf = before.userId === ctx.userId;
      const changed =
        changes.status === undefined || changes.status === before.status
          ? null
          : changeRecruiterStatus(before, changes.status, { isSelf, isPlatformAdmin: ctx.access.isPlatformAdmin });
      expectVersion(ctx, before, changes.version);

      const fields = { ...changes.profile, ...(changed ? { status: changed.recruiter.status } : {}) };
      if (!differing(before, fields)) return asItStands(ctx, before);
      const after: Recruiter = { ...before, ...(fields as Partial<Recruiter>), version: before.version + 1, updatedAt: ctx.now() };
      return commit(ctx, after, {
        expect: [unchanged(recruiters, before)],
        write: [update(ctx, recruiters, before.id, fields)],
        audit: {
          action: changed ? "recruiter.status_changed" : "recruiter.updated",
          subject: { type: "recruiter", id: before.id },
          before,
          after,
        },
        events: changed?.events ?? [],
      });
    },
    { recruiters_slug_unique: slugTaken },
  );
}
