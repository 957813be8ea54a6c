import { eq, sql } from "drizzle-orm";
import { accountPlans, accounts, apiPlans } from "#db/schema/api.ts";
import { computed, select } from "#db/statements.ts";

/** The account within which the caller acts, as far as it decides what credentials it may have. */
export const ownAccount = () =>
  select({
    id: accounts.id,
    kind: accounts.kind,
    plan: accountPlans.plan,
    maxKeys: apiPlans.maxKeys,
    keys: computed<number>(
      "keys",
      sql`(select count(*)::int from api.api_keys k where k.account_id = ${accounts.id} and k.status in ('pending', 'active', 'suspended'))`,
    ),
    /** Something of it waits for approval already. */
    waits: computed<boolean>("waits", sql`exists (select from api.access_requests w where w.account_id = ${accounts.id})`),
  })
    .from(accounts)
    .innerJoin(accountPlans, eq(accountPlans.accountId, accounts.id))
    .innerJoin(apiPlans, eq(apiPlans.code, accountPlans.plan))
    .where(eq(accounts.id, sql`ops.account_id()`));
