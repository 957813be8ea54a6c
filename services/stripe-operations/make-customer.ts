import { eq, sql } from "drizzle-orm";
import { companies } from "#db/schema/ats.ts";
import { companyBillingProfiles, stripeOperations } from "#db/schema/billing.ts";
import { select, updateOf } from "#db/statements.ts";
import type { Closing } from "../closing.ts";
import { type DomainEvent, event } from "#domain/events/catalogue.ts";
import { commit, databaseRefusal, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import type { Held } from "./held.ts";
import { newOperation, type OperationRow } from "./operation.ts";
import type { Performer } from "./performer.ts";

/** Makes a company's customer, once; its billing profile names it from then on. Wanted again, it follows the profile. */
export const makeCustomer: Performer<"customer"> = {
  async perform(held) {
    const { ctx, operation } = held;
    const companyId = operation.subjectId;
    const [[company]] = await ctx.read(
      select({ name: companies.name, profile: companyBillingProfiles })
        .from(companies)
        .leftJoin(companyBillingProfiles, eq(companyBillingProfiles.companyId, companies.id))
        .where(eq(companies.id, companyId)),
    );
    if (!company?.profile) return { waitsFor: "billing_profile_missing", minutes: 10 };
    const { billingEmail: email, billingName, stripeCustomerId } = company.profile;
    const name = billingName ?? company.name;
    if (stripeCustomerId) {
      if (held.mustLookUp) await held.raiseKey();
      await ctx.ports.invoices.updateCustomer({ id: stripeCustomerId, name, email }, held.key());
      return { objectId: stripeCustomerId };
    }

    const found = held.mustLookUp ? await ctx.ports.invoices.findCustomer({ companyId, email }) : null;
    if (held.mustLookUp && found === null) await held.raiseKey();
    const id = found ?? (await ctx.ports.invoices.createCustomer({ companyId, name, email, operationId: operation.id }, held.key()));
    return { objectId: id, conclude: (_, closing) => named(ctx, companyId, id, closing) };
  },
};

const named = (ctx: Context, companyId: string, stripeCustomerId: string, { expect, write }: Closing): Promise<null> =>
  commit(ctx, null, {
    expect,
    write: [
      updateOf(companyBillingProfiles)
        .set({ stripeCustomerId, version: sql`${companyBillingProfiles.version} + 1`, updatedAt: ctx.now() })
        .where(eq(companyBillingProfiles.companyId, companyId)) as Statement,
      ...write,
    ],
    audit: { action: "company_billing_profile.customer_made", subject: { type: "company", id: companyId }, companyId },
    events: [],
  });

/** A company's customer is to follow its profile: the operation that made it is asked for once more, under a new key. Null where none was made. */
export function customerFollows(ctx: Context, made: OperationRow | undefined): { write: Statement; event: DomainEvent } | null {
  if (made?.status !== "done") return null;
  return {
    write: update(ctx, stripeOperations, made.id, {
      status: "pending",
      retryCount: 0,
      lastOutcome: "refused",
      processingStartedAt: null,
      nextAttemptAt: ctx.now(),
    }),
    event: event("stripe.work", { type: "stripe_operation", id: made.id }, { operation_id: made.id }),
  };
}

/** The operation that made a company's customer, as a statement. */
export const customerOperation = (companyId: string) =>
  select()
    .from(stripeOperations)
    .where(sql`${stripeOperations.kind} = 'customer' and ${stripeOperations.subjectId} = ${companyId}`);

/** The customer of a company; made by an operation of its own when there is none yet. Null while it cannot be made. */
export async function customerOf(held: Held, companyId: string): Promise<{ id: string; mailed: boolean } | null> {
  const { ctx } = held;
  const profile = async () => {
    const [[row], [known]] = await ctx.read(
      select().from(companyBillingProfiles).where(eq(companyBillingProfiles.companyId, companyId)),
      select({ id: stripeOperations.id })
        .from(stripeOperations)
        .where(sql`${stripeOperations.kind} = 'customer' and ${stripeOperations.subjectId} = ${companyId}`),
    );
    return { row, known };
  };
  const { row, known } = await profile();
  if (!row) return null;
  const mailed = row.invoiceDelivery !== "none";
  if (row.stripeCustomerId) return { id: row.stripeCustomerId, mailed };
  await held.run(known?.id ?? (await wantCustomer(ctx, companyId)));
  const made = (await profile()).row?.stripeCustomerId;
  return made ? { id: made, mailed } : null;
}

/** Keeps the intent to make a company's customer. */
export async function wantCustomer(ctx: Context, companyId: string): Promise<string> {
  const { row, write, event } = newOperation(ctx, "customer", { type: "company", id: companyId });
  try {
    await commit(ctx, null, {
      write: [write],
      audit: { action: "stripe_operation.customer", subject: { type: "stripe_operation", id: row.id }, after: row, companyId },
      events: [event],
    });
  } catch (error) {
    // somebody else wants it at the same moment: the one row is worked on by them
    if (databaseRefusal(error)?.constraint !== "stripe_operations_one_per_intent") throw error;
  }
  return row.id;
}
