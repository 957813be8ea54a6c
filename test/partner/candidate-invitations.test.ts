import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { accountPlans } from "#db/schema/api.ts";
import { candidates, jobs } from "#db/schema/ats.ts";
import { recruiterCandidates } from "#db/schema/network.ts";
import { type Answer, marketplace, type Marketplace, type Person } from "../api.ts";
import { type Key, keyOf } from "./keys.ts";

let world: Marketplace;
let rosa: Person & { recruiterId: string };
let key: Key;
let roleId: string;

beforeAll(async () => {
  world = await marketplace();
  rosa = await world.recruiter("Rosa");
  key = await keyOf(world, { id: rosa.recruiterId, roleType: "recruiter" }, rosa);
  await world.db.writer.update(accountPlans).set({ customLimit: 10_000 });
  const { id } = await world.company();
  roleId = crypto.randomUUID();
  await world.db.writer.insert(jobs).values({ id: roleId, companyId: id, title: "Cook", status: "active" });
});

const call = (method: string, path: string, body?: object): Promise<Answer> =>
  world.call(method, `/api/v1${path}`, { as: key, ...(body ? { body } : {}) });
const invite = (email: string) => call("POST", "/candidate-invitations", { candidate: { name: "Kim Example", email } });
const submit = (email: string) => call("POST", "/submissions", { role_id: roleId, candidate: { name: "Kim Example", email } });

/** The candidate agrees, with the token that was mailed. */
async function accepts(invitationId: string): Promise<void> {
  const [row] = await world.db.reader.select().from(recruiterCandidates).where(eq(recruiterCandidates.id, invitationId));
  const { links } = (await import("#workers/runtime.ts")).portsOf(world.env, () => {});
  const token = await links.token(invitationId, row?.invitedAt as Date);
  const answer = await world.call("POST", `recruiter-candidates/invitations/${token}/accept`);
  expect(answer.status).toBe(200);
}

describe("an unknown candidate", () => {
  it("is invited, agrees, and is submitted, all by key", async () => {
    const email = "kim@people.test";
    expect((await submit(email)).body.code).toBe("consent_required");
    const invited = await invite(email);
    expect([invited.status, invited.body.data.status, invited.body.data.recruiter_id]).toEqual([201, "pending", rosa.recruiterId]);
    expect(JSON.stringify(invited.body)).not.toMatch(/token|kim@/i);
    const { id } = invited.body.data;
    expect((await submit(email)).body.code).toBe("consent_required"); // asked is not agreed
    await world.drain();
    expect(world.sent.mails.length).toBeGreaterThan(0);

    await accepts(id);
    const answered = await call("GET", `/candidate-invitations/${id}`);
    expect([answered.body.data.status, answered.headers.get("etag")]).toEqual(["active", `"${answered.body.data.version}"`]);
    expect((await call("GET", "/candidate-invitations?status=active")).body.data.map((row: { id: string }) => row.id)).toEqual([id]);
    const submitted = await submit(email);
    expect([submitted.status, submitted.body.data.candidate_id]).toEqual([201, invited.body.data.candidate_id]);
  });

  it("is not told apart from one whom we know", async () => {
    await world.db.writer.insert(candidates).values({ email: "known@people.test", fullName: "Known" });
    const [known, unknown] = [await invite("known@people.test"), await invite("unknown@people.test")];
    const shape = ({ status, body }: Answer) => [status, Object.keys(body.data), body.data.status];
    expect(shape(known)).toEqual(shape(unknown));
  });

  it("is asked once at a time, and not again once they agreed", async () => {
    const { id } = (await invite("once@people.test")).body.data;
    const again = await invite("once@people.test");
    expect([again.status, again.body.code]).toEqual([409, "conflict"]);
    await accepts(id);
    expect((await invite("once@people.test")).body.code).toBe("active_relationship_exists");
  });

  it("is named in one way", async () => {
    const both = { candidate_id: crypto.randomUUID(), candidate: { name: "Kim", email: "kim@people.test" } };
    for (const body of [{}, both, { candidate: { email: "kim@people.test" } }]) {
      expect((await call("POST", "/candidate-invitations", body)).status).toBe(422);
    }
  });
});
