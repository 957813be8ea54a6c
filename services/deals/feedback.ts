import { eq, getTableColumns, sql } from "drizzle-orm";
import { craGateFeedback } from "#db/schema/ats.ts";
import { users } from "#db/schema/identity.ts";
import { select } from "#db/statements.ts";
import type { Noun } from "../listing.ts";
import { readableFeedback } from "./feedback-access.ts";

export type Feedback = typeof craGateFeedback.$inferSelect;

export const feedbackNoun = {
  name: "gate feedback",
  table: craGateFeedback,
  columns: getTableColumns(craGateFeedback),
  readable: readableFeedback,
  filters: {
    assignment_id: (id: string) => eq(craGateFeedback.assignmentId, id),
    gate_name: (gate: string) => sql`${craGateFeedback.gateName} = ${gate}`,
  },
  includes: {
    author: {
      rows: (ids) =>
        select({ id: users.id, name: users.name })
          .from(users)
          .where(sql`${users.id} in (select created_by_user_id from ${craGateFeedback} where id in ${ids})`),
      parentKey: "createdByUserId",
      childKey: "id",
      many: false,
    },
  },
} satisfies Noun<Feedback>;
