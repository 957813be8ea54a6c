export interface PagePolicy {
  /** For the brand's style, the only one that stands in a page. */
  nonce: string;
  production: boolean;
  /** Sign-in pages tell nobody where somebody came from. */
  referrer: "same-origin" | "no-referrer";
  /** Where else than here the answer to a form may lead, as a CSP source. */
  formTarget?: string | undefined;
}

/** The headers of every page that is somebody's own (SURFACES §2.5, §2.7). */
export const pageHeaders = ({ nonce, production, referrer, formTarget }: PagePolicy): Record<string, string> => ({
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    ["form-action 'self'", formTarget].filter(Boolean).join(" "),
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join("; "),
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": referrer,
  "Cache-Control": "private, no-store",
  ...(production ? { "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload" } : {}),
});
