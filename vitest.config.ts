import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const world = { globalSetup: "./test/global-setup.ts", testTimeout: 60_000, hookTimeout: 60_000 };
/** Projects of one turn run side by side, the turns one after another. */
const turn = (groupOrder: number) => ({ sequence: { groupOrder } });

/** One project per kind of ground a test stands on. */
export default defineConfig({
  test: {
    silent: "passed-only",
    maxWorkers: "100%", // a core that is kept free would be half a small machine
    projects: [
      // properties over many thousand cases, on a machine that may be busy
      { test: { name: "rules", include: ["test/domain/**/*.test.ts"], testTimeout: 60_000, ...turn(1) } },
      { define: { __DEV_AUTH__: "false" }, test: { name: "house", include: ["test/house/**/*.test.ts"], ...world, ...turn(1) } },
      { test: { name: "local", include: ["test/local/**/*.test.ts"], ...world, ...turn(1) } },
      { test: { name: "db", include: ["test/db/**/*.test.ts"], ...world, ...turn(1) } },
      {
        define: { __DEV_AUTH__: "true" },
        plugins: [
          cloudflareTest({
            main: "./test/main.ts",
            miniflare: {
              compatibilityDate: "2026-11-01",
              compatibilityFlags: ["nodejs_compat"],
              durableObjects: {
                CREDENTIALS: { className: "CredentialObject", useSQLite: true },
                ENDPOINTS: { className: "EndpointObject", useSQLite: true },
                INTAKE: { className: "IntakeObject", useSQLite: true },
                LOGIN_THROTTLE: { className: "LoginThrottle", useSQLite: true },
              },
              r2Buckets: ["FILES"],
              queueProducers: { USAGE: "usage" },
            },
          }),
        ],
        test: {
          name: "api",
          include: ["test/api/**/*.test.ts", "test/access/**/*.test.ts", "test/partner/**/*.test.ts"],
          setupFiles: "./test/afterwards.ts",
          ...world,
          ...turn(2),
        },
      },
      { test: { name: "http", include: ["test/http/**/*.test.ts", "test/docs/**/*.test.ts"], ...world, ...turn(1) } },
      { test: { name: "pages", include: ["test/pages/**/*.test.{ts,tsx}"], ...world, ...turn(1) } },
      // looks at what the others left behind
      { test: { name: "contract", include: ["test/contract/**/*.test.ts"], ...world, ...turn(3) } },
    ],
  },
});
