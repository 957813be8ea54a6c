import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningWorker, startWorker } from "../http/worker.ts";
import { type TestDatabase, testDatabase } from "../database.ts";
import { faultsOf, hasChromium, markupFaultsOf, openBrowser, shoot } from "./browser.ts";

describe.runIf(hasChromium)("the documentation, as a browser shows it", () => {
  let [browser, worker, database]: [Browser?, RunningWorker?, TestDatabase?] = [];
  const origin = () => worker?.origin ?? "";

  beforeAll(async () => {
    [browser, database] = await Promise.all([openBrowser(), testDatabase()]);
    worker = await startWorker({ databaseUrl: database.url });
  }, 120_000);
  afterAll(() => Promise.all([browser?.close(), worker?.stop(), database?.drop()]));

  it("shows every call under the policy of every page, from files of our own", async () => {
    const page = await (browser as Browser).newPage();
    const [faults, elsewhere]: [string[], string[]] = [[], []];
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    page.on("pageerror", (error) => faults.push(error.message));
    page.on(
      "request",
      (request) => !/^(data|blob):/.test(request.url()) && !request.url().startsWith(origin()) && elsewhere.push(request.url()),
    );
    await page.goto(`${origin()}/docs`);
    await page.waitForSelector(".opblock");
    const { paths } = (await (await fetch(`${origin()}/openapi.json`)).json()) as { paths: Record<string, object> };
    const operations = Object.values(paths).flatMap((methods) => Object.keys(methods));
    expect(await page.locator(".opblock").count()).toBe(operations.length);
    await page.locator(".opblock-summary-control").first().click();
    await page.waitForSelector(".opblock-body");
    await shoot(page, "open");
    expect(faults).toEqual([]);
    expect(elsewhere).toEqual([]);
    await page.close();
  });

  it("is written well, and links what it is made of", async () => {
    const answer = await fetch(`${origin()}/docs`);
    expect(answer.headers.get("content-security-policy")).toContain("script-src 'self';");
    expect(await markupFaultsOf(await answer.text())).toEqual([]);
    for (const path of ["/openapi.json", "/openapi-3.1.json", "/postman.json"]) {
      const linked = await fetch(origin() + path);
      expect([path, linked.status, typeof (await linked.json())]).toEqual([path, 200, "object"]);
    }
  });

  it("is dark where the system is", async () => {
    const page = await (browser as Browser).newPage({ colorScheme: "dark" });
    await page.goto(`${origin()}/docs`);
    await page.waitForSelector("html.dark-mode .opblock");
    await shoot(page, "dark");
    await page.close();
  });

  it("leads from the guide to the examples, and nowhere else than to pages that are there", async () => {
    const [seen, waiting] = [new Set<string>(), ["/docs/start"]];
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      const answer = await fetch(origin() + path);
      const html = await answer.text();
      expect([path, answer.status]).toEqual([path, 200]);
      for (const [, elsewhere, anchor = ""] of html.matchAll(/<a href="(\/[^"#]*)?(?:#([^"]*))?"/g)) {
        const to: string = elsewhere ?? path;
        if (to === path) expect(anchor === "" || html.includes(`id="${anchor}"`) ? "" : `${path}#${anchor}`).toBe("");
        if (!seen.has(to) && to !== path) waiting.push(to);
        seen.add(to);
      }
    }
    for (const name of ["javascript", "python", "ruby", "webhooks", "receiver-javascript", "receiver-python", "receiver-ruby"]) {
      expect(seen).toContain(`/docs/${name}`);
    }
    expect((await fetch(`${origin()}/docs/constructor`)).status).toBe(404);
  });

  it.each([
    ["whoever begins", "/docs/start"],
    ["an example to copy", "/docs/javascript"],
    ["webhooks", "/docs/webhooks"],
    ["each problem", "/docs/problems/insufficient_scope"],
    ["the move to another version", "/docs/migrate"],
    ["the end of a version", "/docs/policy"],
  ])("has a page for %s", async (_, path) => {
    const url = origin() + path;
    expect(await faultsOf(browser as Browser, url)).toEqual([]);
    expect(await markupFaultsOf(await (await fetch(url)).text())).toEqual([]);
  });
});
