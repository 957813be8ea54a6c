import { eq, sql } from "drizzle-orm";
import { pipelineFailures } from "#db/schema/api.ts";
import {
  aiReviews,
  applicationAuditLog,
  applicationNotes,
  applications,
  brands,
  candidateRoleAssignments as deals,
  candidates,
  companies,
  craGateFeedback,
  documents,
  intakeRequests,
  intakeSettings,
  jobPreScreenAnswers,
  jobPreScreenQuestions,
  jobRequirements,
  jobs,
  placements,
  privacyRequests,
  roleInvitations,
  whiteLabelCodes,
  whiteLabelPages,
} from "#db/schema/ats.ts";
import { authEvents } from "#db/schema/audit.ts";
import {
  approvals,
  companyBillingProfiles,
  customContracts,
  disputes,
  escrowHolds,
  feeTerms,
  invoicePayments,
  ledgerAccounts,
  payoutSchedules,
  placementCredits,
  placementInvoices,
  placementPayoutTransactions,
  placementSplits,
  plans,
  reconciliationBreaks,
  reconciliationRuns,
  splitsRates,
  stripeOperations,
  subscriptions,
  taxProfiles,
} from "#db/schema/billing.ts";
import { cents } from "#domain/money.ts";
import { invitations, memberships } from "#db/schema/identity.ts";
import {
  candidateSourcers,
  companySourcers,
  recruiterCandidates,
  recruiterCompanies,
  teamInvitations,
  teamMembers,
  teams,
  teamSplitConfigs,
} from "#db/schema/network.ts";
import { notifications } from "#db/schema/notify.ts";
import { toHex } from "#domain/bytes.ts";
import { SYSTEM_USER_ID } from "#domain/ids.ts";
import { type CallOptions, marketplace, type Person } from "#test/api.ts";

export const ACTORS = [
  "platformAdmin",
  /** of the organization of Acme and Beta */
  "companyAdmin",
  /** of the same organization, all of its companies */
  "hiringManager",
  /** of the same organization, only of Beta */
  "betaManager",
  /** of Rival, an organization of its own */
  "rivalAdmin",
  /** represents the candidate */
  "candidateRecruiter",
  /** represents Acme on its open job */
  "companyRecruiter",
  /** brought Acme to the marketplace */
  "companySourcer",
  "otherRecruiter",
  "pendingRecruiter",
  /** was at work on deals of Rival */
  "suspendedRecruiter",
  "teamOwner",
  "teamAdmin",
  /** owns Acme's open and filled job, and may edit them */
  "teamMember",
  /** owns Beta's draft */
  "teamCollaborator",
  "candidate",
  "otherCandidate",
  "roleless",
  "anonymous",
] as const;

export type Actor = (typeof ACTORS)[number];

const PERMISSIONS = {
  can_view_jobs: true,
  can_submit_candidates: true,
  can_view_applications: true,
  can_advance_candidates: true,
  can_create_jobs: false,
  can_edit_jobs: false,
};
const HOUR = 3_600_000;
/** What only insiders read of a job. */
const WITHIN = { feePercentage: 2_000, recruiterDescription: "They pay late", salaryMin: 10_000_000, showSalaryRange: false };
const ACME_TOKEN = "the-token-of-the-invitation-to-acme-of-the-access-world";
const TEAM_TOKEN = "the-token-of-the-team-invitation-of-the-access-world";
const INVITATION_TOKEN = "the-token-of-the-invitation-of-the-access-world";

const hashOf = async (token: string): Promise<string> =>
  toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token))));

/**
 * One marketplace with two unrelated tenants and one row of each kind, named in words. Acme and Beta
 * are companies of one organization, Rival is another's.
 *
 * Deals: the candidate is at Acme's gate ("reached"), was hired by Acme ("hired"), is asked about
 * Rival's job ("proposed") and writes to Beta ("draft", without a deal record); Guarded waits for
 * their recruiter ("gated"), talks with Beta ("interview") and was never shown to Rival ("denied");
 * Past was rejected by Rival ("past"); the other candidate is stuck at the gate of Rival's suspended
 * recruiter ("stuck").
 */
export async function accessWorld() {
  const world = await marketplace();
  const { db } = world;
  const names = new Map<string, string>();
  const ids = new Map<string, string>();

  function named(name: string, id: string): string {
    names.set(id, name);
    ids.set(name, id);
    return id;
  }

  /** The id of a row, by its name. */
  function id(name: string): string {
    const known = ids.get(name);
    if (known === undefined) throw new Error(`nothing is named ${name}`);
    return known;
  }

  const add = async (table: Parameters<typeof db.writer.insert>[0], name: string, values: object): Promise<string> => {
    const rowId = named(name, crypto.randomUUID());
    await db.writer.insert(table).values({ id: rowId, ...values } as never);
    return rowId;
  };

  // ————— tenants and people
  const acme = await world.company("Acme");
  const beta = await world.company("Beta", acme.organizationId);
  const rival = await world.company("Rival");
  named("Acme", acme.id);
  named("Beta", beta.id);
  named("Rival", rival.id);
  named("Acme's organization", acme.organizationId);
  named("Rival's organization", rival.organizationId);
  await db.writer.update(companies).set({ isMarketplaceListed: false }).where(eq(companies.id, beta.id));
  await add(companies, "Shadow", {
    name: "Shadow",
    slug: "shadow",
    identityOrganizationId: rival.organizationId,
    isMarketplaceListed: false,
  });
  await add(companies, "Gamma", {
    name: "Gamma",
    slug: "gamma",
    identityOrganizationId: acme.organizationId,
    isMarketplaceListed: false,
  });

  const candidate = await world.candidate("Candidate");
  const otherCandidate = await world.candidate("Other Candidate");
  const recruiters = {
    candidateRecruiter: await world.recruiter("Candidate Recruiter"),
    companyRecruiter: await world.recruiter("Company Recruiter"),
    companySourcer: await world.recruiter("Company Sourcer"),
    otherRecruiter: await world.recruiter("Other Recruiter"),
    pendingRecruiter: await world.recruiter("Pending Recruiter", "pending"),
    suspendedRecruiter: await world.recruiter("Suspended Recruiter", "suspended"),
    teamOwner: await world.recruiter("Team Owner"),
    teamAdmin: await world.recruiter("Team Admin"),
    teamMember: await world.recruiter("Team Member"),
    teamCollaborator: await world.recruiter("Team Collaborator"),
  };
  const people = {
    platformAdmin: await world.platformAdmin(),
    companyAdmin: await world.member(acme),
    hiringManager: await world.member(acme, "hiring_manager"),
    betaManager: await world.member(beta, "hiring_manager", true),
    rivalAdmin: await world.member(rival),
    ...recruiters,
    candidate,
    otherCandidate,
    roleless: await world.person("Roleless"),
  } satisfies Record<Exclude<Actor, "anonymous">, Person>;
  for (const [actor, { userId }] of Object.entries(people)) named(`user ${actor}`, userId);
  named("user system", SYSTEM_USER_ID);
  for (const [actor, { recruiterId }] of Object.entries(recruiters)) named(`recruiter ${actor}`, recruiterId);
  for (const actor of ["companyAdmin", "hiringManager", "betaManager", "rivalAdmin"] as const) {
    const [row] = await db.writer.select().from(memberships).where(eq(memberships.userId, people[actor].userId));
    named(`membership ${actor}`, row?.id ?? "");
  }
  // nobody of the actors: at work for both tenants, and a recruiter beside
  const moonlighter = await world.recruiter("Moonlighter");
  named("user moonlighter", moonlighter.userId);
  named("recruiter moonlighter", moonlighter.recruiterId);
  const managing = { userId: moonlighter.userId, roleName: "hiring_manager" };
  await add(memberships, "membership of moonlighter in Acme", { ...managing, organizationId: acme.organizationId });
  await add(memberships, "membership of moonlighter in Rival", { ...managing, organizationId: rival.organizationId });
  await add(memberships, "ended membership", {
    ...managing,
    organizationId: acme.organizationId,
    companyId: acme.id,
    deletedAt: new Date(),
  });
  const { candidateRecruiter, companyRecruiter, companySourcer, otherRecruiter, suspendedRecruiter, teamMember } = recruiters;
  await db.writer.execute(
    sql`update network.recruiters set marketplace_enabled = true, marketplace_visibility = 'public' where id = ${otherRecruiter.recruiterId}`,
  );
  // neither of them is on the public list: one shows less, the other is not approved
  await db.writer.execute(sql`update network.recruiters set marketplace_enabled = true where id = ${companySourcer.recruiterId}`);
  await db.writer.execute(
    sql`update network.recruiters set marketplace_enabled = true, marketplace_visibility = 'public' where id = ${recruiters.pendingRecruiter.recruiterId}`,
  );
  await db.writer.execute(sql`update network.recruiters set phone = '+1 555 0100' where id = ${candidateRecruiter.recruiterId}`);
  await db.writer.execute(sql`update ats.candidates set marketplace_visibility = 'hidden' where id = ${candidate.candidateId}`);
  await db.writer.execute(sql`update ats.candidates set marketplace_visibility = 'public' where id = ${otherCandidate.candidateId}`);

  // ————— candidates and who represents them
  named("candidate candidate", candidate.candidateId);
  named("candidate other", otherCandidate.candidateId);
  const hidden = { marketplaceVisibility: "hidden" };
  const guarded = await add(candidates, "candidate guarded", {
    email: "guarded@people.test",
    fullName: "Guarded",
    createdByUserId: candidateRecruiter.userId,
    ...hidden,
  });
  const past = await add(candidates, "candidate past", { email: "past@people.test", fullName: "Past", ...hidden });
  const unmet = await add(candidates, "candidate unmet", { email: "unmet@people.test", fullName: "Unmet", ...hidden });

  const removed = await add(candidates, "candidate removed", {
    email: "removed@people.test",
    fullName: "Removed",
    deletedAt: new Date(),
    ...hidden,
  });

  const consent = {
    status: "active",
    consentGiven: true,
    consentGivenAt: new Date(),
    relationshipStartDate: new Date(),
    relationshipEndDate: new Date(Date.now() + 300 * 24 * HOUR),
  };
  await add(recruiterCandidates, "relationship of candidate", {
    recruiterId: candidateRecruiter.recruiterId,
    candidateId: candidate.candidateId,
    ...consent,
  });
  await add(recruiterCandidates, "relationship of guarded", {
    recruiterId: candidateRecruiter.recruiterId,
    candidateId: guarded,
    ...consent,
  });
  await add(recruiterCandidates, "ended relationship", {
    recruiterId: suspendedRecruiter.recruiterId,
    candidateId: past,
    status: "terminated",
    terminationReason: "moved on",
  });
  const invitation = await add(recruiterCandidates, "invitation", {
    recruiterId: otherRecruiter.recruiterId,
    candidateId: unmet,
    status: "pending",
    invitedAt: new Date(),
    invitationExpiresAt: new Date(Date.now() + 24 * HOUR),
  });
  const tokenHash = await hashOf(INVITATION_TOKEN);
  await db.writer.update(recruiterCandidates).set({ invitationTokenHash: tokenHash }).where(eq(recruiterCandidates.id, invitation));
  ids.set("invitation token", INVITATION_TOKEN);

  await add(recruiterCompanies, "connection of company recruiter", {
    recruiterId: companyRecruiter.recruiterId,
    companyId: acme.id,
    status: "active",
    permissions: PERMISSIONS,
    startedAt: new Date(),
  });
  await add(recruiterCompanies, "connection of job owner", {
    recruiterId: teamMember.recruiterId,
    companyId: acme.id,
    status: "active",
    permissions: { ...PERMISSIONS, can_create_jobs: true, can_edit_jobs: true },
    startedAt: new Date(),
  });
  await add(recruiterCompanies, "requested connection", {
    recruiterId: otherRecruiter.recruiterId,
    companyId: rival.id,
    status: "pending",
    permissions: PERMISSIONS,
  });
  await add(candidateSourcers, "sourcer of candidate", {
    candidateId: candidate.candidateId,
    sourcerRecruiterId: candidateRecruiter.recruiterId,
  });
  await add(candidateSourcers, "sourcer of removed", { candidateId: removed, sourcerRecruiterId: otherRecruiter.recruiterId });
  await add(companySourcers, "sourcer of Acme", { companyId: acme.id, sourcerRecruiterId: companySourcer.recruiterId });

  // ————— a team
  const team = await add(teams, "team", { name: "Team", ownerUserId: recruiters.teamOwner.userId, status: "active" });
  for (const [actor, teamRole] of [
    ["teamOwner", "owner"],
    ["teamAdmin", "admin"],
    ["teamMember", "member"],
    ["teamCollaborator", "collaborator"],
  ] as const) {
    await add(teamMembers, `member ${actor}`, {
      teamId: team,
      recruiterId: recruiters[actor].recruiterId,
      teamRole,
      status: "active",
      joinedAt: new Date(),
    });
  }
  const ofTeam = { teamId: team, teamRole: "member" };
  await add(teamMembers, "invited member", { ...ofTeam, recruiterId: companySourcer.recruiterId, status: "invited" });
  await add(teamMembers, "removed member", { ...ofTeam, recruiterId: moonlighter.recruiterId, status: "removed" });
  await add(teamSplitConfigs, "team rules", {
    teamId: team,
    model: "individual_credit",
    isDefault: true,
    effectiveFrom: new Date(Date.now() - HOUR),
    createdByUserId: recruiters.teamOwner.userId,
  });

  ids.set("invitation token to Acme", ACME_TOKEN);
  await add(invitations, "invitation to Acme", {
    organizationId: acme.organizationId,
    email: people.roleless.email,
    roleName: "hiring_manager",
    invitedBy: people.companyAdmin.userId,
    tokenHash: await hashOf(ACME_TOKEN),
    issuedAt: new Date(),
    expiresAt: new Date(Date.now() + 24 * HOUR),
  });

  ids.set("team invitation token", TEAM_TOKEN);
  await add(teamInvitations, "team invitation", {
    teamId: team,
    email: otherRecruiter.email,
    teamRole: "member",
    tokenHash: await hashOf(TEAM_TOKEN),
    issuedAt: new Date(),
    expiresAt: new Date(Date.now() + 24 * HOUR),
    invitedByUserId: recruiters.teamOwner.userId,
  });

  // ————— jobs and what hangs on them
  const ofAcme = { companyId: acme.id, jobOwnerRecruiterId: teamMember.recruiterId };
  const openJob = await add(jobs, "open job", {
    ...ofAcme,
    title: "Open",
    status: "active",
    ...WITHIN,
    companyRecruiterId: companyRecruiter.recruiterId,
  });
  const filledJob = await add(jobs, "filled job", {
    ...ofAcme,
    title: "Filled",
    status: "active",
    companyRecruiterId: companyRecruiter.recruiterId,
  });
  const draftJob = await add(jobs, "draft job", { companyId: acme.id, title: "Draft", status: "draft" });
  const invitedJob = await add(jobs, "invite-only job", { companyId: acme.id, title: "Invited", status: "active", inviteOnly: true });
  const betaJob = await add(jobs, "Beta's job", { companyId: beta.id, title: "Beta", status: "active" });
  await add(jobs, "Beta's draft", {
    companyId: beta.id,
    title: "Beta draft",
    status: "draft",
    jobOwnerRecruiterId: recruiters.teamCollaborator.recruiterId,
  });
  const rivalJob = await add(jobs, "Rival's job", {
    companyId: rival.id,
    title: "Rival",
    status: "active",
    ...WITHIN,
    companyRecruiterId: suspendedRecruiter.recruiterId,
  });
  await add(jobs, "Rival's draft", { companyId: rival.id, title: "Rival draft", status: "draft" });
  await add(roleInvitations, "role invitation", { roleId: invitedJob, recruiterId: candidateRecruiter.recruiterId, invitedBy: "company" });
  for (const [name, jobId] of [
    ["open job", openJob],
    ["draft job", draftJob],
  ] as const) {
    await add(jobRequirements, `requirement of ${name}`, { jobId, requirementType: "mandatory", description: "Five years" });
    await add(jobPreScreenQuestions, `question of ${name}`, { jobId, question: "Why?", questionType: "text" });
  }
  const betaQuestion = await add(jobPreScreenQuestions, "question of Beta's job", {
    jobId: betaJob,
    question: "Why Beta?",
    questionType: "text",
  });

  // ————— deals
  const bothRecruiters = { candidateRecruiterId: candidateRecruiter.recruiterId, companyRecruiterId: companyRecruiter.recruiterId };
  const flags = (of: { candidateRecruiterId?: string; companyRecruiterId?: string }) => ({
    hasCandidateRecruiter: Boolean(of.candidateRecruiterId),
    hasCompanyRecruiter: Boolean(of.companyRecruiterId),
  });
  type Part = { candidateRecruiterId?: string; companyRecruiterId?: string };
  const deal = async (
    name: string,
    pair: { jobId: string; companyId: string; candidateId: string },
    parts: Part,
    application: object,
    cra: object,
  ) => {
    const applicationId = named(`${name} application`, crypto.randomUUID());
    const craId = named(`${name} deal`, crypto.randomUUID());
    await db.writer.batch([
      db.writer.insert(applications).values({ id: applicationId, ...pair, ...parts, submittedAt: new Date(), ...application } as never),
      db.writer.insert(deals).values({ id: craId, ...pair, ...parts, ...flags(parts), applicationId, ...cra } as never),
    ]);
    return { applicationId, craId };
  };
  const gates = ["candidate_recruiter", "company_recruiter", "company"] as const;
  const reachedCompanyAt = new Date();
  const reached = await deal(
    "reached",
    { jobId: openJob, companyId: acme.id, candidateId: candidate.candidateId },
    bothRecruiters,
    { stage: "submitted", recruiterNotes: "Shy", internalNotes: "Perhaps" },
    { proposedBy: candidate.userId, state: "awaiting_company", currentGate: "company", gateSequence: gates, reachedCompanyAt },
  );
  const gated = await deal(
    "gated",
    { jobId: openJob, companyId: acme.id, candidateId: guarded },
    bothRecruiters,
    { stage: "recruiter_review" },
    {
      proposedBy: candidateRecruiter.userId,
      state: "awaiting_candidate_recruiter",
      currentGate: "candidate_recruiter",
      gateSequence: gates,
    },
  );
  const hired = await deal(
    "hired",
    { jobId: filledJob, companyId: acme.id, candidateId: candidate.candidateId },
    bothRecruiters,
    { stage: "offer", acceptedByCandidate: true },
    { proposedBy: candidate.userId, state: "offer", currentGate: "none", gateSequence: gates, reachedCompanyAt, gatesPassedAt: new Date() },
  );
  await deal(
    "interview",
    { jobId: betaJob, companyId: beta.id, candidateId: guarded },
    { candidateRecruiterId: candidateRecruiter.recruiterId },
    { stage: "interview" },
    {
      proposedBy: candidateRecruiter.userId,
      state: "in_process",
      currentGate: "none",
      gateSequence: ["candidate_recruiter", "company"],
      reachedCompanyAt,
      gatesPassedAt: new Date(),
    },
  );
  await deal(
    "past",
    { jobId: rivalJob, companyId: rival.id, candidateId: past },
    { candidateRecruiterId: suspendedRecruiter.recruiterId },
    { stage: "rejected", closedAt: new Date() },
    {
      proposedBy: suspendedRecruiter.userId,
      state: "rejected",
      currentGate: "none",
      gateSequence: ["candidate_recruiter", "company"],
      reachedCompanyAt,
      closedAt: new Date(),
    },
  );
  await deal(
    "denied",
    { jobId: rivalJob, companyId: rival.id, candidateId: guarded },
    { candidateRecruiterId: candidateRecruiter.recruiterId },
    { stage: "rejected", closedAt: new Date() },
    {
      proposedBy: candidateRecruiter.userId,
      state: "rejected",
      currentGate: "none",
      gateSequence: ["candidate_recruiter", "company"],
      closedAt: new Date(),
    },
  );
  await deal(
    "stuck",
    { jobId: rivalJob, companyId: rival.id, candidateId: otherCandidate.candidateId },
    { companyRecruiterId: suspendedRecruiter.recruiterId },
    { stage: "screen" },
    {
      proposedBy: otherCandidate.userId,
      state: "awaiting_company_recruiter",
      currentGate: "company_recruiter",
      gateSequence: ["company_recruiter", "company"],
    },
  );
  await deal(
    "proposed",
    { jobId: rivalJob, companyId: rival.id, candidateId: candidate.candidateId },
    { candidateRecruiterId: candidateRecruiter.recruiterId },
    { stage: "recruiter_proposed", submittedAt: null },
    {
      proposedBy: candidateRecruiter.userId,
      state: "proposed",
      proposalType: "opportunity",
      proposedAt: new Date(),
      responseDueAt: new Date(Date.now() + 72 * HOUR),
    },
  );
  const draft = await add(applications, "draft application", {
    jobId: betaJob,
    companyId: beta.id,
    candidateId: candidate.candidateId,
    candidateRecruiterId: candidateRecruiter.recruiterId,
    stage: "draft",
  });

  // ————— what was said, answered and assessed
  const feedback = (name: string, author: Person, createdByType: string, gateName: string, more: object) =>
    add(craGateFeedback, name, {
      assignmentId: reached.craId,
      gateName,
      createdByUserId: author.userId,
      createdByType,
      feedbackType: "approval_note",
      messageText: name,
      ...more,
    });
  await feedback("note at candidate recruiter's gate", candidateRecruiter, "candidate_recruiter", "candidate_recruiter", {});
  await feedback("question to candidate", candidateRecruiter, "candidate_recruiter", "candidate_recruiter", {
    feedbackType: "info_request",
    addresseeType: "candidate",
  });
  await feedback("answer of candidate", candidate, "candidate", "candidate_recruiter", {
    feedbackType: "info_response",
    inResponseToId: id("question to candidate"),
  });
  await feedback("note at company recruiter's gate", companyRecruiter, "company_recruiter", "company_recruiter", {});
  await feedback("note at company's gate", people.companyAdmin, "company_admin", "company", {});
  await feedback("shared feedback", people.companyAdmin, "company_admin", "company", { visibility: "shared" });

  const note = (name: string, author: Person, createdByType: string, visibility: string) =>
    add(applicationNotes, name, {
      applicationId: reached.applicationId,
      createdByUserId: author.userId,
      createdByType,
      visibility,
      messageText: name,
    });
  await note("shared note", candidateRecruiter, "candidate_recruiter", "shared");
  await note("company's note", people.companyAdmin, "company_admin", "company_only");
  await note("candidate's note", candidate, "candidate", "candidate_only");

  const entry = (name: string, oldStage: string | null, newStage: string | null) =>
    add(applicationAuditLog, name, {
      applicationId: reached.applicationId,
      action: name,
      companyId: acme.id,
      oldValue: { stage: oldStage },
      newValue: { stage: newStage },
    });
  await entry("entry of the company's stage", "recruiter_review", "submitted");
  await entry("entry of the recruiter's stage", "draft", "recruiter_review");
  await entry("entry of another change", "submitted", "submitted");
  await entry("entry of the draft's words", null, null);

  const file = (name: string, entityType: "candidate" | "application", entityId: string, more: object = {}) =>
    add(documents, name, {
      entityType,
      entityId,
      documentType: "resume",
      filename: "resume.pdf",
      storageKey: name,
      contentType: "application/pdf",
      fileSize: 1_000,
      ...more,
    });
  await file("resume of candidate", "candidate", candidate.candidateId);
  await file("removed resume of candidate", "candidate", candidate.candidateId, { deletedAt: new Date() });
  await file("resume of other", "candidate", otherCandidate.candidateId);
  await file("document of reached", "application", reached.applicationId);
  await file("removed document of reached", "application", reached.applicationId, { deletedAt: new Date() });

  await add(jobPreScreenAnswers, "answer on reached", {
    applicationId: reached.applicationId,
    questionId: id("question of open job"),
    answer: "Because",
  });
  await add(jobPreScreenAnswers, "answer on draft", { applicationId: draft, questionId: betaQuestion, answer: "Perhaps" });
  const review = {
    fitScore: 80,
    recommendation: "good_fit",
    overallSummary: "Fits",
    confidenceLevel: 70,
    modelVersion: "1",
    analyzedAt: new Date(),
  };
  await add(aiReviews, "review of reached", { applicationId: reached.applicationId, ...review });
  await add(aiReviews, "review of gated", { applicationId: gated.applicationId, ...review });

  // ————— the hire, as the company does it, and its money
  const hire = await world.call("POST", `applications/${hired.applicationId}/hire`, {
    as: people.companyAdmin,
    body: { salary_cents: 10_000_000, start_date: "2026-12-01" },
  });
  if (hire.status !== 200) throw new Error(`the hire of the access world: ${JSON.stringify(hire.body)}`);
  const [hireEntry] = await db.writer.select().from(applicationAuditLog).where(eq(applicationAuditLog.applicationId, hired.applicationId));
  named("entry of the hire", hireEntry?.id ?? "");
  await db.writer.update(jobs).set({ status: "filled", filledAt: new Date() }).where(eq(jobs.id, filledJob));
  const [placement] = await db.writer.select().from(placements);
  named("placement", placement?.id ?? "");
  for (const split of await db.writer.select().from(placementSplits)) named(`split ${split.dealRole}`, split.id);
  const paid = await db.writer
    .select({ id: placementPayoutTransactions.id, dealRole: placementSplits.dealRole })
    .from(placementPayoutTransactions)
    .innerJoin(placementSplits, eq(placementSplits.id, placementPayoutTransactions.placementSplitId));
  for (const transaction of paid) named(`payout ${transaction.dealRole}`, transaction.id);

  for (const hold of await db.writer.select().from(escrowHolds)) named("hold of placement", hold.id);
  for (const schedule of await db.writer.select().from(payoutSchedules)) named("schedule of placement", schedule.id);
  await add(placementInvoices, "invoice of placement", {
    placementId: id("placement"),
    companyId: id("Acme"),
    amountDueCents: cents(2_000_000),
    status: "draft",
    collectionMethod: "send_invoice",
    billingTerms: "net_30",
  });
  await add(invoicePayments, "payment of invoice", {
    invoiceId: id("invoice of placement"),
    stripeInvoicePaymentId: "inpay_access",
    grossCents: cents(100),
    feeCents: cents(1),
    paidAt: new Date(),
  });
  await add(placementCredits, "credit of placement", {
    placementId: id("placement"),
    companyId: id("Acme"),
    jobId: filledJob,
    amountCents: cents(2_000_000),
    status: "open",
    expiresAt: new Date("2100-01-01T00:00:00Z"),
  });
  const customer = await fetch(`${world.stripe.url}/v1/customers`, {
    method: "POST",
    headers: { authorization: `Bearer ${world.stripe.key}` },
  });
  const { id: stripeCustomerId } = (await customer.json()) as { id: string };
  await db.writer.insert(companyBillingProfiles).values({ companyId: id("Acme"), billingEmail: "books@acme.test", stripeCustomerId });
  named("billing profile of Acme", id("Acme")); // it is named by its company
  await db.writer.insert(brands).values({ companyId: id("Acme"), color: "#123456" });
  named("brand of Acme", id("Acme"));
  await db.writer.insert(whiteLabelPages).values({ companyId: id("Acme"), roles: "all" });
  named("page of Acme", id("Acme"));
  const forPartners = { label: "Partner", expiresAt: new Date("2100-01-01T00:00:00Z") };
  await add(whiteLabelCodes, "access code of Acme", { ...forPartners, companyId: id("Acme"), codeHash: "a" });
  await add(whiteLabelCodes, "access code of Rival", { ...forPartners, companyId: id("Rival"), codeHash: "r" });
  const handedIn = { source: "white_label", fields: { role_title: "Chef" } } as const;
  await add(intakeRequests, "intake of Acme", { ...handedIn, companyId: id("Acme") });
  await add(intakeRequests, "intake of Rival", { ...handedIn, companyId: id("Rival") });
  await db.writer.insert(intakeSettings).values({ companyId: id("Acme") });
  named("intake settings of Acme", id("Acme"));
  names.set(id("Acme"), "Acme");

  const catalogue = await db.writer.select().from(plans);
  for (const plan of catalogue) named(`plan ${plan.slug}`, plan.id);
  for (const rate of await db.writer.select().from(splitsRates)) named(`rates ${rate.tier}`, rate.id);
  const planId = id("plan paid");
  await add(subscriptions, "subscription of candidate recruiter", {
    userId: candidateRecruiter.userId,
    recruiterId: candidateRecruiter.recruiterId,
    planId,
    status: "active",
  });
  await add(subscriptions, "subscription of team", { userId: recruiters.teamOwner.userId, teamId: team, planId, status: "active" });

  for (const actor of ["platformAdmin", "companyAdmin", "candidateRecruiter", "candidate", "roleless"] as const) {
    await db.writer.delete(notifications).where(eq(notifications.recipientUserId, people[actor].userId));
    await add(notifications, `notice of ${actor}`, {
      recipientUserId: people[actor].userId,
      eventType: "application.submitted",
      channel: "in_app",
      subject: "News",
      template: "news",
      category: "applications",
      dedupeKey: actor,
    });
  }

  await add(stripeOperations, "stripe operation", {
    kind: "customer",
    subjectType: "company",
    subjectId: id("Acme"),
    request: {},
    status: "failed",
    nextAttemptAt: new Date(),
  });

  await add(stripeOperations, "refund", {
    kind: "refund",
    subjectType: "placement_credit",
    subjectId: id("placement"),
    request: { company_id: id("Acme"), placement_id: id("placement"), invoice_ids: [id("invoice of placement")], amount_cents: 100 },
    status: "failed",
    nextAttemptAt: new Date(),
  });

  // ————— what keeps the money honest
  await add(approvals, "approval", {
    action: "payout.cancel",
    subjectId: id("payout candidate_recruiter"),
    request: {},
    reason: "Agreed",
    requestedBy: SYSTEM_USER_ID,
    expiresAt: new Date(Date.now() + 24 * HOUR),
  });
  await add(customContracts, "contract of Acme", { companyId: id("Acme"), contractStartDate: "2026-01-01" });
  await add(disputes, "dispute of placement", {
    placementId: id("placement"),
    raisedBy: people.companyAdmin.userId,
    disputeType: "other",
    reason: "Why",
  });
  await db.writer
    .execute(sql`select billing.post(${named("top-up", crypto.randomUUID())}::uuid, 'topup', 'topup:access', 'hash', now(), null,
    '[{"account": "bank", "kind": "asset", "amount": -100}, {"account": "stripe_balance", "kind": "asset", "amount": 100, "balance_transaction_id": "txn_access"}]')`);
  for (const { id: accountId, code } of await db.writer.select().from(ledgerAccounts)) named(`account ${code}`, accountId);
  for (const { id: termsId } of await db.writer.select().from(feeTerms)) named("fee terms", termsId);
  await add(reconciliationRuns, "reconciliation run", { startedAt: new Date() });
  await add(authEvents, "sign-in", { at: new Date(), kind: "signed_in", outcome: "success", requestId: "access" });
  await add(privacyRequests, "wish to be deleted", { candidateId: candidate.candidateId, kind: "erasure" });
  await add(pipelineFailures, "pipeline failure", { queue: "payouts", body: {}, firstSeenAt: new Date() });
  await add(reconciliationBreaks, "reconciliation break", {
    kind: "alien_entry",
    severity: "warning",
    subject: "txn_access",
    openedAt: new Date(),
  });
  const { body: switches } = await world.call("GET", "switches", { as: people.platformAdmin });
  for (const each of switches.data) named(`switch ${each.name}`, each.id);
  await db.writer.insert(taxProfiles).values({ recruiterId: recruiters.companySourcer.recruiterId, status: "pending" });

  /** One request as one of the actors. */
  const call = (actor: Actor, method: string, path: string, options: CallOptions = {}) =>
    world.call(method, path, actor === "anonymous" ? options : { ...options, as: people[actor] });

  return { ...world, people, names, id, call, acme, beta, rival };
}

export type AccessWorld = Awaited<ReturnType<typeof accessWorld>>;
