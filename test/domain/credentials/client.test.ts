import { describe, expect, it } from "vitest";
import {
  authMethodOf,
  type ClientAction,
  type ClientStatus,
  clientStep,
  nextClientStatus,
  originFault,
  redirectFault,
  requireAddresses,
  requireSecret,
  widens,
} from "#domain/credentials/client.ts";

const STATUSES: ClientStatus[] = ["pending", "approved", "suspended", "rejected", "deleted"];

/** From each status, in the order above, what an action makes of it: `-` where it is refused. */
const TABLE: Record<ClientAction, string> = {
  approve: "ap - - - -",
  reject: "rj - - - -",
  suspend: "- su - - -",
  unsuspend: "- - ap - -",
  delete: "de de de de -",
  rotate: "pe ap su - -",
  edit: "pe ap su - -",
  widen: "pe pe - - -",
  leak: "rj su - - -",
};
const WORD: Record<string, ClientStatus> = { pe: "pending", ap: "approved", su: "suspended", rj: "rejected", de: "deleted" };

const CASES = Object.entries(TABLE).flatMap(([action, row]) =>
  row.split(" ").map((word, index) => [STATUSES[index] as ClientStatus, action as ClientAction, WORD[word] ?? null] as const),
);

describe("the life of a client", () => {
  it.each(CASES)("%s, %s: %s", (status, action, next) => {
    expect(clientStep(status, action)).toBe(next);
    if (next) expect(nextClientStatus(status, action)).toBe(next);
    else expect(() => nextClientStatus(status, action)).toThrow(expect.objectContaining({ code: "invalid_transition" }));
  });

  it("never comes alive without an approval", () => {
    const reachable = new Set<ClientStatus>(["pending"]);
    for (const status of reachable) {
      for (const action of Object.keys(TABLE) as ClientAction[]) {
        const next = action === "approve" ? null : clientStep(status, action);
        if (next) reachable.add(next);
      }
    }
    expect([...reachable].toSorted()).toEqual(["deleted", "pending", "rejected"]);
  });
});

describe("a redirect URI", () => {
  it.each([
    "https://app.example/callback",
    "https://app.example:8443/callback?from=splits",
    "https://abcdefgh.chromiumapp.org/",
    "http://127.0.0.1/callback",
    "http://127.0.0.1:53123/callback",
    "http://[::1]:53123/callback",
  ])("may be %s", (uri) => {
    expect(redirectFault(uri)).toBeNull();
  });

  it.each([
    "http://app.example/callback",
    "https://app.example/callback?iss=https://other.example",
    "https://app.example/callback?state=mine",
    "http://localhost/callback",
    "http://127.0.0.1.app.example/callback",
    "https://app.example/callback#here",
    "https://app.example/callback#",
    "https://*.app.example/callback",
    "https://app.example/*",
    "https://user:word@app.example/callback",
    "https://app.example/call back",
    "https://app.example\\@other.example/",
    "https://bücher.example/callback",
    "https://app.example;sandbox/callback",
    "https://app.example,other.example/callback",
    "com.example.app:/callback",
    "javascript:alert(1)",
    "/callback",
    "https://",
    `https://app.example/${"a".repeat(2_048)}`,
  ])("may not be %s", (uri) => {
    expect(redirectFault(uri)).toEqual(expect.any(String));
  });
});

describe("an origin", () => {
  it.each(["https://app.example", "https://app.example:8443", "http://127.0.0.1:3000", "http://[::1]:3000"])("may be %s", (origin) => {
    expect(originFault(origin)).toBeNull();
  });

  it.each([
    "https://app.example/",
    "https://app.example/path",
    "https://APP.example",
    "https://app.example:443",
    "http://app.example",
    "http://localhost:3000",
    "null",
    "*",
    "",
  ])("may not be %s", (origin) => {
    expect(originFault(origin)).toEqual(expect.any(String));
  });
});

describe("a client", () => {
  const pointers = (work: () => void): string[] => {
    try {
      work();
      return [];
    } catch (error) {
      return (error as { members: { errors: { pointer: string }[] } }).members.errors.map(({ pointer }) => pointer);
    }
  };
  const uri = "https://app.example/callback";

  it("has addresses that are told one by one where they break a rule", () => {
    const check = (type: "public" | "confidential", redirectUris: string[], allowedOrigins: string[]) =>
      pointers(() => requireAddresses(type, { redirectUris, allowedOrigins }));
    expect(check("public", [uri], ["https://app.example"])).toEqual([]);
    expect(check("confidential", [], [])).toEqual([]);
    expect(check("public", [], [])).toEqual(["/redirect_uris"]);
    expect(check("public", [uri, "http://app.example/"], ["null"])).toEqual(["/redirect_uris/1", "/allowed_origins/0"]);
    expect(check("confidential", [uri], ["https://app.example"])).toEqual(["/allowed_origins"]);
  });

  it("proves who it is as its type can", () => {
    expect(authMethodOf("public", undefined)).toBe("none");
    expect(authMethodOf("confidential", undefined)).toBe("client_secret_basic");
    expect(authMethodOf("confidential", "client_secret_post")).toBe("client_secret_post");
    expect(pointers(() => authMethodOf("public", "client_secret_basic"))).toEqual(["/auth_method"]);
    expect(pointers(() => authMethodOf("confidential", "none"))).toEqual(["/auth_method"]);
    expect(() => requireSecret({ type: "public", secretHash: null })).toThrow(expect.objectContaining({ code: "conflict" }));
    expect(() => requireSecret({ type: "confidential", secretHash: "h" })).not.toThrow();
  });

  it("asks for more by any new scope, address, origin or name, and not by giving some up", () => {
    const reach = {
      name: "App",
      redirectUris: [uri, `${uri}2`],
      allowedOrigins: ["https://app.example"],
      allowedScopes: ["read:roles" as const],
    };
    expect(widens(reach, reach)).toBe(false);
    expect(widens(reach, { ...reach, redirectUris: [`${uri}2`], allowedOrigins: [] })).toBe(false);
    expect(widens(reach, { ...reach, name: "Your bank" })).toBe(true);
    expect(widens(reach, { ...reach, redirectUris: [`${uri}3`] })).toBe(true);
    expect(widens(reach, { ...reach, allowedOrigins: ["https://app.example", "https://other.example"] })).toBe(true);
    expect(widens(reach, { ...reach, allowedScopes: ["read:roles", "read:payouts"] })).toBe(true);
  });
});
