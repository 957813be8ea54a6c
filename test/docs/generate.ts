import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { execFile } from "node:child_process";
import { apiFor } from "#workers/api/app.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** Where documentation that is made from the routes is kept. */
export const GENERATED = {
  contract: "docs/openapi.json",
  types: "docs/sdk/javascript/schema.d.ts",
  postman: "docs/postman.json",
} as const;

export const kept = (file: string): Promise<string> => readFile(resolve(ROOT, file), "utf8");

/** The partner API's contract as production serves it. */
export async function contract(): Promise<object> {
  const url = "https://api.splits.network/openapi.json";
  const answer = await (
    await apiFor(new Request(url))
  ).request(url, {}, { API_ORIGIN: "https://api.splits.network", CONSOLE_ORIGIN: "https://app.splits.network" });
  return (await answer.json()) as object;
}

/** Each generated file's text, from the routes that run. */
export async function generated(): Promise<Record<keyof typeof GENERATED, string>> {
  const document = await contract();
  const text = `${JSON.stringify(document, null, 2)}\n`;
  return { contract: text, types: await typesOf(text), postman: `${JSON.stringify(await collectionOf(document), null, 2)}\n` };
}

/** Types of a client, by the very tool that the JavaScript page names. */
async function typesOf(text: string): Promise<string> {
  const tool = resolve(ROOT, "docs/sdk/javascript/node_modules/openapi-typescript/bin/cli.js");
  const { stdout } = await pipe(process.execPath, [tool], text);
  return stdout;
}

function pipe(command: string, args: readonly string[], input: string): Promise<{ stdout: string }> {
  const run = promisify(execFile)(command, args, { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 });
  run.child.stdin?.end(input);
  return run;
}

let drawn = 0;
/** Numbers that look random and are the same each time. */
const chance = (): number => ((drawn = (drawn * 16_807 + 11) % 2_147_483_647) % 10_000) / 10_000;

/** A Postman collection with a sample of each request. The converter's samples come by chance, so chance begins anew each time. */
async function collectionOf(document: object): Promise<object> {
  const { random } = Math;
  Math.random = chance;
  drawn = 0;
  const { default: Converter } = await import("openapi-to-postmanv2"); // late: it keeps the chance it finds
  const collection = await new Promise<object>((resolve, reject) => {
    Converter.convert(
      { type: "json", data: document },
      { folderStrategy: "Tags", requestParametersResolution: "Example" },
      (error, converted) => {
        const made = converted?.result ? converted.output?.[0]?.data : undefined;
        if (made) resolve(made);
        else reject(error ?? new Error(JSON.stringify(converted)));
      },
    );
  }).finally(() => (Math.random = random));
  return slim(collection);
}

/** Without today's date, the random ids that the converter gives to whatever it makes, and without samples of answers: the contract tells those. */
function slim(collection: object): object {
  const text = JSON.stringify(collection, (name, each: unknown) => {
    if (name === "id" || name === "_postman_id") return undefined;
    return name === "response" ? [] : each;
  });
  return JSON.parse(text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "2026-12-15T10:30:00Z")) as object;
}

if (process.argv[1] === import.meta.filename) {
  const texts = await generated();
  for (const [name, file] of Object.entries(GENERATED)) await writeFile(resolve(ROOT, file), texts[name as keyof typeof GENERATED]);
}
