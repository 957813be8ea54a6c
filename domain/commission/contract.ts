import type { BasisPoints, Cents } from "../money.ts";
import { utcDate, yearsAfter } from "./dates.ts";
import type { PlacementState } from "./volume.ts";

/** An approved row of `billing.custom_contracts`. */
export interface Contract {
  id: string;
  /** Beats `fee_bp`. */
  flat_fee_cents: Cents | null;
  /** Null leaves the role's own percentage. */
  fee_bp: BasisPoints | null;
  discount_bp: BasisPoints | null;
  /** The hire of the contract year from which on the discount holds; 0 means from the first. */
  discount_threshold: number;
  contract_start_date: string;
  /** Inclusive; null has no end. */
  contract_end_date: string | null;
}

/** An earlier placement of the company, as the count of a contract year needs it. */
export interface ContractPlacement {
  id: string;
  /** The contract it was settled under (its snapshot). */
  contract_id: string | null;
  hired_at: string;
  state: PlacementState;
}

/** A contract as it meets one hire. */
export interface ContractAtHire {
  contract: Contract;
  /** Which hire of the contract year this is; null where no threshold asks. */
  hireNumber: number | null;
}

/**
 * The contract that holds on the date of the hire, both ends inclusive; null without one.
 * Contracts of one company never overlap.
 */
export function contractAtHire(contracts: readonly Contract[], placements: readonly ContractPlacement[], now: Date): ContractAtHire | null {
  const today = utcDate(now);
  const contract = contracts.find(({ contract_start_date, contract_end_date }) => {
    return contract_start_date <= today && (contract_end_date === null || today <= contract_end_date);
  });
  if (!contract) return null;
  return {
    contract,
    hireNumber: contract.discount_threshold > 0 ? hireNumber(contract, placements, today) : null,
  };
}

/** One more than the hires of the contract year that have not failed, so a replacement counts once. */
function hireNumber(contract: Contract, placements: readonly ContractPlacement[], today: string): number {
  const yearStart = contractYearStart(contract.contract_start_date, today);
  const earlier = placements.filter(({ contract_id, hired_at, state }) => {
    return contract_id === contract.id && state !== "failed" && utcDate(new Date(hired_at)) >= yearStart;
  });
  return 1 + earlier.length;
}

/** The first day of the contract year a date lies in. Years count from the contract's start. */
export function contractYearStart(contractStart: string, date: string): string {
  const years = Number(date.slice(0, 4)) - Number(contractStart.slice(0, 4));
  const anniversary = yearsAfter(contractStart, years);
  return anniversary <= date ? anniversary : yearsAfter(contractStart, years - 1);
}
