import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { CANDIDATE_VISIBILITIES, VERIFICATION_STATUSES } from "#db/schema/ats.ts";
import { type Candidate, candidateNoun } from "#services/candidates/candidate.ts";
import { type CandidateFields, createCandidate } from "#services/candidates/create-candidate.ts";
import { deleteCandidate } from "#services/candidates/delete-candidate.ts";
import { getCandidate, getOwnCandidate } from "#services/candidates/get-candidate.ts";
import { listCandidates } from "#services/candidates/list-candidates.ts";
import { shownOf } from "#services/candidates/shown.ts";
import { type CandidateChanges, updateCandidate, updateOwnCandidate } from "#services/candidates/update-candidate.ts";
import type { Included } from "#services/listing.ts";
import type { ApiEnv } from "../app.ts";
import { idParameter, listOperation, operation, readOperation } from "../operation.ts";
import {
  amount,
  amountFields,
  amountOf,
  amountsAgree,
  amountShape,
  defined,
  distinct,
  Flag,
  Id,
  included,
  Instant,
  OverrideReason,
  summary,
  text,
  WebAddress,
} from "./shapes.ts";

const CandidateShape = z
  .object({
    id: Id,
    full_name: z.string().openapi({ example: "Kim Example" }),
    email: z.string().nullable().openapi({ example: "k•••@•••", description: "Masked where the caller may not read it" }),
    phone: z.string().nullable(),
    linkedin_url: z.string().nullable(),
    github_url: z.string().nullable(),
    portfolio_url: z.string().nullable(),
    contact_visible: z.boolean(),
    location: z.string().nullable(),
    current_title: z.string().nullable(),
    current_company: z.string().nullable(),
    bio: z.string().nullable(),
    skills: z.array(z.string()),
    verification_status: z.enum(VERIFICATION_STATUSES),
    marketplace_visibility: z.enum(CANDIDATE_VISIBILITIES),
    ...amountShape("desired_salary_min"),
    ...amountShape("desired_salary_max"),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .catchall(z.unknown())
  .openapi("Candidate");

const Address = z.string().trim().toLowerCase().max(254).pipe(z.email());

const profile = {
  phone: text(50).nullish(),
  location: text(200).nullish(),
  linkedin_url: WebAddress.nullish(),
  github_url: WebAddress.nullish(),
  portfolio_url: WebAddress.nullish(),
  current_title: text(200).nullish(),
  current_company: text(200).nullish(),
  bio: text(10_000).nullish(),
  skills: distinct(text(100), 100).optional(),
  marketplace_visibility: z.enum(CANDIDATE_VISIBILITIES).optional(),
  show_email: z.boolean().optional(),
  show_phone: z.boolean().optional(),
  show_location: z.boolean().optional(),
  show_current_company: z.boolean().optional(),
  show_salary_expectations: z.boolean().optional(),
  ...amountFields("desired_salary_min"),
  ...amountFields("desired_salary_max"),
  desired_job_type: text(100).nullish(),
  open_to_remote: z.boolean().optional(),
  open_to_relocation: z.boolean().optional(),
  availability: text(200).nullish(),
  data_sharing_consent: z.boolean().optional(),
};

const CandidateInput = z
  .strictObject({ email: Address, full_name: text(200), ...profile })
  .superRefine(amountsAgree("desired_salary_min", "desired_salary_max"))
  .openapi("CandidateInput");

const CandidatePatch = z
  .strictObject({
    email: Address.optional(),
    full_name: text(200).optional(),
    verification_status: z.enum(VERIFICATION_STATUSES).optional(),
    ...profile,
    reason: OverrideReason,
    version: z.int().optional(),
  })
  .superRefine(amountsAgree("desired_salary_min", "desired_salary_max"))
  .openapi("CandidatePatch");

const filters = z.object({
  scope: z.enum(["mine", "sourced", "team", "all"]),
  location: text(200),
  verification_status: z.enum(VERIFICATION_STATUSES),
  has_resume: Flag,
  has_account: Flag,
  email: text(254),
});

const toPatch = ({ version, reason: _, ...body }: z.infer<typeof CandidatePatch>) => ({ changes: toChanges(body), version });

const toChanges = (body: Omit<z.infer<typeof CandidatePatch>, "version" | "reason">): CandidateChanges =>
  defined({
    email: body.email,
    fullName: body.full_name,
    verificationStatus: body.verification_status,
    phone: body.phone,
    location: body.location,
    linkedinUrl: body.linkedin_url,
    githubUrl: body.github_url,
    portfolioUrl: body.portfolio_url,
    currentTitle: body.current_title,
    currentCompany: body.current_company,
    bio: body.bio,
    skills: body.skills,
    marketplaceVisibility: body.marketplace_visibility,
    showEmail: body.show_email,
    showPhone: body.show_phone,
    showLocation: body.show_location,
    showCurrentCompany: body.show_current_company,
    showSalaryExpectations: body.show_salary_expectations,
    desiredSalaryMin: amountOf(body, "desired_salary_min"),
    desiredSalaryMax: amountOf(body, "desired_salary_max"),
    desiredJobType: body.desired_job_type,
    openToRemote: body.open_to_remote,
    openToRelocation: body.open_to_relocation,
    availability: body.availability,
    dataSharingConsent: body.data_sharing_consent,
  }) as CandidateChanges;

/** What leaves the house of a candidate: contact data only where they may be read, a public profile as the person wishes. */
export const candidate = (row: Candidate | Included<Candidate>) => {
  const shown = shownOf(row);
  return {
    id: row.id,
    full_name: row.fullName,
    email: shown.email,
    phone: shown.phone,
    linkedin_url: shown.linkedinUrl,
    github_url: shown.githubUrl,
    portfolio_url: shown.portfolioUrl,
    contact_visible: row.contactVisible,
    has_account: row.userId !== null,
    location: shown.location,
    current_title: row.currentTitle,
    current_company: shown.currentCompany,
    bio: row.bio,
    skills: row.skills,
    verification_status: row.verificationStatus,
    marketplace_visibility: row.marketplaceVisibility,
    ...(shown.pay ? { ...amount("desired_salary_min", row.desiredSalaryMin), ...amount("desired_salary_max", row.desiredSalaryMax) } : {}),
    desired_job_type: row.desiredJobType,
    open_to_remote: row.openToRemote,
    open_to_relocation: row.openToRelocation,
    availability: row.availability,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
    version: row.version,
    ...(row.whole ? wishes(row) : {}),
    ...(row.seenByAdmin
      ? { created_by_user_id: row.createdByUserId, verified_by: row.verifiedBy, verified_at: row.verifiedAt?.toISOString() ?? null }
      : {}),
    ...included(row, { applications: summary, recruiter_candidates: summary, documents: summary, user: summary }),
  };
};

/** How the person wants to be shown: for themselves and platform admins. */
const wishes = (row: Candidate) => ({
  user_id: row.userId,
  show_email: row.showEmail,
  show_phone: row.showPhone,
  show_location: row.showLocation,
  show_current_company: row.showCurrentCompany,
  show_salary_expectations: row.showSalaryExpectations,
  data_sharing_consent: row.dataSharingConsent,
  data_sharing_consent_at: row.dataSharingConsentAt?.toISOString() ?? null,
});

const Deleted = z.object({ id: Id, deleted: z.literal(true) });

export function candidates(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Candidate>(api, {
    path: "/candidates",
    access: ["candidates", "list"],
    summary: "List candidates",
    noun: candidateNoun,
    filters,
    item: CandidateShape,
    run: listCandidates,
    present: candidate,
  });
  operation(api, {
    method: "post",
    path: "/candidates",
    access: ["candidates", "create"],
    summary: "Enter a candidate",
    description:
      "Active recruiters enter somebody they bring and become their sourcer; anybody may enter themselves under their own address. A known address answers 409 `candidate_exists`.",
    audience: "person",
    body: CandidateInput,
    replies: [201, CandidateShape],
    run: (ctx, { body }) => createCandidate(ctx, toChanges(body) as CandidateFields),
    present: candidate,
  });
  readOperation<Candidate>(api, {
    path: "/candidates/me",
    access: ["candidates", "get-me"],
    summary: "Read one's own candidate record",
    audience: "person",
    noun: candidateNoun,
    item: CandidateShape,
    run: getOwnCandidate,
    present: candidate,
  });
  operation(api, {
    method: "patch",
    path: "/candidates/me",
    access: ["candidates", "update-me"],
    summary: "Change one's own candidate record",
    audience: "person",
    body: CandidatePatch,
    replies: [200, CandidateShape],
    run: (ctx, { body }) => updateOwnCandidate(ctx, toPatch(body)),
    present: candidate,
  });
  readOperation<Candidate>(api, {
    path: "/candidates/{id}",
    access: ["candidates", "get"],
    summary: "Read a candidate",
    noun: candidateNoun,
    item: CandidateShape,
    run: getCandidate,
    present: candidate,
  });
  operation(api, {
    method: "patch",
    path: "/candidates/{id}",
    params: idParameter,
    access: ["candidates", "update"],
    summary: "Change a candidate",
    body: CandidatePatch,
    replies: [200, CandidateShape],
    run: (ctx, { params: { id }, body }) => updateCandidate(ctx, id, toPatch(body)),
    present: candidate,
  });
  operation(api, {
    method: "delete",
    path: "/candidates/{id}",
    params: idParameter,
    access: ["candidates", "delete"],
    summary: "Remove a candidate",
    description: "By platform admins, and by whoever entered the candidate while there is no deal.",
    replies: [200, Deleted],
    run: (ctx, { params: { id } }) => deleteCandidate(ctx, id),
    present: ({ id }) => ({ id, deleted: true }),
  });
}
