/** What answers a request; each surface is a room of `workers/`. */
export type Surface = "api" | "console" | "white-label" | "embed" | "portal";

const NAMES: Readonly<Record<string, Surface>> = { api: "api", app: "console", cdn: "embed", candidate: "portal", portal: "portal" };

/** Under which all our names stand, in production and on a developer's machine. */
const ROOTS = ["splits.network", "localhost"];

/** On the machine's own bare names the path decides, so that one port serves everything (DESIGN R-20). */
const BARE = new Set(["127.0.0.1", "localhost", "[::1]"]);
const API_PATH =
  /^\/(?:api|oauth(?!\/authorize(?:\/|$))|\.well-known|docs|problems|openapi[^/]*|postman\.json|security|webhooks|stripe)(?:\/|$)/;

/** The surface behind an address; null where no surface has this name. */
export function surfaceOf(address: string): Surface | null {
  const { hostname, pathname } = new URL(address);
  if (BARE.has(hostname)) return API_PATH.test(pathname) ? "api" : "console";
  if (slugOfHost(hostname) !== null) return "white-label";
  const [, name = ""] = new RegExp(`^([a-z]+)\\.(?:${ROOTS.join("|")})$`).exec(hostname) ?? [];
  // locally the API answers on the bare names alone, where no cookie of a page is sent
  if (hostname === "api.localhost" || !Object.hasOwn(NAMES, name)) return null;
  return NAMES[name] ?? null;
}

const DOCUMENTATION = /^\/(?:docs|problems|openapi[^/]*|postman\.json)(?:\/|$)/;

/** Whether an address is of the documentation, which asks no database. */
export const isDocumentation = (address: string): boolean => DOCUMENTATION.test(new URL(address).pathname);

/** The company's slug in the name of its host; null for every other host. */
export const slugOfHost = (hostname: string): string | null =>
  new RegExp(`^([a-z0-9-]+)\\.roles\\.(?:${ROOTS.join("|")})$`).exec(hostname)?.[1] ?? null;

/**
 * The origin of one of our names, such as `acme.roles`, beside the console's: the same scheme, port and
 * root, so that a page on the developer's machine never leads away from it.
 */
export function originOf(name: string, consoleOrigin: string): string {
  const { protocol, hostname, port } = new URL(consoleOrigin);
  const root = ROOTS.find((each) => hostname.endsWith(`.${each}`)) ?? "localhost";
  return `${protocol}//${name}.${root}${port === "" ? "" : `:${port}`}`;
}

const LOGO = /^\/logo\/([0-9a-f]{64})$/;

/** The logo that an address names, on whatever host; null for every other address. */
export const logoKeyOf = (address: string): string | null => LOGO.exec(new URL(address).pathname)?.[1] ?? null;
