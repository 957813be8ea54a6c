import { toHex } from "../bytes.ts";

/**
 * The family of our opaque credentials (PLATFORM §4):
 * `snk_live_<id 16>_<secret 32><crc 6>`. The id ends in a MAC, so that an invented one is never
 * looked up; the checksum finds a mistyped one. Both are checked without any I/O.
 */
export const TOKEN_TYPES = ["snk", "sna", "snr", "snc", "sns"] as const;
/** API key, access token, refresh token, client secret, SCIM token. */
export type TokenType = (typeof TOKEN_TYPES)[number];
export type TokenEnv = "live" | "test";

export interface Token {
  type: TokenType;
  env: TokenEnv;
  /** The ten random digits of the id; the access and refresh tokens of one grant share them. */
  random: string;
  /** The 16 digits by which the credential is known. */
  publicId: string;
  /** The whole string. */
  text: string;
}

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_DIGITS = 10;
const MAC_DIGITS = 6;
const SECRET_DIGITS = 32;
const CRC_DIGITS = 6;
const SHAPE = /^(sn[karcs])_(live|test)_([0-9A-Za-z]{16})_[0-9A-Za-z]{38}$/;

/** The largest multiple of 62 that a byte can be below: bytes from there on are thrown again. */
const FAIR_BYTES = 248;

/**
 * Random base-62 digits, each as likely as the others.
 *
 * @param randomBytes - gives so many random bytes
 */
export function randomDigits(count: number, randomBytes: (count: number) => Uint8Array): string {
  let digits = "";
  while (digits.length < count) {
    for (const byte of randomBytes(count)) {
      if (byte < FAIR_BYTES && digits.length < count) digits += ALPHABET.charAt(byte % 62);
    }
  }
  return digits;
}

/** A number in base 62, most significant digit first, padded with `0`. */
function base62(value: bigint, digits: number): string {
  let rest = value;
  let text = "";
  for (let digit = 0; digit < digits; digit++) {
    text = ALPHABET.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  }
  return text;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** CRC-32 as IEEE 802.3 has it. */
export function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let index = 0; index < text.length; index++) crc = (CRC_TABLE[(crc ^ text.charCodeAt(index)) & 0xff] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const checksum = (text: string): string => base62(BigInt(crc32(text)), CRC_DIGITS);

/** The server's keys, imported once; the first signs, all are accepted. */
export type MacKeys = readonly CryptoKey[];

/** Imports up to three server keys, the newest first. */
export const importMacKeys = (keys: readonly Uint8Array[]): Promise<MacKeys> =>
  Promise.all(
    keys.slice(0, 3).map((key) => crypto.subtle.importKey("raw", key as BufferSource, { name: "HMAC", hash: "SHA-256" }, false, ["sign"])),
  );

const MAC_SPACE = 62n ** BigInt(MAC_DIGITS);

async function mac(key: CryptoKey, type: TokenType, env: TokenEnv, random: string): Promise<string> {
  const signature = new DataView(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(`${type}_${env}_${random}`)));
  return base62(signature.getBigUint64(0) % MAC_SPACE, MAC_DIGITS);
}

/** The id of a credential of this type. */
export const publicIdOf = async (keys: MacKeys, type: TokenType, env: TokenEnv, random: string): Promise<string> =>
  random + (await mac(keys[0] as CryptoKey, type, env, random));

export const newRandom = (randomBytes: (count: number) => Uint8Array): string => randomDigits(RANDOM_DIGITS, randomBytes);

/** A new token over the given random digits of its id. */
export async function mintToken(
  keys: MacKeys,
  type: TokenType,
  env: TokenEnv,
  random: string,
  randomBytes: (count: number) => Uint8Array,
): Promise<Token> {
  return mintUnder(type, env, await publicIdOf(keys, type, env, random), randomBytes);
}

/** A new secret under an id that there is already, whichever server key signed it. */
export function mintUnder(type: TokenType, env: TokenEnv, publicId: string, randomBytes: (count: number) => Uint8Array): Token {
  const body = `${type}_${env}_${publicId}_${randomDigits(SECRET_DIGITS, randomBytes)}`;
  return { type, env, random: randomOf(publicId), publicId, text: body + checksum(body) };
}

/** The random digits of an id, by which its subject is named. */
export const randomOf = (publicId: string): string => publicId.slice(0, RANDOM_DIGITS);

/** Why a string is none of our tokens, told apart only as far as the caller may know. */
export type TokenFault = "malformed" | "invalid";

/**
 * Reads a token without asking anybody: its shape and environment, its checksum, then its MAC in
 * constant time. Any change of a single character is found here.
 */
export async function readToken(keys: MacKeys, env: TokenEnv, text: string): Promise<Token | TokenFault> {
  const [, type, itsEnv, publicId] = (SHAPE.exec(text) ?? []) as (string | undefined)[];
  if (!type || !itsEnv || !publicId) return "malformed";
  if (checksum(text.slice(0, -CRC_DIGITS)) !== text.slice(-CRC_DIGITS)) return "malformed";
  if (itsEnv !== env) return "malformed";
  const random = randomOf(publicId);
  const given = publicId.slice(RANDOM_DIGITS);
  let genuine = false;
  for (const key of keys) genuine = sameDigits(await mac(key, type as TokenType, env, random), given) || genuine;
  return genuine ? { type: type as TokenType, env, random, publicId, text } : "invalid";
}

/** Whether an id of this type is one of ours; for ids that come without a secret, such as a `client_id`. */
export async function isGenuineId(keys: MacKeys, type: TokenType, env: TokenEnv, publicId: string): Promise<boolean> {
  if (!/^[0-9A-Za-z]{16}$/.test(publicId)) return false;
  let genuine = false;
  for (const key of keys)
    genuine = sameDigits(await mac(key, type, env, publicId.slice(0, RANDOM_DIGITS)), publicId.slice(RANDOM_DIGITS)) || genuine;
  return genuine;
}

/** Whether two texts are the same, in a time that tells nothing of where they differ. */
export function sameDigits(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let index = 0; index < one.length; index++) difference |= one.charCodeAt(index) ^ other.charCodeAt(index);
  return difference === 0;
}

/** What is stored of a secret: SHA-256 of the whole string, in hex. Enough for what is random throughout. */
export const hashToken = async (text: string): Promise<string> =>
  toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));

/** What a row keeps of a new secret. */
export const keptOf = async ({ text }: Token): Promise<{ secretHash: string; last4: string }> => ({
  secretHash: await hashToken(text),
  last4: text.slice(-4),
});

/** A secret as it may be shown again: prefix, id and its last four characters. */
export const displayOf = ({ type, env, publicId, last4 }: { type: TokenType; env: TokenEnv; publicId: string; last4: string }): string =>
  `${type}_${env}_${publicId}_…${last4}`;
