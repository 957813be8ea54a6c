import { createHash, randomBytes } from "node:crypto";
import pg from "pg";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { freePort } from "#local/ports.ts";
import { seed } from "#local/seed.ts";
import { type TestDatabase, testDatabase } from "../database.ts";
import { type RunningWorker, startWorker } from "../http/worker.ts";
import { faultsOf, hasChromium, markupFaultsOf, openBrowser, shoot, wireBytesOf } from "./browser.ts";
import { visitorsTo } from "./visitors.ts";

/** What a portal page may weigh at first view (SURFACES §2.9). */
const PAGE_BYTES = 12 * 1_024;
const PDF = Buffer.from("%PDF-1.7\n1 0 obj");

/** Stands in every text that candidates may not read. */
const PRIVATE = "zeppelin";
const PRIVATE_TEXTS = [
  "update ats.applications set recruiter_notes = 'zeppelin', internal_notes = 'zeppelin', decline_details = 'zeppelin', salary = 98765",
  "update ats.jobs set recruiter_description = 'zeppelin', fee_percentage = 23.75, closed_reason = 'zeppelin'",
  "update ats.companies set description = 'zeppelin', website = 'https://zeppelin.test'",
  "update ats.cra_gate_feedback set message_text = 'zeppelin'",
  "update ats.ai_reviews set overall_summary = 'zeppelin', strengths = '{zeppelin}', concerns = '{zeppelin}'",
  `insert into ats.application_notes (application_id, created_by_user_id, created_by_type, message_text)
    select a.id, u.id, 'company_admin', 'zeppelin' from ats.applications a, (select id from identity.users limit 1) u`,
];

/** How somebody works a page: by which means they press a thing, and write into a field. */
interface Hand {
  press(page: Page, what: string): Promise<void>;
  write(page: Page, field: string, words: string, keys?: string): Promise<void>;
}

const mouse: Hand = {
  press: (page, what) => page.click(what),
  write: async (page, field, words) => {
    await page.click(field);
    if (field === "#time_zone") await page.selectOption(field, words);
    else await page.fill(field, words);
  },
};

/** Waits until the page says it; pages follow one another at the speed of the machine. */
const says = (page: Page, where: string, words: string): Promise<void> => page.locator(where, { hasText: words }).waitFor();

const isFocused = async (page: Page, what: string): Promise<boolean> => (await page.locator(what).and(page.locator(":focus")).count()) > 0;

/** Goes on with the Tab key alone until it is there. */
async function tabTo(page: Page, what: string): Promise<void> {
  for (let step = 0; step < 60; step++) {
    if (await isFocused(page, what)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`no key leads to ${what}`);
}

const keyboard: Hand = {
  press: async (page, what) => {
    await tabTo(page, what);
    await page.keyboard.press("Enter");
  },
  write: async (page, field, words, keys = words) => {
    await tabTo(page, field);
    await page.keyboard.type(keys);
  },
};

/** The token of a recruiter's invitation that waits for its answer. */
const INVITED = "i".repeat(43);

describe.runIf(hasChromium)("the candidate portal, as a browser shows it", () => {
  let [browser, worker, database, client]: [Browser?, RunningWorker?, TestDatabase?, pg.Client?] = [];
  /** By name, the address of an application. */
  const paths = new Map<string, string>();
  let origin = "";
  const { newPage, cookiesOf, entered, pageOf, letIn } = visitorsTo(() => ({ browser, origin }), { javaScriptEnabled: false });
  let busy = { id: "", email: "" };
  /** The token of the link in a mail to the busy one. */
  const token = randomBytes(32).toString("base64url");

  const rows = async (text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> =>
    (await client?.query(text, values))?.rows ?? [];

  beforeAll(async () => {
    const port = await freePort();
    [browser, database] = await Promise.all([openBrowser(), testDatabase()]);
    await seed({ databaseUrl: database.url });
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    busy = await enrich();
    worker = await startWorker({ databaseUrl: database.url, port });
    origin = `http://candidate.localhost:${port}`;
    await letIn("visitor", byCode(busy.email));
    await letIn("linked", byLink);
    const [quiet] = await rows(
      "select email from ats.candidates c where not exists (select from ats.applications a where a.candidate_id = c.id) limit 1",
    );
    await letIn("newcomer", byCode(String(quiet?.["email"])));
    const [left] = await rows(
      "select id, email from ats.candidates c where not exists (select from ats.applications a where a.candidate_id = c.id) and email <> $1 limit 1",
      [quiet?.["email"]],
    );
    await letIn("left", byCode(String(left?.["email"])));
    await rows("update ats.candidates set portal_opted_out_at = now() where id = $1", [left?.["id"]]);
  }, 120_000);
  afterAll(async () => {
    await Promise.all([browser?.close(), worker?.stop(), client?.end()]);
    await database?.drop();
  });

  /** One candidate gets an application in every kind of stage, times, a document and a withdrawal under way. */
  async function enrich() {
    const [one] =
      await rows(`select c.id, c.email from ats.candidates c join network.recruiter_candidates r on r.candidate_id = c.id and r.status = 'active'
      join ats.applications a on a.candidate_id = c.id group by c.id order by count(distinct a.id) desc, c.id limit 1`);
    const id = String(one?.["id"]);
    await rows("set session_replication_role = replica"); // the deals themselves stay whose they are
    for (const stage of ["interview", "offer", "screen", "company_review", "rejected", "submitted", "withdrawn"]) {
      await rows(
        `update ats.applications set candidate_id = $1 where id = (select o.id from ats.applications o where o.stage = $2 and o.candidate_id <> $1
          and not exists (select from ats.applications mine where mine.candidate_id = $1 and mine.job_id = o.job_id) order by o.id limit 1)`,
        [id, stage],
      );
    }
    await rows("update ats.applications set stage = 'recruiter_request' where candidate_id = $1 and stage = 'submitted'", [id]);
    for (const text of PRIVATE_TEXTS) await rows(text);
    await rows("set session_replication_role = origin");
    const own = await rows("select a.id, a.stage from ats.applications a where a.candidate_id = $1", [id]);
    for (const { id: application, stage } of own) paths.set(String(stage), `/applications/${String(application)}`);
    const idOf = (stage: string) => paths.get(stage)?.split("/").at(-1);
    await rows(
      "insert into ats.stage_times (stage, cases, median_seconds) values ('interview', 14, 500000), ('company_review', 25, 300000)",
    );
    await rows(`insert into ats.interview_availability (application_id, slots, provided_at) values ($1, $2, now())`, [
      idOf("interview"),
      JSON.stringify([{ from: "2027-03-01T08:00:00Z", until: "2027-03-01T10:30:00Z", time_zone: "Europe/Berlin" }]),
    ]);
    for (const [name, days] of [
      ["Curriculum vitae.pdf", 9],
      ["Curriculum vitae.pdf", 2],
      ["A letter of motivation with a rather long name for a phone.docx", 1],
    ] as const)
      await rows(
        `insert into ats.documents (entity_type, entity_id, document_type, filename, storage_key, content_type, file_size, metadata, created_at)
         values ('application', $1, 'resume', $2, 'k', 'application/pdf', 184320, '{"from": "candidate"}', now() - make_interval(days => $3))`,
        [idOf("interview"), name, days],
      );
    await rows("insert into ats.withdrawal_requests (application_id, effective_at) values ($1, now() + interval '22 hours')", [
      idOf("screen"),
    ]);
    const [document] = await rows("select id from ats.documents where entity_id = $1 limit 1", [idOf("interview")]);
    paths.set("document", `/documents/${String(document?.["id"])}`);
    await rows(
      `update network.recruiter_candidates set invitation_token_hash = $1, invitation_expires_at = now() + interval '7 days'
       where id = (select id from network.recruiter_candidates where status = 'pending' order by id limit 1)`,
      [createHash("sha256").update(INVITED).digest("hex")],
    );
    await rows(
      "insert into ats.candidate_portal_tokens (candidate_id, token, issued_at, expires_at) values ($1, $2, now(), now() + interval '90 days')",
      [id, createHash("sha256").update(token).digest("hex")],
    );
    return { id, email: String(one?.["email"]) };
  }

  /** What the latest mail of a kind says, once so many of them have come. */
  async function mailed(email: string, pattern: RegExp, many = 1): Promise<string> {
    for (let attempt = 0; attempt < 100; attempt++) {
      const answer = await fetch(`${inject("mailUrl")}/_local/mails?to=${encodeURIComponent(email)}`);
      const { data } = (await answer.json()) as { data: { text: string }[] };
      const found = data.flatMap(({ text }) => pattern.exec(text)?.[1] ?? []);
      if (found[0] !== undefined && found.length >= many) return found[0];
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`no mail to ${email}`);
  }

  const byCode = (email: string) => async (page: Page) => {
    await page.goto("/");
    await page.fill("#email", email);
    await page.click("button:text-is('Send me a code')");
    await page.fill("#code", await mailed(email, /Your code is (\d{6})/));
    await page.click("button:text-is('Go on')");
  };

  /** The link of a mail, as often as wanted: it leads on, and stays behind. */
  async function byLink(page: Page) {
    expect((await page.goto(`/${token}`))?.status()).toBe(200);
    await page.click("button:text-is('Show me')");
    expect(page.url()).toBe(`${origin}/`);
  }

  const of = (stage: string, rest = "") => `${paths.get(stage)}${rest}`;
  const PAGES: readonly (readonly [string, () => string, string | null])[] = [
    ["the sign-in", () => "/login", null],
    ["the sign-in after a sign-out", () => "/login?done=signed-out", null],
    ["the field for a code", () => "/code", null],
    ["the link of a mail", () => `/${token}`, null],
    ["a link that leads nowhere", () => `/${"x".repeat(43)}`, null],
    ["a mailed link that is over", () => `/login/link/${"x".repeat(43)}`, null],
    ["the invitation of a recruiter", () => `/invitation/${INVITED}`, null],
    ["an invitation that is over", () => `/invitation/${"x".repeat(43)}`, null],
    ["an invitation that was accepted", () => "/login?done=agreed", null],
    ["a page that is not there", () => "/nowhere", null],
    ["the applications", () => "/", "visitor"],
    ["no applications", () => "/", "newcomer"],
    ["an application with an interview, times and documents", () => of("interview"), "visitor"],
    ["an application with an offer", () => of("offer"), "visitor"],
    ["an application with a question", () => of("recruiter_request"), "visitor"],
    ["an application with a company", () => of("company_review"), "visitor"],
    ["an application that is being withdrawn", () => of("screen"), "visitor"],
    ["an application that has ended", () => of("rejected"), "visitor"],
    ["the question before a withdrawal", () => of("offer", "/withdraw"), "visitor"],
    ["times for an interview", () => of("interview", "/availability"), "visitor"],
    ["the question before a document goes", () => of("document", "/remove"), "visitor"],
    ["privacy", () => "/privacy", "visitor"],
    ["an application before a proof", () => of("interview"), "linked"],
    ["a withdrawal before a proof", () => of("offer", "/withdraw"), "linked"],
    ["privacy before a proof", () => "/privacy", "linked"],
    ["something was just done", () => `${of("interview")}?done=times`, "visitor"],
    ["another's application", () => "/applications/019b76da-a96f-716f-8000-00000000016f", "visitor"],
    ["somebody who has left the portal", () => "/", "left"],
  ];

  /** A page as it was sent. Only a browser finds these hosts, so one asks. */
  async function fetched(path: string, who: string | null) {
    const page = await pageOf(who);
    const answer = await page.goto(path);
    const found = { markup: (await answer?.text()) ?? "", headers: answer?.headers() };
    await page.context().close();
    return found;
  }

  it.each(PAGES)("%s", async (_, path, who) => {
    expect(await faultsOf(browser as Browser, `${origin}${path()}`, cookiesOf(who))).toEqual([]);
  });

  it.each(PAGES)("%s is well written, light on the wire, and has no script", async (_, path, who) => {
    const { markup, headers } = await fetched(path(), who);
    expect(await markupFaultsOf(markup)).toEqual([]);
    expect(markup).toMatch(/^<!DOCTYPE html><html lang="en">/);
    expect(markup).not.toContain("<script");
    expect(markup).not.toMatch(/ on\w+="/);
    expect(headers).toMatchObject({ "cache-control": "private, no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex" });
    expect(await wireBytesOf(markup, worker?.origin ?? "")).toBeLessThanOrEqual(PAGE_BYTES);
  });

  it("shows nothing of recruiters, nothing that is a company's own, and no id in its words, on any page", async () => {
    const people = await rows(`select r.id::text as id, r.name, u.email from network.recruiters r join identity.users u on u.id = r.user_id
      union all select u.id::text, u.name, u.email from identity.memberships m join identity.users u on u.id = m.user_id`);
    const theirs = people.flatMap(({ id, name, email }) => [String(id), String(name), String(email)]);
    expect(theirs.length).toBeGreaterThan(100);
    const pages = [...PAGES.filter(([, , who]) => who === "visitor").map(([, path]) => path()), ...paths.values()];
    for (const path of pages.filter((each) => each !== paths.get("document"))) {
      const { markup } = await fetched(path, "visitor");
      expect([path, [...theirs, PRIVATE, "23.75", "98765", "98,765"].filter((words) => markup.includes(words))]).toEqual([path, []]);
      expect(markup.replaceAll(/<[^>]*>/g, " ")).not.toMatch(/[\da-f]{8}-[\da-f]{4}-/);
    }
  });

  it("is entered by the link of a mail as often as it is opened", async () => {
    for (let time = 1; time <= 3; time++) await entered(byLink);
  });

  it.each([
    ["a mouse on a phone", mouse, 0, { viewport: { width: 320, height: 740 }, colorScheme: "light" }],
    ["the keyboard alone on a wide screen", keyboard, 1, { viewport: { width: 1280, height: 800 }, colorScheme: "dark" }],
  ] as const)("is worked by %s, from the mailed link to the sign-out, without a script", async (_, hand, place, options) => {
    const [fresh] = await rows(
      `select c.email, a.id as application from ats.candidates c join ats.applications a on a.candidate_id = c.id
       where a.stage = 'company_review' and c.id <> $1 and c.portal_opted_out_at is null order by c.id offset $2 limit 1`,
      [busy.id, place],
    );
    const email = String(fresh?.["email"]);
    const page = await newPage({ ...options, locale: "en-US" });
    await page.goto("/");
    await hand.write(page, "#email", email);
    await hand.press(page, "button:text-is('Send me a code')");
    await page.locator("#code").waitFor(); // or the page that answers would come between
    const link = await mailed(email, /(http:\/\/candidate\.localhost:\d+\/login\/link\/[\w-]{43})/);
    for (let time = 1; time <= 3; time++) expect((await page.goto(link))?.status()).toBe(200); // scanners of mail open it, too
    await shoot(page, "the link");
    await hand.press(page, "button:text-is('Sign in')");
    await page.waitForURL(`${origin}/`);

    const upload = async (buffer: Buffer) => {
      const [chooser] = await Promise.all([page.waitForEvent("filechooser"), hand.press(page, "#file")]);
      await chooser.setFiles({ name: "cv.pdf", mimeType: "application/pdf", buffer });
      await hand.press(page, "button:text-is('Upload')");
    };
    await hand.press(page, `a[href$="${String(fresh?.["application"])}"]`);
    await says(page, "#documents", "Add a document");
    await upload(PDF);
    await says(page, "[role=status]", "Your document was added");
    await upload(Buffer.from("MZ"));
    await says(page, "#file-error", "neither a PDF");
    expect(await isFocused(page, "#file")).toBe(true);
    await shoot(page, "a program refused");

    await hand.write(page, "#message", "May I bring my dog?");
    await hand.press(page, "button:text-is('Send')");
    await says(page, "[role=status]", "passed on");

    await hand.press(page, "a:text-is('Give times')");
    await says(page, "h1", "When you can be met");
    await hand.press(page, "button:text-is('Pass these times on')");
    await says(page, "#day_1-error", "Give at least one time");
    expect(await isFocused(page, "#day_1")).toBe(true);
    await shoot(page, "times missing");
    await hand.write(page, "#day_1", "2027-03-01", "03012027");
    await hand.write(page, "#from_1", "09:00", "0900AM");
    await hand.write(page, "#until_1", "10:30", "1030AM");
    await hand.write(page, "#time_zone", "Europe/Berlin");
    await hand.press(page, "button:text-is('Pass these times on')");
    await says(page, "main", "Mon, Mar 1, 09:00 to 10:30");
    await says(page, "main", "Europe/Berlin");

    const document = page.waitForEvent("download");
    await hand.press(page, "a:text-is('cv.pdf')");
    expect((await document).suggestedFilename()).toBe("cv.pdf");
    await hand.press(page, "a[aria-label='Remove cv.pdf']");
    await says(page, "h1", "Remove cv.pdf?");
    await hand.press(page, "button:text-is('Remove it')");
    await says(page, "#documents", "You have added none here");

    await hand.press(page, "a:text-is('Withdraw this application')");
    await says(page, "h1", "Withdraw from");
    await hand.press(page, "button:text-is('Withdraw')");
    await says(page, "[role=status]", "For 24 hours");
    await shoot(page, "withdrawn");
    await hand.press(page, "button:text-is('Stay in after all')");
    await says(page, "[role=status]", "You are still in");

    await hand.press(page, "a:text-is('Privacy')");
    await says(page, "h1", "Privacy");
    const data = page.waitForEvent("download");
    await hand.press(page, "button:text-is('Download my data')");
    expect((await data).suggestedFilename()).toBe("my-data.json");
    await hand.press(page, "button:text-is('Ask for deletion')");
    await says(page, "main", "You asked for this on");
    await hand.press(page, "button:text-is('Leave the portal')");
    await says(page, "h1", "You have left the portal");
    await hand.press(page, "button:text-is('Come back')");
    await says(page, "[role=status]", "Welcome back.");
    await hand.press(page, "button:text-is('Sign out')");
    await page.waitForURL(`${origin}/login?done=signed-out`);
    await page.context().close();
  });

  it("asks for a code before what cannot be taken back, and leads on to it", async () => {
    const page = await pageOf("linked");
    await page.goto(of("offer", "/withdraw"));
    await page.click("button:text-is('E-mail me a code')");
    await page.waitForURL(`${origin}/code`);
    await page.fill("#code", await mailed(busy.email, /Your code is (\d{6})/, 2));
    await page.click("button:text-is('Go on')");
    expect(page.url()).toBe(`${origin}${of("offer", "/withdraw")}`);
    await page.click("button:text-is('Withdraw')");
    expect(await page.textContent("[role=status]")).toContain("For 24 hours");
    await page.context().close();
  });
});
