import { isAllowedFrom } from "../credentials/record.ts";
import { sameDigits } from "../credentials/token.ts";
import { OAuthRefusal } from "./refusal.ts";

/** What a request shows of its client. */
export interface PresentedClient {
  clientId: string;
  method: "client_secret_basic" | "client_secret_post" | "none";
  /** SHA-256 of the secret, in hex; null without one, or for one that cannot be ours. */
  secretHash: string | null;
  ip: string | null;
}

/** What of a client decides whether it is the one it says. */
export interface KnownClient {
  type: "confidential" | "public";
  status: "pending" | "approved" | "suspended" | "rejected" | "deleted";
  authMethod: PresentedClient["method"];
  secretHash: string | null;
  prevSecretHash: string | null;
  prevSecretExpiresAt: Date | null;
  ipAllowlist: readonly string[];
}

const stranger = (description: string): OAuthRefusal => new OAuthRefusal("invalid_client", description);

/**
 * Holds what a request shows against the client it names: the registered method, the secret or the
 * one before it until its end, and the networks it may come from. Refuses with `invalid_client`.
 */
export function authenticate<Client extends KnownClient>(client: Client | undefined, presented: PresentedClient, now: Date): Client {
  if (!client || client.status === "rejected" || client.status === "deleted") throw stranger("The client is not known");
  if (presented.method !== client.authMethod) throw stranger(`The client is registered for ${client.authMethod}`);
  if (client.authMethod !== "none" && !isSecret(client, presented.secretHash, now)) throw stranger("The client secret is wrong");
  if (!isAllowedFrom(client.ipAllowlist, presented.ip)) throw stranger("The client may not be used from this address");
  return client;
}

function isSecret({ secretHash, prevSecretHash, prevSecretExpiresAt }: KnownClient, given: string | null, now: Date): boolean {
  if (given === null) return false;
  const previous = prevSecretExpiresAt !== null && prevSecretExpiresAt > now ? prevSecretHash : null;
  return [secretHash, previous].some((hash) => hash !== null && sameDigits(hash, given));
}

/** Refuses for a client that waits for its approval, or lost it for a while. */
export function requireApproved({ status }: Pick<KnownClient, "status">): void {
  if (status === "pending") throw new OAuthRefusal("unauthorized_client", "The client waits for an administrator's approval");
  if (status === "suspended") throw new OAuthRefusal("unauthorized_client", "The client is suspended");
}
