import { withdrawDeal } from "#domain/deals/withdraw.ts";
import { terminateRelationship as terminate } from "#domain/relationships/relationship.ts";
import { invalidField } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import { dealChange, readDeal } from "../deals/change-deal.ts";
import { changeRelationship } from "./change-relationship.ts";
import type { EnrichedRelationship } from "./relationship.ts";

export interface Termination {
  reason: string;
  /** What becomes of the open deals; one that is not named is kept, with its recruiter. */
  deals: readonly { assignmentId: string; decision: "keep" | "withdraw" }[];
  version?: number | undefined;
}

/**
 * Ends a relationship, by either side or a platform admin. Deals to withdraw go in the same commit; why
 * it ended stays between the two, the company reads only that it did.
 */
export const terminateRelationship = (ctx: Context, id: string, { reason, deals, version }: Termination): Promise<EnrichedRelationship> =>
  changeRelationship(
    ctx,
    id,
    { action: "recruiter_candidate.terminated", reason, version },
    (relationship, actor) => terminate(relationship, actor, { reason }),
    async (relationship) => {
      const withdrawn = [];
      for (const { assignmentId } of deals.filter(({ decision }) => decision === "withdraw")) {
        const deal = await readDeal(ctx, { assignmentId });
        if (
          deal.application.candidateId !== relationship.candidateId ||
          deal.application.candidateRecruiterId !== relationship.recruiterId
        ) {
          throw invalidField("deals", "invalid", `The deal ${assignmentId} does not belong to this relationship.`);
        }
        const change = withdrawDeal(deal, deal.actor, { note: "The representation has ended." }, ctx.now());
        withdrawn.push(dealChange(ctx, deal, change, { action: "application.withdrawn" }).parts);
      }
      return {
        expect: withdrawn.flatMap(({ expect = [] }) => expect),
        write: withdrawn.flatMap(({ write }) => write),
        audit: withdrawn.flatMap(({ audit }) => audit),
        events: withdrawn.flatMap(({ events }) => events),
      };
    },
  );
