import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { unstable_readConfig as readConfig } from "wrangler";
import worker from "#workers/main.ts";
import { type Env, refuseLocalSwitches } from "#workers/runtime.ts";

vi.mock("cloudflare:workers", () => ({ DurableObject: Object })); // the platform's own module; Node has none

const local = readConfig({ config: "wrangler.toml" });
const production = readConfig({ config: "wrangler.toml", env: "production" });

/** The Worker's string bindings in production: the vars as they are deployed, the secrets as anything. */
const BINDINGS = {
  ...production.vars,
  ...Object.fromEntries((production.secrets?.required ?? []).map((name: string) => [name, "a secret"])),
} as unknown as Env;

describe("the configuration of production", () => {
  it("has every binding, consumer and cron of the local one", () => {
    expect(production.queues).toEqual(local.queues);
    expect(production.triggers).toEqual(local.triggers);
    expect(production.durable_objects).toEqual(local.durable_objects);
    expect(production.migrations).toEqual(local.migrations);
    expect(production.ratelimits).toEqual(local.ratelimits);
    expect(production.r2_buckets).toEqual(local.r2_buckets);
    expect(production.assets).toEqual(local.assets);
    expect(production.cache).toEqual(local.cache);
    expect(production.compatibility_flags).toEqual(local.compatibility_flags);
  });

  it("routes by the hosts of production alone", () => {
    expect(local.routes).toBeUndefined(); // wrangler dev would rewrite every host to the first of them
    expect(production.routes).toContainEqual({ pattern: new URL(BINDINGS.API_ORIGIN).host, custom_domain: true });
    expect(production.workers_dev).toBe(false);
  });

  it("keeps secrets out of the file", () => {
    expect(Object.keys(production.vars).filter((name) => /KEY|SECRET|DATABASE|PASSWORD|TOKEN/.test(name))).toEqual([]);
  });

  it("leaves what only a deployment knows to it, which is refused without", () => {
    expect(production.secrets?.required).toContain("SIGN_IN_CLIENT_ID");
    expect(production.vars).not.toHaveProperty("SIGN_IN_CLIENT_ID");
  });

  it("is built by wrangler, into a bundle of 900 KB, compressed", { timeout: 60_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "splits-production-"));
    const wrangler = ["deploy", "--dry-run", "--env", "production", "--outdir", folder];
    const env = { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_LOG_PATH: folder, CI: "1" };
    const { stdout, stderr } = await promisify(execFile)("node_modules/.bin/wrangler", wrangler, { env });
    await rm(folder, { recursive: true });
    expect(stderr).toBe("");
    const kilobytes = Number(/gzip: ([\d.]+) KiB/.exec(stdout)?.[1]);
    expect(kilobytes).toBeGreaterThan(100);
    expect(kilobytes).toBeLessThanOrEqual(900);
  });
});

describe("production", () => {
  it("accepts its own configuration", () => {
    expect(() => refuseLocalSwitches(BINDINGS)).not.toThrow();
  });

  it.each<[string, Partial<Env>]>([
    ["the local Neon endpoint", { LOCAL_NEON_ENDPOINT: "https://neon.splits.network/sql" }],
    ["another Stripe", { STRIPE_API_BASE: "https://stripe.splits.network" }],
    ["webhooks to its own machine", { WEBHOOK_ALLOW_LOOPBACK: "1" }],
    ["a local name server", { DOH_URL: "http://127.0.0.1:8792/dns-query" }],
    ["an issuer without TLS", { CLERK_ISSUER: "http://clerk.splits.network" }],
    ["the local issuer", { CLERK_ISSUER: "https://127.0.0.1:8789" }],
    ["the local issuer's keys", { CLERK_JWKS_URL: "https://localhost:8789/.well-known/jwks.json" }],
    ["tokens made for a local page", { CLERK_AZP: "https://app.splits.network,http://127.0.0.1:8787" }],
    ["a local origin", { API_ORIGIN: "https://app.localhost" }],
    ["the mail catcher", { MAIL_API_BASE: "https://[::1]:8790" }],
    ["a name that only tests use", { MAIL_API_BASE: "https://mail.splits.test" }],
    ["no address", { CLERK_ISSUER: "clerk" }],
  ])("refuses %s", (_, wrong) => {
    const [name] = Object.keys(wrong);
    expect(() => refuseLocalSwitches({ ...BINDINGS, ...wrong })).toThrow(name);
    expect(() => refuseLocalSwitches({ ...BINDINGS, ...wrong, ENVIRONMENT: "" as never })).toThrow(name);
    expect(() => refuseLocalSwitches({ ...BINDINGS, ...wrong, ENVIRONMENT: "development" })).not.toThrow();
  });

  it("refuses whoever calls first: a request, a queue or a cron", async () => {
    const wrong: Env = { ...BINDINGS, STRIPE_API_BASE: "http://127.0.0.1:8791" };
    const execution = { waitUntil() {}, passThroughOnException() {}, props: {} } as never;
    const said = "STRIPE_API_BASE is a local switch";
    await expect(worker.fetch(new Request("https://api.splits.network/") as never, wrong, execution)).rejects.toThrow(said);
    await expect(worker.queue({ queue: "events", messages: [] } as never, wrong, execution)).rejects.toThrow(said);
    await expect(worker.scheduled({ cron: "* * * * *" } as never, wrong, execution)).rejects.toThrow(said);
  });
});
