import { eq, getTableColumns, sql } from "drizzle-orm";
import { handoverCodes } from "#db/schema/api.ts";
import { companies } from "#db/schema/ats.ts";
import { sessions } from "#db/schema/identity.ts";
import { select, updateOf } from "#db/statements.ts";
import { toBase64Url } from "#domain/bytes.ts";
import { notFound } from "#domain/refusals.ts";
import { commit, databaseRefusal, insert, newRow } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { newSession } from "../sessions/session.ts";

/** A hand-over takes one redirect; longer nobody needs its code. */
const LIFE_SECONDS = 60;
const CODE_BYTES = 32;

/**
 * Makes the code by which a signed-in person arrives on a company's own host. The company is looked
 * up, so that the host it leads to is one of ours (SURFACES §2.6).
 *
 * @returns the code, which is kept nowhere, and the company's present slug
 */
export async function handOver(ctx: Context, slug: string): Promise<{ code: string; slug: string }> {
  const [[company]] = await ctx.read(
    select({ id: companies.id, slug: companies.slug })
      .from(companies)
      .where(sql`${companies.slug} = ${slug} and ${companies.status} = 'active' and ${companies.deletedAt} is null`),
  );
  const { session } = ctx;
  if (!company || !session) throw notFound("company", slug);
  const code = toBase64Url(ctx.ports.randomBytes(CODE_BYTES));
  const row = newRow(ctx, handoverCodes, {
    codeHash: await ctx.ports.links.hash(code),
    userId: ctx.userId,
    companyId: company.id,
    sessionId: session.id,
    expiresAt: new Date(ctx.now().getTime() + LIFE_SECONDS * 1_000),
  });
  return commit(
    ctx,
    { code, slug: company.slug },
    {
      write: [insert(handoverCodes, row)],
      audit: { action: "session.handed_over", subject: { type: "session", id: session.id }, companyId: company.id },
      events: [],
    },
  );
}

/**
 * Takes a code on the company's own host and opens a session there: of the same person and method, and
 * no longer than the one it was made from. Whoever comes second, too late or to another company's host
 * gets none.
 *
 * @returns the session's token, or null
 */
export async function arrive(ctx: Context, companyId: string, code: string, country: string | null): Promise<string | null> {
  const codeHash = await ctx.ports.links.hash(code);
  const [[found]] = await ctx.read(
    select({ id: handoverCodes.id, parent: getTableColumns(sessions) })
      .from(handoverCodes)
      .innerJoin(sessions, eq(sessions.id, handoverCodes.sessionId))
      .where(
        sql`${handoverCodes.codeHash} = ${codeHash} and ${handoverCodes.companyId} = ${companyId}
          and ${handoverCodes.usedAt} is null and ${handoverCodes.expiresAt} > ops.now()`,
      ),
  );
  if (!found?.parent.userId) return null;
  const { parent } = found;
  const { token, row } = await newSession(ctx, {
    userId: found.parent.userId,
    method: parent.method,
    issuerSid: parent.issuerSid,
    organizationId: parent.organizationId,
    absoluteEnd: parent.absoluteEnd,
    parentId: parent.id,
    country,
  });
  const used = updateOf(handoverCodes).set({ usedAt: ctx.now() }).where(eq(handoverCodes.id, found.id)) as Statement;
  try {
    return await commit(ctx, token, {
      expect: [sql`api.guard_handover(${codeHash})`],
      write: [used, insert(sessions, row)],
      audit: { action: "session.arrived", subject: { type: "session", id: row.id }, companyId },
      events: [],
    });
  } catch (error) {
    if (databaseRefusal(error)?.code === "40001") return null; // somebody used it at this moment
    throw error;
  }
}
