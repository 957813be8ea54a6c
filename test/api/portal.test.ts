import { eq, sql } from "drizzle-orm";
import {
  applications,
  candidatePortalTokens,
  candidates,
  companies,
  documents,
  interviewAvailability,
  jobs,
  portalMessages,
  privacyRequests,
  stageTimes,
  withdrawalRequests,
} from "#db/schema/ats.ts";
import { authEvents } from "#db/schema/audit.ts";
import { recruiterCandidates } from "#db/schema/network.ts";
import { notifications } from "#db/schema/notify.ts";
import { outbox } from "#db/schema/ops.ts";
import { MAX_DOCUMENT_BYTES } from "#domain/files/document.ts";
import { describe, expect, it } from "vitest";
import { marketplace } from "#test/api.ts";
import type { TestBrowser } from "../console.ts";
import { changesOf, CONTENT_TYPES, FOREIGN } from "../cross-site.ts";
import { type Candidate, PORTAL, portalOf } from "../portal.ts";
import { portalApp } from "#workers/portal/app.tsx";

// What a candidate sees and does in the portal (SURFACES §5).
const world = await marketplace();
const portal = portalOf(world);
const db = world.db.writer;
const HOUR = 3_600;
let ahead = 0;
const advance = async (seconds: number) => world.database.setClock((ahead += seconds));
const minutely = () => world.cron("* * * * *");

const visitor = async () => {
  const candidate: Candidate = await world.candidate("Carla Candidate");
  return { candidate, browser: await portal.signedIn(candidate) };
};

const NASTY = `<script>alert(1)</script></script><b onmouseover=x>"'&`;
const ascii = (text: string) => new TextEncoder().encode(text);
const PDF = ascii("%PDF-1.7\n1 0 obj");
const upload = (browser: TestBrowser, id: string, name: string, bytes: Uint8Array) => {
  const form = new FormData();
  form.set("file", new File([bytes as never], name));
  return browser.post(`/applications/${id}/documents`, form);
};

describe("the applications of a candidate", () => {
  it("stand on one page, across companies, the confidential client without a name", async () => {
    const { candidate, browser } = await visitor();
    const [open, hidden] = [
      await portal.application(candidate, { companyName: "Northwind" }),
      await portal.application(candidate, { companyName: "Secretive Inc", showCompany: false }),
    ];
    const { body } = await browser.get("/");
    expect(body).toContain(open.title);
    expect(body).toContain(hidden.title);
    expect(body).toContain("Northwind");
    expect(body).toContain("Confidential client");
    expect(body).toContain("With the company");
    expect(body).not.toContain("Secretive");
    expect((await browser.get(`/applications/${hidden.id}`)).body).not.toContain("Secretive");
  });

  it("say how long a stage usually takes once ten have left it, counted at night", async () => {
    const { candidate, browser } = await visitor();
    const { id } = await portal.application(candidate);
    await world.cron("10 3 * * *");
    expect((await browser.get(`/applications/${id}`)).body).not.toContain("usually takes");
    await db.execute(sql`insert into ats.application_audit_log (application_id, action, old_value, new_value, created_at)
      select ${id}::uuid, 'moved', jsonb_build_object('stage', case when n % 2 = 1 then 'submitted' else 'company_review' end),
        jsonb_build_object('stage', case when n % 2 = 1 then 'company_review' else 'submitted' end), ops.now() - make_interval(days => 100) + make_interval(days => 3 * n)
      from generate_series(1, 21) n`);
    await world.cron("10 3 * * *");
    const [counted] = await db.select().from(stageTimes).where(eq(stageTimes.stage, "company_review"));
    expect(counted).toEqual({ stage: "company_review", cases: 10, medianSeconds: 3 * 86_400 });
    expect((await browser.get(`/applications/${id}`)).body).toContain("about 3 days");
  });

  it("name no recruiter, on no page", async () => {
    const { candidate, browser } = await visitor();
    const recruiter = await world.recruiter("Rigoberta Recruiter");
    await portal.represent(recruiter.recruiterId, candidate.candidateId);
    const { id, title } = await portal.application(candidate, { recruiterId: recruiter.recruiterId });
    const pages = await Promise.all(
      ["/", `/applications/${id}`, `/applications/${id}/withdraw`, `/applications/${id}/availability`, "/privacy"].map((path) =>
        browser.get(path),
      ),
    );
    const download = await browser.post("/privacy/download");
    for (const { status, body } of [...pages, download]) {
      expect(status).toBe(200);
      for (const theirs of ["Rigoberta", recruiter.email, recruiter.recruiterId, recruiter.userId])
        expect(JSON.stringify(body)).not.toContain(theirs);
    }
    expect(pages[4]?.body).toContain(`The recruiter who presented you for ${title}`);
  });

  it("are nobody else's: with another's ids every route is 404, and nothing happens", async () => {
    const [mine, theirs] = [await visitor(), await visitor()];
    const recruiter = await world.recruiter("Rosa");
    const consent = await portal.represent(recruiter.recruiterId, theirs.candidate.candidateId);
    const { id } = await portal.application(theirs.candidate);
    expect((await upload(theirs.browser, id, "cv.pdf", PDF)).status).toBe(303);
    const [document] = await db.select().from(documents).where(eq(documents.entityId, id));
    await theirs.browser.post(`/applications/${id}/withdraw`);
    const routes: [string, string][] = [
      ["GET", `/applications/${id}`],
      ["GET", `/applications/${id}/availability`],
      ["GET", `/applications/${id}/withdraw`],
      ["POST", `/applications/${id}/documents`],
      ["POST", `/applications/${id}/availability`],
      ["POST", `/applications/${id}/contact`],
      ["POST", `/applications/${id}/withdraw`],
      ["POST", `/applications/${id}/withdraw/undo`],
      ["GET", `/documents/${document?.id}`],
      ["GET", `/documents/${document?.id}/remove`],
      ["POST", `/documents/${document?.id}/remove`],
      ["POST", `/privacy/consents/${consent}`],
    ];
    for (const [method, path] of routes) {
      const fields = { message: "Hello", day_1: "2027-03-01", from_1: "10:00", until_1: "11:00", time_zone: "UTC" };
      const answer = method === "GET" ? await mine.browser.get(path) : await mine.browser.post(path, fields);
      expect([method, path, answer.status]).toEqual([method, path, 404]);
      const nowhere = path.replace(/[\da-f]{8}-[\da-f-]{27}/, crypto.randomUUID());
      const unknown = method === "GET" ? await mine.browser.get(nowhere) : await mine.browser.post(nowhere, fields);
      expect([unknown.status, unknown.body]).toEqual([404, answer.body]);
    }
    expect(await portal.told(id)).toEqual(["application.document_added", "application.withdrawal_requested"]);
  });

  it("cannot be left by what stands in them, whoever wrote it", async () => {
    const candidate: Candidate = await world.candidate(`Carla ${NASTY}`);
    const { id, company } = await portal.application(candidate, { title: `Role ${NASTY}` });
    await db.update(companies).set({ name: NASTY }).where(eq(companies.id, company.id));
    await db.update(jobs).set({ location: NASTY }).where(eq(jobs.companyId, company.id));
    const browser = await portal.signedIn(candidate);
    await upload(browser, id, `${NASTY}.pdf`, PDF);
    const [document] = await db.select().from(documents).where(eq(documents.entityId, id));
    await browser.post(`/applications/${id}/contact`, { message: NASTY });
    await browser.post(`/applications/${id}/withdraw`, { reason: NASTY });
    const recruiter = await world.recruiter("Rosa");
    await portal.represent(recruiter.recruiterId, candidate.candidateId);
    await db.update(applications).set({ candidateRecruiterId: recruiter.recruiterId }).where(eq(applications.id, id));
    const times = { day_1: NASTY, from_1: NASTY, until_1: NASTY, time_zone: NASTY };
    const answers = [
      ...(await Promise.all(
        [
          "/",
          `/applications/${id}`,
          `/applications/${id}/availability`,
          `/documents/${document?.id}/remove`,
          "/privacy",
          `/?done=${NASTY}`,
        ].map((path) => browser.get(path)),
      )),
      await browser.post(`/applications/${id}/availability`, times),
      await browser.post(`/applications/${id}/contact`, { message: NASTY.repeat(100) }),
      await portal.browser().post("/login", { email: NASTY }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200, 422, 422, 422]);
    for (const { body } of answers) expect(body).not.toMatch(/<script|<b onmouseover/);
    expect(answers[0]?.body).toContain("Carla &lt;script&gt;");
  });

  it("accept nothing from another site", async () => {
    const { candidate, browser } = await visitor();
    const { id } = await portal.application(candidate);
    const changes = changesOf(portalApp.routes.map(({ method, path }) => [method, path]));
    expect(changes.length).toBeGreaterThan(15);
    for (const path of [...changes, `/applications/${id}/contact`]) {
      for (const [from, headers] of FOREIGN) {
        for (const type of CONTENT_TYPES) {
          const answer = await world.call("POST", path, {
            origin: PORTAL,
            body: "message=Hello",
            headers: { cookie: `__Host-splits_c=${browser.cookies.get("__Host-splits_c")}`, "content-type": type, ...headers },
          });
          expect([answer.status, /sent from another site/i.test(answer.body)], `${path} from ${from} as ${type}`).toEqual([403, true]);
        }
      }
    }
    expect(await portal.told(id)).toEqual([]);
    const own = await browser.post(`/applications/${id}/contact`, { message: "Hello" }, { headers: { origin: "null" } });
    expect(own.status).toBe(303);
  });
});

describe("documents", () => {
  const word = ascii("PK\u0003\u0004 word/document.xml");
  const old = new Uint8Array([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ...[...ascii("WordDocument")].flatMap((byte) => [byte, 0])]);

  it("are kept, read by their owner alone as a download, counted as versions, and removed with a fresh proof", async () => {
    const { candidate, browser } = await visitor();
    const { id } = await portal.application(candidate);
    for (const [name, bytes] of [
      ["CV.pdf", PDF],
      ["cv.pdf", ascii("%PDF-1.7 second")],
      ["letter.docx", word],
      ["old.doc", old],
    ] as const)
      expect((await upload(browser, id, name, bytes)).headers.get("location")).toBe(`/applications/${id}?done=document`);
    const page = (await browser.get(`/applications/${id}`)).body;
    expect(page).toContain("Version 2");
    const kept = await db.select().from(documents).where(eq(documents.entityId, id)).orderBy(documents.createdAt);
    expect(kept.map(({ filename, contentType }) => [filename, contentType])).toEqual([
      ["CV.pdf", "application/pdf"],
      ["cv.pdf", "application/pdf"],
      ["letter.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
      ["old.doc", "application/msword"],
    ]);
    expect(new Set(kept.map(({ storageKey }) => storageKey)).size).toBe(4);
    expect(kept[0]?.storageKey).toMatch(/^documents\/[\da-f]{64}$/);
    const read = await browser.get(`/documents/${kept[1]?.id}`);
    expect([read.status, read.body]).toEqual([200, "%PDF-1.7 second"]);
    expect(read.headers.get("content-disposition")).toBe(`attachment; filename="cv.pdf"; filename*=UTF-8''cv.pdf`);
    expect([read.headers.get("x-content-type-options"), read.headers.get("cache-control")]).toEqual(["nosniff", "private, no-store"]);

    expect((await browser.get(`/documents/${kept[1]?.id}/remove`)).body).toContain("Remove cv.pdf?");
    expect((await browser.post(`/documents/${kept[1]?.id}/remove`)).status).toBe(303);
    expect((await browser.get(`/documents/${kept[1]?.id}`)).status).toBe(404);
    expect(await world.env.FILES.head(kept[1]?.storageKey ?? "")).toBeNull();
    await advance(15 * 60 + 1);
    expect((await browser.post(`/documents/${kept[0]?.id}/remove`)).status).toBe(403);
    expect((await browser.get(`/documents/${kept[0]?.id}`)).status).toBe(200);
  });

  it.each([
    [
      "a program that calls itself a CV",
      "cv.pdf",
      ascii("MZ\u0090 This program cannot be run in DOS mode"),
      "neither a PDF nor a Word document",
    ],
    ["a picture that may hold a script", "cv.pdf", ascii("<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"), "neither a PDF"],
    ["an installer, which is a compound file too", "cv.doc", old.slice(0, 8), "neither a PDF"],
    ["any other archive", "cv.docx", ascii("PK\u0003\u0004 bin/sh"), "neither a PDF"],
    ["a document with macros", "cv.docx", ascii("PK\u0003\u0004 word/document.xml word/vbaProject.bin"), "neither a PDF"],
    ["nothing", "cv.pdf", new Uint8Array(), "Choose a document first"],
    ["10 MB and a byte", "cv.pdf", Uint8Array.from({ length: MAX_DOCUMENT_BYTES + 1 }, (_, at) => PDF[at] ?? 32), "larger than 10 MB"],
  ])("are not %s", async (_, name, bytes, reason) => {
    const { candidate, browser } = await visitor();
    const { id } = await portal.application(candidate);
    const refused = await upload(browser, id, name, bytes);
    expect(refused.status).toBe(422);
    expect(refused.body).toContain(reason);
    expect(refused.body).toContain('aria-invalid="true"');
    expect(await db.select().from(documents).where(eq(documents.entityId, id))).toEqual([]);
  });

  it("are told at their field how large they may be, also when they are too large to be read", async () => {
    const { candidate, browser } = await visitor();
    const { id } = await portal.application(candidate);
    const refused = await upload(browser, id, "cv.pdf", new Uint8Array(MAX_DOCUMENT_BYTES + 65 * 1024));
    expect(refused.status).toBe(422);
    expect(refused.body).toMatch(/id="file-error"[^>]*>[^<]*larger than 10 MB/);
    expect(refused.body).toContain("at most 10 MB");
    expect(refused.headers.get("referrer-policy")).toBe("no-referrer");
    const stranger = await visitor();
    expect((await upload(stranger.browser, id, "cv.pdf", new Uint8Array(MAX_DOCUMENT_BYTES + 65 * 1024))).status).toBe(404);
  });

  it("may weigh 10 MB to the byte", async () => {
    const { candidate, browser } = await visitor();
    const { id } = await portal.application(candidate);
    const bytes = new Uint8Array(MAX_DOCUMENT_BYTES);
    bytes.set(PDF);
    expect((await upload(browser, id, "cv.pdf", bytes)).status).toBe(303);
  });

  it("that others attached are not shown", async () => {
    const { candidate, browser } = await visitor();
    const { id } = await portal.application(candidate);
    const [row] = await db
      .insert(documents)
      .values({
        entityType: "application",
        entityId: id,
        documentType: "resume",
        filename: "notes-of-a-recruiter.pdf",
        storageKey: "k",
        contentType: "application/pdf",
        fileSize: 1,
      })
      .returning();
    expect((await browser.get(`/applications/${id}`)).body).not.toContain("notes-of-a-recruiter");
    expect((await browser.get(`/documents/${row?.id}`)).status).toBe(404);
  });
});

describe("times and messages", () => {
  it("are kept in UTC, shown in the candidate's zone, and told to who works on it", async () => {
    const { candidate, browser } = await visitor();
    const { id, admin } = await portal.application(candidate);
    const page = await browser.get(`/applications/${id}/availability`);
    expect(page.body).toContain('<option value="Europe/Berlin">');
    const given = {
      day_1: "2027-07-01",
      from_1: "09:00",
      until_1: "11:30",
      day_3: "2027-12-01",
      from_3: "09:00",
      until_3: "10:00",
      time_zone: "Europe/Berlin",
    };
    expect((await browser.post(`/applications/${id}/availability`, given)).status).toBe(303);
    const [kept] = await db.select().from(interviewAvailability).where(eq(interviewAvailability.applicationId, id));
    expect(kept?.slots).toEqual([
      { from: "2027-07-01T07:00:00.000Z", until: "2027-07-01T09:30:00.000Z", time_zone: "Europe/Berlin" },
      { from: "2027-12-01T08:00:00.000Z", until: "2027-12-01T09:00:00.000Z", time_zone: "Europe/Berlin" },
    ]);
    expect((await browser.get(`/applications/${id}`)).body).toContain("Thu, Jul 1, 09:00 to 11:30");
    const mails = await portal.mailsTo(admin.email);
    expect(mails.map(({ subject }) => subject)).toEqual([expect.stringContaining("told when they can be met")]);
    expect(mails[0]?.text).toContain("Thu, Jul 1, 09:00 to 11:30; Wed, Dec 1, 09:00 to 10:00 (Europe/Berlin)");
  });

  it.each([
    ["no time", { time_zone: "UTC" }, "Give at least one time"],
    ["half a time", { day_1: "2027-07-01", from_1: "09:00", until_1: "", time_zone: "UTC" }, "from when until when"],
    [
      "an end before the beginning",
      { day_2: "2027-07-01", from_2: "09:00", until_2: "08:00", time_zone: "UTC" },
      "later than the beginning",
    ],
    ["a time that is over", { day_1: "2020-07-01", from_1: "09:00", until_1: "10:00", time_zone: "UTC" }, "still to come"],
    ["no zone", { day_1: "2027-07-01", from_1: "09:00", until_1: "10:00", time_zone: "Mars/Olympus" }, "Choose your time zone"],
  ])("are refused: %s, with what was typed", async (_, fields, reason) => {
    const { candidate, browser } = await visitor();
    const { id } = await portal.application(candidate);
    const refused = await browser.post(`/applications/${id}/availability`, fields as Record<string, string>);
    expect(refused.status).toBe(422);
    expect(refused.body).toContain(reason);
    if ("day_1" in fields) expect(refused.body).toContain(`value="${fields.day_1}"`);
    expect(await db.select().from(interviewAvailability).where(eq(interviewAvailability.applicationId, id))).toEqual([]);
  });

  it("reach the recruiter, and where there is none the company, without either's address", async () => {
    const { candidate, browser } = await visitor();
    const recruiter = await world.recruiter("Rosa");
    const [first, second] = [
      await portal.application(candidate, { recruiterId: recruiter.recruiterId }),
      await portal.application(candidate),
    ];
    for (const { id } of [first, second])
      expect((await browser.post(`/applications/${id}/contact`, { message: "  May I bring my dog?  " })).status).toBe(303);
    for (const to of [recruiter.email, second.admin.email]) {
      const [mail] = await portal.mailsTo(to);
      expect(mail?.text).toContain("May I bring my dog?");
      expect(mail?.text).not.toContain(candidate.email);
    }
    expect(await portal.mailsTo(first.admin.email)).toEqual([]);
    const [event] = await db
      .select()
      .from(outbox)
      .where(sql`subject_id = ${first.id}`);
    expect(JSON.stringify(event)).not.toContain("dog"); // free text is read by id
    expect(await db.select().from(portalMessages).where(eq(portalMessages.applicationId, first.id))).toMatchObject([
      { body: "May I bring my dog?" },
    ]);
    for (const message of [" ", "x".repeat(4_001)])
      expect((await browser.post(`/applications/${first.id}/contact`, { message })).status).toBe(422);
  });

  it("go nowhere once the application has ended", async () => {
    const { candidate, browser } = await visitor();
    const { id, admin, dealId } = await portal.application(candidate);
    expect(
      (await world.call("POST", `candidate-role-assignments/${dealId}/advance`, { as: admin, body: { state: "rejected", notes: "No" } }))
        .status,
    ).toBe(200);
    expect((await browser.post(`/applications/${id}/contact`, { message: "Why?" })).status).toBe(409);
    expect((await upload(browser, id, "cv.pdf", PDF)).status).toBe(409);
    const page = (await browser.get(`/applications/${id}`)).body;
    expect(page).toContain("Not selected");
    expect(page).not.toContain("/contact");
    expect((await browser.get("/")).body).toContain("Finished");
  });
});

describe("a withdrawal", () => {
  it("says why in 2,000 characters at most", async () => {
    const { candidate, browser } = await visitor();
    const { id } = await portal.application(candidate);
    expect((await browser.post(`/applications/${id}/withdraw`, { reason: "x".repeat(2_001) })).status).toBe(422);
    expect((await browser.post(`/applications/${id}/withdraw`, { reason: "x".repeat(2_000) })).status).toBe(303);
  });

  it("can be undone for a day, and then happens once", async () => {
    const { candidate, browser } = await visitor();
    const recruiter = await world.recruiter("Rosa");
    const { id, admin } = await portal.application(candidate, { recruiterId: recruiter.recruiterId });
    expect((await browser.get(`/applications/${id}/withdraw`)).body).toContain("For 24 hours you can change your mind");
    expect((await browser.post(`/applications/${id}/withdraw`, { reason: "Another offer" })).status).toBe(303);
    expect((await browser.post(`/applications/${id}/withdraw`)).status).toBe(409);
    expect((await browser.get(`/applications/${id}`)).body).toContain("You asked to withdraw");
    for (const { email } of [recruiter, admin])
      expect((await portal.mailsTo(email)).map(({ subject }) => subject)).toEqual([expect.stringContaining("wishes to withdraw")]);
    await advance(23 * HOUR);
    await minutely();
    expect(await portal.stageOf(id)).toBe("company_review");
    expect((await browser.post(`/applications/${id}/withdraw/undo`)).status).toBe(303);
    expect((await browser.post(`/applications/${id}/withdraw/undo`)).status).toBe(409);
    await advance(2 * HOUR);
    await minutely();
    expect(await portal.stageOf(id)).toBe("company_review");

    const again = await portal.signedIn(candidate, browser);
    expect((await again.post(`/applications/${id}/withdraw`)).status).toBe(303);
    await advance(24 * HOUR - 5);
    await minutely();
    expect(await portal.stageOf(id)).toBe("company_review");
    await advance(5);
    expect((await again.post(`/applications/${id}/withdraw/undo`)).status).toBe(409);
    await Promise.all([minutely(), minutely()]);
    await minutely();
    expect(await portal.stageOf(id)).toBe("withdrawn");
    expect((await portal.told(id)).filter((type) => type === "application.withdrawn")).toHaveLength(1);
    expect((await again.get(`/applications/${id}`)).body).toContain("You are no longer a candidate for this role");
  });

  it("lapses where the application ends otherwise", async () => {
    const { candidate, browser } = await visitor();
    const { id, admin, dealId } = await portal.application(candidate);
    await browser.post(`/applications/${id}/withdraw`);
    await world.call("POST", `candidate-role-assignments/${dealId}/advance`, { as: admin, body: { state: "rejected", notes: "No" } });
    await minutely();
    const [wish] = await db.select().from(withdrawalRequests).where(eq(withdrawalRequests.applicationId, id));
    expect([wish?.lapsedAt === null, wish?.appliedAt]).toEqual([false, null]);
    expect([await portal.stageOf(id), (await portal.told(id)).includes("application.withdrawn")]).toEqual(["rejected", false]);
  });

  it("of a draft without a deal ends the draft", async () => {
    const { candidate, browser } = await visitor();
    const company = await world.company();
    const [job] = await db.insert(jobs).values({ companyId: company.id, title: "Cook", status: "active" }).returning();
    const { body } = await world.call("POST", "applications", {
      as: candidate,
      body: { job_id: job?.id, candidate_id: candidate.candidateId },
    });
    await browser.post(`/applications/${body.data.id}/withdraw`);
    await advance(24 * HOUR);
    await minutely();
    expect(await portal.stageOf(body.data.id)).toBe("withdrawn");
  });
});

describe("privacy", () => {
  it("lets a consent be withdrawn, and applications go on", async () => {
    const { candidate, browser } = await visitor();
    const recruiter = await world.recruiter("Rosa");
    const consent = await portal.represent(recruiter.recruiterId, candidate.candidateId);
    const { id } = await portal.application(candidate, { recruiterId: recruiter.recruiterId });
    expect((await browser.post(`/privacy/consents/${consent}`)).headers.get("location")).toBe("/privacy?done=consent");
    const [row] = await db.select().from(recruiterCandidates).where(eq(recruiterCandidates.id, consent));
    expect(row?.status).toBe("terminated");
    expect(await portal.stageOf(id)).toBe("company_review");
    expect((await browser.post(`/privacy/consents/${consent}`)).status).toBe(404);
    expect(await portal.told(consent)).toEqual(["recruiter_candidate.terminated"]);
  });

  it("gives the candidate's data to take along, and nobody else's", async () => {
    const { candidate, browser } = await visitor();
    const { id, title } = await portal.application(candidate);
    await upload(browser, id, "cv.pdf", PDF);
    await browser.post(`/applications/${id}/contact`, { message: "Hello there" });
    const other = await visitor();
    await portal.application(other.candidate, { title: "Somebody else's role" });
    const { status, body, headers } = await browser.post("/privacy/download");
    expect([status, headers.get("content-disposition")]).toEqual([200, 'attachment; filename="my-data.json"']);
    expect(body).toMatchObject({
      you: { name: "Carla Candidate", email: candidate.email },
      applications: [{ role: title, company: "Northwind", stage: "company_review" }],
      documents: [{ name: "cv.pdf" }],
      messages: [{ text: "Hello there" }],
    });
    expect(JSON.stringify(body)).not.toContain("Somebody else");
    expect(await db.select().from(privacyRequests).where(eq(privacyRequests.candidateId, candidate.candidateId))).toMatchObject([
      { kind: "export", status: "done" },
    ]);
  });

  it("passes a wish to be deleted on, once", async () => {
    const { candidate, browser } = await visitor();
    const admin = await world.platformAdmin();
    expect((await browser.post("/privacy/delete")).headers.get("location")).toBe("/privacy?done=erasure");
    expect((await browser.post("/privacy/delete")).status).toBe(409);
    const page = (await browser.get("/privacy")).body;
    expect(page).toContain("You asked for this on");
    expect(page).not.toContain("We will"); // nothing is promised that nobody does
    const path = `privacy-requests?status=pending&candidate_id=${candidate.candidateId}`;
    const [request, ...others] = (await world.call("GET", path, { as: admin })).body.data;
    expect([request, others]).toMatchObject([{ kind: "erasure", candidate_id: candidate.candidateId, done_at: null }, []]);
    expect(page).toContain(`datetime="${request.due_at}"`);
    expect((await world.call("GET", `privacy-requests/${request.id}`, { as: admin })).body.data).toEqual(request);
    const mail = (await portal.mailsTo(admin.email)).find(({ subject }) => subject === "A candidate asks to be deleted");
    expect(mail?.text).toContain(`Privacy request ${request.id} of candidate ${candidate.candidateId}`);
    expect(mail?.text).not.toContain(candidate.email);
    expect(mail?.text).not.toContain("Carla");
  });

  it("lets somebody leave the portal: links and other visits end, mails carry none, and a code leads back", async () => {
    const { candidate, browser } = await visitor();
    await portal.applied(candidate);
    const link = await portal.portalLinkFor(candidate.email);
    const other = portal.browser();
    expect((await other.post(link)).status).toBe(303);
    expect((await browser.post("/opt-out")).status).toBe(303);
    expect([(await portal.browser().get(link)).status, (await other.get("/")).status]).toEqual([410, 401]);
    const left = await browser.get("/");
    expect([left.status, left.body.includes("You have left the portal"), left.body.includes('action="/come-back"')]).toEqual([
      403,
      true,
      true,
    ]);
    expect((await browser.get("/privacy")).status).toBe(200);
    await portal.applied(candidate);
    const mails = await portal.mailsTo(candidate.email);
    expect(mails.filter(({ text }) => text.includes(link))).toHaveLength(1);
    expect(
      await db
        .select()
        .from(candidatePortalTokens)
        .where(sql`candidate_id = ${candidate.candidateId} and ended_at is null`),
    ).toEqual([]);
    const ended = await db
      .select()
      .from(authEvents)
      .where(sql`candidate_id = ${candidate.candidateId} and kind = 'session_ended'`);
    expect(ended.map(({ reason }) => reason)).toEqual(["signed_out_everywhere"]);

    const back = await portal.signedIn(candidate);
    expect((await portal.mailsTo(candidate.email)).some(({ text }) => text.includes("You have left the portal"))).toBe(true);
    expect((await back.post("/come-back")).headers.get("location")).toBe("/?done=back");
    expect((await back.get("/")).status).toBe(200);
    await portal.applied(candidate);
    expect(await portal.portalLinkFor(candidate.email)).not.toBe(link);
    const [row] = await db.select().from(candidates).where(eq(candidates.id, candidate.candidateId));
    expect(row?.portalOptedOutAt).toBeNull();
  });

  it("keeps a confidential client's name out of the candidate's mails, and the portal out of everybody else's", async () => {
    const candidate = await world.candidate("Carla");
    const { dealId, admin } = await portal.application(candidate, { companyName: "Secretive Inc", showCompany: false });
    await world.call("POST", `candidate-role-assignments/${dealId}/advance`, { as: admin, body: { state: "screen" } });
    await world.call("POST", `candidate-role-assignments/${dealId}/advance`, { as: admin, body: { state: "in_process" } });
    const mails = await portal.mailsTo(candidate.email);
    expect(mails.length).toBeGreaterThan(0);
    expect(JSON.stringify(mails)).not.toContain("Secretive");
    const others = await db
      .select()
      .from(notifications)
      .where(sql`recipient_email = ${admin.email} or channel = 'in_app'`);
    expect(JSON.stringify(others)).not.toContain("portal_of");
  });

  it("is told in every mail about an application: where the portal is, and how to leave it", async () => {
    const carla = await world.candidate("Carla");
    await portal.applied(carla);
    const mails = await portal.mailsTo(carla.email);
    expect(mails.length).toBeGreaterThan(0);
    for (const { text, html } of mails) {
      expect(text).toContain("http://candidate.localhost:8787/");
      expect(text).toContain("You can leave it at any time");
      expect(html).toContain('<a href="http://candidate.localhost:8787/');
    }
    const kept = await db.select().from(notifications).where(eq(notifications.recipientEmail, carla.email));
    expect(JSON.stringify(kept)).not.toContain("candidate.localhost");
  });
});

it("says in plain words that the database is away", async () => {
  const { browser } = await visitor();
  const fault = await world.database.fault({ match: "ops.enter_portal", action: "fail", code: "57P03", times: 1 });
  const page = await browser.get("/");
  await fault.release();
  expect(page.status).toBe(503);
  expect(page.body).toContain("We will be back in a moment");
});
