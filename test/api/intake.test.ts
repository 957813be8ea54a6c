import { eq } from "drizzle-orm";
import { companies, intakeRequests, intakeSettings } from "#db/schema/ats.ts";
import { notifications } from "#db/schema/notify.ts";
import { outbox } from "#db/schema/ops.ts";
import type { Challenge } from "#domain/intake/proof.ts";
import { marketplace } from "#test/api.ts";
import { workedOut } from "#test/proof.ts";
import { describe, expect, it } from "vitest";

const world = await marketplace();
const SITE = "https://careers.acme.example";
const FIELDS = { contact_name: "Kim", contact_email: "kim@acme.example", role_title: "Cook", description: "Cooks." };
let addresses = 0;

/** A company that allows its site, and a visitor there with an address of their own. */
async function site(settings: Partial<typeof intakeSettings.$inferInsert> = {}) {
  const company = await world.company("Acme Foods");
  await world.db.writer.insert(intakeSettings).values({ companyId: company.id, allowedOrigins: [SITE], ...settings });
  return { company, visitor: visitor(company.id) };
}

function visitor(companyId: string, address = `198.51.100.${++addresses}`) {
  const path = `/api/v1/intake/${companyId}`;
  const ask = (method: string, at: string, headers: Record<string, string> = {}, body?: unknown) =>
    world.call(method, at, { headers: { "cf-connecting-ip": address, ...headers }, ...(body === undefined ? {} : { body }) });
  const challenge = async () => (await ask("POST", `${path}/challenge`)).body.data as Challenge;
  return {
    challenge,
    read: () => ask("GET", path),
    /** Posts with a good proof, but for what is given otherwise. */
    post: async (given: Record<string, unknown> = {}, origin: string | null = SITE) =>
      ask("POST", path, origin === null ? {} : { origin }, {
        type: "modal",
        fields: FIELDS,
        ...("proof" in given ? {} : { proof: workedOut(await challenge()) }),
        ...given,
      }),
    send: (body: unknown, headers: Record<string, string> = { origin: SITE }) => ask("POST", path, headers, body),
    ask: (method: string, headers: Record<string, string>) => ask(method, path, headers),
  };
}

const taken = (companyId: string) => world.db.reader.select().from(intakeRequests).where(eq(intakeRequests.companyId, companyId));

describe("what an intake shows", () => {
  it("is what the company chose, to any page, and may be kept", async () => {
    const { company, visitor } = await site({ label: "Hire with us", type: "button", thanks: "Done!" });
    const answer = await visitor.read();
    expect(answer.status).toBe(200);
    expect(answer.body.data).toMatchObject({
      company: "Acme Foods",
      type: "button",
      label: "Hire with us",
      thanks: "Done!",
      color: "#4338ca",
      ink: "#ffffff",
      logo: null,
      state: "open",
      turnstile: null,
    });
    expect(answer.body.data.link).toMatch(/^http:\/\/acme-foods-\d+\.roles\.localhost:8787\/intake$/);
    expect(answer.body.data.fields.map(({ name }: { name: string }) => name)).toContain("role_title");
    expect(JSON.stringify(answer.body)).not.toContain(SITE);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "access-control-allow-origin": "*",
      "cache-control": "public, max-age=60, stale-while-revalidate=600",
      "cache-tag": `company:${company.id}`,
    });
    for (const never of ["access-control-allow-credentials", "set-cookie", "x-request-id"]) expect(answer.headers.has(never)).toBe(false);
  });

  it("is nothing for an id that is nobody's, a company that is not active, or no id", async () => {
    const { company, visitor: known } = await site();
    expect((await visitor(crypto.randomUUID()).read()).status).toBe(404);
    expect((await visitor("acme").read()).body.code).toBe("not_found");
    await world.db.writer.update(companies).set({ status: "inactive" }).where(eq(companies.id, company.id));
    const gone = await known.read();
    expect([gone.status, gone.headers.get("cache-control"), gone.headers.get("access-control-allow-origin")]).toEqual([
      404,
      "no-store",
      "*",
    ]);
  });

  it("answers a preflight to any origin", async () => {
    const { visitor } = await site();
    const answer = await visitor.ask("OPTIONS", { origin: SITE, "access-control-request-method": "POST" });
    expect([answer.status, answer.headers.get("access-control-allow-origin"), answer.headers.get("access-control-allow-headers")]).toEqual([
      204,
      "*",
      "Content-Type",
    ]);
  });
});

describe("an intake that is handed in", () => {
  it("becomes a request of the company, which hears of it", async () => {
    const { company, visitor } = await site();
    const admin = await world.member(company);
    const answer = await visitor.post();
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([201, "no-store"]);
    expect(await taken(company.id)).toMatchObject([
      { id: answer.body.data.id, source: "widget", widgetType: "modal", origin: SITE, fields: FIELDS, status: "new" },
    ]);
    const [event] = await world.db.reader.select().from(outbox).where(eq(outbox.subjectId, answer.body.data.id));
    expect([event?.eventType, event?.payload]).toEqual([
      "intake.submitted",
      { intake_request_id: answer.body.data.id, company_id: company.id, source: "widget", submitted_at: expect.any(String) },
    ]);
    await world.drain();
    const told = await world.db.reader.select().from(notifications).where(eq(notifications.recipientUserId, admin.userId));
    expect(told.map(({ eventType }) => eventType)).toContain("intake.submitted");
    expect(JSON.stringify(told)).not.toContain("kim@acme.example");
  });

  it("is taken from the company's own host without being allowed", async () => {
    const { company, visitor } = await site({ allowedOrigins: [] });
    const [row] = await world.db.reader.select().from(companies).where(eq(companies.id, company.id));
    expect((await visitor.post({}, `http://${row?.slug}.roles.localhost:8787`)).status).toBe(201);
  });

  it("costs one read and one commit", async () => {
    const { visitor } = await site();
    const proof = workedOut(await visitor.challenge());
    const answer = await visitor.post({ proof });
    expect([answer.status, (await world.database.counts(answer.headers.get("x-request-id") ?? "")).round_trips]).toEqual([201, 2]);
  });
});

describe("what is kept out, each step before the next", () => {
  it("a body above 32 KB, whatever else is wrong", async () => {
    const { visitor } = await site();
    const answer = await visitor.send({ fields: { description: "x".repeat(32 * 1024) } }, { origin: "https://elsewhere.example" });
    expect([answer.status, answer.body.code, answer.headers.get("access-control-allow-origin")]).toEqual([413, "body_too_large", "*"]);
  });

  it("an origin that the company does not allow, none, and null", async () => {
    const { company, visitor } = await site();
    for (const origin of ["https://elsewhere.example", "http://careers.acme.example", `${SITE}.evil.example`, "null", null]) {
      const answer = await visitor.post({ proof: undefined }, origin);
      expect([answer.status, answer.body.code]).toEqual([403, "origin_not_allowed"]);
      if (origin !== null) expect(answer.body.detail).toContain(origin);
    }
    expect(await taken(company.id)).toEqual([]);
  });

  it("whatever comes while the intake is closed", async () => {
    const { visitor } = await site({ enabled: false });
    const answer = await visitor.post();
    expect([answer.status, answer.body.reason]).toEqual([409, "intake_closed"]);
    expect((await visitor.read()).body.data.state).toBe("closed");
  });

  it("the eleventh of an hour from one address, but not another's", async () => {
    const { company, visitor: first } = await site();
    for (let count = 0; count < 10; count++) expect((await first.post()).status).toBe(201);
    const eleventh = await first.post({ proof: undefined });
    expect([eleventh.status, eleventh.body.code]).toEqual([429, "rate_limited"]);
    expect(Number(eleventh.headers.get("retry-after"))).toBeGreaterThan(3_500);
    expect(eleventh.body.retry_after).toBe(Number(eleventh.headers.get("retry-after")));
    expect((await visitor(company.id).post()).status).toBe(201);
    expect(await taken(company.id)).toHaveLength(11);
  });

  it("a robot, which is thanked", async () => {
    const { company, visitor } = await site();
    const answer = await visitor.post({ fields: { ...FIELDS, reference_b: "filled in" }, proof: undefined });
    expect([answer.status, Object.keys(answer.body.data)]).toEqual([201, ["id"]]);
    expect(await taken(company.id)).toEqual([]);
    expect((await visitor.post({ fields: { ...FIELDS, reference_b: "" } })).status).toBe(201);
  });

  it("a proof that is missing, wrong, spent, another company's, another address's, or altered", async () => {
    const { company, visitor: first } = await site();
    const [challenge, used] = [await first.challenge(), workedOut(await first.challenge())];
    expect((await first.post({ proof: used })).status).toBe(201);
    const proof = workedOut(challenge);
    const other = await site();
    const wrong = [
      undefined,
      "proof",
      { ...proof, number: proof.number + 1 },
      used,
      workedOut(await other.visitor.challenge()),
      workedOut(await visitor(company.id).challenge()),
      { ...proof, sig: proof.sig.replace(/^./, (letter) => (letter === "A" ? "B" : "A")) },
    ];
    for (const given of wrong) {
      const answer = await first.post({ proof: given });
      expect([answer.status, answer.body.code, answer.body.errors?.[0].pointer]).toEqual([422, "validation_failed", "/proof"]);
    }
    expect((await first.post({ proof })).status).toBe(201);
    expect(await taken(company.id)).toHaveLength(2);
  });

  it("a proof of more than five minutes", async () => {
    const { visitor: first } = await site();
    const [soon, late] = [workedOut(await first.challenge()), workedOut(await first.challenge())];
    await world.database.setClock(290);
    expect((await first.post({ proof: soon })).status).toBe(201);
    await world.database.setClock(305);
    const answer = await first.post({ proof: late });
    expect([answer.status, answer.body.errors[0].code]).toEqual([422, "expired"]);
    await world.database.setClock(0);
  });

  it("answers that were not asked for, or not well given", async () => {
    const { company, visitor } = await site();
    const answer = await visitor.post({ fields: { ...FIELDS, contact_email: "kim", role_title: " ", salary: "much" } });
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map(({ pointer, code }: { pointer: string; code: string }) => `${pointer} ${code}`).toSorted()).toEqual([
      "/fields/contact_email invalid",
      "/fields/role_title required",
      "/fields/salary unknown_field",
    ]);
    expect(await taken(company.id)).toEqual([]);
  });
});

describe("Turnstile, where the company asks it", () => {
  const [YES, NO, SPENT] = [
    "1x0000000000000000000000000000000AA",
    "2x0000000000000000000000000000000AA",
    "3x0000000000000000000000000000000AA",
  ];
  const TOKEN = "XXXX.DUMMY.TOKEN.XXXX";

  async function asking(secret: string) {
    const { company, visitor } = await site();
    const admin = await world.member(company);
    const change = { turnstile: { site_key: "1x00000000000000000000AA", secret } };
    const changed = await world.call("PATCH", `intake-settings/${company.id}`, { as: admin, body: change });
    expect([changed.status, changed.body.data.turnstile_site_key]).toEqual([200, "1x00000000000000000000AA"]);
    expect(JSON.stringify(changed.body)).not.toContain(secret);
    return { company, visitor, admin };
  }

  it("lets a person through, and keeps its secret sealed", async () => {
    const { company, visitor } = await asking(YES);
    expect((await visitor.read()).body.data.turnstile).toBe("1x00000000000000000000AA");
    expect((await visitor.post({ turnstile: TOKEN })).status).toBe(201);
    const [row] = await world.db.reader.select().from(intakeSettings).where(eq(intakeSettings.companyId, company.id));
    expect(row?.turnstileSecretEnc).not.toContain(YES);
  });

  it.each([
    ["says no", NO, TOKEN],
    ["knows the token already", SPENT, TOKEN],
    ["was not asked", YES, undefined],
  ])("refuses whom it %s", async (_, secret, turnstile) => {
    const { company, visitor } = await asking(secret);
    const answer = await visitor.post({ turnstile });
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, "/turnstile"]);
    expect(await taken(company.id)).toEqual([]);
  });

  it("is no wall while it is away: the proof of work stands", async () => {
    const { visitor } = await asking(NO);
    const { TURNSTILE_BASE } = world.env;
    world.env.TURNSTILE_BASE = "http://127.0.0.1:9";
    const [passed, refused] = [await visitor.post({ turnstile: TOKEN }), await visitor.post({ turnstile: TOKEN, proof: undefined })];
    Object.assign(world.env, { TURNSTILE_BASE });
    expect([passed.status, refused.body.errors[0].pointer]).toEqual([201, "/proof"]);
  });
});

describe("how a company takes in roles", () => {
  const settings = (id: string) => `intake-settings/${id}`;

  it("has the house's fields until it chooses its own, and tells caches of a change", async () => {
    const company = await world.company();
    const admin = await world.member(company);
    const before = await world.call("GET", settings(company.id), { as: admin });
    expect(before.body.data).toMatchObject({ enabled: true, type: "inline", label: null, has_house_fields: true, version: 0 });

    const fields = [{ name: "role_title", label: "Which role?", type: "text", required: true }];
    const body = { type: "button", label: "Hire", fields, allowed_origins: ["https://WWW.acme.example/", "http://localhost:3000"] };
    const changed = await world.call("PATCH", settings(company.id), { as: admin, body });
    expect(changed.body.data).toMatchObject({
      type: "button",
      fields,
      has_house_fields: false,
      allowed_origins: ["https://www.acme.example", "http://localhost:3000"],
      version: 1,
    });
    expect((await visitor(company.id).read()).body.data).toMatchObject({ type: "button", label: "Hire", fields });
    const told = await world.db.reader.select().from(outbox).where(eq(outbox.subjectId, company.id));
    expect(told.map(({ payload }) => payload)).toContainEqual({ company_id: company.id, updated_fields: ["intake_settings"] });

    const back = await world.call("PATCH", settings(company.id), { as: admin, body: { fields: null, version: 1 } });
    expect([back.body.data.has_house_fields, back.body.data.version]).toEqual([true, 2]);
    expect((await world.call("PATCH", settings(company.id), { as: admin, body: { label: "Late", version: 1 } })).status).toBe(412);
  });

  it("refuses what could not be asked, and origins that browsers do not write", async () => {
    const company = await world.company();
    const admin = await world.member(company);
    const field = { name: "role_title", label: "Role", type: "text", required: true };
    const wrong: readonly [object, string][] = [
      [{ fields: [] }, "/fields"],
      [{ fields: [{ ...field, name: "Role title" }] }, "/fields/0/name"],
      [{ fields: [field, field] }, "/fields/1/name"],
      [{ fields: [{ ...field, name: "reference_b" }] }, "/fields/0/name"],
      [{ fields: [{ ...field, type: "select" }] }, "/fields/0/options"],
      [{ fields: [{ ...field, options: ["a"] }] }, "/fields/0/options"],
      [{ fields: Array.from({ length: 21 }, (_, index) => ({ ...field, name: `f${index}` })) }, "/fields"],
      ...["acme.example", "http://acme.example", "https://acme.example/careers", "https://*.acme.example/x", "null"].map(
        (origin): [object, string] => [{ allowed_origins: [origin] }, "/allowed_origins"],
      ),
    ];
    for (const [body, pointer] of wrong) {
      const answer = await world.call("PATCH", settings(company.id), { as: admin, body });
      expect([answer.status, answer.body.errors?.[0].pointer], JSON.stringify(body)).toEqual([422, pointer]);
    }
  });
});
