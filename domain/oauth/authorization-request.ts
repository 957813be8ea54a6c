import { parseScopes, type Scope } from "../credentials/scopes.ts";
import { Refusal } from "../refusals.ts";
import { isChallenge } from "./pkce.ts";
import { isRegistered } from "./redirect-uri.ts";
import { OAuthRefusal } from "./refusal.ts";

/** What a client asks of a person. @see RFC 6749 §4.1.1, RFC 7636 §4.3 */
export interface AuthorizationRequest {
  redirectUri: string;
  scopes: readonly Scope[];
  codeChallenge: string;
  /** The client wants the person asked, whatever was agreed before. */
  asksAgain: boolean;
}

/** What of a client decides about its requests. */
export interface RequestingClient {
  status: "pending" | "approved" | "suspended" | "rejected" | "deleted";
  redirectUris: readonly string[];
  allowedScopes: readonly Scope[];
}

/** A fault that nobody may be sent anywhere with: the page itself says so. */
const local = (detail: string): Refusal => new Refusal("invalid_parameter", detail);

/** The client that a request names. Refuses locally when there is none, or more than one. */
export function clientIdOf(parameters: URLSearchParams): string {
  const [clientId, ...more] = parameters.getAll("client_id");
  if (!clientId || more.length > 0) throw local("The application did not say which one it is (client_id).");
  return clientId;
}

/**
 * Where the answer goes. Refuses locally for a client that is unknown or not approved, and for an
 * address it has not registered: this page leads nobody where no administrator has looked.
 */
export function redirectUriOf(parameters: URLSearchParams, client: RequestingClient | null): string {
  if (client?.status !== "approved") throw local("This application is not known here, or not approved at the moment.");
  const [redirectUri, ...more] = parameters.getAll("redirect_uri");
  if (!redirectUri || more.length > 0 || !isRegistered(client.redirectUris, redirectUri)) {
    throw local("The application did not name an address it has registered (redirect_uri).");
  }
  return redirectUri;
}

/** The rest of the request, whose faults are told to the client. Without scopes it asks for all it may. */
export function readAuthorizationRequest(parameters: URLSearchParams, client: RequestingClient, redirectUri: string): AuthorizationRequest {
  const repeated = [...new Set(parameters.keys())].find((name) => parameters.getAll(name).length > 1);
  if (repeated !== undefined) throw new OAuthRefusal("invalid_request", "A parameter is given more than once");
  const given = (name: string): string | null => parameters.get(name) || null;

  if (given("response_type") === null) throw new OAuthRefusal("invalid_request", "response_type is missing");
  if (given("response_type") !== "code") throw new OAuthRefusal("unsupported_response_type", "Only response_type=code is served");
  if ((given("response_mode") ?? "query") !== "query") throw new OAuthRefusal("invalid_request", "Only response_mode=query is served");
  const codeChallenge = given("code_challenge");
  if (codeChallenge === null) throw new OAuthRefusal("invalid_request", "code_challenge is missing: PKCE is for all clients");
  if (given("code_challenge_method") !== "S256") throw new OAuthRefusal("invalid_request", "code_challenge_method must be S256");
  if (!isChallenge(codeChallenge)) throw new OAuthRefusal("invalid_request", "code_challenge is no SHA-256 in base64url");
  return {
    redirectUri,
    scopes: requestedScopes(given("scope"), client.allowedScopes),
    codeChallenge,
    asksAgain: given("prompt") === "consent",
  };
}

/** The scopes of a list, all of those allowed when none is named; refuses what is unknown or beyond. */
export function requestedScopes(list: string | null, allowed: readonly Scope[]): readonly Scope[] {
  const scopes = list === null ? allowed : parseScopes(list);
  if (!scopes || scopes.length === 0) throw new OAuthRefusal("invalid_scope", "A scope is not known");
  if (!scopes.every((scope) => allowed.includes(scope))) throw new OAuthRefusal("invalid_scope", "A scope is beyond what is allowed here");
  return scopes;
}
