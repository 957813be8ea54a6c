import { eq, sql } from "drizzle-orm";
import { intakeRequests, intakeSettings, jobs } from "#db/schema/ats.ts";
import { computed, select } from "#db/statements.ts";
import { event } from "#domain/events/catalogue.ts";
import { jobCreated } from "#domain/events/job.ts";
import { draftOf } from "#domain/intake/draft.ts";
import { HOUSE_FIELDS } from "#domain/intake/fields.ts";
import type { BasisPoints } from "#domain/money.ts";
import { invalidTransition } from "#domain/refusals.ts";
import { commit, deciding, editable, expectVersion, insert, newRow, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { contractFee } from "../jobs/fee.ts";
import { rowById } from "../listing.ts";
import { type IntakeRequest, intakeRequestNoun } from "./intake-request.ts";

/**
 * Accepts what was handed in, which opens a draft role with the answers filled in, or declines it. By
 * the company's admins, once: a second answer is refused with `invalid_transition`.
 */
export async function answerIntake(ctx: Context, id: string, answer: "accepted" | "declined", version?: number): Promise<IntakeRequest> {
  return deciding(ctx, async () => {
    const [[found], [settings]] = await ctx.read(
      rowById<IntakeRequest>(ctx, intakeRequestNoun, id),
      select({
        fields: intakeSettings.fields,
        contractFee: computed<BasisPoints | null>("contract_fee", contractFee(sql`${intakeRequests.companyId}`)),
      })
        .from(intakeRequests)
        .leftJoin(intakeSettings, eq(intakeSettings.companyId, intakeRequests.companyId))
        .where(eq(intakeRequests.id, id)),
    );
    const before = editable(ctx, "intake request", id, found);
    expectVersion(ctx, before, version);
    if (before.status !== "new") throw invalidTransition("intake request", before.status, answer, []);
    const { companyId } = before;
    const draft =
      answer === "accepted"
        ? newRow(ctx, jobs, {
            ...draftOf(settings?.fields ?? HOUSE_FIELDS, before.fields),
            companyId,
            feePercentage: settings?.contractFee ?? null,
            status: "draft",
            createdByUserId: ctx.userId,
          })
        : null;
    const handled = { status: answer, jobId: draft?.id ?? null, handledByUserId: ctx.userId, handledAt: ctx.now() };
    const after: IntakeRequest = { ...before, ...handled, version: before.version + 1, updatedAt: ctx.now() };
    const told = { intake_request_id: id, company_id: companyId, status: answer, job_id: draft?.id ?? null };
    return commit(ctx, after, {
      expect: [unchanged(intakeRequests, before)],
      write: [...(draft ? [insert(jobs, draft)] : []), update(ctx, intakeRequests, id, handled)],
      audit: [
        { action: `intake.${answer}`, subject: { type: "intake_request", id }, before, after, companyId },
        ...(draft ? [{ action: "job.created", subject: { type: "job", id: draft.id }, after: draft, companyId }] : []),
      ],
      events: [event("intake.answered", { type: "intake_request", id }, told), ...(draft ? [jobCreated(draft)] : [])],
    });
  });
}
