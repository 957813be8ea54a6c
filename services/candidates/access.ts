import { or, type SQL, sql } from "drizzle-orm";
import { candidateRoleAssignments as deals, candidates } from "#db/schema/ats.ts";
import { candidateSourcers, recruiterCandidates } from "#db/schema/network.ts";
import { rightBy } from "../rights.ts";

/** Candidates whom the calling recruiter represents, with consent. */
const represented = (): SQL => sql`${candidates.id} in (select ${recruiterCandidates.candidateId} from ${recruiterCandidates}
  where ${recruiterCandidates.recruiterId} = (select ops.recruiter_id()) and ${recruiterCandidates.status} = 'active'
    and (${recruiterCandidates.relationshipEndDate} is null or ${recruiterCandidates.relationshipEndDate} > ops.now()))`;

/** Candidates on whose deals the calling recruiter is a party. */
const inOwnDeal = (): SQL => sql`${candidates.id} in (
  select ${deals.candidateId} from ${deals} where ${deals.candidateRecruiterId} = (select ops.recruiter_id())
  union all select ${deals.candidateId} from ${deals} where ${deals.companyRecruiterId} = (select ops.recruiter_id()))`;

const sourced = (): SQL => sql`${candidates.id} in (select ${candidateSourcers.candidateId} from ${candidateSourcers}
  where ${candidateSourcers.sourcerRecruiterId} = (select ops.recruiter_id()))`;

const reachedCompany = (since: SQL): SQL => sql`${candidates.id} in (select ${deals.candidateId} from ${deals}
  where ${deals.companyId} = any((select ops.company_ids())::uuid[]) and ${since} is not null)`;

const own = (): SQL => sql`${candidates.id} = (select ops.candidate_id())`;

const admin = (): SQL => sql`(select ops.is_admin())`;

/** The ways that come from knowing the person; a public profile is the other one. */
const waysOfAcquaintance = (): SQL[] => [
  admin(),
  own(),
  sourced(),
  represented(),
  inOwnDeal(),
  reachedCompany(sql`${deals.reachedCompanyAt}`),
];

/** Profiles that every active recruiter may find, masked by the person's own wishes. */
export const onMarketplace = (): SQL =>
  sql`(${candidates.marketplaceVisibility} = 'public' and (select ops.active_recruiter_id()) is not null)`;

/** Each way by which a caller comes to see a candidate (DOMAIN §1.4). */
export const waysToCandidates = (): SQL[] =>
  [...waysOfAcquaintance(), onMarketplace()].map((way) => sql`(${candidates.deletedAt} is null and ${way})`);

/** The candidates the caller may see. */
export const readableCandidates = (): SQL => or(...waysToCandidates()) as SQL;

/**
 * The candidates of whom the caller may learn that they may not act for them: those they see, and those who
 * do not hide (D-97). Whoever hides is not there for anybody else (D-49).
 */
export const addressableCandidates = (): SQL => sql`(${candidates.marketplaceVisibility} <> 'hidden' or ${readableCandidates()})`;

/** Candidates whom the caller knows by more than a public profile. */
export const knownCandidates = (): SQL => sql`(${or(...waysOfAcquaintance())})`;

/**
 * Whether the caller may read how to reach a candidate: the person and platform admins, recruiters
 * who represent them or are on their deal, companies once the deal has passed the company's gate.
 */
export const contactVisible = (): SQL =>
  sql`coalesce((${or(admin(), own(), represented(), inOwnDeal(), reachedCompany(sql`${deals.gatesPassedAt}`))}), false)`;

/** Whether the caller may read a candidate's documents; bringing a candidate is not enough (DOMAIN §1.4). */
export const candidateDocumentsVisible = (): SQL =>
  sql`coalesce((${or(admin(), own(), represented(), inOwnDeal(), reachedCompany(sql`${deals.reachedCompanyAt}`))}), false)`;

/** The candidates the caller may change: themselves, and everyone for platform admins. */
export const editableCandidates = (): SQL => rightBy(own());

/** What a list of candidates may be narrowed to. */
export const CANDIDATE_SCOPES = {
  mine: (): SQL => sql`(${or(own(), represented(), inOwnDeal(), reachedCompany(sql`${deals.reachedCompanyAt}`))})`,
  sourced,
  team: (): SQL => sql`${candidates.id} in (
    select r.candidate_id from network.recruiter_candidates r join network.team_members m on m.recruiter_id = r.recruiter_id
      where r.status = 'active' and m.status = 'active' and m.team_id = any((select ops.team_ids())::uuid[])
    union all select s.candidate_id from network.candidate_sourcers s join network.team_members m on m.recruiter_id = s.sourcer_recruiter_id
      where m.status = 'active' and m.team_id = any((select ops.team_ids())::uuid[]))`,
  all: (): SQL => sql`true`,
} as const;
