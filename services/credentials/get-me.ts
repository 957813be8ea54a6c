import { eq, sql } from "drizzle-orm";
import { accountPlans } from "#db/schema/api.ts";
import { select } from "#db/statements.ts";
import { type AccountKind, holdableScopes, ROLE_TYPE_OF, type Scope } from "#domain/credentials/scopes.ts";
import type { Context } from "../context.ts";

export interface Me {
  userId: string;
  account: { id: string; kind: AccountKind; plan: "standard" | "premium" | "enterprise" } | null;
  accountIds: readonly string[];
  via: "key" | "grant" | "session";
  credentialId: string | null;
  scopes: readonly Scope[];
}

/** Who is behind a credential, within which account, and what it may do; a session holds every scope of its role type. */
export async function getMe(ctx: Context): Promise<Me> {
  const [[found]] = await ctx.read(
    select({ plan: accountPlans.plan })
      .from(accountPlans)
      .where(eq(accountPlans.accountId, sql`ops.account_id()`)),
  );
  const { account, accountIds } = ctx.access;
  const plan = found?.plan ?? "standard";
  const { caller } = ctx;
  return {
    userId: ctx.userId,
    account: account && { id: account.id, kind: account.kind, plan },
    accountIds: caller.kind === "partner" ? [caller.accountId] : accountIds,
    via: caller.kind === "partner" ? caller.via : "session",
    credentialId: caller.kind === "partner" ? caller.credentialId : null,
    scopes: caller.kind === "partner" ? caller.scopes : account ? holdableScopes(ROLE_TYPE_OF[account.kind], plan) : [],
  };
}
