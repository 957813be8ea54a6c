import { getTableColumns, type SQL, sql } from "drizzle-orm";
import { candidatePortalTokens, candidates } from "#db/schema/ats.ts";
import { sessions } from "#db/schema/identity.ts";
import { select } from "#db/statements.ts";
import { notFound, Refusal } from "#domain/refusals.ts";
import { commit, deciding, insert, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { endingEarlier, type LoginBrowser } from "../login/complete-login.ts";
import { newPortalSession, signedIn } from "../sessions/session.ts";

export type PortalToken = typeof candidatePortalTokens.$inferSelect;

/** A link is good this long after it was last opened. */
const LIFE_DAYS = 90;
/** A mail carries the link that there is, unless it would soon be over. */
const FRESH_DAYS = 30;

const endOf = (from: Date): Date => new Date(from.getTime() + LIFE_DAYS * 86_400_000);

/**
 * Sees to it that a candidate has a link which mails can carry; whoever has left the portal gets none.
 * It is SQL and not yet a statement, which an async function would send off.
 */
export async function keepingPortalToken(ctx: Context, candidateId: string): Promise<SQL> {
  const [id, issuedAt] = [ctx.newId(), ctx.now()];
  const hash = await ctx.ports.links.hash(await ctx.ports.links.token(id, issuedAt));
  const [issued, ends] = [issuedAt.toISOString(), endOf(issuedAt).toISOString()];
  return sql`insert into ${candidatePortalTokens} (id, created_at, updated_at, candidate_id, token, issued_at, expires_at)
    select ${id}::uuid, ${issued}::timestamptz, ${issued}::timestamptz, c.id, ${hash}, ${issued}::timestamptz, ${ends}::timestamptz
    from ${candidates} c
    where c.id = ${candidateId}::uuid and c.portal_opted_out_at is null and c.deleted_at is null and c.erased_at is null and not exists (
      select from ${candidatePortalTokens} t where t.candidate_id = c.id and t.ended_at is null
        and t.expires_at > ops.now() + make_interval(days => ${FRESH_DAYS}))`;
}

/**
 * The link behind a token; opening it uses nothing up. Refuses an unknown one with `not_found`, and with
 * `gone` one that ended.
 *
 * @returns whose it is
 */
export async function openPortalToken(ctx: Context, token: string): Promise<PortalToken> {
  const hash = await ctx.ports.links.hash(token);
  const [[found]] = await ctx.read(
    select(getTableColumns(candidatePortalTokens))
      .from(candidatePortalTokens)
      .innerJoin(
        candidates,
        sql`${candidates.id} = ${candidatePortalTokens.candidateId} and ${candidates.deletedAt} is null and ${candidates.erasedAt} is null`,
      )
      .where(sql`${candidatePortalTokens.token} = ${hash}`),
  );
  if (!found) throw notFound("such link");
  if (found.endedAt || found.expiresAt <= ctx.now())
    throw new Refusal("gone", "This link is over. Ask for a new one with your e-mail address.");
  return found;
}

/** Opens a session by a mailed link, as often as wanted; from here it is good for another 90 days. It proves nothing: a link may be passed on. */
export const enterByPortalToken = (ctx: Context, token: string, browser: Pick<LoginBrowser, "earlier" | "country">): Promise<string> =>
  deciding(ctx, async () => {
    const link = await openPortalToken(ctx, token);
    const session = await newPortalSession(ctx, { candidateId: link.candidateId, method: "link", proved: false, country: browser.country });
    await commit(ctx, null, {
      expect: [unchanged(candidatePortalTokens, link)],
      write: [
        update(ctx, candidatePortalTokens, link.id, { lastAccessedAt: ctx.now(), expiresAt: endOf(ctx.now()) }),
        ...(await endingEarlier(ctx, browser.earlier)),
        insert(sessions, session.row),
      ],
      audit: signedIn(session.row),
      events: [],
    });
    return session.token;
  });
