import { existsSync } from "node:fs";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = process.env["CHROMIUM_PATH"] ?? PLACES.find((place) => existsSync(place));

/** Whether page tests can run. Where CI is set they must; elsewhere one line says what is missing. */
export const hasChromium = executablePath !== undefined || process.env["CI"] !== undefined;
if (!hasChromium) console.log("Page tests are skipped: no Chromium here. `apt-get install chromium`, or set CHROMIUM_PATH.");

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ ...(executablePath ? { executablePath } : {}), args: ["--no-sandbox"] });

/** The looks under which every page is tried. */
export const LOOKS = [
  { name: "light and wide", colorScheme: "light", viewport: { width: 1280, height: 800 } },
  { name: "dark and narrow", colorScheme: "dark", viewport: { width: 360, height: 740 } },
] as const satisfies readonly (BrowserContextOptions & { name: string })[];

/** What is wrong with a page as a browser shows it: refused resources, scripts that fail, rules of accessibility, a line that sticks out. */
export async function faultsOf(browser: Browser, url: string, look: BrowserContextOptions): Promise<string[]> {
  const context = await browser.newContext({ colorScheme: look.colorScheme ?? "light", viewport: look.viewport ?? null });
  try {
    const page = await context.newPage();
    const faults: string[] = [];
    page.on("console", (message) => {
      // a page that says no has a status that says so, which the browser reports as well
      if (message.type() === "error" && message.location().url !== url) faults.push(message.text());
    });
    page.on("pageerror", (error) => faults.push(error.message));
    await page.goto(url);
    await shoot(page, url, look);
    // a frame that may run no script answers no question either
    await page.evaluate("document.querySelectorAll('iframe[sandbox]').forEach((frame) => frame.remove())");
    const { violations } = await new AxeBuilder({ page }).analyze();
    const wider = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    return [
      ...faults,
      ...violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`),
      ...(Number(wider) > 0 ? [`${String(wider)} px wider than the window`] : []),
    ];
  } finally {
    await context.close();
  }
}

/** With SCREENSHOTS set to a folder, every page that a test opens is kept there as a picture. */
async function shoot(page: Page, url: string, look: BrowserContextOptions): Promise<void> {
  const folder = process.env["SCREENSHOTS"];
  if (!folder) return;
  const name = new URL(url).pathname.replaceAll(/\W+/g, "-").slice(0, 40);
  await page.screenshot({ path: `${folder}/${new URL(url).port}${name}-${look.colorScheme}.png`, fullPage: true });
}
