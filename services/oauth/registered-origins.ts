import { sql } from "drizzle-orm";
import { oauthClients } from "#db/schema/api.ts";
import { select } from "#db/statements.ts";
import type { Context } from "../context.ts";

/** The web origins that public clients have registered, each with the ids of its clients. */
export async function registeredOrigins(ctx: Context): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const [clients] = await ctx.read(
    select({ id: oauthClients.id, publicId: oauthClients.publicId, allowedOrigins: oauthClients.allowedOrigins })
      .from(oauthClients)
      .where(
        sql`${oauthClients.type} = 'public' and ${oauthClients.status} = 'approved' and cardinality(${oauthClients.allowedOrigins}) > 0`,
      ),
  );
  const origins = new Map<string, Set<string>>();
  for (const { id, publicId, allowedOrigins } of clients) {
    for (const origin of allowedOrigins) origins.set(origin, (origins.get(origin) ?? new Set()).add(id).add(publicId));
  }
  return origins;
}
