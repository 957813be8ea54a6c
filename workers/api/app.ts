import { OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import type { Caller, Context, RequestFacts, RequestTrace } from "#services/context.ts";
import { type Env, issuerOf } from "../runtime.ts";
import { send } from "./operation.ts";
import { callerOf } from "./session-token.ts";
import { answerTo, factsOf, identified, noSuchRoute } from "./surface.ts";
import type { Admission } from "./v1/admission.ts";
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
  c.set("welcome", async (ctx) => (await import("#services/users/register-subject.ts")).registerSubject(ctx));
  c.set("requestFacts", await factsOf(c));
  await next();
};

/** The contracts, which are written when they are asked for. */
const DOCUMENTS = ["/openapi.json", "/openapi-3.1.json", `${V2}/openapi.json`] as const;

const isV1 = (url: string): boolean => /^[a-z]+:\/\/[^/]+\/api\/v1(?:[/?]|$)/.test(url);

const isIntake = (url: string): boolean => /^[a-z]+:\/\/[^/]+\/api\/v1\/intake\//.test(url);

const isOAuth = (url: string): boolean => /^[a-z]+:\/\/[^/]+\/(?:oauth|\.well-known\/oauth-[a-z-]+)(?:[/?]|$)/.test(url);

let partner: OpenAPIHono<ApiEnv> | undefined;
let oauth: OpenAPIHono<ApiEnv> | undefined;
const apps = new Map<string | null, OpenAPIHono<ApiEnv>>();

/**
 * The app that answers a request. Each resource has its own, loaded and made when it is first asked
 * for: a cold start builds no contract that its request does not need, and a path is looked for among few.
 */
export async function apiFor(request: Request): Promise<OpenAPIHono<ApiEnv>> {
  if (isIntake(request.url)) return (await import("../embed/intake.ts")).intakeApp;
  if (isV1(request.url)) return (partner ??= (await import("./v1/app.ts")).v1());
  if (isOAuth(request.url)) return (oauth ??= (await import("../oauth/app.ts")).oauthApp());
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
  for (const path of DOCUMENTS) {
    api.get(path, async (c) => {
      const { documentAt } = await import("./documents.ts");
      return c.body(await documentAt(path, c.env), 200, {
        "Content-Type": "application/json",
        "Access-Control-Allow-Origin": "*",
      });
    });
  }
  api.get("/docs", async (c, next) => (await import("./pages/docs.tsx")).docsPage(c, next));
  api.get("/docs/migrate", async (c, next) => (await import("./pages/versions.tsx")).migratePage(c, next));
  api.get("/docs/policy", async (c, next) => (await import("./pages/versions.tsx")).policyPage(c, next));
  api.get("/docs/:guide", async (c, next) => (await import("./pages/guide.tsx")).guidePage(c, next));
  api.get("/docs/problems/:code", async (c, next) => (await import("./pages/problem.tsx")).problemPage(c, next));
  api.get("/postman.json", async (c) => c.redirect((await import("#assets")).default.postman));
  api.get("/problems/:code", (c) => c.redirect(`/docs/problems/${encodeURIComponent(c.req.param("code"))}`, 308));
  api.post("/webhooks/clerk", async (c, next) => (await import("./clerk-webhook.ts")).clerkWebhook(c, next));
  api.post("/stripe/webhooks", async (c, next) => (await import("./stripe-webhooks.ts")).stripeWebhook("platform")(c, next));
  api.post("/stripe/connect-webhooks", async (c, next) => (await import("./stripe-webhooks.ts")).stripeWebhook("connect")(c, next));
  api.post("/security/leaked-credentials", async (c, next) => (await import("./leaked-credentials.ts")).leakedCredentials(c, next));
  api.use(authenticated);
  if (resource) api.route(V2, await v2(resource));
  api.notFound((c) => send(noSuchRoute(api, c)));
  api.onError((error, c) => answerTo(error, c));
  return api;
}
