import { eq, sql } from "drizzle-orm";
import { accountPlans, accounts, apiKeys, apiPlans, oauthClients, oauthGrants, oauthTokens } from "#db/schema/api.ts";
import { users } from "#db/schema/identity.ts";
import { computed, select } from "#db/statements.ts";
import type { AccessToken, CredentialRecord } from "#domain/credentials/record.ts";
import { holdableScopes, ROLE_TYPE_OF, type Scope } from "#domain/credentials/scopes.ts";
import { actsWithin } from "../accounts/acts-within.ts";
import type { Context } from "../context.ts";

const STANDARD = { plan: "standard", limit: 100, ceilingMultiple: null } as const;

/** What a plan lets a subject do in an hour. */
const planFields = {
  plan: accountPlans.plan,
  limit: computed<number>("limit", sql`coalesce(${accountPlans.customLimit}, ${apiPlans.requestsPerHour})`),
  ceilingMultiple: computed<number | null>(
    "ceiling_multiple",
    sql`case when ${apiPlans.overage} = 'meter' and ${accountPlans.overageEnabled} then ${apiPlans.ceilingMultiple} end`,
  ),
  accountKind: accounts.kind,
  accountStatus: accounts.status,
};

const seconds = (at: Date | null): number | null => (at === null ? null : Math.floor(at.getTime() / 1_000));

/** The record of an API key by the id in it; null where there is none. */
export async function findKey(ctx: Context, publicId: string): Promise<CredentialRecord | null> {
  const [[row]] = await ctx.read(
    select({ key: apiKeys, ...planFields, userStatus: users.status })
      .from(apiKeys)
      .innerJoin(accounts, eq(accounts.id, apiKeys.accountId))
      .innerJoin(accountPlans, eq(accountPlans.accountId, accounts.id))
      .innerJoin(apiPlans, eq(apiPlans.code, accountPlans.plan))
      .innerJoin(users, eq(users.id, apiKeys.userId))
      .where(eq(apiKeys.publicId, publicId)),
  );
  if (!row) return null;
  const { key } = row;
  return {
    version: key.version,
    credentialId: key.id,
    kind: "key",
    accountId: key.accountId,
    userId: key.userId,
    clientId: null,
    roleType: key.roleType,
    scopes: held(key.scopes, row),
    plan: row.plan,
    limit: row.limit,
    ceilingMultiple: row.ceilingMultiple,
    refusal: keyRefusal(key.status, row),
    expiresAt: seconds(key.expiresAt),
    ipAllowlist: key.ipAllowlist,
    secretHash: key.secretHash,
    prevSecretHash: key.prevSecretHash,
    prevSecretExpiresAt: seconds(key.prevSecretExpiresAt),
  };
}

/** The record of a grant, and the access token that was presented if it is one of its own and lives. */
export async function findGrant(
  ctx: Context,
  publicId: string,
  tokenHash: string,
): Promise<{ record: CredentialRecord; token: AccessToken | null } | null> {
  const [[row], [token]] = await ctx.read(
    select({
      grant: oauthGrants,
      ...planFields,
      userStatus: users.status,
      clientStatus: oauthClients.status,
      allowedScopes: oauthClients.allowedScopes,
      ipAllowlist: oauthClients.ipAllowlist,
    })
      .from(oauthGrants)
      .innerJoin(oauthClients, eq(oauthClients.id, oauthGrants.clientId))
      .innerJoin(accounts, eq(accounts.id, oauthGrants.accountId))
      .innerJoin(accountPlans, eq(accountPlans.accountId, accounts.id))
      .innerJoin(apiPlans, eq(apiPlans.code, accountPlans.plan))
      .innerJoin(users, eq(users.id, oauthGrants.userId))
      .where(eq(oauthGrants.publicId, publicId)),
    select({
      scopes: oauthTokens.scopes,
      expiresAt: oauthTokens.expiresAt,
      familyId: oauthTokens.familyId,
      grantPublicId: oauthGrants.publicId,
    })
      .from(oauthTokens)
      .innerJoin(oauthGrants, eq(oauthGrants.id, oauthTokens.grantId))
      .where(sql`${oauthTokens.tokenHash} = ${tokenHash} and ${oauthTokens.kind} = 'access' and ${oauthTokens.revokedAt} is null`),
  );
  if (!row) return null;
  const { grant } = row;
  const allowed = held(grant.scopes, row).filter((scope) => row.allowedScopes.includes(scope));
  const ended = grant.status === "revoked" || row.clientStatus === "rejected" || row.clientStatus === "deleted";
  const record: CredentialRecord = {
    version: grant.version,
    credentialId: grant.id,
    kind: "grant",
    accountId: grant.accountId,
    userId: grant.userId,
    clientId: grant.clientId,
    roleType: ROLE_TYPE_OF[row.accountKind],
    scopes: allowed,
    plan: row.plan,
    limit: row.limit,
    ceilingMultiple: row.ceilingMultiple,
    refusal: ended ? "revoked_credential" : row.clientStatus === "approved" ? personRefusal(row) : "credential_suspended",
    expiresAt: null,
    ipAllowlist: row.ipAllowlist,
    secretHash: null,
    prevSecretHash: null,
    prevSecretExpiresAt: null,
  };
  const own = token?.grantPublicId === publicId ? token : undefined;
  const kept = own && {
    hash: tokenHash,
    expiresAt: seconds(own.expiresAt) as number,
    scopes: own.scopes.filter((scope) => allowed.includes(scope)),
    familyId: own.familyId,
  };
  return { record, token: kept ?? null };
}

/**
 * The record of a person who comes with a session: their usage is one subject, whatever account they
 * name, under the best of their accounts' limits. Somebody unknown gets the standard one.
 */
export async function findPerson(ctx: Context, subject: string): Promise<CredentialRecord> {
  const [[person]] = await ctx.read(
    select({ id: users.id, version: users.version, ...planFields })
      .from(users)
      .leftJoin(accounts, actsWithin(users.id))
      .leftJoin(accountPlans, eq(accountPlans.accountId, accounts.id))
      .leftJoin(apiPlans, eq(apiPlans.code, accountPlans.plan))
      .where(eq(users.clerkUserId, subject))
      .orderBy(sql`coalesce(${accountPlans.customLimit}, ${apiPlans.requestsPerHour}, 0) desc`, accounts.createdAt, accounts.id)
      .limit(1),
  );
  const home = person?.plan ? { plan: person.plan, limit: person.limit, ceilingMultiple: person.ceilingMultiple } : STANDARD;
  return {
    version: person?.version ?? 0,
    credentialId: person?.id ?? subject,
    kind: "user",
    accountId: null,
    userId: person?.id ?? null,
    clientId: null,
    roleType: null,
    scopes: [],
    ...home,
    ceilingMultiple: null, // paid units belong to an account's own credentials
    refusal: null,
    expiresAt: null,
    ipAllowlist: [],
    secretHash: null,
    prevSecretHash: null,
    prevSecretExpiresAt: null,
  };
}

type Holder = { accountKind: keyof typeof ROLE_TYPE_OF; plan: CredentialRecord["plan"]; accountStatus: string; userStatus: string };

/** What was granted and may still be held. */
function held(scopes: readonly Scope[], { accountKind, plan }: Holder): Scope[] {
  const holdable = holdableScopes(ROLE_TYPE_OF[accountKind], plan);
  return scopes.filter((scope) => holdable.includes(scope));
}

const personRefusal = ({ accountStatus, userStatus }: Holder): CredentialRecord["refusal"] =>
  userStatus === "active" ? (accountStatus === "suspended" ? "credential_suspended" : null) : "revoked_credential";

function keyRefusal(status: (typeof apiKeys.$inferSelect)["status"], holder: Holder): CredentialRecord["refusal"] {
  if (status === "pending") return "credential_pending_approval";
  if (status === "suspended") return "credential_suspended";
  // an expired one is told by its own end
  return status === "active" || status === "expired" ? personRefusal(holder) : "revoked_credential";
}
