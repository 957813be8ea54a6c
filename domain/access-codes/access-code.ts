/** Letters and digits that are not taken for one another. */
const ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const LENGTH = 12;
const GROUP = 4;

/**
 * A new code as it is shown once, such as `K7QX-M4PW-2RTD`: 60 bits.
 *
 * @param random - twelve random bytes
 */
export function newAccessCode(random: Uint8Array): string {
  const letters = Array.from(random.subarray(0, LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join("");
  return Array.from({ length: LENGTH / GROUP }, (_, group) => letters.slice(group * GROUP, (group + 1) * GROUP)).join("-");
}

/** A code as it was typed, in the form that is hashed: people leave out hyphens and write small letters. */
export const typedCode = (text: string): string => text.toUpperCase().replaceAll(/[^A-Z0-9]/g, "");

/** What is known of a code beside itself. Instants are `Date`s. */
export interface CodeTerms {
  expiresAt: Date;
  revokedAt: Date | null;
  uses: number;
  maxUses: number | null;
}

/** Whether a code opens the page now. */
export const isOpen = ({ expiresAt, revokedAt, uses, maxUses }: CodeTerms, now: Date): boolean =>
  revokedAt === null && expiresAt > now && (maxUses === null || uses < maxUses);
