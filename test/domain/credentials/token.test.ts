import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  crc32,
  displayOf,
  hashToken,
  importMacKeys,
  isGenuineId,
  keptOf,
  mintToken,
  mintUnder,
  publicIdOf,
  randomDigits,
  readToken,
  TOKEN_TYPES,
} from "#domain/credentials/token.ts";

/** PLATFORM §4. */
const VECTOR = "snk_test_0123456789dDjpyi_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA3uNac2";
const keys = await importMacKeys([Uint8Array.from({ length: 32 }, (_, byte) => byte)]);
const others = await importMacKeys([new Uint8Array(32)]);
const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count));
/** Each byte 10 is the digit `A`. */
const onlyA = (count: number) => new Uint8Array(count).fill(10);

describe("a token", () => {
  it("is the vector's, from its id to its hash", async () => {
    expect(await publicIdOf(keys, "snk", "test", "0123456789")).toBe("0123456789dDjpyi");
    expect(crc32(VECTOR.slice(0, -6))).toBe(0xd579492e);
    expect((await mintToken(keys, "snk", "test", "0123456789", onlyA)).text).toBe(VECTOR);
    expect(await hashToken(VECTOR)).toBe("9a3ba3e0b4b370324931e1ec3f9c9b18eca023dfeb6e6a7daa136175c25872b6");
  });

  it("is read as what it was made", async () => {
    for (const type of TOKEN_TYPES) {
      const token = await mintToken(keys, type, "test", "abcdefghij", randomBytes);
      expect(await readToken(keys, "test", token.text)).toEqual(token);
    }
  });

  it("is not ours in another environment, and not genuine under another server key", async () => {
    expect(await readToken(keys, "live", VECTOR)).toBe("malformed");
    expect(await readToken(others, "test", VECTOR)).toBe("invalid");
    expect(await readToken([...others, ...keys], "test", VECTOR)).toMatchObject({ publicId: "0123456789dDjpyi" });
  });

  it("is genuine under the newest three server keys, and no more under a fourth", async () => {
    const four = [1, 2, 3, 4].map((seed) => new Uint8Array(32).fill(seed));
    const of = async (at: number) => mintToken(await importMacKeys([four[at] as Uint8Array]), "snk", "test", "0123456789", randomBytes);
    const accepted = await importMacKeys(four);
    const read = await Promise.all(four.map(async (_, at) => readToken(accepted, "test", (await of(at)).text)));
    expect(read.map((token) => typeof token)).toEqual(["object", "object", "object", "string"]);
    expect((await mintToken(accepted, "snk", "test", "0123456789", onlyA)).publicId).toBe((await of(0)).publicId);
  });

  it("dies offline of the change of any single character", async () => {
    const characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-.é ";
    await fc.assert(
      fc.asyncProperty(fc.nat(VECTOR.length - 1), fc.nat(characters.length - 1), async (at, other) => {
        const character = characters.charAt(other);
        fc.pre(VECTOR[at] !== character);
        expect(typeof (await readToken(keys, "test", VECTOR.slice(0, at) + character + VECTOR.slice(at + 1)))).toBe("string");
      }),
      { numRuns: 2_000 },
    );
  });

  it("dies of a changed id even with the checksum made anew", async () => {
    const forged = mintUnder("snk", "test", "0123456789dDjpyj", randomBytes);
    expect(await readToken(keys, "test", forged.text)).toBe("invalid");
    expect(await isGenuineId(keys, "snk", "test", "0123456789dDjpyj")).toBe(false);
    expect(await isGenuineId(keys, "snk", "test", "0123456789dDjpyi")).toBe(true);
    expect(await isGenuineId(keys, "snc", "test", "0123456789dDjpyi")).toBe(false);
  });

  it("keeps its id through a rotation, also under a server key that signs no more", async () => {
    const rotated = mintUnder("snk", "test", "0123456789dDjpyi", randomBytes);
    expect(rotated.publicId).toBe("0123456789dDjpyi");
    expect(await readToken([...others, ...keys], "test", rotated.text)).toEqual(rotated);
  });

  it("is kept as hash and last four characters, and shown without its secret", async () => {
    const token = await mintToken(keys, "snk", "test", "0123456789", onlyA);
    expect(await keptOf(token)).toEqual({ secretHash: await hashToken(VECTOR), last4: "Nac2" });
    expect(displayOf({ ...token, last4: "Nac2" })).toBe("snk_test_0123456789dDjpyi_…Nac2");
  });
});

it("throws bytes away that would favour a digit", () => {
  const given = [248, 255, 0, 61, 62, 247];
  expect(randomDigits(4, () => Uint8Array.from(given))).toBe("0z0z");
});
