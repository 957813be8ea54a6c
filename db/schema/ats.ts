import { sql } from "drizzle-orm";
import {
  type AnyPgColumn,
  bigint,
  boolean,
  check,
  date,
  foreignKey,
  index,
  integer,
  jsonb,
  numeric,
  pgSchema,
  text,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { APPLICATION_STAGES, CRA_STATES, GATES } from "../../domain/deals/states.ts";
import { ADDRESSEES, FEEDBACK_TYPES, PARTIES, PROPOSAL_TYPES, type GateHistoryEntry } from "../../domain/deals/deal.ts";
import type { IntakeField } from "../../domain/intake/fields.ts";
import { JOB_STATUSES } from "../../domain/jobs/job.ts";
import { PLACEMENT_STATES } from "../../domain/placements/placement.ts";
import { born, centsColumn, changing, citext, instant, money, oneOf, percentage, salary, searchColumn, subsetOf } from "../columns.ts";
import { organizations, users } from "./identity.ts";
import { recruiters } from "./network.ts";

export const ats = pgSchema("ats");

// the rules own these words; the tables hold them to it
export { ADDRESSEES, APPLICATION_STAGES, CRA_STATES, FEEDBACK_TYPES, GATES, JOB_STATUSES, PARTIES, PLACEMENT_STATES, PROPOSAL_TYPES };

export const COMPANY_STATUSES = ["active", "inactive"] as const;
export const EMPLOYMENT_TYPES = ["full_time", "part_time", "contract", "temporary"] as const;
export const JOB_LEVELS = ["entry", "mid", "senior", "lead", "manager", "director", "vp", "c_suite"] as const;
export const COMMUTE_TYPES = ["remote", "hybrid_1", "hybrid_2", "hybrid_3", "hybrid_4", "in_office"] as const;
export const PREMIUM_TYPES = ["urgent", "executive", "niche", "volume"] as const;
export const REQUIREMENT_TYPES = ["mandatory", "preferred"] as const;
export const QUESTION_TYPES = ["text", "yes_no", "select", "multi_select"] as const;
export const VERIFICATION_STATUSES = ["unverified", "pending", "verified", "rejected"] as const;
export const CANDIDATE_VISIBILITIES = ["public", "limited", "hidden"] as const;
export const DOCUMENT_ENTITIES = ["candidate", "job", "application", "company", "placement", "contract", "invoice"] as const;
export const DOCUMENT_TYPES = [
  "resume",
  "cover_letter",
  "job_description",
  "company_document",
  "contract",
  "invoice",
  "receipt",
  "agreement",
  "offer_letter",
  "other",
] as const;
export const PROCESSING_STATUSES = ["pending", "processing", "processed", "failed"] as const;
export const APPLICATION_SOURCES = [
  "direct",
  "recruiter",
  "company_recruiter",
  "api",
  "extension",
  "widget",
  "white_label",
  "ats_sync",
] as const;
export const NOTE_TYPES = [
  "info_request",
  "info_response",
  "note",
  "improvement_request",
  "stage_transition",
  "interview_feedback",
  "general",
  "pitch",
] as const;
export const NOTE_VISIBILITIES = ["shared", "company_only", "candidate_only"] as const;
export const RECOMMENDATIONS = ["strong_fit", "good_fit", "fair_fit", "poor_fit"] as const;
export const LOCATION_FITS = ["perfect", "good", "challenging", "mismatch"] as const;
export const INVITERS = ["system", "company", "admin"] as const;

export const INTAKE_TYPES = ["inline", "modal", "button"] as const;
export const INTAKE_SOURCES = ["widget", "white_label"] as const;
export const INTAKE_STATUSES = ["new", "accepted", "declined"] as const;
export const PAGE_VISIBILITIES = ["public", "private"] as const;
export const SHOWN_ROLES = ["all", "selected", "none"] as const;
export const PRIVACY_REQUEST_KINDS = ["export", "erasure"] as const;
export const PRIVACY_REQUEST_STATUSES = ["pending", "done"] as const;

/** A name in an address (SURFACES §4). */
const SLUG = "'^[a-z0-9](-?[a-z0-9])*$'";
const SHA256 = "'^[0-9a-f]{64}$'";

/** The states in which a deal no longer holds its pair (DOMAIN §3.1). */
const ENDED_STATES = sql.raw("('rejected', 'declined', 'withdrawn', 'timed_out', 'closed')");

export const companies = ats.table(
  "companies",
  {
    ...born(),
    ...changing(),
    identityOrganizationId: uuid()
      .notNull()
      .references((): AnyPgColumn => organizations.id),
    name: text().notNull(),
    slug: text().notNull().unique(),
    website: text(),
    industry: text(),
    companySize: text(),
    headquartersLocation: text(),
    description: text(),
    logoUrl: text(),
    status: text({ enum: COMPANY_STATUSES }).notNull().default("active"),
    isMarketplaceListed: boolean().notNull().default(true),
    settings: jsonb().$type<{ hiring_manager_may_hire?: boolean }>().notNull().default({}),
    deletedAt: instant(),
    search: searchColumn("name"),
  },
  (t) => [
    index("companies_search").using("gin", t.search),
    oneOf("companies_status", t.status, COMPANY_STATUSES),
    index("companies_organization").on(t.identityOrganizationId),
    index("companies_created").on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
  ],
);

export const jobs = ats.table(
  "jobs",
  {
    ...born(),
    ...changing(),
    companyId: uuid()
      .notNull()
      .references(() => companies.id),
    title: text().notNull(),
    department: text(),
    jobFunction: text(),
    location: text(),
    employmentType: text({ enum: EMPLOYMENT_TYPES }),
    jobLevel: text({ enum: JOB_LEVELS }),
    commuteTypes: text({ enum: COMMUTE_TYPES })
      .array()
      .notNull()
      .default(sql`'{}'`),
    openToRelocation: boolean().notNull().default(false),
    salaryMin: salary(),
    salaryMax: salary(),
    showSalaryRange: boolean().notNull().default(true),
    feePercentage: percentage(),
    guaranteeDays: integer().notNull().default(90),
    status: text({ enum: JOB_STATUSES }).notNull().default("draft"),
    closedReason: text(),
    openedAt: instant(),
    filledAt: instant(),
    closedAt: instant(),
    activatesAt: instant(),
    closesAt: instant(),
    description: text(),
    recruiterDescription: text(),
    candidateDescription: text(),
    jobOwnerRecruiterId: uuid().references((): AnyPgColumn => recruiters.id),
    companyRecruiterId: uuid().references((): AnyPgColumn => recruiters.id),
    inviteOnly: boolean().notNull().default(false),
    premiumType: text({ enum: PREMIUM_TYPES })
      .array()
      .notNull()
      .default(sql`'{}'`),
    hiresCommitted: integer(),
    bulkBonus: money(),
    /** Its name in addresses; null until first published, fixed from then on. */
    slug: text(),
    /** Where candidates apply by themselves, if the company wants that. */
    applyUrl: text(),
    /** Whether candidates read which company this is; without it "confidential client". */
    showCompany: boolean().notNull().default(true),
    createdByUserId: uuid().references((): AnyPgColumn => users.id),
    deletedAt: instant(),
    search: searchColumn("title", "department", "location"),
  },
  (t) => [
    index("jobs_search").using("gin", t.search),
    unique("jobs_id_company").on(t.id, t.companyId),
    unique("jobs_slug_key").on(t.companyId, t.slug),
    check("jobs_slug", sql`slug ~ ${sql.raw(SLUG)}`),
    check("jobs_apply_url", sql`apply_url ~ '^https?://'`),
    oneOf("jobs_status", t.status, JOB_STATUSES),
    oneOf("jobs_employment_type", t.employmentType, EMPLOYMENT_TYPES),
    oneOf("jobs_job_level", t.jobLevel, JOB_LEVELS),
    subsetOf("jobs_commute_types", t.commuteTypes, COMMUTE_TYPES),
    subsetOf("jobs_premium_type", t.premiumType, PREMIUM_TYPES),
    check("jobs_salary", sql`salary_min <= salary_max and salary_min >= 0 and salary_max >= 0`),
    check("jobs_fee_percentage", sql`fee_percentage between 0 and 100`),
    check("jobs_guarantee_days", sql`guarantee_days between 0 and 365`),
    check("jobs_bulk_bonus", sql`bulk_bonus is null or (bulk_bonus >= 0 and coalesce(hires_committed, 0) >= 5)`),
    index("jobs_company").on(t.companyId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("jobs_open")
      .on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`status = 'active' and not invite_only and deleted_at is null`),
    index("jobs_created").on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    // the columns behind the order decide who sees a row, so that counting reads no table
    index("jobs_by_title")
      .on(t.title, t.id, t.status, t.inviteOnly)
      .where(sql`deleted_at is null`),
    index("jobs_by_update")
      .on(t.updatedAt.desc().nullsFirst(), t.id.desc().nullsFirst(), t.status, t.inviteOnly)
      .where(sql`deleted_at is null`),
    index("jobs_owner")
      .on(t.jobOwnerRecruiterId)
      .where(sql`job_owner_recruiter_id is not null`),
    index("jobs_company_recruiter")
      .on(t.companyRecruiterId)
      .where(sql`company_recruiter_id is not null`),
    index("jobs_closes")
      .on(t.closesAt)
      .where(sql`status = 'active' and closes_at is not null`),
  ],
);

export const jobRequirements = ats.table(
  "job_requirements",
  {
    ...born(),
    ...changing(),
    jobId: uuid()
      .notNull()
      .references(() => jobs.id),
    requirementType: text({ enum: REQUIREMENT_TYPES }).notNull(),
    description: text().notNull(),
    sortOrder: integer().notNull().default(0),
  },
  (t) => [oneOf("job_requirements_type", t.requirementType, REQUIREMENT_TYPES), index("job_requirements_job").on(t.jobId, t.sortOrder)],
);

export const jobPreScreenQuestions = ats.table(
  "job_pre_screen_questions",
  {
    ...born(),
    ...changing(),
    jobId: uuid()
      .notNull()
      .references(() => jobs.id),
    question: text().notNull(),
    questionType: text({ enum: QUESTION_TYPES }).notNull(),
    options: jsonb().$type<readonly string[]>(),
    isRequired: boolean().notNull().default(true),
    sortOrder: integer().notNull().default(0),
  },
  (t) => [
    oneOf("job_pre_screen_questions_type", t.questionType, QUESTION_TYPES),
    check(
      "job_pre_screen_questions_options",
      sql`question_type not in ('select', 'multi_select') or coalesce(jsonb_array_length(options), 0) > 0`,
    ),
    index("job_pre_screen_questions_job").on(t.jobId, t.sortOrder),
  ],
);

export const jobPreScreenAnswers = ats.table(
  "job_pre_screen_answers",
  {
    ...born(),
    ...changing(),
    applicationId: uuid()
      .notNull()
      .references((): AnyPgColumn => applications.id),
    questionId: uuid()
      .notNull()
      .references(() => jobPreScreenQuestions.id),
    answer: jsonb().$type<string | boolean | readonly string[]>().notNull(),
  },
  (t) => [unique("job_pre_screen_answers_one").on(t.applicationId, t.questionId)],
);

export const candidates = ats.table(
  "candidates",
  {
    ...born(),
    ...changing(),
    email: citext().notNull().unique("candidates_email_key"),
    fullName: text().notNull(),
    userId: uuid()
      .unique("candidates_user_id_key")
      .references((): AnyPgColumn => users.id),
    phone: text(),
    location: text(),
    linkedinUrl: text(),
    githubUrl: text(),
    portfolioUrl: text(),
    currentTitle: text(),
    currentCompany: text(),
    bio: text(),
    skills: text()
      .array()
      .notNull()
      .default(sql`'{}'`),
    verificationStatus: text({ enum: VERIFICATION_STATUSES }).notNull().default("unverified"),
    verifiedBy: uuid().references((): AnyPgColumn => users.id),
    verifiedAt: instant(),
    marketplaceVisibility: text({ enum: CANDIDATE_VISIBILITIES }).notNull().default("limited"),
    showEmail: boolean().notNull().default(false),
    showPhone: boolean().notNull().default(false),
    showLocation: boolean().notNull().default(true),
    showCurrentCompany: boolean().notNull().default(true),
    showSalaryExpectations: boolean().notNull().default(false),
    desiredSalaryMin: salary(),
    desiredSalaryMax: salary(),
    desiredJobType: text(),
    openToRemote: boolean().notNull().default(true),
    openToRelocation: boolean().notNull().default(false),
    availability: text(),
    dataSharingConsent: boolean().notNull().default(false),
    dataSharingConsentAt: instant(),
    /** Since when the candidate wants no portal. */
    portalOptedOutAt: instant(),
    lastActivityAt: instant(),
    erasedAt: instant(),
    createdByUserId: uuid().references((): AnyPgColumn => users.id),
    deletedAt: instant(),
    search: searchColumn("variadic array[full_name, current_title, current_company] || skills"),
  },
  (t) => [
    index("candidates_search").using("gin", t.search),
    oneOf("candidates_verification_status", t.verificationStatus, VERIFICATION_STATUSES),
    oneOf("candidates_marketplace_visibility", t.marketplaceVisibility, CANDIDATE_VISIBILITIES),
    check(
      "candidates_desired_salary",
      sql`desired_salary_min <= desired_salary_max and desired_salary_min >= 0 and desired_salary_max >= 0`,
    ),
    index("candidates_created").on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
  ],
);

/** Files live in R2 under `storage_key`; here stands what is known of them. */
export const documents = ats.table(
  "documents",
  {
    ...born(),
    ...changing(),
    entityType: text({ enum: DOCUMENT_ENTITIES }).notNull(),
    entityId: uuid().notNull(),
    documentType: text({ enum: DOCUMENT_TYPES }).notNull(),
    filename: text().notNull(),
    storageKey: text().notNull(),
    contentType: text().notNull(),
    fileSize: bigint({ mode: "number" }).notNull(),
    processingStatus: text({ enum: PROCESSING_STATUSES }).notNull().default("pending"),
    uploadedByUserId: uuid().references((): AnyPgColumn => users.id),
    metadata: jsonb().$type<{ is_primary?: boolean; from?: "candidate" }>().notNull().default({}),
    deletedAt: instant(),
  },
  (t) => [
    oneOf("documents_entity_type", t.entityType, DOCUMENT_ENTITIES),
    oneOf("documents_document_type", t.documentType, DOCUMENT_TYPES),
    oneOf("documents_processing_status", t.processingStatus, PROCESSING_STATUSES),
    check("documents_file_size", sql`file_size between 0 and 10485760`),
    index("documents_entity").on(t.entityType, t.entityId),
  ],
);

/** The deal record. It holds no rate, no sourcer and no job owner: those are asked for at the hire. */
export const candidateRoleAssignments = ats.table(
  "candidate_role_assignments",
  {
    ...born(),
    ...changing(),
    candidateId: uuid()
      .notNull()
      .references(() => candidates.id),
    jobId: uuid().notNull(),
    companyId: uuid().notNull(),
    proposedBy: uuid()
      .notNull()
      .references((): AnyPgColumn => users.id),
    candidateRecruiterId: uuid().references((): AnyPgColumn => recruiters.id),
    companyRecruiterId: uuid().references((): AnyPgColumn => recruiters.id),
    state: text({ enum: CRA_STATES }).notNull(),
    stateChangedAt: instant()
      .notNull()
      .default(sql`ops.now()`),
    stateBeforeTimeout: text({ enum: CRA_STATES }),
    currentGate: text({ enum: [...GATES, "none"] }),
    gateSequence: jsonb().$type<readonly (typeof GATES)[number][]>().notNull().default([]),
    gateHistory: jsonb().$type<readonly GateHistoryEntry[]>().notNull().default([]),
    hasCandidateRecruiter: boolean().notNull().default(false),
    hasCompanyRecruiter: boolean().notNull().default(false),
    reachedCompanyAt: instant(),
    proposalType: text({ enum: PROPOSAL_TYPES }),
    proposedAt: instant(),
    responseDueAt: instant(),
    acceptedAt: instant(),
    declinedAt: instant(),
    timedOutAt: instant(),
    gatesPassedAt: instant(),
    closedAt: instant(),
    proposalNotes: text(),
    responseNotes: text(),
    applicationId: uuid().references((): AnyPgColumn => applications.id),
  },
  (t) => [
    foreignKey({ name: "cra_job_company", columns: [t.jobId, t.companyId], foreignColumns: [jobs.id, jobs.companyId] }),
    oneOf("cra_state", t.state, CRA_STATES),
    oneOf("cra_current_gate", t.currentGate, [...GATES, "none"]),
    oneOf("cra_proposal_type", t.proposalType, PROPOSAL_TYPES),
    check(
      "cra_flags",
      sql`has_candidate_recruiter = (candidate_recruiter_id is not null) and has_company_recruiter = (company_recruiter_id is not null)`,
    ),
    check("cra_closed", sql`(state in ${ENDED_STATES}) = (closed_at is not null)`),
    uniqueIndex("cra_one_live_deal")
      .on(t.candidateId, t.jobId)
      .where(sql`state not in ${ENDED_STATES}`),
    index("cra_candidate").on(t.candidateId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("cra_job").on(t.jobId),
    index("cra_company").on(t.companyId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("cra_candidate_recruiter").on(t.candidateRecruiterId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("cra_company_recruiter").on(t.companyRecruiterId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("cra_proposed_by").on(t.proposedBy),
    index("cra_application").on(t.applicationId),
    index("cra_created").on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("cra_state_since").on(t.state, t.stateChangedAt),
    index("cra_current_gate_idx")
      .on(t.currentGate)
      .where(sql`current_gate is not null and current_gate <> 'none'`),
  ],
);

export const craGateFeedback = ats.table(
  "cra_gate_feedback",
  {
    ...born(),
    assignmentId: uuid()
      .notNull()
      .references(() => candidateRoleAssignments.id),
    gateName: text({ enum: GATES }).notNull(),
    createdByUserId: uuid()
      .notNull()
      .references((): AnyPgColumn => users.id),
    createdByType: text({ enum: PARTIES }).notNull(),
    feedbackType: text({ enum: FEEDBACK_TYPES }).notNull(),
    messageText: text().notNull(),
    inResponseToId: uuid().references((): AnyPgColumn => craGateFeedback.id),
    addresseeType: text({ enum: ADDRESSEES }),
    visibility: text({ enum: ["gate", "shared"] })
      .notNull()
      .default("gate"),
  },
  (t) => [
    oneOf("cra_gate_feedback_gate", t.gateName, GATES),
    oneOf("cra_gate_feedback_author", t.createdByType, PARTIES),
    oneOf("cra_gate_feedback_type", t.feedbackType, FEEDBACK_TYPES),
    oneOf("cra_gate_feedback_addressee", t.addresseeType, ADDRESSEES),
    oneOf("cra_gate_feedback_visibility", t.visibility, ["gate", "shared"]),
    index("cra_gate_feedback_assignment").on(t.assignmentId, t.createdAt),
  ],
);

export const applications = ats.table(
  "applications",
  {
    ...born(),
    ...changing(),
    jobId: uuid().notNull(),
    companyId: uuid().notNull(),
    candidateId: uuid()
      .notNull()
      .references(() => candidates.id),
    candidateRecruiterId: uuid().references((): AnyPgColumn => recruiters.id),
    companyRecruiterId: uuid().references((): AnyPgColumn => recruiters.id),
    stage: text({ enum: APPLICATION_STAGES }).notNull().default("draft"),
    stageChangedAt: instant()
      .notNull()
      .default(sql`ops.now()`),
    stageBeforeExpiry: text({ enum: APPLICATION_STAGES }),
    expiryWarnedAt: instant(),
    applicationSource: text({ enum: APPLICATION_SOURCES }).notNull().default("direct"),
    coverLetter: text(),
    candidateNotes: text(),
    recruiterNotes: text(),
    internalNotes: text(),
    salary: salary(),
    acceptedByCandidate: boolean().notNull().default(false),
    submittedAt: instant(),
    hiredAt: instant(),
    expiredAt: instant(),
    closedAt: instant(),
    placementId: uuid().references((): AnyPgColumn => placements.id),
    declineReason: text(),
    declineDetails: text(),
    createdByUserId: uuid().references((): AnyPgColumn => users.id),
  },
  (t) => [
    foreignKey({ name: "applications_job_company", columns: [t.jobId, t.companyId], foreignColumns: [jobs.id, jobs.companyId] }),
    oneOf("applications_stage", t.stage, APPLICATION_STAGES),
    oneOf("applications_source", t.applicationSource, APPLICATION_SOURCES),
    uniqueIndex("applications_one_live")
      .on(t.candidateId, t.jobId)
      .where(sql`stage not in ('rejected', 'withdrawn', 'expired') and closed_at is null`),
    index("applications_candidate").on(t.candidateId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("applications_company").on(t.companyId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("applications_job").on(t.jobId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("applications_candidate_recruiter").on(t.candidateRecruiterId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("applications_company_recruiter").on(t.companyRecruiterId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("applications_created").on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("applications_waiting").on(t.stage, t.stageChangedAt),
  ],
);

export const applicationNotes = ats.table(
  "application_notes",
  {
    ...born(),
    ...changing(),
    applicationId: uuid()
      .notNull()
      .references(() => applications.id),
    createdByUserId: uuid()
      .notNull()
      .references((): AnyPgColumn => users.id),
    createdByType: text({ enum: PARTIES }).notNull(),
    noteType: text({ enum: NOTE_TYPES }).notNull().default("note"),
    visibility: text({ enum: NOTE_VISIBILITIES }).notNull().default("shared"),
    messageText: text().notNull(),
    inResponseToId: uuid().references((): AnyPgColumn => applicationNotes.id),
    deletedAt: instant(),
  },
  (t) => [
    oneOf("application_notes_author", t.createdByType, PARTIES),
    oneOf("application_notes_type", t.noteType, NOTE_TYPES),
    oneOf("application_notes_visibility", t.visibility, NOTE_VISIBILITIES),
    index("application_notes_application").on(t.applicationId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
  ],
);

/** What happened to an application, for the people in it. Append-only. */
export const applicationAuditLog = ats.table(
  "application_audit_log",
  {
    ...born(),
    applicationId: uuid()
      .notNull()
      .references(() => applications.id),
    action: text().notNull(),
    performedByUserId: uuid(),
    performedByRole: text(),
    companyId: uuid(),
    oldValue: jsonb().$type<Record<string, unknown>>(),
    newValue: jsonb().$type<Record<string, unknown>>(),
    metadata: jsonb().$type<Record<string, unknown>>(),
    ipAddress: text(),
    userAgent: text(),
  },
  (t) => [index("application_audit_log_application").on(t.applicationId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst())],
);

export const aiReviews = ats.table(
  "ai_reviews",
  {
    ...born(),
    applicationId: uuid()
      .notNull()
      .references(() => applications.id),
    fitScore: integer().notNull(),
    recommendation: text({ enum: RECOMMENDATIONS }).notNull(),
    overallSummary: text().notNull(),
    confidenceLevel: integer().notNull(),
    strengths: text()
      .array()
      .notNull()
      .default(sql`'{}'`),
    concerns: text()
      .array()
      .notNull()
      .default(sql`'{}'`),
    matchedSkills: text()
      .array()
      .notNull()
      .default(sql`'{}'`),
    missingSkills: text()
      .array()
      .notNull()
      .default(sql`'{}'`),
    skillsMatchPercentage: integer(),
    requiredYears: numeric({ precision: 4, scale: 1 }),
    candidateYears: numeric({ precision: 4, scale: 1 }),
    meetsExperienceRequirement: boolean(),
    locationCompatibility: text({ enum: LOCATION_FITS }),
    modelVersion: text().notNull(),
    processingTimeMs: integer(),
    analyzedAt: instant().notNull(),
  },
  (t) => [
    oneOf("ai_reviews_recommendation", t.recommendation, RECOMMENDATIONS),
    oneOf("ai_reviews_location", t.locationCompatibility, LOCATION_FITS),
    check(
      "ai_reviews_scores",
      sql`fit_score between 0 and 100 and confidence_level between 0 and 100 and skills_match_percentage between 0 and 100`,
    ),
    index("ai_reviews_application").on(t.applicationId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
  ],
);

export const placements = ats.table(
  "placements",
  {
    ...born(),
    ...changing(),
    applicationId: uuid()
      .notNull()
      .unique("placements_application_id_key")
      .references((): AnyPgColumn => applications.id),
    craId: uuid()
      .notNull()
      .references(() => candidateRoleAssignments.id),
    jobId: uuid()
      .notNull()
      .references(() => jobs.id),
    candidateId: uuid()
      .notNull()
      .references(() => candidates.id),
    companyId: uuid()
      .notNull()
      .references(() => companies.id),
    state: text({ enum: PLACEMENT_STATES }).notNull(),
    salary: salary().notNull(),
    salaryCents: centsColumn()
      .notNull()
      .generatedAlwaysAs(sql`(salary * 100)::bigint`),
    feePercentage: percentage(),
    placementFee: money().notNull(),
    placementFeeCents: centsColumn()
      .notNull()
      .generatedAlwaysAs(sql`(placement_fee * 100)::bigint`),
    hiredAt: instant().notNull(),
    startDate: date().notNull(),
    endDate: date(),
    guaranteeDays: integer().notNull(),
    guaranteeExpiresAt: instant().notNull(),
    guaranteeWarnedDays: integer(),
    completedAt: instant(),
    failedAt: instant(),
    failureReason: text(),
    withinGuarantee: boolean(),
    replacesPlacementId: uuid().references((): AnyPgColumn => placements.id),
    replacementPlacementId: uuid().references((): AnyPgColumn => placements.id),
    moneyVersion: integer().notNull().default(1),
  },
  (t) => [
    oneOf("placements_state", t.state, PLACEMENT_STATES),
    check("placements_salary", sql`salary > 0`),
    check("placements_fee", sql`placement_fee >= 0`),
    check("placements_guarantee_days", sql`guarantee_days between 0 and 365`),
    check("placements_failed", sql`(state = 'failed') = (failed_at is not null)`),
    index("placements_company").on(t.companyId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("placements_candidate").on(t.candidateId),
    index("placements_job").on(t.jobId),
    index("placements_created").on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("placements_running").on(t.state, t.startDate, t.guaranteeExpiresAt),
  ],
);

/** One open invitation of a recruiter to a role; a new one replaces an expired one. */
export const roleInvitations = ats.table(
  "role_invitations",
  {
    ...born(),
    ...changing(),
    roleId: uuid()
      .notNull()
      .references(() => jobs.id),
    recruiterId: uuid()
      .notNull()
      .references((): AnyPgColumn => recruiters.id),
    invitedBy: text({ enum: INVITERS }).notNull(),
    invitedAt: instant()
      .notNull()
      .default(sql`ops.now()`),
    expiresAt: instant(),
    acceptedAt: instant(),
    revokedAt: instant(),
  },
  (t) => [
    oneOf("role_invitations_invited_by", t.invitedBy, INVITERS),
    index("role_invitations_recruiter").on(t.recruiterId),
    uniqueIndex("role_invitations_one_open")
      .on(t.roleId, t.recruiterId)
      .where(sql`revoked_at is null`),
  ],
);

const ofCompany = () =>
  uuid()
    .notNull()
    .references(() => companies.id);
const ofCandidate = () =>
  uuid()
    .notNull()
    .references(() => candidates.id);
const ofApplication = () =>
  uuid()
    .notNull()
    .references(() => applications.id);

/** What every surface of a company wears: one colour and one logo (SURFACES §2.3). */
export const brands = ats.table(
  "brands",
  {
    ...born(),
    ...changing(),
    companyId: ofCompany().unique("brands_company_key"),
    /** `#rrggbb`, in small letters. The ink on it is computed, never chosen. */
    color: text(),
    /** SHA-256 of the picture, which is its name in R2. */
    logoKey: text(),
  },
  () => [check("brands_color", sql`color ~ '^#[0-9a-f]{6}$'`), check("brands_logo_key", sql`logo_key ~ ${sql.raw(SHA256)}`)],
);

/** How a company takes in roles. Without a row the intake is open, with the fields of the house. */
export const intakeSettings = ats.table(
  "intake_settings",
  {
    ...born(),
    ...changing(),
    companyId: ofCompany().unique("intake_settings_company_key"),
    enabled: boolean().notNull().default(true),
    type: text({ enum: INTAKE_TYPES }).notNull().default("inline"),
    label: text(),
    heading: text(),
    thanks: text(),
    /** Null: the fields of the house. */
    fields: jsonb().$type<readonly IntakeField[]>(),
    /** Origins of pages that may post, as browsers write them. */
    allowedOrigins: text()
      .array()
      .notNull()
      .default(sql`'{}'`),
    turnstileSiteKey: text(),
    /** Sealed for the company. */
    turnstileSecretEnc: text(),
  },
  (t) => [
    oneOf("intake_settings_type", t.type, INTAKE_TYPES),
    check("intake_settings_turnstile", sql`(turnstile_site_key is null) = (turnstile_secret_enc is null)`),
  ],
);

/** A role that somebody outside handed in: a draft for the company. */
export const intakeRequests = ats.table(
  "intake_requests",
  {
    ...born(),
    ...changing(),
    companyId: ofCompany(),
    source: text({ enum: INTAKE_SOURCES }).notNull(),
    widgetType: text({ enum: INTAKE_TYPES }),
    origin: text(),
    /** What was written, by the names of the fields. */
    fields: jsonb().$type<Readonly<Record<string, string>>>().notNull(),
    status: text({ enum: INTAKE_STATUSES }).notNull().default("new"),
    /** The draft that came of it. */
    jobId: uuid().references(() => jobs.id),
    handledByUserId: uuid().references((): AnyPgColumn => users.id),
    handledAt: instant(),
  },
  (t) => [
    oneOf("intake_requests_source", t.source, INTAKE_SOURCES),
    oneOf("intake_requests_widget_type", t.widgetType, INTAKE_TYPES),
    oneOf("intake_requests_status", t.status, INTAKE_STATUSES),
    check("intake_requests_widget", sql`(source = 'widget') = (widget_type is not null)`),
    check("intake_requests_handled", sql`(status = 'new') = (handled_at is null)`),
    check("intake_requests_job", sql`job_id is null or status = 'accepted'`),
    index("intake_requests_company").on(t.companyId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index("intake_requests_created").on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
  ],
);

/** A company's own pages. Without a row they are public and show no role. */
export const whiteLabelPages = ats.table(
  "white_label_pages",
  {
    ...born(),
    ...changing(),
    companyId: ofCompany().unique("white_label_pages_company_key"),
    visibility: text({ enum: PAGE_VISIBILITIES }).notNull().default("public"),
    roles: text({ enum: SHOWN_ROLES }).notNull().default("none"),
    /** The roles shown where they are selected. */
    jobIds: uuid()
      .array()
      .notNull()
      .default(sql`'{}'`),
    welcome: text(),
    instructions: text(),
    thanks: text(),
  },
  (t) => [
    oneOf("white_label_pages_visibility", t.visibility, PAGE_VISIBILITIES),
    oneOf("white_label_pages_roles", t.roles, SHOWN_ROLES),
    check("white_label_pages_selected", sql`roles = 'selected' or job_ids = '{}'`),
  ],
);

/** Opens a private page, for one partner. */
export const whiteLabelCodes = ats.table(
  "white_label_codes",
  {
    ...born(),
    ...changing(),
    companyId: ofCompany(),
    label: text().notNull(),
    codeHash: text().notNull(),
    expiresAt: instant().notNull(),
    uses: integer().notNull().default(0),
    /** Null: as often as wanted. */
    maxUses: integer(),
    revokedAt: instant(),
  },
  (t) => [
    unique("white_label_codes_key").on(t.companyId, t.codeHash),
    check("white_label_codes_uses", sql`uses >= 0 and max_uses > 0 and uses <= max_uses`),
    index("white_label_codes_company").on(t.companyId, t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
  ],
);

/** A slug that a company gave up, and to which it still answers. */
export const slugRedirects = ats.table(
  "slug_redirects",
  {
    ...born(),
    slug: text().notNull().unique("slug_redirects_slug_key"),
    companyId: ofCompany(),
    expiresAt: instant().notNull(),
  },
  (t) => [index("slug_redirects_company").on(t.companyId)],
);

/** A link into the portal that a mail carries. */
export const candidatePortalTokens = ats.table(
  "candidate_portal_tokens",
  {
    ...born(),
    ...changing(),
    candidateId: ofCandidate(),
    /** SHA-256 of the token, which is made of the id and `issued_at` (DESIGN R-6). */
    token: text().notNull().unique("candidate_portal_tokens_token_key"),
    issuedAt: instant().notNull(),
    expiresAt: instant().notNull(),
    lastAccessedAt: instant(),
    /** Withdrawn before its time. */
    endedAt: instant(),
  },
  (t) => [
    check("candidate_portal_tokens_token", sql`token ~ ${sql.raw(SHA256)}`),
    index("candidate_portal_tokens_candidate").on(t.candidateId, t.issuedAt.desc().nullsFirst()),
  ],
);

/** A candidate's wish to withdraw, which becomes the stage change when `effective_at` has passed (SURFACES S-8). */
export const withdrawalRequests = ats.table(
  "withdrawal_requests",
  {
    ...born(),
    ...changing(),
    applicationId: ofApplication(),
    reason: text(),
    effectiveAt: instant().notNull(),
    undoneAt: instant(),
    appliedAt: instant(),
    /** The application ended otherwise before. */
    lapsedAt: instant(),
  },
  (t) => [
    check("withdrawal_requests_end", sql`num_nonnulls(undone_at, applied_at, lapsed_at) <= 1`),
    uniqueIndex("withdrawal_requests_one_open")
      .on(t.applicationId)
      .where(sql`num_nonnulls(undone_at, applied_at, lapsed_at) = 0`),
    index("withdrawal_requests_due")
      .on(t.effectiveAt)
      .where(sql`num_nonnulls(undone_at, applied_at, lapsed_at) = 0`),
    index("withdrawal_requests_application").on(t.applicationId, t.createdAt),
  ],
);

/** When a candidate can be met, in UTC. */
export const interviewAvailability = ats.table(
  "interview_availability",
  {
    ...born(),
    ...changing(),
    applicationId: ofApplication(),
    /** RFC 3339 instants, and the IANA time zone they were given in. */
    slots: jsonb().$type<readonly { from: string; until: string; time_zone: string }[]>().notNull(),
    providedAt: instant().notNull(),
  },
  (t) => [index("interview_availability_application").on(t.applicationId, t.providedAt.desc().nullsFirst())],
);

/** How long applications of the network usually stay in a stage, counted every night. */
export const stageTimes = ats.table(
  "stage_times",
  {
    stage: text({ enum: APPLICATION_STAGES }).primaryKey(),
    /** How many have left the stage. */
    cases: integer().notNull(),
    medianSeconds: bigint({ mode: "number" }).notNull(),
  },
  (t) => [oneOf("stage_times_stage", t.stage, APPLICATION_STAGES), check("stage_times_counted", sql`cases > 0 and median_seconds >= 0`)],
);

/** What a candidate wants done with their data; whoever asks to be deleted is listed to platform admins. */
export const privacyRequests = ats.table(
  "privacy_requests",
  {
    ...born(),
    ...changing(),
    candidateId: ofCandidate(),
    kind: text({ enum: PRIVACY_REQUEST_KINDS }).notNull(),
    status: text({ enum: PRIVACY_REQUEST_STATUSES }).notNull().default("pending"),
    doneAt: instant(),
  },
  (t) => [
    oneOf("privacy_requests_kind", t.kind, PRIVACY_REQUEST_KINDS),
    oneOf("privacy_requests_status", t.status, PRIVACY_REQUEST_STATUSES),
    check("privacy_requests_done", sql`(status = 'done') = (done_at is not null)`),
    uniqueIndex("privacy_requests_one_open")
      .on(t.candidateId, t.kind)
      .where(sql`status = 'pending'`),
    index("privacy_requests_candidate").on(t.candidateId, t.createdAt),
    index("privacy_requests_created").on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
  ],
);

/** What a candidate wrote to whoever works on the application, relayed by us. */
export const portalMessages = ats.table(
  "portal_messages",
  {
    ...born(),
    applicationId: ofApplication(),
    body: text().notNull(),
  },
  (t) => [index("portal_messages_application").on(t.applicationId, t.createdAt)],
);
