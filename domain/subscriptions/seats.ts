import { basisPoints, cents, divideHalfUp, type BasisPoints, type Cents } from "../money.ts";

/** From so many seats on, every seat of a team costs less. */
export const VOLUME_SEATS = 10;

/** What teams of that size save. */
export const VOLUME_DISCOUNT = basisPoints(2000);

/** The seats of a team: its active members. A collaborator takes none. */
export const seatsOf = (members: readonly { role: string; status: string }[]): number =>
  members.filter((member) => member.status === "active" && member.role !== "collaborator").length;

export const seatDiscount = (seats: number): BasisPoints => (seats >= VOLUME_SEATS ? VOLUME_DISCOUNT : basisPoints(0));

/**
 * What a team plan costs per period, as a preview: rounded once. Stripe bills the same, and prorates
 * changes by itself.
 *
 * @param price - of one seat, in cents
 */
export const seatsAmount = (seats: number, price: Cents): Cents =>
  cents(Number(divideHalfUp(BigInt(seats) * BigInt(price) * BigInt(WHOLE - seatDiscount(seats)), BigInt(WHOLE))));

const WHOLE = 10_000;
