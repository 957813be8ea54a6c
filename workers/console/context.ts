import type { Context as HonoContext } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { toHex } from "#domain/bytes.ts";
import { HOME, returnPath } from "#domain/identity/session.ts";
import { Refusal } from "#domain/refusals.ts";
import { isUuid } from "#domain/ids.ts";
import { type Audience, type Caller, Context, type PartnerRequest } from "#services/context.ts";
import { databaseOf, type Env, portsOf } from "../runtime.ts";

export interface PageEnv {
  Bindings: Env;
  Variables: {
    requestId: string;
    /** By which the page's policy allows the brand's style. */
    nonce: string;
    /** What the page's handler worked with; the frame shows who is in it. */
    ctx?: Context;
    /** Where else than here the answer to the page's form may lead, as a CSP source. */
    formTarget?: string;
  };
}

export type PageContext = HonoContext<PageEnv>;

/** The token of the session, and the secret that binds a sign-in to its browser (IDENTITY §4, §8). */
const SESSION = "__Host-splits_s";
const BROWSER = "__Host-splits_t";
/** The account for which its pages are read. */
const ACCOUNT = "__Host-splits_a";
const TOKEN = /^[\w-]{43}$/;
const HOST_ONLY = { path: "/", secure: true, httpOnly: true, sameSite: "Lax" } as const;
/** As long as a sign-in may take. */
const BROWSER_SECONDS = 600;

/**
 * What a page's verbs work with. A page for persons that is asked for without a session is refused
 * with `missing_credential`, which becomes the way to the sign-in.
 */
export async function contextOf(c: PageContext, audience: Audience = "person", partner?: PartnerRequest): Promise<Context> {
  const caller = await callerOf(c);
  if (caller.kind === "anonymous" && audience !== "public") throw new Refusal("missing_credential", "Sign in to see this.");
  const { headers, method } = c.req.raw;
  const ctx = new Context({
    caller,
    audience,
    database: databaseOf(c.env, c.var.requestId),
    ports: portsOf(c.env, (work) => c.executionCtx.waitUntil(work)),
    request: {
      id: c.var.requestId,
      method,
      path: c.req.path,
      ip: headers.get("cf-connecting-ip"),
      userAgent: headers.get("user-agent"),
      organizationId: null,
      ifMatch: null,
      idempotency: null,
    },
    ...(partner ? { partner } : {}),
  });
  c.set("ctx", ctx);
  return ctx;
}

async function callerOf(c: PageContext): Promise<Caller> {
  const token = getCookie(c, SESSION);
  if (token === undefined || !TOKEN.test(token)) return { kind: "anonymous" };
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return { kind: "browser", tokenHash: toHex(new Uint8Array(hash)), production: c.env.ENVIRONMENT !== "development" };
}

/** Whether the browser shows a session at all; whether it lives, only the database knows. */
export const hasSessionCookie = (c: PageContext): boolean => getCookie(c, SESSION) !== undefined;

export const keepSession = (c: PageContext, token: string): void => setCookie(c, SESSION, token, HOST_ONLY);

export const dropSession = (c: PageContext): void => void deleteCookie(c, SESSION, HOST_ONLY);

export const browserSecret = (c: PageContext): string | null => {
  const secret = getCookie(c, BROWSER);
  return secret !== undefined && TOKEN.test(secret) ? secret : null;
};

export const keepBrowserSecret = (c: PageContext, secret: string): void =>
  setCookie(c, BROWSER, secret, { ...HOST_ONLY, maxAge: BROWSER_SECONDS });

/** Within the account that was chosen, or the only one; for owners and admins of it (DESIGN ). */
export const contextWithinAccount = (c: PageContext): Promise<Context> =>
  contextOf(c, "person", { need: "session", accountId: chosenAccount(c), trace: null });

/** Within the platform's account of the person, who must be a platform admin. */
export const contextOfAdmin = (c: PageContext): Promise<Context> =>
  contextOf(c, "person", { need: "admin session", accountId: null, trace: null });

export function chosenAccount(c: PageContext): string | null {
  const id = getCookie(c, ACCOUNT);
  return id !== undefined && isUuid(id) ? id : null;
}

export const keepAccount = (c: PageContext, id: string): void => setCookie(c, ACCOUNT, id, HOST_ONLY);

/** The fields of a posted form, each once. */
export async function formOf(c: PageContext): Promise<Readonly<Record<string, string>>> {
  const fields = await c.req.parseBody();
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/** The country an address is in, as the edge knows it. */
export const countryOf = (c: PageContext): string | null => /^[A-Z]{2}$/.exec(c.req.header("cf-ipcountry") ?? "")?.[0] ?? null;

/** The page somebody wanted: this one, or for a posted form the one it stood on. */
export function wantedPath(c: PageContext): string {
  const url = new URL(c.req.url);
  if (c.req.method === "GET") return returnPath(`${url.pathname}${url.search}`);
  const from = URL.parse(c.req.header("referer") ?? "");
  return from?.origin === url.origin ? returnPath(`${from.pathname}${from.search}`) : HOME;
}

/** The sign-in, and from there to a page. */
export const signInPath = (returnTo: string): string =>
  returnTo === HOME ? "/sign-in" : `/sign-in?return_to=${encodeURIComponent(returnTo)}`;
