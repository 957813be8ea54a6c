import type { Stripe } from "stripe";
import type { CallAnswer } from "#services/ports.ts";

/**
 * Whether an error is the official client's own, of one of these types or of any. Its `type` tells,
 * so that nobody loads the client to ask for a class.
 */
export const isStripeError = (error: unknown, ...types: readonly string[]): error is Stripe.errors.StripeError =>
  error instanceof Error &&
  "type" in error &&
  typeof error.type === "string" &&
  (types.length > 0 ? types.includes(error.type) : /^Stripe\w*Error$/.test(error.type));

/** Reads an error of the official client; undefined for one that is not Stripe's. A broken connection is no answer. */
export function stripeAnswer(error: unknown): CallAnswer | undefined {
  if (!isStripeError(error)) return undefined;
  if (error.statusCode === undefined) return null;
  return { httpStatus: error.statusCode, errorType: error.rawType ?? null, errorCode: error.code ?? null };
}

/** Stripe counts instants in seconds. */
export const instantOf = (seconds: number): Date => new Date(seconds * 1000);

export const instantOrNull = (seconds: number | null | undefined): Date | null =>
  seconds === null || seconds === undefined ? null : instantOf(seconds);

/** The id of what Stripe gives as an id or, expanded, as the object. */
export const idOf = (reference: string | { id: string } | null | undefined): string | null =>
  typeof reference === "string" ? reference : (reference?.id ?? null);

/** The most that a page of a list has. */
export const PAGE = 100;
