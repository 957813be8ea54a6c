import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serve } from "#local/serve.ts";
import { statementPage, type StatementJson } from "#workers/api/v2/pages/statement.ts";
import { faultsOf, hasChromium, openBrowser } from "./browser.ts";

const PERIOD = { from: "2026-01-01", to: "2026-12-31" };

const earned = {
  date: "2026-05-31T00:00:00.000Z",
  account: "payable",
  kind: "earned",
  placement_id: "0198c0de-0000-7000-8000-000000000001",
  role_title: "Principal Engineer, Reliability <b>and</b> Platform-Infrastructure-Without-A-Break",
  company: "Acme & Sons, Ltd",
  role: "candidate_recruiter",
  team_part: "overhead",
  amount: "1234567.89",
  transfer_id: null,
  status: "completed",
};
const paid = { ...earned, kind: "paid_out", amount: "-1234567.89", transfer_id: "tr_1NvYcsLkdIwHu7ixQ2gXkzTq" };

const balances = {
  opening: "0.00",
  earned: "1234567.89",
  clawed_back: "0.00",
  cancelled: "0.00",
  netted: "0.00",
  paid_out: "-1234567.89",
  closing: "0.00",
};

const STATEMENTS: Readonly<Record<string, StatementJson>> = {
  recruiter: {
    kind: "recruiter",
    of: { id: "r", name: "Rhea Recruiter" },
    period: PERIOD,
    currency: "usd",
    accounts: {
      payable: balances,
      debt: { opening: "0.00", incurred: "0.00", netted: "0.00", reversed: "0.00", written_off: "0.00", closing: "0.00" },
    },
    year_to_date: { earned: "1234567.89", paid_out: "1234567.89" },
    lines: Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? earned : paid)),
    upcoming: [
      {
        role: "candidate_recruiter",
        placement_id: "p",
        amount: "6000.00",
        expected_at: "2027-02-28T00:00:00.000Z",
        blockers: [{ sentence: "The guarantee is still running." }, { sentence: "The invoice has not been issued yet." }],
      },
      { role: "job_owner", placement_id: "q", amount: "3000.00", expected_at: null, blockers: [] },
    ],
  },
  team: {
    kind: "team",
    of: { id: "t", name: "Alpha" },
    period: PERIOD,
    currency: "usd",
    accounts: {},
    total: { earned: "6000.00", paid_out: "6000.00" },
    members: [
      { name: "Olga", earned: "1200.00", paid_out: "1200.00" },
      { name: "Emil", earned: "4800.00", paid_out: "4800.00" },
    ],
    placements: [],
    lines: [earned, paid],
  },
  company: {
    kind: "company",
    of: { id: "c", name: "Acme & Sons, Ltd" },
    period: PERIOD,
    currency: "usd",
    accounts: {
      receivable: { opening: "0.00", invoiced: "20000.00", paid: "-20000.00", credited: "0.00", given_up: "0.00", closing: "0.00" },
      credit: { opening: "0.00", granted: "0.00", used: "0.00", ended: "0.00", lost: "0.00", closing: "0.00" },
      refund_due: { opening: "0.00", overpaid: "0.00", due: "0.00", refunded: "0.00", closing: "0.00" },
    },
    lines: [
      {
        date: "2026-03-02T00:00:00.000Z",
        account: "receivable",
        kind: "invoiced",
        placement_id: "p",
        role_title: "Engineer",
        invoice_number: "ACME-0001",
        amount: "20000.00",
      },
    ],
    invoices: [
      {
        number: "ACME-0001",
        status: "paid",
        due_date: "2026-04-01",
        amount_due: "20000.00",
        amount_paid: "20000.00",
        lines: [
          { kind: "fee", amount: "22000.00" },
          { kind: "discount", amount: "-2000.00" },
        ],
      },
    ],
    credits: [{ status: "open", amount: "20000.00", used: "0.00", expires_at: "2026-06-10T00:00:00.000Z" }],
    commitment: {
      contract_year: { from: "2026-01-01", until: "2027-01-01" },
      placements: 3,
      min_placements_per_year: 10,
      discount_reached: true,
    },
  },
  empty: {
    kind: "recruiter",
    of: { id: "r", name: "Nobody Yet" },
    period: PERIOD,
    currency: "usd",
    accounts: { payable: { opening: "0.00", closing: "0.00" } },
    year_to_date: { earned: "0.00", paid_out: "0.00" },
    lines: [],
    upcoming: [],
  },
};

describe.runIf(hasChromium)("a statement, as a browser shows it", () => {
  let browser: Browser | undefined;
  let server: Awaited<ReturnType<typeof serve>> | undefined;

  beforeAll(async () => {
    browser = await openBrowser();
    server = await serve(0, async (request) => {
      const statement = STATEMENTS[new URL(request.url).pathname.slice(1)];
      if (!statement) return new Response(null, { status: 204 });
      const { body, headers } = await statementPage(statement);
      return new Response(body, { headers });
    });
  });
  afterAll(() => Promise.all([browser?.close(), server?.stop()]));

  it.each(Object.keys(STATEMENTS))("%s", async (kind) => {
    expect(await faultsOf(browser as Browser, `${server?.url}/${kind}`)).toEqual([]);
  });

  it("prints on A4, black on white, also from a dark screen", async () => {
    const page = await (browser as Browser).newPage({ colorScheme: "dark" });
    await page.goto(`${server?.url}/recruiter`);
    await page.emulateMedia({ media: "print" });
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)");
    const file = await page.pdf({ preferCSSPageSize: true });
    const [, width, height] = /\/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)/.exec(file.toString("latin1")) ?? [];
    expect([Math.round(Number(width)), Math.round(Number(height))]).toEqual([595, 842]);
    await page.close();
  });

  it("shows what people wrote as text", async () => {
    const { body } = await statementPage(STATEMENTS["recruiter"] as StatementJson);
    expect(body).toContain("Reliability &lt;b&gt;and&lt;/b&gt;");
    expect(body).toContain("Acme &amp; Sons, Ltd");
    expect(body).toContain("−1,234,567.89");
  });
});
