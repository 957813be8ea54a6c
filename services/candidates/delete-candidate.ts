import { sql } from "drizzle-orm";
import { candidateRoleAssignments as deals, candidates } from "#db/schema/ats.ts";
import { computed, select } from "#db/statements.ts";
import { conflict, forbidden } from "#domain/refusals.ts";
import { commit, deciding, expectVersion, readable, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { readableCandidates } from "./access.ts";

/**
 * Takes a candidate out of sight: a platform admin, once no deal is live; or whoever entered them, while
 * the person has not claimed the record, nobody else is tied to them and there never was a deal. The row
 * stays for the deals that name it.
 */
export async function deleteCandidate(ctx: Context, id: string): Promise<{ id: string }> {
  return deciding(ctx, async () => {
    const [[found]] = await ctx.read(
      select({
        id: candidates.id,
        version: candidates.version,
        createdByUserId: candidates.createdByUserId,
        userId: candidates.userId,
        hasTies: computed<boolean>("has_ties", sql`ats.candidate_has_ties(${candidates.id}, (select ops.recruiter_id()))`),
        hasDeals: computed<boolean>("has_deals", sql`exists (select 1 from ${deals} where ${deals.candidateId} = ${candidates.id})`),
        hasLiveDeals: computed<boolean>(
          "has_live_deals",
          sql`exists (select 1 from ${deals} where ${deals.candidateId} = ${candidates.id} and ats.is_live(${deals.state}))`,
        ),
      })
        .from(candidates)
        .where(sql`${candidates.id} = ${id} and ${readableCandidates()}`),
    );
    const candidate = readable("candidate", id, found);
    const { isPlatformAdmin } = ctx.access;
    const isOwn = candidate.createdByUserId === ctx.userId && candidate.userId === null;
    if (!isOwn && !isPlatformAdmin)
      throw forbidden("Only who entered a candidate nobody has claimed, or a platform admin, may remove them.");
    if (!isOwn) ctx.override();
    expectVersion(ctx, candidate);
    if (candidate.hasLiveDeals || (candidate.hasDeals && !isPlatformAdmin))
      throw conflict("This candidate has deals.", { reason: "has_deals" });
    if (candidate.hasTies && !isPlatformAdmin)
      throw conflict("Somebody else represents this candidate, or they have begun an application.", { reason: "has_ties" });
    return commit(
      ctx,
      { id },
      {
        expect: [
          unchanged(candidates, candidate),
          sql`ats.guard_candidate_use(${id}::uuid, ${candidate.hasDeals}, ${candidate.hasLiveDeals}, ${candidate.hasTies}, ${ctx.access.recruiterId}::uuid)`,
        ],
        write: [update(ctx, candidates, id, { deletedAt: ctx.now() })],
        audit: { action: "candidate.deleted", subject: { type: "candidate", id }, before: candidate, after: null },
        events: [],
      },
    );
  });
}
