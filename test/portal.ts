import { eq, sql } from "drizzle-orm";
import { inject } from "vitest";
import { applications, candidateRoleAssignments, jobs } from "#db/schema/ats.ts";
import { recruiterCandidates } from "#db/schema/network.ts";
import type { Marketplace, Person } from "./api.ts";
import { browserAt, type TestBrowser } from "./console.ts";

export const PORTAL = "http://candidate.localhost:8787";

export type Candidate = Person & { candidateId: string };

/** The portal of a marketplace, its mails caught, and what candidates need to have something in it. */
export function portalOf(world: Marketplace) {
  Object.assign(world.env, {
    MAIL_API_BASE: inject("mailUrl"),
    MAIL_API_KEY: inject("mailKey"),
    CONSOLE_ORIGIN: "http://app.localhost:8787",
  });
  let clients = 0;
  let roles = 0;

  /** A browser of a client that nobody else is. */
  function browser(origin = PORTAL): TestBrowser {
    const address = `203.0.113.${++clients % 250}`;
    return browserAt(
      {
        call: (method, path, options) =>
          world.call(method, path, { ...options, headers: { "cf-connecting-ip": address, ...options?.headers } }),
      },
      origin,
    );
  }

  /** The mails to an address, the latest first, after everything that waits was done. */
  async function mailsTo(email: string): Promise<{ subject: string; text: string; html: string }[]> {
    await world.drain();
    const ids = world.sent.mails.splice(0);
    if (ids.length > 0) await world.consume("mail", [{ notification_ids: ids }]);
    const answer = await fetch(`${inject("mailUrl")}/_local/mails?to=${encodeURIComponent(email)}`);
    return ((await answer.json()) as { data: { subject: string; text: string; html: string }[] }).data;
  }

  const latest = async (email: string, pattern: RegExp): Promise<string> => {
    const mail = (await mailsTo(email)).find(({ text }) => pattern.test(text));
    return pattern.exec(mail?.text ?? "")?.[1] ?? "";
  };
  const codeFor = (email: string) => latest(email, /Your code is (\d{6})/);
  const linkFor = (email: string) => latest(email, /(\/login\/link\/[\w-]{43})/);
  const portalLinkFor = (email: string) => latest(email, /localhost:8787(\/[\w-]{43})\n/);

  /** Signs in by a mailed code: what comes next is proved. */
  async function signedIn(who: { email: string }, at = browser()): Promise<TestBrowser> {
    await at.post("/login", { email: who.email });
    await at.post("/code", { code: await codeFor(who.email) });
    return at;
  }

  /** A company with an open role. */
  async function role({ title = `Role ${++roles}`, showCompany = true, companyName = "Northwind" } = {}) {
    const company = await world.company(companyName);
    const admin = await world.member(company);
    const [job] = await world.db.writer.insert(jobs).values({ companyId: company.id, title, status: "active", showCompany }).returning();
    return { company, admin, title, jobId: job?.id ?? "" };
  }

  /** An application that the company is looking at, as the tables have it; nobody was told. */
  async function application(
    candidate: Candidate,
    { recruiterId = null, ...given }: { recruiterId?: string | null } & Parameters<typeof role>[0] = {},
  ) {
    const { company, admin, title, jobId } = await role(given);
    const [id, dealId] = [crypto.randomUUID(), crypto.randomUUID()];
    const both = { candidateId: candidate.candidateId, jobId, companyId: company.id, candidateRecruiterId: recruiterId };
    await world.db.writer.batch([
      world.db.writer.insert(applications).values({ id, ...both, stage: "company_review", submittedAt: new Date() }),
      world.db.writer.insert(candidateRoleAssignments).values({
        id: dealId,
        ...both,
        proposedBy: candidate.userId,
        state: "submitted_to_company",
        currentGate: "none",
        gateSequence: ["company"],
        reachedCompanyAt: new Date(),
        gatesPassedAt: new Date(),
        applicationId: id,
        hasCandidateRecruiter: recruiterId !== null,
      }),
    ]);
    return { id, dealId, company, admin, title };
  }

  /** The candidate applies by themselves, of which a mail tells them. */
  async function applied(candidate: Candidate): Promise<string> {
    const { jobId } = await role();
    const draft = await world.call("POST", "applications", { as: candidate, body: { job_id: jobId, candidate_id: candidate.candidateId } });
    await world.call("POST", `applications/${draft.body.data.id}/submit`, { as: candidate, body: {} });
    return draft.body.data.id as string;
  }

  /** The recruiter represents the candidate, with consent. */
  async function represent(recruiterId: string, candidateId: string): Promise<string> {
    const [row] = await world.db.writer
      .insert(recruiterCandidates)
      .values({
        recruiterId,
        candidateId,
        status: "active",
        consentGiven: true,
        consentGivenAt: new Date(),
        relationshipEndDate: new Date(Date.now() + 86_400_000),
      })
      .returning();
    return row!.id;
  }

  const stageOf = async (id: string) => (await world.db.writer.select().from(applications).where(eq(applications.id, id)))[0]?.stage;

  /** How often something happened to an application, as the outbox tells. */
  async function told(applicationId: string): Promise<string[]> {
    const { rows } = await world.db.writer.execute(sql`select event_type from ops.outbox where subject_id = ${applicationId} order by id`);
    return rows.map((row) => String(row["event_type"]));
  }

  return { browser, mailsTo, codeFor, linkFor, portalLinkFor, signedIn, application, applied, represent, stageOf, told };
}
