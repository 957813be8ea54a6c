/** The number of a proof of work lies between 0 and this: some 0.1 s of a person's machine, an hour of a thousand robots'. */
export const MAX_NUMBER = 20_000;
/** For how long a challenge can be answered. */
export const PROOF_SECONDS = 300;

/** What a widget is given to work on: the number behind the salt whose SHA-256 is the hash. */
export interface Challenge {
  /** When it was issued, in seconds since 1970, and what makes it the only one of its kind. */
  salt: string;
  hash: string;
  max: number;
  /** Ours, for one company and one address. */
  sig: string;
}

/** A challenge, worked out. */
export interface Proof extends Omit<Challenge, "max"> {
  number: number;
}

/** When a salt was issued; null for one that is none of ours. */
export function issuedAt(salt: string): Date | null {
  const seconds = /^(\d{10})\.[\w-]{22}\.$/.exec(salt)?.[1];
  return seconds === undefined ? null : new Date(Number(seconds) * 1_000);
}

/** Until when a challenge can be answered. */
export const proofEnd = (issued: Date): Date => new Date(issued.getTime() + PROOF_SECONDS * 1_000);
