import { eq } from "drizzle-orm";
import { users } from "#db/schema/identity.ts";
import { auditEvents } from "#db/schema/audit.ts";
import { outbox } from "#db/schema/ops.ts";
import { marketplace } from "#test/api.ts";
import { describe, expect, it } from "vitest";

const world = await marketplace();

describe("/users/me", () => {
  it("shows oneself with memberships, roles and onboarding", async () => {
    const acme = await world.company();
    const ann = await world.member(acme);
    const { status, body, headers } = await world.call("GET", "users/me", { as: ann });
    expect(status).toBe(200);
    expect(headers.get("etag")).toBe('"1"');
    expect(body.data).toMatchObject({
      id: ann.userId,
      email: ann.email,
      onboarding_status: "pending",
      onboarding_step: 0,
      roles: ["company_admin"],
      memberships: [{ organization_id: acme.organizationId, role_name: "company_admin", company_id: null }],
    });
    expect(body.data).not.toHaveProperty("clerk_user_id");
  });

  it("is open to a person without a role", async () => {
    const stranger = await world.person();
    const { status, body } = await world.call("GET", "users/me", { as: stranger });
    expect(status).toBe(200);
    expect(body.data.roles).toEqual([]);
  });

  it("is 401 without a credential, and with one behind which nobody is known", async () => {
    expect((await world.call("GET", "users/me")).body.code).toBe("missing_credential");
    const nobody = await world.call("GET", "users/me", { as: { token: await world.token("user_unknown") } });
    expect(nobody.status).toBe(401);
    expect(nobody.body.code).toBe("invalid_token");
  });

  it("takes name and onboarding, and nothing else", async () => {
    const ann = await world.person();
    const changed = await world.call("PATCH", "users/me", {
      as: ann,
      body: { name: "Ann", onboarding_status: "in_progress", onboarding_step: 2, version: 1 },
    });
    expect(changed.status).toBe(200);
    expect(changed.body.data).toMatchObject({ name: "Ann", onboarding_status: "in_progress", onboarding_step: 2, version: 2 });
    expect((await world.call("PATCH", "users/me", { as: ann, body: { name: "Old", version: 1 } })).status).toBe(412);
    for (const body of [{ email: "x@people.test" }, { status: "deactivated" }, { onboarding_step: -1 }, { name: " " }]) {
      expect((await world.call("PATCH", "users/me", { as: ann, body })).body.code).toBe("validation_failed");
    }
  });
});

describe("people", () => {
  it("are seen by members of their organization, by name and address only", async () => {
    const acme = await world.company();
    const [ann, bob] = [await world.member(acme), await world.member(acme, "hiring_manager")];
    const elsewhere = await world.member(await world.company("Other"));

    const list = await world.call("GET", "users?include=roles,memberships&sort_by=name", { as: bob });
    expect(list.body.data.map(({ id }: { id: string }) => id).toSorted()).toEqual([ann.userId, bob.userId].toSorted());
    const colleague = list.body.data.find(({ id }: { id: string }) => id === ann.userId);
    expect(colleague).toMatchObject({ email: ann.email, roles: ["company_admin"] });
    expect(colleague).not.toHaveProperty("onboarding_status");
    expect((await world.call("GET", `users/${ann.userId}`, { as: elsewhere })).status).toBe(404);
    expect((await world.call("PATCH", `users/${ann.userId}`, { as: bob, body: { name: "Anna" } })).status).toBe(403);
    expect((await world.call("PATCH", `users/${ann.userId}`, { as: elsewhere, body: { name: "Anna" } })).status).toBe(404);
  });

  it("keep what else they are from their colleagues", async () => {
    const acme = await world.company();
    const [boss, both] = [await world.member(acme), await world.member(acme, "hiring_manager")];
    const { candidates } = await import("#db/schema/ats.ts");
    await world.db.writer.insert(candidates).values({ email: both.email, fullName: "Both", userId: both.userId });
    const seen = await world.call("GET", `users/${both.userId}?include=roles`, { as: boss });
    expect(seen.body.data.roles).toEqual(["hiring_manager"]);
    expect((await world.call("GET", "users?role=candidate", { as: boss })).body.data).toEqual([]);
    expect((await world.call("GET", "users?role=candidate", { as: both })).body.data).toHaveLength(1);
  });

  it("without a membership see themselves alone", async () => {
    const robin = await world.recruiter();
    const { body } = await world.call("GET", "users", { as: robin });
    expect(body.data.map(({ id }: { id: string }) => id)).toEqual([robin.userId]);
    expect((await world.call("GET", "users", { as: await world.person() })).status).toBe(403);
  });

  it("are found by platform admins by address, role and status", async () => {
    const admin = await world.platformAdmin();
    const acme = await world.company();
    const ann = await world.member(acme);
    const find = async (query: string) =>
      (await world.call("GET", `users?${query}`, { as: admin })).body.data.map(({ id }: { id: string }) => id);
    expect(await find(`email=${ann.email.toUpperCase()}`)).toEqual([ann.userId]);
    expect(await find(`organization_id=${acme.organizationId}`)).toEqual([ann.userId]);
    expect(await find("role=platform_admin")).toContain(admin.userId);
    expect(await find("status=deactivated")).not.toContain(ann.userId);
    expect((await world.call("GET", "users?search=ann", { as: admin })).status).toBe(400);
  });
});

describe("a deactivation", () => {
  it("is for platform admins, needs a reason, and counts at once", async () => {
    const admin = await world.platformAdmin();
    const robin = await world.recruiter();
    const path = `users/${robin.userId}`;
    expect((await world.call("PATCH", path, { as: robin, body: { status: "deactivated", reason: "bored" } })).status).toBe(403);
    expect((await world.call("PATCH", path, { as: admin, body: { status: "deactivated" } })).body.errors[0].pointer).toBe("/reason");

    const done = await world.call("PATCH", path, { as: admin, body: { status: "deactivated", reason: "asked for it" } });
    expect(done.body.data.status).toBe("deactivated");
    const refused = await world.call("GET", "users/me", { as: robin });
    expect([refused.status, refused.body.code]).toEqual([401, "revoked_credential"]);
    const told = await world.db.reader.select().from(outbox).where(eq(outbox.subjectId, robin.userId));
    expect(told.map(({ eventType, payload }) => [eventType, payload])).toContainEqual(["user.deactivated", { user_id: robin.userId }]);
    const [audit] = await world.db.reader.select().from(auditEvents).where(eq(auditEvents.subjectId, robin.userId));
    expect(audit).toMatchObject({ action: "user.deactivated", reason: "override: asked for it" });

    const back = await world.call("PATCH", path, { as: admin, body: { status: "active", reason: "came back" } });
    expect(back.body.data.status).toBe("active");
    expect((await world.call("GET", "users/me", { as: robin })).status).toBe(200);
  });

  it("of oneself, and a return of a deleted account, are refused", async () => {
    const admin = await world.platformAdmin();
    expect(
      (await world.call("PATCH", `users/${admin.userId}`, { as: admin, body: { status: "deactivated", reason: "tired" } })).status,
    ).toBe(409);
    const gone = await world.person();
    await world.db.writer.update(users).set({ status: "deactivated", deletedAt: new Date() }).where(eq(users.id, gone.userId));
    expect((await world.call("PATCH", `users/${gone.userId}`, { as: admin, body: { status: "active", reason: "please" } })).status).toBe(
      409,
    );
  });

  it("leaves the address free, and a return finds it taken", async () => {
    const admin = await world.platformAdmin();
    const old = await world.person();
    await world.call("PATCH", `users/${old.userId}`, { as: admin, body: { status: "deactivated", reason: "duplicate" } });
    await world.db.writer.insert(users).values({ email: old.email, name: "New" });
    const back = await world.call("PATCH", `users/${old.userId}`, { as: admin, body: { status: "active", reason: "please" } });
    expect([back.status, back.body.code]).toEqual([409, "conflict"]);
  });
});
