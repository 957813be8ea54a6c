import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { divideAmongTeam } from "#domain/commission/team-split.ts";
import { DEFAULT_TEAM_RULE, isSharing, teamOf, teamSplitAtHire, type Team, type TeamRule } from "#domain/commission/teams.ts";
import { basisPoints, cents, sum, toDecimal } from "#domain/money.ts";
import { FLAT, HYBRID, INDIVIDUAL, LONG_AGO, member, money, NOW, team, TIERED } from "./hires.ts";

const frozen = (rule: TeamRule, more: Partial<Team> = {}) => teamSplitAtHire(team(rule, more), "deal", NOW);

const divide = (amount: string, rule: TeamRule, earner = "E", more: Partial<Team> = {}) =>
  divideAmongTeam(money(amount), earner, frozen(rule, more)).map((part) => [part.recruiterId, toDecimal(part.amount)]);

describe("22.3.1: the worked examples", () => {
  it.each<[string, TeamRule, string, string, [string, string][]]>([
    [
      "hybrid 20 %",
      HYBRID,
      "7407.42",
      "E",
      [
        ["O", "1481.48"],
        ["E", "5925.94"],
      ],
    ],
    [
      "flat",
      FLAT,
      "7407.42",
      "E",
      [
        ["E", "1851.86"],
        ["O", "1851.86"],
        ["A", "1851.85"],
        ["B", "1851.85"],
      ],
    ],
    [
      "tiered 30 %",
      TIERED,
      "7407.42",
      "E",
      [
        ["O", "2222.23"],
        ["E", "1728.40"],
        ["A", "1728.40"],
        ["B", "1728.39"],
      ],
    ],
    [
      "tiered 30 %, the owner earns",
      TIERED,
      "7407.42",
      "O",
      [
        ["O", "2222.23"],
        ["A", "1728.40"],
        ["E", "1728.40"],
        ["B", "1728.39"],
      ],
    ],
    ["individual", INDIVIDUAL, "7407.42", "E", [["E", "7407.42"]]],
    ["hybrid, the owner earns", HYBRID, "7407.42", "O", [["O", "7407.42"]]],
    [
      "hybrid of another share",
      HYBRID,
      "6135.80",
      "E",
      [
        ["O", "1227.16"],
        ["E", "4908.64"],
      ],
    ],
    [
      "hybrid of a share with a bonus",
      HYBRID,
      "7200.00",
      "E",
      [
        ["O", "1440.00"],
        ["E", "5760.00"],
      ],
    ],
    [
      "hybrid of two cents",
      HYBRID,
      "0.02",
      "E",
      [
        ["O", "0.00"],
        ["E", "0.02"],
      ],
    ],
    [
      "flat, fewer cents than members",
      FLAT,
      "0.03",
      "E",
      [
        ["E", "0.01"],
        ["O", "0.01"],
        ["A", "0.01"],
        ["B", "0.00"],
      ],
    ],
  ])("%s", (_, rule, amount, earner, parts) => {
    expect(divide(amount, rule, earner)).toEqual(parts);
  });

  it("flat with three members", () => {
    const members = team(FLAT).members.slice(0, 3);
    expect(divide("100.00", FLAT, "E", { members })).toEqual([
      ["E", "33.34"],
      ["O", "33.33"],
      ["A", "33.33"],
    ]);
  });

  it("tiered with no other member gives the owner everything", () => {
    expect(divide("100.00", TIERED, "O", { members: [member("O", 1, { role: "owner" })] })).toEqual([["O", "100.00"]]);
  });
});

describe("who shares", () => {
  it("are the active members without collaborators, in the order they joined, then by id", () => {
    const members = [
      member("Z", 2),
      member("Y", 2),
      member("gone", 2, { status: "removed" }),
      member("invited", 2, { status: "invited" }),
      member("helper", 2, { role: "collaborator" }),
      member("E", 9),
      member("O", 1, { role: "owner" }),
    ];
    expect(divide("1.00", FLAT, "E", { members }).map(([recruiterId]) => recruiterId)).toEqual(["E", "O", "Y", "Z"]);
  });

  it("compares instants, not their spelling", () => {
    const members = [
      member("later", 1, { joined_at: "2025-06-01T01:00:00+00:00" }),
      member("O", 1, { role: "owner", joined_at: "2025-06-01T02:00:00+02:00" }),
    ];
    expect(divide("0.03", FLAT, "O", { members: [...members, member("E", 9)] })).toEqual([
      ["O", "0.01"],
      ["later", "0.01"],
      ["E", "0.01"],
    ]);
    expect(divide("0.02", FLAT, "E", { members: [...members, member("E", 9)] })).toEqual([
      ["E", "0.01"],
      ["O", "0.01"],
      ["later", "0.00"],
    ]);
  });

  it("is no collaborator and nobody who left", () => {
    const teams = [
      team(HYBRID, {
        members: [member("C", 1, { role: "collaborator" }), member("G", 1, { status: "removed" }), member("E", 2)],
      }),
    ];
    expect(teamOf("C", teams)).toBeNull();
    expect(teamOf("G", teams)).toBeNull();
    expect(teamOf("E", teams)?.id).toBe("team");
  });

  it.each<[string, Partial<Team>, boolean]>([
    ["active", {}, true],
    ["active and in grace", { grace_until: "2026-02-20T12:00:01Z" }, true],
    ["active with its grace over", { grace_until: "2026-02-20T12:00:00Z" }, false],
    [
      "below its minimum and in grace",
      {
        status: "suspended",
        suspended_reason: "below_minimum",
        grace_until: "2026-02-21T00:00:00Z",
      },
      true,
    ],
    ["not yet three members", { status: "suspended", suspended_reason: "below_minimum" }, false],
    ["suspended by an admin in its grace", { status: "suspended", suspended_reason: "admin", grace_until: "2026-02-21T00:00:00Z" }, false],
    ["suspended for its owner's debt", { status: "suspended", suspended_reason: "owner_unpaid" }, false],
  ])("a team that is %s", (_, more, sharing) => {
    expect(isSharing(team(HYBRID, more), NOW)).toBe(sharing);
  });
});

describe("the rule", () => {
  const config = (id: string, rule: TeamRule, more = {}) => ({
    id,
    cra_id: null,
    is_default: true,
    effective_from: LONG_AGO,
    rule,
    ...more,
  });
  const chosen = (...split_configs: ReturnType<typeof config>[]) => teamSplitAtHire(team(null, { split_configs }), "deal", NOW);

  it("is hybrid 20 % until the team chooses one", () => {
    expect(chosen()).toMatchObject({
      split_config_id: null,
      rule: DEFAULT_TEAM_RULE,
      owner_recruiter_id: "O",
    });
  });

  it("is the latest default that has begun", () => {
    const later = config("later", FLAT, { effective_from: "2026-02-20T12:00:00Z" });
    const future = config("future", TIERED, { effective_from: "2026-02-20T12:00:01Z" });
    expect(chosen(config("first", HYBRID), later, future).split_config_id).toBe("later");
  });

  it("is the override for this deal before the default, and not another deal's", () => {
    const override = (id: string, cra_id: string) => config(id, INDIVIDUAL, { cra_id, is_default: false });
    expect(chosen(config("default", FLAT), override("ours", "deal")).split_config_id).toBe("ours");
    expect(chosen(config("default", FLAT), override("theirs", "other")).split_config_id).toBe("default");
  });

  it("is no row that was a default once", () => {
    expect(chosen(config("draft", FLAT, { is_default: false })).rule).toEqual(DEFAULT_TEAM_RULE);
  });
});

describe("property 6: for any team, rule and amount", () => {
  const rule: fc.Arbitrary<TeamRule> = fc.oneof(
    fc.constantFrom(FLAT, INDIVIDUAL),
    fc.nat(10_000).map((bp): TeamRule => ({ model: "hybrid", overhead_bp: basisPoints(bp) })),
    fc.nat(10_000).map((bp): TeamRule => ({ model: "tiered_split", owner_bp: basisPoints(bp) })),
  );
  const members = fc.array(fc.integer({ min: 1, max: 28 }), { minLength: 1, maxLength: 12 });
  const amount = fc.oneof(fc.nat(50), fc.nat(4_000_000_000));

  const partsOf = (days: number[], rule: TeamRule, earner: number, amount: number) => {
    const all = days.map((day, index) => member(`R${index}`, day, index === 0 ? { role: "owner" } : {}));
    return divideAmongTeam(cents(amount), `R${earner % days.length}`, frozen(rule, { members: all }));
  };

  it("the parts sum to the amount and none is negative", () => {
    fc.assert(
      fc.property(members, rule, fc.nat(11), amount, (days, rule, earner, amount) => {
        const parts = partsOf(days, rule, earner, amount).map((part) => part.amount);
        expect(sum(parts)).toBe(amount);
        expect(Math.min(...parts)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 10_000 },
    );
  });

  it("nobody gets less of a larger amount", () => {
    fc.assert(
      fc.property(members, rule, fc.nat(11), amount, fc.nat(20), (days, rule, earner, amount, more) => {
        const less = partsOf(days, rule, earner, amount);
        const larger = partsOf(days, rule, earner, amount + more);
        expect(less.every((part, index) => part.amount <= larger[index]!.amount)).toBe(true);
      }),
      { numRuns: 10_000 },
    );
  });
});
