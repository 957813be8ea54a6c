import { apiKeys } from "#db/schema/api.ts";
import { type Scope, SCOPES } from "#domain/credentials/scopes.ts";
import { hashToken } from "#domain/credentials/token.ts";
import { credentialTokensOf } from "#workers/credential-tokens.ts";
import type { Marketplace, Person } from "../api.ts";

/** A key as a partner holds it. */
export interface Key {
  id: string;
  token: string;
  publicId: string;
}

/** Puts an approved key of an account into a marketplace, without asking anybody. */
export async function keyOf(
  world: { db: Marketplace["db"]; env: Parameters<typeof credentialTokensOf>[0] },
  account: { id: string; roleType: "company" | "recruiter" | "admin" },
  holder: Pick<Person, "userId">,
  fields: Partial<typeof apiKeys.$inferInsert> & { scopes?: Scope[] } = {},
): Promise<Key> {
  const token = await credentialTokensOf(world.env).mint("snk");
  const [row] = await world.db.writer
    .insert(apiKeys)
    .values({
      publicId: token.publicId,
      accountId: account.id,
      userId: holder.userId,
      roleType: account.roleType,
      name: "Key of a test",
      env: "test",
      secretHash: await hashToken(token.text),
      last4: token.text.slice(-4),
      scopes: [...SCOPES],
      status: "active",
      ...fields,
    })
    .returning({ id: apiKeys.id });
  return { id: row?.id ?? "", token: token.text, publicId: token.publicId };
}
