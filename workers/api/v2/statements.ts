import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Cents } from "#domain/money.ts";
import { invalidField } from "#domain/refusals.ts";
import type { AccountSummary } from "#domain/statements/account.ts";
import { companyCsv, companyRow } from "#domain/statements/company.ts";
import { monthPeriod, type Period, requirePeriod } from "#domain/statements/period.ts";
import { recruiterCsv, recruiterRow } from "#domain/statements/recruiter.ts";
import type { EarnedAndPaid } from "#domain/statements/team.ts";
import type { Context } from "#services/context.ts";
import { type ClientStatement, getCompanyStatement } from "#services/statements/company-statement.ts";
import { getRecruiterStatement, type PayeeStatement, type Upcoming } from "#services/statements/recruiter-statement.ts";
import { getTeamStatement, type SharedStatement } from "#services/statements/team-statement.ts";
import type { ApiEnv } from "../app.ts";
import { csvFile, fileOperation } from "../operation.ts";
import { statementPage, type StatementJson } from "./pages/statement.ts";
import { amount, amountShape, Day, Id, Instant, instant } from "./shapes.ts";

type Statement = PayeeStatement | SharedStatement | ClientStatement;

const line = z.record(z.string(), z.unknown());
const summaryShape = z.record(z.string(), z.unknown());

const UpcomingShape = z
  .object({
    transaction_id: Id,
    placement_id: Id,
    role: z.string(),
    ...amountShape("amount"),
    expected_at: Instant.nullable(),
    blockers: z.array(z.object({ code: z.string(), until: Instant.nullable(), who: z.string().nullable(), sentence: z.string() })),
  })
  .openapi("UpcomingPayout");

const StatementShape = z
  .object({
    kind: z.enum(["recruiter", "team", "company"]),
    of: z.object({ id: Id, name: z.string() }),
    period: z.object({ from: Day, to: Day }),
    currency: z.literal("usd"),
    accounts: z.record(z.string(), summaryShape).openapi({
      description: "Opening balance and movements add up to the closing balance, on each account by itself",
    }),
    lines: z.array(line).openapi({ description: "What the CSV holds, under the same names" }),
    upcoming: z.array(UpcomingShape).optional().openapi({ description: "A recruiter's shares that are not released yet, and why" }),
  })
  .catchall(z.unknown())
  .openapi("Statement");

const summary = <Heading extends string>({
  opening,
  movements,
  closing,
}: AccountSummary<Heading>): Record<string, string | number | null> => ({
  ...amount("opening", opening),
  ...Object.fromEntries(Object.entries<Cents>(movements).flatMap(([name, moved]) => Object.entries(amount(name, moved)))),
  ...amount("closing", closing),
});

const upcoming = (payout: Upcoming) => ({
  transaction_id: payout.transactionId,
  placement_id: payout.placementId,
  role: payout.dealRole,
  ...amount("amount", payout.amount),
  expected_at: instant(payout.expectedAt),
  blockers: payout.why.map(({ code, until, who, sentence }) => ({ code, until: instant(until), who, sentence })),
});

const earnedAndPaid = ({ earned, paidOut }: EarnedAndPaid) => ({ ...amount("earned", earned), ...amount("paid_out", paidOut) });

function recruiterJson({ payee, statement, upcoming: waiting }: PayeeStatement) {
  const { period, currency, payable, debt, yearToDate, lines } = statement;
  return {
    kind: "recruiter" as const,
    of: payee,
    period,
    currency,
    accounts: { payable: summary(payable), debt: summary(debt) },
    year_to_date: earnedAndPaid(yearToDate),
    lines: lines.map(recruiterRow),
    upcoming: waiting.map(upcoming),
  };
}

function teamJson({ team, statement, names }: SharedStatement) {
  const { period, currency, total, byMember, byPlacement, lines } = statement;
  return {
    kind: "team" as const,
    of: team,
    period,
    currency,
    accounts: {},
    total: earnedAndPaid(total),
    members: [...byMember].map(([id, sums]) => ({ recruiter_id: id, name: names.get(id) ?? "", ...earnedAndPaid(sums) })),
    placements: byPlacement && [...byPlacement].map(([id, sums]) => ({ placement_id: id, ...earnedAndPaid(sums) })),
    lines: lines.map(recruiterRow),
  };
}

function companyJson({ company, statement, invoices, credits }: ClientStatement) {
  const { period, currency, receivable, credit, refundDue, lines, commitment } = statement;
  return {
    kind: "company" as const,
    of: company,
    period,
    currency,
    accounts: { receivable: summary(receivable), credit: summary(credit), refund_due: summary(refundDue) },
    lines: lines.map(companyRow),
    invoices: invoices.map((invoice) => ({
      id: invoice.id,
      placement_id: invoice.placementId,
      number: invoice.number,
      status: invoice.status,
      finalized_at: instant(invoice.finalizedAt),
      due_date: invoice.dueDate,
      lines: invoice.lines.map(({ kind, amount: of }) => ({ kind, ...amount("amount", of) })),
      ...amount("amount_due", invoice.due),
      ...amount("amount_paid", invoice.paid),
      ...amount("credited", invoice.credited),
    })),
    credits: credits.map(({ id, placementId, status, amount: whole, used, expiresAt }) => ({
      id,
      placement_id: placementId,
      status,
      ...amount("amount", whole),
      ...amount("used", used),
      expires_at: expiresAt.toISOString(),
    })),
    commitment: commitment && {
      contract_id: commitment.contractId,
      contract_year: { from: commitment.year.from, until: commitment.year.to },
      placements: commitment.placements,
      min_placements_per_year: commitment.minimum,
      discount_reached: commitment.discountReached,
    },
  };
}

/** What leaves the house of a statement; the printed page is made of the same. */
function statementJson(statement: Statement): StatementJson {
  switch (statement.kind) {
    case "recruiter":
      return recruiterJson(statement);
    case "team":
      return teamJson(statement);
    case "company":
      return companyJson(statement);
  }
}

const linesAsCsv = (statement: Statement): string =>
  statement.kind === "company" ? companyCsv(statement.statement.lines) : recruiterCsv(statement.statement.lines);

const fileName = ({ kind, statement: { period } }: Statement): string => `statement-${kind}-${period.from}-${period.to}`;

const StatementQuery = z.object({
  kind: z.enum(["recruiter", "team", "company"]),
  month: z.string().optional().openapi({ example: "2026-05", description: "A UTC month; or `from` and `to`, 366 days at most" }),
  from: z.string().optional().openapi({ format: "date" }),
  to: z.string().optional().openapi({ format: "date" }),
  recruiter_id: Id.optional().openapi({ description: "For platform admins; a recruiter reads their own" }),
  team_id: Id.optional(),
  company_id: Id.optional(),
});

type StatementWish = z.infer<typeof StatementQuery>;

function periodOf({ month, from, to }: StatementWish): Period {
  if (month !== undefined) {
    if (from !== undefined || to !== undefined) throw invalidField("month", "invalid", "name a month, or from and to");
    return monthPeriod(month);
  }
  if (from === undefined || to === undefined) throw invalidField("month", "required", "name a month, or from and to");
  return requirePeriod(from, to);
}

function runStatement(ctx: Context, wish: StatementWish): Promise<Statement> {
  const period = periodOf(wish);
  switch (wish.kind) {
    case "recruiter":
      return getRecruiterStatement(ctx, wish.recruiter_id ?? null, period);
    case "team":
      if (!wish.team_id) throw invalidField("team_id", "required", "whose statement");
      return getTeamStatement(ctx, wish.team_id, period);
    case "company":
      if (!wish.company_id) throw invalidField("company_id", "required", "whose statement");
      return getCompanyStatement(ctx, wish.company_id, period);
  }
}

export function statements(api: OpenAPIHono<ApiEnv>): void {
  fileOperation<Record<never, never>, StatementWish, Statement>(api, {
    path: "/statements",
    access: ["statements", "read"],
    summary: "Read a statement",
    description: [
      "Every line is an entry of the ledger, so opening balance and lines add up to the closing balance.",
      "`recruiter`: one's own. `team`: per member for its owner and admins, own lines and the total for members. `company`: for its admins.",
    ].join(" "),
    query: StatementQuery,
    data: StatementShape,
    run: (ctx, { query }) => runStatement(ctx, query),
    present: (statement) => statementJson(statement) as never,
    files: {
      csv: (statement) => csvFile(fileName(statement), linesAsCsv(statement)),
      html: (statement) => statementPage(statementJson(statement)),
    },
  });
}
