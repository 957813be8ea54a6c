import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unstable_getVarsForDev as varsOf } from "wrangler";
import { envFile } from "#local/env-file.ts";
import { startIssuer } from "#local/issuer.ts";
import { keeper, writeSecretly } from "#local/kept.ts";
import { startMailCatcher } from "#local/mail-catcher.ts";
import { startNeonEndpoint } from "#local/neon-endpoint.ts";
import { LocalProblem } from "#local/problem.ts";
import { localSecrets } from "#local/secrets.ts";
import { startStripe } from "#local/stripe/server.ts";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "splits-kept-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const PARTS: Record<string, (file: string) => Promise<unknown>> = {
  "the secrets": (file) => localSecrets(file),
  "the issuer's key": (keyFile) => startIssuer({ port: 0, keyFile, people: [], authorizedParty: "http://127.0.0.1:1" }),
  "the clocks": (clockFile) => startNeonEndpoint({ port: 0, clockFile, server: "postgres://nobody:x@127.0.0.1:1/x" }),
  "the mails": (stateFile) => startMailCatcher({ port: 0, key: "re_test", stateFile }),
  "Stripe's state": (stateFile) => startStripe({ port: 0, key: "sk_test_kept", stateFile }),
};

describe.each(Object.entries(PARTS))("a file with %s", (_, start) => {
  it.each([
    ["is empty", ""],
    ["is half written", '{"a": ["'],
    ["holds something else", '["nonsense"]'],
  ])("that %s is refused in one sentence with the way out", async (_words, text) => {
    const file = join(folder, "part.json");
    await writeFile(file, text);
    const refusal = await start(file).then(
      () => null,
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(LocalProblem);
    expect((refusal as Error).message).toMatch(/part\.json is damaged\. Delete it, .* npm run reset /);
  });
});

it("the issuer's key of the right shape that is no key is refused like any other", async () => {
  const keyFile = join(folder, "key.json");
  await writeFile(keyFile, JSON.stringify({ kty: "RSA", n: "a", e: "b", d: "c", kid: "k" }));
  await expect(startIssuer({ port: 0, keyFile, people: [], authorizedParty: "http://127.0.0.1:1" })).rejects.toThrow(LocalProblem);
});

it("a keeper's file has what changed, for its owner alone", async () => {
  const file = join(folder, "state.json");
  let state = "one";
  const { changed, written } = keeper(file, () => state);
  changed();
  state = "two";
  changed();
  await written();
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(file)).size).toBe(state.length);
});

it("wrangler reads the Worker's values back unchanged", async () => {
  const values = {
    PLAIN: "Splits Network <hello@splits.test>",
    ADDRESS: "postgres://me:p$HOME${HOME}'%23#`@127.0.0.1:5432/db?sslmode=require",
    DOUBLE: `it's "here" $1 \\n`,
  };
  const file = join(folder, "worker.env");
  await writeSecretly(file, envFile(values));
  const vars = varsOf("wrangler.toml", [file], {}, undefined, true);
  expect(Object.fromEntries(Object.entries(vars).map(([name, { value }]) => [name, value]))).toEqual(values);
  expect(() => envFile({ BAD: `'"\`` })).toThrow("every kind of quote");
});
