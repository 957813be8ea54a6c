import { conflict } from "../refusals.ts";

/** So many premium roles are allowed however few roles there are. */
const PREMIUM_ALLOWANCE = 10;

/** Premium roles stay below one in ten of the active ones (D-72). */
const ROLES_PER_PREMIUM = 10;

/** The platform's other active roles. */
export interface OtherRoles {
  active: number;
  premium: number;
}

/** Whether one more active role may be designated premium. */
export const hasPremiumRoom = ({ active, premium }: OtherRoles): boolean =>
  premium + 1 <= PREMIUM_ALLOWANCE || (premium + 1) * ROLES_PER_PREMIUM < active + 1;

/** Refuses one premium role too many. A platform admin may go beyond, which the audit keeps. */
export function requirePremiumRoom(others: OtherRoles, isPlatformAdmin: boolean): { isOverride: boolean } {
  if (hasPremiumRoom(others)) return { isOverride: false };
  if (isPlatformAdmin) return { isOverride: true };
  throw conflict("Premium roles would be a tenth of all active roles. Ask the platform, or wait until others are filled.", {
    reason: "premium_limit",
  });
}
