import { type SQL, sql } from "drizzle-orm";
import { applications, companies, documents, interviewAvailability, jobs, stageTimes, withdrawalRequests } from "#db/schema/ats.ts";
import { computed, select } from "#db/statements.ts";
import type { ApplicationStage } from "#domain/deals/states.ts";
import { notFound } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import { openRequest } from "../withdrawals/withdrawal-request.ts";
import { candidateOf, ownApplications, ownDocuments } from "./access.ts";

/** An application as its candidate reads it: no recruiter, no fee, no score. */
export interface OwnApplication {
  id: string;
  title: string;
  location: string | null;
  /** Null where the role keeps it to itself. */
  company: string | null;
  stage: ApplicationStage;
  /** Since when it stands there. */
  since: Date;
  begunAt: Date;
  /** How long others stayed in this stage. */
  usual: { cases: number; medianSeconds: number } | null;
  /** When a withdrawal takes effect that may still be undone. */
  withdrawsAt: Date | null;
}

export interface OwnDocument {
  id: string;
  filename: string;
  fileSize: number;
  createdAt: Date;
  /** Which one of the same name it is, counted from 1. */
  version: number;
}

type Availability = typeof interviewAvailability.$inferSelect;

export interface OwnApplicationWhole extends OwnApplication {
  documents: OwnDocument[];
  /** What was said last. */
  availability: Pick<Availability, "slots" | "providedAt"> | null;
}

const SHOWN = 200;

const own = (where: SQL) =>
  select({
    id: applications.id,
    title: jobs.title,
    location: jobs.location,
    company: computed<string | null>("company", sql`case when ${jobs.showCompany} then ${companies.name} end`),
    stage: applications.stage,
    since: applications.stageChangedAt,
    begunAt: applications.createdAt,
    usual: { cases: stageTimes.cases, medianSeconds: stageTimes.medianSeconds },
    withdrawsAt: withdrawalRequests.effectiveAt,
  })
    .from(applications)
    .innerJoin(jobs, sql`${jobs.id} = ${applications.jobId}`)
    .innerJoin(companies, sql`${companies.id} = ${applications.companyId}`)
    .leftJoin(stageTimes, sql`${stageTimes.stage} = ${applications.stage}`)
    .leftJoin(withdrawalRequests, sql`${withdrawalRequests.applicationId} = ${applications.id} and ${openRequest()}`)
    .where(sql`${where} and ${ownApplications()}`)
    .orderBy(sql`${applications.createdAt} desc`, applications.id)
    .limit(SHOWN);

/** Every application of the person, across companies, the latest first. */
export async function listOwnApplications(ctx: Context): Promise<OwnApplication[]> {
  const [rows] = await ctx.read(own(sql`true`));
  candidateOf(ctx);
  return rows;
}

/** One application with the candidate's documents and times. Another's is 404. */
export async function getOwnApplication(ctx: Context, id: string): Promise<OwnApplicationWhole> {
  const [[application], files, [availability]] = await ctx.read(
    own(sql`${applications.id} = ${id}`),
    select({
      id: documents.id,
      filename: documents.filename,
      fileSize: documents.fileSize,
      createdAt: documents.createdAt,
      version: computed<number>(
        "version",
        sql`(row_number() over (partition by lower(${documents.filename}) order by ${documents.createdAt}, ${documents.id}))::int`,
      ),
    })
      .from(documents)
      .where(sql`${documents.entityId} = ${id} and ${ownDocuments()}`)
      .orderBy(sql`${documents.createdAt} desc`, documents.id),
    select({ slots: interviewAvailability.slots, providedAt: interviewAvailability.providedAt })
      .from(interviewAvailability)
      .where(
        sql`${interviewAvailability.applicationId} = (select ${applications.id} from ${applications} where ${applications.id} = ${id} and ${ownApplications()})`,
      )
      .orderBy(sql`${interviewAvailability.providedAt} desc`)
      .limit(1),
  );
  candidateOf(ctx);
  if (!application) throw notFound("application");
  return { ...application, documents: files, availability: availability ?? null };
}
