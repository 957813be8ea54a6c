import { getTableColumns, type SQL, sql } from "drizzle-orm";
import { applications, candidates, documents, jobs } from "#db/schema/ats.ts";
import { users } from "#db/schema/identity.ts";
import { recruiterCandidates, recruiters } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import { readableApplications } from "../deals/access.ts";
import type { Noun } from "../listing.ts";
import { readableRelationships } from "../recruiter-candidates/access.ts";
import {
  CANDIDATE_SCOPES,
  candidateDocumentsVisible,
  contactVisible,
  editableCandidates,
  knownCandidates,
  onMarketplace,
  readableCandidates,
  waysToCandidates,
} from "./access.ts";
import type { Right } from "../rights.ts";

const { search, ...columns } = getTableColumns(candidates);

/** A candidate as the caller may see them: the row, and what of it may be told. */
export type Candidate = Omit<typeof candidates.$inferSelect, "search"> & {
  editable: Right;
  /** Whether the caller may read all of it: who may change it may. */
  whole: boolean;
  /** Whether the caller may read how to reach the person. */
  contactVisible: boolean;
  /** Whether the caller knows the person by more than a public profile. */
  known: boolean;
  /** Whether the caller meets the person as a public profile. */
  listed: boolean;
  /** Whether the caller is a platform admin. */
  seenByAdmin: boolean;
};

/** The file that shows what somebody has done. */
const hasResume =
  (): SQL => sql`exists (select 1 from ${documents} where ${documents.entityType} = 'candidate' and ${documents.entityId} = ${candidates.id}
  and ${documents.documentType} = 'resume' and ${documents.deletedAt} is null)`;

/** Only who may read a field may search by it. */
const addressReadable = (): SQL => sql`(${contactVisible()} or (${onMarketplace()} and ${candidates.showEmail}))`;

/** A search finds the employer's name only where it may be read. */
export const searchableFor = (words: string): SQL =>
  sql`(${candidates.showCurrentCompany} or ${knownCandidates()} or ops.words(variadic array[${candidates.fullName}, ${candidates.currentTitle}] || ${candidates.skills}) @@ ops.query(${words}::text))`;

export const candidateNoun = {
  name: "candidate",
  table: candidates,
  columns: {
    ...columns,
    editable: computed<Right>("editable", editableCandidates()),
    whole: computed<boolean>("whole", sql`(${editableCandidates()} is not null)`),
    contactVisible: computed<boolean>("contact_visible", contactVisible()),
    known: computed<boolean>("known", sql`coalesce(${knownCandidates()}, false)`),
    listed: computed<boolean>("listed", onMarketplace()),
    seenByAdmin: computed<boolean>("seen_by_admin", sql`(select ops.is_admin())`),
  },
  readable: readableCandidates,
  ways: waysToCandidates,
  search,
  sorts: { full_name: candidates.fullName },
  filters: {
    scope: (scope: keyof typeof CANDIDATE_SCOPES) => CANDIDATE_SCOPES[scope](),
    location: (place: string) =>
      sql`((${candidates.showLocation} or ${knownCandidates()}) and ops.fold(${candidates.location}) like '%' || ops.fold(${place}) || '%')`,
    verification_status: (status: string) => sql`${candidates.verificationStatus} = ${status}`,
    has_resume: (has: boolean) => sql`${hasResume()} = ${has}`,
    has_account: (has: boolean) => sql`(${candidates.userId} is not null) = ${has}`,
    email: (address: string) => sql`(${candidates.email} = ${address}::citext and ${addressReadable()})`,
  },
  includes: {
    applications: {
      rows: (ids) =>
        select({
          id: applications.id,
          candidateId: applications.candidateId,
          jobId: applications.jobId,
          jobTitle: computed<string>("job_title", sql`(select j.title from ${jobs} j where j.id = ${applications.jobId})`),
          stage: applications.stage,
          submittedAt: applications.submittedAt,
          createdAt: applications.createdAt,
        })
          .from(applications)
          .where(sql`${applications.candidateId} in ${ids} and ${readableApplications()}`)
          .orderBy(applications.createdAt, applications.id),
      childKey: "candidateId",
      many: true,
    },
    recruiter_candidates: {
      rows: (ids) =>
        select({
          id: recruiterCandidates.id,
          candidateId: recruiterCandidates.candidateId,
          recruiterId: recruiterCandidates.recruiterId,
          recruiterName: computed<string>(
            "recruiter_name",
            sql`(select r.name from ${recruiters} r where r.id = ${recruiterCandidates.recruiterId})`,
          ),
          status: recruiterCandidates.status,
          consentGiven: recruiterCandidates.consentGiven,
          relationshipStartDate: recruiterCandidates.relationshipStartDate,
          relationshipEndDate: recruiterCandidates.relationshipEndDate,
          createdAt: recruiterCandidates.createdAt,
        })
          .from(recruiterCandidates)
          .where(sql`${recruiterCandidates.candidateId} in ${ids} and ${readableRelationships()}`)
          .orderBy(recruiterCandidates.createdAt, recruiterCandidates.id),
      childKey: "candidateId",
      many: true,
      allowed: (ctx) => ctx.access.isPlatformAdmin || ctx.access.recruiterId !== null || ctx.access.candidateId !== null,
    },
    documents: {
      rows: (ids) =>
        select({
          id: documents.id,
          entityId: documents.entityId,
          documentType: documents.documentType,
          filename: documents.filename,
          contentType: documents.contentType,
          fileSize: documents.fileSize,
          processingStatus: documents.processingStatus,
          createdAt: documents.createdAt,
        })
          .from(documents)
          .where(
            sql`${documents.entityType} = 'candidate' and ${documents.deletedAt} is null and ${documents.entityId} in ${ids}
              and exists (select 1 from ${candidates} where ${candidates.id} = ${documents.entityId} and ${candidateDocumentsVisible()})`,
          )
          .orderBy(documents.createdAt, documents.id),
      childKey: "entityId",
      many: true,
    },
    user: {
      rows: (ids) =>
        select({
          id: users.id,
          name: users.name,
          email: computed<string | null>(
            "email",
            sql`case when exists (select 1 from ${candidates} where ${candidates.userId} = ${users.id} and ${contactVisible()}) then ${users.email}::text end`,
          ),
        })
          .from(users)
          // whose account it is, only those learn who may reach the person
          .where(
            sql`${users.id} in (select ${candidates.userId} from ${candidates} where ${candidates.id} in ${ids} and ${contactVisible()})`,
          ),
      parentKey: "userId",
      childKey: "id",
      many: false,
    },
  },
} satisfies Noun<Candidate>;
