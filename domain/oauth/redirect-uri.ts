/** A loopback address by its number; `localhost` may be somebody else's and is compared whole (RFC 8252 §8.3). */
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\])(?::\d{1,5})?(?=\/|\?|$)/;

/** The same address whatever the port, for a loopback one. */
const withoutPort = (uri: string): string => uri.replace(LOOPBACK, "http://$1");

/**
 * Whether an address is one of the registered ones: the same string (RFC 9700 §2.1), but for the
 * port of a loopback address, which a native app only knows at run time (RFC 8252 §7.3).
 */
export const isRegistered = (registered: readonly string[], uri: string): boolean =>
  registered.includes(uri) ||
  (LOOPBACK.test(uri) && URL.canParse(uri) && registered.some((each) => LOOPBACK.test(each) && withoutPort(each) === withoutPort(uri)));

/**
 * Whether only the client itself can receive what is sent to an address. A loopback port or a private
 * scheme on the person's machine may be another program's (RFC 8252 §8.6).
 */
export const isClaimed = (uri: string): boolean => uri.startsWith("https://");

/** The address as a CSP source: its origin, or its scheme where that cannot be written (a private scheme, IPv6). */
export function cspSource(uri: string): string {
  const { origin, protocol, hostname } = new URL(uri);
  return origin === "null" || hostname.startsWith("[") ? protocol : origin;
}

/** Adds parameters to an address as it was registered, character for character; what is null is left out. */
export function withParameters(uri: string, parameters: Readonly<Record<string, string | null>>): string {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== null);
  return `${uri}${uri.includes("?") ? "&" : "?"}${new URLSearchParams(given).toString()}`;
}
