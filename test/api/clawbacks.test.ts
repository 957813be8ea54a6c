import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { payoutSchedules, placementPayoutTransactions as transactions } from "#db/schema/billing.ts";
import { marketplace } from "#test/api.ts";
import { booksHold, signedBalances } from "./books.ts";
import { fourEyes } from "./four-eyes.ts";
import { settledPlacements } from "./settled.ts";

const world = await marketplace();
const { controls } = world.stripe;
const { days, started, paidIn, fail, replace, invoiceOf } = settledPlacements(world);
const { admin, approved } = await fourEyes(world);
const db = world.db.writer;

async function clawBack(placementId: string, amount: number, borneBy: "everybody" | "platform" = "everybody") {
  const body = {
    placement_id: placementId,
    amount_cents: amount,
    borne_by: borneBy,
    reason: "Goodwill",
    approval_id: await approved(borneBy === "platform" ? "refund.above_policy" : "clawback", placementId, { amount_cents: amount }),
  };
  const answer = await world.call("POST", "clawbacks", { as: admin, body });
  // what is refused leaves its approval open
  if (answer.status !== 201) await world.call("POST", `approvals/${body.approval_id}/reject`, { as: admin, body: { reason: "Over" } });
  return answer;
}

const schedulesOf = async (placementId: string) =>
  (
    await db
      .select()
      .from(payoutSchedules)
      .where(sql`${payoutSchedules.placementId} = ${placementId}`)
  ).map(({ status }) => status);

const statesOf = async (placementId: string) => [
  ...new Set(
    (
      await db
        .select()
        .from(transactions)
        .where(sql`${transactions.placementId} = ${placementId}`)
    ).map(({ status }) => status),
  ),
];

describe("a refund above the policy", () => {
  it("is borne by the platform alone, up to what it has left, before the release and after it", async () => {
    const { id } = await started();
    await paidIn(id, 2_000_000);
    const nets = async () =>
      (
        await db
          .select()
          .from(transactions)
          .where(sql`${transactions.placementId} = ${id}`)
      ).map(({ netCents, status }) => [netCents, status].join(" "));
    const untouched = await nets();
    const made = await clawBack(id, 80_000, "platform");
    expect(made.body.data).toMatchObject({ refund_cents: 80_000, platform_cents: 80_000, before_release: true });
    expect(await nets()).toEqual(untouched);
    await world.settle();
    await booksHold(world);
    await days(91);
    expect((await nets()).every((net) => net.endsWith("completed"))).toBe(true);
    expect((await clawBack(id, 400_001, "platform")).body.code).toBe("validation_failed");
    expect((await clawBack(id, 400_000, "platform")).body.data).toMatchObject({ platform_cents: 400_000, before_release: false });
    await world.settle();
    expect((await signedBalances(world)).get("platform_revenue") ?? 0).toBe(0);
    await booksHold(world);
  });

  it("takes its own approval: that of a clawback is not enough", async () => {
    const { id } = await started();
    const approvalId = await approved("clawback", id, { amount_cents: 100 });
    const body = { placement_id: id, amount_cents: 100, borne_by: "platform", reason: "Goodwill", approval_id: approvalId };
    expect((await world.call("POST", "clawbacks", { as: admin, body })).body).toMatchObject({ status: 409, reason: "approval_of_another" });
  });
});

describe("a clawback before the release", () => {
  it("of everything voids the invoice, and leaves nothing to be released", async () => {
    const { id } = await started();
    const answer = await clawBack(id, 2_000_000);
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    await world.settle();
    expect((await invoiceOf(id))?.status).toBe("void");
    expect([await statesOf(id), await schedulesOf(id)]).toEqual([["cancelled"], ["cancelled"]]);
    await days(91);
    expect(await schedulesOf(id)).toEqual(["cancelled"]);
    await booksHold(world);
  });

  it("is taken off both invoices of a replacement at once", async () => {
    const placement = await started();
    await fail(placement);
    const id = await replace(placement, { salary_cents: 11_000_000 });
    const answer = await clawBack(id, 2_200_000);
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    await world.settle();
    expect([(await invoiceOf(placement.id))?.status, (await invoiceOf(id))?.status]).toEqual(["void", "void"]);
    await booksHold(world);
  });

  it("decides again when the invoice whose credit was used is paid at that moment", async () => {
    const placement = await started();
    await fail(placement);
    const id = await replace(placement, { salary_cents: 11_000_000 });
    const fault = await world.database.fault({ match: "guard_payouts", action: "hold_before" });
    const asked = clawBack(id, 700_000);
    await fault.held();
    await paidIn(placement.id, 2_000_000);
    await fault.release();
    expect((await asked).status).toBe(201);
    await world.settle();
    // 2,000.00 off its own invoice, 5,000.00 back of what was paid meanwhile
    expect(await invoiceOf(placement.id)).toMatchObject({ status: "paid", amountPaidCents: 2_000_000, creditedCents: 0 });
    expect((await invoiceOf(id))?.creditedCents).toBe(200_000);
    await booksHold(world);
    await controls.assertConserved();
  });
});
