import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { auditEvents } from "#db/schema/audit.ts";
import { approvals, customContracts, feeTerms, splitsRates } from "#db/schema/billing.ts";
import { outbox } from "#db/schema/ops.ts";
import { marketplace } from "#test/api.ts";
import { fourEyes } from "./four-eyes.ts";
import { hires, inDays } from "./hires.ts";

const world = await marketplace();
const { admin, second, requested, approved } = await fourEyes(world);
const { offer, hire, money } = hires(world);
const db = world.db.writer;
const post = (path: string, body: object, as = admin) => world.call("POST", path, { as, body });

const eventsOf = async (subjectId: string): Promise<string[]> =>
  (
    await db
      .select()
      .from(outbox)
      .where(sql`${outbox.subjectId} = ${subjectId}`)
      .orderBy(outbox.id)
  ).map(({ eventType }) => eventType);

describe("approvals", () => {
  it("take two: whoever asked does not approve, another admin does, once", async () => {
    const id = await requested("payout.cancel", crypto.randomUUID());
    const own = await post(`approvals/${id}/approve`, {});
    expect([own.status, own.body.code]).toEqual([403, "forbidden"]);
    const other = await post(`approvals/${id}/approve`, {}, second);
    expect([other.status, other.body.data.status, other.body.data.approved_by]).toEqual([200, "approved", second.userId]);
    expect((await post(`approvals/${id}/approve`, {}, second)).status).toBe(409);
    expect(await eventsOf(id)).toEqual(["approval.requested", "approval.decided"]);
    const traces = await db
      .select()
      .from(auditEvents)
      .where(sql`${auditEvents.subjectId} = ${id}`);
    expect(traces.map(({ action }) => action).toSorted()).toEqual(["approval.approved", "approval.requested"]);
  });

  it("the database refuses an approver who asked, whatever the code does", async () => {
    const id = await requested("payout.cancel", crypto.randomUUID());
    await expect(
      db
        .update(approvals)
        .set({ approvedBy: admin.userId, status: "approved" })
        .where(sql`${approvals.id} = ${id}`),
    ).rejects.toThrow();
  });

  it("are asked for once at a time, and can be taken back", async () => {
    const subject = crypto.randomUUID();
    const id = await requested("payout.cancel", subject);
    const again = await post("approvals", { action: "payout.cancel", subject_id: subject, reason: "Again" });
    expect([again.status, again.body.reason]).toEqual([409, "approval_open"]);
    expect((await post(`approvals/${id}/reject`, { reason: "Not so" })).body.data.status).toBe("rejected");
    await requested("payout.cancel", subject);
  });

  it("end after 24 hours by the sweep, and are worth nothing from that instant on", async () => {
    const [pending, given] = [await requested("payout.cancel", crypto.randomUUID()), await approved("payout.cancel", crypto.randomUUID())];
    await world.advance(24 * 3_600);
    expect((await post(`approvals/${pending}/approve`, {}, second)).body.reason).toBe("approval_expired");
    await world.cron("* * * * *");
    for (const id of [pending, given]) {
      const { body } = await world.call("GET", `approvals/${id}`, { as: admin });
      expect(body.data.status).toBe("expired");
      expect((await eventsOf(id)).at(-1)).toBe("approval.decided");
    }
  });

  it("are nobody's business but the platform admins'", async () => {
    const id = await requested("payout.cancel", crypto.randomUUID());
    const recruiter = await world.recruiter();
    expect((await world.call("GET", "approvals", { as: recruiter })).status).toBe(403);
    expect((await world.call("GET", `approvals/${id}`, { as: recruiter })).status).toBe(404);
    expect((await post(`approvals/${id}/approve`, {}, recruiter)).status).toBe(404);
    expect((await post("approvals", { action: "payout.cancel", subject_id: id, reason: "Mine" }, recruiter)).status).toBe(403);
  });
});

describe("switches", () => {
  const switchOf = async (name: string): Promise<{ id: string; enabled: boolean }> =>
    (await world.call("GET", "switches", { as: admin })).body.data.find((each: { name: string }) => each.name === name);

  it("22.3.25: payouts are stopped by one admin at once, and started again by two", async () => {
    const { id, enabled } = await switchOf("payouts.enabled");
    expect(enabled).toBe(true);
    const off = await post(`switches/${id}/change`, { enabled: false, reason: "Strange numbers" });
    expect([off.status, off.body.data.enabled, off.body.data.changed_by]).toEqual([200, false, admin.userId]);

    expect((await post(`switches/${id}/change`, { enabled: true, reason: "Fine" })).status).toBe(422);
    const pending = await requested("switch.change", id, { enabled: true });
    const early = await post(`switches/${id}/change`, { enabled: true, reason: "Fine", approval_id: pending });
    expect([early.status, early.body.reason]).toEqual([409, "approval_pending"]);
    await post(`approvals/${pending}/approve`, {}, second);
    const on = await post(`switches/${id}/change`, { enabled: true, reason: "Fine", approval_id: pending });
    expect([on.status, on.body.data.enabled]).toEqual([200, true]);
    expect(await eventsOf(id)).toEqual(["switch.changed", "switch.changed"]);
    // an approval is used once
    await post(`switches/${id}/change`, { enabled: false, reason: "Again" });
    const used = await post(`switches/${id}/change`, { enabled: true, reason: "Fine", approval_id: pending });
    expect([used.status, used.body.reason]).toEqual([409, "approval_not_open"]);
    await post(`switches/${id}/change`, {
      enabled: true,
      reason: "Fine",
      approval_id: await approved("switch.change", id, { enabled: true }),
    });
  });

  it("paying without tax profiles takes two, asking for them one", async () => {
    const { id } = await switchOf("payouts.require_tax_profile");
    expect((await post(`switches/${id}/change`, { enabled: false, reason: "Hurry" })).status).toBe(422);
    const approval = await approved("switch.change", id, { enabled: false });
    expect((await post(`switches/${id}/change`, { enabled: false, reason: "Hurry", approval_id: approval })).status).toBe(200);
    expect((await post(`switches/${id}/change`, { enabled: true, reason: "As it was" })).status).toBe(200);
  });

  it("an approval of the other direction does not do", async () => {
    const { id } = await switchOf("payouts.enabled");
    await post(`switches/${id}/change`, { enabled: false, reason: "Stop" });
    const wrong = await approved("switch.change", id, { enabled: false });
    const answer = await post(`switches/${id}/change`, { enabled: true, reason: "Go", approval_id: wrong });
    expect([answer.status, answer.body.reason]).toEqual([409, "approval_differs"]);
    await post(`approvals/${wrong}/reject`, { reason: "Wrong" });
    await post(`switches/${id}/change`, {
      enabled: true,
      reason: "Go",
      approval_id: await approved("switch.change", id, { enabled: true }),
    });
  });
});

describe("contracts", () => {
  const terms = (companyId: string, more: object = {}) => ({
    company_id: companyId,
    fee_percentage: "18",
    contract_start_date: "2026-01-01",
    contract_end_date: "2099-12-31",
    reason: "Agreed in May",
    ...more,
  });

  async function openApprovalOf(contractId: string): Promise<string> {
    const { body } = await world.call("GET", `approvals?subject_id=${contractId}&status=requested`, { as: admin });
    return body.data[0].id;
  }

  async function inForce(companyId: string, more: object = {}): Promise<string> {
    const { body } = await post("custom-contracts", terms(companyId, more));
    const approval = await openApprovalOf(body.data.id);
    await post(`approvals/${approval}/approve`, {}, second);
    const done = await post(`custom-contracts/${body.data.id}/approve`, { approval_id: approval });
    if (done.status !== 200) throw new Error(JSON.stringify(done.body));
    return body.data.id;
  }

  it("count from the approval of a second admin on, who wrote none of it", async () => {
    const company = await world.company();
    const companyAdmin = await world.member(company);
    const { status, body } = await post("custom-contracts", terms(company.id));
    expect([status, body.data.approved_at]).toEqual([201, null]);
    const { id } = body.data;
    const before = await hire(companyAdmin, await offer({ company }));
    expect((await money(before.body.data.id)).fee).toBe("20000.00");

    const first = await openApprovalOf(id);
    expect((await post(`approvals/${first}/approve`, {})).status).toBe(403);
    const early = await post(`custom-contracts/${id}/approve`, { approval_id: first });
    expect([early.status, early.body.reason]).toEqual([409, "approval_pending"]);

    // the second admin changes it: now both have written it, and a third has to approve
    const changed = await world.call("PATCH", `custom-contracts/${id}`, { as: second, body: { fee_percentage: "17.5", reason: "Better" } });
    expect([changed.status, changed.body.data.fee_percentage]).toEqual([200, "17.50"]);
    const anew = await openApprovalOf(id);
    expect(anew).not.toBe(first);
    for (const author of [admin, second]) expect((await post(`approvals/${anew}/approve`, {}, author)).status).toBe(403);
    const third = await world.platformAdmin();
    expect((await post(`approvals/${anew}/approve`, {}, third)).status).toBe(200);
    const done = await post(`custom-contracts/${id}/approve`, { approval_id: anew });
    expect([done.status, typeof done.body.data.approved_at]).toEqual([200, "string"]);
    const [row] = await db
      .select()
      .from(customContracts)
      .where(sql`${customContracts.id} = ${id}`);
    expect(row?.approvedByAdminId).toBe(third.userId);
    const after = await hire(companyAdmin, await offer({ company }));
    expect((await money(after.body.data.id)).fee).toBe("17500.00");
    expect(await eventsOf(id)).toEqual(["contract.created", "contract.updated", "contract.approved"]);
  });

  it("an approved one is not changed or removed, but ended today or later, and never prolonged", async () => {
    const company = await world.company();
    const id = await inForce(company.id, { contract_end_date: "2027-12-31" });
    const edit = await world.call("PATCH", `custom-contracts/${id}`, { as: admin, body: { flat_fee_cents: 100, reason: "Less" } });
    expect([edit.status, edit.body.reason]).toEqual([409, "contract_approved"]);
    expect((await world.call("DELETE", `custom-contracts/${id}`, { as: admin })).body.reason).toBe("contract_approved");
    const end = (day: string) => post(`custom-contracts/${id}/end`, { contract_end_date: day, reason: "They left" });
    expect((await end(inDays(-1))).status).toBe(422);
    expect((await end("2028-01-01")).status).toBe(422);
    expect((await end("2027-06-30")).body.data.contract_end_date).toBe("2027-06-30");
  });

  it("22.3.9: an overlap on the last day is refused, approved or not; the day after is accepted", async () => {
    const company = await world.company();
    await inForce(company.id, { contract_end_date: "2026-12-31" });
    const onLast = await post("custom-contracts", terms(company.id, { contract_start_date: "2026-12-31" }));
    expect([onLast.status, onLast.body.reason]).toEqual([409, "contract_overlap"]);
    const next = await post("custom-contracts", terms(company.id, { contract_start_date: "2027-01-01" }));
    expect(next.status).toBe(201);
    const moved = await world.call("PATCH", `custom-contracts/${next.body.data.id}`, {
      as: admin,
      body: { contract_start_date: "2026-12-31", reason: "Earlier" },
    });
    expect([moved.status, moved.body.reason]).toEqual([409, "contract_overlap"]);
    expect((await world.call("DELETE", `custom-contracts/${next.body.data.id}`, { as: admin })).status).toBe(200);
  });

  it("of ten written at once for the same days one stays", async () => {
    const company = await world.company();
    const answers = await Promise.all(Array.from({ length: 10 }, () => post("custom-contracts", terms(company.id))));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array.from({ length: 9 }, () => 409)]);
    expect(new Set(answers.filter(({ status }) => status === 409).map(({ body }) => body.reason))).toEqual(new Set(["contract_overlap"]));
  });

  it("of five who use one approval at once one does", async () => {
    const company = await world.company();
    const { body } = await post("custom-contracts", terms(company.id));
    const approval_id = await openApprovalOf(body.data.id);
    await post(`approvals/${approval_id}/approve`, {}, second);
    const answers = await Promise.all(Array.from({ length: 5 }, () => post(`custom-contracts/${body.data.id}/approve`, { approval_id })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409, 409]);
    expect((await eventsOf(body.data.id)).filter((type) => type === "contract.approved")).toEqual(["contract.approved"]);
    expect((await eventsOf(approval_id)).length).toBe(3);
  });

  it("refuse terms that make no sense", async () => {
    const company = await world.company();
    for (const wrong of [
      { fee_percentage: "100.01" },
      { fee_percentage: "-1" },
      { flat_fee_cents: 10_000_000_000 },
      { flat_fee_cents: 1.5 },
      { discount_percentage: "101" },
      { discount_threshold: -1 },
      { contract_start_date: "2026-02-30" },
      { contract_start_date: "2026-05-02", contract_end_date: "2026-05-01" },
    ]) {
      expect([wrong, (await post("custom-contracts", terms(company.id, wrong))).status]).toEqual([wrong, 422]);
    }
  });

  it("a company's admins read their own, nobody else any", async () => {
    const company = await world.company();
    const id = await inForce(company.id);
    const companyAdmin = await world.member(company);
    const stranger = await world.member(await world.company());
    const manager = await world.member(company, "hiring_manager");
    expect((await world.call("GET", `custom-contracts/${id}`, { as: companyAdmin })).status).toBe(200);
    expect((await world.call("GET", `custom-contracts/${id}`, { as: stranger })).status).toBe(404);
    expect((await world.call("GET", "custom-contracts", { as: stranger })).body.data).toEqual([]);
    for (const as of [manager, await world.recruiter()]) expect((await world.call("GET", "custom-contracts", { as })).status).toBe(403);
    expect(
      (await world.call("PATCH", `custom-contracts/${id}`, { as: companyAdmin, body: { fee_percentage: "1", reason: "We wish" } })).status,
    ).toBe(403);
    expect((await post(`custom-contracts/${id}/end`, { contract_end_date: "2027-06-30", reason: "We wish" }, companyAdmin)).status).toBe(
      403,
    );
  });

  it("tell of their end 60, 30 and 7 days before, each once, and of a year that fell short", async () => {
    const [short, long] = [await world.company(), await world.company()];
    const today = (days: number) => {
      const at = new Date(Date.now() + 24 * 3_600_000 + days * 86_400_000); // the clock went ahead a day above
      return at.toISOString().slice(0, 10);
    };
    const ending = await inForce(short.id, { contract_start_date: today(-10), contract_end_date: today(61) });
    const promised = await inForce(long.id, { contract_start_date: today(-350), contract_end_date: null, min_placements_per_year: 2 });
    const seen = async () => [...(await eventsOf(ending)), ...(await eventsOf(promised))].filter((type) => !/created|approved/.test(type));
    await world.cron("10 3 * * *");
    expect(await seen()).toEqual([]);
    await world.advance(86_400);
    for (let run = 0; run < 2; run++) await world.cron("10 3 * * *");
    expect(await seen()).toEqual(["contract.expiring"]);
    await world.advance(30 * 86_400);
    for (let run = 0; run < 2; run++) await world.cron("10 3 * * *");
    expect(await seen()).toEqual(["contract.expiring", "contract.expiring", "contract.shortfall"]);
    await world.advance(23 * 86_400);
    for (let run = 0; run < 2; run++) await world.cron("10 3 * * *");
    const told = await db
      .select()
      .from(outbox)
      .where(sql`${outbox.subjectId} = ${ending} and ${outbox.eventType} = 'contract.expiring'`)
      .orderBy(outbox.id);
    expect(told.map(({ payload }) => payload["days"])).toEqual([60, 30, 7]);
    await world.drain();
  });
});

describe("fee terms and rates", () => {
  const later = () => new Date(Date.now() + 200 * 86_400_000).toISOString();
  const openTerms = async () => {
    const [row] = await db
      .select()
      .from(feeTerms)
      .where(sql`${feeTerms.effectiveTo} is null`);
    return row?.id ?? "";
  };
  const openRates = async () => {
    const [row] = await db
      .select()
      .from(splitsRates)
      .where(sql`${splitsRates.effectiveTo} is null and ${splitsRates.tier} = 'free'`);
    return row?.id ?? "";
  };
  const TERMS = {
    standard_percentage: "20.50",
    executive_percentage: "25.00",
    urgent_percentage: "10.00",
    niche_percentage: "15.00",
    keep_percentage: "5.00",
  };
  const RATES = {
    tier: "free",
    candidate_recruiter_rate: "20.00",
    company_recruiter_rate: "10.00",
    job_owner_rate: "10.00",
    candidate_sourcer_rate: "6.00",
    company_sourcer_rate: "6.00",
  };

  it("are followed by a version to come, by an approval of exactly that version", async () => {
    const subject = await openTerms();
    const effective_from = later();
    const approval = await approved("fee_terms.change", subject, { ...TERMS, effective_from });
    const other = await post("fee-terms", { ...TERMS, standard_percentage: "20.60", effective_from, approval_id: approval });
    expect([other.status, other.body.reason]).toEqual([409, "approval_differs"]);
    const steep = await post("fee-terms", {
      ...TERMS,
      urgent_percentage: "30.00",
      niche_percentage: "20.01",
      effective_from,
      approval_id: approval,
    });
    expect([steep.status, steep.body.errors]).toEqual([
      422,
      [
        expect.objectContaining({
          pointer: "/niche_percentage",
          code: "out_of_range",
          message: expect.stringContaining("Lower one of them"),
        }),
      ],
    ]);
    const past = await post("fee-terms", { ...TERMS, effective_from: "2026-01-01T00:00:00Z", approval_id: approval });
    expect(past.status).toBe(422);
    const done = await post("fee-terms", { ...TERMS, effective_from, approval_id: approval });
    expect([done.status, done.body.data.standard_percentage]).toEqual([201, "20.50"]);
    const [old] = await db
      .select()
      .from(feeTerms)
      .where(sql`${feeTerms.id} = ${subject}`);
    expect(old?.effectiveTo?.toISOString()).toBe(effective_from);
    const company = await world.company();
    const placed = await hire(await world.member(company), await offer({ company }));
    expect((await money(placed.body.data.id)).fee).toBe("20000.00");
  });

  it("a change by more than 5 % takes an executive", async () => {
    const effective_from = new Date(Date.now() + 400 * 86_400_000).toISOString();
    const asked = { ...TERMS, standard_percentage: "22.00", effective_from };
    const subject = await openTerms();
    const ordinary = await approved("fee_terms.change", subject, asked);
    const refused = await post("fee-terms", { ...asked, approval_id: ordinary });
    expect([refused.status, refused.body.reason]).toEqual([409, "executive_approval_required"]);
    await post(`approvals/${ordinary}/reject`, { reason: "Not an executive's" });
    const executive = await approved("fee_terms.change", subject, asked, "executive: agreed by the board");
    expect((await post("fee-terms", { ...asked, approval_id: executive })).status).toBe(201);
  });

  it("rates with which a mix of tiers earned more than the fee are refused", async () => {
    const effective_from = later();
    // the premium rates add up to 100 % already: no other tier may top any of them
    const tooMuch = { ...RATES, candidate_sourcer_rate: "10.01", effective_from };
    const wrong = await post("splits-rates", { ...tooMuch, approval_id: crypto.randomUUID() });
    expect(wrong.status).toBe(422);
    const asked = { ...RATES, candidate_recruiter_rate: "21.00", effective_from };
    const approval = await approved("splits_rates.change", await openRates(), asked);
    const done = await post("splits-rates", { ...asked, approval_id: approval });
    expect([done.status, done.body.data.candidate_recruiter_rate, done.body.data.effective_to]).toEqual([201, "21.00", null]);
    const now = await world.call("GET", `splits-rates?tier=free&at=${new Date().toISOString()}`);
    expect(now.body.data.map((row: { candidate_recruiter_rate: string }) => row.candidate_recruiter_rate)).toEqual(["20.00"]);
  });
});
