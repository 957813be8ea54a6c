import { sql } from "drizzle-orm";
import { users } from "#db/schema/identity.ts";
import { recruiters } from "#db/schema/network.ts";
import { select } from "#db/statements.ts";
import { recruiterCreated } from "#domain/events/recruiter.ts";
import { conflict, invalidField, type Refusal } from "#domain/refusals.ts";
import { commit, deciding, insert, newRow } from "../commit.ts";
import type { Context } from "../context.ts";
import type { Recruiter } from "./recruiter.ts";

/** What a recruiter tells of themselves. */
export type RecruiterProfile = Partial<
  Pick<
    typeof recruiters.$inferInsert,
    | "name"
    | "bio"
    | "tagline"
    | "phone"
    | "location"
    | "industries"
    | "specialties"
    | "yearsExperience"
    | "slug"
    | "marketplaceEnabled"
    | "marketplaceVisibility"
    | "autoRoutingOptOut"
  >
>;

/** Asks to become a recruiter: the record waits as pending until a platform admin approves it. */
export async function createRecruiter(ctx: Context, profile: RecruiterProfile): Promise<Recruiter> {
  return deciding(
    ctx,
    async () => {
      const [[me]] = await ctx.read(
        select({ name: users.name, email: users.email })
          .from(users)
          .where(sql`${users.id} = (select ops.user_id())`),
      );
      const name = profile.name ?? (me?.name || null);
      if (!name) throw invalidField("name", "required", "name is required while your account has none.");
      if (ctx.access.recruiterId) throw recruiterExists();
      const row = newRow(ctx, recruiters, { ...profile, name, userId: ctx.userId });
      const recruiter: Recruiter = { ...row, editable: "own", whole: true, email: me?.email ?? null };
      return commit(ctx, recruiter, {
        write: [insert(recruiters, row)],
        audit: { action: "recruiter.created", subject: { type: "recruiter", id: row.id }, after: row },
        events: [recruiterCreated(row)],
      });
    },
    { recruiters_user_id_key: recruiterExists, recruiters_slug_unique: slugTaken },
  );
}

const recruiterExists = (): Refusal => conflict("You have a recruiter record already.");

/** Another profile has this slug. */
export const slugTaken = (): Refusal => conflict("Another profile has this slug.", { reason: "slug_taken" });
