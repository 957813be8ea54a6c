import { and, eq, sql } from "drizzle-orm";
import { jobs } from "#db/schema/ats.ts";
import { auditEvents } from "#db/schema/audit.ts";
import { memberships } from "#db/schema/identity.ts";
import { idempotencyKeys, outbox } from "#db/schema/ops.ts";
import { type Answer, marketplace, type Person } from "#test/api.ts";
import { afterEach, describe, expect, it } from "vitest";

const world = await marketplace();
const company = await world.company();
const admin = await world.member(company);
let made = 0;

afterEach(() => world.database.setClock(0));

/** A title nobody else uses. */
const fresh = () => `Job ${++made}`;

interface Posting {
  key: string;
  title: string;
  as?: Person;
}

const post = ({ key, title, as = admin }: Posting, more: Record<string, unknown> = {}): Promise<Answer> =>
  world.call("POST", "jobs", { as, body: { company_id: company.id, title, ...more }, headers: { "idempotency-key": key } });

const titled = (title: string) =>
  world.db.writer
    .select()
    .from(jobs)
    .where(sql`title = ${title}`);
const stored = (key: string) =>
  world.db.writer
    .select()
    .from(idempotencyKeys)
    .where(sql`key = ${key}`);

const replayed = ({ headers }: Answer) => headers.get("idempotent-replayed");
const codeOf = ({ status, body }: Answer) => [status, body.code];

describe("a request with an Idempotency-Key", () => {
  it("is answered again byte for byte, and done once", async () => {
    const posting = { key: crypto.randomUUID(), title: fresh() };
    const [first, again] = [await post(posting), await post(posting)];
    expect([first.status, replayed(first)]).toEqual([201, null]);
    expect([again.status, replayed(again)]).toEqual([201, "true"]);
    const [row, ...others] = await stored(posting.key);
    expect(others).toEqual([]);
    expect([JSON.stringify(first.body), JSON.stringify(again.body)]).toEqual([row?.body, row?.body]);
    for (const name of ["etag", "content-type"]) expect(again.headers.get(name)).toBe(first.headers.get(name));
    expect(again.headers.get("x-request-id")).not.toBe(first.headers.get("x-request-id"));

    const { id } = first.body.data;
    expect((await titled(posting.title)).length).toBe(1);
    expect(
      (
        await world.db.writer
          .select()
          .from(outbox)
          .where(sql`subject_id = ${id}`)
      ).length,
    ).toBe(1);
    expect(
      (
        await world.db.writer
          .select()
          .from(auditEvents)
          .where(sql`subject_id = ${id}`)
      ).length,
    ).toBe(1);
    expect((await world.database.counts(again.headers.get("x-request-id") ?? "")).round_trips).toBe(1);
  });

  it("is refused with another body, path or method: 422 idempotency_key_reused", async () => {
    const posting = { key: crypto.randomUUID(), title: fresh() };
    const { body } = await post(posting);
    expect(codeOf(await post({ ...posting, title: fresh() }))).toEqual([422, "idempotency_key_reused"]);
    const headers = { "idempotency-key": posting.key };
    expect(codeOf(await world.call("PATCH", `jobs/${body.data.id}`, { as: admin, body: { title: fresh() }, headers }))).toEqual([
      422,
      "idempotency_key_reused",
    ]);
    expect(codeOf(await world.call("DELETE", `jobs/${body.data.id}`, { as: admin, headers }))).toEqual([422, "idempotency_key_reused"]);
    expect(replayed(await post(posting))).toBe("true");
  });

  it("and nine others at the same time make one row and get one reply", async () => {
    const posting = { key: crypto.randomUUID(), title: fresh() };
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(posting)));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(201));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(answers.filter((answer) => replayed(answer) === null).length).toBe(1);
    expect((await titled(posting.title)).length).toBe(1);
  });

  it("that is overtaken by its own repetition gets that one's reply", async () => {
    const posting = { key: crypto.randomUUID(), title: fresh() };
    const fault = await world.database.fault({ match: "insert into .*jobs", action: "hold_before" });
    const first = post(posting);
    await fault.held();
    expect((await post(posting)).status).toBe(201);
    await fault.release();
    const late = await first;
    expect([late.status, replayed(late)]).toEqual([201, "true"]);
    expect((await titled(posting.title)).length).toBe(1);
  });

  it("repeats a final refusal as it was", async () => {
    const posting = { key: crypto.randomUUID(), title: fresh() };
    const more = { salary_min: "20.00", salary_max: "10.00" };
    const [first, again] = [await post(posting, more), await post(posting, more)];
    expect([codeOf(first), replayed(first)]).toEqual([[422, "validation_failed"], null]);
    expect([again.body, replayed(again)]).toEqual([first.body, "true"]);
    expect(again.headers.get("content-type")).toBe("application/problem+json");
  });

  it("repeats the 404 of a row that was not there, although it is there now", async () => {
    const late = { id: crypto.randomUUID(), title: fresh() };
    const headers = { "idempotency-key": crypto.randomUUID() };
    const change = () => world.call("PATCH", `jobs/${late.id}`, { as: admin, body: { title: "Changed" }, headers });
    const first = await change();
    await world.db.writer.insert(jobs).values({ ...late, companyId: company.id });
    expect([codeOf(await change()), replayed(await change())]).toEqual([[404, "not_found"], "true"]);
    expect((await change()).body).toEqual(first.body);
  });

  it("does not repeat to whoever may no more what they got when they might", async () => {
    const [leaver, other] = [await world.member(company), await world.company("Other")];
    // another role stays, so that it is not the door that refuses
    await world.db.writer
      .insert(memberships)
      .values({ userId: leaver.userId, roleName: "hiring_manager", organizationId: other.organizationId });
    const posting = { key: crypto.randomUUID(), title: fresh(), as: leaver };
    const { body } = await post(posting, { status: "draft" });
    const headers = { "idempotency-key": crypto.randomUUID() };
    const change = () => world.call("PATCH", `jobs/${body.data.id}`, { as: leaver, body: { title: "Changed" }, headers });
    expect([(await change()).status, replayed(await change())]).toEqual([200, "true"]);

    const employment = (deletedAt: Date | null) =>
      world.db.writer
        .update(memberships)
        .set({ deletedAt })
        .where(and(eq(memberships.userId, leaver.userId), eq(memberships.organizationId, company.organizationId)));
    await employment(new Date());
    expect(codeOf(await change())).toEqual([404, "not_found"]);
    expect(codeOf(await post(posting, { status: "draft" }))).toEqual([403, "forbidden"]);
    await employment(null);
    expect(replayed(await change())).toBe("true");
  });

  it("repeats a deletion, although there is nothing any more", async () => {
    const { body } = await post({ key: crypto.randomUUID(), title: fresh() });
    const drop = () => world.call("DELETE", `jobs/${body.data.id}`, { as: admin, headers: { "idempotency-key": body.data.id } });
    expect([(await drop()).status, replayed(await drop())]).toEqual([200, "true"]);
    expect((await world.call("DELETE", `jobs/${body.data.id}`, { as: admin })).status).toBe(404);
  });

  it("and nine others at the same time get one refusal", async () => {
    const posting = { key: crypto.randomUUID(), title: fresh() };
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(posting, { salary_min: "20.00", salary_max: "10.00" })));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(422));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  });
});

describe("what may pass is not stored under the key:", () => {
  it.each([
    ["a database that is away", "57P03", 1, [503, "service_unavailable"]],
    ["a fault of ours", "22012", 1, [500, "internal"]],
    ["a lost race", "40001", 3, [409, "conflict"]],
    ["a lock that was not had in time", "55P03", 3, [409, "idempotency_in_progress"]],
  ])("%s", async (_, code, times, refusal) => {
    const posting = { key: crypto.randomUUID(), title: fresh() };
    const fault = await world.database.fault({ match: "ops.begin_commit", action: "fail", code, times });
    expect(codeOf(await post(posting))).toEqual(refusal);
    await fault.release();
    const again = await post(posting);
    expect([again.status, replayed(again)]).toEqual([201, null]);
  });

  it("somebody who may not, until they may", async () => {
    const recruiter = await world.recruiter();
    const posting = { key: crypto.randomUUID(), title: fresh(), as: recruiter };
    expect((await post(posting)).status).toBe(403);
    expect(await stored(posting.key)).toEqual([]);
  });

  it("a shape that is wrong", async () => {
    const posting = { key: crypto.randomUUID(), title: fresh() };
    expect(codeOf(await post(posting, { colour: "red" }))).toEqual([422, "validation_failed"]);
    expect((await post(posting)).status).toBe(201);
  });

  it("a version that is old", async () => {
    const { body } = await post({ key: crypto.randomUUID(), title: fresh() });
    const headers = { "idempotency-key": crypto.randomUUID() };
    const change = (tag: string) =>
      world.call("PATCH", `jobs/${body.data.id}`, { as: admin, body: { title: "Changed" }, headers: { ...headers, "if-match": tag } });
    expect(codeOf(await change('"7"'))).toEqual([412, "precondition_failed"]);
    expect((await change('"1"')).status).toBe(200);
  });
});

it("finds the reply again when the answer to its commit was lost", async () => {
  const posting = { key: crypto.randomUUID(), title: fresh() };
  const fault = await world.database.fault({ match: "ops.begin_commit", action: "drop_after" });
  expect(codeOf(await post(posting))).toEqual([503, "service_unavailable"]);
  await fault.release();
  const again = await post(posting);
  expect([again.status, replayed(again)]).toEqual([201, "true"]);
  expect((await titled(posting.title)).length).toBe(1);
});

describe("a key", () => {
  it("is forgotten after 24 hours, and then stands for a new request", async () => {
    const posting = { key: crypto.randomUUID(), title: fresh() };
    const first = await post(posting);
    await world.database.setClock(23 * 3_600);
    expect(replayed(await post(posting))).toBe("true");
    await world.database.setClock(25 * 3_600);
    const title = fresh();
    const next = await post({ ...posting, title });
    expect([next.status, replayed(next)]).toEqual([201, null]);
    expect(next.body.data.id).not.toBe(first.body.data.id);
    expect((await stored(posting.key)).map(({ body }) => body)).toEqual([JSON.stringify(next.body)]);
    expect(replayed(await post({ ...posting, title }))).toBe("true");
  });

  it("is swept by the nightly cron when it has expired", async () => {
    const posting = { key: crypto.randomUUID(), title: fresh() };
    await post(posting);
    await world.cron("10 3 * * *");
    expect((await stored(posting.key)).length).toBe(1);
    await world.database.setClock(25 * 3_600);
    await world.cron("10 3 * * *");
    expect(await stored(posting.key)).toEqual([]);
  });

  it("of one person does not meet the same key of another", async () => {
    const key = crypto.randomUUID();
    const colleague = await world.member(company);
    const [mine, theirs] = [await post({ key, title: fresh() }), await post({ key, title: fresh(), as: colleague })];
    expect([mine.status, theirs.status, replayed(theirs)]).toEqual([201, 201, null]);
    expect(theirs.body.data.id).not.toBe(mine.body.data.id);
  });

  it("of a person who was deactivated meanwhile opens nothing", async () => {
    const leaving = await world.member(company);
    const posting = { key: crypto.randomUUID(), title: fresh(), as: leaving };
    await post(posting);
    await world.db.writer.execute(sql`update identity.users set status = 'deactivated' where id = ${leaving.userId}`);
    expect(codeOf(await post(posting))).toEqual([401, "revoked_credential"]);
  });
});

describe("a version", () => {
  it("is the ETag of reads and changes; If-Match lets only the current one through", async () => {
    const { body, headers } = await post({ key: crypto.randomUUID(), title: fresh() });
    const path = `jobs/${body.data.id}`;
    expect([headers.get("etag"), body.data.version]).toEqual(['"1"', 1]);
    expect((await world.call("GET", path, { as: admin })).headers.get("etag")).toBe('"1"');

    const change = (tag: string, title = fresh()) =>
      world.call("PATCH", path, { as: admin, body: { title }, headers: { "if-match": tag } });
    expect(codeOf(await change('"2"'))).toEqual([412, "precondition_failed"]);
    const changed = await change('"1"');
    expect([changed.status, changed.headers.get("etag"), changed.body.data.version]).toEqual([200, '"2"', 2]);
    expect(codeOf(await change('"1"'))).toEqual([412, "precondition_failed"]);
    expect((await change('W/"2"')).status).toBe(200);
    expect((await change("*")).status).toBe(200);
    expect((await world.call("GET", path, { as: admin })).headers.get("etag")).toBe('"4"');
  });

  it("of ten changes on one ETag, one wins", async () => {
    const { body } = await post({ key: crypto.randomUUID(), title: fresh() });
    const change = () =>
      world.call("PATCH", `jobs/${body.data.id}`, { as: admin, body: { title: fresh() }, headers: { "if-match": '"1"' } });
    const answers = await Promise.all(Array.from({ length: 10 }, change));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(9).fill(412)]);
  });

  it("in the body says the same as If-Match", async () => {
    const { body } = await post({ key: crypto.randomUUID(), title: fresh() });
    const change = (version: number) => world.call("PATCH", `jobs/${body.data.id}`, { as: admin, body: { title: fresh(), version } });
    expect(codeOf(await change(2))).toEqual([412, "precondition_failed"]);
    expect((await change(1)).status).toBe(200);
  });
});
