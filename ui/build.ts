import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { transform } from "esbuild";
import { buildWidget } from "#widget/build.ts";
import { guides } from "./guides.ts";

/** What the pages load: built by wrangler before it starts or deploys, and by the tests. */
const SOURCES = {
  theme: "theme.css",
  enhance: "enhance.ts",
  mark: "mark.svg",
  docs: "docs.ts",
  preview: "preview.ts",
  swagger: "../node_modules/swagger-ui-dist/swagger-ui-bundle.js",
  swaggerTheme: "../node_modules/swagger-ui-dist/swagger-ui.css",
  postman: "../docs/postman.json",
} as const;
const HERE = import.meta.dirname;
const DIST = join(HERE, "../dist");

/** Where everything is; of the widget also the hash by which a page pins it. */
type Assets = Record<keyof typeof SOURCES | "widget" | "widgetIntegrity", string>;

/**
 * Writes `dist/public/`, what the assets binding serves, `dist/assets.json`, where each file is to be
 * found, and what pages show of `docs/`: `dist/changelog.json` and `dist/guides.json`. A name holds the hash of its content, so that it can be kept for
 * ever. The widget stands beside them, under names that other sites know.
 */
export async function buildAssets(): Promise<Assets> {
  const folder = join(DIST, "public/assets");
  await mkdir(folder, { recursive: true });
  const built = await Promise.all(
    Object.entries(SOURCES).map(async ([name, source]) => {
      const text = await minified(source, await readFile(join(HERE, source), "utf8"));
      const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
      const file = `${name}.${hash}.${source.split(".").at(-1)?.replace("ts", "js")}`;
      await writeWhole(join(folder, file), text);
      return [name, file] as const;
    }),
  );
  const current = new Set<string>(built.map(([, file]) => file));
  for (const file of await readdir(folder)) if (!current.has(file)) await rm(join(folder, file), { force: true });
  const files = Object.fromEntries(built.map(([name, file]) => [name, `/assets/${file}`])) as Record<keyof typeof SOURCES, string>;
  const places = { ...files, ...(await buildWidget(join(DIST, "public"), writeWhole)) };
  await writeWhole(join(DIST, "public/_headers"), await readFile(join(HERE, "_headers"), "utf8"));
  await writeWhole(join(DIST, "assets.json"), JSON.stringify(places));
  const docs = join(HERE, "../docs");
  await writeWhole(join(DIST, "changelog.json"), JSON.stringify(changesIn(await readFile(join(docs, "api.md"), "utf8"))));
  await writeWhole(join(DIST, "guides.json"), JSON.stringify(await guides(docs)));
  return places;
}

async function minified(source: string, text: string): Promise<string> {
  if (!source.endsWith(".css") && !source.endsWith(".ts")) return text.trim();
  const { code } = await transform(text, { loader: source.endsWith(".css") ? "css" : "ts", minify: true, format: "iife" });
  return code;
}

/** The table under `## Changelog`: a date, a version and a sentence in each line. The newest comes first. */
export function changesIn(markdown: string): { date: string; version: string; what: string }[] {
  const [, table = ""] = markdown.split(/^## Changelog$/m);
  return [...table.matchAll(/^\| (\d{4}-\d\d-\d\d) +\| (\S+) +\| (.+?) *\|$/gm)]
    .map(([, date = "", version = "", what = ""]) => ({ date, version, what }))
    .toSorted((a, b) => (a.date < b.date ? 1 : -1));
}

/** Several builds may run at once; each file is there whole or not at all. */
async function writeWhole(file: string, text: string): Promise<void> {
  const part = join(DIST, `${randomUUID()}.part`);
  await writeFile(part, text);
  await rename(part, file);
}

if (process.argv[1] === import.meta.filename) await buildAssets();
