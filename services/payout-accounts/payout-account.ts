import { sql } from "drizzle-orm";
import { stripeOperations } from "#db/schema/billing.ts";
import { recruiters } from "#db/schema/network.ts";
import { computed, select } from "#db/statements.ts";
import { conflict, notFound, Refusal } from "#domain/refusals.ts";
import { commit, databaseRefusal, deciding } from "../commit.ts";
import { Context } from "../context.ts";
import { newOperation } from "../stripe-operations/operation.ts";
import { runOperation } from "../stripe-operations/run-operations.ts";
import { followAccount, seenAccount } from "./take-account.ts";

/** A recruiter's account for payouts, as the recruiter sees it. */
export interface PayoutAccount {
  accountId: string | null;
  /** Whether shares can be sent to it. */
  onboarded: boolean;
  onboardedAt: Date | null;
  detailsSubmitted: boolean;
  /** What the provider still wants to know; codes. */
  requirementsDue: readonly string[];
}

/** A page at the provider. */
export interface AccountPage {
  url: string;
  expiresAt: Date | null;
}

/** The caller's own recruiter record and the operation that makes its account; 404 without a record. */
async function own(ctx: Context) {
  const [[row]] = await ctx.read(
    select({
      id: recruiters.id,
      accountId: recruiters.stripeConnectAccountId,
      onboarded: recruiters.stripeConnectOnboarded,
      onboardedAt: recruiters.stripeConnectOnboardedAt,
      operationId: computed<string | null>(
        "operation_id",
        sql`(select o.id from ${stripeOperations} o where o.kind = 'account' and o.subject_id = ${recruiters.id})`,
      ),
    })
      .from(recruiters)
      .where(sql`${recruiters.id} = (select ops.recruiter_id())`),
  );
  if (!row) throw notFound("recruiter record of yours");
  return row;
}

/** A call that somebody waits for: 503 when the provider does not answer, 409 when it refuses. */
async function asked<T>(ctx: Context, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const answer = ctx.ports.answerTo(error);
    if (answer === undefined || answer?.httpStatus === 401) throw error;
    if (answer === null || answer.httpStatus >= 500 || answer.httpStatus === 429) throw silent();
    throw conflict("Stripe does not open your account for payouts.", { reason: "payout_account_refused" });
  }
}

/** The same caller, for commits that are not the answer to the request. */
const aside = ({ caller, audience, database, ports, request }: Context): Context =>
  new Context({ caller, audience, database, ports, request: { ...request, ifMatch: null, idempotency: null } });

const silent = () => new Refusal("service_unavailable", "The payment provider does not answer. Try again in a minute.");

/** The state of the caller's account, fetched from the provider; what it shows counts from now on. */
export async function getPayoutAccount(ctx: Context): Promise<PayoutAccount> {
  const row = await own(ctx);
  if (row.accountId === null) return { accountId: null, onboarded: false, onboardedAt: null, detailsSubmitted: false, requirementsDue: [] };
  const id = row.accountId;
  const seen = await asked(ctx, () => seenAccount(ctx, id));
  const onboarded = seen?.canReceive ?? false;
  if (onboarded !== row.onboarded) await followAccount(aside(ctx), id);
  return {
    accountId: id,
    onboarded,
    onboardedAt: row.onboardedAt ?? (onboarded ? ctx.now() : null),
    detailsSubmitted: seen?.detailsSubmitted ?? false,
    requirementsDue: seen?.requirementsDue ?? [],
  };
}

/**
 * A page on which the caller completes their account for payouts. The account is made when there is
 * none yet, once: its intent is kept before the provider is asked.
 *
 * @param urls.returnUrl - where the page leads when it is done
 * @param urls.refreshUrl - where it leads when it has run out: ask for another
 */
export async function onboardPayoutAccount(ctx: Context, urls: { returnUrl: string; refreshUrl: string }): Promise<AccountPage> {
  const row = await own(ctx);
  const accountId = row.accountId ?? (await made(aside(ctx), row));
  return asked(ctx, () => ctx.ports.connect.onboardingLink(accountId, urls, `link_${ctx.newId()}`));
}

async function made(ctx: Context, { id, operationId }: { id: string; operationId: string | null }): Promise<string> {
  await runOperation(ctx, operationId ?? (await wantAccount(ctx, id)));
  const { accountId } = await own(ctx);
  if (accountId === null) throw silent();
  return accountId;
}

/** Keeps the intent to make a recruiter's account. Asked for twice at the same moment, the one row is worked on by the other. */
const wantAccount = (ctx: Context, recruiterId: string): Promise<string> =>
  deciding(ctx, async () => {
    await ctx.read();
    const { row, write, event } = newOperation(ctx, "account", { type: "recruiter", id: recruiterId });
    try {
      await commit(ctx, null, {
        write: [write],
        audit: { action: "stripe_operation.account", subject: { type: "stripe_operation", id: row.id }, after: row },
        events: [event],
      });
    } catch (error) {
      if (databaseRefusal(error)?.constraint !== "stripe_operations_one_per_intent") throw error;
    }
    return row.id;
  });

/** A page on which the caller sees what reached their account. Refuses one that is not completed (409). */
export async function openPayoutDashboard(ctx: Context): Promise<AccountPage> {
  const { accountId } = await own(ctx);
  const seen = accountId === null ? null : await asked(ctx, () => seenAccount(ctx, accountId));
  if (!seen?.detailsSubmitted) throw conflict("Your account for payouts is not completed.", { reason: "connect_required" });
  const { url } = await asked(ctx, () => ctx.ports.connect.dashboardLink(seen.id, `dashboard_${ctx.newId()}`));
  return { url, expiresAt: null };
}
