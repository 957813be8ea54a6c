import { eq, getTableColumns, sql } from "drizzle-orm";
import { feeTerms } from "#db/schema/billing.ts";
import { select, updateOf } from "#db/statements.ts";
import { isExecutive } from "#domain/approvals/approval.ts";
import { feeTermsChanged } from "#domain/events/terms.ts";
import { type BasisPoints, toDecimal } from "#domain/money.ts";
import { conflict } from "#domain/refusals.ts";
import { changesALot, requireExecutive, requireLater, requireModestUplift } from "#domain/terms/change.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { approvalById, useApproval } from "../approvals/use-approval.ts";
import { platformAdmins } from "../audience.ts";
import { commit, deciding, insert, newRow } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page } from "../listing.ts";

/** The numbers of the fee that are not rates of a recruiter, for a time. */
export type FeeTerms = typeof feeTerms.$inferSelect;

const readable = () => sql`(select ops.is_admin())`;

export const feeTermsNoun = {
  name: "fee terms",
  table: feeTerms,
  columns: getTableColumns(feeTerms),
  readable,
  ways: () => [{ rows: readable(), opensTo: platformAdmins }],
  sorts: { effective_from: feeTerms.effectiveFrom },
} satisfies Noun<FeeTerms>;

/** One page of the versions of the fee terms; for platform admins alone: 403. */
export async function listFeeTerms(ctx: Context, query: ListQuery): Promise<Page<FeeTerms>> {
  const page = await listOf<FeeTerms>(ctx, feeTermsNoun, query);
  requirePlatformAdmin(ctx, "read the fee terms");
  return page;
}

/** One version of the fee terms, or 404. */
export const getFeeTerms = (ctx: Context, id: string, include: readonly string[]): Promise<Included<FeeTerms>> =>
  getOne<FeeTerms>(ctx, feeTermsNoun, id, include);

/** The five numbers, in basis points. */
export type FeeNumbers = Record<"standardBp" | "executiveBp" | "urgentBp" | "nicheBp" | "keepBp", BasisPoints>;

const numbersOf = (terms: Record<keyof FeeNumbers, number>): BasisPoints[] =>
  [terms.standardBp, terms.executiveBp, terms.urgentBp, terms.nicheBp, terms.keepBp] as BasisPoints[];

/**
 * Writes the next version of the fee terms, from an instant to come on. Takes an approval of
 * `fee_terms.change` on the version it follows; a change by more than 5 % takes an executive's.
 * Hires that are settled already never read it.
 */
export async function changeFeeTerms(ctx: Context, numbers: FeeNumbers, effectiveFrom: Date, approvalId: string): Promise<FeeTerms> {
  return deciding(
    ctx,
    async () => {
      const [[current], [found]] = await ctx.read(
        select()
          .from(feeTerms)
          .where(sql`${feeTerms.effectiveTo} is null`),
        approvalById(approvalId),
      );
      requirePlatformAdmin(ctx, "change the fee terms");
      if (!current) throw new Error("no fee terms are in force");
      requireLater(effectiveFrom, current, ctx.now());
      requireModestUplift(numbers);
      const used = useApproval(ctx, found, {
        action: "fee_terms.change",
        subjectId: current.id,
        request: {
          standard_percentage: toDecimal(numbers.standardBp),
          executive_percentage: toDecimal(numbers.executiveBp),
          urgent_percentage: toDecimal(numbers.urgentBp),
          niche_percentage: toDecimal(numbers.nicheBp),
          keep_percentage: toDecimal(numbers.keepBp),
          effective_from: effectiveFrom.toISOString(),
        },
      });
      requireExecutive(changesALot(numbersOf(current), numbersOf(numbers)), isExecutive(used.approval));
      const row = newRow(ctx, feeTerms, { ...numbers, effectiveFrom });
      return commit(ctx, row, {
        expect: [used.guard],
        write: [
          used.write,
          // the unique index lets one version be open: two at once, and the second finds this one
          updateOf(feeTerms).set({ effectiveTo: effectiveFrom }).where(eq(feeTerms.id, current.id)) as Statement,
          insert(feeTerms, row),
        ],
        audit: [
          used.audit,
          {
            action: "fee_terms.changed",
            subject: { type: "fee_terms", id: row.id },
            before: current,
            after: row,
            reason: used.approval.reason,
          },
        ],
        events: [used.event, feeTermsChanged(row)],
      });
    },
    { fee_terms_one_open: () => conflict("Other fee terms were written at the same time.", { reason: "terms_changed" }) },
  );
}
