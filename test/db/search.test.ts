import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { describe, expect, it } from "vitest";
import { matches } from "#db/search.ts";
import { candidates, companies, jobs } from "#db/schema/ats.ts";
import { recruiters, teams } from "#db/schema/network.ts";
import { id, seedWorld, useDb } from "./world.ts";

describe("matches", () => {
  const { db } = useDb(async (db) => {
    await seedWorld(db);
    await db.run(
      `update ats.jobs set title = 'Señor C++ / C# Engineer (Node.js)', department = 'R&D', location = 'Zürich' where id = '${id("job")}';
       update ats.candidates set full_name = 'Zoë O''Brien', skills = '{TypeScript,Machine Learning}', current_company = 'Łódź Sp.' where id = '${id("candidate")}'`,
    );
  });
  const orm = () => drizzle(db().client, { casing: "snake_case" });
  const found = async (words: string) =>
    (await orm().select({ id: jobs.id }).from(jobs).where(matches(jobs.search, words))).map((job) => job.id);

  it.each(["senor", "SEÑOR", "engineer zurich", "eng", "c++", "C#", "node js", "node.js", "r&d", "zurich señor c", "  eng  "])(
    "finds the job by %j",
    async (words) => {
      expect(await found(words)).toEqual([id("job")]);
    },
  );

  it.each(["ngineer", "sen engineer", "engineer bern", "!!!", "", "' | 'a':*", "\\", "a:* | b"])("does not by %j", async (words) => {
    expect(await found(words)).toEqual([]);
  });

  it("looks into the columns of R-12", async () => {
    const people = async (words: string) =>
      (await orm().select({ id: candidates.id }).from(candidates).where(matches(candidates.search, words))).length;
    expect([await people("zoe brien"), await people("machine typescr"), await people("lodz"), await people("candidate1@example")]).toEqual([
      1, 1, 1, 0,
    ]);
    expect(await orm().select({ id: companies.id }).from(companies).where(matches(companies.search, "acme lab"))).toEqual([
      { id: id("company", 2) },
    ]);
    expect(await orm().select({ id: recruiters.id }).from(recruiters).where(matches(recruiters.search, "recruiter 2"))).toEqual([
      { id: id("recruiter", 2) },
    ]);
    expect(await orm().select({ id: teams.id }).from(teams).where(matches(teams.search, "2"))).toEqual([{ id: id("team", 2) }]);
  });

  it("takes words of any length", async () => {
    await orm()
      .update(jobs)
      .set({ title: "x".repeat(5000) })
      .where(eq(jobs.id, id("job", 2)));
    expect(await found("x".repeat(4000))).toEqual([id("job", 2)]);
  });

  it("uses its index", async () => {
    await db().run(
      `insert into ats.jobs (company_id, title) select '${id("company")}', 'job ' || n from generate_series(1, 5000) n; analyze ats.jobs`,
    );
    const plan = await db().rows<{ "QUERY PLAN": string }>("explain select * from ats.jobs where search @@ ops.query($1::text)", [
      "zurich",
    ]);
    expect(plan.map((row) => row["QUERY PLAN"]).join("\n")).toContain("jobs_search");
  });
});
