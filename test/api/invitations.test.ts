import { describe, expect, it } from "vitest";
import { sql } from "drizzle-orm";
import { auditEvents } from "#db/schema/audit.ts";
import { companies } from "#db/schema/ats.ts";
import { invitations } from "#db/schema/identity.ts";
import { notifications } from "#db/schema/notify.ts";
import { outbox } from "#db/schema/ops.ts";
import { sendMails } from "#services/notifications/send-mails.ts";
import type { Mail, MailSender } from "#services/ports.ts";
import { systemContext } from "#workers/system.ts";
import { marketplace, type Person } from "#test/api.ts";
import { mailedIn } from "./mailed.ts";

const world = await marketplace();
const db = world.db.writer;
const { links, rowOf, tokenOf } = mailedIn(world, invitations);
const DAY = 86_400;

async function tenant() {
  const company = await world.company("Acme");
  return { company, admin: await world.member(company), organization_id: company.organizationId };
}
const invite = (as: Person, organization_id: string, email: string, fields: Record<string, unknown> = {}) =>
  world.call("POST", "invitations", { as, body: { organization_id, email, role: "hiring_manager", ...fields } });
const preview = (id: string, token: string) => world.call("GET", `invitations/${id}/preview?token=${token}`);
const answer = (verb: "accept" | "decline", as: Person, id: string, token: string) =>
  world.call("POST", `invitations/${id}/${verb}`, { as, body: { token } });
const accept = async (as: Person, id: string) => answer("accept", as, id, await tokenOf(id));
const told = async (id: string) =>
  (
    await db
      .select()
      .from(outbox)
      .where(sql`${outbox.subjectId} = ${id}`)
      .orderBy(outbox.occurredAt, outbox.id)
  ).map(({ eventType, payload }) => [eventType, payload]);
const traced = async (id: string) =>
  (
    await db
      .select()
      .from(auditEvents)
      .where(sql`${auditEvents.subjectId} = ${id}`)
      .orderBy(auditEvents.at, auditEvents.id)
  ).map(({ action }) => action);

describe("an invitation into an organization", () => {
  it("mails a token to the address alone; whoever holds both takes their part, once", async () => {
    const { company, admin, organization_id } = await tenant();
    const ann = await world.person("Ann");
    const sent = await invite(admin, organization_id, ann.email, { company_id: company.id });
    expect(sent.status).toBe(201);
    const { id } = sent.body.data;
    expect(sent.body.data).toMatchObject({
      organization_id,
      company_id: company.id,
      email: ann.email,
      role: "hiring_manager",
      status: "pending",
      invited_by: admin.userId,
      accepted_at: null,
      version: 1,
    });
    expect(Date.parse(sent.body.data.expires_at) - Date.parse(sent.body.data.issued_at)).toBe(7 * DAY * 1000);
    const token = await tokenOf(id);
    expect((await rowOf(id))?.tokenHash).toBe(await links.hash(token));
    const facts = { invitation_id: id, organization_id, company_id: company.id, role: "hiring_manager" };
    expect(await told(id)).toEqual([["invitation.created", { ...facts, resend: false }]]);
    expect(JSON.stringify([sent.body, await told(id)])).not.toContain(token);

    await world.drain();
    const mails = await db
      .select()
      .from(notifications)
      .where(sql`${notifications.template} = 'invitation.created' and ${notifications.recipientEmail} = ${ann.email}`);
    expect(mails).toMatchObject([{ channel: "email", subject: "You are invited to Acme", status: "pending" }]);
    expect(JSON.stringify(mails)).not.toContain(token);

    expect((await preview(id, token)).body.data).toEqual({
      organization_name: (await world.call("GET", `organizations/${organization_id}`, { as: admin })).body.data.name,
      company_name: "Acme",
      role: "hiring_manager",
      status: "pending",
      expires_at: sent.body.data.expires_at,
    });
    const joined = await accept(ann, id);
    expect([joined.status, joined.body.data]).toMatchObject([
      200,
      { user_id: ann.userId, role_name: "hiring_manager", organization_id, company_id: company.id, version: 1 },
    ]);
    expect((await world.call("GET", "users/me", { as: ann })).body.data.roles).toEqual(["hiring_manager"]);
    const after = (await world.call("GET", `invitations/${id}`, { as: admin })).body.data;
    expect([after.status, after.version, after.accepted_at === null]).toEqual(["accepted", 2, false]);
    expect((await told(id)).at(-1)).toEqual(["invitation.accepted", facts]);
    expect(await traced(id)).toEqual(["invitation.sent", "invitation.accepted"]);
    expect((await preview(id, token)).status).toBe(409);
    expect((await accept(ann, id)).body.code).toBe("invalid_transition");
    expect((await world.call("POST", `invitations/${id}/resend`, { as: admin, body: {} })).body.code).toBe("invalid_transition");
    expect((await world.call("DELETE", `invitations/${id}`, { as: admin })).body.code).toBe("invalid_transition");
  });

  it("comes with a link that shows it; a mail that waited until the invitation was over is not sent", async () => {
    const { admin, organization_id } = await tenant();
    const [email, other] = [1, 2].map(() => `new-${crypto.randomUUID()}@people.test`) as [string, string];
    const { id } = (await invite(admin, organization_id, email)).body.data;
    const takenBack = (await invite(admin, organization_id, other)).body.data.id;
    await world.drain();
    expect((await world.call("DELETE", `invitations/${takenBack}`, { as: admin })).status).toBe(200);
    const waiting = await db
      .select({ id: notifications.id })
      .from(notifications)
      .where(sql`${notifications.recipientEmail} in (${email}, ${other})`);
    const mails: Mail[] = [];
    const sender: MailSender = {
      async send(mail) {
        mails.push(mail);
        return { sent: true, id: "1" };
      },
    };
    const ctx = systemContext(world.env, { waitUntil: () => undefined }, "mail");
    const ids = waiting.map((row) => row.id);
    expect([ids.length, await sendMails(ctx, sender, { console: "https://app.test", portal: "https://portal.test" }, ids)]).toEqual([
      2,
      true,
    ]);
    const link = `https://app.test/console/invitations/${id}?token=${await tokenOf(id)}`;
    expect(mails).toMatchObject([{ to: email, text: expect.stringContaining(link), html: expect.stringContaining(link) }]);
  });

  it("waits for a person who has no account yet", async () => {
    const { admin, organization_id } = await tenant();
    const email = `new-${crypto.randomUUID()}@people.test`;
    const { id } = (await invite(admin, organization_id, email, { role: "company_admin" })).body.data;
    const joined = await world.call("POST", `invitations/${id}/accept`, {
      as: { token: await world.token(`user_${crypto.randomUUID()}`, { email, email_verified: true }) },
      body: { token: await tokenOf(id) },
    });
    expect([joined.status, joined.body.data.role_name]).toEqual([200, "company_admin"]);
  });

  it("is accepted by one of two at once", async () => {
    const { admin, organization_id } = await tenant();
    const ann = await world.person();
    const { id } = (await invite(admin, organization_id, ann.email)).body.data;
    const answers = await Promise.all([accept(ann, id), accept(ann, id)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect((await told(id)).map(([type]) => type)).toEqual(["invitation.created", "invitation.accepted"]);
  });

  it("is answered by the invited person alone", async () => {
    const { admin, organization_id } = await tenant();
    const ann = await world.person();
    const { id } = (await invite(admin, organization_id, ann.email.toUpperCase())).body.data;
    const token = await tokenOf(id);
    for (const verb of ["accept", "decline"] as const) {
      expect((await answer(verb, await world.person(), id, token)).status).toBe(403);
      expect((await world.call("POST", `invitations/${id}/${verb}`, { body: { token } })).status).toBe(401);
      expect((await answer(verb, ann, id, "guessed")).status).toBe(404);
      expect((await world.call("POST", `invitations/${id}/${verb}`, { as: ann, body: {} })).status).toBe(422);
    }
    expect((await preview(id, "guessed")).status).toBe(404);
    expect((await world.call("GET", `invitations/${id}/preview`)).status).toBe(400);
    expect((await world.call("GET", `invitations/nobody/preview?token=${token}`)).status).toBe(400);

    expect((await answer("decline", ann, id, token)).body.data.status).toBe("revoked");
    expect((await accept(ann, id)).status).toBe(410);
    expect((await told(id)).at(-1)).toMatchObject(["invitation.revoked", { declined: true }]);
    expect(await traced(id)).toEqual(["invitation.sent", "invitation.declined"]);
    expect((await world.call("GET", "users/me", { as: ann })).body.data.roles).toEqual([]);
  });

  it("lasts seven days; sent again it has a new token, and the old one is dead", async () => {
    const { admin, organization_id } = await tenant();
    const ann = await world.person();
    const { id } = (await invite(admin, organization_id, ann.email)).body.data;
    const old = await tokenOf(id);
    await world.database.setClock(7 * DAY);
    expect((await preview(id, old)).status).toBe(410);
    expect((await accept(ann, id)).status).toBe(410);
    await world.cron("* * * * *");
    expect((await world.call("GET", `invitations?status=expired`, { as: admin })).body.data).toMatchObject([{ id, version: 2 }]);
    expect((await told(id)).at(-1)?.[0]).toBe("invitation.expired");
    expect(await traced(id)).toEqual(["invitation.sent", "invitation.expired"]);

    const again = await world.call("POST", `invitations/${id}/resend`, { as: admin, body: { version: 2 } });
    expect(again.body.data).toMatchObject({ status: "pending", version: 3 });
    expect((await told(id)).at(-1)).toMatchObject(["invitation.created", { resend: true }]);
    expect((await world.call("POST", `invitations/${id}/resend`, { as: admin, body: { version: 2 } })).status).toBe(412);
    const fresh = await tokenOf(id);
    expect([(await preview(id, old)).status, (await preview(id, fresh)).status]).toEqual([404, 200]);

    expect((await world.call("DELETE", `invitations/${id}`, { as: admin })).body.data).toEqual({ id, deleted: true });
    expect((await told(id)).at(-1)).toMatchObject(["invitation.revoked", { declined: false }]);
    expect((await preview(id, fresh)).status).toBe(410);
    expect((await accept(ann, id)).status).toBe(410);
    expect((await world.call("DELETE", `invitations/${id}`, { as: admin })).status).toBe(409);
    await world.database.setClock(0);
  });

  it("is one an address and place, until it has found its end", async () => {
    const { company, admin, organization_id } = await tenant();
    const ann = await world.person();
    const first = await invite(admin, organization_id, ann.email);
    const second = await invite(admin, organization_id, ann.email.toUpperCase(), { role: "company_admin" });
    expect([second.status, second.body.reason]).toEqual([409, "invitation_pending"]);
    expect((await invite(admin, organization_id, ann.email, { company_id: company.id })).status).toBe(201);

    await world.database.setClock(8 * DAY);
    const third = await invite(admin, organization_id, ann.email);
    expect(third.status).toBe(201);
    expect((await rowOf(first.body.data.id))?.status).toBe("expired");
    expect((await told(first.body.data.id)).at(-1)?.[0]).toBe("invitation.expired");
    // that one has its successor
    const late = await world.call("POST", `invitations/${first.body.data.id}/resend`, { as: admin, body: {} });
    expect([late.status, late.body.reason]).toEqual([409, "invitation_pending"]);
    expect((await accept(ann, third.body.data.id)).status).toBe(200);
    const member = await invite(admin, organization_id, ann.email);
    expect([member.status, member.body.reason]).toEqual([409, "member_exists"]);
    await world.database.setClock(0);

    const bob = `bob-${crypto.randomUUID()}@people.test`;
    const race = await Promise.all([1, 2, 3].map(() => invite(admin, organization_id, bob)));
    expect(race.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
  });

  it("gives nobody the same part twice", async () => {
    const { company, admin, organization_id } = await tenant();
    const ann = await world.member(company, "hiring_manager");
    const { id } = (await invite(admin, organization_id, ann.email, { role: "company_admin" })).body.data;
    const mine = (await world.call("GET", `memberships?user_id=${ann.userId}`, { as: admin })).body.data[0];
    await world.call("PATCH", `memberships/${mine.id}`, { as: admin, body: { role_name: "company_admin" } });
    const accepted = await accept(ann, id);
    expect([accepted.status, accepted.body.reason]).toEqual([409, "member_exists"]);
    expect((await rowOf(id))?.status).toBe("pending");
  });

  it("leads nowhere once its company is no more", async () => {
    const { company, admin, organization_id } = await tenant();
    const ann = await world.person();
    const { id } = (await invite(admin, organization_id, ann.email, { company_id: company.id })).body.data;
    await db
      .update(companies)
      .set({ deletedAt: new Date() })
      .where(sql`${companies.id} = ${company.id}`);
    expect((await preview(id, await tokenOf(id))).status).toBe(410);
    expect((await accept(ann, id)).status).toBe(410);
  });

  it("is sent and seen by the admins of the whole organization", async () => {
    const { company, admin, organization_id } = await tenant();
    const [scoped, manager] = [await world.member(company, "company_admin", true), await world.member(company, "hiring_manager")];
    const [stranger, other] = [await world.recruiter(), (await tenant()).admin];
    const email = `one-${crypto.randomUUID()}@people.test`;
    const { id } = (await invite(admin, organization_id, email)).body.data;
    const list = (as: Person, query = "") => world.call("GET", `invitations${query}`, { as });
    for (const query of ["", `?organization_id=${organization_id}`, "?status=pending", `?email=${email.toUpperCase()}`])
      expect((await list(admin, query)).body.data).toMatchObject([{ id, status: "pending" }]);
    for (const query of ["?status=accepted", "?email=two@people.test"]) expect((await list(admin, query)).body.data).toEqual([]);
    for (const as of [scoped, other]) expect((await list(as)).body.data).toEqual([]);
    for (const as of [manager, stranger]) expect((await list(as)).status).toBe(403);
    for (const as of [scoped, manager, stranger, other]) {
      expect((await world.call("GET", `invitations/${id}`, { as })).status).toBe(404);
      expect((await world.call("DELETE", `invitations/${id}`, { as })).status).toBe(404);
      expect((await invite(as, organization_id, "x@people.test")).status).toBe(as === scoped || as === manager ? 403 : 404);
    }
    const platform = await world.platformAdmin();
    expect((await invite(platform, organization_id, "x@people.test")).body.errors[0].pointer).toBe("/reason");
    expect((await invite(platform, organization_id, "x@people.test", { reason: "they asked" })).status).toBe(201);
  });

  it.each([
    ["email", { email: "no address" }],
    ["email", { email: "" }],
    ["role", { role: "platform_admin" }],
    ["role", { role: "owner" }],
    ["company_id", { company_id: crypto.randomUUID() }],
    ["company_id", { company_id: "acme" }],
    ["", { token: "mine" }],
    ["", { status: "accepted" }],
  ])("is refused with a wrong %s", async (field, wrong) => {
    const { admin, organization_id } = await tenant();
    const { status, body } = await invite(admin, organization_id, "x@people.test", wrong);
    expect([status, body.code, body.errors[0].pointer]).toEqual([422, "validation_failed", `/${field || Object.keys(wrong)[0]}`]);
  });
});
