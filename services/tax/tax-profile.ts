import { eq, getTableColumns, or, type SQL, sql } from "drizzle-orm";
import { taxProfiles } from "#db/schema/billing.ts";
import { insertInto, select, updateOf } from "#db/statements.ts";
import { event } from "#domain/events/catalogue.ts";
import { forbidden } from "#domain/refusals.ts";
import { completeProfile, type TaxDeclaration } from "#domain/tax/tax-profile.ts";
import { platformAdmins, recruitersOnly } from "../audience.ts";
import { commit, deciding, expectVersion, newRow } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page, type Way } from "../listing.ts";

/** What a payee said of their taxes. It is known by the id of its recruiter. */
export type TaxProfileRow = typeof taxProfiles.$inferSelect & { id: string };

const waysToProfiles = (): Way[] => [
  { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
  { rows: sql`${taxProfiles.recruiterId} = (select ops.recruiter_id())`, opensTo: recruitersOnly },
];

const readableProfiles = (): SQL => or(...waysToProfiles().map(({ rows }) => rows)) as SQL;

export const taxProfileNoun = {
  name: "tax profile",
  table: taxProfiles,
  key: taxProfiles.recruiterId,
  columns: { ...getTableColumns(taxProfiles), id: taxProfiles.recruiterId },
  readable: readableProfiles,
  ways: waysToProfiles,
  filters: {
    status: (name: string) => sql`${taxProfiles.status} = ${name}`,
    recruiter_id: (id: string) => eq(taxProfiles.recruiterId, id),
  },
} satisfies Noun<TaxProfileRow>;

/** One page of the tax profiles the caller may see: a recruiter's own, all for platform admins; of nobody else: 403. */
export async function listTaxProfiles(ctx: Context, query: ListQuery): Promise<Page<TaxProfileRow>> {
  const page = await listOf<TaxProfileRow>(ctx, taxProfileNoun, query);
  requirePayee(ctx);
  return page;
}

/** One tax profile the caller may see, or 404. */
export const getTaxProfile = (ctx: Context, id: string, include: readonly string[]): Promise<Included<TaxProfileRow>> =>
  getOne<TaxProfileRow>(ctx, taxProfileNoun, id, include);

/** Refuses who is no payee and no platform admin. */
export function requirePayee({ access }: Context): void {
  if (!access.isPlatformAdmin && access.recruiterId === null) throw forbidden("Only recruiters are paid, and so taxed, here.");
}

/**
 * A recruiter declares their taxes, anew whenever they change; the next sweep lets go what waited for
 * it. Refuses whoever is no recruiter, and a classification that does not sign the form (422).
 */
export async function declareTaxes(ctx: Context, declared: TaxDeclaration, version?: number): Promise<TaxProfileRow> {
  return deciding(ctx, async () => {
    const [[before]] = await ctx.read(
      select()
        .from(taxProfiles)
        .where(sql`${taxProfiles.recruiterId} = (select ops.recruiter_id())`),
    );
    const { recruiterId } = ctx.access;
    if (recruiterId === null) throw forbidden("Only recruiters declare their taxes here.");
    if (before) expectVersion(ctx, before, version);
    const fields = completeProfile(declared, ctx.now());
    const row = newRow(ctx, taxProfiles, { ...before, ...fields, recruiterId, version: (before?.version ?? 0) + 1, updatedAt: ctx.now() });
    const after: TaxProfileRow = { ...row, id: recruiterId };
    return commit(ctx, after, {
      write: [
        insertInto(taxProfiles)
          .values(row)
          .onConflictDoUpdate({
            target: taxProfiles.recruiterId,
            set: { ...fields, updatedAt: ctx.now(), version: sql`${taxProfiles.version} + 1` },
          }) as Statement,
      ],
      audit: {
        action: "tax_profile.completed",
        subject: { type: "tax_profile", id: recruiterId },
        before: before ? withoutDigits(before) : null,
        after: withoutDigits(row),
      },
      events: [event("tax_profile.completed", { type: "tax_profile", id: recruiterId }, { recruiter_id: recruiterId })],
    });
  });
}

/** The audit keeps no part of a tax number. */
const withoutDigits = ({ tinLast4, ...rest }: typeof taxProfiles.$inferSelect) => rest;

/** Marks the profiles whose form no longer holds; their payees are not paid until they declare again. */
export async function expireTaxProfiles(ctx: Context): Promise<void> {
  const [due] = await ctx.read(
    select()
      .from(taxProfiles)
      .where(sql`${taxProfiles.status} = 'complete' and ${taxProfiles.expiresAt} <= ops.now()`),
  );
  if (due.length === 0) return;
  await commit(ctx, null, {
    write: [
      updateOf(taxProfiles)
        .set({ status: "expired", updatedAt: ctx.now(), version: sql`${taxProfiles.version} + 1` as never })
        .where(
          sql`${taxProfiles.status} = 'complete' and ${taxProfiles.expiresAt} <= ${ctx.now().toISOString()}::timestamptz`,
        ) as Statement,
    ],
    audit: due.map((row) => ({
      action: "tax_profile.expired",
      subject: { type: "tax_profile", id: row.recruiterId },
      before: withoutDigits(row),
      after: withoutDigits({ ...row, status: "expired" }),
    })),
    events: [],
  });
}
