import { eq } from "drizzle-orm";
import { oauthClients } from "#db/schema/api.ts";
import { select } from "#db/statements.ts";
import { authenticate, type PresentedClient } from "#domain/oauth/client.ts";
import { OAuthRefusal } from "#domain/oauth/refusal.ts";
import type { BatchResponse } from "drizzle-orm/batch";
import type { Context, Statement } from "../context.ts";

export type Client = typeof oauthClients.$inferSelect;

/** A client by the id it is known by outside. */
export const clientByPublicId = (publicId: string) => select().from(oauthClients).where(eq(oauthClients.publicId, publicId));

/**
 * Reads the client that a request shows, and what else it needs, in one trip; the client is judged
 * first. An id that was invented is never looked up. Refuses with `invalid_client`.
 */
export async function readAsClient<const T extends readonly Statement[]>(
  ctx: Context,
  presented: PresentedClient,
  ...statements: T
): Promise<[Client, ...BatchResponse<T>]> {
  if (!(await ctx.ports.credentialTokens.isGenuineId("snc", presented.clientId))) {
    throw new OAuthRefusal("invalid_client", "The client is not known");
  }
  const [[client], ...rest] = (await ctx.read(clientByPublicId(presented.clientId), ...statements)) as unknown as [
    Client[],
    ...BatchResponse<T>,
  ];
  return [authenticate(client, presented, ctx.now()), ...rest];
}
