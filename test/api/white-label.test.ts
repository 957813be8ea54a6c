import { sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { applications, companies, intakeRequests, jobRequirements, jobs } from "#db/schema/ats.ts";
import { notifications } from "#db/schema/notify.ts";
import { recruiterCandidates } from "#db/schema/network.ts";
import { whiteLabelApp } from "#workers/white-label/app.tsx";
import { type Answer, type Marketplace, marketplace, type Person } from "../api.ts";
import { changesOf, CONTENT_TYPES, FOREIGN } from "../cross-site.ts";

const PNG = btoa("\x89PNG\r\n\x1a\nthe rest of a picture");
const NASTY = `<script>alert(1)</script></script><b onmouseover=x>"'&`;

let world: Marketplace;
beforeAll(async () => {
  world = await marketplace();
});

interface Tenant {
  id: string;
  slug: string;
  admin: Person;
}

let made = 0;
/** A company whose pages are set up: green, with all of its roles. */
async function tenant(page: object = { roles: "all" }): Promise<Tenant> {
  const company = await world.company("Tenant");
  const slug = `white-${++made}`;
  await world.db.writer
    .update(companies)
    .set({ slug, name: `Tenant ${made}` })
    .where(sql`id = ${company.id}`);
  const admin = await world.member(company);
  expect((await world.call("PATCH", `white-label-pages/${company.id}`, { as: admin, body: page })).status).toBe(200);
  return { id: company.id, slug, admin };
}

async function role(of: Tenant, fields: Partial<typeof jobs.$inferInsert> = {}) {
  const [row] = await world.db.writer
    .insert(jobs)
    .values({
      companyId: of.id,
      title: "Staff Engineer",
      status: "active",
      openedAt: new Date(),
      description: "Runs the platform.",
      location: "Berlin",
      ...fields,
    })
    .returning();
  return row!;
}

/** What a browser of one address gets on a company's host; cookies and forms as given. */
async function visit(
  { slug }: { slug: string },
  path: string,
  { form, headers = {} }: { form?: Record<string, string>; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return world.call(form ? "POST" : "GET", `http://${slug}.roles.localhost:8787${path}`, {
    ...(form ? { body: new URLSearchParams(form).toString() } : {}),
    headers: {
      "cf-connecting-ip": "192.0.2.1",
      ...(form ? { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" } : {}),
      ...headers,
    },
  });
}

const cookieOf = (answer: Answer): string =>
  answer.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
const tokenOf = (page: Answer): string => /name="token" value="([^"]+)"/.exec(page.body)?.[1] ?? "";

describe("a company's own host", () => {
  it("shows its roles and nobody else's, under its own tag", async () => {
    const [one, other] = [await tenant(), await tenant()];
    await role(one, { title: "Only at One" });
    await role(other, { title: "Only at Other" });
    const [first, second] = [await visit(one, "/"), await visit(other, "/")];
    expect(first.body).toContain("Only at One");
    expect(first.body).not.toContain("Only at Other");
    expect(second.body).not.toContain("Only at One");
    expect([first.headers.get("cache-tag"), second.headers.get("cache-tag")]).toEqual([`company:${one.id}`, `company:${other.id}`]);
    expect((await visit(other, "/only-at-one")).status).toBe(404);
  });

  it("is the same for everybody where caches keep it, and holds no nonce, cookie or id of a visit", async () => {
    const one = await tenant();
    await role(one);
    for (const path of ["/", "/staff-engineer", "/thanks", "/sitemap.xml", "/robots.txt"]) {
      const plain = await visit(one, path);
      const known = await visit(one, path, { headers: { cookie: `__Host-splits_s=${"a".repeat(43)}; __Host-splits_w=x.1.y` } });
      expect(known.body, path).toBe(plain.body);
      expect(plain.headers.get("cache-control"), path).toBe("public, max-age=60, stale-while-revalidate=600");
      expect([plain.headers.get("set-cookie"), plain.headers.get("x-request-id"), plain.headers.get("vary")], path).toEqual([
        null,
        null,
        null,
      ]);
      expect(plain.headers.get("content-security-policy"), path).toMatch(/script-src 'none'; style-src 'self' 'sha256-[\w+/=]{44}'/);
      const etag = plain.headers.get("etag") ?? "";
      const again = await visit(one, path, { headers: { "if-none-match": etag } });
      expect([again.status, again.body, again.headers.get("etag")], path).toEqual([304, "", etag]);
    }
    for (const path of ["/submit", "/intake"]) {
      const own = await visit(one, path);
      expect([own.headers.get("cache-control"), own.headers.get("etag")], path).toEqual(["private, no-store", null]);
      expect(own.headers.get("content-security-policy"), path).toMatch(/style-src 'self' 'nonce-[\w-]{22}'/);
    }
  });

  it("allows exactly the style of the brand that stands in the page", async () => {
    const one = await tenant();
    await world.call("PATCH", `brands/${one.id}`, { as: one.admin, body: { color: "#0A7D5C" } });
    const page = await visit(one, "/");
    const style = /<style>([^<]*)<\/style>/.exec(page.body)?.[1] ?? "";
    expect(style).toBe(":root{--brand:#0a7d5c;--on-brand:#ffffff}");
    const hash = btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style)))));
    expect(page.headers.get("content-security-policy")).toContain(`'sha256-${hash}'`);
  });

  it("answers with a page that names nobody where there is no company, or none any more", async () => {
    const one = await tenant();
    await world.db.writer
      .update(companies)
      .set({ status: "inactive" })
      .where(sql`id = ${one.id}`);
    for (const slug of [one.slug, "nobody-here"]) {
      const page = await visit({ slug }, "/");
      expect([page.status, page.headers.get("cache-control")]).toEqual([404, "private, no-store"]);
      expect(page.body).not.toContain("Tenant");
    }
  });

  it("leads from an old slug to the new host for 90 days", async () => {
    const one = await tenant();
    const slug = `${one.slug}-renamed`;
    expect((await world.call("PATCH", `companies/${one.id}`, { as: one.admin, body: { slug } })).status).toBe(200);
    const moved = await visit(one, "/staff-engineer?x=1");
    expect([moved.status, moved.headers.get("location"), moved.headers.get("cache-control")]).toEqual([
      301,
      `http://${slug}.roles.localhost:8787/staff-engineer?x=1`,
      "public, max-age=60",
    ]);
    const thief = await tenant();
    const taken = await world.call("PATCH", `companies/${thief.id}`, { as: thief.admin, body: { slug: one.slug } });
    expect([taken.status, taken.body.reason]).toEqual([409, "slug_taken"]);
    await world.db.writer.execute(sql`update ats.slug_redirects set expires_at = now() where slug = ${one.slug}`);
    expect((await visit(one, "/")).status).toBe(404);
    for (const wrong of ["www", "ab", "Two-Words", "a--b", "-a-b", "x".repeat(41)]) {
      expect((await world.call("PATCH", `companies/${one.id}`, { as: one.admin, body: { slug: wrong } })).status, wrong).toBe(422);
    }
  });

  it("shows roles as they stand: open, paused, over, for the invited, not chosen", async () => {
    const one = await tenant();
    await role(one, { title: "Open" });
    await role(one, { title: "Paused", status: "active" });
    await role(one, { title: "Closed" });
    await role(one, { title: "Past", closesAt: new Date(Date.now() - 1_000) });
    await role(one, { title: "Secret", inviteOnly: true });
    await role(one, { title: "Draft", status: "draft" });
    await world.db.writer.execute(sql`update ats.jobs set status = 'paused' where title = 'Paused' and company_id = ${one.id}`);
    await world.db.writer.execute(
      sql`update ats.jobs set status = 'closed', closed_at = now() where title = 'Closed' and company_id = ${one.id}`,
    );
    const list = await visit(one, "/");
    expect(["Open", "Paused", "Past", "Closed", "Secret", "Draft"].filter((title) => list.body.includes(`<b>${title}</b>`))).toEqual([
      "Open",
      "Paused",
      "Past",
    ]);
    const [open, paused, past, closed, secret] = await Promise.all(
      ["/open", "/paused", "/past", "/closed", "/secret"].map((path) => visit(one, path)),
    );
    expect([open!, paused!, past!, closed!, secret!].map(({ status }) => status)).toEqual([200, 200, 200, 410, 404]);
    expect([open!, paused!, past!, closed!].map(({ body }) => [body.includes("noindex"), body.includes("/submit?role_id=")])).toEqual([
      [false, true],
      [true, false],
      [true, false],
      [true, false],
    ]);
    expect(closed!.body).toContain('href="/"');
    const sitemap = await visit(one, "/sitemap.xml");
    expect([...sitemap.body.matchAll(/<loc>[^<]*\/([^/<]*)<\/loc>/g)].map(([, slug]) => slug)).toEqual(["", "open"]);
  });

  it("shows only the roles that were chosen, and none before that", async () => {
    const one = await tenant({ welcome: "Hello" });
    const [shown, other] = [await role(one, { title: "Shown" }), await role(one, { title: "Hidden" })];
    expect((await visit(one, "/")).body).toContain("No role is open right now");
    const choose = (body: object) => world.call("PATCH", `white-label-pages/${one.id}`, { as: one.admin, body });
    expect((await choose({ roles: "selected", job_ids: [shown.id] })).status).toBe(200);
    expect((await visit(one, "/")).body).toContain("Shown");
    expect([(await visit(one, "/shown")).status, (await visit(one, "/hidden")).status]).toEqual([200, 404]);
    const foreign = await role(await tenant());
    expect((await choose({ roles: "selected", job_ids: [foreign.id] })).status).toBe(422);
    expect((await choose({ roles: "all", job_ids: [other.id] })).status).toBe(422);
    expect((await choose({ roles: "none" })).body.data.job_ids).toEqual([]);
  });

  it("tells what a role pays only where the role shows it, and no recruiter's terms at all", async () => {
    const one = await tenant();
    await role(one, { title: "Loud", salaryMin: 9_000_000 as never, salaryMax: 12_000_000 as never, feePercentage: 2_300 as never });
    await role(one, { title: "Quiet", salaryMin: 7_654_300 as never, showSalaryRange: false, recruiterDescription: "They pay late" });
    const [loud, quiet] = [await visit(one, "/loud"), await visit(one, "/quiet")];
    expect(loud.body).toContain("$90,000 to $120,000 a year");
    expect(loud.body).not.toMatch(/23\s?%|your split/i);
    expect(quiet.body).not.toMatch(/76,543|pay late/);
  });
});

describe("the logo", () => {
  it("is what its bytes say, and answers on every host", async () => {
    const one = await tenant();
    const change = (logo: unknown) => world.call("PATCH", `brands/${one.id}`, { as: one.admin, body: { logo } });
    const kept = await change(PNG);
    expect(kept.status).toBe(200);
    const path = kept.body.data.logo as string;
    expect((await visit(one, "/")).body).toContain(`src="${path}"`);
    for (const host of [`${one.slug}.roles.localhost`, "cdn.localhost", "app.localhost", "127.0.0.1"]) {
      const logo = await world.call("GET", `http://${host}:8787${path}`);
      expect([logo.status, logo.headers.get("content-type"), logo.headers.get("cache-control")], host).toEqual([
        200,
        "image/png",
        "public, max-age=31536000, immutable",
      ]);
      expect([logo.headers.get("x-content-type-options"), logo.headers.get("cross-origin-resource-policy")]).toEqual([
        "nosniff",
        "cross-origin",
      ]);
    }
    const now = await visit(one, "/logo");
    expect([now.status, now.headers.get("location")]).toEqual([302, path]);
    expect((await visit(await tenant(), "/logo")).status).toBe(404);
    expect((await world.call("GET", `http://cdn.localhost:8787/logo/${"0".repeat(64)}`)).status).toBe(404);
    for (const wrong of [btoa("<svg/>"), btoa("MZ\x90"), "no base64!"]) {
      expect((await change(wrong)).status, wrong.slice(0, 20)).toBe(422);
    }
    expect((await change(null)).body.data.logo).toBeNull();
  });

  it("and the colour are the company's own to choose", async () => {
    const [one, other] = [await tenant(), await tenant()];
    const recruiter = await world.recruiter();
    const paint = (as: Person) => world.call("PATCH", `brands/${one.id}`, { as, body: { color: "#123456" } });
    expect([(await paint(other.admin)).status, (await paint(recruiter)).status]).toEqual([403, 403]);
    const first = await paint(one.admin);
    expect([first.status, first.body.data.ink, first.body.data.version]).toEqual([200, "#ffffff", 1]);
    const stale = await world.call("PATCH", `brands/${one.id}`, {
      as: one.admin,
      body: { color: "#654321" },
      headers: { "if-match": '"7"' },
    });
    expect(stale.status).toBe(412);
    expect((await world.call("PATCH", `brands/${one.id}`, { as: one.admin, body: { color: "red" } })).status).toBe(422);
  });
});

describe("what search engines read of a role", () => {
  const posting = (page: Answer) => {
    const [, json] = /<script type="application\/ld\+json">(.*?)<\/script>/s.exec(page.body) ?? [];
    return json === undefined ? null : (JSON.parse(json) as Record<string, unknown>);
  };

  it("is told only where somebody can apply, and all of it stands on the page", async () => {
    const one = await tenant();
    await role(one, { title: "Nowhere to apply" });
    await role(one, {
      title: "Applied for",
      applyUrl: "https://acme.example/apply",
      employmentType: "full_time",
      salaryMin: 9_000_000 as never,
    });
    const remote = { applyUrl: "https://acme.example/apply", commuteTypes: ["remote" as const] };
    await role(one, { ...remote, title: "Remote", location: "Germany" });
    await role(one, { ...remote, title: "Nobody says where", location: null });
    expect(posting(await visit(one, "/nowhere-to-apply"))).toBeNull();
    expect(posting(await visit(one, "/"))).toBeNull();
    const page = await visit(one, "/applied-for");
    expect(posting(page)).toMatchObject({
      "@type": "JobPosting",
      title: "Applied for",
      description: "Runs the platform.",
      hiringOrganization: { name: `Tenant ${one.slug.split("-")[1]}` },
      jobLocation: { address: { addressLocality: "Berlin" } },
      employmentType: "FULL_TIME",
      directApply: false,
      baseSalary: { value: { minValue: 90_000, unitText: "YEAR" } },
    });
    for (const shown of ["Runs the platform.", "https://acme.example/apply", "$90,000", "Full-time"]) expect(page.body).toContain(shown);
    expect(posting(await visit(one, "/remote"))).toMatchObject({
      jobLocationType: "TELECOMMUTE",
      applicantLocationRequirements: { name: "Germany" },
    });
    expect(posting(await visit(one, "/nobody-says-where"))).toBeNull();
    await world.db.writer.execute(sql`update ats.jobs set status = 'paused' where company_id = ${one.id}`);
    expect(posting(await visit(one, "/applied-for"))).toBeNull();
  });

  it("cannot be left by what stands in it", async () => {
    const one = await tenant({ roles: "all", welcome: NASTY, instructions: NASTY, thanks: NASTY });
    await world.db.writer
      .update(companies)
      .set({ name: `Nasty ${NASTY}` })
      .where(sql`id = ${one.id}`);
    const nasty = await role(one, {
      title: `Nasty ${NASTY}`,
      description: NASTY,
      location: NASTY,
      applyUrl: `https://x.example/?${NASTY}`,
    });
    await world.db.writer.insert(jobRequirements).values({ jobId: nasty.id, requirementType: "mandatory", description: NASTY });
    for (const path of ["/", `/${nasty.slug}`, "/thanks", "/intake", "/submit"]) {
      const page = await visit(one, path);
      expect(page.status, path).toBe(200);
      expect(page.body, path).not.toContain("<script>");
      expect(page.body, path).not.toContain("<b onmouseover");
    }
    const page = await visit(one, `/${nasty.slug}`);
    expect(posting(page)).toMatchObject({ description: NASTY });
    expect(page.body.match(/<\/script>/g)).toHaveLength(1);
  });
});

describe("a private page", () => {
  let one: Tenant;
  beforeEach(async () => {
    one = await tenant({ roles: "all", visibility: "private", welcome: "Dear partners" });
    await role(one, { title: "Confidential role" });
    await world.call("PATCH", `brands/${one.id}`, { as: one.admin, body: { color: "#c0ffee", logo: PNG } });
  });
  const code = async (fields: object = {}): Promise<{ id: string; code: string }> =>
    (
      await world.call("POST", "access-codes", {
        as: one.admin,
        body: { company_id: one.id, label: "Harbor", expires_at: new Date(Date.now() + 3_600_000).toISOString(), ...fields },
      })
    ).body.data;
  const enter = (typed: string, ip = "192.0.2.9") =>
    visit(one, "/access", { form: { code: typed, return_to: "/" }, headers: { "cf-connecting-ip": ip } });

  it("says no word of its content before the code", async () => {
    for (const path of ["/", "/confidential-role", "/thanks", "/intake", "/submit", "/sitemap.xml", "/logo", "/access", "/robots.txt"]) {
      const page = await visit(one, path);
      expect(page.headers.get("cache-control"), path).toBe("private, no-store");
      expect([page.headers.get("cache-tag"), page.headers.get("etag")], path).toEqual([null, null]);
      expect(page.body, path).not.toMatch(/Tenant|Confidential|partners:|Dear|c0ffee|\/logo\//);
      if (!["/access", "/robots.txt"].includes(path))
        expect([page.status, page.headers.get("location")?.split("?")[0]], path).toEqual([303, "/access"]);
    }
    expect((await visit(one, "/access")).body).toContain("noindex");
    expect((await visit(one, "/robots.txt")).body).toContain("Disallow: /\n");
  });

  it("opens with a code, for as long as the code holds, however it is typed", async () => {
    const made = await code();
    expect(made.code).toMatch(/^[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}$/);
    const opened = await enter(` ${made.code.toLowerCase().replaceAll("-", " ")} `);
    expect([opened.status, opened.headers.get("location")]).toEqual([303, "/"]);
    expect(opened.headers.get("set-cookie")).toMatch(/^__Host-splits_w=.*Path=\/.*HttpOnly; Secure; SameSite=Lax/);
    const cookie = cookieOf(opened);
    const page = await visit(one, "/", { headers: { cookie } });
    expect([page.status, page.body.includes("Confidential role"), page.headers.get("cache-control")]).toEqual([
      200,
      true,
      "private, no-store",
    ]);
    const other = await tenant({ roles: "all", visibility: "private" });
    expect((await visit(other, "/", { headers: { cookie } })).status).toBe(303);
    expect((await visit(one, "/", { headers: { cookie: `${cookie.slice(0, -1)}x` } })).status).toBe(303);
    const [listed] = (await world.call("GET", `access-codes?company_id=${one.id}`, { as: one.admin })).body.data;
    expect([listed.uses, listed.label, listed.code]).toEqual([1, "Harbor", undefined]);
    expect((await world.call("POST", `access-codes/${made.id}/revoke`, { as: one.admin })).status).toBe(200);
    expect((await visit(one, "/", { headers: { cookie } })).status).toBe(303);
    const over = await enter(made.code);
    expect([over.status, /Ask your contact for a new code/.test(over.body)]).toEqual([422, true]);
  });

  it("counts the uses of a code, and its last one once", async () => {
    const { code: once } = await code({ max_uses: 1 });
    const both = await Promise.all([enter(once, "192.0.2.20"), enter(once, "192.0.2.21")]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([303, 422]);
  });

  it("refuses the sixth try in 15 minutes, the right code too, and says until when", async () => {
    const made = await code();
    for (let tries = 1; tries <= 5; tries++) expect((await enter("WRONG", "192.0.2.30")).status).toBe(422);
    const sixth = await enter(made.code, "192.0.2.30");
    expect([sixth.status, Number(sixth.headers.get("retry-after")) > 800, sixth.headers.get("set-cookie")]).toEqual([429, true, null]);
    expect(sixth.body).toMatch(/You can try again at \d\d:\d\d UTC/);
    expect((await enter(made.code, "192.0.2.31")).status).toBe(303);
  });
});

describe("a role from outside", () => {
  const ANSWERS = {
    contact_name: "Mira Chen",
    contact_email: "mira@client.example",
    role_title: "Head of Data",
    location: "Lisbon",
    employment_type: "Full-time",
    description: "Builds the team.",
    reference_b: "",
  };
  let ips = 0;
  const post = async (of: Tenant, answers: Record<string, string>, ip = `198.51.100.${++ips}`) => {
    const token = answers["token"] ?? tokenOf(await visit(of, "/intake"));
    return visit(of, "/intake", { form: { ...answers, token }, headers: { "cf-connecting-ip": ip } });
  };
  const inbox = async (of: Tenant) => (await world.call("GET", `intake-requests?company_id=${of.id}`, { as: of.admin })).body.data;

  it("becomes a request, of which the company hears, and accepted a draft", async () => {
    const one = await tenant({ thanks: "We call you." });
    const sent = await post(one, ANSWERS);
    expect([sent.status, sent.headers.get("location")]).toEqual([303, "/thanks"]);
    expect((await visit(one, "/thanks")).body).toContain("We call you.");
    const [request] = await inbox(one);
    expect(request).toMatchObject({
      source: "white_label",
      status: "new",
      fields: { role_title: "Head of Data", contact_name: "Mira Chen" },
    });
    await world.drain();
    const told = await world.db.reader
      .select()
      .from(notifications)
      .where(sql`event_type = 'intake.submitted' and recipient_user_id = ${one.admin.userId}`);
    expect(told.map(({ channel }) => channel).toSorted()).toEqual(["email", "in_app"]);
    const other = await tenant();
    expect((await world.call("GET", `intake-requests/${request.id}`, { as: other.admin })).status).toBe(404);
    const accepted = await world.call("POST", `intake-requests/${request.id}/accept`, { as: one.admin, body: {} });
    expect([accepted.status, accepted.body.data.status]).toEqual([200, "accepted"]);
    const draft = await world.call("GET", `jobs/${accepted.body.data.job_id}`, { as: one.admin });
    expect(draft.body.data).toMatchObject({
      title: "Head of Data",
      location: "Lisbon",
      employment_type: "full_time",
      status: "draft",
      description: "Builds the team.",
    });
    const again = await world.call("POST", `intake-requests/${request.id}/decline`, { as: one.admin, body: {} });
    expect([again.status, again.body.code]).toEqual([409, "invalid_transition"]);
  });

  it("keeps what was typed, and says at each field what is wrong", async () => {
    const one = await tenant();
    const wrong = await post(one, { ...ANSWERS, contact_email: "mira", role_title: "", employment_type: "Slave", description: NASTY });
    expect(wrong.status).toBe(422);
    for (const name of ["contact_email", "role_title", "employment_type"]) expect(wrong.body).toContain(`id="${name}-error"`);
    expect(wrong.body).toContain('value="Mira Chen"');
    expect(wrong.body).not.toContain("<script>");
    expect((await post(one, { ...ANSWERS, token: tokenOf(wrong) })).status).toBe(303);
    expect((await post(one, { ...ANSWERS, unasked: "x" })).status).toBe(422);
    expect(await inbox(one)).toHaveLength(1);
  });

  it("takes a form once, within two hours, on its own host", async () => {
    const [one, other] = [await tenant(), await tenant()];
    const token = tokenOf(await visit(one, "/intake"));
    const ip = "198.51.100.201";
    expect((await post(one, { ...ANSWERS, token }, ip)).status).toBe(303);
    expect((await post(one, { ...ANSWERS, token }, ip)).status).toBe(422);
    expect((await post(other, { ...ANSWERS, token: tokenOf(await visit(one, "/intake")) })).status).toBe(422);
    const [mark, issued, mac] = tokenOf(await visit(one, "/intake")).split(".");
    expect((await post(one, { ...ANSWERS, token: `${mark}.${Number(issued) + 1}.${mac}` })).status).toBe(422);
    expect((await post(one, { ...ANSWERS, token: "" })).status).toBe(422);
  });

  it("thanks a program that fills the hidden field in, and stores nothing", async () => {
    const one = await tenant();
    const sent = await post(one, { ...ANSWERS, reference_b: "http://spam.example" });
    expect([sent.status, await inbox(one)]).toEqual([303, []]);
  });

  it("takes ten an hour from one address, and 32 KB at once", async () => {
    const one = await tenant();
    for (let sent = 1; sent <= 10; sent++) expect((await post(one, ANSWERS, "203.0.113.9")).status).toBe(303);
    const eleventh = await post(one, ANSWERS, "203.0.113.9");
    expect([eleventh.status, Number(eleventh.headers.get("retry-after")) > 3_000]).toEqual([429, true]);
    expect((await post(one, { ...ANSWERS, description: "x".repeat(33 * 1024) })).status).toBe(413);
  });

  it("is refused from another site, and where the intake is closed", async () => {
    const one = await tenant();
    const changes = changesOf(whiteLabelApp.routes.map(({ method, path }) => [method, path]));
    expect(changes.length).toBeGreaterThan(2);
    for (const path of changes)
      for (const [from, headers] of FOREIGN)
        for (const type of CONTENT_TYPES) {
          const answer = await world.call("POST", `http://${one.slug}.roles.localhost:8787${path}`, {
            body: "contact_name=Kim",
            headers: { "content-type": type, ...headers },
          });
          expect([answer.status, /sent from another site/i.test(answer.body)], `${path} from ${from} as ${type}`).toEqual([403, true]);
        }
    await world.db.writer.execute(sql`insert into ats.intake_settings (company_id, enabled) values (${one.id}, false)`);
    expect((await visit(one, "/intake")).body).toContain("takes no new roles");
    expect((await post(one, { ...ANSWERS, token: "x" })).status).toBe(409);
    expect(
      await world.db.reader
        .select()
        .from(intakeRequests)
        .where(sql`company_id = ${one.id}`),
    ).toEqual([]);
  });

  it("comes back as it was typed while the database is away", async () => {
    const one = await tenant();
    const token = tokenOf(await visit(one, "/intake"));
    const away = await world.database.fault({ match: "white_label_pages", action: "fail", code: "57P01" });
    const kept = await post(one, { ...ANSWERS, token });
    await away.release();
    expect([kept.status, kept.body.includes("Head of Data"), kept.body.includes("Send again")]).toEqual([503, true, true]);
    expect((await post(one, { ...ANSWERS, token: tokenOf(kept) })).status).toBe(303);
  });
});

/** A console cookie, then the hand-over as a browser follows it. */
async function handedOverBy(of: Tenant, who: Person, roleId: string) {
  const app = "http://127.0.0.1:8787";
  const signedIn = await world.call("POST", `${app}/dev/sign-in`, {
    body: new URLSearchParams({ user_id: who.userId }).toString(),
    headers: { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" },
  });
  const console = cookieOf(signedIn);
  const page = await world.call("GET", `${app}/white-label/sign-in?slug=${of.slug}&role_id=${roleId}`, { headers: { cookie: console } });
  const there = /url=([^"]+)"/.exec(page.body)?.[1]?.replaceAll("&amp;", "&") ?? "";
  return { console, there, path: there.slice(there.indexOf("/session")) };
}

describe("a submission on a company's own host", () => {
  it("shows the way to sign in, and the recruiter's terms to nobody before", async () => {
    const one = await tenant();
    const open = await role(one, { feePercentage: 2_300 as never });
    const page = await visit(one, `/submit?role_id=${open.id}`);
    expect(page.body).toContain(`http://127.0.0.1:8787/white-label/sign-in?slug=${one.slug}&amp;role_id=${open.id}`);
    expect(page.body).not.toMatch(/23 %/);
    const unsigned = await world.call("GET", `http://127.0.0.1:8787/white-label/sign-in?slug=${one.slug}&role_id=${open.id}`);
    expect([unsigned.status, unsigned.headers.get("location")?.startsWith("/sign-in?return_to=")]).toEqual([303, true]);
  });

  it("is made by a signed-in recruiter, by the verb of every other submission", async () => {
    const one = await tenant();
    const open = await role(one, { feePercentage: 2_300 as never, guaranteeDays: 60 });
    const recruiter = await world.recruiter("Rosa");
    const candidate = await world.candidate("Kim");
    await world.db.writer.insert(recruiterCandidates).values({
      recruiterId: recruiter.recruiterId,
      candidateId: candidate.candidateId,
      status: "active",
      consentGiven: true,
      consentGivenAt: new Date(),
    });
    const { there, path } = await handedOverBy(one, recruiter, open.id);
    expect(there).toMatch(new RegExp(`^http://${one.slug}\\.roles\\.localhost:8787/session\\?code=[\\w-]{43}&role_id=${open.id}$`));
    const arrived = await visit(one, path);
    expect([arrived.status, arrived.headers.get("location")]).toEqual([303, `/submit?role_id=${open.id}`]);
    const cookie = cookieOf(arrived);
    const form = await visit(one, `/submit?role_id=${open.id}`, { headers: { cookie } });
    for (const words of ["23 % of the first year", "of the fee", "within 14 days", "60 days"]) expect(form.body).toContain(words);
    const send = (email: string) =>
      visit(one, "/submit", { form: { role_id: open.id, email, notes: "Knows the team" }, headers: { cookie } });
    const unknown = await send("nobody@else.example");
    expect([unknown.status, unknown.body.includes("nobody@else.example")]).toEqual([422, true]);
    const sent = await send(candidate.email);
    expect([sent.status, sent.headers.get("location")]).toEqual([303, "/thanks"]);
    const [application] = await world.db.reader
      .select()
      .from(applications)
      .where(sql`job_id = ${open.id}`);
    expect([application?.applicationSource, application?.recruiterNotes]).toEqual(["white_label", "Knows the team"]);
    expect((await send(candidate.email)).status).toBe(422); // one live deal for a pair
  });

  it("needs a code that is used once, within a minute, on the host it was made for", async () => {
    const [one, other] = [await tenant(), await tenant()];
    const open = await role(one);
    const recruiter = await world.recruiter();
    const first = await handedOverBy(one, recruiter, open.id);
    expect((await visit(other, first.path)).status).toBe(410);
    const both = await Promise.all([visit(one, first.path), visit(one, first.path)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([303, 410]);
    expect((await visit(one, first.path)).headers.get("set-cookie")).toBeNull();
    const late = await handedOverBy(one, recruiter, open.id);
    await world.advance(61);
    expect((await visit(one, late.path)).status).toBe(410);
    const foreign = await world.call("GET", `http://127.0.0.1:8787/white-label/sign-in?slug=evil.example`, {
      headers: { cookie: first.console },
    });
    expect(foreign.status).toBe(404);
  });

  it("ends with the console session it was made from, and opens nothing but its own host", async () => {
    const one = await tenant();
    const open = await role(one);
    const recruiter = await world.recruiter();
    const { console, path } = await handedOverBy(one, recruiter, open.id);
    const cookie = cookieOf(await visit(one, path));
    expect((await visit(one, `/submit?role_id=${open.id}`, { headers: { cookie } })).body).toContain("Submit the candidate");
    expect((await world.call("GET", "http://127.0.0.1:8787/console", { headers: { cookie } })).status).toBe(303);
    expect((await visit(one, `/submit?role_id=${open.id}`, { headers: { cookie: console } })).body).toContain("Sign in first");
    await world.call("POST", "http://127.0.0.1:8787/sign-out", { body: "", headers: { cookie: console, "sec-fetch-site": "same-origin" } });
    expect((await visit(one, `/submit?role_id=${open.id}`, { headers: { cookie } })).body).toContain("Sign in first");
  });

  it("offers the intake to whoever is no recruiter, and says what keeps a recruiter from it", async () => {
    const one = await tenant();
    const open = await role(one);
    const asked = async (who: Person) => {
      const cookie = cookieOf(await visit(one, (await handedOverBy(one, who, open.id)).path));
      return (await visit(one, `/submit?role_id=${open.id}`, { headers: { cookie } })).body as string;
    };
    expect(await asked(one.admin)).toContain('href="/intake"');
    const pending = await asked(await world.recruiter("Pending", "pending"));
    expect([pending.includes("waits for approval"), pending.includes("Submit the candidate")]).toEqual([true, false]);
  });
});

it("has caches forget a company's pages whenever what they show has changed, until they have", async () => {
  const { cacheSubscriber } = await import("#services/companies/cache-subscriber.ts");
  const forgotten: string[] = [];
  let down = true;
  const handled: unknown[] = [];
  const ctx = {
    ports: {
      forgetCached: async (tag: string) => {
        if (down) throw new Error("the cache was not purged");
        forgotten.push(tag);
      },
    },
    database: { writer: { batch: async (batch: unknown[]) => handled.push(...batch) } },
  } as never;
  const event = { type: "company.updated", payload: { company_id: "c1" } } as never;
  await expect(cacheSubscriber.handle(ctx, event, "done" as never)).rejects.toThrow("not purged");
  expect(handled).toEqual([]);
  down = false;
  await cacheSubscriber.handle(ctx, event, "done" as never);
  expect([forgotten, handled]).toEqual([["company:c1"], ["done"]]);
});

it("leads from the id that a widget knows to the company's intake", async () => {
  const one = await tenant();
  const found = await world.call("GET", `http://cdn.localhost:8787/intake/${one.id}`);
  expect([found.status, found.headers.get("location")]).toEqual([302, `http://${one.slug}.roles.localhost:8787/intake`]);
  for (const id of [crypto.randomUUID(), "no-id"])
    expect((await world.call("GET", `http://cdn.localhost:8787/intake/${id}`)).status).toBe(404);
});

it("forgets hand-overs, old slugs and what was handed in, when they have outlived their use", async () => {
  const one = await tenant();
  const recruiter = await world.recruiter();
  const open = await role(one);
  const { path } = await handedOverBy(one, recruiter, open.id);
  await visit(one, path);
  const left = async () =>
    (
      await world.db.reader.execute<{ codes: number; sessions: number; slugs: number; intakes: number }>(sql`select
        (select count(*)::int from api.handover_codes where company_id = ${one.id}) as codes,
        (select count(*)::int from identity.sessions where user_id = ${recruiter.userId}) as sessions,
        (select count(*)::int from ats.slug_redirects where company_id = ${one.id}) as slugs,
        (select count(*)::int from ats.intake_requests where company_id = ${one.id}) as intakes`)
    ).rows[0];
  for (const years of [1, 3]) {
    await world.db.writer.execute(sql`insert into ats.intake_requests (company_id, source, fields, created_at)
      values (${one.id}, 'white_label', '{}', now() - make_interval(years => ${years}))`);
  }
  // the console's session ended long ago, the one made from it outlived itself a day later
  const parents = sql`select parent_id from identity.sessions where parent_id is not null`;
  await world.db.writer.execute(sql`update identity.sessions set ended_at = now() - interval '31 days', ended_reason = 'signed_out'
    where user_id = ${recruiter.userId} and id in (${parents})`);
  await world.cron("10 3 * * *");
  expect(await left()).toEqual({ codes: 1, sessions: 2, slugs: 1, intakes: 1 });
  await world.db.writer.execute(sql`update api.handover_codes set expires_at = now() - interval '25 hours' where company_id = ${one.id}`);
  await world.db.writer.execute(sql`update ats.slug_redirects set expires_at = now() where company_id = ${one.id}`);
  await world.db.writer.execute(
    sql`update identity.sessions set absolute_end = now() - interval '31 days' where user_id = ${recruiter.userId}`,
  );
  await world.cron("10 3 * * *");
  expect(await left()).toEqual({ codes: 0, sessions: 0, slugs: 0, intakes: 1 });
});
