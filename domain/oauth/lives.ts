/** How long things live (PLATFORM §5). */
export const CODE_SECONDS = 60;
export const ACCESS_SECONDS = 3_600;
export const REFRESH_IDLE_DAYS = 30;
export const FAMILY_DAYS = 180;
/** A rotated refresh token answers once more with the same reply, for a client that lost it. */
export const REPLAY_SECONDS = 30;
/** Two detections within so long end the whole grant. */
export const REUSE_HOURS = 24;
/** Sign-ins of one grant that live side by side. */
export const MAX_FAMILIES = 10;

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;

export const after = (at: Date, { seconds = 0, hours = 0, days = 0 }: { seconds?: number; hours?: number; days?: number }): Date =>
  new Date(at.getTime() + seconds * SECOND + hours * HOUR + days * DAY);

const earlier = (one: Date, other: Date): Date => (one < other ? one : other);

/** When the tokens made at an instant end: idle, yet never beyond their family. */
export const endsOf = (at: Date, familyExpiresAt: Date): { access: Date; refresh: Date } => ({
  access: earlier(after(at, { seconds: ACCESS_SECONDS }), familyExpiresAt),
  refresh: earlier(after(at, { days: REFRESH_IDLE_DAYS }), familyExpiresAt),
});
