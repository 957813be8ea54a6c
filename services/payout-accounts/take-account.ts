import { eq } from "drizzle-orm";
import { recruiters } from "#db/schema/network.ts";
import { select } from "#db/statements.ts";
import type { DomainEvent } from "#domain/events/catalogue.ts";
import { connectChanged } from "#domain/events/recruiter.ts";
import { type Closing, NO_CLOSING } from "../closing.ts";
import { commit, deciding, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import type { SeenAccount } from "../ports.ts";

type RecruiterRow = typeof recruiters.$inferSelect;

/** Finds an account at the provider; null when it is gone, or none that we may see. */
export async function seenAccount(ctx: Context, id: string): Promise<SeenAccount | null> {
  try {
    return await ctx.ports.connect.account(id);
  } catch (error) {
    const answer = ctx.ports.answerTo(error);
    if (answer?.httpStatus === 403 || answer?.httpStatus === 404) return null;
    throw error;
  }
}

/**
 * Brings a recruiter to what the provider shows of their account: whether it can receive (M-3). Holds
 * follow by themselves within a minute. False when nothing was committed: the account is nobody's, or
 * all is as it was.
 *
 * @param id - the provider's id of the account
 * @param seen - null for an account that is gone
 * @param told - what the recruiter is told in any case
 */
export async function takeAccount(
  ctx: Context,
  id: string,
  seen: SeenAccount | null,
  closing: Closing,
  told: (recruiter: RecruiterRow) => readonly DomainEvent[] = () => [],
): Promise<boolean> {
  return deciding(ctx, async () => {
    const [[before]] = await ctx.read(select().from(recruiters).where(eq(recruiters.stripeConnectAccountId, id)));
    if (!before) {
      ctx.ports.log("warn", "Stripe spoke of an account that is nobody's", { account: id });
      return false;
    }
    const onboarded = seen?.canReceive ?? false;
    const changes = onboarded !== before.stripeConnectOnboarded;
    const events = told(before);
    if (!changes && events.length === 0) return false;
    const fields = {
      stripeConnectOnboarded: onboarded,
      ...(onboarded && !before.stripeConnectOnboardedAt ? { stripeConnectOnboardedAt: ctx.now() } : {}),
    };
    await commit(ctx, null, {
      expect: [unchanged(recruiters, before), ...closing.expect],
      write: [...(changes ? [update(ctx, recruiters, before.id, fields)] : []), ...closing.write],
      audit: changes
        ? {
            action: "recruiter.connect_changed",
            subject: { type: "recruiter", id: before.id },
            before: { stripeConnectOnboarded: before.stripeConnectOnboarded },
            after: { stripeConnectOnboarded: onboarded },
          }
        : [],
      events: [...(changes ? [connectChanged(before, onboarded)] : []), ...events],
    });
    return true;
  });
}

/**
 * Takes what the provider shows of an account until that is nothing new: while one answer is committed,
 * another event may have brought a younger one.
 */
export async function followAccount(ctx: Context, id: string): Promise<void> {
  for (let isNew = true; isNew;) isNew = await takeAccount(ctx, id, await seenAccount(ctx, id), NO_CLOSING);
}
