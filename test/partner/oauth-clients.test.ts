import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { oauthGrants } from "#db/schema/api.ts";
import { hashToken } from "#domain/credentials/token.ts";
import { marketplace, type Marketplace, type Person } from "../api.ts";
import { managementOf } from "./management.ts";

let world: Marketplace;
let admin: Person;
let anna: Person;
let rosa: Person & { recruiterId: string };
let management: ReturnType<typeof managementOf>;

beforeAll(async () => {
  world = await marketplace();
  management = managementOf(world);
  admin = await world.platformAdmin();
  anna = await world.member(await world.company());
  rosa = await world.recruiter("Rosa");
});

const URI = "https://app.example/callback";
const change = (id: string, body: unknown, who: Person = anna) => management.call(who, "PATCH", `/oauth-clients/${id}`, body);

/** An approved client of Anna's company, and what Rosa lets it do. */
async function approved(fields: Record<string, unknown> = {}) {
  const client = await management.newClient(anna, fields);
  await management.decide(admin, client.id, "approve");
  return { ...client, grant: await management.grantOf(client.id, rosa, rosa.recruiterId) };
}

describe("a new client", () => {
  it("waits for approval, and a confidential one is told its secret once", async () => {
    const client = await management.newClient(anna);
    expect(client).toMatchObject({ status: "pending", auth_method: "client_secret_basic", redirect_uris: [URI] });
    expect(client.client_secret).toMatch(/^snc_test_/);
    expect(client.client_secret?.slice(9, 25)).toBe(client.client_id);
    const [listed] = (await management.call(anna, "GET", "/oauth-clients?limit=1&status=pending")).body.data;
    expect(listed).toEqual({ ...listed, id: client.id, secret_last4: client.client_secret?.slice(-4) });
    expect(listed).not.toHaveProperty("client_secret");
    expect((await management.clientRow(client.id)).secretHash).toBe(await hashToken(client.client_secret ?? ""));
  });

  it("that is public has no secret to be told or rotated", async () => {
    const client = await management.newClient(anna, { type: "public", allowed_origins: ["https://app.example"] });
    expect(client).toMatchObject({ client_secret: null, auth_method: "none", allowed_origins: ["https://app.example"] });
    const answer = await management.call(anna, "POST", `/oauth-clients/${client.id}/rotate-secret`, {});
    expect([answer.status, answer.body.code]).toEqual([409, "conflict"]);
  });

  it.each([
    ["an http address", { redirect_uris: [URI, "http://app.example/"] }, 422, "/redirect_uris/1"],
    ["a fragment", { redirect_uris: [`${URI}#here`] }, 422, "/redirect_uris/0"],
    ["a wildcard", { redirect_uris: ["https://*.app.example/"] }, 422, "/redirect_uris/0"],
    ["an origin it has no use for", { allowed_origins: ["https://app.example"] }, 422, "/allowed_origins"],
    ["a method of public ones", { auth_method: "none" }, 422, "/auth_method"],
    ["a scope of another role type", { scopes: ["read:payouts"] }, 422, "/scopes"],
    ["the audit on this plan", { scopes: ["read:audit"] }, 403, undefined],
    ["no network", { ip_allowlist: ["office"] }, 422, "/ip_allowlist/0"],
    ["a name that turns the text around", { name: "Splits \u202ekrowteN" }, 422, "/name"],
  ])("is refused with %s", async (_, wrong, status, pointer) => {
    const body = { name: "App", type: "confidential", redirect_uris: [URI], scopes: ["read:roles"], ...wrong };
    const answer = await management.call(anna, "POST", "/oauth-clients", body);
    expect([answer.status, answer.body.errors?.[0].pointer]).toEqual([status, pointer]);
  });

  it("of another account is not there", async () => {
    const client = await management.newClient(anna);
    for (const who of [rosa, await world.member(await world.company("Rival"))]) {
      const answers = await Promise.all([
        change(client.id, { name: "Mine" }, who),
        management.call(who, "DELETE", `/oauth-clients/${client.id}`),
        management.call(who, "POST", `/oauth-clients/${client.id}/rotate-secret`, {}),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
      expect((await management.call(who, "GET", "/oauth-clients")).body.data).toEqual([]);
    }
  });
});

describe("a change of an approved client", () => {
  it("that asks for no more is approved already, and counts from the grant's next request on", async () => {
    const { id, grant } = await approved({ redirect_uris: [URI, `${URI}2`] });
    const me = async () => (await management.call(grant, "GET", "/me")).body.data?.credential.scopes;
    expect(await me()).toEqual(["read:roles", "read:candidates"]);
    const narrowed = await change(id, { scopes: ["read:candidates"], redirect_uris: [URI] });
    expect(narrowed.body.data).toMatchObject({ status: "approved", scopes: ["read:candidates"], redirect_uris: [URI] });
    expect(await me()).toEqual(["read:candidates"]);
    await change(id, { ip_allowlist: ["203.0.113.0/24"] });
    expect(await management.tried(grant.token)).toBe("ip_not_allowed");
  });

  it.each([
    ["scope", { scopes: ["read:roles", "read:candidates", "write:updates"] }],
    ["redirect URI", { redirect_uris: [URI, "https://other.example/"] }],
    ["name", { name: "Your bank" }],
  ])("that asks for another %s waits for approval again, and its grants with it", async (_, body) => {
    const { id, grant } = await approved();
    expect(await management.tried(grant.token)).toBe(200);
    expect((await change(id, body)).body.data).toMatchObject({ status: "pending", approved_at: null });
    expect(await management.tried(grant.token)).toBe("credential_suspended");
    await management.decide(admin, id, "approve");
    expect(await management.tried(grant.token)).toBe(200);
  });

  it("to another origin waits as well", async () => {
    const { id } = await approved({ type: "public" });
    expect((await change(id, { allowed_origins: ["https://app.example"] })).body.data.status).toBe("pending");
  });

  it("is refused where it breaks a rule, and with it nothing is changed", async () => {
    const { id } = await approved();
    expect((await change(id, { name: "New", redirect_uris: ["http://app.example/"] })).status).toBe(422);
    expect((await change(id, { type: "public" })).body.errors[0].pointer).toBe("/type");
    expect((await change(id, { scopes: ["read:payouts"] })).status).toBe(422);
    expect(await management.clientRow(id)).toMatchObject({ name: "Companion", status: "approved" });
  });
});

describe("the secret of a client", () => {
  it("is rotated as a key's is", async () => {
    const client = await management.newClient(anna);
    const rotated = await management.call(anna, "POST", `/oauth-clients/${client.id}/rotate-secret`, { grace_seconds: 60 });
    expect(rotated.body.data.client_secret.slice(0, 26)).toBe(client.client_secret?.slice(0, 26));
    const row = await management.clientRow(client.id);
    expect(row).toMatchObject({
      secretHash: await hashToken(rotated.body.data.client_secret),
      prevSecretHash: await hashToken(client.client_secret ?? ""),
    });
    expect(row.prevSecretExpiresAt!.getTime() - row.updatedAt.getTime()).toBe(60_000);
  });
});

describe("the end of a client", () => {
  it("ends every grant of it from the next request on", async () => {
    const { id, grant } = await approved();
    expect(await management.tried(grant.token)).toBe(200);
    const answer = await management.call(anna, "DELETE", `/oauth-clients/${id}`);
    expect([answer.status, answer.body.data]).toEqual([200, { id, deleted: true }]);
    expect(await management.tried(grant.token)).toBe("revoked_credential");
    const [row] = await world.db.reader.select().from(oauthGrants).where(eq(oauthGrants.id, grant.id));
    expect(row).toMatchObject({ status: "revoked", revokedReason: "client_deleted", version: 2 });
    expect((await management.call(anna, "DELETE", `/oauth-clients/${id}`)).status).toBe(404);
  });

  it("is a platform admin's, for a while: suspended, its grants stop; it cannot ask for more", async () => {
    const { id, grant } = await approved();
    const act = (verb: string) => management.call(admin, "POST", `/oauth-clients/${id}/${verb}`, { reason: "phishing" });
    expect(await management.tried(grant.token)).toBe(200);
    expect((await act("suspend")).body.data).toMatchObject({ status: "suspended", status_reason: "phishing" });
    expect(await management.tried(grant.token)).toBe("credential_suspended");
    const more = await change(id, { scopes: ["read:roles", "read:candidates", "write:updates"] });
    expect([more.status, more.body.code]).toEqual([409, "invalid_transition"]);
    expect((await change(id, { redirect_uris: [URI] })).body.data.status).toBe("suspended");
    expect((await act("unsuspend")).body.data.status).toBe("approved");
    expect(await management.tried(grant.token)).toBe(200);
    const told = (await management.noticesAbout(id)).filter(({ who, channel }) => who === anna.userId && channel === "email");
    expect(told.map(({ type }) => type)).toEqual(["api_access.decided", "api_credential.suspended", "api_credential.unsuspended"]);
  });

  it("holds against a grant that is changed at the same moment", async () => {
    const { id, grant } = await approved();
    const suspend = () => management.call(admin, "POST", `/oauth-clients/${id}/suspend`, { reason: "race" });
    const answers = await Promise.all([suspend(), change(id, { ip_allowlist: ["198.51.100.0/24"] }), suspend()]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 409]);
    expect(await management.tried(grant.token)).toBe("credential_suspended");
    expect((await management.clientRow(id)).ipAllowlist).toEqual(["198.51.100.0/24"]);
  });
});
