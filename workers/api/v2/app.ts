import { OpenAPIHono } from "@hono/zod-openapi";
import type { ApiEnv } from "../app.ts";
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
import { payoutTransactions } from "./payout-transactions.ts";
import { placementSnapshots } from "./placement-snapshots.ts";
import { placementSplits } from "./placement-splits.ts";
import { memberships } from "./memberships.ts";
import { organizations } from "./organizations.ts";
import { placements } from "./placements.ts";
import { users } from "./users.ts";
import { plans } from "./plans.ts";
import { subscriptions } from "./subscriptions.ts";
import { teamMembers } from "./team-members.ts";
import { teamSplitConfigs } from "./team-split-configs.ts";
import { teams } from "./teams.ts";

/** Every resource of the first-party API registers its own routes; `/me` stands before `/{id}` in each. */
const RESOURCES = [
  users,
  organizations,
  memberships,
  companies,
  jobs,
  jobRequirements,
  jobPreScreenQuestions,
  jobPreScreenAnswers,
  applications,
  hireOperation,
  applicationNotes,
  aiReviews,
  candidateRoleAssignments,
  craGateFeedback,
  notifications,
  candidates,
  recruiters,
  recruiterCandidates,
  recruiterCompanies,
  candidateSourcers,
  companySourcers,
  payoutTransactions,
  placementSnapshots,
  placementSplits,
  placements,
  plans,
  subscriptions,
  teamMembers,
  teamSplitConfigs,
  teams,
];

export function v2(): OpenAPIHono<ApiEnv> {
  const api = new OpenAPIHono<ApiEnv>();
  for (const resource of RESOURCES) resource(api);
  return api;
}
