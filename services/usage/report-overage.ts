import { sql } from "drizzle-orm";
import { meterReports } from "#db/schema/api.ts";
import { select, statement, updateOf } from "#db/statements.ts";
import { customerOf } from "../account-plans/payer.ts";
import { commit, insertAll } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { ROWS_A_STEP } from "../upkeep/sweep.ts";
import { overageByMonth } from "./overage-units.ts";

/** The provider knows an identifier again for so long; a report that got no answer by then is sent no more. */
const RESEND_HOURS = 24;

/** Where a report's units stand as billed: told, perhaps told, or about to be told. A refused report bills nothing. */
const COUNTS = sql`(stripe_status is null or stripe_status in ('accepted', 'unknown'))`;

interface Owed extends Record<string, unknown> {
  account_id: string;
  month: string;
  units: number;
  hour: string;
  customer: string | null;
}

/**
 * Tells the payment provider what each account used beyond its plan (PLATFORM §8): the month's units up
 * to the closed hour, less what was told before, so that late minutes ride in the next report. An
 * account has one report an hour, of the oldest month that is owed; each is written before it is sent,
 * and sent again under the same identifier until the answer is known.
 */
export async function reportOverage(ctx: Context): Promise<void> {
  await writeReports(ctx);
  await sendReports(ctx);
}

async function writeReports(ctx: Context): Promise<void> {
  const closed = sql`date_trunc('hour', ops.now())`;
  const [found] = await ctx.read(
    statement<Owed>(sql`
      select distinct on (owed.account_id) owed.account_id, owed.month::text as month, (owed.units - coalesce(told.units, 0))::int as units,
        ${closed} - interval '1 hour' as hour,
        ${customerOf(sql`owed.account_id`)} as customer
      from ${overageByMonth(closed)} owed
      left join (select account_id, month, sum(units) as units from api.meter_reports where ${COUNTS} group by 1, 2) told
        on told.account_id = owed.account_id and told.month = owed.month
      where owed.units > coalesce(told.units, 0)
        and not exists (select from api.meter_reports r where r.account_id = owed.account_id and r.hour = ${closed} - interval '1 hour')
      order by owed.account_id, owed.month`),
  );
  const owed = (found as unknown as { rows: Owed[] }).rows;
  for (const { account_id } of owed.filter(({ customer }) => customer === null)) {
    ctx.ports.log("error", "overage cannot be billed: the account has no customer at the payment provider", { account_id });
  }
  const billed = owed.filter(({ customer }) => customer !== null);
  for (let from = 0; from < billed.length; from += ROWS_A_STEP) {
    const rows = billed.slice(from, from + ROWS_A_STEP).map(({ account_id: accountId, month, units, hour, customer }) => {
      const at = new Date(hour);
      return { accountId, month, units, hour: at, identifier: `${accountId}:${at.toISOString()}`, customerId: customer as string };
    });
    await commit(ctx, null, { write: [insertAll(meterReports, rows)], audit: [], events: [] });
  }
}

async function sendReports(ctx: Context): Promise<void> {
  for (let skip = 0; ;) {
    const [reports] = await ctx.read(
      select()
        .from(meterReports)
        .where(sql`stripe_status is null`)
        .orderBy(meterReports.hour, meterReports.accountId)
        .limit(ROWS_A_STEP)
        .offset(skip),
    );
    const answers: { identifier: string; status: string }[] = [];
    for (const report of reports) {
      const status = await answerTo(ctx, report);
      if (status === null) skip++;
      else answers.push({ identifier: report.identifier, status });
    }
    if (answers.length > 0) await ctx.database.writer.batch([keepAnswers(answers)] as never);
    if (reports.length < ROWS_A_STEP) return;
  }
}

/** What becomes of a report; null leaves it for the next run. */
async function answerTo(ctx: Context, report: typeof meterReports.$inferSelect): Promise<string | null> {
  const { accountId, identifier, customerId, units, hour, month } = report;
  const facts = { account_id: accountId, identifier };
  if (ctx.now().getTime() - hour.getTime() > RESEND_HOURS * 3_600_000) {
    ctx.ports.log("error", "a usage report got no answer in a day; ask the payment provider whether it arrived", facts);
    return "unknown";
  }
  const monthEnd = new Date(`${month}T00:00:00Z`);
  monthEnd.setUTCMonth(monthEnd.getUTCMonth() + 1);
  const end = Math.min(hour.getTime() + 3_600_000, monthEnd.getTime());
  const status = await ctx.ports.usageMeter.report({ identifier, customerId, units, at: new Date(end - 1_000) });
  if (status !== "accepted") ctx.ports.log("error", "a usage report was not taken", { ...facts, status });
  return status;
}

const keepAnswers = (answers: readonly { identifier: string; status: string }[]): Statement =>
  updateOf(meterReports)
    .set({
      stripeStatus: sql`case ${meterReports.identifier} ${sql.join(
        answers.map(({ identifier, status }) => sql`when ${identifier} then ${status}`),
        sql` `,
      )} end`,
      reportedAt: sql`ops.now()`,
    })
    .where(sql`${meterReports.identifier} in ${answers.map(({ identifier }) => identifier)}`) as Statement;
