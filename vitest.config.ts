import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const world = { globalSetup: "./test/global-setup.ts", testTimeout: 30_000, hookTimeout: 60_000 };

/** One project per kind of ground a test stands on. */
export default defineConfig({
  test: {
    silent: "passed-only",
    projects: [
      { test: { name: "rules", include: ["test/domain/**/*.test.ts"] } },
      { test: { name: "house", include: ["test/house/**/*.test.ts"], ...world } },
      { test: { name: "local", include: ["test/local/**/*.test.ts"], ...world } },
      { test: { name: "db", include: ["test/db/**/*.test.ts"], ...world } },
      {
        plugins: [
          cloudflareTest({
            main: "./workers/main.ts",
            miniflare: {
              compatibilityDate: "2026-11-01",
              compatibilityFlags: ["nodejs_compat"],
            },
          }),
        ],
        test: { name: "api", include: ["test/api/**/*.test.ts", "test/access/**/*.test.ts"], ...world },
      },
      { test: { name: "http", include: ["test/http/**/*.test.ts"], ...world } },
    ],
  },
});
