import { sql } from "drizzle-orm";
import { statement } from "#db/statements.ts";
import type { Context } from "../context.ts";
import { requireSession } from "../scopes.ts";

/** A key or grant of the account that still calls what will end. */
export interface StillCalling {
  credentialId: string;
  kind: "key" | "grant" | "other";
  name: string | null;
  requests: number;
  /** The hour of its last call. */
  lastAt: Date;
}

/** A version of the partner API that will end, and who of the account still calls it. */
export interface Deprecation {
  version: string;
  deprecatedAt: Date;
  sunsetAt: Date | null;
  successor: string | null;
  callers: readonly StillCalling[];
}

/** Who has called in so many days is calling still. */
export const STILL_DAYS = 30;

interface Row extends Record<string, unknown> {
  version: string;
  deprecated_at: string;
  sunset_at: string | null;
  successor: string | null;
  callers: { credential_id: string; kind: StillCalling["kind"]; name: string | null; requests: number; last_at: string }[];
}

/** The versions that will end or have ended, the next end first, each with the account's own keys and grants that called it lately. */
export async function listDeprecations(ctx: Context): Promise<Deprecation[]> {
  requireSession(ctx);
  const [found] = await ctx.read(
    statement<Row>(sql`
      select v.version, v.deprecated_at, v.sunset_at,
        (select n.version from api.api_versions n where n.released_at > v.released_at order by n.released_at limit 1) as successor,
        coalesce(callers.of, '[]') as callers
      from api.api_versions v
      left join lateral (
        select jsonb_agg(to_jsonb(c) order by c.requests desc, c.credential_id) as of
        from (
          select u.credential_id, sum(u.count)::integer as requests, max(u.hour) as last_at,
            case when count(k.id) > 0 then 'key' when count(g.id) > 0 then 'grant' else 'other' end as kind,
            coalesce(min(k.name), min(a.name)) as name
          from api.usage_routes_hourly u
          left join api.api_keys k on k.account_id = u.account_id and k.id::text = u.credential_id
          left join api.oauth_grants g on g.account_id = u.account_id and g.id::text = u.credential_id
          left join api.oauth_clients a on a.id = g.client_id
          where u.account_id = ops.account_id() and u.version = v.version and u.hour > ops.now() - make_interval(days => ${STILL_DAYS})
          group by u.credential_id
        ) c
      ) callers on true
      where v.deprecated_at is not null
      order by v.sunset_at nulls last, v.version`),
  );
  return (found as unknown as { rows: Row[] }).rows.map((row) => ({
    version: row.version,
    deprecatedAt: new Date(row.deprecated_at),
    sunsetAt: row.sunset_at === null ? null : new Date(row.sunset_at),
    successor: row.successor,
    callers: row.callers.map(({ credential_id: credentialId, kind, name, requests, last_at: lastAt }) => ({
      credentialId,
      kind,
      name,
      requests,
      lastAt: new Date(lastAt),
    })),
  }));
}
