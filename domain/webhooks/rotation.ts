import { Refusal } from "../refusals.ts";

/** A secret that signs, by its place in time. `expiresAt`: null for the newest. */
export interface SecretLife {
  keyId: string;
  createdAt: Date;
  expiresAt: Date | null;
}

/** Beside the newest, so many sign at the same time. */
export const MAX_OLD_SECRETS = 2;

/** What a rotation does to the secrets that were there. */
export interface Rotated {
  /** The one that was the newest signs until then; null: it goes at once. */
  previousUntil: Date | null;
  /** Those that sign no more. */
  gone: string[];
}

/**
 * What becomes of an endpoint's secrets when it gets a new one (PLATFORM §13.3): the newest signs beside it for the
 * overlap, in seconds; of older ones that still sign, one more may. Refuses (`secret_rotation_in_progress`) while an
 * older one signs, unless it is forced.
 */
export function rotateSecrets(
  secrets: readonly SecretLife[],
  now: Date,
  { overlapSeconds, force }: { overlapSeconds: number; force: boolean },
): Rotated {
  const old = secrets
    .filter(({ expiresAt }) => expiresAt !== null && expiresAt > now)
    .toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
  if (old.length > 0 && !force) {
    const until = new Date(Math.max(...old.map(({ expiresAt }) => (expiresAt as Date).getTime())));
    throw new Refusal(
      "secret_rotation_in_progress",
      `The secret before still signs until ${until.toISOString()}. Wait for it, or say \`force\` to rotate now.`,
      { until: until.toISOString() },
    );
  }
  const previousUntil = overlapSeconds > 0 ? new Date(now.getTime() + overlapSeconds * 1_000) : null;
  const kept = old.slice(0, previousUntil ? MAX_OLD_SECRETS - 1 : MAX_OLD_SECRETS).map(({ keyId }) => keyId);
  const gone = secrets.filter(({ keyId, expiresAt }) => (expiresAt === null ? previousUntil === null : !kept.includes(keyId)));
  return { previousUntil, gone: gone.map(({ keyId }) => keyId) };
}
