import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { Context } from "#services/context.ts";
import { sealUnder } from "../seal.ts";
import { type Form, formOf, HOST_ONLY, type PageContext } from "./context.ts";

/** What was typed into a form whose session had ended, for as long as a sign-in may take (SURFACES §6). */
const KEPT = "__Host-splits_f";
const KEPT_SECONDS = 600;
/** What a browser keeps in one cookie, less its name and words. */
const MOST_LETTERS = 3_800;

/** Keeps what was typed for the person the form was shown to. One that is too long for a cookie is lost. */
export async function keepForm(c: PageContext): Promise<void> {
  const { once: _, account_id: __, ...form } = await formOf(c);
  if (!form["by"]) return;
  const sealed = await sealUnder(c.env.KEK_CURRENT).seal(JSON.stringify(form), ownerOf(c, form["by"]));
  if (sealed.length <= MOST_LETTERS) setCookie(c, KEPT, sealed, { ...HOST_ONLY, maxAge: KEPT_SECONDS });
}

/** What its reader had typed into this page's form, this once; null where nothing was kept for them. Only after a read. */
export async function keptForm(c: PageContext, ctx: Context): Promise<Form | null> {
  const sealed = getCookie(c, KEPT);
  if (sealed === undefined || c.req.method !== "GET") return null;
  const words = await sealUnder(c.env.KEK_CURRENT)
    .open(sealed, ownerOf(c, ctx.userId))
    .catch(() => null);
  if (words === null) return null;
  deleteCookie(c, KEPT, HOST_ONLY);
  c.set("filledAgain", true);
  return JSON.parse(words) as Form;
}

const ownerOf = (c: PageContext, userId: string): string => `form ${c.req.path} ${userId}`;
