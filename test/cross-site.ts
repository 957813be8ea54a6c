/** How another site's requests look, by where they come from (IDENTITY G-2). */
export const FOREIGN: readonly (readonly [string, Record<string, string>])[] = [
  ["another site", { "sec-fetch-site": "cross-site", origin: "https://elsewhere.test" }],
  ["a sibling subdomain", { "sec-fetch-site": "same-site", origin: "http://portal.127.0.0.1:8787" }],
  ["another port", { origin: "http://127.0.0.1:8788" }],
  ["an opaque origin", { origin: "null" }],
  ["nowhere it would name", {}],
];

export const CONTENT_TYPES = ["application/x-www-form-urlencoded", "text/plain", "application/json", "application/octet-stream", ""];

/** Every address at which something is changed, among the routes of an app or the pages of the console. */
export const changesOf = (routes: readonly (readonly [method: string, path: string, ...unknown[]])[]): string[] =>
  routes
    .filter(([method, path]) => method === "POST" && path !== "/*")
    .map(([, path]) => path.replace(/:(?:token|link)(?:\{[^}]+\}(?:\})?)?/, "x".repeat(43)).replace(/:\w+/, crypto.randomUUID()));
