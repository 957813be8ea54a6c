import { defineConfig, type OxlintOverride } from "oxlint";

/** What each room may import (STYLE, "The house"). A room that is not named here may not be imported. */
const WALLS: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  db: ["domain"],
  services: ["domain", "db"],
  integrations: ["domain", "services/ports.ts"],
  "durable-objects": ["domain", "services/ports.ts"],
  queues: ["domain", "services"],
  ui: ["domain", "widget/build.ts"],
  "white-label": ["domain", "services", "ui"],
  widget: ["domain"],
  local: ["domain", "db", "services", "integrations", "queues"],
};

const ROOMS = [
  "domain",
  "db",
  "services",
  "integrations",
  "durable-objects",
  "queues",
  "ui",
  "white-label",
  "widget",
  "workers",
  "local",
  "test",
  "docs",
];

/** Forbids every `#room/…` import that the table does not allow, and ways around it by `../`. */
function wall(room: string, allowed: readonly string[]): OxlintOverride {
  const forbidden = ROOMS.filter((other) => other !== room && !allowed.includes(other));
  return {
    files: [`${room}/**/*.{ts,tsx}`],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            ...forbidden.map((other) => ({
              group: [`#${other}/**`, ...allowed.filter((path) => path.startsWith(`${other}/`)).map((path) => `!#${path}`)],
              message: `${room}/ may import ${allowed.join(", ") || "nothing"} (STYLE, the house).`,
            })),
            ...ROOMS.filter((other) => other !== room && !(room === "db" && other === "domain")).map((other) => ({
              group: [`../${other}/**`, `../../${other}/**`, `../../../${other}/**`],
              message: `Rooms import each other by name: #${other}/….`,
            })),
          ],
        },
      ],
    },
  };
}

export default defineConfig({
  plugins: ["typescript", "unicorn", "import", "oxc", "promise"],
  categories: { correctness: "error", suspicious: "error", perf: "error" },
  options: { typeAware: true },
  ignorePatterns: ["node_modules", ".local", ".wrangler", "dist", "widget/released"],
  rules: {
    "no-console": "off",
    "no-underscore-dangle": ["error", { allow: ["__DEV_AUTH__"] }],
    "import/no-named-as-default-member": "off",
    "unicorn/consistent-function-scoping": "off",
    "typescript/no-unnecessary-type-assertion": "off",
    "typescript/consistent-return": "off",
    "oxc/no-map-spread": "off",
    "typescript/no-base-to-string": "off",
    "typescript/no-unnecessary-type-conversion": "off",
    "no-await-in-loop": "off",
    "import/no-cycle": "off",
    "no-shadow": "off",
    "no-unused-vars": ["error", { ignoreRestSiblings: true }],
    "typescript/no-unsafe-type-assertion": "off",
    "unicorn/no-array-sort": "error",
    "typescript/no-explicit-any": "error",
    "typescript/no-generated-empty-object-type": "off",
    "unicorn/prefer-set-has": "off",
    "typescript/no-non-null-assertion": "error",
    "typescript/consistent-type-imports": "error",
  },
  overrides: [
    ...Object.entries(WALLS).map(([room, allowed]) => wall(room, allowed)),
    {
      files: ["test/**/*.{ts,tsx}"],
      rules: {
        "typescript/no-non-null-assertion": "off",
        "no-underscore-dangle": "off",
        "no-unmodified-loop-condition": "off",
        "oxc/no-accumulating-spread": "off",
        "unicorn/no-array-fill-with-reference-type": "off",
        "typescript/require-array-sort-compare": "off",
        "typescript/restrict-template-expressions": "off",
        "typescript/unbound-method": "off",
        "unicorn/prefer-set-has": "off",
        "typescript/no-explicit-any": "off",
      },
    },
  ],
});
