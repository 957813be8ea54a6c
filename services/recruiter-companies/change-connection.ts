import { sql } from "drizzle-orm";
import { jobs } from "#db/schema/ats.ts";
import { recruiterCompanies } from "#db/schema/network.ts";
import { select, updateOf } from "#db/statements.ts";
import {
  type ConnectionActor,
  type ConnectionChange,
  type ConnectionSide,
  permit,
  type Permissions,
  respond,
  takeBack,
  terminate,
} from "#domain/relationships/connection.ts";
import { asItStands, commit, deciding, differing, expectVersion, readable, unchanged, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { readableConnections } from "./access.ts";
import { type Connection, connectionNoun } from "./connection.ts";

type Fields = Partial<typeof recruiterCompanies.$inferInsert>;

async function change(
  ctx: Context,
  id: string,
  verb: { action: string; reason?: string | null; version?: number | undefined },
  decide: (connection: Connection, actor: ConnectionActor) => ConnectionChange<Fields>,
): Promise<Connection> {
  return deciding(ctx, async () => {
    const [[found]] = await ctx.read(
      select(connectionNoun.columns)
        .from(recruiterCompanies)
        .where(sql`${recruiterCompanies.id} = ${id} and ${readableConnections()}`),
    );
    const before = readable<Connection>("recruiter-company connection", id, found as Connection | undefined);
    const { fields, events, override } = decide(before, actorOf(ctx, before));
    if (override) ctx.override();
    expectVersion(ctx, before, verb.version);
    if (!differing(before, fields)) return asItStands(ctx, before);
    const after: Connection = { ...before, ...(fields as Partial<Connection>), version: before.version + 1, updatedAt: ctx.now() };
    return commit(ctx, after, {
      expect: [unchanged(recruiterCompanies, before)],
      write: [update(ctx, recruiterCompanies, id, fields), ...(after.status === "terminated" ? [leaveJobs(ctx, after)] : [])],
      audit: {
        action: verb.action,
        subject: { type: "recruiter_company", id },
        before,
        after,
        companyId: before.companyId,
        reason: verb.reason ?? null,
      },
      events,
    });
  });
}

/** Whose connection has ended represents none of the company's jobs any more; a deal at their gate may be skipped past them. */
const leaveJobs = (ctx: Context, { companyId, recruiterId }: Connection): Statement =>
  updateOf(jobs)
    .set({ companyRecruiterId: null, version: sql`${jobs.version} + 1`, updatedAt: ctx.now() })
    .where(sql`${jobs.companyId} = ${companyId} and ${jobs.companyRecruiterId} = ${recruiterId}`) as Statement;

function actorOf(ctx: Context, { isRecruiter, isCompany, isAdmin }: Connection): ConnectionActor {
  const sides = new Set<ConnectionSide>();
  if (isRecruiter) sides.add("recruiter");
  if (isCompany) sides.add("company");
  if (isAdmin) sides.add("platform_admin");
  return { userId: ctx.userId, sides };
}

export interface ConnectionAnswer {
  accept: boolean;
  permissions: Partial<Permissions> | null;
  termsAcknowledged: boolean;
  version?: number | undefined;
}

/** The side that was asked accepts or declines. */
export const respondToConnection = (ctx: Context, id: string, answer: ConnectionAnswer): Promise<Connection> =>
  change(
    ctx,
    id,
    { action: answer.accept ? "recruiter_company.accepted" : "recruiter_company.declined", version: answer.version },
    (connection, actor) => {
      const answered = respond(connection, actor, answer, ctx.now());
      const acknowledged = answer.accept && answer.termsAcknowledged && connection.isRecruiter;
      return acknowledged
        ? { ...answered, fields: { ...answered.fields, termsAcknowledgedAt: ctx.now(), termsAcknowledgedBy: ctx.userId } }
        : answered;
    },
  );

/** Either side ends the connection. */
export const terminateConnection = (ctx: Context, id: string, reason: string, version?: number): Promise<Connection> =>
  change(ctx, id, { action: "recruiter_company.terminated", reason, version }, (connection, actor) =>
    terminate(connection, actor, reason, ctx.now()),
  );

/** Whoever asked takes it back while it is not answered. */
export const takeBackConnection = (ctx: Context, id: string): Promise<Connection> =>
  change(ctx, id, { action: "recruiter_company.taken_back" }, (connection, actor) => takeBack(connection, actor, ctx.now()));

/** The company says what the recruiter may do on its jobs. */
export const permitConnection = (ctx: Context, id: string, permissions: Partial<Permissions>, version?: number): Promise<Connection> =>
  change(ctx, id, { action: "recruiter_company.permitted", version }, (connection, actor) => permit(connection, actor, permissions));
