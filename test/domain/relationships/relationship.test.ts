import { describe, expect, it } from "vitest";
import {
  acceptInvitation,
  cancelInvitation,
  daysUntilExpiry,
  declineInvitation,
  expireRelationship,
  invite,
  isRepresenting,
  openInvitation,
  RELATIONSHIP_STATUSES,
  renewRelationship,
  resendInvitation,
  terminateRelationship,
  type Relationship,
  type RelationshipActor,
  type RelationshipSide,
  type RelationshipStatus,
} from "#domain/relationships/relationship.ts";
import { Refusal } from "#domain/refusals.ts";

const NOW = new Date("2026-03-01T09:00:00Z");
const after = (days: number): Date => new Date(NOW.getTime() + days * 86_400_000);

const as = (...sides: RelationshipSide[]): RelationshipActor => ({ userId: "user", sides: new Set(sides) });
const ORIGIN = { ipAddress: "203.0.113.7", userAgent: "test" };
const CONSENT = { ...ORIGIN, representedByOther: false };

const invited = (): Relationship =>
  invite({ id: "relationship", recruiterId: "recruiter", candidateId: "candidate", tokenHash: "hash" }, NOW).relationship;
const accepted = (): Relationship => acceptInvitation(invited(), CONSENT, NOW).relationship;

/** One relationship of each status, reached as it is reached in life. */
const IN: Record<RelationshipStatus, () => Relationship> = {
  pending: invited,
  active: accepted,
  declined: () => declineInvitation(invited(), { ...ORIGIN, reason: null }, NOW).relationship,
  cancelled: () => cancelInvitation(invited(), as("recruiter")).relationship,
  expired: () => expireRelationship(accepted(), after(366))!.relationship,
  terminated: () => terminateRelationship(accepted(), as("recruiter"), { reason: "Done" }).relationship,
};

const ALLOWED: Record<RelationshipStatus, readonly RelationshipStatus[]> = {
  pending: ["pending", "cancelled", "active", "declined"],
  active: ["active", "terminated"],
  declined: [],
  cancelled: [],
  expired: [],
  terminated: [],
};

const refusal = (act: () => unknown): Refusal => {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown;
    throw thrown;
  }
  throw new Error("nothing was refused");
};

const types = (change: { events: readonly { type: string }[] } | null) => change?.events.map(({ type }) => type);

describe("an invitation", () => {
  it("scenario 12: is pending for seven days, represents nobody and tells no token", () => {
    const change = invite({ id: "r", recruiterId: "recruiter", candidateId: "k", tokenHash: "hash" }, NOW);
    expect(change.relationship).toMatchObject({ status: "pending", invitationExpiresAt: after(7), consentGiven: false });
    expect(types(change)).toEqual(["recruiter_candidate.created", "candidate.invited"]);
    expect(JSON.stringify(change.events)).not.toContain("hash");
    expect(isRepresenting(change.relationship, NOW)).toBe(false);
  });

  it("scenario 13: makes a consent of twelve months, once", () => {
    const change = acceptInvitation(invited(), CONSENT, NOW);
    expect(change.relationship).toMatchObject({
      status: "active",
      consentGiven: true,
      consentGivenAt: NOW,
      consentIpAddress: "203.0.113.7",
      consentUserAgent: "test",
      relationshipStartDate: NOW,
      relationshipEndDate: new Date("2027-03-01T09:00:00Z"),
    });
    expect(types(change)).toEqual(["candidate.consent_given"]);
    expect(isRepresenting(change.relationship, NOW)).toBe(true);
    expect(refusal(() => acceptInvitation(change.relationship, CONSENT, NOW)).code).toBe("invalid_transition");
  });

  it("given on 29 February holds until 28 February", () => {
    const leapDay = new Date("2028-02-29T23:30:00Z");
    const pending = invite({ id: "r", recruiterId: "r", candidateId: "k", tokenHash: "h" }, leapDay).relationship;
    expect(acceptInvitation(pending, CONSENT, leapDay).relationship.relationshipEndDate).toEqual(new Date("2029-02-28T23:30:00Z"));
  });

  it("scenario 14: can be sent again with a new token and a new week, but not after an answer", () => {
    const change = resendInvitation(invited(), as("recruiter"), "new hash", after(3));
    expect(change.relationship).toMatchObject({ invitationTokenHash: "new hash", invitationExpiresAt: after(10) });
    expect(change.events).toMatchObject([{ type: "candidate.invited", payload: { resend: true } }]);
    expect(refusal(() => resendInvitation(IN.declined(), as("recruiter"), "h", NOW)).code).toBe("invalid_transition");
  });

  it("scenario 15: is gone after eight days, and its row expires", () => {
    expect(refusal(() => openInvitation(invited(), after(8))).code).toBe("gone");
    expect(refusal(() => acceptInvitation(invited(), CONSENT, after(8))).code).toBe("gone");
    const expired = expireRelationship(invited(), after(8));
    expect(expired?.relationship.status).toBe("expired");
    expect(types(expired)).toEqual(["candidate.invitation_expired"]);
  });

  it("that expired can be sent again, while a relationship that expired cannot", () => {
    const lapsed = expireRelationship(invited(), after(7))!.relationship;
    expect(resendInvitation(lapsed, as("recruiter"), "h", after(9)).relationship.status).toBe("pending");
    expect(refusal(() => resendInvitation(IN.expired(), as("recruiter"), "h", NOW)).members.allowed).toEqual([]);
  });

  it("scenario 16: of a candidate who is represented changes nothing", () => {
    expect(refusal(() => acceptInvitation(invited(), { ...CONSENT, representedByOther: true }, NOW)).code).toBe(
      "active_relationship_exists",
    );
  });

  it("declined keeps when, why and from where", () => {
    const change = declineInvitation(invited(), { ...ORIGIN, reason: "  Not now " }, NOW);
    expect(change.relationship).toMatchObject({
      status: "declined",
      declinedAt: NOW,
      declinedReason: "Not now",
      consentGiven: false,
      consentIpAddress: "203.0.113.7",
    });
    expect(types(change)).toEqual(["candidate.consent_declined"]);
  });

  it("is cancelled by its recruiter, not by the candidate", () => {
    expect(types(cancelInvitation(invited(), as("recruiter")))).toEqual(["candidate.invitation_cancelled"]);
    expect(refusal(() => cancelInvitation(invited(), as("candidate"))).code).toBe("forbidden");
    expect(refusal(() => resendInvitation(invited(), as("candidate"), "h", NOW)).code).toBe("forbidden");
  });
});

describe("a token", () => {
  it("nobody knows is not found", () => {
    expect(refusal(() => openInvitation(undefined, NOW)).code).toBe("not_found");
  });

  it.each([
    ["active", "invalid_transition"],
    ["declined", "invalid_transition"],
    ["terminated", "invalid_transition"],
    ["expired", "invalid_transition"],
    ["cancelled", "gone"],
  ] as const)("of a relationship that is %s answers %s", (status, code) => {
    expect(refusal(() => openInvitation(IN[status](), NOW)).code).toBe(code);
  });

  it("opens until the instant of its expiry, exclusive", () => {
    expect(openInvitation(invited(), new Date(after(7).getTime() - 1)).status).toBe("pending");
    expect(refusal(() => openInvitation(invited(), after(7))).code).toBe("gone");
  });
});

describe("a relationship", () => {
  it("is renewed by the candidate, for whom a recruiter's request waits", () => {
    const request = renewRelationship(accepted(), as("recruiter"), after(300));
    expect(request.relationship).toMatchObject({
      renewalRequestedBy: "user",
      relationshipEndDate: new Date("2027-03-01T09:00:00Z"),
    });
    expect(request.events).toEqual([]);

    const renewal = renewRelationship(request.relationship, as("candidate"), new Date("2027-01-10T00:00:00Z"));
    expect(renewal.relationship).toMatchObject({
      renewalRequestedBy: null,
      relationshipEndDate: new Date("2028-01-10T00:00:00Z"),
    });
    expect(types(renewal)).toEqual(["recruiter_candidate.renewed"]);
  });

  it("ends at its end date, and not before", () => {
    expect(expireRelationship(accepted(), new Date("2027-03-01T08:59:59Z"))).toBeNull();
    const expired = expireRelationship(accepted(), new Date("2027-03-01T09:00:00Z"));
    expect(types(expired)).toEqual(["recruiter_candidate.expired"]);
    expect(isRepresenting(accepted(), new Date("2027-03-01T09:00:00Z"))).toBe(false);
  });

  it.each(["recruiter", "candidate", "platform_admin"] as const)("is ended by the %s with a reason", (side) => {
    const change = terminateRelationship(accepted(), as(side), { reason: "Moved away" });
    expect(change).toMatchObject({
      actedAs: side,
      relationship: { status: "terminated", terminationReason: "Moved away", terminatedBy: "user" },
    });
    expect(types(change)).toEqual(["recruiter_candidate.terminated"]);
    expect(refusal(() => terminateRelationship(accepted(), as(side), { reason: " " })).code).toBe("validation_failed");
  });

  it("is nothing to people without a side in it", () => {
    expect(refusal(() => terminateRelationship(accepted(), as(), { reason: "x" })).code).toBe("forbidden");
    expect(refusal(() => renewRelationship(accepted(), as("platform_admin"), NOW)).code).toBe("forbidden");
  });

  const ACTIONS = {
    cancelled: { from: ["pending"], act: (it) => cancelInvitation(it, as("recruiter")) },
    pending: { from: ["pending"], act: (it) => resendInvitation(it, as("recruiter"), "h", NOW) },
    active: { from: ["active"], act: (it) => renewRelationship(it, as("candidate"), NOW) },
    terminated: { from: ["active"], act: (it) => terminateRelationship(it, as("recruiter"), { reason: "x" }) },
  } satisfies Partial<Record<RelationshipStatus, { from: RelationshipStatus[]; act: (it: Relationship) => unknown }>>;

  const illegal = Object.entries(ACTIONS).flatMap(([to, { from, act }]) =>
    RELATIONSHIP_STATUSES.filter((each) => !(from as readonly string[]).includes(each)).map((each) => ({ to, from: each, act })),
  );

  it.each(illegal)("that is $from cannot become $to", ({ from, to, act }) => {
    expect(refusal(() => act(IN[from]()))).toMatchObject({
      code: "invalid_transition",
      members: { from, to, allowed: ALLOWED[from] },
    });
  });

  it("counts the started days to its end", () => {
    expect(daysUntilExpiry(invited(), NOW)).toBe(7);
    expect(daysUntilExpiry(invited(), new Date(after(6).getTime() + 1))).toBe(1);
    expect(daysUntilExpiry(invited(), after(9))).toBe(0);
    expect(daysUntilExpiry(accepted(), NOW)).toBe(365);
    expect(daysUntilExpiry(IN.cancelled(), NOW)).toBeNull();
    expect(daysUntilExpiry(IN.terminated(), NOW)).toBeNull();
  });
});
