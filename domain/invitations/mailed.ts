import { daysAfter } from "../commission/dates.ts";
import { invalidTransition, notFound, Refusal } from "../refusals.ts";

export const INVITATION_STATUSES = ["pending", "accepted", "expired", "revoked"] as const;

/** A mailed invitation can be answered this long. */
export const INVITATION_DAYS = 7;

/** Somebody asked in by mail, into a team or an organization. */
export interface MailedInvitation {
  id: string;
  email: string;
  issuedAt: Date;
  expiresAt: Date;
  status: (typeof INVITATION_STATUSES)[number];
}

type Answerable = Pick<MailedInvitation, "status" | "expiresAt">;

/** What a new instant of issue sets: seven days from now. Refused once the invitation has found its end. */
export function issued(before: Pick<MailedInvitation, "status"> | null, now: Date) {
  if (before && before.status !== "pending" && before.status !== "expired") throw ended(before, "pending");
  return { status: "pending", issuedAt: now, expiresAt: daysAfter(now, INVITATION_DAYS) } as const;
}

/** The invitation that its token opens: 404 unknown, 410 over, 409 answered. */
export function openToAnswer<I extends Answerable>(found: I | undefined, now: Date): I {
  if (!found) throw notFound("invitation");
  if (found.status === "accepted") throw ended(found, "accepted");
  if (found.status !== "pending" || isLapsed(found, now)) throw over();
  return found;
}

/** What taking an unanswered invitation back sets; its token opens nothing from then on. */
export function revoked(before: Pick<MailedInvitation, "status">) {
  if (before.status !== "pending") throw ended(before, "revoked");
  return { status: "revoked" } as const;
}

/** Whether nobody answered in time. */
export const isLapsed = ({ status, expiresAt }: Answerable, now: Date): boolean => status === "pending" && now >= expiresAt;

/** The refusal of an invitation that leads nowhere any more. */
export const over = (): Refusal => new Refusal("gone", "This invitation is over. Ask whoever sent it for a new one.");

const ended = ({ status }: Pick<MailedInvitation, "status">, to: MailedInvitation["status"]): Refusal =>
  invalidTransition("invitation", status, to, status === "pending" ? ["accepted", "revoked"] : []);
