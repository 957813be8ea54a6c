import pg from "pg";
import { expect, inject, it } from "vitest";
import { SUBSCRIBERS } from "#services/events/subscribers.ts";

/** The event types in the outboxes of every database that this run has left behind. */
async function emitted(): Promise<Set<string>> {
  const server = inject("serverUrl");
  const types = new Set<string>();
  const names = await ask<{ datname: string }>(server, "select datname from pg_database where datname like 't\\_%'");
  for (const { datname } of names) {
    const url = new URL(server);
    url.pathname = `/${datname}`;
    for (const { event_type: type } of await ask<{ event_type: string }>(url.href, "select distinct event_type from ops.outbox"))
      types.add(type);
  }
  return types;
}

async function ask<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

// Runs behind all other tests (vitest.config.ts) and looks at what they caused; alone it has nothing to look at.
// That each type is one of the catalogue the compiler holds.
it("scenario 57: every type that somebody hears was emitted by something that the tests did", { timeout: 60_000 }, async () => {
  const seen = await emitted();
  const heard = [...new Set(SUBSCRIBERS.flatMap(({ hears }) => hears))];
  expect(heard.length).toBeGreaterThan(30);
  expect(
    heard.filter((type) => !seen.has(type)),
    "heard and never emitted: is the whole suite running?",
  ).toEqual([]);
});
