import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { auditEvents } from "#db/schema/audit.ts";
import { placementPayoutTransactions as transactions, taxProfiles } from "#db/schema/billing.ts";
import { outbox } from "#db/schema/ops.ts";
import { marketplace, type Person } from "#test/api.ts";
import { hires, type RecruiterPerson } from "./hires.ts";

const world = await marketplace();
const { offer, hire, money } = hires(world);
const db = world.db.writer;

const declare = (as: Person, body: object = {}) =>
  world.call("PUT", "tax-profiles/me", { as, body: { form: "w9", classification: "individual", tin_last4: "1234", ...body } });

const totals = (as: Person, year: number, format = "") =>
  world.call("GET", `tax-totals?year=${year}${format && `&format=${format}`}`, { as });

/** A transfer that arrived: the row is written as it stands after its payout. */
async function transferred(recruiter: RecruiterPerson, cents: number, completedAt: string): Promise<void> {
  const company = await world.company();
  const { body } = await hire(await world.member(company), await offer({ company, recruiters: { candidate_recruiter: recruiter } }), {
    // free: 20 % of 20 % of the salary
    salary_cents: cents * 25,
  });
  const [row] = (await money(body.data.id)).transactions;
  expect(row?.amountCents).toBe(cents);
  await db.execute(sql`alter table billing.placement_payout_transactions disable trigger user`);
  await db
    .update(transactions)
    .set({ status: "completed", completionReason: "transfer", completedAt: new Date(completedAt), stripeTransferId: `tr_${row?.id}` })
    .where(sql`${transactions.id} = ${row?.id}`);
  await db.execute(sql`alter table billing.placement_payout_transactions enable trigger user`);
}

describe("a tax profile", () => {
  it("is declared by its payee, who is blocked for it no longer; only four digits are kept", async () => {
    const recruiter = await world.recruiter();
    const company = await world.company();
    const { body } = await hire(await world.member(company), await offer({ company, recruiters: { candidate_recruiter: recruiter } }));
    const [row] = (await money(body.data.id)).transactions;
    const blockers = async () =>
      (await db.execute<{ codes: string[] }>(sql`select billing.payout_blockers(${row?.id}::uuid, ops.now()) as codes`)).rows[0]?.codes;
    expect(await blockers()).toContain("tax_profile_missing");
    const done = await declare(recruiter);
    expect([done.status, done.body.data.status, done.body.data.tin_last4]).toEqual([200, "complete", "1234"]);
    expect(await blockers()).not.toContain("tax_profile_missing");
    const again = await declare(recruiter, { classification: "corporation" });
    expect([again.status, again.body.data.version, again.body.data.classification]).toEqual([200, 2, "corporation"]);
    const announced = await db
      .select()
      .from(outbox)
      .where(sql`${outbox.subjectId} = ${recruiter.recruiterId} and ${outbox.eventType} = 'tax_profile.completed'`);
    expect(JSON.stringify(announced)).not.toContain("1234");
    const traces = await db
      .select()
      .from(auditEvents)
      .where(sql`${auditEvents.subjectId} = ${recruiter.recruiterId}`);
    expect(traces.length).toBe(2);
    expect(JSON.stringify(traces.map(({ changes }) => changes))).not.toContain("tinLast4");
  });

  it("refuses what cannot be, and whoever is no recruiter", async () => {
    const recruiter = await world.recruiter();
    for (const wrong of [
      { classification: "foreign" },
      { form: "w8ben" },
      { tin_last4: "123456789" },
      { tin_last4: "12a4" },
      { tin: "123-45-6789" },
    ]) {
      expect([wrong, (await declare(recruiter, wrong)).status]).toEqual([wrong, 422]);
    }
    for (const other of [await world.platformAdmin(), await world.candidate(), await world.member(await world.company())]) {
      expect((await declare(other)).status).toBe(403);
    }
    const [row] = await db
      .select()
      .from(taxProfiles)
      .where(sql`${taxProfiles.recruiterId} = ${recruiter.recruiterId}`);
    expect(row).toBeUndefined();
  });

  it("is seen by its payee and platform admins", async () => {
    const [recruiter, other] = [await world.recruiter(), await world.recruiter()];
    await declare(recruiter);
    const path = `tax-profiles/${recruiter.recruiterId}`;
    expect((await world.call("GET", path, { as: recruiter })).status).toBe(200);
    expect((await world.call("GET", path, { as: await world.platformAdmin() })).status).toBe(200);
    expect((await world.call("GET", path, { as: other })).status).toBe(404);
    expect((await world.call("GET", "tax-profiles", { as: other })).body.data).toEqual([]);
    expect((await world.call("GET", "tax-profiles", { as: await world.member(await world.company()) })).status).toBe(403);
  });

  it("of a foreign payee holds until the end of the third year after, and expires by the nightly run", async () => {
    const recruiter = await world.recruiter();
    const { body } = await declare(recruiter, { form: "w8ben", classification: "foreign" });
    expect(body.data.expires_at).toBe(`${new Date().getUTCFullYear() + 4}-01-01T00:00:00.000Z`);
    await world.advance(Math.ceil((new Date(body.data.expires_at).getTime() - Date.now()) / 1_000));
    await world.cron("10 3 * * *");
    expect((await world.call("GET", `tax-profiles/${recruiter.recruiterId}`, { as: recruiter })).body.data.status).toBe("expired");
  });
});

describe("tax totals", () => {
  it("22.3.36: 2,000.00 is a form, 1,999.99 none, a corporation is excluded, and 2027 refuses", async () => {
    await world.database.setClock(0); // the tests before it are years ahead
    const [due, below, corporation, missing] = [
      await world.recruiter(),
      await world.recruiter(),
      await world.recruiter(),
      await world.recruiter(),
    ];
    await declare(due);
    await declare(below);
    await declare(corporation, { classification: "corporation" });
    await transferred(due, 170_000, "2026-03-01T12:00:00Z");
    await transferred(due, 30_000, "2026-12-31T23:59:59Z");
    // one second later it is another year's
    await transferred(due, 5_000, "2027-01-01T00:00:00Z");
    await transferred(below, 199_999, "2026-06-01T00:00:00Z");
    await transferred(corporation, 200_000, "2026-06-01T00:00:00Z");
    await transferred(missing, 200_000, "2026-06-01T00:00:00Z");

    const admin = await world.platformAdmin();
    const { status, body } = await totals(admin, 2026);
    expect(status).toBe(200);
    const stateOf = ({ recruiterId }: RecruiterPerson) =>
      body.data
        .filter((row: { recruiter_id: string }) => row.recruiter_id === recruiterId)
        .map((row: { reportable: string; state: string; payments: number }) => [row.reportable, row.state, row.payments]);
    expect(stateOf(due)).toEqual([["2000.00", "due", 2]]);
    expect(stateOf(below)).toEqual([["1999.99", "below_threshold", 1]]);
    expect(stateOf(corporation)).toEqual([["2000.00", "excluded", 1]]);
    expect(stateOf(missing)).toEqual([["2000.00", "profile_missing", 1]]);
    expect(body.data[0].copy_due_date).toBe("2027-02-01");

    const next = await totals(admin, 2027);
    expect([next.status, next.body.reason]).toEqual([409, "tax_year_without_threshold"]);

    // handed out when the year is over; what changes then is a corrected form
    const handOut = (as: Person) => world.call("POST", "tax-totals/hand-out", { as, body: { year: 2026 } });
    expect((await handOut(due)).status).toBe(403);
    expect((await handOut(admin)).status).toBe(422);
    await world.database.setClock(Math.round((Date.parse("2027-01-10T00:00:00Z") - Date.now()) / 1_000));
    const handed = await handOut(admin);
    expect([handed.status, new Set(handed.body.data.map((row: { corrected: string }) => row.corrected))]).toEqual([200, new Set(["no"])]);
    await declare(due, { classification: "corporation" });
    const corrections = (await totals(admin, 2026)).body.data.filter((row: { corrected: string }) => row.corrected === "yes");
    expect(corrections.map((row: { recruiter_id: string; state: string }) => [row.recruiter_id, row.state])).toEqual([
      [due.recruiterId, "excluded"],
    ]);
    await declare(due);
    expect((await world.call("POST", "tax-totals/hand-out", { as: admin, body: { year: 2099 } })).status).toBe(409);

    // a payee reads their own, and nobody else's
    const own = await totals(due, 2026);
    expect(own.body.data.map((row: { recruiter_id: string }) => row.recruiter_id)).toEqual([due.recruiterId]);
    expect((await totals(await world.member(await world.company()), 2026)).status).toBe(403);
    expect((await totals(await world.candidate(), 2026)).status).toBe(403);

    // CSV says what JSON says
    const file = await totals(admin, 2026, "csv");
    expect([file.status, file.headers.get("content-type")]).toEqual([200, "text/csv; charset=utf-8"]);
    const [header = "", ...lines] = (file.body as string).trim().split("\r\n");
    const names = header.split(",");
    expect(lines.map((line) => Object.fromEntries(line.split(",").map((cell, index) => [names[index], cell])))).toEqual(
      body.data.map((row: Record<string, unknown>) => Object.fromEntries(names.map((name) => [name, String(row[name] ?? "")]))),
    );
  });
});
