import type { MiddlewareHandler } from "hono";
import { Refusal } from "#domain/refusals.ts";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

export const crossSite = () =>
  new Refusal("cross_site_request", "This was sent from another site, or by a browser that does not say from where. Nothing was changed.");

/**
 * For hosts with cookies: whatever changes something comes from our own pages, whatever its content
 * type. Either header suffices, because under `no-referrer` browsers send `Origin: null` with their
 * own forms (IDENTITY §4).
 */
export const sameOrigin: MiddlewareHandler = async (c, next) => {
  const { method, headers, url } = c.req.raw;
  const isOwn = headers.get("sec-fetch-site") === "same-origin" || headers.get("origin") === new URL(url).origin;
  if (!SAFE.has(method) && !isOwn) throw crossSite();
  await next();
};
