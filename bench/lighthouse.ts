import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { embedCode } from "#domain/intake/embed-code.ts";
import { runningWorld } from "#local/lock.ts";
import { people } from "#local/people.ts";
import { command, LocalProblem } from "#local/problem.ts";

/**
 * Has Lighthouse look at the pages on which a release depends (SURFACES §2.9, §2.10), in the local world
 * that `npm start` runs, on a slow phone's line: a row for each, medians of three looks. Another row tells
 * how soon the widget is ready. Ends with 1 if a page is below its budget. Lighthouse is fetched when it is first asked for, because it is larger than
 * all that this project needs otherwise.
 */
const LIGHTHOUSE = "lighthouse@12.8.2";
const CHROMIUM = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";
const LOOKS = 3;
const MAX_REPORT_BYTES = 64 * 1_024 * 1_024;

/** Scores of 100 at least, milliseconds at most, and how far anything may move. */
const BUDGET = { performance: 95, accessibility: 100, bestPractices: 95, seo: 100, lcpMs: 1_200, cls: 0.02 } as const;

interface Wanted {
  name: string;
  url: string;
  /** Search engines are to find it. */
  listed?: true;
  /** Whose session it is seen with. */
  cookie?: string;
}

/** How soon the widget stands in the page that embeds it, on this machine. */
const READY_MS = 500;

type Seen = Record<keyof typeof BUDGET, number>;

interface Report {
  categories: Record<"performance" | "accessibility" | "best-practices" | "seo", { score: number }>;
  audits: Record<"largest-contentful-paint" | "cumulative-layout-shift", { numericValue: number }>;
}

await command(async () => {
  const { worker } = runningWorld();
  const tenant = `http://acme.roles.localhost:${new URL(worker).port}`;
  const cookie = await signedIn(worker, people.grace.email);
  const pages: readonly Wanted[] = [
    { name: "white-label list", url: `${tenant}/`, listed: true },
    { name: "white-label role page", url: `${tenant}/staff-engineer`, listed: true },
    { name: "portal sign-in", url: `http://candidate.localhost:${new URL(worker).port}/login` },
    { name: "console dashboard", url: `${worker}/console`, cookie },
    { name: "delivery log", url: `${worker}/developers/deliveries`, cookie },
    { name: "request log", url: `${worker}/developers/logs`, cookie },
  ];
  console.log(`${"page".padEnd(24)}${Object.keys(BUDGET).join("  ")}`);
  for (const page of pages) {
    const seen = await medianOf(page);
    const failed = faultsOf(page, seen);
    const figures = Object.entries(seen).map(([name, figure]) => figure.toFixed(name === "cls" ? 3 : 0).padStart(name.length));
    console.log(`${page.name.padEnd(24)}${figures.join("  ")}${failed.length > 0 ? `  below its budget: ${failed.join(", ")}` : ""}`);
    if (failed.length > 0) process.exitCode = 1;
  }
  const readyMs = await widgetReady(worker, cookie);
  console.log(`${"widget".padEnd(24)}ready after ${readyMs.toFixed(0)} ms${readyMs > READY_MS ? "  below its budget: readyMs" : ""}`);
  if (readyMs > READY_MS) process.exitCode = 1;
  console.log(`${"status page".padEnd(24)}is not built yet`);
});

/** What of a page is below its budget. How soon one is painted is budgeted for the console. */
function faultsOf({ listed, cookie }: Wanted, seen: Seen): string[] {
  const { lcpMs, cls, seo, ...scores } = BUDGET;
  return [
    ...Object.entries(scores).flatMap(([name, least]) => (seen[name as keyof typeof scores] < least ? [name] : [])),
    ...(listed && seen.seo < seo ? ["seo"] : []),
    ...(cookie !== undefined && seen.lcpMs > lcpMs ? ["lcpMs"] : []),
    ...(seen.cls >= cls ? ["cls"] : []),
  ];
}

async function medianOf(page: Wanted): Promise<Seen> {
  const looks: Seen[] = [];
  for (let look = 0; look < LOOKS; look++) looks.push(await lookAt(page));
  return Object.fromEntries(Object.keys(BUDGET).map((name) => [name, median(looks.map((look) => look[name as keyof Seen]))])) as Seen;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

/** How soon the widget stands in a page of another's, in milliseconds from the page's beginning; each time in a browser that was never there. */
async function widgetReady(worker: string, cookie: string): Promise<number> {
  const { port } = new URL(worker);
  const settings = await (await fetch(`${worker}/console/company/embed-code`, { headers: { Cookie: cookie } })).text();
  const [, companyId = ""] = /data-preview="([^"]+)"/.exec(settings) ?? [];
  const wish = {
    companyId,
    origin: `http://cdn.localhost:${port}`,
    name: "sw",
    type: "inline",
    label: "",
    target: "",
    pinned: null,
  } as const;
  const timed = `<script>addEventListener("splits:ready", () => (globalThis.readyMs = performance.now()))</script>`;
  const body = `<!doctype html><title>Careers</title>${timed}${embedCode(wish)}`;
  // our host is a public one; a page that nobody serves may not ask a local one
  const args = ["--no-sandbox", `--ip-address-space-overrides=127.0.0.1:${port}=public`];
  const browser = await chromium.launch({ executablePath: CHROMIUM, args });
  const times: number[] = [];
  for (let look = 0; look < LOOKS; look++) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.route("http://careers.localhost/**", (route) => route.fulfill({ contentType: "text/html", body }));
    await page.goto("http://careers.localhost/jobs");
    times.push(Number(await (await page.waitForFunction("globalThis.readyMs")).jsonValue()));
    await context.close();
  }
  await browser.close();
  return median(times);
}

async function lookAt({ url, cookie }: Wanted): Promise<Seen> {
  const { stdout } = await promisify(execFile)(
    "npx",
    [
      "--yes",
      LIGHTHOUSE,
      url,
      "--quiet",
      "--output=json",
      "--chrome-flags=--headless --no-sandbox",
      ...(cookie === undefined ? [] : [`--extra-headers=${JSON.stringify({ Cookie: cookie })}`]),
    ],
    { env: { ...process.env, CHROME_PATH: CHROMIUM }, maxBuffer: MAX_REPORT_BYTES },
  );
  const { categories, audits } = JSON.parse(stdout) as Report;
  return {
    performance: categories.performance.score * 100,
    accessibility: categories.accessibility.score * 100,
    bestPractices: categories["best-practices"].score * 100,
    seo: categories.seo.score * 100,
    lcpMs: audits["largest-contentful-paint"].numericValue,
    cls: audits["cumulative-layout-shift"].numericValue,
  };
}

/** Signs in as one of the seeded people, as a click on the development sign-in does. */
async function signedIn(worker: string, email: string): Promise<string> {
  const page = `${worker}/dev/sign-in`;
  const people = await (await fetch(page)).text();
  const [, user = ""] = new RegExp(`${email}[^]*?name="user_id" value="([^"]+)"`).exec(people) ?? [];
  const answer = await fetch(page, {
    method: "POST",
    headers: { Origin: worker },
    body: new URLSearchParams({ user_id: user }),
    redirect: "manual",
  });
  const [cookie = ""] = answer.headers.getSetCookie().map((line) => line.split(";")[0]);
  if (cookie === "") throw new LocalProblem(`Nobody could sign in as ${email}; run npm run reset and npm start.`);
  return cookie;
}
