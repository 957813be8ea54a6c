import { eq } from "drizzle-orm";
import { applications, documents, privacyRequests } from "#db/schema/ats.ts";
import { recruiterCompanies } from "#db/schema/network.ts";
import { notifications } from "#db/schema/notify.ts";
import { describe, expect, it } from "vitest";
import { type Answer, marketplace } from "#test/api.ts";
import { browserAt, type TestBrowser } from "../console.ts";
import { type Candidate, portalOf } from "../portal.ts";

// What candidates say and do in their portal, as whoever works on the application reads it in the console.
const world = await marketplace();
const portal = portalOf(world);
const db = world.db.writer;

const LIST = "/console/applications";
const pageOf = (id: string) => `${LIST}/${id}`;
const TIMES = { day_1: "2027-07-01", from_1: "09:00", until_1: "11:30", time_zone: "Europe/Berlin" };
const DAY_MS = 86_400_000;

async function console({ userId }: { userId: string }): Promise<TestBrowser> {
  const browser = browserAt(world);
  await browser.signInAs(userId);
  return browser;
}

const tripsOf = async ({ headers }: Answer) => (await world.database.counts(headers.get("x-request-id") ?? "")).round_trips;
/** What a page says, without its tags. */
const wordsOf = ({ body }: Answer): string => (body as string).replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ");
/** Whose rows a list shows. */
const rowsOf = ({ body }: Answer): string[] =>
  [...(body as string).matchAll(/href="\/console\/applications\/[\da-f-]{36}">([^<]+)</g)].map(([, name = ""]) => name);

/** A candidate with an application at a company, through a recruiter if wanted, who said and did everything there is to it. */
async function busy(name: string, recruiterId: string | null = null) {
  const candidate: Candidate = await world.candidate(name);
  const application = await portal.application(candidate, { recruiterId });
  const visitor = await portal.signedIn(candidate);
  const at = `/applications/${application.id}`;
  const form = new FormData();
  form.set("file", new File([new TextEncoder().encode("%PDF-1.7\n1 0 obj")], "My life.pdf"));
  for (const [path, said] of [
    ["contact", { message: `May I bring my dog? <script>alert("${name}")</script>` }],
    ["availability", TIMES],
    ["documents", form],
    ["withdraw", { reason: "I found something nearer." }],
  ] as const)
    expect((await visitor.post(`${at}/${path}`, said)).status, path).toBe(303);
  return { candidate, visitor, ...application };
}

describe("what a candidate said and did", () => {
  it("is read on one page by the company where nobody stands between them, and leads there from mail and notice", async () => {
    const { candidate, id, admin, visitor } = await busy("Carla Candidate");
    const mail = (await portal.mailsTo(admin.email)).find(({ text }) => text.includes("my dog"));
    expect(mail?.text).toContain(`http://app.localhost:8787${pageOf(id)}\n`);
    const browser = await console(admin);
    expect((await browser.get("/console/notifications")).body).toContain(`<a href="${pageOf(id)}">`);
    const page = await browser.get(pageOf(id));
    expect([page.status, await tripsOf(page)]).toEqual([200, 1]);
    const words = wordsOf(page);
    for (const said of [
      "Carla Candidate",
      "May I bring my dog?",
      "Thu, Jul 1, 09:00 to 11:30",
      "Europe/Berlin",
      "My life.pdf",
      "I found something nearer.",
      "Under way",
      "asked to withdraw",
    ])
      expect(words).toContain(said);
    expect(page.body).not.toContain("<script>alert");
    expect(page.body).toContain(`mailto:${candidate.email}`); // the deal has passed the company's gate
    await visitor.post(`/applications/${id}/withdraw/undo`);
    const after = wordsOf(await browser.get(pageOf(id)));
    expect(after).toContain("Undone");
    expect(after).not.toContain("asked to withdraw");
  });

  it("comes to the recruiter where there is one, and the company reads all but what was written to them", async () => {
    const recruiter = await world.recruiter("Rosa");
    const { id, admin } = await busy("Ben Candidate", recruiter.recruiterId);
    const [theirs, hers] = [await (await console(admin)).get(pageOf(id)), await (await console(recruiter)).get(pageOf(id))];
    expect([theirs.status, hers.status]).toEqual([200, 200]);
    expect(wordsOf(hers)).toContain("my dog");
    expect(wordsOf(theirs)).not.toContain("my dog");
    expect(wordsOf(theirs)).not.toContain("Messages");
    for (const page of [theirs, hers]) expect(wordsOf(page)).toContain("09:00 to 11:30");
    expect(wordsOf(await (await console(admin)).get(LIST))).not.toContain("my dog");
    expect((await portal.mailsTo(admin.email)).filter(({ text }) => text.includes("my dog"))).toEqual([]);
    expect(
      (await db.select().from(notifications).where(eq(notifications.recipientUserId, recruiter.userId))).map(
        ({ payload }) => payload["page"],
      ),
    ).toContain(pageOf(id));
  });

  it("is nobody else's: page, list and document are 404 or empty for them", async () => {
    const recruiter = await world.recruiter("Rosa");
    const { id, candidate, admin } = await busy("Dora Candidate", recruiter.recruiterId);
    const [document] = await db.select().from(documents).where(eq(documents.entityId, id));
    const others = [await world.recruiter("Otto"), await world.member(await world.company()), candidate, await world.person()];
    for (const other of others) {
      const browser = await console(other);
      for (const path of [pageOf(id), `/console/documents/${document?.id}`]) expect((await browser.get(path)).status).toBe(404);
      expect(rowsOf(await browser.get(LIST))).toEqual([]);
    }
    for (const party of [recruiter, admin, await world.platformAdmin()]) {
      const file = await (await console(party)).get(`/console/documents/${document?.id}`);
      expect([file.status, file.headers.get("content-type")]).toEqual([200, "application/pdf"]);
      expect(file.headers.get("content-disposition")).toContain('attachment; filename="My life.pdf"');
    }
    await db.update(documents).set({ metadata: {} }).where(eq(documents.id, document!.id)); // as somebody else attached it
    expect((await (await console(recruiter)).get(`/console/documents/${document?.id}`)).status).toBe(404);
    for (const path of [`${LIST}/1`, "/console/documents/1"]) expect((await (await console(recruiter)).get(path)).status).toBe(404);
  });

  it("stands in one list, the newest first, which is searched, narrowed, paged and had as a file", async () => {
    const recruiter = await world.recruiter("Rosa");
    const [first, second] = [await busy("Emil Adler", recruiter.recruiterId), await busy("Frida Berg", recruiter.recruiterId)];
    const browser = await console(recruiter);
    const list = await browser.get(LIST);
    expect([rowsOf(list), await tripsOf(list)]).toEqual([[...Array(4).fill("Frida Berg"), ...Array(4).fill("Emil Adler")], 1]);
    expect(rowsOf(await browser.get(`${LIST}?search=berg`))).toEqual(Array(4).fill("Frida Berg"));
    const narrowed = await browser.get(`${LIST}?act=message`);
    expect(rowsOf(narrowed)).toEqual(["Frida Berg", "Emil Adler"]);
    expect(narrowed.body).toContain("2 found.");
    expect(wordsOf(await browser.get(`${LIST}?search=nobody`))).toContain("Nothing fits this filter");
    for (let more = 0; more < 6; more++)
      for (const { visitor, id } of [first, second])
        expect((await visitor.post(`/applications/${id}/contact`, { message: `More ${more}` })).status).toBe(303);
    for (let more = 0; more < 6; more++) await first.visitor.post(`/applications/${first.id}/contact`, { message: "On and on" });
    const begun = await browser.get(LIST);
    const older = /href="([^"]+)" rel="next"/.exec(begun.body as string)?.[1]?.replaceAll("&amp;", "&") ?? "";
    const seen = [...rowsOf(begun), ...rowsOf(await browser.get(older))];
    expect([rowsOf(begun).length, seen.length]).toEqual([25, 26]);
    const file = await browser.get(`${LIST}?act=times&format=csv`);
    expect(file.headers.get("content-type")).toContain("text/csv");
    expect((file.body as string).trim().split("\r\n")).toEqual([
      "at,what,candidate,role,company,words,application_id",
      expect.stringMatching(/times,Frida Berg,.*09:00 to 11:30/),
      expect.stringMatching(/times,Emil Adler,.*09:00 to 11:30/),
    ]);
  });

  it("is read by the company's recruiter for as long as the company lets them see applications", async () => {
    const recruiter = await world.recruiter("Rita");
    const { id, company } = await busy("Gus Candidate");
    await db.update(applications).set({ companyRecruiterId: recruiter.recruiterId }).where(eq(applications.id, id));
    const permissions = {
      can_view_jobs: true,
      can_view_applications: true,
      can_advance_candidates: false,
      can_create_jobs: false,
      can_edit_jobs: false,
      can_submit_candidates: true,
    };
    await db
      .insert(recruiterCompanies)
      .values({ recruiterId: recruiter.recruiterId, companyId: company.id, status: "active", permissions });
    const browser = await console(recruiter);
    const page = await browser.get(pageOf(id));
    expect([page.status, rowsOf(await browser.get(LIST)).length]).toEqual([200, 4]);
    expect(wordsOf(page)).toContain("my dog"); // nobody stands nearer to the candidate
    await db
      .update(recruiterCompanies)
      .set({ permissions: { ...permissions, can_view_applications: false } })
      .where(eq(recruiterCompanies.companyId, company.id));
    expect([(await browser.get(pageOf(id))).status, rowsOf(await browser.get(LIST)).length]).toEqual([404, 0]);
  });
});

describe("wishes about somebody's data", () => {
  it("stand on a page of administrators, what is due first at the top, and what is late said so", async () => {
    const admin = await world.platformAdmin();
    const [late, soon, took] = [await world.candidate("Late Lara"), await world.candidate("Soon Sam"), await world.candidate("Took Tom")];
    const asked = (candidate: Candidate, days: number, kind: "export" | "erasure" = "erasure") =>
      db.insert(privacyRequests).values({
        candidateId: candidate.candidateId,
        kind,
        createdAt: new Date(Date.now() - days * DAY_MS),
        ...(kind === "export" ? { status: "done" as const, doneAt: new Date() } : {}),
      });
    await asked(soon, 2);
    await asked(late, 40);
    await asked(took, 1, "export");
    const browser = await console(admin);
    const words = wordsOf(await browser.get("/console/admin/privacy"));
    expect(words).toMatch(/Late Lara.*Overdue.*Soon Sam.*in 2\d days/);
    expect(words).not.toContain("Took Tom");
    const done = wordsOf(await browser.get("/console/admin/privacy?kind=export&status=done"));
    expect(done).toContain("Took Tom");
    expect(done).toContain("1 found.");
    const file = await browser.get("/console/admin/privacy?status=&format=csv");
    expect((file.body as string).trim().split("\r\n")).toHaveLength(4);
  });

  it("lead administrators there from the mail and the notice", async () => {
    const admin = await world.platformAdmin();
    const visitor = await portal.signedIn(await world.candidate("Erna Erased"));
    expect((await visitor.post("/privacy/delete")).status).toBe(303);
    const mail = (await portal.mailsTo(admin.email)).find(({ subject }) => subject.includes("asks to be deleted"));
    expect(mail?.text).toContain("http://app.localhost:8787/console/admin/privacy\n");
    expect((await (await console(admin)).get("/console/notifications")).body).toContain('<a href="/console/admin/privacy">');
  });
});
