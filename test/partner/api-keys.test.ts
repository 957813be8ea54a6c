import { eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { apiKeys } from "#db/schema/api.ts";
import { auditEvents } from "#db/schema/audit.ts";
import { memberships } from "#db/schema/identity.ts";
import { teamMembers, teams } from "#db/schema/network.ts";
import { marketplace, type Marketplace, type Person } from "../api.ts";
import { keyOf } from "./keys.ts";
import { managementOf } from "./management.ts";

let world: Marketplace;
let admin: Person;
let acme: { id: string; organizationId: string };
let anna: Person;
let management: ReturnType<typeof managementOf>;

beforeAll(async () => {
  world = await marketplace();
  management = managementOf(world);
  admin = await world.platformAdmin();
  acme = await world.company();
  anna = await world.member(acme);
});

/** Somebody with an account of their own. */
const somebody = () => world.recruiter("Somebody");
const hours = (count: number) => new Date(Date.now() + count * 3_600_000).toISOString();

describe("a new key", () => {
  it("is pending, is told once, and does nothing before its approval", async () => {
    const { call, tried, decide } = management;
    const created = await call(anna, "POST", "/api-keys", {
      name: "Sync",
      scopes: ["write:roles", "read:roles"],
      ip_allowlist: ["2001:DB8::/32", "198.51.100.0/24"],
      expires_at: hours(1),
    });
    expect(created.status).toBe(201);
    const { secret, ...shown } = created.body.data;
    expect(secret).toMatch(/^snk_test_[0-9A-Za-z]{16}_[0-9A-Za-z]{38}$/);
    expect(shown).toMatchObject({
      account_id: acme.id,
      created_by: anna.userId,
      name: "Sync",
      display: `${secret.slice(0, 25)}_…${secret.slice(-4)}`,
      env: "test",
      role_type: "company",
      scopes: ["read:roles", "write:roles"],
      ip_allowlist: ["2001:db8::/32", "198.51.100.0/24"],
      status: "pending",
      approved_at: null,
      version: 1,
    });
    expect(await tried(secret)).toBe("credential_pending_approval");
    const listed = await call(anna, "GET", "/api-keys?limit=1");
    expect(listed.body.data).toEqual([shown]);

    expect((await decide(admin, shown.id, "approve")).body.data).toMatchObject({ kind: "api_key", status: "active", account_id: acme.id });
    expect(await tried(secret)).toBe(200);
  });

  it.each([
    ["a scope of another role type", { scopes: ["read:payouts"] }, 422, "validation_failed", "/scopes"],
    ["an unknown scope", { scopes: ["write:everything"] }, 422, "validation_failed", "/scopes/0"],
    ["no scope", { scopes: [] }, 422, "validation_failed", "/scopes"],
    ["the audit on this plan", { scopes: ["read:audit"] }, 403, "plan_required", undefined],
    ["an end in the past", { expires_at: "2020-01-01T00:00:00Z" }, 422, "validation_failed", "/expires_at"],
    ["what is no network", { ip_allowlist: ["192.0.2.0/24", "192.0.2.1/24"] }, 422, "validation_failed", "/ip_allowlist/1"],
    ["an unknown field", { role_type: "admin" }, 422, "validation_failed", "/role_type"],
    ["no name", { name: " " }, 422, "validation_failed", "/name"],
  ])("is refused with %s", async (_, wrong, status, code, pointer) => {
    const answer = await management.call(anna, "POST", "/api-keys", { name: "Sync", scopes: ["read:roles"], ...wrong });
    expect([answer.status, answer.body.code, answer.body.errors?.[0].pointer]).toEqual([status, code, pointer]);
    if (pointer === "/scopes") expect(answer.body.detail).toMatch(/read:payouts|>=1|Too small/);
  });

  it("may read the audit on an enterprise plan, until the plan is lowered", async () => {
    const person = await somebody();
    const put = (plan: string) => management.call(admin, "PUT", `/account-plans/${person.recruiterId}`, { plan, reason: "agreed" });
    await put("enterprise");
    const key = await management.approvedKey(person, admin, { scopes: ["read:audit", "read:roles"] });
    const scopes = async () => (await management.call(key, "GET", "/me")).body.data.credential.scopes;
    expect(await scopes()).toEqual(["read:roles", "read:audit"]);
    await put("premium");
    expect(await scopes()).toEqual(["read:roles"]);
  });

  it("tells the admins that access is asked for, once while something waits", async () => {
    const person = await somebody();
    const first = await management.newKey(person);
    const second = await management.newKey(person);
    const told = (await management.noticesAbout(first.id)).filter(({ who }) => who === admin.userId);
    expect(told.map(({ type, channel }) => [type, channel])).toEqual([
      ["api_access.requested", "email"],
      ["api_access.requested", "in_app"],
    ]);
    expect(await management.noticesAbout(second.id)).toEqual([]);
  });

  it("eight at once never pass the plan's five", async () => {
    const person = await somebody();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => management.call(person, "POST", "/api-keys", { name: "Sync", scopes: ["read:roles"] })),
    );
    const made = answers.filter(({ status }) => status === 201).length;
    // who loses three rounds is told of a conflict and may try again
    for (let left = 5 - made; left > 0; left--) await management.newKey(person);
    const [row] = await world.db.reader
      .select({ count: sql<number>`count(*)::int` })
      .from(apiKeys)
      .where(eq(apiKeys.accountId, person.recruiterId));
    expect(row?.count).toBe(5);
    for (const { status, body } of answers) expect([201, 403, 409], body.code).toContain(status);
    const refused = await management.call(person, "POST", "/api-keys", { name: "Sync", scopes: ["read:roles"] });
    expect([refused.status, refused.body.code, refused.body.limit]).toEqual([403, "resource_limit_reached", 5]);
    // what has ended makes room
    const [gone] = (await management.call(person, "GET", "/api-keys")).body.data;
    await management.call(person, "DELETE", `/api-keys/${gone.id}`);
    await management.newKey(person);
  });

  it("answers a repeat of the last that there is room for", async () => {
    const person = await world.recruiter("Rosa");
    for (let made = 0; made < 4; made++) await management.newKey(person);
    const last = () =>
      management.call(person, "POST", "/api-keys", { name: "Sync", scopes: ["read:roles"] }, { "idempotency-key": "the last" });
    const [first, again] = [await last(), await last()];
    expect([first.status, again.status, again.body.data.secret]).toEqual([201, 201, first.body.data.secret]);
  });
});

describe("a repeated request with an Idempotency-Key", () => {
  const body = { name: "Sync", scopes: ["read:roles"] };

  it("tells the secret again to whoever asked, for ten minutes", async () => {
    const person = await somebody();
    const again = () => management.call(person, "POST", "/api-keys", body, { "idempotency-key": "one" });
    const first = await again();
    const second = await again();
    expect(second.headers.get("idempotent-replayed")).toBe("true");
    expect(second.body).toEqual(first.body);
    try {
      await world.database.setClock(601);
      const late = await again();
      expect([late.status, late.body.code]).toEqual([409, "conflict"]);
      expect(JSON.stringify(late.body)).not.toContain(first.body.data.secret);
    } finally {
      await world.database.setClock(0);
    }
    expect((await management.call(person, "GET", "/api-keys")).body.data).toHaveLength(1);
  });

  it("is answered as before, also when its key was the last one of the plan", async () => {
    const person = await somebody();
    for (let made = 0; made < 4; made++) await management.newKey(person);
    const last = () => management.call(person, "POST", "/api-keys", body, { "idempotency-key": "last" });
    const [first, second] = [await last(), await last()];
    expect([first.status, second.status, second.body]).toEqual([201, 201, first.body]);
  });

  it("tells nothing to another admin of the account", async () => {
    const shared = await world.company();
    const [one, other] = [await world.member(shared), await world.member(shared)];
    const headers = { "idempotency-key": "shared" };
    expect((await management.call(one, "POST", "/api-keys", body, headers)).status).toBe(201);
    const repeated = await management.call(other, "POST", "/api-keys", body, headers);
    expect([repeated.status, repeated.body.code]).toEqual([409, "conflict"]);
  });
});

describe("a rotation", () => {
  const rotate = (who: Person, id: string, body: unknown = {}) => management.call(who, "POST", `/api-keys/${id}/rotate`, body);

  it("keeps id, count and approval; the old secret dies with the grace", async () => {
    const person = await somebody();
    const key = await management.approvedKey(person, admin);
    for (let count = 0; count < 3; count++) await management.call(key, "GET", "/me");
    const rotated = await rotate(person, key.id);
    expect(rotated.status).toBe(200);
    const { secret, status, previous_secret_expires_at: end } = rotated.body.data;
    expect(secret.slice(0, 26)).toBe(key.token.slice(0, 26));
    expect(status).toBe("active");
    expect(Date.parse(end) - Date.parse(rotated.body.data.updated_at)).toBe(86_400_000);
    const answer = await management.call({ token: secret }, "GET", "/me");
    expect(answer.headers.get("x-ratelimit-used")).toBe("4");
    expect(await management.tried(key.token)).toBe(200);
    // the grace is over
    await world.db.writer
      .update(apiKeys)
      .set({ prevSecretExpiresAt: new Date(Date.now() - 1_000), version: 90 })
      .where(eq(apiKeys.id, key.id));
    await world.env.CREDENTIALS.getByName(`key:${key.token.slice(9, 19)}`).invalidate(90);
    expect(await management.tried(key.token)).toBe("invalid_token");
    expect(await management.tried(secret)).toBe(200);
  });

  it("without grace ends the old secret at once", async () => {
    const person = await somebody();
    const key = await management.approvedKey(person, admin);
    const { secret } = (await rotate(person, key.id, { grace_seconds: 0 })).body.data;
    expect([await management.tried(key.token), await management.tried(secret)]).toEqual(["invalid_token", 200]);
  });

  it("gives no more grace than the key has life", async () => {
    const person = await somebody();
    const key = await management.approvedKey(person, admin, { expires_at: hours(1) });
    const { data } = (await rotate(person, key.id, { grace_seconds: 604_800 })).body;
    expect(data.previous_secret_expires_at).toBe(data.expires_at);
  });

  it("within the grace ends the secret before the last at once", async () => {
    const person = await somebody();
    const key = await management.approvedKey(person, admin);
    const second = (await rotate(person, key.id)).body.data.secret;
    const third = (await rotate(person, key.id)).body.data.secret;
    expect(await Promise.all([key.token, second, third].map(management.tried))).toEqual(["invalid_token", 200, 200]);
  });

  it("twice at the same moment leaves two secrets, both told", async () => {
    const person = await somebody();
    const key = await management.approvedKey(person, admin);
    const answers = await Promise.all([rotate(person, key.id), rotate(person, key.id)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const secrets = answers.map(({ body }) => body.data.secret as string);
    expect(new Set(secrets).size).toBe(2);
    expect(await Promise.all([key.token, ...secrets].map(management.tried))).toEqual(["invalid_token", 200, 200]);
    expect((await management.keyRow(key.id)).version).toBe(4);
  });

  it.each(["revoked", "rejected", "expired"] as const)("of a key that is %s is refused", async (status) => {
    const person = await somebody();
    const key = await keyOf(world, { id: person.recruiterId, roleType: "recruiter" }, person, { status });
    const answer = await rotate(person, key.id);
    expect([answer.status, answer.body.code, answer.body.from]).toEqual([409, "invalid_transition", status]);
  });

  it.each([{ grace_seconds: -1 }, { grace_seconds: 604_801 }, { grace_seconds: 1.5 }, { grace_seconds: "60" }])(
    "with %j is refused",
    async (body) => {
      const key = await keyOf(world, { id: acme.id, roleType: "company" }, anna);
      expect((await rotate(anna, key.id, body)).status).toBe(422);
    },
  );

  it("is refused for a version that is not the current one", async () => {
    const person = await somebody();
    const key = await management.approvedKey(person, admin);
    const answer = await management.call(person, "POST", `/api-keys/${key.id}/rotate`, {}, { "if-match": '"1"' });
    expect([answer.status, answer.body.code]).toEqual([412, "precondition_failed"]);
  });
});

describe("the end of a key", () => {
  it("by its owner counts from the next request on", async () => {
    const person = await somebody();
    const key = await management.approvedKey(person, admin);
    expect(await management.tried(key.token)).toBe(200);
    const gone = await management.call(person, "DELETE", `/api-keys/${key.id}`);
    expect([gone.status, gone.body.data.status]).toEqual([200, "revoked"]);
    expect(await management.tried(key.token)).toBe("revoked_credential");
    const again = await management.call(person, "DELETE", `/api-keys/${key.id}`);
    expect([again.status, again.body.code]).toEqual([409, "invalid_transition"]);
  });

  it("comes by itself at its time", async () => {
    const person = await somebody();
    const key = await management.approvedKey(person, admin, { expires_at: hours(1) });
    await world.cron("* * * * *");
    expect((await management.keyRow(key.id)).status).toBe("active");
    try {
      await world.database.setClock(3_601);
      await world.cron("* * * * *");
      await world.cron("* * * * *");
    } finally {
      await world.database.setClock(0);
    }
    expect(await management.keyRow(key.id)).toMatchObject({ status: "expired", version: 3 });
  });

  it("is told 14 and 3 days ahead, once each", async () => {
    const person = await somebody();
    const key = await management.approvedKey(person, admin, { expires_at: hours(30 * 24) });
    const nights = async (days: number) => {
      try {
        await world.database.setClock(days * 86_400);
        await world.cron("10 3 * * *");
        await world.cron("10 3 * * *");
      } finally {
        await world.database.setClock(0);
      }
      return (await management.noticesAbout(key.id)).filter(({ type, channel }) => type === "api_key.expiring" && channel === "email")
        .length;
    };
    expect([await nights(15), await nights(17), await nights(20), await nights(28)]).toEqual([0, 1, 1, 2]);
    expect((await management.keyRow(key.id)).expiryWarnedDays).toBe(3);
  });
});

describe("the kill switch", () => {
  it("shuts a key off and lets it pass again, by platform admins alone", async () => {
    const person = await somebody();
    const key = await management.approvedKey(person, admin);
    const act = (who: Person, verb: string, body: unknown = { reason: "strange traffic" }) =>
      management.call(who, "POST", `/api-keys/${key.id}/${verb}`, body);
    expect((await act(person, "suspend")).body.code).toBe("role_type_not_permitted");
    expect((await act(admin, "suspend", {})).status).toBe(422);
    expect((await act(admin, "suspend")).body.data).toMatchObject({ status: "suspended", status_reason: "strange traffic" });
    expect(await management.tried(key.token)).toBe("credential_suspended");
    expect((await act(admin, "suspend")).body.code).toBe("invalid_transition");

    const rotated = (await management.call(person, "POST", `/api-keys/${key.id}/rotate`, {})).body.data;
    expect(rotated).toMatchObject({ status: "suspended", previous_secret_expires_at: null });
    expect((await act(admin, "unsuspend")).body.data).toMatchObject({ status: "active", status_reason: null });
    expect([await management.tried(key.token), await management.tried(rotated.secret)]).toEqual(["invalid_token", 200]);
    expect((await act(admin, "unsuspend")).body.code).toBe("invalid_transition");

    const told = (await management.noticesAbout(key.id))
      .filter(({ who }) => who === person.userId)
      .map(({ type, channel }) => `${type} ${channel}`);
    expect(told).toEqual(
      expect.arrayContaining(["api_credential.suspended email", "api_credential.suspended in_app", "api_credential.unsuspended email"]),
    );
  });
});

describe("the keys of others", () => {
  it("are not there: neither listed nor changed", async () => {
    const key = await management.newKey(anna);
    const [stranger, rival] = [await somebody(), await world.member(await world.company("Rival"))];
    for (const who of [stranger, rival, admin]) {
      expect((await management.call(who, "GET", "/api-keys")).body.data.map(({ id }: { id: string }) => id)).not.toContain(key.id);
      const answers = await Promise.all([
        management.call(who, "DELETE", `/api-keys/${key.id}`),
        management.call(who, "POST", `/api-keys/${key.id}/rotate`, {}),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([404, 404]);
      const named = await management.call(who, "GET", "/api-keys", undefined, { "x-account-id": acme.id });
      expect(named.status).toBe(403);
    }
    expect((await management.keyRow(key.id)).version).toBe(1);
  });

  it("are nothing for a hiring manager, nor for a credential", async () => {
    const manager = await world.member(acme, "hiring_manager");
    const key = await keyOf(world, { id: acme.id, roleType: "company" }, anna);
    for (const who of [manager, key]) {
      const answers = await Promise.all([
        management.call(who, "GET", "/api-keys"),
        management.call(who, "POST", "/api-keys", { name: "Sync", scopes: ["read:roles"] }),
        management.call(who, "DELETE", `/api-keys/${key.id}`),
        management.call(who, "POST", `/api-keys/${key.id}/suspend`, { reason: "r" }),
        management.call(who, "GET", "/approvals"),
        management.call(who, "GET", "/account-plan"),
      ]);
      for (const { status, body } of answers) expect([status, body.code]).toEqual([403, "role_type_not_permitted"]);
    }
  });

  it("of a team are for its owner and admins", async () => {
    const [owner, member, outsider] = [await somebody(), await somebody(), await somebody()];
    const [team] = await world.db.writer
      .insert(teams)
      .values({ name: "Team", ownerUserId: owner.userId, status: "active" })
      .returning({ id: teams.id });
    const joined = { teamId: team!.id, status: "active", joinedAt: new Date() } as const;
    await world.db.writer.insert(teamMembers).values([
      { ...joined, recruiterId: owner.recruiterId, teamRole: "owner" },
      { ...joined, recruiterId: member.recruiterId, teamRole: "member" },
    ]);
    const make = (who: Person) =>
      management.call(who, "POST", "/api-keys", { name: "Team", scopes: ["read:payouts"] }, { "x-account-id": team!.id });
    const made = await make(owner);
    expect([made.status, made.body.data.account_id, made.body.data.role_type]).toEqual([201, team!.id, "recruiter"]);
    for (const who of [member, outsider]) expect((await make(who)).status).toBe(403);
    // with an account of their own and the team's, it has to be said which one is meant
    expect((await management.call(owner, "GET", "/api-keys")).body.code).toBe("invalid_parameter");
  });
});

describe("the keys of somebody who leaves", () => {
  const leave = async (from: Person, person: Person) => {
    const { data } = (await world.call("GET", `/api/v2/memberships?user_id=${person.userId}`, { as: from })).body;
    const answer = await world.call("DELETE", `/api/v2/memberships/${data[0].id}`, { as: from });
    expect(answer.status).toBe(200);
  };

  it("are suspended with the membership, flagged to the admins, and those of others stay", async () => {
    const company = await world.company("Left");
    const [owner, leaver] = [await world.member(company), await world.member(company)];
    const [kept, gone] = [await management.approvedKey(owner, admin), await management.approvedKey(leaver, admin)];
    expect(await management.tried(gone.token)).toBe(200);
    await leave(owner, leaver);
    expect(await management.tried(gone.token)).toBe("credential_suspended");
    expect(await management.keyRow(gone.id)).toMatchObject({ status: "suspended", statusReason: "its maker left" });
    expect(await management.tried(kept.token)).toBe(200);
    const flagged = (await management.noticesAbout(gone.id)).filter(({ type }) => type === "api_key.orphaned");
    expect(flagged.map(({ who, channel }) => [who, channel])).toEqual([
      [owner.userId, "email"],
      [owner.userId, "in_app"],
    ]);
  });

  it("are adopted by whoever runs the account: the same key under a new secret, the old one dead", async () => {
    const company = await world.company("Adopted");
    const [owner, leaver, manager] = [
      await world.member(company),
      await world.member(company),
      await world.member(company, "hiring_manager"),
    ];
    const [gone, own] = [await management.approvedKey(leaver, admin), await management.approvedKey(owner, admin)];
    await management.tried(gone.token);
    await leave(owner, leaver);
    const adopt = (who: Person, id = gone.id) => management.call(who, "POST", `/api-keys/${id}/adopt`);
    expect((await adopt(manager)).body.code).toBe("role_type_not_permitted");
    expect((await adopt(await world.member(await world.company("Other")))).status).toBe(404);
    const before = await management.keyRow(gone.id);
    const adopted = await adopt(owner);
    expect([adopted.status, adopted.body.data.status]).toEqual([200, "active"]);
    const after = await management.keyRow(gone.id);
    expect(after).toMatchObject({ publicId: before.publicId, approvedAt: before.approvedAt, scopes: before.scopes, userId: owner.userId });
    expect(await management.tried(gone.token)).toBe("invalid_token");
    const { headers } = await management.call({ token: adopted.body.data.secret }, "GET", "/me");
    expect(headers.get("x-ratelimit-used")).toBe("2"); // the count stays
    expect((await adopt(owner)).body.code).toBe("invalid_transition");
    await management.call(admin, "POST", `/api-keys/${own.id}/suspend`, { reason: "Leaked" });
    expect((await adopt(owner, own.id)).body.code).toBe("conflict");
  });

  it("stay where another membership keeps them", async () => {
    const company = await world.company("Kept");
    const [owner, twice] = [await world.member(company), await world.member(company)];
    await world.db.writer
      .insert(memberships)
      .values({ userId: twice.userId, roleName: "hiring_manager", organizationId: company.organizationId, companyId: company.id });
    const key = await management.approvedKey(twice, admin);
    await leave(owner, twice);
    expect((await management.keyRow(key.id)).status).toBe("active");
  });
});

describe("a secret", () => {
  it("stands in the clear in no table, whatever was done with it", async () => {
    const person = await somebody();
    const keyed = { "idempotency-key": "kept" };
    const created = await management.call(person, "POST", "/api-keys", { name: "Sync", scopes: ["read:roles"] }, keyed);
    const { id, secret } = created.body.data;
    await management.decide(admin, id, "approve");
    const rotated = await management.call(person, "POST", `/api-keys/${id}/rotate`, {}, { "idempotency-key": "kept too" });
    const client = await management.call(
      person,
      "POST",
      "/oauth-clients",
      { name: "App", type: "confidential", redirect_uris: ["https://app.example/"], scopes: ["read:roles"] },
      { "idempotency-key": "kept as well" },
    );
    await management.call({ token: secret }, "GET", "/me");
    await management.call(admin, "POST", `/api-keys/${id}/suspend`, { reason: "test" });
    await world.consume("request-log", world.sent.requestLog.splice(0));
    await management.noticesAbout(id);

    const secrets = [secret, rotated.body.data.secret, client.body.data.client_secret].map((text: string) => text.slice(26));
    const tables = await world.db.reader.execute<{ name: string }>(
      sql`select format('%I.%I', table_schema, table_name) as name from information_schema.tables
        where table_schema in ('identity', 'network', 'ats', 'billing', 'api', 'notify', 'ops') and table_type = 'BASE TABLE'`,
    );
    expect(tables.rows.length).toBeGreaterThan(60);
    for (const { name } of tables.rows) {
      for (const text of secrets) {
        const found = await world.db.reader.execute(sql`select 1 from ${sql.raw(name)} t where strpos(t::text, ${text}) > 0 limit 1`);
        expect(found.rows, name).toEqual([]);
      }
    }
    // the search finds what does stand there
    const [row] = await world.db.reader
      .select()
      .from(apiKeys)
      .where(sql`strpos(api_keys::text, ${rotated.body.data.secret.slice(-4)}) > 0`);
    expect(row?.id).toBe(id);
  });
});

it("leaves a chain of audit events that tells every step", async () => {
  const person = await somebody();
  const key = await management.approvedKey(person, admin);
  await management.call(person, "POST", `/api-keys/${key.id}/rotate`, {});
  await management.call(admin, "POST", `/api-keys/${key.id}/suspend`, { reason: "odd" });
  await management.call(person, "DELETE", `/api-keys/${key.id}`);
  const events = await world.db.reader
    .select({ action: auditEvents.action, reason: auditEvents.reason, changes: auditEvents.changes })
    .from(auditEvents)
    .where(eq(auditEvents.accountId, person.recruiterId))
    .orderBy(auditEvents.seq);
  expect(events.map(({ action }) => action)).toEqual([
    "api_key.created",
    "api_key.approved",
    "api_key.rotated",
    "api_key.suspended",
    "api_key.revoked",
  ]);
  expect(events[3]).toMatchObject({ reason: "odd", changes: { status: { from: "active", to: "suspended" } } });
  const verified = await world.db.reader.execute<{ chain: { verified: boolean } }>(
    sql`select ops.verify_audit(${person.recruiterId}::uuid) as chain`,
  );
  expect(verified.rows[0]?.chain.verified).toBe(true);
});
