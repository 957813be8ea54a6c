import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate } from "#db/migrate.ts";
import { startNeonEndpoint, type NeonEndpoint } from "#local/neon-endpoint.ts";
import { freePort } from "#local/ports.ts";
import { startPostgres } from "#local/postgres.ts";

/** The migrated database that every test file gets a copy of. */
export const TEMPLATE = "template_splits";

export interface TestServer {
  /** The superuser's address of the server. */
  serverUrl: string;
  neon: NeonEndpoint;
  stop(): Promise<void>;
}

/** Starts the one Postgres of a test run, fresh and careless of crashes, with its Neon endpoint and the migrated template. */
export async function testServer(): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), "splits-test-"));
  await chmod(folder, 0o755); // as root, Postgres runs as another user
  const postgres = await startPostgres({ dataDir: join(folder, "postgres"), port: await freePort(), durable: false });
  const neon = await startNeonEndpoint({ port: 0, server: postgres.url });

  await neon.createDatabase({ template: "template0", name: TEMPLATE });
  await migrate(neon.databaseUrl(TEMPLATE));

  return {
    serverUrl: postgres.url,
    neon,
    async stop() {
      await neon.stop();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
