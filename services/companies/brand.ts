import { brands } from "#db/schema/ats.ts";
import { toHex } from "#domain/bytes.ts";
import { toColor } from "#domain/brand/ink.ts";
import { MAX_LOGO_BYTES, type PictureType, pictureTypeOf } from "#domain/files/picture.ts";
import { invalidField } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import { changeSettings, settingsOf } from "./company-settings.ts";

/** What every surface of a company wears. */
export type Brand = typeof brands.$inferSelect;

export const brandSettings = settingsOf<Brand>("brand", brands, "brands_company_key");

export interface BrandChanges {
  /** `#rrggbb`; null for the house's. */
  color?: string | null;
  /** The bytes of a PNG, JPEG or WebP; null for no logo. */
  logo?: Uint8Array | null;
}

/**
 * Gives a company its colour and its logo. What a picture is its bytes say: PNG, JPEG or WebP of at most
 * 200 KB, never SVG. It is kept under its hash, so that a page which still shows an earlier one can.
 */
export async function changeBrand(ctx: Context, companyId: string, { color, logo }: BrandChanges, version?: number): Promise<Brand> {
  const picture = logo ? await pictureOf(logo) : null;
  const asked: Partial<Brand> = {
    ...(color === undefined ? {} : { color: color === null ? null : colorOf(color) }),
    ...(logo === undefined ? {} : { logoKey: picture?.hash ?? null }),
  };
  return changeSettings<Brand>(ctx, brandSettings, companyId, asked, version, async () => {
    if (logo && picture) await ctx.ports.files.put(`logo/${picture.hash}`, logo, picture.type);
  });
}

function colorOf(text: string): string {
  const color = toColor(text);
  if (color === null) throw invalidField("color", "invalid", "color is written as #rrggbb.");
  return color;
}

async function pictureOf(bytes: Uint8Array): Promise<{ hash: string; type: PictureType }> {
  if (bytes.length > MAX_LOGO_BYTES) throw invalidField("logo", "too_large", "logo may have 200 KB at most.");
  const type = pictureTypeOf(bytes);
  if (type === null) throw invalidField("logo", "unsupported_type", "logo must be a PNG, JPEG or WebP picture.");
  return { hash: toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))), type };
}
