import { memberships } from "#db/schema/identity.ts";
import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { COUNTED_JOBS, INCLUDES, type IncludeAccess, includedTo, isRefused } from "./includes.ts";
import { listedTo, MATRIX, readersOf } from "./matrix.ts";
import { isShown, namesIn, routesOf, search } from "./routes.ts";
import { accessWorld, type Actor, ACTORS } from "./world.ts";

const world = await accessWorld();
const ROUTES = await routesOf(world);

type Json = Record<string, any>;

/** Included rows, whether there is one or there are many. */
const rowsIn = (included: unknown): unknown[] => (Array.isArray(included) ? included : included === null ? [] : [included]);

/** What a row is known by: its own name, that of whom it is about, or its word. */
function nameOf(row: unknown): string {
  if (typeof row !== "object" || row === null) return String(row);
  const { id, placement_id, recruiter_id, account, kind } = row as Record<string, string | undefined>;
  const known = id ?? placement_id ?? recruiter_id;
  return known === undefined ? (account ?? kind ?? "shown") : (world.names.get(known) ?? known);
}

const parentOf = (row: Json): string => namesIn(world, [row])[0] ?? "";

const OFFERED = ROUTES.filter(({ verb }) => verb === "list").flatMap(({ resource, path, includes }) =>
  includes.filter((name) => name !== "jobs_count").map((name) => [`${resource}?include=${name}`, { resource, path, name }] as const),
);

const accessOf = (resource: string, name: string): IncludeAccess | undefined => INCLUDES[resource]?.[name];

it("every include of the contract has a line in the table, and every line an include", () => {
  const offered = new Set(OFFERED.map(([words]) => words));
  const lines = Object.entries(INCLUDES).flatMap(([resource, includes]) =>
    Object.keys(includes).map((name) => `${resource}?include=${name}`),
  );
  expect(lines.toSorted()).toEqual([...offered].toSorted());
});

/** What a person of these hats is shown: by each row of the list what it includes, or the status instead. */
async function shown(actor: Actor, resource: string, path: string, name: string): Promise<unknown[]> {
  const answers = [];
  for (const { query } of MATRIX[resource]?.list ?? []) {
    const { status, body } = await world.call(actor, "GET", `${path}${search({ limit: "100", include: name, ...query?.(world.id) })}`);
    answers.push(status === 200 ? bodyOf(body.data, name) : status);
  }
  return answers;
}

const bodyOf = (data: Json[], name: string) =>
  Object.fromEntries(data.map((row) => [parentOf(row), rowsIn(row[name]).map(nameOf).toSorted()]));

/** What they are due. */
const due = (hats: readonly Actor[], resource: string, access: IncludeAccess): unknown[] =>
  (MATRIX[resource]?.list ?? []).map(({ within }) => {
    const lists = hats.map((hat) => listedTo(hat, resource, within));
    const parents = [...new Set(lists.flatMap((list) => (typeof list === "number" ? [] : list)))];
    if (lists.every((list) => typeof list === "number")) return lists[0];
    return isRefused(hats, access) ? 403 : Object.fromEntries(parents.map((parent) => [parent, includedTo(hats, access, parent)]));
  });

describe("what each include shows", () => {
  it.each(OFFERED)("%s", async (_, { resource, path, name }) => {
    const access = accessOf(resource, name) as IncludeAccess;
    for (const actor of ACTORS) {
      expect({ [actor]: await shown(actor, resource, path, name) }).toEqual({ [actor]: due([actor], resource, access) });
    }
  });

  it.each(OFFERED)("read with the single row: %s", async (_, { resource, path, name }) => {
    const access = accessOf(resource, name) as IncludeAccess;
    const [parent] = Object.keys(access.shows);
    if (!parent || MATRIX[resource]?.listedOnly) return;
    for (const actor of ACTORS) {
      const { status, body } = await world.call(actor, "GET", `${path}/${world.id(parent)}?include=${name}`);
      if (status !== 200) continue;
      const seen = rowsIn(body.data[name]);
      expect({ [actor]: seen.map(nameOf).toSorted() }).toEqual({ [actor]: includedTo([actor], access, parent) });
      for (const row of seen) {
        for (const [field, readers] of Object.entries(access.fields?.[nameOf(row)] ?? {})) {
          expect({ [`${field} for ${actor}`]: isShown((row as Json)[field]) }).toEqual({
            [`${field} for ${actor}`]: readers.includes(actor),
          });
        }
      }
    }
  });

  it("a company's jobs are counted as far as they are seen", async () => {
    for (const actor of ACTORS) {
      const { body } = await world.call(actor, "GET", "companies?include=jobs_count&limit=100");
      const counts = Object.fromEntries((body.data as Json[]).map((row) => [parentOf(row), row["jobs_count"]]));
      const companies = listedTo(actor, "companies") as string[];
      const seen = (company: string) => COUNTED_JOBS[company]?.filter((job) => readersOf("jobs", job).includes(actor)).length;
      expect({ [actor]: counts }).toEqual({ [actor]: Object.fromEntries(companies.map((company) => [company, seen(company)])) });
    }
  });
});

// A row may come into sight by one hat and what it includes be refused by none of the two: still only what
// one of them sees is shown.
const HATS: readonly [person: Actor, joins: Actor][] = [
  ["otherRecruiter", "hiringManager"],
  ["rivalAdmin", "hiringManager"],
  ["companyRecruiter", "rivalAdmin"],
];

/** What tells of the person's own memberships is another with the second hat. */
const OF_MEMBERSHIP = ["users", "organizations", "memberships"];

it.each(HATS)("two hats include what each of them includes: %s, who also is %s", async (person, joins) => {
  const { userId } = world.people[person as Exclude<Actor, "anonymous">];
  const [like] = await world.db.writer
    .select()
    .from(memberships)
    .where(sql`${memberships.id} = ${world.id(`membership ${joins}`)}`);
  await world.db.writer
    .insert(memberships)
    .values({ userId, roleName: like!.roleName, organizationId: like!.organizationId, companyId: like!.companyId });
  const offered = OFFERED.filter(([, { resource }]) => !OF_MEMBERSHIP.includes(resource));
  const seen = await Promise.all(
    offered.map(async ([words, { resource, path, name }]) => [words, await shown(person, resource, path, name)] as const),
  );
  const dues = offered.map(([words, { resource, name }]) => [
    words,
    due([person, joins], resource, accessOf(resource, name) as IncludeAccess),
  ]);
  expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(dues));
});
