import { sql } from "drizzle-orm";
import { candidates } from "#db/schema/ats.ts";
import { users } from "#db/schema/identity.ts";
import { candidateSourcers } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import { type DomainEvent, event } from "#domain/events/catalogue.ts";
import { conflict, forbidden, Refusal } from "#domain/refusals.ts";
import { commit, deciding, insert, newRow, unchanged, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { readableCandidates } from "./access.ts";
import { type Candidate, candidateNoun } from "./candidate.ts";
import { checkCandidate } from "./check-candidate.ts";

/** What may be said of a person when they are first entered. */
export type CandidateFields = Pick<typeof candidates.$inferInsert, "email" | "fullName"> & CandidateProfile;

/** What a candidate tells of themselves. */
export type CandidateProfile = Partial<
  Pick<
    typeof candidates.$inferInsert,
    | "phone"
    | "location"
    | "linkedinUrl"
    | "githubUrl"
    | "portfolioUrl"
    | "currentTitle"
    | "currentCompany"
    | "bio"
    | "skills"
    | "marketplaceVisibility"
    | "showEmail"
    | "showPhone"
    | "showLocation"
    | "showCurrentCompany"
    | "showSalaryExpectations"
    | "desiredSalaryMin"
    | "desiredSalaryMax"
    | "desiredJobType"
    | "openToRemote"
    | "openToRelocation"
    | "availability"
    | "dataSharingConsent"
  >
>;

/**
 * Enters a candidate: a recruiter somebody they bring, whose sourcer they become (D-10); a platform
 * admin anybody; a person themselves, under their own address. A known address is refused with
 * `candidate_exists`, which names the candidate only to whoever may see them (D-9).
 */
export async function createCandidate(ctx: Context, fields: CandidateFields): Promise<Candidate> {
  return deciding(
    ctx,
    async () => {
      const [[known], [me]] = await ctx.read(
        select({
          ...candidateNoun.columns,
          visible: computed<boolean>("visible", sql`coalesce(${readableCandidates()}, false)`),
        })
          .from(candidates)
          .where(sql`${candidates.email} = ${fields.email}::citext`),
        select({ email: users.email })
          .from(users)
          .where(sql`${users.id} = (select ops.user_id())`),
      );
      const self = me?.email.toLowerCase() === fields.email.toLowerCase();
      const sourcerId = self ? null : requireMayEnter(ctx);
      checkCandidate(fields);
      if (self && ctx.access.candidateId) throw conflict("You have a candidate record already.", { candidate_id: ctx.access.candidateId });
      if (known && self && !known.userId && !known.deletedAt) return claimCandidate(ctx, known, fields);
      if (known) throw candidateExists(known.visible ? known.id : null);

      const row = newRow(ctx, candidates, {
        // what is shown of a person to strangers is their own to say
        ...(self || ctx.access.isPlatformAdmin ? fields : withoutWishes(fields)),
        userId: self ? ctx.userId : null,
        createdByUserId: ctx.userId,
        dataSharingConsent: self && fields.dataSharingConsent === true,
        dataSharingConsentAt: self && fields.dataSharingConsent === true ? ctx.now() : null,
      });
      const entered = enteredCandidate(ctx, row, sourcerId);
      const { isPlatformAdmin } = ctx.access;
      const full = self || isPlatformAdmin;
      const candidate: Candidate = {
        ...row,
        editable: self ? "own" : isPlatformAdmin ? "override" : null,
        whole: full,
        contactVisible: full,
        known: true,
        listed: row.marketplaceVisibility === "public" && sourcerId !== null,
        seenByAdmin: isPlatformAdmin,
      };
      return commit(ctx, candidate, {
        write: entered.write,
        audit: { action: "candidate.created", subject: { type: "candidate", id: row.id }, after: row },
        events: entered.events,
      });
    },
    { candidates_email_key: () => candidateExists(null), candidates_user_id_key: () => conflict("You have a candidate record already.") },
  );
}

function withoutWishes(fields: CandidateFields): CandidateFields {
  const { marketplaceVisibility, showEmail, showPhone, showLocation, showCurrentCompany, showSalaryExpectations, ...rest } = fields;
  return rest;
}

/** A person whose verified address is that of a record nobody has claimed makes it theirs. */
async function claimCandidate(ctx: Context, before: Candidate, fields: CandidateFields): Promise<Candidate> {
  const { id } = before;
  const claimed = {
    ...fields,
    userId: ctx.userId,
    dataSharingConsentAt: fields.dataSharingConsent ? ctx.now() : before.dataSharingConsentAt,
  };
  const after: Candidate = {
    ...before,
    ...(claimed as Partial<Candidate>),
    editable: "own",
    whole: true,
    contactVisible: true,
    known: true,
    version: before.version + 1,
    updatedAt: ctx.now(),
  };
  return commit(ctx, after, {
    expect: [unchanged(candidates, before)],
    write: [update(ctx, candidates, id, claimed)],
    audit: { action: "candidate.claimed", subject: { type: "candidate", id }, before, after },
    events: [event("candidate.updated", { type: "candidate", id }, { candidate_id: id, updated_fields: Object.keys(fields) })],
  });
}

/** The rows and events of a new candidate; the recruiter who brings them is their sourcer for good. */
export function enteredCandidate(
  ctx: Context,
  row: typeof candidates.$inferSelect,
  sourcerId: string | null,
): { write: Statement[]; events: DomainEvent[] } {
  const subject = { type: "candidate", id: row.id };
  const created = event("candidate.created", subject, { candidate_id: row.id, created_by: ctx.userId });
  if (!sourcerId) return { write: [insert(candidates, row)], events: [created] };
  const sourcer = sourcerRow(ctx, row.id, sourcerId);
  return { write: [insert(candidates, row), sourcer.write], events: [created, sourcer.event] };
}

/** Makes a recruiter the sourcer of a candidate who has none. */
export function sourcerRow(ctx: Context, candidateId: string, recruiterId: string): { write: Statement; event: DomainEvent } {
  const row = newRow(ctx, candidateSourcers, { candidateId, sourcerRecruiterId: recruiterId, sourcedAt: ctx.now() });
  return {
    write: insert(candidateSourcers, row),
    event: event(
      "candidate.sourced",
      { type: "candidate", id: candidateId },
      { candidate_id: candidateId, sourcer_recruiter_id: recruiterId, sourced_at: row.sourcedAt.toISOString() },
    ),
  };
}

/** Who may enter somebody else; gives the recruiter who thereby becomes the sourcer. */
function requireMayEnter(ctx: Context): string | null {
  const { isPlatformAdmin, recruiterId, recruiterStatus } = ctx.access;
  if (recruiterId && recruiterStatus === "active") return recruiterId;
  if (isPlatformAdmin) return null;
  if (recruiterId)
    throw new Refusal("recruiter_not_active", `Your recruiter account is ${recruiterStatus}; only active recruiters bring candidates.`);
  throw forbidden("You may enter only yourself, under your own address.");
}

/** The address is known (D-9). */
export const candidateExists = (id: string | null): Refusal =>
  new Refusal("candidate_exists", "A candidate with this address exists already.", id ? { candidate_id: id } : {});
