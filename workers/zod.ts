/**
 * Zod without its messages in fifty languages, a tenth of everything that a cold start reads: they hang
 * on the namespace, which @hono/zod-openapi takes whole. The bundle finds this module under the name of
 * zod (`[alias]` in wrangler.toml).
 */
export * as z from "./zod-parts.ts";
