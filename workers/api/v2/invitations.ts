import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { MEMBERSHIP_ROLES } from "#db/schema/identity.ts";
import { INVITATION_STATUSES } from "#domain/invitations/mailed.ts";
import { acceptInvitation } from "#services/invitations/accept-invitation.ts";
import {
  getInvitation,
  type Invitation,
  invitationNoun,
  listInvitations,
  ORGANIZATION_INVITATION,
} from "#services/invitations/invitation.ts";
import { invitePerson } from "#services/invitations/invite-person.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { mailedOperations } from "./mailed-invitations.ts";
import { membership, MembershipShape } from "./memberships.ts";
import { Email, Id, Instant, instant, OverrideReason } from "./shapes.ts";

const InvitationShape = z
  .object({
    id: Id,
    email: z.string(),
    organization_id: Id,
    company_id: Id.nullable().openapi({ description: "Null: all companies of the organization" }),
    role: z.enum(MEMBERSHIP_ROLES),
    status: z.enum(INVITATION_STATUSES),
    invited_by: Id,
    issued_at: Instant,
    expires_at: Instant,
    accepted_at: Instant.nullable(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .openapi("Invitation");

const Preview = z
  .object({
    organization_name: z.string().nullable(),
    company_name: z.string().nullable(),
    role: z.enum(MEMBERSHIP_ROLES),
    status: z.enum(INVITATION_STATUSES),
    expires_at: Instant,
  })
  .openapi("InvitationPreview", { description: "What whoever holds the token may know" });

const InvitationInput = z
  .strictObject({ organization_id: Id, company_id: Id.nullish(), email: Email, role: z.enum(MEMBERSHIP_ROLES), reason: OverrideReason })
  .openapi("InvitationInput");

const invitation = (row: Invitation) => ({
  id: row.id,
  email: row.email,
  organization_id: row.organizationId,
  company_id: row.companyId,
  role: row.roleName,
  status: row.status,
  invited_by: row.invitedBy,
  issued_at: row.issuedAt.toISOString(),
  expires_at: row.expiresAt.toISOString(),
  accepted_at: instant(row.acceptedAt),
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
});

const preview = ({ organizationName, companyName, roleName, status, expiresAt }: Invitation) => ({
  organization_name: organizationName,
  company_name: companyName,
  role: roleName,
  status,
  expires_at: expiresAt.toISOString(),
});

export function invitations(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Invitation>(api, {
    path: "/invitations",
    access: ["invitations", "list"],
    summary: "List the invitations into your organizations",
    noun: invitationNoun,
    filters: z.object({ organization_id: Id, status: z.enum(INVITATION_STATUSES), email: Email }),
    item: InvitationShape,
    run: listInvitations,
    present: invitation,
  });
  operation(api, {
    method: "post",
    path: "/invitations",
    access: ["invitations", "create"],
    summary: "Invite somebody into an organization by mail",
    description: "The mail carries the token, which is good for seven days. The answer does not tell whether the address is known.",
    body: InvitationInput,
    replies: [201, InvitationShape],
    run: (ctx, { body }) =>
      invitePerson(ctx, {
        organizationId: body.organization_id,
        companyId: body.company_id ?? null,
        email: body.email,
        roleName: body.role,
      }),
    present: invitation,
  });
  readOperation<Invitation>(api, {
    path: "/invitations/{id}",
    access: ["invitations", "get"],
    summary: "Read an invitation",
    noun: invitationNoun,
    item: InvitationShape,
    run: getInvitation,
    present: invitation,
  });
  mailedOperations(api, {
    resource: "invitations",
    kind: ORGANIZATION_INVITATION,
    item: InvitationShape,
    present: invitation,
    preview: Preview,
    presentPreview: preview,
    accept: {
      summary: "Take one's part in the organization",
      description: "Signed in with the address that was invited. Also for a person who has no role yet.",
      reply: MembershipShape,
      run: acceptInvitation,
      present: membership,
    },
  });
}
