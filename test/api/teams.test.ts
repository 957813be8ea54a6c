import { describe, expect, it } from "vitest";
import { eq, sql } from "drizzle-orm";
import { applications, candidateRoleAssignments } from "#db/schema/ats.ts";
import { plans, subscriptions } from "#db/schema/billing.ts";
import { recruiters, teamMembers } from "#db/schema/network.ts";
import { marketplace } from "#test/api.ts";
import { hires, type RecruiterPerson } from "./hires.ts";

const world = await marketplace();
const { offer, hire, share, money, events } = hires(world);
const db = world.db.writer;

const found = (as: { token: string }, name = "Team") => world.call("POST", "teams", { as, body: { name } });
const invite = (as: { token: string }, teamId: string, recruiterId: string, teamRole = "member") =>
  world.call("POST", "team-members", { as, body: { team_id: teamId, recruiter_id: recruiterId, role: teamRole } });
const accept = (as: { token: string }, id: string) => world.call("PATCH", `team-members/${id}`, { as, body: { status: "active" } });
const leave = (as: { token: string }, id: string) => world.call("DELETE", `team-members/${id}`, { as });
const read = async (as: { token: string }, id: string, query = "") => (await world.call("GET", `teams/${id}${query}`, { as })).body.data;

/** A recruiter whom everybody finds on the marketplace. */
async function listed(name?: string, status?: "pending" | "active"): Promise<RecruiterPerson> {
  const recruiter = await world.recruiter(name, status);
  await world.db.writer
    .update(recruiters)
    .set({ marketplaceEnabled: true, marketplaceVisibility: "public" })
    .where(eq(recruiters.id, recruiter.recruiterId));
  return recruiter;
}

/** Invites a recruiter, who accepts. */
async function join(owner: RecruiterPerson, teamId: string, teamRole = "member") {
  const recruiter = await listed();
  const { id } = (await invite(owner, teamId, recruiter.recruiterId, teamRole)).body.data;
  expect((await accept(recruiter, id)).status).toBe(200);
  return { ...recruiter, memberId: id as string };
}

/** A team that is complete: its owner and two members. */
async function complete() {
  const owner = await world.recruiter("Owner");
  const teamId = (await found(owner)).body.data.id as string;
  const members = [await join(owner, teamId), await join(owner, teamId)] as const;
  return { owner, teamId, members };
}

describe("a team", () => {
  it("waits below its minimum until the third earning member joins (D-78)", async () => {
    const owner = await world.recruiter("Owner");
    const created = await found(owner);
    expect(created.status).toBe(201);
    expect(created.body.data).toMatchObject({
      status: "suspended",
      suspended_reason: "below_minimum",
      earning_members: 1,
      owner_user_id: owner.userId,
    });
    const id = created.body.data.id as string;
    await join(owner, id);
    await join(owner, id, "collaborator");
    expect(await read(owner, id)).toMatchObject({ status: "suspended", earning_members: 2 });
    await join(owner, id, "admin");
    expect(await read(owner, id)).toMatchObject({ status: "active", suspended_reason: null, earning_members: 3, grace_until: null });
    const told = await events(id);
    expect(told.filter((type) => type === "team.member_joined")).toHaveLength(3);
    expect(told.filter((type) => type === "team.activated")).toHaveLength(1);
    expect(told[0]).toBe("team.created");
  });

  it("gets thirty days' grace when it falls below, which ends when it is complete again", async () => {
    const { owner, teamId, members } = await complete();
    const left = await leave(members[0], members[0].memberId);
    expect(left.body.data).toEqual({ id: members[0].memberId, deleted: true });
    const thin = await read(owner, teamId);
    expect(thin.status).toBe("active");
    expect((Date.parse(thin.grace_until) - Date.now()) / 86_400_000).toBeCloseTo(30, 1);
    await leave(owner, members[1].memberId);
    expect((await read(owner, teamId)).grace_until).toBe(thin.grace_until);
    await join(owner, teamId);
    await join(owner, teamId);
    expect(await read(owner, teamId)).toMatchObject({ status: "active", grace_until: null, earning_members: 3 });
  });

  it("becomes active once when two join at the same time", async () => {
    const owner = await world.recruiter("Owner");
    const teamId = (await found(owner)).body.data.id as string;
    const people = await Promise.all([listed(), listed(), listed()]);
    const ids = await Promise.all(people.map(async ({ recruiterId }) => (await invite(owner, teamId, recruiterId)).body.data.id as string));
    const answers = await Promise.all(people.map((recruiter, index) => accept(recruiter, ids[index] ?? "")));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await read(owner, teamId)).toMatchObject({ status: "active", earning_members: 4 });
    expect((await events(teamId)).filter((type) => type === "team.activated")).toHaveLength(1);
  });

  it("is founded by active recruiters, who earn in no other team (D-15)", async () => {
    const owner = await listed("Owner");
    await found(owner);
    expect((await found(owner)).body.reason).toBe("earning_team_exists");
    expect((await found(await world.recruiter("Pending", "pending"))).body.code).toBe("recruiter_not_active");
    expect((await found(await world.candidate())).status).toBe(403);
    expect((await found(await world.person())).status).toBe(403);

    const { owner: rival, teamId } = await complete();
    const { id } = (await invite(rival, teamId, owner.recruiterId)).body.data;
    expect((await accept(owner, id)).body.reason).toBe("earning_team_exists");
    expect((await world.call("PATCH", `team-members/${id}`, { as: rival, body: { role: "collaborator" } })).status).toBe(200);
    expect((await accept(owner, id)).status).toBe(200);
    expect((await world.call("GET", "teams/me", { as: owner })).body.data).toHaveLength(2);
  });

  it("is changed by its owner and admins, and seen by its members", async () => {
    const { owner, teamId, members } = await complete();
    const manager = await join(owner, teamId, "admin");
    const rename = (as: { token: string }, body: Record<string, unknown> = { name: "Renamed" }) =>
      world.call("PATCH", `teams/${teamId}`, { as, body });
    expect((await rename(manager)).body.data.name).toBe("Renamed");
    expect((await rename(members[0])).status).toBe(403);
    expect((await rename(await world.recruiter())).status).toBe(404);
    expect((await rename(owner, { name: "X", version: 99 })).status).toBe(412);
    expect((await rename(owner, { billing_organization_id: (await world.company()).organizationId })).status).toBe(422);
    const seen = await read(members[0], teamId, "?include=members,split_config");
    expect(seen.members).toHaveLength(4);
    expect(seen.members[0]).toMatchObject({ role: "owner", name: "Owner", status: "active" });
    expect(seen.split_config).toBeNull();
    for (const outsider of [await world.candidate(), await world.member(await world.company())]) {
      for (const resource of ["teams", "team-members", "team-split-configs"])
        expect((await world.call("GET", resource, { as: outsider })).status).toBe(403);
    }
    expect((await world.call("GET", "teams/me", { as: await world.person() })).body.data).toEqual([]);
    expect((await world.call("GET", "teams?search=renam", { as: owner })).body.pagination.total).toBe(1);
    expect((await world.call("GET", "teams", { as: await world.platformAdmin() })).body.pagination.total).toBeGreaterThan(1);
  });

  it("is dissolved by its owner, not while it is paid for", async () => {
    const { owner, teamId, members } = await complete();
    const dissolve = (as: { token: string }) => world.call("DELETE", `teams/${teamId}`, { as });
    expect((await dissolve(members[0])).status).toBe(403);
    const [paid] = await db
      .select()
      .from(plans)
      .where(sql`${plans.slug} = 'paid'`);
    await db.insert(subscriptions).values({ userId: owner.userId, teamId, planId: paid?.id ?? "", status: "active" });
    expect((await dissolve(owner)).body.reason).toBe("subscription_exists");
    await db
      .update(subscriptions)
      .set({ status: "canceled" })
      .where(sql`${subscriptions.teamId} = ${teamId}`);
    expect((await dissolve(owner)).body.data).toEqual({ id: teamId, deleted: true });
    expect((await dissolve(owner)).status).toBe(404);
    expect((await found(owner)).status).toBe(201);
  });
});

describe("handing a team over", () => {
  const handOver = (as: { token: string }, teamId: string, recruiterId: string, more: object = {}) =>
    world.call("POST", `teams/${teamId}/transfer-ownership`, { as, body: { recruiter_id: recruiterId, ...more } });
  const partsOf = async (teamId: string) =>
    Object.fromEntries(
      (
        await db
          .select()
          .from(teamMembers)
          .where(sql`${teamMembers.teamId} = ${teamId} and ${teamMembers.status} = 'active'`)
      ).map(({ recruiterId, teamRole }) => [recruiterId, teamRole]),
    );

  it("is the owner's to do, to a member who shares in it; the owner goes on as an admin", async () => {
    const { owner, teamId, members } = await complete();
    const [heir, other] = members;
    const helper = await join(owner, teamId, "collaborator");
    expect((await handOver(heir, teamId, heir.recruiterId)).status).toBe(403);
    expect((await handOver(await world.recruiter(), teamId, heir.recruiterId)).status).toBe(404);
    expect((await handOver(owner, teamId, helper.recruiterId)).body.reason).toBe("not_earning");
    expect((await handOver(owner, teamId, owner.recruiterId)).body.reason).toBe("team_owner");
    expect((await handOver(owner, teamId, (await world.recruiter()).recruiterId)).body.code).toBe("validation_failed");
    expect((await handOver(owner, teamId, heir.recruiterId)).body.data).toMatchObject({ owner_user_id: heir.userId, status: "active" });
    expect(await partsOf(teamId)).toEqual({
      [owner.recruiterId]: "admin",
      [heir.recruiterId]: "owner",
      [other.recruiterId]: "member",
      [helper.recruiterId]: "collaborator",
    });
    expect((await handOver(owner, teamId, other.recruiterId)).status).toBe(403);
    expect(
      (await leave(owner, (await world.call("GET", `team-members?team_id=${teamId}&role=admin`, { as: heir })).body.data[0].id)).status,
    ).toBe(200);
    expect((await events(teamId)).filter((type) => type === "team.ownership_transferred")).toHaveLength(1);
  });

  it("takes a reason from a platform admin, and waits while the team's subscription runs", async () => {
    const { owner, teamId, members } = await complete();
    const admin = await world.platformAdmin();
    expect((await handOver(admin, teamId, members[0].recruiterId)).body.errors).toMatchObject([{ pointer: "/reason" }]);
    const [paid] = await db
      .select()
      .from(plans)
      .where(sql`${plans.slug} = 'paid'`);
    await db.insert(subscriptions).values({ userId: owner.userId, teamId, planId: paid?.id ?? "", status: "active" });
    const reason = { reason: "The owner is unreachable" };
    expect((await handOver(admin, teamId, members[0].recruiterId, reason)).body.reason).toBe("subscription_exists");
    await db
      .update(subscriptions)
      .set({ status: "canceled" })
      .where(sql`${subscriptions.teamId} = ${teamId}`);
    expect((await handOver(admin, teamId, members[0].recruiterId, reason)).status).toBe(200);
  });

  it("to two at once leaves one owner", async () => {
    const { owner, teamId, members } = await complete();
    const answers = await Promise.all(members.map(({ recruiterId }) => handOver(owner, teamId, recruiterId)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 403]);
    expect(Object.values(await partsOf(teamId)).toSorted()).toEqual(["admin", "member", "owner"]);
  });
});

describe("members", () => {
  it("are invited by owner and admins, and accept themselves", async () => {
    const { owner, teamId, members } = await complete();
    const guest = await listed("Guest");
    expect((await invite(members[0], teamId, guest.recruiterId)).status).toBe(403);
    expect((await invite(await world.recruiter(), teamId, guest.recruiterId)).status).toBe(404);
    // whoever does not show themselves is asked by mail
    expect((await invite(owner, teamId, (await world.recruiter("Shy")).recruiterId)).status).toBe(404);
    expect((await invite(owner, teamId, crypto.randomUUID())).status).toBe(404);
    expect((await invite(owner, teamId, guest.recruiterId, "owner")).status).toBe(422);
    const asked = await invite(owner, teamId, guest.recruiterId);
    expect([asked.status, asked.body.data.status, asked.body.data.joined_at]).toEqual([201, "invited", null]);
    expect((await invite(owner, teamId, guest.recruiterId)).body.reason).toBe("member_exists");
    const id = asked.body.data.id as string;

    // an invited recruiter sees the team and the invitation, and nothing of the members
    expect((await world.call("GET", `team-members?team_id=${teamId}&include=team,recruiter`, { as: guest })).body.data).toMatchObject([
      { id, team: { id: teamId }, recruiter: { name: "Guest" } },
    ]);
    expect((await world.call("GET", `teams/${teamId}`, { as: guest })).status).toBe(200);
    expect((await world.call("GET", "teams/me", { as: guest })).body.data).toEqual([]);
    expect((await accept(owner, id)).status).toBe(403);
    expect((await accept(guest, id)).body.data).toMatchObject({ status: "active", version: 2 });
    expect((await accept(guest, id)).body.code).toBe("invalid_transition");
  });

  it("leave by themselves or are removed, and may be asked again; the owner stays", async () => {
    const { owner, teamId, members } = await complete();
    expect((await leave(members[0], members[1].memberId)).status).toBe(403);
    expect((await leave(owner, members[1].memberId)).status).toBe(200);
    expect((await world.call("GET", `team-members/${members[1].memberId}`, { as: owner })).status).toBe(404);
    const again = await invite(owner, teamId, members[1].recruiterId, "admin");
    expect([again.status, again.body.data.id, again.body.data.role]).toEqual([201, members[1].memberId, "admin"]);
    const [own] = await db
      .select()
      .from(teamMembers)
      .where(sql`${teamMembers.recruiterId} = ${owner.recruiterId}`);
    expect((await leave(owner, own?.id ?? "")).body.reason).toBe("team_owner");
    expect((await world.call("PATCH", `team-members/${own?.id}`, { as: owner, body: { role: "member" } })).body.reason).toBe("team_owner");
    expect((await events(teamId)).filter((type) => type === "team.member_removed")).toHaveLength(1);
  });

  it("who become collaborators no longer count", async () => {
    const { owner, teamId, members } = await complete();
    const change = await world.call("PATCH", `team-members/${members[0].memberId}`, { as: owner, body: { role: "collaborator" } });
    expect(change.body.data.role).toBe("collaborator");
    expect((await read(owner, teamId)).grace_until).not.toBeNull();
    expect((await world.call("PATCH", `team-members/${members[1].memberId}`, { as: members[1], body: { role: "admin" } })).status).toBe(
      403,
    );
  });
});

describe("how a team divides", () => {
  const begin = (as: { token: string }, teamId: string, body: Record<string, unknown>) =>
    world.call("POST", "team-split-configs", { as, body: { team_id: teamId, ...body } });

  it("is chosen by owner and admins, kept as history, and hidden from collaborators", async () => {
    const { owner, teamId, members } = await complete();
    const helper = await join(owner, teamId, "collaborator");
    expect((await begin(members[0], teamId, { model: "flat_split" })).status).toBe(403);
    for (const body of [
      { model: "hybrid" },
      { model: "hybrid", config: { owner_bp: 100 } },
      { model: "flat_split", config: { overhead_bp: 1 } },
      { model: "tiered_split", config: { owner_bp: 10_001 } },
      { model: "flat_split", effective_from: "2020-01-01T00:00:00Z" },
      { model: "flat_split", cra_id: crypto.randomUUID() },
    ]) {
      expect((await begin(owner, teamId, body)).status, JSON.stringify(body)).toBe(422);
    }
    expect((await begin(owner, teamId, { model: "hybrid", config: { overhead_bp: 1500 } })).body.data).toMatchObject({
      is_default: true,
      config: { overhead_bp: 1500 },
      cra_id: null,
    });
    expect((await begin(owner, teamId, { model: "tiered_split", config: { owner_bp: 3000 } })).status).toBe(201);
    const history = await world.call("GET", `team-split-configs?team_id=${teamId}`, { as: members[0] });
    expect(history.body.data.map(({ model }: { model: string }) => model)).toEqual(["tiered_split", "hybrid"]);
    expect((await world.call("GET", `team-split-configs/${history.body.data[0].id}`, { as: members[0] })).status).toBe(200);
    expect((await read(members[0], teamId, "?include=split_config")).split_config.model).toBe("tiered_split");
    expect((await world.call("GET", `team-split-configs?team_id=${teamId}`, { as: helper })).body.data).toEqual([]);
    expect((await read(helper, teamId, "?include=split_config")).split_config).toBeNull();
    expect((await events(teamId)).filter((type) => type === "team.split_config_changed")).toHaveLength(2);
  });

  it("may be another for one deal, before its hire", async () => {
    const { owner, teamId, members } = await complete();
    const company = await world.company();
    const admin = await world.member(company);
    const deal = await offer({ company, recruiters: { candidate_recruiter: members[0] } });
    const foreign = await offer({ company, recruiters: { candidate_recruiter: await world.recruiter() } });
    expect((await begin(owner, teamId, { model: "individual_credit", cra_id: foreign.craId })).status).toBe(422);
    expect((await begin(owner, teamId, { model: "individual_credit", cra_id: deal.craId })).body.data).toMatchObject({
      is_default: false,
      cra_id: deal.craId,
    });
    const kept = (await hire(admin, deal)).body.data.id as string;
    expect(await share(kept, "candidate_recruiter", members[0])).toBe("4000.00");
    expect((await begin(owner, teamId, { model: "flat_split", cra_id: deal.craId })).body.reason).toBe("deal_over");
    const next = (await hire(admin, await offer({ company, recruiters: { candidate_recruiter: members[0] } }))).body.data.id as string;
    expect(await share(next, "candidate_recruiter", owner)).toBe("800.00");
    expect((await money(next)).splits).toHaveLength(2);
  });

  it("meets a hire at the same time either before it or not at all", async () => {
    const { owner, teamId, members } = await complete();
    const company = await world.company();
    const admin = await world.member(company);
    for (let round = 0; round < 4; round++) {
      const deal = await offer({ company, recruiters: { candidate_recruiter: members[0] } });
      const [made, ruled] = await Promise.all([
        hire(admin, deal),
        begin(owner, teamId, { model: "individual_credit", cra_id: deal.craId }),
      ]);
      expect(made.status).toBe(200);
      const whole = (await share(made.body.data.id, "candidate_recruiter", members[0])) === "4000.00";
      expect(whole).toBe(ruled.status === 201);
    }
    const [{ total } = { total: 0 }] = await db
      .select({ total: sql<number>`count(*)::int` })
      .from(applications)
      .innerJoin(candidateRoleAssignments, sql`${candidateRoleAssignments.applicationId} = ${applications.id}`)
      .where(
        sql`${applications.companyId} = ${company.id} and (${applications.stage} <> 'hired' or ${candidateRoleAssignments.state} <> 'hired')`,
      );
    expect(total).toBe(0);
  });
});
