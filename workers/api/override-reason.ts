import { z } from "@hono/zod-openapi";

/** Why a platform admin changes what is another's. */
export const OverrideReason = z
  .string()
  .trim()
  .min(1)
  .max(2_000)
  .optional()
  .openapi({ description: "Required of platform admins who change what is another's" });
