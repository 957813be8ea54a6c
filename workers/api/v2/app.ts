import { OpenAPIHono } from "@hono/zod-openapi";
import type { ApiEnv } from "../app.ts";
import { approvals } from "./approvals.ts";
import { customContracts } from "./custom-contracts.ts";
import { disputes } from "./disputes.ts";
import { companyBillingProfiles } from "./company-billing-profiles.ts";
import { escrowHoldActions } from "./escrow-hold-actions.ts";
import { escrowHolds } from "./escrow-holds.ts";
import { payoutSchedules } from "./payout-schedules.ts";
import { placementCredits } from "./placement-credits.ts";
import { placementInvoices } from "./placement-invoices.ts";
import { feeTerms, splitsRatesChange } from "./fee-terms.ts";
import { ledgerAccounts, ledgerTransactions } from "./ledger.ts";
import { clawbacks } from "./clawbacks.ts";
import { debts } from "./debts.ts";
import { payoutActions } from "./payout-actions.ts";
import { reconciliationBreaks, reconciliationRuns } from "./reconciliation.ts";
import { switches } from "./switches.ts";
import { taxProfiles, taxTotalsOperation } from "./tax.ts";
import { aiReviews } from "./ai-reviews.ts";
import { applicationNotes } from "./application-notes.ts";
import { applications } from "./applications.ts";
import { companies } from "./companies.ts";
import { candidateRoleAssignments, craGateFeedback } from "./candidate-role-assignments.ts";
import { candidates } from "./candidates.ts";
import { recruiterCandidates } from "./recruiter-candidates.ts";
import { recruiterCompanies } from "./recruiter-companies.ts";
import { recruiters } from "./recruiters.ts";
import { candidateSourcers, companySourcers } from "./sourcers.ts";
import { jobPreScreenAnswers } from "./job-pre-screen-answers.ts";
import { jobPreScreenQuestions } from "./job-pre-screen-questions.ts";
import { jobRequirements } from "./job-requirements.ts";
import { jobs } from "./jobs.ts";
import { notifications } from "./notifications.ts";
import { hireOperation } from "./hire.ts";
import { payoutAccounts } from "./payout-accounts.ts";
import { payoutTransactions } from "./payout-transactions.ts";
import { placementSnapshots } from "./placement-snapshots.ts";
import { placementSplits } from "./placement-splits.ts";
import { memberships } from "./memberships.ts";
import { organizations } from "./organizations.ts";
import { placements } from "./placements.ts";
import { refunds } from "./refunds.ts";
import { users } from "./users.ts";
import { plans, splitsRates } from "./plans.ts";
import { stripeEvents } from "./stripe-events.ts";
import { stripeOperations } from "./stripe-operations.ts";
import { statements } from "./statements.ts";
import { entitlements, subscriptions } from "./subscriptions.ts";
import { teamInvitations } from "./team-invitations.ts";
import { teamMembers } from "./team-members.ts";
import { teamSplitConfigs } from "./team-split-configs.ts";
import { teams } from "./teams.ts";

type Routes = (api: OpenAPIHono<ApiEnv>) => void;

/** Who registers the routes of each resource, by the first word of its path; `/me` stands before `/{id}` in each. */
export const RESOURCES: Readonly<Record<string, readonly Routes[]>> = {
  users: [users],
  organizations: [organizations],
  memberships: [memberships],
  companies: [companies],
  jobs: [jobs],
  "job-requirements": [jobRequirements],
  "job-pre-screen-questions": [jobPreScreenQuestions],
  "job-pre-screen-answers": [jobPreScreenAnswers],
  applications: [applications, hireOperation],
  "application-notes": [applicationNotes],
  "ai-reviews": [aiReviews],
  "candidate-role-assignments": [candidateRoleAssignments],
  "cra-gate-feedback": [craGateFeedback],
  notifications: [notifications],
  candidates: [candidates],
  recruiters: [recruiters, payoutAccounts],
  "recruiter-candidates": [recruiterCandidates],
  "recruiter-companies": [recruiterCompanies],
  "candidate-sourcers": [candidateSourcers],
  "company-sourcers": [companySourcers],
  "payout-transactions": [payoutTransactions, payoutActions],
  payouts: [payoutTransactions],
  "placement-snapshots": [placementSnapshots],
  "placement-splits": [placementSplits],
  placements: [placements],
  plans: [plans],
  "splits-rates": [splitsRates, splitsRatesChange],
  "stripe-events": [stripeEvents],
  "stripe-operations": [stripeOperations],
  statements: [statements],
  subscriptions: [subscriptions],
  entitlements: [entitlements],
  "team-invitations": [teamInvitations],
  "team-members": [teamMembers],
  "team-split-configs": [teamSplitConfigs],
  teams: [teams],
  approvals: [approvals],
  "custom-contracts": [customContracts],
  disputes: [disputes],
  "escrow-holds": [escrowHolds, escrowHoldActions],
  "payout-schedules": [payoutSchedules],
  "placement-credits": [placementCredits],
  "placement-invoices": [placementInvoices],
  "company-billing-profiles": [companyBillingProfiles],
  "fee-terms": [feeTerms],
  clawbacks: [clawbacks],
  debts: [debts],
  refunds: [refunds],
  "ledger-accounts": [ledgerAccounts],
  "ledger-transactions": [ledgerTransactions],
  "reconciliation-breaks": [reconciliationBreaks],
  "reconciliation-runs": [reconciliationRuns],
  switches: [switches],
  "tax-profiles": [taxProfiles],
  "tax-totals": [taxTotalsOperation],
};

const RESOURCE_IN_URL = /^[a-z]+:\/\/[^/]+\/api\/v2\/([a-z-]+)/;

/** The resource that an address is about; null where the first-party API has none. */
export function resourceOf(url: string): string | null {
  const name = RESOURCE_IN_URL.exec(url)?.[1] ?? "";
  return Object.hasOwn(RESOURCES, name) ? name : null;
}

/** The routes of one resource, or of all. */
export function v2(resource?: string): OpenAPIHono<ApiEnv> {
  const api = new OpenAPIHono<ApiEnv>();
  const wanted = resource === undefined ? Object.values(RESOURCES).flat() : (RESOURCES[resource] ?? []);
  for (const register of wanted) register(api);
  return api;
}
