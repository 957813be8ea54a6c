import { candidates, companies, jobPreScreenQuestions, jobRequirements, jobs, roleInvitations } from "#db/schema/ats.ts";
import { subscriptions } from "#db/schema/billing.ts";
import { memberships, organizations, userRoles, users } from "#db/schema/identity.ts";
import {
  candidateSourcers,
  type CompanyPermissions,
  companySourcers,
  recruiterCandidates,
  recruiterCompanies,
  recruiters,
  teamMembers,
  teamSplitConfigs,
  teams,
} from "#db/schema/network.ts";
import { basisPoints, cents } from "#domain/money.ts";
import { people, subjectOf } from "../people.ts";
import { type Ground, pick } from "./ground.ts";
import { CITIES, COMPANIES, EMPLOYERS, FIRST_NAMES, JOBS, LAST_NAMES, RECRUITER_NAMES, slug } from "./words.ts";

type Tier = "free" | "paid" | "premium";

export interface SeededRecruiter {
  id: string;
  userId: string;
  name: string;
  tier: Tier;
}

export interface SeededCompany {
  id: string;
  name: string;
  organizationId: string;
  adminUserId: string;
  jobs: SeededJob[];
}

export interface SeededJob {
  id: string;
  companyId: string;
  status: "draft" | "pending" | "active" | "paused" | "filled" | "closed";
  companyRecruiter: SeededRecruiter | null;
  adminUserId: string;
  question: { id: string; answer: string } | null;
}

export interface SeededCandidate {
  id: string;
  name: string;
  userId: string | null;
  /** Of the active relationship. */
  recruiter: SeededRecruiter | null;
}

export interface Market {
  companies: SeededCompany[];
  recruiters: SeededRecruiter[];
  candidates: SeededCandidate[];
  carl: SeededCandidate;
  /** Brought by a recruiter who never came to represent them. */
  sourcedOnly: SeededCandidate;
}

const PLANS: Readonly<Record<Exclude<Tier, "free">, string>> = {
  paid: "01000000-0000-7000-8000-000000000002",
  premium: "01000000-0000-7000-8000-000000000003",
};

/** Who has which plan: the first eleven have a part in a worked example, the others take turns. */
const TIERS: readonly Tier[] = [
  "paid",
  "premium",
  "paid",
  "paid",
  "paid",
  "premium",
  "premium",
  "premium",
  "premium",
  "free",
  "free",
  "free",
  "free",
];
const TURNS: readonly Tier[] = ["paid", "free", "premium"];
const INACTIVE = 12;
const SUSPENDED = 38;
const PENDING = 39;

const CANDIDATES = 300;
const JOBS_PER_COMPANY = 5;

const PERMISSIONS: CompanyPermissions = {
  can_view_jobs: true,
  can_submit_candidates: true,
  can_view_applications: true,
  can_advance_candidates: true,
  can_create_jobs: false,
  can_edit_jobs: false,
};

/** Who owns the first role of a company, who represents the company, and who brought it; by number of the recruiter. */
interface CompanyCast {
  owner: number | null;
  recruiter: number | null;
  sourcer: number | null;
}

const CASTS: readonly CompanyCast[] = [
  { owner: 2, recruiter: 3, sourcer: 4 }, // Acme: all paid, worked example 1
  { owner: 2, recruiter: 3, sourcer: 4 }, // Northwind: all paid, where `npm run deal` plays
  { owner: 5, recruiter: 6, sourcer: 7 }, // Bluebird Health: all premium, worked example 4
  { owner: 9, recruiter: 10, sourcer: INACTIVE }, // Cinder Labs: free, its sourcer gone, worked example 5
  { owner: 24, recruiter: 25, sourcer: null },
  { owner: null, recruiter: 26, sourcer: 13 },
  { owner: 27, recruiter: null, sourcer: 28 },
  { owner: null, recruiter: null, sourcer: null },
  { owner: 29, recruiter: 30, sourcer: 1 },
  { owner: null, recruiter: 31, sourcer: null },
  { owner: 32, recruiter: null, sourcer: null },
  { owner: null, recruiter: 33, sourcer: 34 },
];

/** The people, companies, roles, recruiters and candidates, before any deal. */
export function makeMarket(ground: Ground): Market {
  const user = (name: string, email: string, age: number): string =>
    ground.add(users, { ...ground.born(ground.daysAgo(age)), name, email, clerkUserId: subjectOf(email), onboardingStatus: "completed" })
      .id;

  const ada = user(people.ada.name, people.ada.email, 400);
  ground.add(userRoles, { id: ground.id(), createdAt: ground.daysAgo(400), userId: ada, roleName: "platform_admin" });

  const made = makeRecruiters(ground, user);
  makeTeams(ground, made);
  const all = COMPANIES.map((_, place) => makeCompany(ground, user, made, place));
  const pool = makeCandidates(ground, user, made);
  return { companies: all, recruiters: made, ...pool };
}

type NewUser = (name: string, email: string, age: number) => string;

function makeRecruiters(ground: Ground, user: NewUser): SeededRecruiter[] {
  const given = RECRUITER_NAMES.map((name) => ({ name, email: `${slug(name).replace("-", ".")}@recruit.test` }));
  return [people.rosa, people.tom, ...given].map(({ name, email }, number) => {
    const age = 380 - number * 4;
    const at = ground.daysAgo(age);
    const userId = user(name, email, age);
    const tier = TIERS[number] ?? pick(TURNS, number);
    const { id } = ground.add(recruiters, {
      ...ground.born(at),
      userId,
      name,
      status: number === INACTIVE ? "inactive" : number === SUSPENDED ? "suspended" : number === PENDING ? "pending" : "active",
      slug: slug(name),
      tagline: `${pick(COMPANIES, number).industry} and ${pick(JOBS, number).department.toLowerCase()} searches`,
      location: pick(CITIES, number),
      industries: [pick(COMPANIES, number).industry],
      specialties: [pick(JOBS, number).jobFunction],
      yearsExperience: 3 + (number % 15),
      marketplaceEnabled: number % 4 !== 3,
      marketplaceVisibility: number % 4 !== 3 ? "public" : "limited",
    });
    if (tier !== "free") {
      const start = ground.daysAgo((age % 30) + 1);
      ground.add(subscriptions, {
        ...ground.born(at),
        userId,
        recruiterId: id,
        planId: PLANS[tier],
        status: "active",
        upgradedAt: at,
        currentPeriodStart: start,
        currentPeriodEnd: new Date(start.getTime() + 365 * 86_400_000),
        billingPeriod: "annual",
      });
    }
    return { id, userId, name, tier };
  });
}

/** Tom's team works by the default rule; the other divides equally and shares one subscription. */
function makeTeams(ground: Ground, all: readonly SeededRecruiter[]): void {
  const plans = [
    { name: "Common Sense Talent", members: [1, 13, 14, 15, 16], model: "hybrid", config: { overhead_bp: 2000 }, subscribed: false },
    { name: "Lighthouse Search", members: [20, 21, 22, 23], model: "flat_split", config: {}, subscribed: true },
  ] as const;
  for (const { name, members, model, config, subscribed } of plans) {
    const at = ground.daysAgo(200);
    const owner = pick(all, members[0]);
    const organization = ground.add(organizations, { ...ground.born(at), name, type: "agency", slug: slug(name) });
    const team = ground.add(teams, {
      ...ground.born(at),
      name,
      ownerUserId: owner.userId,
      billingOrganizationId: organization.id,
      status: "active",
    });
    members.forEach((number, place) => {
      const joinedAt = ground.daysAgo(200 - place * 9);
      const teamRole = place === 0 ? "owner" : place === 1 ? "admin" : place === 4 ? "collaborator" : "member";
      ground.add(teamMembers, {
        ...ground.born(joinedAt),
        teamId: team.id,
        recruiterId: pick(all, number).id,
        teamRole,
        joinedAt,
        status: "active",
      });
    });
    ground.add(teamSplitConfigs, {
      id: ground.id(),
      createdAt: at,
      teamId: team.id,
      model,
      config,
      isDefault: true,
      effectiveFrom: at,
      createdByUserId: owner.userId,
    });
    if (!subscribed) continue;
    ground.add(subscriptions, {
      ...ground.born(at),
      userId: owner.userId,
      teamId: team.id,
      planId: PLANS.paid,
      status: "active",
      upgradedAt: at,
      currentPeriodStart: at,
      currentPeriodEnd: new Date(at.getTime() + 365 * 86_400_000),
      billingPeriod: "annual",
    });
  }
}

function makeCompany(ground: Ground, user: NewUser, all: readonly SeededRecruiter[], place: number): SeededCompany {
  const words = pick(COMPANIES, place);
  const age = 360 - place * 12;
  const at = ground.daysAgo(age);
  const adminUserId = user(words.admin, words.adminEmail, age);
  const organization = ground.add(organizations, { ...ground.born(at), name: words.name, type: "company", slug: slug(words.name) });
  const company = ground.add(companies, {
    ...ground.born(at),
    identityOrganizationId: organization.id,
    name: words.name,
    slug: slug(words.name),
    website: `https://${slug(words.name)}.test`,
    industry: words.industry,
    companySize: pick(["11-50", "51-200", "201-500", "1001-5000"], place),
    headquartersLocation: words.city,
    description: `${words.name} works in ${words.industry.toLowerCase()} from ${words.city}.`,
  });
  const member = (userId: string, roleName: "company_admin" | "hiring_manager") =>
    ground.add(memberships, { ...ground.born(at), userId, roleName, organizationId: organization.id });
  member(adminUserId, "company_admin");
  if (place === 0) member(user(people.henry.name, people.henry.email, age - 5), "hiring_manager");

  const cast = pick(CASTS, place);
  const of = (number: number | null) => (number === null ? null : pick(all, number));
  const connect = (recruiter: SeededRecruiter, permissions: CompanyPermissions, connected = true) =>
    ground.add(recruiterCompanies, {
      ...ground.born(ground.daysAgo(age - 6)),
      recruiterId: recruiter.id,
      companyId: company.id,
      status: connected ? "active" : "pending",
      permissions,
      ...(connected
        ? { startedAt: ground.daysAgo(age - 7), termsAcknowledgedAt: ground.daysAgo(age - 7), termsAcknowledgedBy: adminUserId }
        : { requestMessage: "We know your market." }),
    });
  const owner = of(cast.owner);
  const recruiter = of(cast.recruiter);
  const sourcer = of(cast.sourcer);
  if (owner) connect(owner, { ...PERMISSIONS, can_create_jobs: true, can_edit_jobs: true });
  if (recruiter) connect(recruiter, PERMISSIONS);
  connect(pick(all, 17 + (place % 3)), PERMISSIONS, place % 3 === 0);
  if (sourcer)
    ground.add(companySourcers, { id: ground.id(), createdAt: at, companyId: company.id, sourcerRecruiterId: sourcer.id, sourcedAt: at });

  const roles = Array.from({ length: JOBS_PER_COMPANY }, (_, number) =>
    makeJob(
      ground,
      { id: company.id, city: words.city, adminUserId, age: age - 10 },
      number === 0 ? owner : null,
      number < 3 ? recruiter : null,
      place,
      number,
    ),
  );
  const [, , , invited] = roles;
  if (invited && place === 0) {
    ground.add(roleInvitations, {
      ...ground.born(ground.daysAgo(3)),
      roleId: invited.id,
      recruiterId: pick(all, 0).id,
      invitedBy: "company",
      invitedAt: ground.daysAgo(3),
      expiresAt: ground.daysAgo(-4),
    });
  }
  return { id: company.id, name: words.name, organizationId: organization.id, adminUserId, jobs: roles };
}

interface Posting {
  id: string;
  city: string;
  adminUserId: string;
  age: number;
}

/** The first three roles of a company are plain and open; the fourth and fifth show what else there is. */
function makeJob(
  ground: Ground,
  company: Posting,
  owner: SeededRecruiter | null,
  companyRecruiter: SeededRecruiter | null,
  place: number,
  number: number,
): SeededJob {
  const words = pick(JOBS, place * JOBS_PER_COMPANY + number);
  const posted = ground.daysAgo(number === 0 ? company.age : 45 + ((place * 7 + number * 5) % 60));
  const status = number < 4 ? "active" : pick(["draft", "paused", "filled", "closed", "pending", "active"] as const, place);
  const opened = status !== "draft" && status !== "pending";
  const premium = number === 3 ? pick([["urgent"], ["niche"], ["executive"], ["volume"]] as const, place) : [];
  const { id } = ground.add(jobs, {
    ...ground.born(posted),
    companyId: company.id,
    title: words.title,
    department: words.department,
    jobFunction: words.jobFunction,
    location: company.city,
    employmentType: "full_time",
    jobLevel: pick(["senior", "mid", "lead", "manager", "director"] as const, number),
    commuteTypes: pick([["remote"], ["hybrid_2", "hybrid_3"], ["in_office"]] as const, number + place).slice(),
    salaryMin: cents(words.salary[0] * 100_000),
    salaryMax: cents(words.salary[1] * 100_000),
    showSalaryRange: number !== 2,
    feePercentage: number < 3 ? basisPoints(2000) : null,
    guaranteeDays: number < 3 ? 90 : pick([30, 60, 90, 120], place),
    status,
    openedAt: opened ? posted : null,
    filledAt: status === "filled" ? ground.daysAgo(12) : null,
    closedAt: status === "closed" ? ground.daysAgo(9) : null,
    closedReason: status === "closed" ? "The team was reorganized." : null,
    description: `${words.title} in our ${words.department} team. You bring ${words.skills.join(", ")}.`,
    recruiterDescription: `We meet every suitable candidate within a week. Most important: ${words.skills[0]}.`,
    candidateDescription: `Three conversations, then a decision. The team is in ${company.city}.`,
    jobOwnerRecruiterId: owner?.id ?? null,
    companyRecruiterId: companyRecruiter?.id ?? null,
    inviteOnly: place === 0 && number === 3,
    premiumType: premium.slice(),
    hiresCommitted: premium[0] === "volume" ? 5 : null,
    bulkBonus: premium[0] === "volume" ? cents(1_000_000) : null,
    createdByUserId: owner?.userId ?? company.adminUserId,
  });
  words.skills.forEach((description, sortOrder) =>
    ground.add(jobRequirements, {
      ...ground.born(posted),
      jobId: id,
      requirementType: sortOrder < 2 ? "mandatory" : "preferred",
      description,
      sortOrder,
    }),
  );
  const question =
    number === 1
      ? ground.add(jobPreScreenQuestions, {
          ...ground.born(posted),
          jobId: id,
          question: "When could you start?",
          questionType: "text" as const,
          isRequired: true,
        })
      : null;
  return {
    id,
    companyId: company.id,
    status,
    companyRecruiter,
    adminUserId: company.adminUserId,
    question: question && { id: question.id, answer: "Within a month." },
  };
}

/** A quarter came alone; most of the others are represented by whoever brought them. */
function makeCandidates(
  ground: Ground,
  user: NewUser,
  all: readonly SeededRecruiter[],
): Pick<Market, "candidates" | "carl" | "sourcedOnly"> {
  const active = all.filter((_, number) => number < SUSPENDED && number !== INACTIVE);
  const made = Array.from({ length: CANDIDATES - 2 }, (_, number) => {
    const name = `${pick(FIRST_NAMES, number)} ${pick(LAST_NAMES, number + Math.floor(number / FIRST_NAMES.length) * 7)}`;
    const email = `${slug(name).replace("-", ".")}.${number + 1}@candidates.test`;
    const bringer = number % 4 === 3 ? null : number < 24 ? pick(all, 0) : pick(active, number);
    return makeCandidate(ground, user, {
      number,
      name,
      email,
      bringer,
      relationship: relationshipOf(number, bringer),
      signedUp: bringer === null || number % 5 === 0,
    });
  });
  const rosa = pick(all, 0);
  const carl = makeCandidate(ground, user, {
    number: 5,
    name: people.carl.name,
    email: people.carl.email,
    bringer: rosa,
    relationship: "active",
    signedUp: true,
  });
  const sourcedOnly = makeCandidate(ground, user, {
    number: 7,
    name: "Selma Roth",
    email: "selma.roth@candidates.test",
    bringer: pick(all, 8),
    relationship: null,
    signedUp: true,
  });
  return { candidates: made, carl, sourcedOnly };
}

type Relationship = "active" | "pending" | "declined" | "terminated" | "expired";

function relationshipOf(number: number, bringer: SeededRecruiter | null): Relationship | null {
  if (!bringer) return null;
  if (number < 60) return "active";
  return pick(
    ["active", "active", "active", "pending", "active", "declined", "active", "terminated", "active", "expired"] as const,
    number,
  );
}

interface NewCandidate {
  number: number;
  name: string;
  email: string;
  bringer: SeededRecruiter | null;
  relationship: Relationship | null;
  signedUp: boolean;
}

function makeCandidate(
  ground: Ground,
  user: NewUser,
  { number, name, email, bringer, relationship, signedUp }: NewCandidate,
): SeededCandidate {
  const age = 160 - (number % 25) * 0.5;
  const at = ground.daysAgo(age);
  const words = pick(JOBS, number);
  const userId = signedUp ? user(name, email, age) : null;
  const { id } = ground.add(candidates, {
    ...ground.born(at),
    email,
    fullName: name,
    userId,
    phone: `+1 555 01${(number % 100).toString().padStart(2, "0")}`,
    location: pick(CITIES, number),
    currentTitle: words.title,
    currentCompany: pick(EMPLOYERS, number),
    skills: words.skills.slice(),
    verificationStatus: number % 3 === 0 ? "verified" : "unverified",
    ...(number % 3 === 0 ? { verifiedAt: at } : {}),
    marketplaceVisibility: pick(["public", "limited", "hidden"] as const, number),
    desiredSalaryMin: cents(words.salary[0] * 100_000),
    desiredSalaryMax: cents(words.salary[1] * 100_000),
    availability: pick(["now", "in a month", "in three months"], number),
    createdByUserId: bringer?.userId ?? userId,
  });
  if (bringer) {
    ground.add(candidateSourcers, { id: ground.id(), createdAt: at, candidateId: id, sourcerRecruiterId: bringer.id, sourcedAt: at });
  }
  if (bringer && relationship) relate(ground, bringer, id, relationship, age, number);
  return { id, name, userId, recruiter: relationship === "active" ? bringer : null };
}

function relate(
  ground: Ground,
  recruiter: SeededRecruiter,
  candidateId: string,
  relationship: Relationship,
  age: number,
  number: number,
): void {
  const pending = relationship === "pending";
  const invitedAt = pending ? ground.daysAgo(2) : ground.daysAgo(age - 1);
  const consentAt = ground.daysAgo(age - 2);
  const consented = relationship === "active" || relationship === "terminated";
  ground.add(recruiterCandidates, {
    ...ground.born(invitedAt),
    recruiterId: recruiter.id,
    candidateId,
    status: relationship,
    invitedAt,
    invitationExpiresAt: new Date(invitedAt.getTime() + 7 * 86_400_000),
    ...(consented
      ? {
          consentGiven: true,
          consentGivenAt: consentAt,
          consentIpAddress: "192.0.2.10",
          consentUserAgent: "Mozilla/5.0",
          relationshipStartDate: consentAt,
          relationshipEndDate: new Date(consentAt.getTime() + 365 * 86_400_000),
        }
      : {}),
    ...(relationship === "declined" ? { declinedAt: consentAt, declinedReason: "I am not looking at the moment." } : {}),
    ...(relationship === "terminated"
      ? { terminationReason: "The search has ended.", terminatedBy: recruiter.userId, updatedAt: ground.daysAgo(20 + (number % 9)) }
      : {}),
  });
}
