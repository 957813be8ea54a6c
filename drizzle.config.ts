import { defineConfig } from "drizzle-kit";

/** `db/schema/audit.ts` is missing on purpose: the migrations write its partitioned table by hand. */
export default defineConfig({
  dialect: "postgresql",
  casing: "snake_case",
  schema: ["identity", "network", "ats", "billing", "api", "notify", "ops"].map((name) => `./db/schema/${name}.ts`),
  schemaFilter: ["identity", "network", "ats", "billing", "api", "notify", "ops"],
  out: "./db/migrations",
});
