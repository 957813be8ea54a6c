import { afterAll, describe, expect, it } from "vitest";
import { destinations } from "#integrations/destinations/destinations.ts";
import { startNameServer } from "#local/name-server.ts";

const names = await startNameServer({ port: 0 });
afterAll(() => names.stop());

let clock = 0;
const guard = destinations({ server: names.url, ownZones: ["splits.network"], allowLoopback: false, now: () => clock });
const fresh = { fresh: true };

describe("the guard and its name server", () => {
  it("lets a name pass whose every address is public", async () => {
    expect(await guard.check("https://Hooks.Example.com./in", "webhook", fresh)).toEqual({
      open: true,
      url: "https://hooks.example.com/in",
    });
    expect(names.asked("hooks.example.com")).toBe(1);
  });

  it.each(["private", "metadata", "mixed", "mixed-v6"])("blocks a name with %s answers", async (label) => {
    expect(await guard.check(`https://${label}.example.com/`, "webhook", fresh)).toEqual({ open: false, reason: "blocked_destination" });
  });

  it.each(["nowhere", "empty", "broken", "half-broken"])("says of a name that is %s that it has no address", async (label) => {
    expect(await guard.check(`https://${label}.example.com/`, "webhook", fresh)).toEqual({ open: false, reason: "unresolvable" });
  });

  it("does not wait for a name server that is slow", { timeout: 9_000 }, async () => {
    expect(await guard.check("https://slow.example.com/", "webhook", fresh)).toEqual({ open: false, reason: "unasked" });
  });

  it("says nothing of any name without a name server", async () => {
    const alone = destinations({ server: "http://127.0.0.1:9/dns-query", ownZones: [], allowLoopback: false });
    expect(await alone.check("https://example.com/", "webhook")).toEqual({ open: false, reason: "unasked" });
    const wordless = destinations({ server: names.url.replace("dns-query", "other"), ownZones: [], allowLoopback: false });
    expect(await wordless.check("https://example.com/", "webhook")).toEqual({ open: false, reason: "unasked" });
  });

  it("asks nobody about an address that its text rules out, or that needs no name", async () => {
    expect(await guard.check("https://api.splits.network/", "webhook", fresh)).toEqual({ open: false, reason: "blocked_destination" });
    expect(names.asked("api.splits.network")).toBe(0);
    const local = destinations({ server: names.url, ownZones: [], allowLoopback: true });
    expect(await local.check("http://127.0.0.1:4000/in", "webhook", fresh)).toEqual({ open: true, url: "http://127.0.0.1:4000/in" });
    expect(names.asked("127.0.0.1")).toBe(0);
  });

  it("believes an answer for five minutes, and no longer", async () => {
    const url = "https://turning.example.com/";
    clock = 1_000_000;
    expect(await guard.check(url, "webhook")).toEqual({ open: true, url });
    clock += 299_999;
    expect(await guard.check(url, "webhook")).toEqual({ open: true, url });
    expect(names.asked("turning.example.com")).toBe(1);
    clock += 1;
    expect(await guard.check(url, "webhook")).toEqual({ open: false, reason: "blocked_destination" });
  });

  it("asks again at once where it is told to", async () => {
    const url = "https://turning.example.org/";
    expect(await guard.check(url, "webhook", fresh)).toEqual({ open: true, url });
    expect(await guard.check(url, "webhook", fresh)).toEqual({ open: false, reason: "blocked_destination" });
  });

  it("does not remember that nobody answered", async () => {
    await guard.check("https://broken.example.org/", "webhook");
    await guard.check("https://broken.example.org/", "webhook");
    expect(names.asked("broken.example.org")).toBe(2);
  });
});
