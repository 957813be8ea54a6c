/** A colour as `#rrggbb`. */
export type Color = string;

const COLOR = /^#[0-9a-f]{6}$/;

/** What a company wears that has chosen no colour. */
export const HOUSE_COLOR: Color = "#4338ca";

/** A colour as it is kept, in small letters; null where the text is none. */
export function toColor(text: string): Color | null {
  const color = text.trim().toLowerCase();
  return COLOR.test(color) ? color : null;
}

/** How much light a colour gives, from 0 to 1 (WCAG 2.2, relative luminance). */
function luminance(color: Color): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The contrast of two colours, from 1 to 21 (WCAG 2.2). */
export function contrast(one: Color, other: Color): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** Black or white, whichever is easier to read on a colour: never below 4.58:1, so every brand is legible. */
export const inkOn = (color: Color): "#000000" | "#ffffff" =>
  contrast(color, "#000000") >= contrast(color, "#ffffff") ? "#000000" : "#ffffff";
