import { sql } from "drizzle-orm";
import { applications, candidateRoleAssignments, candidates, jobs } from "#db/schema/ats.ts";
import { auditEvents } from "#db/schema/audit.ts";
import { candidateSourcers, recruiterCandidates } from "#db/schema/network.ts";
import { idempotencyKeys, outbox } from "#db/schema/ops.ts";
import { portsOf } from "#workers/runtime.ts";
import { marketplace, type Person } from "#test/api.ts";
import { afterEach, expect, it } from "vitest";

const world = await marketplace();
const { links } = portsOf(world.env, () => undefined);
const DAY = 86_400;

afterEach(() => world.database.setClock(0));

/** The token as the mail consumer makes it of the row. */
async function tokenOf(id: string): Promise<string> {
  const [row] = await world.db.writer
    .select()
    .from(recruiterCandidates)
    .where(sql`id = ${id}`);
  return links.token(id, row?.invitedAt ?? new Date(0));
}

const rowOf = async (id: string) =>
  (
    await world.db.writer
      .select()
      .from(recruiterCandidates)
      .where(sql`id = ${id}`)
  )[0];

const eventsOf = async (id: string) =>
  (
    await world.db.writer
      .select()
      .from(outbox)
      .where(sql`subject_id = ${id}`)
      .orderBy(outbox.id)
  ).map(({ eventType, payload }) => ({ type: eventType, payload: payload as Record<string, unknown> }));

async function invited(recruiter: Person, body: Record<string, unknown>) {
  const answer = await world.call("POST", "recruiter-candidates", { as: recruiter, body });
  expect(answer.status).toBe(201);
  return answer.body.data as { id: string; candidate_id: string; [field: string]: unknown };
}

const accept = (token: string, options = {}) => world.call("POST", `recruiter-candidates/invitations/${token}/accept`, options);

it("scenario 12: a recruiter invites a candidate, who is asked by mail alone", async () => {
  const recruiter = await world.recruiter("Rita");
  const email = "scenario.12@people.test";
  const answer = await world.call("POST", "recruiter-candidates", { as: recruiter, body: { email, full_name: "Twelve" } });
  expect(answer.status).toBe(201);
  const { data } = answer.body;
  expect(data).toMatchObject({
    status: "pending",
    recruiter_id: recruiter.recruiterId,
    recruiter_name: "Rita",
    recruiter_email: recruiter.email,
    recruiter_status: "active",
    days_until_expiry: 7,
    consent_given: false,
  });
  expect(Date.parse(data.invitation_expires_at) - Date.parse(data.invited_at)).toBe(7 * DAY * 1_000);

  const token = await tokenOf(data.id);
  const hash = await links.hash(token);
  expect((await rowOf(data.id))?.invitationTokenHash).toBe(hash);
  for (const text of [
    JSON.stringify(answer.body),
    JSON.stringify((await world.call("GET", `recruiter-candidates/${data.id}?include=recruiter,candidate`, { as: recruiter })).body),
    JSON.stringify((await world.call("GET", "recruiter-candidates", { as: recruiter })).body),
    JSON.stringify(await eventsOf(data.id)),
  ]) {
    expect(text).not.toContain(token);
    expect(text).not.toContain(hash);
  }
  const events = await eventsOf(data.id);
  expect(events.map(({ type }) => type)).toEqual(["recruiter_candidate.created", "candidate.invited"]);
  expect(events[1]?.payload).toMatchObject({ relationship_id: data.id, resend: false });

  // who was entered by the invitation was brought by the recruiter; represented they are not yet
  expect(
    await world.db.writer
      .select()
      .from(candidateSourcers)
      .where(sql`candidate_id = ${data.candidate_id}`),
  ).toMatchObject([{ sourcerRecruiterId: recruiter.recruiterId }]);
  const { body } = await world.call("GET", `candidates/${data.candidate_id}`, { as: recruiter });
  expect(body.data).toMatchObject({ contact_visible: false, email: "s•••@•••" });
});

it("answers an invitation by address alike, whether the candidate is known or not", async () => {
  const [first, second] = [await world.recruiter(), await world.recruiter()];
  const known = await invited(first, { email: "known.to.both@people.test", full_name: "Known" });
  const again = await invited(second, { email: "Known.To.Both@people.test", full_name: "Somebody" });
  expect(Object.keys(again).toSorted()).toEqual(Object.keys(known).toSorted());
  expect(again.candidate_id).toBe(known.candidate_id);
  expect((await world.call("GET", `candidates/${known.candidate_id}`, { as: second })).status).toBe(404);
  expect(
    (await world.call("POST", "recruiter-candidates", { as: second, body: { email: "known.to.both@people.test", full_name: "Twice" } }))
      .status,
  ).toBe(409);
  expect(
    await world.db.writer
      .select()
      .from(candidateSourcers)
      .where(sql`candidate_id = ${known.candidate_id}`),
  ).toMatchObject([{ sourcerRecruiterId: first.recruiterId }]);
});

it("lets only active recruiters invite, only whom they may see, and never themselves", async () => {
  const active = await world.recruiter();
  const stranger = await world.candidate();
  const body = { candidate_id: stranger.candidateId };
  expect((await world.call("POST", "recruiter-candidates", { as: active, body })).status).toBe(404);
  const pending = await world.recruiter("Pending", "pending");
  const refused = await world.call("POST", "recruiter-candidates", { as: pending, body: { email: "x@people.test", full_name: "X" } });
  expect([refused.status, refused.body.code]).toEqual([403, "recruiter_not_active"]);
  expect((await world.call("POST", "recruiter-candidates", { as: active, body: { email: active.email, full_name: "Me" } })).status).toBe(
    403,
  );
  expect(
    (await world.call("POST", "recruiter-candidates", { as: active, body: { ...body, recruiter_id: active.recruiterId } })).status,
  ).toBe(422);
  expect((await world.call("POST", "recruiter-candidates", { as: active, body: { email: "x@people.test" } })).status).toBe(422);
  const admin = await world.member(await world.company());
  expect((await world.call("GET", "recruiter-candidates", { as: admin })).status).toBe(403);
  expect((await world.call("POST", "recruiter-candidates", { as: admin, body: { email: "x@people.test", full_name: "X" } })).status).toBe(
    403,
  );
});

it("scenario 13: the candidate accepts with the token, once, and the recruiter becomes their sourcer", async () => {
  const recruiter = await world.recruiter();
  const alone = await world.candidate("Alone");
  await world.db.writer
    .update(candidates)
    .set({ marketplaceVisibility: "public" })
    .where(sql`id = ${alone.candidateId}`);
  const { id } = await invited(recruiter, { candidate_id: alone.candidateId });
  const token = await tokenOf(id);
  const before = (
    await world.db.writer
      .select()
      .from(candidates)
      .where(sql`id = ${alone.candidateId}`)
  )[0];

  const seen = await world.call("GET", `recruiter-candidates/invitations/${token}`);
  expect(seen.status).toBe(200);
  expect(seen.body.data).toMatchObject({ status: "pending", candidate_name: "Alone" });
  expect(JSON.stringify(seen.body)).not.toContain(token);

  const answer = await accept(token, { headers: { "cf-connecting-ip": "203.0.113.7", "user-agent": "Scenario/13" } });
  expect(answer.status).toBe(200);
  expect(answer.body.data).toMatchObject({ status: "active", consent_given: true });
  const row = await rowOf(id);
  expect(row).toMatchObject({ status: "active", consentGiven: true, consentIpAddress: "203.0.113.7", consentUserAgent: "Scenario/13" });
  const end = new Date(row?.relationshipStartDate ?? 0);
  end.setUTCFullYear(end.getUTCFullYear() + 1);
  expect(row?.relationshipEndDate?.toISOString()).toBe(end.toISOString());
  expect(
    await world.db.writer
      .select()
      .from(candidateSourcers)
      .where(sql`candidate_id = ${alone.candidateId}`),
  ).toMatchObject([{ sourcerRecruiterId: recruiter.recruiterId }]);
  expect((await eventsOf(id)).map(({ type }) => type)).toContain("candidate.consent_given");
  expect((await eventsOf(alone.candidateId)).map(({ type }) => type)).toContain("candidate.sourced");
  const after = (
    await world.db.writer
      .select()
      .from(candidates)
      .where(sql`id = ${alone.candidateId}`)
  )[0];
  expect(after?.version).toBeGreaterThan(before?.version ?? 0);

  const second = await accept(token);
  expect([second.status, second.body.code]).toEqual([409, "invalid_transition"]);
  expect((await world.call("GET", `candidates/${alone.candidateId}`, { as: recruiter })).body.data).toMatchObject({
    contact_visible: true,
    email: alone.email,
  });
  // where the consent came from is for the candidate, not for the recruiter
  expect((await world.call("GET", `recruiter-candidates/${id}`, { as: alone })).body.data).toMatchObject({
    consent_ip_address: "203.0.113.7",
  });
  expect((await world.call("GET", `recruiter-candidates/${id}`, { as: recruiter })).body.data).not.toHaveProperty("consent_ip_address");
});

it("keeps the first sourcer when another recruiter's invitation is accepted", async () => {
  const [first, second] = [await world.recruiter(), await world.recruiter()];
  const created = await world.call("POST", "candidates", { as: first, body: { email: "sourced.first@people.test", full_name: "Sourced" } });
  const { id } = await invited(second, { email: "sourced.first@people.test", full_name: "Sourced" });
  expect((await accept(await tokenOf(id))).status).toBe(200);
  expect(
    await world.db.writer
      .select()
      .from(candidateSourcers)
      .where(sql`candidate_id = ${created.body.data.id}`),
  ).toMatchObject([{ sourcerRecruiterId: first.recruiterId }]);
});

it("links the signed-in person if it is the invited one, and refuses anybody else", async () => {
  const recruiter = await world.recruiter();
  const person = await world.person("Linked");
  const { id, candidate_id } = await invited(recruiter, { email: person.email, full_name: "Linked" });
  const token = await tokenOf(id);
  const other = await accept(token, { as: await world.person("Other") });
  expect([other.status, other.body.code]).toEqual([403, "forbidden"]);
  expect(JSON.stringify(other.body)).not.toContain(token);
  expect((await accept(token, { as: recruiter })).status).toBe(403);
  expect((await accept(token, { as: person })).status).toBe(200);
  const me = await world.call("GET", "candidates/me", { as: person });
  expect(me.body.data).toMatchObject({ id: candidate_id, email: person.email });
});

it("scenario 14: a resent invitation has a new token, and an answered one is not sent again", async () => {
  const recruiter = await world.recruiter();
  const { id } = await invited(recruiter, { email: "scenario.14@people.test", full_name: "Fourteen" });
  const old = await tokenOf(id);
  await world.database.setClock(2 * DAY);
  const resent = await world.call("POST", `recruiter-candidates/${id}/resend-invitation`, { as: recruiter });
  expect(resent.status).toBe(200);
  expect(Date.parse(resent.body.data.invitation_expires_at) - Date.now()).toBeGreaterThan(8.9 * DAY * 1_000);
  const fresh = await tokenOf(id);
  expect(fresh).not.toBe(old);
  expect((await world.call("GET", `recruiter-candidates/invitations/${old}`)).status).toBe(404);
  expect((await world.call("GET", `recruiter-candidates/invitations/${fresh}`)).status).toBe(200);
  expect((await eventsOf(id)).at(-1)).toMatchObject({ type: "candidate.invited", payload: { resend: true } });

  const declined = await world.call("POST", `recruiter-candidates/invitations/${fresh}/decline`, {
    body: { reason: "Not now" },
    headers: { "cf-connecting-ip": "203.0.113.9" },
  });
  expect(declined.body.data.status).toBe("declined");
  expect(await rowOf(id)).toMatchObject({ declinedReason: "Not now", consentIpAddress: "203.0.113.9", consentGiven: false });
  const again = await world.call("POST", `recruiter-candidates/${id}/resend-invitation`, { as: recruiter });
  expect([again.status, again.body.code]).toEqual([409, "invalid_transition"]);
  expect((await accept(fresh)).status).toBe(409);

  // a new invitation is a fresh row; the old one stays as history
  const next = await invited(recruiter, { email: "scenario.14@people.test", full_name: "Fourteen" });
  expect(next.id).not.toBe(id);
});

it("scenario 15: an invitation of eight days ago is gone, and its row expires", async () => {
  const recruiter = await world.recruiter();
  for (const use of [
    (token: string) => world.call("GET", `recruiter-candidates/invitations/${token}`),
    (token: string) => accept(token, { headers: { "idempotency-key": token } }),
  ]) {
    const { id } = await invited(recruiter, { email: `scenario.15.${crypto.randomUUID()}@people.test`, full_name: "Fifteen" });
    const token = await tokenOf(id);
    await world.database.setClock(8 * DAY);
    const answer = await use(token);
    expect([answer.status, answer.body.code]).toEqual([410, "gone"]);
    expect(JSON.stringify(answer.body)).not.toContain(token);
    expect(await rowOf(id)).toMatchObject({ status: "expired", consentGiven: false });
    expect((await eventsOf(id)).map(({ type }) => type)).toContain("candidate.invitation_expired");
    expect((await accept(token)).status).toBe(410);
    expect((await use(token)).status).toBe(410);
    expect((await eventsOf(id)).filter(({ type }) => type === "candidate.invitation_expired")).toHaveLength(1);
    // no trace of the token, and the stored reply is the refusal
    for (const { route, status } of await world.db.writer
      .select()
      .from(idempotencyKeys)
      .where(sql`key = ${token}`)) {
      expect(route).not.toContain(token);
      expect(status).toBe(410);
    }
    const resent = await world.call("POST", `recruiter-candidates/${id}/resend-invitation`, { as: recruiter });
    expect(resent.body.data.status).toBe("pending");
    await world.database.setClock(0);
  }
});

it("tells apart unknown and cancelled tokens", async () => {
  const recruiter = await world.recruiter();
  expect((await world.call("GET", "recruiter-candidates/invitations/nobody-knows-this")).status).toBe(404);
  const { id } = await invited(recruiter, { email: "cancelled@people.test", full_name: "Cancelled" });
  const token = await tokenOf(id);
  expect((await world.call("POST", `recruiter-candidates/${id}/cancel-invitation`, { as: await world.recruiter() })).status).toBe(404);
  expect((await world.call("POST", `recruiter-candidates/${id}/cancel-invitation`, { as: recruiter })).body.data.status).toBe("cancelled");
  expect((await accept(token)).status).toBe(410);
  expect((await world.call("GET", `recruiter-candidates/invitations/${token}`)).status).toBe(410);
});

it("scenario 16: one active recruiter per candidate, until the relationship is ended with a reason", async () => {
  const [first, second] = [await world.recruiter("First"), await world.recruiter("Second")];
  const email = "scenario.16@people.test";
  const a = await invited(first, { email, full_name: "Sixteen" });
  expect((await accept(await tokenOf(a.id))).status).toBe(200);
  const b = await invited(second, { email, full_name: "Sixteen" });
  const refused = await accept(await tokenOf(b.id));
  expect([refused.status, refused.body.code]).toEqual([409, "active_relationship_exists"]);
  expect(await rowOf(b.id)).toMatchObject({ status: "pending", version: 1 });
  expect(await rowOf(a.id)).toMatchObject({ status: "active" });

  expect((await world.call("POST", `recruiter-candidates/${a.id}/terminate`, { as: first })).status).toBe(422);
  expect((await world.call("POST", `recruiter-candidates/${a.id}/terminate`, { as: second, body: { reason: "mine now" } })).status).toBe(
    404,
  );
  const ended = await world.call("POST", `recruiter-candidates/${a.id}/terminate`, { as: first, body: { reason: "We part" } });
  expect(ended.body.data).toMatchObject({ status: "terminated", termination_reason: "We part", days_until_expiry: null });
  expect((await accept(await tokenOf(b.id))).status).toBe(200);
});

it("lets only one of two acceptances win", async () => {
  const [first, second] = [await world.recruiter(), await world.recruiter()];
  const email = "raced@people.test";
  const tokens = [];
  for (const recruiter of [first, second]) tokens.push(await tokenOf((await invited(recruiter, { email, full_name: "Raced" })).id));
  const answers = await Promise.all(tokens.map((token) => accept(token)));
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
});

it("renews by the candidate's word; a recruiter's word is a request", async () => {
  const recruiter = await world.recruiter();
  const person = await world.person("Renewing");
  const { id } = await invited(recruiter, { email: person.email, full_name: "Renewing" });
  await accept(await tokenOf(id), { as: person });
  await world.database.setClock(100 * DAY);
  const asked = await world.call("POST", `recruiter-candidates/${id}/renew`, { as: recruiter });
  expect(asked.body.data.renewal_requested_by).toBe(recruiter.userId);
  expect(asked.body.data.days_until_expiry).toBeLessThan(270);
  const renewed = await world.call("POST", `recruiter-candidates/${id}/renew`, { as: person });
  expect(renewed.body.data.days_until_expiry).toBeGreaterThanOrEqual(365);
  expect((await eventsOf(id)).at(-1)?.type).toBe("recruiter_candidate.renewed");
});

it("makes room when the other recruiter's year is over but not swept yet", async () => {
  const [first, second] = [await world.recruiter(), await world.recruiter()];
  const email = "year.over@people.test";
  const a = await invited(first, { email, full_name: "Year" });
  await accept(await tokenOf(a.id));
  await world.database.setClock(367 * DAY);
  const b = await invited(second, { email, full_name: "Year" });
  expect((await accept(await tokenOf(b.id))).status).toBe(200);
  expect(await rowOf(a.id)).toMatchObject({ status: "expired" });
});

it("shows each side its own rows, and keeps consent and status out of PATCH", async () => {
  const [mine, others] = [await world.recruiter("Mine"), await world.recruiter("Others")];
  const person = await world.person("Both sides");
  const { id } = await invited(mine, { email: person.email, full_name: "Both" });
  await accept(await tokenOf(id), { as: person });
  await invited(others, { email: "not.mine@people.test", full_name: "Not mine" });
  const ids = async (as: Person, query = "") =>
    (await world.call("GET", `recruiter-candidates${query}`, { as })).body.data.map((row: { id: string }) => row.id);
  expect(await ids(mine)).toEqual([id]);
  expect(await ids(person)).toEqual([id]);
  expect(await ids(mine, "?status=active&consent_status=given&expiry_status=running")).toEqual([id]);
  expect(await ids(mine, "?consent_status=pending")).toEqual([]);
  expect((await world.call("GET", `recruiter-candidates/${id}`, { as: others })).status).toBe(404);
  expect((await world.call("PATCH", `recruiter-candidates/${id}`, { as: mine, body: { status: "terminated" } })).status).toBe(422);
  const correction = { relationship_end_date: "2030-01-01T00:00:00Z", reason: "agreed by letter" };
  expect((await world.call("PATCH", `recruiter-candidates/${id}`, { as: mine, body: correction })).status).toBe(403);
  const admin = await world.platformAdmin();
  const corrected = await world.call("PATCH", `recruiter-candidates/${id}`, { as: admin, body: correction });
  expect(corrected.body.data.relationship_end_date).toBe("2030-01-01T00:00:00.000Z");
  expect(
    await world.db.writer
      .select()
      .from(auditEvents)
      .where(sql`subject_id = ${id} and action = 'recruiter_candidate.corrected'`),
  ).toMatchObject([{ reason: "override: agreed by letter" }]);
  const stale = await world.call("POST", `recruiter-candidates/${id}/terminate`, {
    as: person,
    body: { reason: "x" },
    headers: { "if-match": '"1"' },
  });
  expect(stale.status).toBe(412);
});

it("ends a relationship with the open deals it names, and keeps the others with their recruiter", async () => {
  const recruiter = await world.recruiter();
  const acme = await world.company();
  const { id, candidate_id } = await invited(recruiter, { email: "with.deals@people.test", full_name: "Deals" });
  await accept(await tokenOf(id));
  const [kept, gone] = await Promise.all([0, 1].map(() => deal(acme.id, candidate_id, recruiter)));
  const foreign = await deal(acme.id, (await world.candidate()).candidateId, recruiter);
  const terminate = (deals: unknown) =>
    world.call("POST", `recruiter-candidates/${id}/terminate`, { as: recruiter, body: { reason: "We part", deals } });
  expect((await terminate([{ assignment_id: foreign, decision: "withdraw" }])).status).toBe(422);
  expect(await rowOf(id)).toMatchObject({ status: "active" });
  expect(
    (
      await terminate([
        { assignment_id: gone, decision: "withdraw" },
        { assignment_id: kept, decision: "keep" },
      ])
    ).status,
  ).toBe(200);
  const states = await world.db.writer
    .select()
    .from(candidateRoleAssignments)
    .where(sql`candidate_id = ${candidate_id}`);
  expect(states.find((row) => row.id === gone)).toMatchObject({ state: "withdrawn" });
  expect(states.find((row) => row.id === kept)).toMatchObject({ state: "awaiting_company", candidateRecruiterId: recruiter.recruiterId });
});

/** A live deal at the company's gate. */
async function deal(companyId: string, candidateId: string, recruiter: Person & { recruiterId: string }): Promise<string> {
  const [job] = await world.db.writer.insert(jobs).values({ companyId, title: "Engineer", status: "active" }).returning({ id: jobs.id });
  const shared = { jobId: job?.id ?? "", companyId, candidateId, candidateRecruiterId: recruiter.recruiterId };
  const ids = { application: crypto.randomUUID(), deal: crypto.randomUUID() };
  await world.db.writer.batch([
    world.db.writer.insert(applications).values({ id: ids.application, ...shared, stage: "submitted", submittedAt: new Date() }),
    world.db.writer.insert(candidateRoleAssignments).values({
      id: ids.deal,
      ...shared,
      proposedBy: recruiter.userId,
      hasCandidateRecruiter: true,
      applicationId: ids.application,
      state: "awaiting_company",
      currentGate: "company",
      gateSequence: ["company"],
      reachedCompanyAt: new Date(),
    }),
  ]);
  return ids.deal;
}

it("ends unanswered invitations and years that are over, by itself and once", async () => {
  const recruiter = await world.recruiter();
  const asked = await invited(recruiter, { email: "never.answers@people.test", full_name: "Never" });
  const agreed = await invited(recruiter, { email: "one.year@people.test", full_name: "One Year" });
  await accept(await tokenOf(agreed.id));
  const kinds = async (id: string) => (await eventsOf(id)).map(({ type }) => type);
  await world.database.setClock(8 * DAY);
  for (let run = 0; run < 2; run++) await world.cron("* * * * *");
  expect(await rowOf(asked.id)).toMatchObject({ status: "expired", version: 2 });
  expect(await rowOf(agreed.id)).toMatchObject({ status: "active" });
  expect((await kinds(asked.id)).filter((type) => type === "candidate.invitation_expired")).toHaveLength(1);
  await world.database.setClock(366 * DAY);
  await world.cron("* * * * *");
  expect(await rowOf(agreed.id)).toMatchObject({ status: "expired" });
  expect((await kinds(agreed.id)).at(-1)).toBe("recruiter_candidate.expired");
  expect((await world.call("POST", `recruiter-candidates/${agreed.id}/resend-invitation`, { as: recruiter })).status).toBe(409);
  expect((await world.call("GET", `candidates/${agreed.candidate_id}`, { as: recruiter })).body.data.contact_visible).toBe(false);
});
