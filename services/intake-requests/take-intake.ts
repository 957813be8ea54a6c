import { intakeRequests } from "#db/schema/ats.ts";
import { event } from "#domain/events/catalogue.ts";
import { checkIntake, type IntakeField } from "#domain/intake/fields.ts";
import { invalid } from "#domain/refusals.ts";
import { commit, insert, newRow } from "../commit.ts";
import type { Context } from "../context.ts";

type Row = typeof intakeRequests.$inferSelect;

export interface NewIntake {
  companyId: string;
  source: Row["source"];
  /** Only of the widget: how it stood in the page, and on whose page. */
  widgetType?: Row["widgetType"];
  origin?: string | null;
  answers: Readonly<Record<string, unknown>>;
}

/**
 * Takes in a role that somebody outside hands to a company, as a request for its inbox. What was not
 * asked, or asked and not answered, is refused field by field. Who may ask at all, and how often, the
 * surface has settled before, on what the context has read.
 *
 * @param fields - what the company asks
 * @param under - where in the body the answers stand, as a JSON pointer
 */
export async function takeIntake(
  ctx: Context,
  fields: readonly IntakeField[],
  { answers: given, ...intake }: NewIntake,
  under = "",
): Promise<{ id: string }> {
  const checked = checkIntake(fields, given);
  if (!checked.ok) throw invalid(...checked.errors.map((error) => ({ ...error, pointer: `${under}${error.pointer}` })));
  const row = newRow(ctx, intakeRequests, { ...intake, fields: checked.answers });
  const { id, companyId, source } = row;
  const told = { intake_request_id: id, company_id: companyId, source, submitted_at: row.createdAt.toISOString() };
  return commit(
    ctx,
    { id },
    {
      write: [insert(intakeRequests, row)],
      audit: { action: "intake.submitted", subject: { type: "intake_request", id }, companyId },
      events: [event("intake.submitted", { type: "intake_request", id }, told)],
    },
  );
}
