import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Miniflare } from "miniflare";
import pg from "pg";
import { newWebhookSecret } from "#domain/webhooks/sign.ts";
import { webhookSealOwner } from "#services/webhooks/secret.ts";
import { sealUnder } from "#workers/seal.ts";

/** Changes that are followed one by one from their commit to the receiver. */
const CHANGES = 100;
const DELIVERIES = 1_000;
const PATIENCE_MS = 60_000;
const QUEUE_BATCH = 100;

interface Place {
  url: string;
  company: string;
  user: string;
}

/**
 * What a good endpoint gets: the time from a change's answer, which follows its commit, to the receiver's
 * first byte, while nothing else happens; then how many deliveries a second, and the trips each takes.
 */
export async function measureWebhooks(
  worker: Miniflare,
  { url, company, user }: Place,
  { kek, change }: { kek: string; change: () => Promise<{ version: number; id: string }> },
): Promise<{ perSecond: number; p50Ms: number; p95Ms: number; roundTrips: number }> {
  const arrivals = new Map<string, number>();
  let arrived = 0;
  const receiver = createServer((request, response) => {
    const at = performance.now();
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      arrived += 1;
      const { sequence, data } = JSON.parse(Buffer.concat(chunks).toString()) as { sequence: number; data: { role_id: string } };
      arrivals.set(`${data.role_id} ${sequence}`, at);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const client = new pg.Client(url);
  await client.connect();
  const webhook = randomUUID();
  const seal = sealUnder(kek);
  const secret = await seal.seal(newWebhookSecret(crypto.getRandomValues(new Uint8Array(32))), webhookSealOwner(webhook));
  await client.query(
    `insert into api.webhooks (id, account_id, owner_user_id, role_type, url, event_types, status) values ($1, $2, $3, 'company', $4, '{role.updated}', 'active')`,
    [webhook, company, user, `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`],
  );
  await client.query("insert into api.webhook_secrets (key_id, webhook_id, secret_enc, kek_id) values ($1, $2, $3, $4)", [
    randomUUID(),
    webhook,
    secret,
    await seal.keyId(),
  ]);
  const until = async (count: number) => {
    const deadline = Date.now() + PATIENCE_MS;
    for (let seen = arrived; seen < count; seen = arrived) {
      if (Date.now() > deadline) throw new Error(`${seen} of ${count} deliveries arrived`);
      await pause(1);
    }
  };
  try {
    for (let warm = 1; warm <= 10; warm++) {
      await change();
      await until(warm);
    }
    const times: number[] = [];
    for (let made = 0; made < CHANGES; made++) {
      const before = arrived;
      const { id, version } = await change();
      const committed = performance.now();
      await until(before + 1);
      times.push((arrivals.get(`${id} ${version}`) ?? Number.NaN) - committed);
    }
    times.sort((a, b) => a - b);
    const at = (share: number) => Number((times[Math.floor(times.length * share)] ?? Number.NaN).toFixed(1));

    const { rows } = await client.query<{ id: string }>(
      `with event as (select * from api.events limit 1)
       insert into api.webhook_deliveries (id, event_id, event_at, event_type, webhook_id, account_id, next_attempt_at, replay_of)
       select gen_random_uuid(), event.id, event.occurred_at, event.type, $1, $2, now(), event.id from event, generate_series(1, $3) returning id`,
      [webhook, company, DELIVERIES],
    );
    const queue = await worker.getQueueProducer<{ delivery_id: string; webhook_id: string; priority: "live" }>("DELIVERIES");
    const transactions = async (): Promise<number> => {
      await pause(1_100); // Postgres tells its statistics once a second
      const counted = await client.query<{ n: number }>(
        "select sum(xact_commit)::int as n from pg_stat_database where datname = current_database()",
      );
      return counted.rows[0]?.n ?? 0;
    };
    const [before, tripsBefore] = [arrived, await transactions()];
    const began = performance.now();
    for (let sent = 0; sent < rows.length; sent += QUEUE_BATCH) {
      await queue.sendBatch(
        rows
          .slice(sent, sent + QUEUE_BATCH)
          .map(({ id }) => ({ body: { delivery_id: id, webhook_id: webhook, priority: "live" as const } })),
      );
    }
    await until(before + DELIVERIES);
    const seconds = (performance.now() - began) / 1_000;
    const trips = (await transactions()) - tripsBefore;
    return {
      perSecond: Math.round(DELIVERIES / seconds),
      p50Ms: at(0.5),
      p95Ms: at(0.95),
      roundTrips: Number((trips / DELIVERIES).toFixed(2)),
    };
  } finally {
    await client.end();
    receiver.closeAllConnections();
    receiver.close();
  }
}
