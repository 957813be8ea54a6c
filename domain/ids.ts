import { toHex } from "./bytes.ts";

/**
 * A version 7 UUID: 48 bits of milliseconds, a 12-bit sequence, then random bits. Ids sort by the
 * time they were made, and within one decision by their order.
 *
 * @param sequence - how many ids this maker has made before
 * @param random - eight random bytes
 * @see RFC 9562 §5.7, and §6.2 method 1 for the sequence
 */
export function uuidv7(at: Date, sequence: number, random: Uint8Array): string {
  const time = at.getTime().toString(16).padStart(12, "0");
  const count = (sequence & 0xfff).toString(16).padStart(3, "0");
  const bytes = toHex(random);
  const variant = (8 + (Number.parseInt(bytes.charAt(0), 16) & 3)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${variant}${bytes.slice(1, 4)}-${bytes.slice(4, 16)}`;
}

/** The instant that a version 7 UUID was made at, in milliseconds since the epoch. Another one tells any instant. */
export const instantIn = (id: string): number => Number.parseInt(id.replace("-", "").slice(0, 12), 16);

/** The scheduler and the queue consumers act as this user (DOMAIN §1.1). */
export const SYSTEM_USER_ID = "00000000-0000-0000-0000-000000000000";

export const isUuid = (text: string): boolean => /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i.test(text);
