import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import pg from "pg";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { people } from "#local/people.ts";
import { seed } from "#local/seed.ts";
import { sealUnder } from "#workers/seal.ts";
import { type TestDatabase, testDatabase } from "../database.ts";
import { PARTNER_KEYS, type RunningWorker, startWorker } from "../http/worker.ts";
import { faultsOf, hasChromium, markupFaultsOf, openBrowser } from "./browser.ts";
import { byDeveloperDoor, visitorsTo } from "./visitors.ts";

type Who = "rosa" | "ada";

describe.runIf(hasChromium)("the pages of webhooks, as a browser shows them", () => {
  let [browser, worker, database]: [Browser?, RunningWorker?, TestDatabase?] = [];
  let receiver: Server;
  /** What the receiver answers; 200 unless told. */
  const answers: number[] = [];
  let ids: Readonly<Record<string, string>> = {};
  const origin = () => worker?.origin ?? "";
  const { cookiesOf, pageOf, requestsOf, letIn } = visitorsTo(() => ({ browser, origin: origin() }));

  beforeAll(async () => {
    [browser, database] = await Promise.all([openBrowser(), testDatabase()]);
    receiver = createServer((request, response) => {
      request.resume();
      request.on("end", () => response.writeHead(answers.shift() ?? 200, { "content-type": "text/plain" }).end("thanks"));
    });
    await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
    await seed({ databaseUrl: database.url });
    ids = await enriched(database.url);
    worker = await startWorker({ databaseUrl: database.url });
    for (const who of ["rosa", "ada"] as const) await letIn(who, byDeveloperDoor(who));
  }, 120_000);
  afterAll(async () => {
    receiver?.close();
    await Promise.all([browser?.close(), worker?.stop(), database?.drop()]);
  });
  const receiverUrl = () => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/in`;

  /** Endpoints of Rosa's account in every state, with deliveries and attempts, a replay, and a destination of logs. */
  async function enriched(url: string): Promise<Record<string, string>> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const idOf = async (text: string, values: unknown[] = []) => ((await client.query(text, values)).rows[0] as { id: string }).id;
    const rosa = await idOf("select id from identity.users where email = $1", [people.rosa.email]);
    const account = await idOf("select id from network.recruiters where user_id = $1", [rosa]);
    const webhook = (description: string | null, status: string, reason: string | null, failing: boolean) =>
      idOf(
        `insert into api.webhooks (account_id, owner_user_id, role_type, url, description, event_types, status, disabled_reason, disabled_at,
           failing_since, failing_alerted_percent, last_success_at, max_per_second)
         values ($1, $2, 'recruiter', 'https://hooks.example.com/a/long/path/without/any/break/in/it/for/narrow/windows', $3,
           '{role.created,application.submitted,application.stage_changed}', $4, $5, case when $5::text is null then null else now() end,
           case when $6 then now() - interval '61 hours' end, case when $6 then 50 end, now() - interval '3 hours', 20) returning id`,
        [account, rosa, description, status, reason, failing],
      );
    const active = await webhook("Our applicant tracking system", "active", null, true);
    const disabled = await webhook(null, "disabled", "failing_5_days", false);
    const orphaned = await webhook(null, "disabled", "owner_gone", false);
    const unverified = await webhook("Staging", "unverified", null, false);
    await client.query(
      `with e as (
         insert into api.events (id, outbox_id, owner_user_id, account_id, type, entity_type, entity_id, sequence, api_version, payload_text, occurred_at)
         select gen_random_uuid(), gen_random_uuid(), $2, $3, (array['role.created','application.submitted','application.stage_changed'])[1 + n % 3],
           'role', gen_random_uuid(), n, 'v1', '{"id":"evt_1","event":"application.stage_changed","type":"application.stage_changed","data":{"application_id":"019b218f-5440-7000-8000-000000000001","old_stage":"screening","new_stage":"interview"}}',
           date_trunc('milliseconds', now()) - make_interval(mins => n * 20)
         from generate_series(1, 60) n returning id, type, occurred_at, sequence)
       insert into api.webhook_deliveries (id, event_id, event_at, event_type, webhook_id, account_id, status, attempts, sends, next_attempt_at, last_status,
         last_error_class, created_at, completed_at)
       select gen_random_uuid(), id, occurred_at, type, $1, $3, s, least(sequence % 5, 1 + sequence % 5), 5,
         case when s = 'retrying' then now() + interval '9 minutes' end, case s when 'succeeded' then 200 when 'skipped' then null else 503 end,
         case s when 'succeeded' then null when 'skipped' then 'endpoint_disabled' else 'http_5xx' end, occurred_at,
         case when s in ('succeeded', 'dead', 'skipped') then occurred_at + interval '1 minute' end
       from (select e.*, case when sequence % 9 = 0 then 'dead' when sequence % 11 = 0 then 'retrying' when sequence % 13 = 0 then 'parked' else 'succeeded' end as s from e) x`,
      [active, rosa, account],
    );
    const delivery = await idOf("select id from api.webhook_deliveries where status = 'dead' order by created_at desc limit 1");
    await client.query(
      `insert into api.webhook_attempts (delivery_id, attempt_no, trigger, started_at, resolve_ms, first_byte_ms, duration_ms, http_status, error_class, response_headers, response_body, signature_key_ids, request_id)
       select $1, n, case n when 3 then 'manual' else 'auto' end, now() - make_interval(mins => 30 - n * 8), 3, 41, 42, case n when 2 then null else 503 end,
         case n when 2 then 'timeout' else 'http_5xx' end, '{"content-type":"text/html","retry-after":"60"}', '<html>a very long line of an answer without any break at all ' || repeat('x', 300), array[gen_random_uuid()], gen_random_uuid()
       from generate_series(1, 3) n`,
      [delivery],
    );
    const job = await idOf(
      `insert into api.replay_jobs (account_id, webhook_id, filter, total, enqueued, created_by, status)
       values ($1, $2, '{"statuses":["dead"],"since":"2026-11-01T00:00:00Z","until":"2026-11-20T00:00:00Z"}', 120, 70, $3, 'paused') returning id`,
      [account, active, rosa],
    );
    await client.query("update api.account_plans set plan = 'enterprise' where account_id = $1", [account]);
    const siem = crypto.randomUUID();
    const seal = sealUnder(PARTNER_KEYS.KEK_CURRENT);
    await client.query(
      `insert into api.siem_destinations (id, account_id, kind, format, config_enc, kek_id, last_sent_at, last_error_class) values ($1, $2, 'splunk_hec', 'ocsf', $3, $4, now(), 'http_5xx')`,
      [
        siem,
        account,
        await seal.seal(JSON.stringify({ url: "https://splunk.example.com:8088/services/collector", secret: "t" }), `siem:${siem}`),
        await seal.keyId(),
      ],
    );
    await client.end();
    return { active, disabled, orphaned, unverified, delivery, job, siem };
  }

  const PAGES: readonly (readonly [string, () => string, Who])[] = [
    ["endpoints", () => "/developers/webhooks", "rosa"],
    ["no endpoints", () => "/developers/webhooks", "ada"],
    ["an endpoint that is asked for", () => "/developers/webhooks/new", "rosa"],
    ["an endpoint that fails", () => `/developers/webhooks/${ids["active"]}`, "rosa"],
    ["an endpoint that is disabled", () => `/developers/webhooks/${ids["disabled"]}`, "rosa"],
    [
      "an endpoint that is offered what it missed",
      () => `/developers/webhooks/${ids["active"]}?missed=12&since=2026-11-20T00:00:00Z`,
      "rosa",
    ],
    ["an endpoint that waits for its test", () => `/developers/webhooks/${ids["unverified"]}`, "rosa"],
    ["an endpoint that is changed", () => `/developers/webhooks/${ids["active"]}/edit`, "rosa"],
    ["the question before a new secret", () => `/developers/webhooks/${ids["active"]}/rotate`, "rosa"],
    ["the question before it is disabled", () => `/developers/webhooks/${ids["active"]}/disable`, "rosa"],
    ["the question before it is adopted", () => `/developers/webhooks/${ids["orphaned"]}/adopt`, "rosa"],
    ["an endpoint whose owner left", () => `/developers/webhooks/${ids["orphaned"]}`, "rosa"],
    ["the question before it is deleted", () => `/developers/webhooks/${ids["active"]}/delete`, "rosa"],
    ["a replay that is asked for", () => `/developers/webhooks/${ids["active"]}/replay`, "rosa"],
    ["the delivery log", () => "/developers/deliveries", "rosa"],
    ["the delivery log under a filter without any", () => "/developers/deliveries?status=skipped", "rosa"],
    ["no deliveries", () => "/developers/deliveries", "ada"],
    ["a delivery", () => `/developers/deliveries/${ids["delivery"]}`, "rosa"],
    ["a replay", () => `/developers/replays/${ids["job"]}`, "rosa"],
    ["where logs are pushed to", () => "/developers/siem", "rosa"],
    ["nowhere logs are pushed to", () => "/developers/siem", "ada"],
    ["a destination that is asked for", () => "/developers/siem/new", "rosa"],
    ["a destination", () => `/developers/siem/${ids["siem"]}`, "rosa"],
    ["the question before it goes", () => `/developers/siem/${ids["siem"]}/delete`, "rosa"],
  ];

  it.each(PAGES)("%s", { timeout: 60_000 }, async (_, path, who) => {
    expect(await faultsOf(browser as Browser, `${origin()}${path()}`, cookiesOf(who))).toEqual([]);
  });

  it.each(PAGES)("%s is well written", async (_, path, who) => {
    const request = await requestsOf(who);
    const answer = await request.get(path());
    expect(answer.status()).toBe(200);
    expect(await markupFaultsOf(await answer.text())).toEqual([]);
    await request.dispose();
  });

  it("the delivery log with 40 rows is at most 30 KB on the wire, with everything it loads", async () => {
    const page = await pageOf("rosa");
    let bytes = 0;
    const requests: Promise<void>[] = [];
    page.on("response", (answer) => {
      requests.push(answer.body().then((body) => void (bytes += gzipSync(body).length)));
    });
    await page.goto("/developers/deliveries", { waitUntil: "networkidle" });
    await Promise.all(requests);
    page.removeAllListeners("response"); // what comes later is not weighed
    expect(await page.locator("tbody tr").count()).toBe(40);
    expect(bytes).toBeLessThanOrEqual(30_000);
    await page.click("text=Older");
    await page.waitForURL(/cursor=/);
    expect(await page.locator("tbody tr").count()).toBeGreaterThan(10);
    await page.context().close();
  });

  it("leads an endpoint from its making over a test, a new secret and its switch to its end, without any script", async () => {
    const page = await pageOf("rosa", { javaScriptEnabled: false });
    await page.goto("/developers");
    await page.click("nav[aria-label=Developers] >> text=Webhooks");
    await page.click("text=Add an endpoint");
    await page.fill("#url", "https://10.0.0.1/in");
    await page.fill("#headers", "x-tenant: acme");
    await page.click("button:text-is('Add the endpoint')");
    expect(await page.textContent("#event_types-error")).toContain("Events");
    await page.check("text=A role was posted");
    await page.click("button:text-is('Add the endpoint')");
    expect(await page.textContent("#url-error")).toContain("We send nothing to this address");
    expect(await page.inputValue("#headers")).toBe("x-tenant: acme");
    await page.fill("#url", receiverUrl());
    await page.fill("#description", "Mine");
    await page.click("button:text-is('Add the endpoint')");
    const secret = ((await page.textContent(".secret code")) ?? "").trim();
    expect(secret).toMatch(/^whsec_/);

    await page.click("text=I have kept it");
    expect(await page.content()).not.toContain(secret);
    const path = new URL(page.url()).pathname;
    await page.click("button:text-is('Send a test')");
    expect(await page.textContent("[role=status]")).toBe("The test was sent.");
    expect(await page.textContent("h1")).toContain("webhook.test");
    expect(await page.textContent("main")).toContain("thanks");
    await page.goto(path);
    expect(await page.textContent(".badge")).toBe("Active");

    await page.click("a:text-is('New secret')");
    await page.click("button:text-is('Make a new secret')");
    expect(((await page.textContent(".secret code")) ?? "").trim()).not.toBe(secret);
    await page.goto(`${path}/rotate`);
    await page.click("button:text-is('Make a new secret')");
    expect(await page.textContent("[role=status]")).toContain("still signs until");
    await page.check("text=Rotate although");
    await page.click("button:text-is('Make a new secret')");
    expect(await page.textContent("h1")).toBe("The endpoint has a new secret");

    await page.goto(`${path}/edit`);
    await page.fill("#max_per_second", "1000");
    await page.click("button:text-is('Save')");
    expect(await page.textContent("#max_per_second-error")).toContain("Deliveries a second");
    await page.fill("#max_per_second", "5");
    await page.click("button:text-is('Save')");
    expect(await page.textContent("main")).toContain("5 a second");
    expect(await page.textContent("main")).toContain("x-tenant");

    await page.click("a:text-is('Disable')");
    await page.click("button:text-is('Disable the endpoint')");
    expect(await page.textContent("main .notice.bad")).toBe("You disabled it.");
    await page.click("button:text-is('Enable')");
    expect(await page.textContent("[role=status]")).toBe("Enabled.");
    await page.click("a:text-is('Delete')");
    await page.click("button:text-is('Delete the endpoint')");
    expect(await page.textContent("[role=status]")).toContain("is deleted");
    await page.context().close();
  });

  it("counts before it replays, goes on by itself, and is paused and cancelled", async () => {
    const page = await pageOf("rosa");
    await page.goto(`/developers/webhooks/${ids["active"]}/replay`);
    await page.uncheck("text=Parked");
    await page.fill("#since", "yesterday");
    await page.click("button:text-is('Count them')");
    expect(await page.textContent("#since-error")).toContain("is no time");
    await page.fill("#since", "");
    await page.click("button:text-is('Count them')");
    expect(await page.textContent(".notice.accent")).toMatch(/^\d+ deliveries fit\. Nothing was sent yet\.$/);
    await page.click("button:text-is('Replay them')");
    await page.waitForURL(/\/developers\/replays\//);
    expect(await page.textContent("#progress")).toMatch(/of \d+/);
    await page.goto(`/developers/replays/${ids["job"]}`);
    await page.click("button:text-is('Cancel')");
    expect(await page.textContent(".badge")).toBe("Cancelled");
    await page.context().close();
  });

  it("replays a delivery from its page, and narrows the log without leaving it", async () => {
    const page = await pageOf("rosa");
    await page.goto(`/developers/deliveries/${ids["delivery"]}`);
    await page.click("button:text-is('Replay')");
    expect(await page.textContent("[role=status]")).toBe("It is on its way.");
    expect(await page.textContent("main")).toContain("Repeats");
    await page.goto("/developers/deliveries");
    await page.selectOption("#status", "parked");
    await page.click("button:text-is('Show')");
    await page.waitForURL(/status=parked/);
    await expect.poll(() => page.locator("tbody tr").count()).toBeLessThan(10);
    await page.goto("/developers/deliveries?status=dead");
    await page.click("#deliveries tr:first-child >> button:text-is('Replay')");
    await expect.poll(() => page.textContent("[role=status]")).toBe("It is on its way.");
    expect(new URL(page.url()).search).toBe("?status=dead");
    await page.context().close();
  });

  it("keeps another account's endpoints, deliveries, replays and destinations to itself", async () => {
    const request = await requestsOf("ada");
    for (const path of [
      `webhooks/${ids["active"]}`,
      `webhooks/${ids["active"]}/edit`,
      `deliveries/${ids["delivery"]}`,
      `replays/${ids["job"]}`,
      `siem/${ids["siem"]}`,
    ]) {
      expect((await request.get(`/developers/${path}`)).status(), path).toBe(404);
    }
    const headers = { "sec-fetch-site": "same-origin", origin: origin() };
    for (const path of [
      ...["test", "rotate", "disable", "enable", "delete", "replay"].map((action) => `webhooks/${ids["active"]}/${action}`),
      `deliveries/${ids["delivery"]}/replay`,
      `replays/${ids["job"]}/cancel`,
      ...["test", "switch", "delete"].map((action) => `siem/${ids["siem"]}/${action}`),
    ]) {
      expect((await request.post(`/developers/${path}`, { headers, form: { once: crypto.randomUUID() } })).status(), path).toBe(404);
    }
    await request.dispose();
  });

  it("has logs pushed, and says at the field what is wrong", async () => {
    const page = await pageOf("rosa", { javaScriptEnabled: false });
    await page.goto("/developers/siem/new");
    await page.fill("#url", receiverUrl());
    await page.selectOption("#kind", "splunk_hec");
    await page.click("button:text-is('Add the destination')");
    expect(await page.textContent("#token-error")).toBe("Token is required for Splunk.");
    await page.selectOption("#kind", "https");
    await page.click("button:text-is('Add the destination')");
    expect(await page.textContent(".secret code")).toContain("whsec_");
    await page.click("text=I have kept it");
    answers.push(503);
    await page.click("button:text-is('Send a test')");
    expect(await page.textContent("[role=status]")).toBe("It did not take it: 503.");
    await page.click("button:text-is('Disable')");
    expect(await page.textContent(".badge")).toBe("Disabled");
    await page.click("a:text-is('Delete')");
    await page.click("button:text-is('Delete the destination')");
    expect(await page.textContent("[role=status]")).toBe("Nothing is pushed there any more.");
    await page.context().close();
  });
});
