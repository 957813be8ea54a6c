import { getTableColumns, or, type SQL, sql } from "drizzle-orm";
import { whiteLabelCodes as codes } from "#db/schema/ats.ts";
import { matches } from "#db/search.ts";
import { computed, select } from "#db/statements.ts";
import { isOpen, newAccessCode, typedCode } from "#domain/access-codes/access-code.ts";
import { invalidField } from "#domain/refusals.ts";
import { companyPeople, platformAdmins } from "../audience.ts";
import { asItStands, commit, deciding, editable, expectVersion, insert, newRow, unchanged, update } from "../commit.ts";
import { type Company, companyNoun } from "../companies/company.ts";
import type { Context } from "../context.ts";
import { type Noun, rowById, type Way } from "../listing.ts";
import { type Right, rightBy } from "../rights.ts";

/** A code for one partner, as the company knows it; of the code itself only the hash is kept. */
export type AccessCode = Omit<typeof codes.$inferSelect, "codeHash"> & { editable: Right };

const { codeHash: _, ...columns } = getTableColumns(codes);

const waysToCodes = (): Way[] => [
  { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
  { rows: sql`${codes.companyId} = any((select ops.admin_company_ids())::uuid[])`, opensTo: companyPeople },
];
const readableCodes = (): SQL => or(...waysToCodes().map(({ rows }) => rows)) as SQL;

/** Whoever may read a code may end it. */
const editableCodes = (): SQL => rightBy(sql`${codes.companyId} = any((select ops.admin_company_ids())::uuid[])`);

export const accessCodeNoun = {
  name: "access code",
  table: codes,
  columns: { ...columns, editable: computed<Right>("editable", editableCodes()) },
  readable: readableCodes,
  ways: waysToCodes,
  filters: {
    company_id: (id: string) => sql`${codes.companyId} = ${id}`,
    words: (words: string) => matches(sql`ops.words(${codes.label})`, words),
  },
} satisfies Noun<AccessCode>;

export interface NewAccessCode {
  companyId: string;
  /** For whom it is. */
  label: string;
  expiresAt: Date;
  /** How often it may be entered; null for as often as wanted. */
  maxUses: number | null;
}

/** Makes a code for a company's private page. It is told once, in the result, and kept nowhere. */
export async function createAccessCode(ctx: Context, { companyId, ...given }: NewAccessCode): Promise<AccessCode & { code: string }> {
  return deciding(ctx, async () => {
    const [[company]] = await ctx.read(rowById<Company>(ctx, companyNoun, companyId));
    const { editable: right } = editable(ctx, "company", companyId, company);
    if (given.expiresAt <= ctx.now()) throw invalidField("expires_at", "past", "expires_at lies in the past.");
    const code = newAccessCode(ctx.ports.randomBytes(12));
    const row = newRow(ctx, codes, { ...given, companyId, codeHash: await ctx.ports.links.hash(typedCode(code)) });
    const { codeHash, ...shown } = row;
    return commit(
      ctx,
      { ...shown, editable: right, code },
      {
        write: [insert(codes, row)],
        audit: { action: "access_code.created", subject: { type: "access_code", id: row.id }, after: shown, companyId },
        events: [],
      },
    );
  });
}

/** Ends a code, and with it every visit that it opened. */
export async function revokeAccessCode(ctx: Context, id: string): Promise<AccessCode> {
  return deciding(ctx, async () => {
    const [[found]] = await ctx.read(rowById<AccessCode>(ctx, accessCodeNoun, id));
    const before = editable(ctx, "access code", id, found);
    expectVersion(ctx, before);
    if (before.revokedAt !== null) return asItStands(ctx, before);
    const after: AccessCode = { ...before, revokedAt: ctx.now(), version: before.version + 1, updatedAt: ctx.now() };
    return commit(ctx, after, {
      expect: [unchanged(codes, before)],
      write: [update(ctx, codes, id, { revokedAt: ctx.now() })],
      audit: { action: "access_code.revoked", subject: { type: "access_code", id }, before, after, companyId: before.companyId },
      events: [],
    });
  });
}

/** What became of a code that somebody entered. `over`: it was one, and has expired, was revoked or is used up. */
export type EnteredAccess = { kind: "open"; id: string; until: Date } | { kind: "wrong" } | { kind: "over" };

/** Takes a code for a company's private page and counts its use. Of two who enter its last use one is too late. */
export async function enterAccessCode(ctx: Context, companyId: string, typed: string): Promise<EnteredAccess> {
  const hash = await ctx.ports.links.hash(typedCode(typed));
  return deciding(ctx, async () => {
    const [[found]] = await ctx.read(
      select()
        .from(codes)
        .where(sql`${codes.companyId} = ${companyId} and ${codes.codeHash} = ${hash}`),
    );
    if (!found) return { kind: "wrong" };
    if (!isOpen(found, ctx.now())) return { kind: "over" };
    return commit<EnteredAccess>(
      ctx,
      { kind: "open", id: found.id, until: found.expiresAt },
      {
        expect: [sql`ats.guard_access_code(${found.id}::uuid)`],
        write: [update(ctx, codes, found.id, { uses: sql`${codes.uses} + 1` as never })],
        audit: { action: "access_code.entered", subject: { type: "access_code", id: found.id }, companyId },
        events: [],
      },
    );
  });
}
