import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { csrf } from "hono/csrf";
import { HTTPException } from "hono/http-exception";
import { toBase64Url } from "#domain/bytes.ts";
import { HOME } from "#domain/identity/session.ts";
import { Refusal } from "#domain/refusals.ts";
import { noteSeen } from "#services/sessions/session.ts";
import { pageHeaders } from "#ui/headers.ts";
import { guessingTwice } from "../api/operation.ts";
import { refusalOf } from "../api/problems.ts";
import { log, logFault, newRequestId } from "../runtime.ts";
import { crossSite, sameOrigin } from "../same-origin.ts";
import { dropSession, type PageContext, type PageEnv, signInPath, wantedPath } from "./context.ts";
import { frame } from "./frame.tsx";
import { authorizePage } from "./pages/authorize.tsx";
import { errorPage } from "./pages/error.tsx";
import { homePage, organizationChosen } from "./pages/home.tsx";
import { allNotificationsRead, notificationRead, notificationsPage } from "./pages/notifications.tsx";
import { endAllPage, allSessionsEnded, sessionEnded, sessionsPage, signedOut } from "./pages/sessions.tsx";
import { signInPage, signInReturned, signInStarted } from "./pages/sign-in.tsx";

const MAX_BODY_BYTES = 256 * 1024;
const NONCE_BYTES = 16;

/** Every page has a request id, and afterwards its session was seen. */
const identified: MiddlewareHandler<PageEnv> = async (c, next) => {
  c.set("requestId", newRequestId());
  await next();
  c.res.headers.set("X-Request-Id", c.var.requestId);
  log("info", "request", { request_id: c.var.requestId, method: c.req.method, route: c.req.routePath, status: c.res.status });
  const { ctx } = c.var;
  if (ctx?.session) c.executionCtx.waitUntil(noteSeen(ctx).catch((error: unknown) => logFault(c.var.requestId, error)));
};

const guarded: MiddlewareHandler<PageEnv> = async (c, next) => {
  await next();
  const policy = {
    nonce: toBase64Url(crypto.getRandomValues(new Uint8Array(NONCE_BYTES))),
    production: c.env.ENVIRONMENT !== "development",
    referrer: c.req.path.startsWith("/console") ? "same-origin" : "no-referrer",
    formTarget: c.var.formTarget,
  } as const;
  for (const [name, value] of Object.entries(pageHeaders(policy))) c.res.headers.set(name, value);
};

type Page = (c: PageContext) => Response | Promise<Response>;

/** Every page and every form of the console. */
const PAGES: readonly (readonly ["GET" | "POST", string, Page])[] = [
  ["GET", "/", (c) => c.redirect(HOME, 303)],
  ["GET", "/sign-in", signInPage],
  ["POST", "/sign-in", signInStarted],
  ["GET", "/sso/oidc/callback", signInReturned],
  ["GET", "/oauth/authorize", authorizePage],
  ["POST", "/oauth/authorize", authorizePage],
  ["POST", "/sign-out", signedOut],
  ["POST", "/session/organization", organizationChosen],
  ["GET", "/console", homePage],
  ["GET", "/console/notifications", notificationsPage],
  ["POST", "/console/notifications/read", allNotificationsRead],
  ["POST", "/console/notifications/:id/read", notificationRead],
  ["GET", "/console/sessions", sessionsPage],
  ["GET", "/console/sessions/end-all", endAllPage],
  ["POST", "/console/sessions/end-all", allSessionsEnded],
  ["POST", "/console/sessions/:id/end", sessionEnded],
];

/** What answers on the console's host: pages behind the gates that guard cookies. */
export const consoleApp = new Hono<PageEnv>();

consoleApp.use(identified, guarded, frame, bodyLimit({ maxSize: MAX_BODY_BYTES }), csrf(), sameOrigin);

for (const [method, path, page] of PAGES) consoleApp.on(method, path, (c) => guessingTwice(async () => page(c)));

if (__DEV_AUTH__) {
  consoleApp.on(["GET", "POST"], "/dev/sign-in", async (c) => (await import("./pages/dev-sign-in.tsx")).devSignIn(c));
}

consoleApp.notFound((c) => errorPage(c, new Refusal("not_found", "There is no such page, or it is not for you.")));

consoleApp.onError((error, c) => {
  const refusal = error instanceof HTTPException ? refusalOfGate(error) : refusalOf(error);
  if (refusal.code === "missing_credential") {
    dropSession(c);
    return c.redirect(signInPath(wantedPath(c)), 303);
  }
  if (refusal.code === "internal") logFault(c.var.requestId, error);
  return errorPage(c, refusal);
});

/** What hono's own gates refuse, in our words. */
const refusalOfGate = ({ status }: HTTPException): Refusal =>
  status === 413 ? new Refusal("body_too_large", "A form may have 256 KB at most.") : crossSite();
