import { getTableColumns, sql } from "drizzle-orm";
import {
  applications,
  candidates,
  companies,
  documents,
  interviewAvailability,
  jobs,
  portalMessages,
  privacyRequests,
  withdrawalRequests,
} from "#db/schema/ats.ts";
import { recruiterCandidates } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import { event } from "#domain/events/catalogue.ts";
import { relationshipTerminated } from "#domain/events/relationship.ts";
import { SYSTEM_USER_ID } from "#domain/ids.ts";
import { conflict, notFound } from "#domain/refusals.ts";
import { commit, deciding, insert, newRow, unchanged, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { ownApplications, ownConsents, ownDocuments, ownRecord, personOf, requireProof } from "./access.ts";
import { sessionsEnded } from "../sessions/session.ts";
import { leavingPortal } from "./leave.ts";

/** A consent as its candidate reads it: whom it was given is told by the roles, never by a name (SURFACES S-15). */
export interface OwnConsent {
  id: string;
  givenAt: Date | null;
  until: Date | null;
  roles: string[];
}

export interface OwnPrivacy {
  consents: OwnConsent[];
  optedOutAt: Date | null;
  /** Since when a deletion is asked for. */
  erasureAskedAt: Date | null;
}

const presentedFor = () =>
  computed<string[]>(
    "roles",
    sql`(select coalesce(json_agg(distinct j.title), '[]') from ats.applications a join ats.jobs j on j.id = a.job_id
      where a.candidate_id = ${recruiterCandidates.candidateId} and a.candidate_recruiter_id = ${recruiterCandidates.recruiterId})`,
  );

const openErasure = () => sql`(${privacyRequests.candidateId} = (select ops.candidate_id())
  and ${privacyRequests.kind} = 'erasure' and ${privacyRequests.status} = 'pending')`;

/** What the candidate agreed to and asked for. */
export async function getPrivacy(ctx: Context): Promise<OwnPrivacy> {
  const [consents, [record], [erasure]] = await ctx.read(
    select({
      id: recruiterCandidates.id,
      givenAt: recruiterCandidates.consentGivenAt,
      until: recruiterCandidates.relationshipEndDate,
      roles: presentedFor(),
    })
      .from(recruiterCandidates)
      .where(ownConsents())
      .orderBy(recruiterCandidates.consentGivenAt),
    select({ optedOutAt: candidates.portalOptedOutAt }).from(candidates).where(ownRecord()),
    select({ at: privacyRequests.createdAt }).from(privacyRequests).where(openErasure()),
  );
  personOf(ctx);
  return { consents, optedOutAt: record?.optedOutAt ?? null, erasureAskedAt: erasure?.at ?? null };
}

/** Takes a consent back: that recruiter represents the candidate no more. What they presented before goes on. Needs a fresh proof. */
export async function withdrawConsent(ctx: Context, id: string): Promise<void> {
  await deciding(ctx, async () => {
    const [[consent], [candidate]] = await ctx.read(
      select(getTableColumns(recruiterCandidates))
        .from(recruiterCandidates)
        .where(sql`${recruiterCandidates.id} = ${id} and ${ownConsents()}`),
      select({ id: candidates.id, version: candidates.version }).from(candidates).where(ownRecord()),
    );
    personOf(ctx);
    if (!consent || !candidate) throw notFound("consent");
    requireProof(ctx);
    const ended = {
      status: "terminated",
      terminationReason: "The candidate withdrew their consent.",
      terminatedBy: SYSTEM_USER_ID,
    } as const;
    await commit(ctx, null, {
      expect: [unchanged(recruiterCandidates, consent)],
      // the candidate's version rises with every change of who represents them (DESIGN R-3)
      write: [
        update(ctx, recruiterCandidates, id, { ...ended, renewalRequestedBy: null, renewalRequestedAt: null }),
        update(ctx, candidates, candidate.id, {}),
      ],
      audit: {
        action: "recruiter_candidate.terminated",
        subject: { type: "recruiter_candidate", id },
        before: { status: consent.status },
        after: { status: ended.status },
        reason: "withdrawn in the candidate portal",
      },
      events: [relationshipTerminated({ ...consent, ...ended })],
    });
  });
}

/** Lets a candidate leave the portal: links that were mailed end, and so does every other visit. Needs a fresh proof. */
export const optOut = (ctx: Context): Promise<void> => choose(ctx, true);

/** Lets a candidate come back whom a fresh proof shows to be themselves. */
export const comeBack = (ctx: Context): Promise<void> => choose(ctx, false);

async function choose(ctx: Context, out: boolean): Promise<void> {
  await deciding(ctx, async () => {
    const [[candidate]] = await ctx.read(
      select({ id: candidates.id, version: candidates.version, optedOutAt: candidates.portalOptedOutAt })
        .from(candidates)
        .where(ownRecord()),
    );
    personOf(ctx);
    if (!candidate) throw notFound("candidate");
    requireProof(ctx);
    if ((candidate.optedOutAt !== null) === out) return;
    await commit(ctx, null, {
      expect: [unchanged(candidates, candidate)],
      write: [
        update(ctx, candidates, candidate.id, { portalOptedOutAt: out ? ctx.now() : null }),
        ...(out ? leavingPortal(ctx, candidate.id) : []),
      ],
      audit: [
        { action: out ? "candidate.portal_left" : "candidate.portal_rejoined", subject: { type: "candidate", id: candidate.id } },
        ...(out ? [sessionsEnded({ candidateId: candidate.id }, "signed_out_everywhere")] : []),
      ],
      events: [
        event(
          "candidate.updated",
          { type: "candidate", id: candidate.id },
          { candidate_id: candidate.id, updated_fields: ["portal_opted_out_at"] },
        ),
      ],
    });
  });
}

/** Asks for everything about the candidate to be deleted, which platform admins are told. Needs a fresh proof. Asked twice, it is asked once. */
export async function askForErasure(ctx: Context): Promise<void> {
  const asked = () => conflict("You have asked for this already.", { reason: "asked" });
  await deciding(
    ctx,
    async () => {
      const [[open]] = await ctx.read(select({ id: privacyRequests.id }).from(privacyRequests).where(openErasure()));
      const candidateId = personOf(ctx);
      requireProof(ctx);
      if (open) throw asked();
      await commit(ctx, null, requested(ctx, candidateId, "erasure"));
    },
    { privacy_requests_one_open: asked },
  );
}

function requested(ctx: Context, candidateId: string, kind: "export" | "erasure") {
  const done = kind === "export" ? ({ status: "done", doneAt: ctx.now() } as const) : {};
  const row = newRow(ctx, privacyRequests, { candidateId, kind, ...done });
  return {
    write: [insert(privacyRequests, row)],
    audit: { action: `privacy.${kind}_requested`, subject: { type: "candidate", id: candidateId } },
    events: [
      event(
        "candidate.privacy_requested",
        { type: "candidate", id: candidateId },
        { candidate_id: candidateId, privacy_request_id: row.id, kind },
      ),
    ],
  };
}

/** Everything the candidate gave or did, to take along; what others wrote about them is not theirs. Needs a fresh proof. */
export async function downloadData(ctx: Context): Promise<Record<string, unknown>> {
  const [[record], own, files, times, messages, wishes, consents] = await ctx.read(
    select({
      name: candidates.fullName,
      email: candidates.email,
      phone: candidates.phone,
      location: candidates.location,
      linkedin_url: candidates.linkedinUrl,
      github_url: candidates.githubUrl,
      portfolio_url: candidates.portfolioUrl,
      current_title: candidates.currentTitle,
      current_company: candidates.currentCompany,
      bio: candidates.bio,
      skills: candidates.skills,
      availability: candidates.availability,
      known_since: candidates.createdAt,
      portal_opted_out_at: candidates.portalOptedOutAt,
    })
      .from(candidates)
      .where(ownRecord()),
    select({
      role: jobs.title,
      company: computed<string | null>("company", sql`case when ${jobs.showCompany} then ${companies.name} end`),
      stage: applications.stage,
      stage_since: applications.stageChangedAt,
      begun_at: applications.createdAt,
      cover_letter: applications.coverLetter,
      notes: applications.candidateNotes,
    })
      .from(applications)
      .innerJoin(jobs, sql`${jobs.id} = ${applications.jobId}`)
      .innerJoin(companies, sql`${companies.id} = ${applications.companyId}`)
      .where(ownApplications())
      .orderBy(applications.createdAt),
    select({ name: documents.filename, bytes: documents.fileSize, added_at: documents.createdAt })
      .from(documents)
      .where(ownDocuments())
      .orderBy(documents.createdAt),
    ofOwn(interviewAvailability, { slots: interviewAvailability.slots, given_at: interviewAvailability.providedAt }),
    ofOwn(portalMessages, { text: portalMessages.body, sent_at: portalMessages.createdAt }),
    ofOwn(withdrawalRequests, {
      reason: withdrawalRequests.reason,
      asked_at: withdrawalRequests.createdAt,
      effective_at: withdrawalRequests.effectiveAt,
      undone_at: withdrawalRequests.undoneAt,
    }),
    select({ given_at: recruiterCandidates.consentGivenAt, until: recruiterCandidates.relationshipEndDate, roles: presentedFor() })
      .from(recruiterCandidates)
      .where(sql`${recruiterCandidates.candidateId} = (select ops.candidate_id()) and ${recruiterCandidates.consentGiven}`)
      .orderBy(recruiterCandidates.consentGivenAt),
  );
  const candidateId = personOf(ctx);
  requireProof(ctx);
  const data = { you: record, applications: own, documents: files, times, messages, withdrawals: wishes, consents };
  return commit(ctx, data, requested(ctx, candidateId, "export"));
}

/** The rows of a table that belong to the candidate's applications, the oldest first. */
function ofOwn(
  table: typeof interviewAvailability | typeof portalMessages | typeof withdrawalRequests,
  fields: Parameters<typeof select>[0],
): Statement {
  return select(fields as never)
    .from(table)
    .where(sql`${table.applicationId} in (select ${applications.id} from ${applications} where ${ownApplications()})`)
    .orderBy(table.createdAt) as Statement;
}
