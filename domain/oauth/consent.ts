import { type AccountKind, holdableScopes, ROLE_TYPE_OF, type Scope } from "../credentials/scopes.ts";

/** An account that a person may let a client act for, and what the client was allowed there before. */
export interface Reachable {
  id: string;
  name: string;
  kind: AccountKind;
  plan: "standard" | "premium" | "enterprise";
  /** Null where there is no grant. */
  grantedScopes: readonly Scope[] | null;
}

/** What would be granted for an account: as much of the request as it may hold. */
export interface Offer extends Reachable {
  scopes: readonly Scope[];
  /** What was not agreed to before. */
  newScopes: readonly Scope[];
}

export type ConsentStep =
  /** the person has no account that may hold any of it */
  | { kind: "impossible" }
  | { kind: "choose"; offers: readonly Offer[] }
  | { kind: "ask"; offer: Offer; others: boolean }
  /** it was agreed to before */
  | { kind: "remembered"; offer: Offer };

/** What each account could give to a request; those that could give nothing are left out. */
export const offersOf = (accounts: readonly Reachable[], requested: readonly Scope[]): Offer[] =>
  accounts
    .map((account) => {
      const holdable = holdableScopes(ROLE_TYPE_OF[account.kind], account.plan);
      const scopes = requested.filter((scope) => holdable.includes(scope));
      return { ...account, scopes, newScopes: scopes.filter((scope) => !account.grantedScopes?.includes(scope)) };
    })
    .filter(({ scopes }) => scopes.length > 0);

/**
 * What comes next. Consent is remembered per person, client, account and scopes; with several
 * accounts the one is taken that agreed before, if it is only one.
 *
 * @param how.accountId - the account the person chose
 * @param how.asksAgain - the client wants the page shown
 * @param how.isAssured - nobody but the client receives the answer; otherwise the person is always asked (RFC 8252 §8.6)
 */
export function consentStep(
  offers: readonly Offer[],
  how: { accountId: string | null; asksAgain: boolean; isAssured: boolean },
): ConsentStep {
  if (offers.length === 0) return { kind: "impossible" };
  const agreed = offers.filter(({ grantedScopes, newScopes }) => grantedScopes !== null && newScopes.length === 0);
  const usual = offers.length === 1 ? offers : how.asksAgain ? [] : agreed;
  const offer = offers.find(({ id }) => id === how.accountId) ?? (usual.length === 1 ? usual[0] : undefined);
  if (!offer) return { kind: "choose", offers };
  const remembered = agreed.includes(offer) && how.isAssured && !how.asksAgain;
  return remembered ? { kind: "remembered", offer } : { kind: "ask", offer, others: offers.length > 1 };
}
