/** What a picture is, as browsers are told. */
export type PictureType = "image/png" | "image/jpeg" | "image/webp";

/** A logo may weigh so much (SURFACES §2.3). */
export const MAX_LOGO_BYTES = 200 * 1024;

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const JPEG = [0xff, 0xd8, 0xff];
const RIFF = [0x52, 0x49, 0x46, 0x46];
const WEBP = [0x57, 0x45, 0x42, 0x50];

/** Whether these bytes stand in a file from here on. */
export const standsAt = (bytes: Uint8Array, from: number, magic: readonly number[]): boolean =>
  magic.every((byte, index) => bytes[from + index] === byte);

/** The kind of picture by the bytes it begins with, whatever its name says; null for anything else, SVG included. */
export function pictureTypeOf(bytes: Uint8Array): PictureType | null {
  if (standsAt(bytes, 0, PNG)) return "image/png";
  if (standsAt(bytes, 0, JPEG)) return "image/jpeg";
  return standsAt(bytes, 0, RIFF) && standsAt(bytes, 8, WEBP) ? "image/webp" : null;
}
