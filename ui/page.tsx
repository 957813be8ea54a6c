import type { Child, FC } from "hono/jsx";
import assets from "#assets";

/** What every page says of itself. */
export interface PageFacts {
  title: string;
  description?: string | undefined;
  /** Where the browser goes by itself at once; the page shows the same address as a link. */
  refresh?: string | undefined;
  /** What a page loads beside what every page loads. */
  head?: Child;
  /** Whose page it is; ours unless told. */
  site?: string | undefined;
  /** Pages for people outside load no script. */
  script?: boolean;
}

/** A whole document: its head, the way past the navigation, and what the surface puts around its main part. */
export const Document: FC<PageFacts & { class?: string; children?: Child }> = ({
  title,
  description,
  refresh,
  head,
  site = "Splits Network",
  script = true,
  class: name,
  children,
}) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>{title === site ? title : `${title} · ${site}`}</title>
      <meta name="description" content={description ?? "The split-fee recruiting marketplace."} />
      {refresh === undefined ? null : <meta http-equiv="refresh" content={`0; url=${refresh}`} />}
      <link rel="icon" href={assets.mark} type="image/svg+xml" />
      <link rel="stylesheet" href={assets.theme} />
      {script ? <script src={assets.enhance} defer></script> : null}
      {head}
    </head>
    <body class={name}>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      {children}
    </body>
  </html>
);

/** Two halves of one circle: a fee that is split. */
export const Mark: FC<{ href: string }> = ({ href }) => (
  <a href={href} class="mark">
    <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
      <path d="M11 2a10 10 0 0 0 0 20z" fill="currentColor" />
      <path d="M13 2a10 10 0 0 1 0 20z" fill="currentColor" opacity=".45" />
    </svg>
    <span>Splits Network</span>
  </a>
);

/** The one heading of a page, what it is about in a sentence, and what can be done here. */
export const Heading: FC<{ title: string; children?: Child; actions?: Child }> = ({ title, children, actions }) => (
  <div class="head">
    <div class="stack">
      <h1>{title}</h1>
      {children ? <p class="soft">{children}</p> : null}
    </div>
    {actions ? <div class="row">{actions}</div> : null}
  </div>
);

/** Says what just happened, to the eye and to a screen reader; a swap speaks through it, too. */
export const Status: FC<{ children?: Child }> = ({ children }) => (
  <p class="notice" role="status">
    {children}
  </p>
);
