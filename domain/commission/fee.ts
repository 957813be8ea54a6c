import { basisPoints, MAX_FEE, MAX_SALARY, minus, plus, portion, type BasisPoints, type Cents } from "../money.ts";
import { invalidField } from "../refusals.ts";
import type { Contract, ContractAtHire } from "./contract.ts";
import type { Versioned } from "./in-force.ts";
import type { VolumeBonus } from "./volume.ts";

/** What makes a role worth more to the company. `volume` shows in its bulk bonus. */
export type PremiumType = "urgent" | "executive" | "niche" | "volume";

/** The numbers of the fee. Uplifts and keep are parts of the base fee. */
export interface FeeTerms {
  standard_bp: BasisPoints;
  executive_bp: BasisPoints;
  urgent_bp: BasisPoints;
  niche_bp: BasisPoints;
  /** The part of any uplift that the platform keeps before recruiters get a bonus. */
  keep_bp: BasisPoints;
}

/** A row of `billing.fee_terms`. */
export type FeeTermsRow = Versioned & FeeTerms & { id: string };

/** The terms the marketplace opens with. */
export const OPENING_TERMS: FeeTerms = {
  standard_bp: basisPoints(2000),
  executive_bp: basisPoints(2500),
  urgent_bp: basisPoints(1000),
  niche_bp: basisPoints(1500),
  keep_bp: basisPoints(500),
};

/** What a role says about its fee. */
export interface RoleFee {
  /** Null leaves the standard, or the executive, percentage. */
  fee_bp: BasisPoints | null;
  premium_type: readonly PremiumType[];
}

/** How a fee came about, step by step; stored as `placement_snapshot.fee_basis`. */
export interface FeeBasis {
  salary_cents: Cents;
  source: "contract_flat_fee" | "contract" | "job" | "executive" | "standard";
  /** Null with a flat fee. */
  fee_bp: BasisPoints | null;
  base_cents: Cents;
  discount_bp: BasisPoints;
  discount_cents: Cents;
  /** What the rates of the roles apply to: base − discount. */
  charged_cents: Cents;
  uplift_bp: BasisPoints;
  uplift_cents: Cents;
  /** The bonus on each standard share: what of the uplift the platform does not keep. */
  bonus_bp: BasisPoints;
  bulk_cents: Cents;
  /** Who earns the bulk bonus: the Closer of each hire that has one, earliest first. */
  bulk_closers: readonly string[];
  /** The incentive offered to the Closer, before the cap by the platform's share. */
  incentive_cents: Cents;
  /** charged + uplift + bulk. */
  total_cents: Cents;
  terms: FeeTerms;
  contract: Contract | null;
  /** Which hire of the contract year this was; null where no threshold asked. */
  contract_hire_number: number | null;
}

/** What one hire adds to the terms of its role. */
export interface HireFee {
  salary: Cents;
  role: RoleFee;
  terms: FeeTerms;
  contract: ContractAtHire | null;
  volume: VolumeBonus;
  incentive: Cents;
}

/**
 * The placement fee of a hire. Each step is a line of the invoice, rounded half up to the cent, so
 * the lines add up to the total.
 *
 * Refuses a salary that is not positive or above `MAX_SALARY`, and a total above `MAX_FEE`.
 */
export function placementFee({ salary, role, terms, contract, volume, incentive }: HireFee): FeeBasis {
  requireSalary(salary);
  const base = baseFee(salary, role, terms, contract?.contract);
  const discountRate = discount(contract);
  const discounted = portion(base.base_cents, discountRate);
  const charged = minus(base.base_cents, discounted);
  const upliftRate = base.fee_bp === null ? basisPoints(0) : uplift(role, terms);
  const uplifted = portion(charged, upliftRate);
  const total = plus(charged, uplifted, volume.amount);
  if (total > MAX_FEE) throw invalidField("salary", "out_of_range", "The fee would be above 99,999,999.99.");

  return {
    salary_cents: salary,
    ...base,
    discount_bp: discountRate,
    discount_cents: discounted,
    charged_cents: charged,
    uplift_bp: upliftRate,
    uplift_cents: uplifted,
    bonus_bp: basisPoints(Math.max(0, upliftRate - terms.keep_bp)),
    bulk_cents: volume.amount,
    bulk_closers: volume.closers,
    incentive_cents: incentive,
    total_cents: total,
    terms,
    contract: contract?.contract ?? null,
    contract_hire_number: contract?.hireNumber ?? null,
  };
}

function requireSalary(salary: Cents): void {
  if (salary <= 0) throw invalidField("salary", "out_of_range", "A salary is above zero.");
  if (salary > MAX_SALARY) throw invalidField("salary", "out_of_range", "A salary is at most 9,999,999,999.99.");
}

/** Contract before role before the platform's own terms; a flat fee before any percentage. */
function baseFee(
  salary: Cents,
  role: RoleFee,
  terms: FeeTerms,
  contract: Contract | undefined,
): Pick<FeeBasis, "source" | "fee_bp" | "base_cents"> {
  const percentage = (source: FeeBasis["source"], rate: BasisPoints) => ({
    source,
    fee_bp: rate,
    base_cents: portion(salary, rate),
  });

  if (contract && contract.flat_fee_cents !== null) {
    return { source: "contract_flat_fee", fee_bp: null, base_cents: contract.flat_fee_cents };
  }
  if (contract && contract.fee_bp !== null) return percentage("contract", contract.fee_bp);
  if (role.fee_bp !== null) return percentage("job", role.fee_bp);
  if (role.premium_type.includes("executive")) return percentage("executive", terms.executive_bp);
  return percentage("standard", terms.standard_bp);
}

/** The contract's discount, from its threshold on and not backwards. */
function discount(atHire: ContractAtHire | null): BasisPoints {
  const none = basisPoints(0);
  if (!atHire) return none;
  const { contract, hireNumber } = atHire;
  const reached = hireNumber === null || hireNumber >= contract.discount_threshold;
  return reached ? (contract.discount_bp ?? none) : none;
}

/** Uplifts add up: 20 % × (1 + 0.10 + 0.15) is 25 % of the salary. */
function uplift({ premium_type }: RoleFee, terms: FeeTerms): BasisPoints {
  const urgent = premium_type.includes("urgent") ? terms.urgent_bp : 0;
  const niche = premium_type.includes("niche") ? terms.niche_bp : 0;
  return basisPoints(urgent + niche);
}
