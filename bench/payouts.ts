import { randomUUID } from "node:crypto";
import pg from "pg";
import { connect } from "#db/connection.ts";
import { cents } from "#domain/money.ts";
import type { NeonEndpoint } from "#local/neon-endpoint.ts";
import { addReleasedPlacements } from "#local/payables.ts";
import { Context } from "#services/context.ts";
import { runPayout } from "#services/payouts/run-payout.ts";
import type { Ports, TransferRequest } from "#services/ports.ts";

const PLACEMENTS = 200;
const PAYOUTS_A_PLACEMENT = 5;
const RUNNERS = 8;

/** What the payout runner does with a thousand due payouts, with a Stripe that answers at once. */
export async function measurePayouts({
  url,
  neon,
}: {
  url: string;
  neon: NeonEndpoint;
}): Promise<{ perSecond: number; roundTrips: number }> {
  const client = new pg.Client(url);
  await client.connect();
  const placements = Array.from({ length: PLACEMENTS }, () => ({
    id: randomUUID(),
    companyId: randomUUID(),
    releasedAt: new Date(Date.now() - 3_600_000),
    payables: Array.from({ length: PAYOUTS_A_PLACEMENT }, () => ({
      transactionId: randomUUID(),
      recruiterId: randomUUID(),
      account: `acct_${randomUUID()}`,
      amount: cents(100_000),
    })),
  }));
  await addReleasedPlacements(client, placements, {
    amount: cents(100_000 * PLACEMENTS * PAYOUTS_A_PLACEMENT),
    balanceTransactionId: "txn_bench",
    topupId: randomUUID(),
  });
  await client.query("analyze");
  await client.end();
  const ids = placements.flatMap(({ payables }) => payables.map(({ transactionId }) => transactionId));
  const began = performance.now();
  await Promise.all(
    Array.from({ length: RUNNERS }, async (_, number) => {
      for (let index = number; index < ids.length; index += RUNNERS) {
        const ctx = runner(url, neon.sqlUrl, index < RUNNERS ? `bench payout ${index}` : "bench payouts");
        await runPayout(ctx, ids[index] ?? "");
      }
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  return { perSecond: Math.round(ids.length / seconds), roundTrips: neon.counts("bench payout 0").round_trips };
}

const runner = (url: string, endpoint: string, requestId: string): Context =>
  new Context({
    caller: { kind: "system" },
    audience: "public",
    database: connect({ url, endpoint, requestId }),
    ports: {
      transfers: { send: answered },
      events: { send: () => Promise.resolve() },
      later: () => undefined,
      log: () => undefined,
      randomBytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)),
    } as unknown as Ports,
    request: {
      id: requestId,
      method: "SYSTEM",
      path: "bench",
      ip: null,
      userAgent: null,
      organizationId: null,
      ifMatch: null,
      idempotency: null,
    },
  });

const answered = ({ key, amount, destination, transactionId }: TransferRequest) =>
  Promise.resolve({
    answer: {
      httpStatus: 200,
      transfer: { id: `tr_${key}`, amount, destination, destinationPaymentId: null, balanceTransactionId: `txn_${key}`, transactionId },
      errorType: null,
      errorCode: null,
    },
    requestId: null,
  });
