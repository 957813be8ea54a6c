import { sql } from "drizzle-orm";
import { candidatePortalTokens } from "#db/schema/ats.ts";
import { sessions } from "#db/schema/identity.ts";
import { updateOf } from "#db/statements.ts";
import type { Context, Statement } from "../context.ts";
import { cutOff } from "../sessions/session.ts";

/** Ends the links into the portal that were mailed to a candidate, and every visit of theirs but the caller's own. */
export const leavingPortal = (ctx: Context, candidateId: string): Statement[] => [
  updateOf(candidatePortalTokens)
    .set({ endedAt: ctx.now(), updatedAt: ctx.now() })
    .where(sql`${candidatePortalTokens.candidateId} = ${candidateId} and ${candidatePortalTokens.endedAt} is null`) as Statement,
  cutOff(
    ctx,
    sql`${sessions.candidateId} = ${candidateId} and ${sessions.surface} = 'portal' and ${sessions.id} is distinct from ${ctx.session?.id ?? null}::uuid`,
    "signed_out_everywhere",
  ),
];
