import { resendInvitation as resend } from "#domain/relationships/relationship.ts";
import type { Context } from "../context.ts";
import { changeRelationship, requireActiveRecruiter } from "./change-relationship.ts";
import type { EnrichedRelationship } from "./relationship.ts";

/** Mails an unanswered invitation again, with a new token and seven new days; the old token dies. */
export const resendInvitation = (ctx: Context, id: string, version?: number): Promise<EnrichedRelationship> =>
  changeRelationship(ctx, id, { action: "recruiter_candidate.invitation_resent", version }, async (relationship, actor) => {
    if (relationship.isRecruiter && !relationship.isAdmin) requireActiveRecruiter(ctx);
    const tokenHash = await ctx.ports.links.hash(await ctx.ports.links.token(relationship.id, ctx.now()));
    return resend(relationship, actor, tokenHash, ctx.now());
  });
