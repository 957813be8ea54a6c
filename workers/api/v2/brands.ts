import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { fromBase64 } from "#domain/bytes.ts";
import { HOUSE_COLOR, inkOn } from "#domain/brand/ink.ts";
import { MAX_LOGO_BYTES } from "#domain/files/picture.ts";
import { type Brand, brandSettings, changeBrand } from "#services/companies/brand.ts";
import { getOne } from "#services/listing.ts";
import type { ApiEnv } from "../app.ts";
import { operation, readOperation } from "../operation.ts";
import { Id, Instant, OverrideReason } from "./shapes.ts";

const BrandShape = z
  .object({
    company_id: Id,
    color: z.string().nullable().openapi({ example: "#0a7d5c" }),
    ink: z.string().openapi({ description: "What is legible on the colour: black or white", example: "#ffffff" }),
    logo: z.string().nullable().openapi({ description: "Path of the logo, the same on every host" }),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .catchall(z.unknown())
  .openapi("Brand");

const BrandPatch = z
  .strictObject({
    color: z
      .string()
      .regex(/^#[0-9a-fA-F]{6}$/, "is written as #rrggbb")
      .nullish(),
    logo: z
      .base64()
      .max(Math.ceil(MAX_LOGO_BYTES / 3) * 4, "may have 200 KB at most")
      .nullish()
      .openapi({ description: "A PNG, JPEG or WebP picture of at most 200 KB, in base64" }),
    reason: OverrideReason,
    version: z.int().optional(),
  })
  .openapi("BrandPatch");

/** What leaves the house of a brand. */
const brand = (row: Brand) => ({
  company_id: row.companyId,
  color: row.color,
  ink: inkOn(row.color ?? HOUSE_COLOR),
  logo: row.logoKey && `/logo/${row.logoKey}`,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
});

export function brands(api: OpenAPIHono<ApiEnv>): void {
  readOperation<Brand>(api, {
    path: "/brands/{id}",
    access: ["brands", "get"],
    summary: "Read what a company's pages wear",
    description: "The id is the company's. 404 before it chose anything.",
    noun: brandSettings.noun,
    item: BrandShape,
    run: (ctx, id, include) => getOne<Brand>(ctx, brandSettings.noun, id, include),
    present: brand,
  });
  operation(api, {
    method: "patch",
    path: "/brands/{id}",
    access: ["brands", "update"],
    summary: "Choose a colour and a logo",
    description: "By the company's admins. The id is the company's.",
    params: z.object({ id: Id }),
    body: BrandPatch,
    replies: [200, BrandShape],
    run: (ctx, { params: { id }, body: { color, logo, version } }) =>
      changeBrand(
        ctx,
        id,
        { ...(color === undefined ? {} : { color }), ...(logo === undefined ? {} : { logo: logo === null ? null : fromBase64(logo) }) },
        version,
      ),
    present: brand,
  });
}
