import { isPublicAddress } from "#domain/destinations/address.ts";
import { type GuardRules, judgeDestination, RESOLVED_FOR_SECONDS } from "#domain/destinations/destination.ts";
import type { Destinations } from "#services/ports.ts";
import { resolveOverHttps } from "./dns-over-https.ts";

/** Whether every address of a host was public when it was last asked for. An isolate remembers so many hosts. */
const resolved = new Map<string, { isPublic: boolean; at: number }>();
const REMEMBERED_HOSTS = 1_000;

export interface GuardSettings extends Omit<GuardRules, "kind"> {
  /** The address of a name server over HTTPS. */
  server: string;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/** The outbound URL guard with its name server (PLATFORM §14). */
export function destinations({ server, now = Date.now, ...rules }: GuardSettings): Destinations {
  return {
    async check(url, kind, { fresh = false } = {}) {
      const destination = judgeDestination(url, { ...rules, kind });
      if (!destination.allowed) return { open: false, reason: "blocked_destination" };
      if (!destination.resolves) return { open: true, url: destination.url };
      const name = `${server} ${destination.host}`;
      const known = resolved.get(name);
      let isPublic = !fresh && known && now() - known.at < RESOLVED_FOR_SECONDS * 1_000 ? known.isPublic : undefined;
      if (isPublic === undefined) {
        const resolution = await resolveOverHttps(server, destination.host);
        if (resolution.kind === "unasked") return { open: false, reason: "unasked" };
        if (resolution.kind !== "addresses") return { open: false, reason: "unresolvable" };
        isPublic = resolution.addresses.every(isPublicAddress);
        if (resolved.size >= REMEMBERED_HOSTS) resolved.clear();
        resolved.set(name, { isPublic, at: now() });
      }
      return isPublic ? { open: true, url: destination.url } : { open: false, reason: "blocked_destination" };
    },
  };
}
