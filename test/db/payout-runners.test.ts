import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "#db/connection.ts";
import { cents, ZERO } from "#domain/money.ts";
import { addReleasedPlacements } from "#local/payables.ts";
import { Context } from "#services/context.ts";
import { runPayout } from "#services/payouts/run-payout.ts";
import type { Ports, ShownTransfer, TransferRequest } from "#services/ports.ts";
import { testDatabase, type TestDatabase } from "../database.ts";

/** Five hundred placements of four payouts: as many as eight consumers have on a busy morning. */
const PLACEMENTS = 500;
const RUNNERS = 8;

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await testDatabase();
  client = new pg.Client(database.url);
  client.on("error", () => undefined);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

/** A Stripe that only counts: real races are in the database, and that one is real. */
function counting() {
  const sent: TransferRequest[] = [];
  return {
    sent,
    async send(request: TransferRequest) {
      sent.push(request);
      const transfer: ShownTransfer = {
        id: `tr_${request.key}`,
        amount: request.amount,
        destination: request.destination,
        destinationPaymentId: null,
        balanceTransactionId: `txn_${request.key}`,
        transactionId: request.transactionId,
        reversed: ZERO,
      };
      return { answer: { httpStatus: 200, transfer, errorType: null, errorCode: null }, requestId: null };
    },
  };
}

function runner(transfers: object, requestId: string): Context {
  return new Context({
    caller: { kind: "system" },
    audience: "public",
    database: connect({ url: database.url, endpoint: `${database.neonUrl}/sql`, requestId }),
    ports: {
      transfers,
      events: { send: () => Promise.resolve() },
      later: () => undefined,
      log: () => undefined,
      randomBytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)),
    } as unknown as Ports,
    request: {
      id: requestId,
      method: "SYSTEM",
      path: "test",
      ip: null,
      userAgent: null,
      organizationId: null,
      ifMatch: null,
      idempotency: null,
    },
  });
}

async function released(placements: number, perPlacement = 4): Promise<string[]> {
  const rows = Array.from({ length: placements }, () => ({
    id: randomUUID(),
    companyId: randomUUID(),
    releasedAt: new Date(Date.now() - 3_600_000),
    payables: Array.from({ length: perPlacement }, () => ({
      transactionId: randomUUID(),
      recruiterId: randomUUID(),
      account: `acct_${randomUUID()}`,
      amount: cents(123_456),
    })),
  }));
  await addReleasedPlacements(client, rows, {
    amount: cents(123_456 * placements * perPlacement),
    balanceTransactionId: `txn_${randomUUID()}`,
    topupId: randomUUID(),
  });
  return rows.flatMap(({ payables }) => payables.map(({ transactionId }) => transactionId));
}

it("22.3.27: transfers each of 2,000 due payouts once, however many runners take them", { timeout: 180_000 }, async () => {
  const ids = await released(PLACEMENTS);
  const transfers = counting();
  // some messages come twice, to another runner
  const messages = [...ids, ...ids.slice(0, 400)];
  await Promise.all(
    Array.from({ length: RUNNERS }, async (_, number) => {
      const ctx = runner(transfers, `runner-${number}`);
      for (let index = number; index < messages.length; index += RUNNERS) await runPayout(ctx, messages[index] ?? "");
    }),
  );
  expect(transfers.sent.map(({ transactionId }) => transactionId).toSorted()).toEqual(ids.toSorted());
  const trips = await Promise.all(
    Array.from({ length: RUNNERS }, async (_, number) => (await database.counts(`runner-${number}`)).round_trips),
  );
  // a message that came too late costs a claim that finds nothing, and a look at why
  expect(trips.reduce((total, count) => total + count, 0)).toBeLessThanOrEqual(2 * messages.length);
  const { rows } = await client.query(
    `select status, attempts, count(*)::int as payouts from billing.placement_payout_transactions where id = any($1) group by 1, 2`,
    [ids],
  );
  expect(rows).toEqual([{ status: "completed", attempts: 1, payouts: 2_000 }]);
  const { rows: books } = await client.query(
    "select coalesce(sum(amount_cents), 0)::int as sum, (select sum(balance_cents)::int from billing.ledger_balances b join billing.ledger_accounts a on a.id = b.account_id where a.code like 'payable:%') as payable from billing.ledger_entries",
  );
  expect(books).toEqual([{ sum: 0, payable: 0 }]);
});

it("22.3.24: lets one of eight parallel claims win", async () => {
  const [id = ""] = await released(1, 1);
  const transfers = counting();
  await Promise.all(Array.from({ length: RUNNERS }, (_, number) => runPayout(runner(transfers, `claim-${number}`), id)));
  expect(transfers.sent).toHaveLength(1);
  const { rows } = await client.query("select attempt_no, phase from billing.payout_attempts where transaction_id = $1 order by phase", [
    id,
  ]);
  expect(rows).toEqual([
    { attempt_no: 1, phase: "answered" },
    { attempt_no: 1, phase: "claimed" },
  ]);
});

it("22.3.27: costs two trips to the database and one call of Stripe", async () => {
  const [id = ""] = await released(1, 1);
  const transfers = counting();
  await runPayout(runner(transfers, "one ordinary payout"), id);
  expect(transfers.sent).toHaveLength(1);
  expect((await database.counts("one ordinary payout")).round_trips).toBe(2);
});
