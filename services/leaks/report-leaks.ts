import { sql } from "drizzle-orm";
import { apiKeys, oauthClients, oauthGrants } from "#db/schema/api.ts";
import { select } from "#db/statements.ts";
import { clientStep } from "#domain/credentials/client.ts";
import { keyStep, nextKeyStatus } from "#domain/credentials/key.ts";
import { hashToken, type TokenType } from "#domain/credentials/token.ts";
import { credentialSuspended } from "#domain/events/api.ts";
import { type ApiKey, changedKey, factsOfKey } from "../api-keys/api-key.ts";
import { deciding } from "../commit.ts";
import type { Context } from "../context.ts";
import { type CredentialChange, commitWithCredentials, grantSubjects } from "../credentials/change-credentials.ts";
import { changedClient, factsOfClient, type OAuthClient } from "../oauth-clients/oauth-client.ts";
import { disabling } from "../webhooks/disabling.ts";
import { endpointsMadeWith } from "../webhooks/made-with.ts";

const LEAKED = "leaked";

/**
 * Shuts off every key and client whose secret is among these strings, with the endpoints that a key made or
 * changed, and has their owners told by mail; what such an endpoint misses is kept, to be replayed when its
 * owner has looked at it and enables it again. An endpoint that a client made goes with its grant. What is no secret of ours, or passes no more, changes nothing; whoever reports is told neither.
 */
export async function reportLeaks(ctx: Context, texts: readonly string[]): Promise<void> {
  const leaked = await hashesOf(ctx, texts);
  if (leaked.snk.size === 0 && leaked.snc.size === 0) return;
  await deciding(ctx, async () => {
    const ofClients = sql`${oauthClients.publicId} = any(${publicIds(leaked.snc)})`;
    const ofKeys = sql`${apiKeys.publicId} = any(${publicIds(leaked.snk)})`;
    const [keys, endpoints, clients, grants] = await ctx.read(
      select().from(apiKeys).where(ofKeys).orderBy(apiKeys.id),
      endpointsMadeWith(ofKeys),
      select().from(oauthClients).where(ofClients).orderBy(oauthClients.id),
      grantSubjects(
        sql`(${oauthGrants.status} = 'active' and ${oauthGrants.clientId} in (select ${oauthClients.id} from ${oauthClients} where ${ofClients}))`,
      ),
    );
    const known = keys.filter((key) => keyStep(key.status, "leak") !== null && passes(leaked.snk, key, ctx.now()));
    const changes = [
      ...known.map((key) => shutKey(ctx, key)),
      ...clients
        .filter((client) => passes(leaked.snc, client, ctx.now()))
        .flatMap((client) =>
          shutClient(
            ctx,
            client,
            grants.filter(({ clientId }) => clientId === client.id),
          ),
        ),
    ];
    if (changes.length === 0) return;
    const theirs = endpoints
      .filter(({ keyId }) => known.some(({ id }) => id === keyId))
      .map(({ webhook }) => [webhook.id, webhook] as const);
    await commitWithCredentials(ctx, null, disabling(ctx, [...new Map(theirs).values()], "key_leaked"), changes);
  });
}

/** The hashes of what may be secrets of keys and clients, by their ids. */
type Leaked = Map<string, Set<string>>;

/** Which of these strings are tokens of ours, as far as they show it themselves; the rest is never looked up. */
async function hashesOf(ctx: Context, texts: readonly string[]): Promise<Record<"snk" | "snc", Leaked>> {
  const leaked = { snk: new Map() as Leaked, snc: new Map() as Leaked };
  for (const text of new Set(texts)) {
    const token = await ctx.ports.credentialTokens.read(text);
    if (typeof token === "string" || !isLookedUp(token.type)) continue;
    const hashes = leaked[token.type].get(token.publicId) ?? new Set();
    leaked[token.type].set(token.publicId, hashes.add(await hashToken(text)));
  }
  return leaked;
}

const isLookedUp = (type: TokenType): type is "snk" | "snc" => type === "snk" || type === "snc";

const publicIds = (leaked: Leaked) => sql`${`{${[...leaked.keys()].join(",")}}`}::text[]`;

/** Whether one of the leaked secrets is this one's, or the one before within its grace. */
function passes(leaked: Leaked, row: ApiKey | OAuthClient, now: Date): boolean {
  const hashes = leaked.get(row.publicId) ?? new Set();
  const previous = row.prevSecretExpiresAt && row.prevSecretExpiresAt > now ? row.prevSecretHash : null;
  return [row.secretHash, previous].some((hash) => hash !== null && hashes.has(hash));
}

const shutKey = (ctx: Context, key: ApiKey): CredentialChange =>
  changedKey(ctx, key, "api_key.leaked", {
    fields: { status: nextKeyStatus(key.status, "leak"), statusReason: LEAKED },
    events: [credentialSuspended(factsOfKey(key), "leak")],
    reason: LEAKED,
  }).change;

function shutClient(ctx: Context, client: OAuthClient, grants: Parameters<typeof changedClient>[2]): CredentialChange[] {
  const status = clientStep(client.status, "leak");
  if (status === null) return [];
  const { change } = changedClient(ctx, client, grants, "oauth_client.leaked", {
    fields: { status, statusReason: LEAKED },
    events: [credentialSuspended(factsOfClient(client), "leak")],
    reason: LEAKED,
  });
  return [change];
}
