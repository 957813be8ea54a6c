/** How long an answer is kept, and by whom (SURFACES §2.7). */
export const CACHING = {
  own: "private, no-store",
  shared: "public, max-age=60, stale-while-revalidate=600",
  moving: "public, max-age=300, stale-while-revalidate=86400",
  forever: "public, max-age=31536000, immutable",
} as const;

export interface PagePolicy {
  /** The one style that may stand in a page, the brand's: by a nonce in a page that is somebody's own, by its hash in one that caches keep. */
  style: { nonce: string } | { hash: string };
  /** Whether the page has a script: those of people outside have none. */
  script?: boolean;
  production: boolean;
  /** Sign-in pages tell nobody where somebody came from. */
  referrer: "same-origin" | "no-referrer";
  /** Where else than here the answer to a form may lead, as a CSP source. */
  formTarget?: string | undefined;
}

/** The headers of every page (SURFACES §2.5, §2.7). Without a hashed style it is somebody's own, and nobody keeps it. */
export const pageHeaders = ({ style, script = true, production, referrer, formTarget }: PagePolicy): Record<string, string> => ({
  "Content-Security-Policy": [
    "default-src 'none'",
    `script-src ${script ? "'self'" : "'none'"}`,
    `style-src 'self' ${"nonce" in style ? `'nonce-${style.nonce}'` : `'sha256-${style.hash}'`}`,
    "img-src 'self' data:",
    "connect-src 'self'",
    ["form-action 'self'", formTarget].filter(Boolean).join(" "),
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join("; "),
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": referrer,
  "Cache-Control": "nonce" in style ? CACHING.own : CACHING.shared,
  ...(production ? { "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload" } : {}),
});
