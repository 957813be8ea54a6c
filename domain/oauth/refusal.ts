/** The words of RFC 6749 §4.1.2.1 and §5.2 by which the authorization server refuses. */
export type OAuthError =
  | "invalid_request"
  | "invalid_client"
  | "invalid_grant"
  | "invalid_scope"
  | "unauthorized_client"
  | "unsupported_grant_type"
  | "unsupported_response_type"
  | "access_denied"
  | "temporarily_unavailable";

/** A refusal in OAuth's own dialect: to the token endpoints' caller, or on the way back to a client. */
export class OAuthRefusal extends Error {
  readonly error: OAuthError;

  /** @param description - for the client's developer, in ASCII without quotes (RFC 6749 §5.2) */
  constructor(error: OAuthError, description: string) {
    super(description);
    this.name = "OAuthRefusal";
    this.error = error;
  }
}
