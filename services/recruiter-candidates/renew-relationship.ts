import { renewRelationship as renew } from "#domain/relationships/relationship.ts";
import type { Context } from "../context.ts";
import { changeRelationship, requireActiveRecruiter } from "./change-relationship.ts";
import type { EnrichedRelationship } from "./relationship.ts";

/** Another twelve months: a recruiter's request waits for the candidate, whose own word renews at once. */
export const renewRelationship = (ctx: Context, id: string, version?: number): Promise<EnrichedRelationship> =>
  changeRelationship(ctx, id, { action: "recruiter_candidate.renewed", version }, (relationship, actor) => {
    if (relationship.isRecruiter && !relationship.isCandidate) requireActiveRecruiter(ctx);
    return renew(relationship, actor, ctx.now());
  });
