import type { ApiVersion } from "#services/context.ts";

/** What was read last, for answers that read nothing. */
const KEPT_MS = 60_000;
let last: { version: ApiVersion | null; until: number } = { version: null, until: 0 };

/**
 * The notice of a version that will end, on each of its answers: since when it is deprecated (RFC 9745),
 * when it ends (RFC 8594), and where to read on.
 *
 * @param read - the version as this request read it; undefined for a request that read nothing
 */
export function versionHeaders(read: ApiVersion | null | undefined, origin: string, path: string, now: number): Record<string, string> {
  if (read !== undefined) last = { version: read, until: now + KEPT_MS };
  const version = last.until > now ? last.version : null;
  if (!version) return {};
  const successor = version.successor && `<${origin}${path.replace("/v1", `/${version.successor}`)}>; rel="successor-version"`;
  return {
    Deprecation: `@${Math.floor(version.deprecatedAt.getTime() / 1_000)}`,
    ...(version.sunsetAt ? { Sunset: version.sunsetAt.toUTCString() } : {}),
    Link: [`<${origin}/docs/migrate>; rel="deprecation"`, `<${origin}/docs/policy>; rel="sunset"`, ...(successor ? [successor] : [])].join(
      ", ",
    ),
  };
}
