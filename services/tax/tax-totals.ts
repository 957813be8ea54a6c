import { sql } from "drizzle-orm";
import {
  ledgerEntries,
  ledgerTransactions,
  payoutReversals,
  placementPayoutTransactions as transactions,
  settings,
  stripeOperations,
  taxProfiles,
  taxThresholds,
} from "#db/schema/billing.ts";
import { computed, insertInto, select } from "#db/statements.ts";
import { event } from "#domain/events/catalogue.ts";
import { SYSTEM_USER_ID } from "#domain/ids.ts";
import { type Cents, ZERO } from "#domain/money.ts";
import { invalidField } from "#domain/refusals.ts";
import {
  type FormState,
  type PaidTransfer,
  type TaxForm,
  type TaxFormRow,
  taxForms,
  type TaxProfile,
  taxTotal,
  type TransferReversal,
} from "#domain/tax/tax-year.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { commit, deciding } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { requirePayee } from "./tax-profile.ts";

/** A year as its two ends, [from, to). */
const within = (instant: ReturnType<typeof sql>, year: number) =>
  sql`(${instant} >= make_timestamptz(${year}::int, 1, 1, 0, 0, 0, 'UTC') and ${instant} < make_timestamptz(${year}::int + 1, 1, 1, 0, 0, 0, 'UTC'))`;

/** Own rows, or all for platform admins. */
const own = (recruiterId: ReturnType<typeof sql>) => sql`((select ops.is_admin()) or ${recruiterId} = (select ops.recruiter_id()))`;

const transfersOf = (year: number) =>
  select({ recruiterId: transactions.recruiterId, net: transactions.netCents, completedAt: transactions.completedAt })
    .from(transactions)
    .where(
      sql`${transactions.completionReason} = 'transfer' and ${within(sql`${transactions.completedAt}`, year)} and ${own(sql`${transactions.recruiterId}`)}`,
    );

/** What came back in a year, by the postings of the reversals. */
const reversalsOf = (year: number) =>
  select({
    recruiterId: transactions.recruiterId,
    amount: computed<number>(
      "amount",
      sql`(select sum(e.amount_cents) from ${ledgerEntries} e where e.transaction_id = ${ledgerTransactions.id} and e.amount_cents > 0)::float8`,
    ),
    at: ledgerTransactions.at,
    transferCompletedAt: transactions.completedAt,
  })
    .from(ledgerTransactions)
    .innerJoin(stripeOperations, sql`${stripeOperations.id}::text = split_part(${ledgerTransactions.idempotencyKey}, ':', 2)`)
    .innerJoin(payoutReversals, sql`${payoutReversals.id} = ${stripeOperations.subjectId}`)
    .innerJoin(transactions, sql`${transactions.id} = ${payoutReversals.payoutTransactionId}`)
    .where(
      sql`${ledgerTransactions.kind} = 'reversal' and ${within(sql`${ledgerTransactions.at}`, year)} and ${own(sql`${transactions.recruiterId}`)}`,
    );

/**
 * What each payee was paid in a UTC calendar year, and whether a form is due: a recruiter's own, all
 * for platform admins. Refuses a year without a threshold (409 `tax_year_without_threshold`).
 */
export const taxTotals = async (ctx: Context, year: number): Promise<TaxFormRow[]> => (await readForms(ctx, year)).rows;

/**
 * Notes the forms of a year as handed out to their payees: from now on a form that says something else
 * than this one is a corrected one. Platform admins only. Refuses as `taxTotals`, and a year that is
 * not over (422).
 */
export async function handOutForms(ctx: Context, year: number): Promise<TaxFormRow[]> {
  return deciding(ctx, async () => {
    const { rows, form } = await readForms(ctx, year);
    requirePlatformAdmin(ctx, "hand out tax forms");
    if (year >= ctx.now().getUTCFullYear()) throw invalidField("year", "out_of_range", "forms are handed out when the year is over");
    const given = { value: rows.map(toHandedOut), changedBy: ctx.userId, changedAt: ctx.now() };
    return commit(ctx, rows, {
      write: [
        insertInto(settings)
          .values({ name: nameOf(year, form), ...given })
          .onConflictDoUpdate({ target: settings.name, set: given }) as Statement,
      ],
      audit: {
        action: "tax_forms.handed_out",
        subject: { type: "tax_forms", id: SYSTEM_USER_ID },
        after: { year, form, payees: rows.length },
      },
      events: [event("tax_forms.handed_out", { type: "tax_forms", id: SYSTEM_USER_ID }, { year, form, payees: rows.length })],
    });
  });
}

/** Of a form that was handed out: what a later one is held against. */
interface HandedOut {
  recruiter_id: string;
  reportable_cents: Cents;
  state: FormState;
  corrected: boolean;
}

const nameOf = (year: number, form: TaxForm): string => `tax_forms.${year}.${form}`;

const toHandedOut = ({ total, state, corrected }: TaxFormRow): HandedOut => ({
  recruiter_id: total.recruiterId,
  reportable_cents: total.reportable,
  state,
  corrected,
});

const fromHandedOut =
  (year: number, form: TaxForm) =>
  (kept: HandedOut): TaxFormRow => ({
    total: { recruiterId: kept.recruiter_id, year, reportable: kept.reportable_cents, repaidPriorYear: ZERO, payments: 0 },
    form,
    state: kept.state,
    classification: null,
    tinLast4: null,
    corrected: kept.corrected,
  });

async function readForms(ctx: Context, year: number): Promise<{ rows: TaxFormRow[]; form: TaxForm }> {
  const [thresholds, named, transfers, reversals, profiles] = await ctx.read(
    select().from(taxThresholds),
    select({ name: settings.name, value: settings.value })
      .from(settings)
      .where(sql`${settings.name} = 'tax_form' or ${settings.name} like ${`tax_forms.${year}.%`}`),
    transfersOf(year),
    reversalsOf(year),
    select()
      .from(taxProfiles)
      .where(own(sql`${taxProfiles.recruiterId}`)),
  );
  requirePayee(ctx);
  const paid = Map.groupBy(transfers.flatMap(toTransfer), ({ recruiterId }) => recruiterId);
  const back = Map.groupBy(reversals.flatMap(toReversal), ({ recruiterId }) => recruiterId);
  const payees = [...new Set([...paid.keys(), ...back.keys()])].toSorted();
  const valueOf = (name: string): unknown => named.find((each) => each.name === name)?.value;
  const form = valueOf("tax_form") as TaxForm;
  const handedOut = (valueOf(nameOf(year, form)) ?? []) as HandedOut[];
  const rows = taxForms(
    {
      year,
      form,
      thresholds,
      totals: payees.map((recruiterId) => taxTotal(recruiterId, year, paid.get(recruiterId) ?? [], back.get(recruiterId) ?? [])),
      profiles: profiles.flatMap(toProfile),
    },
    handedOut.map(fromHandedOut(year, form)),
  );
  return { rows, form };
}

const toTransfer = (row: { recruiterId: string; net: Cents; completedAt: Date | null }): PaidTransfer[] =>
  row.completedAt ? [{ ...row, completedAt: row.completedAt }] : [];

const toReversal = (row: { recruiterId: string; amount: number; at: Date; transferCompletedAt: Date | null }): TransferReversal[] =>
  row.transferCompletedAt ? [{ ...row, amount: row.amount as Cents, transferCompletedAt: row.transferCompletedAt }] : [];

const toProfile = ({ form, classification, ...row }: typeof taxProfiles.$inferSelect): TaxProfile[] =>
  form && classification ? [{ ...row, form, classification }] : [];
