import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { ONBOARDING_STATUSES, USER_STATUSES } from "#db/schema/identity.ts";
import { type Included, listOf } from "#services/listing.ts";
import { getOwnUser, getUser } from "#services/users/get-user.ts";
import { updateOwnUser, updateUser, type UserChanges } from "#services/users/update-user.ts";
import { type User, USER_ROLES, userNoun } from "#services/users/user.ts";
import type { ApiEnv } from "../app.ts";
import { idParameter, listOperation, operation, readOperation } from "../operation.ts";
import { defined, Email, Id, included, Instant, instant, OverrideReason, summary, text } from "./shapes.ts";

const UserShape = z
  .object({
    id: Id,
    name: z.string().openapi({ example: "Robin Recruiter" }),
    email: z.string(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
    status: z.enum(USER_STATUSES).optional().openapi({ description: "With what follows: for oneself and platform admins" }),
    onboarding_status: z.enum(ONBOARDING_STATUSES).optional(),
    onboarding_step: z.int().optional(),
    last_active_at: Instant.nullable().optional(),
    roles: z.array(z.enum(USER_ROLES)).optional(),
  })
  .catchall(z.unknown())
  .openapi("User");

const own = {
  name: text(200).optional(),
  onboarding_status: z.enum(ONBOARDING_STATUSES).optional(),
  onboarding_step: z.int().min(0).max(100).optional(),
  version: z.int().optional(),
};

const OwnUserPatch = z.strictObject(own).openapi("OwnUserPatch");
const UserPatch = z
  .strictObject({
    ...own,
    status: z.enum(USER_STATUSES).optional().openapi({ description: "By platform admins" }),
    reason: OverrideReason,
  })
  .openapi("UserPatch");

const filters = z.object({ email: Email, role: z.enum(USER_ROLES), organization_id: Id, status: z.enum(USER_STATUSES) });

const toFields = (body: z.infer<typeof OwnUserPatch>): UserChanges["fields"] =>
  defined({ name: body.name, onboardingStatus: body.onboarding_status, onboardingStep: body.onboarding_step }) as UserChanges["fields"];

/** What leaves the house of a person: name and address for colleagues, everything for themselves. */
export const user = (row: User | Included<User>) => ({
  id: row.id,
  name: row.name,
  email: row.email,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
  ...(row.whole
    ? {
        status: row.status,
        onboarding_status: row.onboardingStatus,
        onboarding_step: row.onboardingStep,
        last_active_at: instant(row.lastActiveAt),
      }
    : {}),
  ...included(row, { memberships: summary, roles: ({ name }: { name: string }) => name }),
});

export function users(api: OpenAPIHono<ApiEnv>): void {
  listOperation<User>(api, {
    path: "/users",
    access: ["users", "list"],
    summary: "List people",
    noun: userNoun,
    filters,
    item: UserShape,
    run: (ctx, query) => listOf<User>(ctx, userNoun, query),
    present: user,
  });
  readOperation<User>(api, {
    path: "/users/me",
    access: ["users", "get-me"],
    summary: "Read oneself, with memberships and roles",
    audience: "self",
    noun: userNoun,
    item: UserShape,
    run: getOwnUser,
    present: user,
  });
  operation(api, {
    method: "patch",
    path: "/users/me",
    access: ["users", "update-me"],
    summary: "Change one's own name and onboarding",
    audience: "self",
    body: OwnUserPatch,
    replies: [200, UserShape],
    run: (ctx, { body }) => updateOwnUser(ctx, { fields: toFields(body), version: body.version }),
    present: user,
  });
  readOperation<User>(api, {
    path: "/users/{id}",
    access: ["users", "get"],
    summary: "Read a person",
    noun: userNoun,
    item: UserShape,
    run: getUser,
    present: user,
  });
  operation(api, {
    method: "patch",
    path: "/users/{id}",
    params: idParameter,
    access: ["users", "update"],
    summary: "Change a person",
    description: "Oneself; anybody by platform admins, with a reason.",
    body: UserPatch,
    replies: [200, UserShape],
    run: (ctx, { params: { id }, body }) => updateUser(ctx, id, { fields: toFields(body), status: body.status, version: body.version }),
    present: user,
  });
}
