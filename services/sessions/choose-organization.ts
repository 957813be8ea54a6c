import { eq, sql } from "drizzle-orm";
import { memberships, organizations, sessions } from "#db/schema/identity.ts";
import { select } from "#db/statements.ts";
import { notFound } from "#domain/refusals.ts";
import { commit, deciding, insert } from "../commit.ts";
import type { Context } from "../context.ts";
import { endSessions, newSession, stillLive } from "./session.ts";

/** The organizations the caller belongs to, whichever of them the session acts for. */
export const ownOrganizations = () =>
  select({ id: organizations.id, name: organizations.name })
    .from(organizations)
    .where(
      sql`${organizations.deletedAt} is null and ${organizations.id} in (select ${memberships.organizationId} from ${memberships}
        where ${memberships.userId} = (select ops.user_id()) and ${memberships.deletedAt} is null)`,
    )
    .orderBy(organizations.name);

/**
 * Lets the session act for one of the caller's organizations, or with null for all of them. The
 * session goes on under a new token, for as long as the old one would have; of two changes at once
 * one finds its session gone.
 *
 * @returns the new token
 */
export const chooseOrganization = (ctx: Context, organizationId: string | null, country: string | null): Promise<string> =>
  deciding(ctx, async () => {
    const [own] = await ctx.read(ownOrganizations());
    const { session, userId } = ctx;
    if (!session) throw new Error("only a console session chooses an organization");
    if (organizationId !== null && !own.some(({ id }) => id === organizationId)) throw notFound("organization", organizationId);
    const { token, row } = await newSession(ctx, {
      userId,
      method: session.method,
      issuerSid: session.issuerSid,
      organizationId,
      absoluteEnd: session.absoluteEnd,
      country,
    });
    return commit(ctx, token, {
      expect: [stillLive(session.id)],
      write: [endSessions(ctx, eq(sessions.id, session.id), "rotated"), insert(sessions, row)],
      audit: { action: "session.organization_chosen", subject: { type: "session", id: row.id } },
      events: [],
    });
  });
