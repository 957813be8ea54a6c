import { defineConfig } from "drizzle-kit";

/** `audit.ts`, `deliveries.ts` and `requests.ts` of `db/schema` are missing on purpose: the migrations write their partitioned tables and view by hand. */
export default defineConfig({
  dialect: "postgresql",
  casing: "snake_case",
  schema: ["identity", "network", "ats", "billing", "api", "webhooks", "notify", "ops"].map((name) => `./db/schema/${name}.ts`),
  schemaFilter: ["identity", "network", "ats", "billing", "api", "notify", "ops"],
  out: "./db/migrations",
});
