import { OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import type { Caller, Context, RequestFacts, RequestTrace } from "#services/context.ts";
import { registerSubject } from "#services/users/register-subject.ts";
import { type Env, issuerOf } from "../runtime.ts";
import { clerkWebhook } from "./clerk-webhook.ts";
import { DOCUMENTS } from "./documents.ts";
import { send } from "./operation.ts";
import { callerOf } from "./session-token.ts";
import { stripeWebhook } from "./stripe-webhooks.ts";
import { answerTo, factsOf, identified, noSuchRoute } from "./surface.ts";
import type { Admission } from "./v1/admission.ts";
import { isV1, v1 } from "./v1/app.ts";
import { resourceOf, V2, v2 } from "./v2/app.ts";

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

/** Reads the credential and the request's own facts; no database, no body rule is asked before. */
const authenticated: MiddlewareHandler<ApiEnv> = async (c, next) => {
  c.set("caller", await callerOf(c.req.raw.headers, issuerOf(c.env)));
  c.set("welcome", registerSubject);
  c.set("requestFacts", await factsOf(c));
  await next();
};

let partner: OpenAPIHono<ApiEnv> | undefined;
const apps = new Map<string | null, OpenAPIHono<ApiEnv>>();

/**
 * The app that answers a request. Each resource has its own, made when it is first asked for: a cold
 * start builds no contract that its request does not need, and a path is looked for among few.
 */
export function apiFor(request: Request): OpenAPIHono<ApiEnv> {
  if (isV1(request.url)) return (partner ??= v1());
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
  for (const [path, document] of Object.entries(DOCUMENTS)) {
    api.get(path, (c) =>
      c.body(document(c.env.API_ORIGIN), 200, { "Content-Type": "application/json", "Access-Control-Allow-Origin": "*" }),
    );
  }
  api.post("/webhooks/clerk", clerkWebhook);
  api.post("/stripe/webhooks", stripeWebhook("platform"));
  api.post("/stripe/connect-webhooks", stripeWebhook("connect"));
  api.use(authenticated);
  if (resource) api.route(V2, v2(resource));
  api.notFound((c) => send(noSuchRoute(api, c)));
  api.onError((error, c) => answerTo(error, c));
  return api;
}
