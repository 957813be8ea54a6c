import { createExecutionContext } from "cloudflare:test";
import { afterEach, expect, it } from "vitest";
import { marketplace } from "#test/api.ts";
import worker from "#workers/main.ts";
import { endpointPorts } from "#workers/system.ts";

const world = await marketplace();
afterEach(() => void delete world.env.MAINTENANCE_UNTIL);

const tripsOf = async (id: string | null) => (await world.database.counts(id ?? "")).round_trips;
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();

it.each([
  ["GET", "http://127.0.0.1:8787/api/v1/roles"],
  ["POST", "http://127.0.0.1:8787/api/v2/jobs"],
  ["POST", "http://127.0.0.1:8787/oauth/token"],
  ["POST", "http://127.0.0.1:8787/stripe/webhooks"],
])("%s %s is told when to come again, and asks no database", async (method, url) => {
  world.env.MAINTENANCE_UNTIL = inSeconds(600);
  const { status, headers, body } = await world.call(method, url, { as: await world.recruiter() });
  expect([status, body.code, headers.get("content-type")]).toEqual([503, "maintenance", "application/problem+json"]);
  expect(Number(headers.get("retry-after"))).toBeGreaterThan(590);
  expect(Number(headers.get("retry-after"))).toBeLessThanOrEqual(600);
  expect(await tripsOf(headers.get("x-request-id"))).toBe(0);
});

it.each(["http://app.localhost:8787/sign-in", "http://candidate.localhost:8787/", "http://acme.roles.localhost:8787/"])(
  "%s says on a page that we are at work",
  async (url) => {
    world.env.MAINTENANCE_UNTIL = "nobody knows";
    const { status, headers, body } = await world.call("GET", url);
    expect([status, headers.get("retry-after"), headers.get("cache-control")]).toEqual([503, "60", "no-store"]);
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(body).toContain("We are at work here");
    expect(await tripsOf(headers.get("x-request-id"))).toBe(0);
  },
);

it("the documentation stays, and so does everything once the time is over", async () => {
  world.env.MAINTENANCE_UNTIL = inSeconds(600);
  expect((await world.call("GET", "http://127.0.0.1:8787/docs/start")).status).toBe(200);
  world.env.MAINTENANCE_UNTIL = inSeconds(-1);
  expect((await world.call("GET", "http://127.0.0.1:8787/api/v2/jobs")).status).toBe(200);
});

it("messages wait, from ten minutes to twelve hours, and no cron runs", async () => {
  const put = async () => {
    const delays: (number | undefined)[] = [];
    const batch = {
      queue: "events",
      messages: [{ body: { event_ids: ["no id"] } }],
      retryAll: (how?: QueueRetryOptions) => delays.push(how?.delaySeconds),
    };
    await worker.queue(batch as never, world.env, createExecutionContext());
    return delays;
  };
  world.env.MAINTENANCE_UNTIL = "nobody knows";
  expect(await put()).toEqual([600]);
  world.env.MAINTENANCE_UNTIL = inSeconds(86_400);
  expect(await put()).toEqual([43_200]);
  const fault = await world.database.fault({ action: "fail", code: "57P03" });
  await world.cron("* * * * *");
  expect((await fault.state()).hits).toBe(0);
  await fault.release();
});

it("deliveries of webhooks are neither claimed nor recorded", async () => {
  world.env.MAINTENANCE_UNTIL = inSeconds(600);
  const fault = await world.database.fault({ action: "fail", code: "57P03" });
  const { deliveries } = endpointPorts(world.env, () => {});
  await expect(deliveries.claim(crypto.randomUUID(), [crypto.randomUUID()])).rejects.toThrow("work is being done");
  expect((await fault.state()).hits).toBe(0);
  await fault.release();
  delete world.env.MAINTENANCE_UNTIL;
  await expect(deliveries.claim(crypto.randomUUID(), [crypto.randomUUID()])).resolves.toBeDefined();
});
