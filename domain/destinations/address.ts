/** A span of addresses, by its first one and how many of its leading bits count. */
type Span = readonly [first: string, bits: number];

/** IPv4 that is not of the public internet: IANA's special-purpose registry (PLATFORM §14). */
const BLOCKED_V4: readonly Span[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** Global unicast: all of IPv6 that can be public. Loopback, mapped IPv4, unique local, link local and multicast lie outside it. */
const GLOBAL_V6: Span = ["2000::", 3];

/** What of the global unicast space is not public either. */
const BLOCKED_V6: readonly Span[] = [
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

/**
 * Whether an address, as a name server writes it, is one of the public internet. Whatever cannot be read
 * as an address in its ordinary spelling is not.
 */
export function isPublicAddress(address: string): boolean {
  const v4 = bitsOfV4(address);
  if (v4 !== null) return !BLOCKED_V4.some(([first, bits]) => v4.startsWith((bitsOfV4(first) as string).slice(0, bits)));
  const v6 = bitsOfV6(address);
  const within = ([first, bits]: Span): boolean => v6 !== null && v6.startsWith((bitsOfV6(first) as string).slice(0, bits));
  return within(GLOBAL_V6) && !BLOCKED_V6.some(within);
}

const binary = (value: number, width: number): string => value.toString(2).padStart(width, "0");

/** The 32 bits of an address of four decimal numbers; null for any other text, numbers with leading zeros among them. */
function bitsOfV4(address: string): string | null {
  const parts = address.split(".");
  const isPlain = parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
  return isPlain ? parts.map((part) => binary(Number(part), 8)).join("") : null;
}

/** The 128 bits of an IPv6 address in any of its spellings; null for any other text. */
function bitsOfV6(address: string): string | null {
  // the URL parser knows every spelling and writes the shortest one
  const shortest = /^[\da-fA-F:.]+$/.test(address) ? URL.parse(`http://[${address}]/`)?.hostname.slice(1, -1) : undefined;
  if (shortest === undefined) return null;
  const [head = "", tail] = shortest.split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const missing = 8 - groups(head).length - groups(tail ?? "").length;
  const all = [...groups(head), ...Array.from({ length: missing }, () => "0"), ...groups(tail ?? "")];
  return all.map((group) => binary(Number.parseInt(group, 16), 16)).join("");
}
