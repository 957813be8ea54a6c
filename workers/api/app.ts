import { OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { toHex } from "#domain/bytes.ts";
import { isUuid, uuidv7 } from "#domain/ids.ts";
import { Refusal } from "#domain/refusals.ts";
import { databaseRefusal } from "#services/commit.ts";
import { type Caller, type Context, Replayed, type RequestFacts } from "#services/context.ts";
import { registerSubject } from "#services/users/register-subject.ts";
import { type Env, issuerOf, log } from "../runtime.ts";
import { clerkWebhook, clerkWebhookContract } from "./clerk-webhook.ts";
import { contractsUnder, replyOf, send } from "./operation.ts";
import { problem, refusalOf } from "./problems.ts";
import { callerOf } from "./session-token.ts";
import { stripeWebhook, stripeWebhookContracts } from "./stripe-webhooks.ts";
import { resourceOf, v2 } from "./v2/app.ts";

export interface ApiEnv {
  Bindings: Env;
  Variables: {
    requestId: string;
    caller: Caller;
    requestFacts: RequestFacts;
    welcome: (ctx: Context) => Promise<boolean>;
  };
}

const V2 = "/api/v2";

/** Bodies above this are refused unread (DOMAIN §5.5). Uploads have their own way in. */
const MAX_BODY_BYTES = 256 * 1024;
const VERSION_TAG = /^(?:W\/)?"(\d{1,9})"$/;
const PRINTABLE = /^[\x20-\x7e]{1,255}$/;

/** Every request gets an id; every response carries it, and every line of the log. */
const identified: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const requestId = uuidv7(new Date(), 0, crypto.getRandomValues(new Uint8Array(8)));
  c.set("requestId", requestId);
  await next();
  c.res.headers.set("X-Request-Id", requestId);
  c.res.headers.set("Cache-Control", "no-store");
  log("info", "request", { request_id: requestId, method: c.req.method, route: c.req.routePath, status: c.res.status });
};

/** Reads the credential and the request's own facts; no database, no body rule is asked before. */
const authenticated: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const headers = c.req.raw.headers;
  c.set("caller", await callerOf(headers, issuerOf(c.env)));
  c.set("welcome", registerSubject);
  if (Number(headers.get("content-length") ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const changes = c.req.method !== "GET" && c.req.method !== "HEAD";
  const body = changes ? await c.req.arrayBuffer() : new ArrayBuffer(0);
  if (body.byteLength > MAX_BODY_BYTES) throw tooLarge();
  const path = c.req.path;
  c.set("requestFacts", {
    id: c.var.requestId,
    method: c.req.method,
    path: withoutToken(path),
    ip: headers.get("cf-connecting-ip"),
    userAgent: headers.get("user-agent"),
    organizationId: organizationOf(headers),
    ifMatch: versionOf(headers),
    idempotency: changes ? await idempotencyOf(headers, c.req.method, `${path}${search(c.req.url)}`, body) : null,
  });
  await next();
};

/** A path as it may be kept and repeated: a token in it is a secret (DOMAIN §3.3). */
const withoutToken = (path: string): string =>
  path.replace(/^(\/api\/v2\/(?:recruiter-candidates\/invitations|team-invitations\/tokens)\/)[^/]+/, "$1{token}");

const search = (url: string): string => (url.includes("?") ? url.slice(url.indexOf("?")) : "");

const tooLarge = () => new Refusal("body_too_large", "A body may have 256 KB at most.");

const badHeader = (name: string, message: string) =>
  new Refusal("invalid_parameter", `${name} ${message}`, { errors: [{ pointer: `header:${name}`, code: "invalid_format", message }] });

function organizationOf(headers: Headers): string | null {
  const id = headers.get("x-organization-id");
  if (id !== null && !isUuid(id)) throw badHeader("X-Organization-Id", "must be the id of an organization");
  return id;
}

function versionOf(headers: Headers): number | null {
  const tag = headers.get("if-match");
  if (tag === null || tag === "*") return null;
  const version = VERSION_TAG.exec(tag)?.[1];
  if (version === undefined) throw badHeader("If-Match", 'must be an ETag such as "3"');
  return Number(version);
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

const apps = new Map<string | null, OpenAPIHono<ApiEnv>>();

/**
 * The app that answers a request. Each resource has its own, loaded and made when it is first asked
 * for: a cold start builds no contract that its request does not need, and a path is looked for among few.
 */
export async function apiFor(request: Request): Promise<OpenAPIHono<ApiEnv>> {
  const resource = resourceOf(request.url);
  const known = apps.get(resource);
  if (known) return known;
  const api = await apiApp(resource);
  apps.set(resource, api);
  return api;
}

/** Request ids, credentials and one form of error around what answers for itself and one resource. */
async function apiApp(resource: string | null): Promise<OpenAPIHono<ApiEnv>> {
  const api = new OpenAPIHono<ApiEnv>();
  api.use(identified);
  api.get("/openapi.json", async (c) => c.body(await openApiDocument(c.env.API_ORIGIN), 200, { "Content-Type": "application/json" }));
  api.post("/webhooks/clerk", clerkWebhook);
  api.post("/stripe/webhooks", stripeWebhook("platform"));
  api.post("/stripe/connect-webhooks", stripeWebhook("connect"));
  api.use(authenticated);
  if (resource) api.route(V2, await v2(resource));
  api.notFound((c) => {
    const allowed = methodsOf(api, c.req.path);
    const refusal =
      allowed.length > 0
        ? new Refusal("method_not_allowed", `This path takes ${allowed.join(", ")}.`, { allowed })
        : new Refusal("not_found", "There is no such path.");
    const reply = problem(refusal, withoutToken(c.req.path), c.var.requestId);
    return send(allowed.length > 0 ? { ...reply, headers: { ...reply.headers, Allow: allowed.join(", ") } } : reply);
  });
  api.onError((error, c) => {
    if (error instanceof Replayed) return replyOf(error);
    const refusal = refusalOf(error);
    if (refusal.code === "internal")
      log("error", "fault", {
        request_id: c.var.requestId,
        error: error.name,
        ...databaseRefusal(error),
        stack: error.stack?.split("\n").slice(1, 6),
      });
    return send(problem(refusal, withoutToken(c.req.path), c.var.requestId));
  });
  return api;
}

/** The methods that a path has. */
function methodsOf(api: OpenAPIHono<ApiEnv>, path: string): string[] {
  const methods = api.routes.flatMap(({ method, path: pattern }) =>
    method !== "ALL" && new RegExp(`^${pattern.replaceAll(/:\w+/g, "[^/]+")}$`).test(path) ? [method] : [],
  );
  return [...new Set(methods)].toSorted();
}

/** The contract of every route, as it is sent. */
async function openApiDocument(origin: string): Promise<string> {
  const contract = new OpenAPIHono();
  await v2(); // registers every contract
  for (const route of [clerkWebhookContract, ...stripeWebhookContracts, ...contractsUnder(V2)])
    contract.openAPIRegistry.registerPath(route);
  contract.openAPIRegistry.registerComponent("securitySchemes", "session", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "A session token of the identity issuer",
  });
  const document = contract.getOpenAPIDocument({
    openapi: "3.0.3",
    info: {
      title: "Splits Network",
      version: "2.0.0",
      description: "The split-fee recruiting marketplace: first-party API.",
      license: { name: "Proprietary", url: "https://splits.network/terms" },
    },
    servers: [{ url: origin }],
  });
  return JSON.stringify(document, (_, value: unknown) => (isAnything(value) ? {} : value));
}

/** `{nullable: true}` alone is how anything at all is generated; OpenAPI 3.0 asks for a type beside it, or for nothing. */
const isAnything = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "nullable" in value && Object.keys(value).length === 1;
