import { expect, it } from "vitest";
import { sql } from "drizzle-orm";
import { plans } from "#db/schema/billing.ts";
import { marketplace } from "#test/api.ts";

const world = await marketplace();

it("shows anybody the plans with their prices and rates", async () => {
  const answer = await world.call("GET", "plans?include=rates&sort_by=name&sort_order=asc");
  expect(answer.status).toBe(200);
  expect(
    answer.body.data.map(({ slug, price, price_cents, annual_price }: Record<string, unknown>) => [slug, price, price_cents, annual_price]),
  ).toEqual([
    ["free", "0.00", 0, "0.00"],
    ["paid", "99.00", 9900, "999.00"],
    ["premium", "249.00", 24_900, "2499.00"],
  ]);
  expect(answer.body.data[2].rates).toMatchObject({ tier: "premium", candidate_recruiter_rate: "40.00", company_sourcer_rate: "10.00" });
  expect(answer.body.data[0]).not.toHaveProperty("stripe_price_id");
  const [paid] = (await world.call("GET", "plans?tier=paid")).body.data;
  expect((await world.call("GET", `plans/${paid.id}?include=rates`)).body.data).toMatchObject({
    slug: "paid",
    trial_days: 14,
    rates: { candidate_recruiter_rate: "30.00" },
  });
  expect((await world.call("GET", "plans?tier=gold")).status).toBe(400);
  expect((await world.call("GET", `plans/${crypto.randomUUID()}`)).status).toBe(404);
});

it("keeps a withdrawn plan to the platform's admins", async () => {
  await world.db.writer
    .insert(plans)
    .values({ slug: "old", name: "Old", tier: "paid", priceCents: 1, annualPriceCents: 1, isActive: false });
  expect((await world.call("GET", "plans")).body.pagination.total).toBe(3);
  expect((await world.call("GET", "plans", { as: await world.platformAdmin() })).body.pagination.total).toBe(4);
  await world.db.writer.delete(plans).where(sql`${plans.slug} = 'old'`);
});

it("shows anybody the rates of a tier at an instant", async () => {
  expect((await world.call("GET", "splits-rates?tier=free")).body.data).toMatchObject([
    {
      tier: "free",
      candidate_recruiter_rate: "20.00",
      company_recruiter_rate: "10.00",
      job_owner_rate: "10.00",
      candidate_sourcer_rate: "6.00",
      company_sourcer_rate: "6.00",
      effective_to: null,
    },
  ]);
  expect((await world.call("GET", "splits-rates?at=2026-01-01T00:00:00Z")).body.pagination.total).toBe(3);
  expect((await world.call("GET", "splits-rates?at=2019-01-01T00:00:00Z&sort_by=updated_at")).body.pagination.total).toBe(0);
  const [first] = (await world.call("GET", "splits-rates")).body.data;
  expect((await world.call("GET", `splits-rates/${first.id}`)).body.data.id).toBe(first.id);
  expect((await world.call("PATCH", `splits-rates/${first.id}`, { as: await world.platformAdmin(), body: {} })).status).toBe(405);
});
