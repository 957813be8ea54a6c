import { eq, sql } from "drizzle-orm";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { requestLog } from "#db/schema/audit.ts";
import { siemDestinations } from "#db/schema/webhooks.ts";
import { type Answer, marketplace, type Marketplace } from "../api.ts";
import { type Account, accountWith } from "./accounts.ts";

const SINK = "http://127.0.0.1:9/sink";
const SLOW_SINK = "http://127.0.0.1:9/slow";

let world: Marketplace;
let account: Account;
let ip = 0;

/** What came to the stand-in, which answers as it is told. */
let received: { headers: Headers; body: string }[] = [];
let answers: number[] = [];
/** What another stand-in answers, and when. */
let slow: () => Promise<Response>;

beforeAll(async () => {
  world = await marketplace();
  world.env.WEBHOOK_ALLOW_LOOPBACK = "1";
  const real = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    if (String(input) === SLOW_SINK) return slow();
    if (String(input) !== SINK) return real(input as never, init);
    received.push({ headers: new Headers(init?.headers), body: String(init?.body) });
    return new Response("said", { status: answers.shift() ?? 200 });
  });
});

beforeEach(async () => {
  account = await accountWith(world, { plan: "enterprise", customLimit: 100_000 });
  [received, answers] = [[], []];
});
afterEach(() => void vi.useRealTimers());

const call = (method: string, path: string, body?: unknown, who: { token: string } = account): Promise<Answer> =>
  world.call(method, `/api/v1/siem-destinations${path}`, {
    as: who,
    ...(body === undefined ? {} : { body }),
    headers: { "cf-connecting-ip": `203.0.113.${++ip % 250}` },
  });

const make = async (fields: object = {}) => {
  const { status, body } = await call("POST", "", { kind: "https", format: "json", url: SINK, ...fields });
  expect(status, JSON.stringify(body)).toBe(201);
  // the rows of making it come behind its place in the log
  await world.db.writer.execute(
    sql`update api.siem_destinations set audit_cursor_seq = (select max(ingest_id) from ops.audit_events) where id = ${body.data.id}`,
  );
  await world.db.writer.execute(
    sql`update api.siem_destinations set cursor_seq = (select coalesce(max(ingest_id), 0) from api.request_log) where id = ${body.data.id}`,
  );
  return body.data as { id: string; secret: string | null };
};

/** Rows of the account's request log, as old as the log lets settle. */
async function requests(count: number, seconds = 31): Promise<string[]> {
  const rows = Array.from({ length: count }, (_, n) => ({
    id: crypto.randomUUID(),
    ts: new Date(),
    ingestedAt: sql`ops.now() - make_interval(secs => ${seconds})` as never,
    accountId: account.recruiterId,
    method: "GET",
    route: "/roles",
    path: `/api/v1/roles?n=${n}`,
    status: 200,
    latencyMs: 5,
    requestId: crypto.randomUUID(),
    scopesUsed: [],
    overage: false,
    bytesOut: 10,
  }));
  await world.db.writer.insert(requestLog).values(rows);
  return rows.map(({ id }) => id);
}

const push = (id: string) => world.consume("siem", [{ destination_ids: [id] }]);
const rowOf = async (id: string) => (await world.db.reader.select().from(siemDestinations).where(eq(siemDestinations.id, id)))[0]!;
const idsIn = (body: string): string[] =>
  body
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { id: string }).id);

describe("a destination of logs", () => {
  it("is made by owners of enterprise accounts alone, with a secret that is shown this once", async () => {
    const made = await make();
    expect(made.secret).toMatch(/^whsec_/);
    const read = await call("GET", `/${made.id}`);
    expect(read.body.data).toMatchObject({ kind: "https", format: "json", url: SINK, status: "active", last_sent_at: null });
    expect(JSON.stringify(read.body)).not.toContain("whsec_");
    expect((await rowOf(made.id)).configEnc).not.toContain("127.0.0.1");
    const standard = await accountWith(world, { plan: "premium" });
    expect((await call("POST", "", { kind: "https", format: "json", url: SINK }, standard)).body.code).toBe("plan_required");
    expect((await call("GET", `/${made.id}`, undefined, standard)).status).toBe(404);
    expect((await call("DELETE", `/${made.id}`, undefined, standard)).status).toBe(404);
  });

  it.each([
    [{ url: "https://10.0.0.1:8088/" }, "blocked_destination"],
    [{ url: "https://private.example.com/" }, "blocked_destination"],
    [{ url: "https://siem.example.com:9200/" }, "blocked_destination"],
    [{ url: "https://nowhere.example.com:8088/" }, "validation_failed"],
    [{ kind: "splunk_hec" }, "validation_failed"],
    [{ token: "x" }, "validation_failed"],
    [{ kind: "s3" }, "validation_failed"],
    [{ format: "leef" }, "validation_failed"],
  ])("with %j is refused", async (fields, code) => {
    const { status, body } = await call("POST", "", { kind: "https", format: "json", url: SINK, ...fields });
    expect([status, body.code]).toEqual([422, code]);
  });

  it("gets the rows of its account that came in since, signed as webhooks are, and only moves on after a 2xx", async () => {
    const { id, secret } = await make();
    const ids = await requests(3);
    answers = [503, 200];
    await push(id);
    expect(await rowOf(id)).toMatchObject({ lastErrorClass: "http_5xx", lastSentAt: null });
    await push(id);
    expect(received.map(({ body }) => idsIn(body))).toEqual([ids, ids]);
    const [refused, taken] = received;
    expect(taken!.headers.get("webhook-id")).toBe(refused!.headers.get("webhook-id"));
    const { parse } = JSON;
    JSON.parse = ((text: string) => text) as never; // the library reads what it verified as JSON, and this is lines of it
    try {
      expect(() => new Webhook(secret ?? "").verify(taken!.body, Object.fromEntries(taken!.headers))).not.toThrow();
      expect(() => new Webhook(secret ?? "").verify(`${taken!.body} `, Object.fromEntries(taken!.headers))).toThrow("signature");
    } finally {
      JSON.parse = parse;
    }
    expect(await rowOf(id)).toMatchObject({ lastErrorClass: null, lastSentAt: expect.any(Date) });
    await push(id);
    expect(received.length).toBe(2);
    const later = await requests(1);
    await push(id);
    expect(idsIn(received[2]!.body)).toEqual(later);
  });

  it("gets at most 500 rows at a time, each once and in order", async () => {
    const { id } = await make();
    const ids = [...(await requests(600)), ...(await requests(450))];
    await push(id);
    expect(received.map(({ body }) => idsIn(body).length)).toEqual([500, 500, 50]);
    expect(received.flatMap(({ body }) => idsIn(body))).toEqual(ids);
  });

  it("waits for rows that others may still overtake", async () => {
    const { id } = await make();
    const [old] = await requests(1);
    await requests(1, 5);
    await requests(1);
    await push(id);
    expect(received.map(({ body }) => idsIn(body))).toEqual([[old]]);
  });

  it("gets Splunk's envelopes with Splunk's token", async () => {
    const { id, secret } = await make({ kind: "splunk_hec", format: "ocsf", token: "0000-token" });
    expect(secret).toBeNull();
    await requests(2);
    await push(id);
    expect(received[0]!.headers.get("authorization")).toBe("Splunk 0000-token");
    const envelopes = received[0]!.body.split("\n").map((line) => JSON.parse(line));
    expect(envelopes).toMatchObject([
      { sourcetype: "splits:request_log", time: expect.any(Number), event: { class_uid: 6003, type_uid: 600_302 } },
      { event: { class_uid: 6003 } },
    ]);
  });

  it("keeps Splunk's token for the address that it was given for", async () => {
    const { id } = await make({ kind: "splunk_hec", format: "ocsf", token: "0000-token" });
    const refused = await call("PATCH", `/${id}`, { url: "https://hooks.example.com/in" });
    expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, "/token"]);
    expect((await call("PATCH", `/${id}`, { url: "https://hooks.example.com/in", token: "1111-token" })).status).toBe(200);
  });

  it("gets CEF, and audit events beside requests", async () => {
    const { id } = await make({ format: "cef" });
    await requests(1);
    await call("PATCH", `/${id}`, { status: "disabled" });
    await push(id);
    expect(received).toEqual([]); // switched off
    await call("PATCH", `/${id}`, { status: "active" });
    await world.advance(31);
    await push(id);
    const lines = received[0]!.body.trim().split("\n");
    expect(lines.every((line) => line.startsWith("CEF:0|Splits Network|API|1|"))).toBe(true);
    expect(lines.some((line) => line.includes("|GET /roles|"))).toBe(true);
    expect(lines.some((line) => line.includes("|siem_destination.updated|"))).toBe(true);
  });

  it("is tested with one row outside the order, and pushed to by the minute", async () => {
    const { id } = await make();
    answers = [403];
    const refused = await call("POST", `/${id}/test`);
    expect(refused.body.data).toMatchObject({ succeeded: false, http_status: 403, error_class: "http_4xx", response_body: "said" });
    expect((await call("POST", `/${id}/test`)).body.data).toMatchObject({ succeeded: true, http_status: 200 });
    expect(JSON.parse(received[0]!.body)).toMatchObject({
      log: "audit_events",
      action: "siem_destination.tested",
      account_id: account.recruiterId,
    });
    await world.cron("* * * * *");
    expect(world.sent.siem).toContain(id);
    expect((await call("DELETE", `/${id}`)).body.data).toEqual({ id, deleted: true });
    world.sent.siem.splice(0);
    await world.cron("* * * * *");
    expect(world.sent.siem).not.toContain(id);
  });

  it("is woken by what comes in, once it has settled, and nobody else is", async () => {
    const { id } = await make();
    const off = await make();
    await call("PATCH", `/${off.id}`, { status: "disabled" });
    const other = await accountWith(world, { plan: "enterprise", customLimit: 100_000 });
    await call("POST", "", { kind: "https", format: "json", url: SINK }, other);
    await world.consume("request-log", world.sent.requestLog.splice(0));
    world.sent.siem.splice(0);
    const send = vi.spyOn(world.env.SIEM, "send");
    await world.call("GET", "/api/v1/me", { as: account });
    await world.consume("request-log", world.sent.requestLog.splice(0));
    expect(send.mock.calls).toEqual([[{ destination_ids: [id] }, { delaySeconds: 30 }]]);
    await world.advance(30);
    await world.consume("siem", [{ destination_ids: [id] }, { destination_ids: [id] }]);
    expect(received.map(({ body }) => body.includes('"/me"'))).toEqual([true]);
  });

  it("that hangs delays no other's logs, whoever's they are", async () => {
    const hung = Promise.withResolvers<Response>();
    const reached = Promise.withResolvers<void>();
    slow = () => {
      reached.resolve();
      return hung.promise;
    };
    const [hanging, beside] = [await make({ url: SLOW_SINK }), await make()];
    await world.advance(31); // making the second stands in the first one's log
    const ids = await requests(2);
    const pushed = world.consume("siem", [{ destination_ids: [hanging.id] }, { destination_ids: [beside.id] }]);
    await reached.promise;
    await vi.waitUntil(async () => (await rowOf(beside.id)).lastSentAt !== null, { timeout: 10_000 });
    expect(received.map(({ body }) => idsIn(body))).toEqual([ids]);
    expect((await rowOf(hanging.id)).lastSentAt).toBeNull();
    hung.resolve(new Response());
    await pushed;
    expect((await rowOf(hanging.id)).lastSentAt).not.toBeNull();
  });

  it("that is slow is not kept at longer than until its next message, which goes on where it was", async () => {
    let came = 0;
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    slow = async () => {
      came += 1;
      vi.setSystemTime(Date.now() + 11_000);
      return new Response();
    };
    const { id } = await make({ url: SLOW_SINK });
    await requests(1_600);
    await push(id);
    expect(came).toBe(2);
    await push(id);
    expect(came).toBe(4);
  });

  it("gets nothing once its account has another plan", async () => {
    const { id } = await make();
    await requests(1);
    await world.db.writer.execute(
      sql`update api.account_plans set plan = 'premium', custom_limit = null where account_id = ${account.recruiterId}`,
    );
    await push(id);
    expect(received).toEqual([]);
  });
});
