import { and, sql } from "drizzle-orm";
import { candidates } from "#db/schema/ats.ts";
import { users } from "#db/schema/identity.ts";
import { recruiterCandidates, recruiters } from "#db/schema/network.ts";
import { select } from "#db/statements.ts";
import { daysUntilExpiry, expireRelationship, invite } from "#domain/relationships/relationship.ts";
import { conflict, forbidden, notFound, Refusal } from "#domain/refusals.ts";
import { commit, deciding, insert, newRow, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { readableCandidates } from "../candidates/access.ts";
import { enteredCandidate } from "../candidates/create-candidate.ts";
import { requireScope } from "../scopes.ts";
import { LOST_RELATIONSHIP, relationshipChange, requireActiveRecruiter } from "./change-relationship.ts";
import type { EnrichedRelationship } from "./relationship.ts";

/** Whom to invite: a candidate the recruiter may see, or an address with a name. */
export type Invitee = { candidateId: string } | { email: string; fullName: string };

/**
 * Asks a candidate to be represented by the calling recruiter. By address the candidate is found or
 * entered, and the answer does not tell which (DESIGN R-11). The token goes out by mail only.
 */
export async function inviteCandidate(ctx: Context, invitee: Invitee): Promise<EnrichedRelationship> {
  requireScope(ctx, "write:submissions");
  return deciding(
    ctx,
    async () => {
      const byId = "candidateId" in invitee;
      const named = byId
        ? sql`${candidates.id} = ${invitee.candidateId} and ${readableCandidates()}`
        : sql`${candidates.email} = ${invitee.email}::citext`;
      const [[known], [me], [open]] = await ctx.read(
        select({
          id: candidates.id,
          version: candidates.version,
          email: candidates.email,
          userId: candidates.userId,
          deletedAt: candidates.deletedAt,
        })
          .from(candidates)
          .where(named),
        select({ name: recruiters.name, bio: recruiters.bio, status: recruiters.status, email: users.email })
          .from(recruiters)
          .innerJoin(users, sql`${users.id} = ${recruiters.userId}`)
          .where(sql`${recruiters.id} = (select ops.recruiter_id())`),
        select()
          .from(recruiterCandidates)
          .where(
            and(
              sql`${recruiterCandidates.recruiterId} = (select ops.recruiter_id()) and ${recruiterCandidates.status} in ('pending', 'active')`,
              sql`${recruiterCandidates.candidateId} in (select ${candidates.id} from ${candidates} where ${named})`,
            ),
          ),
      );
      const recruiterId = requireActiveRecruiter(ctx);
      if (!me) throw forbidden("Only recruiters invite candidates.");
      if (byId && !known) throw notFound("candidate", invitee.candidateId);
      const email = known?.email ?? (byId ? "" : invitee.email);
      if (known?.userId === ctx.userId || email.toLowerCase() === me.email.toLowerCase()) throw forbidden("You cannot represent yourself.");
      if (known?.deletedAt) throw conflict("This address cannot be invited.");

      // an invitation that ran out and was not swept yet makes room for the new one
      const lapsed = open ? expireRelationship(open, ctx.now()) : null;
      if (open && !lapsed) {
        if (open.status === "active") throw new Refusal("active_relationship_exists", "You represent this candidate already.");
        throw LOST_RELATIONSHIP.recruiter_candidates_one_open();
      }
      const fresh = known
        ? null
        : newRow(ctx, candidates, { email, fullName: "fullName" in invitee ? invitee.fullName : "", createdByUserId: ctx.userId });
      const entered = fresh ? enteredCandidate(ctx, fresh, recruiterId) : { write: [], events: [] };
      const candidateId = known?.id ?? fresh?.id ?? "";

      const id = ctx.newId();
      const tokenHash = await ctx.ports.links.hash(await ctx.ports.links.token(id, ctx.now()));
      const { relationship, events } = invite({ id, recruiterId, candidateId, tokenHash }, ctx.now());
      const row = newRow(ctx, recruiterCandidates, { ...relationship });
      const ended = open && lapsed ? relationshipChange(ctx, open, lapsed, { action: "recruiter_candidate.expired" }) : null;
      const result: EnrichedRelationship = {
        ...row,
        recruiterName: me.name,
        recruiterEmail: me.email,
        recruiterBio: me.bio,
        recruiterStatus: me.status,
        daysUntilExpiry: daysUntilExpiry(relationship, ctx.now()),
        isRecruiter: true,
        isCandidate: false,
        isAdmin: ctx.access.isPlatformAdmin,
      };
      return commit(ctx, result, {
        expect: [...(ended?.expect ?? []), ...(known ? [unchanged(candidates, known)] : [])],
        write: [
          ...(ended?.write ?? []),
          ...entered.write,
          insert(recruiterCandidates, row),
          ...(known && !ended ? [update(ctx, candidates, known.id, {})] : []),
        ],
        audit: [
          ...(ended ? [ended.audit] : []),
          { action: "recruiter_candidate.invited", subject: { type: "recruiter_candidate", id }, after: { status: row.status } },
        ],
        events: [...(ended?.events ?? []), ...entered.events, ...events],
      });
    },
    {
      ...LOST_RELATIONSHIP,
      candidates_email_key: () => conflict("Somebody else entered this address at the same time. Repeat your request."),
    },
  );
}
