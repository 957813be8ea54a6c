import pg from "pg";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { people } from "#local/people.ts";
import { seed } from "#local/seed.ts";
import { type TestDatabase, testDatabase } from "../database.ts";
import { callWorker, type RunningWorker, startWorker } from "../http/worker.ts";
import { faultsOf, hasChromium, markupFaultsOf, openBrowser, shoot, violationsIn, wireBytesOf } from "./browser.ts";
import { byDeveloperDoor, visitorsTo } from "./visitors.ts";

type Who = keyof typeof people;

/** What a page may weigh at first view (SURFACES §2.9). */
const PAGE_BYTES = 30 * 1_024;

describe.runIf(hasChromium)("the pages of developers and administrators, as a browser shows them", () => {
  let [browser, worker, database]: [Browser?, RunningWorker?, TestDatabase?] = [];
  /** The rows that the pages of one thing show, by name. */
  let ids: Readonly<Record<string, string>> = {};
  const origin = () => worker?.origin ?? "";
  const { newPage, entered, cookiesOf, pageOf, requestsOf, letIn } = visitorsTo(() => ({ browser, origin: origin() }));

  beforeAll(async () => {
    [browser, database] = await Promise.all([openBrowser(), testDatabase()]);
    await seed({ databaseUrl: database.url });
    ids = await enriched(database.url);
    worker = await startWorker({ databaseUrl: database.url });
    for (const who of ["rosa", "grace", "ada", "tom", "henry"] as const) await letIn(who, byDeveloperDoor(who));
  }, 120_000);
  afterAll(() => Promise.all([browser?.close(), worker?.stop(), database?.drop()]));

  /** Keys, apps, grants, usage and logs of Rosa's account, and a request of Grace's company. */
  async function enriched(url: string): Promise<Record<string, string>> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const idOf = async (text: string, values: unknown[] = []) => ((await client.query(text, values)).rows[0] as { id: string }).id;
    const rosa = await idOf("select id from identity.users where email = $1", [people.rosa.email]);
    const grace = await idOf("select id from identity.users where email = $1", [people.grace.email]);
    const account = await idOf("select id from network.recruiters where user_id = $1", [rosa]);
    const company = await idOf(
      "select c.id from ats.companies c join identity.memberships m on m.organization_id = c.identity_organization_id where m.user_id = $1 order by c.id limit 1",
      [grace],
    );
    const key = (owner: string, user: string, type: string, name: string, status: string, publicId: string, reason: string | null = null) =>
      idOf(
        `insert into api.api_keys (public_id, account_id, user_id, role_type, name, env, secret_hash, last4, scopes, status, status_reason,
           approved_at, last_used_at, expires_at, ip_allowlist)
         values ($1, $2, $3, $4, $5, 'test', repeat('0', 64), 'uNac', '{read:roles,read:candidates,write:submissions}', $6, $7,
           case when $6 <> 'pending' then now() - interval '9 days' end, case when $6 = 'active' then now() - interval '3 minutes' end,
           now() + interval '90 days', '{192.0.2.0/24,2001:db8::/32}') returning id`,
        [publicId, owner, user, type, name, status, reason],
      );
    const active = await key(
      account,
      rosa,
      "recruiter",
      "Nightly sync of submissions with our own applicant tracking system",
      "active",
      "0123456789dDjpyi",
    );
    const pending = await key(account, rosa, "recruiter", "Dashboard", "pending", "1123456789dDjpyi");
    const suspended = await key(account, rosa, "recruiter", "Old laptop", "suspended", "2123456789dDjpyi", "Seen in a public repository.");
    const orphaned = await key(account, rosa, "recruiter", "Careers page", "suspended", "7123456789dDjpyi", "its maker left");
    await key(account, rosa, "recruiter", "First try", "revoked", "3123456789dDjpyi");
    const asked = await key(company, grace, "company", "Career site", "pending", "4123456789dDjpyi");
    const app = await idOf(
      `insert into api.oauth_clients (public_id, owner_account_id, owner_user_id, name, type, auth_method, secret_hash, last4, redirect_uris, allowed_scopes, status, approved_at)
       values ('5123456789dDjpyi', $1, $2, 'Companion for the road', 'confidential', 'client_secret_basic', repeat('0', 64), 'x9Tq',
         '{https://companion.example/oauth/callback,https://staging.companion.example/a/very/long/address/without/any/break/callback}',
         '{read:roles,read:candidates}', 'approved', now()) returning id`,
      [account, rosa],
    );
    const grant = await idOf(
      `insert into api.oauth_grants (public_id, client_id, user_id, account_id, scopes, last_used_at)
       values ('6123456789dDjpyi', $1, $2, $3, '{read:roles,read:candidates}', now() - interval '2 hours') returning id`,
      [app, rosa, account],
    );
    await client.query(
      "update api.account_plans set plan = 'premium', overage_enabled = true, spend_cap_cents = 5000 where account_id = $1",
      [account],
    );
    await client.query(
      `insert into api.usage_minutes (credential_id, minute, account_id, admitted, overage, denied)
       select $1, extract(epoch from now() - make_interval(mins => 20) - make_interval(days => n))::integer / 60, $2, 40 + (n * 37) % 211, n % 4, n % 3
       from generate_series(0, 29) n`,
      [active, account],
    );
    await client.query(
      `insert into api.usage_routes_hourly (account_id, credential_id, hour, version, route, status_class, count, latency_sum_ms, latency_hist)
       select $2, $1, date_trunc('hour', now()) - make_interval(days => n), 'v1', r.route, s, 10 * s + n, 2000 + 40 * n, '{}'
       from generate_series(0, 5) n, unnest(array['/roles', '/roles/{id}', '/submissions/{id}']) r (route), unnest(array[2, 4]) s`,
      [active, account],
    );
    await client.query(
      `insert into api.request_log (id, ts, seq, minute, account_id, user_id, credential_id, credential_kind, method, route, path, status,
         latency_ms, ip, user_agent, country, request_id, scopes_used, rate_remaining, overage, error_code, bytes_out, repeat_count)
       select id, now() - make_interval(secs => n * 7), n, 1, $2, $3, $1, 'key', case n % 5 when 0 then 'POST' else 'GET' end,
         case n % 3 when 0 then '/submissions/{id}' else '/roles' end, '/api/v1/roles', case n % 7 when 3 then 404 when 5 then 503 else 200 end,
         8 + n, '192.0.2.7', 'curl/8.14.1', 'DE', id, '{read:roles}', 900 - n, false,
         case n % 7 when 3 then 'not_found' when 5 then 'service_unavailable' end, 1200 + n, 1 + (n % 7 = 3)::int * 3
       from (select n, uuidv7(make_interval(secs => n * -7)) as id from generate_series(1, 60) n) made`,
      [active, account, rosa],
    );
    await client.query(
      `insert into ats.privacy_requests (candidate_id, kind, status, created_at, done_at)
       select id, case when n % 3 = 0 then 'export' else 'erasure' end, case when n % 3 = 0 then 'done' else 'pending' end,
         now() - make_interval(days => n::integer * 5), case when n % 3 = 0 then now() end
       from (select id, row_number() over (order by id) as n from ats.candidates limit 30) c`,
    );
    const request = await idOf("select id from api.request_log where account_id = $1 and status = 404 limit 1", [account]);
    await client.end();
    return { account, company, active, pending, suspended, orphaned, asked, app, grant, request };
  }

  const PAGES: readonly (readonly [string, () => string, Who])[] = [
    ["the overview", () => "/developers", "rosa"],
    ["the overview without anything", () => "/developers", "ada"],
    ["the choice of an account", () => "/developers/account", "tom"],
    ["keys", () => "/developers/keys", "rosa"],
    ["no keys", () => "/developers/keys", "ada"],
    ["a key that is asked for", () => "/developers/keys/new", "rosa"],
    ["a key", () => `/developers/keys/${ids["active"]}`, "rosa"],
    ["a key that waits", () => `/developers/keys/${ids["pending"]}`, "rosa"],
    ["a key that is shut off", () => `/developers/keys/${ids["suspended"]}`, "rosa"],
    ["a key whose maker left", () => `/developers/keys/${ids["orphaned"]}`, "rosa"],
    ["the question before an adoption", () => `/developers/keys/${ids["orphaned"]}/adopt`, "rosa"],
    ["the question before a new secret", () => `/developers/keys/${ids["active"]}/rotate`, "rosa"],
    ["the question before a revocation", () => `/developers/keys/${ids["active"]}/revoke`, "rosa"],
    ["apps", () => "/developers/apps", "rosa"],
    ["no apps", () => "/developers/apps", "ada"],
    ["an app that is registered", () => "/developers/apps/new", "rosa"],
    ["an app", () => `/developers/apps/${ids["app"]}`, "rosa"],
    ["an app that is edited", () => `/developers/apps/${ids["app"]}/edit`, "rosa"],
    ["the question before an app's new secret", () => `/developers/apps/${ids["app"]}/rotate`, "rosa"],
    ["the question before an app goes", () => `/developers/apps/${ids["app"]}/delete`, "rosa"],
    ["grants", () => "/developers/grants", "rosa"],
    ["the question before a grant ends", () => `/developers/grants/${ids["grant"]}/end`, "rosa"],
    ["usage", () => "/developers/usage", "rosa"],
    ["usage by key", () => "/developers/usage?group=key", "rosa"],
    ["no usage", () => "/developers/usage", "ada"],
    ["logs", () => "/developers/logs", "rosa"],
    ["a request", () => `/developers/logs/${ids["request"]}`, "rosa"],
    ["a request of others", () => `/developers/logs/${ids["app"]}`, "rosa"],
    ["keys under a filter without any", () => "/developers/keys?search=nothing", "rosa"],
    ["nothing that will end", () => "/developers/deprecations", "rosa"],
    ["the changelog", () => "/developers/changelog", "rosa"],
    ["logs under a filter without any", () => "/developers/logs?route=/nothing", "rosa"],
    ["logs that are followed", () => "/developers/logs?live=yes&status=4xx", "rosa"],
    ["what waits for approval", () => "/console/admin", "ada"],
    ["one that waits for approval", () => `/console/admin/approvals/${ids["asked"]}`, "ada"],
    ["everybody's keys", () => "/console/admin/credentials", "ada"],
    ["everybody's apps", () => "/console/admin/credentials?show=apps", "ada"],
    ["a kill switch", () => `/console/admin/keys/${ids["active"]}/suspend`, "ada"],
    ["plans", () => "/console/admin/plans", "ada"],
    ["accounts by their name", () => "/console/admin/plans?account=acme", "ada"],
    ["the plan of an account", () => `/console/admin/plans?account=${ids["account"]}`, "ada"],
    ["what candidates want done with their data", () => "/console/admin/privacy?status=", "ada"],
    ["nothing that candidates want done", () => "/console/admin/privacy?kind=export&status=pending", "ada"],
    ["the audit", () => "/console/admin/audit?verify=yes", "ada"],
    ["the sign-ins", () => "/console/admin/sign-ins", "ada"],
    ["what is not for everybody", () => "/console/admin", "rosa"],
    ["what is not for hiring managers", () => "/developers", "henry"],
  ];

  it.each(PAGES)("%s", async (_, path, who) => {
    expect(await faultsOf(browser as Browser, `${origin()}${path()}`, cookiesOf(who))).toEqual([]);
  });

  it.each(PAGES)("%s is well written, and light on the wire", async (_, path, who) => {
    const request = await requestsOf(who);
    const markup = await (await request.get(path())).text();
    expect(await markupFaultsOf(markup)).toEqual([]);
    expect(await wireBytesOf(markup, origin())).toBeLessThanOrEqual(PAGE_BYTES);
    await request.dispose();
  });

  const tried = async (token: string) => {
    const { status, body } = await callWorker(worker as RunningWorker, "GET", "/api/v1/me", { as: { token } });
    return status === 200 ? 200 : (body.code as string);
  };
  const secretOn = async (page: Page): Promise<string> => ((await page.textContent(".secret code")) ?? "").trim();

  it("leads a key from its request over the approval to its end, without any script", async () => {
    const page = await pageOf("grace", { javaScriptEnabled: false });
    await page.goto("/developers");
    await page.click("nav[aria-label=Developers] >> text=Keys");
    await page.click("text=Request a key");
    await page.fill("#name", "Night shift");
    await page.check("text=See roles");
    await page.click("button:text-is('Request the key')");
    const first = await secretOn(page);
    expect(first).toMatch(/^snk_\w+$/);
    expect(await tried(first)).toBe("credential_pending_approval");

    const admin = await pageOf("ada", { javaScriptEnabled: false });
    await admin.goto("/console/admin");
    await admin.click("a:text-is('Night shift')");
    await admin.click("button:text-is('Reject')");
    expect(await admin.textContent("#reason-error")).toBe("Say why.");
    await admin.click("button:text-is('Approve')");
    expect(await admin.textContent("[role=status]")).toBe("Approved. Whoever asked is told.");
    expect(await tried(first)).toBe(200);

    await page.click("text=I have kept it");
    expect(await page.content()).not.toContain(first);
    await page.click("text=New secret");
    await page.selectOption("#grace_seconds", "0");
    await page.click("button:text-is('Make a new secret')");
    const second = await secretOn(page);
    expect([await tried(first), await tried(second)]).toEqual(["invalid_token", 200]);

    await page.click("text=I have kept it");
    await page.click("a:text-is('Revoke')");
    await page.click("button:text-is('Revoke the key')");
    expect(await page.textContent("[role=status]")).toBe("The key is revoked. Its next request is refused.");
    expect(await tried(second)).toBe("revoked_credential");
    await Promise.all([page.context().close(), admin.context().close()]);
  });

  it("says at the field what is wrong with a request, and keeps what was written", async () => {
    const page = await pageOf("rosa");
    await page.goto("/developers/keys/new");
    await page.fill("#name", "Too open");
    await page.fill("#ip_allowlist", "192.0.2.1/24");
    await page.fill("#expires_at", "2020-01-01");
    await page.click("button:text-is('Request the key')");
    expect(await page.textContent("#ip_allowlist-error")).toContain("must be a network");
    expect(await page.textContent("#scopes-error")).toContain("What it may do");
    expect(await page.inputValue("#name")).toBe("Too open");
    await page.check("text=See payouts");
    await page.fill("#ip_allowlist", "");
    await page.click("button:text-is('Request the key')");
    expect(await page.textContent("#expires_at-error")).toBe("Last day is in the past.");
    expect(await page.isChecked("text=See payouts")).toBe(true);
    await page.context().close();
  });

  it("keeps another account's key, app and grant to itself", async () => {
    const request = await requestsOf("grace");
    for (const path of [`keys/${ids["active"]}`, `keys/${ids["active"]}/revoke`, `apps/${ids["app"]}`, `grants/${ids["grant"]}/end`]) {
      expect((await request.get(`/developers/${path}`)).status(), path).toBe(404);
    }
    const headers = { "sec-fetch-site": "same-origin", origin: origin() };
    for (const path of [
      `keys/${ids["active"]}/revoke`,
      `keys/${ids["active"]}/rotate`,
      `apps/${ids["app"]}/delete`,
      `grants/${ids["grant"]}/end`,
    ]) {
      expect((await request.post(`/developers/${path}`, { headers, form: { once: crypto.randomUUID() } })).status(), path).toBe(404);
    }
    expect((await request.post("/developers/account", { headers, form: { account_id: ids["account"] ?? "" } })).status()).toBe(404);
    await request.dispose();
  });

  it("changes nothing for a form of another site, nor for somebody who administers nothing", async () => {
    const request = await requestsOf("rosa");
    const form = { decision: "approve", reason: "Because." };
    const foreign = { "sec-fetch-site": "cross-site", origin: "https://evil.example" };
    expect((await request.post(`/developers/keys/${ids["active"]}/revoke`, { headers: foreign, form: {} })).status()).toBe(403);
    const own = { "sec-fetch-site": "same-origin", origin: origin() };
    for (const path of [`approvals/${ids["asked"]}`, `keys/${ids["suspended"]}/unsuspend`]) {
      expect((await request.post(`/console/admin/${path}`, { headers: own, form })).status(), path).toBe(403);
    }
    const plan = { account: ids["account"] ?? "", plan: "enterprise", reason: "More." };
    expect((await request.post("/console/admin/plans", { headers: own, form: plan })).status()).toBe(403);
    expect(await (await request.get(`/developers/keys/${ids["active"]}`)).text()).toContain(">Active<");
    await request.dispose();
  });

  it("asks somebody with several accounts for one of them, and keeps the choice", async () => {
    const page = await pageOf("tom");
    await page.goto("/developers/keys");
    expect(new URL(page.url()).pathname).toBe("/developers/account");
    const choices = page.locator("button:text-is('Choose')");
    expect(await choices.count()).toBeGreaterThan(1);
    const name = (await page.locator("main li b").last().textContent()) ?? "";
    await choices.last().click();
    await page.waitForURL(`${origin()}/developers/keys`);
    for (const tab of ["Apps", "Usage", "Logs", "Deprecations", "Changelog"]) {
      await page.click(`nav[aria-label=Developers] >> text=${tab}`);
      expect(await page.textContent(".acting b"), tab).toBe(name);
    }
    await page.click("text=Change account");
    expect(await page.textContent("li:has(.badge)")).toContain(name);
    await choices.first().click();
    await page.waitForURL(`${origin()}/developers/changelog`);
    expect(await page.textContent(".acting b")).not.toBe(name);
    await page.context().close();
  });

  it("shuts a key off with a reason, and lets it pass again", async () => {
    const page = await pageOf("ada");
    await page.goto("/console/admin/credentials");
    await page.fill("#search", "snk_test_0123456789dDjpyi_…uNac");
    await page.click("button:text-is('Keys')");
    await page.waitForURL(/search=/);
    await page.click("text=Shut off");
    await page.fill("#reason", "Seen in a log.");
    await page.click("button:text-is('Shut it off')");
    expect(await page.textContent("[role=status]")).toBe("Shut off. Its next request is refused.");
    await page.goto(`/console/admin/keys/${ids["active"]}/unsuspend`);
    await page.fill("#reason", "It was another.");
    await page.click("button:text-is('Let it pass')");
    expect(await page.textContent("[role=status]")).toBe("It passes again.");
    await page.goto(`/console/admin/audit?target=${ids["active"]}&account_id=${ids["account"]}&verify=yes`);
    expect(await page.textContent("section[aria-label='Audit events']")).toContain("api_key.suspended");
    expect(await page.textContent(".notice.good")).toContain("The account's chain holds");
    await page.context().close();
  });

  it("puts an account on another plan, and refuses a limit that the plan does not sell", async () => {
    const page = await pageOf("ada");
    await page.goto(`/console/admin/plans?account=${ids["company"]}`);
    await page.fill("#custom_limit", "9000");
    await page.fill("#reason", "Agreed.");
    await page.click("button:text-is('Change the plan')");
    expect(await page.textContent("#custom_limit-error")).toContain("for enterprise accounts alone");
    await page.selectOption("#plan", "enterprise");
    await page.click("button:text-is('Change the plan')");
    expect(await page.textContent("[role=status]")).toBe("Changed. It counts from the next request on.");
    expect(await page.textContent("dl")).toContain("9,000, its own limit");
    await page.context().close();
  });

  it("registers an app, shows its secret once, and ends what it may do", async () => {
    const page = await pageOf("grace");
    await page.goto("/developers/apps/new");
    await page.fill("#name", "Hiring board");
    await page.fill("#redirect_uris", "http://hiring.example/callback");
    await page.check("text=See roles");
    await page.click("button:text-is('Register the app')");
    expect(await page.textContent("#redirect_uris-error")).toContain("is neither https nor http on 127.0.0.1");
    await page.fill("#redirect_uris", "https://hiring.example/callback");
    await page.click("button:text-is('Register the app')");
    expect(await secretOn(page)).toMatch(/^snc_\w+$/);
    await page.click("text=I have kept it");
    await page.click("a:text-is('Delete')");
    await page.click("button:text-is('Delete the app')");
    expect(await page.textContent("[role=status]")).toBe("The app is deleted, and every grant to it has ended.");
    await page.context().close();

    const owner = await pageOf("rosa");
    await owner.goto("/developers/apps");
    await owner.click("a:text-is('End')");
    await owner.click("button:text-is('End the grant')");
    expect(await owner.textContent("[role=status]")).toBe("The grant has ended. Its next request is refused.");
    await owner.context().close();
  });

  it.each([false, true])("asks before an approved app waits again, and names what is new; with script: %s", async (javaScriptEnabled) => {
    const page = await pageOf("rosa", { javaScriptEnabled });
    await page.goto(`/developers/apps/${ids["app"]}`);
    await page.click("a:text-is('Edit')");
    await page.fill("#ip_allowlist", javaScriptEnabled ? "" : "127.0.0.0/8");
    await page.click("button:text-is('Save')");
    expect(await page.textContent("[role=status]")).toBe("Saved. It counts from the next request on.");
    await page.click("a:text-is('Edit')");
    await page.check("text=See placements");
    await page.click("button:text-is('Save')");
    expect(await page.textContent("main ul")).toBe("read:placements");
    await shoot(page, "as a question");
    await page.click("a:text-is('Cancel')");
    expect(await page.isChecked("text=See placements")).toBe(false);
    await page.context().close();
  });

  it("shows what somebody else saved beside what was typed", async () => {
    const [slow, fast] = [await pageOf("rosa"), await pageOf("rosa")];
    for (const page of [slow, fast]) await page.goto("/developers/usage");
    await fast.fill("#spend_cap", "70");
    await fast.click("button:text-is('Save')");
    await slow.fill("#spend_cap", "80");
    await slow.click("button:text-is('Save')");
    expect(await slow.textContent("#overtaken dl")).toContain("Now: 70You typed: 80");
    const violations = await violationsIn(slow);
    expect(violations).toEqual([]);
    await shoot(slow, "at once");
    await slow.click("button:text-is('Save')");
    expect([await slow.textContent("[role=status]"), await slow.inputValue("#spend_cap")]).toEqual([
      "Saved. It counts from the next request on.",
      "80",
    ]);
    await Promise.all([slow.context().close(), fast.context().close()]);
  });

  it("fills the form again that was sent while its session had ended", async () => {
    const page = await newPage({ storageState: await entered(byDeveloperDoor("grace")) });
    await page.goto("/developers/keys/new");
    await page.fill("#name", "Typed with care");
    await page.check("text=See roles");
    await page.context().clearCookies({ name: "__Host-splits_s" });
    await page.click("button:text-is('Request the key')");
    await page.waitForURL(/\/sign-in\?return_to=%2Fdevelopers%2Fkeys%2Fnew/);
    await page.goto("/dev/sign-in");
    await page.click(`button[aria-label="Sign in as ${people.grace.name}"]`);
    await page.waitForURL(`${origin()}/console`);
    await page.goto("/developers/keys/new");
    expect([await page.inputValue("#name"), await page.isChecked("text=See roles")]).toEqual(["Typed with care", true]);
    expect(await page.textContent("[role=status]")).toContain("it was not sent");
    await shoot(page, "again");
    await page.context().close();
  });

  it("shows the same secret when its page is loaded again, and none later", async () => {
    const page = await pageOf("grace");
    await page.goto("/developers/apps/new");
    await page.fill("#name", "Loaded twice");
    await page.fill("#redirect_uris", "https://hiring.example/twice");
    await page.check("text=See roles");
    await page.click("button:text-is('Register the app')");
    const secret = await secretOn(page);
    await page.reload();
    expect(await secretOn(page)).toBe(secret);
    await page.goto("/developers/apps?search=twice");
    expect(await page.locator("tbody tr").count()).toBe(1);
    await page.context().close();
  });

  it("narrows a list in place, keeps the focus, and ignores the slower of two answers", async () => {
    const page = await pageOf("rosa");
    await page.goto("/developers/keys");
    await page.evaluate("globalThis.mark = true");
    let release: (() => void) | undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route("**/developers/keys?*status=revoked*", async (route) => {
      await held;
      await route.continue().catch(() => {});
    });
    await page.focus("#status");
    await page.selectOption("#status", "revoked");
    await page.selectOption("#status", "suspended");
    await page.waitForURL(/status=suspended/);
    release?.();
    await page.waitForTimeout(200);
    expect(await page.textContent("#keys tbody")).toContain("Old laptop");
    expect([
      await page.locator("#keys tbody tr").count(),
      await page.textContent("[role=status]"),
      await page.evaluate("document.activeElement.id"),
      await page.evaluate("globalThis.mark === true"),
    ]).toEqual([2, "2 found.", "status", true]);
    await page.context().close();
  });

  it("leads from a line of the log to all that is kept of it, also while it is followed", async () => {
    const page = await pageOf("rosa");
    await page.goto("/developers/logs?live=yes&status=4xx");
    await page.locator("#requests tbody a").first().click();
    expect(await page.textContent("dl")).toMatch(/Took.*ms.*Request id/s);
    await page.click("text=All of this route");
    expect(new URL(page.url()).search).toMatch(/^\?route=/);
    await page.context().close();
  });

  it("moves the cap of paid requests, and refuses what is no amount", async () => {
    const page = await pageOf("rosa", { javaScriptEnabled: false });
    await page.goto("/developers/usage");
    await page.fill("#spend_cap", "99999999");
    await page.click("button:text-is('Save')");
    expect(await page.textContent("#spend_cap-error")).toContain("1,000,000 at most");
    await page.fill("#spend_cap", "12.34");
    await page.click("button:text-is('Save')");
    expect(await page.textContent("[role=status]")).toBe("Saved. It counts from the next request on.");
    expect(await page.inputValue("#spend_cap")).toBe("12.34");
    await page.context().close();
  });

  it("follows the log by itself while somebody asks it to, and goes on to older pages", async () => {
    const page = await pageOf("rosa");
    await page.goto("/developers/logs");
    expect(await page.locator("tbody tr").count()).toBe(25);
    await page.click("text=Older");
    await page.click("text=Older");
    expect(await page.locator("tbody tr").count()).toBe(10);
    await page.click("text=Newest");
    await page.click("text=Follow live");
    const fresh = page.waitForResponse((answer) => answer.url().includes("live=yes") && answer.request().resourceType() === "fetch");
    expect((await fresh).status()).toBe(200);
    expect(await page.locator("tbody tr").count()).toBe(25);
    await page.context().close();
  });
});
