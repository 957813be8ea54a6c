import { existsSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { AxeBuilder } from "@axe-core/playwright";
import { HtmlValidate } from "html-validate";
import { expect } from "vitest";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = process.env["CHROMIUM_PATH"] ?? PLACES.find((place) => existsSync(place));

/** Whether page tests can run. Where CI is set they must; elsewhere one line says what is missing. */
export const hasChromium = executablePath !== undefined || process.env["CI"] !== undefined;
if (!hasChromium) console.log("Page tests are skipped: no Chromium here. `apt-get install chromium`, or set CHROMIUM_PATH.");

export const openBrowser = (...args: readonly string[]): Promise<Browser> =>
  chromium.launch({ ...(executablePath ? { executablePath } : {}), args: ["--no-sandbox", ...args] });

/** The looks under which every page is tried. */
const LOOKS = [
  { name: "light and wide", colorScheme: "light", viewport: { width: 1280, height: 800 } },
  { name: "light and narrow", colorScheme: "light", viewport: { width: 320, height: 740 } },
  { name: "dark and wide", colorScheme: "dark", viewport: { width: 1280, height: 800 } },
  { name: "dark and narrow", colorScheme: "dark", viewport: { width: 320, height: 740 } },
] as const;

/**
 * The rules of accessibility that a page breaks. Within the page itself, which takes half as long: the other
 * way opens a second one to put frames of other sites together, and ours have none.
 */
export const violationsIn = async (page: Page) => (await new AxeBuilder({ page }).setLegacyMode().analyze()).violations;

/** What is wrong with a page in any look: refused resources, scripts that fail, rules of accessibility, a line that sticks out. */
export async function faultsOf(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<string[]> {
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    const faults: string[] = [];
    page.on("console", (message) => {
      // a page that says no has a status that says so, which the browser reports as well
      if (message.type() === "error" && message.location().url !== url) faults.push(message.text());
    });
    page.on("pageerror", (error) => faults.push(error.message));
    await page.goto(url);
    for (const look of LOOKS) {
      await page.setViewportSize(look.viewport);
      await page.emulateMedia({ colorScheme: look.colorScheme });
      await shoot(page, look.name);
      // a frame that may run no script answers no question either
      await page.evaluate("document.querySelectorAll('iframe[sandbox]').forEach((frame) => frame.remove())");
      const violations = await violationsIn(page);
      const wider = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
      faults.push(
        ...violations.map(({ id, nodes }) => `${look.name}: ${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`),
        ...(Number(wider) > 0 ? [`${look.name}: ${String(wider)} px wider than the window`] : []),
      );
    }
    return faults;
  } finally {
    await context.close();
  }
}

const validator = new HtmlValidate({
  extends: ["html-validate:recommended"],
  rules: { "void-style": "off", "no-implicit-button-type": "off", "attribute-boolean-style": "off" },
});

/** What is wrong with a page as it was written. */
export async function markupFaultsOf(html: string): Promise<string[]> {
  const { results } = await validator.validateString(html);
  return results.flatMap(({ messages }) => messages.map(({ ruleId, message, line, column }) => `${line}:${column} ${ruleId}: ${message}`));
}

/** What a page loads from us. */
export const filesOf = (markup: string): string[] =>
  [...markup.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, file]) => file ?? "");

/** What a page weighs on the wire, with the files of the Worker that it loads. */
export async function wireBytesOf(markup: string, origin: string, files: readonly string[] = filesOf(markup)): Promise<number> {
  const sizes = await Promise.all(files.map(async (file) => gzipSync(await (await fetch(`${origin}${file}`)).bytes()).length));
  return sizes.reduce((sum, size) => sum + size, gzipSync(markup).length);
}

/** With SCREENSHOTS set to a folder, every page that a test opens is kept there as a picture, by the name of the test. */
export async function shoot(page: Page, look: string): Promise<void> {
  const folder = process.env["SCREENSHOTS"];
  if (!folder) return;
  const name = `${expect.getState().currentTestName} ${look}`.replaceAll(/\W+/g, "-");
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}
