import { Hono, type Context as HonoContext, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { csrf } from "hono/csrf";
import { HTTPException } from "hono/http-exception";
import type { Child, FC } from "hono/jsx";
import { toBase64Url } from "#domain/bytes.ts";
import { Refusal } from "#domain/refusals.ts";
import type { Context } from "#services/context.ts";
import { CACHING, type PagePolicy, pageHeaders } from "#ui/headers.ts";
import { Document, Mark } from "#ui/page.tsx";
import { PROBLEMS, refusalOf } from "./api/problems.ts";
import { type Env, log, logFault, newRequestId } from "./runtime.ts";
import { crossSite, sameOrigin } from "./same-origin.ts";

/** What the surfaces for people outside have in common: pages without a script, behind the gates that guard cookies. */

export interface OutsideEnv {
  Bindings: Env;
  Variables: {
    requestId: string;
    /** By which the page's policy allows the brand's style, in a page that nobody keeps. */
    nonce: string;
    /** Set by a page that shared caches may keep: the hash of its brand's style, and the company whose change ends it. */
    kept?: { hash: string; companyId: string } | undefined;
    /** What the page's handler worked with, where somebody is signed in. */
    ctx?: Context;
  };
}

export type OutsideContext = HonoContext<OutsideEnv>;
export type OutsidePage = (c: OutsideContext) => Response | Promise<Response>;

const NONCE_BYTES = 16;

export interface OutsidePolicy extends Pick<PagePolicy, "referrer"> {
  /** How large a posted form may be. */
  maxBytes: number;
  /** The path of a request as the routes know it, where that is not the address's own. */
  getPath?: (request: Request) => string;
}

/**
 * An app for people outside. Whatever it answers is nobody's to keep, unless the page says `kept`.
 */
export function outsideApp({ referrer, maxBytes, getPath }: OutsidePolicy): Hono<OutsideEnv> {
  const app = new Hono<OutsideEnv>(getPath ? { getPath } : {});
  app.use(identified, headed(referrer), bodyLimit({ maxSize: maxBytes }), csrf(), sameOrigin);
  app.notFound((c) => refusalPage(c, new Refusal("not_found", "There is no such page.")));
  app.onError((error, c) => {
    c.set("kept", undefined);
    return refusalPage(c, refusalBehind(c, error));
  });
  return app;
}

const identified: MiddlewareHandler<OutsideEnv> = async (c, next) => {
  c.set("requestId", newRequestId());
  await next();
  if (c.var.kept === undefined) c.res.headers.set("X-Request-Id", c.var.requestId); // a page that is kept says nothing of one visit
  log("info", "request", { request_id: c.var.requestId, method: c.req.method, route: c.req.routePath, status: c.res.status });
};

const headed =
  (referrer: PagePolicy["referrer"]): MiddlewareHandler<OutsideEnv> =>
  async (c, next) => {
    const nonce = toBase64Url(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));
    c.set("nonce", nonce);
    await next();
    const { kept } = c.var;
    const style = kept ? { hash: kept.hash } : { nonce };
    const headers = pageHeaders({ style, script: false, production: c.env.ENVIRONMENT !== "development", referrer });
    for (const [name, value] of Object.entries(headers)) if (name !== "Cache-Control") c.res.headers.set(name, value);
    if (!c.res.headers.has("Cache-Control")) c.res.headers.set("Cache-Control", kept ? CACHING.shared : CACHING.own);
    if (!kept) return;
    c.res.headers.set("Cache-Tag", `company:${kept.companyId}`);
    if (c.res.status === 200) await unlessKnown(c);
  };

/** Answers 304 to whoever holds the same page already. */
async function unlessKnown(c: OutsideContext): Promise<void> {
  const digest = await crypto.subtle.digest("SHA-256", await c.res.clone().arrayBuffer());
  const tag = `"${toBase64Url(new Uint8Array(digest)).slice(0, 22)}"`;
  c.res.headers.set("ETag", tag);
  const held = (c.req.header("if-none-match") ?? "").split(",").map((each) => each.trim().replace(/^W\//, ""));
  if (!held.includes(tag)) return;
  const { headers } = c.res;
  c.res = new Response(null, { status: 304, headers });
}

/** The refusal behind whatever a page threw; the log is told of a bug. */
export function refusalBehind(c: OutsideContext, error: unknown): Refusal {
  const refusal = error instanceof HTTPException ? refusalOfGate(error) : refusalOf(error);
  if (refusal.code === "internal") logFault(c.var.requestId, error);
  return refusal;
}

/** What hono's own gates refuse, in our words. */
const refusalOfGate = ({ status }: HTTPException): Refusal =>
  status === 413 ? new Refusal("body_too_large", "This is more than can be sent at once.") : crossSite();

/** Sends a whole document, with the doctype that JSX does not write. */
export async function send(c: OutsideContext, page: Child, status = 200): Promise<Response> {
  return c.html(`<!DOCTYPE html>${await Promise.resolve(String(page))}`, status as 200);
}

/** One card that nobody shall find by searching: what is missing or went wrong, or a step before one is in. */
export const Plain: FC<{ title: string; home?: string; status?: Child; children?: Child }> = ({ title, home, status, children }) => (
  <Document title={title} script={false} head={<meta name="robots" content="noindex" />} class="slim">
    <main id="main">
      <Mark href={home ?? "https://splits.network/"} />
      {status}
      <div class="card stack wide">
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  </Document>
);

function refusalPage(c: OutsideContext, refusal: Refusal): Promise<Response> {
  const { status, title } = PROBLEMS[refusal.code];
  return send(
    c,
    <Plain title={title}>
      <p class="prose">{refusal.message}</p>
      <p class="soft small">
        Request <code>{c.var.requestId}</code>
      </p>
    </Plain>,
    status,
  );
}
