import { daysAfter } from "../commission/dates.ts";
import { type DomainEvent, event } from "../events/catalogue.ts";
import { invalidTransition, notFound, Refusal } from "../refusals.ts";
import type { TeamRole } from "./team.ts";

/** A mailed invitation is good for this long. */
const INVITATION_DAYS = 7;

/** Who was asked into a team by mail. */
export interface TeamInvitation {
  id: string;
  teamId: string;
  teamRole: Exclude<TeamRole, "owner">;
  /** Of the token, which only the mail carries. */
  tokenHash: string;
  issuedAt: Date;
  expiresAt: Date;
  status: "pending" | "accepted" | "expired" | "revoked";
}

/** Issues a token: the first, or a new one that kills the old. Refused once the invitation has found its end. */
export function issueInvitation<I extends TeamInvitation>(
  invitation: I,
  tokenHash: string,
  now: Date,
): { invitation: I; events: DomainEvent[] } {
  if (invitation.status !== "pending" && invitation.status !== "expired") throw ended(invitation, "pending");
  const issued: I = { ...invitation, status: "pending", tokenHash, issuedAt: now, expiresAt: daysAfter(now, INVITATION_DAYS) };
  const { id, teamId } = issued;
  return {
    invitation: issued,
    events: [event("team.invitation_sent", { type: "team_invitation", id }, { invitation_id: id, team_id: teamId })],
  };
}

/** The invitation that a token opens: 404 unknown, 410 over, 409 answered. */
export function openTeamInvitation<I extends TeamInvitation>(found: I | undefined, now: Date): I {
  if (!found) throw notFound("invitation");
  if (found.status === "accepted") throw ended(found, "accepted");
  if (found.status !== "pending" || isLapsed(found, now)) throw new Refusal("gone", "This invitation is over. Ask the team for a new one.");
  return found;
}

/** Takes an unanswered invitation back; its token opens nothing from then on. */
export function revokeInvitation<I extends TeamInvitation>(invitation: I): I {
  if (invitation.status !== "pending") throw ended(invitation, "revoked");
  return { ...invitation, status: "revoked" };
}

/** Whether nobody answered in time. */
export const isLapsed = ({ status, expiresAt }: Pick<TeamInvitation, "status" | "expiresAt">, now: Date): boolean =>
  status === "pending" && now >= expiresAt;

const ended = ({ status }: TeamInvitation, to: TeamInvitation["status"]): Refusal =>
  invalidTransition("team invitation", status, to, status === "pending" ? ["accepted", "revoked"] : []);
