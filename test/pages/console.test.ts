import pg from "pg";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Issuer, startIssuer } from "#local/issuer.ts";
import { PEOPLE, people } from "#local/people.ts";
import { freePort } from "#local/ports.ts";
import { seed } from "#local/seed.ts";
import { type TestDatabase, testDatabase } from "../database.ts";
import { type RunningWorker, startWorker } from "../http/worker.ts";
import { faultsOf, filesOf, hasChromium, markupFaultsOf, openBrowser, wireBytesOf } from "./browser.ts";
import { visitorsTo } from "./visitors.ts";

const NOTICES = 45;
/** Stands for the page of the application whose candidate said a lot. */
const BUSY = "busy";
/** What a page may weigh at first view (SURFACES §2.9). */
const PAGE_BYTES = 30 * 1_024;

/** Waits for the newcomer's answer. */
const INVITATION = "019b76da-b000-7000-8000-000000000001";

describe.runIf(hasChromium)("the console, as a browser shows it", () => {
  let [browser, worker, issuer, database]: [Browser?, RunningWorker?, Issuer?, TestDatabase?] = [];
  /** The page of an application of Rosa's at Grace's company, whose candidate said a lot. */
  let busy = "";
  const origin = () => worker?.origin ?? "";
  const { newPage, cookiesOf, entered, pageOf, requestsOf, letIn } = visitorsTo(() => ({ browser, origin: origin() }));

  beforeAll(async () => {
    const port = await freePort();
    [browser, issuer, database] = await Promise.all([
      openBrowser(),
      startIssuer({ port: 0, authorizedParty: `http://127.0.0.1:${port}`, people: PEOPLE }),
      testDatabase(),
    ]);
    await seed({ databaseUrl: database.url });
    await enrich(database.url);
    worker = await startWorker({ databaseUrl: database.url, issuerUrl: issuer.url, port });
    for (const who of ["rosa", "grace", "ada"] as const) await letIn(who, byIssuer(people[who].email));
    await letIn("newcomer", byIssuer("jo.march@books.test"));
  }, 120_000);
  afterAll(() => Promise.all([browser?.close(), worker?.stop(), issuer?.stop(), database?.drop()]));

  /** Notices for Rosa, a second organization for Grace, and what candidates said to both of them. */
  async function enrich(url: string): Promise<void> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(
      `insert into notify.notifications (recipient_user_id, event_type, channel, subject, template, category, dedupe_key, created_at)
       select u.id, 'application.submitted', 'in_app', 'Application ' || n || ' moved on: Principal Engineer, Reliability and Platform-Infrastructure-Without-A-Break',
         't', case n % 3 when 0 then 'billing' else 'applications' end, 'k' || n, now() - make_interval(hours => n)
       from identity.users u, generate_series(1, $2) n where u.email = $1`,
      [people.rosa.email, NOTICES],
    );
    await client.query(
      `insert into identity.memberships (user_id, role_name, organization_id)
       select u.id, 'hiring_manager', o.id from identity.users u,
         (select o.id from identity.organizations o where not exists (
           select from identity.memberships m join identity.users g on g.id = m.user_id where m.organization_id = o.id and g.email = $1) order by o.name limit 1) o
       where u.email = $1`,
      [people.grace.email],
    );
    const { rows } = await client.query<{ id: string }>(
      `select a.id from ats.applications a join ats.companies c on c.id = a.company_id
         join network.recruiters r on r.id = a.candidate_recruiter_id join identity.users u on u.id = r.user_id
       where u.email = $1 and c.slug = 'acme' and a.stage in ('company_review', 'interview', 'offer') order by a.id limit 1`,
      [people.rosa.email],
    );
    const id = rows[0]?.id ?? "";
    busy = `/console/applications/${id}`;
    await client.query(
      `insert into ats.portal_messages (application_id, body, created_at)
       select $1, case n when 1 then 'May I bring my dog? Here is how it looks: https://example.test/a/rather/long/address/without/any/break/in/it.jpg' || E'\n\nYours, me'
         else 'Is the ' || n || 'th of the month too late for an answer?' end, now() - make_interval(hours => n) from generate_series(1, 30) n`,
      [id],
    );
    await client.query(
      `insert into ats.interview_availability (application_id, slots, provided_at)
       values ($1, '[{"from": "2027-03-01T08:00:00Z", "until": "2027-03-01T10:30:00Z", "time_zone": "America/Argentina/Buenos_Aires"}]', now())`,
      [id],
    );
    await client.query(
      `insert into ats.documents (entity_type, entity_id, document_type, filename, storage_key, content_type, file_size, metadata)
       values ('application', $1, 'resume', 'A letter of motivation with a rather long name for a phone.docx', 'k', 'application/pdf', 184320, '{"from": "candidate"}')`,
      [id],
    );
    await client.query(
      `insert into ats.withdrawal_requests (application_id, reason, effective_at, undone_at, created_at)
       values ($1, 'I was tired.', now() - interval '2 days', now() - interval '2 days', now() - interval '3 days'),
         ($1, 'I found something that is nearer.', now() + interval '22 hours', null, now())`,
      [id],
    );
    await client.query(
      `insert into identity.invitations (id, email, organization_id, role, invited_by, token_hash, issued_at, expires_at)
       select $1, 'jo.march@books.test', m.organization_id, 'hiring_manager', u.id, encode(sha256('t'), 'hex'), now(), now() + interval '7 days'
       from identity.users u join identity.memberships m on m.user_id = u.id where u.email = $2 limit 1`,
      [INVITATION, people.grace.email],
    );
    await client.end();
  }

  /** The whole way through the issuer. */
  const byIssuer = (email: string) => async (page: Page) => {
    await page.goto("/console");
    await page.fill("#email", email);
    await page.click("button:text-is('Continue')");
    await page.waitForURL(/\/authorize/);
    const listed = page.locator(`button[value="${email}"]`);
    await ((await listed.count()) > 0 ? listed.click() : page.click("button:text-is('Continue')"));
    await page.waitForURL(`${origin()}/console`);
  };

  const pathOf = (path: string): string => (path === BUSY ? busy : path);
  const PAGES: readonly (readonly [string, string, string | null])[] = [
    ["the sign-in", "/sign-in", null],
    ["the sign-in after a sign-out", "/sign-in?done=signed-out", null],
    ["the sign-in of developers", "/dev/sign-in", null],
    ["a sign-in that cannot go on", "/sso/oidc/callback?state=x&code=y", null],
    ["a page that is not there, for nobody", "/nowhere", null],
    ["home of a recruiter", "/console", "rosa"],
    ["home of a company admin with two organizations", "/console", "grace"],
    ["home of a platform admin", "/console", "ada"],
    ["home of a newcomer", "/console", "newcomer"],
    ["notifications", "/console/notifications", "rosa"],
    ["the last page of notifications", "/console/notifications?page=3", "rosa"],
    ["notifications under a filter without any", "/console/notifications?category=teams", "rosa"],
    ["no notifications", "/console/notifications", "grace"],
    ["what candidates said, to a recruiter", "/console/applications", "rosa"],
    ["what candidates said, to a company", "/console/applications?act=times", "grace"],
    ["what candidates said, under a filter without any", "/console/applications?search=nobody", "rosa"],
    ["what one candidate said, to their recruiter", BUSY, "rosa"],
    ["what one candidate said, to the company", BUSY, "grace"],
    ["an invitation into a company", `/console/invitations/${INVITATION}?token=t`, "newcomer"],
    ["an invitation that went to somebody else", `/console/invitations/${INVITATION}?token=t`, "rosa"],
    ["home of somebody who has just joined", "/console?done=joined", "grace"],
    ["sessions", "/console/sessions", "rosa"],
    ["a session that has just ended", "/console/sessions?done=ended", "rosa"],
    ["the question before signing out everywhere", "/console/sessions/end-all", "rosa"],
    ["a page that is not there", "/console/nowhere", "rosa"],
  ];

  it.each(PAGES)("%s", async (_, path, who) => {
    expect(await faultsOf(browser as Browser, `${origin()}${pathOf(path)}`, cookiesOf(who))).toEqual([]);
  });

  it.each(PAGES)("%s is well written, and light on the wire", async (_, path, who) => {
    const request = await requestsOf(who);
    const markup = await (await request.get(pathOf(path))).text();
    expect(await markupFaultsOf(markup)).toEqual([]);
    expect(markup).toMatch(/^<!DOCTYPE html><html lang="en">/);
    expect(filesOf(markup)).toHaveLength(3);
    expect(await wireBytesOf(markup, origin())).toBeLessThanOrEqual(PAGE_BYTES);
    await request.dispose();
  });

  it("lets somebody in by the keyboard alone, and puts the focus where it is needed", async () => {
    const page = await newPage();
    const focused = () => page.evaluate("document.activeElement.textContent || document.activeElement.id");
    await page.goto("/console/sessions");
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("Skip to the content");
    for (const next of ["Splits Network", "email"]) {
      await page.keyboard.press("Tab");
      expect(await focused()).toBe(next);
    }
    await page.keyboard.type("rosa@");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[aria-invalid=true]");
    expect(await focused()).toBe("email");
    await page.keyboard.press("End");
    await page.keyboard.type("recruit.test");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/authorize/);
    while ((await page.evaluate("document.activeElement.value")) !== people.rosa.email) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${origin()}/console/sessions`);
    expect(await page.textContent("h1")).toBe("Sessions");
    await page.context().close();
  });

  it("ends another browser at its next click by signing out everywhere, without any script", async () => {
    const [here, there] = (await Promise.all(
      [await entered(byIssuer(people.henry.email)), await entered(byIssuer(people.henry.email))].map((storageState) =>
        newPage({ storageState, javaScriptEnabled: false }),
      ),
    )) as [Page, Page];
    await Promise.all([here.goto("/console/sessions"), there.goto("/console")]);
    await here.click("text=Sign out everywhere");
    await here.click("button:text('Sign out everywhere')");
    await here.waitForURL(/\/sign-in/);
    expect(await here.textContent("[role=status]")).toBe("You are signed out everywhere.");
    await there.click("nav >> text=Sessions");
    await there.waitForURL(/\/sign-in\?return_to=%2Fconsole%2Fsessions/);
    await Promise.all([here.context().close(), there.context().close()]);
  });

  it("works without script: sign-in, filter, pages and what is marked as read", async () => {
    const page = await newPage({ javaScriptEnabled: false });
    await page.goto("/console/notifications");
    await page.fill("#email", people.rosa.email);
    await page.click("button:text-is('Continue')");
    await page.waitForURL(/\/authorize/);
    await page.click(`button[value="${people.rosa.email}"]`);
    await page.waitForURL(`${origin()}/console/notifications`);
    await page.selectOption("#category", "applications");
    await page.click("text=Show");
    expect(new URL(page.url()).search).toBe("?category=applications");
    expect(await page.textContent("nav[aria-label=Pages]")).toContain("1 to 20 of 30 notifications");
    await page.click("text=Next");
    expect(await page.textContent("nav[aria-label=Pages]")).toContain("21 to 30 of 30 notifications");
    await page.locator("button:text('Mark as read')").first().click();
    expect(await page.textContent("[role=status]")).toBe("Marked as read.");
    expect(await page.locator("button:text('Mark as read')").count()).toBe(9);
    await page.context().close();
  });

  it("acts for one of several organizations, and shows it", async () => {
    const page = await newPage({ storageState: await entered(byIssuer(people.grace.email)) });
    await page.goto("/console");
    expect(await page.textContent("main p")).toBe("");
    await page.locator("button:text('Act for this one')").last().click();
    await page.waitForSelector("text=Acting for it");
    await page.click("text=Act for all of them");
    await page.waitForSelector("text=Acting for it", { state: "detached" });
    await page.context().close();
  });

  it.each([true, false])(
    "leads from what candidates said to one of them, a filter on the way, script or not: %s",
    async (javaScriptEnabled) => {
      const page = await pageOf("rosa", { javaScriptEnabled });
      await page.goto("/console");
      await page.click("nav >> text=From candidates");
      await page.locator("[aria-label='From candidates'] tbody tr").nth(24).waitFor();
      await page.selectOption("#act", "withdrawal");
      await page.click("button:text-is('Show')");
      await page.waitForURL(/act=withdrawal/);
      await page.locator("[role=status]:text-is('2 found.')").waitFor();
      await page.locator("tbody a").first().click();
      await page.waitForURL(`${origin()}${busy}`);
      expect(await page.textContent("main")).toContain("asked to withdraw");
      expect(await page.getAttribute("main .words a", "href")).toContain("https://example.test/");
      await page.context().close();
    },
  );

  describe("with its script", () => {
    /** Rosa's notifications, with a mark on the document that a navigation would lose. */
    async function notices(): Promise<{ page: Page; stayed: () => Promise<unknown> }> {
      const page = await pageOf("rosa");
      await page.goto("/console/notifications");
      await page.evaluate("globalThis.mark = true");
      return { page, stayed: () => page.evaluate("globalThis.mark === true") };
    }
    const total = (page: Page) => page.textContent("nav[aria-label=Pages] p");

    it("swaps a filtered list in place, says how much it found, and keeps address and focus", async () => {
      const { page, stayed } = await notices();
      await page.focus("#category");
      await page.selectOption("#category", "billing");
      await page.waitForSelector("text=1 to 15 of 15 notifications");
      expect([await stayed(), new URL(page.url()).search]).toEqual([true, "?category=billing"]);
      expect(await page.textContent("[role=status]")).toBe("15 found.");
      expect(await page.evaluate("document.activeElement.id")).toBe("category");
      await page.reload();
      expect(await total(page)).toContain("of 15");
      await page.context().close();
    });

    it("marks one as read in place, and moves the focus to what took its place", async () => {
      const { page, stayed } = await notices();
      const buttons = page.locator("#notices button:text('Mark as read')");
      const before = await buttons.count();
      await buttons.first().focus();
      await page.keyboard.press("Enter");
      await page.waitForSelector("[role=status]:text-is('Marked as read.')");
      expect([await stayed(), await buttons.count()]).toEqual([true, before - 1]);
      expect(await page.evaluate("document.activeElement.id")).toBe("notices");
      await page.context().close();
    });

    it("ignores the slower of two answers", async () => {
      const { page } = await notices();
      let release: (() => void) | undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      await page.route("**/console/notifications?category=billing*", async (route) => {
        await held;
        await route.continue().catch(() => {});
      });
      await page.selectOption("#category", "billing");
      await page.selectOption("#category", "applications");
      await page.waitForURL(/category=applications/);
      const shown = await total(page);
      release?.();
      await page.waitForTimeout(200);
      expect([await total(page), new URL(page.url()).search]).toEqual([shown, "?category=applications"]);
      await page.context().close();
    });

    it("says that there is no connection, and leaves the form as it is", async () => {
      const { page, stayed } = await notices();
      await page.context().setOffline(true);
      await page.selectOption("#category", "billing");
      await page.waitForSelector("[role=status]:has-text('There is no connection')");
      expect([await stayed(), await page.inputValue("#category")]).toEqual([true, "billing"]);
      await page.context().close();
    });

    it("goes to the sign-in when the session has ended meanwhile", async () => {
      const { page } = await notices();
      await page.context().clearCookies();
      await page.selectOption("#category", "billing");
      await page.waitForURL(/\/sign-in\?return_to=/);
      await page.context().close();
    });
  });

  it("keeps its files for ever, and the pages never", async () => {
    const page = await (await fetch(`${origin()}/sign-in`)).text();
    const [, theme = ""] = /href="(\/assets\/theme\.\w+\.css)"/.exec(page) ?? [];
    const file = await fetch(`${origin()}${theme}`);
    expect([file.status, file.headers.get("cache-control"), file.headers.get("x-content-type-options")]).toEqual([
      200,
      "public, max-age=31536000, immutable",
      "nosniff",
    ]);
    expect((await fetch(`${origin()}/assets/nothing.css`)).status).toBe(404);
    expect((await fetch(`${origin()}/_headers`)).status).toBe(404);
  });
});
