import { basisPoints, type BasisPoints } from "../money.ts";
import type { DealRole } from "./deal-roles.ts";
import { inForce, type Versioned } from "./in-force.ts";

/** What a recruiter subscribes to, from the lowest to the highest. */
export const TIERS = ["free", "paid", "premium"] as const;

export type Tier = (typeof TIERS)[number];

/** The part of the charged fee that each role earns, by the tier of its recruiter. */
export type RoleRates = Readonly<Record<DealRole, BasisPoints>>;

const rates = (
  candidateRecruiter: number,
  companyRecruiter: number,
  jobOwner: number,
  candidateSourcer: number,
  companySourcer: number,
): RoleRates => ({
  candidate_recruiter: basisPoints(candidateRecruiter),
  company_recruiter: basisPoints(companyRecruiter),
  job_owner: basisPoints(jobOwner),
  candidate_sourcer: basisPoints(candidateSourcer),
  company_sourcer: basisPoints(companySourcer),
});

/** The rates the marketplace opens with. Later ones are rows of `billing.splits_rates`. */
export const OPENING_RATES: Readonly<Record<Tier, RoleRates>> = {
  free: rates(2000, 1000, 1000, 600, 600),
  paid: rates(3000, 1500, 1500, 800, 800),
  premium: rates(4000, 2000, 2000, 1000, 1000),
};

/** A row of `billing.splits_rates`: the five rates of one tier for a time. */
export type SplitsRates = Versioned & { id: string; tier: Tier } & {
  [Role in DealRole as `${Role}_bp`]: BasisPoints;
};

/** The rates of a tier in force at an instant. */
export const ratesInForce = (rows: readonly SplitsRates[], tier: Tier, at: Date): SplitsRates =>
  inForce(
    rows.filter((row) => row.tier === tier),
    at,
  );
