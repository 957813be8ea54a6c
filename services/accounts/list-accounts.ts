import { eq, sql } from "drizzle-orm";
import { accountPlans, accounts } from "#db/schema/api.ts";
import { companies } from "#db/schema/ats.ts";
import { recruiters, teams } from "#db/schema/network.ts";
import { contains } from "#db/search.ts";
import { computed, select } from "#db/statements.ts";
import type { AccountKind } from "#domain/credentials/scopes.ts";
import type { Context } from "../context.ts";

/** Accounts, by the names of those who own them. */
const named = () =>
  select({
    id: accounts.id,
    kind: accounts.kind,
    name: computed<string>("name", sql`coalesce(${companies.name}, ${teams.name}, ${recruiters.name}, 'Splits Network')`),
    plan: accountPlans.plan,
  })
    .from(accounts)
    .innerJoin(accountPlans, eq(accountPlans.accountId, accounts.id))
    .leftJoin(companies, eq(companies.id, accounts.companyId))
    .leftJoin(teams, eq(teams.id, accounts.teamId))
    .leftJoin(recruiters, eq(recruiters.id, accounts.recruiterId));

/** The active accounts that the caller's session opens, by name; the same that `ops.enter` lets them act within. */
export const accountsWithinReach = () =>
  named()
    .where(
      sql`${accounts.status} = 'active' and (${accounts.id} = any(ops.company_ids() || ops.managed_team_ids() || ops.recruiter_id())
        or (ops.is_admin() and ${accounts.ownerUserId} = ops.user_id()))`,
    )
    .orderBy(sql`name`, accounts.id);

/** An account by its id, for platform admins. */
export const accountNamed = (id: string) => named().where(sql`${accounts.id} = ${id} and ops.is_admin()`);

/** A search shows so many; one that finds more takes another word. */
const FOUND = 25;

/** The accounts whose owner is called so, for platform admins. */
export async function findAccounts(ctx: Context, words: string): Promise<OwnAccount[]> {
  const [found] = await ctx.read(
    named()
      .where(sql`ops.is_admin() and ${contains([companies.name, teams.name, recruiters.name], words)}`)
      .orderBy(sql`name`, accounts.id)
      .limit(FOUND),
  );
  return found;
}

export interface OwnAccount {
  id: string;
  kind: AccountKind;
  name: string;
}

/** The accounts whose credentials the caller manages: of companies those that they administer (DESIGN R-22). */
export async function listAccounts(ctx: Context): Promise<OwnAccount[]> {
  const [found] = await ctx.read(accountsWithinReach());
  return found
    .filter(({ id, kind }) => kind !== "company" || ctx.access.adminCompanyIds.includes(id))
    .map(({ id, kind, name }) => ({ id, kind, name }));
}
