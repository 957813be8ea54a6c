import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Included } from "#services/listing.ts";
import { checkCandidateProtection, checkCompanyProtection, type Protection } from "#services/sourcers/check-protection.ts";
import {
  addCandidateSourcer,
  addCompanySourcer,
  removeCandidateSourcer,
  removeCompanySourcer,
} from "#services/sourcers/correct-sourcer.ts";
import { getCandidateSourcer, getCompanySourcer, listCandidateSourcers, listCompanySourcers } from "#services/sourcers/list-sourcers.ts";
import { type CandidateSourcer, candidateSourcerNoun, type CompanySourcer, companySourcerNoun } from "#services/sourcers/sourcer.ts";
import type { ApiEnv } from "../app.ts";
import { idParameter, listOperation, operation, readOperation } from "../operation.ts";
import { candidate } from "./candidates.ts";
import { recruiter } from "./recruiters.ts";
import { Id, included, Instant, InstantInput, OverrideReason, summary } from "./shapes.ts";

const common = { id: Id, sourcer_recruiter_id: Id, sourced_at: Instant, created_at: Instant };
const CandidateSourcerShape = z
  .object({ ...common, candidate_id: Id })
  .catchall(z.unknown())
  .openapi("CandidateSourcer");
const CompanySourcerShape = z
  .object({ ...common, company_id: Id })
  .catchall(z.unknown())
  .openapi("CompanySourcer");
const ProtectionShape = z.object({ protected: z.boolean(), is_self: z.boolean() }).openapi("SourcerProtection");
const Deleted = z.object({ id: Id, deleted: z.literal(true) });

const correction = { sourcer_recruiter_id: Id, sourced_at: InstantInput.optional(), reason: OverrideReason };
const CandidateSourcerInput = z.strictObject({ candidate_id: Id, ...correction }).openapi("CandidateSourcerInput");
const CompanySourcerInput = z.strictObject({ company_id: Id, ...correction }).openapi("CompanySourcerInput");

const attribution = (row: CandidateSourcer | CompanySourcer) => ({
  id: row.id,
  sourcer_recruiter_id: row.sourcerRecruiterId,
  sourced_at: row.sourcedAt.toISOString(),
  created_at: row.createdAt.toISOString(),
});

const candidateSourcer = (row: CandidateSourcer | Included<CandidateSourcer>) => ({
  ...attribution(row),
  candidate_id: row.candidateId,
  ...included(row, { candidate, recruiter }),
});

const companySourcer = (row: CompanySourcer | Included<CompanySourcer>) => ({
  ...attribution(row),
  company_id: row.companyId,
  ...included(row, { company: summary, recruiter }),
});

const protection = (found: Protection) => ({ protected: found.protected, is_self: found.isSelf });

export function candidateSourcers(api: OpenAPIHono<ApiEnv>): void {
  listOperation<CandidateSourcer>(api, {
    path: "/candidate-sourcers",
    access: ["candidate-sourcers", "list"],
    summary: "List who sourced which candidate",
    noun: candidateSourcerNoun,
    filters: z.object({ candidate_id: Id, sourcer_recruiter_id: Id }),
    item: CandidateSourcerShape,
    run: listCandidateSourcers,
    present: candidateSourcer,
  });
  operation(api, {
    method: "post",
    path: "/candidate-sourcers",
    access: ["candidate-sourcers", "create"],
    summary: "Correct who sourced a candidate",
    description: "By platform admins, with a reason. Attribution itself is set by the platform, for good.",
    body: CandidateSourcerInput,
    replies: [201, CandidateSourcerShape],
    run: (ctx, { body }) =>
      addCandidateSourcer(ctx, {
        candidateId: body.candidate_id,
        sourcerRecruiterId: body.sourcer_recruiter_id,
        sourcedAt: body.sourced_at ?? null,
      }),
    present: candidateSourcer,
  });
  operation(api, {
    method: "get",
    path: "/candidate-sourcers/check-protection",
    access: ["candidate-sourcers", "check-protection"],
    summary: "Whether a candidate has a sourcer",
    query: z.strictObject({ candidate_id: Id }),
    replies: [200, ProtectionShape],
    run: (ctx, { query }) => checkCandidateProtection(ctx, query.candidate_id),
    present: protection,
  });
  readOperation<CandidateSourcer>(api, {
    path: "/candidate-sourcers/{id}",
    access: ["candidate-sourcers", "get"],
    summary: "Read who sourced a candidate",
    noun: candidateSourcerNoun,
    item: CandidateSourcerShape,
    run: getCandidateSourcer,
    present: candidateSourcer,
  });
  operation(api, {
    method: "delete",
    path: "/candidate-sourcers/{id}",
    params: idParameter,
    access: ["candidate-sourcers", "delete"],
    summary: "Take a wrong attribution of a candidate back",
    replies: [200, Deleted],
    run: (ctx, { params: { id } }) => removeCandidateSourcer(ctx, id),
    present: ({ id }) => ({ id, deleted: true }),
  });
}

export function companySourcers(api: OpenAPIHono<ApiEnv>): void {
  listOperation<CompanySourcer>(api, {
    path: "/company-sourcers",
    access: ["company-sourcers", "list"],
    summary: "List who sourced which company",
    noun: companySourcerNoun,
    filters: z.object({ company_id: Id, sourcer_recruiter_id: Id }),
    item: CompanySourcerShape,
    run: listCompanySourcers,
    present: companySourcer,
  });
  operation(api, {
    method: "post",
    path: "/company-sourcers",
    access: ["company-sourcers", "create"],
    summary: "Correct who sourced a company",
    description: "By platform admins, with a reason. Companies and their members are never sourcers.",
    body: CompanySourcerInput,
    replies: [201, CompanySourcerShape],
    run: (ctx, { body }) =>
      addCompanySourcer(ctx, {
        companyId: body.company_id,
        sourcerRecruiterId: body.sourcer_recruiter_id,
        sourcedAt: body.sourced_at ?? null,
      }),
    present: companySourcer,
  });
  operation(api, {
    method: "get",
    path: "/company-sourcers/check-protection",
    access: ["company-sourcers", "check-protection"],
    summary: "Whether a company has a sourcer",
    query: z.strictObject({ company_id: Id }),
    replies: [200, ProtectionShape],
    run: (ctx, { query }) => checkCompanyProtection(ctx, query.company_id),
    present: protection,
  });
  readOperation<CompanySourcer>(api, {
    path: "/company-sourcers/{id}",
    access: ["company-sourcers", "get"],
    summary: "Read who sourced a company",
    noun: companySourcerNoun,
    item: CompanySourcerShape,
    run: getCompanySourcer,
    present: companySourcer,
  });
  operation(api, {
    method: "delete",
    path: "/company-sourcers/{id}",
    params: idParameter,
    access: ["company-sourcers", "delete"],
    summary: "Take a wrong attribution of a company back",
    replies: [200, Deleted],
    run: (ctx, { params: { id } }) => removeCompanySourcer(ctx, id),
    present: ({ id }) => ({ id, deleted: true }),
  });
}
