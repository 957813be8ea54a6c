import { fromBase64 } from "#domain/bytes.ts";
import { hashToken } from "#domain/credentials/token.ts";
import type { PresentedClient } from "#domain/oauth/client.ts";
import { OAuthRefusal } from "#domain/oauth/refusal.ts";
import type { CredentialTokens } from "#services/ports.ts";

/**
 * The client that a request shows, by one method and no other (RFC 6749 §2.3): HTTP Basic, the form,
 * or its bare id. Refuses with `invalid_client` when it shows none.
 */
export async function presentedClient(headers: Headers, form: URLSearchParams, tokens: CredentialTokens): Promise<PresentedClient> {
  const { clientId, secret, method } = shownIn(headers.get("authorization"), form);
  const token = secret === null ? null : await tokens.read(secret);
  const isItsOwn = typeof token === "object" && token?.type === "snc" && token.publicId === clientId;
  return { clientId, method, secretHash: isItsOwn ? await hashToken(token.text) : null, ip: headers.get("cf-connecting-ip") };
}

interface Shown {
  clientId: string;
  secret: string | null;
  method: PresentedClient["method"];
}

function shownIn(authorization: string | null, form: URLSearchParams): Shown {
  const [clientId, secret] = [form.get("client_id"), form.get("client_secret")];
  if (authorization === null) {
    if (!clientId) throw new OAuthRefusal("invalid_client", "client_id is missing");
    return { clientId, secret, method: secret === null ? "none" : "client_secret_post" };
  }
  const [basicId, basicSecret] = basicOf(authorization);
  if (secret !== null) throw new OAuthRefusal("invalid_request", "The client shows itself by two methods");
  if (clientId !== null && clientId !== basicId)
    throw new OAuthRefusal("invalid_request", "client_id is not the one of the Authorization header");
  return { clientId: basicId, secret: basicSecret, method: "client_secret_basic" };
}

/** Id and secret of HTTP Basic, each form-encoded before they were joined (RFC 6749 §2.3.1). */
function basicOf(authorization: string): [id: string, secret: string] {
  try {
    const joined = new TextDecoder().decode(fromBase64(/^Basic +(\S+)$/i.exec(authorization)?.[1] ?? "!"));
    const [id = "", secret = ""] = joined.split(":", 2).map((part) => decodeURIComponent(part.replaceAll("+", " ")));
    return [id, secret];
  } catch {
    throw new OAuthRefusal("invalid_client", "The Authorization header is no HTTP Basic");
  }
}
