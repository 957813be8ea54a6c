import { eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { auditAnchors, oauthClients, oauthCodes, oauthGrants, oauthTokens, usageMinutes } from "#db/schema/api.ts";
import { requestLog } from "#db/schema/audit.ts";
import { events, webhookAttempts, webhookDeliveries } from "#db/schema/deliveries.ts";
import { idempotencyKeys } from "#db/schema/ops.ts";
import { webhooks } from "#db/schema/webhooks.ts";
import { marketplace, type Marketplace } from "../api.ts";
import { type Account, accountWith } from "./accounts.ts";

let world: Marketplace;
let account: Account;
/** The second of the next month, and every date of these tests counts from it. */
let base: Date;

beforeAll(async () => {
  world = await marketplace();
  account = await accountWith(world, { plan: "standard" });
  const now = new Date();
  base = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 2));
  await goTo(0);
});

let at = new Date();
/** Moves the database's clock so many months on from the base, and so many days. */
async function goTo(months: number, days = 0): Promise<void> {
  const goal = new Date(Date.UTC(base.getUTCFullYear(), base.getUTCMonth() + months, base.getUTCDate() + days));
  await world.advance((goal.getTime() - at.getTime()) / 1_000);
  at = goal;
}
const nightly = () => world.cron("10 3 * * *");
const ago = (interval: string) => sql.raw(`ops.now() - interval '${interval}'`) as never;

describe("every night", () => {
  it("codes, tokens, their replays and old counts go when their time is over", async () => {
    const [client] = await world.db.writer
      .insert(oauthClients)
      .values({
        publicId: "c".repeat(16),
        ownerAccountId: account.recruiterId,
        ownerUserId: account.userId,
        name: "App",
        type: "public",
        authMethod: "none",
        redirectUris: [],
        allowedScopes: [],
      })
      .returning({ id: oauthClients.id });
    const [grant] = await world.db.writer
      .insert(oauthGrants)
      .values({ publicId: "g".repeat(16), clientId: client?.id ?? "", userId: account.userId, accountId: account.recruiterId, scopes: [] })
      .returning({ id: oauthGrants.id });
    const grantId = grant?.id ?? "";
    const familyId = crypto.randomUUID();
    for (const [name, interval] of [
      ["old", "31 days"],
      ["young", "29 days"],
    ] as const) {
      const expiresAt = ago(interval);
      await world.db.writer
        .insert(oauthCodes)
        .values({ codeHash: name, grantId, familyId, redirectUri: "", codeChallenge: "", scopes: [], expiresAt });
      await world.db.writer.insert(oauthTokens).values({
        id: crypto.randomUUID(),
        grantId,
        familyId,
        kind: "refresh",
        tokenHash: name,
        scopes: [],
        issuedAt: expiresAt,
        expiresAt,
        familyExpiresAt: expiresAt,
        replayReplyEnc: "sealed",
        replayUntil: expiresAt,
      });
      const months = name === "old" ? 14 : 12;
      await world.db.writer.insert(usageMinutes).values({
        credentialId: name,
        minute: sql.raw(`floor(extract(epoch from ops.now() - interval '${months} months') / 60)::int`) as never,
      });
    }
    await nightly();
    expect((await world.db.reader.select().from(oauthCodes)).map(({ codeHash }) => codeHash)).toEqual(["young"]);
    expect(await world.db.reader.select().from(oauthTokens)).toMatchObject([{ tokenHash: "young", replayReplyEnc: null }]);
    expect((await world.db.reader.select().from(usageMinutes)).map(({ credentialId }) => credentialId)).toEqual(["young"]);
  });

  it("each chain is anchored when it has grown, and stays verifiable when its first months are dropped", async () => {
    const look = () => world.call("GET", "/api/v1/request-logs?format=ndjson", { as: account });
    const verify = async () => (await world.call("GET", "/api/v1/audit-events/verify", { as: account })).body.data;
    const anchors = async () =>
      (
        await world.db.reader.select().from(auditAnchors).where(eq(auditAnchors.accountId, account.recruiterId)).orderBy(auditAnchors.day)
      ).map(({ seq }) => seq);
    for (let count = 0; count < 3; count++) await look();
    await goTo(0, 1);
    await nightly();
    await goTo(0, 2);
    await nightly();
    await goTo(1);
    for (let count = 0; count < 2; count++) await look();
    await world.consume("request-log", world.sent.requestLog.splice(0));
    await goTo(1, 1);
    await nightly();
    expect(await anchors()).toEqual([3, 5]);
    expect(await verify()).toEqual({ verified: true, events: 5, from_seq: 1, to_seq: 5, broken_at: null });

    await goTo(14);
    await nightly();
    expect(await verify()).toEqual({ verified: true, events: 2, from_seq: 4, to_seq: 5, broken_at: null });
    await goTo(16);
    await nightly();
    expect(await verify()).toEqual({ verified: true, events: 0, from_seq: 6, to_seq: 5, broken_at: null });
    await look();
    expect(await verify()).toEqual({ verified: true, events: 1, from_seq: 6, to_seq: 6, broken_at: null });
  });

  it("the log of requests keeps thirteen whole months", async () => {
    await world.db.writer.execute(sql`insert into api.request_log (id, ts, method, route, path, status, latency_ms, request_id, bytes_out)
      select gen_random_uuid(), ops.now() + make_interval(months => n), 'GET', 'kept ' || n, '/', 200, 1, gen_random_uuid(), 0 from generate_series(0, 3) n`);
    await goTo(31);
    await nightly();
    const kept = await world.db.reader
      .select({ route: requestLog.route })
      .from(requestLog)
      .where(sql`route like 'kept %'`)
      .orderBy(requestLog.ts);
    expect(kept.map(({ route }) => route)).toEqual(["kept 2", "kept 3"]);
  });

  it("events and deliveries are kept three whole months, and attempts one", async () => {
    const owner = { accountId: account.recruiterId, ownerUserId: account.userId };
    const [webhook] = await world.db.writer
      .insert(webhooks)
      .values({ ...owner, roleType: "recruiter", url: "https://hooks.example.com/", eventTypes: ["role.created"] })
      .returning({ id: webhooks.id });
    await world.db.writer.execute(sql`
      with told as (
        insert into api.events (id, outbox_id, owner_user_id, account_id, type, entity_type, entity_id, sequence, api_version, payload_text, occurred_at)
        select gen_random_uuid(), gen_random_uuid(), ${account.userId}, ${account.recruiterId}, 'role.created', 'role', gen_random_uuid(), n, 'v1', '{}',
          ops.now() + make_interval(months => n) from generate_series(0, 3) n returning id, occurred_at),
      sent as (
        insert into api.webhook_deliveries (id, event_id, event_at, event_type, webhook_id, account_id, next_attempt_at)
        select gen_random_uuid(), id, occurred_at, 'role.created', ${webhook?.id}, ${account.recruiterId}, occurred_at from told returning id, event_at)
      insert into api.webhook_attempts (delivery_id, attempt_no, trigger, started_at, duration_ms, http_status, signature_key_ids, request_id)
      select id, 1, 'auto', event_at, 1, 200, '{}', gen_random_uuid() from sent`);
    const kept = async () => Promise.all([events, webhookDeliveries, webhookAttempts].map(async (table) => world.db.reader.$count(table)));
    expect(await kept()).toEqual([4, 4, 4]);
    await goTo(35);
    await nightly();
    expect(await kept()).toEqual([3, 3, 1]);
  });
});

describe("every minute", () => {
  it("a sealed reply is emptied when its ten minutes are over", async () => {
    const reply = (key: string, minutes: number | null) => ({
      owner: "account:x",
      key,
      method: "POST",
      route: "/",
      fingerprint: "f",
      status: 201,
      headers: {},
      body: "body",
      sealedUntil: minutes === null ? null : (sql.raw(`ops.now() + interval '${minutes} minutes'`) as never),
      createdAt: new Date(),
      expiresAt: sql.raw("ops.now() + interval '1 day'") as never,
    });
    await world.db.writer.insert(idempotencyKeys).values([reply("over", -1), reply("fresh", 9), reply("plain", null)]);
    await world.cron("* * * * *");
    const rows = await world.db.reader
      .select({ key: idempotencyKeys.key, body: idempotencyKeys.body })
      .from(idempotencyKeys)
      .orderBy(idempotencyKeys.key);
    expect(rows).toEqual([
      { key: "fresh", body: "body" },
      { key: "over", body: "" },
      { key: "plain", body: "body" },
    ]);
  });
});
