import { AUTH_METHODS } from "#db/schema/api.ts";
import { SCOPES } from "#domain/credentials/scopes.ts";
import type { Env } from "../runtime.ts";

const CONFIDENTIAL_METHODS = AUTH_METHODS.filter((method) => method !== "none");

/** What the authorization server is and does. @see RFC 8414 */
export const serverMetadata = ({ API_ORIGIN: issuer, CONSOLE_ORIGIN }: Pick<Env, "API_ORIGIN" | "CONSOLE_ORIGIN">) => ({
  issuer,
  // where the host-only cookie of the console is (IDENTITY I-12)
  authorization_endpoint: `${CONSOLE_ORIGIN}/oauth/authorize`,
  token_endpoint: `${issuer}/oauth/token`,
  revocation_endpoint: `${issuer}/oauth/revoke`,
  introspection_endpoint: `${issuer}/oauth/introspect`,
  scopes_supported: SCOPES,
  response_types_supported: ["code"],
  response_modes_supported: ["query"],
  grant_types_supported: ["authorization_code", "refresh_token", "client_credentials"],
  token_endpoint_auth_methods_supported: AUTH_METHODS,
  revocation_endpoint_auth_methods_supported: AUTH_METHODS,
  introspection_endpoint_auth_methods_supported: CONFIDENTIAL_METHODS,
  code_challenge_methods_supported: ["S256"],
  authorization_response_iss_parameter_supported: true,
  service_documentation: `${issuer}/docs`,
});

/** What is protected, and by whom. @see RFC 9728 */
export const resourceMetadata = (issuer: string, path: string) => ({
  resource: `${issuer}${path}`,
  authorization_servers: [issuer],
  scopes_supported: SCOPES,
  bearer_methods_supported: ["header"],
  resource_name: "Splits Network API",
  resource_documentation: `${issuer}/docs`,
});
