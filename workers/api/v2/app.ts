import { OpenAPIHono } from "@hono/zod-openapi";
import type { ApiEnv } from "../app.ts";

export const V2 = "/api/v2";

/** Loads what registers routes. */
type Load = () => Promise<(api: OpenAPIHono<ApiEnv>) => void>;

/**
 * Who registers the routes of each resource, by the first word of its path; `/me` stands before `/{id}` in each.
 * Each is loaded when it is first asked for: a cold start runs no resource that its request does not need.
 */
export const RESOURCES: Readonly<Record<string, readonly Load[]>> = {
  users: [async () => (await import("./users.ts")).users],
  organizations: [async () => (await import("./organizations.ts")).organizations],
  invitations: [async () => (await import("./invitations.ts")).invitations],
  memberships: [async () => (await import("./memberships.ts")).memberships],
  companies: [async () => (await import("./companies.ts")).companies],
  "intake-settings": [async () => (await import("./intake-settings.ts")).intakeSettings],
  jobs: [async () => (await import("./jobs.ts")).jobs],
  "job-requirements": [async () => (await import("./job-requirements.ts")).jobRequirements],
  "job-pre-screen-questions": [async () => (await import("./job-pre-screen-questions.ts")).jobPreScreenQuestions],
  "job-pre-screen-answers": [async () => (await import("./job-pre-screen-answers.ts")).jobPreScreenAnswers],
  applications: [async () => (await import("./applications.ts")).applications, async () => (await import("./hire.ts")).hireOperation],
  "application-notes": [async () => (await import("./application-notes.ts")).applicationNotes],
  "ai-reviews": [async () => (await import("./ai-reviews.ts")).aiReviews],
  "candidate-role-assignments": [async () => (await import("./candidate-role-assignments.ts")).candidateRoleAssignments],
  "cra-gate-feedback": [async () => (await import("./candidate-role-assignments.ts")).craGateFeedback],
  notifications: [async () => (await import("./notifications.ts")).notifications],
  candidates: [async () => (await import("./candidates.ts")).candidates],
  recruiters: [async () => (await import("./recruiters.ts")).recruiters, async () => (await import("./payout-accounts.ts")).payoutAccounts],
  "recruiter-candidates": [async () => (await import("./recruiter-candidates.ts")).recruiterCandidates],
  "recruiter-companies": [async () => (await import("./recruiter-companies.ts")).recruiterCompanies],
  "candidate-sourcers": [async () => (await import("./sourcers.ts")).candidateSourcers],
  "company-sourcers": [async () => (await import("./sourcers.ts")).companySourcers],
  "payout-transactions": [
    async () => (await import("./payout-transactions.ts")).payoutTransactions,
    async () => (await import("./payout-actions.ts")).payoutActions,
  ],
  payouts: [async () => (await import("./payout-transactions.ts")).payoutTransactions],
  "placement-snapshots": [async () => (await import("./placement-snapshots.ts")).placementSnapshots],
  "placement-splits": [async () => (await import("./placement-splits.ts")).placementSplits],
  placements: [async () => (await import("./placements.ts")).placements],
  plans: [async () => (await import("./plans.ts")).plans],
  "splits-rates": [async () => (await import("./plans.ts")).splitsRates, async () => (await import("./fee-terms.ts")).splitsRatesChange],
  "stripe-events": [async () => (await import("./stripe-events.ts")).stripeEvents],
  "stripe-operations": [async () => (await import("./stripe-operations.ts")).stripeOperations],
  statements: [async () => (await import("./statements.ts")).statements],
  subscriptions: [async () => (await import("./subscriptions.ts")).subscriptions],
  entitlements: [async () => (await import("./subscriptions.ts")).entitlements],
  "team-invitations": [async () => (await import("./team-invitations.ts")).teamInvitations],
  "team-members": [async () => (await import("./team-members.ts")).teamMembers],
  "team-split-configs": [async () => (await import("./team-split-configs.ts")).teamSplitConfigs],
  teams: [async () => (await import("./teams.ts")).teams],
  "auth-events": [async () => (await import("./auth-events.ts")).authEvents],
  "privacy-requests": [async () => (await import("./privacy-requests.ts")).privacyRequests],
  approvals: [async () => (await import("./approvals.ts")).approvals],
  "custom-contracts": [async () => (await import("./custom-contracts.ts")).customContracts],
  disputes: [async () => (await import("./disputes.ts")).disputes],
  "escrow-holds": [
    async () => (await import("./escrow-holds.ts")).escrowHolds,
    async () => (await import("./escrow-hold-actions.ts")).escrowHoldActions,
  ],
  "payout-schedules": [async () => (await import("./payout-schedules.ts")).payoutSchedules],
  "placement-credits": [async () => (await import("./placement-credits.ts")).placementCredits],
  "placement-invoices": [async () => (await import("./placement-invoices.ts")).placementInvoices],
  "company-billing-profiles": [async () => (await import("./company-billing-profiles.ts")).companyBillingProfiles],
  brands: [async () => (await import("./brands.ts")).brands],
  "white-label-pages": [async () => (await import("./white-label-pages.ts")).whiteLabelPages],
  "access-codes": [async () => (await import("./access-codes.ts")).accessCodes],
  "intake-requests": [async () => (await import("./intake-requests.ts")).intakeRequests],
  "fee-terms": [async () => (await import("./fee-terms.ts")).feeTerms],
  clawbacks: [async () => (await import("./clawbacks.ts")).clawbacks],
  debts: [async () => (await import("./debts.ts")).debts],
  refunds: [async () => (await import("./refunds.ts")).refunds],
  "ledger-accounts": [async () => (await import("./ledger.ts")).ledgerAccounts],
  "ledger-transactions": [async () => (await import("./ledger.ts")).ledgerTransactions],
  "pipeline-failures": [async () => (await import("./pipeline-failures.ts")).pipelineFailures],
  "reconciliation-breaks": [async () => (await import("./reconciliation.ts")).reconciliationBreaks],
  "reconciliation-runs": [async () => (await import("./reconciliation.ts")).reconciliationRuns],
  switches: [async () => (await import("./switches.ts")).switches],
  "tax-profiles": [async () => (await import("./tax.ts")).taxProfiles],
  "tax-totals": [async () => (await import("./tax.ts")).taxTotalsOperation],
};

const RESOURCE_IN_URL = /^[a-z]+:\/\/[^/]+\/api\/v2\/([a-z-]+)/;

/** The resource that an address is about; null where the first-party API has none. */
export function resourceOf(url: string): string | null {
  const name = RESOURCE_IN_URL.exec(url)?.[1] ?? "";
  return Object.hasOwn(RESOURCES, name) ? name : null;
}

/** The routes of one resource, or of all. */
export async function v2(resource?: string): Promise<OpenAPIHono<ApiEnv>> {
  const api = new OpenAPIHono<ApiEnv>();
  const wanted = resource === undefined ? Object.values(RESOURCES).flat() : (RESOURCES[resource] ?? []);
  for (const register of await Promise.all(wanted.map((load) => load()))) register(api);
  return api;
}
