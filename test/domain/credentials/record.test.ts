import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressBlock, isAllowedFrom, networkOf } from "#domain/credentials/record.ts";

describe("an IP allowlist", () => {
  it.each([
    [[], "203.0.113.7", true],
    [[], null, true],
    [["203.0.113.0/24"], "203.0.113.255", true],
    [["203.0.113.0/24"], "203.0.114.0", false],
    [["203.0.113.7/32"], "203.0.113.7", true],
    [["203.0.113.7/32"], "203.0.113.8", false],
    [["0.0.0.0/0"], "255.255.255.255", true],
    [["0.0.0.0/0"], "2001:db8::1", false],
    [["2001:db8::/32"], "2001:db8:ffff::1", true],
    [["2001:db8::/32"], "2001:db9::1", false],
    [["::/0"], "203.0.113.7", false],
    [["203.0.113.0/24"], "::ffff:203.0.113.7", true],
    [["10.0.0.0/8", "2001:db8::/32"], "2001:DB8::A", true],
    [["10.0.0.0/8"], null, false],
    [["10.0.0.0/8"], "10.0.0", false],
    [["10.0.0.0/8"], "10.0.0.256", false],
    [["2001:db8::/32"], "2001:db8::1::2", false],
  ])("%j lets %s pass: %s", (allowlist, address, allowed) => {
    expect(isAllowedFrom(allowlist, address)).toBe(allowed);
  });

  it("of one network lets exactly its addresses pass", () => {
    const address = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 });
    const numberOf = (bytes: number[]) => bytes.reduce((value, byte) => value * 256 + byte, 0);
    fc.assert(
      fc.property(address, address, fc.integer({ min: 1, max: 32 }), (base, other, length) => {
        const size = 2 ** (32 - length);
        const first = Math.floor(numberOf(base) / size) * size;
        const network = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join(".");
        const inside = Math.floor(numberOf(other) / size) * size === first;
        expect(isAllowedFrom([`${network}/${length}`], other.join("."))).toBe(inside);
        expect(isAllowedFrom([`${network}/${length}`], base.join("."))).toBe(true);
      }),
    );
  });
});

describe("a network", () => {
  it.each([
    ["192.0.2.0/24", "192.0.2.0/24"],
    ["192.0.2.7", "192.0.2.7/32"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["2001:DB8::/32", "2001:db8::/32"],
    ["2001:0db8:0000:0000:0001:0000:0000:0000/80", "2001:db8:0:0:1::/80"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1/128"],
    ["2001:db8:1:1:1:1:0:1", "2001:db8:1:1:1:1:0:1/128"],
    ["::", "::/128"],
    ["::/0", "::/0"],
    ["::1", "::1/128"],
    ["1::", "1::/128"],
    ["100:0:0:a000::/64", "100:0:0:a000::/64"],
  ])("%s has one spelling: %s", (written, network) => {
    expect(networkOf(written)).toBe(network);
    expect(networkOf(network)).toBe(network);
  });

  it.each([
    "192.0.2.7/24",
    "192.0.2.0/33",
    "192.0.2.0/",
    "192.0.2.0/024",
    "192.0.2.0/-1",
    "192.0.2.0/24/24",
    "192.0.2",
    "2001:db8::1/32",
    "2001:db8::/129",
    "::ffff:192.0.2.0/120",
    "::ffff:c000:200/120",
    "localhost",
    "*",
    "",
  ])("%s is none", (written) => {
    expect(networkOf(written)).toBeNull();
  });
});

describe("an address", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["::ffff:203.0.113.7", "::ffff:203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2::9", "2001:db8:1:2::/64"],
    ["2001:db8:1:3::9", "2001:db8:1:3::/64"],
    ["unknown", "unknown"],
  ])("%s is counted as %s", (ip, block) => {
    expect(addressBlock(ip)).toBe(block);
  });
});
