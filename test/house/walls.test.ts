import { execFile } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

const run = promisify(execFile);

type Import = readonly [room: string, path: string];

const BREACHES: readonly Import[] = [
  ["domain", "#db/statements.ts"],
  ["domain", "#services/ports.ts"],
  ["db", "#services/context.ts"],
  ["services", "#workers/runtime.ts"],
  ["services", "#integrations/mail/resend.ts"],
  ["integrations", "#services/context.ts"],
  ["integrations", "#db/statements.ts"],
  ["queues", "#workers/runtime.ts"],
  ["queues", "#db/statements.ts"],
  ["ui", "#services/context.ts"],
  ["ui", "#db/statements.ts"],
  ["white-label", "#db/statements.ts"],
  ["white-label", "#workers/runtime.ts"],
  ["ui", "#white-label/pages/role.tsx"],
  ["local", "#workers/main.ts"],
  ["services", "../db/statements.ts"],
];
const ALLOWED: readonly Import[] = [
  ["db", "#domain/money.ts"],
  ["services", "#db/statements.ts"],
  ["integrations", "#services/ports.ts"],
  ["queues", "#services/context.ts"],
  ["ui", "#domain/money.ts"],
  ["white-label", "#ui/page.tsx"],
  ["white-label", "#services/ports.ts"],
];

const planted = new Map([...BREACHES, ...ALLOWED].map((each, place) => [each, `${each[0]}/planted-import-${place}.ts`]));
let complaints: readonly string[];

// one look of the linter at all of them
beforeAll(async () => {
  await Promise.all(
    [...planted].map(([[, path], file]) => writeFile(file, `import * as imported from "${path}";\nexport const used = imported;\n`)),
  );
  const { stdout } = await run("node_modules/.bin/oxlint", ["--format", "unix", ...planted.values()]).catch(
    (refused: { stdout: string }) => refused,
  );
  complaints = stdout.split("\n").filter((line) => line.includes("no-restricted-imports"));
});
afterAll(() => Promise.all([...planted.values()].map((file) => rm(file, { force: true }))));

const isFoundIn = (each: Import) => complaints.some((line) => line.includes(planted.get(each) ?? ""));

it.each(BREACHES.map((each) => [...each, each] as const))("finds a breach in the wall: %s imports %s", (_room, _path, each) => {
  expect(isFoundIn(each)).toBe(true);
});

it.each(ALLOWED.map((each) => [...each, each] as const))("lets %s import %s", (_room, _path, each) => {
  expect(isFoundIn(each)).toBe(false);
});
