import { eq, getTableColumns, sql } from "drizzle-orm";
import { apiKeys } from "#db/schema/api.ts";
import { contains } from "#db/search.ts";
import { subjectOf } from "#domain/credentials/subject.ts";
import type { CredentialFacts } from "#domain/events/api.ts";
import type { DomainEvent } from "#domain/events/catalogue.ts";
import { deciding, expectVersion, readable, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { commitCredentials, type CredentialChange } from "../credentials/change-credentials.ts";
import { type KeysetPage, type KeysetQuery, listAfter } from "../keyset.ts";
import { type Noun, rowById } from "../listing.ts";
import { requireSession } from "../scopes.ts";

export type ApiKey = typeof apiKeys.$inferSelect;

/** A key whose secret was just made: the only time that it is told. */
export type ShownKey = ApiKey & { secret?: string };

/** The keys of the caller's own account. */
export const apiKeyNoun = {
  name: "key",
  table: apiKeys,
  columns: getTableColumns(apiKeys),
  readable: () => sql`(${apiKeys.accountId} = (select ops.account_id()))`,
  filters: {
    status: (status: ApiKey["status"]) => eq(apiKeys.status, status),
    search: (words: string) => contains([apiKeys.name, apiKeys.publicId], words),
  },
} satisfies Noun<ApiKey>;

/** Everybody's keys, for platform admins. */
export const administeredKeyNoun = {
  ...apiKeyNoun,
  readable: () => sql`(select ops.is_admin())`,
  filters: {
    ...apiKeyNoun.filters,
    account_id: (id: string) => eq(apiKeys.accountId, id),
    public_id: (id: string) => eq(apiKeys.publicId, id),
  },
} satisfies Noun<ApiKey>;

/** One page of the account's keys, newest first. Never their secrets. */
export async function listKeys(ctx: Context, query: KeysetQuery): Promise<KeysetPage<ApiKey>> {
  requireSession(ctx);
  return listAfter<ApiKey>(ctx, apiKeyNoun, query);
}

export const factsOfKey = ({ id, accountId, userId }: Pick<ApiKey, "id" | "accountId" | "userId">): CredentialFacts => ({
  credential_id: id,
  credential_kind: "api_key",
  account_id: accountId,
  user_id: userId,
});

/** What becomes of a key, and who hears of it. */
export interface KeyChange {
  fields: Partial<ApiKey>;
  events?: readonly DomainEvent[];
  reason?: string;
}

/** A changed key as a part of a commit. */
export function changedKey(ctx: Context, before: ApiKey, action: string, { fields, events = [], reason }: KeyChange) {
  const after: ApiKey = { ...before, ...fields, version: before.version + 1, updatedAt: ctx.now() };
  const change: CredentialChange = {
    accountId: before.accountId,
    subjects: [subjectOf("key", after)],
    expect: [unchanged(apiKeys, before)],
    write: [update(ctx, apiKeys, before.id, fields)],
    audit: { action, subject: { type: "api_key", id: before.id }, before, after, accountId: before.accountId, reason: reason ?? null },
    events,
  };
  return { after, change };
}

type Decided = KeyChange & { secret?: string };

/** Changes one key that the caller sees through this noun, as `decide` says, which may refuse. */
export async function changeKey(
  ctx: Context,
  noun: Noun<ApiKey>,
  id: string,
  action: string,
  decide: (before: ApiKey) => Decided | Promise<Decided>,
): Promise<ShownKey> {
  requireSession(ctx);
  return deciding(ctx, async () => {
    const [[row]] = await ctx.read(rowById<ApiKey>(ctx, noun, id));
    const before = readable("key", id, row);
    expectVersion(ctx, before);
    const decided = await decide(before);
    const { after, change } = changedKey(ctx, before, action, decided);
    return commitCredentials(ctx, { ...after, ...(decided.secret === undefined ? {} : { secret: decided.secret }) }, [change]);
  });
}
