import type { Context as HonoContext } from "hono";
import { registeredOrigins } from "#services/oauth/registered-origins.ts";
import type { ApiEnv } from "./api/app.ts";
import { contextOfStranger } from "./stranger.ts";

type Call = HonoContext<ApiEnv>;

/** The registered origins are believed for so long, in the memory of the isolate. */
const BELIEVED_MS = 60_000;
const PREFLIGHT_SECONDS = 600;
const METHODS = "GET, POST, PUT, PATCH, DELETE";
const SENT = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Account-Id";
const SHOWN =
  "ETag, Idempotent-Replayed, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Overage, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-RateLimit-Used, X-Request-Id";

let believed: { origins: ReadonlyMap<string, ReadonlySet<string>>; until: number } | null = null;

async function originsOf(c: Call): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const now = Date.now();
  if (believed && believed.until > now) return believed.origins;
  const origins = await registeredOrigins(contextOfStranger(c));
  believed = { origins, until: now + BELIEVED_MS };
  return origins;
}

/** Answers a preflight: only an origin that a public client has registered may go on (PLATFORM §1). */
export async function preflight(c: Call): Promise<Response> {
  const origin = c.req.header("origin");
  const open = origin !== undefined && (await originsOf(c)).has(origin);
  const headers = {
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": SENT,
    "Access-Control-Max-Age": String(PREFLIGHT_SECONDS),
  };
  return new Response(null, {
    status: 204,
    headers: { Vary: "Origin", ...(open ? { "Access-Control-Allow-Origin": origin, ...headers } : {}) },
  });
}

/**
 * Lets the page that asked read the answer, if its origin is one of this client's own.
 *
 * @param client - the id of the client behind the token, or the one it is known by outside
 */
export async function showTo(c: Call, response: Response, client: string | null): Promise<void> {
  const origin = c.req.header("origin");
  if (origin === undefined) return;
  response.headers.append("Vary", "Origin");
  if (client === null || !(await originsOf(c)).get(origin)?.has(client)) return;
  response.headers.set("Access-Control-Allow-Origin", origin);
  response.headers.set("Access-Control-Expose-Headers", SHOWN);
}
