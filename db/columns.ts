import { sql, type SQL } from "drizzle-orm";
import { type AnyPgColumn, check, customType, integer, timestamp, uuid } from "drizzle-orm/pg-core";
import { type BasisPoints, type Cents, fromDecimal, toDecimal } from "../domain/money.ts";

/**
 * The column types of the house. Money and rates stand as decimals in the tables, because the
 * requirements name them so, and are whole cents and basis points everywhere else.
 */

const decimal = <Unit extends Cents | BasisPoints>(precision: number) =>
  customType<{ data: Unit; driverData: string }>({
    dataType: () => `numeric(${precision},2)`,
    toDriver: toDecimal,
    fromDriver: (text) => fromDecimal(String(text)) as Unit,
  });

/** `decimal(10,2)` in the table, `Cents` in code. */
export const money = decimal<Cents>(10);
/** `numeric(12,2)`: salaries. */
export const salary = decimal<Cents>(12);
/** `decimal(5,2)` per cent in the table, `BasisPoints` in code. */
export const percentage = decimal<BasisPoints>(5);
/** `bigint` cents: generated beside each decimal, and what SQL adds up. */
export const centsColumn = customType<{ data: Cents; driverData: string }>({
  dataType: () => "bigint",
  toDriver: String,
  fromDriver: (text) => Number(text) as Cents,
});

/** The id of the transaction that wrote a row. */
export const xid8 = customType<{ data: string }>({ dataType: () => "xid8" });

export const citext = customType<{ data: string }>({ dataType: () => "citext" });

/** Folded words of other columns, filled by Postgres and asked by `matches` of `db/search.ts`; no presenter shows it. */
export const searchColumn = (...columns: readonly string[]) => tsvector().generatedAlwaysAs(sql.raw(`ops.words(${columns.join(", ")})`));

const tsvector = customType<{ data: string }>({ dataType: () => "tsvector" });

export const instant = (name?: string) =>
  name === undefined ? timestamp({ withTimezone: true }) : timestamp(name, { withTimezone: true });

/** Id and birth: what every table has. Ids are made in code; the default serves rows made by hand. */
export const born = () => ({
  id: uuid().primaryKey().defaultRandom(),
  createdAt: instant()
    .notNull()
    .default(sql`ops.now()`),
});

/** For every row that can change: `commit` raises `version` in each update (DESIGN R-3). */
export const changing = () => ({
  updatedAt: instant()
    .notNull()
    .default(sql`ops.now()`),
  version: integer().notNull().default(1),
});

/** A text column that holds one of these words. */
export const oneOf = (name: string, column: AnyPgColumn, words: readonly string[]) => check(name, sql`${column} in (${list(words)})`);

/** A text[] column whose words all are among these. */
export const subsetOf = (name: string, column: AnyPgColumn, words: readonly string[]) =>
  check(name, sql`${column} <@ array[${list(words)}]::text[]`);

const list = (words: readonly string[]): SQL => sql.raw(words.map((word) => `'${word}'`).join(", "));
