import { getTableColumns, or, type SQL, sql } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import { event } from "#domain/events/catalogue.ts";
import type { Refusal } from "#domain/refusals.ts";
import { conflict } from "#domain/refusals.ts";
import { companyPeople, platformAdmins } from "../audience.ts";
import { asItStands, commit, deciding, differing, editable, expectVersion, insert, newRow, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { type Noun, rowById, type Way } from "../listing.ts";
import { type Company, companyNoun } from "./company.ts";

/** A table with one row for a company that ever chose something. */
type SettingsTable = PgTable & { companyId: PgColumn };

export interface SettingsRow {
  id: string;
  companyId: string;
  version: number;
  updatedAt: Date;
}

/** What a company chose for one of its surfaces: its people read it, its admins change it. */
export interface Settings<Row extends SettingsRow> {
  noun: Noun<Row>;
  table: SettingsTable;
  /** The name of the unique index over the company. */
  onePerCompany: string;
}

/** Settings as a noun; an id of one is the company's. */
export function settingsOf<Row extends SettingsRow>(name: string, table: SettingsTable, onePerCompany: string): Settings<Row> {
  const ways = (): Way[] => [
    { rows: sql`(select ops.is_admin())`, opensTo: platformAdmins },
    { rows: sql`${table.companyId} = any((select ops.company_ids())::uuid[])`, opensTo: companyPeople },
  ];
  const readable = (): SQL => or(...ways().map(({ rows }) => rows)) as SQL;
  return { noun: { name, table, key: table.companyId, columns: getTableColumns(table), readable, ways }, table, onePerCompany };
}

/** What a company chose, if it ever did and the caller may see it. */
export async function settingsFor<Row extends SettingsRow>(
  ctx: Context,
  { noun }: Settings<Row>,
  companyId: string,
): Promise<Row | undefined> {
  const [[found]] = await ctx.read(rowById<Row>(ctx, noun, companyId));
  return found;
}

/**
 * Changes what a company chose, for the first time or anew, and tells its pages. By its admins and
 * platform admins; whoever may not see the company hears 404.
 *
 * @param prepare - what has to be there before the row names it; called once it is known that the caller may
 */
export async function changeSettings<Row extends SettingsRow>(
  ctx: Context,
  settings: Settings<Row>,
  companyId: string,
  asked: Partial<Row>,
  version?: number,
  prepare: () => Promise<void> = async () => {},
): Promise<Row> {
  const { noun, table, onePerCompany } = settings;
  const words = noun.name.replaceAll(" ", "_");
  return deciding(
    ctx,
    async () => {
      const [[company], [before]] = await ctx.read(rowById<Company>(ctx, companyNoun, companyId), rowById<Row>(ctx, noun, companyId));
      editable(ctx, "company", companyId, company);
      if (before) expectVersion(ctx, before, version);
      await prepare();
      const told = event("company.updated", { type: "company", id: companyId }, { company_id: companyId, updated_fields: [words] });
      const audited = { subject: { type: "company", id: companyId }, companyId };
      if (!before) {
        const row = newRow(ctx, table, { ...asked, companyId }) as unknown as Row;
        return commit(ctx, row, {
          write: [insert(table, row as never)],
          audit: { action: `${words}.created`, after: row, ...audited },
          events: [told],
        });
      }
      const fields = differing(before, asked);
      if (!fields) return asItStands(ctx, before);
      const after: Row = { ...before, ...fields, version: before.version + 1, updatedAt: ctx.now() };
      return commit(ctx, after, {
        expect: [unchanged(table, before)],
        write: [update(ctx, table, before.id, fields as never)],
        audit: { action: `${words}.updated`, before, after, ...audited },
        events: [told],
      });
    },
    { [onePerCompany]: saidAtOnce },
  );
}

/** Of two who say it for the first time at once, one is told. */
const saidAtOnce = (): Refusal => conflict("Somebody else said it at this moment. Read it, and change it.", { reason: "settings_exist" });
