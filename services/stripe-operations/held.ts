import { sql } from "drizzle-orm";
import { stripeOperations } from "#db/schema/billing.ts";
import { updateOf } from "#db/statements.ts";
import { isPastHorizon, mayBeginCall } from "#domain/payouts/claim.ts";
import { operationKey } from "#domain/stripe-operations/operation.ts";
import type { Closing } from "../closing.ts";
import type { Guard } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import type { Operation, OperationKind } from "./operation.ts";

/** The lease ends too soon for another call; the next claim goes on. */
export class LeaseEnds extends Error {}

/** Nothing was found after seven days without an answer: the operation is given up. */
export class Unresolved extends Error {}

/** What is asked cannot be done, and asking again changes nothing. */
export class Impossible extends Error {
  readonly reason: string;
  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

interface HeldBy {
  mustLookUp: boolean;
  at: Date;
  startedMs: number;
  run: (id: string) => Promise<void>;
}

/** An operation under our lease. */
export class Held<K extends OperationKind = OperationKind> {
  readonly ctx: Context;
  readonly operation: Operation<K>;
  /** Whether Stripe is asked for what is there before anything is sent. */
  readonly mustLookUp: boolean;
  /** Runs another operation that this one needs. */
  readonly run: (id: string) => Promise<void>;
  readonly #claimedAt: Date;
  readonly #startedMs: number;
  #keyVersion: number;

  constructor(ctx: Context, operation: Operation<K>, claim: HeldBy) {
    this.ctx = ctx;
    this.operation = operation;
    this.mustLookUp = claim.mustLookUp;
    this.run = claim.run;
    this.#claimedAt = claim.at;
    this.#startedMs = claim.startedMs;
    this.#keyVersion = operation.keyVersion;
  }

  /** The key of a call, just before it is made. Throws `LeaseEnds` in the last 60 seconds of the lease. */
  key(step?: string): string {
    const now = new Date(this.#claimedAt.getTime() + Date.now() - this.#startedMs);
    if (!mayBeginCall(this.operation, now)) throw new LeaseEnds();
    return operationKey({ id: this.operation.id, keyVersion: this.#keyVersion }, step);
  }

  /** Our lease, as a guard. */
  get guard(): Guard {
    return sql`billing.guard_operation(${this.operation.id}::uuid, ${this.operation.leaseToken}::uuid)`;
  }

  /**
   * A new key for what a look-up did not find. Throws `Unresolved` when seven days are over.
   * Never called without a look-up.
   */
  async raiseKey(): Promise<void> {
    if (isPastHorizon(this.operation, this.#claimedAt)) throw new Unresolved();
    const raised = updateOf(stripeOperations)
      .set({
        keyVersion: this.#keyVersion + 1,
        firstSentAt: this.#claimedAt,
        lastOutcome: null,
        version: sql`${stripeOperations.version} + 1`,
        updatedAt: this.#claimedAt,
      })
      .where(sql`${stripeOperations.id} = ${this.operation.id} and ${stripeOperations.leaseToken} = ${this.operation.leaseToken}::uuid`)
      .returning({ id: stripeOperations.id });
    const [rows] = (await this.ctx.database.writer.batch([raised] as never)) as unknown as [unknown[]];
    if (rows.length === 0) throw new LeaseEnds();
    this.#keyVersion += 1;
  }

  /** Whoever makes the operation's effect commits this with it. */
  done(stripeObjectId: string | null): Closing {
    return this.closing({ status: "done", stripeObjectId, failureReason: null, leaseToken: null, leaseUntil: null });
  }

  /** Our lease, and what becomes of the row. */
  closing(fields: Partial<typeof stripeOperations.$inferInsert>): Closing {
    const written = updateOf(stripeOperations)
      .set({ ...fields, version: sql`${stripeOperations.version} + 1`, updatedAt: this.#claimedAt })
      .where(sql`${stripeOperations.id} = ${this.operation.id}`) as Statement;
    return { expect: [this.guard], write: [written] };
  }
}
