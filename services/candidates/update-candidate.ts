import { type SQL, sql } from "drizzle-orm";
import { candidates } from "#db/schema/ats.ts";
import { select } from "#db/statements.ts";
import { event } from "#domain/events/catalogue.ts";
import { forbidden, notFound } from "#domain/refusals.ts";
import { asItStands, commit, deciding, differing, editable, expectVersion, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { readableCandidates } from "./access.ts";
import { type Candidate, candidateNoun } from "./candidate.ts";
import { leavingPortal } from "../portal/leave.ts";
import { sessionsEnded } from "../sessions/session.ts";
import { checkCandidate } from "./check-candidate.ts";
import { candidateExists, type CandidateProfile } from "./create-candidate.ts";

/** What may change: the profile by its owner, address and verification by platform admins. */
export type CandidateChanges = CandidateProfile &
  Partial<Pick<typeof candidates.$inferInsert, "fullName" | "email" | "verificationStatus">>;

export interface CandidatePatch {
  changes: CandidateChanges;
  version?: number | undefined;
}

/** Changes a candidate: their own profile, or anybody's by a platform admin. With another address, links that went to the one before are over. */
export const updateCandidate = (ctx: Context, id: string, { changes, version }: CandidatePatch): Promise<Candidate> =>
  change(ctx, sql`${candidates.id} = ${id}`, id, changes, version);

/** Changes the caller's own record, or 404 without one. */
export const updateOwnCandidate = (ctx: Context, { changes, version }: CandidatePatch): Promise<Candidate> =>
  change(ctx, sql`${candidates.id} = (select ops.candidate_id())`, null, changes, version);

async function change(
  ctx: Context,
  where: SQL,
  id: string | null,
  asked: CandidateChanges,
  version: number | undefined,
): Promise<Candidate> {
  return deciding(
    ctx,
    async () => {
      const [[found]] = await ctx.read(
        select(candidateNoun.columns)
          .from(candidates)
          .where(sql`${where} and ${readableCandidates()}`),
      );
      if (!found && id === null) throw notFound("candidate record of yours");
      const before = editable(ctx, "candidate", id ?? "", found as Candidate | undefined);
      if (!ctx.access.isPlatformAdmin && (asked.email !== undefined || asked.verificationStatus !== undefined)) {
        throw forbidden("The address and the verification of a candidate are changed by platform admins.");
      }
      expectVersion(ctx, before, version);
      const changes = differing(before, asked);
      if (!changes) return asItStands(ctx, before);
      checkCandidate({ desiredSalaryMin: before.desiredSalaryMin, desiredSalaryMax: before.desiredSalaryMax, ...changes });

      const written = {
        ...changes,
        ...(changes.verificationStatus === undefined ? {} : { verifiedBy: ctx.userId, verifiedAt: ctx.now() }),
        ...(changes.dataSharingConsent === undefined ? {} : { dataSharingConsentAt: changes.dataSharingConsent ? ctx.now() : null }),
      };
      const after: Candidate = { ...before, ...(written as Partial<Candidate>), version: before.version + 1, updatedAt: ctx.now() };
      return commit(ctx, after, {
        expect: [unchanged(candidates, before)],
        write: [update(ctx, candidates, before.id, written), ...(changes.email === undefined ? [] : leavingPortal(ctx, before.id))],
        audit: [
          { action: "candidate.updated", subject: { type: "candidate", id: before.id }, before, after },
          ...(changes.email === undefined ? [] : [sessionsEnded({ candidateId: before.id }, "signed_out_everywhere")]),
        ],
        events: [
          event(
            "candidate.updated",
            { type: "candidate", id: before.id },
            { candidate_id: before.id, updated_fields: Object.keys(changes) },
          ),
        ],
      });
    },
    { candidates_email_key: () => candidateExists(null) },
  );
}
