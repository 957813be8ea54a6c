import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { authEvents } from "#db/schema/audit.ts";
import { memberships, sessions, users } from "#db/schema/identity.ts";
import { marketplace, type Person } from "#test/api.ts";
import { browserAt, type TestBrowser } from "#test/console.ts";
import { changesOf, CONTENT_TYPES, FOREIGN } from "#test/cross-site.ts";
import { PARTS } from "#workers/console/app.ts";

const world = await marketplace();
const HOUR = 3_600;

const rowsOf = ({ userId }: { userId: string }) =>
  world.db.reader.select().from(sessions).where(eq(sessions.userId, userId)).orderBy(sessions.createdAt, sessions.id);
const endsOf = async (person: { userId: string }) => (await rowsOf(person)).map(({ endedReason }) => endedReason);
/** What was noted of sessions that ended, as the sessions began: why, and whether each by its own id. */
const notedEndsOf = async (person: { userId: string }) => {
  const events = await world.db.reader
    .select()
    .from(authEvents)
    .where(sql`${authEvents.userId} = ${person.userId} and kind = 'session_ended'`);
  return (await rowsOf(person)).map(({ id, method }) => {
    const noted = events.filter(({ sessionId }) => sessionId === id);
    return noted.map((event) => (event.method === method && event.outcome === "success" ? event.reason : "of another session"));
  });
};

async function signedIn(person: Person): Promise<TestBrowser> {
  const browser = browserAt(world);
  expect((await browser.signInAs(person.userId)).status).toBe(303);
  return browser;
}

const isSignedIn = async (browser: TestBrowser) => (await browser.get("/console/sessions")).status === 200;

describe("a session", () => {
  it("stands behind a cookie that belongs to the host alone, and keeps nothing but a hash of it", async () => {
    const person = await world.person();
    const browser = browserAt(world);
    const answer = await browser.signInAs(person.userId);
    const [cookie] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^__Host-splits_s=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    const [row] = await rowsOf(person);
    const token = browser.cookies.get("__Host-splits_s") ?? "";
    expect(JSON.stringify(row)).not.toContain(token);
    expect(row).toMatchObject({
      surface: "console",
      method: "dev",
      userAgentSummary: "Firefox on Linux",
      idleSeconds: 8 * HOUR,
      endedAt: null,
    });
  });

  it("is told to platform admins from its beginning to its end, and from where", async () => {
    const [admin, person] = [await world.platformAdmin(), await world.person()];
    const [here, there] = [await signedIn(person), await signedIn(person)];
    const [first, second] = await rowsOf(person);
    await here.post(`/console/sessions/${second?.id}/end`);
    await here.post("/sign-out");
    const third = await signedIn(person);
    await third.post("/console/sessions/end-all");
    const { status, body } = await world.call("GET", `/api/v2/auth-events?user_id=${person.userId}&sort_order=asc`, { as: admin });
    expect(status).toBe(200);
    const told = body.data as Record<string, unknown>[];
    expect(told.map(({ kind, reason, session_id: id }) => [kind, reason, id])).toEqual([
      ["signed_in", null, first?.id],
      ["signed_in", null, second?.id],
      ["session_ended", "signed_out", second?.id],
      ["signed_out", null, first?.id],
      ["signed_in", null, (await rowsOf(person))[2]?.id],
      ["session_ended", "signed_out_everywhere", null],
    ]);
    expect(told[0]).toMatchObject({ method: "dev", outcome: "success", ip: expect.any(String), user_agent_summary: "Firefox on Linux" });
    expect((await world.call("GET", `/api/v2/auth-events/${told[3]?.["id"]}`, { as: admin })).body.data).toEqual(told[3]);
    const later = `/api/v2/auth-events?user_id=${person.userId}&kind=signed_in&since=${new Date(Date.now() + 60_000).toISOString()}`;
    expect((await world.call("GET", later, { as: admin })).body.data).toEqual([]);
    expect((await world.call("GET", "/api/v2/auth-events", { as: person })).status).toBe(403);
    expect(await isSignedIn(there)).toBe(false);
  });

  it("opens a page in one round trip", async () => {
    const browser = await signedIn(await world.recruiter());
    for (const path of ["/console", "/console/sessions", "/console/notifications"]) {
      const { headers, status } = await browser.get(path);
      expect([status, (await world.database.counts(headers.get("x-request-id") ?? "")).round_trips], path).toEqual([200, 1]);
    }
  });

  it("is shown to its owner alone, who ends it from elsewhere", async () => {
    const [person, stranger] = [await world.person(), await world.person()];
    const [here, there] = [await signedIn(person), await signedIn(person)];
    const [, other] = await rowsOf(person);
    const page = await here.get("/console/sessions");
    expect(page.body).toContain(`/console/sessions/${other?.id}/end`);
    expect((await (await signedIn(stranger)).post(`/console/sessions/${other?.id}/end`)).status).toBe(404);
    expect((await here.post("/console/sessions/not-an-id/end")).status).toBe(404);
    expect((await here.post(`/console/sessions/${other?.id}/end`)).headers.get("location")).toBe("/console/sessions?done=ended");
    expect([await isSignedIn(here), await isSignedIn(there)]).toEqual([true, false]);
    expect((await here.post(`/console/sessions/${other?.id}/end`)).status).toBe(404);
  });

  it("ends with the sign-out, whatever happens to the cookie", async () => {
    const person = await world.person();
    const browser = await signedIn(person);
    const kept = browser.cookies.get("__Host-splits_s") ?? "";
    expect((await browser.post("/sign-out")).headers.get("location")).toBe("/sign-in?done=signed-out");
    expect(browser.cookies.size).toBe(0);
    browser.cookies.set("__Host-splits_s", kept);
    expect(await isSignedIn(browser)).toBe(false);
    expect((await browser.post("/sign-out")).status).toBe(303);
    expect(await endsOf(person)).toEqual(["signed_out"]);
  });

  it("ends everywhere at once, after asking", async () => {
    const person = await world.person();
    const [here, there, stranger] = [await signedIn(person), await signedIn(person), await signedIn(await world.person())];
    expect((await here.get("/console/sessions/end-all")).body).toContain("Sign out everywhere?");
    expect([await isSignedIn(here), await isSignedIn(there)]).toEqual([true, true]);
    await here.post("/console/sessions/end-all");
    expect([await isSignedIn(here), await isSignedIn(there), await isSignedIn(stranger)]).toEqual([false, false, true]);
    expect(await endsOf(person)).toEqual(["signed_out_everywhere", "signed_out_everywhere"]);
  });

  it("ends when its person is deactivated", async () => {
    const [person, admin] = [await world.person(), await world.platformAdmin()];
    const browser = await signedIn(person);
    const answer = await world.call("PATCH", `users/${person.userId}`, { as: admin, body: { status: "deactivated", reason: "left" } });
    expect(answer.status).toBe(200);
    expect(await isSignedIn(browser)).toBe(false);
    expect(await endsOf(person)).toEqual(["deactivated"]);
    expect(await notedEndsOf(person)).toEqual([["deactivated"]]);
  });

  it("leads to the sign-in and back when it has ended, from a form to the page it stood on", async () => {
    const browser = browserAt(world);
    expect((await browser.get("/console/notifications?unread=yes")).headers.get("location")).toBe(
      "/sign-in?return_to=%2Fconsole%2Fnotifications%3Funread%3Dyes",
    );
    browser.cookies.set("__Host-splits_s", "x".repeat(43));
    const posted = await browser.post(
      "/console/notifications/read",
      {},
      { headers: { referer: "http://127.0.0.1:8787/console/notifications" } },
    );
    expect([posted.status, posted.headers.get("location")]).toEqual([303, "/sign-in?return_to=%2Fconsole%2Fnotifications"]);
    const foreign = await browser.post("/console/notifications/read", {}, { headers: { referer: "https://elsewhere.test/console/x" } });
    expect(foreign.headers.get("location")).toBe("/sign-in");
    expect(browser.cookies.has("__Host-splits_s")).toBe(false);
  });
});

describe("the time of a session", () => {
  it("is eight hours without use and a day in all; use is noted once a minute", async () => {
    const person = await world.person();
    const [busy, idle] = [await signedIn(person), await signedIn(person)];
    const seen = async () => (await rowsOf(person))[0]?.lastSeenAt.getTime() ?? 0;
    const begun = await seen();
    await world.advance(50);
    await busy.get("/console");
    expect(await seen()).toBe(begun);
    await world.advance(20);
    await busy.get("/console");
    expect(((await seen()) - begun) / 1_000).toBeCloseTo(70, -1);

    await world.advance(8 * HOUR - 60);
    expect([await isSignedIn(busy), await isSignedIn(idle)]).toEqual([true, false]);
    for (const hours of [7, 7]) {
      await world.advance(hours * HOUR);
      expect(await isSignedIn(busy)).toBe(true);
    }
    await world.advance(2 * HOUR);
    expect(await isSignedIn(busy)).toBe(false); // a day is over, though it was just used
  });

  it("is over after a month, and then nothing is kept", async () => {
    const person = await world.person();
    const browser = await signedIn(person);
    await browser.post("/sign-out");
    await signedIn(person); // never ended, only outlived
    await world.advance(29 * 24 * HOUR);
    await world.cron("10 3 * * *");
    expect(await rowsOf(person)).toHaveLength(2);
    await world.advance(3 * 24 * HOUR);
    await world.cron("10 3 * * *");
    expect(await rowsOf(person)).toEqual([]);
  });
});

describe("the organization a session acts for", () => {
  it("narrows what is seen, under a new token and the old end; the old token is dead", async () => {
    const [acme, globex] = [await world.company("Acme"), await world.company("Globex")];
    const person = await world.member(acme);
    await world.db.writer
      .insert(memberships)
      .values({ userId: person.userId, roleName: "hiring_manager", organizationId: globex.organizationId });
    const browser = await signedIn(person);
    const old = browser.cookies.get("__Host-splits_s") ?? "";
    expect((await browser.get("/console")).body).toContain("company_admin and hiring_manager".replaceAll("_", " "));

    expect((await browser.post("/session/organization", { organization_id: globex.organizationId, return_to: "/console" })).status).toBe(
      303,
    );
    const home = await browser.get("/console");
    expect(home.body).toContain("You are here as hiring manager.");
    expect(home.body).toContain("Acting for Globex");
    expect(browser.cookies.get("__Host-splits_s")).not.toBe(old);
    const [before, after] = await rowsOf(person);
    expect([before?.endedReason, after?.absoluteEnd]).toEqual(["rotated", before?.absoluteEnd]);
    const thief = browserAt(world);
    thief.cookies.set("__Host-splits_s", old);
    expect(await isSignedIn(thief)).toBe(false);

    await browser.post("/session/organization", { organization_id: "" });
    expect((await browser.get("/console")).body).not.toContain("Acting for");
  });

  it("is one of the person's own", async () => {
    const [acme, other] = [await world.company("Acme"), await world.company("Other")];
    const browser = await signedIn(await world.member(acme));
    expect((await browser.post("/session/organization", { organization_id: other.organizationId })).status).toBe(404);
    expect((await browser.post("/session/organization", { organization_id: "nonsense" })).status).toBe(404);
    expect(await isSignedIn(browser)).toBe(true);
  });

  it("is forgotten by who has left it", async () => {
    const [acme, globex] = [await world.company("Acme"), await world.company("Globex")];
    const person = await world.member(acme);
    await world.db.writer
      .insert(memberships)
      .values({ userId: person.userId, roleName: "hiring_manager", organizationId: globex.organizationId });
    const browser = await signedIn(person);
    await browser.post("/session/organization", { organization_id: globex.organizationId });
    await world.db.writer.update(memberships).set({ deletedAt: new Date() }).where(eq(memberships.organizationId, globex.organizationId));
    const home = await browser.get("/console");
    expect([home.status, /You are here as company admin\./.test(home.body)]).toEqual([200, true]);
  });

  it("is changed once by two who change it at the same time", async () => {
    const acme = await world.company("Acme");
    const person = await world.member(acme);
    const browser = await signedIn(person);
    const token = browser.cookies.get("__Host-splits_s") ?? "";
    const tabs = Array.from({ length: 2 }, () => browserAt(world));
    for (const tab of tabs) tab.cookies.set("__Host-splits_s", token);
    const held = await world.database.fault({ match: "guard_live_session", action: "hold_before", times: 2 });
    const both = tabs.map((tab) => tab.post("/session/organization", { organization_id: acme.organizationId }));
    await held.held(2);
    await held.release();
    const places = (await Promise.all(both)).map(({ headers }) => headers.get("location"));
    expect(places.toSorted()).toEqual(["/console", "/sign-in"]);
    const rows = await rowsOf(person);
    expect(rows.map(({ endedReason }) => endedReason).toSorted()).toEqual([null, "rotated"].toSorted());
    expect(await Promise.all(tabs.map(isSignedIn))).toEqual(places.map((place) => place === "/console"));
  });
});

describe("the reach of a session", () => {
  const as = async (person: { userId: string }, changes: Partial<typeof sessions.$inferInsert>) => {
    const browser = await signedIn(person as Person);
    await world.db.writer.update(sessions).set(changes).where(eq(sessions.userId, person.userId));
    return browser;
  };

  it.each(["oidc", "saml", "passkey", "link", "code"] as const)(
    "opens nothing by the method %s, which nothing vouches for yet",
    async (method) => {
      expect(await isSignedIn(await as(await world.person(), { method }))).toBe(false);
    },
  );

  it.each(["portal", "white_label"] as const)("opens nothing of the console from the %s", async (surface) => {
    expect(await isSignedIn(await as(await world.person(), { surface }))).toBe(false);
  });

  it("ends with the identity provider's own session", async () => {
    expect(await isSignedIn(await as(await world.person(), { idpSessionEnd: new Date(0) }))).toBe(false);
  });

  it("is nothing to the API, which reads no cookie", async () => {
    const browser = await signedIn(await world.person());
    expect((await browser.get("/api/v2/users/me")).status).toBe(401);
    expect((await browser.get("/api/v2/users/me", { headers: { cookie: `__session=${await world.token("user_1")}` } })).status).toBe(401);
  });

  describe("in production", () => {
    const inProduction = async <T>(work: () => Promise<T>): Promise<T> => {
      world.env.ENVIRONMENT = "production";
      return work().finally(() => (world.env.ENVIRONMENT = "development"));
    };

    it("is nothing for a development session, and there is no way to get one", async () => {
      const person = await world.person();
      const [dev, clerk] = [await signedIn(person), await as(await world.person(), { method: "clerk" })];
      expect(await inProduction(() => Promise.all([dev, clerk].map(isSignedIn)))).toEqual([false, true]);
      expect((await inProduction(() => dev.get("/dev/sign-in"))).status).toBe(404);
      expect((await inProduction(() => browserAt(world).signInAs(person.userId))).status).toBe(404);
      expect((await inProduction(() => clerk.get("/console"))).headers.get("strict-transport-security")).toMatch(/^max-age=\d{8}/);
    });

    it("holds a platform admin's rights only for twelve hours after a passkey", async () => {
      const proofs = [
        [{}, false],
        [{ provedAt: new Date(), proofMethod: "oidc" }, false],
        [{ provedAt: new Date(Date.now() - 13 * HOUR * 1_000), proofMethod: "passkey" }, false],
        [{ provedAt: new Date(), proofMethod: "passkey" }, true],
      ] as const;
      await world.database.setClock(0);
      for (const [proof, opens] of proofs) {
        const browser = await as(await world.platformAdmin(), { method: "clerk", ...proof });
        const home = await inProduction(() => browser.get("/console"));
        expect([home.status, home.body.includes("platform admin")], JSON.stringify(proof)).toEqual([200, opens]);
      }
    });

    it("holds them in a session token by its second factor", async () => {
      const admin = await world.platformAdmin();
      const { token } = admin;
      const subject = (JSON.parse(atob(token.split(".")[1] ?? "")) as { sub: string }).sub;
      const rolesWith = async (claims: object) => {
        const me = await inProduction(async () =>
          world.call("GET", "users/me", { as: { token: await world.token(subject, { ...claims }) } }),
        );
        return me.body.data?.roles ?? me.status;
      };
      expect(await rolesWith({ fva: [0, 0] })).toEqual(["platform_admin"]);
      expect(await rolesWith({ fva: [0, 720] })).toEqual(["platform_admin"]);
      for (const fva of [[0, 721], [0, -1], [0], "0,0", undefined]) {
        const answer = await inProduction(async () =>
          world.call("GET", "organizations", { as: { token: await world.token(subject, { fva }) } }),
        );
        expect(answer.status, JSON.stringify(fva)).toBe(403);
      }
    });
  });
});

describe("a form", () => {
  const allChanges = async () => changesOf((await Promise.all(PARTS.map(async (part) => part.pages()))).flat());

  it("is refused on every route when another site sends it, whatever its content type", async () => {
    const changes = await allChanges();
    expect(changes.length).toBeGreaterThan(6);
    const person = await world.person();
    const cookie = `__Host-splits_s=${(await signedIn(person)).cookies.get("__Host-splits_s")}`;
    for (const path of changes) {
      for (const [from, headers] of FOREIGN) {
        for (const type of CONTENT_TYPES) {
          const answer = await world.call("POST", path, { body: "a=b", headers: { cookie, "content-type": type, ...headers } });
          expect([answer.status, /Sent from another site/.test(answer.body)], `${path} from ${from} as ${type}`).toEqual([403, true]);
        }
      }
    }
    expect(await endsOf(person)).toEqual([null]);
  });

  it.each([
    ["its own origin", { origin: "http://127.0.0.1:8787" }],
    ["a page under no-referrer", { "sec-fetch-site": "same-origin", origin: "null" }],
  ])("is taken from %s", async (_, headers) => {
    const answer = await world.call("POST", "/sign-in", {
      body: "email=nonsense",
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    });
    expect(answer.status).toBe(422);
  });

  it("may have 256 KB", async () => {
    const browser = browserAt(world);
    expect((await browser.post("/sign-in", { email: "a".repeat(300 * 1_024) })).status).toBe(413);
  });
});

describe("every page", () => {
  it("says by its headers what it may do, who may keep it, and nothing to other sites", async () => {
    const browser = await signedIn(await world.person());
    const nonces = new Set<string>();
    for (const [path, referrer] of [
      ["/console", "same-origin"],
      ["/console/nowhere", "same-origin"],
      ["/sign-in?done=signed-out", "no-referrer"],
    ] as const) {
      const { headers } = await (path.startsWith("/console") ? browser : browserAt(world)).get(path);
      const policy = headers.get("content-security-policy") ?? "";
      nonces.add(/'nonce-([\w-]{22})'/.exec(policy)?.[1] ?? "");
      expect(policy.replace(/nonce-[\w-]+/, "nonce-…")).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-…'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
      );
      expect(Object.fromEntries(headers)).toMatchObject({
        "x-content-type-options": "nosniff",
        "referrer-policy": referrer,
        "cache-control": "private, no-store",
        "x-request-id": expect.stringMatching(/^[\da-f-]{36}$/),
      });
      expect(headers.get("strict-transport-security")).toBe(null);
    }
    expect(nonces.size).toBe(3);
    expect(nonces).not.toContain("");
  });

  it("says in words what went wrong, with the request's id", async () => {
    const browser = await signedIn(await world.person());
    const missing = await browser.get("/console/nowhere");
    expect([missing.status, missing.body]).toEqual([404, expect.stringContaining(missing.headers.get("x-request-id") ?? "-")]);
    const bug = await world.database.fault({ match: "enter_browser", action: "fail", code: "22012" });
    const broken = await browser.get("/console");
    await bug.release();
    expect([broken.status, /Something went wrong here/.test(broken.body), /division|22012/.test(broken.body)]).toEqual([500, true, false]);
    const away = await world.database.fault({ match: "enter_browser", action: "fail", code: "57P01" });
    const later = await browser.get("/console");
    await away.release();
    expect([later.status, /Try again/.test(later.body)]).toEqual([503, true]);
  });

  it("stands at the console's host and at no unknown one", async () => {
    const { surfaceOf } = await import("#workers/hosts.ts");
    const surfaces = {
      "http://127.0.0.1:8787/": "console",
      "http://localhost:8787/console": "console",
      "http://127.0.0.1:8787/oauth/authorize": "console",
      "http://127.0.0.1:8787/oauth/token": "api",
      "http://127.0.0.1:8787/api/v2/jobs": "api",
      "http://127.0.0.1:8787/apiary": "console",
      "http://127.0.0.1:8787/openapi.json": "api",
      "http://127.0.0.1:8787/.well-known/oauth-authorization-server": "api",
      "http://127.0.0.1:8787/webhooks/clerk": "api",
      "http://127.0.0.1:8787/stripe/webhooks": "api",
      "http://app.localhost:8787/api/v2/jobs": "console",
      "https://app.splits.network/": "console",
      "https://api.splits.network/console": "api",
      "https://evil.test/console": null,
      "http://acme.roles.localhost:8787/": "white-label",
      "https://acme.roles.splits.network/api/v2/jobs": "white-label",
      "https://a.b.roles.splits.network/": null,
      "https://cdn.splits.network/intake/x": "embed",
      "http://candidate.localhost:8787/": "portal",
      "https://portal.splits.network/candidate/x": "portal",
      "http://api.localhost:8787/api/v2/jobs": null,
      "https://constructor.splits.network/": null,
    };
    expect(Object.fromEntries(Object.keys(surfaces).map((url) => [url, surfaceOf(url)]))).toEqual(surfaces);
  });
});

describe("the issuer's webhooks", () => {
  it("end the console sessions that were made from a session of theirs", async () => {
    const { Webhook } = await import("standardwebhooks");
    const told = async (type: string, sid: string) => {
      const [id, at] = [`msg_${crypto.randomUUID()}`, new Date()];
      const body = JSON.stringify({ type, data: { id: sid, user_id: "user_1" } });
      const signature = new Webhook(world.env.CLERK_WEBHOOK_SECRETS ?? "").sign(id, at, body);
      const headers = { "svix-id": id, "svix-timestamp": String(Math.floor(at.getTime() / 1_000)), "svix-signature": signature };
      expect((await world.call("POST", "/webhooks/clerk", { body, headers })).status).toBe(204);
      await world.drain();
    };
    const person = await world.person();
    const issued = async (issuerSid: string) => {
      const browser = await signedIn(person);
      await world.db.writer
        .update(sessions)
        .set({ issuerSid, method: "clerk" })
        .where(sql`${sessions.userId} = ${person.userId} and issuer_sid is null`);
      return browser;
    };
    const browsers = [await issued("sess_a"), await issued("sess_b"), await issued("sess_c"), await issued("sess_d")];
    const states = () => Promise.all(browsers.map(isSignedIn));
    await told("session.created", "sess_a");
    expect(await states()).toEqual([true, true, true, true]);
    await told("session.revoked", "sess_a");
    await told("session.removed", "sess_b");
    await told("session.ended", "sess_c");
    expect(await states()).toEqual([false, false, false, true]);
    expect(await endsOf(person)).toEqual(["issuer", "issuer", "issuer", null]);
    await told("session.ended", "sess_c"); // once more
    expect(await notedEndsOf(person)).toEqual([["issuer"], ["issuer"], ["issuer"], []]);
  });

  it("end all of somebody's who is deleted there", async () => {
    const person = await world.person();
    const browser = await signedIn(person);
    const [row] = await world.db.reader.select({ sub: users.clerkUserId }).from(users).where(eq(users.id, person.userId));
    const { Webhook } = await import("standardwebhooks");
    const [id, at, body] = ["msg_deleted", new Date(), JSON.stringify({ type: "user.deleted", data: { id: row?.sub } })];
    const signature = new Webhook(world.env.CLERK_WEBHOOK_SECRETS ?? "").sign(id, at, body);
    await world.call("POST", "/webhooks/clerk", {
      body,
      headers: { "svix-id": id, "svix-timestamp": String(Math.floor(at.getTime() / 1_000)), "svix-signature": signature },
    });
    await world.drain();
    expect(await isSignedIn(browser)).toBe(false);
    expect(await endsOf(person)).toEqual(["deactivated"]);
    expect(await notedEndsOf(person)).toEqual([["deactivated"]]);
  });
});
