import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { apiKeys } from "#db/schema/api.ts";
import { marketplace, type Marketplace, type Person } from "../api.ts";
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

  it.each(["since=0000-01-01", "until=9999-12-31", "since=2026-02-30"])("is no day of a search: %s", async (query) => {
    const boss = browserAt(world);
    await boss.signInAs((await world.platformAdmin()).userId);
    for (const log of ["audit", "sign-ins"]) expect((await boss.get(`/console/admin/${log}?${query}`)).status).toBe(200);
  });
});
