import { beforeAll, describe, expect, it } from "vitest";
import { type Db, id, seedWorld, useDb } from "./world.ts";

const NOBODY = {
  user_id: null,
  user_status: null,
  is_platform_admin: false,
  candidate_id: null,
  recruiter_id: null,
  recruiter_status: null,
  roles: [],
  organization_ids: [],
  admin_organization_ids: [],
  company_ids: [],
  admin_company_ids: [],
  teams: [],
  unknown_organization: false,
};

const ACCESSORS = [
  "kind",
  "user_id",
  "is_admin",
  "candidate_id",
  "recruiter_id",
  "active_recruiter_id",
  "company_ids",
  "admin_company_ids",
  "organization_ids",
  "admin_organization_ids",
  "team_ids",
  "managed_team_ids",
];
const NOTHING = Object.fromEntries(ACCESSORS.map((name) => [name, name === "is_admin" ? false : null]));
const settings = `select ${ACCESSORS.map((name) => `to_json(ops.${name}()) as ${name}`).join(", ")}`;

describe("ops.enter", () => {
  const { db } = useDb(seedWorld);

  beforeAll(async () => {
    // 6 is the candidate; 7 manages hiring at company 2 and administers company 3, both scoped
    await db().insert("identity.memberships", {
      user_id: id("user", 7),
      role_name: "hiring_manager",
      organization_id: id("organization"),
      company_id: id("company", 2),
    });
    await db().insert("identity.memberships", {
      user_id: id("user", 7),
      role_name: "company_admin",
      organization_id: id("organization", 2),
      company_id: id("company", 3),
    });
  });

  /** Enters as the production client does, and answers what was returned and what is then set. */
  const enter = (kind: string, subject: string | null, organization: string | null = null, on: Db = db()) =>
    on.commit(async () => {
      const context = await on.value<Record<string, unknown>>("select ops.enter($1, $2, $3)", [kind, subject, organization]);
      const [set] = await on.rows(settings);
      return { context, set };
    }, "isolation level repeatable read read only");

  it("finds a company admin and, organization-wide, every company of it", async () => {
    const { context, set } = await enter("session", "clerk_5");
    expect(context).toMatchObject({
      ...NOBODY,
      kind: "session",
      user_id: id("user", 5),
      user_status: "active",
      roles: ["company_admin"],
      organization_ids: [id("organization")],
      admin_organization_ids: [id("organization")],
      company_ids: [id("company"), id("company", 2)],
      admin_company_ids: [id("company"), id("company", 2)],
    });
    expect(Date.parse(String(context["now"]))).toBeCloseTo(Date.now(), -5);
    expect(set).toEqual({
      ...NOTHING,
      kind: "session",
      user_id: id("user", 5),
      company_ids: [id("company"), id("company", 2)],
      admin_company_ids: [id("company"), id("company", 2)],
      organization_ids: [id("organization")],
      admin_organization_ids: [id("organization")],
      team_ids: [],
      managed_team_ids: [],
    });
  });

  it("gives a scoped member the named companies only, and no organization to run", async () => {
    const { context } = await enter("user", id("user", 7));
    expect(context).toMatchObject({
      kind: "user",
      roles: ["company_admin", "hiring_manager"],
      organization_ids: [id("organization"), id("organization", 2)],
      admin_organization_ids: [],
      company_ids: [id("company", 2), id("company", 3)],
      admin_company_ids: [id("company", 3)],
    });
  });

  it("narrows memberships, and the roles they give, to one organization", async () => {
    const { context } = await enter("session", "clerk_7", id("organization"));
    expect(context).toMatchObject({
      roles: ["hiring_manager"],
      organization_ids: [id("organization")],
      company_ids: [id("company", 2)],
      admin_company_ids: [],
      unknown_organization: false,
    });
  });

  it("says when the organization is not one of the caller's, except to a platform admin", async () => {
    expect((await enter("session", "clerk_5", id("organization", 2))).context).toMatchObject({
      ...NOBODY,
      user_id: id("user", 5),
      user_status: "active",
      unknown_organization: true,
    });
    expect((await enter("anonymous", null, id("organization"))).context).toMatchObject({ unknown_organization: true });
    expect((await enter("session", "clerk_8", id("organization", 2))).context).toMatchObject({ unknown_organization: false });
  });

  it("finds a recruiter with status and teams", async () => {
    const { context, set } = await enter("session", "clerk_3");
    expect(context).toMatchObject({
      roles: ["recruiter"],
      recruiter_id: id("recruiter", 3),
      recruiter_status: "active",
      teams: [{ team_id: id("team"), team_role: "owner" }],
      company_ids: [],
    });
    expect(set).toMatchObject({
      recruiter_id: id("recruiter", 3),
      active_recruiter_id: id("recruiter", 3),
      team_ids: [id("team")],
      managed_team_ids: [id("team")],
    });
    expect((await enter("session", "clerk_4")).set).toMatchObject({ team_ids: [id("team")], managed_team_ids: [] });
  });

  it("keeps a suspended recruiter's id, but not as an active one, and forgets a team that was left", async () => {
    await db().run(`update network.recruiters set status = 'suspended' where id = '${id("recruiter", 4)}'`);
    await db().run(`update network.team_members set status = 'removed' where recruiter_id = '${id("recruiter", 4)}'`);
    const { context, set } = await enter("session", "clerk_4");
    expect(context).toMatchObject({ recruiter_status: "suspended", roles: ["recruiter"], teams: [] });
    expect(set).toMatchObject({ recruiter_id: id("recruiter", 4), active_recruiter_id: null, team_ids: [] });
  });

  it("finds a candidate, a platform admin and the system", async () => {
    expect((await enter("session", "clerk_6")).context).toMatchObject({ roles: ["candidate"], candidate_id: id("candidate") });
    expect(await enter("session", "clerk_8")).toMatchObject({
      context: { roles: ["platform_admin"], is_platform_admin: true },
      set: { is_admin: true },
    });
    expect(await enter("system", null)).toMatchObject({
      context: {
        user_id: "00000000-0000-0000-0000-000000000000",
        is_platform_admin: true,
        roles: ["platform_admin"],
      },
      set: { is_admin: true, kind: "system" },
    });
  });

  it("knows nobody by an unknown subject, nor the anonymous", async () => {
    expect((await enter("session", "clerk_unknown")).context).toMatchObject(NOBODY);
    expect((await enter("user", id("user", 99))).context).toMatchObject(NOBODY);
    expect((await enter("anonymous", null)).context).toMatchObject(NOBODY);
    expect((await enter("anonymous", "clerk_8")).context).toMatchObject(NOBODY);
    await db().refuses("select ops.enter('root', null)", "22023");
  });

  it("ignores what is deleted: memberships, organizations, companies, roles, candidates", async () => {
    const deleted = (statement: string, subject: string) =>
      db().attempt(async () => {
        await db().run(statement);
        return db().value<Record<string, unknown>>("select ops.enter('session', $1)", [subject]);
      });
    const none = { roles: [], company_ids: [], organization_ids: [], candidate_id: null, is_platform_admin: false };
    expect(await deleted("update identity.memberships set deleted_at = now()", "clerk_5")).toMatchObject(none);
    expect(await deleted("update identity.organizations set deleted_at = now()", "clerk_5")).toMatchObject(none);
    expect(await deleted("update identity.user_roles set deleted_at = now()", "clerk_8")).toMatchObject(none);
    expect(await deleted("update ats.candidates set deleted_at = now()", "clerk_6")).toMatchObject(none);
    expect(await deleted(`update ats.companies set deleted_at = now() where id = '${id("company")}'`, "clerk_5")).toMatchObject({
      company_ids: [id("company", 2)],
    });
  });

  it("knows of a deactivated user only who it is", async () => {
    const { attempt } = {
      attempt: (subject: string) =>
        db().attempt(async () => {
          await db().run("update identity.users set status = 'deactivated'");
          return db().value<Record<string, unknown>>("select ops.enter('session', $1)", [subject]);
        }),
    };
    expect(await attempt("clerk_8")).toMatchObject({ ...NOBODY, user_id: id("user", 8), user_status: "deactivated" });
    expect(await attempt("clerk_3")).toMatchObject({ ...NOBODY, user_id: id("user", 3), user_status: "deactivated" });
    expect(await attempt("clerk_5")).toMatchObject({ ...NOBODY, user_id: id("user", 5), user_status: "deactivated" });
  });

  it("does not combine a membership with a company of another organization", async () => {
    const context = await db().attempt(async () => {
      await db().run(`update identity.memberships set company_id = '${id("company", 3)}' where user_id = '${id("user", 5)}'`);
      return db().value("select ops.enter('session', 'clerk_5')");
    });
    expect(context).toMatchObject({ company_ids: [] });
  });

  it("ends with the transaction, and is replaced as a whole by entering again", async () => {
    expect((await db().rows(settings))[0]).toEqual(NOTHING);
    await enter("session", "clerk_8");
    expect((await db().rows(settings))[0]).toEqual(NOTHING);
    const second = await db().commit(async () => {
      await db().run("select ops.enter('session', 'clerk_3')");
      await db().run("select ops.enter('anonymous', null)");
      return (await db().rows(settings))[0];
    });
    expect(second).toMatchObject({ user_id: null, is_admin: false, recruiter_id: null, active_recruiter_id: null, team_ids: [] });
  });

  it("gives no rows without a context", async () => {
    const rows = await db().rows(
      "select from ats.jobs where ops.is_admin() or company_id = any(ops.company_ids()) or not (company_id = any(ops.company_ids())) or job_owner_recruiter_id = ops.recruiter_id()",
    );
    expect(rows).toEqual([]);
  });

  it("is an index condition, in a read-only snapshot", async () => {
    await db().run(
      `insert into ats.companies (identity_organization_id, name, slug) select '${id("organization", 2)}', 'c', 'c' || n from generate_series(1, 300) n`,
    );
    await db().run(
      "insert into ats.jobs (company_id, title) select id, 'j' from ats.companies, generate_series(1, 20) where slug like 'c%'",
    );
    await db().run("analyze ats.jobs");
    const plan = await db().commit(async () => {
      await db().run("select ops.enter('session', 'clerk_5')");
      return db().rows<{ "QUERY PLAN": string }>("explain select * from ats.jobs where company_id = any(ops.company_ids())");
    }, "isolation level repeatable read read only");
    expect(plan.map((row) => row["QUERY PLAN"]).join("\n")).toMatch(
      /Index Cond: \(company_id = ANY \(.*current_setting\('splits.company_ids'/,
    );
  });
});

describe("ops.step_down", () => {
  const { db } = useDb(seedWorld);

  it("takes the platform's own account along with a platform admin's rights", async () => {
    const administers = (how: string) =>
      db().commit(async () => {
        const entered = await db().value<Record<string, unknown>>(`select ${how}`, [id("user", 8)]);
        return [entered["account"] !== null, entered["account_ids"], await db().value("select ops.account_id()")];
      });
    const entering = "ops.enter('user', $1::text, null, true, $1::uuid)";
    expect(await administers(entering)).toEqual([true, [id("user", 8)], id("user", 8)]);
    expect(await administers(`ops.step_down(${entering})`)).toEqual([false, [], null]);
  });
});

describe("ops.now", () => {
  const { db } = useDb();

  it("is now() plus the offset of the database", async () => {
    const offset = () => db().value<number>("select extract(epoch from ops.now() - now())::float8");
    expect(await offset()).toBe(0);
    await db().run("set ops.clock_offset = '-36 hours'");
    expect(await offset()).toBe(-36 * 3600);
    await db().run("reset ops.clock_offset");
  });
});
