import { getCookie, setCookie } from "hono/cookie";
import { toBase64Url, toHex } from "#domain/bytes.ts";
import { isUuid } from "#domain/ids.ts";
import { notFound } from "#domain/refusals.ts";
import type { Caller, Context } from "#services/context.ts";
import type { LinkTokens } from "#services/ports.ts";
import type { EnteredCode, Place } from "#services/white-label/place.ts";
import { brandHash } from "#ui/brand.tsx";
import type { Setting } from "#white-label/layout.tsx";
import { originOf, slugOfHost } from "../hosts.ts";
import { type OutsideContext } from "../outside.tsx";
import { contextOfStranger } from "../stranger.ts";

/** Who visits a company's host, and what its pages may be told of them. */

/** The session of a recruiter on this host, and the access code that was entered on it. */
const SESSION = "__Host-splits_s";
const ACCESS = "__Host-splits_w";
const TOKEN = /^[\w-]{43}$/;
const HOST_ONLY = { path: "/", secure: true, httpOnly: true, sameSite: "Lax" } as const;
/** A redirect from an old slug is asked for again after this long: the company may go back. */
const MOVED = "public, max-age=60";

export const slugOfVisit = (c: OutsideContext): string => slugOfHost(new URL(c.req.url).hostname) ?? "";

/** What a page says of where it stands; a kept one holds no nonce. */
export const settingOf = (c: OutsideContext): Setting => {
  const { origin, pathname: path } = new URL(c.req.url);
  return { origin, path, ...(c.var.kept ? {} : { nonce: c.var.nonce }) };
};

type Read<T> = (ctx: Context, by: { slug: string }, code: EnteredCode) => Promise<T | null>;
type Placed = Place | { place: Place };
const placeIn = (found: Placed): Place => ("place" in found ? found.place : found);

/**
 * Reads a page for whoever may see it. An unknown slug is no page; an old one leads to the new host; a
 * private page leads to its door until a code was entered.
 *
 * @param render - makes the page; whatever it answers for a public company caches may keep, if `kept`
 */
export async function visiting<T extends Placed>(
  c: OutsideContext,
  read: Read<T>,
  render: (found: T, place: Place, ctx: Context) => Response | Promise<Response>,
  { kept = false, ctx = contextOfStranger(c) }: { kept?: boolean; ctx?: Context } = {},
): Promise<Response> {
  const slug = slugOfVisit(c);
  const found = await read(ctx, { slug }, await enteredCode(c, ctx.ports.links));
  if (!found) throw notFound("page");
  const place = placeIn(found);
  const { pathname, search } = new URL(c.req.url);
  if (place.slug !== slug) {
    c.header("Cache-Control", MOVED);
    return c.redirect(`${originOf(`${place.slug}.roles`, c.req.url)}${pathname}${search}`, 301);
  }
  if (place.isPrivate && !place.opened) return c.redirect(`/access?return_to=${encodeURIComponent(`${pathname}${search}`)}`, 303);
  if (kept) await keepFor(c, place);
  return render(found, place, ctx);
}

/** Lets caches keep the answer until the company changes something; never that of a private page. */
export async function keepFor(c: OutsideContext, place: Place): Promise<void> {
  if (!place.isPrivate) c.set("kept", { hash: await brandHash(place.color), companyId: place.id });
}

/** The person behind the session on this host; nobody without one. */
export async function recruiterOf(c: OutsideContext): Promise<Caller> {
  const token = getCookie(c, SESSION);
  if (token === undefined || !TOKEN.test(token)) return { kind: "anonymous" };
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return {
    kind: "browser",
    tokenHash: toHex(new Uint8Array(hash)),
    production: c.env.ENVIRONMENT !== "development",
    surface: "white_label",
  };
}

export const keepSession = (c: OutsideContext, token: string): void => setCookie(c, SESSION, token, HOST_ONLY);

/** Keeps an access code in the browser, signed, for as long as it holds. */
export async function keepCode(c: OutsideContext, links: LinkTokens, id: string, until: Date): Promise<void> {
  setCookie(c, ACCESS, `${id}.${until.getTime()}.${await links.token(`access ${id}`, until)}`, { ...HOST_ONLY, expires: until });
}

async function enteredCode(c: OutsideContext, links: LinkTokens): Promise<EnteredCode> {
  const [id = "", until = "", mac = ""] = (getCookie(c, ACCESS) ?? "").split(".");
  if (!isUuid(id) || !/^\d{1,15}$/.test(until)) return null;
  return mac === (await links.token(`access ${id}`, new Date(Number(until)))) ? { id } : null;
}

/** Who posts, as far as the intake object can tell them apart. */
export const addressOf = (c: OutsideContext): string => c.req.header("cf-connecting-ip") ?? "unknown";

export const seconds = (): number => Math.floor(Date.now() / 1_000);

const FORM_SECONDS = 2 * 3_600;
const MARK_BYTES = 16;

/** A token that makes a form good once and for two hours, on this host alone. */
export async function newFormToken(c: OutsideContext, links: LinkTokens): Promise<string> {
  const mark = toBase64Url(crypto.getRandomValues(new Uint8Array(MARK_BYTES)));
  const issued = seconds();
  return `${mark}.${issued}.${await signed(c, links, mark, issued)}`;
}

/** What the intake object remembers of a form's token and until when; null for one that is not ours or too old. */
export async function formMarkOf(c: OutsideContext, links: LinkTokens, token: string): Promise<{ mark: string; until: number } | null> {
  const [mark = "", issued = "", mac = ""] = token.split(".");
  if (!/^\d{1,12}$/.test(issued) || mac !== (await signed(c, links, mark, Number(issued)))) return null;
  const until = Number(issued) + FORM_SECONDS;
  return until > seconds() ? { mark, until } : null;
}

const signed = (c: OutsideContext, links: LinkTokens, mark: string, issued: number): Promise<string> =>
  links.token(`form ${slugOfVisit(c)} ${mark}`, new Date(issued * 1_000));
