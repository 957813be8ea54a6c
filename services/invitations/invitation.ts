import { eq, getTableColumns, or, type SQL, sql } from "drizzle-orm";
import { companies } from "#db/schema/ats.ts";
import { invitations, organizations } from "#db/schema/identity.ts";
import { computed } from "#db/statements.ts";
import { type DomainEvent, event } from "#domain/events/catalogue.ts";
import { forbidden } from "#domain/refusals.ts";
import { organizationPeople, platformAdmins } from "../audience.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page, type Way } from "../listing.ts";
import type { InvitationKind, InvitationStep } from "../mailed-invitations.ts";
import { type Right, rightBy } from "../rights.ts";

const { tokenHash: _, ...columns } = getTableColumns(invitations);

/** Who was asked into an organization by mail. The address is its admins' to see. */
export type Invitation = Omit<typeof invitations.$inferSelect, "tokenHash"> & {
  editable: Right;
  /** Null once it is no more. */
  organizationName: string | null;
  companyName: string | null;
};

const ofOwnOrganization = (): SQL => sql`${invitations.organizationId} = any((select ops.admin_organization_ids())::uuid[])`;

/** Each way to an invitation: administering the organization as a whole. */
const waysToInvitations = (): Way[] => [
  { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
  { rows: ofOwnOrganization(), opensTo: organizationPeople },
];

export const invitationNoun = {
  name: "invitation",
  table: invitations,
  columns: {
    ...columns,
    editable: computed<Right>("editable", rightBy(ofOwnOrganization())),
    organizationName: computed<string | null>(
      "organization_name",
      sql`(select o.name from ${organizations} o where o.id = ${invitations.organizationId} and o.deleted_at is null)`,
    ),
    companyName: computed<string | null>(
      "company_name",
      sql`(select c.name from ${companies} c where c.id = ${invitations.companyId} and c.deleted_at is null)`,
    ),
  },
  readable: (): SQL => or(...waysToInvitations().map(({ rows }) => rows)) as SQL,
  ways: waysToInvitations,
  filters: {
    organization_id: (id: string) => eq(invitations.organizationId, id),
    status: (name: string) => sql`${invitations.status} = ${name}`,
    email: (address: string) => sql`${invitations.email} = ${address}::citext`,
  },
} satisfies Noun<Invitation>;

/** What is announced of each step. */
function announced({ id, organizationId, companyId, roleName }: Invitation, step: InvitationStep): DomainEvent {
  const subject = { type: "invitation", id };
  const facts = { invitation_id: id, organization_id: organizationId, company_id: companyId, role: roleName };
  switch (step) {
    case "sent":
    case "resent":
      return event("invitation.created", subject, { ...facts, resend: step === "resent" });
    case "accepted":
      return event("invitation.accepted", subject, facts);
    case "revoked":
    case "declined":
      return event("invitation.revoked", subject, { ...facts, declined: step === "declined" });
    case "expired":
      return event("invitation.expired", subject, facts);
  }
}

/** Mailed invitations into an organization, or into one of its companies. */
export const ORGANIZATION_INVITATION: InvitationKind<Invitation> = {
  noun: invitationNoun,
  table: invitations,
  subject: "invitation",
  action: "invitation.",
  leadsSomewhere: ({ organizationName, companyId, companyName }) =>
    organizationName !== null && (companyId === null || companyName !== null),
  events: (row, step) => [announced(row, step)],
  onePending: "invitations_one_pending",
};

/** One page of the invitations into the organizations that the caller administers. Nobody else ever reads one: 403. */
export async function listInvitations(ctx: Context, query: ListQuery): Promise<Page<Invitation>> {
  const page = await listOf<Invitation>(ctx, invitationNoun, query);
  if (!ctx.access.isPlatformAdmin && !ctx.access.roles.includes("company_admin"))
    throw forbidden("Invitations are shown to the admins of organizations.");
  return page;
}

/** One invitation the caller may see, or 404. */
export const getInvitation = (ctx: Context, id: string, include: readonly string[]): Promise<Included<Invitation>> =>
  getOne<Invitation>(ctx, invitationNoun, id, include);
