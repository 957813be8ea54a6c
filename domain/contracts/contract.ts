import { contractYearStart } from "../commission/contract.ts";
import { daysAfter, isDate, midnightAfter, utcDate, yearsAfter } from "../commission/dates.ts";
import type { PlacementState } from "../placements/placement.ts";
import { MAX_FEE, type BasisPoints, type Cents } from "../money.ts";
import { conflict, forbidden, invalid, invalidField, type FieldError } from "../refusals.ts";

/** What a contract with a company says. */
export interface ContractTerms {
  /** Null leaves the role's own percentage. */
  feeBp: BasisPoints | null;
  /** Beats the percentage. */
  flatFee: Cents | null;
  discountBp: BasisPoints | null;
  /** The hire of the contract year from which on the discount holds; 0 means from the first. */
  discountThreshold: number;
  minPlacementsPerYear: number | null;
  /** `YYYY-MM-DD`. */
  startDate: string;
  /** Inclusive; null has no end. */
  endDate: string | null;
  termsDocumentUrl: string | null;
}

/** A row of `billing.custom_contracts`. */
export interface CustomContract extends ContractTerms {
  id: string;
  companyId: string;
  approvedByUserId: string | null;
  approvedAt: Date | null;
}

const WHOLE_BP = 10_000;

/**
 * Takes the terms of a contract. Refuses them (`validation_failed`) where a percentage is not between
 * 0 and 100, a flat fee is below zero or above `MAX_FEE`, a count is negative, a date is none, or the
 * end is before the start.
 */
export function requireTerms(terms: ContractTerms): ContractTerms {
  const errors: FieldError[] = [];
  const require = (holds: boolean, field: string, code: string, message: string): void => {
    if (!holds) errors.push({ pointer: `/${field}`, code, message });
  };
  const between = (value: number | null, low: number, high: number): boolean => value === null || (value >= low && value <= high);

  require(between(terms.feeBp, 0, WHOLE_BP), "fee_percentage", "out_of_range", "A fee is between 0 and 100 %.");
  require(between(terms.discountBp, 0, WHOLE_BP), "discount_percentage", "out_of_range", "A discount is between 0 and 100 %.");
  require(between(terms.flatFee, 0, MAX_FEE), "flat_fee_cents", "out_of_range", "A flat fee is between 0 and 99,999,999.99.");
  require(terms.discountThreshold >= 0, "discount_threshold", "out_of_range", "A threshold is not negative.");
  require(between(terms.minPlacementsPerYear, 0, Infinity), "min_placements_per_year", "out_of_range", "A minimum is not negative.");
  require(isDate(terms.startDate), "contract_start_date", "invalid_date", "contract_start_date is a date, YYYY-MM-DD.");
  require(terms.endDate === null || isDate(terms.endDate), "contract_end_date", "invalid_date", "contract_end_date is a date, YYYY-MM-DD.");
  const endsAfterStart = terms.endDate === null || terms.endDate >= terms.startDate;
  require(endsAfterStart, "contract_end_date", "out_of_range", "A contract ends on its first day or later.");
  if (errors.length > 0) throw invalid(...errors);
  return terms;
}

/** Whether two contracts share a day; both ends are inclusive. */
export const overlaps = (one: Pick<ContractTerms, "startDate" | "endDate">, other: Pick<ContractTerms, "startDate" | "endDate">): boolean =>
  (other.endDate === null || one.startDate <= other.endDate) && (one.endDate === null || other.startDate <= one.endDate);

/** Refuses a contract that shares a day with another of its company, approved or not (409 `contract_overlap`, M-7). */
function requireNoOverlap(id: string, terms: ContractTerms, ofCompany: readonly CustomContract[]): void {
  const other = ofCompany.find((contract) => contract.id !== id && overlaps(contract, terms));
  if (other) throw conflict(`The contract overlaps with contract ${other.id}.`, { reason: "contract_overlap" });
}

/**
 * Makes a contract; it counts from its approval on. Refuses bad terms (`validation_failed`) and an
 * overlap (409 `contract_overlap`).
 *
 * @param ofCompany - all contracts of the company
 */
export function createContract(id: string, companyId: string, terms: ContractTerms, ofCompany: readonly CustomContract[]): CustomContract {
  requireTerms(terms);
  requireNoOverlap(id, terms, ofCompany);
  return { ...terms, id, companyId, approvedByUserId: null, approvedAt: null };
}

/** Changes a contract before its approval. Refuses as `createContract`, and an approved one (409 `contract_approved`). */
export function editContract<C extends CustomContract>(contract: C, terms: ContractTerms, ofCompany: readonly CustomContract[]): C {
  requireUnapproved(contract);
  requireTerms(terms);
  requireNoOverlap(contract.id, terms, ofCompany);
  return { ...contract, ...terms };
}

/** Refuses to change or delete an approved contract (409 `contract_approved`): it is ended, and followed by a new one. */
export function requireUnapproved(contract: CustomContract): void {
  if (contract.approvedAt) {
    throw conflict("An approved contract is not changed. End it and make a new one.", { reason: "contract_approved" });
  }
}

/**
 * Approves a contract; from now on hires are settled under it. Refuses the one who asked for it
 * (`forbidden`), an approved one and an overlap (409).
 */
export function approveContract<C extends CustomContract>(
  contract: C,
  approval: { requestedByUserId: string; approverUserId: string },
  ofCompany: readonly CustomContract[],
  now: Date,
): C {
  if (approval.requestedByUserId === approval.approverUserId) throw forbidden("A contract is approved by a second admin.");
  requireUnapproved(contract);
  requireNoOverlap(contract.id, contract, ofCompany);
  return { ...contract, approvedByUserId: approval.approverUserId, approvedAt: now };
}

/**
 * Ends an approved contract on a date, inclusive. Refuses a date that is past, before its start or
 * after the end it has (`validation_failed`), and an unapproved contract (409): that one is edited.
 *
 * @param endDate - `YYYY-MM-DD`
 */
export function endContract<C extends CustomContract>(contract: C, endDate: string, now: Date): C {
  if (!contract.approvedAt) throw conflict("The contract is not approved. Change or delete it.", { reason: "contract_not_approved" });
  const refuse = (code: string, message: string) => invalidField("contract_end_date", code, message);
  if (!isDate(endDate)) throw refuse("invalid_date", "contract_end_date is a date, YYYY-MM-DD.");
  if (endDate < utcDate(now)) throw refuse("out_of_range", "A contract ends today or later.");
  if (endDate < contract.startDate) throw refuse("out_of_range", "A contract ends on its first day or later.");
  if (contract.endDate !== null && endDate > contract.endDate) throw refuse("out_of_range", "A contract is not prolonged. Make a new one.");
  return { ...contract, endDate };
}

/** The account manager hears so many days before a contract ends. */
export const EXPIRY_ALERT_DAYS = [7, 30, 60] as const;

/** The midnight after the last day: the instant a contract has ended. */
const endsAt = (endDate: string): Date => midnightAfter(endDate, 1);

/**
 * Announces the end of an approved contract 60, 30 and 7 days before, each once; null when nothing is
 * due. A late run gives only the latest. An end that was moved is announced anew.
 *
 * @param alerted - the last alert of this end date, in days before it; null before the first
 */
export function contractExpiring(
  contract: CustomContract,
  alerted: number | null,
  now: Date,
): { type: "contract.expiring"; daysRemaining: number } | null {
  const { endDate, approvedAt } = contract;
  if (!approvedAt || endDate === null || endsAt(endDate) <= now) return null;
  const due = EXPIRY_ALERT_DAYS.find((days) => daysAfter(midnightAfter(endDate, 0), -days) <= now);
  if (due === undefined || (alerted !== null && alerted <= due)) return null;
  return { type: "contract.expiring", daysRemaining: due };
}

/** A contract year, [from, to). */
export interface ContractYear {
  from: string;
  /** Exclusive. */
  to: string;
}

/** The contract year a date lies in; years count from the contract's start, 29 February clamped to 28. */
export function contractYear(startDate: string, date: string): ContractYear {
  const from = contractYearStart(startDate, date);
  const years = Number(from.slice(0, 4)) - Number(startDate.slice(0, 4));
  return { from, to: yearsAfter(startDate, years + 1) };
}

/** A placement hired under a contract. */
export interface CommittedPlacement {
  contractId: string | null;
  hiredAt: Date;
  state: PlacementState;
}

/** The placements of a contract year that have not failed. */
export const placementsInYear = (contractId: string, year: ContractYear, placements: readonly CommittedPlacement[]): number =>
  placements.filter(({ contractId: under, hiredAt, state }) => {
    const hired = utcDate(hiredAt);
    return under === contractId && state !== "failed" && hired >= year.from && hired < year.to;
  }).length;

/**
 * Tells when the contract year that ended last was short of its minimum; null when it was not, or when
 * no whole year has ended. There is no surcharge. A last year that was cut short is not held against
 * the minimum of a whole one.
 *
 * @param alertedYear - the start of the last year this was told for; null before the first
 */
export function contractShortfall(
  contract: CustomContract,
  placements: readonly CommittedPlacement[],
  alertedYear: string | null,
  now: Date,
): { type: "contract.shortfall"; year: ContractYear; placements: number; minimum: number } | null {
  const { minPlacementsPerYear: minimum, startDate, endDate, approvedAt } = contract;
  const today = utcDate(now);
  if (!approvedAt || minimum === null || today < startDate) return null;
  const year = lastWholeYear(startDate, endDate, today);
  if (year === null || (alertedYear !== null && alertedYear >= year.from)) return null;
  const made = placementsInYear(contract.id, year, placements);
  return made < minimum ? { type: "contract.shortfall", year, placements: made, minimum } : null;
}

/** The last contract year that ran to its end by today; null when there is none. */
function lastWholeYear(startDate: string, endDate: string | null, today: string): ContractYear | null {
  const dayAfterEnd = endDate === null ? null : utcDate(endsAt(endDate));
  const reached = dayAfterEnd !== null && dayAfterEnd < today ? dayAfterEnd : today;
  const { from: to } = contractYear(startDate, reached);
  return to === startDate ? null : contractYear(startDate, utcDate(midnightAfter(to, -1)));
}
