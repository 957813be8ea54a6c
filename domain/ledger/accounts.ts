import { cents, type Cents } from "../money.ts";

type AccountKind = "asset" | "liability" | "expense" | "income";

/** How one sort of account behaves. */
interface AccountRule {
  kind: AccountKind;
  /** Whether there is one for each company, recruiter or placement; null where there is a single one. */
  of: "company" | "recruiter" | "placement" | null;
  /** What its balance never falls below, in cents. Without a floor it keeps no balance row, so no row is hot. */
  floor: 0 | null;
}

/** Every sort of account the house keeps (MONEY §13). */
export const ACCOUNTS = {
  stripe_balance: { kind: "asset", of: null, floor: null },
  bank: { kind: "asset", of: null, floor: null },
  receivable: { kind: "asset", of: "company", floor: 0 },
  debt: { kind: "asset", of: "recruiter", floor: 0 },
  disputed: { kind: "asset", of: "company", floor: 0 },
  escrow: { kind: "liability", of: "placement", floor: 0 },
  credit: { kind: "liability", of: "company", floor: 0 },
  payable: { kind: "liability", of: "recruiter", floor: 0 },
  refund_due: { kind: "liability", of: "company", floor: 0 },
  service_credit: { kind: "liability", of: "company", floor: 0 },
  stripe_fees: { kind: "expense", of: null, floor: null },
  bad_debt: { kind: "expense", of: null, floor: null },
  service_credits: { kind: "expense", of: null, floor: null },
  platform_revenue: { kind: "income", of: null, floor: null },
  subscription_revenue: { kind: "income", of: null, floor: null },
} as const satisfies Record<string, AccountRule>;

export type AccountName = keyof typeof ACCOUNTS;

type Owned = { [N in AccountName]: (typeof ACCOUNTS)[N]["of"] extends null ? never : N }[AccountName];

/** `stripe_balance`, or `payable:<recruiter id>`. */
export type AccountCode = Exclude<AccountName, Owned> | `${Owned}:${string}`;

/** What a code says: the sort of account, and whose it is. */
export interface Account extends AccountRule {
  name: AccountName;
  ownerId: string | null;
}

/** Reads an account code. Throws on one the house does not keep: that is a bug. */
export function accountOf(code: AccountCode): Account {
  const at = code.indexOf(":");
  const name = at === -1 ? code : code.slice(0, at);
  const ownerId = at === -1 ? null : code.slice(at + 1);
  if (!isAccountName(name)) throw new RangeError(`there is no account ${code}`);
  const rule = ACCOUNTS[name];
  if ((rule.of === null) !== (ownerId === null) || ownerId === "") throw new RangeError(`there is no account ${code}`);
  return { ...rule, name, ownerId };
}

const isAccountName = (name: string): name is AccountName => Object.hasOwn(ACCOUNTS, name);

/**
 * A balance as people read it: what an asset or an expense holds is its debit, what we owe or earned
 * its credit.
 *
 * @param signed - debit +, credit −
 */
export function naturalBalance(code: AccountCode, signed: Cents): Cents {
  const { kind } = accountOf(code);
  return kind === "asset" || kind === "expense" ? signed : cents(0 - signed);
}
