import { getTableColumns, sql } from "drizzle-orm";
import { candidates, privacyRequests } from "#db/schema/ats.ts";
import { computed } from "#db/statements.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { platformAdmins } from "../audience.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page } from "../listing.ts";

/** What a candidate wants done with their data. */
export type PrivacyRequest = typeof privacyRequests.$inferSelect & { candidateName: string };

const readable = () => sql`(select ops.is_admin())`;

export const privacyRequestNoun = {
  name: "privacy request",
  table: privacyRequests,
  columns: {
    ...getTableColumns(privacyRequests),
    candidateName: computed<string>(
      "candidate_name",
      sql`(select c.full_name from ${candidates} c where c.id = ${privacyRequests.candidateId})`,
    ),
  },
  readable,
  ways: () => [{ rows: readable(), opensTo: platformAdmins }],
  filters: {
    kind: (kind: PrivacyRequest["kind"]) => sql`${privacyRequests.kind} = ${kind}`,
    status: (status: PrivacyRequest["status"]) => sql`${privacyRequests.status} = ${status}`,
    candidate_id: (id: string) => sql`${privacyRequests.candidateId} = ${id}`,
  },
} satisfies Noun<PrivacyRequest>;

/** One page of what candidates want done with their data; for platform admins alone: 403. */
export async function listPrivacyRequests(ctx: Context, query: ListQuery): Promise<Page<PrivacyRequest>> {
  const page = await listOf<PrivacyRequest>(ctx, privacyRequestNoun, query);
  requirePlatformAdmin(ctx, "read privacy requests");
  return page;
}

/** One such request, or 404. */
export const getPrivacyRequest = (ctx: Context, id: string, include: readonly string[]): Promise<Included<PrivacyRequest>> =>
  getOne<PrivacyRequest>(ctx, privacyRequestNoun, id, include);
