import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { CANDIDATE_VISIBILITIES, VERIFICATION_STATUSES } from "#db/schema/ats.ts";
import type { Candidate } from "#services/candidates/candidate.ts";
import { shownOf } from "#services/candidates/shown.ts";
import { getSubmittedCandidate, submittedCandidatesAfter } from "#services/candidates/submitted-candidates.ts";
import type { ApiEnv } from "../app.ts";
import { defined, Id } from "../v2/shapes.ts";
import { listOperation, operation } from "./operation.ts";
import { amount, at, born, CURRENCY, Currency, flag, id, instant, maybeMoney, oneOf, words } from "./shapes.ts";

const MASKED = "; masked where you may not read it";

/** What platform admins read beside: how the person wants to be shown, and who vouches for them. */
const Whole = z
  .object({
    user_id: id("The candidate's own user").nullable(),
    show_email: flag("Shown on the marketplace", false),
    show_phone: flag("Shown on the marketplace", false),
    show_location: flag("Shown on the marketplace", true),
    show_current_company: flag("Shown on the marketplace", true),
    show_salary_expectations: flag("Shown on the marketplace", false),
    data_sharing_consent: flag("Whether data may be shared", true),
    data_sharing_consent_at: at("Since when").nullable(),
    created_by_user_id: id("Who entered them").nullable(),
    verified_by: id("Who verified them").nullable(),
    verified_at: at("When they were verified").nullable(),
  })
  .partial();

const Pay = z
  .object({ ...maybeMoney("desired_salary_min", "What they ask for at least"), ...maybeMoney("desired_salary_max", "What they hope for") })
  .partial();

const CandidateShape = z
  .object({
    id: id("The candidate"),
    full_name: words("Their name", "Kim Example"),
    email: words(`Their address${MASKED}`, "k•••@•••"),
    phone: words(`Their telephone${MASKED}`, "+1 555 0100").nullable(),
    linkedin_url: words(`Their page${MASKED}`, "https://www.linkedin.com/in/kim-example").nullable(),
    github_url: words(`Their page${MASKED}`, "https://github.com/kim-example").nullable(),
    portfolio_url: words(`Their page${MASKED}`, "https://kim.example").nullable(),
    contact_visible: flag("Whether you may read how to reach them", true),
    has_account: flag("Whether they sign in themselves", true),
    location: words("Where they live", "Hamburg").nullable(),
    current_title: words("What they do now", "Engineer").nullable(),
    current_company: words("Where", "Example GmbH").nullable(),
    bio: words("What they say of themselves", "I like quiet pagers.").nullable(),
    skills: z.array(z.string()).openapi({ description: "What they know", example: ["postgres", "typescript"] }),
    verification_status: oneOf("Whether we know who they are", VERIFICATION_STATUSES),
    marketplace_visibility: oneOf("Who may find them", CANDIDATE_VISIBILITIES),
    ...Pay.shape,
    currency: Currency,
    desired_job_type: words("What they look for", "full_time").nullable(),
    open_to_remote: flag("Whether they would work from afar", true),
    open_to_relocation: flag("Whether they would move", false),
    availability: words("From when", "Three months' notice").nullable(),
    ...born,
    ...Whole.shape,
  })
  .openapi("Candidate");

/** What leaves the house of a candidate, in the words of v1. */
export const candidate = (row: Candidate): z.infer<typeof CandidateShape> => {
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
    currency: CURRENCY,
    desired_job_type: row.desiredJobType,
    open_to_remote: row.openToRemote,
    open_to_relocation: row.openToRelocation,
    availability: row.availability,
    created_at: instant(row.createdAt),
    updated_at: instant(row.updatedAt),
    version: row.version,
    ...(row.whole ? whole(row) : {}),
  };
};

const whole = (row: Candidate): z.infer<typeof Whole> => ({
  user_id: row.userId,
  show_email: row.showEmail,
  show_phone: row.showPhone,
  show_location: row.showLocation,
  show_current_company: row.showCurrentCompany,
  show_salary_expectations: row.showSalaryExpectations,
  data_sharing_consent: row.dataSharingConsent,
  data_sharing_consent_at: instant(row.dataSharingConsentAt),
  created_by_user_id: row.createdByUserId,
  verified_by: row.verifiedBy,
  verified_at: instant(row.verifiedAt),
});

export function candidates(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Candidate, { role_id?: string }>(api, {
    path: "/candidates",
    need: "read:candidates",
    access: ["candidates", "list"],
    summary: "List candidates",
    description: "Those of your own submissions; for a company, those submitted to its roles.",
    filters: z.object({ role_id: Id }),
    item: CandidateShape,
    run: (ctx, { filters: { role_id: jobId }, ...page }) => submittedCandidatesAfter(ctx, { ...page, filters: defined({ job_id: jobId }) }),
    present: candidate,
  });
  operation<{ id: string }, object, undefined, Candidate>(api, {
    method: "get",
    path: "/candidates/{id}",
    need: "read:candidates",
    access: ["candidates", "get"],
    summary: "Read a candidate",
    replies: [200, CandidateShape],
    run: (ctx, { params }) => getSubmittedCandidate(ctx, params.id),
    present: candidate,
  });
}
