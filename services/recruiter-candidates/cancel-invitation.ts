import { cancelInvitation as cancel } from "#domain/relationships/relationship.ts";
import type { Context } from "../context.ts";
import { changeRelationship } from "./change-relationship.ts";
import type { EnrichedRelationship } from "./relationship.ts";

/** Takes an unanswered invitation back; its token answers 410 from then on. */
export const cancelInvitation = (ctx: Context, id: string, version?: number): Promise<EnrichedRelationship> =>
  changeRelationship(ctx, id, { action: "recruiter_candidate.invitation_cancelled", version }, cancel);
