import { jobs } from "#db/schema/ats.ts";
import { marketplace } from "#test/api.ts";
import { expect, it } from "vitest";

const world = await marketplace();

it("scenario 1: the public reads open jobs page by page, without fees", async () => {
  const acme = await world.company();
  await world.db.writer
    .insert(jobs)
    .values(Array.from({ length: 30 }, (_, index) => ({ companyId: acme.id, title: `Job ${index}`, status: "active" as const })));

  const first = await world.call("GET", "jobs?limit=25");
  expect(first.status).toBe(200);
  expect(first.body.pagination).toEqual({ total: 30, page: 1, limit: 25, total_pages: 2 });
  expect(first.body.data).toHaveLength(25);
  for (const row of first.body.data) {
    expect(row).not.toHaveProperty("fee_percentage");
    expect(row).not.toHaveProperty("recruiter_description");
  }
  expect((await world.call("GET", "jobs?page=2")).body.data).toHaveLength(5);
  expect((await world.call("GET", "jobs?limit=500")).body.pagination.limit).toBe(100);
});
