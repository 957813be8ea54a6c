import { approvalNoun } from "#services/approvals/approval.ts";
import { authEventNoun } from "#services/auth-events/auth-event.ts";
import { billingProfileNoun } from "#services/companies/billing-profile.ts";
import { contractNoun } from "#services/contracts/contract.ts";
import { disputeNoun } from "#services/disputes/dispute.ts";
import { intakeRequestNoun } from "#services/intake-requests/intake-request.ts";
import { intakeSettingsNoun } from "#services/intake-requests/intake-settings.ts";
import { creditNoun, invoiceNoun } from "#services/invoices/invoice.ts";
import { refundNoun } from "#services/invoices/refunds.ts";
import { ledgerAccountNoun, ledgerTransactionNoun } from "#services/ledger/books.ts";
import { holdNoun, scheduleNoun } from "#services/placements/schedule.ts";
import { failureNoun } from "#services/pipeline/failure.ts";
import { breakNoun, runNoun } from "#services/reconciliation/break.ts";
import { stripeEventNoun } from "#services/stripe-events/stripe-event.ts";
import { stripeOperationNoun } from "#services/stripe-operations/stripe-operation.ts";
import { taxProfileNoun } from "#services/tax/tax-profile.ts";
import { teamInvitationNoun } from "#services/team-invitations/team-invitation.ts";
import { feeTermsNoun } from "#services/terms/fee-terms.ts";
import { type SQL, sql } from "drizzle-orm";
import { memberships } from "#db/schema/identity.ts";
import { invitationNoun } from "#services/invitations/invitation.ts";
import { aiReviewNoun } from "#services/applications/ai-review.ts";
import { applicationNoun } from "#services/applications/application.ts";
import { noteNoun } from "#services/applications/note.ts";
import { candidateNoun } from "#services/candidates/candidate.ts";
import { brandSettings } from "#services/companies/brand.ts";
import { companyNoun } from "#services/companies/company.ts";
import { dealNoun } from "#services/deals/deal.ts";
import { feedbackNoun } from "#services/deals/feedback.ts";
import { answerNoun } from "#services/jobs/answers.ts";
import { jobNoun } from "#services/jobs/job.ts";
import { questionNoun, requirementNoun } from "#services/jobs/parts.ts";
import type { Noun } from "#services/listing.ts";
import { membershipNoun } from "#services/memberships/membership.ts";
import { notificationNoun } from "#services/notifications/notification.ts";
import { organizationNoun } from "#services/organizations/organization.ts";
import { clawbackNoun } from "#services/payouts/clawback.ts";
import { debtNoun } from "#services/payouts/debt.ts";
import { splitNoun } from "#services/payouts/split.ts";
import { transactionNoun } from "#services/payouts/transaction.ts";
import { placementNoun } from "#services/placements/placement.ts";
import { snapshotNoun } from "#services/placements/snapshot.ts";
import { planNoun, splitsRateNoun } from "#services/plans/plan.ts";
import { relationshipNoun } from "#services/recruiter-candidates/relationship.ts";
import { privacyRequestNoun } from "#services/privacy-requests/privacy-request.ts";
import { connectionNoun } from "#services/recruiter-companies/connection.ts";
import { recruiterNoun } from "#services/recruiters/recruiter.ts";
import { candidateSourcerNoun, companySourcerNoun } from "#services/sourcers/sourcer.ts";
import { subscriptionNoun } from "#services/subscriptions/subscription.ts";
import { memberNoun } from "#services/teams/member.ts";
import { splitConfigNoun } from "#services/teams/split-config.ts";
import { teamNoun } from "#services/teams/team.ts";
import { userNoun } from "#services/users/user.ts";
import { accessCodeNoun } from "#services/white-label/access-codes.ts";
import { pageSettings } from "#services/white-label/page-settings.ts";
import { expect, it } from "vitest";
import { listedTo, MATRIX } from "./matrix.ts";
import { namesIn, routesOf, search } from "./routes.ts";
import { accessWorld, type Actor } from "./world.ts";

const NOUNS = {
  "access-codes": accessCodeNoun,
  approvals: approvalNoun,
  "auth-events": authEventNoun,
  "privacy-requests": privacyRequestNoun,
  brands: brandSettings.noun,
  "company-billing-profiles": billingProfileNoun,
  "custom-contracts": contractNoun,
  disputes: disputeNoun,
  "escrow-holds": holdNoun,
  "fee-terms": feeTermsNoun,
  "intake-requests": intakeRequestNoun,
  "intake-settings": intakeSettingsNoun.noun,
  "ledger-accounts": ledgerAccountNoun,
  "ledger-transactions": ledgerTransactionNoun,
  "payout-schedules": scheduleNoun,
  "pipeline-failures": failureNoun,
  "placement-credits": creditNoun,
  "placement-invoices": invoiceNoun,
  "reconciliation-breaks": breakNoun,
  "reconciliation-runs": runNoun,
  "stripe-events": stripeEventNoun,
  "stripe-operations": stripeOperationNoun,
  "tax-profiles": taxProfileNoun,
  "team-invitations": teamInvitationNoun,
  invitations: invitationNoun,
  "ai-reviews": aiReviewNoun,
  "application-notes": noteNoun,
  applications: applicationNoun,
  "candidate-role-assignments": dealNoun,
  "candidate-sourcers": candidateSourcerNoun,
  candidates: candidateNoun,
  companies: companyNoun,
  "company-sourcers": companySourcerNoun,
  clawbacks: clawbackNoun,
  "cra-gate-feedback": feedbackNoun,
  debts: debtNoun,
  "job-pre-screen-answers": answerNoun,
  "job-pre-screen-questions": questionNoun,
  "job-requirements": requirementNoun,
  jobs: jobNoun,
  memberships: membershipNoun,
  notifications: notificationNoun,
  organizations: organizationNoun,
  "payout-transactions": transactionNoun,
  payouts: transactionNoun,
  "placement-snapshots": snapshotNoun,
  "placement-splits": splitNoun,
  placements: placementNoun,
  plans: planNoun,
  "recruiter-candidates": relationshipNoun,
  "recruiter-companies": connectionNoun,
  recruiters: recruiterNoun,
  refunds: refundNoun,
  "splits-rates": splitsRateNoun,
  subscriptions: subscriptionNoun,
  "team-members": memberNoun,
  "team-split-configs": splitConfigNoun,
  teams: teamNoun,
  users: userNoun,
  "white-label-pages": pageSettings.noun,
} as unknown as Readonly<Record<string, Noun<{ id: string }>>>;

const world = await accessWorld();

/** What the condition lets through where nobody entered. */
async function seenByNobody(noun: Noun<{ id: string }>, condition: SQL): Promise<string[]> {
  const rows = await world.db.reader
    .select({ id: sql<string>`${noun.key ?? sql`id`}` })
    .from(noun.table)
    .where(condition);
  return namesIn(world, rows);
}

it("every resource with rows is under these laws", () => {
  // the switches are a handful for platform admins, and no noun
  const withRows = Object.keys(MATRIX).filter((resource) => MATRIX[resource]?.rows && resource !== "switches");
  expect(Object.keys(NOUNS).toSorted()).toEqual(withRows.toSorted());
});

it.each(Object.entries(NOUNS))("no context, no rows: %s", async (resource, noun) => {
  const due = MATRIX[resource]?.audience === "public" ? listedTo("anonymous", resource) : [];
  expect(await seenByNobody(noun, noun.readable())).toEqual(due);
});

// §1.1: one user may hold several roles. §1.2: the union of what each role grants.
const HATS: readonly [person: Actor, joins: Actor][] = [
  ["candidateRecruiter", "rivalAdmin"],
  ["otherCandidate", "companyAdmin"],
  ["teamOwner", "betaManager"],
];

it.each(HATS)("two hats see what each of them sees: %s, who also is %s", async (person, joins) => {
  const { userId } = world.people[person as Exclude<Actor, "anonymous">];
  const [like] = await world.db.writer
    .select()
    .from(memberships)
    .where(sql`${memberships.id} = ${world.id(`membership ${joins}`)}`);
  const [joined] = await world.db.writer
    .insert(memberships)
    .values({ userId, roleName: like!.roleName, organizationId: like!.organizationId, companyId: like!.companyId })
    .returning();

  for (const { resource, verb, path } of await routesOf(world)) {
    if (verb !== "list") continue;
    for (const { query, within } of MATRIX[resource]?.list ?? []) {
      const { status, body } = await world.call(person, "GET", `${path}${search({ limit: "100", ...query?.(world.id) })}`);
      const each = [person, joins].map((actor) => listedTo(actor, resource, within)).filter((rows) => typeof rows !== "number");
      // what is seen as the person oneself, and not through the role, stays with the other
      const due = [...new Set(each.flat())].filter((name) => name !== `notice of ${joins}`).toSorted();
      const seen = status === 200 ? namesIn(world, body.data).filter((name) => name !== joined!.id) : status;
      expect({ [resource]: seen }).toEqual({ [resource]: each.length > 0 ? due : 403 });
    }
  }
  await world.db.writer.delete(memberships).where(sql`${memberships.id} = ${joined!.id}`);
});
