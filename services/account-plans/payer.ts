import { type SQL, sql } from "drizzle-orm";
import { statement } from "#db/statements.ts";
import { conflict } from "#domain/refusals.ts";
import type { Change } from "../commit.ts";
import type { Context } from "../context.ts";
import { newOperation } from "../stripe-operations/operation.ts";

/**
 * The customer at the payment provider who pays for an account's requests: the one agreed with it, else
 * whoever pays its placements or its subscription (MONEY §12). Null while nobody does.
 */
export const customerOf = (accountId: SQL): SQL => sql`coalesce(
  (select plan.stripe_customer_id from api.account_plans plan where plan.account_id = ${accountId}),
  (select p.stripe_customer_id from billing.company_billing_profiles p where p.company_id = ${accountId}),
  (select max(s.stripe_customer_id) from billing.subscriptions s where s.team_id = ${accountId} and s.status <> 'canceled'),
  (select max(s.stripe_customer_id) from billing.subscriptions s
    where s.recruiter_id = ${accountId} and s.team_id is null and s.status <> 'canceled'))`;

interface Payer extends Record<string, unknown> {
  account_id: string;
  kind: string;
  customer: string | null;
  /** A company said how it is billed, so that a customer can be made of it. */
  has_profile: boolean;
  /** Its customer is being made. */
  is_wanted: boolean;
}

/** Who would pay for an account's requests, as a statement. */
export const payerOf = (accountId: string | SQL) =>
  statement<Payer>(sql`select a.id as account_id, a.kind, ${customerOf(sql`a.id`)} as customer,
    exists (select from billing.company_billing_profiles p where p.company_id = a.id) as has_profile,
    exists (select from billing.stripe_operations o where o.kind = 'customer' and o.subject_id = a.id) as is_wanted
    from api.accounts a where a.id = ${accountId}`);

/**
 * What it takes that an account's paid requests can be billed: nothing where it has a customer; for a
 * company that said how it is billed, that one is made. Refuses (409 `no_payer`) where there is nobody to bill.
 */
export function requirePayer(
  ctx: Context,
  { account_id: id, kind, customer, has_profile, is_wanted }: Payer,
): Pick<Change, "write" | "events"> {
  if (customer !== null || (has_profile && is_wanted)) return { write: [], events: [] };
  if (!has_profile) {
    throw conflict(
      kind === "company"
        ? "Nobody could be billed for requests beyond the limit. Say first how the company is billed."
        : "Nobody could be billed for requests beyond the limit. Take out a subscription first.",
      { reason: "no_payer" },
    );
  }
  const { write, event } = newOperation(ctx, "customer", { type: "company", id });
  return { write: [write], events: [event] };
}
