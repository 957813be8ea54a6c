import { describe, expect, it } from "vitest";
import { allowedStatuses, changeJobStatus, feeChangeRefused, JOB_STATUSES, type JobState, type JobStatus } from "#domain/jobs/job.ts";
import { basisPoints } from "#domain/money.ts";
import { Refusal } from "#domain/refusals.ts";

const NOW = new Date("2026-03-01T09:00:00Z");
const EARLIER = new Date("2026-01-01T09:00:00Z");

const LEGAL: Record<JobStatus, readonly JobStatus[]> = {
  draft: ["pending", "active", "closed"],
  pending: ["draft", "active", "paused", "closed"],
  active: ["paused", "filled", "closed", "draft"],
  paused: ["active", "filled", "closed"],
  filled: ["active", "closed"],
  closed: ["active", "draft"],
};

const STEPS = JOB_STATUSES.flatMap((from) => JOB_STATUSES.map((to) => [from, to] as const));
const isLegal = ([from, to]: readonly [JobStatus, JobStatus]) => LEGAL[from].includes(to);

const job = (more: Partial<JobState> = {}): JobState => ({
  id: "job",
  companyId: "acme",
  status: "draft",
  closedReason: null,
  openedAt: null,
  filledAt: null,
  closedAt: null,
  ...more,
});

const refusal = (act: () => unknown): Refusal => {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown;
    throw thrown;
  }
  throw new Error("nothing was refused");
};

describe("a job's status", () => {
  it.each(STEPS.filter(isLegal))("goes from %s to %s and says so", (from, to) => {
    const change = changeJobStatus(job({ status: from, openedAt: EARLIER }), to, NOW, { hasDeals: false });
    expect(change.job.status).toBe(to);
    expect(change.events).toEqual([
      {
        type: "job.status_changed",
        subject: { type: "job", id: "job" },
        payload: {
          job_id: "job",
          company_id: "acme",
          old_status: from,
          new_status: to,
          first_activation: false,
        },
      },
    ]);
  });

  it.each(STEPS.filter((step) => !isLegal(step)))("does not go from %s to %s", (from, to) => {
    expect(refusal(() => changeJobStatus(job({ status: from }), to, NOW, { hasDeals: false }))).toMatchObject({
      code: "invalid_transition",
      members: { from, to, allowed: LEGAL[from] },
    });
  });

  it("goes from active back to draft only while nobody has a deal on it", () => {
    const active = job({ status: "active", openedAt: EARLIER });
    expect(changeJobStatus(active, "draft", NOW, { hasDeals: false }).job.status).toBe("draft");
    expect(refusal(() => changeJobStatus(active, "draft", NOW, { hasDeals: true })).members.allowed).toEqual([
      "paused",
      "filled",
      "closed",
    ]);
    expect(allowedStatuses("active", true)).not.toContain("draft");
  });

  it("is first activated once, whatever comes between", () => {
    const first = changeJobStatus(job(), "active", NOW, { hasDeals: false });
    expect(first).toMatchObject({ firstActivation: true, job: { openedAt: NOW } });

    const closed = changeJobStatus(first.job, "closed", NOW, { hasDeals: true, reason: " Budget cut " });
    expect(closed.job).toMatchObject({ closedAt: NOW, closedReason: "Budget cut" });

    const later = new Date("2026-04-01T09:00:00Z");
    const again = changeJobStatus(closed.job, "active", later, { hasDeals: true });
    expect(again.firstActivation).toBe(false);
    expect(again.job).toMatchObject({ openedAt: NOW, closedAt: null, closedReason: null });
  });

  it("remembers when it was filled until it is reopened", () => {
    const filled = changeJobStatus(job({ status: "active", openedAt: EARLIER }), "filled", NOW, { hasDeals: true }).job;
    expect(filled.filledAt).toBe(NOW);
    expect(changeJobStatus(filled, "closed", NOW, { hasDeals: true }).job.filledAt).toBe(NOW);
    expect(changeJobStatus(filled, "active", NOW, { hasDeals: true }).job.filledAt).toBeNull();
  });

  it("keeps the fields it does not know", () => {
    const change = changeJobStatus({ ...job(), title: "Engineer" }, "active", NOW, { hasDeals: false });
    expect(change.job.title).toBe("Engineer");
  });
});

describe("the fee of a job", () => {
  it.each([
    { from: 2000, to: 2500, hasLiveDeals: false, hasPlacement: false, reason: null },
    { from: 2000, to: 2500, hasLiveDeals: true, hasPlacement: false, reason: null },
    { from: 2000, to: 1500, hasLiveDeals: false, hasPlacement: false, reason: null },
    { from: 2000, to: 1500, hasLiveDeals: true, hasPlacement: false, reason: "fee_lowered" },
    { from: 2000, to: 2500, hasLiveDeals: false, hasPlacement: true, reason: "fee_final" },
    { from: 2000, to: 2000, hasLiveDeals: true, hasPlacement: true, reason: null },
  ])("from $from to $to with live deals $hasLiveDeals and a placement $hasPlacement: $reason", ({ from, to, reason, ...facts }) => {
    const refused = feeChangeRefused({ from: basisPoints(from), to: basisPoints(to), ...facts });
    expect(refused?.members.reason ?? null).toBe(reason);
  });
});
