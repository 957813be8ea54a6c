import type { FC } from "hono/jsx";
import { raw } from "hono/html";
import { type Color, inkOn } from "#domain/brand/ink.ts";

/** The brand as the theme asks for it: the colour, and the ink that is legible on it. */
export const brandStyle = (color: Color): string => `:root{--brand:${color};--on-brand:${inkOn(color)}}`;

/** The brand of a page's company, before anything is painted. With a nonce where the page's policy asks for one. */
export const Brand: FC<{ color: Color; nonce?: string | undefined }> = ({ color, nonce }) => (
  <style nonce={nonce}>{raw(brandStyle(color))}</style>
);

/** By which a policy allows the style of a page that caches keep (SURFACES S-12). */
export async function brandHash(color: Color): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(brandStyle(color)));
  return btoa(String.fromCodePoint(...new Uint8Array(digest)));
}
