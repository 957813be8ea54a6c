import { after, REUSE_HOURS } from "./lives.ts";

/** A refresh token as it was issued. */
export interface IssuedRefresh {
  clientId: string;
  expiresAt: Date;
  rotatedAt: Date | null;
  revokedAt: Date | null;
  replayUntil: Date | null;
  /** When reuse was last detected on the grant. */
  reuseDetectedAt: Date | null;
}

export type Refresh =
  | { kind: "rotate" }
  /** the client lost the reply: it gets the identical one */
  | { kind: "repeat" }
  /** somebody holds a copy: the family ends, the second time within a day the grant */
  | { kind: "reused"; ends: "family" | "grant" }
  | { kind: "foreign" }
  | { kind: "refuse" };

/** What becomes of a presented refresh token (PLATFORM §5.1). */
export function decideRefresh(token: IssuedRefresh | undefined, clientId: string, now: Date): Refresh {
  if (!token) return { kind: "refuse" };
  if (token.clientId !== clientId) return { kind: "foreign" };
  if (token.revokedAt !== null) return { kind: "refuse" };
  if (token.rotatedAt !== null) {
    if (token.replayUntil !== null && now <= token.replayUntil) return { kind: "repeat" };
    const again = token.reuseDetectedAt !== null && now < after(token.reuseDetectedAt, { hours: REUSE_HOURS });
    return { kind: "reused", ends: again ? "grant" : "family" };
  }
  return token.expiresAt <= now ? { kind: "refuse" } : { kind: "rotate" };
}
