import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { getTableName } from "drizzle-orm";
import { getTableConfig } from "drizzle-orm/pg-core";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import pg from "pg";
import { inject, describe, expect, it } from "vitest";
import { migrate } from "#db/migrate.ts";
import { auditEvents, authEvents, requestLog } from "#db/schema/audit.ts";
import { events, webhookAttempts, webhookDeliveries } from "#db/schema/deliveries.ts";
import { OPENING_TERMS } from "#domain/commission/fee.ts";
import { OPENING_RATES } from "#domain/commission/rates.ts";
import { CasingCache } from "drizzle-orm/casing";
import drizzleConfig from "../../drizzle.config.ts";
import { useDb } from "./world.ts";

const ROOT = join(import.meta.dirname, "../..");

describe("migrations", () => {
  const { db } = useDb();

  it("hold all of the schema: drizzle-kit finds nothing to generate", async () => {
    const folder = mkdtempSync(join(ROOT, "test/db/.kit-"));
    try {
      const migrations = join(folder, "migrations");
      cpSync(join(ROOT, "db/migrations"), migrations, { recursive: true });
      const config = { ...drizzleConfig, out: relative(ROOT, migrations) };
      writeFileSync(join(folder, "config.json"), JSON.stringify(config));
      const before = readdirSync(migrations);
      await promisify(execFile)(
        process.execPath,
        [join(ROOT, "node_modules/drizzle-kit/bin.cjs"), "generate", `--config=${relative(ROOT, folder)}/config.json`],
        { cwd: ROOT },
      );
      const added = readdirSync(migrations).filter((name) => !before.includes(name));
      expect(added.map((name) => readFileSync(join(migrations, name), "utf8"))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([auditEvents, requestLog, events, webhookDeliveries, webhookAttempts])(
    "give partitioned tables the columns of db/schema: %#",
    async (table) => {
      const casing = new CasingCache("snake_case");
      const { schema, columns } = getTableConfig(table);
      const declared = columns.map((column) => [
        casing.getColumnCasing(column),
        column.getSQLType(),
        column.notNull || column.generatedIdentity !== undefined,
      ]);
      const present = await db().rows<{ name: string; type: string; required: boolean }>(
        `select attname as name, format_type(atttypid, atttypmod) as type, attnotnull as required from pg_attribute
       where attrelid = $1::regclass and attnum > 0 order by attnum`,
        [`${schema}.${getTableName(table)}`],
      );
      expect(present.map(({ name, type, required }) => [name, type, required])).toEqual(declared);
    },
  );
  it.each([
    ["ops.audit_events", auditEvents],
    ["identity.auth_events", authEvents],
  ])("give %s the columns of db/schema/audit.ts", async (name, table) => {
    const casing = new CasingCache("snake_case");
    const declared = getTableConfig(table).columns.map((column) => [
      casing.getColumnCasing(column),
      column.getSQLType(),
      column.notNull || column.generatedIdentity !== undefined,
    ]);
    const present = await db().rows<{ name: string; type: string; required: boolean }>(
      `select attname as name, format_type(atttypid, atttypmod) as type, attnotnull as required from pg_attribute
       where attrelid = '${name}'::regclass and attnum > 0 order by attnum`,
    );
    expect(present.map((column) => [column.name, column.type, column.required])).toEqual(declared);
    expect(name).toBe(`${getTableConfig(table).schema}.${getTableName(table)}`);
  });

  it("may be run by two at once, and again", async () => {
    const url = new URL(inject("serverUrl"));
    const server = new pg.Client({ connectionString: url.href });
    await server.connect();
    await server.query("create database migrated_twice template template0");
    url.pathname = "/migrated_twice";
    await Promise.all([migrate(url.href), migrate(url.href)]);
    await migrate(url.href);
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    const { rows } = await client.query("select count(*)::int from billing.plans");
    await client.end();
    await server.query("drop database migrated_twice");
    await server.end();
    expect(rows).toEqual([{ count: 3 }]);
  });

  it("open with the rates and terms of the domain", async () => {
    const rates = await db().rows<{ tier: keyof typeof OPENING_RATES; rates: unknown }>(
      `select tier, json_build_object('candidate_recruiter', candidate_recruiter_rate * 100, 'company_recruiter', company_recruiter_rate * 100,
         'job_owner', job_owner_rate * 100, 'candidate_sourcer', candidate_sourcer_rate * 100, 'company_sourcer', company_sourcer_rate * 100) as rates
       from billing.splits_rates`,
    );
    expect(Object.fromEntries(rates.map((row) => [row.tier, row.rates]))).toEqual(OPENING_RATES);
    expect(await db().rows("select standard_bp, executive_bp, urgent_bp, niche_bp, keep_bp from billing.fee_terms")).toEqual([
      OPENING_TERMS,
    ]);
  });

  it("sort as lists do: every descending index has its nulls first", async () => {
    const wrong = await db().rows("select indexname from pg_indexes where indexdef like '%DESC NULLS LAST%'");
    expect(wrong).toEqual([]);
  });
});
