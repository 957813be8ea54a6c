import { toBase64Url, toHex } from "#domain/bytes.ts";
import { type Challenge, issuedAt, MAX_NUMBER, type Proof, proofEnd } from "#domain/intake/proof.ts";
import { invalidField, type Refusal } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import type { IntakeGuard } from "../ports.ts";

/** For whom a challenge is good. */
export interface Prover {
  companyId: string;
  /** The address of the client. */
  address: string;
}

const SALT_BYTES = 16;

/** A new challenge. It asks neither the database nor an object: whatever makes it genuine stands in it. */
export async function newChallenge(ctx: Context, prover: Prover, now: Date): Promise<Challenge> {
  const seconds = Math.floor(now.getTime() / 1_000);
  const salt = `${seconds}.${toBase64Url(ctx.ports.randomBytes(SALT_BYTES))}.`; // ends in a dot, so that no digit of the number can join it
  const [draw = 0] = new Uint32Array(ctx.ports.randomBytes(4).slice().buffer);
  const hash = await hashOf(`${salt}${draw % (MAX_NUMBER + 1)}`);
  return { salt, hash, max: MAX_NUMBER, sig: await signed(ctx, prover, { salt, hash }, new Date(seconds * 1_000)) };
}

/** Spends a proof. Refused at `/proof` where there is none, it is not for this company and address, is too old, or was spent. */
export async function spendProof(ctx: Context, guard: IntakeGuard, prover: Prover, proof: Proof | undefined): Promise<void> {
  if (proof === undefined) throw wrongProof("required", "The proof of work is missing.");
  const issued = issuedAt(proof.salt);
  if (!issued || proof.sig !== (await signed(ctx, prover, proof, issued)))
    throw wrongProof("invalid", "This proof of work is not for this form.");
  if ((await hashOf(`${proof.salt}${proof.number}`)) !== proof.hash) throw wrongProof("invalid", "The proof of work is wrong.");
  const end = proofEnd(issued);
  if (end <= ctx.now()) throw wrongProof("expired", "The proof of work is too old.");
  const isFresh = await guard.spend(proof.sig, end.getTime() / 1_000, Math.floor(ctx.now().getTime() / 1_000));
  if (!isFresh) throw wrongProof("spent", "The proof of work was used before.");
}

const wrongProof = (code: string, message: string): Refusal => invalidField("proof", code, message);

const signed = (
  ctx: Context,
  { companyId, address }: Prover,
  { salt, hash }: Pick<Challenge, "salt" | "hash">,
  issued: Date,
): Promise<string> => ctx.ports.links.token(`proof ${companyId} ${address} ${salt} ${hash}`, issued);

const hashOf = async (text: string): Promise<string> =>
  toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
