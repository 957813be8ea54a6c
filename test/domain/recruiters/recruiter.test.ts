import { describe, expect, it } from "vitest";
import { changeRecruiterStatus, RECRUITER_STATUSES, type RecruiterStatus } from "#domain/recruiters/recruiter.ts";
import { Refusal } from "#domain/refusals.ts";

const ADMIN = { isSelf: false, isPlatformAdmin: true };
const SELF = { isSelf: true, isPlatformAdmin: false };
const OTHER = { isSelf: false, isPlatformAdmin: false };

const LEGAL: Record<RecruiterStatus, readonly RecruiterStatus[]> = {
  pending: ["active", "suspended"],
  active: ["suspended", "inactive"],
  suspended: ["active", "inactive"],
  inactive: ["pending"],
};

/** What recruiters may do themselves. */
const OWN = ["active inactive", "suspended inactive", "inactive pending"];

const STEPS = RECRUITER_STATUSES.flatMap((from) => RECRUITER_STATUSES.map((to) => ({ from, to })));

const codeOf = (act: () => unknown): string => {
  try {
    act();
    return "done";
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown.code;
    throw thrown;
  }
};

describe("a recruiter's status", () => {
  it.each(STEPS)("$from → $to", ({ from, to }) => {
    const step = (actor: typeof ADMIN) => () => changeRecruiterStatus({ id: "recruiter", status: from }, to, actor);
    const legal = LEGAL[from].includes(to);
    const own = to === "inactive" || to === "pending";

    expect(codeOf(step(ADMIN))).toBe(legal ? "done" : "invalid_transition");
    expect(codeOf(step(SELF))).toBe(OWN.includes(`${from} ${to}`) ? "done" : own ? "invalid_transition" : "forbidden");
    expect(codeOf(step(OTHER))).toBe("forbidden");
  });

  it("is announced with what it was, and the rest of the row stays", () => {
    const change = changeRecruiterStatus({ id: "recruiter", status: "pending", name: "Ada" }, "active", ADMIN);
    expect(change).toEqual({
      recruiter: { id: "recruiter", status: "active", name: "Ada" },
      actedAs: "platform_admin",
      events: [
        {
          type: "recruiter.status_changed",
          subject: { type: "recruiter", id: "recruiter" },
          payload: { recruiter_id: "recruiter", old_status: "pending", new_status: "active" },
        },
      ],
    });
  });

  it("refused names what is possible", () => {
    expect(() => changeRecruiterStatus({ id: "r", status: "active" }, "pending", ADMIN)).toThrow(
      expect.objectContaining({ members: { from: "active", to: "pending", allowed: ["suspended", "inactive"] } }),
    );
  });
});
