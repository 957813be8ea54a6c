import { eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { accountPlans, apiKeys, oauthClients } from "#db/schema/api.ts";
import { requestLog } from "#db/schema/audit.ts";
import { webhookDeliveries } from "#db/schema/deliveries.ts";
import { memberships, sessions, users } from "#db/schema/identity.ts";
import { replayJobs, siemDestinations, webhooks, webhookSecrets } from "#db/schema/webhooks.ts";
import { uuidv7 } from "#domain/ids.ts";
import { type Answer, marketplace, type Marketplace, type Person } from "../api.ts";
import { browserAt, type TestBrowser } from "../console.ts";
import { endpointsOf } from "../endpoints.ts";
import { managementOf } from "./management.ts";

// The pages of developers and administrators, asked as a browser would, without one.

let world: Marketplace;
let management: ReturnType<typeof managementOf>;
let admin: Person;

beforeAll(async () => {
  world = await marketplace();
  world.env.WEBHOOK_ALLOW_LOOPBACK = "1";
  management = managementOf(world);
  admin = await world.platformAdmin();
});

async function signedIn({ userId }: { userId: string }): Promise<TestBrowser> {
  const browser = browserAt(world);
  await browser.signInAs(userId);
  return browser;
}

/** What a page's form carries unseen. */
const unseen = ({ body }: Answer): Record<string, string> =>
  Object.fromEntries(
    [...(body as string).matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, value]),
  );
const formAt = async (browser: TestBrowser, path: string) => unseen(await browser.get(path));
const secretIn = ({ body }: Answer): string => /<code tabindex="0"[^>]*>([^<]*)</.exec(body as string)?.[1] ?? "";
const statusIn = ({ body }: Answer): string => /role="status">([^<]*)</.exec(body as string)?.[1] ?? "";
const tripsOf = async ({ headers }: Answer) => (await world.database.counts(headers.get("x-request-id") ?? "")).round_trips;
const keysOf = (accountId: string) => world.db.reader.select().from(apiKeys).where(eq(apiKeys.accountId, accountId));

/** A company that somebody administers beside what they are already. */
async function companyOf({ userId }: Person): Promise<{ id: string }> {
  const { id, organizationId } = await world.company();
  await world.db.writer.insert(memberships).values({ userId, roleName: "company_admin", organizationId });
  return { id };
}

const KEY = { name: "Sync", "scopes.read:roles": "yes" };
/** Nobody listens there, and nothing leaves the machine. */
const ENDPOINT = { url: "http://127.0.0.1:9/in", "event_types.role.created": "yes" };
const webhooksOf = (accountId: string) => world.db.reader.select().from(webhooks).where(eq(webhooks.accountId, accountId));

/** An active endpoint of a recruiter with a delivery that was given up, a replay and a destination of logs. */
async function endpointOf(rosa: Person & { recruiterId: string }) {
  const made = endpointsOf(world.db, world.env.KEK_CURRENT);
  const account = { id: rosa.recruiterId, kind: "recruiter" } as const;
  const { id: webhookId } = await made.endpoint("http://127.0.0.1:9/in", account, rosa, { description: "Ours" });
  const [deliveryId, replayId] = [await made.deadDelivery(webhookId, rosa.recruiterId, rosa), crypto.randomUUID()];
  await world.db.writer
    .insert(replayJobs)
    .values({ id: replayId, accountId: rosa.recruiterId, webhookId, filter: {}, total: 1, createdBy: rosa.userId });
  return { webhookId, deliveryId, replayId };
}

const APP = { name: "Companion", type: "confidential", redirect_uris: "https://app.example/callback", "scopes.read:roles": "yes" };

describe("a form that makes a secret", () => {
  it("makes one key however often it is sent, and shows the same one again", async () => {
    const rosa = await world.recruiter("Rosa");
    const browser = await signedIn(rosa);
    const form = { ...(await formAt(browser, "/developers/keys/new")), ...KEY };
    const [first, again] = [await browser.post("/developers/keys/new", form), await browser.post("/developers/keys/new", form)];
    expect(secretIn(first)).toMatch(/^snk_test_\w+$/);
    expect([first.status, again.status, secretIn(again)]).toEqual([200, 200, secretIn(first)]);
    expect(await keysOf(rosa.recruiterId)).toHaveLength(1);
  });

  it("makes one key of eight clicks at once", async () => {
    const rosa = await world.recruiter("Rosa");
    const browser = await signedIn(rosa);
    const form = { ...(await formAt(browser, "/developers/keys/new")), ...KEY };
    const answers = await Promise.all(Array.from({ length: 8 }, () => browser.post("/developers/keys/new", form)));
    expect(new Set(answers.map(secretIn)).size).toBe(1);
    expect(await keysOf(rosa.recruiterId)).toHaveLength(1);
  });

  it("says later that it was done, and makes nothing", async () => {
    const rosa = await world.recruiter("Rosa");
    const browser = await signedIn(rosa);
    const form = { ...(await formAt(browser, "/developers/keys/new")), ...KEY };
    const secret = secretIn(await browser.post("/developers/keys/new", form));
    await world.db.writer.execute(sql`update ops.idempotency_keys set sealed_until = now() - interval '1 second'`);
    const late = await browser.post("/developers/keys/new", form);
    expect(late.status).toBe(409);
    expect(late.body).toContain("This was done already");
    expect(late.body).not.toContain(secret);
    expect(await keysOf(rosa.recruiterId)).toHaveLength(1);
  });

  it("tells nobody else what it made", async () => {
    const company = await world.company();
    const [ann, ben] = [await world.member(company), await world.member(company)];
    const [hers, his] = [await signedIn(ann), await signedIn(ben)];
    const form = { ...(await formAt(hers, "/developers/keys/new")), ...KEY };
    const secret = secretIn(await hers.post("/developers/keys/new", form));
    const answer = await his.post("/developers/keys/new", form);
    expect(answer.status).toBe(409);
    expect(answer.body).not.toContain(secret);
    expect(await keysOf(company.id)).toHaveLength(1);
  });

  it("shows the last key that the plan has room for again, too", async () => {
    const rosa = await world.recruiter("Rosa");
    for (let made = 0; made < 4; made++) await management.newKey(rosa);
    const browser = await signedIn(rosa);
    const form = { ...(await formAt(browser, "/developers/keys/new")), ...KEY };
    const [first, again] = [await browser.post("/developers/keys/new", form), await browser.post("/developers/keys/new", form)];
    expect([again.status, secretIn(again)]).toEqual([200, secretIn(first)]);
    const another = { ...(await formAt(browser, "/developers/keys/new")), ...KEY };
    expect((await browser.post("/developers/keys/new", another)).status).toBe(422);
  });

  it("rotates once", async () => {
    const rosa = await world.recruiter("Rosa");
    const { id } = await management.approvedKey(rosa, admin);
    const browser = await signedIn(rosa);
    const form = { ...(await formAt(browser, `/developers/keys/${id}/rotate`)), grace_seconds: "3600" };
    const [first, again] = [
      await browser.post(`/developers/keys/${id}/rotate`, form),
      await browser.post(`/developers/keys/${id}/rotate`, form),
    ];
    expect([secretIn(again), (await management.keyRow(id)).version]).toEqual([secretIn(first), 3]); // made, approved, rotated
  });

  it("registers an app once, and gives it one new secret", async () => {
    const rosa = await world.recruiter("Rosa");
    const browser = await signedIn(rosa);
    const form = { ...(await formAt(browser, "/developers/apps/new")), ...APP };
    const [first, again] = [await browser.post("/developers/apps/new", form), await browser.post("/developers/apps/new", form)];
    const [app, ...others] = await world.db.reader.select().from(oauthClients).where(eq(oauthClients.ownerAccountId, rosa.recruiterId));
    expect([secretIn(first), others]).toEqual([secretIn(again), []]);
    const path = `/developers/apps/${app?.id}/rotate`;
    const rotation = { ...(await formAt(browser, path)), grace_seconds: "3600" };
    const [fresh, same] = [await browser.post(path, rotation), await browser.post(path, rotation)];
    expect(secretIn(fresh)).not.toBe(secretIn(first));
    expect([secretIn(same), (await management.clientRow(app?.id ?? "")).version]).toEqual([secretIn(fresh), 2]);
  });

  it("adds one endpoint, gives it one new secret, and pushes logs to one place", async () => {
    const rosa = await world.recruiter("Rosa");
    await world.db.writer.update(accountPlans).set({ plan: "enterprise" }).where(eq(accountPlans.accountId, rosa.recruiterId));
    const browser = await signedIn(rosa);
    const twice = async (path: string, fields: Record<string, string>) => {
      const form = { ...(await formAt(browser, path)), ...fields };
      const [first, again] = [await browser.post(path, form), await browser.post(path, form)];
      expect(secretIn(first)).toMatch(/^whsec_/);
      expect([path, first.status, again.status, secretIn(again)]).toEqual([path, 200, 200, secretIn(first)]);
    };
    await twice("/developers/webhooks/new", ENDPOINT);
    const [endpoint, ...others] = await webhooksOf(rosa.recruiterId);
    expect(others).toEqual([]);
    await twice(`/developers/webhooks/${endpoint?.id}/rotate`, { grace_seconds: "3600" });
    const secrets = await world.db.reader
      .select()
      .from(webhookSecrets)
      .where(eq(webhookSecrets.webhookId, endpoint?.id ?? ""));
    expect(secrets).toHaveLength(2);
    await twice("/developers/siem/new", { url: "http://127.0.0.1:9/logs", kind: "https", format: "json" });
    expect(await world.db.reader.select().from(siemDestinations).where(eq(siemDestinations.accountId, rosa.recruiterId))).toHaveLength(1);
  });

  it("begins one replay", async () => {
    const rosa = await world.recruiter("Rosa");
    const { webhookId } = await endpointOf(rosa);
    const browser = await signedIn(rosa);
    const path = `/developers/webhooks/${webhookId}/replay`;
    const form = { ...(await formAt(browser, path)), "statuses.dead": "yes", step: "begin" };
    const [first, again] = [await browser.post(path, form), await browser.post(path, form)];
    expect(first.headers.get("location")).toMatch(/^\/developers\/replays\//);
    expect(again.headers.get("location")).toBe(first.headers.get("location"));
    expect(await world.db.reader.select().from(replayJobs).where(eq(replayJobs.webhookId, webhookId))).toHaveLength(2);
  });

  it("does nothing without its token", async () => {
    const rosa = await world.recruiter("Rosa");
    const answer = await (await signedIn(rosa)).post("/developers/keys/new", KEY);
    expect(answer.status).toBe(422);
    expect(await keysOf(rosa.recruiterId)).toEqual([]);
  });

  it("is another request with other words", async () => {
    const rosa = await world.recruiter("Rosa");
    const browser = await signedIn(rosa);
    const form = { ...(await formAt(browser, "/developers/keys/new")), ...KEY };
    await browser.post("/developers/keys/new", form);
    expect((await browser.post("/developers/keys/new", { ...form, name: "Another" })).status).toBe(422);
    expect(await keysOf(rosa.recruiterId)).toHaveLength(1);
  });
});

describe("an app that is edited", () => {
  /** An approved app of a company, and a browser of its admin. */
  async function approved() {
    const ann = await world.member(await world.company());
    const { id } = await management.newClient(ann);
    await management.decide(admin, id, "approve");
    return { id, browser: await signedIn(ann), path: `/developers/apps/${id}/edit` };
  }
  const kept = {
    name: "Companion",
    redirect_uris: "https://app.example/callback",
    "scopes.read:roles": "yes",
    "scopes.read:candidates": "yes",
  };

  it("keeps its approval by less to do", async () => {
    const { id, browser, path } = await approved();
    const { "scopes.read:candidates": _, ...less } = kept;
    const answer = await browser.post(path, { ...(await formAt(browser, path)), ...less, ip_allowlist: "192.0.2.0/24" });
    expect(answer.headers.get("location")).toBe(`/developers/apps/${id}?done=saved`);
    expect(await management.clientRow(id)).toMatchObject({
      allowedScopes: ["read:roles"],
      ipAllowlist: ["192.0.2.0/24"],
      status: "approved",
    });
  });

  it("is asked about before it waits for approval again", async () => {
    const { id, browser, path } = await approved();
    const question = await browser.post(path, {
      ...(await formAt(browser, path)),
      ...kept,
      redirect_uris: "https://app.example/callback https://app.example/second",
    });
    expect(question.body).toContain("https://app.example/second");
    expect(question.body).toContain("Save, and wait for approval");
    expect((await management.clientRow(id)).status).toBe("approved");
    const hidden = Object.fromEntries(
      [...(question.body as string).matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name = "", value = ""]) => [
        name,
        value,
      ]),
    );
    await browser.post(path, hidden);
    expect(await management.clientRow(id)).toMatchObject({
      status: "pending",
      redirectUris: ["https://app.example/callback", "https://app.example/second"],
    });
  });

  it("is asked about by a new name too", async () => {
    const { id, browser, path } = await approved();
    const question = await browser.post(path, { ...(await formAt(browser, path)), ...kept, name: "Guide" });
    expect(question.body).toContain("Save, and wait for approval");
    expect(await management.clientRow(id)).toMatchObject({ name: "Companion", status: "approved" });
  });

  it("shows what somebody else saved meanwhile beside what was typed, and saves nothing", async () => {
    const { id, browser, path } = await approved();
    const form = await formAt(browser, path);
    const [fast, slow] = ["192.0.2.0/24", "198.51.100.0/24"];
    await browser.post(path, { ...(await formAt(browser, path)), ...kept, ip_allowlist: fast });
    const late = await browser.post(path, { ...form, ...kept, ip_allowlist: slow });
    expect(late.status).toBe(409);
    expect(late.body).toContain("Somebody else changed this while you were typing.");
    expect(late.body).toMatch(/<span>Now:<\/span> 192\.0\.2\.0\/24.*<span>You typed:<\/span> 198\.51\.100\.0\/24/s);
    expect(late.body).toMatch(/<textarea[^>]*>198\.51\.100\.0\/24</);
    expect((await management.clientRow(id)).ipAllowlist).toEqual([fast]);
    await browser.post(path, { ...unseen(late), ...kept, ip_allowlist: slow });
    expect((await management.clientRow(id)).ipAllowlist).toEqual([slow]);
  });

  it("says at the field what is wrong", async () => {
    const { browser, path } = await approved();
    const answer = await browser.post(path, { ...(await formAt(browser, path)), ...kept, redirect_uris: "http://app.example" });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatch(/id="redirect_uris-error">An address is neither https nor http/);
  });
});

describe("an endpoint that is changed", () => {
  it("shows what somebody else saved meanwhile beside what was typed, and saves nothing", async () => {
    const rosa = await world.recruiter("Rosa");
    const { webhookId } = await endpointOf(rosa);
    const browser = await signedIn(rosa);
    const path = `/developers/webhooks/${webhookId}/edit`;
    const form = await formAt(browser, path);
    await browser.post(path, { ...(await formAt(browser, path)), ...ENDPOINT, description: "Faster" });
    const late = await browser.post(path, { ...form, ...ENDPOINT, description: "Slower" });
    expect(late.status).toBe(409);
    expect(late.body).toMatch(/<span>Now:<\/span> Faster.*<span>You typed:<\/span> Slower/s);
    expect((await webhooksOf(rosa.recruiterId))[0]?.description).toBe("Faster");
    await browser.post(path, { ...unseen(late), ...ENDPOINT, description: "Slower" });
    expect((await webhooksOf(rosa.recruiterId))[0]?.description).toBe("Slower");
  });

  it("says on its own page what its state does not allow, and nothing that an address brings", async () => {
    const rosa = await world.recruiter("Rosa");
    const { webhookId, deliveryId } = await endpointOf(rosa);
    const browser = await signedIn(rosa);
    await browser.post(`/developers/webhooks/${webhookId}/disable`);
    const replayed = await browser.post(`/developers/deliveries/${deliveryId}/replay`);
    expect([replayed.status, statusIn(replayed)]).toEqual([409, "The endpoint is disabled. Enable it first."]);
    expect((await browser.get(`/developers/webhooks/${webhookId}?said=Call+this+number`)).body).not.toContain("Call this number");
  });
});

describe("how endpoints fare", () => {
  const statsIn = ({ body }: Answer): Record<string, string> =>
    Object.fromEntries(
      [...(body as string).matchAll(/<dt>([^<]*)<\/dt><dd>([^<]*)<\/dd>/g)].map(([, name = "", value = ""]) => [name, value]),
    );

  it("is told of each, and of all of the account's together, for a day and for a week", async () => {
    const [rosa, other] = [await world.recruiter("Rosa"), await world.recruiter("Other")];
    const browser = await signedIn(rosa);
    expect(statsIn(await browser.get("/developers/webhooks"))).toEqual({});
    const [failing, good] = [await endpointOf(rosa), await endpointOf(rosa)];
    await endpointOf(other);
    /** Copies of an endpoint's delivery that became final so long ago. */
    const final = ({ deliveryId }: { deliveryId: string }, count: number, status: string, hoursAgo: number, type = "role.created") =>
      world.db.writer.execute(sql`insert into api.webhook_deliveries
          (id, event_id, event_at, event_type, webhook_id, account_id, status, completed_at, replay_of)
        select gen_random_uuid(), d.event_id, d.event_at, ${type}, d.webhook_id, d.account_id, ${status}, now() - make_interval(hours => ${hoursAgo}), d.id
        from api.webhook_deliveries d, generate_series(1, ${count}) where d.id = ${deliveryId}::uuid`);
    await final(failing, 3, "succeeded", 1);
    await final(failing, 5, "dead", 1, "webhook.test"); // says nothing of what is missed
    await final(good, 5, "succeeded", 1);
    await final(good, 10, "succeeded", 30);
    await final(good, 90, "dead", 24 * 8);
    const [one, both] = [await browser.get(`/developers/webhooks/${failing.webhookId}`), await browser.get("/developers/webhooks")];
    expect(statsIn(one)).toMatchObject({ "Arrived in 24 hours": "75 %", "Arrived in 7 days": "75 %", "Given up in 24 hours": "1" });
    expect(statsIn(both)).toMatchObject({ "Arrived in 24 hours": "80 %", "Arrived in 7 days": "90 %", "Given up in 24 hours": "2" });
    // a filter narrows the list, and not what is told of all
    expect(statsIn(await browser.get("/developers/webhooks?status=disabled"))).toEqual(statsIn(both));
  });
});

describe("the log of deliveries", () => {
  it("replays one where it stands, and stays as it was narrowed", async () => {
    const rosa = await world.recruiter("Rosa");
    const { deliveryId } = await endpointOf(rosa);
    const browser = await signedIn(rosa);
    const log = await browser.get("/developers/deliveries?status=dead");
    expect(log.body).toMatch(new RegExp(`action="/developers/deliveries/${deliveryId}/replay" data-swap="deliveries"`));
    const answer = await browser.post(`/developers/deliveries/${deliveryId}/replay`, unseen(log));
    expect(answer.headers.get("location")).toBe("/developers/deliveries?status=dead&done=replayed");
    expect(statusIn(await browser.get("/developers/deliveries?status=dead&done=replayed"))).toBe("It is on its way.");
    const again = await world.db.reader.select().from(webhookDeliveries).where(eq(webhookDeliveries.replayOf, deliveryId));
    expect(again).toHaveLength(1);
    const elsewhere = await browser.post(`/developers/deliveries/${deliveryId}/replay`, { ...unseen(log), back: "//evil.example/" });
    expect(elsewhere.headers.get("location")).toBe("/developers/deliveries?done=replayed");
  });
});

describe("a form whose session has ended", () => {
  it("is filled again after the sign-in, for the same person alone, and this once", async () => {
    const [rosa, other] = [await world.recruiter("Rosa"), await world.recruiter("Other")];
    const browser = await signedIn(rosa);
    const form = { ...(await formAt(browser, "/developers/keys/new")), ...KEY, name: "Typed with care" };
    await world.db.writer.update(sessions).set({ endedAt: new Date(), endedReason: "signed_out" }).where(eq(sessions.userId, rosa.userId));
    const answer = await browser.post("/developers/keys/new", form);
    expect(answer.headers.get("location")).toBe("/sign-in?return_to=%2Fdevelopers%2Fkeys%2Fnew");
    expect([...browser.cookies.values()].join()).not.toContain("care");
    await browser.signInAs(other.userId);
    expect((await browser.get("/developers/keys/new")).body).not.toContain("Typed with care");
    await browser.signInAs(rosa.userId);
    const page = await browser.get("/developers/keys/new");
    expect(page.body).toContain('value="Typed with care"');
    expect(statusIn(page)).toContain("it was not sent");
    expect((await browser.get("/developers/keys/new")).body).not.toContain("Typed with care");
  });
});

describe("a sign-in by the way of developers", () => {
  it("leads back to the page that asked for it, where the form is filled again", async () => {
    const rosa = await world.recruiter("Rosa");
    const browser = await signedIn(rosa);
    const form = { ...(await formAt(browser, "/developers/keys/new")), ...KEY, name: "Typed with care" };
    await world.db.writer.update(sessions).set({ endedAt: new Date(), endedReason: "signed_out" }).where(eq(sessions.userId, rosa.userId));
    const { headers } = await browser.post("/developers/keys/new", form);
    const page = await browser.get(headers.get("location") ?? "");
    const shortCut = /href="(\/dev\/sign-in[^"]*)"/.exec(page.body)?.[1] ?? "";
    const back = await browser.post("/dev/sign-in", { ...(await formAt(browser, shortCut)), user_id: rosa.userId });
    expect(back.headers.get("location")).toBe("/developers/keys/new");
    expect((await browser.get("/developers/keys/new")).body).toContain('value="Typed with care"');
  });

  it.each(["https://evil.example/", "//evil.example", "/dev/sign-in"])("leads nowhere else: %s", async (elsewhere) => {
    const rosa = await world.recruiter("Rosa");
    const browser = browserAt(world);
    expect((await browser.post("/dev/sign-in", { user_id: rosa.userId, return_to: elsewhere })).headers.get("location")).toBe("/console");
  });
});

describe("a key whose maker left", () => {
  it("is adopted from its page: a new secret once, and the key passes", async () => {
    const company = await world.company("Left");
    const [owner, leaver] = [await world.member(company), await world.member(company)];
    const [gone, own] = [await management.approvedKey(leaver, admin), await management.approvedKey(owner, admin)];
    const { data } = (await world.call("GET", `/api/v2/memberships?user_id=${leaver.userId}`, { as: owner })).body;
    await world.call("DELETE", `/api/v2/memberships/${data[0].id}`, { as: owner });
    const browser = await signedIn(owner);
    const adopt = `/developers/keys/${gone.id}/adopt`;
    expect((await browser.get(`/developers/keys/${gone.id}`)).body).toContain(`href="${adopt}"`);
    expect((await browser.get(`/developers/keys/${own.id}`)).body).not.toContain("/adopt");
    const form = await formAt(browser, adopt);
    const [shown, again] = [await browser.post(adopt, form), await browser.post(adopt, form)];
    expect(await management.tried(secretIn(shown))).toBe(200);
    expect(secretIn(again)).toBe(secretIn(shown));
    expect(await management.tried(gone.token)).toBe("invalid_token");
    expect((await browser.get(`/developers/keys/${gone.id}`)).body).not.toContain(adopt);
  });
});

describe("an endpoint whose owner left", () => {
  it("is adopted from its page: a new secret once, and what it missed is offered", async () => {
    const company = await world.company("Left it");
    const [owner, leaver] = [await world.member(company), await world.member(company)];
    const { endpoint } = endpointsOf(world.db, world.env.KEK_CURRENT);
    const account = { id: company.id, kind: "company" } as const;
    const known = { eventTypes: ["role.created"], lastSuccessAt: new Date() };
    const [gone, own] = [
      await endpoint("http://127.0.0.1:9/gone", account, leaver, known),
      await endpoint("http://127.0.0.1:9/own", account, owner, known),
    ];
    await world.db.writer.update(memberships).set({ deletedAt: new Date() }).where(eq(memberships.userId, leaver.userId));
    await world.cron("* * * * *");
    const browser = await signedIn(owner);
    const [path, adopt] = [`/developers/webhooks/${gone.id}`, `/developers/webhooks/${gone.id}/adopt`];
    expect((await browser.get("/developers/webhooks")).body).toMatch(/gone<.*To be adopted/s);
    const page = await browser.get(path);
    expect(page.body).toContain("Whoever owned it has left");
    expect(page.body).toContain(`href="${adopt}"`);
    expect(page.body).not.toContain(`action="${path}/enable"`);
    expect((await browser.get(`/developers/webhooks/${own.id}`)).body).not.toContain("/adopt");
    const form = await formAt(browser, adopt);
    const [shown, again] = [await browser.post(adopt, form), await browser.post(adopt, form)];
    expect(secretIn(shown)).toMatch(/^whsec_/);
    expect(secretIn(again)).toBe(secretIn(shown));
    expect(shown.body).toContain(`href="${path}?missed=0&amp;since=`);
    expect((await webhooksOf(company.id)).find(({ id }) => id === gone.id)).toMatchObject({ status: "active", ownerUserId: owner.userId });
    const late = await browser.post(adopt, await formAt(browser, adopt));
    expect([late.status, statusIn(late)]).toEqual([409, "Only an endpoint whose owner left can be adopted."]);
  });
});

describe("requests beyond the limit", () => {
  it("that nobody could be billed for are refused beside the switch, and what was typed stays", async () => {
    const rosa = await world.recruiter("Rosa");
    await world.db.writer.update(accountPlans).set({ plan: "premium" }).where(eq(accountPlans.accountId, rosa.recruiterId));
    const browser = await signedIn(rosa);
    const form = { ...(await formAt(browser, "/developers/usage")), overage_enabled: "yes", spend_cap: "75" };
    const answer = await browser.post("/developers/usage", form);
    expect(answer.status).toBe(409);
    expect(answer.body).toMatch(/id="overage_enabled-error"[^>]*>[^<]*Take out a subscription first\./);
    expect(answer.body).toContain('value="75"');
  });
});

describe("an admin's page of a plan", () => {
  it("names whose account it is", async () => {
    const company = await world.company("Acme & Sons");
    const browser = await signedIn(admin);
    const page = await browser.get(`/console/admin/plans?account=${company.id}`);
    expect(page.body).toMatch(/<h2[^>]*>Acme &amp; Sons/);
  });

  it("is found by that name as well", async () => {
    const rosa = await world.recruiter("Rosalind Franklin");
    const browser = await signedIn(admin);
    const page = await browser.get("/console/admin/plans?account=rosalind");
    expect(page.body).toContain(`href="/console/admin/plans?account=${rosa.recruiterId}"`);
    expect((await browser.get("/console/admin/plans?account=nobody+of+that+name")).body).toContain("No account is called that");
  });
});

describe("an admin's own request", () => {
  it("is told that another admin approves it, on its page", async () => {
    await world.platformAdmin();
    const key = await management.newKey(admin);
    const browser = await signedIn(admin);
    const path = `/console/admin/approvals/${key.id}`;
    const answer = await browser.post(path, { ...(await formAt(browser, path)), decision: "approve", reason: "" });
    expect(answer.status).toBe(409);
    expect(answer.body).toContain("another platform admin");
  });
});

describe("with several accounts", () => {
  it("every page names the acting one, and the choice leads back and stays", async () => {
    const ann = await world.recruiter("Ann");
    const company = await companyOf(ann);
    const browser = await signedIn(ann);
    const asked = await browser.get("/developers/keys?status=active");
    expect(asked.headers.get("location")).toBe("/developers/account?return_to=%2Fdevelopers%2Fkeys%3Fstatus%3Dactive");
    const chosen = await browser.post("/developers/account", { account_id: company.id, return_to: "/developers/keys?status=active" });
    expect(chosen.headers.get("location")).toBe("/developers/keys?status=active");
    for (const path of [
      "",
      "/keys",
      "/keys/new",
      "/apps",
      "/apps/new",
      "/grants",
      "/webhooks",
      "/webhooks/new",
      "/deliveries",
      "/siem",
      "/siem/new",
      "/usage",
      "/logs",
      "/deprecations",
      "/changelog",
    ]) {
      const page = await browser.get(`/developers${path}`);
      expect(page.body, path).toMatch(/<p class="acting small"><b>[^<]+<\/b> <span class="soft">a company&#39;s account/);
      expect(page.body, path).toContain("Change account");
    }
    expect(
      (await browser.post("/developers/account", { account_id: company.id, return_to: "//evil.example" })).headers.get("location"),
    ).toBe("/developers");
  });

  it("a form of a company acts for the company whose page it stood on", async () => {
    const ann = await world.person();
    const [one, other] = [await companyOf(ann), await companyOf(ann)];
    const browser = await signedIn(ann);
    await browser.post("/console/company", { company: one.id });
    const form = await formAt(browser, "/console/company/access-codes");
    await browser.post("/console/company", { company: other.id });
    const code = { ...form, label: "Partner", expires_at: "2099-01-01" };
    const answer = await browser.post("/console/company/access-codes", code);
    expect(answer.status, statusIn(answer)).toBe(200);
    const { rows } = await world.db.writer.execute<{ company_id: string }>(
      sql`select company_id from ats.white_label_codes where company_id in (${one.id}, ${other.id})`,
    );
    expect(rows).toEqual([{ company_id: one.id }]);
    expect((await browser.post("/console/company/access-codes", { ...code, of_company: (await world.company()).id })).status).toBe(404);
  });

  it("a form acts for the account whose page it stood on", async () => {
    const ann = await world.recruiter("Ann");
    const company = await companyOf(ann);
    const browser = await signedIn(ann);
    await browser.post("/developers/account", { account_id: company.id });
    const form = { ...(await formAt(browser, "/developers/keys/new")), ...KEY };
    await browser.post("/developers/account", { account_id: ann.recruiterId });
    await browser.post("/developers/keys/new", form);
    expect([(await keysOf(company.id)).length, (await keysOf(ann.recruiterId)).length]).toEqual([1, 0]);
  });

  it("a form for an account of others makes nothing", async () => {
    const [rosa, other] = [await world.recruiter("Rosa"), await world.recruiter("Other")];
    const browser = await signedIn(rosa);
    const form = { ...(await formAt(browser, "/developers/keys/new")), ...KEY, account_id: other.recruiterId };
    expect((await browser.post("/developers/keys/new", form)).status).toBe(403);
    expect(await keysOf(other.recruiterId)).toEqual([]);
  });
});

describe("a page", () => {
  it("is one trip, and one more where a look is noted", async () => {
    const rosa = await world.recruiter("Rosa");
    const key = await management.approvedKey(rosa, admin);
    const app = await management.newClient(rosa);
    const made = new Date();
    const id = uuidv7(made, 0, new Uint8Array(8));
    await world.db.writer.insert(requestLog).values({
      id,
      ts: made,
      accountId: rosa.recruiterId,
      userId: rosa.userId,
      method: "GET",
      route: "/roles",
      path: "/api/v1/roles",
      status: 200,
      latencyMs: 7,
      requestId: id,
      scopesUsed: [],
      overage: false,
      bytesOut: 12,
    });
    const { webhookId, deliveryId, replayId } = await endpointOf(rosa);
    const [hers, admins] = [await signedIn(rosa), await signedIn(admin)];
    const pages: readonly (readonly [TestBrowser, string, number])[] = [
      [hers, "/developers", 1],
      [hers, "/developers/account", 1],
      [hers, "/developers/keys", 1],
      [hers, "/developers/keys?format=csv", 1],
      [hers, "/developers/keys/new", 1],
      [hers, `/developers/keys/${key.id}`, 1],
      [hers, `/developers/keys/${key.id}/rotate`, 1],
      [hers, `/developers/keys/${key.id}/revoke`, 1],
      [hers, "/developers/apps", 1],
      [hers, "/developers/apps/new", 1],
      [hers, `/developers/apps/${app.id}`, 1],
      [hers, `/developers/apps/${app.id}/edit`, 1],
      [hers, "/developers/grants", 1],
      [hers, "/developers/webhooks", 1],
      [hers, "/developers/webhooks/new", 1],
      [hers, `/developers/webhooks/${webhookId}`, 1],
      [hers, `/developers/webhooks/${webhookId}/edit`, 1],
      [hers, `/developers/webhooks/${webhookId}/rotate`, 1],
      [hers, `/developers/webhooks/${webhookId}/replay`, 1],
      [hers, "/developers/deliveries", 1],
      [hers, `/developers/deliveries/${deliveryId}`, 1],
      [hers, `/developers/replays/${replayId}`, 1],
      [hers, "/developers/siem", 1],
      [hers, "/developers/siem/new", 1],
      [hers, "/developers/usage", 1],
      [hers, "/developers/logs", 1],
      [hers, `/developers/logs/${id}`, 1],
      [hers, "/developers/deprecations", 1],
      [hers, "/developers/changelog", 1],
      [admins, "/console/admin", 1],
      [admins, `/console/admin/approvals/${app.id}`, 1],
      [admins, "/console/admin/credentials", 1],
      [admins, `/console/admin/keys/${key.id}/suspend`, 1],
      [admins, "/console/admin/plans", 1],
      [admins, `/console/admin/plans?account=${rosa.recruiterId}`, 1],
      [admins, "/console/admin/privacy", 1],
      [admins, "/console/admin/audit", 2],
      [admins, "/console/admin/sign-ins", 1],
    ];
    for (const [browser, path, trips] of pages) {
      const answer = await browser.get(path);
      expect([path, answer.status, await tripsOf(answer)]).toEqual([path, 200, trips]);
    }
  });

  it("that makes a key is two", async () => {
    const browser = await signedIn(await world.recruiter("Rosa"));
    const answer = await browser.post("/developers/keys/new", { ...(await formAt(browser, "/developers/keys/new")), ...KEY });
    expect([answer.status, await tripsOf(answer)]).toEqual([200, 2]);
  });
});

it("the documentation that pages link to stands on the API's host", async () => {
  for (const path of ["/docs", "/docs/start", "/docs/problems/not_found", "/openapi.json", "/postman.json"]) {
    const answer = await world.call("GET", path, { origin: "http://app.localhost:8787" });
    expect([answer.status, answer.headers.get("location")]).toEqual([303, `${world.env.API_ORIGIN}${path}`]);
  }
});

describe("what somebody is", () => {
  const AREAS = ["Home", "Notifications", "Developers", "Administration", "Sessions"];
  const COMPANY = ["white-label", "access-codes", "intake", "widget", "embed-code"].map((page) => `/console/company/${page}`);
  const PATHS: readonly string[] = [
    "/console",
    "/console/notifications",
    "/console/applications",
    "/console/sessions",
    "/developers",
    "/developers/keys",
    "/developers/apps",
    "/developers/webhooks",
    "/developers/deliveries",
    "/developers/siem",
    "/developers/usage",
    "/developers/logs",
    "/developers/deprecations",
    "/developers/changelog",
    "/console/admin",
    "/console/admin/credentials",
    "/console/admin/plans",
    "/console/admin/privacy",
    "/console/admin/audit",
    "/console/admin/sign-ins",
    ...COMPANY,
  ];
  const developer = PATHS.filter((path) => !/^\/console\/(?:admin|company)/.test(path));
  const person = PATHS.filter((path) => !/admin|developers|company|applications/.test(path));

  /** Everybody with their areas and pages; every other page says that it is not for them. */
  const TABLE: readonly (readonly [string, () => Promise<Person>, string[], readonly string[]])[] = [
    ["nobody yet", () => world.person(), ["Home", "Notifications", "Sessions"], person],
    ["a recruiter", () => world.recruiter(), ["Home", "Notifications", "From candidates", "Developers", "Sessions"], developer],
    [
      "a company admin",
      async () => world.member(await world.company()),
      ["Home", "Notifications", "From candidates", "Company", "Developers", "Sessions"],
      [...developer, ...COMPANY],
    ],
    [
      "a hiring manager",
      async () => world.member(await world.company(), "hiring_manager"),
      ["Home", "Notifications", "From candidates", "Sessions"],
      PATHS.filter((path) => person.includes(path) || path === "/console/applications"),
    ],
    [
      "a platform admin",
      () => world.platformAdmin(),
      AREAS,
      PATHS.filter((path) => !COMPANY.includes(path) && path !== "/console/applications"),
    ],
  ];

  it.each(TABLE)("%s has its own areas and pages, and no others", async (_, make, areas, paths) => {
    const browser = await signedIn(await make());
    const home = (await browser.get("/console")).body as string;
    const navigation = /<nav class="areas".*?<\/nav>/s.exec(home)?.[0] ?? "";
    expect([...navigation.matchAll(/>([^<]+)<\/a>/g)].map(([, name]) => name)).toEqual(areas);
    const open: string[] = [];
    for (const path of PATHS) {
      const { status } = await browser.get(path);
      expect([200, 403, 404], path).toContain(status);
      if (status === 200) open.push(path);
    }
    expect(open).toEqual(paths);
  });

  it("nobody who is signed out sees any of it", async () => {
    const browser = browserAt(world);
    for (const path of PATHS) {
      expect((await browser.get(path)).headers.get("location"), path).toBe(
        path === "/console" ? "/sign-in" : `/sign-in?return_to=${encodeURIComponent(path)}`,
      );
    }
  });
});

describe("a list", () => {
  it("of keys is searched, narrowed, paged and had as a file, from its address alone", async () => {
    const rosa = await world.recruiter("Rosa");
    await world.db.writer.update(accountPlans).set({ plan: "enterprise" }).where(eq(accountPlans.accountId, rosa.recruiterId));
    const { id } = await management.newKey(rosa, { name: "=SUM(A1)" });
    await world.db.writer.execute(sql`
      insert into api.api_keys (public_id, account_id, user_id, role_type, name, env, secret_hash, last4, scopes, status)
      select lpad(n::text, 16, 'k'), account_id, user_id, role_type, 'Nightly ' || n, env, secret_hash, last4, scopes, 'revoked'
      from api.api_keys, generate_series(1, 30) n where id = ${id}`);
    const browser = await signedIn(rosa);
    const names = ({ body }: Answer) => [...(body as string).matchAll(/<a href="\/developers\/keys\/[\da-f-]{36}">([^<]*)</g)].length;
    const first = await browser.get("/developers/keys?status=revoked");
    expect([names(first), statusIn(first)]).toEqual([25, "25 or more found."]);
    const older = /href="([^"]*cursor=[^"]*)" rel="next"/.exec(first.body)?.[1]?.replaceAll("&amp;", "&") ?? "";
    expect([names(await browser.get(older)), older.includes("status=revoked")]).toEqual([5, true]);
    const found = await browser.get("/developers/keys?search=nightly+7");
    expect([names(found), statusIn(found)]).toEqual([1, "1 found."]);
    expect((await browser.get("/developers/keys?search=nothing")).body).toContain("Clear filters");
    const file = await browser.get("/developers/keys?status=pending&format=csv");
    expect(file.headers.get("content-type")).toContain("text/csv");
    const [head, row, end] = (file.body as string).split("\r\n");
    expect([head?.split(",").slice(0, 4), row?.includes(",'=SUM(A1),"), end]).toEqual([["id", "name", "key", "status"], true, ""]);
  });

  it("of what waits for approval is searched by its name or its account's, narrowed and paged", async () => {
    const [rosa, company] = [await world.recruiter("Rosamunde"), await world.company("Quarry Works")];
    await management.newKey(rosa, { name: "Zürich sync" });
    await management.newClient(rosa, { name: "Zurich board" });
    await management.newKey(await world.member(company), { name: "Nightly", scopes: ["read:roles"] });
    const browser = await signedIn(admin);
    const found = async (query: string) => {
      const answer = await browser.get(`/console/admin?${query}`);
      return [...(answer.body as string).matchAll(/<a href="\/console\/admin\/approvals\/[\da-f-]{36}">([^<]*)</g)].map(([, name]) => name);
    };
    expect(await found("search=zurich")).toEqual(["Zurich board", "Zürich sync"]);
    expect(await found("search=zurich&kind=api_key")).toEqual(["Zürich sync"]);
    expect(await found("search=quarry+w")).toEqual(["Nightly"]);
    expect(await found("search=zurich&account_kind=company")).toEqual([]);
    expect((await browser.get("/console/admin?search=nothing+at+all")).body).toContain("Clear filters");
    await world.db.writer.execute(sql`
      insert into api.api_keys (public_id, account_id, user_id, role_type, name, env, secret_hash, last4, scopes, status)
      select lpad(n::text, 16, 'w'), account_id, user_id, role_type, 'Waiting ' || n, env, secret_hash, last4, scopes, 'pending'
      from api.api_keys, generate_series(1, 30) n where name = 'Zürich sync'`);
    expect(await found("search=waiting")).toHaveLength(25);
    const { body } = await browser.get("/console/admin?search=waiting");
    const older = /href="\/console\/admin\?([^"]*cursor=[^"]*)" rel="next"/.exec(body as string)?.[1]?.replaceAll("&amp;", "&") ?? "";
    expect(await found(older)).toHaveLength(5);
    await world.db.writer.execute(sql`update api.api_keys set status = 'rejected' where name like 'Waiting %'`);
  });

  it("of grants is searched by its app, narrowed and paged", async () => {
    const rosa = await world.recruiter("Rosa");
    const apps = [await management.newClient(rosa, { name: "Board" }), await management.newClient(rosa, { name: "Calendar" })];
    for (const { id } of apps) await management.grantOf(id, rosa, rosa.recruiterId);
    const browser = await signedIn(rosa);
    const found = async (query: string) => {
      const { body } = await browser.get(`/developers/grants?${query}`);
      return [...(body as string).matchAll(/aria-label="End what (\w+) may do"/g)].map(([, name]) => name).toSorted();
    };
    expect(await found("")).toEqual(["Board", "Calendar"]);
    expect(await found("search=calen")).toEqual(["Calendar"]);
    expect(await found(`search=${apps[0]?.client_id}`)).toEqual(["Board"]);
    expect(await found("search=board&status=revoked")).toEqual([]);
    await world.db.writer.execute(sql`
      insert into api.oauth_grants (public_id, client_id, user_id, account_id, scopes, status, revoked_reason)
      select lpad(n::text, 16, 'g'), client_id, user_id, account_id, scopes, 'revoked', 'by_person'
      from api.oauth_grants, generate_series(1, 30) n where client_id = ${apps[1]?.id}`);
    const first = await browser.get("/developers/grants?search=calendar&status=revoked");
    expect(statusIn(first)).toBe("25 or more found.");
    const older = /href="([^"]*cursor=[^"]*)" rel="next"/.exec(first.body as string)?.[1]?.replaceAll("&amp;", "&") ?? "";
    expect(statusIn(await browser.get(older))).toBe("5 found.");
  });

  it("of sign-ins is searched by person, kind and day, and paged", async () => {
    const [rosa, tom] = [await world.recruiter("Rosa"), await world.recruiter("Tom")];
    await (await signedIn(rosa)).post("/sign-out");
    await signedIn(tom);
    const browser = await signedIn(admin);
    const found = async (query: string) => {
      const { status, body } = await browser.get(`/console/admin/sign-ins?${query}`);
      expect(status).toBe(200);
      const rows = (body as string).split("<tbody>")[1]?.split("<tr>").slice(1) ?? [];
      return rows.map((row) => /<th scope="row">([^<]*)/.exec(row)?.[1]);
    };
    const [{ email } = { email: "" }] = await world.db.reader.select({ email: users.email }).from(users).where(eq(users.id, rosa.userId));
    expect(await found(`who=${encodeURIComponent(email.toUpperCase())}`)).toEqual(["Signed out", "Signed in"]);
    expect(await found(`who=${tom.userId}`)).toEqual(["Signed in"]);
    expect(await found(`who=${rosa.userId}&kind=signed_out`)).toEqual(["Signed out"]);
    expect(await found("who=nobody@example.org")).toEqual([]);
    const today = new Date().toISOString().slice(0, 10);
    expect(await found(`who=${rosa.userId}&since=${today}&until=${today}`)).toHaveLength(2);
    expect(await found(`who=${rosa.userId}&until=2020-01-01`)).toEqual([]);
    await world.db.writer.execute(sql`
      insert into identity.auth_events (id, at, kind, user_id, outcome, reason, request_id)
      select gen_random_uuid(), ops.now(), 'sign_in_refused', ${tom.userId}, 'failure', 'deactivated', 'r' from generate_series(1, 30)`);
    const first = await browser.get(`/console/admin/sign-ins?who=${tom.userId}&kind=sign_in_refused`);
    expect(statusIn(first)).toBe("25 or more found.");
    expect(first.body).toMatch(/Sign in refused<\/span><small>Deactivated<\/small>.*Tom/s);
    const older = /href="([^"]*cursor=[^"]*)" rel="next"/.exec(first.body as string)?.[1]?.replaceAll("&amp;", "&") ?? "";
    expect(statusIn(await browser.get(older))).toBe("5 found.");
  });

  it.each([
    "/developers/keys",
    "/developers/apps",
    "/developers/grants",
    "/developers/webhooks",
    "/developers/deliveries",
    "/developers/siem",
    "/developers/logs",
  ])("%s comes as a file", async (path) => {
    const browser = await signedIn(await world.recruiter("Rosa"));
    const { status, headers, body } = await browser.get(`${path}?format=csv`);
    expect([status, headers.get("content-disposition")]).toEqual([200, expect.stringMatching(/^attachment; filename="[\w-]+\.csv"$/)]);
    expect(body).toMatch(/^[\w,]+\r\n$/);
  });

  it.each([
    "/console/admin",
    "/console/admin/credentials",
    "/console/admin/credentials?show=apps",
    "/console/admin/audit",
    "/console/admin/sign-ins",
  ])("%s comes as a file to administrators alone", async (path) => {
    const as = async (who: Person) => (await signedIn(who)).get(`${path}${path.includes("?") ? "&" : "?"}format=csv`);
    const [theirs, others] = [await as(admin), await as(await world.recruiter("Rosa"))];
    expect([theirs.status, theirs.headers.get("content-type"), others.status]).toEqual([200, "text/csv; charset=utf-8", 403]);
  });
});

describe("what will end", () => {
  it("is told with the keys that still call it", async () => {
    const rosa = await world.recruiter("Rosa");
    const key = await management.approvedKey(rosa, admin, { name: "Old faithful" });
    const browser = await signedIn(rosa);
    expect((await browser.get("/developers/deprecations")).body).toContain("Nothing that you use will end");
    await world.db.writer.execute(sql`insert into api.api_versions (version, released_at) values ('v2', now() - interval '30 days')`);
    await world.db.writer.execute(
      sql`update api.api_versions set released_at = now() - interval '900 days', deprecated_at = now() - interval '1 day', sunset_at = now() + interval '400 days' where version = 'v1'`,
    );
    expect((await browser.get("/developers/deprecations")).body).toContain("None of your keys and grants called it");
    await world.db.writer.execute(sql`
      insert into api.usage_routes_hourly (account_id, credential_id, hour, version, route, status_class, count, latency_sum_ms, latency_hist)
      values (${rosa.recruiterId}, ${key.id}, date_trunc('hour', now()) - interval '2 days', 'v1', '/roles', 2, 1234, 1, '{}')`);
    const page = (await browser.get("/developers/deprecations")).body;
    expect(page).toMatch(/Old faithful.*1,234.*2 days ago/s);
    expect(page).toContain("Version v2 takes its place.");
    expect((await (await signedIn(await world.recruiter("Other"))).get("/developers/deprecations")).body).not.toContain("Old faithful");
    await world.db.writer.execute(sql`delete from api.api_versions where version = 'v2'`);
    await world.db.writer.execute(sql`update api.api_versions set deprecated_at = null, sunset_at = null`);
  });
});

describe("a plan that two change at once", () => {
  it("shows the second what the first saved, and keeps it", async () => {
    const rosa = await world.recruiter("Rosa");
    const browser = await signedIn(admin);
    const path = `/console/admin/plans?account=${rosa.recruiterId}`;
    const form = { ...(await formAt(browser, path)), custom_limit: "", reason: "Agreed." };
    await browser.post("/console/admin/plans", { ...form, plan: "premium" });
    const late = await browser.post("/console/admin/plans", { ...form, plan: "enterprise" });
    expect(late.status).toBe(409);
    expect(late.body).toMatch(/<span>Now:<\/span> premium.*<span>You typed:<\/span> enterprise/s);
  });
});
