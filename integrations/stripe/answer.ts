import { Stripe } from "stripe";
import type { CallAnswer } from "#services/ports.ts";

/** Reads an error of the official client; undefined for one that is not Stripe's. A broken connection is no answer. */
export function stripeAnswer(error: unknown): CallAnswer | undefined {
  if (!(error instanceof Stripe.errors.StripeError)) return undefined;
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
