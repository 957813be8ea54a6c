import * as oauth from "oauth4webapi";
import { Refusal } from "#domain/refusals.ts";
import type { SignInAnswer, SignInProvider } from "#services/ports.ts";

export interface OidcSettings {
  issuer: string;
  clientId: string;
  /** Without one the client is public and has PKCE alone. */
  clientSecret: string | undefined;
  /** The local issuer speaks http. */
  insecure: boolean;
}

const SCOPES = "openid email profile";
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "EdDSA"];
const TIMEOUT_MS = 5_000;
const METADATA_LIFE_MS = 3_600_000;
/** How far the provider's clock and ours may differ. */
const TOLERANCE_SECONDS = 60;
const MAX_SUBJECT = 255;

/** What an issuer told about itself, kept as plain values: no request waits for another's fetch. */
const known = new Map<string, { server: oauth.AuthorizationServer; untilMs: number; keys: oauth.JWKSCacheInput }>();

/** OpenID Connect's code flow with one issuer: PKCE, and the checks 5 to 11 of IDENTITY §8. */
export function oidcProvider(settings: OidcSettings): SignInProvider {
  const { issuer, clientId, clientSecret, insecure } = settings;
  const client: oauth.Client = { client_id: clientId, [oauth.clockTolerance]: TOLERANCE_SECONDS };
  const authentication = clientSecret === undefined ? oauth.None() : oauth.ClientSecretBasic(clientSecret);
  const options = () => ({ [oauth.allowInsecureRequests]: insecure, signal: AbortSignal.timeout(TIMEOUT_MS) });

  async function metadata() {
    const kept = known.get(issuer);
    if (kept && Date.now() < kept.untilMs) return kept;
    const response = await oauth.discoveryRequest(new URL(issuer), options());
    const server = await oauth.processDiscoveryResponse(new URL(issuer), response);
    const algorithms = (server.id_token_signing_alg_values_supported ?? ["RS256"]).filter((name) => ALGORITHMS.includes(name));
    const fresh = {
      server: { ...server, id_token_signing_alg_values_supported: algorithms },
      untilMs: Date.now() + METADATA_LIFE_MS,
      keys: {} as oauth.JWKSCacheInput,
    };
    known.set(issuer, fresh);
    return fresh;
  }

  return {
    async begin({ redirectUri, state, nonce, verifier, loginHint }) {
      const { server } = await metadata().catch((error: unknown) => {
        throw new Refusal("service_unavailable", "The sign-in service cannot be reached. Try again shortly.", { cause: reasonOf(error) });
      });
      const url = new URL(server.authorization_endpoint ?? "");
      const asked = {
        response_type: "code",
        client_id: clientId,
        redirect_uri: redirectUri,
        scope: SCOPES,
        state,
        nonce,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
        login_hint: loginHint,
      };
      for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
      return url.href;
    },

    async complete(answer, { redirectUri, state, nonce, verifier, ageSeconds }): Promise<SignInAnswer> {
      let check = 5;
      try {
        const { server: kept, keys } = await metadata();
        const server = { ...kept }; // what the library hangs on it, running fetches too, stays with this request
        const given = oauth.validateAuthResponse(server, client, answer, state);
        check = 6;
        const response = await oauth.authorizationCodeGrantRequest(server, client, authentication, given, redirectUri, verifier, options());
        check = 7;
        const result = await oauth.processAuthorizationCodeResponse(server, client, response, {
          expectedNonce: nonce,
          requireIdToken: true,
        });
        check = 8; // the library trusts TLS for the signature of a code flow, and we do not
        await oauth.validateApplicationLevelSignature(server, response, { ...options(), [oauth.jwksCache]: keys });
        const claims = oauth.getValidatedIdTokenClaims(result);
        if (!claims) return refused(7, "no ID token");
        const now = Date.now() / 1_000;
        if (claims.iat > now + TOLERANCE_SECONDS || claims.iat < now - ageSeconds - TOLERANCE_SECONDS) return refused(9, "iat");
        if (claims.sub.length > MAX_SUBJECT) return refused(11, "sub");
        return {
          kind: "accepted",
          facts: {
            subject: claims.sub,
            email: textOf(claims["email"]),
            emailVerified: claims["email_verified"] === true,
            name: textOf(claims["name"]),
            sid: textOf(claims["sid"]),
          },
        };
      } catch (error) {
        if (error instanceof oauth.AuthorizationResponseError) return { kind: "called_off", error: error.error };
        if (isAway(error)) return { kind: "unreachable" };
        return refused(check, reasonOf(error));
      }
    },
  };
}

const refused = (check: number, reason: string): SignInAnswer => ({ kind: "refused", check, reason });

const textOf = (claim: unknown): string | null => (typeof claim === "string" && claim !== "" ? claim : null);

/** The library's own word for what was wrong: never the provider's words, which may be anybody's. */
function reasonOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === "string" ? code : typeof name === "string" ? name : "unknown";
}

/** Whether the provider was not there, as against being wrong: no connection, no time, or a status of its own trouble. */
function isAway(error: unknown): boolean {
  const { name, code, cause } = error as { name?: unknown; code?: unknown; cause?: unknown };
  if (name === "TimeoutError" || name === "AbortError") return true;
  if (error instanceof oauth.ResponseBodyError) return error.status >= 500;
  if (cause instanceof Response) return cause.status >= 500;
  return name === "TypeError" ? code === undefined : name === "Error" && code === undefined; // workerd's own for a refused connection
}
