import { forbidden } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Page } from "../listing.ts";
import { type Connection, connectionNoun } from "./connection.ts";

/** One page of the caller's connections of recruiters and companies. Candidates never read any: 403. */
export async function listConnections(ctx: Context, query: ListQuery): Promise<Page<Connection>> {
  const page = await listOf<Connection>(ctx, connectionNoun, query);
  if (ctx.access.roles.every((name) => name === "candidate")) throw forbidden("Connections are shown to recruiters and companies.");
  return page;
}

/** One connection the caller may see, or 404. */
export const getConnection = (ctx: Context, id: string, include: readonly string[]): Promise<Included<Connection>> =>
  getOne<Connection>(ctx, connectionNoun, id, include);
