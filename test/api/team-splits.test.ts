import { describe, expect, it } from "vitest";
import { sql } from "drizzle-orm";
import { teamMembers, teams } from "#db/schema/network.ts";
import { toDecimal } from "#domain/money.ts";
import { marketplace } from "#test/api.ts";
import { daysAgo, hires, type RecruiterPerson } from "./hires.ts";

const world = await marketplace();
const { subscribe, offer, hire, money } = hires(world);
const db = world.db.writer;

type Name = "O" | "A" | "E" | "B";
const NAMES: readonly Name[] = ["O", "A", "E", "B"];

/** A team of four on the paid plan, who joined in the order owner O, A, E, B, and a collaborator. */
async function team(teamStatus: "active" | "suspended" = "active") {
  const people = Object.fromEntries(
    await Promise.all(
      NAMES.map(async (name) => {
        const recruiter = await world.recruiter(name);
        await subscribe(recruiter, "paid");
        return [name, recruiter] as const;
      }),
    ),
  ) as Record<Name, RecruiterPerson>;
  const helper = await world.recruiter("Helper");
  await subscribe(helper, "paid");
  const [row] = await db
    .insert(teams)
    .values({
      name: "Team",
      ownerUserId: people.O.userId,
      status: teamStatus,
      suspendedReason: teamStatus === "suspended" ? "admin" : null,
    })
    .returning({ id: teams.id });
  const teamId = row?.id ?? "";
  await db.insert(teamMembers).values(
    [...NAMES.map((name) => people[name]), helper].map(({ recruiterId }, index) => ({
      teamId,
      recruiterId,
      teamRole: (["owner", "member", "member", "member", "collaborator"] as const)[index] ?? "member",
      status: "active" as const,
      joinedAt: daysAgo(30 - index),
    })),
  );
  return { teamId, people, helper };
}

const rule = (as: RecruiterPerson, teamId: string, body: Record<string, unknown>) =>
  world.call("POST", "team-split-configs", { as, body: { team_id: teamId, ...body } });

/** Hires with a Closer's share of 7,407.42, and tells who got what of it. */
async function divided(
  { people, helper }: Pick<Awaited<ReturnType<typeof team>>, "people" | "helper">,
  earner: RecruiterPerson,
  before: (craId: string) => Promise<unknown> = async () => undefined,
) {
  const company = await world.company();
  const admin = await world.member(company);
  const deal = await offer({ company, recruiters: { candidate_recruiter: earner } });
  await before(deal.craId);
  const id = (await hire(admin, deal, { salary_cents: undefined, salary: "123457.00" })).body.data.id as string;
  const { splits, transactions } = await money(id);
  expect(transactions).toHaveLength(splits.length);
  const names = new Map([...NAMES.map((name) => [people[name].recruiterId, name] as const), [helper.recruiterId, "C"] as const]);
  return {
    id,
    kinds: splits.map(({ kind }) => kind).toSorted(),
    shares: Object.fromEntries(
      splits.map(({ recruiterId, splitAmount }) => [names.get(recruiterId) ?? "?", toDecimal(splitAmount)]).toSorted(),
    ),
  };
}

const ALL = { A: "1851.85", B: "1851.85", E: "1851.86", O: "1851.86" };

describe("a team's rule (MONEY §21)", () => {
  it.each([
    ["hybrid 20 %", { model: "hybrid", config: { overhead_bp: 2000 } }, "E", { E: "5925.94", O: "1481.48" }],
    ["hybrid with the owner as earner", { model: "hybrid", config: { overhead_bp: 2000 } }, "O", { O: "7407.42" }],
    ["flat", { model: "flat_split" }, "E", ALL],
    ["tiered 30 %", { model: "tiered_split", config: { owner_bp: 3000 } }, "E", { A: "1728.40", B: "1728.39", E: "1728.40", O: "2222.23" }],
    [
      "tiered with the owner as earner",
      { model: "tiered_split", config: { owner_bp: 3000 } },
      "O",
      { A: "1728.40", B: "1728.39", E: "1728.40", O: "2222.23" },
    ],
    ["individual", { model: "individual_credit" }, "E", { E: "7407.42" }],
    ["none chosen: hybrid 20 % (D-40)", null, "E", { E: "5925.94", O: "1481.48" }],
  ] as const)("%s", async (_, chosen, earner, shares) => {
    const { teamId, people, helper } = await team();
    if (chosen) expect((await rule(people.O, teamId, chosen)).status).toBe(201);
    expect((await divided({ people, helper }, people[earner])).shares).toEqual(shares);
  });

  it("holds for one deal when it is set for it before the hire, and the default for the next", async () => {
    const { teamId, people, helper } = await team();
    await rule(people.O, teamId, { model: "flat_split" });
    const own = await divided({ people, helper }, people.E, async (craId) => {
      const set = await rule(people.O, teamId, { model: "individual_credit", cra_id: craId });
      expect(set.status).toBe(201);
      // visible to all members, with the history
      const seen = await world.call("GET", `team-split-configs?cra_id=${craId}`, { as: people.B });
      expect(seen.body.data.map(({ id }: { id: string }) => id)).toEqual([set.body.data.id]);
    });
    expect(own.shares).toEqual({ E: "7407.42" });
    expect((await divided({ people, helper }, people.E)).shares).toEqual(ALL);
  });

  it("waits for the day it begins on", async () => {
    const { teamId, people, helper } = await team();
    await rule(people.O, teamId, { model: "flat_split" });
    await rule(people.O, teamId, { model: "individual_credit", effective_from: new Date(Date.now() + 86_400_000).toISOString() });
    expect((await divided({ people, helper }, people.E)).shares).toEqual(ALL);
  });

  it("is not for collaborators, nor for a suspended team", async () => {
    const { people, helper } = await team();
    const alone = await divided({ people, helper }, helper);
    expect(alone).toMatchObject({ shares: { C: "7407.42" }, kinds: ["standard"] });
    const suspended = await team("suspended");
    expect(await divided(suspended, suspended.people.E)).toMatchObject({ shares: { E: "7407.42" }, kinds: ["standard"] });
  });

  it("22.3.13: leaves settled placements as they are when rule, members or the team's status change", async () => {
    const { teamId, people, helper } = await team();
    await rule(people.O, teamId, { model: "flat_split" });
    const { id, kinds } = await divided({ people, helper }, people.E);
    expect(kinds).toEqual(["team_member", "team_member", "team_member", "team_member"]);
    const before = await money(id);
    await rule(people.O, teamId, { model: "individual_credit" });
    const [left] = await db
      .select()
      .from(teamMembers)
      .where(sql`${teamMembers.teamId} = ${teamId} and ${teamMembers.recruiterId} = ${people.B.recruiterId}`);
    expect((await world.call("DELETE", `team-members/${left?.id}`, { as: people.B })).status).toBe(200);
    await db.execute(sql`update network.teams set status = 'suspended', suspended_reason = 'admin' where id = ${teamId}`);
    expect(await money(id)).toEqual(before);
    // what B was given there stays B's to see
    expect((await world.call("GET", `placement-splits?placement_id=${id}`, { as: people.B })).body.data).toHaveLength(1);
  });
});
