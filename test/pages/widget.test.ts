import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { eq } from "drizzle-orm";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { brands, intakeRequests, intakeSettings } from "#db/schema/ats.ts";
import { embedCode } from "#domain/intake/embed-code.ts";
import { freePort } from "#local/ports.ts";
import { VERSION } from "#widget/version.ts";
import { populated, type RunningWorker, startWorker } from "../http/worker.ts";
import { hasChromium, openBrowser, shoot, violationsIn } from "./browser.ts";

const SITE = "https://careers.acme.example";
const PLAIN_SITE = "http://www.acme-careers.example";
const WIDGET_BYTES = 4 * 1_024;
const BUILT = join(import.meta.dirname, "../../dist/public");
/** Ten posts an hour are let through from one address, so that each test has a company of its own. */
type Settings = Partial<typeof intakeSettings.$inferInsert>;

/** The embed code of the product requirements, unchanged. */
const embed = (companyId: string, options = "", name = "sw") => `<script>
  (function(w,d,s,o,f,js,fjs){
    w['SplitsWidget']=o;w[o]=w[o]||function(){(w[o].q=w[o].q||[]).push(arguments)};
    js=d.createElement(s),fjs=d.getElementsByTagName(s)[0];
    js.id=o;js.src=f;js.async=1;fjs.parentNode.insertBefore(js,fjs);
  }(window,document,'script','${name}','https://cdn.splits.network/widget.js'));
  ${name}('init', {companyId: '${companyId}'${options}});
</script>`;

const pageAround = (body: string, head = "") =>
  `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Careers at Acme</title><link rel="icon" href="data:,">${head}</head><body><main><h1>Careers</h1><p>Work with us.</p>${body}</main></body></html>`;

/** The text between the tags, as a policy allows it by its hash. */
const hashOf = (script: string) =>
  `'sha256-${createHash("sha256")
    .update(script.replace(/^<script>/, "").replace(/<\/script>$/, ""))
    .digest("base64")}'`;

/** What a browser has and Node has not. */
interface Styling {
  getComputedStyle(node: unknown): object;
}

interface Visit {
  html: string;
  csp?: string;
  origin?: string;
  colorScheme?: "light" | "dark";
  width?: number;
}

describe.runIf(hasChromium)("the widget, on pages that are not ours", () => {
  let [browser, worker]: [Browser?, RunningWorker?] = [];
  let world: Awaited<ReturnType<typeof populated>>;
  const contexts: BrowserContext[] = [];

  beforeAll(async () => {
    world = await populated();
    const port = await freePort();
    [worker, browser] = await Promise.all([
      startWorker({ databaseUrl: world.database.url, port, secure: true }),
      openBrowser(
        "--ignore-certificate-errors",
        `--host-resolver-rules=MAP cdn.splits.network:443 127.0.0.1:${port}, MAP *.roles.splits.network:443 127.0.0.1:${port}`,
        `--ip-address-space-overrides=127.0.0.1:${port}=public`, // our host is one; a public page may not ask a local one
      ),
    ]);
  }, 120_000);
  afterAll(async () => {
    await Promise.all(contexts.map((context) => context.close()));
    await Promise.all([browser?.close(), worker?.stop()]);
    await world.database.drop();
  });

  async function company(settings: Settings = {}): Promise<string> {
    const { id } = await world.company("Acme Foods");
    await world.db.writer.insert(brands).values({ companyId: id, color: "#0a7d5c" });
    await world.db.writer.insert(intakeSettings).values({ companyId: id, allowedOrigins: [SITE], ...settings });
    return id;
  }

  const taken = (companyId: string) => world.db.reader.select().from(intakeRequests).where(eq(intakeRequests.companyId, companyId));

  /** What an element looks like, whatever it stands in. */
  const styleOf = (element: Locator, property: string) =>
    element.evaluate((node, wanted) => Reflect.get((globalThis as unknown as Styling).getComputedStyle(node), wanted), property);

  /** Opens a page of a site that is not ours, and listens to what it says. */
  async function visit({ html, csp, origin = SITE, colorScheme = "light", width = 1280 }: Visit) {
    const context = await (browser as Browser).newContext({
      ignoreHTTPSErrors: true,
      colorScheme,
      viewport: { width, height: width === 320 ? 740 : 900 },
    });
    contexts.push(context);
    const page = await context.newPage();
    const [errors, requests, heard]: [string[], string[], string[]] = [[], [], []];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    page.on("request", (request) => request.url().includes("cdn.splits.network") && requests.push(new URL(request.url()).pathname));
    await page.exposeFunction("hear", (name: string, detail: string) => heard.push(`${name} ${detail}`));
    await page.addInitScript(
      `for (const name of ["ready", "open", "close", "submitted", "error"]) addEventListener("splits:" + name, (event) => hear(name, JSON.stringify(event.detail)))`,
    );
    await page.route(`${origin}/**`, (route) =>
      route.fulfill({
        contentType: "text/html",
        body: html,
        ...(csp ? { headers: { "Content-Security-Policy": csp, "Content-Type": "text/html" } } : {}),
      }),
    );
    await page.goto(`${origin}/jobs`);
    return { page, errors, requests, heard, hears: (words: string) => untilHeard(heard, words) };
  }

  async function untilHeard(heard: readonly string[], words: string): Promise<void> {
    await expect.poll(() => heard.join("\n"), { timeout: 10_000 }).toContain(words);
  }

  async function fillIn(page: Page): Promise<void> {
    await page.getByLabel("Your name").fill("Kim Example");
    await page.getByLabel("Your e-mail").fill("kim@acme.example");
    await page.getByLabel("Role title").fill("Head of Kitchen");
    await page.getByLabel("What the role is about").fill("Runs the kitchen.");
  }

  const axe = async (page: Page) =>
    (await violationsIn(page)).map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);

  const focused = (page: Page) =>
    page.evaluate(
      `(() => { const inner = document.activeElement.shadowRoot?.activeElement ?? document.activeElement; return inner.getAttribute("aria-label") || inner.name || inner.getAttribute("role") || inner.textContent })()`,
    );

  it("weighs at most 4 KB, and is served as its manifest says", async () => {
    const script = await readFile(join(BUILT, "widget.js"));
    expect(gzipSync(script, { level: 9 }).length).toBeLessThanOrEqual(WIDGET_BYTES);
    const { page } = await visit({ html: pageAround("") });
    const answers =
      await page.evaluate(`Promise.all(["/widget.js", "/widget/${VERSION}/widget.js", "/widget/manifest.json"].map(async (path) => {
      const answer = await fetch("https://cdn.splits.network" + path);
      return [answer.status, answer.headers.get("cache-control"), await answer.text()];
    }))`);
    const [moving, pinned, manifest] = answers as [number, string, string][];
    expect(moving?.slice(0, 2)).toEqual([200, "public, max-age=300, stale-while-revalidate=86400"]);
    expect(pinned?.slice(0, 2)).toEqual([200, "public, max-age=31536000, immutable"]);
    expect(manifest?.slice(0, 2)).toEqual([200, "public, max-age=300, stale-while-revalidate=86400"]);
    const integrity = `sha384-${createHash("sha384").update(String(pinned?.[2])).digest("base64")}`;
    expect(JSON.parse(String(manifest?.[2]))).toMatchObject({ latest: VERSION, versions: { [VERSION]: integrity } });
  });

  it("runs the embed code byte for byte and hands a role in", async () => {
    const id = await company();
    const { page, errors, requests, heard, hears } = await visit({ html: pageAround(embed(id)) });
    await hears("ready");
    expect(requests).toEqual(["/widget.js", `/api/v1/intake/${id}`]);
    expect(await focused(page)).not.toBe("contact_name"); // an inline form takes no focus by itself
    for (const [colorScheme, width] of [
      ["light", 1280],
      ["light", 320],
    ] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      expect(await axe(page)).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")).toBe(0);
      await shoot(page, `${colorScheme} ${width}`);
    }
    await fillIn(page);
    await page.getByRole("button", { name: "Send" }).click();
    await hears("submitted");
    const [row] = await taken(id);
    expect(row).toMatchObject({ origin: SITE, widgetType: "inline", fields: { role_title: "Head of Kitchen" } });
    expect(heard).toEqual([`ready {"id":"${id}"}`, `submitted {"id":"${row?.id}"}`]);
    expect(await focused(page)).toBe("status");
    await shoot(page, "sent");
    expect(errors).toEqual([]);
  });

  it.each([
    ["a hash with strict-dynamic", (code: string) => `script-src ${hashOf(code)} 'strict-dynamic'`, (code: string) => code],
    [
      "a nonce with strict-dynamic",
      () => "script-src 'nonce-abc' 'strict-dynamic'",
      (code: string) => code.replace("<script>", '<script nonce="abc">'),
    ],
  ])("runs under a strict policy: %s", async (_, policy, written) => {
    const id = await company({ type: "modal" });
    const code = embed(id);
    const csp = `default-src 'none'; ${policy(code)}; connect-src https://cdn.splits.network; style-src 'self'; img-src data:`;
    const { page, errors, hears } = await visit({ html: pageAround(written(code)), csp });
    await hears("ready");
    const button = page.getByRole("button", { name: "Hand in a role" });
    expect(await styleOf(button, "backgroundColor")).toBe("rgb(10, 125, 92)");
    await button.click();
    expect(await focused(page)).toBe("Close");
    await fillIn(page);
    await page.getByRole("button", { name: "Send" }).click();
    await hears("submitted");
    expect(errors).toEqual([]);
  });

  it("runs pinned by its hash, and not at all with another", async () => {
    const id = await company();
    const { versions } = JSON.parse(await readFile(join(BUILT, "widget/manifest.json"), "utf8"));
    const wish = { companyId: id, origin: "https://cdn.splits.network", name: "sw", type: null, label: "", target: "" };
    expect(embedCode({ ...wish, pinned: null })).toBe(embed(id));
    const pinned = (integrity: string) => embedCode({ ...wish, pinned: { path: `/widget/${VERSION}/widget.js`, integrity } });
    const good = await visit({ html: pageAround(pinned(versions[VERSION])) });
    await good.hears("ready");
    const bad = await visit({ html: pageAround(pinned(`sha384-${"A".repeat(64)}`)) });
    await expect.poll(() => bad.errors.join()).toContain("integrity");
    expect(bad.heard).toEqual([]);
  });

  it("works from the keyboard alone: open, fill, fail, correct, send, close", async () => {
    const id = await company({ type: "modal" });
    const { page, errors, heard, hears } = await visit({ html: pageAround(embed(id)) });
    await hears("ready");
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Hand in a role");
    await shoot(page, "button");
    await page.keyboard.press("Enter");
    await hears("open");
    expect(await focused(page)).toBe("Close");
    expect(await axe(page)).toEqual([]);
    await shoot(page, "dialog wide");
    await page.setViewportSize({ width: 320, height: 740 });
    expect(await axe(page)).toEqual([]);
    await shoot(page, "dialog narrow");
    await page.setViewportSize({ width: 1280, height: 900 });
    const stops: unknown[] = [];
    for (let count = 0; count < 7; count++) {
      await page.keyboard.press("Tab");
      stops.push(await focused(page));
    }
    expect(stops).toEqual(["contact_name", "contact_email", "role_title", "location", "employment_type", "description", "Send"]);
    await page.keyboard.press("Enter");
    expect(await focused(page)).toBe("contact_name");
    expect(await page.getByLabel("Your name").getAttribute("aria-invalid")).toBe("true");
    expect(await axe(page)).toEqual([]);
    await shoot(page, "dialog failed");
    for (const words of ["Kim", "kim@acme", "Cook"]) {
      await page.keyboard.type(words);
      await page.keyboard.press("Tab");
    }
    for (let count = 0; count < 2; count++) await page.keyboard.press("Tab");
    await page.keyboard.type("Cooks.");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    // the server knows better than the browser what an address is, and says it at the same place
    await hears("validation_failed");
    expect(await focused(page)).toBe("contact_email");
    expect(await page.getByText("Enter an address such as").isVisible()).toBe(true);
    await page.keyboard.press("End");
    await page.keyboard.type(".example");
    await page.keyboard.press("Enter");
    await hears("submitted");
    expect(await focused(page)).toBe("status");
    await page.keyboard.press("Escape");
    await hears("close");
    expect(await focused(page)).toBe("Hand in a role");
    expect(heard.map((each) => each.split(" ")[0])).toEqual(["ready", "open", "error", "submitted", "close"]);
    expect(await taken(id)).toHaveLength(1);
    expect(errors.filter((error) => !error.includes("422"))).toEqual([]);
  });

  it("floats, closes on its backdrop while untouched, and stays open once something was written", async () => {
    const id = await company({ type: "button", label: "Hire through us" });
    const { page, hears, heard } = await visit({ html: pageAround(embed(id)), width: 320 });
    await hears("ready");
    await shoot(page, "floating");
    expect(await axe(page)).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.getByRole("button", { name: "Hire through us" }).click();
    await page.mouse.click(5, 5);
    await hears("close");
    await page.getByRole("button", { name: "Hire through us" }).click();
    await page.getByLabel("Your name").fill("Kim");
    await page.mouse.click(5, 5);
    expect(await page.getByLabel("Your name").isVisible()).toBe(true);
    expect(heard.filter((each) => each.startsWith("close"))).toHaveLength(1);
  });

  it("is one widget where the code stands twice, and two for two companies", async () => {
    const [one, two] = [await company(), await company({ type: "modal" })];
    const twice = await visit({ html: pageAround(embed(one) + embed(one)) });
    await twice.hears("ready");
    await twice.page.waitForLoadState("networkidle");
    expect(await twice.page.locator("splits-widget").count()).toBe(1);
    expect(twice.heard).toHaveLength(1);
    const both = await visit({ html: pageAround(embed(one) + embed(two)) });
    await expect.poll(() => both.heard.length).toBe(2);
    expect(await both.page.locator("splits-widget").count()).toBe(2);
    await fillIn(both.page);
    await both.page.getByRole("button", { name: "Send" }).click();
    await both.hears("submitted");
    await both.page.getByRole("button", { name: "Hand in a role" }).click();
    await fillIn(both.page);
    await both.page.getByRole("button", { name: "Send" }).click();
    await expect.poll(() => both.heard.filter((each) => each.startsWith("submitted")).length, { timeout: 10_000 }).toBe(2);
    expect((await Promise.all([taken(one), taken(two)])).map(({ length }) => length)).toEqual([1, 1]);
    expect([...twice.errors, ...both.errors]).toEqual([]);
  });

  it("comes back where a page draws itself anew, and stays where it is only asked again", async () => {
    const id = await company();
    const { page, errors, heard } = await visit({ html: pageAround(`<div id="hire"></div>${embed(id, ", target: '#hire'")}`) });
    await expect.poll(() => heard.length).toBe(1);
    await page.getByLabel("Your name").fill("Kim");
    // as frameworks do: what they know of an element hangs on it, and goes in circles
    const again = `{ const target = document.querySelector("#hire"); target.own = { target }; sw("init", { companyId: "${id}", target }); }`;
    await page.evaluate(again);
    await expect.poll(() => heard.length).toBe(2); // asked otherwise than by the embed code
    await page.getByLabel("Your name").fill("Kim");
    await page.evaluate(again);
    expect(await page.getByLabel("Your name").inputValue()).toBe("Kim");
    await page.evaluate(`document.querySelector("#hire").replaceChildren()`);
    await page.evaluate(again);
    await expect.poll(() => heard.length).toBe(3);
    expect(await page.locator("#hire splits-widget").count()).toBe(1);
    expect(errors).toEqual([]);
  });

  it("shows what a company wrote as words, whatever stands in them", async () => {
    const nasty = `<img src=x onerror="nasty = true"></script>"'&`;
    const field = { name: "contact_name", label: nasty, type: "select" as const, required: false, options: [nasty] };
    const id = await company({ type: "modal", label: nasty, heading: nasty, thanks: nasty, fields: [field] as never });
    const { page, errors, hears } = await visit({ html: pageAround(embed(id)) });
    await hears("ready");
    await page.getByRole("button", { name: nasty }).click();
    expect(await page.getByRole("heading", { name: nasty }).textContent()).toBe(nasty);
    await page.getByRole("combobox").selectOption(nasty);
    await page.getByRole("button", { name: "Send" }).click();
    await hears("submitted");
    expect(await page.getByRole("status").textContent()).toBe(nasty);
    expect(await page.locator("splits-widget img").count()).toBe(0);
    expect(await page.evaluate("globalThis.nasty")).toBeUndefined();
    expect(errors).toEqual([]);
  });

  it("survives a page whose style hides everything", async () => {
    const id = await company({ type: "modal" });
    const hostile =
      "<style>*{all:unset!important} button{display:none!important} dialog,input{opacity:0!important;color:red!important}</style>";
    const { page, hears } = await visit({ html: pageAround(embed(id), hostile) });
    await hears("ready");
    await page.getByRole("button", { name: "Hand in a role" }).click();
    await fillIn(page);
    expect(await styleOf(page.getByLabel("Your name"), "borderTopWidth")).toBe("1px");
    await shoot(page, "hostile");
    await page.getByRole("button", { name: "Send" }).click();
    await hears("submitted");
  });

  it("takes another name where the page has an element with the id sw", async () => {
    const id = await company();
    const taken = await visit({ html: pageAround(`<div id="sw"></div>${embed(id)}`) });
    await expect.poll(() => taken.errors.join()).toContain("sw is not a function");
    const other = await visit({ html: pageAround(`<div id="sw"></div>${embed(id, "", "splits")}`) });
    await other.hears("ready");
    expect(other.errors).toEqual([]);
  });

  it("is opened and closed by the page, which hears of it; before there is a widget nothing happens", async () => {
    const id = await company({ type: "modal" });
    const listening = `window.told = []; sw("open"); sw("close"); sw("on", "open", ({ id }) => told.push("open " + id)); sw("on", "close", ({ id }) => told.push("close " + id))`;
    const early = embed(id).replace("  sw('init'", `  ${listening};\n  sw('init'`);
    const { page, errors, heard, hears } = await visit({ html: pageAround(early) });
    await hears("ready");
    expect(await page.getByRole("dialog").count()).toBe(0); // what was said too early is not made up for
    await page.evaluate(`sw("open")`);
    await hears("open");
    expect(await focused(page)).toBe("Close");
    await page.evaluate(`sw("open"); sw("close"); sw("close")`);
    await hears("close");
    expect(await focused(page)).not.toBe("Close");
    expect(await page.evaluate("told")).toEqual([`open ${id}`, `close ${id}`]);
    expect(heard.map((each) => each.split(" ")[0])).toEqual(["ready", "open", "close"]);
    expect(errors).toEqual([]);
  });

  it("opens as soon as it can where it was asked to before it was there", async () => {
    const id = await company({ type: "modal" });
    const { page, errors, hears } = await visit({ html: pageAround(embed(id).replace("</script>", "sw('open');\n</script>")) });
    await hears("open");
    expect(await page.getByLabel("Your name").isVisible()).toBe(true);
    expect(errors).toEqual([]);
  });

  it("asks the host that its script names, and stands in the element that is marked", async () => {
    const id = await company();
    const code = `<script id="sw" src="https://cdn.splits.network/widget.js" data-api="https://cdn.splits.network/elsewhere" async></script>`;
    const begun = `<script>window.SplitsWidget = "sw"; window.sw = function () { (sw.q = sw.q || []).push(arguments) }; sw("init", { companyId: "${id}" })</script>`;
    const visited = await visit({ html: pageAround("") });
    const { page } = visited;
    await page.route("**/elsewhere/api/v1/intake/**", (route) => route.fallback({ url: route.request().url().replace("/elsewhere", "") }));
    await page.route(`${SITE}/**`, (route) =>
      route.fulfill({ contentType: "text/html", body: pageAround(`<div data-splits-widget></div><p>After</p>${begun}${code}`) }),
    );
    await page.goto(`${SITE}/jobs`);
    await visited.hears("ready");
    expect(visited.requests).toEqual(["/widget.js", `/elsewhere/api/v1/intake/${id}`]);
    expect(await page.locator("[data-splits-widget] > splits-widget").count()).toBe(1);
    expect(visited.errors).toEqual([]);
  });

  it("stands where the page wants it, and lets the page say some words but no colours", async () => {
    const id = await company();
    const options = ", target: '#hire', heading: 'Bring us a role', color: '#ffffff', fields: [], thanks: 'Merci!'";
    const { page, hears } = await visit({ html: pageAround(`<div id="hire"></div><p>After</p>${embed(id, options)}`) });
    await hears("ready");
    expect(await page.locator("#hire splits-widget").count()).toBe(1);
    await page.getByRole("heading", { name: "Bring us a role" }).waitFor();
    expect(await styleOf(page.getByRole("button", { name: "Send" }), "backgroundColor")).toBe("rgb(10, 125, 92)");
    await fillIn(page);
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("Merci!").waitFor();
  });

  it("is dark on a page that is, and only there", async () => {
    const id = await company();
    const dark = await visit({
      html: pageAround(embed(id), "<style>:root{color-scheme:light dark}</style>"),
      colorScheme: "dark",
    });
    await dark.hears("ready");
    expect(await dark.page.locator("splits-widget").getAttribute("dark")).toBe("");
    expect(await axe(dark.page)).toEqual([]);
    await shoot(dark.page, "dark");
    await dark.page.setViewportSize({ width: 320, height: 740 });
    await shoot(dark.page, "dark narrow");
    expect(await axe(dark.page)).toEqual([]);
    const other = await company({ type: "modal" });
    for (const width of [1280, 320]) {
      const modal = await visit({
        html: pageAround(embed(other), "<style>:root{color-scheme:dark}</style>"),
        colorScheme: "dark",
        width,
      });
      await modal.hears("ready");
      await modal.page.getByRole("button", { name: "Hand in a role" }).click();
      await modal.hears("open");
      expect(await axe(modal.page)).toEqual([]);
      await shoot(modal.page, `dark dialog ${width}`);
    }
    const light = await visit({ html: pageAround(embed(id)), colorScheme: "dark" });
    await light.hears("ready");
    expect(await light.page.locator("splits-widget").getAttribute("dark")).toBeNull();
  });

  it("follows the person and the page from light to dark and back while it is open", async () => {
    const id = await company({ type: "modal" });
    const style = "<style>:root{color-scheme:light dark} [data-theme=light]{color-scheme:light} .night{color-scheme:dark}</style>";
    const { page, hears } = await visit({ html: pageAround(embed(id), style) });
    await hears("ready");
    await page.getByRole("button", { name: "Hand in a role" }).click();
    await hears("open");
    const dark = () => page.locator("splits-widget").getAttribute("dark");
    const sheet = () => styleOf(page.getByRole("dialog"), "backgroundColor");
    expect([await dark(), await sheet()]).toEqual([null, "rgb(255, 255, 255)"]);
    await page.emulateMedia({ colorScheme: "dark" });
    await expect.poll(dark).toBe("");
    expect(await sheet()).toBe("rgb(22, 23, 29)");
    expect(await axe(page)).toEqual([]);
    await shoot(page, "turned dark");
    await page.evaluate(`document.documentElement.dataset.theme = "light"`);
    await expect.poll(dark).toBeNull();
    await page.evaluate(`document.body.className = "night"`);
    await expect.poll(dark).toBe("");
    await page.evaluate(`document.querySelector("splits-widget").remove(); document.body.className = ""`);
  });

  it("waits for no server that hangs: it says so, keeps what was written, and tries again when it is told to", async () => {
    const id = await company();
    const { page, errors, hears, heard } = await visit({ html: pageAround("") });
    await page.clock.install();
    let isHanging = true;
    await page.route("**/api/v1/intake/**", (route) => (isHanging ? undefined : route.fallback()));
    await page.route(`${SITE}/**`, (route) => route.fulfill({ contentType: "text/html", body: pageAround(embed(id)) }));
    const asked = () => page.waitForRequest("**/api/v1/intake/**");
    await Promise.all([asked(), page.goto(`${SITE}/jobs`)]);
    await page.clock.fastForward(15_000);
    await hears('error {"code":"timeout"}');
    await page.getByText("There was no answer in time.").waitFor();
    expect(await page.getByRole("link").getAttribute("href")).toBe(`https://cdn.splits.network/intake/${id}`);
    for (const width of [1280, 320]) {
      await page.setViewportSize({ width, height: 740 });
      expect(await axe(page)).toEqual([]);
      await shoot(page, `no answer ${width}`);
    }
    const again = page.getByRole("button", { name: "Try again" });
    await Promise.all([asked(), again.click()]);
    await page.clock.fastForward(15_000);
    await expect.poll(() => heard.length).toBe(2);
    expect(await focused(page)).toBe("Try again");
    isHanging = false;
    await again.click();
    await hears("ready");
    expect([await again.count(), await focused(page)]).toEqual([0, "contact_name"]);
    await fillIn(page);
    isHanging = true;
    await Promise.all([asked(), page.getByRole("button", { name: "Send" }).click()]);
    await page.clock.fastForward(15_000);
    await page.getByText("There was no answer in time. What you wrote is still here").waitFor();
    expect(await focused(page)).toBe("status");
    await shoot(page, "not answered");
    isHanging = false;
    await page.getByRole("button", { name: "Send" }).click();
    await hears("submitted");
    expect(heard.map((each) => each.split(" ")[0])).toEqual(["error", "error", "ready", "error", "submitted"]);
    expect(await taken(id)).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  it("never leaves a hole: closed, unknown, plain http, no connection", { timeout: 60_000 }, async () => {
    const closed = await visit({ html: pageAround(embed(await company({ enabled: false }))) });
    await closed.hears("ready");
    await closed.page.getByText("takes no new roles at the moment. See its own page").waitFor();
    expect(await closed.page.getByRole("link").getAttribute("href")).toMatch(/^https:\/\/acme-foods-\d+\.roles\.localhost:\d+\/$/);
    await shoot(closed.page, "closed");

    const unknown = await visit({ html: pageAround(embed("company-uuid-here")) });
    await unknown.hears('error {"code":"not_found"}');
    await unknown.page.getByText("This form is not available.").waitFor();
    expect(await unknown.page.getByRole("link").count()).toBe(0);
    await shoot(unknown.page, "unknown");

    const plain = await visit({ html: pageAround(embed(await company())), origin: PLAIN_SITE });
    await plain.page.getByText("This page cannot send the form.").waitFor();
    await shoot(plain.page, "plain http");

    const id = await company();
    const offline = await visit({ html: pageAround("") });
    await offline.page.route("**/api/v1/intake/**", (route) => route.abort());
    await offline.page.route(`${SITE}/**`, (route) => route.fulfill({ contentType: "text/html", body: pageAround(embed(id)) }));
    await offline.page.goto(`${SITE}/jobs`);
    await offline.hears('error {"code":"offline"}');
    expect(await offline.page.getByRole("link").getAttribute("href")).toBe(`https://cdn.splits.network/intake/${id}`);
    await shoot(offline.page, "offline");
    for (const { page } of [closed, unknown, plain, offline]) expect(await axe(page)).toEqual([]);
  });

  it("keeps what was written when it cannot be sent, says why, and sends it then", async () => {
    const id = await company();
    const { page, hears, heard } = await visit({ html: pageAround(embed(id)) });
    await hears("ready");
    await fillIn(page);
    await page.context().setOffline(true);
    await page.getByRole("button", { name: "Send" }).click();
    await hears('error {"code":"offline"}');
    expect(await focused(page)).toBe("status");
    expect(await page.getByLabel("Role title").inputValue()).toBe("Head of Kitchen");
    await shoot(page, "not sent");
    expect(await axe(page)).toEqual([]);
    await page.context().setOffline(false);
    await page.getByRole("button", { name: "Send" }).click();
    await hears("submitted");
    expect(heard).toHaveLength(3);
    expect(await taken(id)).toHaveLength(1);
  });

  it("tells the page that its origin is not allowed, and the person where to go", async () => {
    const id = await company({ allowedOrigins: ["https://elsewhere.example"] });
    const { page, hears } = await visit({ html: pageAround(embed(id)) });
    await hears("ready");
    await fillIn(page);
    await page.getByRole("button", { name: "Send" }).click();
    await hears('error {"code":"origin_not_allowed"}');
    expect(await page.getByRole("link").getAttribute("href")).toBe(`https://cdn.splits.network/intake/${id}`);
    expect(await taken(id)).toEqual([]);
  });

  it("says when it may be tried again, and takes a new proof where the first came too late", async () => {
    const id = await company();
    const { page, hears } = await visit({ html: pageAround(embed(id)) });
    await hears("ready");
    await fillIn(page);
    let posts = 0;
    await page.route(`**/api/v1/intake/${id}`, async (route) => {
      if (route.request().method() !== "POST") return route.fallback();
      posts++;
      const headers = { "access-control-allow-origin": "*", "content-type": "application/problem+json" };
      if (posts === 1) return route.fulfill({ status: 429, headers, body: JSON.stringify({ code: "rate_limited", retry_after: 600 }) });
      if (posts === 2)
        return route.fulfill({
          status: 422,
          headers,
          body: JSON.stringify({ code: "validation_failed", errors: [{ pointer: "/proof", message: "" }] }),
        });
      return route.fallback();
    });
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText(/Try again after \d+:\d+/).waitFor();
    await hears('error {"code":"rate_limited"}');
    await shoot(page, "too often");
    await page.getByRole("button", { name: "Send" }).click();
    await hears("submitted");
    expect(posts).toBe(3);
    expect(await taken(id)).toHaveLength(1);
  });

  it("asks Turnstile only where the company does, from the first touch on, and sends its token", async () => {
    const id = await company({ turnstileSiteKey: "1x00000000000000000000AA", turnstileSecretEnc: "unreadable" });
    const { page, requests, hears } = await visit({ html: pageAround(embed(id)) });
    await page.route("https://challenges.cloudflare.com/**", (route) =>
      route.fulfill({
        contentType: "text/javascript",
        body: `window.turnstile = { render(place, { sitekey, callback }) { place.textContent = "Turnstile " + sitekey; callback("XXXX.DUMMY.TOKEN.XXXX"); return "1" }, reset() {} }`,
      }),
    );
    await hears("ready");
    expect(requests).toHaveLength(2);
    await fillIn(page);
    await page.getByText("Turnstile 1x00000000000000000000AA").waitFor();
    const sent = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith(id));
    await page.getByRole("button", { name: "Send" }).click();
    expect((await sent).postDataJSON()).toMatchObject({ turnstile: "XXXX.DUMMY.TOKEN.XXXX" });
    await hears("submitted");
  });
});
