import { sql } from "drizzle-orm";
import { statement } from "#db/statements.ts";
import { overageCents } from "#domain/credentials/overage.ts";
import { notFound } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import { requireSession } from "../scopes.ts";
import { minuteOf, overageByMonth } from "./overage-units.ts";

/** What this month's usage comes to so far. */
export interface InvoicePreview {
  /** Its first day. */
  month: string;
  plan: "standard" | "premium" | "enterprise";
  baseUnits: number;
  overageUnits: number;
  /** Of them, told to the payment provider. */
  reportedUnits: number;
  unitPriceMicros: number;
  amountCents: number;
  spendCapCents: number;
}

interface Found extends Record<string, unknown> {
  month: string;
  plan: InvoicePreview["plan"];
  base_units: number;
  overage_units: number;
  reported_units: number;
  unit_price_micros: number;
  spend_cap_cents: number;
}

/** This month's base and paid units of the account, the paid ones by the very query that billing asks. */
export async function previewInvoice(ctx: Context): Promise<InvoicePreview> {
  requireSession(ctx);
  const month = sql`date_trunc('month', ops.now() at time zone 'UTC')`;
  const [found] = await ctx.read(
    statement<Found>(sql`
      select to_char(${month}, 'YYYY-MM-DD') as month, a.plan, p.unit_price_micros, a.spend_cap_cents,
        (select coalesce(sum(u.admitted), 0)::float8 from api.usage_minutes u
          where u.account_id = a.account_id and u.minute >= ${minuteOf(sql`(${month} at time zone 'UTC')`)}) as base_units,
        (select coalesce(sum(o.units), 0)::float8 from ${overageByMonth(sql`ops.now()`, sql`ops.account_id()`)} o
          where o.month = ${month}::date) as overage_units,
        (select coalesce(sum(r.units), 0)::float8 from api.meter_reports r
          where r.account_id = a.account_id and r.month = ${month}::date and r.stripe_status = 'accepted') as reported_units
      from api.account_plans a join api.plans p on p.code = a.plan
      where a.account_id = ops.account_id()`),
  );
  const row = (found as unknown as { rows: Found[] }).rows[0];
  if (!row) throw notFound("account");
  return {
    month: row.month,
    plan: row.plan,
    baseUnits: row.base_units,
    overageUnits: row.overage_units,
    reportedUnits: row.reported_units,
    unitPriceMicros: row.unit_price_micros,
    amountCents: overageCents(row.overage_units, row.unit_price_micros),
    spendCapCents: row.spend_cap_cents,
  };
}
