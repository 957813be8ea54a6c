import { getTableColumns, sql } from "drizzle-orm";
import { stripeOperations } from "#db/schema/billing.ts";
import { event } from "#domain/events/catalogue.ts";
import { conflict, forbidden, invalidTransition } from "#domain/refusals.ts";
import { reopened } from "#domain/stripe-operations/operation.ts";
import { commit, deciding, expectVersion, readable, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { listOf, type ListQuery, type Noun, type Page, rowById } from "../listing.ts";
import type { OperationKind, OperationRow } from "./operation.ts";

/** What we asked of Stripe and what became of it, for platform admins. */
export const stripeOperationNoun = {
  name: "stripe operation",
  table: stripeOperations,
  columns: getTableColumns(stripeOperations),
  readable: () => sql`(select ops.is_admin())`,
  filters: {
    status: (name: OperationRow["status"]) => sql`${stripeOperations.status} = ${name}`,
    kind: (kind: OperationKind) => sql`${stripeOperations.kind} = ${kind}`,
    subject_id: (id: string) => sql`${stripeOperations.subjectId} = ${id}`,
  },
} satisfies Noun<OperationRow>;

/** One page of the operations; 403 for everybody but platform admins. */
export async function listStripeOperations(ctx: Context, query: ListQuery): Promise<Page<OperationRow>> {
  const page = await listOf<OperationRow>(ctx, stripeOperationNoun, query);
  if (!ctx.access.isPlatformAdmin) throw forbidden("Only platform admins read what is asked of Stripe.");
  return page;
}

/**
 * Adds one attempt to an operation that was given up, at once; what was sent before is looked up first.
 * Refuses any other status (`invalid_transition`), and a reversal whose debt was left to netting (409).
 *
 * @param reason - what was put right
 */
export async function retryStripeOperation(ctx: Context, id: string, reason: string, version?: number): Promise<OperationRow> {
  return deciding(ctx, async () => {
    const [[row]] = await ctx.read(rowById<OperationRow>(ctx, stripeOperationNoun, id));
    const before = readable("stripe operation", id, row);
    expectVersion(ctx, before, version);
    if (before.status !== "failed") throw invalidTransition("stripe operation", before.status, "pending", []);
    if (before.kind === "transfer_reversal" && before.failureReason !== "request_mismatch") {
      throw conflict("The debt is recovered from the payee's next payouts.", { reason: "left_to_netting" });
    }
    const fields = reopened(ctx.now());
    const after: OperationRow = { ...before, ...fields, version: before.version + 1, updatedAt: ctx.now() };
    return commit(ctx, after, {
      expect: [unchanged(stripeOperations, before)],
      write: [update(ctx, stripeOperations, id, fields)],
      audit: { action: "stripe_operation.retried", subject: { type: "stripe_operation", id }, before, after, reason },
      events: [event("stripe.work", { type: "stripe_operation", id }, { operation_id: id })],
    });
  });
}
