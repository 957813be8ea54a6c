import { drizzle } from "drizzle-orm/node-postgres";
import { migrate as applyMigrations } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";

const OLDEST_POSTGRES = 15;
/** Any number, but always this one: who holds it migrates, the others wait. */
const LOCK = 7_205_731;

/**
 * Brings a database up to date: all that is missing or nothing. Any number of starters may call it
 * at once. The lock belongs to the connection, so the address is a direct one, not a pool's.
 */
export async function migrate(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on("error", () => {}); // what is under way fails by itself
  await client.connect();
  try {
    await requireVersion(client);
    await client.query("select pg_advisory_lock($1)", [LOCK]);
    await applyMigrations(drizzle(client), {
      migrationsFolder: `${import.meta.dirname}/migrations`,
      migrationsSchema: "ops",
      migrationsTable: "migrations",
    });
  } finally {
    await client.end(); // the lock goes with the connection
  }
}

async function requireVersion(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ server_version: string }>("show server_version");
  const version = rows[0]?.server_version ?? "";
  if (Number.parseInt(version, 10) < OLDEST_POSTGRES)
    throw new Error(`Splits Network needs PostgreSQL ${OLDEST_POSTGRES} or newer; this is ${version}.`);
}

if (import.meta.main) {
  const url = process.env.DATABASE_URL;
  if (!url) throw new Error("Set DATABASE_URL to the database to migrate.");
  await migrate(url);
}
