import { sql } from "drizzle-orm";
import pg from "pg";
import { Stripe } from "stripe";
import { connect, type Database } from "#db/connection.ts";
import { statement } from "#db/statements.ts";
import { cents } from "#domain/money.ts";
import { stripeTransfers } from "#integrations/stripe/transfers.ts";
import { Context } from "#services/context.ts";
import { recordTransfer } from "#services/payouts/record-transfer.ts";
import { retryPayout } from "#services/payouts/retry-payout.ts";
import { runPayout } from "#services/payouts/run-payout.ts";
import { freeFundedPayouts, queueDuePayouts, refreshHolds } from "#services/payouts/sweep.ts";
import type { Ports, Transfers } from "#services/ports.ts";
import { addReleasedPlacements, type Payable } from "./payables.ts";
import { Actor, type Fate } from "./payouts-actors.ts";
import { createStripe, type StripeEngine } from "./stripe/engine.ts";
import { FAULT_KINDS } from "./stripe/faults.ts";
import { random } from "./stripe/world.ts";

/** What is taken out of the runner, to show that the simulator would notice. */
export type Sabotage = "without-lookup" | "fresh-keys";

/** A migrated database that nobody else uses. */
export interface Lane {
  /** For `pg`. */
  url: string;
  /** The `/sql` address of its Neon endpoint. */
  endpoint: string;
}

/** What the seeds came to. */
export interface Simulated {
  payouts: number;
  crashes: number;
  /** Payouts that were transferred more than once. */
  double: number;
  /** Payouts that are called paid without their transfer, or whose transfer nobody booked. */
  lost: number;
  /** Payouts that were not paid although all faults had ended. */
  stuck: number;
  ledger_sum_cents: number;
  /** Cents by which what is owed, and what Stripe holds, differ from the ledger. */
  imbalance_cents: number;
  /** The seeds of which anything of this is true. */
  failed_seeds: number[];
}

const PAYOUTS_A_SEED = 5;
const SPARE_ACCOUNTS = 2;
/** Rounds of faults, and of calm at most; in the calm the sweep has to bring everything home. */
const STORMY_ROUNDS = 12;
const CALM_ROUNDS = 40;
/** How likely a process dies at one of its awaits. */
const CRASH = 0.07;
/** How likely a process falls asleep at one of them, until a later round. */
const SLEEP = 0.03;
const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
/** How far a round may jump: a minute, half a lease, a pruned key, more than a day. */
const JUMPS_MS = [70 * SECOND_MS, 70 * SECOND_MS, 400 * SECOND_MS, HOUR_MS, 5 * HOUR_MS, 19 * HOUR_MS, 26 * HOUR_MS];
const LAST_FATES: readonly Fate[] = ["crashes_before", "crashes_after"];

/** Runs each seed, the lanes side by side, and adds up what they came to. The same seed always does the same. */
export async function simulatePayouts(
  lanes: readonly Lane[],
  seeds: readonly number[],
  sabotage: Sabotage | null = null,
): Promise<Simulated> {
  const waiting = [...seeds];
  const results: (Simulated & { seed: number })[] = [];
  const ended = await Promise.allSettled(
    lanes.map(async (lane) => {
      const client = new pg.Client(lane.url);
      await client.connect();
      try {
        for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
          const play = await Play.of(seed, lane, client, sabotage);
          results.push({ ...(await play.run()), seed });
        }
      } finally {
        await client.end();
      }
    }),
  );
  for (const lane of ended) if (lane.status === "rejected") throw lane.reason;
  const total = (name: "payouts" | "crashes" | "double" | "lost" | "stuck" | "ledger_sum_cents" | "imbalance_cents") =>
    results.reduce((all, result) => all + Math.abs(result[name]), 0);
  return {
    payouts: total("payouts"),
    crashes: total("crashes"),
    double: total("double"),
    lost: total("lost"),
    stuck: total("stuck"),
    ledger_sum_cents: total("ledger_sum_cents"),
    imbalance_cents: total("imbalance_cents"),
    failed_seeds: results
      .filter((result) => result.double + result.lost + result.stuck + Math.abs(result.ledger_sum_cents) + result.imbalance_cents > 0)
      .map(({ seed }) => seed)
      .toSorted((one, other) => one - other),
  };
}

const noDelivery = () => Promise.resolve(new Response(null, { status: 200 }));

/** One seed: a placement with five payouts, a Stripe of its own, and everything that can go wrong. */
class Play {
  readonly #seed: number;
  readonly #client: pg.Client;
  readonly #database: Database;
  readonly #next: () => number;
  readonly #stripe: StripeEngine;
  readonly #direct: Stripe;
  readonly #transfers: Transfers;
  readonly #placementId: string;
  #payables: Payable[] = [];
  /** Accounts that payees may change to. */
  #spares: string[] = [];
  #total = 0;
  #funded = 0;
  #at = Date.parse("2027-01-04T09:00:07Z");
  #crashes = 0;
  #made = 0;
  #queue: string[] = [];
  #sleeping: Actor[] = [];

  static async of(seed: number, lane: Lane, client: pg.Client, sabotage: Sabotage | null): Promise<Play> {
    const play = new Play(seed, lane, client, sabotage);
    await play.#prepare();
    return play;
  }

  private constructor(seed: number, lane: Lane, client: pg.Client, sabotage: Sabotage | null) {
    this.#seed = seed;
    this.#client = client;
    this.#next = random(seed * 7_919 + 13);
    this.#database = connect({ url: lane.url, endpoint: lane.endpoint, requestId: "simulation" });
    this.#stripe = createStripe({
      now: () => new Date(this.#at),
      seed: seed + 1,
      deliver: noDelivery,
      sleep: (ms) => {
        this.#at += ms;
        return Promise.resolve();
      },
    });
    this.#direct = new Stripe("sk_test_stand_in", {
      httpClient: Stripe.createFetchHttpClient(this.#stripe.fetch.bind(this.#stripe)),
      maxNetworkRetries: 0,
      telemetry: false,
    });
    this.#transfers = sabotaged(
      stripeTransfers(async () => this.#direct),
      sabotage,
      () => this.#id("f"),
    );
    this.#placementId = this.#id("a");
  }

  async #prepare(): Promise<void> {
    for (let index = 0; index < PAYOUTS_A_SEED; index += 1) {
      this.#payables.push({
        transactionId: this.#id("c"),
        recruiterId: this.#id("d"),
        account: await this.#account(),
        amount: cents(10_000 + Math.floor(this.#next() * 900_000)),
      });
    }
    for (let spare = 0; spare < SPARE_ACCOUNTS; spare += 1) this.#spares.push(await this.#account());
    this.#total = this.#payables.reduce((total, { amount }) => total + amount, 0);
    // now and then the platform is short at first
    this.#funded = this.#chance(0.25) ? Math.floor(this.#total / 2) : this.#total;
    this.#stripe.fundPlatform({ amount: this.#total });
    if (this.#funded < this.#total) this.#stripe.drainPlatform({ amount: this.#total - this.#funded });
    await addReleasedPlacements(
      this.#client,
      [{ id: this.#placementId, companyId: this.#id("e"), payables: this.#payables, releasedAt: new Date(this.#at - HOUR_MS) }],
      { amount: cents(this.#total), balanceTransactionId: `txn_of_seed_${this.#seed}_${this.#placementId}`, topupId: this.#placementId },
    );
  }

  async run(): Promise<Simulated> {
    for (let round = 0; round < STORMY_ROUNDS; round += 1) {
      this.#at += Math.floor(this.#one(JUMPS_MS) * (0.9 + this.#next() * 0.2));
      this.#weather();
      await this.#mishap();
      await this.#play([...(await this.#messages()), ...this.#events()], true);
    }
    this.#stripe.clearFaults();
    if (this.#funded < this.#total) this.#stripe.fundPlatform({ amount: this.#total - this.#funded });
    await this.#client.query("update billing.switches set enabled = true where name = 'payouts.enabled' and not enabled");
    for (const payable of this.#payables) await this.#turn(payable, true);
    let open = await this.#open();
    for (let round = 0; round < CALM_ROUNDS && open.length > 0; round += 1) {
      this.#at += round % 2 === 0 ? 70 * SECOND_MS : 7 * HOUR_MS;
      const retries = open.filter(({ status: state, retry_count: refusals }) => state === "failed" && refusals >= 3);
      await this.#play(
        retries.map(
          ({ id }) =>
            (actor) =>
              retryPayout(this.#context(actor), id),
        ),
        false,
      );
      await this.#play([...(await this.#messages(open)), ...this.#events(true)], false);
      open = await this.#open();
    }
    while (this.#sleeping.length > 0) await this.#play([], false);
    await this.#play(this.#events(true), false);
    return this.#judge();
  }

  /** Calm, gusts of every kind of fault, or Stripe away for this round. */
  #weather(): void {
    const dice = this.#next();
    const seed = Math.floor(this.#next() * 1_000_000);
    if (dice < 0.1) this.#stripe.chaos(null);
    else if (dice < 0.85) this.#stripe.chaos({ seed, probability: 0.4 + this.#next() * 0.4, kinds: [...FAULT_KINDS], ms: 5_000 });
    else this.#stripe.chaos({ seed, probability: 1, kinds: ["lost_before", "503"] });
  }

  /** Something happens beside the payouts: an account closes or opens or changes, payouts are paused, money arrives. */
  async #mishap(): Promise<void> {
    const payable = this.#payables[Math.floor(this.#next() * this.#payables.length)];
    const dice = this.#next();
    if (!payable) return;
    if (dice < 0.1) await this.#turn(payable, false);
    else if (dice < 0.25) await this.#turn(payable, true);
    else if (dice < 0.3) {
      payable.account = this.#spares.pop() ?? payable.account;
      await this.#client.query("update network.recruiters set stripe_connect_account_id = $2 where id = $1", [
        payable.recruiterId,
        payable.account,
      ]);
    } else if (dice < 0.35) await this.#client.query("update billing.switches set enabled = not enabled where name = 'payouts.enabled'");
    else if (dice < 0.4 && this.#funded < this.#total) {
      this.#stripe.fundPlatform({ amount: this.#total - this.#funded });
      this.#funded = this.#total;
    }
  }

  /** Makes a payee's account able or unable to receive; now and then nobody tells us. */
  async #turn({ account, recruiterId }: Payable, isAble: boolean): Promise<void> {
    this.#stripe.setCapability({ account, capability: "transfers", state: isAble ? "active" : "inactive" });
    if (isAble || this.#chance(0.5)) {
      await this.#client.query("update network.recruiters set stripe_connect_onboarded = $2 where id = $1", [recruiterId, isAble]);
    }
  }

  /** What the sweep and left-over messages bring to the consumers, some of it twice. */
  async #messages(open: readonly { status: string }[] | null = null): Promise<((actor: Actor) => Promise<unknown>)[]> {
    const all = open !== null;
    const holds = open ? open.some(({ status: state }) => state === "on_hold") : this.#chance(0.25);
    const due = all || this.#chance(0.8);
    for (const step of [...(holds ? [refreshHolds, freeFundedPayouts] : []), ...(due ? [queueDuePayouts] : [])])
      await this.#play([(actor) => step(this.#context(actor))], !all);
    const ids = this.#queue.splice(0);
    return [...ids, ...ids.filter(() => !all && this.#chance(0.3))].map(
      (id) => (actor) => runPayout(this.#context(actor), id, () => this.#at),
    );
  }

  /** Events of transfers: late, twice, in any order; in the end all of them. */
  #events(all = false): ((actor: Actor) => Promise<unknown>)[] {
    return this.#stripe
      .events("transfer.created")
      .filter(() => all || this.#chance(0.15))
      .map(({ data }) => async (actor: Actor) => {
        const context = this.#context(actor);
        const transfer = await context.ports.transfers.retrieve((data.object as unknown as { id: string }).id);
        if (transfer) await recordTransfer(context, transfer);
      });
  }

  /** Lets processes run beside each other in an order of chance, until each has ended, died or fallen asleep. */
  async #play(works: readonly ((actor: Actor) => Promise<unknown>)[], isStormy: boolean): Promise<void> {
    const running = isStormy ? this.#sleeping.filter(() => this.#chance(0.4)) : [...this.#sleeping];
    this.#sleeping = this.#sleeping.filter((actor) => !running.includes(actor));
    for (const work of works) {
      const actor = new Actor();
      await actor.begin(work);
      running.push(actor);
    }
    while (running.length > 0) {
      // what is on the network arrives within seconds: others may come between, hours may not
      const leaving = this.#chance(0.3) ? running.findIndex(({ isPrompt }) => isPrompt) : -1;
      const index = leaving < 0 ? Math.floor(this.#next() * running.length) : leaving;
      const actor = running[index];
      if (!actor) return;
      if (actor.hasEnded || (isStormy && !actor.isPrompt && this.#chance(SLEEP))) {
        running.splice(index, 1);
        if (!actor.hasEnded) this.#sleeping.push(actor);
        continue;
      }
      const dies = isStormy && this.#chance(CRASH);
      await actor.step(dies ? this.#one(LAST_FATES) : "goes");
      if (actor.hasCrashed) this.#crashes += 1;
      this.#at += Math.floor(this.#next() * 300);
    }
  }

  /** What one process works with: each of its calls outside waits for its turn. */
  #context(actor: Actor): Context {
    const through = (side: "reader" | "writer") => ({
      batch: (statements: readonly unknown[]) =>
        actor.call(async () => {
          const results = (await this.#database[side].batch([this.#clock(), ...statements] as never)) as unknown[];
          return results.slice(1);
        }),
    });
    const ports = {
      events: { send: () => Promise.resolve() },
      payouts: {
        send: (ids: readonly string[]) => {
          this.#queue.push(...ids);
          return Promise.resolve();
        },
      },
      transfers: {
        send: (request) => actor.call(() => this.#transfers.send(request), true),
        ofPlacement: (id) => actor.call(() => this.#transfers.ofPlacement(id)),
        retrieve: (id) => actor.call(() => this.#transfers.retrieve(id)),
        canReceive: (account) => actor.call(() => this.#transfers.canReceive(account)),
        available: () => actor.call(() => this.#transfers.available()),
      } satisfies Transfers,
      log: () => undefined,
      later: () => undefined,
      randomBytes: (count: number) => Uint8Array.from({ length: count }, () => Math.floor(this.#next() * 256)),
    };
    return new Context({
      caller: { kind: "system" },
      audience: "public",
      database: { reader: through("reader"), writer: through("writer") } as unknown as Database,
      ports: ports as unknown as Ports,
      request: {
        id: "simulation",
        method: "SYSTEM",
        path: "simulation",
        ip: null,
        userAgent: null,
        organizationId: null,
        ifMatch: null,
        idempotency: null,
      },
    });
  }

  /** The database's clock for one batch: the play has a time of its own. */
  #clock() {
    return statement(sql`select set_config('ops.clock_offset', ${`${(this.#at - Date.now()) / SECOND_MS} seconds`}, true)`);
  }

  async #open(): Promise<{ id: string; status: string; retry_count: number }[]> {
    const { rows } = await this.#client.query<{ id: string; status: string; retry_count: number }>(
      "select id, status, retry_count from billing.placement_payout_transactions where placement_id = $1 and status <> 'completed'",
      [this.#placementId],
    );
    return rows;
  }

  async #judge(): Promise<Simulated> {
    const { data: transfers } = await this.#direct.transfers.list({ transfer_group: `placement_${this.#placementId}`, limit: 100 });
    const { rows } = await this.#client.query<{
      id: string;
      status: string;
      stripe_transfer_id: string | null;
      net_cents: string;
      stripe_connect_account_id: string;
    }>("select * from billing.placement_payout_transactions where placement_id = $1", [this.#placementId]);
    const of = (id: string) => transfers.filter(({ metadata }) => metadata["payout_transaction_id"] === id);
    const isPaid = (row: (typeof rows)[number]) =>
      of(row.id).some(
        ({ id, amount, destination }) =>
          id === row.stripe_transfer_id && amount === Number(row.net_cents) && destination === row.stripe_connect_account_id,
      );
    const stuck = rows.filter(({ status: state }) => state !== "completed");
    const ledger = await this.#ledger();
    const sent = transfers.reduce((total, { amount }) => total + amount, 0);
    this.#stripe.assertConserved();
    await this.#forget(stuck.map(({ id }) => id));
    return {
      payouts: rows.length,
      crashes: this.#crashes,
      double: rows.filter(({ id }) => of(id).length > 1).length,
      lost: rows.filter((row) => (row.status === "completed" || of(row.id).length > 0) && !isPaid(row)).length,
      stuck: stuck.length,
      ledger_sum_cents: ledger.sum,
      imbalance_cents: ledger.payable + Math.abs(ledger.sent - sent),
      failed_seeds: [],
    };
  }

  async #ledger(): Promise<{ sum: number; payable: number; sent: number }> {
    const { rows } = await this.#client.query<{ sum: string; payable: string; sent: string }>(
      `select (select coalesce(sum(amount_cents), 0) from billing.ledger_entries) as sum,
        (select coalesce(sum(b.balance_cents), 0) from billing.ledger_balances b join billing.ledger_accounts a on a.id = b.account_id
          where a.code = any($1)) as payable,
        (select coalesce(-sum(e.amount_cents), 0) from billing.ledger_entries e join billing.ledger_accounts a on a.id = e.account_id
          join billing.ledger_transactions t on t.id = e.transaction_id where a.code = 'stripe_balance' and t.placement_id = $2) as sent`,
      [this.#payables.map(({ recruiterId }) => `payable:${recruiterId}`), this.#placementId],
    );
    const [row] = rows;
    return { sum: Number(row?.sum), payable: Number(row?.payable), sent: Number(row?.sent) };
  }

  /** Leaves nothing open that would be in the next seed's way. */
  async #forget(stuck: readonly string[]): Promise<void> {
    if (stuck.length === 0) return;
    await this.#client.query(
      `begin; set local session_replication_role = replica;
       update billing.placement_payout_transactions set status = 'cancelled', hold_reasons = '{}', lease_token = null, lease_until = null
       where placement_id = '${this.#placementId}' and status <> 'completed'; commit`,
    );
  }

  async #account(): Promise<string> {
    const { id } = await this.#direct.accounts.create({
      email: `payee${(this.#made += 1)}@payees.test`,
      country: "US",
      controller: {
        fees: { payer: "application" },
        losses: { payments: "application" },
        requirement_collection: "stripe",
        stripe_dashboard: { type: "express" },
      },
      capabilities: { transfers: { requested: true } },
    });
    this.#stripe.completeOnboarding({ account: id });
    return id;
  }

  /** An id of this seed's own: a database takes each seed once. */
  #id(kind: string): string {
    const word = (length: number) => Array.from({ length }, () => Math.floor(this.#next() * 16).toString(16)).join("");
    return `${word(8)}-${word(4)}-7${word(3)}-8${word(3)}-${kind}${word(11)}`;
  }

  #chance(probability: number): boolean {
    return this.#next() < probability;
  }

  #one<T>(things: readonly T[]): T {
    return things[Math.floor(this.#next() * things.length)] as T;
  }
}

/** A runner that something was taken out of: it gives up keys without a look-up, or takes a fresh one each time. */
function sabotaged(transfers: Transfers, sabotage: Sabotage | null, fresh: () => string): Transfers {
  switch (sabotage) {
    case null:
      return transfers;
    case "without-lookup":
      return { ...transfers, ofPlacement: () => Promise.resolve([]) };
    case "fresh-keys":
      return { ...transfers, send: (request) => transfers.send({ ...request, key: `${request.key}_${fresh()}` }) };
  }
}
