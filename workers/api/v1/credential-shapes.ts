import { z } from "@hono/zod-openapi";
import { networkOf } from "#domain/credentials/record.ts";
import { API_PLANS, AUTH_METHODS, CLIENT_TYPES } from "#db/schema/api.ts";
import { SCOPES } from "#domain/credentials/scopes.ts";
import { InstantInput, text } from "../v2/shapes.ts";

/** The words that keys and clients share. */

export const Scopes = z
  .array(z.enum(SCOPES))
  .min(1)
  .max(SCOPES.length)
  .openapi({ description: "Within what the account's role type and plan may hold" });

/**
 * People agree to it and look for it: what turns the text around or cannot be seen may not pass for
 * something else. The classes Cc and Bidi_Control are written out: a JSON Schema's pattern has no flags.
 */
export const Name = text(100).regex(
  // oxlint-disable-next-line no-control-regex -- they are what is refused
  /^[^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]*$/,
  "has characters that cannot be seen",
);

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

/** What a key is asked for with. */
export const NewKey = z
  .strictObject({ name: Name, scopes: Scopes, ip_allowlist: IpAllowlist.default([]), expires_at: InstantInput.nullish() })
  .openapi("ApiKeyInput");

/** Their form is the verb's to judge, which names each broken one. */
const addresses = (what: string, max: number) => z.array(z.string().min(1).max(2_048)).max(max).openapi({ description: what });
export const RedirectUris = addresses("Where people are sent back to: https, or http on a loopback address. They match exactly.", 20);
export const Origins = addresses("Where a public client's pages come from", 20);

/** What an OAuth client is registered with. */
export const NewClient = z
  .strictObject({
    name: Name,
    type: z.enum(CLIENT_TYPES),
    auth_method: z.enum(AUTH_METHODS).optional(),
    redirect_uris: RedirectUris.default([]),
    allowed_origins: Origins.default([]),
    scopes: Scopes,
    ip_allowlist: IpAllowlist.default([]),
  })
  .openapi("OAuthClientInput");

/** What an account is put on a plan with. */
export const AccountPlanInput = z
  .strictObject({
    plan: z.enum(API_PLANS),
    custom_limit: z.int().min(1).max(1_000_000).nullish().openapi({ description: "For enterprise alone" }),
    reason: text(1_000),
  })
  .openapi("AccountPlanInput");
