import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { RECRUITER_STATUSES, VISIBILITIES } from "#db/schema/network.ts";
import type { Included } from "#services/listing.ts";
import { createRecruiter, type RecruiterProfile } from "#services/recruiters/create-recruiter.ts";
import { getOwnRecruiter, getRecruiter } from "#services/recruiters/get-recruiter.ts";
import { listRecruiters } from "#services/recruiters/list-recruiters.ts";
import { type Recruiter, recruiterNoun } from "#services/recruiters/recruiter.ts";
import { type RecruiterChanges, updateOwnRecruiter, updateRecruiter } from "#services/recruiters/update-recruiter.ts";
import type { ApiEnv } from "../app.ts";
import { idParameter, listOperation, operation, readOperation } from "../operation.ts";
import { defined, distinct, Flag, Id, included, instant, Instant, OverrideReason, summary, text } from "./shapes.ts";

const RecruiterShape = z
  .object({
    id: Id,
    name: z.string().openapi({ example: "Robin Recruiter" }),
    slug: z.string().nullable(),
    status: z.enum(RECRUITER_STATUSES),
    tagline: z.string().nullable(),
    bio: z.string().nullable(),
    location: z.string().nullable(),
    industries: z.array(z.string()),
    specialties: z.array(z.string()),
    years_experience: z.int().nullable(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .catchall(z.unknown())
  .openapi("Recruiter");

const profile = {
  name: text(200).optional(),
  bio: text(10_000).nullish(),
  tagline: text(300).nullish(),
  phone: text(50).nullish(),
  location: text(200).nullish(),
  industries: distinct(text(100), 50).optional(),
  specialties: distinct(text(100), 50).optional(),
  years_experience: z.int().min(0).max(80).nullish(),
  slug: z
    .string()
    .trim()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,98}[a-z0-9])?$/, "may have small letters, digits and hyphens")
    .nullish(),
  marketplace_enabled: z.boolean().optional(),
  marketplace_visibility: z.enum(VISIBILITIES).optional(),
  auto_routing_opt_out: z.boolean().optional(),
};

const RecruiterInput = z.strictObject(profile).openapi("RecruiterInput");

const RecruiterPatch = z
  .strictObject({
    ...profile,
    status: z.enum(RECRUITER_STATUSES).optional(),
    reason: OverrideReason,
    version: z.int().optional(),
  })
  .openapi("RecruiterPatch");

const filters = z.object({
  status: z.enum(RECRUITER_STATUSES),
  industry: text(100),
  specialty: text(100),
  location: text(200),
  marketplace_enabled: Flag,
});

const toProfile = (body: z.infer<typeof RecruiterInput>): RecruiterProfile =>
  defined({
    name: body.name,
    bio: body.bio,
    tagline: body.tagline,
    phone: body.phone,
    location: body.location,
    industries: body.industries,
    specialties: body.specialties,
    yearsExperience: body.years_experience,
    slug: body.slug,
    marketplaceEnabled: body.marketplace_enabled,
    marketplaceVisibility: body.marketplace_visibility,
    autoRoutingOptOut: body.auto_routing_opt_out,
  }) as RecruiterProfile;

const toChanges = (body: z.infer<typeof RecruiterPatch>): RecruiterChanges => ({
  profile: toProfile(body),
  status: body.status,
  version: body.version,
});

/** What leaves the house of a recruiter: the profile for everyone, contact and account for themselves. */
export const recruiter = (row: Recruiter | Included<Recruiter>) => ({
  id: row.id,
  name: row.name,
  slug: row.slug,
  status: row.status,
  tagline: row.tagline,
  bio: row.bio,
  location: row.location,
  industries: row.industries,
  specialties: row.specialties,
  years_experience: row.yearsExperience,
  marketplace_enabled: row.marketplaceEnabled,
  marketplace_visibility: row.marketplaceVisibility,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
  ...(row.email === null ? {} : { email: row.email }),
  ...(row.whole ? account(row) : {}),
  ...included(row, { user: summary, reputation: summary, team: summary }),
});

const account = (row: Recruiter) => ({
  user_id: row.userId,
  phone: row.phone,
  auto_routing_opt_out: row.autoRoutingOptOut,
  stripe_connect_account_id: row.stripeConnectAccountId,
  stripe_connect_onboarded: row.stripeConnectOnboarded,
  stripe_connect_onboarded_at: instant(row.stripeConnectOnboardedAt),
});

export function recruiters(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Recruiter>(api, {
    path: "/recruiters",
    access: ["recruiters", "list"],
    summary: "List recruiters",
    description: "For the public and for other recruiters: the profiles of the marketplace.",
    audience: "public",
    noun: recruiterNoun,
    filters,
    item: RecruiterShape,
    run: listRecruiters,
    present: recruiter,
  });
  operation(api, {
    method: "post",
    path: "/recruiters",
    access: ["recruiters", "create"],
    summary: "Ask to become a recruiter",
    description: "The record is pending until a platform admin approves it.",
    audience: "person",
    body: RecruiterInput,
    replies: [201, RecruiterShape],
    run: (ctx, { body }) => createRecruiter(ctx, toProfile(body)),
    present: recruiter,
  });
  readOperation<Recruiter>(api, {
    path: "/recruiters/me",
    access: ["recruiters", "get-me"],
    summary: "Read one's own recruiter record",
    audience: "person",
    noun: recruiterNoun,
    item: RecruiterShape,
    run: getOwnRecruiter,
    present: recruiter,
  });
  operation(api, {
    method: "patch",
    path: "/recruiters/me",
    access: ["recruiters", "update-me"],
    summary: "Change one's own recruiter record",
    audience: "person",
    body: RecruiterPatch,
    replies: [200, RecruiterShape],
    run: (ctx, { body }) => updateOwnRecruiter(ctx, toChanges(body)),
    present: recruiter,
  });
  readOperation<Recruiter>(api, {
    path: "/recruiters/{id}",
    access: ["recruiters", "get"],
    summary: "Read a recruiter",
    audience: "public",
    noun: recruiterNoun,
    item: RecruiterShape,
    run: getRecruiter,
    present: recruiter,
  });
  operation(api, {
    method: "patch",
    path: "/recruiters/{id}",
    params: idParameter,
    access: ["recruiters", "update"],
    summary: "Change a recruiter",
    description: "By the recruiter; by platform admins with a reason, the status too.",
    body: RecruiterPatch,
    replies: [200, RecruiterShape],
    run: (ctx, { params: { id }, body }) => updateRecruiter(ctx, id, toChanges(body)),
    present: recruiter,
  });
}
