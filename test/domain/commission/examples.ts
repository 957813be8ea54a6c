import type { Contract } from "#domain/commission/contract.ts";
import type { PremiumType } from "#domain/commission/fee.ts";
import type { Tier } from "#domain/commission/rates.ts";
import { basisPoints } from "#domain/money.ts";
import { all, contract, money, type Tiers } from "./hires.ts";

/** One line of the table of MONEY §21. */
export interface Example {
  number: number;
  about: string;
  salary: string;
  tiers: Tiers;
  fee_bp?: number;
  premium_type?: readonly PremiumType[];
  contract?: Contract;
  incentive?: string;
  fee: string;
  /** In the order of the roles: "standard", "standard + bonus", or null for an empty role. */
  shares: readonly (string | null)[];
  platform: string;
}

const flat = (amount: string) => contract({ flat_fee_cents: money(amount) });

const [free, paid, premium]: readonly [Tier, Tier, Tier] = ["free", "paid", "premium"];

// prettier-ignore
export const EXAMPLES: readonly Example[] = [
  { number: 1, about: "all paid", salary: "100000", tiers: all(paid), fee: "20000.00", shares: ["6000.00", "3000.00", "3000.00", "1600.00", "1600.00"], platform: "4800.00" },
  { number: 2, about: "all premium", salary: "100000", tiers: all(premium), fee: "20000.00", shares: ["8000.00", "4000.00", "4000.00", "2000.00", "2000.00"], platform: "0.00" },
  { number: 3, about: "all free", salary: "100000", tiers: all(free), fee: "20000.00", shares: ["4000.00", "2000.00", "2000.00", "1200.00", "1200.00"], platform: "9600.00" },
  { number: 4, about: "premium, no Closer", salary: "100000", tiers: [null, premium, premium, premium, premium], fee: "20000.00", shares: [null, "4000.00", "4000.00", "2000.00", "2000.00"], platform: "8000.00" },
  { number: 5, about: "free, no company sourcer", salary: "100000", tiers: [free, free, free, free, null], fee: "20000.00", shares: ["4000.00", "2000.00", "2000.00", "1200.00", null], platform: "10800.00" },
  { number: 6, about: "Closer paid, company recruiter free", salary: "100000", tiers: [paid, free, null, null, null], fee: "20000.00", shares: ["6000.00", "2000.00", null, null, null], platform: "12000.00" },
  { number: 7, about: "no recruiter at all", salary: "100000", tiers: [null, null, null, null, null], fee: "20000.00", shares: [null, null, null, null, null], platform: "20000.00" },
  { number: 8, about: "five tiers", salary: "120000", tiers: [premium, paid, free, premium, free], fee: "24000.00", shares: ["9600.00", "3600.00", "2400.00", "2400.00", "1440.00"], platform: "4560.00" },
  { number: 9, about: "uneven, all paid", salary: "123457", tiers: all(paid), fee: "24691.40", shares: ["7407.42", "3703.71", "3703.71", "1975.31", "1975.31"], platform: "5925.94" },
  { number: 10, about: "uneven, all free", salary: "123457", tiers: all(free), fee: "24691.40", shares: ["4938.28", "2469.14", "2469.14", "1481.48", "1481.48"], platform: "11851.88" },
  { number: 11, about: "17.5 % and five tiers", salary: "87654.32", fee_bp: 1750, tiers: [premium, free, paid, free, premium], fee: "15339.51", shares: ["6135.80", "1533.95", "2300.93", "920.37", "1533.95"], platform: "2914.51" },
  { number: 12, about: "flat fee, all premium, cent correction", salary: "100000", contract: flat("100.05"), tiers: all(premium), fee: "100.05", shares: ["40.02", "20.01", "20.01", "10.01", "10.00"], platform: "0.00" },
  { number: 13, about: "contract 18 %, 10 % off", salary: "135500", contract: contract({ fee_bp: basisPoints(1800), discount_bp: basisPoints(1000) }), tiers: all(paid), fee: "21951.00", shares: ["6585.30", "3292.65", "3292.65", "1756.08", "1756.08"], platform: "5268.24" },
  { number: 14, about: "urgent and niche, all paid", salary: "100000", premium_type: ["urgent", "niche"], tiers: all(paid), fee: "25000.00", shares: ["6000.00 + 1200.00", "3000.00 + 600.00", "3000.00 + 600.00", "1600.00 + 320.00", "1600.00 + 320.00"], platform: "6760.00" },
  { number: 15, about: "urgent, three roles", salary: "134000", premium_type: ["urgent"], tiers: [premium, paid, null, free, null], fee: "29480.00", shares: ["10720.00 + 536.00", "4020.00 + 201.00", null, "1608.00 + 80.40", null], platform: "12314.60" },
  { number: 16, about: "premium in all five roles", salary: "150000", tiers: all(premium), fee: "30000.00", shares: ["12000.00", "6000.00", "6000.00", "3000.00", "3000.00"], platform: "0.00" },
  { number: 17, about: "paid, direct candidate", salary: "100000", tiers: [null, paid, paid, paid, paid], fee: "20000.00", shares: [null, "3000.00", "3000.00", "1600.00", "1600.00"], platform: "10800.00" },
  { number: 18, about: "urgent, all premium", salary: "100000", premium_type: ["urgent"], tiers: all(premium), fee: "22000.00", shares: ["8000.00 + 400.00", "4000.00 + 200.00", "4000.00 + 200.00", "2000.00 + 100.00", "2000.00 + 100.00"], platform: "1000.00" },
  { number: 19, about: "example 1 with an incentive", salary: "100000", incentive: "500.00", tiers: all(paid), fee: "20000.00", shares: ["6000.00 + 500.00", "3000.00", "3000.00", "1600.00", "1600.00"], platform: "4300.00" },
  { number: 20, about: "example 2 with an incentive and nothing left", salary: "100000", incentive: "500.00", tiers: all(premium), fee: "20000.00", shares: ["8000.00", "4000.00", "4000.00", "2000.00", "2000.00"], platform: "0.00" },
  { number: 21, about: "flat and urgent", salary: "100000", contract: flat("18500.00"), premium_type: ["urgent"], tiers: all(paid), fee: "18500.00", shares: ["5550.00", "2775.00", "2775.00", "1480.00", "1480.00"], platform: "4440.00" },
];
