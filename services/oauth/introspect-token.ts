import { hashToken } from "#domain/credentials/token.ts";
import { type PresentedClient, requireApproved } from "#domain/oauth/client.ts";
import { OAuthRefusal } from "#domain/oauth/refusal.ts";
import type { Context } from "../context.ts";
import { readAsClient } from "./client.ts";
import { type HeldToken, tokenByHash } from "./refresh-tokens.ts";

/**
 * Tells a confidential client of one of its own tokens; null for any other, and for one that opens
 * nothing any more (RFC 7662 §2.2).
 */
export async function introspectToken(ctx: Context, presented: PresentedClient, token: string): Promise<HeldToken | null> {
  const [client, [found]] = await readAsClient(ctx, presented, tokenByHash(await hashToken(token)));
  if (client.type === "public") throw new OAuthRefusal("unauthorized_client", "Introspection is for confidential clients");
  requireApproved(client);
  if (!found || found.grant.clientId !== client.id || !found.usable) return null;
  const { revokedAt, rotatedAt, expiresAt } = found.token;
  return revokedAt === null && rotatedAt === null && expiresAt > ctx.now() ? found : null;
}
