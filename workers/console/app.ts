import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { csrf } from "hono/csrf";
import { HTTPException } from "hono/http-exception";
import { toBase64Url } from "#domain/bytes.ts";
import { Refusal } from "#domain/refusals.ts";
import { SecretGone } from "#services/context.ts";
import { noteSeen } from "#services/sessions/session.ts";
import { pageHeaders } from "#ui/headers.ts";
import { guessingTwice } from "../api/operation.ts";
import { refusalOf } from "../api/problems.ts";
import { log, logFault, newRequestId } from "../runtime.ts";
import { crossSite, sameOrigin } from "../same-origin.ts";
import { dropSession, type PageEnv, type Pages, requireStorable, signInPath, wantedPath } from "./context.ts";
import { keepForm } from "./kept-form.ts";
import { frame } from "./frame.tsx";
import { errorPage, goneSecretPage } from "./pages/error.tsx";

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
  const nonce = toBase64Url(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));
  c.set("nonce", nonce);
  await next();
  const policy = {
    style: { nonce },
    production: c.env.ENVIRONMENT !== "development",
    formTarget: c.var.formTarget,
    referrer: /^\/(?:console|developers)(?:\/|$)/.test(c.req.path) ? "same-origin" : "no-referrer",
  } as const;
  for (const [name, value] of Object.entries(pageHeaders(policy))) c.res.headers.set(name, value);
};

/** Pages read their addresses themselves; none needs to expect what no table can hold. */
const storable: MiddlewareHandler<PageEnv> = async (c, next) => {
  requireStorable(new URL(c.req.url).searchParams);
  await next();
};

/** A part of the console, whose pages stand below an address of their own. */
interface Part {
  below: string;
  pages: () => Promise<Pages>;
}

/** What is below no part's address is everybody's. */
const EVERYBODYS: Part = { below: "", pages: async () => (await import("./pages/index.ts")).PAGES };

/** The whole console, in the order in which it is asked. */
export const PARTS: readonly Part[] = [
  { below: "/developers", pages: async () => (await import("./pages/developers/index.ts")).PAGES },
  { below: "/console/company", pages: async () => (await import("./pages/company/index.ts")).PAGES },
  { below: "/console/admin", pages: async () => (await import("./pages/admin/index.ts")).PAGES },
  EVERYBODYS,
];

const apps = new Map<Part, Hono<PageEnv>>();

/**
 * The app that answers a request on the console's host. Each part has its own, loaded and made when it is
 * first asked for: a cold start runs no page that its request does not need.
 */
export async function consoleFor({ url }: Request): Promise<Hono<PageEnv>> {
  const { pathname } = new URL(url);
  const part = PARTS.find(({ below }) => pathname === below || pathname.startsWith(`${below}/`)) ?? EVERYBODYS;
  const app = apps.get(part) ?? consoleApp(await part.pages());
  apps.set(part, app);
  return app;
}

/** Pages behind the gates that guard cookies. */
function consoleApp(pages: Pages): Hono<PageEnv> {
  const app = new Hono<PageEnv>();
  // the generator's preview asks here, as the console's policy demands; it is anybody's to read (SURFACES §2.1)
  app.get("/api/v1/intake/:companyId", async (c) =>
    (await import("../embed/intake.ts")).intakeApp.fetch(c.req.raw, c.env, c.executionCtx as ExecutionContext),
  );
  app.use(identified, guarded, frame, bodyLimit({ maxSize: MAX_BODY_BYTES }), csrf(), sameOrigin, storable);
  for (const [method, path, page] of pages) {
    const hasPage = pages.some(([other, at]) => other === "GET" && at === path);
    app.on(method, path, (c) => {
      c.set("hasPage", hasPage);
      return guessingTwice(async () => page(c));
    });
  }
  app.notFound((c) => errorPage(c, new Refusal("not_found", "There is no such page, or it is not for you.")));

  app.onError(async (error, c) => {
    const refusal = error instanceof HTTPException ? refusalOfGate(error) : refusalOf(error);
    if (refusal.code === "missing_credential") {
      dropSession(c);
      if (c.req.method === "POST") await keepForm(c);
      return c.redirect(signInPath(wantedPath(c)), 303);
    }
    if (error instanceof SecretGone) return goneSecretPage(c);
    if (refusal.code === "internal") logFault(c.var.requestId, error);
    return errorPage(c, refusal);
  });
  return app;
}

/** What hono's own gates refuse, in our words. */
const refusalOfGate = ({ status }: HTTPException): Refusal =>
  status === 413 ? new Refusal("body_too_large", "A form may have 256 KB at most.") : crossSite();
