import type { Context as HonoContext } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { toHex } from "#domain/bytes.ts";
import { HOME, returnPath } from "#domain/identity/session.ts";
import { notFound, Refusal } from "#domain/refusals.ts";
import { isUuid } from "#domain/ids.ts";
import { type Audience, type Caller, Context, type PartnerRequest, type Reply, type RequestFacts } from "#services/context.ts";
import { isStorable } from "../api/shape.ts";
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
    /** Whether the same address answers GET, too: a form that stands on a page of its own. */
    hasPage?: boolean;
    /** Whether the page's form is filled with what was kept while its session had ended. */
    filledAgain?: boolean;
  };
}

export type PageContext = HonoContext<PageEnv>;

/** What answers at an address: a page, or what a form is sent to. */
export type Page = (c: PageContext) => Response | Promise<Response>;

/** Pages and forms with their addresses, in the order in which they are looked for. */
export type Pages = readonly (readonly ["GET" | "POST", string, Page])[];

/** The token of the session, and the secret that binds a sign-in to its browser (IDENTITY §4, §8). */
const SESSION = "__Host-splits_s";
const BROWSER = "__Host-splits_t";
/** The account for which its pages are read. */
const ACCOUNT = "__Host-splits_a";
const TOKEN = /^[\w-]{43}$/;
export const HOST_ONLY = { path: "/", secure: true, httpOnly: true, sameSite: "Lax" } as const;
/** As long as a sign-in may take. */
const BROWSER_SECONDS = 600;

/** Renders what a form did; it is kept under the form's token (DESIGN R-1). */
type Present = (result: never) => Reply;

/**
 * What a page's verbs work with. A page for persons that is asked for without a session is refused
 * with `missing_credential`, which becomes the way to the sign-in.
 */
export async function contextOf(
  c: PageContext,
  audience: Audience = "person",
  partner?: PartnerRequest,
  present?: Present,
): Promise<Context> {
  const caller = await callerOf(c);
  const form = c.req.method === "POST" ? await formOf(c) : {};
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
      ifMatch: /^\d{1,9}$/.test(form["version"] ?? "") ? [Number(form["version"])] : null,
      idempotency: present ? await idempotencyOf(c, form) : null,
    },
    ...(partner ? { partner } : {}),
    ...(present ? { present } : {}),
  });
  c.set("ctx", ctx);
  return ctx;
}

/** The token that our own form carries: sent again, the same form is the same request. */
async function idempotencyOf(c: PageContext, form: Form): Promise<RequestFacts["idempotency"]> {
  const token = form["once"] ?? "";
  if (!isUuid(token)) throw new Refusal("validation_failed", "This form is not complete. Open it again, and send it from there.");
  const said = JSON.stringify([c.req.path, ...Object.entries(form).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(said));
  return { key: `form ${token}`, fingerprint: toHex(new Uint8Array(hash)), anonymousOwner: "form" };
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

/**
 * Within the account that was chosen, or the only one; for owners and admins of it (DESIGN R-21, R-22). A
 * form acts for the account whose page it stood on, whatever another window has chosen since.
 */
export async function contextWithinAccount(c: PageContext, present?: Present): Promise<Context> {
  const { account_id: id = "" } = c.req.method === "POST" ? await formOf(c) : {};
  const accountId = isUuid(id) ? id : chosenAccount(c);
  return contextOf(c, "person", { need: "session", accountId, trace: null }, present);
}

/** Within the platform's account of the person, who must be a platform admin. */
export const contextOfAdmin = (c: PageContext): Promise<Context> =>
  contextOf(c, "person", { need: "admin session", accountId: null, trace: null });

/** The account that this browser chose last. */
export function chosenAccount(c: PageContext): string | null {
  const id = getCookie(c, ACCOUNT);
  return id !== undefined && isUuid(id) ? id : null;
}

export const keepAccount = (c: PageContext, id: string): void => setCookie(c, ACCOUNT, id, HOST_ONLY);

export type Form = Readonly<Record<string, string>>;

/** The fields of a posted form, each once. Refuses what no form of ours sends. */
export async function formOf(c: PageContext): Promise<Form> {
  const fields = Object.entries(await c.req.parseBody()).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  requireStorable(fields);
  return Object.fromEntries(fields);
}

/** Refuses a page's address or form with what no table can hold, which no link and no form of ours has. */
export function requireStorable(given: Iterable<readonly [name: string, value: string]>): void {
  for (const pair of given)
    if (!pair.every(isStorable)) throw new Refusal("invalid_parameter", "This address or form was changed on its way.");
}

/** The id in a page's address, or 404. */
export function idIn(c: PageContext, noun: string): string {
  const id = c.req.param("id") ?? "";
  if (!isUuid(id)) throw notFound(noun);
  return id;
}

/** The country an address is in, as the edge knows it. */
export const countryOf = (c: PageContext): string | null => /^[A-Z]{2}$/.exec(c.req.header("cf-ipcountry") ?? "")?.[0] ?? null;

/** Where another account is chosen, and from there back to this page, or to the list of what only this account has. */
export function chooserOf(c: PageContext): string {
  const { pathname, search } = new URL(c.req.url);
  const [list = ""] = pathname.split(/\/[\da-f]{8}-/i);
  return `/developers/account?return_to=${encodeURIComponent(list === pathname ? `${pathname}${search}` : list)}`;
}

/** The page somebody wanted: this one, or for a button the one it stood on. A form whose page has its address is shown there again. */
export function wantedPath(c: PageContext): string {
  const url = new URL(c.req.url);
  if (c.req.method === "GET" || c.var.hasPage) return returnPath(`${url.pathname}${url.search}`);
  const from = URL.parse(c.req.header("referer") ?? "");
  return from?.origin === url.origin ? returnPath(`${from.pathname}${from.search}`) : HOME;
}

/** The sign-in, and from there to a page. */
export const signInPath = (returnTo: string): string =>
  returnTo === HOME ? "/sign-in" : `/sign-in?return_to=${encodeURIComponent(returnTo)}`;
