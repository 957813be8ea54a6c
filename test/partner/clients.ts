import { oauthClients } from "#db/schema/api.ts";
import { type Scope, SCOPES } from "#domain/credentials/scopes.ts";
import { hashToken } from "#domain/credentials/token.ts";
import { credentialTokensOf } from "#workers/credential-tokens.ts";
import type { Database } from "#db/connection.ts";

/** An application as its developer holds it. */
export interface Client {
  id: string;
  clientId: string;
  /** Null for a public one. */
  secret: string | null;
  method: "client_secret_basic" | "client_secret_post" | "none";
  redirectUri: string;
}

export type ClientFields = Partial<Omit<typeof oauthClients.$inferInsert, "authMethod">> & {
  authMethod?: Client["method"];
  scopes?: Scope[];
};

/** Puts an approved client of an account into a marketplace, without asking anybody; with HTTP Basic unless told. */
export async function clientOf(
  world: { db: Database; env: Parameters<typeof credentialTokensOf>[0] },
  accountId: string,
  owner: { userId: string },
  { scopes, ...fields }: ClientFields = {},
): Promise<Client> {
  const secret = await credentialTokensOf(world.env).mint("snc");
  const method = fields.authMethod ?? "client_secret_basic";
  const isPublic = method === "none";
  const redirectUris = fields.redirectUris ?? ["https://client.example/callback"];
  const [row] = await world.db.writer
    .insert(oauthClients)
    .values({
      publicId: secret.publicId,
      ownerAccountId: accountId,
      ownerUserId: owner.userId,
      name: "Client of a test",
      type: isPublic ? "public" : "confidential",
      secretHash: isPublic ? null : await hashToken(secret.text),
      last4: isPublic ? null : secret.text.slice(-4),
      authMethod: method,
      redirectUris,
      allowedScopes: scopes ?? [...SCOPES],
      status: "approved",
      ...fields,
    })
    .returning({ id: oauthClients.id });
  return {
    id: row?.id ?? "",
    clientId: secret.publicId,
    secret: isPublic ? null : secret.text,
    method,
    redirectUri: redirectUris[0] ?? "",
  };
}
