import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memberships } from "#db/schema/identity.ts";
import { PARTNER_KEYS, populated, type RunningWorker, startWorker } from "../http/worker.ts";
import { type Client, clientOf } from "../partner/clients.ts";
import { CHALLENGE, VERIFIER } from "../partner/consents.ts";
import { faultsOf, hasChromium, markupFaultsOf, openBrowser } from "./browser.ts";

describe.runIf(hasChromium)("the consent page, as a browser shows it", () => {
  let [browser, worker, app]: [Browser?, RunningWorker?, Server?] = [];
  let world: Awaited<ReturnType<typeof populated>>;
  let rosa: Awaited<ReturnType<typeof world.recruiter>>;
  let client: Client;
  let redirectUri: string;
  /** What reached the application on its redirect. */
  const received: URL[] = [];

  beforeAll(async () => {
    app = createServer((request, response) => {
      received.push(new URL(request.url ?? "", "http://127.0.0.1"));
      response.end("<!doctype html><title>Board Sync</title>Connected");
    });
    const listening = app.listen(0, "127.0.0.1");
    await once(listening, "listening");
    redirectUri = `http://127.0.0.1:${(listening.address() as AddressInfo).port}/callback`;
    [browser, world] = await Promise.all([openBrowser(), populated()]);
    worker = await startWorker({ databaseUrl: world.database.url });
    rosa = await world.recruiter("Rosa Parks");
    client = await clientOf({ db: world.db, env: { ...PARTNER_KEYS, ENVIRONMENT: "development" } }, rosa.recruiterId, rosa, {
      name: "Board Sync",
      authMethod: "none",
      redirectUris: ["http://127.0.0.1/callback"],
    });
  }, 120_000);
  afterAll(() => Promise.all([browser?.close(), worker?.stop(), new Promise((resolve) => app?.close(resolve))]));

  const asked = (scope: string, more: Record<string, string> = {}): string =>
    `${worker?.origin}/oauth/authorize?${new URLSearchParams({
      client_id: client.clientId,
      response_type: "code",
      redirect_uri: redirectUri,
      code_challenge: CHALLENGE,
      code_challenge_method: "S256",
      state: "s-1",
      scope,
      ...more,
    }).toString()}`;

  /** A browser in which somebody is signed in. */
  async function signedIn(userId: string, options: { javaScriptEnabled?: boolean } = {}): Promise<BrowserContext> {
    const context = await (browser as Browser).newContext(options);
    await context.request.post(`${worker?.origin}/dev/sign-in`, {
      form: { user_id: userId },
      headers: { "sec-fetch-site": "same-origin" },
      maxRedirects: 0,
    });
    return context;
  }

  async function looksWell(userId: string, url: string): Promise<void> {
    const context = await signedIn(userId);
    const storageState = await context.storageState();
    expect(await faultsOf(browser as Browser, url, { storageState })).toEqual([]);
    expect(await markupFaultsOf(await (await context.request.get(url)).text())).toEqual([]);
    await context.close();
  }

  it("asks", () => looksWell(rosa.userId, asked("read:roles read:candidates write:submissions")));

  describe("to somebody with several accounts", () => {
    let person: typeof rosa;
    let acme: { id: string; organizationId: string };

    beforeAll(async () => {
      [person, acme] = [await world.recruiter("Ann Lee"), await world.company("Acme Industries")];
      await world.db.writer
        .insert(memberships)
        .values({ userId: person.userId, roleName: "company_admin", organizationId: acme.organizationId });
    });

    it("offers them", () => looksWell(person.userId, asked("read:roles")));

    it("asks for the chosen one", () => looksWell(person.userId, asked("read:roles write:roles", { account_id: acme.id })));
  });

  it("leads nowhere", () => looksWell(rosa.userId, asked("read:roles", { client_id: "A".repeat(16) })));

  it.each([true, false])("gives the application a code under the page's own policy, script or not: %s", async (javaScriptEnabled) => {
    const person = await world.recruiter("Rosa");
    const context = await signedIn(person.userId, { javaScriptEnabled });
    const page = await context.newPage();
    await page.goto(asked("read:roles"));
    await page.click("button:text-is('Allow')");
    await page.waitForURL(/\/callback\?/);
    expect(await page.textContent("body")).toBe("Connected");
    const answer = received.findLast(({ pathname }) => pathname === "/callback")?.searchParams;
    expect([answer?.get("state"), answer?.get("iss")]).toEqual(["s-1", worker?.origin]);
    const tokens = await fetch(`${worker?.origin}/oauth/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "authorization_code",
        client_id: client.clientId,
        code: answer?.get("code") ?? "",
        redirect_uri: redirectUri,
        code_verifier: VERIFIER,
      }),
    });
    expect(tokens.status).toBe(200);
    await context.close();
  });

  it("shows only what is new the next time, and takes a no to the application", async () => {
    const person = await world.recruiter("Rosa");
    const context = await signedIn(person.userId);
    const page = await context.newPage();
    await page.goto(asked("read:roles"));
    await page.click("button:text-is('Allow')");
    await page.waitForURL(/\/callback\?/);
    await page.goto(asked("read:roles read:payouts"));
    expect(await page.locator("main li").allTextContents()).toEqual(["See payouts"]);
    await page.click("button:text-is('Do not allow')");
    await page.waitForURL(/error=access_denied/);
    await context.close();
  });
});
