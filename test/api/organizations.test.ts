import { marketplace, type Person } from "#test/api.ts";
import { describe, expect, it } from "vitest";

const world = await marketplace();

const ids = (answer: { body: { data: { id: string }[] } }) => answer.body.data.map(({ id }) => id);

describe("organizations", () => {
  it("are opened by platform admins", async () => {
    const admin = await world.platformAdmin();
    const made = await world.call("POST", "organizations", { as: admin, body: { name: "Acme Holding" } });
    expect(made.status).toBe(201);
    expect(made.body.data).toMatchObject({ name: "Acme Holding", type: "company", version: 1 });
    expect(made.body.data.slug).toMatch(/^acme-holding-[0-9a-f]{8}$/);

    const taken = await world.call("POST", "organizations", { as: admin, body: { name: "Acme", slug: made.body.data.slug } });
    expect([taken.status, taken.body.reason]).toEqual([409, "slug_taken"]);
    const member = await world.member(await world.company());
    expect((await world.call("POST", "organizations", { as: member, body: { name: "Mine" } })).status).toBe(403);
  });

  it("are seen by their members, and changed by the admins of the whole", async () => {
    const acme = await world.company();
    const [admin, scoped, manager] = [
      await world.member(acme),
      await world.member(acme, "company_admin", true),
      await world.member(acme, "hiring_manager"),
    ];
    const other = await world.member(await world.company("Other"));
    const path = `organizations/${acme.organizationId}`;

    expect(ids(await world.call("GET", "organizations", { as: manager }))).toEqual([acme.organizationId]);
    const seen = await world.call("GET", `${path}?include=memberships,companies`, { as: manager });
    expect(seen.body.data.memberships).toHaveLength(3);
    expect(seen.body.data.companies).toMatchObject([{ id: acme.id }]);
    expect((await world.call("GET", path, { as: other })).status).toBe(404);
    expect((await world.call("GET", "organizations", { as: await world.candidate() })).status).toBe(403);

    expect((await world.call("PATCH", path, { as: manager, body: { name: "No" } })).status).toBe(403);
    expect((await world.call("PATCH", path, { as: scoped, body: { name: "No" } })).status).toBe(403);
    expect((await world.call("PATCH", path, { as: admin, body: { type: "platform" } })).status).toBe(403);
    const changed = await world.call("PATCH", path, { as: admin, body: { name: "Acme Group" } });
    expect(changed.body.data).toMatchObject({ name: "Acme Group", version: 2 });
  });

  it("stay as long as they have companies", async () => {
    const admin = await world.platformAdmin();
    const acme = await world.company();
    const path = `organizations/${acme.organizationId}`;
    const refused = await world.call("DELETE", `${path}?reason=over`, { as: admin });
    expect([refused.status, refused.body.reason]).toEqual([409, "has_companies"]);
    expect((await world.call("DELETE", `companies/${acme.id}?reason=over`, { as: admin })).status).toBe(200);
    expect((await world.call("DELETE", `${path}?reason=over`, { as: admin })).body).toEqual({
      data: { id: acme.organizationId, deleted: true },
    });
    expect((await world.call("GET", path, { as: admin })).status).toBe(404);
  });
});

describe("memberships", () => {
  it("are given to people whom the admin sees; everybody else is invited", async () => {
    const acme = await world.company();
    const admin = await world.member(acme);
    const bob = await world.member(acme, "hiring_manager");
    const ann = await world.person();
    const give = (fields: Record<string, unknown>) =>
      world.call("POST", "memberships", {
        as: admin,
        body: { role_name: "company_admin", organization_id: acme.organizationId, ...fields },
      });

    // an id would show a stranger's name, an address that they have an account; and nobody asked them
    for (const wrong of [{}, { user_id: ann.userId }, { email: ann.email }, { user_id: bob.userId, role_name: "platform_admin" }])
      expect((await give(wrong)).body.code).toBe("validation_failed");
    const made = await give({ user_id: bob.userId });
    expect([made.status, made.body.data]).toMatchObject([201, { user_id: bob.userId, role_name: "company_admin", company_id: null }]);
    expect((await give({ user_id: bob.userId })).body.reason).toBe("member_exists");
    expect((await world.call("GET", "users/me", { as: bob })).body.data.roles.toSorted()).toEqual(["company_admin", "hiring_manager"]);
  });

  it("are managed by the admins of the whole organization", async () => {
    const acme = await world.company();
    const sister = await world.company("Sister", acme.organizationId);
    const owner = await world.member(acme);
    const [scoped, manager] = [await world.member(acme, "company_admin", true), await world.member(acme, "hiring_manager")];
    const other = await world.member(await world.company("Other"));
    const give = (as: Person, company_id: string | null) =>
      world.call("POST", "memberships", {
        as,
        body: { user_id: manager.userId, role_name: "hiring_manager", organization_id: acme.organizationId, company_id },
      });

    expect((await give(other, null)).status).toBe(404);
    expect((await give(manager, acme.id)).status).toBe(403);
    expect((await give(scoped, acme.id)).status).toBe(403);
    expect((await give(owner, (await world.company("Third")).id)).body.errors[0].pointer).toBe("/company_id");
    const made = await give(owner, sister.id);
    expect(made.body.data).toMatchObject({ company_id: sister.id, version: 1 });

    const path = `memberships/${made.body.data.id}`;
    for (const as of [scoped, manager])
      expect((await world.call("PATCH", path, { as, body: { role_name: "company_admin" } })).status).toBe(403);
    expect((await world.call("PATCH", path, { as: other, body: { role_name: "company_admin" } })).status).toBe(404);
    const changed = await world.call("PATCH", path, { as: owner, body: { role_name: "company_admin", company_id: null, version: 1 } });
    expect(changed.body.data).toMatchObject({ role_name: "company_admin", company_id: null, version: 2 });
    expect((await world.call("DELETE", path, { as: owner, headers: { "if-match": '"1"' } })).status).toBe(412);
  });

  it("are listed with their people for members, and never for candidates", async () => {
    const acme = await world.company();
    const [admin, manager] = [await world.member(acme), await world.member(acme, "hiring_manager")];
    const list = await world.call("GET", `memberships?organization_id=${acme.organizationId}&role_name=company_admin&include=user`, {
      as: manager,
    });
    expect(list.body.data).toMatchObject([{ user_id: admin.userId, user: { email: admin.email } }]);
    expect((await world.call("GET", "memberships", { as: await world.candidate() })).status).toBe(403);
    expect((await world.call("GET", "memberships", { as: await world.recruiter() })).body.data).toEqual([]);
  });

  it("end at once, but not that of the last admin", async () => {
    const acme = await world.company();
    const [admin, manager] = [await world.member(acme), await world.member(acme, "hiring_manager")];
    const all = (await world.call("GET", "memberships", { as: admin })).body.data as { id: string; user_id: string }[];
    const idOf = (person: { userId: string }) => all.find(({ user_id }) => user_id === person.userId)?.id;

    for (const [method, body] of [["DELETE"], ["PATCH", { role_name: "hiring_manager" }], ["PATCH", { company_id: acme.id }]] as const) {
      const refused = await world.call(method, `memberships/${idOf(admin)}`, { as: admin, body });
      expect([refused.status, refused.body.reason]).toEqual([409, "last_admin"]);
    }
    expect((await world.call("DELETE", `memberships/${idOf(manager)}`, { as: admin })).status).toBe(200);
    expect((await world.call("GET", "users", { as: manager })).status).toBe(403);
    await world.member(acme);
    expect((await world.call("DELETE", `memberships/${idOf(admin)}`, { as: admin })).status).toBe(200);
  });

  it("keeps one of two admins who remove each other at the same time", async () => {
    const acme = await world.company();
    const [ann, bob] = [await world.member(acme), await world.member(acme)];
    const all = (await world.call("GET", "memberships", { as: ann })).body.data as { id: string; user_id: string }[];
    const idOf = (person: { userId: string }) => all.find(({ user_id }) => user_id === person.userId)?.id;
    const answers = await Promise.all([
      world.call("DELETE", `memberships/${idOf(bob)}`, { as: ann }),
      world.call("DELETE", `memberships/${idOf(ann)}`, { as: bob }),
    ]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });
});
