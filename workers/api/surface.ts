import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context as HonoContext, MiddlewareHandler } from "hono";
import { toHex } from "#domain/bytes.ts";
import { isUuid } from "#domain/ids.ts";
import { Refusal } from "#domain/refusals.ts";
import { Replayed, type Reply, type RequestFacts } from "#services/context.ts";
import { bodyWithin } from "../body.ts";
import { log, logFault, newRequestId } from "../runtime.ts";
import type { ApiEnv } from "./app.ts";
import { replyOf, send } from "./operation.ts";
import { problem, refusalOf } from "./problems.ts";

/** Bodies above this are refused unread (DOMAIN §5.5). Uploads have their own way in. */
const MAX_BODY_BYTES = 256 * 1024;
const VERSION_TAG = /^(?:W\/)?"(\d{1,9})"$/;
const PRINTABLE = /^[\x20-\x7e]{1,255}$/;

/** Every request gets an id; every response carries it, and every line of the log. */
export const identified: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const requestId = newRequestId();
  c.set("requestId", requestId);
  c.set("startedAt", new Date());
  await next();
  if (!c.res.headers.get("Cache-Control")?.startsWith("public")) {
    // what caches keep says nothing of one request
    c.res.headers.set("X-Request-Id", requestId);
    c.res.headers.set("Cache-Control", "no-store");
  }
  log("info", "request", { request_id: requestId, method: c.req.method, route: c.req.routePath, status: c.res.status });
};

/**
 * What a request says of itself, whoever sent it. Refuses a body that is too large.
 *
 * @param versionsIn - reads the versions of `If-Match` as the surface understands it
 */
export async function factsOf(
  c: HonoContext<ApiEnv>,
  versionsIn: (headers: Headers) => readonly number[] | null = versionOf,
): Promise<RequestFacts> {
  const { headers } = c.req.raw;
  const changes = c.req.method !== "GET" && c.req.method !== "HEAD";
  const body = await bodyWithin(c, MAX_BODY_BYTES);
  if (!body) throw tooLarge();
  const path = c.req.path;
  return {
    id: c.var.requestId,
    method: c.req.method,
    path: withoutToken(path),
    ip: headers.get("cf-connecting-ip"),
    userAgent: headers.get("user-agent"),
    organizationId: idIn(headers, "X-Organization-Id", "an organization"),
    ifMatch: versionsIn(headers),
    idempotency: changes ? await idempotencyOf(headers, c.req.method, `${path}${search(c.req.url)}`, body) : null,
  };
}

/** A path as it may be kept and repeated: a token in it is a secret (DOMAIN §3.3). */
export const withoutToken = (path: string): string => path.replace(/^(\/api\/v2\/recruiter-candidates\/invitations\/)[^/]+/, "$1{token}");

const search = (url: string): string => (url.includes("?") ? url.slice(url.indexOf("?")) : "");

const tooLarge = () => new Refusal("body_too_large", "A body may have 256 KB at most.");

const badHeader = (name: string, message: string) =>
  new Refusal("invalid_parameter", `${name} ${message}`, { errors: [{ pointer: `header:${name}`, code: "invalid_format", message }] });

/** The id in a header of ours; null without one. */
export function idIn(headers: Headers, name: string, of: string): string | null {
  const id = headers.get(name);
  if (id !== null && !isUuid(id)) throw badHeader(name, `must be the id of ${of}`);
  return id;
}

function versionOf(headers: Headers): number[] | null {
  const tag = headers.get("if-match");
  if (tag === null || tag === "*") return null;
  const version = VERSION_TAG.exec(tag)?.[1];
  if (version === undefined) throw badHeader("If-Match", 'must be an ETag such as "3"');
  return [Number(version)];
}

async function idempotencyOf(headers: Headers, method: string, path: string, body: ArrayBuffer): Promise<RequestFacts["idempotency"]> {
  const key = headers.get("idempotency-key");
  if (key === null) return null;
  if (!PRINTABLE.test(key)) throw new Refusal("idempotency_key_invalid", "An Idempotency-Key has 1 to 255 printable ASCII characters.");
  const request = new TextEncoder().encode(`${method} ${path}\n`);
  const bytes = new Uint8Array(request.length + body.byteLength);
  bytes.set(request);
  bytes.set(new Uint8Array(body), request.length);
  const [fingerprint, pathHash] = await Promise.all([crypto.subtle.digest("SHA-256", bytes), crypto.subtle.digest("SHA-256", request)]);
  return { key, fingerprint: toHex(new Uint8Array(fingerprint)), anonymousOwner: `path:${toHex(new Uint8Array(pathHash))}` };
}

/** A path that is not there, or not with this method. */
export function noSuchRoute(api: OpenAPIHono<ApiEnv>, c: HonoContext<ApiEnv>): Reply {
  const allowed = methodsOf(api, c.req.path);
  if (allowed.length === 0) return problem(new Refusal("not_found", "There is no such path."), withoutToken(c.req.path), c.var.requestId);
  const refusal = new Refusal("method_not_allowed", `This path takes ${allowed.join(", ")}.`, { allowed });
  const reply = problem(refusal, withoutToken(c.req.path), c.var.requestId);
  return { ...reply, headers: { ...reply.headers, Allow: allowed.join(", ") } };
}

/** Whatever was thrown, as a problem; a bug is told to the log alone. */
export function answerTo(error: Error, c: HonoContext<ApiEnv>): Response {
  if (error instanceof Replayed) return replyOf(error);
  const refusal = refusalOf(error);
  if (refusal.code === "internal") logFault(c.var.requestId, error);
  return send(problem(refusal, withoutToken(c.req.path), c.var.requestId));
}

/** The methods that a path has. */
function methodsOf(api: OpenAPIHono<ApiEnv>, path: string): string[] {
  const methods = api.routes.flatMap(({ method, path: pattern }) =>
    method !== "ALL" && new RegExp(`^${pattern.replaceAll(/:\w+/g, "[^/]+")}$`).test(path) ? [method] : [],
  );
  return [...new Set(methods)].toSorted();
}
