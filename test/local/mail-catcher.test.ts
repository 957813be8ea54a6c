import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Mail, type MailCatcher, startMailCatcher } from "#local/mail-catcher.ts";

const KEY = "re_test";
let catcher: MailCatcher;
let counter = 0;

beforeAll(async () => {
  catcher = await startMailCatcher({ port: 0, key: KEY });
});
afterAll(() => catcher.stop());

const someone = () => `person-${(counter += 1)}@mail.test`;
const mailTo = (to: string, changed: object = {}) => ({
  from: "Splits <hello@splits.test>",
  to,
  subject: "Hello",
  text: "Hi there",
  ...changed,
});
const post = (body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${catcher.url}/emails`, {
    method: "POST",
    headers: { Authorization: `Bearer ${KEY}`, "Content-Type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
const send = async (body: unknown, headers: Record<string, string> = {}) => {
  const response = await post(body, headers);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const caughtFor = (to: string) => catcher.mails().filter((mail) => mail.to.includes(to));
const arm = async (fault: object) => (await fetch(`${catcher.url}/_local/faults`, { method: "POST", body: JSON.stringify(fault) })).status;

it("accepts a mail and keeps all of it", async () => {
  const to = someone();
  const given = {
    ...mailTo(to, {
      html: "<p>Hi</p>",
      headers: { "X-Entity": "1" },
      tags: [{ name: "kind", value: "invitation" }],
      reply_to: "help@splits.test",
    }),
    to: [to, `Other <${someone()}>`],
  };
  const { status, body } = await send(given, { "Idempotency-Key": `all-${to}` });
  expect({ status, body }).toEqual({ status: 200, body: { id: expect.stringMatching(/^[0-9a-f-]{36}$/) } });
  expect(caughtFor(to)).toEqual([
    { ...given, reply_to: ["help@splits.test"], id: body["id"], created_at: expect.any(String), idempotency_key: `all-${to}` },
  ]);
});

describe("an idempotency key", () => {
  it("answers the first id for the same mail, which is caught once", async () => {
    const to = someone();
    const [first, second] = [await send(mailTo(to), { "Idempotency-Key": to }), await send(mailTo(to), { "Idempotency-Key": to })];
    expect(second).toEqual(first);
    expect(caughtFor(to)).toHaveLength(1);
  });

  it("refuses another mail", async () => {
    const to = someone();
    await send(mailTo(to), { "Idempotency-Key": to });
    expect(await send(mailTo(to, { subject: "Other" }), { "Idempotency-Key": to })).toMatchObject({
      status: 409,
      body: { statusCode: 409, name: "invalid_idempotent_request" },
    });
  });

  it("refuses a second request while the first is under way", async () => {
    const to = someone();
    await arm({ action: "slow", times: 1, ms: 500 });
    const first = send(mailTo(to), { "Idempotency-Key": to });
    await vi.waitFor(() => expect(caughtFor(to)).toHaveLength(1));
    expect(await send(mailTo(to), { "Idempotency-Key": to })).toMatchObject({
      status: 409,
      body: { name: "concurrent_idempotent_requests" },
    });
    expect(await first).toMatchObject({ status: 200 });
    expect(await send(mailTo(to), { "Idempotency-Key": to })).toEqual(await first);
    expect(caughtFor(to)).toHaveLength(1);
  });

  it("is not used up by a refused mail", async () => {
    const to = someone();
    await send(mailTo(to, { to: "nobody" }), { "Idempotency-Key": to });
    expect(await send(mailTo(to), { "Idempotency-Key": to })).toMatchObject({ status: 200 });
  });

  it("has at most 256 characters", async () => {
    expect(await send(mailTo(someone()), { "Idempotency-Key": "k".repeat(256) })).toMatchObject({ status: 200 });
    expect(await send(mailTo(someone()), { "Idempotency-Key": "k".repeat(257) })).toMatchObject({
      status: 400,
      body: { name: "invalid_idempotency_key" },
    });
  });
});

describe("a refusal", () => {
  it("names the missing and the wrong key", async () => {
    const response = await fetch(`${catcher.url}/emails`, { method: "POST", body: "{}" });
    expect(await response.json()).toEqual({ statusCode: 401, name: "missing_api_key", message: expect.any(String) });
    expect(await send(mailTo(someone()), { Authorization: "Bearer re_other" })).toMatchObject({
      status: 403,
      body: { name: "invalid_api_key" },
    });
  });

  it.each([
    ["missing_required_field", { from: undefined }],
    ["missing_required_field", { to: undefined }],
    ["missing_required_field", { subject: undefined }],
    ["missing_required_field", { text: undefined }],
    ["validation_error", { to: "nobody" }],
    ["validation_error", { to: [] }],
    ["validation_error", { from: "Splits <hello>" }],
    ["validation_error", { subject: "two\r\nBcc: lines@mail.test" }],
    ["validation_error", { headers: { "X-A": "b\nc: d" } }],
    ["validation_error", { tags: [{ name: "no spaces", value: "x" }] }],
    ["validation_error", { attachements: [] }],
  ])("is %s for %o", async (name, changed) => {
    expect(await send({ ...mailTo(someone()), ...changed })).toMatchObject({ status: 422, body: { statusCode: 422, name } });
  });

  it.each(["not json", "[]", "null"])("is validation_error for the body %s", async (body) => {
    expect(await send(body)).toMatchObject({ status: 422, body: { name: "validation_error" } });
  });
});

describe("a fault", () => {
  it("refuses as often as it was told", async () => {
    const to = someone();
    expect(await arm({ action: "rate_limit", times: 1 })).toBe(201);
    expect(await arm({ action: "server_error", times: 2 })).toBe(201);
    const limited = await post(mailTo(to));
    expect({ status: limited.status, retryAfter: limited.headers.get("retry-after") }).toEqual({ status: 429, retryAfter: "1" });
    expect(await send(mailTo(to))).toMatchObject({ status: 500, body: { name: "internal_server_error" } });
    expect(await send(mailTo(to))).toMatchObject({ status: 500 });
    expect(caughtFor(to)).toHaveLength(0);
    expect(await send(mailTo(to))).toMatchObject({ status: 200 });
  });

  it("loses the answer of an accepted mail, whose repetition answers the first id", async () => {
    const to = someone();
    await arm({ action: "lose_answer", times: 1 });
    await expect(post(mailTo(to), { "Idempotency-Key": to })).rejects.toThrow();
    expect(await send(mailTo(to), { "Idempotency-Key": to })).toMatchObject({ body: { id: caughtFor(to)[0]?.id } });
    expect(caughtFor(to)).toHaveLength(1);
  });

  it("is refused if it is none", async () => {
    expect(await arm({ action: "explode", times: 1 })).toBe(422);
    expect(await arm({ action: "slow", times: 0 })).toBe(422);
  });
});

it("lists mails as JSON by recipient and instant, newest first", async () => {
  const to = someone();
  await send(mailTo(`Some One <${to}>`, { subject: "first" }));
  await send(mailTo(to, { subject: "second" }));
  const list = async (query: Record<string, string>) => {
    const response = await fetch(`${catcher.url}/_local/mails?${new URLSearchParams(query).toString()}`);
    return ((await response.json()) as { data: Mail[] }).data.map((mail) => mail.subject);
  };
  expect(await list({ to: to.toUpperCase() })).toEqual(["second", "first"]);
  expect(await list({ to, since: new Date(Date.now() - 60_000).toISOString() })).toEqual(["second", "first"]);
  expect(await list({ to, since: new Date(Date.now() + 60_000).toISOString() })).toEqual([]);
  expect((await fetch(`${catcher.url}/_local/mails?since=yesterday`)).status).toBe(422);
});

it("keeps the last 1,000 mails", async () => {
  const small = await startMailCatcher({ port: 0, key: KEY });
  const body = (subject: string) => JSON.stringify(mailTo("many@mail.test", { subject }));
  for (let from = 0; from < 1_010; from += 101) {
    await Promise.all(
      Array.from({ length: 101 }, (_, index) =>
        fetch(`${small.url}/emails`, { method: "POST", headers: { Authorization: `Bearer ${KEY}` }, body: body(String(from + index)) }),
      ),
    );
  }
  expect(small.mails()).toHaveLength(1_000);
  expect(small.mails().some((mail) => mail.subject === "1009")).toBe(true);
  await small.stop();
});

describe("the pages", () => {
  it("say so when there is no mail", async () => {
    const fresh = await startMailCatcher({ port: 0, key: KEY });
    expect(await (await fetch(fresh.url)).text()).toContain("No mail yet");
    await fresh.stop();
  });

  it("list mails and show one, escaped, its HTML in a frame that can do nothing", async () => {
    const to = someone();
    const html = `<p>Hi "you"</p><a href="https://x.test/a?b=1&amp;c=2">go</a><script>alert(1)</script>`;
    const { body } = await send(mailTo(to, { subject: "<b>bold</b>", html, text: "Open http://127.0.0.1:8787/invite." }));
    const list = await fetch(`${catcher.url}/?to=${to}`);
    const listed = await list.text();
    expect(listed).toContain("&lt;b&gt;bold&lt;/b&gt;");
    expect(listed).toContain(`/mails/${String(body["id"])}`);
    const shown = await fetch(`${catcher.url}/mails/${String(body["id"])}`);
    const text = await shown.text();
    expect(text).toContain('<iframe sandbox="" srcdoc="&lt;p&gt;Hi &quot;you&quot;');
    expect(text).toContain('href="https://x.test/a?b=1&amp;c=2"');
    expect(text).toContain('href="http://127.0.0.1:8787/invite"');
    expect(text).not.toContain("<script");
    for (const response of [list, shown]) expect(response.headers.get("content-security-policy")).toMatch(/^default-src 'none'/);
    expect((await fetch(`${catcher.url}/mails/none`)).status).toBe(404);
  });
});

it("keeps mails and idempotency keys over a restart", async () => {
  const folder = await mkdtemp(join(tmpdir(), "splits-mails-"));
  const stateFile = join(folder, "mails.json");
  const first = await startMailCatcher({ port: 0, key: KEY, stateFile });
  const again = (url: string) =>
    fetch(`${url}/emails`, {
      method: "POST",
      headers: { Authorization: `Bearer ${KEY}`, "Idempotency-Key": "kept" },
      body: JSON.stringify(mailTo("kept@mail.test")),
    });
  const { id } = (await (await again(first.url)).json()) as { id: string };
  await first.stop();
  const second = await startMailCatcher({ port: 0, key: KEY, stateFile });
  expect(second.mails()).toEqual(first.mails());
  expect(await (await again(second.url)).json()).toEqual({ id });
  expect(second.mails()).toHaveLength(1);
  await second.stop();
  await rm(folder, { recursive: true });
});
