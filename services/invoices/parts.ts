import { stripeOperations } from "#db/schema/billing.ts";
import { type DomainEvent, event } from "#domain/events/catalogue.ts";
import type { Cents } from "#domain/money.ts";
import { type Audit, insert, newRow } from "../commit.ts";
import type { Context, Statement } from "../context.ts";

/** A part of one commit: what it writes, and what it leaves behind. */
export interface Parts {
  write: readonly Statement[];
  audit: readonly Audit[];
  events: readonly DomainEvent[];
}

/** Several parts as one, in their order. */
export const together = (...parts: readonly (Parts | null)[]): Parts => ({
  write: parts.flatMap((part) => part?.write ?? []),
  audit: parts.flatMap((part) => part?.audit ?? []),
  events: parts.flatMap((part) => part?.events ?? []),
});

/** What an operation asks of Stripe, by its kind (MONEY §17.3). */
export type OperationRequest =
  | {
      kind: "invoice_issue";
      company_id: string;
      placement_id: string;
      collection_method: "charge_automatically" | "send_invoice";
      /** Null where it is charged at once. */
      days_until_due: number | null;
      /** They add up to the amount due; the applied credit is negative. */
      lines: readonly { kind: string; amount_cents: Cents }[];
    }
  | {
      kind: "invoice_void" | "credit_note";
      company_id: string;
      placement_id: string;
      invoice_id: string;
      stripe_invoice_id: string | null;
      amount_cents: Cents;
    }
  | {
      kind: "refund";
      company_id: string;
      placement_id: string;
      /** Whose payments are refunded, newest payment first. */
      invoice_ids: readonly string[];
      amount_cents: Cents;
    };

/** A new operation towards Stripe and the nudge to work on it. Its subject is the row of the intent. */
export function operation(ctx: Context, on: { type: string; id: string }, given: OperationRequest): Parts {
  const { kind, ...request } = given;
  const row = newRow(ctx, stripeOperations, {
    kind,
    subjectType: on.type,
    subjectId: on.id,
    request,
    nextAttemptAt: ctx.now(),
  });
  const about = { type: "stripe_operation", id: row.id };
  return {
    write: [insert(stripeOperations, row)],
    audit: [{ action: `stripe_operation.${kind}`, subject: about, after: row, companyId: given.company_id }],
    events: [event("stripe.work", about, { operation_id: row.id })],
  };
}
