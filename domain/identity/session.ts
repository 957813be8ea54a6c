/** How somebody signed in; what the session opens follows from it (IDENTITY §1). */
export const SESSION_METHODS = ["clerk", "oidc", "saml", "passkey", "link", "code", "dev"] as const;

/** A console session that nobody used for this long has ended (IDENTITY §4). */
export const IDLE_SECONDS = 8 * 3_600;
/** A console session ends this long after the sign-in, however busy it is. */
export const ABSOLUTE_SECONDS = 24 * 3_600;
/** That a session was seen is written at most this often. */
export const SEEN_SECONDS = 60;

/** A portal session that nobody used for this long has ended, and however busy it is, after the second of these. */
export const PORTAL_IDLE_SECONDS = 7 * 86_400;
export const PORTAL_ABSOLUTE_SECONDS = 90 * 86_400;
/** What cannot be taken back needs a proof that is at most so old (IDENTITY §6). */
export const PROOF_SECONDS = 15 * 60;

/** Whether a proof is as fresh as what cannot be taken back asks for. */
export const isFresh = (provedAt: Date | null, now: Date): boolean =>
  provedAt !== null && now.getTime() - provedAt.getTime() <= PROOF_SECONDS * 1_000;

/** Where a sign-in leads that was asked for by itself. */
export const HOME = "/console";
const MAX_PATH = 2_048;
/** Printable, without a backslash: browsers read one as a slash, and drop tabs and line breaks before they read. */
const PATH = /^\/(?!\/)[\x21-\x5b\x5d-\x7e]*$/;

/**
 * Where to go after the sign-in: a path of this host, at most 2 KB. Whatever could lead to another
 * host leads home.
 */
export const returnPath = (given: string | null | undefined, home = HOME): string =>
  typeof given === "string" && given.length <= MAX_PATH && PATH.test(given) ? given : home;

const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\b(?:Firefox|FxiOS)\//, "Firefox"],
  [/\b(?:HeadlessChrome|Chrome|CriOS|Chromium)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\b(?:iPhone|iPod)\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bMac OS X\b/, "macOS"],
  [/\bLinux\b/, "Linux"],
];

/** A browser as its owner knows it, such as `Firefox on Linux`; null when it does not say. */
export function deviceOf(userAgent: string | null): string | null {
  const named = (words: readonly (readonly [RegExp, string])[]) => words.find(([pattern]) => pattern.test(userAgent ?? ""))?.[1];
  const [browser, system] = [named(BROWSERS), named(SYSTEMS)];
  return browser && system ? `${browser} on ${system}` : (browser ?? system ?? null);
}
