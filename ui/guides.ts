import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { Marked, type Token, type Tokens } from "marked";

/** What partners read under `/docs/`, and the files of `docs/` it is made of. */
const SOURCES = {
  start: "api.md",
  javascript: "sdk/javascript/README.md",
  python: "sdk/python/README.md",
  ruby: "sdk/ruby/README.md",
  webhooks: "webhooks.md",
  "receiver-javascript": "sdk/javascript/receiver.js",
  "receiver-python": "sdk/python/receiver.py",
  "receiver-ruby": "sdk/ruby/receiver.rb",
} as const;

const PLACES: ReadonlyMap<string, string> = new Map([
  ["openapi.json", "/openapi.json"],
  ...Object.entries(SOURCES).map(([name, file]) => [file, `/docs/${name}`] as const),
]);

/** A guide as its page shows it: below its title stands HTML. */
interface Guide {
  title: string;
  /** The first sentence, without its marks. */
  about: string;
  html: string;
}

/** Every guide, by its name in the address. */
export const guides = async (docs: string): Promise<Record<string, Guide>> =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(SOURCES).map(async ([name, file]) => {
        const text = await readFile(join(docs, file), "utf8");
        return [name, guideOf(file, file.endsWith(".md") ? text : `# ${posix.basename(file)}\n\n\`\`\`\n${text}\`\`\`\n`)] as const;
      }),
    ),
  );

/**
 * A page of `docs/` in HTML. Links to its neighbours lead to where those are served.
 *
 * @param file - where it stands below `docs/`
 * @throws when a link leads to a file that no reader of the page can have
 */
export function guideOf(file: string, markdown: string): Guide {
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth }) {
        return `<h${depth} id="${slugOf(wordsOf(tokens))}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        return `<a href="${placeOf(file, href)}">${this.parser.parseInline(tokens)}</a>`;
      },
      table({ header, rows }) {
        const names = header.map(({ tokens }) => wordsOf(tokens));
        const head = header.map(({ tokens }) => `<th scope="col">${this.parser.parseInline(tokens)}</th>`).join("");
        const body = rows.map(
          (row) => `<tr>${row.map((cell, at) => cellOf(this.parser.parseInline(cell.tokens), names[at] ?? "", at)).join("")}</tr>`,
        );
        return `<table class="folds"><thead><tr>${head}</tr></thead><tbody>${body.join("")}</tbody></table>\n`;
      },
    },
  });
  const [first, ...rest] = marked.lexer(markdown);
  if (first?.type !== "heading") throw new Error(`${file} begins without a title`);
  const opening = rest.find((token): token is Tokens.Paragraph => token.type === "paragraph");
  return {
    title: wordsOf((first as Tokens.Heading).tokens),
    about: opening ? (/^.*?[.:](?=\s|$)/s.exec(wordsOf(opening.tokens))?.[0] ?? "").replace(/:$/, ".") : "",
    html: marked.parser(rest),
  };
}

/** As the shared table folds: the first column names the row, the others carry their names. */
const cellOf = (html: string, name: string, at: number): string =>
  at === 0 ? `<th scope="row">${html}</th>` : `<td data-name="${name.replaceAll('"', "&quot;")}">${html}</td>`;

const wordsOf = (tokens: readonly Token[]): string =>
  tokens
    .map((token) => ("tokens" in token && token.tokens ? wordsOf(token.tokens) : "text" in token ? String(token.text) : token.raw))
    .join("");

const slugOf = (words: string): string =>
  words
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");

function placeOf(file: string, href: string): string {
  if (/^(https?:|#|\/)/.test(href)) return href;
  const [path = "", anchor] = href.split("#");
  const place = PLACES.get(posix.join(posix.dirname(file), path));
  if (place === undefined) throw new Error(`${file} links to ${href}, which is served nowhere`);
  return anchor === undefined ? place : `${place}#${anchor}`;
}
