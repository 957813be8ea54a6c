import { candidateRoleAssignments as deals } from "#db/schema/ats.ts";
import { answererOf } from "#domain/deals/propose.ts";
import { forbidden, notFound } from "#domain/refusals.ts";
import { asItStands, commit, deciding, differing, expectVersion, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { type ChangedDeal, readDeal } from "./change-deal.ts";

/** Changes the words of a deal: the pitch by whoever proposed, the answer by whoever was asked. Never its state. */
export async function updateDealNotes(
  ctx: Context,
  assignmentId: string,
  notes: { proposalNotes?: string | null | undefined; responseNotes?: string | null | undefined },
  version?: number,
): Promise<ChangedDeal> {
  return deciding(ctx, async () => {
    const { cra, application, actor } = await readDeal(ctx, { assignmentId });
    if (!cra) throw notFound("deal", assignmentId);
    const answerer = answererOf(cra.proposalType);
    const isOthersPitch = notes.proposalNotes !== undefined && cra.proposedBy !== ctx.userId;
    const isOthersAnswer = notes.responseNotes !== undefined && !actor.parties.has(answerer);
    const admin = actor.parties.has("platform_admin") && (isOthersPitch || isOthersAnswer);
    if (admin) ctx.override();
    else if (isOthersPitch) throw forbidden("Only who proposed changes the pitch.");
    else if (isOthersAnswer) throw forbidden("Only who was asked changes the answer.");
    expectVersion(ctx, cra, version);
    const actedAs = admin ? "platform_admin" : answerer;
    const fields = differing(cra, notes) as Partial<Pick<typeof cra, "proposalNotes" | "responseNotes">> | null;
    if (!fields) return asItStands(ctx, { cra, application, actedAs });
    const changed = { ...cra, ...fields, version: cra.version + 1, updatedAt: ctx.now() };
    return commit(
      ctx,
      { cra: changed, application, actedAs },
      {
        expect: [unchanged(deals, cra)],
        write: [update(ctx, deals, cra.id, fields)],
        audit: {
          action: "cra.notes_updated",
          subject: { type: "candidate_role_assignment", id: cra.id },
          before: cra,
          after: changed,
          companyId: cra.companyId,
        },
        events: [],
      },
    );
  });
}
