import { invalidTransition, Refusal } from "../refusals.ts";

export type KeyStatus = "pending" | "active" | "suspended" | "revoked" | "rejected" | "expired";
export type KeyAction = "approve" | "reject" | "suspend" | "unsuspend" | "revoke" | "rotate" | "adopt" | "expire" | "leak";

/**
 * The life of an API key (PLATFORM §4). A key that leaks before its approval is revoked: suspended, it
 * could come alive without anybody having approved it.
 */
const LIFE: Readonly<Record<KeyStatus, Partial<Record<KeyAction, KeyStatus>>>> = {
  pending: { approve: "active", reject: "rejected", revoke: "revoked", rotate: "pending", expire: "expired", leak: "revoked" },
  active: { suspend: "suspended", revoke: "revoked", rotate: "active", expire: "expired", leak: "suspended" },
  suspended: { unsuspend: "active", adopt: "active", revoke: "revoked", rotate: "suspended", expire: "expired" },
  revoked: {},
  rejected: {},
  expired: {},
};

/** What a key becomes by an action; null where it has no such step. */
export const keyStep = (status: KeyStatus, action: KeyAction): KeyStatus | null => LIFE[status][action] ?? null;

/** As `keyStep`; refuses (409) where there is no such step. */
export function nextKeyStatus(status: KeyStatus, action: KeyAction): KeyStatus {
  const next = keyStep(status, action);
  if (next === null) throw invalidTransition("key", status, AIM[action], allowedFrom(LIFE[status]));
  return next;
}

/** What a refused action would have led to. */
const AIM = {
  approve: "active",
  reject: "rejected",
  suspend: "suspended",
  unsuspend: "active",
  revoke: "revoked",
  rotate: "rotated",
  adopt: "adopted",
  expire: "expired",
  leak: "suspended",
} as const satisfies Record<KeyAction, string>;

const allowedFrom = (steps: Partial<Record<KeyAction, KeyStatus>>): KeyStatus[] => [...new Set(Object.values(steps))];

/** Refuses (403) another key where the account has as many as its plan allows. Pending and suspended ones count. */
export function requireRoom(keys: number, maxKeys: number): void {
  if (keys < maxKeys) return;
  throw new Refusal("resource_limit_reached", `Your plan allows ${maxKeys} keys. Revoke one, or ask for another plan.`, {
    limit: maxKeys,
  });
}

/** The secret that a rotation replaces, and until when it passes. */
export interface PreviousSecret {
  prevSecretHash: string | null;
  prevSecretExpiresAt: Date | null;
}

/**
 * What a rotation leaves of the secret before: it dies at the end of the grace or of the key, whichever
 * comes first; without grace, at once. An older one that still passed is dead from now on. Whatever is
 * suspended gets no grace: its secret may be why.
 *
 * @param graceSeconds - 0 to 604,800
 * @param expiresAt - the end of the key itself
 */
export function previousSecret(
  held: { secretHash: string; status: string; expiresAt?: Date | null },
  graceSeconds: number,
  now: Date,
): PreviousSecret {
  if (graceSeconds === 0 || held.status === "suspended") return { prevSecretHash: null, prevSecretExpiresAt: null };
  const end = now.getTime() + graceSeconds * 1_000;
  return { prevSecretHash: held.secretHash, prevSecretExpiresAt: new Date(Math.min(end, held.expiresAt?.getTime() ?? end)) };
}

/** Owners are told of a key's end so many days before, the last warning last. */
export const KEY_WARNING_DAYS = [14, 3] as const;
const DAY_MS = 86_400_000;

/**
 * The warning that is due, in days before the end; null where none is. A key that was made with less
 * life than a warning's days is not warned of by it.
 *
 * @param warnedDays - the last warning that was given
 */
export function keyWarning(
  { createdAt, expiresAt, warnedDays }: { createdAt: Date; expiresAt: Date; warnedDays: number | null },
  now: Date,
): (typeof KEY_WARNING_DAYS)[number] | null {
  const due = KEY_WARNING_DAYS.filter((days) => {
    const from = expiresAt.getTime() - days * DAY_MS;
    return createdAt.getTime() <= from && from <= now.getTime();
  });
  const days = due.at(-1);
  return days === undefined || now >= expiresAt || (warnedDays !== null && warnedDays <= days) ? null : days;
}
