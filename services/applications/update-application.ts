import { applicationAuditLog, applications } from "#db/schema/ats.ts";
import { returnToDraft as toDraft, triggerAiReview as trigger } from "#domain/deals/ai-review.ts";
import { WRITING_STAGES } from "#domain/deals/states.ts";
import { applicationUpdated } from "#domain/events/application.ts";
import type { Cents } from "#domain/money.ts";
import { forbidden, invalidTransition } from "#domain/refusals.ts";
import { asItStands, commit, deciding, differing, expectVersion, insert, newRow, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { changeDeal, type ChangedDeal, type DealAtHand, readDeal } from "../deals/change-deal.ts";
import { requireScope } from "../scopes.ts";

/** The words of an application. Never its stage: that has actions of its own. */
export interface ApplicationWords {
  coverLetter?: string | null;
  candidateNotes?: string | null;
  recruiterNotes?: string | null;
  internalNotes?: string | null;
  salary?: Cents | null;
}

/**
 * Changes what an application says. The candidate's side writes while it is being prepared, and its
 * recruiter keeps notes at any time; the company keeps internal notes.
 */
export async function updateApplication(
  ctx: Context,
  id: string,
  said: ApplicationWords | ((deal: DealAtHand) => ApplicationWords),
  version?: number,
): Promise<ChangedDeal> {
  requireScope(ctx, "write:updates");
  return deciding(ctx, async () => {
    const deal = await readDeal(ctx, { applicationId: id });
    const words = typeof said === "function" ? said(deal) : said;
    const actedAs = mayWrite(deal, words);
    if (actedAs === "platform_admin") ctx.override();
    expectVersion(ctx, deal.application, version);
    const changed = differing(deal.application, words);
    if (!changed) return asItStands(ctx, { cra: deal.cra, application: deal.application, actedAs });
    const prepared = ["coverLetter", "candidateNotes", "salary"].some((name) => name in changed);
    if (prepared && !(WRITING_STAGES as readonly string[]).includes(deal.application.stage)) {
      throw invalidTransition("application", deal.application.stage, "draft", []);
    }
    const application = { ...deal.application, ...changed, version: deal.application.version + 1, updatedAt: ctx.now() };
    const fields = Object.keys(changed);
    return commit(
      ctx,
      { cra: deal.cra, application, actedAs },
      {
        expect: [unchanged(applications, deal.application)],
        write: [
          update(ctx, applications, id, changed),
          insert(
            applicationAuditLog,
            newRow(ctx, applicationAuditLog, {
              applicationId: id,
              action: "application.updated",
              performedByUserId: ctx.userId,
              performedByRole: actedAs,
              companyId: application.companyId,
              oldValue: { stage: application.stage },
              newValue: { stage: application.stage },
              metadata: { updated_fields: fields },
            }),
          ),
        ],
        audit: {
          action: "application.updated",
          subject: { type: "application", id },
          before: deal.application,
          after: application,
          companyId: application.companyId,
        },
        events: [applicationUpdated(application, fields)],
      },
    );
  });
}

const CANDIDATE_SIDE = ["candidate", "candidate_recruiter"] as const;
const COMPANY_SIDE = ["company_admin", "hiring_manager", "company_recruiter"] as const;

/** Each side writes its own words; platform admins any. */
function mayWrite({ actor }: DealAtHand, words: ApplicationWords): ChangedDeal["actedAs"] {
  const needed = [
    words.internalNotes === undefined ? null : COMPANY_SIDE,
    words.recruiterNotes === undefined ? null : (["candidate_recruiter", "company_recruiter"] as const),
    words.coverLetter === undefined && words.candidateNotes === undefined && words.salary === undefined ? null : CANDIDATE_SIDE,
  ].filter((side) => side !== null);
  const parties = needed.map((side) => side.find((party) => actor.parties.has(party)));
  const [first = [...actor.parties][0]] = parties; // who says nothing says it as whoever they are
  if (parties.includes(undefined) && actor.parties.has("platform_admin")) return "platform_admin";
  if (parties.includes(undefined) || !first) throw forbidden("Your part in this application does not let you write this.");
  return first;
}

/** Asks for an assessment. The reviewer answers by itself. */
export const triggerAiReview = (ctx: Context, applicationId: string, version?: number): Promise<ChangedDeal> =>
  changeDeal(
    ctx,
    { applicationId },
    { action: "application.ai_review_triggered" },
    (deal) => trigger(deal, deal.actor, ctx.now()),
    version,
  );

/** Takes an application back to edit it. */
export const returnToDraft = (ctx: Context, applicationId: string, version?: number): Promise<ChangedDeal> =>
  changeDeal(ctx, { applicationId }, { action: "application.returned_to_draft" }, (deal) => toDraft(deal, deal.actor, ctx.now()), version);
