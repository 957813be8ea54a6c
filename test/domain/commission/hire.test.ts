import { describe, expect, it } from "vitest";
import { DEAL_ROLES } from "#domain/commission/deal-roles.ts";
import type { RolePlacement } from "#domain/commission/volume.ts";
import { basisPoints, toDecimal, ZERO } from "#domain/money.ts";
import { EXAMPLES } from "./examples.ts";
import {
  all,
  closedBy,
  contract,
  dealOf,
  FLAT,
  HYBRID,
  inactive,
  inputsOf,
  job,
  money,
  paidFor,
  settle,
  subscription,
  team,
  teamSubscription,
  TIERED,
} from "./hires.ts";

const [CLOSER, SOURCER] = ["candidate_recruiter", "candidate_sourcer"] as const;

describe("scenario 33: the worked examples", () => {
  it.each(EXAMPLES.filter(({ incentive }) => !incentive))("example $number: $about", (example) => {
    const inputs = dealOf(example.tiers, {
      job: job({
        fee_bp: example.fee_bp === undefined ? null : basisPoints(example.fee_bp),
        premium_type: example.premium_type ?? [],
      }),
      contracts: example.contract ? [example.contract] : [],
    });
    const { placement, splits, transactions, allocation } = settle(inputs, example.salary);

    const told = DEAL_ROLES.map((role) => {
      const split = splits.find((row) => row.role === role);
      if (!split) return null;
      const standard = toDecimal(split.splitAmount - split.bonusAmount);
      return split.bonusAmount === 0 ? standard : `${standard} + ${toDecimal(split.bonusAmount)}`;
    });
    expect(told).toEqual(example.shares);
    expect(toDecimal(placement.placementFee)).toBe(example.fee);
    expect(toDecimal(allocation.platformCents)).toBe(example.platform);
    expect(allocation.splitsCents + allocation.platformCents).toBe(placement.placementFee);
    expect(transactions.map(({ status }) => status)).toEqual(splits.map(() => "pending"));
  });

  it("example 5: an inactive company sourcer is an empty role", () => {
    const { splits, snapshot, allocation } = settle(inactive(dealOf(all("free")), "company_sourcer"), "100000");
    expect(splits).toHaveLength(4);
    expect(snapshot).toMatchObject({
      companySourcerRecruiterId: null,
      companySourcerRate: null,
      companySourcerTier: null,
      subscriptionTier: "free",
    });
    expect(toDecimal(allocation.platformCents)).toBe("10800.00");
  });

  it("example 16: one person in all five roles has five rows", () => {
    const everywhere = Object.fromEntries(DEAL_ROLES.map((role) => [role, "R"]));
    const { splits, transactions } = settle(inputsOf(everywhere, { R: "premium" }), "150000");
    expect(splits.map((split) => [split.recruiterId, toDecimal(split.splitAmount)])).toEqual([
      ["R", "12000.00"],
      ["R", "6000.00"],
      ["R", "6000.00"],
      ["R", "3000.00"],
      ["R", "3000.00"],
    ]);
    expect(transactions).toHaveLength(5);
  });
});

describe("the rows", () => {
  it("scenario 32: are five splits, five pending transactions and a snapshot on paid", () => {
    const { snapshot, splits, transactions, allocation } = settle(dealOf(all("paid")), "100000");
    expect(splits.map((split) => toDecimal(split.splitAmount))).toEqual(["6000.00", "3000.00", "3000.00", "1600.00", "1600.00"]);
    expect(snapshot).toMatchObject({
      placementId: "placement",
      candidateRecruiterId: "candidate_recruiter",
      candidateRecruiterRate: 3000,
      candidateRecruiterTier: "paid",
      candidateRecruiterTeamId: null,
      candidateRecruiterSplitConfig: null,
      jobOwnerRecruiterId: "job_owner",
      companySourcerRate: 800,
      totalPlacementFee: 2_000_000,
      subscriptionTier: "paid",
      contractId: null,
      feeTermsId: "terms",
      splitsRatesIds: ["rates-paid"],
      policyVersion: null,
    });
    expect(allocation).toEqual({
      placementId: "placement",
      splitsCents: 1_520_000,
      platformCents: 480_000,
    });
    expect(transactions.map(({ placementSplitId, amount, netAmount, status }) => [placementSplitId, amount, netAmount, status])).toEqual(
      splits.map(({ id, splitAmount }) => [id, splitAmount, splitAmount, "pending"]),
    );
    const ids = [...splits, ...transactions].map(({ id }) => id);
    expect(new Set(ids).size).toBe(10);
  });

  it("scenario 37: leave an employee's job without a job owner, whose part stays with the platform", () => {
    const { snapshot, allocation } = settle(dealOf(["paid", "paid", null, "paid", "paid"]), "100000");
    expect(snapshot.jobOwnerRecruiterId).toBeNull();
    expect(toDecimal(allocation.platformCents)).toBe("7800.00");
  });

  it("scenario 41: share the uplift of an urgent niche role", () => {
    const inputs = dealOf(all("paid"), { job: job({ premium_type: ["urgent", "niche"] }) });
    const hired = settle(inputs, "100000");
    expect(toDecimal(hired.placement.placementFee)).toBe("25000.00");
    expect(paidFor(CLOSER, hired)).toEqual({ candidate_recruiter: "7200.00" });
    expect(toDecimal(hired.allocation.platformCents)).toBe("6760.00");
  });

  it("scenario 42: follow a flat contract whatever the salary", () => {
    const inputs = dealOf(all("paid"), {
      contracts: [contract({ flat_fee_cents: money("18500.00") })],
    });
    for (const salary of ["90000", "300000"]) {
      const { placement, snapshot } = settle(inputs, salary);
      expect(placement).toMatchObject({ placementFee: 1_850_000, feePercentage: null });
      expect(snapshot.contractId).toBe("contract");
    }
  });

  it("scenario 43: follow a contract from its first day and not after its last", () => {
    const charged = (dates: Parameters<typeof contract>[0]) =>
      settle(dealOf(all("paid"), { contracts: [contract({ fee_bp: basisPoints(1500), ...dates })] }), "100000").placement.placementFee;
    expect(charged({ contract_end_date: "2026-02-19" })).toBe(2_000_000);
    expect(charged({ contract_start_date: "2026-02-20" })).toBe(1_500_000);
  });

  it("scenario 46: give one recruiter in two roles two rows", () => {
    const hired = settle(inputsOf({ [CLOSER]: "R", [SOURCER]: "R" }, { R: "paid" }), "100000");
    expect(hired.splits.map(({ role, splitAmount }) => [role, toDecimal(splitAmount)])).toEqual([
      [CLOSER, "6000.00"],
      [SOURCER, "1600.00"],
    ]);
    expect(hired.transactions.map(({ recruiterId }) => recruiterId)).toEqual(["R", "R"]);
  });

  it("call different tiers mixed, and none when no role is filled", () => {
    expect(settle(dealOf(["paid", "free", null, null, null]), "100000").snapshot).toMatchObject({
      subscriptionTier: "mixed",
      splitsRatesIds: ["rates-paid", "rates-free"],
    });
    expect(settle(dealOf([null, null, null, null, null]), "100000").snapshot.subscriptionTier).toBeNull();
  });

  it("are only a snapshot and an empty allocation when the fee is zero", () => {
    const hired = settle(dealOf(all("paid"), { job: job({ fee_bp: basisPoints(0) }) }), "100000");
    expect(hired.splits).toEqual([]);
    expect(hired.transactions).toEqual([]);
    expect(hired.allocation).toEqual({
      placementId: "placement",
      splitsCents: 0,
      platformCents: 0,
    });
    expect(hired.snapshot.candidateRecruiterId).toBe("candidate_recruiter");
  });

  it("complete a transaction of nothing at once", () => {
    const hired = settle(closedBy("R", "free", { contracts: [contract({ flat_fee_cents: money("0.02") })] }), "1");
    expect(hired.splits).toMatchObject([{ splitAmount: 0, splitPercentage: 2000 }]);
    expect(hired.transactions).toMatchObject([{ status: "completed", completionReason: "zero_amount", holdReasons: [] }]);
  });
});

describe("the placement", () => {
  it("is hired until its start, and its guarantee ends at a midnight", () => {
    expect(settle(closedBy("R", "paid"), "100000").placement).toMatchObject({
      state: "hired",
      companyId: "acme",
      craId: "deal",
      feePercentage: 2000,
      guaranteeDays: 90,
      guaranteeExpiresAt: new Date("2026-05-31T00:00:00Z"),
    });
  });

  it.each([
    ["2026-02-20", "active"],
    ["2026-02-21", "hired"],
    ["2026-02-01", "active"],
  ])("starting on %s is %s", (startDate, state) => {
    expect(settle(closedBy("R", "paid"), "100000", { startDate }).placement.state).toBe(state);
  });

  it("without a guarantee is past it when it starts", () => {
    const { placement } = settle(closedBy("R", "paid", { job: job({ guarantee_days: 0 }) }), "100000");
    expect(placement.guaranteeExpiresAt).toEqual(new Date("2026-03-02T00:00:00Z"));
  });

  it("holds its whole fee until the guarantee ends, and is released then", () => {
    const { hold, schedule } = settle(closedBy("R", "paid"), "100000");
    expect(hold).toMatchObject({ holdAmountCents: 2_000_000, holdReason: "guarantee_period", releaseScheduledDate: "2026-05-31" });
    expect(schedule).toMatchObject({ scheduledDate: "2026-05-31", triggerEvent: "guarantee_complete", status: "scheduled" });
  });

  it("is held for nothing without a guarantee, and neither held nor scheduled without a fee", () => {
    const unguarded = settle(closedBy("R", "paid", { job: job({ guarantee_days: 0 }) }), "100000");
    expect(unguarded.hold).toBeNull();
    expect(unguarded.schedule).toMatchObject({ scheduledDate: "2026-03-02" });
    const free = settle(closedBy("R", "paid", { job: job({ fee_bp: basisPoints(0) }) }), "100000");
    expect([free.placement.placementFee, free.hold, free.schedule]).toEqual([0, null, null]);
  });
});

describe("a recruiter who is inactive at the hire", () => {
  it.each([CLOSER, "company_recruiter", "job_owner"] as const)("keeps the role as %s, and their rows wait", (role) => {
    const hired = settle(inactive(dealOf(all("paid")), role), "100000");
    expect(hired.splits).toHaveLength(5);
    for (const transaction of hired.transactions) {
      const waits = transaction.recruiterId === role;
      expect(transaction).toMatchObject({
        status: waits ? "on_hold" : "pending",
        holdReasons: waits ? ["inactive_at_hire"] : [],
      });
    }
  });

  it("is one whose user was deactivated, too", () => {
    const inputs = dealOf(all("paid"));
    const recruiters = inputs.recruiters.map((recruiter) => ({
      ...recruiter,
      user_status: "deactivated" as const,
    }));
    const { splits, transactions } = settle({ ...inputs, recruiters }, "100000");
    expect(splits.map(({ role }) => role)).toEqual(["candidate_recruiter", "company_recruiter", "job_owner"]);
    expect(transactions.map(({ status }) => status)).toEqual(["on_hold", "on_hold", "on_hold"]);
  });

  it("does not make the other members of the team wait", () => {
    const hired = settle(inactive(closedBy("E", "paid", { teams: [team(HYBRID)] }), "E"), "100000");
    expect(hired.transactions.map(({ recruiterId, status }) => [recruiterId, status])).toEqual([
      ["O", "pending"],
      ["E", "on_hold"],
    ]);
  });

  it("who has nothing to get does not wait for it", () => {
    const flat = contract({ flat_fee_cents: money("0.02") });
    const hired = settle(inactive(closedBy("R", "free", { contracts: [flat] }), "R"), "1");
    expect(hired.transactions).toMatchObject([{ status: "completed", holdReasons: [] }]);
  });
});

describe("a team", () => {
  const uneven = "123457";

  it("scenario 44: shares a role in two rows, and its owner's own in one", () => {
    const hired = settle(closedBy("E", "paid", { teams: [team(HYBRID)] }), uneven);
    expect(hired.splits).toMatchObject([
      {
        recruiterId: "O",
        splitAmount: 148_148,
        kind: "team_overhead",
        splitPercentage: 3000,
        bonusAmount: 0,
        teamId: "team",
        splitConfigId: "config",
      },
      {
        recruiterId: "E",
        splitAmount: 592_594,
        kind: "team_member",
        splitPercentage: 3000,
        bonusAmount: 0,
      },
    ]);
    expect(hired.transactions).toHaveLength(2);
    expect(paidFor(CLOSER, settle(closedBy("O", "paid", { teams: [team(HYBRID)] }), uneven))).toEqual({ O: "7407.42" });
  });

  it("scenario 45: switching its rule after the hire changes the next placement only", () => {
    const before = settle(closedBy("E", "paid", { teams: [team(HYBRID)] }), uneven);
    const after = settle(closedBy("E", "paid", { teams: [team(FLAT)] }), uneven);
    expect(before.snapshot.candidateRecruiterSplitConfig).toMatchObject({
      rule: HYBRID,
      owner_recruiter_id: "O",
    });
    expect(paidFor(CLOSER, before)).toEqual({ O: "1481.48", E: "5925.94" });
    expect(paidFor(CLOSER, after)).toEqual({
      E: "1851.86",
      O: "1851.86",
      A: "1851.85",
      B: "1851.85",
    });
  });

  it("shares the bonus with the amount, and shows none in its rows", () => {
    const inputs = closedBy("E", "paid", {
      teams: [team(HYBRID)],
      job: job({ premium_type: ["urgent", "niche"] }),
    });
    const hired = settle(inputs, "100000");
    expect(paidFor(CLOSER, hired)).toEqual({ O: "1440.00", E: "5760.00" });
    expect(hired.splits.map(({ bonusAmount }) => bonusAmount)).toEqual([0, 0]);
  });

  it("gives its plan to earning members when that is higher than their own", () => {
    const subscriptions = [subscription("E", "paid"), teamSubscription("team", "premium"), teamSubscription("other", "premium")];
    const tierOf = (recruiterId: string, teams = [team(TIERED)]) =>
      settle(closedBy(recruiterId, "paid", { teams, subscriptions }), uneven).snapshot.candidateRecruiterTier;
    expect(tierOf("E")).toBe("premium");
    expect(tierOf("E", [])).toBe("paid");
    expect(tierOf("stranger")).toBe("free");
  });

  it("that is suspended does not share, and its member earns alone", () => {
    const suspended = team(HYBRID, { status: "suspended", suspended_reason: "admin" });
    const { snapshot, splits } = settle(closedBy("E", "paid", { teams: [suspended] }), uneven);
    expect(snapshot.candidateRecruiterTeamId).toBeNull();
    expect(splits).toMatchObject([{ recruiterId: "E", kind: "standard", splitAmount: 740_742 }]);
  });

  it("shares two roles of two members apart", () => {
    const inputs = inputsOf({ [CLOSER]: "E", [SOURCER]: "A" }, { E: "paid", A: "paid" }, { teams: [team(HYBRID)] });
    const hired = settle(inputs, "100000");
    expect(paidFor(CLOSER, hired)).toEqual({ O: "1200.00", E: "4800.00" });
    expect(paidFor(SOURCER, hired)).toEqual({ O: "320.00", A: "1280.00" });
  });
});

describe("scenario 62: the fifth hire of a volume role", () => {
  const placement = (number: number, closer: string | null): RolePlacement => ({
    id: `p${number}`,
    hired_at: `2026-01-0${number}T00:00:00+00:00`,
    state: "active",
    candidate_recruiter_id: closer,
    bulk_cents: ZERO,
  });
  const volume = {
    job: job({ premium_type: ["volume"], hires_committed: 5, bulk_bonus_cents: money("10000.01") }),
    role_placements: [placement(1, "R1"), placement(2, "R1"), placement(3, "R2"), placement(4, null)],
  };

  it("carries the bonus once, in the Closer's row and one of its own for an earlier Closer", () => {
    const hired = settle(closedBy("R2", "paid", volume), "100000");
    expect(hired.splits).toMatchObject([
      {
        recruiterId: "R2",
        kind: "standard",
        splitPercentage: 3000,
        splitAmount: 1_100_000,
        bonusAmount: 500_000,
      },
      {
        recruiterId: "R1",
        kind: "volume_bonus",
        splitPercentage: 0,
        splitAmount: 500_001,
        bonusAmount: 500_001,
      },
    ]);
    expect(toDecimal(hired.placement.placementFee)).toBe("30000.01");
    expect(toDecimal(hired.allocation.platformCents)).toBe("14000.00");
    expect(hired.snapshot.feeBasis).toMatchObject({
      bulk_cents: 1_000_001,
      bulk_closers: ["R1", "R1", "R2", "R2"],
    });
  });

  it("passes by the Closer's team, but joins the row a member has anyway", () => {
    const placements = [placement(1, "O"), placement(2, "O"), placement(3, "O"), placement(4, null)];
    const inputs = closedBy("E", "paid", {
      ...volume,
      role_placements: placements,
      teams: [team(HYBRID)],
    });
    expect(settle(inputs, "100000").splits).toMatchObject([
      {
        recruiterId: "O",
        kind: "team_overhead",
        splitAmount: 120_000 + 750_001,
        bonusAmount: 750_001,
      },
      {
        recruiterId: "E",
        kind: "team_member",
        splitAmount: 480_000 + 250_000,
        bonusAmount: 250_000,
      },
    ]);
  });
});

describe("an upgrade shortly before the hire", () => {
  it("is told once per recruiter and changes no money", () => {
    const upgraded = {
      subscriptions: [subscription("R", "premium", { upgraded_at: "2026-02-19T00:00:00Z" })],
    };
    const hired = settle(inputsOf({ [CLOSER]: "R", [SOURCER]: "R" }, {}, upgraded), "100000");
    expect(hired.upgrades).toEqual([{ recruiterId: "R", tier: "premium", upgradedAt: new Date("2026-02-19T00:00:00Z") }]);
    expect(paidFor(CLOSER, hired)).toEqual({ R: "8000.00" });
  });

  it("is looked for before the offer as well", () => {
    const upgraded = {
      subscriptions: [subscription("R", "paid", { upgraded_at: "2026-02-04T00:00:00Z" })],
    };
    expect(settle(closedBy("R", "paid", upgraded), "100000").upgrades).toHaveLength(1);
    expect(settle(closedBy("R", "paid"), "100000").upgrades).toEqual([]);
  });
});
