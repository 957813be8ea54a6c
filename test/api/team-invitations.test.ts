import { describe, expect, it } from "vitest";
import { sql } from "drizzle-orm";
import { teamInvitations, teamMembers } from "#db/schema/network.ts";
import { notifications } from "#db/schema/notify.ts";
import { outbox } from "#db/schema/ops.ts";
import { marketplace, type Person } from "#test/api.ts";
import { mailedIn } from "./mailed.ts";

const world = await marketplace();
const db = world.db.writer;
const { links, rowOf, tokenOf } = mailedIn(world, teamInvitations);
const DAY = 86_400;

async function team() {
  const owner = await world.recruiter("Owner");
  const { body } = await world.call("POST", "teams", { as: owner, body: { name: "Alpha" } });
  return { owner, teamId: body.data.id as string };
}
const invite = (as: Person, teamId: string, email: string, role = "member") =>
  world.call("POST", "team-invitations", { as, body: { team_id: teamId, email, role } });
const read = (id: string, token: string) => world.call("GET", `team-invitations/${id}/preview?token=${token}`);
const accept = (as: Person, id: string, token: string) => world.call("POST", `team-invitations/${id}/accept`, { as, body: { token } });
const resend = (as: Person, id: string) => world.call("POST", `team-invitations/${id}/resend`, { as, body: {} });
const revoke = (as: Person, id: string) => world.call("DELETE", `team-invitations/${id}`, { as });

describe("an invitation into a team by mail", () => {
  it("mails a token to the address alone, and makes whoever holds both a member", async () => {
    const { owner, teamId } = await team();
    const invited = await world.recruiter("Mia");
    const sent = await invite(owner, teamId, invited.email);
    expect(sent.status).toBe(201);
    const { id } = sent.body.data;
    expect(sent.body.data).toMatchObject({ status: "pending", role: "member", email: invited.email, version: 1 });
    expect(Date.parse(sent.body.data.expires_at) - Date.parse(sent.body.data.issued_at)).toBe(7 * DAY * 1000);
    const token = await tokenOf(id);
    expect((await rowOf(id))?.tokenHash).toBe(await links.hash(token));
    const told = await db
      .select()
      .from(outbox)
      .where(sql`${outbox.subjectId} = ${id}`);
    expect(told.map(({ eventType, payload }) => [eventType, payload])).toEqual([
      ["team.invitation_sent", { invitation_id: id, team_id: teamId }],
    ]);
    expect(JSON.stringify([sent.body, told])).not.toContain(token);

    await world.drain();
    const [mail] = await db
      .select()
      .from(notifications)
      .where(sql`${notifications.template} = 'team.invitation_sent' and ${notifications.channel} = 'email'`);
    expect(mail).toMatchObject({ recipientEmail: invited.email, subject: "You are invited to the team Alpha", status: "pending" });
    expect(JSON.stringify(mail)).not.toContain(token);

    expect((await read(id, token)).body.data).toEqual({
      team_name: "Alpha",
      role: "member",
      status: "pending",
      expires_at: sent.body.data.expires_at,
    });
    const joined = await accept(invited, id, token);
    expect(joined.status).toBe(200);
    expect(joined.body.data).toMatchObject({ team_id: teamId, recruiter_id: invited.recruiterId, role: "member", status: "active" });
    expect((await world.call("GET", `team-invitations/${id}`, { as: owner })).body.data).toMatchObject({
      status: "accepted",
      accepted_by_recruiter_id: invited.recruiterId,
    });
    expect((await read(id, token)).status).toBe(409);
    expect((await accept(invited, id, token)).status).toBe(409);
    expect((await resend(owner, id)).body.code).toBe("invalid_transition");
    expect((await revoke(owner, id)).body.code).toBe("invalid_transition");
  });

  it("activates the team with its third earning member, once, also when two join at the same time", async () => {
    const { owner, teamId } = await team();
    const people = [await world.recruiter(), await world.recruiter()];
    const sent = await Promise.all(people.map(async ({ email }) => (await invite(owner, teamId, email)).body.data.id as string));
    const tokens = await Promise.all(sent.map(tokenOf));
    const answers = await Promise.all(people.map((person, index) => accept(person, sent[index] ?? "", tokens[index] ?? "")));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await world.call("GET", `teams/${teamId}`, { as: owner })).body.data).toMatchObject({ status: "active", earning_members: 3 });
    const told = await db
      .select()
      .from(outbox)
      .where(sql`${outbox.subjectId} = ${teamId}`);
    expect(told.filter(({ eventType }) => eventType === "team.activated")).toHaveLength(1);
    expect(told.filter(({ eventType }) => eventType === "team.member_joined")).toHaveLength(2);
  });

  it("is answered by the invited person alone, who is an active recruiter", async () => {
    const { owner, teamId } = await team();
    const nobody = await world.person();
    const { id } = (await invite(owner, teamId, nobody.email)).body.data;
    const token = await tokenOf(id);
    expect((await accept(await world.recruiter(), id, token)).status).toBe(403);
    expect((await accept(nobody, id, token)).status).toBe(403);
    expect((await world.call("POST", `team-invitations/${id}/accept`, { body: { token } })).status).toBe(401);
    const pending = await world.recruiter("Pending", "pending");
    const waiting = (await invite(owner, teamId, pending.email)).body.data.id;
    expect((await accept(pending, waiting, await tokenOf(waiting))).body.code).toBe("recruiter_not_active");
    expect((await rowOf(waiting))?.status).toBe("pending");

    const other = await team();
    const busy = (await invite(owner, teamId, other.owner.email)).body.data.id;
    expect((await accept(other.owner, busy, await tokenOf(busy))).body.reason).toBe("earning_team_exists");
    expect((await rowOf(busy))?.status).toBe("pending");

    const declined = await world.call("POST", `team-invitations/${id}/decline`, { as: nobody, body: { token } });
    expect(declined.body.data.status).toBe("revoked");
    expect((await read(id, token)).status).toBe(410);
  });

  it("lasts seven days; sent again it has a new token, and the old one is dead", async () => {
    const { owner, teamId } = await team();
    const invited = await world.recruiter();
    const { id } = (await invite(owner, teamId, invited.email)).body.data;
    const old = await tokenOf(id);
    expect((await invite(owner, teamId, invited.email.toUpperCase())).body.reason).toBe("invitation_pending");
    await world.database.setClock(7 * DAY);
    expect((await read(id, old)).status).toBe(410);
    expect((await accept(invited, id, old)).status).toBe(410);
    await world.cron("* * * * *");
    expect((await rowOf(id))?.status).toBe("expired");
    const again = await resend(owner, id);
    expect(again.body.data).toMatchObject({ status: "pending", version: 3 });
    const fresh = await tokenOf(id);
    expect((await read(id, old)).status).toBe(404);
    expect((await read(id, fresh)).status).toBe(200);
    expect((await revoke(owner, id)).body.data).toEqual({ id, deleted: true });
    expect((await read(id, fresh)).status).toBe(410);
    expect((await accept(invited, id, fresh)).status).toBe(410);
    expect((await invite(owner, teamId, invited.email)).status).toBe(201);
    await world.database.setClock(0);
  });

  it("is sent and seen by the team's owner and admins", async () => {
    const { owner, teamId } = await team();
    const [manager, member] = [await world.recruiter(), await world.recruiter()];
    for (const [person, role] of [
      [manager, "admin"],
      [member, "member"],
    ] as const) {
      const { id } = (await invite(owner, teamId, person.email, role)).body.data;
      expect((await accept(person, id, await tokenOf(id))).status).toBe(200);
    }
    const { id } = (await invite(manager, teamId, "somebody@people.test", "collaborator")).body.data;
    const listed = async (as: Person) => (await world.call("GET", `team-invitations?team_id=${teamId}&status=pending`, { as })).body.data;
    expect((await listed(manager)).map((row: { id: string }) => row.id)).toEqual([id]);
    expect(await listed(member)).toEqual([]);
    const ofRole = async (role: string) =>
      (await world.call("GET", `team-invitations?team_id=${teamId}&role=${role}`, { as: owner })).body.data;
    expect([await ofRole("collaborator"), await ofRole("member")]).toMatchObject([[{ id }], [{ role: "member" }]]);
    expect((await world.call("GET", `team-invitations/${id}`, { as: member })).status).toBe(404);
    expect((await invite(member, teamId, "x@people.test")).status).toBe(403);
    expect((await invite(await world.recruiter(), teamId, "x@people.test")).status).toBe(404);
    expect((await invite(owner, teamId, "no address")).status).toBe(422);
    expect((await invite(owner, teamId, "x@people.test", "owner")).status).toBe(422);
    expect((await world.call("GET", "team-invitations", { as: await world.candidate() })).status).toBe(403);
    expect((await revoke(member, id)).status).toBe(404);
    expect(
      await db
        .select()
        .from(teamMembers)
        .where(sql`${teamMembers.teamId} = ${teamId}`),
    ).toHaveLength(3);
  });

  it("is unknown to who guesses", async () => {
    const { owner, teamId } = await team();
    const invited = await world.recruiter();
    const { id } = (await invite(owner, teamId, invited.email)).body.data;
    expect((await read(id, "nobody-knows-this")).status).toBe(404);
    expect((await accept(invited, id, "nobody-knows-this")).status).toBe(404);
    expect((await read(crypto.randomUUID(), await tokenOf(id))).status).toBe(404);
  });
});
