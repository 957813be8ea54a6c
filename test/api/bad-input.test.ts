import { jobs } from "#db/schema/ats.ts";
import { recruiterCandidates } from "#db/schema/network.ts";
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { uuidv7 } from "#domain/ids.ts";
import worker from "#workers/main.ts";
import { type Answer, marketplace } from "#test/api.ts";
import { describe, expect, it } from "vitest";

const world = await marketplace();
const company = await world.company();
const admin = await world.member(company);
const [job] = await world.db.writer
  .insert(jobs)
  .values({ companyId: company.id, title: "Staff Engineer", status: "active" })
  .returning({ id: jobs.id });
const jobId = job?.id ?? "";
const newJob = { company_id: company.id, title: "Cook" };
const unknownId = uuidv7(new Date(), 0, crypto.getRandomValues(new Uint8Array(8)));

/** Holds an answer against the one form of every problem, and returns what names it. */
function problemOf({ status, headers, body }: Answer): { status: number; code: string; pointers: string[] } {
  expect(headers.get("content-type")).toBe("application/problem+json");
  expect(body).toMatchObject({
    type: `https://api.splits.network/problems/${body.code}`,
    title: expect.any(String),
    detail: expect.any(String),
    instance: expect.stringMatching(/^\//),
    status,
    request_id: headers.get("x-request-id"),
    docs: `https://api.splits.network/docs/problems/${body.code}`,
  });
  expect(body.request_id).toMatch(/^[0-9a-f-]{36}$/);
  return { status, code: body.code, pointers: (body.errors ?? []).map(({ pointer }: { pointer: string }) => pointer) };
}

describe("a parameter that cannot be read", () => {
  it.each([
    ["a malformed id", "jobs/42", "path:id"],
    ["an id with something behind it", `jobs/${jobId}0`, "path:id"],
    ["page 0", "jobs?page=0", "query:page"],
    ["a negative page", "jobs?page=-1", "query:page"],
    ["a page that is a word", "jobs?page=abc", "query:page"],
    ["half a page", "jobs?page=1.5", "query:page"],
    ["an endless page", "jobs?page=99999999999999999999", "query:page"],
    ["limit 0", "jobs?limit=0", "query:limit"],
    ["a limit that is a word", "jobs?limit=many", "query:limit"],
    ["a page beyond row 10,000", "jobs?page=101&limit=100", "query:page"],
    ["an unknown parameter", "jobs?colour=red", "query:colour"],
    ["a parameter of another list", "jobs?candidate_id=1", "query:candidate_id"],
    ["a filter with an unknown word", "jobs?status=open", "query:status"],
    ["a filter whose id is malformed", "jobs?company_id=acme", "query:company_id"],
    ["an unknown filter in `filters`", `jobs?filters=${encodeURIComponent('{"colour":"red"}')}`, "query:colour"],
    ["an unknown word in `filters`", `jobs?filters=${encodeURIComponent('{"status":"open"}')}`, "query:status"],
    ["`filters` that is no JSON", "jobs?filters=%7Bstatus", "query:filters"],
    ["`filters` that is no object", "jobs?filters=%5B%5D", "query:filters"],
    ["`filters` that is null", "jobs?filters=null", "query:filters"],
    ["a NUL in a search", "jobs?search=%00", "query:search"],
    ["a NUL in `filters`", `jobs?filters=${encodeURIComponent('{"location":"\\u0000"}')}`, "query:location"],
    ["an unknown sort order", "jobs?sort_order=up", "query:sort_order"],
    ["an unknown include", "jobs?include=company,secrets", "query:include"],
    ["an include that every object has", "jobs?include=constructor", "query:include"],
    ["an unknown include of one row", `jobs/${jobId}?include=secrets`, "query:include"],
    ["an unknown parameter of one row", `jobs/${jobId}?page=1`, "query:page"],
    ["a search where there is none", "applications?search=ada", "query:search"],
    ["a missing required filter", "application-notes", "query:application_id"],
  ])("%s", async (_, path, pointer) => {
    expect(problemOf(await world.call("GET", path, { as: admin }))).toEqual({
      status: 400,
      code: "invalid_parameter",
      pointers: [pointer],
    });
  });

  it("scenario 7: an unknown sort_by is named", async () => {
    const answer = await world.call("GET", "jobs?sort_by=passwd", { as: admin });
    expect(problemOf(answer)).toEqual({ status: 400, code: "invalid_parameter", pointers: ["query:sort_by"] });
    expect(answer.body.errors[0]).toEqual({
      pointer: "query:sort_by",
      code: "invalid_value",
      message: expect.stringContaining("created_at"),
    });
  });

  it("takes the last row that can be counted, and 100 for a limit above", async () => {
    expect((await world.call("GET", "jobs?page=100&limit=100")).body.pagination).toEqual({
      total: 1,
      page: 100,
      limit: 100,
      total_pages: 1,
    });
  });

  it("names every broken rule at once", async () => {
    const answer = await world.call("GET", "jobs?page=0&limit=x&colour=red", { as: admin });
    expect(problemOf(answer).pointers.toSorted()).toEqual(["query:colour", "query:limit", "query:page"]);
  });

  it("asks the database nothing", async () => {
    const { headers } = await world.call("GET", "jobs?page=0", { as: admin });
    expect((await world.database.counts(headers.get("x-request-id") ?? "")).round_trips).toBe(0);
  });
});

describe("a header that cannot be read", () => {
  it.each([
    ["If-Match without quotes", { "if-match": "3" }, "invalid_parameter", ["header:If-Match"]],
    ["If-Match of a word", { "if-match": '"abc"' }, "invalid_parameter", ["header:If-Match"]],
    ["an empty If-Match", { "if-match": "" }, "invalid_parameter", ["header:If-Match"]],
    ["several ETags in If-Match", { "if-match": '"1", "2"' }, "invalid_parameter", ["header:If-Match"]],
    ["an empty Idempotency-Key", { "idempotency-key": "" }, "idempotency_key_invalid", []],
    ["an Idempotency-Key of 256 characters", { "idempotency-key": "k".repeat(256) }, "idempotency_key_invalid", []],
    ["an Idempotency-Key beyond ASCII", { "idempotency-key": "clé" }, "idempotency_key_invalid", []],
    ["an X-Organization-Id that is no id", { "x-organization-id": "acme" }, "invalid_parameter", ["header:X-Organization-Id"]],
  ])("%s", async (_, headers, code, pointers) => {
    expect(problemOf(await world.call("PATCH", `jobs/${jobId}`, { as: admin, body: { title: "Chef" }, headers }))).toEqual({
      status: 400,
      code,
      pointers,
    });
  });

  it("an X-Organization-Id of somebody else's organization is 403", async () => {
    const other = await world.company("Other");
    const headers = { "x-organization-id": other.organizationId };
    expect(problemOf(await world.call("GET", "jobs", { as: admin, headers }))).toMatchObject({ status: 403, code: "forbidden" });
    expect((await world.call("GET", "jobs", { as: admin, headers: { "x-organization-id": company.organizationId } })).status).toBe(200);
  });
});

it("offers If-Match where there is something to match, and not to what begins", async () => {
  const { paths } = (await world.call("GET", "/api/v2/openapi.json")).body;
  const headers = ({ parameters }: { parameters: { name: string }[] }) => parameters.map(({ name }) => name);
  expect(headers(paths["/api/v2/jobs"].post)).not.toContain("if-match");
  expect(Object.keys(paths["/api/v2/jobs"].post.responses)).not.toContain("412");
  expect(headers(paths["/api/v2/jobs/{id}"].patch)).toContain("if-match");
});

describe("what a body says wrong is told with the way out", () => {
  const posted = async (body: unknown) => (await world.call("POST", "jobs", { as: admin, body })).body.errors;

  it.each([[null], [[]], [true], [7]])("a body that is no object: %j", async (body) => {
    expect(await posted(body)).toEqual([{ pointer: "", code: "invalid_type", message: 'must be a JSON object, as {"field":"value"}' }]);
  });

  it("a field that is missing, whatever its kind", async () => {
    const missing = (pointer: string) => ({ pointer, code: "required", message: "is required" });
    expect(await posted({})).toEqual([missing("/company_id"), missing("/title")]);
    const { body } = await world.call("POST", "job-requirements", { as: admin, body: { job_id: jobId } });
    expect(body.errors).toEqual([missing("/requirement_type"), missing("/description")]);
  });

  it("a job that closes before it opens, and a value said twice", async () => {
    const job = { company_id: company.id, title: "Cook" };
    expect(await posted({ ...job, activates_at: "2027-02-01T00:00:00Z", closes_at: "2027-01-01T00:00:00Z" })).toEqual([
      { pointer: "/closes_at", code: "out_of_range", message: expect.stringContaining("set closes_at after activates_at") },
    ]);
    expect(await posted({ ...job, premium_type: ["urgent", "urgent"], commute_types: ["remote", "remote"] })).toEqual(
      ["/commute_types", "/premium_type"].map((pointer) => ({ pointer, code: "invalid", message: "names a value twice; name it once" })),
    );
  });
});

describe("a body", () => {
  const post = (body: unknown, headers: Record<string, string> = {}) => world.call("POST", "jobs", { as: admin, body, headers });

  it.each([
    ["cut short", '{"title":'],
    ["of nothing, said to be JSON", ""],
    ["with a trailing comma", '{"title":"Cook",}'],
    ["of two objects", "{}{}"],
  ])("%s is malformed_json", async (_, body) => {
    expect(problemOf(await post(body))).toMatchObject({ status: 400, code: "malformed_json" });
  });

  it.each([["text/plain"], ["application/x-www-form-urlencoded"], ["application/jsonp"], ["multipart/form-data; boundary=x"]])(
    "as %s is not understood",
    async (type) => {
      expect(problemOf(await post(JSON.stringify(newJob), { "content-type": type }))).toMatchObject({
        status: 415,
        code: "unsupported_media_type",
      });
    },
  );

  it.each([["application/json; charset=utf-8"], ["application/merge-patch+json"], ["APPLICATION/JSON"]])(
    "as %s is understood",
    async (type) => {
      expect((await post(JSON.stringify(newJob), { "content-type": type })).status).toBe(201);
    },
  );

  it.each([
    ["an unknown field", { ...newJob, colour: "red" }, "/colour"],
    ["a field that only the house sets", { ...newJob, created_at: "2026-01-01T00:00:00Z" }, "/created_at"],
    ["a field whose name needs escaping", { ...newJob, "a/b~c": 1 }, "/a~1b~0c"],
    ["a mistyped field", { ...newJob, title: 42 }, "/title"],
    ["a number that is no whole one", { ...newJob, guarantee_days: 1.5 }, "/guarantee_days"],
    ["a number out of range", { ...newJob, guarantee_days: 9_999 }, "/guarantee_days"],
    ["a missing field", { company_id: company.id }, "/title"],
    ["a field of blanks", { ...newJob, title: "   " }, "/title"],
    ["a malformed id", { ...newJob, company_id: "acme" }, "/company_id"],
    ["a malformed instant", { ...newJob, closes_at: "tomorrow" }, "/closes_at"],
    ["a day that does not exist", { ...newJob, closes_at: "2026-02-30T10:00:00Z" }, "/closes_at"],
    ["an amount with three decimals", { ...newJob, salary_min: "1.005" }, "/salary_min"],
    ["two amounts that differ", { ...newJob, salary_min: "10.00", salary_min_cents: 1_001 }, "/salary_min"],
    ["an unknown word", { ...newJob, status: "open" }, "/status"],
    ["an unknown word in a list", { ...newJob, commute_types: ["remote", "rocket"] }, "/commute_types/1"],
    ["a list", [newJob], ""],
    ["null", null, ""],
    ["a NUL in a text", { ...newJob, title: "Co\u0000ok" }, "/title"],
    ["half a character in a text", { ...newJob, title: "Cook \ud800" }, "/title"],
  ])("%s breaks a rule", async (_, body, pointer) => {
    expect(problemOf(await post(JSON.stringify(body)))).toEqual({ status: 422, code: "validation_failed", pointers: [pointer] });
  });

  it("without a content type is nothing said: what is required is missed by its name", async () => {
    const answer = await world.call("POST", "jobs", { as: admin });
    expect(problemOf(answer)).toMatchObject({ status: 422, code: "validation_failed" });
  });

  it("of 256 KB is read, one byte more is not, whether its length is announced or not", async () => {
    const filled = (bytes: number) =>
      JSON.stringify({ ...newJob, description: "" }).replace(
        '""',
        `"${" ".repeat(bytes - JSON.stringify({ ...newJob, description: "" }).length)}"`,
      );
    expect(filled(256 * 1_024).length).toBe(256 * 1_024);
    expect(problemOf(await post(filled(256 * 1_024)))).toMatchObject({ status: 422 }); // an empty description
    expect(problemOf(await post(filled(256 * 1_024 + 1)))).toMatchObject({ status: 413, code: "body_too_large" });
    expect(problemOf(await post("{}", { "content-length": String(256 * 1_024 + 1) }))).toMatchObject({
      status: 413,
      code: "body_too_large",
    });
    expect(problemOf(await streamed(64, 16 * 1_024))).toMatchObject({ status: 413, code: "body_too_large" });
  });

  /** Sends a body in pieces, without saying how long it will be. */
  async function streamed(pieces: number, pieceBytes: number): Promise<Answer> {
    let left = pieces;
    const body = new ReadableStream({
      pull(controller) {
        if (left-- > 0) controller.enqueue(new Uint8Array(pieceBytes).fill(32));
        else controller.close();
      },
    });
    const headers = { authorization: `Bearer ${admin.token}`, "content-type": "application/json" };
    const execution = createExecutionContext();
    const response = await worker.fetch(
      new Request("http://127.0.0.1:8787/api/v2/jobs", { method: "POST", body, headers, duplex: "half" } as RequestInit) as never,
      world.env,
      execution,
    );
    await waitOnExecutionContext(execution);
    return { status: response.status, headers: response.headers, body: await response.json() };
  }
});

describe("a path", () => {
  it.each([
    ["PUT", "jobs", "GET, POST"],
    ["DELETE", "jobs", "GET, POST"],
    ["POST", `jobs/${jobId}`, "DELETE, GET, PATCH"],
    ["GET", `applications/${jobId}/submit`, "POST"],
    ["POST", "candidate-role-assignments", "GET"],
    ["DELETE", `candidate-role-assignments/${jobId}`, "GET, PATCH"],
    ["DELETE", `applications/${jobId}`, "GET, PATCH"],
  ])("that exists does not take %s %s", async (method, path, allow) => {
    const answer = await world.call(method, path, { as: admin });
    expect(problemOf(answer)).toMatchObject({ status: 405, code: "method_not_allowed" });
    expect(answer.headers.get("allow")).toBe(allow);
    expect(answer.body.allowed).toEqual(allow.split(", "));
  });

  it.each([
    ["nothing"],
    ["jobs/"],
    ["jobs//"],
    [`jobs/${jobId}/nothing`],
    ["/docs/nowhere"],
    ["/api/v3/jobs"],
    ["%"],
    ["jobs/%ff"],
    ["constructor"],
  ])("%s does not exist", async (path) => {
    const answer = problemOf(await world.call("GET", path, { as: admin }));
    expect([400, 404]).toContain(answer.status);
    expect(answer.code).toBe(answer.status === 404 ? "not_found" : "invalid_parameter");
  });

  it("answers a row that is not there with 404", async () => {
    expect(problemOf(await world.call("GET", `jobs/${unknownId}`, { as: admin }))).toMatchObject({ status: 404, code: "not_found" });
    expect(problemOf(await world.call("PATCH", `jobs/${unknownId}`, { as: admin, body: {} }))).toMatchObject({
      status: 404,
      code: "not_found",
    });
  });

  it("answers HEAD as GET, without a body", async () => {
    const answer = await world.call("HEAD", "jobs", { as: admin });
    expect([answer.status, answer.body]).toEqual([200, ""]);
  });
});

describe("every route of the contract", async () => {
  const { paths } = (await world.call("GET", "/api/v2/openapi.json")).body as { paths: Record<string, Record<string, Contract>> };
  const ada = await world.platformAdmin();
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, contract]) => ({
      method: method.toUpperCase(),
      path,
      contract,
      url: path.replaceAll(/\{\w+\}/g, unknownId),
    })),
  );
  const api = routes.filter(({ path }) => path.startsWith("/api/"));
  const named = (chosen: typeof api) => chosen.map((route) => [`${route.method} ${route.path}`, route] as const);
  const withBody = api.filter(({ contract }) => contract.requestBody);

  it.each(named(api.filter(({ path }) => path.includes("{id}"))))("%s: a malformed id is 400", async (_, { method, path, contract }) => {
    const body = contract.requestBody ? { body: {} } : {};
    expect(problemOf(await world.call(method, path.replaceAll(/\{\w+\}/g, "42"), { as: ada, ...body }))).toEqual({
      status: 400,
      code: "invalid_parameter",
      pointers: ["path:id"],
    });
  });

  it.each(named(api))("%s: an unknown parameter is 400", async (_, { method, url, contract }) => {
    const body = contract.requestBody ? { body: {} } : {};
    const answer = problemOf(await world.call(method, `${url}?colour=red`, { as: ada, ...body }));
    expect([answer.status, answer.code]).toEqual([400, "invalid_parameter"]);
    expect(answer.pointers).toContain("query:colour");
  });

  it.each(named(withBody))("%s: an unknown field is 422, no JSON 400, no media type 415", async (_, { method, url }) => {
    const unknown = problemOf(await world.call(method, url, { as: ada, body: { colour: "red" } }));
    expect([unknown.status, unknown.code]).toEqual([422, "validation_failed"]);
    expect(unknown.pointers).toContain("/colour");
    expect(problemOf(await world.call(method, url, { as: ada, body: "{" }))).toMatchObject({ status: 400, code: "malformed_json" });
    expect(problemOf(await world.call(method, url, { as: ada, body: "{}", headers: { "content-type": "text/plain" } }))).toMatchObject({
      status: 415,
      code: "unsupported_media_type",
    });
  });

  it.each(named(api.filter(({ contract }) => contract.security.every((scheme) => "session" in scheme))))(
    "%s: nobody is 401",
    async (_, { method, url }) => {
      expect(problemOf(await world.call(method, url, method === "GET" ? {} : { body: {} }))).toMatchObject({
        status: 401,
        code: "missing_credential",
      });
    },
  );
});

interface Contract {
  requestBody?: object;
  security: readonly Record<string, unknown>[];
}

describe("an actor that may not", () => {
  it("a suspended recruiter acts on nothing: 403 recruiter_not_active", async () => {
    const suspended = await world.recruiter("Suspended", "suspended");
    const candidate = await world.candidate();
    await world.db.writer.insert(recruiterCandidates).values({
      recruiterId: suspended.recruiterId,
      candidateId: candidate.candidateId,
      status: "active",
      consentGiven: true,
      consentGivenAt: new Date(),
    });
    const answer = await world.call("POST", "applications", {
      as: suspended,
      body: { job_id: jobId, candidate_id: candidate.candidateId },
    });
    expect(problemOf(answer)).toMatchObject({ status: 403, code: "recruiter_not_active" });
  });

  it("somebody without a role reaches members' routes with 403 forbidden", async () => {
    expect(problemOf(await world.call("GET", "applications", { as: await world.person() }))).toMatchObject({
      status: 403,
      code: "forbidden",
    });
  });
});

describe("a fault of ours", () => {
  it("is 500 and tells no detail", async () => {
    const fault = await world.database.fault({ match: "ops.enter", action: "fail", code: "22012" });
    const answer = await world.call("GET", "jobs");
    await fault.release();
    expect(problemOf(answer)).toMatchObject({ status: 500, code: "internal" });
    expect(JSON.stringify(answer.body)).not.toMatch(/select|22012|Neon|"stack"/);
  });

  it.each(["57P03", "53300", "08006", "57P01"])("a database that says %s is 503, and the next request is served", async (code) => {
    const fault = await world.database.fault({ match: "ops.enter", action: "fail", code });
    const answer = await world.call("GET", "jobs");
    await fault.release();
    expect(problemOf(answer)).toMatchObject({ status: 503, code: "service_unavailable" });
    expect(answer.headers.get("retry-after")).toBe("1");
    expect((await world.call("GET", "jobs")).status).toBe(200);
  });

  it("a lost race is 409 conflict after three rounds, and nothing is written", async () => {
    const fault = await world.database.fault({ match: "ops.begin_commit", action: "fail", code: "40001", times: 3 });
    const answer = await world.call("PATCH", `jobs/${jobId}`, { as: admin, body: { title: "Chef" } });
    expect(problemOf(answer)).toMatchObject({ status: 409, code: "conflict" });
    expect((await fault.state()).hits).toBe(3);
    expect((await world.database.counts(answer.headers.get("x-request-id") ?? "")).round_trips).toBe(6);
    expect((await world.call("GET", `jobs/${jobId}`)).body.data.title).toBe("Staff Engineer");
  });
});
