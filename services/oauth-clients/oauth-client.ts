import { eq, getTableColumns, sql } from "drizzle-orm";
import { oauthClients, oauthGrants } from "#db/schema/api.ts";
import { contains } from "#db/search.ts";
import { updateOf } from "#db/statements.ts";
import type { CredentialFacts } from "#domain/events/api.ts";
import type { DomainEvent } from "#domain/events/catalogue.ts";
import { deciding, expectVersion, readable, unchanged, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import {
  allSubjects,
  commitCredentials,
  type CredentialChange,
  grantsOf,
  grantSubjects,
  raised,
  type Subject,
} from "../credentials/change-credentials.ts";
import { type KeysetPage, type KeysetQuery, listAfter } from "../keyset.ts";
import { type Noun, rowById } from "../listing.ts";
import { requireSession } from "../scopes.ts";

export type OAuthClient = typeof oauthClients.$inferSelect;

/** A client whose secret was just made: the only time that it is told. */
export type ShownClient = OAuthClient & { secret?: string };

/** The clients of the caller's own account; a deleted one is gone. */
export const oauthClientNoun = {
  name: "client",
  table: oauthClients,
  columns: getTableColumns(oauthClients),
  readable: () => sql`(${oauthClients.ownerAccountId} = (select ops.account_id()) and ${oauthClients.status} <> 'deleted')`,
  filters: {
    status: (status: OAuthClient["status"]) => eq(oauthClients.status, status),
    search: (words: string) => contains([oauthClients.name, oauthClients.publicId], words),
  },
} satisfies Noun<OAuthClient>;

/** Everybody's clients, for platform admins. */
export const administeredClientNoun = {
  ...oauthClientNoun,
  readable: () => sql`((select ops.is_admin()) and ${oauthClients.status} <> 'deleted')`,
  filters: {
    ...oauthClientNoun.filters,
    account_id: (id: string) => eq(oauthClients.ownerAccountId, id),
    public_id: (id: string) => eq(oauthClients.publicId, id),
  },
} satisfies Noun<OAuthClient>;

/** One page of the account's clients, newest first. Never their secrets. */
export async function listClients(ctx: Context, query: KeysetQuery): Promise<KeysetPage<OAuthClient>> {
  requireSession(ctx);
  return listAfter<OAuthClient>(ctx, oauthClientNoun, query);
}

export const factsOfClient = ({ id, ownerAccountId, ownerUserId }: OAuthClient): CredentialFacts => ({
  credential_id: id,
  credential_kind: "oauth_client",
  account_id: ownerAccountId,
  user_id: ownerUserId,
});

/** What becomes of a client, and who hears of it. */
export interface ClientChange {
  fields: Partial<OAuthClient>;
  events?: readonly DomainEvent[];
  reason?: string;
}

/** What its grants are judged by: when it changes, their objects must hear of it. */
const FELT_BY_GRANTS = ["status", "allowedScopes", "ipAllowlist"] as const satisfies (keyof OAuthClient)[];

/** A changed client as a part of a commit, with what that means for its active grants. */
export function changedClient(
  ctx: Context,
  before: OAuthClient,
  grants: readonly Subject[],
  action: string,
  { fields, events = [], reason }: ClientChange,
) {
  const after: OAuthClient = { ...before, ...fields, version: before.version + 1, updatedAt: ctx.now() };
  const felt = FELT_BY_GRANTS.some((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]));
  const change: CredentialChange = {
    accountId: before.ownerAccountId,
    subjects: felt ? raised("grant", grants) : [],
    expect: [unchanged(oauthClients, before), ...(felt ? [allSubjects({ clientId: before.id }, grants)] : [])],
    write: [
      update(ctx, oauthClients, before.id, fields),
      ...(felt && grants.length > 0 ? [raiseGrants(ctx, before.id, after.status === "deleted")] : []),
    ],
    audit: {
      action,
      subject: { type: "oauth_client", id: before.id },
      before,
      after,
      accountId: before.ownerAccountId,
      reason: reason ?? null,
    },
    events,
  };
  return { after, change };
}

/** A client that is deleted takes its grants with it. */
const raiseGrants = (ctx: Context, clientId: string, deleted: boolean): Statement =>
  updateOf(oauthGrants)
    .set({
      version: sql`${oauthGrants.version} + 1`,
      updatedAt: ctx.now(),
      ...(deleted ? { status: "revoked" as const, revokedReason: "client_deleted" } : {}),
    })
    .where(grantsOf(clientId)) as Statement;

/** Changes one client that the caller sees through this noun, as `decide` says, which may refuse. */
export async function changeClient(
  ctx: Context,
  noun: Noun<OAuthClient>,
  id: string,
  action: string,
  decide: (before: OAuthClient) => Decided | Promise<Decided>,
): Promise<ShownClient> {
  requireSession(ctx);
  return deciding(ctx, async () => {
    const [[row], grants] = await ctx.read(rowById<OAuthClient>(ctx, noun, id), grantSubjects(grantsOf(id)));
    const before = readable("client", id, row);
    expectVersion(ctx, before);
    const decided = await decide(before);
    const { after, change } = changedClient(ctx, before, grants, action, decided);
    return commitCredentials(ctx, { ...after, ...(decided.secret === undefined ? {} : { secret: decided.secret }) }, [change]);
  });
}

type Decided = ClientChange & { secret?: string };
