import { eq, sql } from "drizzle-orm";
import { candidatePortalTokens, candidates } from "#db/schema/ats.ts";
import { authEvents } from "#db/schema/audit.ts";
import { loginChallenges } from "#db/schema/identity.ts";
import { notifications } from "#db/schema/notify.ts";
import { outbox } from "#db/schema/ops.ts";
import { describe, expect, it, vi } from "vitest";
import { marketplace } from "#test/api.ts";
import { type Candidate, PORTAL, portalOf } from "../portal.ts";

// The three doors of the candidate portal (IDENTITY §6).
const world = await marketplace();
const portal = portalOf(world);
const db = world.db.writer;
const DAY = 86_400;
let ahead = 0;
const advance = async (seconds: number) => world.database.setClock((ahead += seconds));

/** Has a mail about an application sent, which carries the link into the portal. */
async function linked(candidate: Candidate): Promise<string> {
  await portal.applied(candidate);
  return portal.portalLinkFor(candidate.email);
}

/** Who got in as a candidate, and who did not, the first first. */
const toldOf = ({ candidateId }: Candidate) =>
  db.select().from(authEvents).where(eq(authEvents.candidateId, candidateId)).orderBy(authEvents.at, authEvents.id);

describe("the link in a mail", () => {
  it("opens as often as wanted, names nobody before the button is pressed, and leaves the address", async () => {
    const carla = await world.candidate("Carla");
    const link = await linked(carla);
    expect(link).toMatch(/^\/[\w-]{43}$/);
    for (let time = 1; time <= 3; time++) {
      const browser = portal.browser();
      const page = await browser.get(link);
      expect(page.status).toBe(200);
      expect(page.body).not.toContain("Carla");
      const pressed = await browser.post(link);
      expect([pressed.status, pressed.headers.get("location")]).toEqual([303, "/"]);
      expect(pressed.headers.getSetCookie().find((line) => line.startsWith("__Host-splits_c="))).toMatch(
        /; Max-Age=7776000; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      );
      expect((await browser.get("/")).body).toContain("Carla");
      expect([(await browser.get(link)).status, (await browser.get(link)).headers.get("location")]).toEqual([303, "/"]);
    }
  });

  it("lives for 90 days after it was last opened", async () => {
    const carla = await world.candidate("Carla");
    const link = await linked(carla);
    await advance(89 * DAY);
    expect((await portal.browser().get(link)).status).toBe(200);
    expect((await portal.browser().post(link)).status).toBe(303);
    await advance(89 * DAY);
    expect((await portal.browser().get(link)).status).toBe(200);
    await advance(DAY);
    const over = await portal.browser().get(link);
    expect([over.status, (await portal.browser().post(link)).status]).toEqual([410, 410]);
    expect(over.body).toContain('action="/login"');
    await advance(DAY);
    expect((await portal.browser().get(link)).status).toBe(410);
  });

  it("is over when the address it went to was wrong, and so is every visit by it", async () => {
    const carla = await world.candidate("Carla");
    const link = await linked(carla);
    const stranger = portal.browser();
    await stranger.post(link);
    expect((await stranger.get("/")).body).toContain("Carla");
    const body = { email: `right-${carla.email}`, reason: "Mistyped" };
    const corrected = await world.call("PATCH", `candidates/${carla.candidateId}`, { as: await world.platformAdmin(), body });
    expect(corrected.status).toBe(200);
    expect((await stranger.get("/")).body).not.toContain("Carla");
    expect((await portal.browser().get(link)).status).toBe(410);
    expect((await toldOf(carla)).at(-1)).toMatchObject({ kind: "session_ended", reason: "signed_out_everywhere", userId: null });
  });

  it("that nobody was sent is 404, with the way to a new one", async () => {
    const page = await portal.browser().get(`/${"x".repeat(43)}`);
    expect(page.status).toBe(404);
    expect(page.body).toContain('action="/login"');
    expect((await portal.browser().get("/nothing")).status).toBe(404);
  });

  it("proves nothing: what cannot be taken back asks for a code first", async () => {
    const carla = await world.candidate("Carla");
    const link = await linked(carla);
    const browser = portal.browser();
    await browser.post(link);
    const { id } = await portal.application(carla);
    const consent = await portal.represent((await world.recruiter("Rosa")).recruiterId, carla.candidateId);
    const times = { day_1: "2030-07-01", from_1: "09:00", until_1: "11:00", time_zone: "UTC" };
    expect((await browser.post(`/applications/${id}/availability`, times)).status).toBe(303);
    const final = [`/applications/${id}/withdraw`, `/applications/${id}/documents`, `/privacy/consents/${consent}`];
    for (const path of [...final, "/privacy/download", "/privacy/delete", "/opt-out"]) {
      const refused = await browser.post(path);
      expect([path, refused.status]).toEqual([path, 403]);
      expect(refused.body).toContain('action="/prove"');
    }
    const asked = await browser.post("/prove", { next: `/applications/${id}/withdraw` });
    expect([asked.status, asked.headers.get("location")]).toEqual([303, "/code"]);
    const earlier = browser.cookies.get("__Host-splits_c");
    const proved = await browser.post("/code", { code: await portal.codeFor(carla.email) });
    expect([proved.status, proved.headers.get("location")]).toEqual([303, `/applications/${id}/withdraw`]);
    expect(browser.cookies.get("__Host-splits_c")).not.toBe(earlier);
    expect((await browser.post(`/applications/${id}/withdraw`)).status).toBe(303);
    // the proof is good for a quarter of an hour
    await advance(15 * 60 + 1);
    expect((await browser.post("/privacy/download")).status).toBe(403);
    const old = portal.browser();
    old.cookies.set("__Host-splits_c", earlier ?? "");
    expect((await old.get("/")).status).toBe(401);
  });

  it("is kept as a hash, and the same for one mail after another", async () => {
    const carla = await world.candidate("Carla");
    const link = await linked(carla);
    expect(await linked(carla)).toBe(link);
    const kept = await db.select().from(candidatePortalTokens).where(eq(candidatePortalTokens.candidateId, carla.candidateId));
    expect(kept).toHaveLength(1);
    expect(kept[0]?.token).toBe(await hash(link.slice(1)));
  });
});

const hash = async (text: string) =>
  [...new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");

describe("a mailed code", () => {
  it("lets in the browser that asked for it, once", async () => {
    const carla = await world.candidate("Carla");
    const browser = portal.browser();
    expect((await browser.get("/")).status).toBe(401);
    expect((await browser.post("/login", { email: ` ${carla.email.toUpperCase()} ` })).status).toBe(202);
    const code = await portal.codeFor(carla.email);
    expect(code).toMatch(/^\d{6}$/);
    const foreign = portal.browser();
    expect((await foreign.post("/code", { code })).status).toBe(410);
    const asking = browser.cookies.get("__Host-cl") ?? "";
    const entered = await browser.post("/code", { code: `${code.slice(0, 3)} ${code.slice(3)}` });
    expect([entered.status, entered.headers.get("location")]).toEqual([303, "/"]);
    expect((await browser.get("/")).status).toBe(200);
    foreign.cookies.set("__Host-cl", asking);
    expect((await foreign.post("/code", { code })).status).toBe(410);
  });

  it("may be tried five times, and the sixth is one too many although it is right", async () => {
    const carla = await world.candidate("Carla");
    const browser = portal.browser();
    await browser.post("/login", { email: carla.email });
    const code = await portal.codeFor(carla.email);
    const wrong = code === "000000" ? "000001" : "000000";
    for (const left of ["4 tries", "3 tries", "2 tries", "one try"]) {
      const tried = await browser.post("/code", { code: wrong });
      expect(tried.status).toBe(422);
      expect(tried.body).toContain(`You have ${left} left`);
    }
    expect((await browser.post("/code", { code: wrong })).status).toBe(429);
    expect((await browser.post("/code", { code })).status).toBe(429);
    expect((await browser.get("/")).status).toBe(401);
    expect((await toldOf(carla)).map(({ kind, outcome, userId }) => [kind, outcome, userId])).toEqual(
      Array(5).fill(["code_wrong", "failure", null]),
    );
  });

  it("is over in the eleventh minute, its link in the sixteenth", async () => {
    const carla = await world.candidate("Carla");
    const browser = portal.browser();
    await browser.post("/login", { email: carla.email });
    const [code, link] = [await portal.codeFor(carla.email), await portal.linkFor(carla.email)];
    await advance(10 * 60 + 1);
    expect((await browser.post("/code", { code })).status).toBe(410);
    expect((await browser.get(link)).status).toBe(200);
    await advance(5 * 60);
    expect([(await browser.get(link)).status, (await browser.post(link)).status]).toEqual([410, 410]);
  });

  it("takes the place of the one before, and of its link", async () => {
    const carla = await world.candidate("Carla");
    const [first, second] = [portal.browser(), portal.browser()];
    await first.post("/login", { email: carla.email });
    const [code, link] = [await portal.codeFor(carla.email), await portal.linkFor(carla.email)];
    await second.post("/login", { email: carla.email });
    expect((await first.post("/code", { code })).status).toBe(410);
    expect((await first.get(link)).status).toBe(410);
  });

  it("comes with a link that proves as much in the same browser, and less in another; both are used once", async () => {
    for (const same of [true, false]) {
      const carla = await world.candidate("Carla");
      const asking = portal.browser();
      await asking.post("/login", { email: carla.email });
      const [code, link] = [await portal.codeFor(carla.email), await portal.linkFor(carla.email)];
      const browser = same ? asking : portal.browser();
      const page = await browser.get(link);
      expect(page.body).toContain(`${carla.email[0]}…@people.test`);
      expect(page.body).not.toContain(carla.email);
      expect((await browser.get(link)).status).toBe(200); // whatever scans mails may open it
      expect((await browser.post(link)).status).toBe(303);
      expect((await browser.post("/privacy/download")).status).toBe(same ? 200 : 403);
      expect((await portal.browser().post(link)).status).toBe(410);
      expect((await asking.post("/code", { code })).status).toBe(410);
    }
  });

  it("goes to nobody who is unknown, and nobody can tell from the answer", async () => {
    const carla = await world.candidate("Carla");
    const answers = [];
    for (const email of [carla.email, "nobody.0@nowhere.test"]) answers.push(await portal.browser().post("/login", { email }));
    const [known, unknown] = await Promise.all(
      answers.map(async ({ status, body, headers }) => {
        const work = await world.database.counts(headers.get("x-request-id") ?? "");
        return { status, body, headers: [...headers.keys()].toSorted(), work };
      }),
    );
    expect(known?.work.round_trips).toBeGreaterThan(0);
    expect(unknown).toEqual(known); // the same work takes the same time
    expect(await portal.mailsTo("nobody.0@nowhere.test")).toEqual([]);
    // a wrong code for it is answered as for anybody
    const stranger = portal.browser();
    await stranger.post("/login", { email: "nobody.9@nowhere.test" });
    expect((await stranger.post("/code", { code: "123456" })).body).toContain("You have 4 tries left");
  });

  it("may be tried wrongly twenty times a day for one address, then only the link still works", async () => {
    const carla = await world.candidate("Carla");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    try {
      const ask = async () => {
        const browser = portal.browser();
        await browser.post("/login", { email: carla.email });
        return { browser, code: await portal.codeFor(carla.email), link: await portal.linkFor(carla.email) };
      };
      const trying = async (times: number) => {
        const asked = await ask();
        const wrong = asked.code === "000000" ? "000001" : "000000";
        for (let time = 1; time <= times; time++)
          expect((await asked.browser.post("/code", { code: wrong })).status).toBe(time < 5 ? 422 : 429);
        return asked;
      };
      await trying(5);
      await trying(5);
      const third = await trying(4);
      expect((await third.browser.post("/code", { code: third.code })).status).toBe(303); // and counts no more
      vi.setSystemTime(Date.now() + 901_000);
      await trying(5);
      const { browser, code, link } = await trying(1);
      const refused = await browser.post("/code", { code });
      expect([refused.status, Number(refused.headers.get("retry-after")) > 80_000]).toEqual([429, true]);
      expect((await browser.post(link)).status).toBe(303);
    } finally {
      vi.useRealTimers();
    }
  });

  it("is not to be had while nobody can count", async () => {
    const away = vi
      .spyOn(world.env.LOGIN_THROTTLE, "getByName")
      .mockReturnValue({ take: () => Promise.reject(new Error("away")) } as never);
    const page = await portal.browser().post("/login", { email: "one@nowhere.test" });
    away.mockRestore();
    expect([page.status, page.body.includes("try again in a minute")]).toEqual([503, true]);
  });

  it("is sent three times in a quarter of an hour, and ten times to one client; the fourth is answered alike", async () => {
    const carla = await world.candidate("Carla");
    const answers = [];
    for (let time = 1; time <= 4; time++) {
      answers.push(await portal.browser().post("/login", { email: carla.email }));
      expect(await portal.mailsTo(carla.email)).toHaveLength(Math.min(time, 3));
    }
    expect(new Set(answers.map(({ status, body }) => `${status} ${body}`)).size).toBe(1);
    const client = portal.browser();
    for (let time = 1; time <= 10; time++) expect((await client.post("/login", { email: `one.${time}@nowhere.test` })).status).toBe(202);
    const refused = await client.post("/login", { email: "one.11@nowhere.test" });
    expect([refused.status, Number(refused.headers.get("retry-after")) > 3_000]).toEqual([429, true]);
  });

  it("stands in no row, event or message", async () => {
    const carla = await world.candidate("Carla");
    const browser = portal.browser();
    await browser.post("/login", { email: carla.email });
    const [code, link] = [await portal.codeFor(carla.email), await portal.linkFor(carla.email)];
    const rows = await Promise.all([
      db.select().from(outbox),
      db.select().from(notifications),
      db.select().from(loginChallenges),
      db.execute(sql`select * from ops.audit_events`).then((found) => found.rows),
    ]);
    const kept = JSON.stringify(rows);
    expect(kept).toContain("candidate.login_requested");
    expect(kept).not.toContain(link.split("/").at(-1));
    expect(kept).not.toContain(`"${code}"`);
    expect(kept).not.toContain(`Your code is ${code}`);
    const [challenge] = await db.select().from(loginChallenges).where(eq(loginChallenges.email, carla.email));
    expect(challenge?.mailSealed).toBeNull(); // the mail has gone out
  });

  it("is refused for what is no address, with the field kept", async () => {
    const refused = await portal.browser().post("/login", { email: "carla" });
    expect(refused.status).toBe(422);
    expect(refused.body).toContain('value="carla"');
  });
});

describe("a visit", () => {
  it("ends with the sign-out, and by itself after seven days without a look", async () => {
    const carla = await world.candidate("Carla");
    const browser = await portal.signedIn(carla);
    await advance(6 * DAY);
    expect((await browser.get("/")).status).toBe(200);
    await advance(6 * DAY);
    expect((await browser.get("/")).status).toBe(200);
    const token = browser.cookies.get("__Host-splits_c") ?? "";
    expect((await browser.post("/sign-out")).headers.get("location")).toBe("/login?done=signed-out");
    browser.cookies.set("__Host-splits_c", token);
    expect((await browser.get("/")).status).toBe(401);
    const other = await portal.signedIn(carla);
    await advance(7 * DAY + 1);
    expect((await other.get("/")).status).toBe(401);
  });

  it("opens nothing but the portal, and no other cookie opens the portal", async () => {
    const carla = await world.candidate("Carla");
    const browser = await portal.signedIn(carla);
    const token = browser.cookies.get("__Host-splits_c") ?? "";
    const console = await world.call("GET", "/console", { headers: { cookie: `__Host-splits_s=${token}` } });
    expect(console.status).toBe(303);
    const api = await world.call("GET", "users/me", { headers: { authorization: `Bearer ${token}` } });
    expect(api.status).toBe(401);
  });

  it("belongs to a candidate who is still there", async () => {
    const carla = await world.candidate("Carla");
    const browser = await portal.signedIn(carla);
    await db.update(candidates).set({ erasedAt: new Date() }).where(eq(candidates.id, carla.candidateId));
    expect((await browser.get("/")).status).toBe(401);
  });

  it("sends thirty things an hour, and is told when it may go on", async () => {
    const carla = await world.candidate("Carla");
    const browser = await portal.signedIn(carla);
    const { id } = await portal.application(carla);
    for (let time = 1; time <= 30; time++)
      expect((await browser.post(`/applications/${id}/contact`, { message: `Hello ${time}` })).status).toBe(303);
    const refused = await browser.post(`/applications/${id}/contact`, { message: "Hello 31" });
    expect([refused.status, Number(refused.headers.get("retry-after")) > 3_000]).toEqual([429, true]);
    expect(refused.body).toMatch(/try again in \d+ minutes/);
    expect((await browser.get("/")).status).toBe(200);
  });

  it("that somebody made up is counted nowhere: it takes no room, and nobody's posts are fewer", async () => {
    const counted = vi.spyOn(world.env.LOGIN_THROTTLE, "getByName");
    for (let time = 1; time <= 3; time++) {
      const browser = portal.browser();
      browser.cookies.set("__Host-splits_c", `${time}`.repeat(43));
      expect((await browser.post(`/applications/${crypto.randomUUID()}/contact`, { message: "Hello" })).status).toBe(401);
    }
    expect(counted).not.toHaveBeenCalled();
    const browser = await portal.signedIn(await world.candidate("Carla"));
    counted.mockClear();
    expect((await browser.post(`/applications/${crypto.randomUUID()}/contact`, { message: "Hello" })).status).toBe(404);
    expect(counted).toHaveBeenCalledTimes(1);
    counted.mockRestore();
  });

  it("is the same on the other host, under its path", async () => {
    const carla = await world.candidate("Carla");
    const { id, title } = await portal.application(carla);
    const browser = portal.browser("http://portal.localhost:8787");
    await browser.post("/candidate/login", { email: carla.email });
    const entered = await browser.post("/candidate/code", { code: await portal.codeFor(carla.email) });
    expect(entered.headers.get("location")).toBe("/candidate/");
    const page = await browser.get("/candidate");
    expect(page.body).toContain(`href="/candidate/applications/${id}"`);
    expect((await browser.get(`/candidate/applications/${id}`)).body).toContain(title);
    expect((await browser.get("/login")).status).toBe(404);
  });

  it("has headers that keep it to itself", async () => {
    const carla = await world.candidate("Carla");
    const browser = await portal.signedIn(carla);
    for (const path of ["/", "/login", "/privacy", "/nothing"]) {
      const { headers } = await browser.get(path);
      expect(headers.get("cache-control")).toBe("private, no-store");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("x-robots-tag")).toBe("noindex");
      expect(headers.get("content-security-policy")).toContain("script-src 'none'");
    }
    expect(PORTAL).toContain("candidate.");
  });
});
