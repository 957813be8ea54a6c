import { createHash } from "node:crypto";
import type { Challenge, Proof } from "#domain/intake/proof.ts";

/** A challenge, worked out as a widget does it. */
export function workedOut({ salt, hash, max, sig }: Challenge): Proof {
  for (let number = 0; number <= max; number++) {
    if (createHash("sha256").update(`${salt}${number}`).digest("hex") === hash) return { salt, hash, sig, number };
  }
  throw new Error("no number fits");
}
