import { sql } from "drizzle-orm";
import { users } from "#db/schema/identity.ts";
import { notFound } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, readOne } from "../listing.ts";
import { type User, userNoun } from "./user.ts";

/** One person the caller may see, or 404. */
export const getUser = (ctx: Context, id: string, include: readonly string[]): Promise<Included<User>> =>
  getOne<User>(ctx, userNoun, id, include);

/** The caller with memberships and roles, asked for or not. */
export async function getOwnUser(ctx: Context): Promise<Included<User>> {
  const me = await readOne<User>(ctx, userNoun, sql`${users.id} = (select ops.user_id())`, ["memberships", "roles"]);
  if (!me) throw notFound("person behind this session");
  return me;
}
