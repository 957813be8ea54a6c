import { eq, getTableColumns, type SQL, sql } from "drizzle-orm";
import { accountPlans, apiKeys, apiPlans, oauthGrants } from "#db/schema/api.ts";
import { select, updateOf } from "#db/statements.ts";
import { onPlan, type Plan, requireOverage } from "#domain/credentials/plan.ts";
import { conflict } from "#domain/refusals.ts";
import { accountNamed, type OwnAccount } from "../accounts/list-accounts.ts";
import { deciding, expectVersion, readable } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import {
  allSubjects,
  commitCredentials,
  grantsFor,
  grantSubjects,
  liveKeys,
  liveKeySubjects,
  raised,
} from "../credentials/change-credentials.ts";
import { requireSession } from "../scopes.ts";
import { payerOf, requirePayer } from "./payer.ts";

type PlanTerms = typeof apiPlans.$inferSelect;

/** An account's plan with its terms. */
export type AccountPlan = typeof accountPlans.$inferSelect & { terms: PlanTerms };

/** The plan of the caller's own account, or for platform admins of any. */
const planOf = (accountId: string | SQL) =>
  select({ ...getTableColumns(accountPlans), terms: getTableColumns(apiPlans) })
    .from(accountPlans)
    .innerJoin(apiPlans, eq(apiPlans.code, accountPlans.plan))
    .where(sql`${accountPlans.accountId} = ${accountId} and (${accountPlans.accountId} = ops.account_id() or ops.is_admin())`);

/** The plan of the caller's own account. */
export async function getAccountPlan(ctx: Context): Promise<AccountPlan> {
  requireSession(ctx);
  const [[found]] = await ctx.read(planOf(sql`ops.account_id()`));
  return readable("account", "", found);
}

/** The plan of any account with the name of whoever owns it, for platform admins. */
export async function getPlanOf(ctx: Context, accountId: string): Promise<AccountPlan & { account: OwnAccount }> {
  requireSession(ctx);
  const [[found], [account]] = await ctx.read(planOf(accountId), accountNamed(accountId));
  return { ...readable("account", accountId, found), account: readable("account", accountId, account) };
}

/**
 * Switches paid units on or off for the caller's own account, or moves their cap, in cents a month.
 * Refuses to sell what the plan does not (`plan_required`), and while nobody could be billed (409).
 */
export const choosePlan = (ctx: Context, choice: { overageEnabled?: boolean; spendCapCents?: number }): Promise<AccountPlan> =>
  changePlan(ctx, sql`ops.account_id()`, "account_plan.chosen", null, (before) => {
    const after = { ...before, ...choice };
    requireOverage(after, before.terms);
    return after;
  });

/**
 * Puts an account on a plan, by a platform admin. The very next request of each of its credentials has
 * the new limit and keeps its count; what a lower plan does not sell shrinks, and nothing is suspended.
 *
 * @param given.customLimit - requests an hour in place of the plan's, for enterprise
 */
export const putPlan = (
  ctx: Context,
  accountId: string,
  given: { plan: Plan; customLimit: number | null; reason: string },
): Promise<AccountPlan> =>
  changePlan(ctx, accountId, "account_plan.changed", given.reason, (before, plans) => {
    const terms = plans.find(({ code }) => code === given.plan) as PlanTerms;
    return { ...onPlan(before, terms, given.customLimit), terms };
  });

async function changePlan(
  ctx: Context,
  account: string | SQL,
  action: string,
  reason: string | null,
  decide: (before: AccountPlan, plans: readonly PlanTerms[]) => AccountPlan,
): Promise<AccountPlan> {
  requireSession(ctx);
  const decided = async () => {
    const [[found], plans, keys, grants, payers] = await ctx.read(
      planOf(account),
      select().from(apiPlans),
      liveKeySubjects(account),
      grantSubjects(grantsFor(account)),
      payerOf(account),
    );
    const before = readable("account", typeof account === "string" ? account : "", found);
    expectVersion(ctx, before);
    const { accountId } = before;
    const after = { ...decide(before, plans), version: before.version + 1, updatedAt: ctx.now() };
    const [payer] = (payers as unknown as { rows: Parameters<typeof requirePayer>[1][] }).rows;
    const billing = payer && after.overageEnabled && !before.overageEnabled ? requirePayer(ctx, payer) : { write: [], events: [] };
    const raise = (table: typeof apiKeys | typeof oauthGrants, which: SQL): Statement =>
      updateOf(table)
        .set({ version: sql`${table.version} + 1`, updatedAt: ctx.now() })
        .where(which) as Statement;
    return commitCredentials(ctx, after, [
      {
        accountId,
        subjects: [...raised("key", keys), ...raised("grant", grants)],
        expect: [
          sql`ops.guard_account_plan(${accountId}::uuid, ${before.version}::integer)`,
          allSubjects({ accountId }, [...keys, ...grants]),
        ],
        write: [
          updateOf(accountPlans)
            .set({
              plan: after.plan,
              customLimit: after.customLimit,
              overageEnabled: after.overageEnabled,
              spendCapCents: after.spendCapCents,
              updatedAt: ctx.now(),
              version: after.version,
            })
            .where(eq(accountPlans.accountId, accountId)) as Statement,
          raise(apiKeys, liveKeys(accountId)),
          raise(oauthGrants, grantsFor(accountId)),
          ...billing.write,
        ],
        events: billing.events,
        audit: { action, subject: { type: "account", id: accountId }, before, after, accountId, reason },
      },
    ]);
  };
  return deciding(ctx, decided, {
    stripe_operations_one_per_intent: () => conflict("Somebody was making your customer at the same moment. Repeat your request."),
  });
}
