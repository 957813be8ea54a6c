import { eq } from "drizzle-orm";
import { applicationNotes, applications, jobs } from "#db/schema/ats.ts";
import { recruiterCandidates } from "#db/schema/network.ts";
import { type Answer, marketplace } from "#test/api.ts";
import { beforeAll, describe, expect, it } from "vitest";
import { hires } from "./hires.ts";

// The budgets of DESIGN §7 that are counts: what one request asks of the database.
const world = await marketplace();
const { offer, hire } = hires(world);
const company = await world.company();
const admin = await world.member(company);
const ada = await world.platformAdmin();
const READ = 1;
const WRITE = 2;

const costOf = ({ headers }: Answer) => world.database.counts(headers.get("x-request-id") ?? "");

interface Contract {
  parameters?: readonly { name: string; in: string; description?: string; schema: { description?: string } }[];
  "x-access": { verb: string };
}

const { paths } = (await world.call("GET", "/api/v2/openapi.json")).body as { paths: Record<string, { get?: Contract }> };
const reads = Object.entries(paths).flatMap(([path, { get }]) =>
  get?.parameters?.some(({ name }) => name === "include")
    ? [{ path, includes: includesOf(get), isList: get.parameters.some(({ name }) => name === "page") }]
    : [],
);

/** What a read offers to include, by its documentation. */
function includesOf({ parameters = [] }: Contract): string[] {
  const include = parameters.find(({ name }) => name === "include");
  const [, names] = /^Comma list of (.+)$/.exec(include?.description ?? include?.schema.description ?? "") ?? [];
  return names?.split(", ") ?? [];
}

let deal: Awaited<ReturnType<typeof offer>>;
let filters: Record<string, string>;

// more than a page of what lists show
beforeAll(async () => {
  const deals = [];
  for (let n = 0; n < 30; n++) deals.push(await offer({ company }));
  deal = deals[0]!;
  await world.db.writer.insert(applicationNotes).values(
    Array.from({ length: 30 }, () => ({
      applicationId: deal.applicationId,
      createdByUserId: admin.userId,
      createdByType: "company_admin" as const,
      noteType: "general" as const,
      visibility: "shared" as const,
      messageText: "A note",
    })),
  );
  filters = { job_id: deal.jobId, application_id: deal.applicationId, assignment_id: deal.craId, candidate_id: deal.candidateId };
});

it("knows the includes of the contract", () => {
  expect(reads.find(({ path }) => path === "/api/v2/applications")?.includes).toEqual(
    expect.arrayContaining([
      "candidate",
      "job",
      "recruiter",
      "documents",
      "pre_screen_answers",
      "audit_log",
      "job_requirements",
      "ai_review",
    ]),
  );
  expect(reads.find(({ path }) => path === "/api/v2/jobs")?.includes).toEqual(
    expect.arrayContaining(["company", "requirements", "pre_screen_questions", "my_deals"]),
  );
});

describe("a list with all its includes asks 2 statements and one for each include, in 1 round trip:", () => {
  it.each(reads.filter(({ isList }) => isList).map(({ path, includes }) => [path, includes] as const))("%s", async (path, includes) => {
    const query = new URLSearchParams({ limit: "25", ...(includes.length > 0 ? { include: includes.join(",") } : {}) });
    let answer = await world.call("GET", `${path}?${query}`, { as: ada });
    const needed = (answer.body.errors ?? []).map(({ pointer }: { pointer: string }) => pointer.slice("query:".length));
    for (const name of needed) query.set(name, filters[name] ?? "");
    if (needed.length > 0) answer = await world.call("GET", `${path}?${query}`, { as: ada });
    expect(answer.status, JSON.stringify(answer.body).slice(0, 300)).toBe(200);
    const { round_trips: trips, statements } = await costOf(answer);
    expect(trips).toBe(READ);
    expect(statements).toBeLessThanOrEqual(2 + includes.length);
  });
});

describe("one row with all its includes is 1 round trip too:", () => {
  it.each(reads.filter(({ isList, path }) => !isList && path.includes("{id}")).map(({ path, includes }) => [path, includes] as const))(
    "%s",
    async (path, includes) => {
      const [row] = (await world.call("GET", path.replace("/{id}", "?limit=1"), { as: ada })).body.data ?? [];
      const query = includes.length > 0 ? `?include=${includes.join(",")}` : "";
      const answer = await world.call("GET", `${path.replace("{id}", row?.id ?? deal.jobId)}${query}`, { as: ada });
      expect(answer.status).toBe(row ? 200 : 404);
      const { round_trips: trips, statements } = await costOf(answer);
      expect(trips).toBe(READ);
      expect(statements).toBeLessThanOrEqual(2 + includes.length);
    },
  );
});

describe("a read is 1 round trip, whoever asks:", () => {
  it("the public", async () => expect(await costOf(await world.call("GET", "jobs"))).toEqual({ round_trips: READ, statements: 2 }));
  it("everybody else, and again and again", async () => {
    const people = {
      ada,
      admin,
      recruiter: await world.recruiter(),
      candidate: await world.candidate(),
      manager: await world.member(company, "hiring_manager", true),
    };
    for (const person of Object.values(people)) {
      for (const path of [
        "jobs",
        "applications",
        `jobs/${deal.jobId}`,
        "users/me",
        "notifications",
        "jobs?search=job&sort_by=title&status=active",
      ]) {
        expect((await costOf(await world.call("GET", path, { as: person }))).round_trips, path).toBe(READ);
      }
    }
  });
});

describe("a write is 2 round trips:", () => {
  const statusAndTrips = async (answer: Answer) => [answer.status, (await costOf(answer)).round_trips];

  it("posting, changing and deleting a job", async () => {
    const posted = await world.call("POST", "jobs", { as: admin, body: { company_id: company.id, title: "Cook" } });
    expect(await statusAndTrips(posted)).toEqual([201, WRITE]);
    const path = `jobs/${posted.body.data.id}`;
    expect(
      await statusAndTrips(
        await world.call("PATCH", path, { as: admin, body: { title: "Chef", status: "active" }, headers: { "idempotency-key": "a key" } }),
      ),
    ).toEqual([200, WRITE]);
    expect(await statusAndTrips(await world.call("DELETE", path, { as: admin }))).toEqual([200, WRITE]);
  });

  it("every step of a deal, the hire included", async () => {
    const candidate = await world.candidate();
    const [job] = await world.db.writer
      .insert(jobs)
      .values({ companyId: company.id, title: "Cook", status: "active" })
      .returning({ id: jobs.id });
    const draft = await world.call("POST", "applications", {
      as: candidate,
      body: { job_id: job?.id, candidate_id: candidate.candidateId },
    });
    expect(await statusAndTrips(draft)).toEqual([201, WRITE]);
    const submitted = await world.call("POST", `applications/${draft.body.data.id}/submit`, { as: candidate, body: {} });
    expect(await statusAndTrips(submitted)).toEqual([200, WRITE]);
    const act = (action: string, body: object = {}) =>
      world.call("POST", `candidate-role-assignments/${submitted.body.data.assignment_id}/${action}`, { as: admin, body });
    expect(await statusAndTrips(await act("approve-gate"))).toEqual([200, WRITE]);
    for (const state of ["screen", "in_process", "offer"])
      expect(await statusAndTrips(await act("advance", { state }))).toEqual([200, WRITE]);
    const note = { application_id: draft.body.data.id, note_type: "general", visibility: "shared", message_text: "Welcome" };
    expect(await statusAndTrips(await world.call("POST", "application-notes", { as: admin, body: note }))).toEqual([201, WRITE]);
    const [row] = await world.db.writer.select().from(applications).where(eq(applications.id, draft.body.data.id));
    expect(row?.stage).toBe("offer");
    const answer = await hire(admin, { applicationId: draft.body.data.id });
    expect(await statusAndTrips(answer)).toEqual([200, WRITE]);
  });

  it("claiming one's record, and ending a relationship with its deals", async () => {
    const [person, recruiter] = [await world.person("Brought"), await world.recruiter()];
    const { email } = person;
    const { id } = (await world.call("POST", "candidates", { as: recruiter, body: { email, full_name: "Brought" } })).body.data;
    const claimed = await world.call("POST", "candidates", { as: person, body: { email, full_name: "Really Brought" } });
    expect([...(await statusAndTrips(claimed)), claimed.body.data.id]).toEqual([201, WRITE, id]);

    const [relationship] = await world.db.writer
      .insert(recruiterCandidates)
      .values({ recruiterId: recruiter.recruiterId, candidateId: id, status: "active", consentGiven: true, consentGivenAt: new Date() })
      .returning();
    const deals = [];
    for (let made = 0; made < 3; made++) {
      const [job] = await world.db.writer.insert(jobs).values({ companyId: company.id, title: "Cook", status: "active" }).returning();
      const draft = await world.call("POST", "applications", { as: recruiter, body: { job_id: job?.id, candidate_id: id } });
      const submitted = await world.call("POST", `applications/${draft.body.data.id}/submit`, { as: recruiter, body: {} });
      deals.push({ assignment_id: submitted.body.data.assignment_id, decision: "withdraw" });
    }
    const ended = await world.call("POST", `recruiter-candidates/${relationship?.id}/terminate`, {
      as: recruiter,
      body: { reason: "We part", deals },
    });
    expect(await statusAndTrips(ended)).toEqual([200, WRITE]);
    const left = await world.call("GET", `applications?candidate_id=${id}&stage=withdrawn`, { as: person });
    expect(left.body.pagination.total).toBe(3);
  });

  it("and a refusal is the read alone", async () => {
    const unknown = crypto.randomUUID();
    expect(await statusAndTrips(await world.call("PATCH", `jobs/${unknown}`, { as: admin, body: { title: "Cook" } }))).toEqual([404, READ]);
    expect(
      await statusAndTrips(await world.call("PATCH", `jobs/${deal.jobId}`, { as: await world.recruiter(), body: { title: "Cook" } })),
    ).toEqual([403, READ]);
  });
});
