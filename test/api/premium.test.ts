import { describe, expect, it } from "vitest";
import { sql } from "drizzle-orm";
import { jobs } from "#db/schema/ats.ts";
import { auditEvents } from "#db/schema/audit.ts";
import { marketplace, type Person } from "#test/api.ts";
import { DEAL_ROLES } from "#domain/commission/deal-roles.ts";
import { hires } from "./hires.ts";

const world = await marketplace();
const { subscribe, offer, hire, share, money } = hires(world);
const db = world.db.writer;

describe("premium roles", () => {
  const posted = async (as: Person, companyId: string, more: Record<string, unknown> = {}) =>
    world.call("POST", "jobs", { as, body: { company_id: companyId, title: "Role", status: "active", premium_type: ["urgent"], ...more } });

  it("are ten at least, and then fewer than one in ten of the active ones (D-72)", async () => {
    const company = await world.company();
    const admin = await world.member(company);
    const fill = (count: number) =>
      db.insert(jobs).values(Array.from({ length: count }, () => ({ companyId: company.id, title: "Other", status: "active" as const })));
    for (let made = 0; made < 10; made++) expect((await posted(admin, company.id)).status).toBe(201);
    const refused = await posted(admin, company.id);
    expect([refused.status, refused.body.code, refused.body.reason]).toEqual([409, "conflict", "premium_limit"]);

    // a draft counts only once it is active
    const draft = (await posted(admin, company.id, { status: "draft" })).body.data.id as string;
    const patch = (id: string, body: Record<string, unknown>, as: Person = admin) => world.call("PATCH", `jobs/${id}`, { as, body });
    expect((await patch(draft, { status: "active" })).body.reason).toBe("premium_limit");
    expect((await patch(draft, { premium_type: [] })).status).toBe(200);
    expect((await patch(draft, { status: "active" })).status).toBe(200);
    expect((await patch(draft, { premium_type: ["niche"] })).body.reason).toBe("premium_limit");

    // 11 of 110 reach a tenth, 11 of 111 do not
    await fill(110 - 11);
    expect((await patch(draft, { premium_type: ["niche"] })).body.reason).toBe("premium_limit");
    await fill(1);
    expect((await patch(draft, { premium_type: ["niche"] })).status).toBe(200);
    expect((await patch(draft, { premium_type: ["niche", "urgent"] })).status).toBe(200);

    const operator = await world.platformAdmin();
    const beyond = await posted(operator, company.id);
    expect(beyond.status).toBe(201);
    const audit = await db
      .select()
      .from(auditEvents)
      .where(sql`${auditEvents.subjectId} = ${beyond.body.data.id}`);
    expect(audit.map(({ action }) => action).toSorted()).toEqual(["job.created", "job.premium_limit_overridden"]);
    await db.execute(sql`update ats.jobs set deleted_at = ops.now()`);
  });

  it("do not share the last place when two are designated at once", async () => {
    const company = await world.company();
    const admin = await world.member(company);
    for (let made = 0; made < 9; made++) await posted(admin, company.id);
    const answers = await Promise.all([posted(admin, company.id), posted(admin, company.id), posted(admin, company.id)]);
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([201, 409, 409]);
    await db.execute(sql`update ats.jobs set deleted_at = ops.now()`);
  });

  it("scenario 41: cost 25 % when urgent and niche; the uplift is the recruiters' bonus but for 5 % (D-22)", async () => {
    const company = await world.company();
    const admin = await world.member(company);
    const people = await Promise.all(
      DEAL_ROLES.map(async () => {
        const recruiter = await world.recruiter();
        await subscribe(recruiter, "paid");
        return recruiter;
      }),
    );
    const recruiters = Object.fromEntries(DEAL_ROLES.map((role, index) => [role, people[index]]));
    const deal = await offer({ company, recruiters, job: { premiumType: ["urgent", "niche"] } });
    const id = (await hire(admin, deal)).body.data.id as string;
    expect(await money(id)).toMatchObject({ fee: "25000.00", platform: "6760.00" });
    expect(await share(id, "candidate_recruiter")).toBe("7200.00");
    const { splits } = await money(id);
    expect(splits.find(({ dealRole }) => dealRole === "candidate_recruiter")?.bonusAmount).toBe(120_000);
  });

  it("are executive at 25 %, with no uplift; and volume with one bonus on the fifth hire (D-23)", async () => {
    const company = await world.company();
    const admin = await world.member(company);
    const executive = await hire(admin, await offer({ company, job: { premiumType: ["executive"] } }), { salary_cents: 20_000_000 });
    expect(executive.body.data.placement_fee).toBe("50000.00");
    const closer = await world.recruiter();
    const first = await offer({
      company,
      recruiters: { candidate_recruiter: closer },
      job: { premiumType: ["volume"], hiresCommitted: 5, bulkBonus: 1_000_000 as never },
    });
    const fees = [(await hire(admin, first)).body.data.placement_fee];
    for (let made = 1; made < 6; made++) {
      fees.push(
        (await hire(admin, await offer({ company, jobId: first.jobId, recruiters: { candidate_recruiter: closer } }))).body.data
          .placement_fee,
      );
    }
    expect(fees).toEqual(["20000.00", "20000.00", "20000.00", "20000.00", "30000.00", "20000.00"]);
  });
});
