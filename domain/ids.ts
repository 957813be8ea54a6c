/**
 * A version 7 UUID: 48 bits of milliseconds, then random bits, so ids sort by the time they were made.
 *
 * @param random - ten random bytes
 * @see RFC 9562 §5.7
 */
export function uuidv7(at: Date, random: Uint8Array): string {
  const time = at.getTime().toString(16).padStart(12, "0");
  const bytes = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const variant = (8 + (Number.parseInt(bytes.charAt(3), 16) & 3)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${bytes.slice(0, 3)}-${variant}${bytes.slice(4, 7)}-${bytes.slice(7, 19)}`;
}

/** The scheduler and the queue consumers act as this user (DOMAIN §1.1). */
export const SYSTEM_USER_ID = "00000000-0000-0000-0000-000000000000";

export const isUuid = (text: string): boolean =>
  /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i.test(text);
