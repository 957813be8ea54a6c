import { eq } from "drizzle-orm";
import { Webhook } from "standardwebhooks";
import { users } from "#db/schema/identity.ts";
import { outbox, providerEvents } from "#db/schema/ops.ts";
import { marketplace } from "#test/api.ts";
import { describe, expect, it } from "vitest";

const world = await marketplace();
const SECRET = world.env.CLERK_WEBHOOK_SECRETS ?? "";

let sent = 0;

interface Delivery {
  id?: string;
  at?: Date;
  secret?: string;
  body?: string;
  signature?: (valid: string) => string;
}

/** One message as Clerk sends it. */
function deliver(
  message: object,
  { id = `msg_${++sent}`, at = new Date(), secret = SECRET, body, signature = (valid) => valid }: Delivery = {},
) {
  const payload = JSON.stringify(message);
  const headers = {
    "svix-id": id,
    "svix-timestamp": String(Math.floor(at.getTime() / 1000)),
    "svix-signature": signature(new Webhook(secret).sign(id, at, payload)),
  };
  return world.call("POST", "/webhooks/clerk", { body: body ?? payload, headers });
}

const about = (
  type: string,
  subject: string,
  {
    email,
    name = "Ann",
    updatedAt = 1_000,
    verified = true,
  }: { email?: string; name?: string; updatedAt?: number; verified?: boolean } = {},
) => ({
  type,
  object: "event",
  data: {
    id: subject,
    first_name: name,
    last_name: "Other",
    updated_at: updatedAt,
    phone_numbers: [{ phone_number: "+1 555 0100" }],
    primary_email_address_id: "idn_1",
    email_addresses: email
      ? [
          { id: "idn_0", email_address: `other.${email}`, verification: { status: "verified" } },
          { id: "idn_1", email_address: email, verification: { status: verified ? "verified" : "unverified" } },
        ]
      : [],
  },
});

const deletion = (subject: string) => ({ type: "user.deleted", object: "event", data: { id: subject, deleted: true, object: "user" } });
const personOf = async (subject: string) => (await world.db.reader.select().from(users).where(eq(users.clerkUserId, subject)))[0];
const kept = async (id: string) => await world.db.reader.select().from(providerEvents).where(eq(providerEvents.providerEventId, id));

describe("taking a message", () => {
  it("keeps a signed one once, with nothing but what is needed", async () => {
    const message = about("user.created", "sub_kept", { email: "kept@people.test" });
    for (let times = 0; times < 2; times++) {
      const answer = await deliver(message, { id: "msg_kept" });
      expect([answer.status, answer.body]).toEqual([204, ""]);
    }
    const rows = await kept("msg_kept");
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ provider: "clerk", type: "user.created", processedAt: null });
    expect(rows[0]?.payload).toEqual({ subject: "sub_kept", email: "kept@people.test", name: "Ann Other", sid: null, updatedAt: 1_000 });
    const events = await world.db.reader
      .select()
      .from(outbox)
      .where(eq(outbox.subjectId, rows[0]?.id ?? ""));
    expect(events.map(({ eventType, payload }) => [eventType, payload])).toEqual([
      ["clerk.event_received", { provider_event_id: rows[0]?.id }],
    ]);
  });

  it.each<[string, Delivery]>([
    ["another secret", { secret: `whsec_${btoa("another secret, just as long")}` }],
    ["a changed body", { body: '{"type":"user.deleted","data":{"id":"sub_x"}}' }],
    ["a message six minutes old", { at: new Date(Date.now() - 360_000) }],
    ["a message six minutes ahead", { at: new Date(Date.now() + 360_000) }],
    ["no signature", { signature: () => "" }],
    ["a signature of the wrong kind", { signature: (valid) => valid.replace("v1,", "v1a,") }],
    ["half a signature", { signature: () => "v1" }],
  ])("refuses %s and keeps nothing", async (_, delivery) => {
    const answer = await deliver(about("user.created", "sub_x"), { id: "msg_refused", ...delivery });
    expect([answer.status, answer.body.code]).toEqual([400, "invalid_parameter"]);
    expect(await kept("msg_refused")).toEqual([]);
  });

  it("accepts one good signature among several, and either of two secrets", async () => {
    expect(
      (await deliver(about("user.created", "sub_y"), { signature: (valid) => `v1a,xyz v1,${btoa("x".repeat(32))} ${valid}` })).status,
    ).toBe(204);
    const next = `whsec_${btoa("the next secret of the webhook")}`;
    world.env.CLERK_WEBHOOK_SECRETS = `${SECRET},${next}`;
    expect((await deliver(about("user.created", "sub_y"), { secret: next })).status).toBe(204);
    expect((await deliver(about("user.created", "sub_y"))).status).toBe(204);
    world.env.CLERK_WEBHOOK_SECRETS = SECRET;
    expect((await deliver(about("user.created", "sub_y"), { secret: next })).status).toBe(400);
  });

  it("refuses a body that is too large", async () => {
    const answer = await deliver({ type: "user.created", data: { id: "x".repeat(300_000) } });
    expect([answer.status, answer.body.code]).toEqual([413, "body_too_large"]);
  });
});

describe("applying messages", () => {
  it("makes the person and empties the message", async () => {
    await deliver(about("user.created", "sub_new", { email: "new@people.test" }), { id: "msg_new" });
    await world.drain();
    expect(await personOf("sub_new")).toMatchObject({ email: "new@people.test", name: "Ann Other", status: "active" });
    const [row] = await kept("msg_new");
    expect(row?.payload).toBeNull();
    expect(row?.processedAt).not.toBeNull();
    const session = await world.call("GET", "users/me", { as: { token: await world.token("sub_new") } });
    expect(session.body.data.email).toBe("new@people.test");
  });

  it("takes the newest word, whatever the order", async () => {
    await deliver(about("user.updated", "sub_order", { email: "order@people.test", name: "Newest", updatedAt: 3_000 }));
    await world.drain();
    await deliver(about("user.created", "sub_order", { email: "order@people.test", name: "Oldest", updatedAt: 1_000 }));
    await deliver(about("user.updated", "sub_order", { email: "order@people.test", name: "Middle", updatedAt: 2_000 }));
    await world.drain();
    expect(await personOf("sub_order")).toMatchObject({ name: "Newest Other" });
  });

  it("links a person who was known by the address alone", async () => {
    const [known] = await world.db.writer.insert(users).values({ email: "link@people.test", name: "Linked" }).returning({ id: users.id });
    await deliver(about("user.created", "sub_link", { email: "link@people.test", verified: false }));
    await world.drain();
    expect(await personOf("sub_link")).toBeUndefined();
    await deliver(about("user.updated", "sub_link", { email: "LINK@people.test", updatedAt: 2_000 }));
    await world.drain();
    expect(await personOf("sub_link")).toMatchObject({ id: known?.id, name: "Linked" });
  });

  it("gives nobody the address of another subject", async () => {
    const ann = await world.person("Ann");
    await deliver(about("user.created", "sub_thief", { email: ann.email }));
    await world.drain();
    expect(await personOf("sub_thief")).toBeUndefined();
  });

  it("never revives a deleted subject, even if the deletion came first", async () => {
    await deliver(about("user.created", "sub_gone", { email: "gone@people.test" }));
    await world.drain();
    for (const subject of ["sub_gone", "sub_early"]) {
      await deliver(deletion(subject));
      await world.drain();
      await deliver(about("user.updated", subject, { email: `${subject}@people.test`, updatedAt: 9_000 }));
      await world.drain();
      expect((await personOf(subject))?.status).toBe("deactivated");
      const session = await world.call("GET", "users/me", {
        as: { token: await world.token(subject, { email: `${subject}@people.test`, email_verified: true }) },
      });
      expect([session.status, session.body.code]).toEqual([401, "revoked_credential"]);
    }
  });

  it("does its work once when the event comes twice, and ignores what it does not know", async () => {
    await deliver(about("user.created", "sub_twice", { email: "twice@people.test" }), { id: "msg_twice" });
    await deliver({ type: "session.ended", data: { id: "sess_1", user_id: "sub_twice" } }, { id: "msg_session" });
    await deliver({ type: "strange", data: [] }, { id: "msg_strange" });
    const events = [...world.sent.events];
    await world.drain();
    await world.consume("events", [{ event_ids: events }, { event_ids: events }]);
    expect(await world.db.reader.select().from(users).where(eq(users.clerkUserId, "sub_twice"))).toHaveLength(1);
    for (const id of ["msg_session", "msg_strange"]) expect((await kept(id))[0]?.payload).toBeNull();
  });
});
