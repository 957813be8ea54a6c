import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { placementPayoutTransactions } from "#db/schema/billing.ts";
import { recruiters, teamMembers, teams, teamSplitConfigs } from "#db/schema/network.ts";
import { marketplace } from "#test/api.ts";
import { daysAgo, hires } from "./hires.ts";

const world = await marketplace();
const { subscribe, offer, hire } = hires(world);
const db = world.db.writer;

/** A hire whose Closer shares with a team: an owner, an admin, the Closer and a collaborator. */
async function teamHire() {
  const company = await world.company();
  const admin = await world.member(company);
  const [owner, second, closer, collaborator] = [
    await world.recruiter("Owner"),
    await world.recruiter("Admin"),
    await world.recruiter("Closer"),
    await world.recruiter("Collaborator"),
  ];
  await subscribe(closer, "paid");
  const [team] = await db.insert(teams).values({ name: "Team", ownerUserId: owner.userId, status: "active" }).returning({ id: teams.id });
  const teamId = team?.id ?? "";
  const parts = [
    [owner, "owner"],
    [second, "admin"],
    [closer, "member"],
    [collaborator, "collaborator"],
  ] as const;
  await db
    .insert(teamMembers)
    .values(
      parts.map(([{ recruiterId }, teamRole]) => ({ teamId, recruiterId, teamRole, status: "active" as const, joinedAt: daysAgo(9) })),
    );
  await db.insert(teamSplitConfigs).values({
    teamId,
    model: "hybrid",
    config: { overhead_bp: 2000 },
    isDefault: true,
    effectiveFrom: daysAgo(5),
    createdByUserId: owner.userId,
  });
  const deal = await offer({ company, recruiters: { candidate_recruiter: closer, company_recruiter: collaborator } });
  const answer = await hire(admin, deal);
  return { company, admin, owner, second, closer, collaborator, teamId, deal, id: answer.body.data.id as string };
}

type Row = Record<string, unknown> & { id: string };

const list = async (path: string, as: { token: string }) => (await world.call("GET", path, { as })).body.data as Row[];
const amounts = (rows: Row[], name: string) => rows.map((row) => String(row[name])).toSorted();

it("shows each payee their own rows, the team's owner and admin also the team's, the platform all", async () => {
  const { owner, second, closer, collaborator, id, teamId } = await teamHire();
  const query = `?placement_id=${id}`;
  for (const [resource, name] of [
    ["placement-splits", "split_amount"],
    ["payout-transactions", "amount"],
    ["payouts", "amount"],
  ] as const) {
    expect(amounts(await list(resource + query, closer), name)).toEqual(["4800.00"]);
    expect(amounts(await list(resource + query, owner), name)).toEqual(["1200.00", "4800.00"]);
    expect(amounts(await list(resource + query, second), name)).toEqual(["1200.00", "4800.00"]);
    expect(amounts(await list(resource + query, collaborator), name)).toEqual(["2000.00"]);
    expect(amounts(await list(resource + query, await world.platformAdmin()), name)).toEqual(["1200.00", "2000.00", "4800.00"]);
    expect(await list(resource + query, await world.recruiter())).toEqual([]);
  }
  expect(await list(`placement-splits?team_id=${teamId}&role=candidate_recruiter`, owner)).toHaveLength(2);
  // the owner has no role in the deal: the placement is not theirs, its team roles are
  expect((await world.call("GET", `placements/${id}`, { as: owner })).status).toBe(404);
  const snapshots = await list(`placement-snapshots${query}`, owner);
  expect(snapshots).toMatchObject([
    { placement_id: id, roles: [{ role: "candidate_recruiter", recruiter_id: closer.recruiterId, team_id: teamId }] },
  ]);
  expect(snapshots[0]).not.toHaveProperty("total_placement_fee");
});

it("scenario 54: is closed to companies, hiring managers and candidates", async () => {
  const { company, admin, id, closer } = await teamHire();
  const [row] = await list(`placement-splits?placement_id=${id}`, closer);
  const [transaction] = await list(`payouts?placement_id=${id}`, closer);
  const outsiders = [admin, await world.member(company, "hiring_manager"), await world.candidate()];
  for (const person of outsiders) {
    for (const resource of ["placement-splits", "payout-transactions", "payouts"]) {
      expect((await world.call("GET", resource, { as: person })).status, resource).toBe(403);
    }
    expect((await world.call("GET", `placement-splits/${row?.id}`, { as: person })).status).toBe(404);
    expect((await world.call("GET", `payouts/${transaction?.id}`, { as: person })).status).toBe(404);
  }
  const [manager, candidate] = [outsiders[1], outsiders[2]];
  for (const person of [manager, candidate])
    expect((await world.call("GET", "placement-snapshots", { as: person as never })).status).toBe(403);
  const totals = await list("placement-snapshots", admin);
  expect(totals).toEqual([
    { id, placement_id: id, created_at: expect.any(String), total_placement_fee: "20000.00", total_placement_fee_cents: 2_000_000 },
  ]);
  expect((await world.call("GET", `placement-snapshots/${id}`, { as: admin })).status).toBe(200);
  expect((await world.call("GET", `placement-snapshots/${id}`, { as: await world.recruiter() })).status).toBe(404);
});

it("tells a row with its split, placement and transaction, and never the fee", async () => {
  const { closer, id } = await teamHire();
  const [transaction] = await list(`payouts?placement_id=${id}&include=split,placement`, closer);
  expect(transaction).toMatchObject({
    role: "candidate_recruiter",
    status: "pending",
    amount: "4800.00",
    amount_cents: 480_000,
    net_amount: "4800.00",
    hold_reason: null,
    split: { split_percentage: "30.00", kind: "team_member" },
    placement: { id, state: "hired", company_name: "Acme" },
  });
  expect(transaction?.["placement"]).not.toHaveProperty("placement_fee");
  const one = await world.call("GET", `placement-splits/${String(transaction?.["placement_split_id"])}?include=transaction,placement`, {
    as: closer,
  });
  expect(one.body.data.transaction).toMatchObject({ id: transaction?.id, status: "pending" });
});

it("filters by status and month", async () => {
  const { closer, id } = await teamHire();
  const month = new Date().toISOString().slice(0, 7);
  expect(await list(`payouts?status=pending&period=${month}`, closer)).toHaveLength(1);
  expect(await list("payouts?status=completed", closer)).toEqual([]);
  expect(await list("payouts?period=2024-02", closer)).toEqual([]);
  expect((await world.call("GET", "payouts?period=february", { as: closer })).status).toBe(400);
  expect(await list("payouts?sort_by=updated_at", closer)).toHaveLength(1);
  expect(await list("placement-splits?sort_by=updated_at&sort_order=asc", closer)).toHaveLength(1);
  expect(await list(`placement-snapshots?sort_by=updated_at&placement_id=${id}`, closer)).toHaveLength(1);
});

it("shows why a row waits", async () => {
  const company = await world.company();
  const admin = await world.member(company);
  const closer = await world.recruiter();
  const deal = await offer({ company, recruiters: { candidate_recruiter: closer } });
  await db
    .update(recruiters)
    .set({ status: "inactive" })
    .where(sql`${recruiters.id} = ${closer.recruiterId}`);
  await hire(admin, deal);
  expect(await list("payouts", closer)).toMatchObject([{ status: "on_hold", hold_reason: "inactive_at_hire" }]);
});

it("is only ever read: no path makes or changes a split or a payout", async () => {
  const { id } = await teamHire();
  const operator = await world.platformAdmin();
  const [transaction] = await db
    .select()
    .from(placementPayoutTransactions)
    .where(sql`${placementPayoutTransactions.placementId} = ${id}`);
  for (const [method, path] of [
    ["POST", "placement-splits"],
    ["PATCH", `payouts/${transaction?.id}`],
    ["DELETE", `payout-transactions/${transaction?.id}`],
    ["POST", "placement-snapshots"],
  ] as const) {
    expect((await world.call(method, path, { as: operator, body: {} })).status, `${method} ${path}`).toBe(405);
  }
});
