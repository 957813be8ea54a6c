import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build, type Plugin, transform } from "esbuild";
import { VERSION } from "./version.ts";

const HERE = import.meta.dirname;
/** What was given out under a version: it is served as it was, whatever becomes of the source. */
const RELEASED = join(HERE, "released");
/** The oldest browsers it runs in (SURFACES §3). */
const FLOOR = ["chrome73", "firefox101", "safari16.4"];

/** A style sheet arrives as text, without its spaces. */
const sheets: Plugin = {
  name: "sheets",
  setup: (building) =>
    building.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true, target: FLOOR });
      return { contents: code.trim(), loader: "text" };
    }),
};

/** The script that the source makes now. */
async function current(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(HERE, "widget.ts")],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: FLOOR,
    legalComments: "none",
    plugins: [sheets],
  });
  return outputFiles[0]?.text.trim() ?? "";
}

/** How a page pins a script (SRI). */
const integrityOf = (text: string): string => `sha384-${createHash("sha384").update(text).digest("base64")}`;

/**
 * Writes the widget into the folder that is served: `/widget.js`, which moves, each version under its
 * number, which does not, and `/widget/manifest.json` with the hash of each. Refuses to build another
 * script under a number that was given out.
 *
 * @param write - writes one file whole
 * @returns where the version is that the source makes, and its hash
 */
export async function buildWidget(
  folder: string,
  write: (file: string, text: string) => Promise<void>,
): Promise<{ widget: string; widgetIntegrity: string }> {
  const script = await current();
  const released = await Promise.all(
    (await readdir(RELEASED)).map(
      async (file) => [file.replace(/\.js$/, ""), (await readFile(join(RELEASED, file), "utf8")).trim()] as const,
    ),
  );
  const versions = new Map([...released, [VERSION, script]]);
  const given = released.find(([version]) => version === VERSION);
  if (given && given[1] !== script) throw new Error(`The widget is no longer ${VERSION}: raise VERSION in widget/version.ts.`);
  for (const [version, text] of versions) {
    await mkdir(join(folder, "widget", version), { recursive: true });
    await write(join(folder, "widget", version, "widget.js"), text);
  }
  await write(join(folder, "widget.js"), script);
  const manifest = { latest: VERSION, versions: Object.fromEntries([...versions].map(([version, text]) => [version, integrityOf(text)])) };
  await write(join(folder, "widget/manifest.json"), JSON.stringify(manifest));
  return { widget: `/widget/${VERSION}/widget.js`, widgetIntegrity: integrityOf(script) };
}

/** `node widget/build.ts` gives out what the source makes under its version, once. */
if (process.argv[1] === import.meta.filename) {
  const file = join(RELEASED, `${VERSION}.js`);
  if (existsSync(file)) throw new Error(`${VERSION} is given out already: raise VERSION in widget/version.ts.`);
  await writeFile(file, `${await current()}\n`);
}
