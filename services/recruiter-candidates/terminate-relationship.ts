import { withdrawDeal } from "#domain/deals/withdraw.ts";
import { terminateRelationship as terminate } from "#domain/relationships/relationship.ts";
import { invalidField } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import { dealChange, dealsAtHand, dealsByIds } from "../deals/change-deal.ts";
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
export function terminateRelationship(ctx: Context, id: string, { reason, deals, version }: Termination): Promise<EnrichedRelationship> {
  const leaving = deals.filter(({ decision }) => decision === "withdraw").map(({ assignmentId }) => assignmentId);
  return changeRelationship(
    ctx,
    id,
    { action: "recruiter_candidate.terminated", reason, version },
    (relationship, actor) => terminate(relationship, actor, { reason }),
    {
      read: leaving.length > 0 ? dealsByIds(leaving) : [],
      change: (relationship, found) => {
        const withdrawn = dealsAtHand(ctx, leaving, found).map((deal) => {
          const { candidateId, candidateRecruiterId } = deal.application;
          if (candidateId !== relationship.candidateId || candidateRecruiterId !== relationship.recruiterId)
            throw invalidField("deals", "invalid", `The deal ${deal.cra?.id} does not belong to this relationship.`);
          const change = withdrawDeal(deal, deal.actor, { note: "The representation has ended." }, ctx.now());
          return dealChange(ctx, deal, change, { action: "application.withdrawn" }).parts;
        });
        return {
          expect: withdrawn.flatMap(({ expect = [] }) => expect),
          write: withdrawn.flatMap(({ write }) => write),
          audit: withdrawn.flatMap(({ audit }) => audit),
          events: withdrawn.flatMap(({ events }) => events),
        };
      },
    },
  );
}
