import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deviceOf, HOME, returnPath } from "#domain/identity/session.ts";

describe("where a sign-in leads", () => {
  it.each(["/console/sessions", "/console/notifications?category=jobs&page=2", "/", "/a//b", "/%0d%0aSet-Cookie:x", "/.//elsewhere.test"])(
    "keeps the path %s",
    (path) => {
      expect(returnPath(path)).toBe(path);
    },
  );

  it.each([
    "//elsewhere.test",
    "/\\elsewhere.test",
    "/\t/elsewhere.test",
    "/\n/elsewhere.test",
    "/a\\..\\..\\elsewhere.test",
    "https://elsewhere.test/",
    "javascript:alert(1)",
    "console",
    "",
    " /console",
    "/console\r\nSet-Cookie: x=y",
    `/${"a".repeat(2_048)}`,
    null,
    undefined,
  ])("leads home instead of to %j", (given) => {
    expect(returnPath(given)).toBe(HOME);
  });

  it("never leaves the host, whatever is given", () => {
    const tricky = fc.string({
      unit: fc.constantFrom("/", "\\", ".", "\t", "\n", "@", ":", "?", "#", "a", "e.test", "https:", "%2f", "\u0000", "é"),
    });
    fc.assert(
      fc.property(tricky, (rest) => {
        const to = new URL(returnPath(`/${rest}`), "https://app.splits.network");
        expect(to.origin).toBe("https://app.splits.network");
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("a browser as its owner knows it", () => {
  it.each([
    ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"],
    [
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
      "Safari on macOS",
    ],
    [
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
      "Edge on Windows",
    ],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1",
      "Chrome on iPhone",
    ],
    ["Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36", "Chrome on Android"],
    ["Mozilla/5.0 (X11; CrOS x86_64 16093.0.0) AppleWebKit/537.36", "ChromeOS"],
    ["curl/8.5.0", null],
    [null, null],
  ])("%s", (userAgent, device) => {
    expect(deviceOf(userAgent)).toBe(device);
  });
});
