import { sql } from "drizzle-orm";
import { users } from "#db/schema/identity.ts";
import { select } from "#db/statements.ts";
import { commit, databaseRefusal } from "../commit.ts";
import { Context } from "../context.ts";
import { adoptSubject } from "./adopt-subject.ts";

/**
 * Makes a person of the first valid token of an unknown subject, or links the person who has this
 * verified address and no subject yet (IDENTITY §3.1, 9). An address that another subject holds
 * gives nothing but an audit row.
 *
 * @returns whether the caller may be known now
 */
export async function registerSubject(ctx: Context): Promise<boolean> {
  if (ctx.caller.kind !== "session" || !ctx.caller.verifiedEmail) return false;
  try {
    return await register(asSystem(ctx), ctx.caller.id, ctx.caller.verifiedEmail, ctx.caller.name ?? "");
  } catch (error) {
    // two first requests at once: the other one made the person
    if (["23505", "40001"].includes(databaseRefusal(error)?.code ?? "")) return true;
    throw error;
  }
}

async function register(ctx: Context, subject: string, email: string, name: string): Promise<boolean> {
  const [[holder]] = await ctx.read(
    select({ id: users.id, version: users.version, clerkUserId: users.clerkUserId })
      .from(users)
      .where(
        sql`${users.email} = ${email} and ${users.status} = 'active' and not exists (select 1 from ${users} other where other.clerk_user_id = ${subject})`,
      ),
  );
  if (holder?.clerkUserId) {
    const reason = "the address belongs to another subject";
    await commit(ctx, null, {
      write: [],
      audit: { action: "user.subject_refused", subject: { type: "user", id: holder.id }, reason },
      events: [],
    });
    return false;
  }
  await commit(ctx, null, adoptSubject(ctx, { subject, email, name }, holder).change);
  return true;
}

/** The same request as ourselves would make it: what happens by itself is nobody's doing. */
export const asSystem = (ctx: Context): Context =>
  new Context({
    caller: { kind: "system" },
    audience: "public",
    database: ctx.database,
    ports: ctx.ports,
    request: { ...ctx.request, idempotency: null, organizationId: null },
  });
