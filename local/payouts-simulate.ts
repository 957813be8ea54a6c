import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { migrate } from "#db/migrate.ts";
import { startNeonEndpoint } from "./neon-endpoint.ts";
import { simulatePayouts } from "./payouts-simulator.ts";
import { freePort } from "./ports.ts";
import { startPostgres } from "./postgres.ts";

/**
 * Runs the fault simulator of the payouts by hand (MONEY §22.2): `npm run payouts:simulate -- --seeds 300`.
 * `--seed N` replays one, `--without-lookup` and `--fresh-keys` show that it bites, `--json` prints one
 * object on the last line. Ends with 1 when a payout was doubled, lost or stuck.
 */
const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "300" },
    seed: { type: "string" },
    lanes: { type: "string", default: "2" },
    "without-lookup": { type: "boolean", default: false },
    "fresh-keys": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

const folder = await mkdtemp(join(tmpdir(), "splits-simulate-"));
await chmod(folder, 0o755); // as root, Postgres runs as another user
const postgres = await startPostgres({ dataDir: join(folder, "postgres"), port: await freePort(), durable: false });
const neon = await startNeonEndpoint({ port: 0, server: postgres.url });
try {
  const lanes = [];
  for (let lane = 0; lane < Number(values.lanes); lane += 1) {
    const { url } = await neon.createDatabase({ template: "template0" });
    await migrate(url);
    lanes.push({ url, endpoint: neon.sqlUrl });
  }
  const seeds = values.seed === undefined ? Array.from({ length: Number(values.seeds) }, (_, index) => index + 1) : [Number(values.seed)];
  const sabotage = values["without-lookup"] ? "without-lookup" : values["fresh-keys"] ? "fresh-keys" : null;
  const began = performance.now();
  const result = await simulatePayouts(lanes, seeds, sabotage);
  console.table({
    ...result,
    failed_seeds: result.failed_seeds.join(" ") || "none",
    seconds: Math.round((performance.now() - began) / 1_000),
  });
  if (values.json) console.log(JSON.stringify(result));
  process.exitCode = result.failed_seeds.length > 0 ? 1 : 0;
} finally {
  await neon.stop();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}
