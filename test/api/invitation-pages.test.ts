import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { recruiterCandidates } from "#db/schema/network.ts";
import { marketplace, type Person } from "#test/api.ts";
import { browserAt } from "#test/console.ts";
import { portalOf } from "#test/portal.ts";

const world = await marketplace();
const portal = portalOf(world);

/** The path of the link that the latest mail to an address carries. */
const mailed = async (email: string): Promise<string> => {
  const links = (await portal.mailsTo(email)).flatMap(({ text }) => /https?:\/\/[^/\s]+(\/\S*invitations?\/\S+)/.exec(text)?.[1] ?? []);
  return links[0] ?? "";
};

/** A browser at the console, signed in. */
async function signedIn(person: Person) {
  const browser = browserAt(world);
  await browser.signInAs(person.userId);
  return browser;
}

/** The hidden fields that a page's form to an address carries. */
const tokenIn = (page: string): string => /name="token" value="([^"]+)"/.exec(page)?.[1] ?? "";

describe("the page of whoever is asked to be represented", () => {
  async function asked(name: string) {
    const rita = await world.recruiter("Rita <b>");
    const email = `${crypto.randomUUID()}@people.test`;
    const { body } = await world.call("POST", "recruiter-candidates", { as: rita, body: { email, full_name: name } });
    const row = async () => (await world.db.reader.select().from(recruiterCandidates).where(eq(recruiterCandidates.id, body.data.id)))[0];
    return { rita, email, row, path: await mailed(email) };
  }

  it("opens from the mail, waits for a press, and keeps the consent with where it came from", async () => {
    const { path, row } = await asked("Carla");
    expect(path).toMatch(/^\/invitation\/[\w-]{43}$/);
    const browser = portal.browser();
    const page = await browser.get(path);
    expect(page.status).toBe(200);
    expect(page.body).toContain("May Rita &lt;b&gt; represent you?");
    expect(page.body).toContain("Hello Carla");
    expect(page.headers.get("x-robots-tag")).toBe("noindex");
    expect(page.headers.get("referrer-policy")).toBe("no-referrer");
    expect(await row()).toMatchObject({ status: "pending", consentGiven: false });
    const agreed = await browser.post(`${path}/accept`);
    expect([agreed.status, agreed.headers.get("location")]).toEqual([303, "/login?done=agreed"]);
    expect((await browser.get("/login?done=agreed")).body).toContain("Thank you.");
    expect(await row()).toMatchObject({ status: "active", consentGiven: true, consentIpAddress: expect.any(String) });
    const again = await browser.post(`${path}/accept`);
    expect([again.status, again.body.includes("You have answered already")]).toEqual([409, true]);
  });

  it("says that only one recruiter represents somebody", async () => {
    const first = await asked("Cleo");
    const body = { email: first.email, full_name: "Cleo" };
    expect((await world.call("POST", "recruiter-candidates", { as: await world.recruiter("Second"), body })).status).toBe(201);
    const second = await mailed(first.email);
    expect(second).not.toBe(first.path);
    await portal.browser().post(`${first.path}/accept`);
    const answer = await portal.browser().post(`${second}/accept`);
    expect([answer.status, answer.body.includes("Another recruiter represents you")]).toEqual([409, true]);
  });

  it("takes a no with its reason, and shows one that is too long again", async () => {
    const { path, row } = await asked("Carl");
    const browser = portal.browser();
    const long = await browser.post(`${path}/decline`, { reason: "x".repeat(2_001) });
    expect([long.status, long.body.includes("2,000 characters at most")]).toEqual([422, true]);
    expect((await browser.post(`${path}/decline`, { reason: "nul\0" })).status).toBe(422);
    expect((await browser.post(`${path}/decline`, { reason: " I am happy <here> " })).headers.get("location")).toBe("/login?done=declined");
    expect(await row()).toMatchObject({ status: "declined", declinedReason: "I am happy <here>" });
  });

  it("says what is wrong with a link that leads nowhere, or is over", async () => {
    const { rita, path, row } = await asked("Cora");
    const browser = portal.browser();
    expect((await browser.get(`/invitation/${"x".repeat(43)}`)).status).toBe(404);
    const found = await row();
    await world.call("POST", `recruiter-candidates/${found?.id}/cancel-invitation`, { as: rita, body: {} });
    expect((await browser.get(path)).status).toBe(410);
    expect((await browser.post(`${path}/accept`)).status).toBe(410);
  });
});

describe("the page of whoever is invited", () => {
  it("into an organization is signed in to, and lets them in once", async () => {
    const company = await world.company("Acme");
    const admin = await world.member(company);
    const ann = await world.person("Ann");
    const body = { organization_id: company.organizationId, email: ann.email, role: "hiring_manager" };
    expect((await world.call("POST", "invitations", { as: admin, body })).status).toBe(201);
    const path = await mailed(ann.email);
    expect((await browserAt(world).get(path)).headers.get("location")).toBe(`/sign-in?return_to=${encodeURIComponent(path)}`);

    const stranger = await signedIn(await world.person("Stan"));
    const others = await stranger.get(path);
    expect([others.status, others.body.includes("another address"), others.body.includes(ann.email)]).toEqual([200, true, false]);
    const [address, token] = path.split("?token=") as [string, string];
    expect((await stranger.post(`${address}/accept`, { token })).status).toBe(403);

    const browser = await signedIn(ann);
    const page = await browser.get(path);
    expect(page.body).toContain("You are invited as a hiring manager.");
    expect((await browser.post(`${address}/accept`, { token: tokenIn(page.body) })).headers.get("location")).toBe("/console?done=joined");
    const home = (await browser.get("/console?done=joined")).body;
    expect([home.includes("Welcome. You are in."), home.includes("hiring manager")]).toEqual([true, true]);
    expect((await browser.post(`${address}/accept`, { token })).status).toBe(409);
    expect((await browser.get("/console/invitations/nobody?token=x")).status).toBe(404);
  });

  it("into a team can say no", async () => {
    const owner = await world.recruiter("Owner");
    const team = await world.call("POST", "teams", { as: owner, body: { name: "Alpha" } });
    const rosa = await world.recruiter("Rosa");
    const body = { team_id: team.body.data.id, email: rosa.email, role: "member" };
    expect((await world.call("POST", "team-invitations", { as: owner, body })).status).toBe(201);
    const path = await mailed(rosa.email);
    const browser = await signedIn(rosa);
    const page = await browser.get(path);
    expect(page.body).toContain("Join Alpha");
    const [address] = path.split("?");
    const declined = await browser.post(`${address}/decline`, { token: tokenIn(page.body) });
    expect(declined.headers.get("location")).toBe("/console?done=declined");
    expect((await browser.get("/console?done=declined")).body).toContain("You said no.");
    expect((await browser.get(path)).status).toBe(410);
  });
});
