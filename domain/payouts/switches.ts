/**
 * What a switch does in the direction that can lose money: that way it takes two admins, back it
 * takes one, at once (MONEY §18).
 */
const RISKY: Readonly<Record<string, boolean>> = {
  /** While it is off no transfer is begun. */
  "payouts.enabled": true,
  /** While it is on nobody is paid without a tax profile. */
  "payouts.require_tax_profile": false,
};

/** Whether turning a switch so takes two admins. A switch nobody knows takes two either way. */
export const takesTwo = (name: string, enabled: boolean): boolean => RISKY[name] !== !enabled;
