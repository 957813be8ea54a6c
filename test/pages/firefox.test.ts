import { createHash, randomBytes } from "node:crypto";
import { eq } from "drizzle-orm";
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  brands,
  candidatePortalTokens,
  companies,
  intakeRequests,
  intakeSettings,
  whiteLabelCodes,
  whiteLabelPages,
} from "#db/schema/ats.ts";
import { embedCode } from "#domain/intake/embed-code.ts";
import { freePort } from "#local/ports.ts";
import { populated, type RunningWorker, startWorker } from "../http/worker.ts";
import { hasFirefox, openFirefox } from "./firefox.ts";

const CDN = "cdn.splits.network";
const SITE = "https://careers.acme.example";
const DAY_MS = 86_400_000;

// What differs between browsers: which of our own forms they send with which Origin, and what a page's policy lets in (SURFACES §2.10).
describe.runIf(hasFirefox)("in Firefox", () => {
  let [firefox, worker]: [Awaited<ReturnType<typeof openFirefox>>?, RunningWorker?] = [];
  let world: Awaited<ReturnType<typeof populated>>;
  let port = 0;

  beforeAll(async () => {
    world = await populated();
    port = await freePort();
    [worker, firefox] = await Promise.all([
      startWorker({ databaseUrl: world.database.url, port, secure: true }),
      openFirefox({ host: CDN, port }),
    ]);
  }, 120_000);
  afterAll(async () => {
    await Promise.all([firefox?.close(), worker?.stop()]);
    await world.database.drop();
  });

  /** A page of somebody who was never here. */
  async function newPage(): Promise<Page> {
    const context = await firefox!.browser.createBrowserContext();
    return context.newPage();
  }

  const at = (name: string, path: string): string => `https://${name}.localhost:${port}${path}`;
  const pathOf = (page: Page): string => `${new URL(page.url()).pathname}${new URL(page.url()).search}`;
  const textOf = (page: Page, what: string): Promise<string> => page.$eval(what, ({ textContent }) => textContent ?? "");
  /** Sends the form that a button belongs to, and waits for the page that answers. */
  const send = (page: Page, button: string) => Promise.all([page.waitForNavigation(), page.click(button)]);

  it("the portal's own forms pass, though they name no origin: the link of a mail, and the sign-out", async () => {
    const { candidateId } = await world.candidate("Carla Candidate");
    const token = randomBytes(32).toString("base64url");
    await world.db.writer.insert(candidatePortalTokens).values({
      candidateId,
      token: createHash("sha256").update(token).digest("hex"),
      issuedAt: new Date(),
      expiresAt: new Date(Date.now() + DAY_MS),
    });
    const page = await newPage();
    await page.goto(at("candidate", `/${token}`));
    expect(await textOf(page, "main")).not.toContain("Carla");
    await send(page, "main form button");
    expect([pathOf(page), await textOf(page, "h1")]).toEqual(["/", "Your applications"]);
    expect(await textOf(page, "main")).toContain("Carla Candidate");
    await send(page, "form[action='/sign-out'] button");
    expect(pathOf(page)).toBe("/login?done=signed-out");
    await page.goto(at("candidate", "/"));
    expect(await page.$("#email")).not.toBeNull();
  });

  it("a private page of a company opens by its code, and the cookie stays", async () => {
    const { id: companyId } = await world.company("Harbor");
    await world.db.writer.insert(whiteLabelPages).values({ companyId, visibility: "private", roles: "all" });
    const codeHash = createHash("sha256").update("K7QXM4PW2RTD").digest("hex");
    await world.db.writer
      .insert(whiteLabelCodes)
      .values({ companyId, label: "Partner", codeHash, expiresAt: new Date(Date.now() + DAY_MS) });
    const [row] = await world.db.reader.select({ slug: companies.slug }).from(companies).where(eq(companies.id, companyId));
    const page = await newPage();
    await page.goto(at(`${row?.slug}.roles`, "/"));
    expect([pathOf(page).split("?")[0], await textOf(page, "main")]).toEqual(["/access", expect.not.stringContaining("Harbor")]);
    await page.type("#code", "WRONG");
    await send(page, "main form button");
    expect(await textOf(page, "#code-error")).not.toBe("");
    await page.$eval("#code", (field) => ((field as unknown as { value: string }).value = ""));
    await page.type("#code", "K7QX-M4PW-2RTD");
    await send(page, "main form button");
    expect([pathOf(page), await textOf(page, "body")]).toEqual(["/", expect.stringContaining("Harbor")]);
    await page.reload();
    expect(pathOf(page)).toBe("/");
  });

  it("the embed code runs on another's https page under a strict policy, and hands a role in", async () => {
    const { id } = await world.company("Acme Foods");
    await world.db.writer.insert(brands).values({ companyId: id, color: "#0a7d5c" });
    await world.db.writer.insert(intakeSettings).values({ companyId: id, allowedOrigins: [SITE], type: "modal" });
    const code = embedCode({ companyId: id, origin: `https://${CDN}`, name: "sw", type: null, label: "", target: "", pinned: null });
    const hash = createHash("sha256")
      .update(code.replace(/^<script>/, "").replace(/<\/script>$/, ""))
      .digest("base64");
    const policy = `default-src 'none'; script-src 'sha256-${hash}' 'strict-dynamic'; connect-src https://${CDN}; style-src 'self'; img-src data:`;
    const page = await newPage();
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    await page.setRequestInterception(true);
    page.on("request", (request) =>
      request.url().startsWith(SITE)
        ? void request.respond({
            contentType: "text/html",
            headers: { "content-security-policy": policy },
            body: `<!DOCTYPE html><html lang="en"><head><title>Careers</title><link rel="icon" href="data:,"></head><body><main><h1>Careers</h1>${code}</main></body></html>`,
          })
        : void request.continue(),
    );
    await page.goto(`${SITE}/jobs`);
    /** What stands in the widget, as a script of its page sees it. */
    const inside = (look: string): Promise<unknown> =>
      page.evaluate(`(() => { const { shadowRoot: root } = document.querySelector("splits-widget") ?? {}; return root && (${look}) })()`);
    await expect
      .poll(() => inside(`root.querySelector("button.modal") && getComputedStyle(root.querySelector("button.modal")).backgroundColor`))
      .toBe("rgb(10, 125, 92)");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expect.poll(() => inside("root.activeElement?.ariaLabel")).toBe("Close");
    for (const words of ["Kim Example", "kim@acme.example", "Head of Kitchen", "", "", "Runs the kitchen.", ""]) {
      await page.keyboard.press("Tab");
      await page.keyboard.type(words);
    }
    await page.keyboard.press("Enter");
    await expect.poll(() => inside("root.activeElement?.role"), { timeout: 10_000 }).toBe("status");
    expect(await world.db.reader.select().from(intakeRequests).where(eq(intakeRequests.companyId, id))).toMatchObject([
      { origin: SITE, widgetType: "modal", fields: { role_title: "Head of Kitchen" } },
    ]);
    expect(faults).toEqual([]);
  });
});
