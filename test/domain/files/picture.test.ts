import { expect, it } from "vitest";
import { pictureTypeOf } from "#domain/files/picture.ts";

const latin = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

it.each([
  ["a PNG", "\x89PNG\r\n\x1a\n....", "image/png"],
  ["a JPEG", "\xff\xd8\xff\xe0....", "image/jpeg"],
  ["a WebP", "RIFF....WEBPVP8 ", "image/webp"],
  ["a sound in the same wrapping", "RIFF....WAVEfmt ", null],
  ["an SVG", '<svg xmlns="http://www.w3.org/2000/svg"/>', null],
  ["a program", "MZ\x90\x00", null],
  ["a cut PNG", "\x89PNG", null],
  ["nothing", "", null],
])("knows %s by its first bytes", (_, bytes, type) => {
  expect(pictureTypeOf(latin(bytes))).toBe(type);
});
