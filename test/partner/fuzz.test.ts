import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { accountPlans } from "#db/schema/api.ts";
import { jobs } from "#db/schema/ats.ts";
import { type Answer, type CallOptions, marketplace, type Marketplace } from "../api.ts";
import { keyOf } from "./keys.ts";

// Whatever is sent, the answer is ours: done, or a problem that says what is wrong. The same nonsense
// every time, from a fixed seed.

const SEED = 20_261_121;
const CALLS_PER_ROUTE = 48;
/** So many calls are on their way at once. */
const AT_ONCE = 8;

type Json = Record<string, unknown>;
interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  items?: Schema;
}
interface Operation {
  method: string;
  path: string;
  /** What it needs, by which a way in that passes is mostly taken. */
  need: string;
  parameters: readonly { name: string; in: string; schema: Schema }[];
  body: Schema | null;
}

/** Numbers from 0 to 1, the same sequence for the same seed (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = numbersFrom(SEED);
const chance = (likelihood: number): boolean => random() < likelihood;
const oneOf = <T>(these: readonly T[]): T => these[Math.floor(random() * these.length)] as T;

const TEXTS = [
  "",
  " ",
  "\0",
  "a\0b",
  "\ud800",
  "\udc00x",
  "😀".repeat(300),
  "x".repeat(70_000),
  "' or 1=1; --",
  "%",
  "%00",
  "../../etc/passwd",
  "a\r\nX-Evil: 1",
  "<script>alert(1)</script>",
  "javascript:alert(1)",
  "https://[::1",
  "http://127.0.0.1:99999/",
  "{}",
  "null",
  "NaN",
  "-1",
  "1e309",
  "99999999999999999999999999",
  "2147483648",
  "0000-00-00",
  "0000-01-01T00:00:00Z",
  "9999-12-31T23:59:59Z",
  "+275760-09-13T00:00:00Z",
  "2026-02-30T00:00:00Z",
  "00000000-0000-0000-0000-000000000000",
  "019ad000-0000-7000-8000-000000000000'",
  "0.0.0.0/33",
  "::ffff:1.2.3.4/96",
  "__proto__",
  "constructor",
  "\u202etxt.exe",
] as const;
/** What some field takes. */
const FITTING = ["Cook", "Cook", "https://client.example/callback", "kim@example.com", "192.0.2.0/24"] as const;
const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
const VALUES: readonly unknown[] = [
  ...TEXTS,
  null,
  true,
  0,
  -0,
  -1,
  0.1,
  2 ** 31,
  2 ** 53,
  -(2 ** 63),
  1e308,
  [],
  [[]],
  [null],
  {},
  { "\0": "\0" },
  { length: 1 },
  Array.from({ length: 300 }, () => "x"),
];
const BODIES = [
  "",
  "{",
  "null",
  "[]",
  '"text"',
  "1",
  deep(50_000),
  `{"a":${deep(500)}}`,
  '{"__proto__":{"admin":true}}',
  "\ufeff{}",
  "{}{}",
];
const TYPES = [
  "text/plain",
  "application/xml",
  "multipart/form-data",
  "application/json; charset=utf-16",
  "application/x-www-form-urlencoded",
  "",
];
const HEADERS: readonly (readonly [string, readonly string[]])[] = [
  ["if-match", ['"1"', "*", '"', '"99999999999999999999"', `${'"1",'.repeat(2_000)}"1"`, 'W/"1"']],
  ["if-none-match", ["*", '"1"', ",".repeat(3_000), 'W/"1", "2"']],
  ["idempotency-key", ["", "k", "x".repeat(256), "'; --", " "]],
  ["x-account-id", ["", "me", "00000000-0000-0000-0000-000000000000", "x".repeat(9_000)]],
  ["x-organization-id", ["", "me", "00000000-0000-0000-0000-000000000000"]],
  ["accept", ["*/*", "", "application/json;q=0", "text/html", ";;;q=x,,,", "x".repeat(9_000)]],
  ["origin", ["null", "https://evil.example", "not an origin"]],
  ["user-agent", ["x".repeat(9_000), ""]],
  ["cf-ipcountry", ["T1", "x".repeat(500)]],
  ["content-length", ["99999999999", "-1", "x"]],
];

let world: Marketplace;
let operations: readonly Operation[] = [];
let schemas: Record<string, Schema> = {};
/** Ways in of a company, a recruiter and the platform. */
let keys: readonly { token: string }[] = [];
let people: readonly { token: string }[] = [];
/** Ids of rows that are there, and that nobody's way in depends on. */
let ids: readonly string[] = [];
let address = 0;

beforeAll(async () => {
  world = await marketplace();
  const company = await world.company();
  const [grace, recruiter, admin] = [await world.member(company), await world.recruiter("Rosa"), await world.platformAdmin()];
  await world.db.writer.update(accountPlans).set({ plan: "enterprise", customLimit: 1_000_000 });
  const [job] = await world.db.writer
    .insert(jobs)
    .values({ companyId: company.id, title: "Cook", status: "active" })
    .returning({ id: jobs.id });
  keys = [
    await keyOf(world, { id: company.id, roleType: "company" }, grace),
    await keyOf(world, { id: recruiter.recruiterId, roleType: "recruiter" }, recruiter),
    await keyOf(world, { id: admin.userId, roleType: "admin" }, admin),
  ];
  people = [grace, recruiter, admin];
  const other = await world.recruiter("Other");
  ids = [other.recruiterId, job?.id ?? "", (await keyOf(world, { id: company.id, roleType: "company" }, grace)).id];
  const contract = (await world.call("GET", "/openapi.json")).body;
  schemas = contract.components.schemas;
  operations = Object.entries(contract.paths as Record<string, Record<string, Json>>).flatMap(([path, methods]) =>
    path.startsWith("/api/v1/")
      ? Object.entries(methods).map(([method, told]) => ({
          method: method.toUpperCase(),
          path,
          need: told["x-need"] as string,
          parameters: (told["parameters"] ?? []) as Operation["parameters"],
          body: ((told["requestBody"] as { content?: Record<string, { schema: Schema }> })?.content?.["application/json"]?.schema ??
            null) as Schema | null,
        }))
      : [],
  );
});

afterEach(() => vi.restoreAllMocks());

const resolved = (schema: Schema): Schema => (schema.$ref ? (schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {}) : schema);

/** A value that mostly fits a shape, and sometimes is nonsense. */
function valueOf(given: Schema, depth = 0): unknown {
  const schema = resolved(given);
  if (chance(depth === 0 ? 0.03 : 0.06) || depth > 4) return oneOf(VALUES);
  if (schema.enum) return oneOf(schema.enum);
  if (schema.properties) {
    const fields = Object.entries(schema.properties).filter(() => chance(0.85));
    return Object.fromEntries([
      ...fields.map(([name, each]) => [name, valueOf(each, depth + 1)]),
      ...(chance(0.1) ? [[oneOf(TEXTS), oneOf(VALUES)]] : []),
    ]);
  }
  if (schema.type === "array") return Array.from({ length: Math.floor(random() * 3) }, () => valueOf(schema.items ?? {}, depth + 1));
  if (schema.type === "boolean") return chance(0.5);
  if (schema.type === "integer" || schema.type === "number") return Math.floor(random() * 1_000);
  if (schema.format === "uuid") return oneOf(ids);
  if (schema.format === "date-time") return new Date(Date.UTC(2026, 9, 1 + random() * 60)).toISOString();
  return chance(0.8) ? oneOf(FITTING) : oneOf(TEXTS);
}

/** JSON, in which halves of characters stay what they are. */
const bodyOf = ({ body }: Operation): string | undefined =>
  body === null ? undefined : chance(0.15) ? oneOf(BODIES) : JSON.stringify(valueOf(body));

/** Percent-encodes whatever it is, half a character and malformed escapes included. */
const encoded = (text: string): string =>
  (chance(0.1) ? text.replaceAll(/[^\x21-\x7e]|[#?]/g, "%ff") : encodeURIComponent(text.toWellFormed())).slice(0, 9_000);

function queryOf({ parameters }: Operation): string {
  const given = parameters
    .filter((parameter) => parameter.in === "query" && chance(0.3))
    .flatMap(({ name, schema }) => Array.from({ length: chance(0.05) ? 2 : 1 }, () => [name, String(valueOf(schema))] as const));
  const all = [...given, ...(chance(0.1) ? [[oneOf(TEXTS), oneOf(TEXTS)] as const] : [])];
  return all.length === 0 ? "" : `?${all.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join("&")}`;
}

function headersOf(body: string | undefined): Record<string, string> {
  const odd = HEADERS.filter(() => chance(0.03)).map(([name, values]) => [name, oneOf(values)] as const);
  const type = body === undefined ? {} : { "content-type": chance(0.9) ? "application/json" : oneOf(TYPES) };
  return { ...type, ...Object.fromEntries(odd), "cf-connecting-ip": `10.9.${Math.floor(++address / 250) % 250}.${address % 250}` };
}

function wayInto({ need }: Operation): { token: string } {
  if (chance(0.1)) return oneOf([...keys, ...people]);
  if (need === "admin session") return people[2] as { token: string };
  return oneOf(need === "session" ? people : [...keys, ...people]);
}

function askedOf(operation: Operation): { method: string; path: string; options: CallOptions } {
  const path = operation.path.replaceAll(/\{\w+\}/g, () => (chance(0.7) ? oneOf(ids) : encoded(oneOf(TEXTS).slice(0, 2_000)) || "x"));
  const body = bodyOf(operation);
  const method = chance(0.05) ? oneOf(["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "POST"]) : operation.method;
  const takesBody = method !== "GET" && method !== "HEAD";
  return {
    method,
    path: `${path}${queryOf(operation)}`,
    options: { as: wayInto(operation), headers: headersOf(body), ...(body === undefined || !takesBody ? {} : { body }) },
  };
}

/** What is wrong with an answer of the API; null where nothing is. */
function faultOf({ status, headers, body }: Answer, method: string): string | null {
  if (status >= 500) return `answers ${status}`;
  if (status < 400 || method === "HEAD") return null;
  if (headers.get("content-type") !== "application/problem+json") return `${status} is no problem document`;
  return body.status === status && typeof body.code === "string" ? null : `${status} tells ${JSON.stringify(body)}`;
}

describe("nonsense", () => {
  it("every route of the partner API answers it with a problem", { timeout: 120_000 }, async () => {
    const written = vi.spyOn(console, "error").mockImplementation(() => {});
    const faults: string[] = [];
    const seen = new Map<number, number>();
    for (const operation of operations) {
      for (let made = 0; made < CALLS_PER_ROUTE; made += AT_ONCE) {
        const asked = Array.from({ length: AT_ONCE }, () => askedOf(operation));
        const answers = await Promise.all(asked.map(({ method, path, options }) => world.call(method, path, options)));
        for (const [index, answer] of answers.entries()) {
          const { method, path, options } = asked[index] as (typeof asked)[number];
          seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
          const fault = faultOf(answer, method);
          if (fault) faults.push(`${method} ${path.slice(0, 300)} ${JSON.stringify({ ...options, as: undefined }).slice(0, 500)} ${fault}`);
        }
      }
    }
    expect(faults).toEqual([]);
    expect(written.mock.calls).toEqual([]);
    // it reached the verbs, not only the doors
    expect(seen.get(200)).toBeGreaterThan(100);
    expect(seen.get(201)).toBeGreaterThan(0);
    expect(seen.get(422)).toBeGreaterThan(100);
  });

  it("the request log takes every row of it", async () => {
    const rows = world.sent.requestLog.splice(0);
    expect(rows.length).toBeGreaterThan(100);
    await world.consume("request-log", rows);
  });

  it("the token endpoints answer it as OAuth does", async () => {
    const faults: string[] = [];
    const names = [
      "grant_type",
      "code",
      "redirect_uri",
      "code_verifier",
      "refresh_token",
      "scope",
      "client_id",
      "client_secret",
      "token",
      "token_type_hint",
    ];
    const grants = ["authorization_code", "refresh_token", "client_credentials", "password"];
    for (let call = 0; call < 120; call++) {
      const form = names
        .filter(() => chance(0.7))
        .map((name) => `${name}=${encoded(name === "grant_type" && chance(0.8) ? oneOf(grants) : oneOf(TEXTS))}`);
      const path = `/oauth/${oneOf(["token", "revoke", "introspect"])}`;
      const answer = await world.call("POST", path, {
        body: form.join("&"),
        headers: {
          "content-type": "application/x-www-form-urlencoded",
          "cf-connecting-ip": `10.8.0.${call}`,
          ...(chance(0.2)
            ? { authorization: oneOf(["Basic", "Basic !!!", `Basic ${btoa("%:%")}`, `Basic ${btoa("\0:\0")}`, "Bearer x"]) }
            : {}),
        },
      });
      if (answer.status < 400 || answer.status >= 500 || typeof answer.body.error !== "string")
        faults.push(`${path} ${form.join("&").slice(0, 300)} ${answer.status}`);
    }
    expect(faults).toEqual([]);
  });
});
