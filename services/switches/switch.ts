import { type SQL, sql } from "drizzle-orm";
import { switches } from "#db/schema/billing.ts";
import { computed, select } from "#db/statements.ts";
import { readable } from "../commit.ts";
import type { Context } from "../context.ts";
import type { Included, Page } from "../listing.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";

/** A switch by its name; its id follows from the name, so that an approval can be about it. */
export type Switch = typeof switches.$inferSelect & { id: string };

/** A UUID of version 8: our own way from a name to an id. */
const idOf = (): SQL => sql`overlay(overlay(md5(${switches.name}) placing '8' from 13) placing '8' from 17)::uuid`;

const columns = {
  id: computed<string>("id", idOf()),
  name: switches.name,
  enabled: switches.enabled,
  reason: switches.reason,
  changedBy: switches.changedBy,
  changedAt: switches.changedAt,
  version: switches.version,
};

/** One switch as a platform admin sees it; nobody else sees any. */
export const switchById = (id: string) =>
  select(columns)
    .from(switches)
    .where(sql`${idOf()} = ${id}::uuid and (select ops.is_admin())`);

/** Every switch, as a statement. */
export const readSwitches = () => select(columns).from(switches).orderBy(switches.name);

/** Every switch, for platform admins alone: 403. */
export async function listSwitches(ctx: Context): Promise<Page<Switch>> {
  const [rows] = await ctx.read(readSwitches());
  requirePlatformAdmin(ctx, "read switches");
  return { rows: rows.map(included), total: rows.length, totalCapped: false, page: 1, limit: rows.length };
}

/** One switch, or 404. */
export async function getSwitch(ctx: Context, id: string): Promise<Included<Switch>> {
  const [[row]] = await ctx.read(switchById(id));
  return included(readable("switch", id, row));
}

const included = (row: Switch): Included<Switch> => ({ ...row, included: {} });
