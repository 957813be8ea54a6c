import { toBase64Url } from "../bytes.ts";

const CHALLENGE = /^[\w-]{43}$/;

/** Whether a text can be an S256 challenge: a SHA-256 in base64url. */
export const isChallenge = (text: string): boolean => CHALLENGE.test(text);

/** The challenge that a verifier answers. @see RFC 7636 §4.2 */
export const challengeOf = async (verifier: string): Promise<string> =>
  toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
