import { sql } from "drizzle-orm";
import { auditEvents } from "#db/schema/audit.ts";
import { recruiterCandidates, recruiterCompanies, recruiters, teamMembers, teams } from "#db/schema/network.ts";
import { outbox } from "#db/schema/ops.ts";
import { DEFAULT_PERMISSIONS } from "#domain/relationships/connection.ts";
import { marketplace, type Person } from "#test/api.ts";
import { expect, it } from "vitest";

const world = await marketplace();
const platformAdmin = await world.platformAdmin();

const PRIVATE = ["phone", "user_id", "email", "stripe_connect_account_id", "auto_routing_opt_out"];

async function listed(name = "Listed") {
  const recruiter = await world.recruiter(name);
  await world.db.writer
    .update(recruiters)
    .set({ marketplaceEnabled: true, marketplaceVisibility: "public", phone: "+1 555 0199", industries: ["Tech"], location: "Zürich" })
    .where(sql`id = ${recruiter.recruiterId}`);
  return recruiter;
}

const statusOf = (id: string, as: Person, body: unknown) => world.call("PATCH", `recruiters/${id}`, { as, body });

it("scenario 3: a new recruiter waits for a platform admin, who approves with a reason", async () => {
  const person = await world.person("Newcomer");
  expect((await world.call("GET", "recruiters/me", { as: person })).status).toBe(404);
  const made = await world.call("POST", "recruiters", { as: person, body: { bio: "I place engineers", specialties: ["rust"] } });
  expect(made.status).toBe(201);
  expect(made.body.data).toMatchObject({ name: "Newcomer", status: "pending", email: person.email, specialties: ["rust"] });
  const { id } = made.body.data;
  expect((await world.call("POST", "recruiters", { as: person, body: {} })).status).toBe(409);
  const blocked = await world.call("GET", "jobs", { as: person });
  expect([blocked.status, blocked.body.code]).toEqual([403, "recruiter_not_active"]);

  expect((await statusOf(id, person, { status: "active", reason: "please" })).status).toBe(403);
  expect((await statusOf(id, platformAdmin, { status: "active" })).status).toBe(422);
  const active = await statusOf(id, platformAdmin, { status: "active", reason: "checked references" });
  expect(active.body.data.status).toBe("active");
  expect((await world.call("GET", "jobs", { as: person })).status).toBe(200);
  expect(
    await world.db.writer
      .select()
      .from(auditEvents)
      .where(sql`subject_id = ${id} and action = 'recruiter.status_changed'`),
  ).toMatchObject([{ reason: "override: checked references", changes: { status: { from: "pending", to: "active" } } }]);
  const events = await world.db.writer
    .select()
    .from(outbox)
    .where(sql`subject_id = ${id}`)
    .orderBy(outbox.id);
  expect(events.map(({ eventType }) => eventType)).toEqual(["recruiter.created", "recruiter.status_changed"]);
  expect(events[1]?.payload).toEqual({ recruiter_id: id, old_status: "pending", new_status: "active" });

  const wrong = await statusOf(id, platformAdmin, { status: "pending", reason: "back" });
  expect([wrong.status, wrong.body.code, wrong.body.allowed]).toEqual([409, "invalid_transition", ["suspended", "inactive"]]);
});

it("lets recruiters close their account, ask again, and nothing else of their status", async () => {
  const recruiter = await world.recruiter();
  expect((await world.call("PATCH", "recruiters/me", { as: recruiter, body: { status: "suspended" } })).status).toBe(403);
  expect((await world.call("PATCH", "recruiters/me", { as: recruiter, body: { status: "inactive" } })).body.data.status).toBe("inactive");
  expect((await world.call("PATCH", "recruiters/me", { as: recruiter, body: { status: "active" } })).status).toBe(403);
  expect((await world.call("PATCH", "recruiters/me", { as: recruiter, body: { status: "pending" } })).body.data.status).toBe("pending");
});

it("lists the marketplace to the public by public profiles", async () => {
  const [shown, hidden, suspended] = [await listed("Ada Åberg"), await world.recruiter("Hidden"), await listed("Suspended")];
  await world.db.writer
    .update(recruiters)
    .set({ status: "suspended" })
    .where(sql`id = ${suspended.recruiterId}`);
  const list = await world.call("GET", "recruiters?search=ada%20ab&industry=tech&location=zurich");
  expect(list.status).toBe(200);
  expect(list.body.data.map(({ id }: { id: string }) => id)).toEqual([shown.recruiterId]);
  for (const field of PRIVATE) expect(list.body.data[0]).not.toHaveProperty(field);
  for (const as of [undefined, await world.recruiter(), await world.candidate(), await world.member(await world.company())]) {
    const options = as ? { as } : {};
    const row = await world.call("GET", `recruiters/${shown.recruiterId}`, options);
    expect(row.status).toBe(200);
    for (const field of PRIVATE) expect(row.body.data).not.toHaveProperty(field);
    expect((await world.call("GET", `recruiters/${hidden.recruiterId}`, options)).status).toBe(404);
    expect((await world.call("GET", `recruiters/${suspended.recruiterId}`, options)).status).toBe(404);
  }
  expect((await world.call("GET", "recruiters?status=suspended")).body.data).toEqual([]);
});

it("shows recruiters to their candidates with their address, and to the companies they work with", async () => {
  const recruiter = await world.recruiter();
  const candidate = await world.candidate();
  const acme = await world.company();
  const [owner, other] = [await world.member(acme), await world.member(await world.company())];
  await world.db.writer.insert(recruiterCandidates).values({ recruiterId: recruiter.recruiterId, candidateId: candidate.candidateId });
  await world.db.writer
    .insert(recruiterCompanies)
    .values({ recruiterId: recruiter.recruiterId, companyId: acme.id, status: "active", permissions: DEFAULT_PERMISSIONS });
  expect((await world.call("GET", `recruiters/${recruiter.recruiterId}`, { as: candidate })).body.data.email).toBe(recruiter.email);
  const seen = await world.call("GET", `recruiters/${recruiter.recruiterId}`, { as: owner });
  expect(seen.status).toBe(200);
  for (const field of PRIVATE) expect(seen.body.data).not.toHaveProperty(field);
  expect((await world.call("GET", `recruiters/${recruiter.recruiterId}`, { as: other })).status).toBe(404);
});

it("gives includes to whom they are for", async () => {
  const [mine, mate] = [await world.recruiter(), await world.recruiter()];
  const [team] = await world.db.writer.insert(teams).values({ name: "Team", ownerUserId: mine.userId, status: "active" }).returning();
  await world.db.writer.insert(teamMembers).values(
    [mine, mate].map(({ recruiterId }, index) => ({
      teamId: team?.id ?? "",
      recruiterId,
      teamRole: index === 0 ? ("owner" as const) : ("member" as const),
      status: "active" as const,
      joinedAt: new Date(),
    })),
  );
  const own = await world.call("GET", "recruiters/me?include=user,team", { as: mine });
  expect(own.body.data).toMatchObject({ user: { id: mine.userId, email: mine.email }, team: { id: team?.id, team_role: "owner" } });
  const other = await world.call("GET", `recruiters/${mate.recruiterId}?include=user,team`, { as: mine });
  expect(other.body.data).toMatchObject({ user: null, team: { id: team?.id } });
  expect((await world.call("GET", "recruiters/me?include=reputation", { as: mine })).status).toBe(403);
  expect(
    (await world.call("GET", `recruiters/${mine.recruiterId}?include=reputation`, { as: platformAdmin })).body.data.reputation,
  ).toBeNull();
  expect((await world.call("GET", "recruiters?include=user")).status).toBe(403);
});

it("lets only the recruiter and platform admins change a profile", async () => {
  const [recruiter, public_] = [await world.recruiter(), await listed()];
  const changed = await world.call("PATCH", "recruiters/me", {
    as: recruiter,
    body: { tagline: "Fast", slug: "fast-one", years_experience: 5 },
  });
  expect(changed.body.data).toMatchObject({ tagline: "Fast", slug: "fast-one", years_experience: 5, version: 2 });
  const taken = await world.call("PATCH", `recruiters/${public_.recruiterId}`, { as: public_, body: { slug: "fast-one" } });
  expect([taken.status, taken.body.reason]).toEqual([409, "slug_taken"]);
  expect((await world.call("PATCH", `recruiters/${public_.recruiterId}`, { as: recruiter, body: { bio: "x" } })).status).toBe(403);
  expect((await world.call("PATCH", `recruiters/${recruiter.recruiterId}`, { as: public_, body: { bio: "x" } })).status).toBe(404);
  expect((await world.call("PATCH", "recruiters/me", { as: recruiter, body: { stripe_connect_account_id: "acct_1" } })).status).toBe(422);
  expect((await world.call("PATCH", "recruiters/me", { as: recruiter, body: { bio: "x" }, headers: { "if-match": '"1"' } })).status).toBe(
    412,
  );
  expect((await world.call("DELETE", `recruiters/${recruiter.recruiterId}`, { as: platformAdmin })).status).toBe(405);
});
