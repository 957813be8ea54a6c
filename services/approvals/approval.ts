import { eq, getTableColumns, sql } from "drizzle-orm";
import { approvals } from "#db/schema/billing.ts";
import { forbidden } from "#domain/refusals.ts";
import { platformAdmins } from "../audience.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page } from "../listing.ts";

/** What one admin asks for and another has to want too. */
export type Approval = typeof approvals.$inferSelect;

const readable = () => sql`(select ops.is_admin())`;

export const approvalNoun = {
  name: "approval",
  table: approvals,
  columns: getTableColumns(approvals),
  readable,
  ways: () => [{ rows: readable(), opensTo: platformAdmins }],
  filters: {
    status: (name: string) => sql`${approvals.status} = ${name}`,
    action: (name: string) => eq(approvals.action, name),
    subject_id: (id: string) => eq(approvals.subjectId, id),
  },
} satisfies Noun<Approval>;

/** Refuses everybody but platform admins. */
export function requirePlatformAdmin(ctx: Context, what: string): void {
  if (!ctx.access.isPlatformAdmin) throw forbidden(`Only platform admins ${what}.`);
}

/** One page of the approvals; for platform admins alone: 403. */
export async function listApprovals(ctx: Context, query: ListQuery): Promise<Page<Approval>> {
  const page = await listOf<Approval>(ctx, approvalNoun, query);
  requirePlatformAdmin(ctx, "read approvals");
  return page;
}

/** One approval, or 404. */
export const getApproval = (ctx: Context, id: string, include: readonly string[]): Promise<Included<Approval>> =>
  getOne<Approval>(ctx, approvalNoun, id, include);
