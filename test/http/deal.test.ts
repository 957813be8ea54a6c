import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { people } from "#local/people.ts";
import { freePort } from "#local/ports.ts";
import { descendantsOf, processes } from "../processes.ts";

const START_MS = 60_000;

let folder: string;
let ports: Record<"WORKER_PORT" | "POSTGRES_PORT" | "NEON_PORT" | "ISSUER_PORT" | "MAIL_PORT" | "STRIPE_PORT" | "NAMES_PORT", string>;
let world: Running | undefined;

interface Running {
  child: ChildProcess;
  said: () => string;
  ended: Promise<number | null>;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "splits-deal-"));
  await chmod(folder, 0o755); // as root, Postgres runs as another user
  const free = async () => String(await freePort());
  ports = {
    WORKER_PORT: await free(),
    POSTGRES_PORT: await free(),
    NEON_PORT: await free(),
    ISSUER_PORT: await free(),
    MAIL_PORT: await free(),
    STRIPE_PORT: await free(),
    NAMES_PORT: await free(),
  };
});
afterAll(async () => {
  if (world) await stopped(world);
  await rm(folder, { recursive: true, force: true });
});

/** One of the commands of `local/`, in a folder of this test's own. Only the start is told the ports. */
function run(script: "start" | "deal"): Running {
  const child = spawn(process.execPath, [`local/${script}.ts`], {
    env: { ...process.env, DATABASE_URL: "", SPLITS_LOCAL_DIR: folder, ...(script === "start" ? ports : {}) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let words = "";
  child.stdout.on("data", (text) => (words += text));
  child.stderr.on("data", (text) => (words += text));
  return { child, said: () => words, ended: new Promise((resolve) => child.once("close", resolve)) };
}

async function started(): Promise<Running> {
  const running = run("start");
  const deadline = Date.now() + START_MS;
  while (!running.said().includes("The local world is ready")) {
    if (running.child.exitCode !== null || Date.now() > deadline) throw new Error(`npm start failed:\n${running.said()}`);
    await pause(50);
  }
  return running;
}

/** Ends the world as Ctrl-C does, and returns how it ended. */
function stopped({ child, ended }: Running): Promise<number | null> {
  world = undefined;
  child.kill("SIGINT");
  return ended;
}

/** What a person reads of the API. */
async function read(email: string, path: string): Promise<{ data: Record<string, unknown>[]; pagination: { total: number } }> {
  const issued = await fetch(`http://127.0.0.1:${ports.ISSUER_PORT}/_local/token`, { method: "POST", body: JSON.stringify({ email }) });
  const { token } = (await issued.json()) as { token: string };
  const answer = await fetch(`http://127.0.0.1:${ports.WORKER_PORT}/api/v2/${path}`, { headers: { Authorization: `Bearer ${token}` } });
  expect(answer.status).toBe(200);
  return (await answer.json()) as never;
}

/** Every user of a machine may read what its processes were started with. */
async function expectNoSecretIn(words: string): Promise<void> {
  const secrets = JSON.parse(await readFile(join(folder, "secrets.json"), "utf8")) as Record<string, string>;
  const password = (await readFile(join(folder, "postgres", "local-password"), "utf8")).trim();
  expect(words).toContain("wrangler");
  for (const secret of [...Object.values(secrets), password]) expect(words).not.toContain(secret);
  expect((await stat(join(folder, "worker.env"))).mode & 0o077).toBe(0);
}

const TABLE = `
  Fee                  2000000 cents
  Closer                600000 cents
  Company recruiter     300000 cents
  Specs owner           300000 cents
  Discovery             160000 cents
  BD                    160000 cents
  Platform              480000 cents

That is 20 % of $100,000, split by the rates of the paid plan: 30, 15, 15, 8 and 8 %; the platform keeps 24 %.
`;

describe("npm run deal", () => {
  it("says in one sentence that nothing is running", async () => {
    const { ended, said } = run("deal");
    expect(await ended).toBe(1);
    expect(said()).toBe("The local world is not running; start it with npm start.\n");
  });

  it("plays a deal to the cent, again and again, and the world keeps it over a restart", { timeout: 180_000 }, async () => {
    world = await started();
    for (let times = 0; times < 2; times++) {
      const { ended, said } = run("deal");
      expect({ code: await ended, said: said() }).toEqual({ code: 0, said: expect.stringContaining(TABLE) });
      expect(said()).toContain("5 transfers");
      expect(said()).toContain("All entries of the ledger together: 0 cents.");
    }
    // among those that were seeded, and whose guarantee is over by now
    const placed = async () =>
      (await read(people.rosa.email, "placements?state=completed&limit=100")).data.filter((each) => each["job_title"] === "Head of Trade");
    expect(await placed()).toHaveLength(2);

    await expectNoSecretIn(execFileSync("ps", ["-A", "-ww", "-o", "args="], { encoding: "utf8" }));

    const below = descendantsOf(world.child.pid ?? 0);
    expect(below.length).toBeGreaterThan(2);
    expect(await stopped(world)).toBe(0);
    await expect.poll(() => processes().filter(({ pid }) => below.includes(pid)), { timeout: 5_000 }).toEqual([]);

    world = await started();
    expect(await placed()).toHaveLength(2);
    const mails = await fetch(`http://127.0.0.1:${ports.MAIL_PORT}/_local/mails`);
    const { data } = (await mails.json()) as { data: { subject: string; to: string[] }[] };
    expect(data.filter(({ to }) => to.some((address) => address.includes("robin.hale"))).length).toBeGreaterThanOrEqual(2);
    const jobs = await read(people.ada.email, "jobs?limit=1");
    expect(jobs.pagination.total).toBe(62); // 60 were seeded, and only once
    expect(await stopped(world)).toBe(0);
  });
});
