import { sql } from "drizzle-orm";
import { companies } from "#db/schema/ats.ts";
import { organizations } from "#db/schema/identity.ts";
import { computed, select } from "#db/statements.ts";
import { conflict, forbidden } from "#domain/refusals.ts";
import { slugOf } from "#domain/slug.ts";
import {
  asItStands,
  commit,
  deciding,
  differing,
  editable,
  expectVersion,
  insert,
  newRow,
  readable,
  unchanged,
  update,
} from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { rowById } from "../listing.ts";
import { type Organization, organizationNoun } from "./organization.ts";

export interface OrganizationFields {
  name: string;
  type?: Organization["type"];
  slug?: string;
}

/** Opens an organization. Platform admins only: everybody else comes into one. */
export async function createOrganization(ctx: Context, fields: OrganizationFields): Promise<Organization> {
  return deciding(
    ctx,
    async () => {
      await ctx.read();
      if (!ctx.access.isPlatformAdmin) throw forbidden("Organizations are opened by platform admins.");
      const id = ctx.newId();
      const row = newRow(ctx, organizations, { ...fields, id, slug: fields.slug ?? slugOf(fields.name, id) });
      return commit(
        ctx,
        { ...row, editable: "own" },
        {
          write: [insert(organizations, row)],
          audit: { action: "organization.created", subject: { type: "organization", id }, after: row },
          events: [],
        },
      );
    },
    { organizations_slug_unique: slugTaken },
  );
}

/** Changes an organization's name or address; its type is the platform's to say. */
export async function updateOrganization(
  ctx: Context,
  id: string,
  fields: Partial<OrganizationFields>,
  version?: number,
): Promise<Organization> {
  return deciding(
    ctx,
    async () => {
      const [[found]] = await ctx.read(rowById<Organization>(ctx, organizationNoun, id));
      const before = editable(ctx, "organization", id, found as Organization | undefined);
      if (fields.type !== undefined && !ctx.access.isPlatformAdmin)
        throw forbidden("The type of an organization is set by platform admins.");
      expectVersion(ctx, before, version);
      if (!differing(before, fields)) return asItStands(ctx, before);
      const after: Organization = { ...before, ...fields, version: before.version + 1, updatedAt: ctx.now() };
      return commit(ctx, after, {
        expect: [unchanged(organizations, before)],
        write: [update(ctx, organizations, id, fields)],
        audit: { action: "organization.updated", subject: { type: "organization", id }, before, after },
        events: [],
      });
    },
    { organizations_slug_unique: slugTaken },
  );
}

/** Takes an organization away, once it has no company any more. Platform admins only. */
export async function deleteOrganization(ctx: Context, id: string): Promise<{ id: string }> {
  return deciding(ctx, async () => {
    const holds = select({
      company: computed<boolean>(
        "company",
        sql`exists (select 1 from ${companies} c where c.identity_organization_id = ${organizations.id} and c.deleted_at is null)`,
      ),
    })
      .from(organizations)
      .where(sql`${organizations.id} = ${id}`);
    const [[found], [held]] = (await ctx.read(rowById<Organization>(ctx, organizationNoun, id), holds as Statement)) as unknown as [
      [Organization?],
      [{ company: boolean }?],
    ];
    const before = readable("organization", id, found);
    if (!ctx.access.isPlatformAdmin) throw forbidden("Organizations are removed by platform admins.");
    ctx.override();
    expectVersion(ctx, before);
    if (held?.company) throw conflict("The organization still has companies. Remove them first.", { reason: "has_companies" });
    return commit(
      ctx,
      { id },
      {
        expect: [unchanged(organizations, before)],
        write: [update(ctx, organizations, id, { deletedAt: ctx.now() })],
        audit: { action: "organization.deleted", subject: { type: "organization", id }, before },
        events: [],
      },
    );
  });
}

const slugTaken = () => conflict("This slug is taken.", { reason: "slug_taken" });
