import { type SQL, sql } from "drizzle-orm";
import { applications, candidateRoleAssignments as deals, candidates, documents } from "#db/schema/ats.ts";
import { recruiterCandidates } from "#db/schema/network.ts";
import { computed } from "#db/statements.ts";
import { isFresh } from "#domain/identity/session.ts";
import { Refusal } from "#domain/refusals.ts";
import type { Context } from "../context.ts";

/** The applications of the candidate who is in: those and no others are seen and acted on in the portal. */
export const ownApplications = (): SQL => sql`${applications.candidateId} = (select ops.candidate_id())`;

/** Documents that candidates added to their applications. */
export const fromCandidate = (): SQL => sql`(${documents.entityType} = 'application' and ${documents.deletedAt} is null
  and ${documents.metadata} ->> 'from' = 'candidate')`;

/** The documents the candidate handed in. What others attached to an application is not theirs to read. */
export const ownDocuments = (): SQL => sql`(${fromCandidate()}
  and ${documents.entityId} in (select ${applications.id} from ${applications} where ${ownApplications()}))`;

/** The candidate's own record. */
export const ownRecord = (): SQL => sql`${candidates.id} = (select ops.candidate_id())`;

/** The consents that hold. */
export const ownConsents = (): SQL => sql`(${recruiterCandidates.candidateId} = (select ops.candidate_id())
  and ${recruiterCandidates.status} = 'active' and ${recruiterCandidates.consentGiven})`;

/** Whether an application has reached the company, so that the company may hear of it. */
export const reachedCompany = () =>
  computed<boolean>(
    "reached_company",
    sql`exists (select 1 from ${deals} where ${deals.applicationId} = ${applications.id} and ${deals.reachedCompanyAt} is not null)`,
  );

/** Demands that the candidate proved a moment ago who they are. Asked after what they want is known to be theirs. */
export function requireProof(ctx: Context): void {
  if (!isFresh(ctx.session?.provedAt ?? null, ctx.now()))
    throw new Refusal("proof_required", "Please confirm with a code from your mail that this is you.");
}

/** The candidate who is in, whether or not they have left the portal. Only after a `read`. */
export function personOf(ctx: Context): string {
  const { candidateId } = ctx.access;
  if (ctx.caller.kind !== "portal" || candidateId === null) throw new Refusal("missing_credential", "Sign in to go on.");
  return candidateId;
}

/** The candidate who is in. Refuses whoever has left the portal; they may come back. */
export function candidateOf(ctx: Context): string {
  const id = personOf(ctx);
  if (ctx.session?.optedOut) throw new Refusal("forbidden", "You have left the portal.", { reason: "opted_out" });
  return id;
}
