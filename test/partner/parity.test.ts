import { beforeAll, describe, expect, it } from "vitest";
import { OpenAPIHono, z } from "@hono/zod-openapi";
import { registerV1 } from "#workers/api/v1/app.ts";
import { v1Contracts } from "#workers/api/v1/operation.ts";
import { type AccessWorld, accessWorld, type Actor } from "../access/world.ts";
import { type Key, keyOf } from "./keys.ts";

// What a person reads of a record through v1 is what they read of it through v2, in v1's words (DESIGN R-23).

/** The words that change; every other name is the same. */
const WORDS: Readonly<Record<string, string>> = {
  job_id: "role_id",
  job_title: "role_title",
  job_summary: "role_summary",
  application_id: "submission_id",
  application_source: "submission_source",
};

const translated = (row: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [WORDS[name] ?? name, value]));

let world: AccessWorld;
const keys = new Map<Actor, Key>();

beforeAll(async () => {
  world = await accessWorld();
  registerV1();
  const { people } = world;
  const holder = async (actor: Exclude<Actor, "anonymous">, id: string, roleType: "company" | "recruiter" | "admin") =>
    keys.set(actor, await keyOf(world, { id, roleType }, people[actor]));
  await holder("companyAdmin", world.acme.id, "company");
  await holder("hiringManager", world.acme.id, "company");
  await holder("candidateRecruiter", people.candidateRecruiter.recruiterId, "recruiter");
  await holder("companyRecruiter", people.companyRecruiter.recruiterId, "recruiter");
  await holder("teamMember", people.teamMember.recruiterId, "recruiter");
  await holder("platformAdmin", people.platformAdmin.userId, "admin");
});

/** The shape that the documentation tells of one record. */
function shapeOf(path: string): z.ZodObject {
  const contract = v1Contracts("").find((route) => route.path === path && route.method === "get");
  if (!contract) throw new Error(`no route reads ${path}`);
  const { content } = contract.responses["200"] as { content: { "application/json": { schema: z.ZodObject } } };
  return content["application/json"].schema.shape["data"] as z.ZodObject;
}

describe.each([
  ["roles", "jobs", "open job", ["companyAdmin", "hiringManager", "candidateRecruiter", "platformAdmin"]],
  [
    "submissions",
    "applications",
    "reached application",
    ["companyAdmin", "hiringManager", "candidateRecruiter", "companyRecruiter", "platformAdmin"],
  ],
  ["candidates", "candidates", "candidate candidate", ["companyAdmin", "candidateRecruiter", "companyRecruiter", "platformAdmin"]],
  ["placements", "placements", "placement", ["companyAdmin", "hiringManager", "candidateRecruiter", "teamMember", "platformAdmin"]],
  ["payouts", "payouts", "payout candidate_recruiter", ["candidateRecruiter", "platformAdmin"]],
] as const)("%s", (resource, inside, name, readers) => {
  it.each(readers)("tell the %s what v2 tells", async (actor) => {
    const id = world.id(name);
    const [there, here] = await Promise.all([
      world.call(actor, "GET", `${inside}/${id}`),
      world.call("anonymous", "GET", `/api/v1/${resource}/${id}`, { headers: { authorization: `Bearer ${keys.get(actor)?.token}` } }),
    ]);
    expect([there.status, here.status]).toEqual([200, 200]);
    const { currency, ...data } = here.body.data;
    expect(currency).toBe("usd"); // v1 names the currency of its amounts
    expect(data).toEqual(translated(there.body.data));
    expect(here.headers.get("etag")).toBe(there.headers.get("etag"));
  });

  it("tell nothing that the documentation does not name", async () => {
    const shape = shapeOf(`/${resource}/{id}`);
    for (const actor of readers) {
      const { body } = await world.call("anonymous", "GET", `/api/v1/${resource}/${world.id(name)}`, {
        headers: { authorization: `Bearer ${keys.get(actor)?.token}` },
      });
      expect(z.strictObject(shape.shape).safeParse(body.data).error?.issues ?? []).toEqual([]);
    }
  });
});

interface Schema {
  $ref?: string;
  description?: string;
  example?: unknown;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: unknown;
}

/** A JSON Schema, and what fits one: their members are told by the schema itself. */
const OPEN = ["EventType.schema", "EventType.example"];

it("every field of a record is documented, with a description and an example", () => {
  const api = new OpenAPIHono();
  for (const route of v1Contracts("/api/v1")) api.openAPIRegistry.registerPath(route);
  const document = api.getOpenAPIDocument({ openapi: "3.0.3", info: { title: "v1", version: "1" } });
  const schemas = document.components?.schemas as Record<string, Schema>;
  const untold = (schema: Schema, at: string): string[] => {
    if (schema.additionalProperties && !OPEN.includes(at)) return [`${at} is open`];
    if (schema.properties) return Object.entries(schema.properties).flatMap(([name, field]) => untold(field, `${at}.${name}`));
    if (schema.items?.properties) return untold(schema.items, `${at}[]`);
    return schema.description !== undefined && schema.example !== undefined ? [] : [at];
  };
  const records = ["Role", "Submission", "Candidate", "Placement", "Payout", "EventType"];
  expect(records.flatMap((name) => untold(schemas[name] as Schema, name))).toEqual([]);
});
