import { sql } from "drizzle-orm";
import { oauthCodes, oauthTokens } from "#db/schema/api.ts";
import { deleteFrom, updateOf } from "#db/statements.ts";
import type { Context } from "../context.ts";

/** Codes and tokens that are over are kept for so long, to tell a replay from an invention. */
const KEPT_DAYS = 30;

/** Forgets codes and tokens a month after their end, and every reply that nobody may have again. */
export async function forgetTokens(ctx: Context): Promise<void> {
  const over = sql`ops.now() - make_interval(days => ${KEPT_DAYS})`;
  await ctx.database.writer.batch([
    updateOf(oauthTokens)
      .set({ replayReplyEnc: null })
      .where(sql`${oauthTokens.replayReplyEnc} is not null and ${oauthTokens.replayUntil} < ops.now()`),
    deleteFrom(oauthTokens).where(sql`${oauthTokens.expiresAt} < ${over}`),
    deleteFrom(oauthCodes).where(sql`${oauthCodes.expiresAt} < ${over}`),
  ] as never);
}
