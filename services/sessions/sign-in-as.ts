import { eq } from "drizzle-orm";
import { sessions, users } from "#db/schema/identity.ts";
import { select } from "#db/statements.ts";
import { commit, insert, readable } from "../commit.ts";
import type { Context } from "../context.ts";
import { asSystem } from "../users/register-subject.ts";
import { endSessions, newSession, signedIn } from "./session.ts";

/**
 * Opens a session of method `dev` for anybody active: the sign-in of a developer's machine, whose
 * surface keeps it there (IDENTITY §5).
 *
 * @returns the token
 */
export async function signInAs(browser: Context, userId: string): Promise<string> {
  await browser.read();
  const ctx = asSystem(browser);
  const [[person]] = await ctx.read(select({ id: users.id, status: users.status }).from(users).where(eq(users.id, userId)));
  const { id } = readable("active user", userId, person?.status === "active" ? person : undefined);
  const { token, row } = await newSession(ctx, { userId: id, method: "dev", country: null });
  const before = browser.session;
  return commit(ctx, token, {
    write: [insert(sessions, row), ...(before ? [endSessions(ctx, eq(sessions.id, before.id), "rotated")] : [])],
    audit: signedIn(row),
    events: [],
  });
}
