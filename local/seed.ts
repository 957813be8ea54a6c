import { drizzle } from "drizzle-orm/node-postgres";
import pg from "pg";
import { makeDeals } from "./seed/deals.ts";
import { Ground } from "./seed/ground.ts";
import { makeMarket, type SeededCandidate } from "./seed/market.ts";
import { makePages } from "./seed/pages.ts";
import { countReputation, makeHires, settleHires } from "./seed/placements.ts";

const DAY_MS = 86_400_000;

/** Where the marketplace is to be. */
export interface World {
  databaseUrl: string;
}

/**
 * Fills an empty marketplace, in one transaction, with the same people, companies and deals on every
 * machine; only the dates follow the day. Does nothing to one that is filled already. Nobody is told:
 * what is seeded has no events.
 */
export async function seed({ databaseUrl }: World): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on("error", () => {}); // what is under way fails by itself
  await client.connect();
  try {
    await client.query("begin");
    await client.query("select pg_advisory_xact_lock(hashtextextended('local/seed.ts', 0))");
    const { rows } = await client.query("select exists (select from identity.organizations) as filled");
    if (!rows[0]?.filled) await fill(client);
    await client.query("commit");
  } finally {
    await client.end(); // an open transaction ends with its connection
  }
}

async function fill(client: pg.Client): Promise<void> {
  const db = drizzle(client, { casing: "snake_case" });
  const ground = new Ground(new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS));
  const market = makeMarket(ground);
  const taken = new Set<SeededCandidate>();
  const hires = makeHires(ground, market, taken);
  makeDeals(ground, market, taken);
  makePages(ground, market.companies);
  await ground.flush(db);
  await settleHires(ground, db, hires);
  await countReputation(db);
}
