import { beforeAll, describe, expect, it } from "vitest";
import { marketplace, type Marketplace, type Person } from "../api.ts";
import { managementOf } from "./management.ts";

let world: Marketplace;
let admin: Person;
let second: Person;
let management: ReturnType<typeof managementOf>;

beforeAll(async () => {
  world = await marketplace();
  management = managementOf(world);
  admin = await world.platformAdmin();
  second = await world.platformAdmin();
});

const waiting = async (query = "") => (await management.call(admin, "GET", `/approvals${query}`)).body;

describe("the queue", () => {
  it("lists keys and clients of every account, newest first, page by page", async () => {
    const acme = await world.company("Acme");
    const [anna, rosa] = [await world.member(acme), await world.recruiter("Rosa")];
    const key = await management.newKey(anna);
    const client = await management.newClient(rosa, { scopes: ["read:payouts"] });
    const other = await management.newKey(rosa);

    const all = await waiting();
    expect(all.data.map(({ id }: { id: string }) => id)).toEqual([other.id, client.id, key.id]);
    expect(all.data[1]).toEqual({
      id: client.id,
      kind: "oauth_client",
      account: { id: rosa.recruiterId, kind: "recruiter", name: "Rosa" },
      requested_by: rosa.userId,
      name: "Companion",
      scopes: ["read:payouts"],
      redirect_uris: ["https://app.example/callback"],
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    expect(all.data[2]).toMatchObject({ kind: "api_key", account: { id: acme.id, kind: "company", name: "Acme" }, redirect_uris: [] });

    const pages = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const page = await waiting(`?limit=1${cursor && `&cursor=${cursor}`}`);
      pages.push(...page.data);
      cursor = page.pagination.next_cursor;
    }
    expect(pages).toEqual(all.data);

    const ids = async (query: string) => (await waiting(query)).data.map(({ id }: { id: string }) => id);
    expect(await ids("?kind=api_key")).toEqual([other.id, key.id]);
    expect(await ids(`?account_id=${acme.id}`)).toEqual([key.id]);
    expect(await ids("?account_kind=recruiter&kind=oauth_client")).toEqual([client.id]);
    expect((await waiting("?status=pending")).code).toBe("invalid_parameter");

    await management.decide(admin, client.id, "approve");
    await management.decide(admin, key.id, "reject", "no use case");
    expect(await ids("")).toEqual([other.id]);
  });

  it("is for platform admins, as such", async () => {
    const rosa = await world.recruiter("Rosa");
    const key = await management.newKey(rosa);
    expect((await management.call(rosa, "GET", "/approvals")).body.code).toBe("role_type_not_permitted");
    expect((await management.decide(rosa, key.id, "approve")).body.code).toBe("role_type_not_permitted");
    expect((await management.keyRow(key.id)).status).toBe("pending");
  });
});

describe("a decision", () => {
  it("is told to whoever made the credential, in the app and by mail, with the reason", async () => {
    const rosa = await world.recruiter("Rosa");
    const [good, bad] = [await management.newKey(rosa, { name: "Good" }), await management.newKey(rosa, { name: "Bad" })];
    await management.decide(admin, good.id, "approve");
    const rejected = await management.decide(admin, bad.id, "reject", "no use case");
    expect(rejected.body.data).toMatchObject({ status: "rejected", status_reason: "no use case", approved_at: null });
    const told = async (id: string) =>
      (await management.noticesAbout(id)).filter(({ who }) => who === rosa.userId).map(({ channel, text }) => [channel, text]);
    expect(await told(good.id)).toEqual([
      ["email", "“Good” may use the API now."],
      ["in_app", "“Good” may use the API now."],
    ]);
    expect(await told(bad.id)).toEqual([
      ["email", "“Bad” may not use the API. Reason given: no use case"],
      ["in_app", "“Bad” may not use the API. Reason given: no use case"],
    ]);
    expect(await management.tried(bad.token)).toBe("revoked_credential");
  });

  it("to reject has a reason", async () => {
    const key = await management.newKey(await world.recruiter("Rosa"));
    for (const reason of [undefined, null, " "]) {
      const answer = await management.call(admin, "POST", `/approvals/${key.id}`, { decision: "reject", reason });
      expect([answer.status, answer.body.errors?.[0].pointer]).toEqual([422, "/reason"]);
    }
  });

  it("is final", async () => {
    const rosa = await world.recruiter("Rosa");
    for (const made of [await management.newKey(rosa), await management.newClient(rosa)]) {
      expect((await management.decide(admin, made.id, "approve")).status).toBe(200);
      for (const decision of ["approve", "reject"] as const) {
        const again = await management.decide(second, made.id, decision, "on second thought");
        expect([again.status, again.body.code]).toEqual([409, "invalid_transition"]);
      }
    }
    expect((await management.decide(admin, crypto.randomUUID(), "approve")).status).toBe(404);
  });

  it("is another admin's about what an admin asked for; to reject it is anybody's", async () => {
    for (const [path, fields] of [
      ["/api-keys", { name: "Own", scopes: ["read:roles"] }],
      ["/oauth-clients", { name: "Own", type: "confidential", redirect_uris: [], scopes: ["read:roles"] }],
    ] as const) {
      const [first, other] = [await management.call(admin, "POST", path, fields), await management.call(admin, "POST", path, fields)];
      const refused = await management.decide(admin, first.body.data.id, "approve");
      expect([refused.status, refused.body.code, refused.body.reason]).toEqual([409, "conflict", "own_request"]);
      expect((await management.decide(second, first.body.data.id, "approve")).status).toBe(200);
      expect((await management.decide(admin, other.body.data.id, "reject", "no use for it")).status).toBe(200);
    }
  });

  it("is the only admin's own where there is no other", async () => {
    const alone = await marketplace();
    const of = managementOf(alone);
    const only = await alone.platformAdmin();
    const key = await of.newKey(only);
    expect((await of.decide(only, key.id, "approve")).status).toBe(200);
  });

  it("is one of two that come at the same moment", async () => {
    const rosa = await world.recruiter("Rosa");
    for (const made of [await management.newKey(rosa), await management.newClient(rosa)]) {
      const answers = await Promise.all([
        management.decide(admin, made.id, "approve"),
        management.decide(second, made.id, "reject", "no use case"),
      ]);
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
      const winner = answers.find(({ status }) => status === 200);
      const row = "token" in made ? await management.keyRow(made.id) : await management.clientRow(made.id);
      expect(row.status).toBe(winner?.body.data.status);
      expect(row.version).toBe(2);
    }
  });
});
