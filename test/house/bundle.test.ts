import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { build, type Metafile } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, "../..");
/** Stands in the module of the development sign-in, and in nothing else. */
const MARKER = "splits-development-sign-in";

/** The bundle that `wrangler deploy` would send for an environment; null is the top level. */
async function bundleOf(environment: string | null, folder: string): Promise<{ code: string; meta: Metafile }> {
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_LOG_PATH: join(folder, "logs"), CI: "1" };
  const out = join(folder, environment ?? "top");
  const wanted = environment ? ["--env", environment] : [];
  await run("node_modules/.bin/wrangler", ["deploy", "--dry-run", "--outdir", out, "--metafile", join(out, "meta.json"), ...wanted], {
    env,
    cwd: ROOT,
  });
  return {
    code: await readFile(join(out, "main.js"), "utf8"),
    meta: JSON.parse(await readFile(join(out, "meta.json"), "utf8")) as Metafile,
  };
}

describe("the development sign-in", () => {
  let folder: string;
  let production: Awaited<ReturnType<typeof bundleOf>>;
  let development: Awaited<ReturnType<typeof bundleOf>>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "splits-bundle-"));
    production = await bundleOf("production", folder);
    development = await bundleOf(null, folder);
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("is in a developer's bundle, and not in production's", () => {
    expect([production.code.includes(MARKER), development.code.includes(MARKER)]).toEqual([false, true]);
    expect(Object.keys(production.meta.inputs).filter((path) => /dev-sign-in|sign-in-as/.test(path))).toEqual([]);
  });

  it("comes in a bundle of ASCII alone: one other character, and V8 holds the whole script at two bytes each", () => {
    expect(production.code.match(/[^\0-\x7f]/gu)).toBeNull();
  });

  it("is spoken of by every environment", async () => {
    const settings = await readFile(join(ROOT, "wrangler.toml"), "utf8");
    const environments = [...new Set([...settings.matchAll(/^\[+env\.(\w+)/gm)].map(([, name]) => name))];
    expect(environments).toContain("production");
    for (const name of environments) expect(settings).toMatch(new RegExp(`^\\[env\\.${name}\\.define\\]\\n__DEV_AUTH__ = "false"`, "m"));
  });

  it("kills at start a bundle that does not say", async () => {
    expect(await startsWith({ __DEV_AUTH__: "false" })).toBe(true);
    expect(await startsWith({})).toBe(false);
  });
});

/** Whether workerd starts the Worker, built with these names replaced. */
async function startsWith(define: Record<string, string>): Promise<boolean> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, "workers/main.ts")],
    bundle: true,
    write: false,
    format: "esm",
    define,
    conditions: ["workerd", "worker", "browser"],
    external: ["node:*", "cloudflare:*"],
    logLevel: "silent",
  });
  const worker = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: outputFiles[0]?.text ?? "",
      compatibilityDate: "2026-11-01",
      compatibilityFlags: ["nodejs_compat"],
      durableObjects: {
        CREDENTIALS: { className: "CredentialObject", useSQLite: true },
        INTAKE: { className: "IntakeObject", useSQLite: true },
        LOGIN_THROTTLE: { className: "LoginThrottle", useSQLite: true },
      },
      handleStructuredLogs: () => undefined,
    }),
  );
  try {
    await worker.ready;
    return true;
  } catch {
    return false;
  } finally {
    await worker.dispose().catch(() => {});
  }
}
