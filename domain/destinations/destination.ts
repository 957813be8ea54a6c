/** What we send to: a partner's webhook endpoint, or where an account's logs are pushed. */
export type DestinationKind = "webhook" | "siem";

/** An answer of a name server may be relied on for so long (PLATFORM §14). */
export const RESOLVED_FOR_SECONDS = 300;

export const MAX_URL_LENGTH = 2_048;

/** Ports beside 443: for a SIEM also Splunk's collector and syslog over TLS. */
const PORTS: Readonly<Record<DestinationKind, readonly string[]>> = {
  webhook: ["8443"],
  siem: ["8443", "8088", "6514"],
};

/** Names that mean a machine or a network of our own, with everything below them. */
const INNER_ZONES = ["localhost", "local", "internal", "home.arpa", "test", "onion"];

/** Under these names clouds give their machines credentials. */
const METADATA_NAMES = [
  "metadata.goog",
  "metadata.azure.com",
  "metadata.platformequinix.com",
  "metadata.packet.net",
  "metadata.tencentyun.com",
  "metadata.oraclecloud.com",
  "metadata.nicecloud.com",
  "kubernetes.default.svc",
];

/** The one host that the development switch lets through, written exactly so (DESIGN R-24). */
const LOOPBACK = /^https?:\/\/127\.0\.0\.1(?=[:/?#]|$)/i;

export interface GuardRules {
  kind: DestinationKind;
  /** Domains that are ours, with everything below them: nobody sends us to ourselves. */
  ownZones: readonly string[];
  /** The development switch: the host written `127.0.0.1` passes, by http or https, on any port. */
  allowLoopback: boolean;
}

export type Destination =
  /** `resolves`: the host is a name, and every address of it has to be public as well. */
  { allowed: true; url: string; host: string; resolves: boolean } | { allowed: false };

const REFUSED: Destination = { allowed: false };

/**
 * The outbound URL guard (PLATFORM §14): whether we may send to an address at all, as far as its text
 * tells. Every spelling is judged as the platform's own URL parser reads it, which is how it would be sent.
 *
 * @returns the address in its one spelling; nothing about why one is refused, which would tell of our network
 */
export function judgeDestination(text: string, { kind, ownZones, allowLoopback }: GuardRules): Destination {
  const url = URL.parse(text);
  if (!url || text.length > MAX_URL_LENGTH || url.href.length > MAX_URL_LENGTH) return REFUSED;
  if (url.username !== "" || url.password !== "" || url.href.includes("#")) return REFUSED;
  if (allowLoopback && LOOPBACK.test(text)) return { allowed: true, url: url.href, host: url.hostname, resolves: false };

  if (url.protocol !== "https:" || (url.port !== "" && !PORTS[kind].includes(url.port))) return REFUSED;
  const host = url.hostname.replace(/\.$/, "");
  const labels = host.split(".");
  if (isAddress(host) || labels.length < 2 || labels.includes("")) return REFUSED;
  const closed = [...INNER_ZONES, ...METADATA_NAMES, ...ownZones];
  if (closed.some((zone) => host === zone || host.endsWith(`.${zone}`))) return REFUSED;
  url.hostname = host;
  return { allowed: true, url: url.href, host, resolves: true };
}

/** Whether a host is an address instead of a name; the URL parser has brought every spelling of one to this. */
const isAddress = (host: string): boolean => host.startsWith("[") || /^[\d.]+$/.test(host);
