import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { returnPath } from "#domain/identity/session.ts";
import { isUuid } from "#domain/ids.ts";
import { notFound, Refusal } from "#domain/refusals.ts";
import type { Context } from "#services/context.ts";
import { type Asking, counted, LINK_MINUTES, tooMany } from "#services/login/ask-for-login.ts";
import type { LoginBrowser } from "#services/login/complete-login.ts";
import type { FieldErrors } from "#ui/form.tsx";
import type { OutsideContext } from "../outside.tsx";
import { contextOfStranger } from "../stranger.ts";

/** The token of the visit, what binds a mailed code to its browser, and where it leads afterwards (IDENTITY §4, §6). */
const SESSION = "__Host-splits_c";
const ASKING = "__Host-cl";
const NEXT = "__Host-next";
const TOKEN = /^[\w-]{43}$/;
const HOST_ONLY = { path: "/", secure: true, httpOnly: true, sameSite: "Lax" } as const;
const SESSION_SECONDS = 90 * 86_400;
const ASKING_SECONDS = LINK_MINUTES * 60;

/** On `portal.` the portal stands under this path. */
const UNDER = "/candidate";
const stands = (hostname: string): string => (hostname.startsWith("portal.") ? UNDER : "");

/** The path of a request as the portal's routes know it, on either host; an empty one is no page. */
export function portalPath(request: Request): string {
  const { hostname, pathname } = new URL(request.url);
  const under = stands(hostname);
  if (pathname === under) return "/";
  return pathname.startsWith(`${under}/`) ? pathname.slice(under.length) : "";
}

/** A path of the portal as this host has it. */
export type At = (path: string) => string;
export const atOf = (c: OutsideContext): At => {
  const under = stands(new URL(c.req.url).hostname);
  return (path) => `${under}${path}`;
};

export const sessionToken = (c: OutsideContext): string | null => {
  const token = getCookie(c, SESSION);
  return token !== undefined && TOKEN.test(token) ? token : null;
};

export const keepVisit = (c: OutsideContext, token: string): void =>
  setCookie(c, SESSION, token, { ...HOST_ONLY, maxAge: SESSION_SECONDS });

export const dropVisit = (c: OutsideContext): void => void deleteCookie(c, SESSION, HOST_ONLY);

/** What the verbs of a visit work with. Refuses who is not signed in; whether the visit still lasts, only the database knows. */
export async function visit(c: OutsideContext): Promise<Context> {
  const token = sessionToken(c);
  if (token === null) throw new Refusal("missing_credential", "Sign in to go on.");
  const anybody = contextOfStranger(c);
  const caller = { kind: "portal", tokenHash: await anybody.ports.links.hash(token) } as const;
  const ctx = contextOfStranger(c, caller, c.req.method === "POST" ? requireModeration : undefined);
  c.set("ctx", ctx);
  return ctx;
}

/** A visit may send so much within an hour. */
const POSTS = [{ most: 30, withinSeconds: 3_600 }];

/** Refuses the thirty-first post of a visit within an hour. It goes by the session that lives: a cookie that somebody made up counts nowhere. */
async function requireModeration(ctx: Context): Promise<void> {
  const wait = ctx.session ? await counted(ctx, "posts of visit", ctx.session.id, POSTS) : 0;
  if (wait > 0) throw tooMany(wait, "That was a lot within an hour.");
}

/** The browser as a sign-in needs to know it. */
export const browserOf = (c: OutsideContext): LoginBrowser => ({
  asking: askingOf(c),
  earlier: sessionToken(c),
  country: /^[A-Z]{2}$/.exec(c.req.header("cf-ipcountry") ?? "")?.[0] ?? null,
});

function askingOf(c: OutsideContext): Asking | null {
  const [challengeId = "", browserSecret = ""] = getCookie(c, ASKING)?.split(".") ?? [];
  return isUuid(challengeId) && TOKEN.test(browserSecret) ? { challengeId, browserSecret } : null;
}

/** Remembers that a code was asked for here, and for which page. */
export function keepAsking(c: OutsideContext, { challengeId, browserSecret }: Asking, next = "/"): void {
  const brief = { ...HOST_ONLY, maxAge: ASKING_SECONDS };
  setCookie(c, ASKING, `${challengeId}.${browserSecret}`, brief);
  setCookie(c, NEXT, returnPath(next, "/"), brief);
}

/** The page for which a code was asked, and nothing is remembered of it. */
export function takeNext(c: OutsideContext): string {
  const next = returnPath(getCookie(c, NEXT), "/");
  deleteCookie(c, NEXT, HOST_ONLY);
  deleteCookie(c, ASKING, HOST_ONLY);
  return next;
}

/** An id in the address; whatever is none names nothing. */
export function idOf(c: OutsideContext): string {
  const id = c.req.param("id") ?? "";
  if (!isUuid(id)) throw notFound("page");
  return id;
}

/** The fields of a posted form, each once. */
export async function formOf(c: OutsideContext): Promise<Readonly<Record<string, string>>> {
  const fields = await c.req.parseBody();
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/** What a verb finds wrong with a form, by its fields; whatever else it refuses goes on. */
export async function faultsIn(work: () => Promise<unknown>): Promise<FieldErrors | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (!(error instanceof Refusal) || !error.members.errors) throw error;
    return Object.fromEntries(error.members.errors.map(({ pointer, message }) => [pointer.slice(1), message]));
  }
}

/** To another page of the portal, after something was done. */
export const goTo = (c: OutsideContext, path: string): Response => c.redirect(atOf(c)(path), 303);
