import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { payoutSchedules, placementPayoutTransactions as transactions } from "#db/schema/billing.ts";
import { marketplace } from "#test/api.ts";
import { booksHold } from "./books.ts";
import { fourEyes } from "./four-eyes.ts";
import { settledPlacements } from "./settled.ts";

const world = await marketplace();
const { controls } = world.stripe;
const { days, started, paidIn, fail, replace, invoiceOf } = settledPlacements(world);
const { admin, approved } = await fourEyes(world);
const db = world.db.writer;

async function clawBack(placementId: string, amount: number) {
  const body = {
    placement_id: placementId,
    amount_cents: amount,
    reason: "Goodwill",
    approval_id: await approved("clawback", placementId, { amount_cents: amount }),
  };
  return world.call("POST", "clawbacks", { as: admin, body });
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
