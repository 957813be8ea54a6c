import { OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import type { Caller, Context, RequestFacts, RequestTrace } from "#services/context.ts";
import { registerSubject } from "#services/users/register-subject.ts";
import { isOAuth, oauthApp } from "../oauth/app.ts";
import { type Env, issuerOf } from "../runtime.ts";
import { clerkWebhook, clerkWebhookContract } from "./clerk-webhook.ts";
import { contractsUnder, send } from "./operation.ts";
import { callerOf } from "./session-token.ts";
import { stripeWebhook, stripeWebhookContracts } from "./stripe-webhooks.ts";
import { answerTo, factsOf, identified, noSuchRoute } from "./surface.ts";
import type { Admission } from "./v1/admission.ts";
import { isV1, v1 } from "./v1/app.ts";
import { resourceOf, v2 } from "./v2/app.ts";

export interface ApiEnv {
  Bindings: Env;
  Variables: {
    requestId: string;
    caller: Caller;
    requestFacts: RequestFacts;
    welcome: (ctx: Context) => Promise<boolean>;
    startedAt: Date;
    /** Only on the partner API: who was let in and how far they may go, the context of the verb, and the row of the request log. */
    admission: Admission | undefined;
    ctx: Context | undefined;
    trace: RequestTrace | undefined;
    errorCode: string | undefined;
  };
}

const V2 = "/api/v2";

/** Reads the credential and the request's own facts; no database, no body rule is asked before. */
const authenticated: MiddlewareHandler<ApiEnv> = async (c, next) => {
  c.set("caller", await callerOf(c.req.raw.headers, issuerOf(c.env)));
  c.set("welcome", registerSubject);
  c.set("requestFacts", await factsOf(c));
  await next();
};

let partner: OpenAPIHono<ApiEnv> | undefined;
let oauth: OpenAPIHono<ApiEnv> | undefined;
const apps = new Map<string | null, OpenAPIHono<ApiEnv>>();

/**
 * The app that answers a request. Each resource has its own, made when it is first asked for: a cold
 * start builds no contract that its request does not need, and a path is looked for among few.
 */
export function apiFor(request: Request): OpenAPIHono<ApiEnv> {
  if (isV1(request.url)) return (partner ??= v1());
  if (isOAuth(request.url)) return (oauth ??= oauthApp());
  const resource = resourceOf(request.url);
  const known = apps.get(resource);
  if (known) return known;
  const api = apiApp(resource);
  apps.set(resource, api);
  return api;
}

/** Request ids, credentials and one form of error around what answers for itself and one resource. */
function apiApp(resource: string | null): OpenAPIHono<ApiEnv> {
  const api = new OpenAPIHono<ApiEnv>();
  api.use(identified);
  api.get("/openapi.json", (c) => c.body(openApiDocument(c.env.API_ORIGIN), 200, { "Content-Type": "application/json" }));
  api.post("/webhooks/clerk", clerkWebhook);
  api.post("/stripe/webhooks", stripeWebhook("platform"));
  api.post("/stripe/connect-webhooks", stripeWebhook("connect"));
  api.use(authenticated);
  if (resource) api.route(V2, v2(resource));
  api.notFound((c) => send(noSuchRoute(api, c)));
  api.onError((error, c) => answerTo(error, c));
  return api;
}

/** The contract of every route, as it is sent. */
function openApiDocument(origin: string): string {
  const contract = new OpenAPIHono();
  v2(); // registers every contract
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
