import { forbidden, invalidField, invalidTransition } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import { changeRelationship } from "./change-relationship.ts";
import type { EnrichedRelationship } from "./relationship.ts";

export interface RelationshipCorrection {
  relationshipEndDate: Date;
  reason: string;
  version?: number | undefined;
}

/** A platform admin corrects when an active relationship ends. Consent and status have actions of their own. */
export const updateRelationship = (
  ctx: Context,
  id: string,
  { relationshipEndDate, reason, version }: RelationshipCorrection,
): Promise<EnrichedRelationship> =>
  changeRelationship(ctx, id, { action: "recruiter_candidate.corrected", reason, version }, (relationship, actor) => {
    if (!actor.sides.has("platform_admin")) throw forbidden("Only platform admins correct a relationship.");
    if (relationship.relationshipStartDate && relationshipEndDate <= relationship.relationshipStartDate) {
      throw invalidField("relationship_end_date", "out_of_range", "A relationship ends after it began.");
    }
    if (relationship.status !== "active") throw invalidTransition("relationship", relationship.status, "active", []);
    return { relationship: { ...relationship, relationshipEndDate }, events: [], actedAs: "platform_admin" };
  });
