import { execFile } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);

/** What the linter says of one file planted in a room. */
async function lint(room: string, line: string): Promise<string> {
  const file = `${room}/planted-breach.ts`;
  await writeFile(file, `${line}\n`);
  try {
    const { stdout } = await run("node_modules/.bin/oxlint", ["--format", "unix", file]);
    return stdout;
  } catch (error) {
    return (error as { stdout: string }).stdout;
  } finally {
    await rm(file);
  }
}

it.each([
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
])("finds a breach in the wall: %s imports %s", async (room, path) => {
  expect(await lint(room, `import * as breach from "${path}";\nexport const used = breach;`)).toContain("no-restricted-imports");
});

it.each([
  ["db", "#domain/money.ts"],
  ["services", "#db/statements.ts"],
  ["integrations", "#services/ports.ts"],
  ["queues", "#services/context.ts"],
  ["ui", "#domain/money.ts"],
  ["white-label", "#ui/page.tsx"],
  ["white-label", "#services/ports.ts"],
])("lets %s import %s", async (room, path) => {
  expect(await lint(room, `import * as allowed from "${path}";\nexport const used = allowed;`)).not.toContain("no-restricted-imports");
});
