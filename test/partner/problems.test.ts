import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { accountPlans } from "#db/schema/api.ts";
import { candidates, jobs } from "#db/schema/ats.ts";
import { ERROR_CODES } from "#domain/refusals.ts";
import { type Answer, type CallOptions, marketplace, type Marketplace, type Person } from "../api.ts";
import { type Key, keyOf } from "./keys.ts";

// The errors of PLATFORM §10: every code that a request of the marketplace's routes can meet, by what causes it.

let world: Marketplace;
let company: { id: string; organizationId: string };
let admin: Person;
let key: Key;
let rosa: Person & { recruiterId: string };
let recruiter: Key;
let ip = 0;

beforeAll(async () => {
  world = await marketplace();
  world.env.WEBHOOK_ALLOW_LOOPBACK = "1";
  company = await world.company();
  admin = await world.member(company);
  key = await keyOf(world, { id: company.id, roleType: "company" }, admin);
  rosa = await world.recruiter("Rosa");
  recruiter = await keyOf(world, { id: rosa.recruiterId, roleType: "recruiter" }, rosa);
  await world.db.writer.update(accountPlans).set({ customLimit: 10_000 });
});

const call = (as: { token: string } | null, method: string, path: string, options: CallOptions = {}): Promise<Answer> =>
  world.call(method, `/api/v1${path}`, {
    ...options,
    ...(as ? { as } : {}),
    headers: { "cf-connecting-ip": `203.0.113.${++ip % 250}`, ...options.headers },
  });

const keyWith = (fields: Parameters<typeof keyOf>[3]) => keyOf(world, { id: company.id, roleType: "company" }, admin, fields);
const role = (options: CallOptions = {}) => call(key, "POST", "/roles", { body: { title: "Cook" }, ...options });
const openJob = async (): Promise<string> => {
  const id = crypto.randomUUID();
  await world.db.writer.insert(jobs).values({ id, companyId: company.id, title: "Open", status: "active" });
  return id;
};
const failing = async (code: string, times = 1): Promise<Answer> => {
  const fault = await world.database.fault({ match: "ops.begin_commit", action: "fail", code, times });
  const answer = await role({ headers: { "idempotency-key": crypto.randomUUID() } });
  await fault.release();
  return answer;
};

const CAUSES: Readonly<Record<string, readonly [status: number, cause: () => Promise<Answer>]>> = {
  malformed_json: [400, () => role({ body: "{" })],
  invalid_parameter: [400, () => call(key, "GET", "/roles?colour=red")],
  invalid_cursor: [400, () => call(key, "GET", "/roles?cursor=x")],
  idempotency_key_invalid: [400, () => role({ headers: { "idempotency-key": "" } })],
  missing_credential: [401, () => call(null, "GET", "/roles")],
  malformed_credential: [401, () => call({ token: "snk_test_nothing" }, "GET", "/roles")],
  invalid_token: [401, async () => call({ token: await world.token("user_1", { iss: "https://elsewhere.test" }) }, "GET", "/roles")],
  expired_token: [401, async () => call(await keyWith({ expiresAt: new Date(Date.now() - 1_000) }), "GET", "/roles")],
  revoked_credential: [401, async () => call(await keyWith({ status: "revoked" }), "GET", "/roles")],
  forbidden: [403, async () => call(await world.member(company, "hiring_manager"), "POST", "/roles", { body: { title: "Cook" } })],
  insufficient_scope: [403, async () => call(await keyWith({ scopes: ["read:placements"] }), "GET", "/roles")],
  credential_pending_approval: [403, async () => call(await keyWith({ status: "pending" }), "GET", "/roles")],
  credential_suspended: [403, async () => call(await keyWith({ status: "suspended" }), "GET", "/roles")],
  ip_not_allowed: [403, async () => call(await keyWith({ ipAllowlist: ["192.0.2.0/24"] }), "GET", "/roles")],
  origin_not_allowed: [403, () => call(null, "POST", `/intake/${company.id}`, { body: {} })],
  role_type_not_permitted: [403, async () => call(await world.candidate(), "GET", "/roles")],
  recruiter_not_active: [
    403,
    async () => {
      const suspended = await world.recruiter("Suspended", "suspended");
      return call(await keyOf(world, { id: suspended.recruiterId, roleType: "recruiter" }, suspended), "GET", "/roles");
    },
  ],
  consent_required: [
    403,
    async () =>
      call(recruiter, "POST", "/submissions", { body: { role_id: await openJob(), candidate: { name: "Kim", email: "kim@example.com" } } }),
  ],
  not_found: [404, () => call(key, "GET", `/roles/${crypto.randomUUID()}`)],
  method_not_allowed: [405, () => call(key, "DELETE", "/roles")],
  not_acceptable: [406, () => call(key, "GET", "/roles", { headers: { accept: "text/html" } })],
  conflict: [409, () => failing("40001", 3)],
  invalid_transition: [
    409,
    async () => {
      const { body } = await role();
      return call(key, "PATCH", `/roles/${body.data.id}`, { body: { status: "paused" } });
    },
  ],
  duplicate_active_deal: [
    409,
    async () => {
      const platform = await world.platformAdmin();
      const theirs = await keyOf(world, { id: platform.userId, roleType: "admin" }, platform);
      const candidateId = crypto.randomUUID();
      await world.db.writer.insert(candidates).values({ id: candidateId, email: `${candidateId}@people.test`, fullName: "Kim" });
      const body = { role_id: await openJob(), candidate_id: candidateId, reason: "Support case" };
      expect((await call(theirs, "POST", "/submissions", { body })).status).toBe(201);
      return call(theirs, "POST", "/submissions", { body });
    },
  ],
  idempotency_in_progress: [409, () => failing("55P03", 3)],
  version_sunset: [
    410,
    async () => {
      await world.db.writer.execute(sql`update api.api_versions set released_at = now() - interval '9 years'`);
      await world.db.writer.execute(sql`insert into api.api_versions (version, released_at) values ('v2', now() - interval '5 years')`);
      await world.db.writer.execute(
        sql`update api.api_versions set deprecated_at = now() - interval '3 years', sunset_at = now() - interval '1 day' where version = 'v1'`,
      );
      const answer = await call(key, "GET", "/roles");
      await world.db.writer.execute(sql`update api.api_versions set deprecated_at = null, sunset_at = null`);
      return answer;
    },
  ],
  precondition_failed: [
    412,
    async () => {
      const { body } = await role();
      return call(key, "PATCH", `/roles/${body.data.id}`, { body: { title: "Baker" }, headers: { "if-match": '"9"' } });
    },
  ],
  body_too_large: [413, () => role({ body: { title: "x".repeat(300_000) } })],
  unsupported_media_type: [415, () => role({ body: "title=Cook", headers: { "content-type": "text/plain" } })],
  validation_failed: [422, () => role({ body: { colour: "red" } })],
  idempotency_key_reused: [
    422,
    async () => {
      const headers = { "idempotency-key": crypto.randomUUID() };
      await role({ headers });
      return role({ headers, body: { title: "Baker" } });
    },
  ],
  blocked_destination: [
    422,
    () => call(key, "POST", "/webhooks", { body: { url: "https://10.0.0.1/", event_types: ["webhook.disabled"] } }),
  ],
  secret_rotation_in_progress: [
    409,
    async () => {
      const made = await call(key, "POST", "/webhooks", { body: { url: "http://127.0.0.1:9/", event_types: ["webhook.disabled"] } });
      const rotate = () => call(key, "POST", `/webhooks/${made.body.data.id}/rotate-secret`, { body: {} });
      await rotate();
      return rotate();
    },
  ],
  rate_limited: [
    429,
    async () => {
      const person = await world.recruiter("Limited");
      const limited = await keyOf(world, { id: person.recruiterId, roleType: "recruiter" }, person);
      await world.db.writer
        .update(accountPlans)
        .set({ customLimit: 1 })
        .where(sql`account_id = ${person.recruiterId}`);
      await call(limited, "GET", "/roles");
      return call(limited, "GET", "/roles");
    },
  ],
  daily_role_quota: [
    429,
    async () => {
      await world.db.writer.execute(
        sql`insert into api.role_quotas (company_id, day, used) values (${company.id}, (now() at time zone 'utc')::date, 10)
          on conflict (company_id, day) do update set used = 10`,
      );
      const answer = await role();
      await world.db.writer.execute(sql`update api.role_quotas set used = 0`);
      return answer;
    },
  ],
  auth_throttled: [
    429,
    async () => {
      const headers = { "cf-connecting-ip": "198.51.100.77" };
      await Promise.all(Array.from({ length: 10 }, () => call({ token: "snk_test_nothing" }, "GET", "/roles", { headers })));
      return call({ token: "snk_test_nothing" }, "GET", "/roles", { headers });
    },
  ],
  internal: [500, () => failing("22012")],
  service_unavailable: [503, () => failing("57P03")],
  limiter_unavailable: [
    503,
    async () => {
      const known = world.env.CREDENTIALS;
      const away = () => ({ authorize: () => Promise.reject(new Error("away")) });
      Object.assign(world.env, { CREDENTIALS: { getByName: away, get: away, idFromName: (name: string) => name } });
      const answer = await role();
      Object.assign(world.env, { CREDENTIALS: known });
      return answer;
    },
  ],
  maintenance: [
    503,
    async () => {
      world.env.MAINTENANCE_UNTIL = "told later";
      const answer = await role();
      delete world.env.MAINTENANCE_UNTIL;
      return answer;
    },
  ],
};

/** Met on other routes than the marketplace's, or on v2 alone; each is tried with its own. */
const ELSEWHERE = [
  "action_throttled",
  "login_throttled",
  "cross_site_request",
  "proof_required",
  "plan_required",
  "resource_limit_reached",
  "already_hired",
  "candidate_exists",
  "active_relationship_exists",
  "gone",
  "spend_cap_reached",
];

it("every code is tried here or belongs elsewhere", () => {
  expect(ELSEWHERE.filter((code) => CAUSES[code])).toEqual([]);
  expect(ERROR_CODES.filter((code) => !CAUSES[code] && !ELSEWHERE.includes(code))).toEqual([]);
});

describe("a problem", () => {
  it.each(Object.entries(CAUSES).map(([code, [status, cause]]) => ({ code, status, cause })))(
    "$code is $status",
    async ({ code, status, cause }) => {
      const { status: answered, headers, body } = await cause();
      expect([answered, body.code]).toEqual([status, code]);
      expect(headers.get("content-type")).toBe("application/problem+json");
      expect(body).toMatchObject({
        type: `https://api.splits.network/problems/${code}`,
        docs: `https://api.splits.network/docs/problems/${code}`,
        title: expect.stringMatching(/^[A-Z]/),
        status,
        detail: expect.stringMatching(/\w/),
        instance: expect.stringMatching(/^\/api\/v1\//),
        request_id: headers.get("x-request-id"),
      });
      expect(headers.get("www-authenticate") !== null).toBe(status === 401 || code === "insufficient_scope");
      expect(headers.get("retry-after") !== null).toBe(status === 429 || status === 503 || code === "idempotency_in_progress");
    },
  );

  it.each(ERROR_CODES)("%s has a page, to which type and docs lead", async (code) => {
    const there = await world.call("GET", `/problems/${code}`);
    expect([there.status, there.headers.get("location")]).toEqual([308, `/docs/problems/${code}`]);
    const page = await world.call("GET", `/docs/problems/${code}`);
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=UTF-8"]);
    expect(page.body).toContain(`<code>${code}</code>`);
    expect(page.body).not.toContain("<p></p>");
  });

  it("that there is none of has no page", async () => {
    for (const code of ["nothing", "toString", "__proto__"]) expect((await world.call("GET", `/docs/problems/${code}`)).status).toBe(404);
  });
});

it("the short address of a problem leads to its page, and nowhere else", async () => {
  const leadTo = async (code: string) => {
    const { status, headers } = await call(null, "GET", `/../../problems/${code}`);
    return [status, headers.get("location")];
  };
  expect(await leadTo("not_found")).toEqual([308, "/docs/problems/not_found"]);
  expect(await leadTo("%0d%0aX-Evil:1")).toEqual([308, "/docs/problems/%0D%0AX-Evil%3A1"]);
  expect(await leadTo("..%2f..%2f%2fevil.example")).toEqual([308, "/docs/problems/..%2F..%2F%2Fevil.example"]);
});
