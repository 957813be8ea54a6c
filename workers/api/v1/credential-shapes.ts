import { z } from "@hono/zod-openapi";
import { networkOf } from "#domain/credentials/record.ts";
import { SCOPES } from "#domain/credentials/scopes.ts";
import { text } from "../v2/shapes.ts";

/** The words that keys and clients share. */

export const Scopes = z
  .array(z.enum(SCOPES))
  .min(1)
  .max(SCOPES.length)
  .openapi({ description: "Within what the account's role type and plan may hold" });

export const Name = text(100);

const Network = z
  .string()
  .max(49)
  .transform((written, issues) => {
    const network = networkOf(written);
    if (network !== null) return network;
    issues.addIssue({ code: "custom", message: "must be a network such as 192.0.2.0/24 or 2001:db8::/32, without bits beyond its length" });
    return z.NEVER;
  })
  .openapi({ type: "string" });

/** Where a credential may be used from. */
export const IpAllowlist = z
  .array(Network)
  .max(50)
  .transform((networks) => [...new Set(networks)])
  .openapi({ type: "array", items: { type: "string" }, description: "Networks in CIDR notation; none lets every address pass" });

/** How long the secret before a rotation still passes. */
export const Rotation = z
  .strictObject({ grace_seconds: z.int().min(0).max(604_800).default(86_400) })
  .openapi("Rotation", { description: "A suspended credential's old secret gets no grace" });

export const Reason = z.strictObject({ reason: text(1_000) }).openapi("CredentialReason");
