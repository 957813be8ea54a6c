import { applicationCreated } from "../events/application.ts";
import { actingAs } from "./acting.ts";
import { change } from "./change.ts";
import type { Actor, Application, DealChange } from "./deal.ts";
import { newApplication } from "./records.ts";

/** Begins an application, by the candidate or by their recruiter. Its deal record comes with the submission. */
export function startDraft(
  actor: Actor,
  facts: Pick<Application, "id" | "jobId" | "companyId" | "candidateId" | "candidateRecruiterId" | "companyRecruiterId">,
  now: Date,
): DealChange {
  const acting = actingAs(actor, ["candidate", "candidate_recruiter"], "begin an application");
  const deal = { cra: null, application: newApplication({ ...facts, stage: "draft" }, now) };
  return change(deal, deal, acting, { events: [applicationCreated(deal.application)] });
}
