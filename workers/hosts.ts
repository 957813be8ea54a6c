/** What answers a request; each surface is a room of `workers/`. */
export type Surface = "api" | "console";

const NAMES: Readonly<Record<string, Surface>> = {
  "api.splits.network": "api",
  "app.splits.network": "console",
  "app.localhost": "console",
};

/** On the machine's own bare names the path decides, so that one port serves everything (DESIGN R-20). */
const BARE = new Set(["127.0.0.1", "localhost", "[::1]"]);
const API_PATH =
  /^\/(?:api|oauth(?!\/authorize(?:\/|$))|\.well-known|docs|problems|openapi[^/]*|postman\.json|security|webhooks|stripe)(?:\/|$)/;

/** The surface behind an address; null where no surface has this name. */
export function surfaceOf(address: string): Surface | null {
  const { hostname, pathname } = new URL(address);
  if (BARE.has(hostname)) return API_PATH.test(pathname) ? "api" : "console";
  return Object.hasOwn(NAMES, hostname) ? (NAMES[hostname] ?? null) : null;
}
