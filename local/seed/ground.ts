import { getTableName } from "drizzle-orm";
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import type { PgTable } from "drizzle-orm/pg-core";
import * as ats from "#db/schema/ats.ts";
import * as billing from "#db/schema/billing.ts";
import * as identity from "#db/schema/identity.ts";
import * as network from "#db/schema/network.ts";
import { uuidv7 } from "#domain/ids.ts";

/** A table stands behind those it refers to. */
const ORDER: readonly PgTable[] = [
  identity.users,
  identity.userRoles,
  identity.organizations,
  network.recruiters,
  network.teams,
  network.teamMembers,
  network.teamSplitConfigs,
  billing.subscriptions,
  ats.companies,
  identity.memberships,
  network.recruiterCompanies,
  network.companySourcers,
  ats.jobs,
  ats.jobRequirements,
  ats.jobPreScreenQuestions,
  ats.roleInvitations,
  ats.candidates,
  network.candidateSourcers,
  network.recruiterCandidates,
  ats.applications,
  ats.candidateRoleAssignments,
  ats.craGateFeedback,
  ats.applicationAuditLog,
  ats.jobPreScreenAnswers,
  ats.aiReviews,
  ats.placements,
  billing.placementSnapshot,
  billing.placementAllocations,
  billing.placementSplits,
  billing.placementPayoutTransactions,
  ats.brands,
  ats.whiteLabelPages,
  ats.intakeRequests,
];

const DAY_MS = 86_400_000;
/** Every seeded id is made as if at this time, so that it is the same on every machine and day. */
const BIRTH_OF_IDS = Date.UTC(2026, 0, 1);
/** Work is from 9 to 16, UTC. */
const FIRST_MINUTE = 9 * 60;
const MINUTES_A_DAY = 7 * 60;
const ROWS_PER_STATEMENT = 500;

/**
 * What the seed is built on: ids that never vary, instants that are counted back from the day of
 * seeding, and the rows, which go in by one statement per table.
 */
export class Ground {
  /** Midnight, UTC, of the day of seeding. */
  readonly today: Date;
  readonly #rows = new Map<PgTable, object[]>();
  #made = 0;

  constructor(today: Date) {
    this.today = today;
  }

  id(): string {
    const number = ++this.#made;
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setUint32(4, number);
    return uuidv7(new Date(BIRTH_OF_IDS + number), number, bytes);
  }

  /** An instant so many days before the day of seeding, for whole days at some time of its working hours. */
  daysAgo(days: number): Date {
    const minutes = FIRST_MINUTE + ((Math.abs(Math.round(days * 100)) * 37) % MINUTES_A_DAY);
    return new Date(this.today.getTime() - days * DAY_MS + minutes * 60_000);
  }

  /** What every row is born with. */
  born(at: Date): { id: string; createdAt: Date; updatedAt: Date } {
    return { id: this.id(), createdAt: at, updatedAt: at };
  }

  /** A row to be written, with its id. */
  add<T extends PgTable>(table: T, row: T["$inferInsert"] & { id: string }): { id: string } {
    this.put(table, row);
    return row;
  }

  /** A row to be written whose table has no ids of its own. */
  put<T extends PgTable>(table: T, row: T["$inferInsert"]): void {
    const rows = this.#rows.get(table) ?? [];
    this.#rows.set(table, rows);
    rows.push(row);
  }

  /** Writes the rows, those that others refer to first. */
  async flush(db: NodePgDatabase): Promise<void> {
    const forgotten = [...this.#rows.keys()].find((table) => !ORDER.includes(table));
    if (forgotten) throw new Error(`The seed does not say when to write ${getTableName(forgotten)}.`);
    for (const table of ORDER) {
      const rows = this.#rows.get(table) ?? [];
      for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
        const some = rows.slice(from, from + ROWS_PER_STATEMENT);
        await db
          .insert(table)
          .values(some as never)
          .catch((error: Error) => {
            throw new Error(
              `The seed's ${getTableName(table)} were refused: ${(error.cause as Error | undefined)?.message ?? error.message}`,
            );
          });
      }
    }
    this.#rows.clear();
  }
}

/** The element at a place, counted round and round. */
export function pick<T>(list: readonly T[], place: number): T {
  const found = list[place % list.length];
  if (found === undefined) throw new Error("nothing to pick from");
  return found;
}
