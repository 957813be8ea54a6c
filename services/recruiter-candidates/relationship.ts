import { eq, getTableColumns, type SQL, sql } from "drizzle-orm";
import { candidates } from "#db/schema/ats.ts";
import { users } from "#db/schema/identity.ts";
import { recruiterCandidates, recruiters } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import { readableCandidates } from "../candidates/access.ts";
import { candidateNoun } from "../candidates/candidate.ts";
import type { Noun } from "../listing.ts";
import { recruiterNoun } from "../recruiters/recruiter.ts";
import { isCandidateSide, isOwnRecruiter, readableRelationships, waysToRelationships } from "./access.ts";

export type RelationshipRow = typeof recruiterCandidates.$inferSelect;

/** A relationship with its recruiter, as every answer tells it (DOMAIN §5.3), and the caller's part in it. */
export type EnrichedRelationship = RelationshipRow & {
  recruiterName: string;
  recruiterEmail: string;
  recruiterBio: string | null;
  recruiterStatus: string;
  daysUntilExpiry: number | null;
  isRecruiter: boolean;
  isCandidate: boolean;
  isAdmin: boolean;
};

const ofRecruiter = (column: SQL): SQL =>
  sql`(select ${column} from ${recruiters} where ${recruiters.id} = ${recruiterCandidates.recruiterId})`;

/** When an open invitation or an active relationship ends. */
const end = (): SQL =>
  sql`case ${recruiterCandidates.status} when 'pending' then ${recruiterCandidates.invitationExpiresAt} when 'active' then ${recruiterCandidates.relationshipEndDate} end`;

export const EXPIRY_STATUSES = ["running", "expiring_soon", "expired"] as const;
/** A relationship that ends within this many days is about to expire; an invitation always is within two. */
const SOON_DAYS = 30;

const EXPIRY: Readonly<Record<(typeof EXPIRY_STATUSES)[number], () => SQL>> = {
  running: () => sql`${end()} > ops.now()`,
  expiring_soon: () =>
    sql`(${end()} > ops.now() and ${end()} <= ops.now() + make_interval(days => case ${recruiterCandidates.status} when 'pending' then 2 else ${SOON_DAYS} end))`,
  expired: () => sql`(${recruiterCandidates.status} = 'expired' or ${end()} <= ops.now())`,
};

const CONSENT: Readonly<Record<string, () => SQL>> = {
  given: () => sql`${recruiterCandidates.consentGiven}`,
  pending: () => sql`${recruiterCandidates.status} = 'pending'`,
  declined: () => sql`${recruiterCandidates.status} = 'declined'`,
};

export const relationshipNoun = {
  name: "recruiter-candidate relationship",
  table: recruiterCandidates,
  columns: {
    ...getTableColumns(recruiterCandidates),
    recruiterName: computed<string>("recruiter_name", ofRecruiter(sql`${recruiters.name}`)),
    recruiterEmail: computed<string>(
      "recruiter_email",
      ofRecruiter(sql`(select u.email::text from ${users} u where u.id = ${recruiters.userId})`),
    ),
    recruiterBio: computed<string | null>("recruiter_bio", ofRecruiter(sql`${recruiters.bio}`)),
    recruiterStatus: computed<string>("recruiter_status", ofRecruiter(sql`${recruiters.status}`)),
    daysUntilExpiry: computed<number | null>(
      "days_until_expiry",
      sql`greatest(0, ceil(extract(epoch from ${end()} - ops.now()) / 86400))::int`,
    ),
    isRecruiter: computed<boolean>("is_recruiter", isOwnRecruiter()),
    isCandidate: computed<boolean>("is_candidate", isCandidateSide()),
    isAdmin: computed<boolean>("is_admin", sql`(select ops.is_admin())`),
  },
  readable: readableRelationships,
  ways: waysToRelationships,
  filters: {
    recruiter_id: (id: string) => eq(recruiterCandidates.recruiterId, id),
    candidate_id: (id: string) => eq(recruiterCandidates.candidateId, id),
    status: (status: string) => sql`${recruiterCandidates.status} = ${status}`,
    consent_status: (consent: string) => CONSENT[consent]?.() ?? sql`false`,
    expiry_status: (expiry: (typeof EXPIRY_STATUSES)[number]) => EXPIRY[expiry](),
  },
  includes: {
    recruiter: {
      rows: (ids) =>
        select(recruiterNoun.columns)
          .from(recruiters)
          .where(sql`${recruiters.id} in (select recruiter_id from ${recruiterCandidates} where id in ${ids})`),
      parentKey: "recruiterId",
      childKey: "id",
      many: false,
    },
    candidate: {
      rows: (ids) =>
        select(candidateNoun.columns)
          .from(candidates)
          .where(sql`${candidates.id} in (select candidate_id from ${recruiterCandidates} where id in ${ids}) and ${readableCandidates()}`),
      parentKey: "candidateId",
      childKey: "id",
      many: false,
    },
  },
} satisfies Noun<EnrichedRelationship>;
