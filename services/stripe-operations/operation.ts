import { stripeOperations } from "#db/schema/billing.ts";
import { type DomainEvent, event } from "#domain/events/catalogue.ts";
import { insert, newRow } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import type { OperationRequest as InvoiceRequest } from "../invoices/parts.ts";

/** A row of `billing.stripe_operations`. */
export type OperationRow = typeof stripeOperations.$inferSelect;

export type OperationKind = OperationRow["kind"];

type RequestOf<Kind extends InvoiceRequest["kind"], Request = InvoiceRequest> = Request extends { kind: infer Kinds }
  ? Kind extends Kinds
    ? Omit<Request, "kind">
    : never
  : never;

/** What each kind asks for, fixed once it is written; its subject is the row of the intent. Amounts in cents. */
export interface OperationRequests {
  customer: Record<string, never>;
  account: Record<string, never>;
  invoice_issue: RequestOf<"invoice_issue">;
  invoice_void: RequestOf<"invoice_void">;
  credit_note: RequestOf<"credit_note">;
  refund: RequestOf<"refund">;
  transfer_reversal: { stripe_transfer_id: string; amount_cents: number };
  subscription: Record<string, unknown>;
}

/** An operation as its performer sees it. */
export type Operation<K extends OperationKind = OperationKind> = Omit<OperationRow, "kind" | "request"> & {
  kind: K;
  request: OperationRequests[K];
};

/** A new intent that asks for nothing but itself: its row, the statement that keeps it, and the event that brings it to the queue. */
export function newOperation(
  ctx: Context,
  kind: "customer" | "account",
  subject: { type: string; id: string },
): { row: OperationRow; write: Statement; event: DomainEvent } {
  const row = newRow(ctx, stripeOperations, {
    kind,
    subjectType: subject.type,
    subjectId: subject.id,
    request: {},
    status: "pending",
    nextAttemptAt: ctx.now(),
  });
  return {
    row,
    write: insert(stripeOperations, row),
    event: event("stripe.work", { type: "stripe_operation", id: row.id }, { operation_id: row.id }),
  };
}
