import { createHash } from "node:crypto";
import { html, raw } from "hono/html";

type Markup = ReturnType<typeof html>;

export interface Page {
  title: string;
  /** The words beside the mark: which part of the local world this is. */
  part: string;
  body: Markup;
  status?: number;
  /** Where the page's forms may lead, redirects after them included. */
  formActions?: readonly string[];
  /** Mails bring styles of their own, and a frame inherits the policy of the page around it. */
  foreignStyles?: boolean;
}

/** A page of the local world: no script, no foreign resource, light and dark, wide and narrow. */
export async function page({ title, part, body, status = 200, formActions = [], foreignStyles = false }: Page): Promise<Response> {
  const document = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="${ICON}" />
        ${raw(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <header class="top">
          <a href="/" class="mark">${raw(MARK)}<span>Splits Network</span></a
          ><span class="part">${part}</span>
        </header>
        <main>${body}</main>
      </body>
    </html>`;
  return new Response(String(document), {
    status,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": [
        "default-src 'none'",
        `style-src ${foreignStyles ? "'unsafe-inline'" : `'sha256-${STYLE_HASH}'`}`,
        "img-src data:",
        `form-action ${formActions.length > 0 ? formActions.join(" ") : "'none'"}`,
        "base-uri 'none'",
        "frame-ancestors 'none'",
      ].join("; "),
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
      "Cache-Control": "no-store",
    },
  });
}

/** Two halves of one circle: a fee that is split. */
const MARK = `<svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true"><path d="M11 2a10 10 0 0 0 0 20z" fill="currentColor"/><path d="M13 2a10 10 0 0 1 0 20z" fill="currentColor" opacity=".45"/></svg>`;
const ICON = `data:image/svg+xml,${encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="#4f46e5"><path d="M11 2a10 10 0 0 0 0 20z"/><path d="M13 2a10 10 0 0 1 0 20z" opacity=".45"/></svg>`,
)}`;

const STYLE = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f6f6f8, #101014);
  --card: light-dark(#fff, #19191f);
  --hover: light-dark(#f4f4fd, #21212b);
  --line: light-dark(#e3e3e9, #2d2d37);
  --ink: light-dark(#17171c, #ececf1);
  --soft: light-dark(#5d5d6b, #a0a0af);
  --accent: light-dark(#4338ca, #a5b4fc);
  --tint: light-dark(#e9e8fc, #2a2950);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif;
}
*, *::before { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; background: var(--ground); color: var(--ink); }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; letter-spacing: -.015em; overflow-wrap: anywhere; text-wrap: balance; }
h2 { margin: 0; font-size: .8125rem; font-weight: 600; color: var(--soft); }
p { margin: 0; }
code { font: .875em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.top { display: flex; align-items: center; gap: .75rem; padding: 1rem clamp(1rem, 4vw, 2rem); }
.mark { display: flex; align-items: center; gap: .5rem; color: var(--accent); font-weight: 650; text-decoration: none; }
.mark span { color: var(--ink); }
.part { padding-left: .75rem; border-left: 1px solid var(--line); color: var(--soft); }
main { max-width: 58rem; margin: 0 auto; padding: clamp(1rem, 4vw, 2.5rem) clamp(1rem, 4vw, 2rem) 4rem; display: grid; gap: 1.25rem; }
main > * { min-width: 0; }
.slim { width: min(100%, 27rem); margin: 0 auto; display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.25rem; }
.soft { color: var(--soft); }
.small { font-size: .875rem; }
.head { display: flex; flex-wrap: wrap; align-items: end; justify-content: space-between; gap: .75rem 1.5rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; overflow: hidden; }
.rows { list-style: none; margin: 0; padding: 0; }
.rows li + li { border-top: 1px solid var(--line); }
.row { display: grid; grid-template-columns: 2.5rem 1fr auto; align-items: center; gap: .125rem .875rem; width: 100%; padding: .75rem 1rem; border: 0; background: none; color: inherit; font: inherit; text-align: left; text-decoration: none; cursor: pointer; }
.row:hover { background: var(--hover); }
.row:focus-visible { outline-offset: -3px; border-radius: .75rem; }
.row > * { min-width: 0; }
.badge { display: grid; place-items: center; width: 2.5rem; height: 2.5rem; border-radius: 50%; background: var(--tint); color: var(--accent); font-weight: 650; text-transform: uppercase; }
.words { display: grid; }
.words > * { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.words b { font-weight: 600; }
.side { align-self: start; color: var(--soft); font-size: .875rem; white-space: nowrap; font-variant-numeric: tabular-nums; }
.hint { border: 1px solid var(--accent); }
form { margin: 0; }
.field { display: flex; gap: .5rem; }
input[type=email], input[type=search] { flex: 1; min-width: 0; padding: .5rem .75rem; border: 1px solid light-dark(#8b8b98, #6d6d7c); border-radius: .5rem; background: var(--card); color: inherit; font: inherit; }
.button { padding: .5rem 1rem; border: 1px solid transparent; border-radius: .5rem; background: var(--accent); color: var(--ground); font: inherit; font-weight: 600; cursor: pointer; white-space: nowrap; }
.label { display: block; margin-bottom: .375rem; font-size: .875rem; color: var(--soft); }
.empty { display: grid; justify-items: center; gap: .5rem; padding: clamp(2.5rem, 10vw, 5rem) 1.5rem; text-align: center; color: var(--soft); }
.empty svg { color: var(--accent); margin-bottom: .5rem; }
.empty b { color: var(--ink); font-size: 1.125rem; }
.empty p { max-width: 34rem; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; margin: 0; padding: 1rem 1.25rem; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.part-head { padding: .625rem 1.25rem; border-bottom: 1px solid var(--line); }
.text { margin: 0; padding: 1.25rem; font: .875rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.links { margin: 0; padding: 1rem 1.25rem; list-style: none; display: grid; gap: .375rem; overflow-wrap: anywhere; }
iframe { display: block; width: 100%; height: 32rem; min-height: 8rem; border: 0; background: #fff; color-scheme: light; resize: vertical; }
@media (max-width: 34rem) {
  .row { grid-template-columns: 2.5rem 1fr; }
  .row .side { grid-column: 2; }
  .head form { width: 100%; }
  .facts { grid-template-columns: 1fr; gap: 0; }
  .facts dd { margin-bottom: .5rem; }
}
`;
const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");
