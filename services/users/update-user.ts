import { type SQL, sql } from "drizzle-orm";
import { users } from "#db/schema/identity.ts";
import { select } from "#db/statements.ts";
import { event } from "#domain/events/catalogue.ts";
import { conflict, forbidden, notFound } from "#domain/refusals.ts";
import { asItStands, commit, deciding, differing, editable, expectVersion, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { endSessionsOf, sessionsEnded } from "../sessions/session.ts";
import { readableUsers } from "./access.ts";
import { type User, userNoun } from "./user.ts";

export interface UserChanges {
  fields: Partial<Pick<User, "name" | "onboardingStatus" | "onboardingStep">>;
  status?: User["status"] | undefined;
  version?: number | undefined;
}

/** Changes the caller's own name and onboarding. */
export const updateOwnUser = (ctx: Context, changes: UserChanges): Promise<User> =>
  change(ctx, sql`${users.id} = (select ops.user_id())`, null, changes);

/**
 * Changes a person: oneself, or anybody by platform admins, who also deactivate and reactivate. A person whose subject was deleted by the issuer never comes back.
 */
export const updateUser = (ctx: Context, id: string, changes: UserChanges): Promise<User> =>
  change(ctx, sql`${users.id} = ${id}`, id, changes);

async function change(ctx: Context, where: SQL, id: string | null, changes: UserChanges): Promise<User> {
  return deciding(
    ctx,
    async () => {
      const [[found]] = await ctx.read(
        select(userNoun.columns)
          .from(users)
          .where(sql`${where} and ${readableUsers()}`),
      );
      if (!found && id === null) throw notFound("person behind this session");
      const before = editable(ctx, "user", id ?? "", found as User | undefined);
      const { fields, status: to, version } = changes;
      const { isPlatformAdmin } = ctx.access;
      if (to !== undefined && !isPlatformAdmin) throw forbidden("Platform admins deactivate and reactivate people.");
      const moves = to !== undefined && to !== before.status;
      expectVersion(ctx, before, version);
      if (moves && before.id === ctx.userId) throw conflict("Nobody deactivates themselves. Ask another platform admin.");
      if (moves && before.deletedAt) throw conflict("The account behind this person was deleted and does not come back.");

      const written = { ...fields, ...(moves ? { status: to } : {}) };
      if (!differing(before, written)) return asItStands(ctx, before);
      const after: User = { ...before, ...written, version: before.version + 1, updatedAt: ctx.now() };
      const subject = { type: "user", id: before.id };
      return commit(ctx, after, {
        expect: [unchanged(users, before)],
        write: [
          update(ctx, users, before.id, written),
          ...(moves && to === "deactivated" ? [endSessionsOf(ctx, before.id, "deactivated")] : []),
        ],
        audit: [
          { action: moves ? `user.${to === "active" ? "reactivated" : "deactivated"}` : "user.updated", subject, before, after },
          ...(moves && to === "deactivated" ? [sessionsEnded({ userId: before.id }, "deactivated")] : []),
        ],
        events: moves && to === "deactivated" ? [event("user.deactivated", subject, { user_id: before.id })] : [],
      });
    },
    { users_email_key: () => conflict("Another active person has this address.") },
  );
}
