import { and, eq, sql } from "drizzle-orm";
import { describe, expect, it, vi } from "vitest";
import { pipelineFailures, refusedDeliveries } from "#db/schema/api.ts";
import { notifications } from "#db/schema/notify.ts";
import { outbox } from "#db/schema/ops.ts";
import { marketplace } from "#test/api.ts";

const world = await marketplace();
const admin = await world.platformAdmin();
const db = world.db.writer;

const told = async () =>
  (await db.select().from(outbox).where(eq(outbox.eventType, "pipeline.failed"))).map(({ payload }) => payload["queue"]);
const open = async (queue: string) => (await world.call("GET", `pipeline-failures?open=true&queue=${queue}`, { as: admin })).body.data;

describe("a message that its queue gave up", () => {
  const payout = crypto.randomUUID();

  it("leaves one row for people, with the ids it named and nothing of anybody", async () => {
    await world.consume("pipeline-dlq", [
      { transaction_ids: [payout], note: "ada@people.test" },
      { transaction_ids: [payout], note: "ada@people.test" },
      { event_ids: ["evt_1Q0PsIJvEtkwdCNYMSaVuRz6"] },
      { rows: [{ id: payout, ip: "192.0.2.7", userAgent: "Mozilla" }] },
      "nothing",
    ]);
    await world.consume("pipeline-dlq", [{ transaction_ids: [payout] }]);
    const rows = await db.select().from(pipelineFailures).orderBy(pipelineFailures.queue);
    expect(rows.map(({ queue, body }) => ({ queue, body }))).toEqual([
      { queue: "payouts", body: { transaction_ids: [payout] } },
      { queue: "request-log", body: { request_ids: [payout] } },
      { queue: "stripe-events", body: { stripe_event_ids: ["evt_1Q0PsIJvEtkwdCNYMSaVuRz6"] } },
      { queue: "unknown", body: {} },
    ]);
    expect((await told()).toSorted()).toEqual(["payouts", "request-log", "stripe-events", "unknown"]);
  });

  it("is told to platform admins, urgently, and by mail unless mail is what failed", async () => {
    await world.consume("pipeline-dlq", [{ notification_ids: [payout] }]);
    await world.drain();
    const notices = await db
      .select()
      .from(notifications)
      .where(and(eq(notifications.eventType, "pipeline.failed"), eq(notifications.recipientUserId, admin.userId)));
    const by = (channel: string) => notices.filter((notice) => notice.channel === channel).map(({ subject }) => subject);
    const queues = ["payouts", "request-log", "stripe-events", "unknown"].map((queue) => `Somebody has to look at ${queue}`);
    expect(by("in_app").toSorted()).toEqual(["Somebody has to look at mail", ...queues]);
    expect(by("email").toSorted()).toEqual(queues);
  });

  it("tells nobody that nobody could be told", async () => {
    const before = await told();
    const [own] = await db.select().from(outbox).where(eq(outbox.eventType, "pipeline.failed"));
    await world.consume("pipeline-dlq", [{ event_ids: [own?.id] }]);
    expect(await open("events")).toHaveLength(1);
    expect(await told()).toEqual(before);
  });

  it("is resolved by an admin who says what became of it, and opens again if it comes again", async () => {
    const [failure] = await open("payouts");
    expect(failure).toMatchObject({ body: { transaction_ids: [payout] }, resolved_at: null });
    const resolve = (as: { token: string }) =>
      world.call("POST", `pipeline-failures/${failure.id}/resolve`, { as, body: { resolution: "The bug is mended" } });
    expect((await resolve(await world.recruiter())).status).toBe(404);
    expect((await resolve(admin)).body.data).toMatchObject({
      resolution: "The bug is mended",
      resolved_at: expect.any(String),
      version: 2,
    });
    expect((await resolve(admin)).body.reason).toBe("failure_closed");
    expect(await open("payouts")).toEqual([]);
    await world.consume("pipeline-dlq", [{ transaction_ids: [payout] }]);
    expect(await open("payouts")).toHaveLength(1);
    expect((await told()).filter((queue) => queue === "payouts")).toHaveLength(2);
    expect((await world.call("GET", "pipeline-failures", { as: await world.recruiter() })).status).toBe(403);
  });
});

describe("messages without a fitting signature", () => {
  const refused = (count: number, path = "/stripe/webhooks") =>
    world.deliver(
      Array.from({ length: count }, () => ({ path, signature: "t=1,v1=00", body: JSON.stringify({ id: "evt_bad", type: "x" }) })),
    );
  const counted = async (entrance: string) =>
    (
      await db
        .select({ count: sql<number>`coalesce(sum(${refusedDeliveries.count}), 0)::int` })
        .from(refusedDeliveries)
        .where(sql`${refusedDeliveries.entrance} = ${entrance}`)
    )[0]?.count;

  it("are counted, and more than ten in ten minutes are put before an admin once", async () => {
    await refused(10);
    await world.cron("* * * * *");
    expect([await counted("stripe-webhooks"), await open("stripe-webhooks")]).toEqual([10, []]);
    expect((await refused(1)).map(({ status }) => status)).toEqual([400]);
    await world.cron("* * * * *");
    await world.cron("* * * * *");
    expect(await open("stripe-webhooks")).toHaveLength(1);
    await world.call("POST", `pipeline-failures/${(await open("stripe-webhooks"))[0].id}/resolve`, {
      as: admin,
      body: { resolution: "Secret put" },
    });
    await world.advance(11 * 60);
    await world.cron("* * * * *");
    expect(await open("stripe-webhooks")).toEqual([]);
  });

  it("make nobody write for each of them: eleven of a minute are enough to call people", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const before = await counted("stripe-webhooks");
    vi.setSystemTime(Date.now() + 3_600_000);
    await refused(40);
    expect(await counted("stripe-webhooks")).toBe((before ?? 0) + 11);
    vi.setSystemTime(Date.now() + 60_000);
    await refused(40);
    expect(await counted("stripe-webhooks")).toBe((before ?? 0) + 22);
    vi.useRealTimers();
    await world.cron("* * * * *");
    expect(await open("stripe-webhooks")).toHaveLength(1);
  });

  it("are told apart by where they came in, and forgotten after a month", async () => {
    await refused(2, "/stripe/connect-webhooks");
    await world.call("POST", "/webhooks/clerk", { body: "{}", headers: { "svix-signature": "v1,00" } });
    expect([await counted("stripe-connect-webhooks"), await counted("clerk-webhooks")]).toEqual([2, 1]);
    await world.advance(31 * 86_400);
    await world.cron("10 3 * * *");
    expect([await counted("stripe-webhooks"), await counted("clerk-webhooks")]).toEqual([0, 0]);
  });
});
