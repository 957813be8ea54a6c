import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Person } from "../people.ts";
import { type Client, type ClientFields, clientOf } from "../partner/clients.ts";
import { consented, VERIFIER } from "../partner/consents.ts";
import { type Fetch, PEERS, refusalOf } from "../partner/oauth-peers.ts";
import { LINK_KEY, PARTNER_KEYS, populated, type RunningWorker, startWorker } from "./worker.ts";

// Clients that others wrote, over HTTP against the Worker as it runs (PLATFORM §20.3).
let world: Awaited<ReturnType<typeof populated>>;
let worker: RunningWorker;
let rosa: Person & { recruiterId: string };
let address = 0;

beforeAll(async () => {
  world = await populated();
  worker = await startWorker({ databaseUrl: world.database.url });
  rosa = await world.recruiter("Rosa");
});
afterAll(() => worker?.stop());

/** Each call comes from an address of its own: failures are counted by it. */
const fetchFromAnywhere: Fetch = (url, init = {}) => {
  const headers = new Headers((init as RequestInit).headers);
  headers.set("cf-connecting-ip", `198.18.${Math.floor(++address / 250)}.${address % 250}`);
  return fetch(url, { ...init, headers });
};
const ground = () => ({ db: world.db, env: { ...PARTNER_KEYS, LINK_KEY, ENVIRONMENT: "development" as const, API_ORIGIN: worker.origin } });
const client = (fields: ClientFields = {}) => clientOf(ground(), rosa.recruiterId, rosa, fields);
const back = (to: Client) => consented(ground(), rosa, rosa.recruiterId, to, { scope: "read:roles", state: "s-1" });
const statusOf = async (token: string) =>
  (await fetchFromAnywhere(`${worker.origin}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } })).status;

describe.each(PEERS)("$name", (peer) => {
  it.each(["client_secret_basic", "client_secret_post", "none"] as const)(
    "finds the server, signs in, refreshes and signs out with %s",
    async (authMethod) => {
      const of = await client({ authMethod });
      const connection = await peer.connect(worker.origin, of, fetchFromAnywhere);
      const tokens = await connection.redeem(await back(of), { verifier: VERIFIER, state: "s-1" });
      expect(await statusOf(tokens.access_token)).toBe(200);
      const next = await connection.refresh(tokens.refresh_token ?? "");
      expect(await statusOf(next.access_token)).toBe(200);
      await connection.revoke(next.refresh_token ?? "");
      expect([await statusOf(tokens.access_token), await statusOf(next.access_token)]).toEqual([401, 401]);
      expect(await refusalOf(connection.refresh(next.refresh_token ?? ""))).toBe("invalid_grant");
    },
  );

  it("acts by itself, and is told of its own token", async () => {
    const of = await client();
    const connection = await peer.connect(worker.origin, of, fetchFromAnywhere);
    const { access_token: token } = await connection.credentials("read:roles");
    expect(await statusOf(token)).toBe(200);
    expect(await connection.introspect(token)).toMatchObject({ active: true, client_id: of.clientId, scope: "read:roles" });
  });

  it("gets eight identical replies to eight refreshes at the same time", async () => {
    const of = await client();
    const connection = await peer.connect(worker.origin, of, fetchFromAnywhere);
    const tokens = await connection.redeem(await back(of), { verifier: VERIFIER, state: "s-1" });
    const replies = await Promise.all(Array.from({ length: 8 }, () => connection.refresh(tokens.refresh_token ?? "")));
    expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
    expect(await statusOf(replies[0]?.access_token ?? "")).toBe(200);
  });

  it("loses its tokens when its code comes twice, and its code to a wrong verifier", async () => {
    const of = await client();
    const connection = await peer.connect(worker.origin, of, fetchFromAnywhere);
    const callback = await back(of);
    const { access_token: token } = await connection.redeem(callback, { verifier: VERIFIER, state: "s-1" });
    expect(await refusalOf(connection.redeem(callback, { verifier: VERIFIER, state: "s-1" }))).toBe("invalid_grant");
    expect(await statusOf(token)).toBe(401);
    const guessed = await back(of);
    expect(await refusalOf(connection.redeem(guessed, { verifier: "a".repeat(43), state: "s-1" }))).toBe("invalid_grant");
    expect(await refusalOf(connection.redeem(guessed, { verifier: VERIFIER, state: "s-1" }))).toBe("invalid_grant");
  });
});
