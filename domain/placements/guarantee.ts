import { midnightAfter } from "../commission/dates.ts";

/**
 * The instant a guarantee ends: midnight UTC, `days` days after the start date began. It is
 * exclusive: a failure reported at that instant is too late (D-48).
 *
 * @param startDate - `YYYY-MM-DD`
 */
export const guaranteeExpiresAt = (startDate: string, days: number): Date => midnightAfter(startDate, days);
