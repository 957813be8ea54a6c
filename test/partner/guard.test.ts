import { eq, inArray, sql } from "drizzle-orm";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { webhookAttempts, webhookDeliveries } from "#db/schema/deliveries.ts";
import { siemDestinations, webhooks } from "#db/schema/webhooks.ts";
import { siemSealOwner } from "#services/siem/siem-destination.ts";
import { sealUnder } from "#workers/seal.ts";
import { type Answer, marketplace, type Marketplace } from "../api.ts";
import { ACCEPTED_URLS, ENDLESS_URL, INNER_ADDRESSES, PUBLIC_ADDRESSES, REFUSED_URLS } from "../destinations.ts";
import { announce, type Endpoint, endpointsOf } from "../endpoints.ts";
import { type Account, accountWith } from "./accounts.ts";

// The whole table of the guard (PLATFORM §14) at every place that sends, or promises to.
const PUBLIC = "93.184.215.14";
const EVENT = "webhook.disabled";
/** Hundreds of requests take their time where others are busy, too. */
const LONG_MS = 180_000;

let world: Marketplace;
let account: Account;
let endpoint: ReturnType<typeof endpointsOf>["endpoint"];
/** What the name server says of a host; a public address of every other. */
const addresses = new Map<string, readonly string[]>();
/** What left the house, by its address. */
let left: string[] = [];

beforeAll(async () => {
  world = await marketplace();
  account = await accountWith(world, { plan: "premium", customLimit: 100_000 });
  ({ endpoint } = endpointsOf(world.db, world.env.KEK_CURRENT));
});
beforeEach(() => {
  left = [];
  const real = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input));
    if (url.href.startsWith(world.env.DOH_URL)) return answered(url.searchParams.get("name") ?? "", url.searchParams.get("type") ?? "");
    if (url.hostname === "127.0.0.1" && url.protocol === "http:") return real(input as never, init); // the tables
    left.push(url.href);
    return new Response(null, { status: 204 });
  });
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  await world.db.writer.update(webhooks).set({ deletedAt: sql`ops.now()` });
});

function answered(host: string, type: string): Response {
  const data = (addresses.get(host) ?? [PUBLIC]).filter((address) => address.includes(":") === (type === "AAAA"));
  return Response.json({ Status: 0, Answer: data.map((each) => ({ name: host, type: type === "A" ? 1 : 28, TTL: 60, data: each })) });
}

let hosts = 0;
/** A name that stands for these addresses, and that nobody has asked for yet. */
function named(...of: readonly string[]): string {
  const host = `h${++hosts}.example.com`;
  addresses.set(host, of);
  return `https://${host}/`;
}

let ip = 0;
const call = (method: string, path: string, body?: unknown): Promise<Answer> =>
  world.call(method, `/api/v1${path}`, {
    as: account,
    ...(body === undefined ? {} : { body }),
    headers: { "cf-connecting-ip": `203.0.113.${++ip % 250}` },
  });

/** What is refused by its text; what is refused by what a name server says of it, alone or beside a public address. */
const refused = (): string[] => [
  ...REFUSED_URLS,
  ENDLESS_URL,
  ...INNER_ADDRESSES.map((address) => named(address)),
  named(PUBLIC, "192.168.10.65"),
  named(PUBLIC, "fd12:3456::1"),
];
const accepted = (): (readonly [written: string, kept: string])[] => [
  ...ACCEPTED_URLS,
  ...PUBLIC_ADDRESSES.map((address) => named(address)).map((url) => [url, url] as const),
];

/** Those that this does not hold of, asked a few at a time. */
async function except<Each>(all: readonly Each[], holds: (each: Each) => Promise<boolean>): Promise<Each[]> {
  const others: Each[] = [];
  for (let asked = 0; asked < all.length; asked += AT_A_TIME) {
    const some = all.slice(asked, asked + AT_A_TIME);
    const answers = await Promise.all(some.map(holds));
    others.push(...some.filter((_, index) => !answers[index]));
  }
  return others;
}
const AT_A_TIME = 12;

/** Whether it was refused as the guard refuses, which tells of nothing but the class. */
async function isRefused(asked: Promise<Answer>): Promise<boolean> {
  const { status, body } = await asked;
  return status === 422 && body.code === "blocked_destination" && JSON.stringify(body.errors) === REFUSAL;
}
const REFUSAL = JSON.stringify([{ pointer: "/url", code: "blocked_destination", message: "is no address that we send to" }]);

describe("an endpoint", { timeout: LONG_MS }, () => {
  const input = (url: string) => ({ url, event_types: [EVENT] });
  /** Endpoints as they stand in the table, whatever was asked when they were written. Longer ones do not fit it. */
  const stored = (urls: readonly string[]) =>
    Promise.all(
      urls
        .filter((url) => url !== ENDLESS_URL)
        .map((url) => endpoint(url, { id: account.recruiterId, kind: "recruiter" }, account, { eventTypes: [EVENT] })),
    );

  it("is made at no address of the guard's table", async () => {
    expect(await except(refused(), (url) => isRefused(call("POST", "/webhooks", input(url))))).toEqual([]);
    expect(left).toEqual([]);
    for (const [written, kept] of accepted()) {
      const { status, body } = await call("POST", "/webhooks", input(written));
      expect([status, body.data?.url], written).toEqual([201, kept]);
      await call("DELETE", `/webhooks/${body.data.id}`);
    }
    expect(left.length).toBe(accepted().length); // each was sent its test
  });

  it("is moved to none", async () => {
    const [{ id }] = (await stored(["https://example.com/"])) as [Endpoint];
    expect(await except(refused(), (url) => isRefused(call("PATCH", `/webhooks/${id}`, { url })))).toEqual([]);
    for (const [written, kept] of accepted()) {
      const { status, body } = await call("PATCH", `/webhooks/${id}`, { url: written });
      expect([status, body.data?.url], written).toEqual([200, kept]);
    }
  });

  it("is made and moved by what its name stands for now, whatever it stood for a moment ago", async () => {
    const url = named(PUBLIC);
    const { body } = await call("POST", "/webhooks", input(url));
    addresses.set(new URL(url).hostname, ["127.0.0.1"]);
    expect(await isRefused(call("POST", "/webhooks", input(url)))).toBe(true);
    expect(await isRefused(call("PATCH", `/webhooks/${body.data.id}`, { url: `${url}other` }))).toBe(true);
    // and deliveries go by what was heard last
    expect((await call("POST", `/webhooks/${body.data.id}/test`)).body.data.succeeded).toBe(false);
  });

  it("is sent no test at one, even if it stands there", async () => {
    const tested = async (id: string) => (await call("POST", `/webhooks/${id}/test`)).body.data;
    expect(await except(await stored(refused()), async ({ id }) => (await tested(id)).error_class === "blocked_destination")).toEqual([]);
    expect(left).toEqual([]);
    const good = await stored(accepted().map(([, kept]) => kept));
    expect(await except(good, async ({ id }) => (await tested(id)).succeeded)).toEqual([]);
    expect(left.toSorted()).toEqual(good.map(({ url }) => url).toSorted());
  });

  /** One event for every endpoint there is, as far as their objects bring it. */
  async function happens(): Promise<void> {
    const gone = crypto.randomUUID();
    const payload = { webhook_id: gone, account_id: account.recruiterId, owner_user_id: account.userId, disabled_reason: "owner" };
    await world.db.writer.insert(webhooks).values({
      id: gone,
      accountId: account.recruiterId,
      ownerUserId: account.userId,
      roleType: "recruiter",
      url: "https://example.com/",
      eventTypes: ["role.created"],
    });
    const events = await announce(world.db, [{ type: EVENT, subject: { type: "webhook", id: gone }, payload }]);
    await world.consume("events", [{ event_ids: events }]);
    await world.consume("deliveries", world.sent.deliveries.splice(0));
  }

  /** How the newest delivery of each endpoint ended, once it was tried. */
  async function outcomes(ids: readonly string[], tries: number): Promise<Map<string, string | null>> {
    const rows = await vi.waitUntil(
      async () => {
        const found = await world.db.writer
          .select({ webhookId: webhookDeliveries.webhookId, errorClass: webhookAttempts.errorClass })
          .from(webhookAttempts)
          .innerJoin(webhookDeliveries, eq(webhookDeliveries.id, webhookAttempts.deliveryId))
          .where(sql`${webhookDeliveries.webhookId} = any(${`{${ids.join(",")}}`}::uuid[])`)
          .orderBy(webhookAttempts.startedAt);
        return found.length >= ids.length * tries && found;
      },
      { timeout: LONG_MS, interval: 250 },
    );
    return new Map(rows.map(({ webhookId, errorClass }) => [webhookId, errorClass]));
  }

  it("is sent nothing at one, even if it stands there", async () => {
    const bad = await stored(refused());
    const good = await stored(accepted().map(([, kept]) => kept));
    await happens();
    const ended = await outcomes(
      [...bad, ...good].map(({ id }) => id),
      1,
    );
    expect(bad.filter(({ id }) => ended.get(id) !== "blocked_destination").map(({ url }) => url)).toEqual([]);
    expect(good.filter(({ id }) => ended.get(id) !== null).map(({ url }) => url)).toEqual([]);
    expect(left.toSorted()).toEqual(good.map(({ url }) => url).toSorted());
  });

  it("is sent nothing any more once its name stands for one", async () => {
    const made = await stored(INNER_ADDRESSES.map(() => named(PUBLIC)));
    const ids = made.map(({ id }) => id);
    await happens();
    expect(new Set((await outcomes(ids, 1)).values())).toEqual(new Set([null]));
    INNER_ADDRESSES.forEach((address, index) => addresses.set(new URL(made[index]?.url ?? "").hostname, [address]));
    left = [];
    // an answer of the name server is relied on for five minutes
    vi.setSystemTime(Date.now() + 301_000);
    await happens();
    expect(new Set((await outcomes(ids, 2)).values())).toEqual(new Set(["blocked_destination"]));
    expect(left).toEqual([]);
  });
});

describe("a destination of logs", { timeout: LONG_MS }, () => {
  /** It asks the same guard: one address of each kind tells that it asks. */
  const some = () => [
    "https://2130706433/",
    "https://[::ffff:7f00:1]/",
    "https://a.internal/",
    "https://u:p@example.com/",
    named("fd12:3456::1"),
  ];

  const stands = async (url: string): Promise<string> => {
    const id = crypto.randomUUID();
    const seal = sealUnder(world.env.KEK_CURRENT);
    await world.db.writer.insert(siemDestinations).values({
      id,
      accountId: account.recruiterId,
      kind: "https",
      format: "json",
      configEnc: await seal.seal(JSON.stringify({ url, secret: `whsec_${btoa("a".repeat(32))}` }), siemSealOwner(id)),
      kekId: await seal.keyId(),
    });
    return id;
  };

  beforeAll(() => world.db.writer.execute(sql`update api.account_plans set plan = 'enterprise' where account_id = ${account.recruiterId}`));

  it("is neither made nor moved to an address of the table, and may be at a collector's port", async () => {
    const input = (url: string) => ({ kind: "https", format: "json", url });
    expect(await except(some(), (url) => isRefused(call("POST", "/siem-destinations", input(url))))).toEqual([]);
    const id = await stands("https://example.com/");
    expect(await except(some(), (url) => isRefused(call("PATCH", `/siem-destinations/${id}`, { url })))).toEqual([]);
    for (const url of ["https://example.com:8088/", "https://example.com:6514/"])
      expect((await call("PATCH", `/siem-destinations/${id}`, { url })).body.data.url).toBe(url);
  });

  it("is sent neither a test nor a log at one, even if it stands there", async () => {
    const bad = await Promise.all(some().map(stands));
    const tested = async (id: string) => (await call("POST", `/siem-destinations/${id}/test`)).body.data;
    expect(await except(bad, async (id) => (await tested(id)).error_class === "blocked_destination")).toEqual([]);
    vi.setSystemTime(Date.now() + 31_000);
    await world.advance(31);
    await world.consume("siem", [{ destination_ids: bad }]);
    const rows = await world.db.writer.select().from(siemDestinations).where(inArray(siemDestinations.id, bad));
    expect(rows).toMatchObject(bad.map(() => ({ lastErrorClass: "blocked_destination", lastSentAt: null, auditCursorSeq: 0 })));
    expect(left).toEqual([]);
  });
});
