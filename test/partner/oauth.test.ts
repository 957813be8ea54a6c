import { and, eq, isNull, sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { accounts, oauthClients, oauthCodes, oauthGrants, oauthTokens } from "#db/schema/api.ts";
import { auditEvents } from "#db/schema/audit.ts";
import { hashToken } from "#domain/credentials/token.ts";
import { credentialTokensOf } from "#workers/credential-tokens.ts";
import { marketplace, type Marketplace, type Person } from "../api.ts";
import { type Client, type ClientFields, clientOf } from "./clients.ts";
import { consented, VERIFIER } from "./consents.ts";
import { type Connection, PEERS, refusalOf, type Tokens } from "./oauth-peers.ts";
import { fetchOf } from "./worker-fetch.ts";

let world: Marketplace;
let rosa: Person & { recruiterId: string };

beforeAll(async () => {
  world = await marketplace();
  rosa = await world.recruiter("Rosa");
});

const client = (fields: ClientFields = {}) => clientOf(world, rosa.recruiterId, rosa, fields);
const back = (to: Client, asked: Parameters<typeof consented>[4] = {}) => consented(world, rosa, rosa.recruiterId, to, asked);
/** What the API says to a token. */
const me = async (token: string) => {
  const answer = await fetchOf(world)(`${world.env.API_ORIGIN}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
  return { status: answer.status, body: (await answer.json()) as any };
};
/** A request to a token endpoint as no library would send it. */
const post = async (path: string, form: Record<string, string>, headers: Record<string, string> = {}) => {
  const answer = await fetchOf(world, headers)(`${world.env.API_ORIGIN}/oauth/${path}`, {
    method: "POST",
    body: new URLSearchParams(form),
  });
  return {
    status: answer.status,
    headers: answer.headers,
    body: (await answer.json().catch(() => null)) as Record<string, unknown> | null,
  };
};
const grantsOf = ({ id }: Client) => world.db.reader.select().from(oauthGrants).where(eq(oauthGrants.clientId, id));
const actions = async (grantId: string) =>
  (await world.db.reader.select({ action: auditEvents.action }).from(auditEvents).where(eq(auditEvents.subjectId, grantId))).map(
    ({ action }) => action,
  );

// before the others: it forgets what they leave behind
describe("the night", () => {
  it("forgets the stored replies at once, codes and tokens a month after their end", async () => {
    const of = await client();
    const connection = await (PEERS[0] as (typeof PEERS)[0]).connect(world.env.API_ORIGIN, of, fetchOf(world));
    const tokens = await connection.redeem(await back(of), { verifier: VERIFIER });
    await connection.refresh(tokens.refresh_token ?? "");
    const [grant] = await grantsOf(of);
    const rows = () =>
      world.db.reader
        .select()
        .from(oauthTokens)
        .where(eq(oauthTokens.grantId, grant?.id ?? ""));
    expect((await rows()).filter(({ replayReplyEnc }) => replayReplyEnc !== null)).toHaveLength(1);
    await world.advance(31);
    await world.cron("10 3 * * *");
    expect((await rows()).filter(({ replayReplyEnc }) => replayReplyEnc !== null)).toEqual([]);
    expect(await rows()).toHaveLength(4);
    await world.advance(31 * 86_400);
    await world.cron("10 3 * * *");
    expect((await rows()).map(({ kind }) => kind)).toEqual(["refresh", "refresh"]);
    expect(
      await world.db.reader
        .select()
        .from(oauthCodes)
        .where(eq(oauthCodes.grantId, grant?.id ?? "")),
    ).toEqual([]);
  });
});

describe.each(PEERS)("$name", (peer) => {
  const connect = (to: Client): Promise<Connection> => peer.connect(world.env.API_ORIGIN, to, fetchOf(world));
  /** A new client, a connection to it, and the tokens of one sign-in. */
  async function signedIn(
    fields: ClientFields = {},
    scope?: string,
  ): Promise<{ of: Client; connection: Connection; tokens: Tokens & { refresh_token: string } }> {
    const of = await client(fields);
    const connection = await connect(of);
    const tokens = await connection.redeem(await back(of, scope === undefined ? {} : { scope }), { verifier: VERIFIER });
    return { of, connection, tokens: tokens as Tokens & { refresh_token: string } };
  }

  describe("the code", () => {
    it.each(["client_secret_basic", "client_secret_post", "none"] as const)("is exchanged for tokens with %s", async (authMethod) => {
      const of = await client({ authMethod });
      const connection = await connect(of);
      const callback = await back(of, { scope: "read:roles write:submissions", state: "s-1" });
      const tokens = await connection.redeem(callback, { verifier: VERIFIER, state: "s-1" });
      expect(tokens).toMatchObject({ token_type: "bearer", expires_in: 3_600, scope: "read:roles write:submissions" });
      expect(tokens.access_token).toMatch(/^sna_test_/);
      expect(tokens.refresh_token).toMatch(/^snr_test_/);
      const answer = await me(tokens.access_token);
      expect(answer.body.data).toMatchObject({
        user_id: rosa.userId,
        account: { id: rosa.recruiterId },
        credential: { kind: "grant", scopes: ["read:roles", "write:submissions"] },
      });
    });

    it("answers with one `iss`, which the client checks", async () => {
      const of = await client();
      const connection = await connect(of);
      const callback = await back(of);
      expect(callback.searchParams.getAll("iss")).toEqual([world.env.API_ORIGIN]);
      const elsewhere = new URL(callback);
      elsewhere.searchParams.set("iss", "https://elsewhere.example");
      await expect(connection.redeem(elsewhere, { verifier: VERIFIER })).rejects.toThrow();
      await expect(connection.redeem(callback, { verifier: VERIFIER })).resolves.toMatchObject({ token_type: "bearer" });
    });

    it("with a wrong verifier is consumed", async () => {
      const of = await client();
      const connection = await connect(of);
      const callback = await back(of);
      expect(await refusalOf(connection.redeem(callback, { verifier: "a".repeat(43) }))).toBe("invalid_grant");
      expect(await refusalOf(connection.redeem(callback, { verifier: VERIFIER }))).toBe("invalid_grant");
    });

    it("with a wrong redirect_uri stays usable", async () => {
      const of = await client({ redirectUris: ["https://client.example/callback", "https://client.example/other"] });
      const connection = await connect(of);
      const callback = await back(of);
      const elsewhere = new URL(`https://client.example/other${callback.search}`);
      expect(await refusalOf(connection.redeem(elsewhere, { verifier: VERIFIER }))).toBe("invalid_grant");
      expect(await refusalOf(connection.redeem(callback, { verifier: VERIFIER }))).toBe("accepted");
    });

    it("with a wrong secret or another client stays usable", async () => {
      const of = await client();
      const callback = await back(of);
      const other = await client();
      const impostor = await connect({ ...of, secret: other.secret });
      expect(await refusalOf(impostor.redeem(callback, { verifier: VERIFIER }))).toBe("invalid_client");
      expect(await refusalOf((await connect(other)).redeem(callback, { verifier: VERIFIER }))).toBe("invalid_grant");
      expect(await refusalOf((await connect(of)).redeem(callback, { verifier: VERIFIER }))).toBe("accepted");
    });

    it("that comes twice ends the tokens it gave", async () => {
      const of = await client();
      const connection = await connect(of);
      const callback = await back(of);
      const tokens = await connection.redeem(callback, { verifier: VERIFIER });
      expect((await me(tokens.access_token)).status).toBe(200);
      expect(await refusalOf(connection.redeem(callback, { verifier: VERIFIER }))).toBe("invalid_grant");
      expect((await me(tokens.access_token)).status).toBe(401);
      expect(await refusalOf(connection.refresh(tokens.refresh_token ?? ""))).toBe("invalid_grant");
      const [grant] = await grantsOf(of);
      expect(await actions(grant?.id ?? "")).toContain("oauth.code_replayed");
      expect(grant?.status).toBe("active");
    });

    it("is over after a minute", async () => {
      const of = await client();
      const connection = await connect(of);
      const callback = await back(of);
      await world.advance(61);
      expect(await refusalOf(connection.redeem(callback, { verifier: VERIFIER }))).toBe("invalid_grant");
    });
  });

  describe("the refresh token", () => {
    it("rotates, and the next pair opens as much", async () => {
      const { connection, tokens } = await signedIn({}, "read:roles");
      const next = await connection.refresh(tokens.refresh_token);
      expect(next.refresh_token).not.toBe(tokens.refresh_token);
      expect(next.scope).toBe("read:roles");
      expect((await me(next.access_token)).status).toBe(200);
      expect((await me(tokens.access_token)).status).toBe(200);
    });

    it("narrows the access token, and never widens it", async () => {
      const { connection, tokens } = await signedIn({}, "read:roles read:candidates");
      const narrow = await connection.refresh(tokens.refresh_token, "read:roles");
      expect(narrow.scope).toBe("read:roles");
      expect((await me(narrow.access_token)).body.data.credential.scopes).toEqual(["read:roles"]);
      expect(await refusalOf(connection.refresh(narrow.refresh_token ?? "", "read:roles write:submissions"))).toBe("invalid_scope");
      const wide = await connection.refresh(narrow.refresh_token ?? "");
      expect(wide.scope).toBe("read:roles read:candidates");
    });

    it("eight at the same time: one rotation, eight identical replies", async () => {
      const { of, connection, tokens } = await signedIn();
      const replies = await Promise.all(Array.from({ length: 8 }, () => connection.refresh(tokens.refresh_token)));
      expect(new Set(replies.map(({ access_token: access }) => access)).size).toBe(1);
      expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
      const [grant] = await grantsOf(of);
      const rows = await world.db.reader
        .select()
        .from(oauthTokens)
        .where(eq(oauthTokens.grantId, grant?.id ?? ""));
      expect(rows.filter(({ kind, generation }) => kind === "refresh" && generation === 1)).toHaveLength(1);
      expect(rows).toHaveLength(4);
    });

    it("a copy that comes after the grace ends the family, the second time within a day the grant", async () => {
      const { of, connection, tokens } = await signedIn();
      const other = await connection.redeem(await back(of), { verifier: VERIFIER });
      const next = await connection.refresh(tokens.refresh_token);
      await world.advance(29);
      expect((await connection.refresh(tokens.refresh_token)).access_token).toBe(next.access_token);
      await world.advance(3);
      expect(await refusalOf(connection.refresh(tokens.refresh_token))).toBe("invalid_grant");
      expect((await me(next.access_token)).status).toBe(401);
      expect(await refusalOf(connection.refresh(next.refresh_token ?? ""))).toBe("invalid_grant");
      expect((await me(other.access_token)).status).toBe(200);
      const [once] = await grantsOf(of);
      expect(once?.status).toBe("active");
      expect(await actions(once?.id ?? "")).toContain("oauth.reuse_detected");

      await connection.refresh(other.refresh_token ?? "");
      await world.advance(31);
      expect(await refusalOf(connection.refresh(other.refresh_token ?? ""))).toBe("invalid_grant");
      expect((await grantsOf(of))[0]).toMatchObject({ status: "revoked", revokedReason: "reuse_detected" });
      expect((await me(other.access_token)).status).toBe(401);
    });

    it("of another client opens nothing and stays as it is", async () => {
      const { of, connection, tokens } = await signedIn();
      const stranger = await connect(await client());
      expect(await refusalOf(stranger.refresh(tokens.refresh_token))).toBe("invalid_grant");
      expect(await refusalOf(connection.refresh(tokens.refresh_token))).toBe("accepted");
      const [grant] = await grantsOf(of);
      expect(await actions(grant?.id ?? "")).toContain("oauth.foreign_token_refused");
    });

    it("lives 30 days idle and 180 in all", async () => {
      const { connection, tokens } = await signedIn();
      let token = tokens.refresh_token;
      for (let month = 0; month < 6; month++) {
        await world.advance(29.9 * 86_400);
        token = (await connection.refresh(token)).refresh_token ?? "";
      }
      await world.advance(0.7 * 86_400); // 180.1 days
      expect(await refusalOf(connection.refresh(token))).toBe("invalid_grant");

      const idle = await signedIn();
      await world.advance(30 * 86_400 + 1);
      expect(await refusalOf(idle.connection.refresh(idle.tokens.refresh_token))).toBe("invalid_grant");
    });
  });

  describe("client credentials", () => {
    it("act as the client's owner within the owner account, without a refresh token", async () => {
      const connection = await connect(await client({ scopes: ["read:roles", "read:payouts"] }));
      const tokens = await connection.credentials("read:roles");
      expect(tokens.refresh_token).toBeUndefined();
      expect((await me(tokens.access_token)).body.data).toMatchObject({
        user_id: rosa.userId,
        account: { id: rosa.recruiterId },
        credential: { kind: "grant", scopes: ["read:roles"] },
      });
      expect((await connection.credentials()).scope).toBe("read:roles read:payouts");
      expect(await refusalOf(connection.credentials("write:submissions"))).toBe("invalid_scope");
      expect(await refusalOf(connection.credentials("read:everything"))).toBe("invalid_scope");
    });

    it("share one grant, however often and at the same time they are asked", async () => {
      const of = await client();
      const connection = await connect(of);
      const all = await Promise.all([1, 2, 3].map(() => connection.credentials("read:roles")));
      for (const { access_token: token } of all) expect((await me(token)).status).toBe(200);
      expect(await grantsOf(of)).toHaveLength(1);
    });

    it("are not for public clients", async () => {
      const connection = await connect(await client({ authMethod: "none" }));
      expect(await refusalOf(connection.credentials())).toBe("unauthorized_client");
    });
  });

  describe("revocation", () => {
    it("of a refresh token ends its family and no other, from the next request on", async () => {
      const { of, connection, tokens } = await signedIn();
      const other = await connection.redeem(await back(of), { verifier: VERIFIER });
      const next = await connection.refresh(tokens.refresh_token);
      for (const token of [tokens.access_token, next.access_token, other.access_token]) expect((await me(token)).status).toBe(200);
      await connection.revoke(next.refresh_token ?? "");
      for (const token of [tokens.access_token, next.access_token]) expect((await me(token)).body.code).toBe("invalid_token");
      expect((await me(other.access_token)).status).toBe(200);
      expect(await refusalOf(connection.refresh(next.refresh_token ?? ""))).toBe("invalid_grant");
    });

    it("of an access token ends only itself", async () => {
      const { connection, tokens } = await signedIn();
      expect((await me(tokens.access_token)).status).toBe(200);
      await connection.revoke(tokens.access_token);
      await connection.revoke(tokens.access_token);
      expect((await me(tokens.access_token)).status).toBe(401);
      expect(await refusalOf(connection.refresh(tokens.refresh_token))).toBe("accepted");
    });

    it("of what is unknown or another client's answers well and changes nothing", async () => {
      const { connection, tokens } = await signedIn();
      const stranger = await connect(await client());
      await stranger.revoke("nothing");
      await stranger.revoke(tokens.access_token);
      await stranger.revoke(tokens.refresh_token);
      expect((await me(tokens.access_token)).status).toBe(200);
      expect(await refusalOf(connection.refresh(tokens.refresh_token))).toBe("accepted");
    });
  });

  describe("introspection", () => {
    it("tells a client of its own tokens only, and of what they are now", async () => {
      const { of, connection, tokens } = await signedIn({}, "read:roles");
      expect(await connection.introspect(tokens.access_token)).toMatchObject({ active: true, scope: "read:roles", client_id: of.clientId });
      expect((await connection.introspect(tokens.refresh_token)).active).toBe(true);
      expect(await (await connect(await client())).introspect(tokens.access_token)).toEqual({ active: false });
      expect(await connection.introspect("nothing")).toEqual({ active: false });
      await connection.revoke(tokens.refresh_token);
      expect(await connection.introspect(tokens.access_token)).toEqual({ active: false });
    });

    it("is not for public clients", async () => {
      const { connection, tokens } = await signedIn({ authMethod: "none" });
      expect(await refusalOf(connection.introspect(tokens.access_token))).toBe("unauthorized_client");
    });
  });

  describe("the client", () => {
    it("is held to its registered method", async () => {
      const [basic, form, open] = [
        await client(),
        await client({ authMethod: "client_secret_post" }),
        await client({ authMethod: "none" }),
      ];
      const wrong: Client[] = [
        { ...basic, method: "client_secret_post" },
        { ...basic, method: "none", secret: null },
        { ...form, method: "client_secret_basic" },
        { ...open, method: "client_secret_post", secret: basic.secret },
      ];
      for (const each of wrong) expect(await refusalOf((await connect(each)).credentials())).toBe("invalid_client");
    });

    it("keeps its old secret through the grace of a rotation", async () => {
      const of = await client();
      const fresh = await credentialTokensOf(world.env).mint("snc", of.clientId.slice(0, 10));
      const [row] = await world.db.reader.select().from(oauthClients).where(eq(oauthClients.id, of.id));
      await world.db.writer
        .update(oauthClients)
        .set({
          secretHash: await hashToken(fresh.text),
          prevSecretHash: row?.secretHash ?? null,
          prevSecretExpiresAt: sql`ops.now() + interval '1 hour'` as never,
        })
        .where(eq(oauthClients.id, of.id));
      const [old, renewed] = [await connect(of), await connect({ ...of, secret: fresh.text })];
      expect(await refusalOf(old.credentials())).toBe("accepted");
      expect(await refusalOf(renewed.credentials())).toBe("accepted");
      await world.advance(3_601);
      expect(await refusalOf(old.credentials())).toBe("invalid_client");
      expect(await refusalOf(renewed.credentials())).toBe("accepted");
    });

    it.each([
      ["pending", "unauthorized_client"],
      ["suspended", "unauthorized_client"],
      ["rejected", "invalid_client"],
      ["deleted", "invalid_client"],
    ] as const)("that is %s gets nothing", async (status, word) => {
      expect(await refusalOf((await connect(await client({ status }))).credentials())).toBe(word);
    });

    it("may come from its networks only", async () => {
      const of = await client({ ipAllowlist: ["203.0.113.0/24"] });
      const from = (ip: string) => peer.connect(world.env.API_ORIGIN, of, fetchOf(world, { "cf-connecting-ip": ip }));
      expect(await refusalOf((await from("203.0.113.9")).credentials())).toBe("accepted");
      expect(await refusalOf((await from("203.0.114.9")).credentials())).toBe("invalid_client");
    });
  });
});

describe("a grant", () => {
  const connect = (to: Client) => (PEERS[0] as (typeof PEERS)[0]).connect(world.env.API_ORIGIN, to, fetchOf(world));

  it("holds ten families; an eleventh ends the oldest", async () => {
    const of = await client();
    const connection = await connect(of);
    const families: Tokens[] = [];
    for (let count = 0; count < 11; count++) {
      families.push(await connection.redeem(await back(of), { verifier: VERIFIER }));
      await world.advance(1);
    }
    expect((await me(families[0]?.access_token ?? "")).status).toBe(401);
    expect(await refusalOf(connection.refresh(families[0]?.refresh_token ?? ""))).toBe("invalid_grant");
    for (const { access_token: token } of families.slice(1)) expect((await me(token)).status).toBe(200);
  });

  it("of a person who was deactivated dies, and stays dead", async () => {
    const person = await world.recruiter("Leaver");
    const admin = await world.platformAdmin();
    const of = await client();
    const connection = await connect(of);
    const tokens = await connection.redeem(await consented(world, person, person.recruiterId, of), { verifier: VERIFIER });
    expect((await me(tokens.access_token)).status).toBe(200);
    const left = await world.call("PATCH", `users/${person.userId}`, { as: admin, body: { status: "deactivated", reason: "left" } });
    expect(left.status).toBe(200);
    expect((await me(tokens.access_token)).body.code).toBe("revoked_credential");
    expect(await refusalOf(connection.refresh(tokens.refresh_token ?? ""))).toBe("invalid_grant");
    await world.drain();
    expect((await grantsOf(of))[0]).toMatchObject({ status: "revoked", revokedReason: "person_deactivated" });
    await world.call("PATCH", `users/${person.userId}`, { as: admin, body: { status: "active", reason: "is back" } });
    expect((await me(tokens.access_token)).status).toBe(401);
  });

  it("of a suspended account gives nothing", async () => {
    const person = await world.recruiter("Suspended");
    const of = await client();
    const connection = await connect(of);
    const tokens = await connection.redeem(await consented(world, person, person.recruiterId, of), { verifier: VERIFIER });
    await world.db.writer.update(accounts).set({ status: "suspended" }).where(eq(accounts.id, person.recruiterId));
    expect((await me(tokens.access_token)).body.code).toBe("credential_suspended");
    expect(await refusalOf(connection.refresh(tokens.refresh_token ?? ""))).toBe("invalid_grant");
  });

  it("of a client that is suspended stops", async () => {
    const of = await client();
    const tokens = await (await connect(of)).redeem(await back(of), { verifier: VERIFIER });
    await world.db.writer.update(oauthClients).set({ status: "suspended" }).where(eq(oauthClients.id, of.id));
    expect((await me(tokens.access_token)).body.code).toBe("credential_suspended");
    expect(await refusalOf((await connect(of)).refresh(tokens.refresh_token ?? ""))).toBe("unauthorized_client");
  });

  it("tells the person by mail when a token of it was used twice", async () => {
    const person = await world.recruiter("Copied");
    const of = await client();
    const connection = await connect(of);
    const tokens = await connection.redeem(await consented(world, person, person.recruiterId, of), { verifier: VERIFIER });
    await connection.refresh(tokens.refresh_token ?? "");
    await world.advance(31);
    await world.drain();
    world.sent.mails.length = 0;
    expect(await refusalOf(connection.refresh(tokens.refresh_token ?? ""))).toBe("invalid_grant");
    await world.drain();
    expect(world.sent.mails).toHaveLength(1);
  });

  it("is listed to the account's owner and ended by them, from the next request on", async () => {
    const [acme, other] = [await world.company(), await world.company("Other")];
    const [admin, manager, stranger] = [await world.member(acme), await world.member(acme, "hiring_manager"), await world.member(other)];
    const of = await client();
    const connection = await connect(of);
    const tokens = await connection.redeem(await consented(world, manager, acme.id, of), { verifier: VERIFIER });
    expect((await me(tokens.access_token)).status).toBe(200);
    const list = await world.call("GET", "/api/v1/oauth-grants?status=active", { as: admin });
    expect(list.body.data).toMatchObject([{ client_id: of.clientId, user_id: manager.userId, account_id: acme.id, status: "active" }]);
    const [{ id }] = list.body.data;
    expect((await world.call("DELETE", `/api/v1/oauth-grants/${id}`, { as: stranger })).status).toBe(404);
    expect((await world.call("GET", "/api/v1/oauth-grants", { as: stranger })).body.data).toEqual([]);
    expect((await world.call("DELETE", `/api/v1/oauth-grants/${id}`, { as: { token: tokens.access_token } })).status).toBe(403);
    const ended = await world.call("DELETE", `/api/v1/oauth-grants/${id}`, { as: admin });
    expect([ended.status, ended.body.data.status, ended.body.data.revoked_reason]).toEqual([200, "revoked", "by_account"]);
    expect((await world.call("DELETE", `/api/v1/oauth-grants/${id}`, { as: admin })).body.data.version).toBe(ended.body.data.version);
    expect((await me(tokens.access_token)).status).toBe(401);
    expect(await refusalOf(connection.refresh(tokens.refresh_token ?? ""))).toBe("invalid_grant");
    const alive = await world.db.reader
      .select()
      .from(oauthTokens)
      .where(and(eq(oauthTokens.grantId, id as string), isNull(oauthTokens.revokedAt)));
    expect(alive).toEqual([]);
  });

  it("lets no token in that is told to its object after it was revoked", async () => {
    const of = await client();
    const tokens = await (await connect(of)).redeem(await back(of), { verifier: VERIFIER });
    const [grant] = await grantsOf(of);
    const owner = world.env.CREDENTIALS.getByName(`grant:${grant?.publicId.slice(0, 10)}`);
    const hash = await hashToken(tokens.access_token);
    await world.call("DELETE", `/api/v1/oauth-grants/${grant?.id}`, { as: rosa });
    await owner.addAccessToken({ hash, expiresAt: 4_102_444_800, scopes: ["read:roles"], familyId: "late" }, grant?.version ?? 0);
    expect((await me(tokens.access_token)).status).toBe(401);
  });
});

describe("a token request", () => {
  const basic = ({ clientId, secret }: Client) => ({ authorization: `Basic ${btoa(`${clientId}:${secret}`)}` });

  it("answers in the words of RFC 6749 §5.2, never to be stored", async () => {
    const of = await client();
    const cases: [Record<string, string>, number, string][] = [
      [{}, 400, "invalid_request"],
      [{ grant_type: "password", username: "a", password: "b" }, 400, "unsupported_grant_type"],
      [{ grant_type: "authorization_code", code: "x", redirect_uri: of.redirectUri }, 400, "invalid_request"],
      [{ grant_type: "authorization_code", code: "x", redirect_uri: of.redirectUri, code_verifier: VERIFIER }, 400, "invalid_grant"],
      [{ grant_type: "refresh_token", refresh_token: "x" }, 400, "invalid_grant"],
      [{ grant_type: "client_credentials", scope: "read:everything" }, 400, "invalid_scope"],
    ];
    for (const [form, status, word] of cases) {
      const answer = await post("token", form, basic(of));
      expect([answer.status, answer.body?.["error"]]).toEqual([status, word]);
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(answer.headers.get("content-type")).toContain("application/json");
    }
    const good = await post("token", { grant_type: "client_credentials" }, basic(of));
    expect([good.status, good.headers.get("cache-control"), good.body?.["token_type"]]).toEqual([200, "no-store", "Bearer"]);
  });

  it("of nobody, or with a wrong secret, is 401, with a challenge to whoever used HTTP Basic", async () => {
    const of = await client();
    const wrong = await post("token", { grant_type: "client_credentials" }, basic({ ...of, secret: "wrong" }));
    expect([wrong.status, wrong.body?.["error"], wrong.headers.get("www-authenticate")]).toEqual([
      401,
      "invalid_client",
      'Basic realm="oauth"',
    ]);
    expect((await post("token", { grant_type: "client_credentials" })).status).toBe(401);
    const invented = await post("token", { grant_type: "client_credentials", client_id: "A".repeat(16) });
    expect([invented.status, invented.body?.["error"]]).toEqual([401, "invalid_client"]);
    expect(await world.database.counts(invented.headers.get("x-request-id") ?? "")).toEqual({ round_trips: 0, statements: 0 });
  });

  it("that shows its client twice, repeats a parameter, or is no form is refused", async () => {
    const of = await client();
    const twice = await post(
      "token",
      { grant_type: "client_credentials", client_id: of.clientId, client_secret: of.secret ?? "" },
      basic(of),
    );
    expect([twice.status, twice.body?.["error"]]).toEqual([400, "invalid_request"]);
    const send = async (body: string, type: string) => {
      const answer = await fetchOf(world, basic(of))(`${world.env.API_ORIGIN}/oauth/token`, {
        method: "POST",
        body,
        headers: { "content-type": type },
      });
      return ((await answer.json()) as { error: string }).error;
    };
    expect(await send("grant_type=client_credentials&grant_type=client_credentials", "application/x-www-form-urlencoded")).toBe(
      "invalid_request",
    );
    expect(await send('{"grant_type":"client_credentials"}', "application/json")).toBe("invalid_request");
  });

  it("that fails for the eleventh time from an address, or the 31st of a client, within a minute is told to wait", async () => {
    const of = await client();
    const fail = (ip: string) =>
      post("token", { grant_type: "refresh_token", refresh_token: "x" }, { ...basic(of), "cf-connecting-ip": ip });
    const first = [];
    for (let count = 0; count < 11; count++) first.push(await fail("198.51.100.77"));
    expect(first.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 400), 429]);
    expect(first.at(-1)?.body).toEqual({ error: "temporarily_unavailable", error_description: "auth_throttled" });
    expect(first.at(-1)?.headers.get("retry-after")).toBe("60");
    const more = [];
    for (let count = 12; count <= 31; count++) more.push(await fail(`198.51.100.${100 + count}`));
    expect(more.map(({ status }) => status)).toEqual([...Array.from({ length: 19 }, () => 400), 429]);
    expect((await post("token", { grant_type: "client_credentials" }, { ...basic(of), "cf-connecting-ip": "198.51.100.77" })).status).toBe(
      200,
    );
  });

  it("takes one trip to read and one to write", async () => {
    const of = await client();
    const redeemed = await post(
      "token",
      {
        grant_type: "authorization_code",
        code: (await back(of)).searchParams.get("code") ?? "",
        redirect_uri: of.redirectUri,
        code_verifier: VERIFIER,
      },
      basic(of),
    );
    const refreshed = await post(
      "token",
      { grant_type: "refresh_token", refresh_token: String(redeemed.body?.["refresh_token"]) },
      basic(of),
    );
    for (const { headers } of [redeemed, refreshed]) {
      expect((await world.database.counts(headers.get("x-request-id") ?? "")).round_trips).toBe(2);
    }
  });

  it("keeps neither a token nor a code as it is", async () => {
    const of = await client();
    const callback = await back(of);
    const tokens = await (
      await (PEERS[0] as (typeof PEERS)[0]).connect(world.env.API_ORIGIN, of, fetchOf(world))
    ).redeem(callback, {
      verifier: VERIFIER,
    });
    await post("token", { grant_type: "refresh_token", refresh_token: tokens.refresh_token ?? "" }, basic(of));
    const rows = JSON.stringify([await world.db.reader.select().from(oauthTokens), await world.db.reader.select().from(oauthCodes)]);
    for (const secret of [tokens.access_token, tokens.refresh_token ?? "", callback.searchParams.get("code") ?? ""]) {
      expect(rows).not.toContain(secret);
      expect(rows).toContain(await hashToken(secret));
    }
  });
});

describe("the metadata", () => {
  const get = (path: string) => world.call("GET", path);

  it("tells where everything is, and what is served", async () => {
    const { API_ORIGIN: issuer, CONSOLE_ORIGIN: console } = world.env;
    expect((await get("/.well-known/oauth-authorization-server")).body).toMatchObject({
      issuer,
      authorization_endpoint: `${console}/oauth/authorize`,
      token_endpoint: `${issuer}/oauth/token`,
      revocation_endpoint: `${issuer}/oauth/revoke`,
      introspection_endpoint: `${issuer}/oauth/introspect`,
      response_types_supported: ["code"],
      code_challenge_methods_supported: ["S256"],
      authorization_response_iss_parameter_supported: true,
      introspection_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
    });
  });

  it("is path-aware: of the API there is a resource, of other paths nothing", async () => {
    const issuer = world.env.API_ORIGIN;
    expect((await get("/.well-known/oauth-protected-resource")).body).toMatchObject({ resource: issuer, authorization_servers: [issuer] });
    expect((await get("/.well-known/oauth-protected-resource/api/v1")).body.resource).toBe(`${issuer}/api/v1`);
    expect((await get("/.well-known/oauth-protected-resource/elsewhere")).status).toBe(404);
    expect((await get("/.well-known/oauth-authorization-server/elsewhere")).status).toBe(404);
  });

  it("is what the challenge of the API leads to", async () => {
    const bare =
      (await world.call("GET", "/api/v1/me", { headers: { "cf-connecting-ip": "10.9.0.1" } })).headers.get("www-authenticate") ?? "";
    const [, address = ""] = /^Bearer resource_metadata="([^"]+)"$/.exec(bare) ?? [];
    expect((await get(new URL(address).pathname)).body.authorization_servers).toEqual([world.env.API_ORIGIN]);
  });
});

describe("a page of a public client", () => {
  const ORIGIN = "https://spa.example";

  it("may call from its registered origin, and read what its own token gets", async () => {
    const of = await client({ authMethod: "none", redirectUris: ["https://spa.example/callback"], allowedOrigins: [ORIGIN] });
    const other = await client({ authMethod: "none" });
    const preflight = (origin: string, path: string) =>
      world.call("OPTIONS", path, {
        headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization" },
      });
    for (const path of ["/oauth/token", "/api/v1/roles"]) {
      const open = await preflight(ORIGIN, path);
      expect([open.status, open.headers.get("access-control-allow-origin")]).toEqual([204, ORIGIN]);
      expect(open.headers.get("access-control-allow-headers")).toContain("Authorization");
      expect((await preflight("https://elsewhere.example", path)).headers.get("access-control-allow-origin")).toBeNull();
    }
    const fetchFrom = fetchOf(world, { origin: ORIGIN });
    const redeem = async (to: Client) =>
      fetchFrom(`${world.env.API_ORIGIN}/oauth/token`, {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "authorization_code",
          client_id: to.clientId,
          code: (await back(to)).searchParams.get("code") ?? "",
          redirect_uri: to.redirectUri,
          code_verifier: VERIFIER,
        }),
      });
    const own = await redeem(of);
    expect(own.headers.get("access-control-allow-origin")).toBe(ORIGIN);
    const foreign = await redeem(other);
    expect([foreign.status, foreign.headers.get("access-control-allow-origin")]).toEqual([200, null]);
    const read = async (answer: Response) =>
      (
        await fetchFrom(`${world.env.API_ORIGIN}/api/v1/me`, {
          headers: { authorization: `Bearer ${((await answer.json()) as Tokens).access_token}` },
        })
      ).headers;
    expect((await read(own)).get("access-control-allow-origin")).toBe(ORIGIN);
    expect((await read(foreign)).get("access-control-allow-origin")).toBeNull();
  });
});
