import { sql } from "drizzle-orm";
import { candidates } from "#db/schema/ats.ts";
import { auditEvents } from "#db/schema/audit.ts";
import { candidateSourcers, companySourcers } from "#db/schema/network.ts";
import { marketplace } from "#test/api.ts";
import { expect, it } from "vitest";

const world = await marketplace();
const platformAdmin = await world.platformAdmin();

async function sourced() {
  const recruiter = await world.recruiter();
  const { id } = (
    await world.call("POST", "candidates", { as: recruiter, body: { email: `s.${crypto.randomUUID()}@people.test`, full_name: "Sourced" } })
  ).body.data;
  const [row] = await world.db.writer
    .select()
    .from(candidateSourcers)
    .where(sql`candidate_id = ${id}`);
  return { recruiter, candidateId: id as string, id: row?.id ?? "" };
}

it("scenario 19: companies are no sourcers, nobody patches attribution, and a correction is audited", async () => {
  const acme = await world.company();
  const owner = await world.member(acme);
  const recruiter = await world.recruiter();
  const body = { company_id: acme.id, sourcer_recruiter_id: recruiter.recruiterId };
  expect((await world.call("POST", "company-sourcers", { as: owner, body: { ...body, sourcer_recruiter_id: owner.userId } })).status).toBe(
    403,
  );
  expect((await world.call("POST", "company-sourcers", { as: recruiter, body })).status).toBe(403);
  expect((await world.call("POST", "company-sourcers", { as: platformAdmin, body })).status).toBe(422);
  const made = await world.call("POST", "company-sourcers", {
    as: platformAdmin,
    body: { ...body, sourced_at: "2026-01-05T00:00:00Z", reason: "signed letter" },
  });
  expect(made.status).toBe(201);
  expect(made.body.data).toMatchObject({ ...body, sourced_at: "2026-01-05T00:00:00.000Z" });
  const { id } = made.body.data;
  expect(
    await world.db.writer
      .select()
      .from(auditEvents)
      .where(sql`subject_id = ${id}`),
  ).toMatchObject([{ action: "company_sourcer.added", reason: "override: signed letter", companyId: acme.id }]);
  expect((await world.call("POST", "company-sourcers", { as: platformAdmin, body: { ...body, reason: "again" } })).status).toBe(409);
  for (const as of [owner, recruiter, platformAdmin]) {
    const patched = await world.call("PATCH", `company-sourcers/${id}`, { as, body: { sourcer_recruiter_id: recruiter.recruiterId } });
    expect([patched.status, patched.body.code]).toEqual([405, "method_not_allowed"]);
    expect((await world.call("PATCH", `candidate-sourcers/${id}`, { as, body: {} })).status).toBe(405);
  }
  // attribution is not the company's business (D-5)
  expect((await world.call("GET", "company-sourcers", { as: owner })).status).toBe(403);
  expect((await world.call("GET", `company-sourcers/${id}`, { as: owner })).status).toBe(404);
  expect((await world.call("DELETE", `company-sourcers/${id}`, { as: owner })).status).toBe(404);
  expect((await world.call("DELETE", `company-sourcers/${id}`, { as: recruiter })).status).toBe(403);
  expect((await world.call("DELETE", `company-sourcers/${id}`, { as: platformAdmin })).status).toBe(422);
  expect((await world.call("DELETE", `company-sourcers/${id}?reason=forged%20letter`, { as: platformAdmin })).body).toEqual({
    data: { id, deleted: true },
  });
  expect(
    await world.db.writer
      .select()
      .from(companySourcers)
      .where(sql`company_id = ${acme.id}`),
  ).toEqual([]);
  expect(
    await world.db.writer
      .select()
      .from(auditEvents)
      .where(sql`subject_id = ${id} and action = 'company_sourcer.removed'`),
  ).toMatchObject([{ reason: "override: forged letter" }]);
});

it("shows sourcers their own rows, and others only that there is one", async () => {
  const { recruiter, candidateId, id } = await sourced();
  const other = await world.recruiter();
  const list = await world.call("GET", "candidate-sourcers?include=candidate,recruiter", { as: recruiter });
  expect(list.body.data).toMatchObject([
    { id, candidate_id: candidateId, candidate: { id: candidateId, contact_visible: false }, recruiter: { id: recruiter.recruiterId } },
  ]);
  expect((await world.call("GET", "candidate-sourcers", { as: other })).body.data).toEqual([]);
  expect((await world.call("GET", `candidate-sourcers/${id}`, { as: other })).status).toBe(404);
  expect((await world.call("GET", `candidate-sourcers?candidate_id=${candidateId}`, { as: platformAdmin })).body.data).toHaveLength(1);

  const check = async (as: typeof other, candidate: string) =>
    (await world.call("GET", `candidate-sourcers/check-protection?candidate_id=${candidate}`, { as })).body.data;
  expect(await check(recruiter, candidateId)).toEqual({ protected: true, is_self: true });
  expect(await check(other, candidateId)).toEqual({ protected: true, is_self: false });
  expect(await check(other, crypto.randomUUID())).toEqual({ protected: false, is_self: false });
  expect((await world.call("GET", "candidate-sourcers/check-protection", { as: other })).status).toBe(400);
  expect(
    (await world.call("GET", `candidate-sourcers/check-protection?candidate_id=${candidateId}`, { as: await world.candidate() })).status,
  ).toBe(403);
  const acme = await world.company();
  expect((await world.call("GET", `company-sourcers/check-protection?company_id=${acme.id}`, { as: other })).body.data).toEqual({
    protected: false,
    is_self: false,
  });
});

it("keeps the sourcer of a recruiter who was deactivated", async () => {
  const { recruiter, candidateId, id } = await sourced();
  await world.call("PATCH", `recruiters/${recruiter.recruiterId}`, {
    as: platformAdmin,
    body: { status: "suspended", reason: "complaint" },
  });
  expect((await world.call("GET", `candidate-sourcers/${id}`, { as: recruiter })).body.data.candidate_id).toBe(candidateId);
});

it("raises the candidate's version when their attribution is corrected", async () => {
  const { candidateId, id } = await sourced();
  const next = await world.recruiter();
  expect((await world.call("DELETE", `candidate-sourcers/${id}?reason=mistaken`, { as: platformAdmin })).status).toBe(200);
  const made = await world.call("POST", "candidate-sourcers", {
    as: platformAdmin,
    body: { candidate_id: candidateId, sourcer_recruiter_id: next.recruiterId, reason: "proof" },
  });
  expect(made.status).toBe(201);
  expect(
    (
      await world.db.writer
        .select()
        .from(candidates)
        .where(sql`id = ${candidateId}`)
    )[0]?.version,
  ).toBe(3);
});
