import { describe, expect, it } from "vitest";
import { isPublicAddress } from "#domain/destinations/address.ts";
import { type GuardRules, judgeDestination, MAX_URL_LENGTH } from "#domain/destinations/destination.ts";

const WEBHOOK: GuardRules = { kind: "webhook", ownZones: ["splits.network"], allowLoopback: false };
const SIEM: GuardRules = { ...WEBHOOK, kind: "siem" };
const LOCAL: GuardRules = { ...WEBHOOK, allowLoopback: true };

const judged = (url: string, rules = WEBHOOK): string | null => {
  const destination = judgeDestination(url, rules);
  return destination.allowed ? destination.url : null;
};

describe("an address (PLATFORM §14)", () => {
  it.each(
    `0.0.0.0, 0.1.2.3, 10.254.0.0, 100.64.0.0, 100.100.0.0, 100.127.255.255, 127.0.0.1, 169.254.45.1, 169.254.169.254, 172.16.0.0,
     172.31.255.255, 192.0.0.0, 192.0.0.255, 192.0.2.255, 192.88.99.1, 192.168.10.65, 198.18.0.0, 198.19.255.255, 198.51.100.65,
     203.0.113.6, 224.0.0.1, 239.255.255.255, 240.0.0.0, 250.10.20.30, 255.255.255.255, ::, ::1, ::ffff:8.8.8.8, ::ffff:127.0.0.1,
     ::ffff:0.0.0.1, 64:ff9b::808:808, 64:ff9b:1::1, 100::1, 2001:db8::1, 2002:7f00:1::1, 3fff::1, 5f00::1, fc00::1, fd12:3456::1,
     fe80::1, febf::1, fec0::1, ff02::1`.split(/,\s+/),
  )("%s is not public", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(
    `1.1.1.1, 8.8.8.8, 9.255.255.255, 11.0.0.0, 100.63.255.255, 100.128.0.0, 172.15.255.255, 172.32.0.0, 192.0.1.0, 198.17.255.255,
     198.20.0.0, 223.255.255.255, 2001:4860:4860::8888, 2606:4700::1111, 2a00:1450::1`.split(/,\s+/),
  )("%s is public", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    "",
    "example.com",
    "8.8.8",
    "8.8.8.8.8",
    "8.8.8.256",
    "010.8.8.8",
    "0x8.8.8.8",
    "134744072",
    "fe80::1%eth0",
    "[2606:4700::1111]",
    "2606:4700::1111/64",
    "2001:DB8::1",
    "2001:0db8:0000:0000:0000:0000:0000:0001",
    "0:0:0:0:0:FFFF:0808:0808",
    "2606:4700:::1",
    " 8.8.8.8",
  ])("%j, which is none or hides one, is not public", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it("is the same in every spelling", () => {
    expect(isPublicAddress("2606:4700:0000:0000:0000:0000:0000:1111")).toBe(true);
    expect(isPublicAddress("2606:4700:0:0::1111")).toBe(true);
    expect(isPublicAddress("2A00:1450::1")).toBe(true);
  });
});

describe("a URL (PLATFORM §14)", () => {
  it.each([
    "http://example.com/",
    "https://0x7f000001/",
    "https://2130706433/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://①②⑦.0.0.1/",
    "https://[::1]/",
    "https://localhost./",
    "https://intranet/",
    "https://a.internal/",
    "https://u:p@example.com/",
    "https://example.com/#f",
    "https://example.com:22/",
    // the same in other spellings
    "https://127.0.0.1/",
    "https://127.0.0.1./",
    "https://127.0.0.1:8443/",
    "https://0x7f.1/",
    "https://017700000001/",
    "https://8.8.8.8/",
    "https://１２７.０.０.１/",
    "https://127。0。0。1/",
    "https://[::ffff:127.0.0.1]/",
    "https://[0:0:0:0:0:ffff:7f00:1]/",
    "https://[2606:4700::1111]/",
    "https://LOCALHOST/",
    "https://ｌｏｃａｌｈｏｓｔ/",
    "https://app.localhost/",
    "https://a.local/",
    "https://a.INTERNAL./",
    "https://a.internal../",
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
    "https://example.com:8088/",
    "https://example.com:0/",
    "http://example.com:443/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "//example.com/",
    "example.com",
    "https://",
    "https://exa mple.com/",
    "",
    `https://example.com/${"a".repeat(MAX_URL_LENGTH)}`,
    // short as it is written, too long as it is sent
    `https://example.com/${"ü".repeat(700)}`,
  ])("%s is refused", (url) => {
    expect(judged(url)).toBeNull();
  });

  it.each([
    ["https://example.com:8443/h", "https://example.com:8443/h"],
    ["https://bücher.example/", "https://xn--bcher-kva.example/"],
    ["https://example.com", "https://example.com/"],
    ["https://example.com:443/h?a=b", "https://example.com/h?a=b"],
    ["https://Example.COM./h", "https://example.com/h"],
    ["https://notsplits.network/", "https://notsplits.network/"],
    ["https://internal.example.com/", "https://internal.example.com/"],
    [" https://example.com/h\n", "https://example.com/h"],
    ["https:\\\\example.com\\h", "https://example.com/h"],
  ])("%s is accepted, as %s", (url, sent) => {
    expect(judged(url)).toBe(sent);
  });

  it("has room for exactly so many characters", () => {
    const head = "https://example.com/";
    expect(judged(head + "a".repeat(MAX_URL_LENGTH - head.length))).not.toBeNull();
    expect(judged(head + "a".repeat(MAX_URL_LENGTH - head.length + 1))).toBeNull();
  });

  it("names the host that has to be resolved", () => {
    expect(judgeDestination("https://bücher.example./h", WEBHOOK)).toEqual({
      allowed: true,
      url: "https://xn--bcher-kva.example/h",
      host: "xn--bcher-kva.example",
      resolves: true,
    });
  });

  it("may name the ports of a collector when it is one", () => {
    expect(judged("https://splunk.example.com:8088/services/collector", SIEM)).not.toBeNull();
    expect(judged("https://syslog.example.com:6514/", SIEM)).not.toBeNull();
    expect(judged("https://splunk.example.com:22/", SIEM)).toBeNull();
  });
});

describe("the switch for loopback (DESIGN R-24)", () => {
  it.each(["http://127.0.0.1:4000/h", "https://127.0.0.1/h", "HTTP://127.0.0.1:1", "http://127.0.0.1?a"])(
    "lets %s pass, without DNS",
    (url) => {
      expect(judgeDestination(url, LOCAL)).toMatchObject({ allowed: true, host: "127.0.0.1", resolves: false });
      expect(judged(url)).toBeNull();
    },
  );

  it.each([
    "http://127.1:4000/",
    "http://2130706433:4000/",
    "http://0x7f.0.0.1/",
    "http://127.0.0.1.:4000/",
    "http://127.0.0.2/",
    "http://localhost:4000/",
    "http://[::1]:4000/",
    "http://u:p@127.0.0.1:4000/",
    "http://127.0.0.1:4000/#f",
    "http://127.0.0.1.example.com/",
    "http://example.com/",
    "https://10.0.0.1/",
    "ftp://127.0.0.1/",
    `http://127.0.0.1/${"a".repeat(MAX_URL_LENGTH)}`,
  ])("but still refuses %s", (url) => {
    expect(judged(url, LOCAL)).toBeNull();
  });
});
