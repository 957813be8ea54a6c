import { sql } from "drizzle-orm";
import { users } from "#db/schema/identity.ts";
import { outbox, providerEvents } from "#db/schema/ops.ts";
import { marketplace } from "#test/api.ts";
import { expect, it } from "vitest";

const world = await marketplace();
const { db } = world;
let sent = 0;

/** Signs by WebCrypto: another implementation than the one that verifies. */
async function sign(id: string, timestamp: number, body: string): Promise<string> {
  const secret = (world.env.CLERK_WEBHOOK_SECRETS ?? "").replace("whsec_", "");
  const bytes = Uint8Array.from(atob(secret), (letter) => letter.codePointAt(0) ?? 0);
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const mac = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(`${id}.${timestamp}.${body}`));
  return `v1,${btoa(String.fromCodePoint(...new Uint8Array(mac)))}`;
}

async function deliver(message: unknown, id = `msg_${++sent}`) {
  const body = JSON.stringify(message);
  const timestamp = Math.floor(Date.now() / 1000);
  const headers = { "svix-id": id, "svix-timestamp": String(timestamp), "svix-signature": await sign(id, timestamp, body) };
  return world.call("POST", "/webhooks/clerk", { body, headers });
}

const created = (subject: string, updatedAt = 1_000) => ({
  type: "user.created",
  data: {
    id: subject,
    first_name: "Ann",
    updated_at: updatedAt,
    primary_email_address_id: "idn_1",
    email_addresses: [{ id: "idn_1", email_address: `${subject}@people.test`, verification: { status: "verified" } }],
  },
});

const personOf = async (subject: string) =>
  (
    await db.writer
      .select()
      .from(users)
      .where(sql`clerk_user_id = ${subject}`)
  )[0];
const rowsOf = (id: string) =>
  db.writer
    .select()
    .from(providerEvents)
    .where(sql`provider_event_id = ${id}`);

it("keeps and announces one of several equal messages that come at the same moment", async () => {
  for (let round = 0; round < 3; round++) {
    const id = `msg_together_${round}`;
    const answers = await Promise.all(Array.from({ length: 5 }, () => deliver(created(`user_together_${round}`), id)));
    expect(answers.map((answer) => answer.status)).toEqual([204, 204, 204, 204, 204]);
    expect(await rowsOf(id)).toHaveLength(1);
  }
  const announced = await db.writer
    .select()
    .from(outbox)
    .where(sql`event_type = 'clerk.event_received'`);
  const kept = await db.writer.select().from(providerEvents);
  expect(announced.map(({ subjectId }) => subjectId).toSorted()).toEqual(kept.map(({ id }) => id).toSorted());
});

it("acknowledges a message with an impossible instant instead of trying it for ever", async () => {
  for (const [index, updatedAt] of [1e300, 8.65e15, -1, 0.5].entries()) {
    const id = `msg_impossible_${index}`;
    expect((await deliver(created(`user_impossible_${index}`, updatedAt), id)).status).toBe(204);
    await world.drain();
    expect(await rowsOf(id)).toMatchObject([{ payload: null, processedAt: expect.any(Date) }]);
    expect(await personOf(`user_impossible_${index}`)).toBeUndefined();
  }
});

it("keeps whom and which session a message about a session speaks of", async () => {
  await deliver({ type: "session.revoked", data: { id: "sess_1", user_id: "user_1", client_id: "client_1" } }, "msg_session");
  const [row] = await rowsOf("msg_session");
  expect(row?.payload).toEqual({ subject: "user_1", sid: "sess_1", email: null, name: null, updatedAt: null });
  await world.drain();
  expect((await rowsOf("msg_session"))[0]?.payload).toBeNull();
});

it("refuses a token that is still valid after its subject was deleted, known before or not", async () => {
  for (const known of [true, false]) {
    const subject = `user_gone_${known}`;
    const token = await world.token(subject, { email: `${subject}@people.test`, email_verified: true });
    if (known) expect((await world.call("GET", "users/me", { as: { token } })).status).toBe(200);
    await deliver({ type: "user.deleted", data: { id: subject, deleted: true } });
    await world.drain();
    const refused = await world.call("GET", "users/me", { as: { token } });
    expect([refused.status, refused.body.code]).toEqual([401, "revoked_credential"]);
    expect(await personOf(subject)).toMatchObject({ status: "deactivated", deletedAt: expect.any(Date) });
  }
});

it("leaves a person deactivated whom the platform deactivated", async () => {
  await deliver(created("user_banned"));
  await world.drain();
  await db.writer
    .update(users)
    .set({ status: "deactivated" })
    .where(sql`clerk_user_id = 'user_banned'`);
  await deliver({ ...created("user_banned", 2_000), type: "user.updated" });
  await world.drain();
  expect(await personOf("user_banned")).toMatchObject({ status: "deactivated", clerkUpdatedAt: new Date(2_000) });
});
