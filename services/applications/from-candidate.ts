import { and, eq, getTableColumns, type SQL, sql } from "drizzle-orm";
import { type PgColumn, unionAll } from "drizzle-orm/pg-core";
import {
  applications,
  candidates,
  companies,
  documents,
  interviewAvailability,
  jobs,
  portalMessages,
  withdrawalRequests,
} from "#db/schema/ats.ts";
import { contains } from "#db/search.ts";
import { computed, select } from "#db/statements.ts";
import type { ApplicationStage } from "#domain/deals/states.ts";
import type { Slot } from "#domain/portal/times.ts";
import { notFound } from "#domain/refusals.ts";
import { contactVisible } from "../candidates/access.ts";
import type { Context, Statement } from "../context.ts";
import type { KeysetPage, Place } from "../keyset.ts";
import { openFile, type OpenDocument } from "../portal/documents.ts";
import { fromCandidate } from "../portal/access.ts";
import { requireSession } from "../scopes.ts";
import { addressedApplications, heardApplications, heardDocuments, ownWork } from "./heard-access.ts";

/** What a candidate can do about an application in the portal, of which whoever works on it hears. */
export const CANDIDATE_ACTS = ["message", "times", "withdrawal", "document"] as const;
export type CandidateAct = (typeof CANDIDATE_ACTS)[number];

/** One such thing, with the application it is about. */
export interface FromCandidate {
  id: string;
  act: CandidateAct;
  at: Date;
  applicationId: string;
  candidate: string;
  job: string;
  company: string;
  /** What was written: a message, why somebody wishes to withdraw, the name of a document. */
  words: string | null;
  slots: readonly Slot[] | null;
}

export interface FromCandidatesQuery {
  limit: number;
  after: Place | null;
  act?: CandidateAct | undefined;
  /** What the candidate's name or the role's title holds. */
  search?: string | undefined;
}

/** One page of what candidates said and did about the applications that the caller works on, the newest first. */
export async function listFromCandidates(
  ctx: Context,
  { limit, after, act, search }: FromCandidatesQuery,
): Promise<KeysetPage<FromCandidate>> {
  requireSession(ctx);
  const narrowing = search ? contains([candidates.fullName, jobs.title], search) : undefined;
  const of = (each: CandidateAct) => actsOf(each, and(narrowing, act === undefined || act === each ? undefined : sql`false`), after);
  const [found] = await ctx.read(
    unionAll(of("message"), of("times"), of("withdrawal"), of("document"))
      .orderBy(sql`at desc, id desc`)
      .limit(limit + 1),
  );
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return { rows, next: found.length > limit && last ? { at: last.place, id: last.id } : null };
}

const SOURCES = {
  message: { table: portalMessages, of: portalMessages.applicationId, words: sql`${portalMessages.body}` },
  times: { table: interviewAvailability, of: interviewAvailability.applicationId, words: sql`null::text` },
  withdrawal: { table: withdrawalRequests, of: withdrawalRequests.applicationId, words: sql`${withdrawalRequests.reason}` },
  document: { table: documents, of: documents.entityId, words: sql`${documents.filename}` },
} as const;

/** What candidates did in one way; every way has the same columns. */
function actsOf(act: CandidateAct, narrowing: SQL | undefined, after: Place | null) {
  const { table, of, words } = SOURCES[act];
  const beyond = after
    ? sql`(${table.createdAt}, ${table.id}) < (timestamptz 'epoch' + ${after.at}::bigint * interval '1 microsecond', ${after.id}::uuid)`
    : undefined;
  return select({
    id: computed<string>("id", sql`${table.id}`),
    act: computed<CandidateAct>("act", sql.raw(`'${act}'::text`)),
    at: sql`${table.createdAt}`.mapWith(applications.createdAt as PgColumn).as("at") as SQL.Aliased<Date>,
    applicationId: computed<string>("application_id", sql`${applications.id}`),
    candidate: computed<string>("candidate", sql`${candidates.fullName}`),
    job: computed<string>("job", sql`${jobs.title}`),
    company: computed<string>("company", sql`${companies.name}`),
    words: computed<string | null>("words", words),
    slots: computed<readonly Slot[] | null>("slots", act === "times" ? sql`${interviewAvailability.slots}` : sql`null::jsonb`),
    place: computed<string>("place", sql`(extract(epoch from ${table.createdAt}) * 1000000)::bigint::text`),
  })
    .from(table)
    .innerJoin(applications, eq(applications.id, of))
    .innerJoin(candidates, eq(candidates.id, applications.candidateId))
    .innerJoin(jobs, eq(jobs.id, applications.jobId))
    .innerJoin(companies, eq(companies.id, applications.companyId))
    .where(
      and(
        ownWork(),
        act === "message" ? addressedApplications() : undefined,
        act === "document" ? fromCandidate() : undefined,
        narrowing,
        beyond,
      ),
    );
}

/** An application as whoever works on it reads what its candidate said. */
export interface HeardApplication {
  id: string;
  candidate: string;
  /** How to reach the candidate, for who may read it (DOMAIN §1.4). */
  email: string | null;
  job: string;
  company: string;
  stage: ApplicationStage;
  since: Date;
  /** Whether messages come to the caller; elsewhere they go to another side. */
  isAddressed: boolean;
  messages: { id: string; body: string; createdAt: Date }[];
  /** When the candidate can be met; what they said before no longer counts. */
  times: { slots: readonly Slot[]; providedAt: Date } | null;
  /** The latest first. */
  withdrawals: (typeof withdrawalRequests.$inferSelect)[];
  documents: { id: string; filename: string; fileSize: number; createdAt: Date }[];
}

const SHOWN = 200;

/** What the candidate of one application said and did about it, for whoever works on it, and platform admins; else 404. One trip. */
export async function getFromCandidate(ctx: Context, id: string): Promise<HeardApplication> {
  requireSession(ctx);
  const heard = (access: () => SQL) =>
    sql`(select ${applications.id} from ${applications} where ${applications.id} = ${id} and ${access()})`;
  const [[application], messages, [times], withdrawals, files] = await ctx.read(
    select({
      id: applications.id,
      candidate: candidates.fullName,
      email: computed<string | null>("email", sql`case when ${contactVisible()} then ${candidates.email} end`),
      job: jobs.title,
      company: companies.name,
      stage: applications.stage,
      since: applications.stageChangedAt,
      isAddressed: computed<boolean>("is_addressed", addressedApplications()),
    })
      .from(applications)
      .innerJoin(candidates, eq(candidates.id, applications.candidateId))
      .innerJoin(jobs, eq(jobs.id, applications.jobId))
      .innerJoin(companies, eq(companies.id, applications.companyId))
      .where(and(eq(applications.id, id), heardApplications())),
    select({ id: portalMessages.id, body: portalMessages.body, createdAt: portalMessages.createdAt })
      .from(portalMessages)
      .where(sql`${portalMessages.applicationId} = ${heard(addressedApplications)}`)
      .orderBy(sql`${portalMessages.createdAt} desc`, portalMessages.id)
      .limit(SHOWN),
    select({ slots: interviewAvailability.slots, providedAt: interviewAvailability.providedAt })
      .from(interviewAvailability)
      .where(sql`${interviewAvailability.applicationId} = ${heard(heardApplications)}`)
      .orderBy(sql`${interviewAvailability.providedAt} desc`)
      .limit(1),
    select(getTableColumns(withdrawalRequests))
      .from(withdrawalRequests)
      .where(sql`${withdrawalRequests.applicationId} = ${heard(heardApplications)}`)
      .orderBy(sql`${withdrawalRequests.createdAt} desc`, withdrawalRequests.id)
      .limit(SHOWN),
    select({ id: documents.id, filename: documents.filename, fileSize: documents.fileSize, createdAt: documents.createdAt })
      .from(documents)
      .where(sql`${documents.entityId} = ${id} and ${heardDocuments()}`)
      .orderBy(sql`${documents.createdAt} desc`, documents.id)
      .limit(SHOWN),
  );
  if (!application) throw notFound("application");
  return { ...application, messages, times: times ?? null, withdrawals, documents: files };
}

/** A document that a candidate added, with what is in it, for whoever works on the application, and platform admins; else 404. */
export async function openFromCandidate(ctx: Context, id: string): Promise<OpenDocument> {
  requireSession(ctx);
  const [[document]] = await ctx.read(
    select(getTableColumns(documents))
      .from(documents)
      .where(sql`${documents.id} = ${id} and ${heardDocuments()}`) as Statement & { _: { result: (typeof documents.$inferSelect)[] } },
  );
  return openFile(ctx, document);
}
