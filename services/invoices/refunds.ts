import { getTableColumns, sql } from "drizzle-orm";
import { stripeOperations } from "#db/schema/billing.ts";
import { computed } from "#db/statements.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { platformAdmins } from "../audience.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page } from "../listing.ts";
import type { OperationRequests, OperationRow } from "../stripe-operations/operation.ts";

/** Money that goes back to a company, and how much of it the books know to have arrived, in cents. */
export type Refund = Omit<OperationRow, "request"> & { request: OperationRequests["refund"]; refundedCents: number };

const readable = () => sql`(${stripeOperations.kind} = 'refund' and (select ops.is_admin()))`;

const asked = (name: string) => sql`(${stripeOperations.request} ->> ${sql.raw(`'${name}'`)})::uuid`;

export const refundNoun = {
  name: "refund",
  table: stripeOperations,
  columns: {
    ...getTableColumns(stripeOperations),
    refundedCents: computed<number>(
      "refunded_cents",
      sql`(select coalesce(sum(e.amount_cents), 0)::float8 from billing.ledger_transactions l
        join billing.ledger_entries e on e.transaction_id = l.id
        join billing.ledger_accounts a on a.id = e.account_id and a.code like 'refund_due:%'
        where l.placement_id = ${asked("placement_id")} and l.kind = 'refund'
          and split_part(l.idempotency_key, ':', 2) = ${stripeOperations.id}::text)`,
    ),
  },
  readable,
  ways: () => [{ rows: readable(), opensTo: platformAdmins }],
  filters: {
    status: (name: string) => sql`${stripeOperations.status} = ${name}`,
    company_id: (id: string) => sql`${asked("company_id")} = ${id}`,
    placement_id: (id: string) => sql`${asked("placement_id")} = ${id}`,
  },
} satisfies Noun<Refund>;

/** One page of the refunds; for platform admins alone: 403. A company reads its own with its invoices. */
export async function listRefunds(ctx: Context, query: ListQuery): Promise<Page<Refund>> {
  const page = await listOf<Refund>(ctx, refundNoun, query);
  requirePlatformAdmin(ctx, "read refunds");
  return page;
}

/** One refund, or 404. */
export const getRefund = (ctx: Context, id: string, include: readonly string[]): Promise<Included<Refund>> =>
  getOne<Refund>(ctx, refundNoun, id, include);
