import pg from "pg";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embedCode } from "#domain/intake/embed-code.ts";
import { people } from "#local/people.ts";
import { seed } from "#local/seed.ts";
import { type TestDatabase, testDatabase } from "../database.ts";
import { type RunningWorker, startWorker } from "../http/worker.ts";
import { faultsOf, filesOf, hasChromium, markupFaultsOf, openBrowser, wireBytesOf } from "./browser.ts";
import { byDeveloperDoor, visitorsTo } from "./visitors.ts";

/** What a page of a company may weigh at first view (SURFACES §2.9). */
const PAGE_BYTES = 12 * 1_024;
/** And one of the console. */
const CONSOLE_BYTES = 30 * 1_024;
/** The smallest picture there is: one red point. */
const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==", "base64");

/** Stands in every text about a role that is not for everybody. */
const PRIVATE = "zeppelin";
const PRIVATE_TEXTS = [
  "update ats.jobs set recruiter_description = 'zeppelin', fee_percentage = 23.75, closed_reason = 'zeppelin'",
  "update ats.applications set recruiter_notes = 'zeppelin', internal_notes = 'zeppelin', decline_details = 'zeppelin', cover_letter = 'zeppelin'",
  "update ats.cra_gate_feedback set message_text = 'zeppelin'",
  "update ats.intake_requests set origin = 'https://zeppelin.test'",
];

describe.runIf(hasChromium)("a company's own pages, as a browser shows them", () => {
  let [browser, worker, database]: [Browser?, RunningWorker?, TestDatabase?] = [];
  let ids: Readonly<Record<string, string>> = {};
  let yellow = "";
  /** What of people and of deals no page for everybody may say. */
  let theirs: string[] = [];
  const origin = () => worker?.origin ?? "";
  const { newPage, cookiesOf, pageOf, requestsOf, letIn } = visitorsTo(() => ({ browser, origin: origin() }));

  beforeAll(async () => {
    [browser, database] = await Promise.all([openBrowser(), testDatabase()]);
    await seed({ databaseUrl: database.url });
    ids = await enriched(database.url);
    worker = await startWorker({ databaseUrl: database.url });
    for (const who of ["rosa", "grace"] as const) await letIn(who, byDeveloperDoor(who));
  }, 120_000);
  afterAll(() => Promise.all([browser?.close(), worker?.stop(), database?.drop()]));

  /** A role with everything a role can say, one of each standing, and a private page of another company. */
  async function enriched(url: string): Promise<Record<string, string>> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const one = async (text: string, values: unknown[] = []) => (await client.query(text, values)).rows[0] as Record<string, string>;
    const { id: acme = "" } = await one("select id from ats.companies where slug = 'acme'");
    const { id: role = "" } = await one(
      `insert into ats.jobs (company_id, title, status, opened_at, location, employment_type, job_level, commute_types, salary_min, salary_max,
         description, apply_url, closes_at)
       values ($1, 'Principal Engineer, Motion Planning', 'active', now(), 'Denver, CO', 'full_time', 'lead', '{hybrid_2}', 165000, 210000, $2,
         'https://acme.example/careers/motion-planning', now() + interval '60 days') returning id`,
      [
        acme,
        "Our arms move two million parcels a day. You will own the planner that decides how.\n\nThe team is six people who ship every week, in C++ and Rust, and who answer for what they ship. You will write the roadmap with them, and the hard parts of the code yourself.\n\nMore about how we work: https://acme.example/engineering.",
      ],
    );
    await client.query(
      `insert into ats.job_requirements (job_id, requirement_type, description, sort_order) values
       ($1, 'mandatory', 'Eight years of motion planning or trajectory optimisation in production', 1),
       ($1, 'mandatory', 'C++ that others like to read', 2), ($1, 'preferred', 'A robot you have built yourself', 3)`,
      [role],
    );
    for (const [title, status] of [
      ["Paused role", "paused"],
      ["Filled role", "filled"],
    ]) {
      await client.query(
        `with made as (insert into ats.jobs (company_id, title, status, opened_at, location) values ($1, $2, 'active', now(), 'Denver, CO') returning id) select 1 from made`,
        [acme, title],
      );
      await client.query("update ats.jobs set status = $2, filled_at = case when $2 = 'filled' then now() end where title = $1", [
        title,
        status,
      ]);
    }
    const { slug: bright = "" } = await one(
      "select c.slug from ats.companies c join ats.brands b on b.company_id = c.id where b.color = '#f5c518'",
    );
    yellow = bright;
    const { slug: door = "", id: doorId = "" } = await one(
      "select slug, id from ats.companies where id not in (select company_id from ats.brands) order by name limit 1",
    );
    await client.query("insert into ats.white_label_pages (company_id, visibility, roles) values ($1, 'private', 'all')", [doorId]);
    const { slug: bare = "" } = await one(
      "select slug from ats.companies where id not in (select company_id from ats.white_label_pages) order by name limit 1",
    );
    const { id: candidate = "" } = await one(
      `insert into ats.candidates (email, full_name) values ('kim@candidates.test', 'Kim Example') returning id`,
    );
    await client.query(
      `insert into network.recruiter_candidates (recruiter_id, candidate_id, status, consent_given, consent_given_at)
       select r.id, $2, 'active', true, now() from network.recruiters r join identity.users u on u.id = r.user_id where u.email = $1`,
      [people.rosa.email, candidate],
    );
    const { id: intake = "" } = await one("select id from ats.intake_requests where company_id = $1", [acme]);
    await client.query("set session_replication_role = replica"); // nobody hears of it
    for (const text of PRIVATE_TEXTS) await client.query(text);
    const { rows: persons } = await client.query<{ words: string[] }>(
      `select array[r.id::text, r.name, u.email] as words from network.recruiters r join identity.users u on u.id = r.user_id
       union all select array[id::text, full_name, email] from ats.candidates
       union all select array[u.id::text, u.name, u.email] from identity.memberships m join identity.users u on u.id = m.user_id`,
    );
    theirs = [...persons.flatMap(({ words }) => words), PRIVATE, "23.75"];
    await client.end();
    return { acme, role, door, bare, intake };
  }

  const at = (slug: string): string => {
    const { port } = new URL(origin());
    return `http://${slug}.roles.localhost:${port}`;
  };
  const acme = () => at("acme");
  const PAGES: readonly (readonly [string, () => string])[] = [
    ["the list", () => `${acme()}/`],
    ["the list on a bright colour", () => `${at(yellow)}/`],
    ["a list without roles", () => `${at(ids["bare"] ?? "")}/`],
    ["a role with all it can say", () => `${acme()}/principal-engineer-motion-planning`],
    ["a paused role", () => `${acme()}/paused-role`],
    ["a role that is over", () => `${acme()}/filled-role`],
    ["the way to submit, not signed in", () => `${acme()}/submit?role_id=${ids["role"]}`],
    ["the choice of a role", () => `${acme()}/submit`],
    ["the intake", () => `${acme()}/intake`],
    ["the thanks", () => `${acme()}/thanks`],
    ["the door of a private page", () => `${at(ids["door"] ?? "")}/`],
    ["a sign-in that was used", () => `${acme()}/session?code=x&role_id=${ids["role"]}`],
    ["a page that is not there", () => `${acme()}/nowhere`],
    ["a host that is nobody's", () => `${at("nobody-here")}/`],
  ];

  it.each(PAGES)("%s", async (_, url) => {
    expect(await faultsOf(browser as Browser, url())).toEqual([]);
  });

  it.each(PAGES)("%s is well written, without a script, and light on the wire", async (_, url) => {
    const page = await newPage({ javaScriptEnabled: false });
    const answer = await page.goto(url());
    const markup = await answer!.text();
    expect(await markupFaultsOf(markup)).toEqual([]);
    expect(markup).toMatch(/^<!DOCTYPE html><html lang="en">/);
    expect(markup).not.toMatch(/<script(?! type="application\/ld\+json")/);
    expect(answer!.headers()["content-security-policy"]).toContain("script-src 'none'");
    const files = filesOf(markup);
    expect(files).toHaveLength(2);
    expect(await wireBytesOf(markup, origin(), files)).toBeLessThanOrEqual(PAGE_BYTES);
    expect(theirs.length).toBeGreaterThan(300);
    expect(theirs.filter((words) => markup.includes(words))).toEqual([]);
    // an address may name a role by its id, and a page that says no the request by its own; what is read names nothing else so
    expect(markup.replaceAll(/<script.*?<\/script>|<code>.*?<\/code>|<[^>]*>/gs, " ")).not.toMatch(/[\da-f]{8}-[\da-f]{4}-/);
    await page.context().close();
  });

  it("wears the company's colour, and a private door nobody's", async () => {
    const page = await newPage();
    const heroOf = async (url: string) => {
      await page.goto(url);
      return page.evaluate(
        "const s = getComputedStyle(document.querySelector('.hero') ?? document.body); `${s.backgroundColor} ${s.color}`",
      );
    };
    expect(await heroOf(`${acme()}/`)).toBe("rgb(11, 93, 75) rgb(255, 255, 255)");
    expect(await heroOf(`${at(yellow)}/`)).toBe("rgb(245, 197, 24) rgb(0, 0, 0)");
    await page.goto(`${at(ids["door"] ?? "")}/`);
    expect(new URL(page.url()).pathname).toBe("/access");
    await page.context().close();
  });

  it("takes a role from somebody outside, by keyboard alone and without a script", async () => {
    const page = await newPage({ javaScriptEnabled: false });
    await page.goto(`${acme()}/intake`);
    await page.keyboard.press("Tab");
    expect(await page.locator(":focus").textContent()).toContain("Skip to the content");
    await page.focus("#contact_name");
    for (const answer of ["Mira Chen", "not an address", "Head of Data", "Lisbon"]) {
      await page.keyboard.type(answer);
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Tab");
    await page.keyboard.type("Builds the team.");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#contact_email-error");
    expect([await page.inputValue("#contact_name"), await page.inputValue("#contact_email")]).toEqual(["Mira Chen", "not an address"]);
    expect(await page.locator("#contact_email").getAttribute("aria-invalid")).toBe("true");
    await page.fill("#contact_email", "mira@client.test");
    await page.focus("button:text-is('Send')");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/thanks$/);
    await page.context().close();
  });

  it("lets a signed-in recruiter submit without a script: to the sign-in, back to the form, done", async () => {
    const page = await pageOf("rosa", { javaScriptEnabled: false });
    await page.goto(`${acme()}/principal-engineer-motion-planning`);
    await page.click("text=Submit a candidate");
    // the console's origin of this Worker is the bare address, where Rosa is signed in
    await page.click("a:text-is('Sign in')");
    await page.waitForURL(new RegExp(`^${acme()}/submit\\?role_id=`));
    expect(await page.textContent("main")).toContain("of the first year's salary");
    expect(await page.context().cookies(acme())).toContainEqual(
      expect.objectContaining({ name: "__Host-splits_s", httpOnly: true, secure: true, sameSite: "Lax" }),
    );
    await page.fill("#email", "kim@candidates.test");
    await page.click("button:text-is('Submit the candidate')");
    await page.waitForURL(/\/thanks$/);
    await page.goto(`${acme()}/submit?role_id=${ids["role"]}`);
    await page.fill("#email", "kim@candidates.test");
    await page.click("button:text-is('Submit the candidate')");
    await page.waitForSelector("[role=alert]");
    const url = page.url();
    const state = await page.context().storageState();
    await page.context().close();
    expect(url).toMatch(/\/submit$/);
    expect(await faultsOf(browser as Browser, `${acme()}/submit?role_id=${ids["role"]}`, { storageState: state })).toEqual([]);
  });

  describe("and the console's pages on which it is set up", { timeout: 60_000 }, () => {
    const CONSOLE: readonly (readonly [string, string])[] = [
      ["white-label settings", "/console/company/white-label"],
      ["access codes", "/console/company/access-codes"],
      ["the intake inbox", "/console/company/intake"],
      ["the intake inbox under a filter without any", "/console/company/intake?status=declined"],
      ["the widget's settings", "/console/company/widget"],
      ["the embed code", "/console/company/embed-code?name=1"],
    ];

    it.each(CONSOLE)("%s", async (_, path) => {
      const request = await requestsOf("grace");
      const markup = await (await request.get(path)).text();
      await request.dispose();
      expect(await faultsOf(browser as Browser, `${origin()}${path}`, cookiesOf("grace"))).toEqual([]);
      expect(await markupFaultsOf(markup)).toEqual([]);
      expect(await wireBytesOf(markup, origin(), [...filesOf(markup), "/widget.js"])).toBeLessThanOrEqual(CONSOLE_BYTES);
    });

    it("are nobody's who administers no company", async () => {
      const page = await pageOf("rosa");
      await page.goto("/console");
      expect(await page.locator("nav[aria-label=Console]").textContent()).not.toContain("Company");
      const files = ["/console/company/intake.csv", "/console/company/access-codes.csv"];
      for (const path of [...CONSOLE.map(([, each]) => each), ...files]) {
        expect((await page.context().request.get(path)).status(), path).toBe(404);
      }
      await page.context().close();
    });

    it("change the colour, the logo and the words, which the company's page then wears", async () => {
      const page = await pageOf("grace");
      await page.goto("/console/company/white-label");
      await page.fill("#color", "#7a1f5c");
      await page.setInputFiles("#logo", { name: "logo.png", mimeType: "image/png", buffer: PNG });
      await page.click("text=Save colour and logo");
      await page.waitForURL(/done=brand/);
      expect(await page.textContent("main")).toMatch(/9\.\d\d to 1/);
      await page.setInputFiles("#logo", {
        name: "logo.png",
        mimeType: "image/png",
        buffer: Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"),
      });
      await page.click("text=Save colour and logo");
      expect(await page.textContent("#logo-error")).toBe("The logo must be a PNG, JPEG or WebP picture.");
      await page.goto("/console/company/white-label");
      await page.fill("#welcome", "We hire people who build.");
      await page.click("text=Save what they show");
      await page.waitForURL(/done=page/);
      await page.goto(`${acme()}/`);
      expect(await page.textContent(".hero")).toContain("We hire people who build.");
      expect(await page.evaluate("getComputedStyle(document.querySelector('.hero')).backgroundColor")).toBe("rgb(122, 31, 92)");
      expect(await page.evaluate("document.querySelector('.hero img').naturalWidth")).toBe(1);
      await page.context().close();
      expect(await faultsOf(browser as Browser, `${acme()}/`)).toEqual([]);
    });

    it("write the embed code, and show what it makes without sending anything", async () => {
      const page = await pageOf("grace");
      const posts: string[] = [];
      page.on("request", (request) => request.method() === "POST" && posts.push(request.url()));
      await page.goto("/console/company/embed-code");
      const origin = at("cdn").replace(".roles", "");
      const wish = { companyId: ids["acme"] ?? "", origin, name: "sw", type: null, label: "", target: "", pinned: null };
      const codes = () => page.locator("pre.code").allTextContents();
      expect((await codes())[0]).toBe(embedCode(wish));
      expect((await codes())[1]).toMatch(/\/widget\/[\d.]+\/widget\.js','sha384-[\w+/]{64}'\)\);/);
      const preview = page.locator("#preview");
      for (const [label, answer] of [
        ["Your name", "Kim"],
        ["Your e-mail", "kim@acme.example"],
        ["Role title", "Cook"],
        ["What the role is about", "Cooks."],
      ] as const)
        await preview.getByLabel(label).fill(answer);
      await preview.getByRole("button", { name: "Send" }).click();
      await preview.getByRole("status").waitFor();
      expect(posts).toEqual([]);
      await page.selectOption("#type", "button");
      await page.fill("#label", "Hire through us");
      await preview.getByRole("button", { name: "Hire through us" }).waitFor();
      await page.click("text=Write the code");
      await expect
        .poll(async () => (await codes())[0], { timeout: 10_000 })
        .toBe(embedCode({ ...wish, type: "button", label: "Hire through us" }));
      await page.context().close();
    });

    it("choose what the intake asks and where the widget may stand, and say what cannot be", async () => {
      const page = await pageOf("grace", { javaScriptEnabled: false });
      await page.goto("/console/company/widget");
      await page.fill("[name=allowed_origins]", "https://acme.example\nacme");
      await page.click("text=Save origins");
      await page.waitForSelector("#allowed_origins-error");
      expect(await page.inputValue("[name=allowed_origins]")).toBe("https://acme.example\nacme");
      await page.fill("[name=allowed_origins]", "https://acme.example");
      await page.click("text=Save origins");
      await page.waitForURL(/done=saved/);
      await page.fill("[name=label_7]", "How many?");
      await page.selectOption("[name=type_7]", "select");
      await page.click("text=Save questions");
      expect(await page.textContent("#options_7-error")).toContain("A choice has 1 to 50 answers");
      expect(await page.inputValue("[name=label_7]")).toBe("How many?");
      await page.fill("[name=label_7]", "");
      await page.fill("[name=label_6]", "When does it start?");
      await page.check("[name=required_6]");
      await page.click("text=Save questions");
      await page.waitForURL(/done=saved/);
      await page.goto(`${acme()}/intake`);
      expect(await page.getByLabel("When does it start?").getAttribute("required")).toBe("");
      await page.goto("/console/company/widget");
      await page.click("text=Ask ours again");
      await page.waitForURL(/done=saved/);
      await page.goto(`${acme()}/intake`);
      expect(await page.getByLabel("When does it start?").count()).toBe(0);
      await page.context().close();
    });

    it("find what was handed in and for whom a code is, by words of it, also as a file", async () => {
      const page = await pageOf("grace");
      await page.goto("/console/company/intake");
      await page.fill("#words", "róbotics fie");
      await page.keyboard.press("Enter");
      await expect.poll(() => page.textContent("[role=status]"), { timeout: 10_000 }).toBe("1 found");
      expect(await page.locator("#found tbody tr").count()).toBe(1);
      const file = await page.context().request.get((await page.getByRole("link", { name: "As CSV" }).getAttribute("href")) ?? "");
      expect(file.headers()).toMatchObject({ "content-type": "text/csv; charset=utf-8", "cache-control": "private, no-store" });
      expect((await file.text()).split("\r\n")).toEqual([
        expect.stringMatching(/^submitted_at,status,source,origin,fields\./),
        expect.stringContaining("Head of Field Robotics"),
        "",
      ]);
      await page.fill("#words", "contact_name");
      await page.keyboard.press("Enter");
      await page.getByText("Nothing fits").waitFor();
      await page.goto("/console/company/access-codes");
      await page.fill("#label", "Quay Search");
      await page.click("text=Make a code");
      await page.waitForSelector(".secret");
      await page.goto("/console/company/access-codes?words=quay");
      expect(await page.locator("#found tbody tr").count()).toBe(1);
      const codes = await (await page.context().request.get("/console/company/access-codes.csv?words=quay")).text();
      expect(codes).toMatch(/^label,state,created_at,expires_at,uses,max_uses\r\nQuay Search,Opens,[^\r]*,0,\r\n$/);
      await page.goto("/console/company/access-codes?words=nobody");
      await page.getByText("Nothing fits").waitFor();
      await page.context().close();
    });

    it("accept a role that was handed in, which opens a draft", async () => {
      const page = await pageOf("grace");
      await page.goto("/console/company/intake");
      await page.click("text=Head of Field Robotics");
      expect(await page.textContent("main")).toContain("mira.chen@client.test");
      const state = await page.context().storageState();
      expect(await faultsOf(browser as Browser, page.url(), { storageState: state })).toEqual([]);
      await page.click("text=Accept: open a draft role");
      await page.waitForURL(/done=accepted/);
      expect(await page.textContent("[role=status]")).toContain("Accepted");
      expect(await page.locator("button:has-text('Decline')").count()).toBe(0);
      await page.context().close();
    });

    // the page is private from here on
    it("make a code that opens a private page, and show it once", async () => {
      const page = await pageOf("grace");
      await page.goto("/console/company/white-label");
      await page.selectOption("#visibility", "private");
      await page.click("text=Save what they show");
      await page.goto("/console/company/access-codes");
      await page.fill("#label", "Harbor Search");
      await page.click("text=Make a code");
      const code = (await page.textContent(".secret code"))?.trim() ?? "";
      await page.goto("/console/company/access-codes");
      expect(await page.textContent("main")).toContain("Harbor Search");
      expect(await page.textContent("main")).not.toContain(code);
      const partner = await newPage({ javaScriptEnabled: false });
      await partner.goto(`${acme()}/principal-engineer-motion-planning`);
      await partner.fill("#code", "WRONG");
      await partner.keyboard.press("Enter");
      await partner.waitForSelector("#code-error");
      await partner.fill("#code", code);
      await partner.keyboard.press("Enter");
      await partner.waitForURL(/\/principal-engineer-motion-planning$/);
      expect(await partner.textContent("h1")).toBe("Principal Engineer, Motion Planning");
      await page.click("button[aria-label='End the code for Harbor Search']");
      await page.waitForURL(/done=revoked/);
      await partner.goto(`${acme()}/`);
      expect(new URL(partner.url()).pathname).toBe("/access");
      await Promise.all([page.context().close(), partner.context().close()]);
    });
  });
});
