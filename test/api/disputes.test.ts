import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { escrowHolds, payoutAuditLog, placementPayoutTransactions as transactions } from "#db/schema/billing.ts";
import { notifications } from "#db/schema/notify.ts";
import { outbox } from "#db/schema/ops.ts";
import { DEAL_ROLES } from "#domain/commission/deal-roles.ts";
import { marketplace, type Person } from "#test/api.ts";
import { fourEyes } from "./four-eyes.ts";
import { hires, type RecruiterPerson } from "./hires.ts";

const world = await marketplace();
const { admin, approved, requested } = await fourEyes(world);
const { offer, hire, money } = hires(world);
const db = world.db.writer;
const post = (path: string, body: object, as: Person = admin) => world.call("POST", path, { as, body });

/** A placement with a recruiter in each of the five roles. */
async function placed() {
  const company = await world.company();
  const companyAdmin = await world.member(company);
  const people: Partial<Record<(typeof DEAL_ROLES)[number], RecruiterPerson>> = {};
  for (const name of DEAL_ROLES) people[name] = await world.recruiter(name);
  const { status, body } = await hire(companyAdmin, await offer({ company, recruiters: people }));
  if (status !== 200) throw new Error(JSON.stringify(body));
  return { id: body.data.id as string, company, companyAdmin, people: people as Record<(typeof DEAL_ROLES)[number], RecruiterPerson> };
}

const statesOf = async (placementId: string): Promise<string[]> =>
  (await money(placementId)).transactions.map(({ status, holdReasons }) => [status, ...holdReasons].join(" ")).toSorted();

const blockersOf = async (transactionId: string): Promise<string[]> =>
  (await db.execute<{ codes: string[] }>(sql`select billing.payout_blockers(${transactionId}::uuid, ops.now()) as codes`)).rows[0]?.codes ??
  [];

const eventsOf = async (subjectId: string): Promise<string[]> =>
  (
    await db
      .select()
      .from(outbox)
      .where(sql`${outbox.subjectId} = ${subjectId}`)
      .orderBy(outbox.id)
  ).map(({ eventType }) => eventType);

const five = (state: string): string[] => Array.from({ length: 5 }, () => state);

describe("a dispute", () => {
  it("scenario 53: keeps every open share of its placement, and dismissed lets them go", async () => {
    const placement = await placed();
    const raised = await post(
      "disputes",
      { placement_id: placement.id, dispute_type: "placement_validity", reason: "He never came" },
      placement.companyAdmin,
    );
    expect([raised.status, raised.body.data.status]).toEqual([201, "open"]);
    expect(await statesOf(placement.id)).toEqual(five("on_hold dispute_open"));
    const { transactions: rows } = await money(placement.id);
    expect(await blockersOf(rows[0]?.id ?? "")).toContain("dispute_open");

    const { id } = raised.body.data;
    expect((await post(`disputes/${id}/review`, {})).body.data.status).toBe("under_review");
    expect(await statesOf(placement.id)).toEqual(five("on_hold dispute_open"));
    const over = await post(`disputes/${id}/dismiss`, { resolution: "He did come" });
    expect([over.status, over.body.data.status, over.body.data.resolution]).toEqual([200, "dismissed", "He did come"]);
    expect(await statesOf(placement.id)).toEqual(five("pending"));
    expect(await eventsOf(id)).toEqual(["dispute.opened", "dispute.updated", "dispute.updated"]);
    const log = await db
      .select()
      .from(payoutAuditLog)
      .where(sql`${payoutAuditLog.transactionId} = ${rows[0]?.id ?? ""}`)
      .orderBy(payoutAuditLog.id);
    expect(log.map(({ action, oldStatus, newStatus, reason }) => [action, oldStatus, newStatus, reason])).toEqual([
      ["held", "pending", "on_hold", "dispute_open"],
      ["unheld", "on_hold", "pending", "dispute_open"],
    ]);
    expect((await post(`disputes/${id}/resolve`, { resolution: "Again" })).status).toBe(409);
  });

  it("ends no other hold, and not while another dispute is open", async () => {
    const placement = await placed();
    const [row] = (await money(placement.id)).transactions;
    await post(`payout-transactions/${row?.id}/hold`, { hold_reason: "fraud_review", reason: "Odd" });
    const raise = (as: Person) => post("disputes", { placement_id: placement.id, dispute_type: "other", reason: "Why" }, as);
    const [one, other] = [await raise(placement.companyAdmin), await raise(placement.people.candidate_recruiter)];
    expect([one.status, other.status]).toEqual([201, 201]);
    const again = await raise(placement.companyAdmin);
    expect([again.status, again.body.reason]).toEqual([409, "dispute_open"]);
    await post(`disputes/${one.body.data.id}/resolve`, { resolution: "So be it" });
    expect(await statesOf(placement.id)).toEqual([...five("on_hold dispute_open").slice(1), "on_hold dispute_open fraud_review"]);
    await post(`disputes/${other.body.data.id}/dismiss`, { resolution: "No" });
    expect(await statesOf(placement.id)).toEqual(["on_hold fraud_review", ...five("pending").slice(1)]);
  });

  it("is told to the parties when it begins and ends, and of the split to no company", async () => {
    const placement = await placed();
    const { companyAdmin, people } = placement;
    const manager = await world.member(placement.company, "hiring_manager");
    const everybody = [...Object.values(people), companyAdmin, manager];
    const told = async () => {
      await world.settle();
      const rows = await db
        .select()
        .from(notifications)
        .where(sql`${notifications.template} like 'dispute.%' and ${notifications.channel} = 'in_app'`);
      const heard = everybody.map(({ userId }) => rows.filter((row) => row.recipientUserId === userId).map(({ template }) => template));
      return { earners: heard.slice(0, 5), companyAdmin: heard[5], manager: heard[6] };
    };
    const { body } = await post("disputes", { placement_id: placement.id, dispute_type: "other", reason: "Why" }, companyAdmin);
    expect(await told()).toEqual({ earners: five("dispute.opened").map((one) => [one]), companyAdmin: ["dispute.opened"], manager: [] });
    await post(`disputes/${body.data.id}/review`, {});
    await post(`disputes/${body.data.id}/dismiss`, { resolution: "No" });
    const both = ["dispute.opened", "dispute.ended"];
    expect(await told()).toEqual({ earners: five("").map(() => both), companyAdmin: both, manager: [] });
    await post("disputes", { placement_id: placement.id, dispute_type: "fee_split", reason: "Mine" }, people.job_owner);
    expect(await told()).toEqual({ earners: five("").map(() => [...both, "dispute.opened"]), companyAdmin: both, manager: [] });
  });

  it("is seen by the parties, without each other's words, and the split by no company", async () => {
    const placement = await placed();
    const { companyAdmin, people } = placement;
    const [outsider, manager, stranger] = [
      await world.recruiter(),
      await world.member(placement.company, "hiring_manager"),
      await world.member(await world.company()),
    ];
    const split = await post(
      "disputes",
      { placement_id: placement.id, dispute_type: "fee_split", reason: "My 4,000.00 should be 6,000.00" },
      people.candidate_recruiter,
    );
    expect(split.status).toBe(201);
    const validity = await post(
      "disputes",
      { placement_id: placement.id, dispute_type: "placement_validity", reason: "We pay 20,000.00 for nothing" },
      companyAdmin,
    );
    const read = async (as: Person, id: string) => {
      const { status, body } = await world.call("GET", `disputes/${id}`, { as });
      return status === 200 ? (body.data.reason ?? "hidden") : status;
    };
    expect(await read(companyAdmin, split.body.data.id)).toBe(404);
    expect(await read(people.job_owner, split.body.data.id)).toBe("hidden");
    expect(await read(people.candidate_recruiter, split.body.data.id)).toContain("4,000.00");
    expect(await read(people.candidate_recruiter, validity.body.data.id)).toBe("hidden");
    expect(await read(companyAdmin, validity.body.data.id)).toContain("20,000.00");
    for (const nobody of [outsider, stranger]) expect(await read(nobody, validity.body.data.id)).toBe(404);
    const asManager = await post("disputes", { placement_id: placement.id, dispute_type: "other", reason: "I think" }, manager);
    expect(asManager.status).toBe(403);
    const asCompany = await post(
      "disputes",
      { placement_id: placement.id, dispute_type: "fee_split", reason: "Who gets it" },
      companyAdmin,
    );
    expect(asCompany.status).toBe(403);
    const asStranger = await post("disputes", { placement_id: placement.id, dispute_type: "other", reason: "I think" }, stranger);
    expect(asStranger.status).toBe(404);
    expect((await post(`disputes/${validity.body.data.id}/dismiss`, { resolution: "Mine" }, companyAdmin)).status).toBe(403);
    expect((await post(`disputes/${validity.body.data.id}/dismiss`, { resolution: "Mine" }, outsider)).status).toBe(404);
  });
});

describe("one payout in an admin's hands", () => {
  it("is stopped by one, goes on by two, and the payee never learns why", async () => {
    const placement = await placed();
    const { candidate_recruiter: payee, job_owner: other } = placement.people;
    const row = (await money(placement.id)).transactions.find(({ recruiterId }) => recruiterId === payee.recruiterId);
    const path = `payout-transactions/${row?.id}`;
    const held = await post(`${path}/hold`, { hold_reason: "fraud_review", reason: "Two people, one face" });
    expect([held.status, held.body.data.status]).toEqual([200, "on_hold"]);
    const seen = await world.call("GET", path, { as: payee });
    expect(JSON.stringify(seen.body)).not.toContain("fraud");
    const told = await db
      .select()
      .from(outbox)
      .where(sql`${outbox.subjectId} = ${row?.id} and ${outbox.eventType} = 'payout.held'`);
    expect(told.map(({ payload }) => payload["reason"])).toEqual(["under_review"]);

    const unhold = (approval_id: string, hold_reason = "fraud_review", as: Person = admin) =>
      post(`${path}/unhold`, { hold_reason, approval_id, reason: "Twins" }, as);
    const pending = await requested("payout.unhold", row?.id ?? "", { hold_reason: "fraud_review" });
    expect((await unhold(pending)).body.reason).toBe("approval_pending");
    await post(`approvals/${pending}/reject`, { reason: "Ask better" });
    const approval = await approved("payout.unhold", row?.id ?? "", { hold_reason: "fraud_review" });
    expect((await unhold(approval, "admin_hold")).status).toBe(409);
    expect((await unhold(approval, "fraud_review", payee)).status).toBe(403);
    expect((await unhold(approval, "fraud_review", other)).status).toBe(404);
    expect((await unhold(approval)).body.data.status).toBe("pending");
    expect((await unhold(approval)).status).toBe(409);
  });

  it("what the system holds ends by itself, and is not added by hand", async () => {
    const placement = await placed();
    const [row] = (await money(placement.id)).transactions;
    const path = `payout-transactions/${row?.id}`;
    expect((await post(`${path}/hold`, { hold_reason: "dispute_open", reason: "So" })).status).toBe(422);
    await post("disputes", { placement_id: placement.id, dispute_type: "other", reason: "Why" }, placement.companyAdmin);
    const approval = await approved("payout.unhold", row?.id ?? "", { hold_reason: "dispute_open" });
    const answer = await post(`${path}/unhold`, { hold_reason: "dispute_open", approval_id: approval, reason: "Go" });
    expect([answer.status, answer.body.code]).toEqual([403, "forbidden"]);
  });

  it("is cancelled by two for good; one that is being sent waits", async () => {
    const placement = await placed();
    const [one, other] = (await money(placement.id)).transactions;
    const cancel = (id: string, approval_id: string) => post(`payout-transactions/${id}/cancel`, { approval_id, reason: "Agreed" });
    const id = one?.id ?? "";
    expect((await cancel(id, crypto.randomUUID())).status).toBe(422);
    const ofAnother = await approved("payout.cancel", other?.id ?? "");
    expect((await cancel(id, ofAnother)).body.reason).toBe("approval_of_another");
    const done = await cancel(id, await approved("payout.cancel", id));
    expect([done.status, done.body.data.status]).toEqual([200, "cancelled"]);
    expect(await eventsOf(id)).toEqual(["payout.cancelled"]);

    await db
      .update(transactions)
      .set({
        status: "processing",
        leaseToken: crypto.randomUUID(),
        leaseUntil: new Date(Date.now() + 300_000),
        processingStartedAt: new Date(),
        firstSentAt: new Date(),
      })
      .where(sql`${transactions.id} = ${other?.id}`);
    const busy = await cancel(other?.id ?? "", ofAnother);
    expect([busy.status, busy.body.reason]).toEqual([409, "payout_in_flight"]);
    const held = await post(`payout-transactions/${other?.id}/hold`, { hold_reason: "admin_hold", reason: "Stop" });
    expect([held.status, held.body.reason]).toEqual([409, "payout_in_flight"]);
  });
});

describe("a compliance review", () => {
  it("holds the whole placement, and ends by two", async () => {
    const placement = await placed();
    const [row] = (await money(placement.id)).transactions;
    const held = await post("escrow-holds", { placement_id: placement.id, reason: "Sanctions list" });
    expect([held.status, held.body.data.hold_reason, held.body.data.hold_amount]).toEqual([201, "compliance_review", "20000.00"]);
    expect(await blockersOf(row?.id ?? "")).toContain("under_review");
    const again = await post("escrow-holds", { placement_id: placement.id, reason: "Again" });
    expect([again.status, again.body.reason]).toEqual([409, "held_already"]);
    const { id } = held.body.data;
    const approval = await approved("escrow_hold.release", id, { to: "released" });
    expect((await post(`escrow-holds/${id}/cancel`, { approval_id: approval, reason: "Oops" })).body.reason).toBe("approval_differs");
    expect((await post(`escrow-holds/${id}/release`, { approval_id: approval, reason: "Clean" }, placement.companyAdmin)).status).toBe(404);
    const released = await post(`escrow-holds/${id}/release`, { approval_id: approval, reason: "Clean" });
    expect([released.status, released.body.data.status]).toEqual([200, "released"]);
    expect(await blockersOf(row?.id ?? "")).not.toContain("under_review");
    expect(await eventsOf(id)).toEqual(["escrow_hold.created", "escrow_hold.released"]);
    expect((await post("escrow-holds", { placement_id: placement.id, reason: "I wish" }, placement.companyAdmin)).status).toBe(403);
  });

  it("the guarantee's hold is ended by nobody", async () => {
    const placement = await placed();
    const id = crypto.randomUUID();
    await db
      .insert(escrowHolds)
      .values({
        id,
        placementId: placement.id,
        holdAmountCents: 2_000_000 as never,
        holdReason: "guarantee_period",
        heldAt: new Date(),
      })
      .onConflictDoNothing();
    const [hold] = await db
      .select()
      .from(escrowHolds)
      .where(sql`${escrowHolds.placementId} = ${placement.id} and ${escrowHolds.holdReason} = 'guarantee_period'`);
    const approval = await approved("escrow_hold.release", hold?.id ?? "", { to: "released" });
    const answer = await post(`escrow-holds/${hold?.id}/release`, { approval_id: approval, reason: "Hurry" });
    expect([answer.status, answer.body.reason]).toEqual([409, "guarantee_hold"]);
  });
});
