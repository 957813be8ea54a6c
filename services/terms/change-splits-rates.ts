import { eq, sql } from "drizzle-orm";
import { splitsRates } from "#db/schema/billing.ts";
import { select, updateOf } from "#db/statements.ts";
import { isExecutive } from "#domain/approvals/approval.ts";
import { DEAL_ROLES } from "#domain/commission/deal-roles.ts";
import type { RoleRates, Tier } from "#domain/commission/rates.ts";
import { splitsRatesChanged } from "#domain/events/terms.ts";
import { toDecimal } from "#domain/money.ts";
import { conflict } from "#domain/refusals.ts";
import { changesALot, requireExecutive, requireLater, requireWithinWhole } from "#domain/terms/change.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { approvalById, useApproval } from "../approvals/use-approval.ts";
import { commit, deciding, insert, newRow } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import type { SplitsRate } from "../plans/plan.ts";

const ratesOf = (row: SplitsRate): RoleRates => ({
  candidate_recruiter: row.candidateRecruiterRate,
  company_recruiter: row.companyRecruiterRate,
  job_owner: row.jobOwnerRate,
  candidate_sourcer: row.candidateSourcerRate,
  company_sourcer: row.companySourcerRate,
});

const listed = (rates: RoleRates) => DEAL_ROLES.map((name) => rates[name]);

/**
 * Writes the next rates of a tier, from an instant to come on. Takes an approval of
 * `splits_rates.change` on the row it follows; a change by more than 5 % takes an executive's.
 * Refuses (422) rates with which a mix of tiers would earn more than the fee. Snapshots keep theirs.
 */
export async function changeSplitsRates(
  ctx: Context,
  tier: Tier,
  rates: RoleRates,
  effectiveFrom: Date,
  approvalId: string,
): Promise<SplitsRate> {
  return deciding(
    ctx,
    async () => {
      const [rows, [found]] = await ctx.read(
        select()
          .from(splitsRates)
          .where(sql`${splitsRates.effectiveTo} is null or ${splitsRates.effectiveTo} > ${effectiveFrom.toISOString()}::timestamptz`),
        approvalById(approvalId),
      );
      requirePlatformAdmin(ctx, "change rates");
      const current = rows.find((row) => row.tier === tier && row.effectiveTo === null);
      if (!current) throw new Error(`no rates of ${tier} are in force`);
      requireLater(effectiveFrom, current, ctx.now());
      requireWithinWhole([rates, ...rows.filter((row) => row.tier !== tier).map(ratesOf)]);
      const used = useApproval(ctx, found, {
        action: "splits_rates.change",
        subjectId: current.id,
        request: {
          tier,
          ...Object.fromEntries(DEAL_ROLES.map((name) => [`${name}_rate`, toDecimal(rates[name])])),
          effective_from: effectiveFrom.toISOString(),
        },
      });
      requireExecutive(changesALot(listed(ratesOf(current)), listed(rates)), isExecutive(used.approval));
      const row = newRow(ctx, splitsRates, {
        tier,
        candidateRecruiterRate: rates.candidate_recruiter,
        companyRecruiterRate: rates.company_recruiter,
        jobOwnerRate: rates.job_owner,
        candidateSourcerRate: rates.candidate_sourcer,
        companySourcerRate: rates.company_sourcer,
        effectiveFrom,
      });
      return commit(ctx, row, {
        expect: [used.guard],
        write: [
          used.write,
          updateOf(splitsRates).set({ effectiveTo: effectiveFrom }).where(eq(splitsRates.id, current.id)) as Statement,
          insert(splitsRates, row),
        ],
        audit: [
          used.audit,
          {
            action: "splits_rates.changed",
            subject: { type: "splits_rates", id: row.id },
            before: current,
            after: row,
            reason: used.approval.reason,
          },
        ],
        events: [used.event, splitsRatesChanged(row)],
      });
    },
    { splits_rates_one_open: () => conflict("Other rates of this tier were written at the same time.", { reason: "terms_changed" }) },
  );
}
