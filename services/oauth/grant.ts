import { eq, type SQL, sql } from "drizzle-orm";
import { accountPlans, accounts, oauthClients, oauthGrants, oauthTokens } from "#db/schema/api.ts";
import { users } from "#db/schema/identity.ts";
import { computed, statement, updateOf } from "#db/statements.ts";
import { type ChangedSubject, credentialChanged } from "#domain/events/api.ts";
import type { DomainEvent } from "#domain/events/catalogue.ts";
import { type Guard, unchanged, update } from "../commit.ts";
import type { Context, Statement } from "../context.ts";

export type Grant = typeof oauthGrants.$inferSelect;

/** A grant as the token endpoints judge it: with its client, and with what its person and account are now. */
export const grantFields = {
  grant: oauthGrants,
  clientPublicId: computed<string>("client_public_id", sql`${oauthClients.publicId}`),
  accountKind: accounts.kind,
  plan: accountPlans.plan,
  /** Whether anything may be issued or used: the grant, its person and its account all are active. */
  usable: computed<boolean>(
    "usable",
    sql`(${oauthGrants.status} = 'active' and ${users.status} = 'active' and ${accounts.status} = 'active')`,
  ),
};

/** What `grantFields` selects. */
export interface HeldGrant {
  grant: Grant;
  clientPublicId: string;
  accountKind: (typeof accounts.$inferSelect)["kind"];
  plan: (typeof accountPlans.$inferSelect)["plan"];
  usable: boolean;
}

/** The object that owns a grant's limit. */
export const subjectOf = (grant: Pick<Grant, "publicId">): string => `grant:${grant.publicId.slice(0, 10)}`;

/** What ends a part of a grant: its whole family, or a single token. */
export type Ended = { familyIds: readonly string[] } | { tokenId: string };

/** Marks tokens as revoked; those that are already stay as they are. */
export const revokeTokens = (ctx: Context, ended: Ended | { grantId: string }): Statement => {
  const which =
    "grantId" in ended
      ? eq(oauthTokens.grantId, ended.grantId)
      : "tokenId" in ended
        ? eq(oauthTokens.id, ended.tokenId)
        : sql`${oauthTokens.familyId} = any(${sql.param([...ended.familyIds])}::uuid[])`;
  return updateOf(oauthTokens)
    .set({ revokedAt: ctx.now() })
    .where(sql`${which} and ${oauthTokens.revokedAt} is null`) as Statement;
};

/** The parts of a commit that change a grant, after which its owner must forget what it holds. */
export interface Regranted {
  changed: ChangedSubject;
  expect: readonly Guard[];
  write: readonly Statement[];
  events: readonly DomainEvent[];
}

/** Changes a grant, raises its version and tells of it. Without fields it is only the version: tokens of it were revoked. */
export function regranted(ctx: Context, grant: Grant, fields: Partial<Grant>): Regranted {
  const changed = { name: subjectOf(grant), version: grant.version + 1 };
  return {
    changed,
    expect: [unchanged(oauthGrants, grant)],
    write: [update(ctx, oauthGrants, grant.id, fields)],
    events: [credentialChanged(grant.accountId, [changed])],
  };
}

/** The families of a grant that can still be refreshed, the oldest first. */
export const liveFamilies = (grantId: SQL) =>
  statement<{ family_id: string }>(sql`select family_id from api.live_families(${grantId}) order by family_expires_at, family_id`);
