import { eq, sql } from "drizzle-orm";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { accountPlans, apiKeys, oauthGrants } from "#db/schema/api.ts";
import { auditEvents } from "#db/schema/audit.ts";
import { events, webhookDeliveries } from "#db/schema/deliveries.ts";
import { outbox } from "#db/schema/ops.ts";
import { memberships, users } from "#db/schema/identity.ts";
import { teamMembers, teams } from "#db/schema/network.ts";
import { replayJobs, webhooks, webhookSecrets } from "#db/schema/webhooks.ts";
import type { Scope } from "#domain/credentials/scopes.ts";
import { sealUnder } from "#workers/seal.ts";
import { type Answer, marketplace, type Marketplace, type Person } from "../api.ts";
import { endpointsOf } from "../endpoints.ts";
import { type Key, keyOf } from "./keys.ts";
import { managementOf } from "./management.ts";

let world: Marketplace;
let rosa: Person & { recruiterId: string };
let key: Key;
let other: Key;
let ip = 0;

beforeAll(async () => {
  world = await marketplace();
  world.env.WEBHOOK_ALLOW_LOOPBACK = "1";
  rosa = await world.recruiter("Rosa");
  key = await keyFor(rosa);
  other = await keyFor(await world.recruiter("Other"));
  await world.db.writer.update(accountPlans).set({ customLimit: 100_000 });
});
// an account has ten at most
afterEach(() => world.db.writer.update(webhooks).set({ deletedAt: sql`ops.now()` }));

const keyFor = (who: Person & { recruiterId: string }, scopes?: Scope[]): Promise<Key> =>
  keyOf(world, { id: who.recruiterId, roleType: "recruiter" }, who, scopes ? { scopes } : {});

const call = (
  who: { token: string },
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> =>
  world.call(method, `/api/v1${path}`, {
    as: who,
    ...(body === undefined ? {} : { body }),
    headers: { "cf-connecting-ip": `203.0.113.${++ip % 250}`, ...headers },
  });

/** Nobody listens there, and nothing leaves the machine. */
const INPUT = { url: "http://127.0.0.1:9/in", event_types: ["application.submitted", "role.created"] };
const make = async (who: { token: string } = key, fields: object = {}): Promise<any> => {
  const answer = await call(who, "POST", "/webhooks", { ...INPUT, ...fields });
  expect(answer.body.data, JSON.stringify(answer.body)).toBeDefined();
  return answer.body.data;
};
/** As a test that was answered with a 2xx leaves it. */
const verify = (id: string) =>
  world.db.writer
    .update(webhooks)
    .set({ status: "active", lastSuccessAt: sql`ops.now()` })
    .where(eq(webhooks.id, id));
const rowOf = async (id: string) => (await world.db.reader.select().from(webhooks).where(eq(webhooks.id, id)))[0]!;
const actionsOf = async (id: string) =>
  (await world.db.reader.select().from(auditEvents).where(eq(auditEvents.subjectId, id)).orderBy(auditEvents.ingestId)).map(
    ({ action, accountId }) => [action, accountId],
  );

describe("an endpoint", () => {
  it("is made with a secret that is shown this once, and waits to be verified", async () => {
    const { status, body } = await call(key, "POST", "/webhooks", {
      ...INPUT,
      url: "HTTP://127.0.0.1:9/h?a=b",
      description: "Ours",
      headers: { "X-Tenant": "acme" },
      max_per_second: 20,
    });
    expect(status).toBe(201);
    expect(body.data).toMatchObject({
      url: "http://127.0.0.1:9/h?a=b",
      event_types: ["role.created", "application.submitted"],
      status: "unverified",
      header_names: ["x-tenant"],
      max_per_second: 20,
      owner_user_id: rosa.userId,
      version: 1,
    });
    expect(body.data.secret).toMatch(/^whsec_[\w+/]{43}=$/);
    const { id, secret } = body.data;
    const read = await call(key, "GET", `/webhooks/${id}`);
    expect(JSON.stringify(read.body)).not.toContain(secret);
    expect(read.body.data).toMatchObject({
      health: { succeeded_24h: 0, dead_24h: 0, success_rate_24h: null, waiting: 0, parked: 0 },
      alerts: [{ code: "unverified" }],
      signing_keys: [{ expires_at: null }],
    });
    expect(await actionsOf(id)).toEqual([["webhook.created", rosa.recruiterId]]);
    const { headersEnc, createdVia } = await rowOf(id);
    expect(headersEnc).not.toContain("acme");
    expect(createdVia).toBe(key.id);
    const [kept] = await world.db.reader.select().from(webhookSecrets).where(eq(webhookSecrets.webhookId, id));
    expect(kept?.secretEnc).not.toContain(secret);
  });

  it.each([
    ["http://example.com/", "blocked_destination", "blocked_destination"],
    ["https://2130706433/", "blocked_destination", "blocked_destination"],
    ["https://private.example.com/", "blocked_destination", "blocked_destination"],
    ["https://mixed-v6.example.com/", "blocked_destination", "blocked_destination"],
    ["https://api.splits.network/", "blocked_destination", "blocked_destination"],
    ["http://127.0.0.1:4000/", "blocked_destination", "blocked_destination"],
    ["https://nowhere.example.com/", "validation_failed", "unresolvable"],
    ["https://broken.example.com/", "validation_failed", "unresolvable"],
  ])("at %s is refused, when it is made and when it is moved", async (url, code, why) => {
    const made = await make();
    delete world.env.WEBHOOK_ALLOW_LOOPBACK;
    for (const refused of [
      await call(key, "POST", "/webhooks", { ...INPUT, url }),
      await call(key, "PATCH", `/webhooks/${made.id}`, { url }),
    ]) {
      expect([refused.status, refused.body.code, refused.body.errors[0]]).toMatchObject([422, code, { pointer: "/url", code: why }]);
      expect(JSON.stringify(refused.body)).not.toMatch(/10\.0\.0\.7|fd12|127\.0\.0\.1/);
    }
    world.env.WEBHOOK_ALLOW_LOOPBACK = "1";
  });

  it.each([
    [{ event_types: ["role.created", "role.exploded"] }, "/event_types/1"],
    [{ event_types: ["webhook.test"] }, "/event_types/0"],
    [{ event_types: ["intake.submitted"] }, "/event_types/0"],
    [{ event_types: [] }, "/event_types"],
    [{ headers: { "Webhook-Signature": "mine" } }, "/headers/Webhook-Signature"],
    [{ headers: { Host: "elsewhere" } }, "/headers/Host"],
    [{ headers: { "Content-Length": "0" } }, "/headers/Content-Length"],
    [{ headers: { "user-agent": "x" } }, "/headers/user-agent"],
    [{ headers: { "x-splits-event": "x" } }, "/headers/x-splits-event"],
    [{ headers: { Connection: "close" } }, "/headers/Connection"],
    [{ headers: { "Transfer-Encoding": "chunked" } }, "/headers/Transfer-Encoding"],
    [{ headers: { "x-a": "one\r\nx-b: two" } }, "/headers/x-a"],
    [{ headers: { "x-a": "1", "X-A": "2" } }, "/headers/X-A"],
    [{ headers: Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`x-${n}`, "v"])) }, "/headers"],
    [{ max_per_second: 101 }, "/max_per_second"],
    [{ max_per_second: 0 }, "/max_per_second"],
    [{ retry_policy: "extended" }, "/retry_policy"],
    [{ status: "active" }, "/status"],
  ])("with %j is refused", async (fields, pointer) => {
    const { status, body } = await call(key, "POST", "/webhooks", { ...INPUT, ...fields });
    expect([status, body.code]).toEqual([422, "validation_failed"]);
    expect(body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
  });

  it("needs the scope to manage endpoints, and each event's own", async () => {
    const reader = await keyFor(rosa, ["read:roles"]);
    expect((await call(reader, "GET", "/webhooks")).body.code).toBe("insufficient_scope");
    const manager = await keyFor(rosa, ["manage:webhooks", "read:roles"]);
    const refused = await call(manager, "POST", "/webhooks", INPUT);
    expect([refused.status, refused.body.code, refused.body.needed]).toEqual([403, "insufficient_scope", ["read:candidates"]]);
    const made = await make(manager, { event_types: ["role.created"] });
    expect((await call(manager, "PATCH", `/webhooks/${made.id}`, { event_types: ["payout.failed"] })).body.code).toBe("insufficient_scope");
  });

  it("is not there for another account", async () => {
    const { id } = await make();
    for (const [method, path, body] of [
      ["GET", "", undefined],
      ["PATCH", "", { description: "Mine" }],
      ["DELETE", "", undefined],
      ["POST", "/rotate-secret", {}],
      ["POST", "/enable", undefined],
      ["POST", "/test", undefined],
    ] as const) {
      expect((await call(other, method, `/webhooks/${id}${path}`, body)).status, path).toBe(404);
    }
    expect((await call(other, "GET", "/webhooks")).body.data).toEqual([]);
    expect((await call(other, "POST", "/replay-jobs", { webhook_id: id })).status).toBe(404);
  });

  it("is one of as many as the plan allows, however many are made at once", async () => {
    const mia = await world.recruiter("Mia");
    const theirs = await keyFor(mia);
    await world.db.writer.update(accountPlans).set({ customLimit: 1_000 }).where(eq(accountPlans.accountId, mia.recruiterId));
    const first = await Promise.all(Array.from({ length: 12 }, () => call(theirs, "POST", "/webhooks", INPUT)));
    for (const answer of first.filter(({ status }) => status !== 201)) expect([409, 403]).toContain(answer.status);
    for (let n = 0; n < 12; n++) await call(theirs, "POST", "/webhooks", INPUT);
    const refused = await call(theirs, "POST", "/webhooks", INPUT);
    expect([refused.status, refused.body.code, refused.body.limit]).toEqual([403, "resource_limit_reached", 10]);
    const all = (await call(theirs, "GET", "/webhooks")).body.data;
    expect(all.length).toBe(10);
    await call(theirs, "DELETE", `/webhooks/${all[0].id}`);
    expect((await call(theirs, "POST", "/webhooks", INPUT)).status).toBe(201);
    await world.db.writer.update(accountPlans).set({ plan: "premium" }).where(eq(accountPlans.accountId, mia.recruiterId));
    expect((await call(theirs, "POST", "/webhooks", INPUT)).status).toBe(201);
  });

  it("is found by its events and its state", async () => {
    const made = await make(key, { event_types: ["payout.failed"] });
    const found = await call(key, "GET", "/webhooks?event_type=payout.failed&status=unverified");
    expect(found.body.data.map(({ id }: { id: string }) => id)).toEqual([made.id]);
    expect((await call(key, "GET", "/webhooks?event_type=payout.failed&status=active")).body.data).toEqual([]);
    expect((await call(key, "GET", "/webhooks?colour=red")).status).toBe(400);
  });

  it("is switched off and on by its owner, whom the account's other endpoints hear of", async () => {
    const { id } = await make();
    expect((await call(key, "PATCH", `/webhooks/${id}`, { status: "active" })).body.code).toBe("invalid_transition");
    await verify(id);
    const off = await call(key, "PATCH", `/webhooks/${id}`, { status: "disabled" });
    expect(off.body.data).toMatchObject({ status: "disabled", disabled_reason: "owner", replay_offer: null });
    const again = await call(key, "PATCH", `/webhooks/${id}`, { status: "disabled" });
    expect([again.status, again.body.data.version]).toEqual([200, off.body.data.version]);
    const [told] = await world.db.reader
      .select()
      .from(outbox)
      .where(sql`event_type = 'webhook.disabled' and subject_id = ${id}`);
    expect(told?.payload).toEqual({ webhook_id: id, account_id: rosa.recruiterId, owner_user_id: rosa.userId, disabled_reason: "owner" });
    expect((await call(key, "GET", `/webhooks/${id}`)).body.data.alerts).toEqual([{ code: "disabled", message: "You disabled it." }]);
    const on = await call(key, "POST", `/webhooks/${id}/enable`);
    expect(on.body.data).toMatchObject({ status: "active", disabled_reason: null, disabled_at: null, replay_offer: { deliveries: 0 } });
    expect((await call(key, "POST", `/webhooks/${id}/enable`)).status).toBe(200);
    expect(await actionsOf(id)).toEqual(["created", "disabled", "enabled"].map((done) => [`webhook.${done}`, rosa.recruiterId]));
  });

  it("that was never verified is still to be once it is enabled", async () => {
    const { id } = await make();
    await call(key, "PATCH", `/webhooks/${id}`, { status: "disabled" });
    expect((await call(key, "POST", `/webhooks/${id}/enable`)).body.data.status).toBe("unverified");
  });

  it("that an administrator shuts off is not enabled by its owner, until the administrator lets it pass", async () => {
    const { id } = await make();
    await verify(id);
    await call(key, "PATCH", `/webhooks/${id}`, { status: "disabled" });
    const admin = await world.platformAdmin();
    const act = (who: { token: string }, way: string) => call(who, "POST", `/webhooks/${id}/${way}`, { reason: "It floods us" });
    expect((await act(rosa, "suspend")).status).toBe(403);
    expect((await act(admin, "unsuspend")).body.code).toBe("conflict");
    expect((await act(admin, "suspend")).body.data).toMatchObject({ status: "disabled", disabled_reason: "admin" });
    expect((await act(admin, "suspend")).body.code).toBe("conflict");
    expect((await call(key, "POST", `/webhooks/${id}/enable`)).body.code).toBe("conflict");
    const [told] = await world.db.reader
      .select()
      .from(outbox)
      .where(sql`${outbox.subjectId} = ${id} and ${outbox.payload} ->> 'disabled_reason' = 'admin'`);
    expect(told?.eventType).toBe("webhook.disabled");
    expect((await act(admin, "unsuspend")).body.data).toMatchObject({ status: "active", disabled_reason: null });
    const audited = await world.db.reader.select().from(auditEvents).where(eq(auditEvents.reason, "It floods us"));
    expect(audited.map(({ action, accountId, subjectId }) => [action, accountId, subjectId]).toSorted()).toEqual([
      ["webhook.suspended", rosa.recruiterId, id],
      ["webhook.unsuspended", rosa.recruiterId, id],
    ]);
  });

  it("is made, moved and tested later while names cannot be looked up, which is no fault of its own", async () => {
    const names = world.env.DOH_URL;
    world.env.DOH_URL = "http://127.0.0.1:9/dns-query";
    try {
      const { id } = await make();
      const url = "https://hooks.example.com/in";
      const refusals = [await call(key, "POST", "/webhooks", { ...INPUT, url }), await call(key, "PATCH", `/webhooks/${id}`, { url })];
      await world.db.writer.update(webhooks).set({ url }).where(eq(webhooks.id, id));
      refusals.push(await call(key, "POST", `/webhooks/${id}/test`));
      expect(refusals.map(({ status, body }) => [status, body.code])).toEqual(refusals.map(() => [503, "service_unavailable"]));
    } finally {
      world.env.DOH_URL = names;
    }
  });

  it("is tested three times a minute, that of its making included, and then told when again", async () => {
    const { id } = await make();
    const test = () => call(key, "POST", `/webhooks/${id}/test`);
    expect([(await test()).status, (await test()).status]).toEqual([200, 200]);
    const { status, body } = await test();
    expect([status, body.code]).toEqual([429, "action_throttled"]);
    expect(body.retry_after).toBeGreaterThan(0);
    expect(body.retry_after).toBeLessThanOrEqual(60);
    expect((await call(key, "GET", `/webhook-deliveries?webhook_id=${id}`)).body.data.length).toBe(3);
  });

  it("that fails says so, with the stage its owner was told of", async () => {
    const { id } = await make();
    await verify(id);
    const failing = async (percent: number | null) => {
      await world.db.writer
        .update(webhooks)
        .set({ failingSince: sql`ops.now() - interval '3 days'`, failingAlertedPercent: percent })
        .where(eq(webhooks.id, id));
      return (await call(key, "GET", `/webhooks/${id}`)).body.data.alerts.map(({ code }: { code: string }) => code);
    };
    expect([await failing(null), await failing(50), await failing(75)]).toEqual([["failing"], ["failing_50"], ["failing_75"]]);
  });

  it("is changed under its version, and not at all where nothing differs", async () => {
    const { id } = await make(key, { headers: { "x-a": "1" } });
    const stale = await call(key, "PATCH", `/webhooks/${id}`, { description: "New" }, { "if-match": '"7"' });
    expect(stale.status).toBe(412);
    const same = await call(key, "PATCH", `/webhooks/${id}`, { headers: { "X-A": "1" }, url: INPUT.url });
    expect(same.body.data.version).toBe(1);
    const changed = await call(key, "PATCH", `/webhooks/${id}`, { description: "New", headers: null, max_per_second: 5 });
    expect(changed.body.data).toMatchObject({ description: "New", header_names: [], max_per_second: 5, version: 2 });
    const cleared = await call(key, "PATCH", `/webhooks/${id}`, { max_per_second: null, description: null });
    expect(cleared.body.data).toMatchObject({ description: null, max_per_second: null, version: 3 });
  });

  it("goes for good, with its secrets and what is replayed to it", async () => {
    const { id } = await make();
    await verify(id);
    const job = await call(key, "POST", "/replay-jobs", { webhook_id: id });
    expect((await call(key, "DELETE", `/webhooks/${id}`)).body.data).toEqual({ id, deleted: true });
    expect((await call(key, "GET", `/webhooks/${id}`)).status).toBe(404);
    expect((await call(key, "DELETE", `/webhooks/${id}`)).status).toBe(404);
    expect(await world.db.reader.select().from(webhookSecrets).where(eq(webhookSecrets.webhookId, id))).toEqual([]);
    expect((await call(key, "GET", `/replay-jobs/${job.body.data.job.id}`)).body.data.status).toBe("cancelled");
  });

  it("is made once under one Idempotency-Key, and its sealed answer comes again", async () => {
    const headers = { "idempotency-key": crypto.randomUUID() };
    const first = await call(key, "POST", "/webhooks", INPUT, headers);
    const second = await call(key, "POST", "/webhooks", INPUT, headers);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("idempotent-replayed")).toBe("true");
  });
});

describe("a secret", () => {
  const keysOf = async (id: string) =>
    (await call(key, "GET", `/webhooks/${id}`)).body.data.signing_keys as { id: string; expires_at: string | null }[];
  const rotate = (id: string, body: object = {}) => call(key, "POST", `/webhooks/${id}/rotate-secret`, body);

  it("is replaced by another, and both sign for the overlap", async () => {
    const made = await make(key, { headers: { "x-a": "1" } });
    const rotated = await rotate(made.id, { overlap_seconds: 3_600 });
    expect(rotated.status).toBe(200);
    expect(rotated.body.data.secret).toMatch(/^whsec_/);
    expect(rotated.body.data.secret).not.toBe(made.secret);
    expect(rotated.body.data.header_names).toEqual(["x-a"]);
    const [newest, before] = await keysOf(made.id);
    expect(newest?.expires_at).toBeNull();
    expect(new Date(before?.expires_at ?? 0).getTime() - new Date(rotated.body.data.updated_at).getTime()).toBe(3_600_000);
  });

  it("is not replaced twice within the overlap, unless that is forced; two old ones sign at most", async () => {
    const { id } = await make();
    await rotate(id);
    const refused = await rotate(id);
    expect([refused.status, refused.body.code, refused.body.until]).toEqual([
      409,
      "secret_rotation_in_progress",
      expect.stringMatching(/Z$/),
    ]);
    for (let n = 0; n < 3; n++) expect((await rotate(id, { force: true })).status).toBe(200);
    expect((await keysOf(id)).length).toBe(3);
    await rotate(id, { force: true, overlap_seconds: 0 });
    expect((await keysOf(id)).filter(({ expires_at: end }) => end === null).length).toBe(1);
  });

  it("goes at once without an overlap", async () => {
    const { id } = await make();
    await rotate(id, { overlap_seconds: 0 });
    expect((await keysOf(id)).length).toBe(1);
    expect((await rotate(id, { overlap_seconds: 0 })).status).toBe(200);
    expect((await rotate(id, { overlap_seconds: 604_801 })).status).toBe(422);
  });

  it("comes to lie under a new key by itself, with the headers beside it", async () => {
    const made = await make(key, { headers: { "x-a": "secret value" } });
    const old = world.env.KEK_CURRENT;
    const fresh = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
    world.env.KEK_CURRENT = `${fresh},${old}`;
    await world.cron("20 * * * *");
    world.env.KEK_CURRENT = fresh;
    const [row] = await world.db.reader.select().from(webhookSecrets).where(eq(webhookSecrets.webhookId, made.id));
    const seal = sealUnder(fresh);
    expect(row?.kekId).toBe(await seal.keyId());
    expect(await seal.open(row?.secretEnc ?? "", `webhook:${made.id}`)).toBe(made.secret);
    expect(JSON.parse((await seal.open((await rowOf(made.id)).headersEnc ?? "", `webhook:${made.id}`)) ?? "")).toEqual({
      "x-a": "secret value",
    });
    world.env.KEK_CURRENT = `${old},${fresh}`;
    await world.cron("20 * * * *");
    world.env.KEK_CURRENT = old;
    expect((await call(key, "GET", `/webhooks/${made.id}`)).body.data.header_names).toEqual(["x-a"]);
  });
});

/** Deliveries of an endpoint as the pipeline leaves them, the oldest first, a minute apart. */
async function delivered(webhookId: string, statuses: readonly string[], type = "role.created", daysAgo = 0): Promise<string[]> {
  const ids: string[] = [];
  for (const [n, status] of statuses.entries()) {
    const [id, eventId] = [crypto.randomUUID(), crypto.randomUUID()];
    const at = sql.raw(
      `date_trunc('milliseconds', ops.now()) - interval '${daysAgo} days' - interval '${statuses.length - n} minutes'`,
    ) as never;
    const { accountId, ownerUserId } = await rowOf(webhookId);
    const payload = JSON.stringify({ id: `evt_${eventId}`, type, data: {} });
    await world.db.writer.insert(events).values({
      id: eventId,
      outboxId: crypto.randomUUID(),
      ownerUserId,
      accountId,
      type,
      entityType: "role",
      entityId: crypto.randomUUID(),
      sequence: 1,
      apiVersion: "v1",
      payloadText: payload,
      occurredAt: at,
    });
    const isFinal = ["succeeded", "dead", "skipped"].includes(status);
    await world.db.writer.insert(webhookDeliveries).values({
      id,
      eventId,
      eventAt: sql`(select occurred_at from api.events where id = ${eventId})` as never,
      eventType: type,
      webhookId,
      accountId,
      status: status as "dead",
      nextAttemptAt: ["pending", "retrying", "in_flight"].includes(status) ? (sql`ops.now() + interval '1 hour'` as never) : null,
      completedAt: isFinal ? (sql`ops.now()` as never) : null,
      lastErrorClass: status === "skipped" ? "endpoint_disabled" : null,
      createdAt: at,
    });
    ids.push(id);
  }
  return ids;
}

const deliveryRow = async (id: string) => (await world.db.reader.select().from(webhookDeliveries).where(eq(webhookDeliveries.id, id)))[0]!;
const copiesOf = (id: string) => world.db.reader.select().from(webhookDeliveries).where(eq(webhookDeliveries.replayOf, id));

describe("deliveries", () => {
  it("are listed newest first, by endpoint, state, event and time, page by page", async () => {
    const { id } = await make();
    const ids = await delivered(id, ["succeeded", "dead", "skipped", "parked", "retrying"]);
    const list = (query: string) => call(key, "GET", `/webhook-deliveries?webhook_id=${id}${query}`);
    const idsOf = (answer: Answer) => answer.body.data.map((row: { id: string }) => row.id);
    const [test, ...others] = (await list("")).body.data as { id: string; event_type: string }[];
    expect([test?.event_type, others.map((row) => row.id)]).toEqual(["webhook.test", ids.toReversed()]);
    expect(idsOf(await list("&status=dead&event_type=role.created"))).toEqual([ids[1]]);
    expect(idsOf(await list("&event_type=role.closed"))).toEqual([]);
    const created = "&event_type=role.created&limit=2";
    const page = await list(created);
    expect(page.body.pagination.has_more).toBe(true);
    expect(idsOf(await list(`${created}&cursor=${page.body.pagination.next_cursor}`))).toEqual(ids.slice(1, 3).toReversed());
    const since = new Date((await deliveryRow(ids[2]!)).createdAt).toISOString();
    expect(idsOf(await list(`&event_type=role.created&since=${since}`))).toEqual(ids.slice(2).toReversed());
    expect((await list("&status=lost")).status).toBe(400);
    expect((await call(other, "GET", `/webhook-deliveries?webhook_id=${id}`)).body.data).toEqual([]);
    expect((await call(other, "GET", `/webhook-deliveries/${ids[0]}`)).status).toBe(404);
    expect((await call(other, "POST", `/webhook-deliveries/${ids[0]}/replay`)).status).toBe(404);
  });

  it("older than 90 days are not shown", async () => {
    const { id } = await make();
    const [old] = await delivered(id, ["dead"], "role.created", 91);
    const [young] = await delivered(id, ["dead"], "role.created", 89);
    expect((await call(key, "GET", `/webhook-deliveries/${old}`)).status).toBe(404);
    expect((await call(key, "GET", `/webhook-deliveries/${young}`)).status).toBe(200);
  });

  it("show what was sent and every answer", async () => {
    const { id } = await make();
    const [delivery] = await delivered(id, ["dead"]);
    const { eventId } = await deliveryRow(delivery!);
    for (const [n, status] of [
      [1, 503],
      [2, 500],
    ] as const) {
      await world.db.writer.execute(sql`insert into api.webhook_attempts values
        (${delivery}, ${n}, 'auto', ops.now() - make_interval(mins => ${10 - n}), 1, 2, 3, ${status}, 'http_5xx', '{"server":"x"}', 'no', ${`{${crypto.randomUUID()}}`}, ${crypto.randomUUID()})`);
    }
    const { body } = await call(key, "GET", `/webhook-deliveries/${delivery}`);
    expect(JSON.parse(body.data.payload)).toEqual({ id: `evt_${eventId}`, type: "role.created", data: {} });
    expect(body.data.attempt_list).toMatchObject([
      {
        number: 1,
        request: { headers: { "webhook-id": `evt_${eventId}`, "x-splits-attempt": "1" } },
        response: { status: 503, body: "no" },
      },
      {
        number: 2,
        request: { headers: { "x-splits-attempt": "2" } },
        response: { status: 500, headers: { server: "x" } },
        error_class: "http_5xx",
      },
    ]);
  });

  it("show the newest hundred attempts, in their order, each with the number it was sent with", async () => {
    const { id } = await make();
    const [delivery] = await delivered(id, ["dead"]);
    await world.db.writer
      .execute(sql`insert into api.webhook_attempts (delivery_id, attempt_no, trigger, started_at, duration_ms, http_status, error_class, signature_key_ids, request_id)
      select ${delivery}::uuid, n, 'manual', ops.now() - make_interval(mins => 103 - n), 1, 500, 'http_5xx', '{}', gen_random_uuid() from generate_series(1, 103) n`);
    const list = (await call(key, "GET", `/webhook-deliveries/${delivery}`)).body.data.attempt_list;
    const hundred = Array.from({ length: 100 }, (_, index) => index + 4);
    expect(list.map(({ number }: { number: number }) => number)).toEqual(hundred);
    expect(list.map(({ request }: any) => request.headers["x-splits-attempt"])).toEqual(hundred.map(String));
  });

  it("do not tell what an event says to whoever lacks its scope", async () => {
    const { id } = await make(key, { event_types: ["payout.failed"] });
    const [delivery] = await delivered(id, ["dead"], "payout.failed");
    const manager = await keyFor(rosa, ["manage:webhooks", "read:roles"]);
    expect((await call(manager, "GET", `/webhook-deliveries/${delivery}`)).body.data.payload).toBeNull();
    expect((await call(key, "GET", `/webhook-deliveries/${delivery}`)).body.data.payload).toContain("payout.failed");
  });
});

describe("a replay of one delivery", () => {
  it.each(["succeeded", "dead", "skipped"])("that was %s is a new one of the same event", async (status) => {
    const { id } = await make();
    await verify(id);
    const [delivery] = await delivered(id, [status]);
    const { status: answered, body } = await call(key, "POST", `/webhook-deliveries/${delivery}/replay`);
    expect([answered, body.data]).toMatchObject([200, { status: "pending", replay_of: delivery, attempts: 0 }]);
    expect(body.data.event_id).toBe(`evt_${(await deliveryRow(delivery!)).eventId}`);
    expect((await deliveryRow(delivery!)).status).toBe(status);
  });

  it.each(["pending", "retrying", "parked"])("that is %s brings it forward, without a second row", async (status) => {
    const { id } = await make();
    await verify(id);
    const [delivery] = await delivered(id, [status]);
    const { body } = await call(key, "POST", `/webhook-deliveries/${delivery}/replay`);
    expect(body.data.id).toBe(delivery);
    expect(new Date(body.data.next_attempt_at).getTime()).toBeLessThan((await deliveryRow(delivery!)).createdAt.getTime() + 300_000);
    expect(await copiesOf(delivery!)).toEqual([]);
  });

  it("is refused while it is being sent, and to an endpoint that is not active", async () => {
    const { id } = await make();
    const [dead, flying] = await delivered(id, ["dead", "in_flight"]);
    expect((await call(key, "POST", `/webhook-deliveries/${dead}/replay`)).body.code).toBe("conflict");
    await verify(id);
    expect((await call(key, "POST", `/webhook-deliveries/${flying}/replay`)).body.code).toBe("conflict");
    await call(key, "PATCH", `/webhooks/${id}`, { status: "disabled" });
    expect((await call(key, "POST", `/webhook-deliveries/${dead}/replay`)).body.code).toBe("conflict");
    expect(await copiesOf(dead!)).toEqual([]);
  });
});

describe("a replay job", () => {
  const jobOf = async (id: string) => (await call(key, "GET", `/replay-jobs/${id}`)).body.data;
  const replay = (webhookId: string, filter: object = {}, more: object = {}) =>
    call(key, "POST", "/replay-jobs", { webhook_id: webhookId, filter, ...more });
  const step = async () => {
    world.sent.replays.splice(0);
    await world.advance(2);
    await world.consume("replays", [{ account_ids: [rosa.recruiterId] }]);
  };
  const finish = (jobId: string, status: "succeeded" | "dead") =>
    world.db.writer.execute(
      sql`update api.webhook_deliveries set status = ${status}, completed_at = ops.now(), next_attempt_at = null where replay_job_id = ${jobId}`,
    );

  it("counts, and changes nothing, where it is only asked to", async () => {
    const { id } = await make();
    await delivered(id, ["succeeded", "dead", "skipped", "parked", "retrying", "in_flight", "pending"]);
    await delivered(id, ["dead"], "role.closed", 2);
    const counted = async (filter: object) => (await replay(id, filter, { dry_run: true })).body.data;
    expect(await counted({})).toMatchObject({ dry_run: true, total: 5, job: null });
    expect((await counted({ statuses: ["dead", "skipped"] })).total).toBe(3);
    expect((await counted({ event_types: ["role.closed"] })).total).toBe(1);
    expect((await counted({ since: new Date(Date.now() - 86_400_000).toISOString() })).total).toBe(4);
    expect((await counted({ until: new Date(Date.now() - 86_400_000).toISOString() })).total).toBe(1);
    expect((await replay(id, { since: "2026-01-02T00:00:00Z", until: "2026-01-01T00:00:00Z" }, { dry_run: true })).status).toBe(422);
    expect((await replay(id, { statuses: ["pending"] }, { dry_run: true })).status).toBe(422);
    expect(await world.db.reader.select().from(replayJobs).where(eq(replayJobs.webhookId, id))).toEqual([]);
    expect((await replay(id)).body.code).toBe("conflict"); // not verified
  });

  it("sends exactly what its filter named when it began, 50 a second, and is done when all of it is final", async () => {
    const { id } = await make();
    await verify(id);
    const missed = await delivered(
      id,
      Array.from({ length: 70 }, (_, n) => (n % 2 ? "dead" : "skipped")),
    );
    await delivered(id, ["succeeded"]);
    const { body } = await replay(id, { statuses: ["dead", "skipped", "parked"] });
    expect(body.data).toMatchObject({ total: 70, job: { status: "running", enqueued: 0 } });
    const jobId = body.data.job.id;
    await world.advance(120);
    await delivered(id, ["dead"]); // came later
    expect(world.sent.replays).toContain(rosa.recruiterId);
    await step();
    expect(await jobOf(jobId)).toMatchObject({ status: "running", enqueued: 50, succeeded: 0 });
    expect(world.sent.replays).toEqual([rosa.recruiterId]);
    // a second chain in the same second takes no step
    await world.consume("replays", [{ account_ids: [rosa.recruiterId] }]);
    expect((await jobOf(jobId)).enqueued).toBe(50);
    await step();
    expect((await jobOf(jobId)).enqueued).toBe(70);
    await step();
    expect(await jobOf(jobId)).toMatchObject({ status: "running", finished_at: null });
    await finish(jobId, "succeeded");
    await step();
    expect(await jobOf(jobId)).toMatchObject({ status: "done", succeeded: 70, failed: 0, finished_at: expect.stringMatching(/Z$/) });
    // a day when its deliveries are gone, the job still says what became of them
    await world.db.writer.update(replayJobs).set({ succeeded: 69, failed: 1 }).where(eq(replayJobs.id, jobId));
    expect(await jobOf(jobId)).toMatchObject({ succeeded: 69, failed: 1 });
    const sent = await world.db.reader
      .select({ of: webhookDeliveries.replayOf })
      .from(webhookDeliveries)
      .where(eq(webhookDeliveries.replayJobId, jobId));
    expect(sent.map(({ of }) => of).toSorted()).toEqual(missed.toSorted());
    // what arrived by now is not missed any more
    expect((await replay(id, { statuses: ["dead", "skipped"] }, { dry_run: true })).body.data.total).toBe(1);
  });

  it("is paused, goes on where it was, and is cancelled for good", async () => {
    const { id } = await make();
    await verify(id);
    await delivered(
      id,
      Array.from({ length: 60 }, () => "dead"),
    );
    const jobId = (await replay(id)).body.data.job.id;
    await step();
    expect((await call(key, "POST", `/replay-jobs/${jobId}/pause`)).body.data.status).toBe("paused");
    await step();
    expect((await jobOf(jobId)).enqueued).toBe(50);
    expect((await call(key, "POST", `/replay-jobs/${jobId}/pause`)).body.code).toBe("invalid_transition");
    expect((await call(key, "POST", `/replay-jobs/${jobId}/resume`)).body.data.status).toBe("running");
    await step();
    expect((await jobOf(jobId)).enqueued).toBe(60);
    expect((await call(key, "POST", `/replay-jobs/${jobId}/cancel`)).body.data).toMatchObject({
      status: "cancelled",
      finished_at: expect.any(String),
    });
    expect((await call(key, "POST", `/replay-jobs/${jobId}/resume`)).body.code).toBe("invalid_transition");
    expect((await call(other, "POST", `/replay-jobs/${jobId}/cancel`)).status).toBe(404);
    const list = (await call(key, "GET", `/replay-jobs?webhook_id=${id}&status=cancelled`)).body.data;
    expect(list.map((job: { id: string }) => job.id)).toEqual([jobId]);
  });

  it("takes what is parked along without a second row, and pauses when its endpoint is disabled", async () => {
    const { id } = await make();
    await verify(id);
    const [parked] = await delivered(id, ["parked", ...Array.from({ length: 59 }, () => "dead")]);
    const jobId = (await replay(id)).body.data.job.id;
    await step();
    expect(await copiesOf(parked!)).toEqual([]);
    expect((await deliveryRow(parked!)).nextAttemptAt).not.toBeNull();
    await call(key, "PATCH", `/webhooks/${id}`, { status: "disabled" });
    await step();
    expect(await jobOf(jobId)).toMatchObject({ status: "paused", enqueued: 50 });
  });

  it("is found by the sweep when its message was lost", async () => {
    const { id } = await make();
    await verify(id);
    await delivered(id, ["dead"]);
    await replay(id);
    world.sent.replays.splice(0);
    await world.cron("* * * * *");
    expect(world.sent.replays).toContain(rosa.recruiterId);
  });

  it("is offered for what an endpoint missed, when it is enabled", async () => {
    const { id } = await make();
    await verify(id);
    await delivered(id, ["dead"], "role.created", 3);
    await call(key, "PATCH", `/webhooks/${id}`, { status: "disabled" });
    await world.db.writer
      .update(webhooks)
      .set({ disabledAt: sql`ops.now() - interval '2 days'` })
      .where(eq(webhooks.id, id));
    await delivered(id, ["dead", "skipped", "parked", "succeeded"]);
    const { body } = await call(key, "POST", `/webhooks/${id}/enable`);
    expect(body.data.replay_offer.deliveries).toBe(3);
    const since = body.data.replay_offer.since;
    expect((await replay(id, { since, statuses: ["dead", "parked", "skipped"] }, { dry_run: true })).body.data.total).toBe(3);
  });
});

describe("an endpoint made through a grant", () => {
  it("is disabled when the grant ends, and enabled no more", async () => {
    const management = managementOf(world);
    const app = await management.newClient(rosa);
    await world.db.writer.execute(
      sql`update api.oauth_clients set status = 'approved', allowed_scopes = '{read:roles,manage:webhooks}', approved_at = now() where id = ${app.id}`,
    );
    const grant = await management.grantOf(app.id, rosa, rosa.recruiterId);
    await world.db.writer.execute(sql`update api.oauth_grants set scopes = '{read:roles,manage:webhooks}' where id = ${grant.id}`);
    await world.db.writer.execute(sql`update api.oauth_tokens set scopes = '{read:roles,manage:webhooks}' where grant_id = ${grant.id}`);
    const made = await make(grant, { event_types: ["role.created"] });
    await verify(made.id);
    const kept = await make();
    expect((await rowOf(made.id)).createdVia).toBe(grant.id);
    expect((await call(rosa, "DELETE", `/oauth-grants/${grant.id}`)).status).toBe(200);
    await world.drain();
    expect(await rowOf(made.id)).toMatchObject({ status: "disabled", disabledReason: "scope_lost" });
    expect((await rowOf(kept.id)).status).toBe("unverified");
    expect((await actionsOf(made.id)).at(-1)).toEqual(["webhook.disabled", rosa.recruiterId]);
    expect((await call(key, "POST", `/webhooks/${made.id}/enable`)).body.code).toBe("conflict");
    expect(await world.db.reader.select().from(oauthGrants).where(eq(oauthGrants.id, grant.id))).toMatchObject([{ status: "revoked" }]);
  });
});

describe("an endpoint that another account let an app make", () => {
  it("is disabled with the app, and hears nothing on the way", async () => {
    const management = managementOf(world);
    const [admin, maker] = [await world.platformAdmin(), await world.recruiter("Maker")];
    const app = await management.newClient(maker, { scopes: ["read:roles", "manage:webhooks"] });
    await management.decide(admin, app.id, "approve");
    const grant = await management.grantOf(app.id, rosa, rosa.recruiterId);
    const scopes = sql`'{read:roles,manage:webhooks}'`;
    await world.db.writer.execute(sql`update api.oauth_grants set scopes = ${scopes} where id = ${grant.id}`);
    await world.db.writer.execute(sql`update api.oauth_tokens set scopes = ${scopes} where grant_id = ${grant.id}`);
    const made = await make(grant, { event_types: ["role.created"] });
    await verify(made.id);
    const shut = await management.call(admin, "POST", `/oauth-clients/${app.id}/suspend`, { reason: "strange traffic" });
    expect(shut.status).toBe(200);
    const { rows } = await world.db.writer.execute<{ webhooks: { id: string; grant_scopes: string[] | null }[] }>(sql`
      select webhooks from api.webhook_audience('role.created', 'select true', ${app.id}::uuid, gen_random_uuid(), now(),
        '00000000-0000-0000-0000-000000000000', 500)`);
    const heard = rows.flatMap((reader) => reader.webhooks).find(({ id }) => id === made.id);
    expect(heard?.grant_scopes).toEqual([]);
    await world.drain();
    expect(await rowOf(made.id)).toMatchObject({ status: "disabled", disabledReason: "scope_lost" });
  });
});

describe("an endpoint that a key made", () => {
  it("is its owner's, and goes on when the key is replaced, suspended, expires or is revoked", async () => {
    const management = managementOf(world);
    const admin = await world.platformAdmin();
    for (const [verb, who, body] of [
      ["rotate", rosa, { grace_seconds: 0 }],
      ["suspend", admin, { reason: "strange traffic" }],
      ["expire", null, {}],
      ["revoke", rosa, undefined],
    ] as const) {
      const its = await keyFor(rosa);
      const made = await make(its);
      await verify(made.id);
      if (who === null)
        await world.db.writer
          .update(apiKeys)
          .set({ expiresAt: new Date(0) })
          .where(eq(apiKeys.id, its.id));
      else {
        const [method, path] = verb === "revoke" ? (["DELETE", ""] as const) : (["POST", `/${verb}`] as const);
        expect((await management.call(who, method, `/api-keys/${its.id}${path}`, body)).status, verb).toBe(200);
      }
      await world.drain();
      await world.cron("* * * * *");
      expect((await management.call(its, "GET", "/me")).status, verb).toBe(
        verb === "rotate" || verb === "expire" || verb === "revoke" ? 401 : 403,
      );
      expect((await rowOf(made.id)).status, verb).toBe("active");
    }
  });
});

describe("an endpoint whose owner left the account", () => {
  const leaves = (who: { userId: string }) =>
    world.db.writer
      .update(memberships)
      .set({ deletedAt: sql`ops.now()` })
      .where(eq(memberships.userId, who.userId));
  /** A team of two, the second of whom is an admin. */
  async function crewOf(owner: Person & { recruiterId: string }, admin: { recruiterId: string }): Promise<{ id: string }> {
    const [team] = await world.db.writer.insert(teams).values({ name: "Crew", ownerUserId: owner.userId, status: "active" }).returning();
    const joined = { teamId: team?.id ?? "", status: "active" as const, joinedAt: new Date() };
    await world.db.writer.insert(teamMembers).values([
      { ...joined, recruiterId: owner.recruiterId, teamRole: "owner" },
      { ...joined, recruiterId: admin.recruiterId, teamRole: "admin" },
    ]);
    return { id: joined.teamId };
  }
  const demoted = ({ recruiterId }: { recruiterId: string }) =>
    world.db.writer.update(teamMembers).set({ teamRole: "member" }).where(eq(teamMembers.recruiterId, recruiterId));
  /** Whether an endpoint is told of something that everybody may read, as a fan-out asks. */
  const hears = async (id: string) => {
    const { rows } = await world.db.writer.execute<{ may_read: boolean; webhooks: { id: string; is_active: boolean }[] }>(sql`
      select may_read, webhooks from api.webhook_audience('role.created', 'select true', ${id}::uuid, gen_random_uuid(), now(),
        '00000000-0000-0000-0000-000000000000', 500)`);
    return rows.some((reader) => reader.may_read && reader.webhooks.some((each) => each.id === id && each.is_active));
  };
  it.each([
    [
      "a company",
      async () => {
        const company = await world.company("Left");
        const [owner, leaver] = [await world.member(company), await world.member(company, "hiring_manager")];
        return { account: { id: company.id, kind: "company" as const }, owner, leaver, leave: () => leaves(leaver) };
      },
    ],
    [
      "a team, as one of its admins",
      async () => {
        const [owner, leaver] = [await world.recruiter("Captain"), await world.recruiter("Mate")];
        const team = await crewOf(owner, leaver);
        const leave = () => demoted(leaver);
        return { account: { id: team.id, kind: "team" as const }, owner, leaver, leave };
      },
    ],
    [
      "the marketplace",
      async () => {
        const company = await world.company("Left altogether");
        const [owner, leaver] = [await world.member(company), await world.member(company)];
        const leave = () => world.db.writer.update(users).set({ status: "deactivated" }).where(eq(users.id, leaver.userId));
        return { account: { id: company.id, kind: "company" as const }, owner, leaver, leave };
      },
    ],
  ])("of %s is disabled within a minute, and its managers are told", async (_, make) => {
    const { account, owner, leaver, leave } = await make();
    const { endpoint } = endpointsOf(world.db, world.env.KEK_CURRENT);
    const [gone, kept] = [await endpoint(INPUT.url, account, leaver), await endpoint(INPUT.url, account, owner)];
    await world.cron("* * * * *");
    expect([(await rowOf(gone.id)).status, await hears(gone.id)]).toEqual(["active", true]);
    await leave();
    expect(await hears(gone.id)).toBe(false); // at once
    await world.cron("* * * * *");
    await world.cron("* * * * *");
    expect(await rowOf(gone.id)).toMatchObject({ status: "disabled", disabledReason: "owner_gone", ownerUserId: leaver.userId });
    expect((await rowOf(kept.id)).status).toBe("active");
    expect(await actionsOf(gone.id)).toEqual([["webhook.disabled", account.id]]);
    const notices = await managementOf(world).noticesAbout(gone.id);
    expect(notices.map(({ who, channel, type }) => [who, channel, type])).toEqual([
      [owner.userId, "email", "webhook.disabled"],
      [owner.userId, "in_app", "webhook.disabled"],
    ]);
  });

  it("is adopted by whoever runs the account: it acts for them under a new secret, and the old one signs no more", async () => {
    const company = await world.company("Adopts");
    const account = { id: company.id, kind: "company" } as const;
    const [owner, leaver, manager] = [
      await world.member(company),
      await world.member(company),
      await world.member(company, "hiring_manager"),
    ];
    const { endpoint, secretOf } = endpointsOf(world.db, world.env.KEK_CURRENT);
    const known = { eventTypes: ["role.created"], lastSuccessAt: new Date(), headers: { "x-tenant": "acme" } };
    const [gone, own] = [await endpoint(INPUT.url, account, leaver, known), await endpoint(INPUT.url, account, owner, known)];
    await secretOf(gone.id, { expiresAt: sql`ops.now() + interval '1 day'` as never });
    await leaves(leaver);
    await world.cron("* * * * *");
    await world.db.writer
      .update(webhooks)
      .set({ disabledAt: sql`ops.now() - interval '2 days'` })
      .where(eq(webhooks.id, gone.id));
    await delivered(gone.id, ["skipped", "parked"]);
    const adopt = (who: { token: string }, id = gone.id) => call(who, "POST", `/webhooks/${id}/adopt`);
    expect((await call(owner, "POST", `/webhooks/${gone.id}/enable`)).body).toMatchObject({
      code: "conflict",
      detail: "Whoever owned this endpoint has left. Adopt it.",
    });
    expect((await adopt(manager)).body.code).toBe("role_type_not_permitted");
    const companyKey = await keyOf(world, { id: company.id, roleType: "company" }, owner);
    expect((await adopt(companyKey)).status).toBe(403);
    expect((await adopt(await world.member(await world.company("Other")))).status).toBe(404);
    expect((await adopt(owner, own.id)).body.code).toBe("conflict");
    const { status, body } = await adopt(owner);
    expect([status, body.data]).toMatchObject([
      200,
      {
        id: gone.id,
        status: "active",
        disabled_reason: null,
        owner_user_id: owner.userId,
        header_names: ["x-tenant"],
        replay_offer: { deliveries: 2 },
      },
    ]);
    const secrets = await world.db.reader.select().from(webhookSecrets).where(eq(webhookSecrets.webhookId, gone.id));
    const opened = await Promise.all(
      secrets.map(({ secretEnc }) => sealUnder(world.env.KEK_CURRENT).open(secretEnc, `webhook:${gone.id}`)),
    );
    expect(opened).toEqual([body.data.secret]);
    expect(body.data.secret).not.toBe(gone.secret);
    expect(await hears(gone.id)).toBe(true);
    expect((await actionsOf(gone.id)).at(-1)).toEqual(["webhook.adopted", company.id]);
    expect((await adopt(owner)).body.code).toBe("conflict");
    await world.cron("* * * * *");
    expect((await rowOf(gone.id)).status).toBe("active");
  });

  it("takes along no amounts of whoever left, by whichever way", async () => {
    const [owner, leaver] = [await world.recruiter("Captain"), await world.recruiter("Mate")];
    const team = await crewOf(owner, leaver);
    const { endpoint } = endpointsOf(world.db, world.env.KEK_CURRENT);
    const { id } = await endpoint(INPUT.url, { id: team.id, kind: "team" }, leaver, { lastSuccessAt: new Date() });
    const statuses = ["succeeded", "dead", "skipped", "parked", "retrying", "pending", "in_flight"];
    const [amounts, others] = [await delivered(id, statuses, "payout.processed"), await delivered(id, statuses, "role.created")];
    await demoted(leaver);
    await world.cron("* * * * *");
    const ask = (method: string, path: string, body?: object) => call(owner, method, path, body, { "x-account-id": team.id });
    expect((await ask("POST", `/webhooks/${id}/adopt`)).status).toBe(200);
    const statesOf = async (ids: string[]) => Promise.all(ids.map(async (each) => (await deliveryRow(each)).status));
    expect(await statesOf(amounts)).toEqual(["succeeded", "dead", "skipped", "dead", "dead", "dead", "dead"]);
    expect(await statesOf(others)).toEqual(statuses);
    for (const each of amounts) {
      const refused = await ask("POST", `/webhook-deliveries/${each}/replay`);
      expect([refused.body.code, refused.body.detail]).toEqual([
        "conflict",
        "What this delivery tells is no longer its endpoint's to hear.",
      ]);
      expect((await ask("GET", `/webhook-deliveries/${each}`)).body.data.payload).toBeNull();
    }
    expect((await ask("POST", `/webhook-deliveries/${others[1]}/replay`)).status).toBe(200);
    const counted = await ask("POST", "/replay-jobs", { webhook_id: id, filter: {}, dry_run: true });
    expect(counted.body.data.total).toBe(4); // succeeded, dead, skipped and parked of what is not money
  });

  it("is not adopted where an app made it, with the consent of whoever left", async () => {
    const company = await world.company("App");
    const [owner, leaver] = [await world.member(company), await world.member(company)];
    const management = managementOf(world);
    const app = await management.newClient(rosa);
    await management.decide(await world.platformAdmin(), app.id, "approve");
    const grant = await management.grantOf(app.id, leaver, company.id);
    const { endpoint } = endpointsOf(world.db, world.env.KEK_CURRENT);
    const { id } = await endpoint(INPUT.url, { id: company.id, kind: "company" }, leaver, { createdVia: grant.id });
    await leaves(leaver);
    await world.cron("* * * * *");
    const refused = await call(owner, "POST", `/webhooks/${id}/adopt`);
    expect([refused.status, refused.body.code]).toEqual([409, "conflict"]);
    expect(refused.body.detail).toContain("made by an app");
  });
});

describe("an endpoint that moves to another host", () => {
  const elsewhere = { url: "https://hooks.example.com/in" };

  it("takes along only what the caller may hear", async () => {
    const { id } = await make();
    const narrow = await keyFor(rosa, ["manage:webhooks"]);
    const refused = await call(narrow, "PATCH", `/webhooks/${id}`, elsewhere);
    expect([refused.status, refused.body.code]).toEqual([403, "insufficient_scope"]);
    expect((await call(narrow, "PATCH", `/webhooks/${id}`, { url: "http://127.0.0.1:9/other" })).status).toBe(200);
    expect((await call(key, "PATCH", `/webhooks/${id}`, elsewhere)).status).toBe(200);
  });

  it("takes along no header that was written for the one before", async () => {
    const { id } = await make(key, { headers: { "X-Tenant": "acme" } });
    expect((await call(key, "PATCH", `/webhooks/${id}`, { url: "http://127.0.0.1:9/other" })).body.data.header_names).toEqual(["x-tenant"]);
    expect((await call(key, "PATCH", `/webhooks/${id}`, elsewhere)).body.data.header_names).toEqual([]);
    expect((await rowOf(id)).headersEnc).toBeNull();
  });

  it("is moved by its owner alone where it hears of payouts", async () => {
    const { id } = await make(key, { event_types: ["payout.processed"] });
    const elsewhereOwner = await world.recruiter("Colleague");
    await world.db.writer.update(webhooks).set({ ownerUserId: elsewhereOwner.userId }).where(eq(webhooks.id, id));
    const refused = await call(key, "PATCH", `/webhooks/${id}`, elsewhere);
    expect([refused.status, refused.body.code]).toEqual([403, "forbidden"]);
    expect((await rowOf(id)).url).toBe(INPUT.url);
  });
});

describe("the share of deliveries that arrive", () => {
  it("stands with each endpoint, and operators are told once a day when it falls below nine in ten", async () => {
    const { id } = await make();
    await delivered(id, [...Array.from({ length: 80 }, () => "succeeded"), ...Array.from({ length: 20 }, () => "dead")]);
    expect((await call(key, "GET", `/webhooks/${id}`)).body.data.health).toMatchObject({
      succeeded_24h: 80,
      dead_24h: 20,
      success_rate_24h: 80,
    });
    await verify(id);
    expect((await call(key, "GET", `/webhooks/${id}`)).body.data.alerts).toEqual([
      { code: "success_rate_low", message: "Of 100 deliveries that became final in the last 24 hours, 20 did not arrive." },
    ]);
    const few = await make();
    await verify(few.id);
    await delivered(few.id, ["dead", "dead", "dead"]);
    expect((await call(key, "GET", `/webhooks/${few.id}`)).body.data.alerts).toEqual([]);
    await world.cron("20 * * * *");
    await world.cron("20 * * * *");
    const alarms = await world.db.reader.select().from(outbox).where(eq(outbox.eventType, "webhooks.success_rate_low"));
    expect(alarms.length).toBe(1);
    expect(alarms[0]?.payload["dead"]).toBeGreaterThanOrEqual(20);
  });
});
