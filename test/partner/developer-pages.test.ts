import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { apiKeys, oauthClients } from "#db/schema/api.ts";
import { type Answer, marketplace, type Marketplace, type Person } from "../api.ts";
import { browserAt, type TestBrowser } from "../console.ts";
import { keyOf } from "./keys.ts";

// The pages of developers and administrators, as somebody meets them who sends what no form of theirs does.

let world: Marketplace;
beforeAll(async () => void (world = await marketplace()));

async function developer(): Promise<{ person: Person & { recruiterId: string }; browser: TestBrowser }> {
  const person = await world.recruiter("Rosa");
  const browser = browserAt(world);
  await browser.signInAs(person.userId);
  return { person, browser };
}

/** The hidden name of the form on a page. */
const onceIn = (page: Answer): string => /name="once" value="([^"]+)"/.exec(page.body)?.[1] ?? "";
const SECRET = /\bsn[kc]_test_\w{16}_\w{38}\b/;
const secretIn = (page: Answer): string | null => SECRET.exec(page.body)?.[0] ?? null;

describe("a form that is sent again", () => {
  const WISH = { name: "Sync", "scopes.read:roles": "yes" };

  it("makes no second key and shows the same secret, for ten minutes", async () => {
    const { person, browser } = await developer();
    const form = { ...WISH, once: onceIn(await browser.get("/developers/keys/new")) };
    const pages = [await browser.post("/developers/keys", form), await browser.post("/developers/keys", form)];
    expect(pages.map(({ status }) => status)).toEqual([200, 200]);
    expect(secretIn(pages[0]!)).toMatch(SECRET);
    expect(secretIn(pages[1]!)).toBe(secretIn(pages[0]!));
    try {
      await world.database.setClock(601);
      const late = await browser.post("/developers/keys", form);
      expect([late.status, secretIn(late)]).toEqual([409, null]);
    } finally {
      await world.database.setClock(0);
    }
    const kept = await world.db.reader.select().from(apiKeys).where(eq(apiKeys.accountId, person.recruiterId));
    expect(kept).toHaveLength(1);
  });

  it("makes one key however often it is clicked, also the last one of the plan", async () => {
    const { person, browser } = await developer();
    for (let made = 0; made < 4; made++) await keyOf(world, { id: person.recruiterId, roleType: "recruiter" }, person);
    const form = { ...WISH, once: onceIn(await browser.get("/developers/keys/new")) };
    const pages = await Promise.all(Array.from({ length: 3 }, () => browser.post("/developers/keys", form)));
    expect(new Set(pages.map(secretIn)).size).toBe(1);
    expect(secretIn(await browser.post("/developers/keys", form))).toBe(secretIn(pages[0]!));
    const kept = await world.db.reader.select().from(apiKeys).where(eq(apiKeys.accountId, person.recruiterId));
    expect(kept).toHaveLength(5);
  });

  it("with other words makes another, as does another form", async () => {
    const { person, browser } = await developer();
    const once = onceIn(await browser.get("/developers/keys/new"));
    const secrets = [
      await browser.post("/developers/keys", { ...WISH, once }),
      await browser.post("/developers/keys", { ...WISH, name: "Other", once }),
      await browser.post("/developers/keys", { ...WISH, once: onceIn(await browser.get("/developers/keys/new")) }),
    ].map(secretIn);
    expect(new Set(secrets).size).toBe(3);
    expect(await world.db.reader.select().from(apiKeys).where(eq(apiKeys.accountId, person.recruiterId))).toHaveLength(3);
  });

  it("shows nothing to another admin of the account", async () => {
    const company = await world.company();
    const [grace, henry] = [browserAt(world), browserAt(world)];
    await grace.signInAs((await world.member(company)).userId);
    await henry.signInAs((await world.member(company)).userId);
    const form = { ...WISH, once: onceIn(await grace.get("/developers/keys/new")) };
    expect(secretIn(await grace.post("/developers/keys", form))).toMatch(SECRET);
    const other = await henry.post("/developers/keys", form);
    expect([other.status, secretIn(other)]).toEqual([409, null]);
  });

  it("rotates once, a key and an application's secret alike", async () => {
    const { person, browser } = await developer();
    const key = await keyOf(world, { id: person.recruiterId, roleType: "recruiter" }, person);
    const registration = {
      name: "App",
      type: "confidential",
      "scopes.read:roles": "yes",
      once: onceIn(await browser.get("/developers/apps/new")),
    };
    const registered = [await browser.post("/developers/apps", registration), await browser.post("/developers/apps", registration)];
    expect(secretIn(registered[0]!)).toMatch(SECRET);
    expect(secretIn(registered[1]!)).toBe(secretIn(registered[0]!));
    const [client, ...more] = await world.db.reader.select().from(oauthClients).where(eq(oauthClients.ownerAccountId, person.recruiterId));
    expect(more).toEqual([]);
    for (const path of [`/developers/keys/${key.id}/rotate`, `/developers/apps/${client?.id}/rotate`]) {
      const form = { grace_seconds: "3600", once: onceIn(await browser.get(path)) };
      const [first, again] = [await browser.post(path, form), await browser.post(path, form)];
      expect(secretIn(first)).toMatch(SECRET);
      expect(again.body.replaceAll(/nonce-[\w-]+/g, "")).toBe(first.body.replaceAll(/nonce-[\w-]+/g, ""));
    }
    const [rotated] = await world.db.reader.select().from(apiKeys).where(eq(apiKeys.id, key.id));
    expect(rotated?.version).toBe(2);
  });
});

describe("what no table can hold", () => {
  it.each([
    "/developers/logs?route=%00",
    "/developers/logs?credential_id=a%00b",
    "/developers/usage?%00=1",
    "/oauth/authorize?client_id=%00",
    "/sign-in?return_to=%00",
  ])("is refused at %s", async (path) => {
    const { browser } = await developer();
    const answer = await browser.get(path);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([400, "text/html; charset=UTF-8"]);
  });

  it("is refused in a form, before anything is done", async () => {
    const { person } = await developer();
    const key = await keyOf(world, { id: person.recruiterId, roleType: "recruiter" }, person);
    const boss = browserAt(world);
    await boss.signInAs((await world.platformAdmin()).userId);
    expect((await boss.post(`/console/admin/keys/${key.id}/suspend`, { reason: "Leaked\0" })).status).toBe(400);
    expect((await world.db.reader.select().from(apiKeys).where(eq(apiKeys.id, key.id)))[0]?.status).toBe("active");
  });

  it.each(["since=0000-01-01", "until=9999-12-31", "since=2026-02-30"])("is no day of an audit search: %s", async (query) => {
    const boss = browserAt(world);
    await boss.signInAs((await world.platformAdmin()).userId);
    expect((await boss.get(`/console/admin/audit?${query}`)).status).toBe(200);
  });
});
