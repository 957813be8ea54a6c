import { sql } from "drizzle-orm";
import { oauthGrants } from "#db/schema/api.ts";
import { SCOPES, type Scope } from "#domain/credentials/scopes.ts";
import type { ChangedSubject } from "#domain/events/api.ts";
import { type Audit, insert, newRow } from "../commit.ts";
import type { Context } from "../context.ts";
import { type Grant, type Regranted, regranted } from "./grant.ts";

/** A grant that will hold what it must, and the parts of the commit that see to it. */
interface GrantedWith extends Omit<Regranted, "changed"> {
  grant: Grant;
  changed: readonly ChangedSubject[];
  audit: readonly Audit[];
}

/**
 * The one active grant of a client, a person and an account, with at least these scopes: the one that
 * was read, wider if need be, or a new one.
 *
 * @param known - the active grant, if there is one; the commit fails when another came meanwhile
 */
export async function grantWith(
  ctx: Context,
  asked: { clientId: string; userId: string; accountId: string },
  known: Grant | undefined,
  scopes: readonly Scope[],
): Promise<GrantedWith> {
  const isStill = sql`api.guard_grant(${asked.clientId}::uuid, ${asked.userId}::uuid, ${asked.accountId}::uuid, ${known?.id ?? null}::uuid)`;
  const audited = (after: Grant): Audit => ({
    action: known ? "oauth.grant_widened" : "oauth.granted",
    subject: { type: "oauth_grant", id: after.id },
    accountId: asked.accountId,
    before: known ?? null,
    after,
  });
  if (!known) {
    const { publicId } = await ctx.ports.credentialTokens.mint("sna");
    const grant = newRow(ctx, oauthGrants, { ...asked, publicId, scopes: [...scopes] });
    return { grant, changed: [], expect: [isStill], write: [insert(oauthGrants, grant)], audit: [audited(grant)], events: [] };
  }
  if (scopes.every((scope) => known.scopes.includes(scope))) {
    return { grant: known, changed: [], expect: [isStill], write: [], audit: [], events: [] };
  }
  const wider = SCOPES.filter((scope) => known.scopes.includes(scope) || scopes.includes(scope));
  const { changed, expect, write, events } = regranted(ctx, known, { scopes: wider });
  const grant = { ...known, scopes: wider, version: changed.version };
  return { grant, changed: [changed], expect: [isStill, ...expect], write, audit: [audited(grant)], events };
}
