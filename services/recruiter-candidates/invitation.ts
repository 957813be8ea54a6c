import { sql } from "drizzle-orm";
import { candidates } from "#db/schema/ats.ts";
import { users } from "#db/schema/identity.ts";
import { candidateSourcers, recruiterCandidates } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import {
  acceptInvitation as accept,
  declineInvitation as decline,
  expireRelationship,
  openInvitation,
} from "#domain/relationships/relationship.ts";
import { forbidden, notFound, Refusal } from "#domain/refusals.ts";
import { commit, deciding, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { sourcerRow } from "../candidates/create-candidate.ts";
import { asSystem } from "../users/register-subject.ts";
import { enriched, LOST_RELATIONSHIP, relationshipChange } from "./change-relationship.ts";
import { type EnrichedRelationship, relationshipNoun } from "./relationship.ts";

/** What whoever holds the token may know. */
export type Invitation = EnrichedRelationship & { candidateName: string };

/** The invitation a token opens: 404 unknown, 410 expired or cancelled, 409 answered (DOMAIN §3.3). */
export async function getInvitation(ctx: Context, token: string): Promise<Invitation> {
  return expiring(ctx, token, async () => {
    const { invitation } = await readInvitation(ctx, token);
    openInvitation(invitation, ctx.now());
    return invitation;
  });
}

/**
 * The candidate consents. The token alone is enough; who is signed in besides must be the candidate,
 * and is linked to the record. Without a sourcer the recruiter becomes it (D-10).
 */
export async function acceptInvitation(ctx: Context, token: string): Promise<Invitation> {
  return expiring(ctx, token, () =>
    deciding(
      ctx,
      async () => {
        const { invitation, candidate, other } = await readInvitation(ctx, token);
        requireCandidate(ctx, candidate);
        const lapsed = other ? expireRelationship(other, ctx.now()) : null;
        const origin = { ipAddress: ctx.request.ip, userAgent: ctx.request.userAgent };
        const change = accept(invitation, { ...origin, representedByOther: other !== null && lapsed === null }, ctx.now());
        const ended = other && lapsed ? relationshipChange(ctx, other, lapsed, { action: "recruiter_candidate.expired" }) : null;
        const accepted = relationshipChange(ctx, invitation, change, { action: "recruiter_candidate.consent_given" });
        const sourcer = candidate.sourced ? null : sourcerRow(ctx, candidate.id, invitation.recruiterId);
        const linked =
          ctx.access.userId && !candidate.userId && !ctx.access.candidateId
            ? [update(ctx, candidates, candidate.id, { userId: ctx.access.userId })]
            : [];
        return commit(
          ctx,
          { ...enriched(ctx, invitation, change), candidateName: invitation.candidateName },
          {
            expect: [unchanged(candidates, candidate), ...(ended?.expect ?? []), ...accepted.expect],
            write: [...(ended?.write ?? []), ...accepted.write, ...(sourcer ? [sourcer.write] : []), ...linked],
            audit: [
              ...(ended ? [ended.audit] : []),
              accepted.audit,
              ...(linked.length > 0 ? [{ action: "candidate.linked", subject: { type: "candidate", id: candidate.id } }] : []),
            ],
            events: [...(ended?.events ?? []), ...accepted.events, ...(sourcer ? [sourcer.event] : [])],
          },
        );
      },
      LOST_RELATIONSHIP,
    ),
  );
}

/** The candidate does not want to be represented. */
export async function declineInvitation(ctx: Context, token: string, reason: string | null): Promise<Invitation> {
  return expiring(ctx, token, () =>
    deciding(ctx, async () => {
      const { invitation, candidate } = await readInvitation(ctx, token);
      requireCandidate(ctx, candidate);
      const change = decline(invitation, { ipAddress: ctx.request.ip, userAgent: ctx.request.userAgent, reason }, ctx.now());
      const declined = relationshipChange(ctx, invitation, change, { action: "recruiter_candidate.consent_declined" });
      return commit(ctx, { ...enriched(ctx, invitation, change), candidateName: invitation.candidateName }, declined);
    }),
  );
}

interface InvitedCandidate {
  id: string;
  version: number;
  email: string;
  userId: string | null;
  sourced: boolean;
  callerEmail: string | null;
}

async function readInvitation(ctx: Context, token: string) {
  const hash = await ctx.ports.links.hash(token);
  const candidateId = sql`(select ${recruiterCandidates.candidateId} from ${recruiterCandidates} where ${recruiterCandidates.invitationTokenHash} = ${hash})`;
  const [[invitation], [candidate], [other]] = await ctx.read(
    select({
      ...relationshipNoun.columns,
      candidateName: computed<string>(
        "candidate_name",
        sql`(select c.full_name from ${candidates} c where c.id = ${recruiterCandidates.candidateId})`,
      ),
    })
      .from(recruiterCandidates)
      .where(sql`${recruiterCandidates.invitationTokenHash} = ${hash}`),
    select({
      id: candidates.id,
      version: candidates.version,
      email: candidates.email,
      userId: candidates.userId,
      sourced: computed<boolean>(
        "sourced",
        sql`exists (select 1 from ${candidateSourcers} where ${candidateSourcers.candidateId} = ${candidates.id})`,
      ),
      callerEmail: computed<string | null>(
        "caller_email",
        sql`(select ${users.email}::text from ${users} where ${users.id} = (select ops.user_id()))`,
      ),
    })
      .from(candidates)
      .where(sql`${candidates.id} = ${candidateId} and ${candidates.deletedAt} is null`),
    select()
      .from(recruiterCandidates)
      .where(
        sql`${recruiterCandidates.candidateId} = ${candidateId} and ${recruiterCandidates.status} = 'active' and ${recruiterCandidates.invitationTokenHash} is distinct from ${hash}`,
      ),
  );
  if (!invitation || !candidate) throw notFound("invitation");
  return { invitation: invitation as unknown as Invitation, candidate: candidate as InvitedCandidate, other: other ?? null };
}

/** Whoever is signed in must be the one who was invited: the session's verified address tells (DESIGN R-11). */
function requireCandidate(ctx: Context, candidate: InvitedCandidate): void {
  if (ctx.caller.kind !== "session" || (candidate.userId !== null && candidate.userId === ctx.access.userId)) return;
  const addresses = [ctx.caller.verifiedEmail, candidate.callerEmail].map((address) => address?.toLowerCase());
  if (candidate.userId !== null || !addresses.includes(candidate.email.toLowerCase())) {
    throw forbidden("You are signed in as somebody else than the invited person. Sign out, or sign in with the invited address.");
  }
}

/** Runs what a token asks for. A token whose time is over also brings its row to an end, whoever used it. */
async function expiring<Result>(ctx: Context, token: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Refusal && error.code === "gone") await expireInvitation(asSystem(ctx), token);
    throw error;
  }
}

async function expireInvitation(ctx: Context, token: string): Promise<void> {
  const hash = await ctx.ports.links.hash(token);
  await deciding(ctx, async () => {
    const [[invitation]] = await ctx.read(
      select()
        .from(recruiterCandidates)
        .where(sql`${recruiterCandidates.invitationTokenHash} = ${hash}`),
    );
    const lapsed = invitation ? expireRelationship(invitation, ctx.now()) : null;
    if (invitation && lapsed)
      await commit(ctx, null, relationshipChange(ctx, invitation, lapsed, { action: "recruiter_candidate.expired" }));
  });
}
