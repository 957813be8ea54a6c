import { hashToken } from "#domain/credentials/token.ts";
import { credentialTokensOf } from "#workers/credential-tokens.ts";
import { apiKeys, oauthClients, oauthGrants, oauthTokens } from "#db/schema/api.ts";
import { eq, sql } from "drizzle-orm";
import { notifications } from "#db/schema/notify.ts";
import type { Answer, Marketplace, Person } from "../api.ts";

/** Calls of the management routes, as a person's session. */
export function managementOf(world: Marketplace) {
  let ip = 0;
  const call = (
    who: { token: string },
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> =>
    world.call(method, `/api/v1${path}`, {
      as: who,
      ...(body === undefined ? {} : { body }),
      headers: { "cf-connecting-ip": `198.51.100.${++ip % 250}`, ...headers },
    });

  /** A key as it was made, pending. */
  async function newKey(who: Person, fields: Record<string, unknown> = {}): Promise<{ id: string; token: string; version: number }> {
    const answer = await call(who, "POST", "/api-keys", { name: "Sync", scopes: ["read:roles"], ...fields });
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
    return { id: answer.body.data.id, token: answer.body.data.secret, version: answer.body.data.version };
  }

  const decide = (admin: Person, id: string, decision: "approve" | "reject", reason?: string) =>
    call(admin, "POST", `/approvals/${id}`, { decision, ...(reason ? { reason } : {}) });

  async function approvedKey(who: Person, admin: Person, fields: Record<string, unknown> = {}) {
    const key = await newKey(who, fields);
    await decide(admin, key.id, "approve");
    return key;
  }

  /** How a secret fares at the front door: 200, or the code of its refusal. */
  async function tried(token: string): Promise<number | string> {
    const answer = await call({ token }, "GET", "/me");
    return answer.status === 200 ? 200 : answer.body.code;
  }

  async function newClient(who: Person, fields: Record<string, unknown> = {}) {
    const answer = await call(who, "POST", "/oauth-clients", {
      name: "Companion",
      type: "confidential",
      redirect_uris: ["https://app.example/callback"],
      scopes: ["read:roles", "read:candidates"],
      ...fields,
    });
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
    return answer.body.data as { id: string; client_id: string; client_secret: string | null; status: string };
  }

  /** What a person let a client do for an account, with an access token, without asking anybody. */
  async function grantOf(clientId: string, who: Person, accountId: string) {
    const tokens = credentialTokensOf(world.env);
    const token = await tokens.mint("sna");
    const scopes = ["read:roles", "read:candidates"] as const;
    const [grant] = await world.db.writer
      .insert(oauthGrants)
      .values({ publicId: token.publicId, clientId, userId: who.userId, accountId, scopes: [...scopes] })
      .returning({ id: oauthGrants.id });
    const end = new Date(Date.now() + 3_600_000);
    await world.db.writer.insert(oauthTokens).values({
      id: crypto.randomUUID(),
      grantId: grant?.id ?? "",
      familyId: crypto.randomUUID(),
      kind: "access",
      tokenHash: await hashToken(token.text),
      scopes: [...scopes],
      issuedAt: new Date(),
      expiresAt: end,
      familyExpiresAt: end,
    });
    return { id: grant?.id ?? "", token: token.text };
  }

  /** The notices about one credential, as `event → recipient: channels`. */
  async function noticesAbout(id: string) {
    await world.drain();
    const rows = await world.db.reader
      .select({
        type: notifications.eventType,
        who: notifications.recipientUserId,
        channel: notifications.channel,
        text: notifications.payload,
      })
      .from(notifications)
      .where(sql`${notifications.payload} ->> 'subject_id' = ${id}`)
      .orderBy(notifications.createdAt, notifications.channel);
    return rows.map(({ type, who, channel, text }) => ({ type, who, channel, text: String(text["text"]) }));
  }

  const keyRow = async (id: string) => (await world.db.reader.select().from(apiKeys).where(eq(apiKeys.id, id)))[0]!;
  const clientRow = async (id: string) => (await world.db.reader.select().from(oauthClients).where(eq(oauthClients.id, id)))[0]!;

  return { call, newKey, decide, approvedKey, tried, newClient, grantOf, noticesAbout, keyRow, clientRow };
}
