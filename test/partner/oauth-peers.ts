import * as oauth from "oauth4webapi";
import * as openid from "openid-client";
import type { Client } from "./clients.ts";

/** What a client got for a code, a refresh token or its own secret. */
export interface Tokens {
  access_token: string;
  refresh_token?: string | undefined;
  scope?: string | undefined;
  expires_in?: number | undefined;
  token_type: string;
}

/** A client that somebody else wrote, connected to our server. Each call throws that library's own error. */
export interface Connection {
  /** The server's metadata as the library took it. */
  server: { issuer: string; authorization_endpoint?: string | undefined };
  authorizationUrl(parameters: Record<string, string>): URL;
  /** Validates the answer on the redirect, with `state` and `iss`, and redeems its code. */
  redeem(callback: URL, checks: { verifier: string; state?: string }): Promise<Tokens>;
  refresh(token: string, scope?: string): Promise<Tokens>;
  credentials(scope?: string): Promise<Tokens>;
  revoke(token: string): Promise<void>;
  introspect(token: string): Promise<{ active: boolean; scope?: string | undefined; client_id?: string | undefined }>;
}

/** What carries a library's requests. */
export type Fetch = (url: string | URL, init?: object) => Promise<Response>;

export interface Peer {
  name: string;
  connect(issuer: string, client: Client, fetch: Fetch): Promise<Connection>;
}

const without = (url: URL): string => `${url.origin}${url.pathname}`;

const oauth4webapi: Peer = {
  name: "oauth4webapi",
  async connect(issuer, { clientId, secret, method, redirectUri }, fetch) {
    const options = { [oauth.customFetch]: fetch, [oauth.allowInsecureRequests]: true };
    const url = new URL(issuer);
    const server = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { ...options, algorithm: "oauth2" }));
    const client: oauth.Client = { client_id: clientId };
    const auth =
      secret === null ? oauth.None() : method === "client_secret_post" ? oauth.ClientSecretPost(secret) : oauth.ClientSecretBasic(secret);
    return {
      server,
      authorizationUrl(parameters) {
        const to = new URL(server.authorization_endpoint ?? "");
        const all = { client_id: clientId, response_type: "code", redirect_uri: redirectUri, ...parameters };
        to.search = String(new URLSearchParams(all));
        return to;
      },
      async redeem(callback, { verifier, state }) {
        const parameters = oauth.validateAuthResponse(server, client, callback, state ?? oauth.expectNoState);
        const response = await oauth.authorizationCodeGrantRequest(server, client, auth, parameters, without(callback), verifier, options);
        return oauth.processAuthorizationCodeResponse(server, client, response);
      },
      async refresh(token, scope) {
        const additionalParameters = scope === undefined ? {} : { scope };
        const response = await oauth.refreshTokenGrantRequest(server, client, auth, token, { ...options, additionalParameters });
        return oauth.processRefreshTokenResponse(server, client, response);
      },
      async credentials(scope) {
        const response = await oauth.clientCredentialsGrantRequest(server, client, auth, scope === undefined ? {} : { scope }, options);
        return oauth.processClientCredentialsResponse(server, client, response);
      },
      async revoke(token) {
        await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, auth, token, options));
      },
      async introspect(token) {
        return oauth.processIntrospectionResponse(server, client, await oauth.introspectionRequest(server, client, auth, token, options));
      },
    };
  },
};

const openidClient: Peer = {
  name: "openid-client",
  async connect(issuer, { clientId, secret, method, redirectUri }, fetch) {
    const auth =
      secret === null
        ? openid.None()
        : method === "client_secret_post"
          ? openid.ClientSecretPost(secret)
          : openid.ClientSecretBasic(secret);
    const config = await openid.discovery(new URL(issuer), clientId, undefined, auth, {
      algorithm: "oauth2",
      execute: [openid.allowInsecureRequests],
      [openid.customFetch]: fetch,
    });
    return {
      server: config.serverMetadata(),
      authorizationUrl: (parameters) => openid.buildAuthorizationUrl(config, { redirect_uri: redirectUri, ...parameters }),
      redeem: (callback, { verifier, state }) =>
        openid.authorizationCodeGrant(config, callback, {
          pkceCodeVerifier: verifier,
          ...(state === undefined ? {} : { expectedState: state }),
        }),
      refresh: (token, scope) => openid.refreshTokenGrant(config, token, scope === undefined ? {} : { scope }),
      credentials: (scope) => openid.clientCredentialsGrant(config, scope === undefined ? {} : { scope }),
      revoke: (token) => openid.tokenRevocation(config, token),
      introspect: (token) => openid.tokenIntrospection(config, token),
    };
  },
};

/** Two strict clients, so that no rule rests on one library's reading. */
export const PEERS: readonly Peer[] = [oauth4webapi, openidClient];

/** The word by which the server refused a call: `invalid_grant`, and so on. With a challenge it stands in the body alone. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "accepted";
  } catch (thrown) {
    const error = thrown as { error?: string; response?: Response; cause?: { response?: Response } };
    if (error.error) return error.error;
    const response = error.response ?? error.cause?.response;
    if (!response) throw thrown;
    return ((await response.json()) as { error: string }).error;
  }
}
