import { eq, type SQL, sql } from "drizzle-orm";
import {
  brands,
  companies,
  intakeSettings,
  jobRequirements,
  jobs,
  slugRedirects,
  whiteLabelCodes,
  whiteLabelPages,
} from "#db/schema/ats.ts";
import { computed, select } from "#db/statements.ts";
import { HOUSE_COLOR } from "#domain/brand/ink.ts";
import { HOUSE_FIELDS, type IntakeField } from "#domain/intake/fields.ts";
import type { Cents } from "#domain/money.ts";
import type { Context } from "../context.ts";

/** A company as its own pages show it to anybody: nothing here is internal. */
export interface Place {
  id: string;
  /** Its present one; a page asked for under an earlier one leads there. */
  slug: string;
  name: string;
  color: string;
  logoKey: string | null;
  isPrivate: boolean;
  /** Whether the visitor's access code opens a private page. */
  opened: boolean;
  welcome: string | null;
  instructions: string | null;
  thanks: string | null;
  intake: { isOpen: boolean; heading: string | null; fields: readonly IntakeField[] };
}

/** A role as anybody may read it. Salaries are null where the role does not show them. */
export interface PublicRole {
  id: string;
  slug: string;
  title: string;
  location: string | null;
  employmentType: (typeof jobs.$inferSelect)["employmentType"];
  jobLevel: (typeof jobs.$inferSelect)["jobLevel"];
  commuteTypes: (typeof jobs.$inferSelect)["commuteTypes"];
  description: string | null;
  salaryMin: Cents | null;
  salaryMax: Cents | null;
  applyUrl: string | null;
  openedAt: Date | null;
  closesAt: Date | null;
  updatedAt: Date;
  /** `open` can be submitted to; `paused` is shown; of the others it is only said that they are over. */
  standing: "open" | "paused" | "over";
}

export interface Requirement {
  mandatory: boolean;
  description: string;
}

/** Which company is meant: by its id, or by a slug that is or was its own. */
export type Addressed = { id: string } | { slug: string };

/** What an access code showed that a visitor has entered. */
export type EnteredCode = { id: string } | null;

const meant = (by: Addressed): SQL =>
  "id" in by
    ? sql`${companies.id} = ${by.id}::uuid`
    : sql`(${companies.slug} = ${by.slug} or ${companies.id} = (select ${slugRedirects.companyId} from ${slugRedirects}
        where ${slugRedirects.slug} = ${by.slug} and ${slugRedirects.expiresAt} > ops.now()))`;

/** The active company that is meant, with all that its pages wear and say. */
const placeAt = (by: Addressed, code: EnteredCode) =>
  select({
    id: companies.id,
    slug: companies.slug,
    name: companies.name,
    color: brands.color,
    logoKey: brands.logoKey,
    visibility: whiteLabelPages.visibility,
    welcome: whiteLabelPages.welcome,
    instructions: whiteLabelPages.instructions,
    thanks: whiteLabelPages.thanks,
    opened: computed<boolean>(
      "opened",
      sql`exists (select 1 from ${whiteLabelCodes} where ${whiteLabelCodes.id} = ${code?.id ?? null}::uuid and ${whiteLabelCodes.companyId} = ${companies.id}
        and ${whiteLabelCodes.revokedAt} is null and ${whiteLabelCodes.expiresAt} > ops.now())`,
    ),
    intakeEnabled: intakeSettings.enabled,
    intakeHeading: intakeSettings.heading,
    intakeFields: intakeSettings.fields,
  })
    .from(companies)
    .leftJoin(brands, eq(brands.companyId, companies.id))
    .leftJoin(whiteLabelPages, eq(whiteLabelPages.companyId, companies.id))
    .leftJoin(intakeSettings, eq(intakeSettings.companyId, companies.id))
    .where(sql`${meant(by)} and ${companies.status} = 'active' and ${companies.deletedAt} is null`)
    .limit(1);

function placeOf([row]: Awaited<ReturnType<typeof placeAt>>): Place | null {
  if (!row) return null;
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    color: row.color ?? HOUSE_COLOR,
    logoKey: row.logoKey,
    isPrivate: row.visibility === "private",
    opened: row.opened,
    welcome: row.welcome,
    instructions: row.instructions,
    thanks: row.thanks,
    intake: {
      isOpen: row.intakeEnabled ?? true,
      heading: row.intakeHeading,
      fields: row.intakeFields ?? HOUSE_FIELDS,
    },
  };
}

/** A company's pages, or null where no active company is meant. */
export async function readPlace(ctx: Context, by: Addressed, code: EnteredCode = null): Promise<Place | null> {
  const [found] = await ctx.read(placeAt(by, code));
  return placeOf(found);
}

/**
 * The roles that the company chose to show, whatever became of them since they were published. Those for
 * invited recruiters are never among them (SURFACES §4).
 */
const shownJobs = (
  by: Addressed,
): SQL => sql`(${jobs.slug} is not null and not ${jobs.inviteOnly} and ${jobs.status} not in ('draft', 'pending')
  and ${jobs.companyId} = (select ${companies.id} from ${companies} where ${meant(by)} limit 1)
  and exists (select 1 from ${whiteLabelPages} where ${whiteLabelPages.companyId} = ${jobs.companyId}
    and (${whiteLabelPages.roles} = 'all' or (${whiteLabelPages.roles} = 'selected' and ${jobs.id} = any(${whiteLabelPages.jobIds})))))`;

const isOver = sql`(${jobs.status} in ('closed', 'filled') or ${jobs.deletedAt} is not null)`;

const ROLE = {
  id: jobs.id,
  slug: computed<string>("role_slug", sql`${jobs.slug}`),
  title: jobs.title,
  location: jobs.location,
  employmentType: jobs.employmentType,
  jobLevel: jobs.jobLevel,
  commuteTypes: jobs.commuteTypes,
  description: computed<string | null>("public_description", sql`coalesce(${jobs.candidateDescription}, ${jobs.description})`),
  salaryMin: jobs.salaryMin,
  salaryMax: jobs.salaryMax,
  showSalaryRange: jobs.showSalaryRange,
  applyUrl: jobs.applyUrl,
  openedAt: jobs.openedAt,
  closesAt: jobs.closesAt,
  updatedAt: jobs.updatedAt,
  standing: computed<PublicRole["standing"]>(
    "standing",
    sql`case when ${isOver} then 'over' when ${jobs.status} = 'paused' or ${jobs.closesAt} <= ops.now() then 'paused' else 'open' end`,
  ),
};

/** Nobody sends a page to more. */
const LISTED_ROLES = 200;

const rolesAt = (by: Addressed) =>
  select(ROLE)
    .from(jobs)
    .where(sql`${shownJobs(by)} and not ${isOver}`)
    .orderBy(sql`${jobs.openedAt} desc nulls last`, jobs.id)
    .limit(LISTED_ROLES);

type RoleRow = Awaited<ReturnType<typeof rolesAt>>[number];

const roleOf = ({ showSalaryRange, ...role }: RoleRow): PublicRole =>
  showSalaryRange ? role : { ...role, salaryMin: null, salaryMax: null };

/** A company's pages with the roles it shows that are not over, the newest first. */
export async function readRoles(ctx: Context, by: Addressed, code: EnteredCode): Promise<{ place: Place; roles: PublicRole[] } | null> {
  const [found, rows] = await ctx.read(placeAt(by, code), rolesAt(by));
  const place = placeOf(found);
  return place && { place, roles: rows.map(roleOf) };
}

/** A company's pages with one of the roles it shows, what is over included; null where it shows none of that name. */
export async function readRole(
  ctx: Context,
  by: Addressed,
  slug: string,
  code: EnteredCode,
): Promise<{ place: Place; role: PublicRole | null; requirements: Requirement[] } | null> {
  const wanted = sql`${shownJobs(by)} and ${jobs.slug} = ${slug}`;
  const [found, rows, requirements] = await ctx.read(
    placeAt(by, code),
    select(ROLE).from(jobs).where(wanted).limit(1),
    select({
      mandatory: computed<boolean>("mandatory", sql`${jobRequirements.requirementType} = 'mandatory'`),
      description: jobRequirements.description,
    })
      .from(jobRequirements)
      .where(sql`${jobRequirements.jobId} = (select ${jobs.id} from ${jobs} where ${wanted} limit 1)`)
      .orderBy(jobRequirements.sortOrder, jobRequirements.id),
  );
  const place = placeOf(found);
  return place && { place, role: rows[0] ? roleOf(rows[0]) : null, requirements };
}
