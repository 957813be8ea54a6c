import { createRoute, type RouteConfig, z } from "@hono/zod-openapi";
import { SCOPES } from "#domain/credentials/scopes.ts";
import { PROBLEM_RESPONSES } from "../api/operation.ts";

// What the authorization server answers, for the documentation. Its shapes are the RFCs'; its errors are no problem documents.

const OAuthError = z.object({ error: z.string(), error_description: z.string() }).openapi("OAuthError");

const Tokens = z
  .object({
    access_token: z.string(),
    token_type: z.literal("Bearer"),
    expires_in: z.int().openapi({ description: "In seconds" }),
    refresh_token: z.string().optional().openapi({ description: "Never with client credentials. Each use gives another" }),
    scope: z.string(),
  })
  .openapi("OAuthTokens");

const Introspection = z
  .object({
    active: z.boolean(),
    scope: z.string().optional(),
    client_id: z.string().optional(),
    token_type: z.string().optional(),
    exp: z.int().optional(),
    iat: z.int().optional(),
    sub: z.uuid().optional(),
    account_id: z.uuid().optional(),
  })
  .openapi("OAuthIntrospection");

const ServerMetadata = z
  .object({
    issuer: z.url(),
    authorization_endpoint: z.url(),
    token_endpoint: z.url(),
    revocation_endpoint: z.url(),
    introspection_endpoint: z.url(),
    scopes_supported: z.array(z.enum(SCOPES)),
    grant_types_supported: z.array(z.string()),
    token_endpoint_auth_methods_supported: z.array(z.string()),
    code_challenge_methods_supported: z.array(z.literal("S256")),
  })
  .openapi("OAuthServerMetadata");

const ResourceMetadata = z
  .object({ resource: z.url(), authorization_servers: z.array(z.url()), scopes_supported: z.array(z.enum(SCOPES)) })
  .openapi("OAuthResourceMetadata");

/** How a client says who it is where it does not by HTTP Basic. */
const client = { client_id: z.string().optional(), client_secret: z.string().optional() };

const TokenRequest = z
  .object({
    grant_type: z.enum(["authorization_code", "refresh_token", "client_credentials"]),
    code: z.string().optional(),
    redirect_uri: z.string().optional(),
    code_verifier: z.string().optional(),
    refresh_token: z.string().optional(),
    scope: z.string().optional(),
    ...client,
  })
  .openapi("OAuthTokenRequest", { example: { grant_type: "client_credentials", scope: "read:roles" } });

const TokenNamed = z.object({ token: z.string(), token_type_hint: z.string().optional(), ...client }).openapi("OAuthTokenNamed");

const json = (schema: z.ZodType) => ({ "application/json": { schema } });
const REFUSALS = Object.fromEntries(
  [400, 401, 429, 500, 503].map((status) => [status, { description: "An error of RFC 6749 §5.2", content: json(OAuthError) }]),
);

const asked = (verb: string, summary: string, description: string, body: z.ZodType, reply: z.ZodType | null): RouteConfig =>
  ({
    ...createRoute({
      method: "post",
      path: `/oauth/${verb}`,
      operationId: `${verb}_oauth`,
      tags: ["oauth"],
      summary,
      description,
      security: [{ client: [] }, {}],
      request: { body: { required: true, content: { "application/x-www-form-urlencoded": { schema: body } } } },
      responses: { 200: { description: "Done", ...(reply ? { content: json(reply) } : {}) }, ...REFUSALS },
    }),
    "x-access": { resource: "oauth", verb },
  }) as never;

const told = (path: string, verb: string, summary: string, reply: z.ZodType): RouteConfig =>
  ({
    ...createRoute({
      method: "get",
      path: `/.well-known/${path}`,
      operationId: `${verb}_oauth`.replaceAll("-", "_"),
      tags: ["oauth"],
      summary,
      security: [{}],
      responses: { 200: { description: "Done", content: json(reply) }, ...PROBLEM_RESPONSES([405]) },
    }),
    "x-access": { resource: "oauth", verb },
  }) as never;

/** Every route of the authorization server but the page on which people agree, which is the console's. */
export const oauthContracts = (): RouteConfig[] => [
  asked("token", "Get tokens", "For a code with its verifier, for a refresh token, or for the client itself.", TokenRequest, Tokens),
  asked(
    "revoke",
    "Revoke a token",
    "A refresh token ends its family, an access token only itself. Unknown tokens answer alike.",
    TokenNamed,
    null,
  ),
  asked("introspect", "Ask about a token", "By confidential clients, of their own tokens.", TokenNamed, Introspection),
  told("oauth-authorization-server", "describe-server", "What the authorization server is and does", ServerMetadata),
  told("oauth-protected-resource", "describe-resource", "What is protected here, and by whom", ResourceMetadata),
  told("oauth-protected-resource/api/v1", "describe-api", "What protects the partner API", ResourceMetadata),
];
