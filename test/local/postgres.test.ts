import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import pg from "pg";
import { freePort } from "#local/ports.ts";
import { startPostgres, type Postgres } from "#local/postgres.ts";
import { LocalProblem } from "#local/problem.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "splits-postgres-"));
  await chmod(folder, 0o755); // as root, Postgres runs as another user
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function ask(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text: statement, rowMode: "array" })).rows.flat();
  } finally {
    await client.end();
  }
}

async function during<T>(options: Parameters<typeof startPostgres>[0], work: (server: Postgres) => Promise<T>): Promise<T> {
  const server = await startPostgres(options);
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

it("keeps its data between starts", async () => {
  const dataDir = join(folder, "kept");
  await during({ dataDir, port: await freePort() }, ({ url }) => ask(url, "create table kept as select 7 as n"));
  const found = await during({ dataDir, port: await freePort() }, ({ url }) => ask(url, "select n from kept"));
  expect(found).toEqual([7]);
});

it("listens on 127.0.0.1 only, for 200 connections, and skips what durability costs when told to", async () => {
  const options = { dataDir: join(folder, "fleeting"), port: await freePort(), durable: false };
  await during(options, async ({ url }) => {
    expect(new URL(url).hostname).toBe("127.0.0.1");
    const names = ["listen_addresses", "max_connections", "fsync", "synchronous_commit", "full_page_writes"];
    const settings = await ask(url, `select ${names.map((name) => `current_setting('${name}')`).join()}`);
    expect(settings).toEqual(["127.0.0.1", "200", "off", "off", "off"]);
  });
});

it("says in one sentence that the port is taken", async () => {
  const holder = createServer();
  const port = await freePort();
  await new Promise<void>((resolve) => holder.listen(port, "127.0.0.1", resolve));
  try {
    const start = startPostgres({ dataDir: join(folder, "refused"), port, durable: false });
    await expect(start).rejects.toThrow(LocalProblem);
    await expect(start).rejects.toThrow(`Port ${port} for Postgres is taken`);
  } finally {
    await new Promise((resolve) => holder.close(resolve));
  }
});

it("refuses a folder that a living Postgres uses", async () => {
  const dataDir = join(folder, "shared");
  await during({ dataDir, port: await freePort(), durable: false }, async () => {
    const second = startPostgres({ dataDir, port: await freePort(), durable: false });
    await expect(second).rejects.toThrow(LocalProblem);
  });
});

it("says what to do when the password is lost", async () => {
  const dataDir = join(folder, "password");
  await during({ dataDir, port: await freePort(), durable: false }, async () => {});
  await rm(join(dataDir, "local-password"));
  const again = startPostgres({ dataDir, port: await freePort(), durable: false });
  await expect(again).rejects.toThrow(/^.*local-password is missing.*npm run reset begins anew\.$/);
});

it("says what to do when the data cannot be read", async () => {
  const dataDir = join(folder, "damaged");
  await during({ dataDir, port: await freePort(), durable: false }, async () => {});
  await writeFile(join(dataDir, "global", "pg_control"), "");
  const again = startPostgres({ dataDir, port: await freePort(), durable: false });
  await expect(again).rejects.toThrow(LocalProblem);
});

it("starts again after the server was killed, over the lock it left", async () => {
  const dataDir = join(folder, "killed");
  const first = await startPostgres({ dataDir, port: await freePort() });
  await ask(first.url, "create table kept as select 7 as n");
  const [pid] = await ask(first.url, "select pg_read_file('postmaster.pid')");
  process.kill(Number.parseInt(String(pid), 10), "SIGKILL");
  await first.ended;
  const found = await during({ dataDir, port: await freePort() }, ({ url }) => ask(url, "select n from kept"));
  expect(found).toEqual([7]);
});
