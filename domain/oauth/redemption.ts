import { MAX_FAMILIES } from "./lives.ts";

/** A code as it was issued. */
export interface IssuedCode {
  clientId: string;
  redirectUri: string;
  codeChallenge: string;
  expiresAt: Date;
  consumedAt: Date | null;
}

export type Redemption =
  | { kind: "redeem" }
  /** it was used before: what it gave rise to ends (RFC 6749 §4.1.2) */
  | { kind: "replayed" }
  /** whoever has a code without its verifier has somebody else's: it is consumed (IDENTITY I-13) */
  | { kind: "consume" }
  /** it stays usable */
  | { kind: "refuse"; because: string };

/**
 * What becomes of a presented code.
 *
 * @param given.challenge - what the presented verifier answers to
 */
export function decideRedemption(
  code: IssuedCode | undefined,
  given: { clientId: string; redirectUri: string; challenge: string },
  now: Date,
): Redemption {
  if (!code || code.clientId !== given.clientId) return { kind: "refuse", because: "The code is not known" };
  if (code.consumedAt !== null) return { kind: "replayed" };
  if (code.expiresAt <= now) return { kind: "refuse", because: "The code has expired" };
  if (code.redirectUri !== given.redirectUri)
    return { kind: "refuse", because: "redirect_uri is not the one of the authorization request" };
  return code.codeChallenge === given.challenge ? { kind: "redeem" } : { kind: "consume" };
}

/** Of a grant's live families, the oldest first, those that make room for one more. */
export const familiesToEnd = (families: readonly string[]): readonly string[] =>
  families.slice(0, Math.max(0, families.length - MAX_FAMILIES + 1));
