import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "#local/ports.ts";

let folder: string;
let ports: Record<string, string>;
const leftovers: (() => unknown)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "splits-start-"));
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
afterEach(async () => {
  for (const end of leftovers.splice(0)) await end();
  await rm(folder, { recursive: true, force: true });
});

/** Runs one of the commands in a folder of its own, and returns what it said and how it ended. */
function run(script: string, { args = [], env = {} }: { args?: string[]; env?: Record<string, string> } = {}) {
  const child = spawn(process.execPath, [`local/${script}.ts`, ...args], {
    env: { ...process.env, DATABASE_URL: "", SPLITS_LOCAL_DIR: folder, ...ports, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  leftovers.push(() => child.kill("SIGKILL"));
  let out = "";
  let err = "";
  child.stdout.on("data", (text) => (out += text));
  child.stderr.on("data", (text) => (err += text));
  return new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.once("close", (code) => resolve({ code, out, err })),
  );
}

/** A process that holds the folder as `npm start` does: by its id, its command line and the lock. */
async function running(): Promise<number> {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", "local/start.ts"], { stdio: "ignore" });
  leftovers.push(() => child.kill("SIGKILL"));
  await writeFile(join(folder, "lock"), `${child.pid}\n${JSON.stringify({ issuer: "http://127.0.0.1:9" })}\n`);
  return child.pid ?? 0;
}

async function occupied(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  leftovers.push(() => server.close());
  return String((server.address() as AddressInfo).port);
}

describe("npm start", () => {
  it.each([
    ["WORKER_PORT", "the Worker"],
    ["POSTGRES_PORT", "Postgres"],
    ["NEON_PORT", "the Neon endpoint"],
    ["ISSUER_PORT", "the identity issuer"],
    ["MAIL_PORT", "the mail catcher"],
    ["STRIPE_PORT", "the Stripe stand-in"],
    ["NAMES_PORT", "the name server"],
  ])("says in one sentence that the port of %s is taken", async (variable, name) => {
    const port = await occupied();
    const { code, out, err } = await run("start", { env: { [variable]: port } });
    expect({ code, out, err }).toEqual({
      code: 1,
      out: "",
      err: `Port ${port} for ${name} is taken; stop what uses it or set ${variable} to another port.\n`,
    });
    expect(existsSync(join(folder, "lock"))).toBe(false);
  });

  it("says in one sentence that a port is none", async () => {
    expect(await run("start", { env: { MAIL_PORT: "soon" } })).toEqual({
      code: 1,
      out: "",
      err: 'MAIL_PORT is "soon", which is not a port; give a number from 1 to 65535.\n',
    });
  });

  it("says in one sentence that two of its own ports are the same", async () => {
    const port = ports["STRIPE_PORT"] ?? "";
    expect(await run("start", { env: { MAIL_PORT: port } })).toEqual({
      code: 1,
      out: "",
      err: `MAIL_PORT and STRIPE_PORT are both ${port}; give each a port of its own.\n`,
    });
  });

  it("leaves no lock behind, whenever it is ended", async () => {
    for (let ticks = 0; ticks < 12; ticks++) {
      const script = `import { lockFolder } from "./local/lock.ts";
        void lockFolder(process.env.SPLITS_LOCAL_DIR, null, String);
        let left = ${ticks};
        (function tick() { if (left-- > 0) setImmediate(tick); else process.exit(); })();`;
      const child = spawn(process.execPath, ["--input-type=module", "-e", script], { env: { ...process.env, SPLITS_LOCAL_DIR: folder } });
      await once(child, "close");
      expect(await readdir(folder)).toEqual([]);
    }
  });

  it("says in one sentence that a file it kept is damaged, and how to go on", async () => {
    await writeFile(join(folder, "secrets.json"), '{"LINK_KEY": "half');
    expect(await run("start")).toEqual({
      code: 1,
      out: "",
      err: `${join(folder, "secrets.json")} is damaged. Delete it, and that part of the local world begins anew; npm run reset does so with all of it.\n`,
    });
    expect(await run("reset")).toMatchObject({ code: 0, err: "" });
  });

  it("says in one sentence that it is running already", async () => {
    const pid = await running();
    expect(await run("start")).toEqual({
      code: 1,
      out: "",
      err: `The local world is already running (process ${pid}); use that one, or stop it with Ctrl-C first.\n`,
    });
    expect(existsSync(join(folder, "lock"))).toBe(true);
  });

  it.each([
    ["a process that is gone", "999999999"],
    ["a process that is something else now", String(process.ppid)],
    ["nobody", ""],
  ])("is not kept off by the lock of %s", async (_, pid) => {
    await writeFile(join(folder, "lock"), `${pid}\n{"issuer":"http://127.0.0.1:9"}\n`);
    const port = await occupied();
    expect((await run("start", { env: { MAIL_PORT: port } })).err).toContain(`Port ${port} for the mail catcher is taken`);
  });
});

describe("npm run reset", () => {
  it("empties the folder, and makes it if it is missing", async () => {
    await mkdir(join(folder, "postgres", "base"), { recursive: true });
    await mkdir(join(folder, "postgres.new")); // of a first start that was broken off
    for (const file of ["secrets.json", "mails.json", "worker.env", "lock.12345"]) await writeFile(join(folder, file), "{}");
    expect(await run("reset")).toMatchObject({ code: 0, err: "" });
    expect(await readdir(folder)).toEqual([]);
    expect(await run("reset", { env: { SPLITS_LOCAL_DIR: join(folder, "missing") } })).toMatchObject({ code: 0, err: "" });
  });

  it("refuses in one sentence while the world is running", async () => {
    const pid = await running();
    await writeFile(join(folder, "secrets.json"), "{}");
    expect(await run("reset")).toEqual({
      code: 1,
      out: "",
      err: `The local world is running (process ${pid}); stop it with Ctrl-C before you reset it.\n`,
    });
    expect(existsSync(join(folder, "secrets.json"))).toBe(true);
  });

  it("ends in peace when nobody reads what it says", async () => {
    const child = spawn(process.execPath, ["local/reset.ts"], { env: { ...process.env, SPLITS_LOCAL_DIR: folder } });
    child.stdout.destroy();
    let err = "";
    child.stderr.on("data", (text) => (err += text));
    const [code] = (await once(child, "close")) as [number | null];
    expect({ code, err }).toEqual({ code: 0, err: "" });
  });

  it("refuses to empty the project", async () => {
    expect(await run("reset", { env: { SPLITS_LOCAL_DIR: "." } })).toMatchObject({
      code: 1,
      err: expect.stringContaining("holds the project itself"),
    });
  });
});

describe("npm run token", () => {
  it("refuses a second word instead of leaving it out", async () => {
    const { code, out, err } = await run("token", { args: ["rosa@recruit.test", "grace@acme.test"] });
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/^One token at a time, so without "grace@acme\.test": .*\n$/);
  });

  it("says in one sentence what is missing", async () => {
    expect(await run("token")).toMatchObject({ code: 1, out: "", err: expect.stringMatching(/^Say whose token .*\n$/) });
    const away = { code: 1, out: "", err: "The local world is not running; start it with npm start.\n" };
    expect(await run("token", { args: ["rosa@recruit.test"] })).toEqual(away);
    await running(); // holds the folder, but its issuer does not answer yet
    const early = "The local world is only starting; try again when npm start says that it is ready.\n";
    expect(await run("token", { args: ["rosa@recruit.test"] })).toEqual({ ...away, err: early });
  });
});
