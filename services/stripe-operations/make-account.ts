import { eq, sql } from "drizzle-orm";
import { users } from "#db/schema/identity.ts";
import { recruiters } from "#db/schema/network.ts";
import { select, updateOf } from "#db/statements.ts";
import { commit } from "../commit.ts";
import type { Statement } from "../context.ts";
import type { Performer } from "./performer.ts";

/** An account that was made just before its operation, by the provider's clock, is still found. */
const LOOK_BACK_MS = 3_600_000;

/** Makes a recruiter's connected account, once. */
export const makeAccount: Performer<"account"> = {
  async perform(held) {
    const { ctx, operation } = held;
    const recruiterId = operation.subjectId;
    const [[recruiter]] = await ctx.read(
      select({ email: users.email, account: recruiters.stripeConnectAccountId })
        .from(recruiters)
        .innerJoin(users, eq(users.id, recruiters.userId))
        .where(eq(recruiters.id, recruiterId)),
    );
    if (!recruiter) throw new Error(`there is no recruiter ${recruiterId}`);
    if (recruiter.account) return { objectId: recruiter.account };

    const since = new Date(operation.createdAt.getTime() - LOOK_BACK_MS);
    const found = held.mustLookUp ? await ctx.ports.connect.findAccount(recruiterId, since) : null;
    if (held.mustLookUp && found === null) await held.raiseKey();
    const id =
      found ?? (await ctx.ports.connect.createAccount({ recruiterId, email: recruiter.email, operationId: operation.id }, held.key()));
    return {
      objectId: id,
      conclude: (_, { expect, write }) =>
        commit(ctx, null, {
          expect,
          write: [
            updateOf(recruiters)
              .set({ stripeConnectAccountId: id, version: sql`${recruiters.version} + 1`, updatedAt: ctx.now() })
              .where(eq(recruiters.id, recruiterId)) as Statement,
            ...write,
          ],
          audit: { action: "recruiter.payout_account_made", subject: { type: "recruiter", id: recruiterId } },
          events: [],
        }),
    };
  },
};
