import { MAX_URL_LENGTH } from "#domain/destinations/destination.ts";

/** The table of the outbound URL guard (PLATFORM §14), as every place that asks the guard has to keep it. */

const listed = (text: string): readonly string[] => text.trim().split(/,\s+/);

/** Addresses that are not of the public internet. */
export const INNER_ADDRESSES = listed(`
  0.0.0.0, 0.1.2.3, 10.254.0.0, 100.64.0.0, 100.100.0.0, 100.127.255.255, 127.0.0.1, 169.254.45.1, 169.254.169.254, 172.16.0.0,
  172.31.255.255, 192.0.0.0, 192.0.0.255, 192.0.2.255, 192.88.99.1, 192.168.10.65, 198.18.0.0, 198.19.255.255, 198.51.100.65,
  203.0.113.6, 224.0.0.1, 239.255.255.255, 240.0.0.0, 250.10.20.30, 255.255.255.255, ::, ::1, ::ffff:8.8.8.8, ::ffff:127.0.0.1,
  ::ffff:0.0.0.1, 64:ff9b::808:808, 64:ff9b:1::1, 100::1, 2001:db8::1, 2002:7f00:1::1, 3fff::1, 5f00::1, fc00::1, fd12:3456::1,
  fe80::1, febf::1, fec0::1, ff02::1`);

/** Neighbours of those that are. */
export const PUBLIC_ADDRESSES = listed(`
  1.1.1.1, 8.8.8.8, 9.255.255.255, 11.0.0.0, 100.63.255.255, 100.128.0.0, 172.15.255.255, 172.32.0.0, 192.0.1.0, 198.17.255.255,
  198.20.0.0, 223.255.255.255, 2001:4860:4860::8888, 2606:4700::1111, 2a00:1450::1`);

const octets = (address: string, written: (byte: number) => string): string => address.split(".").map(Number).map(written).join(".");

/** An address as a URL's host in each way to hide it: none of them is a name. */
function spellings(address: string): string[] {
  if (address.includes(":")) return [`https://[${address}]/`];
  const number = address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
  return [
    address,
    `${address}.`,
    `example.com@${address}`,
    String(number),
    `0x${number.toString(16)}`,
    octets(address, (byte) => `0${byte.toString(8)}`),
    `[::ffff:${address}]`,
    // what IDNA brings to digits and dots
    octets(address, (byte) => String(byte).replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))),
  ].map((host) => `https://${host}/`);
}

/** URLs that nothing is sent to, whatever a name server says. */
export const REFUSED_URLS: readonly string[] = [
  ...listed(`
    http://example.com/, https://0x7f000001/, https://2130706433/, https://0177.0.0.1/, https://127.1/, https://①②⑦.0.0.1/,
    https://[::1]/, https://localhost./, https://intranet/, https://a.internal/, https://u:p@example.com/, https://example.com/#f,
    https://example.com:22/`),
  ...[...INNER_ADDRESSES, "8.8.8.8", "2606:4700::1111"].flatMap(spellings),
  "https://017700000001/",
  "https://0X7F.0.0.0x1/",
  "https://127。0。0。1:8443/",
  "https://[0:0:0:0:0:FFFF:7f00:1]/",
  "https://u:p@[FE80::1]:8443/",
  "https://0x7f.1/",
  "https://LOCALHOST/",
  "https://ｌｏｃａｌｈｏｓｔ/",
  "https://app.localhost/",
  "https://a.local/",
  "https://a.INTERNAL./",
  "https://a.internal../",
  "https://ａ.ｉｎｔｅｒｎａｌ/",
  "https://a..example.com/",
  "https://.example.com/",
  "https://./",
  "https://intranet./",
  "https://router.home.arpa/",
  "https://a.test/",
  "https://abcdefgh.onion/",
  "https://metadata.google.internal/",
  "https://metadata.goog/computeMetadata/v1/",
  "https://metadata.azure.com/",
  "https://splits.network/",
  "https://api.splits.network./hook",
  "https://API.SPLITS.NETWORK/hook",
  "https://ａｐｉ.splits.network/hook",
  "https://u@example.com/",
  "https://:p@example.com/",
  "https://example.com@127.0.0.1/",
  "https://example.com/#",
  "https://example.com:80/",
  "https://example.com:0/",
  "http://example.com:443/",
  "ftp://example.com/",
  "file:///etc/passwd",
  "javascript:alert(1)",
  "//example.com/",
  "example.com",
  "https://",
  "https://exa mple.com/",
  // short as it is written, too long as it is sent
  `https://example.com/${"ü".repeat(700)}`,
];

/** URLs that something is sent to, and how they are kept. */
export const ACCEPTED_URLS: readonly (readonly [written: string, kept: string])[] = [
  ["https://example.com:8443/h", "https://example.com:8443/h"],
  ["https://bücher.example/", "https://xn--bcher-kva.example/"],
  ["https://example.com", "https://example.com/"],
  ["https://example.com:443/h?a=b", "https://example.com/h?a=b"],
  ["https://Example.COM./h", "https://example.com/h"],
  ["https://notsplits.network/", "https://notsplits.network/"],
  ["https://internal.example.com/", "https://internal.example.com/"],
  [" https://example.com/h\n", "https://example.com/h"],
  ["https:\\\\example.com\\h", "https://example.com/h"],
];

/** Longer than any URL may be. */
export const ENDLESS_URL = `https://example.com/${"a".repeat(MAX_URL_LENGTH)}`;
