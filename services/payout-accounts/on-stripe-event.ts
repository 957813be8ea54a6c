import { sql } from "drizzle-orm";
import { placementPayoutTransactions as transactions } from "#db/schema/billing.ts";
import { select, updateOf } from "#db/statements.ts";
import { bankPayoutFailed } from "#domain/events/recruiter.ts";
import { commit } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import type { EventHandler } from "../stripe-events/handlers.ts";
import { followAccount, seenAccount, takeAccount } from "./take-account.ts";

/** A connected account changed: it is fetched, and what it shows counts. */
export const accountUpdated: EventHandler = async (ctx, { object, account }) => {
  const id = account ?? object.id;
  if (id !== null) await followAccount(ctx, id);
  return false;
};

/** Money reached a payee's bank: the transactions whose payments it brought name the payout (MONEY §17.2). */
export const accountPaidOut: EventHandler = async (ctx, { object, account }, closing) => {
  if (account === null || object.id === null) return false;
  const payments = await paymentsIn(ctx, account, object.id);
  if (payments.length === 0) return false;
  const brought = sql`${transactions.stripeConnectAccountId} = ${account} and ${transactions.stripePayoutId} is null
    and ${transactions.stripeDestinationPaymentId} in (select jsonb_array_elements_text(${JSON.stringify(payments)}::jsonb))`;
  const [rows] = await ctx.read(select({ id: transactions.id }).from(transactions).where(brought));
  if (rows.length === 0) return false;
  await commit(ctx, null, {
    expect: closing.expect,
    write: [
      updateOf(transactions)
        .set({ stripePayoutId: object.id, version: sql`${transactions.version} + 1`, updatedAt: ctx.now() })
        .where(brought) as Statement,
      ...closing.write,
    ],
    audit: rows.map(({ id }) => ({ action: "payout.reached_bank", subject: { type: "payout_transaction", id } })),
    events: [],
  });
  return true;
};

/** The provider lists what a payout brought only where it made the payout by itself. */
async function paymentsIn(ctx: Context, account: string, payoutId: string): Promise<string[]> {
  try {
    return await ctx.ports.connect.paidOut(account, payoutId);
  } catch (error) {
    const answer = ctx.ports.answerTo(error);
    if (answer && answer.httpStatus >= 400 && answer.httpStatus < 500 && answer.httpStatus !== 429) return [];
    throw error;
  }
}

/** Money did not reach a payee's bank: the account is looked at again and the payee told. Their transactions stay completed. */
export const accountPayoutFailed: EventHandler = async (ctx, { account }, closing) => {
  if (account === null) return false;
  const told = await takeAccount(ctx, account, await seenAccount(ctx, account), closing, (recruiter) => [bankPayoutFailed(recruiter)]);
  if (told) await followAccount(ctx, account);
  return told;
};
