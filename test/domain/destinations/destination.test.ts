import { describe, expect, it } from "vitest";
import { isPublicAddress } from "#domain/destinations/address.ts";
import { type GuardRules, judgeDestination, MAX_URL_LENGTH } from "#domain/destinations/destination.ts";
import { ACCEPTED_URLS, ENDLESS_URL, INNER_ADDRESSES, PUBLIC_ADDRESSES, REFUSED_URLS } from "../../destinations.ts";

const WEBHOOK: GuardRules = { kind: "webhook", ownZones: ["splits.network"], allowLoopback: false };
const SIEM: GuardRules = { ...WEBHOOK, kind: "siem" };
const LOCAL: GuardRules = { ...WEBHOOK, allowLoopback: true };

const judged = (url: string, rules = WEBHOOK): string | null => {
  const destination = judgeDestination(url, rules);
  return destination.allowed ? destination.url : null;
};

describe("an address (PLATFORM §14)", () => {
  it.each(INNER_ADDRESSES)("%s is not public", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(PUBLIC_ADDRESSES)("%s is public", (address) => {
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
  it.each([...REFUSED_URLS, ENDLESS_URL, "", "https://example.com:8088/"])("%s is refused", (url) => {
    expect(judged(url)).toBeNull();
  });

  it.each(ACCEPTED_URLS)("%s is accepted, as %s", (url, sent) => {
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
