import { sql } from "drizzle-orm";
import { candidates } from "#db/schema/ats.ts";
import { recruiterCandidates } from "#db/schema/network.ts";
import { select } from "#db/statements.ts";
import {
  daysUntilExpiry,
  type RelationshipActor,
  type RelationshipChange,
  type RelationshipSide,
} from "#domain/relationships/relationship.ts";
import { conflict, Refusal } from "#domain/refusals.ts";
import { type Change, commit, deciding, expectVersion, type Guard, readable, unchanged, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { readableRelationships } from "./access.ts";
import { type EnrichedRelationship, relationshipNoun, type RelationshipRow } from "./relationship.ts";

/** A candidate has one active relationship, and one open one with each recruiter: the first wins. */
export const LOST_RELATIONSHIP = {
  recruiter_candidates_one_active: () => new Refusal("active_relationship_exists", "The candidate is represented by a recruiter."),
  recruiter_candidates_one_open: () => conflict("You have an open invitation of this candidate already.", { reason: "open_invitation" }),
};

export interface RelationshipVerb {
  action: string;
  reason?: string | null | undefined;
  version?: number | undefined;
}

type Extra = Pick<Change, "write" | "events"> & { expect?: readonly Guard[]; audit?: Change["audit"] };

/** What else a verb changes with the relationship, on rows that are read in the same trip. */
interface More {
  read: readonly Statement[];
  change: (relationship: EnrichedRelationship, found: readonly unknown[]) => Extra;
}

/** Reads a relationship the caller may see, lets `decide` judge it, and commits what follows. */
export async function changeRelationship(
  ctx: Context,
  id: string,
  verb: RelationshipVerb,
  decide: (relationship: EnrichedRelationship, actor: RelationshipActor) => RelationshipChange | Promise<RelationshipChange>,
  more?: More,
): Promise<EnrichedRelationship> {
  return deciding(
    ctx,
    async () => {
      const [[found], ...rest] = (await ctx.read(
        select(relationshipNoun.columns)
          .from(recruiterCandidates)
          .where(sql`${recruiterCandidates.id} = ${id} and ${readableRelationships()}`) as Statement,
        ...(more?.read ?? []),
      )) as unknown as readonly [[EnrichedRelationship?], ...unknown[]];
      const before = readable<EnrichedRelationship>("recruiter-candidate relationship", id, found);
      const change = await decide(before, actorOf(ctx, before));
      expectVersion(ctx, before, verb.version);
      const extra: Extra = more ? more.change(before, rest) : { write: [], events: [] };
      const parts = relationshipChange(ctx, before, change, verb);
      return commit(ctx, enriched(ctx, before, change), {
        expect: [...parts.expect, ...(extra.expect ?? [])],
        write: [...parts.write, ...extra.write],
        audit: [parts.audit, ...[extra.audit ?? []].flat()],
        events: [...parts.events, ...extra.events],
      });
    },
    LOST_RELATIONSHIP,
  );
}

/**
 * The guard, rows, audit and events of a decided relationship. The candidate's version rises with
 * it, so that a submission which rested on the old relationship is decided again (DESIGN R-3).
 */
export function relationshipChange(
  ctx: Context,
  before: RelationshipRow,
  { relationship, events, actedAs }: RelationshipChange,
  verb: RelationshipVerb,
) {
  const { id, ...fields } = relationship;
  if (actedAs === "platform_admin") ctx.override();
  return {
    expect: [unchanged(recruiterCandidates, before)],
    write: [update(ctx, recruiterCandidates, id, columnsOf(fields)), update(ctx, candidates, relationship.candidateId, {})],
    audit: {
      action: verb.action,
      subject: { type: "recruiter_candidate", id },
      before: { status: before.status, relationshipEndDate: before.relationshipEndDate },
      after: { status: relationship.status, relationshipEndDate: relationship.relationshipEndDate },
      reason: verb.reason ?? null,
    },
    events,
  };
}

/** The decided fields alone: what a row knows besides is not the decision's to write. */
function columnsOf(fields: Omit<RelationshipChange["relationship"], "id">): Partial<RelationshipRow> {
  return {
    status: fields.status,
    invitationTokenHash: fields.invitationTokenHash,
    invitedAt: fields.invitedAt,
    invitationExpiresAt: fields.invitationExpiresAt,
    consentGiven: fields.consentGiven,
    consentGivenAt: fields.consentGivenAt,
    consentIpAddress: fields.consentIpAddress,
    consentUserAgent: fields.consentUserAgent,
    declinedAt: fields.declinedAt,
    declinedReason: fields.declinedReason,
    relationshipStartDate: fields.relationshipStartDate,
    relationshipEndDate: fields.relationshipEndDate,
    renewalRequestedBy: fields.renewalRequestedBy,
    renewalRequestedAt: fields.renewalRequestedAt,
    terminationReason: fields.terminationReason,
    terminatedBy: fields.terminatedBy,
  };
}

/** The relationship as it stands after the change. */
export const enriched = (ctx: Context, before: EnrichedRelationship, { relationship }: RelationshipChange): EnrichedRelationship => ({
  ...before,
  ...columnsOf(relationship),
  daysUntilExpiry: daysUntilExpiry(relationship, ctx.now()),
  version: before.version + 1,
  updatedAt: ctx.now(),
});

function actorOf(ctx: Context, { isRecruiter, isCandidate, isAdmin }: EnrichedRelationship): RelationshipActor {
  const sides = new Set<RelationshipSide>();
  if (isRecruiter) sides.add("recruiter");
  if (isCandidate) sides.add("candidate");
  if (isAdmin) sides.add("platform_admin");
  return { userId: ctx.userId, sides };
}

/** Who invites or asks for another year must be at work; ending what there is needs no such thing. */
export function requireActiveRecruiter(ctx: Context): string {
  const { recruiterId, recruiterStatus } = ctx.access;
  if (!recruiterId) throw new Refusal("forbidden", "Only recruiters invite candidates.");
  if (recruiterStatus !== "active")
    throw new Refusal("recruiter_not_active", `Your recruiter account is ${recruiterStatus}; only active recruiters invite candidates.`);
  return recruiterId;
}
