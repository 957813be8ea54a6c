import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context as HonoContext } from "hono";
import { addressBlock } from "#domain/credentials/record.ts";
import type { PresentedClient } from "#domain/oauth/client.ts";
import { type OAuthError, OAuthRefusal } from "#domain/oauth/refusal.ts";
import type { Context } from "#services/context.ts";
import { introspectToken } from "#services/oauth/introspect-token.ts";
import { issueToClient } from "#services/oauth/issue-to-client.ts";
import { redeemCode } from "#services/oauth/redeem-code.ts";
import { refreshTokens } from "#services/oauth/refresh-tokens.ts";
import { revokeToken } from "#services/oauth/revoke-token.ts";
import type { ApiEnv } from "../api/app.ts";
import { contextOfStranger } from "../stranger.ts";
import { send } from "../api/operation.ts";
import { PROBLEMS, refusalOf } from "../api/problems.ts";
import { answerTo, identified, noSuchRoute } from "../api/surface.ts";
import { bodyWithin } from "../body.ts";
import { preflight, showTo } from "../cors.ts";
import { presentedClient } from "./client-auth.ts";
import { resourceMetadata, serverMetadata } from "./metadata.ts";

type Call = HonoContext<ApiEnv>;

/** A request of a client to one of the token endpoints: who it says it is, and its form. */
interface Asked {
  ctx: Context;
  client: PresentedClient;
  form: URLSearchParams;
}

const RESOURCE_PATH = "/api/v1";
const MAX_BODY_BYTES = 16 * 1024;
const NO_STORE = { "Cache-Control": "no-store", Pragma: "no-cache" } as const;

/** The authorization server as clients see it: tokens and what there is to know of it (PLATFORM §5). */
export function oauthApp(): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();
  app.use(identified);
  app.use((c, next) => (c.req.method === "OPTIONS" ? preflight(c) : next()));
  app.get("/.well-known/oauth-authorization-server", (c) => c.json(serverMetadata(c.env)));
  for (const path of ["", RESOURCE_PATH]) {
    app.get(`/.well-known/oauth-protected-resource${path}`, (c) => c.json(resourceMetadata(c.env.API_ORIGIN, path)));
  }
  app.post("/oauth/token", (c) => answered(c, token));
  app.post("/oauth/revoke", (c) => answered(c, revoke));
  app.post("/oauth/introspect", (c) => answered(c, introspect));
  app.notFound((c) => send(noSuchRoute(app, c)));
  app.onError((error, c) => answerTo(error, c));
  return app;
}

async function token({ ctx, client, form }: Asked): Promise<string> {
  switch (form.get("grant_type")) {
    case "authorization_code":
      return redeemCode(ctx, client, {
        code: required(form, "code"),
        redirectUri: required(form, "redirect_uri"),
        codeVerifier: required(form, "code_verifier"),
      });
    case "refresh_token":
      return refreshTokens(ctx, client, { refreshToken: required(form, "refresh_token"), scope: form.get("scope") || null });
    case "client_credentials":
      return issueToClient(ctx, client, form.get("scope") || null);
    case null:
      throw new OAuthRefusal("invalid_request", "grant_type is missing");
    default:
      throw new OAuthRefusal("unsupported_grant_type", "This grant_type is not served");
  }
}

async function revoke({ ctx, client, form }: Asked): Promise<null> {
  await revokeToken(ctx, client, required(form, "token"));
  return null;
}

async function introspect({ ctx, client, form }: Asked): Promise<string> {
  const held = await introspectToken(ctx, client, required(form, "token"));
  if (!held) return JSON.stringify({ active: false });
  const { token: found, grant, clientPublicId } = held;
  return JSON.stringify({
    active: true,
    scope: found.scopes.join(" "),
    client_id: clientPublicId,
    token_type: found.kind === "access" ? "Bearer" : "refresh_token",
    exp: Math.floor(found.expiresAt.getTime() / 1_000),
    iat: Math.floor(found.issuedAt.getTime() / 1_000),
    sub: grant.userId,
    account_id: grant.accountId,
  });
}

function required(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (!value) throw new OAuthRefusal("invalid_request", `${name} is missing`);
  return value;
}

/** Reads a client's request, has it worked on, and renders the answer or the refusal (RFC 6749 §5). */
async function answered(c: Call, work: (asked: Asked) => Promise<string | null>): Promise<Response> {
  let client: PresentedClient | null = null;
  let response: Response;
  try {
    const form = await formOf(c);
    const ctx = contextOfStranger(c);
    client = await presentedClient(c.req.raw.headers, form, ctx.ports.credentialTokens);
    const body = await work({ ctx, client, form });
    response = new Response(body, { headers: { ...NO_STORE, ...(body === null ? {} : { "Content-Type": "application/json" }) } });
  } catch (error) {
    response = await refused(c, error, client);
  }
  await showTo(c, response, client?.clientId ?? null);
  return response;
}

/** Every parameter once (RFC 6749 §3.2); what the query says counts nothing. */
async function formOf(c: Call): Promise<URLSearchParams> {
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(c.req.header("content-type") ?? "")) {
    throw new OAuthRefusal("invalid_request", "Send the parameters as application/x-www-form-urlencoded");
  }
  const body = await bodyWithin(c, MAX_BODY_BYTES);
  if (!body) throw new OAuthRefusal("invalid_request", "The body is too large");
  const form = new URLSearchParams(new TextDecoder().decode(body));
  for (const name of form.keys()) {
    if (form.getAll(name).length > 1) throw new OAuthRefusal("invalid_request", "A parameter is given more than once");
  }
  return form;
}

async function refused(c: Call, error: unknown, client: PresentedClient | null): Promise<Response> {
  if (!(error instanceof OAuthRefusal)) return unavailable(c, error);
  if (await isThrottled(c, client)) return errorReply(429, "temporarily_unavailable", "auth_throttled", { "Retry-After": "60" });
  const isStranger = error.error === "invalid_client";
  const challenge = isStranger && c.req.header("authorization") !== undefined;
  return errorReply(isStranger ? 401 : 400, error.error, error.message, challenge ? { "WWW-Authenticate": 'Basic realm="oauth"' } : {});
}

/** Counts a failure against its address and its client; true beyond ten and thirty a minute. */
async function isThrottled(c: Call, client: PresentedClient | null): Promise<boolean> {
  const counted = await Promise.all([
    c.env.RL_IP.limit({ key: addressBlock(c.req.header("cf-connecting-ip") ?? "unknown") }),
    ...(client ? [c.env.RL_CLIENT.limit({ key: client.clientId })] : []),
  ]);
  return counted.some(({ success }) => !success);
}

/** What is no client's fault, in the words that clients know: a lost race, an absent database, or a bug. */
function unavailable(c: Call, error: unknown): Response {
  const refusal = refusalOf(error);
  if (refusal.code === "internal") answerTo(error as Error, c); // tells the log
  const passes = refusal.code !== "internal";
  return errorReply(
    passes ? 503 : PROBLEMS.internal.status,
    passes ? "temporarily_unavailable" : "server_error",
    passes ? "Try again in a moment" : `Tell us the request id ${c.var.requestId}`,
    passes ? { "Retry-After": "1" } : {},
  );
}

const errorReply = (status: number, error: OAuthError | "server_error", description: string, headers: Record<string, string>): Response =>
  Response.json({ error, error_description: description }, { status, headers: { ...NO_STORE, ...headers } });
