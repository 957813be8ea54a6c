import { daysAfter } from "../commission/dates.ts";
import { type DomainEvent, event } from "../events/catalogue.ts";
import { conflict, forbidden, invalidField, invalidTransition } from "../refusals.ts";

/** A team has at least this many earning members (D-78). */
const MINIMUM_EARNING_MEMBERS = 3;

/** A team that falls below its minimum goes on sharing for this long. */
const GRACE_DAYS = 30;

export type TeamRole = "owner" | "admin" | "member" | "collaborator";
type MemberStatus = "active" | "invited" | "removed";

/** What the rules look at of a team. */
export interface TeamState {
  id: string;
  status: "active" | "suspended";
  suspendedReason: "below_minimum" | "owner_unpaid" | "admin" | null;
  graceUntil: Date | null;
}

/** A membership, as the rules need it. */
export interface Membership {
  id: string;
  teamId: string;
  recruiterId: string;
  teamRole: TeamRole;
  status: MemberStatus;
  joinedAt: Date | null;
}

/** Who acts on a team. */
export interface TeamActor {
  recruiterId: string | null;
  /** Owner or admin of the team, or a platform admin. */
  manages: boolean;
  isPlatformAdmin: boolean;
}

/** Collaborators never share and are never shared. */
export const isEarning = ({ teamRole, status }: Pick<Membership, "teamRole" | "status">): boolean =>
  status === "active" && teamRole !== "collaborator";

/**
 * A team after its earning members changed: active with the third of them; below three an active
 * team gets thirty days' grace, which ends when it is complete again.
 */
export function withEarningMembers<T extends TeamState>(team: T, earning: number, now: Date): { team: T; events: DomainEvent[] } {
  const complete = earning >= MINIMUM_EARNING_MEMBERS;
  if (team.status === "suspended") {
    if (!complete || team.suspendedReason !== "below_minimum") return { team, events: [] };
    return { team: { ...team, status: "active", suspendedReason: null, graceUntil: null }, events: [teamEvent("team.activated", team)] };
  }
  if (complete) return { team: { ...team, graceUntil: null }, events: [] };
  return { team: { ...team, graceUntil: team.graceUntil ?? daysAfter(now, GRACE_DAYS) }, events: [] };
}

/** Suspends a team whose grace is over; null while it is not. */
export function endGrace<T extends TeamState>(team: T, now: Date): { team: T; events: DomainEvent[] } | null {
  if (team.status !== "active" || team.graceUntil === null || now < team.graceUntil) return null;
  return {
    team: { ...team, status: "suspended", suspendedReason: "below_minimum", graceUntil: null },
    events: [teamEvent("team.suspended", team)],
  };
}

/** Suspends a team whose subscription its owner has not paid; null where it is suspended already. */
export function suspendUnpaid<T extends TeamState>(team: T): { team: T; events: DomainEvent[] } | null {
  if (team.status !== "active") return null;
  return {
    team: { ...team, status: "suspended", suspendedReason: "owner_unpaid", graceUntil: null },
    events: [teamEvent("team.suspended", team)],
  };
}

/** A team that was suspended for want of payment goes on; null where that is not why. */
export function endOwnerUnpaid<T extends TeamState>(team: T): { team: T; events: DomainEvent[] } | null {
  if (team.suspendedReason !== "owner_unpaid") return null;
  return { team: { ...team, status: "active", suspendedReason: null }, events: [teamEvent("team.activated", team)] };
}

/** The invited recruiter, and nobody else, joins. */
export function joinTeam<M extends Membership>(member: M, actor: TeamActor, now: Date): { member: M; events: DomainEvent[] } {
  if (actor.recruiterId !== member.recruiterId) throw forbidden("Only the invited recruiter accepts.");
  if (member.status !== "invited")
    throw invalidTransition("team member", member.status, "active", member.status === "active" ? ["removed"] : []);
  return { member: { ...member, status: "active", joinedAt: now }, events: [memberEvent("team.member_joined", member)] };
}

/** Gives a member another part. The owner's changes only with the ownership. */
export function changeTeamRole<M extends Membership>(member: M, to: TeamRole, actor: TeamActor): M {
  if (!actor.manages) throw forbidden("Only the team's owner and admins change what a member is.");
  if (member.status === "removed") throw invalidTransition("team member", "removed", to, []);
  if (member.teamRole === "owner" || to === "owner") throw conflict("Ownership is handed over, not assigned.", { reason: "team_owner" });
  return { ...member, teamRole: to };
}

/** Takes a member out: the team's owner and admins anybody but the owner, a member themselves. */
export function removeMember<M extends Membership>(member: M, actor: TeamActor): { member: M; events: DomainEvent[] } {
  if (!actor.manages && actor.recruiterId !== member.recruiterId) throw forbidden("Only the team's owner and admins remove others.");
  if (member.status === "removed") throw invalidTransition("team member", "removed", "removed", []);
  if (member.teamRole === "owner") throw conflict("A team keeps its owner.", { reason: "team_owner" });
  return { member: { ...member, status: "removed" }, events: [memberEvent("team.member_removed", member)] };
}

/**
 * Hands a team over: an earning member becomes its owner, and the owner goes on as an admin. By the owner,
 * or by a platform admin. Refuses anybody else, nobody's membership (`validation_failed`), and (409) the
 * owner's own and one that does not share in the team (`not_earning`).
 */
export function handOver<M extends Membership>(
  owner: M,
  heir: M | undefined,
  actor: Pick<TeamActor, "recruiterId" | "isPlatformAdmin">,
): { owner: M; heir: M; events: DomainEvent[] } {
  if (!actor.isPlatformAdmin && actor.recruiterId !== owner.recruiterId) throw forbidden("Only its owner hands a team over.");
  if (!heir) throw invalidField("recruiter_id", "unknown", "there is no such member of this team");
  if (heir.id === owner.id) throw conflict("They own the team already.", { reason: "team_owner" });
  if (!isEarning(heir)) throw conflict("A team is handed over to a member who shares in it.", { reason: "not_earning" });
  return {
    owner: { ...owner, teamRole: "admin" },
    heir: { ...heir, teamRole: "owner" },
    events: [memberEvent("team.ownership_transferred", heir)],
  };
}

type TeamEvent = "team.created" | "team.activated" | "team.suspended" | "team.split_config_changed";
type MemberEvent = "team.member_invited" | "team.member_joined" | "team.member_removed" | "team.ownership_transferred";

export const teamEvent = (type: TeamEvent, { id }: { id: string }): DomainEvent => event(type, { type: "team", id }, { team_id: id });

export const memberEvent = (type: MemberEvent, { teamId, recruiterId }: { teamId: string; recruiterId: string }): DomainEvent =>
  event(type, { type: "team", id: teamId }, { team_id: teamId, recruiter_id: recruiterId });
