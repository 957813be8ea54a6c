import { describe, expect, it } from "vitest";
import { sql } from "drizzle-orm";
import {
  clawbacks,
  customContracts,
  payoutReversals,
  placementPayoutTransactions,
  recruiterDebts,
  stripeOperations,
} from "#db/schema/billing.ts";
import { teamMembers, teams, teamSplitConfigs } from "#db/schema/network.ts";
import { DEAL_ROLES } from "#domain/commission/deal-roles.ts";
import { accountOf } from "#domain/ledger/accounts.ts";
import type { Posting } from "#domain/ledger/posting.ts";
import {
  clawbackPosting,
  invoicePosting,
  nettingPosting,
  paymentPosting,
  payoutPosting,
  releasePosting,
  reversalPosting,
  writeoffPosting,
} from "#domain/ledger/postings.ts";
import { cents, fromDecimal } from "#domain/money.ts";
import { marketplace, type Person } from "#test/api.ts";
import { signedBalances } from "./books.ts";
import { daysAgo, hires, inDays, type RecruiterPerson } from "./hires.ts";

const world = await marketplace();
const { subscribe, offer, hire, money } = hires(world);
const db = world.db.writer;

const YEAR = "from=2026-01-01&to=2026-12-31";
const read = (as: Person, query: string) => world.call("GET", `statements?${query}`, { as });
const own = async (as: Person, query: string) => (await read(as, `kind=recruiter&${query}`)).body.data;

async function on(tier: "paid" | "free", name = "Recruiter"): Promise<RecruiterPerson> {
  const recruiter = await world.recruiter(name);
  if (tier === "paid") await subscribe(recruiter, tier);
  return recruiter;
}

let moved = 0;
const movement = (): string => `txn_${++moved}`;

/** Books a posting at an instant of its own. */
async function book(posting: Posting, at: string, placementId: string | null): Promise<void> {
  const entries = posting.entries.map(({ account, amount, balanceTransactionId }) => {
    const { kind, floor } = accountOf(account);
    return { account, kind, floor, amount, balance_transaction_id: balanceTransactionId };
  });
  await db.execute(sql`select billing.post(${crypto.randomUUID()}::uuid, ${posting.kind}, ${posting.key}, 'hash', ${at}::timestamptz,
    ${placementId}::uuid, ${JSON.stringify(entries)}::jsonb)`);
}

interface Share {
  id: string;
  recruiterId: string;
  net: ReturnType<typeof cents>;
}

/** A placement that was hired now and whose money is booked: invoiced, paid and released on the dates given. */
async function settled(
  company: { id: string; organizationId: string },
  recruiters: Parameters<typeof offer>[0]["recruiters"] & object,
  dates: { invoiced: string; paid: string; released: string },
): Promise<{ id: string; shares: Share[] }> {
  const admin = await world.member(company);
  const id = (await hire(admin, await offer({ company, recruiters }))).body.data.id as string;
  const { transactions, fee } = await money(id);
  const total = cents(fromDecimal(fee) ?? 0);
  const invoiceId = crypto.randomUUID();
  await book(
    invoicePosting({ invoiceId, placementId: id, companyId: company.id, due: total, creditApplied: cents(0) }),
    dates.invoiced,
    id,
  );
  const { posting } = paymentPosting({
    paymentId: crypto.randomUUID(),
    companyId: company.id,
    open: total,
    money: { through: "stripe", balanceTransactionId: movement(), gross: total, fee: cents(58_030) },
  });
  await book(posting, dates.paid, id);
  const shares = transactions.map((row) => ({ id: row.id, recruiterId: row.recruiterId, net: cents(row.netCents) }));
  const release = releasePosting({ placementId: id, escrow: total, payables: shares });
  if (release) await book(release, dates.released, id);
  await db
    .update(placementPayoutTransactions)
    .set({ eligibleAt: new Date(dates.released) })
    .where(sql`${placementPayoutTransactions.placementId} = ${id}`);
  return { id, shares };
}

const payOut = (share: Share, at: string, placementId: string, net = share.net) =>
  book(payoutPosting({ transactionId: share.id, recruiterId: share.recruiterId, net, balanceTransactionId: movement() }), at, placementId);

/** A clawback after the release: what each share gives, paid or unpaid, booked with its rows. Answers the debts. */
async function clawBack(
  placementId: string,
  companyId: string,
  at: string,
  parts: readonly { share: Share; unpaid: number; paid: number }[],
): Promise<Map<string, { debtId: string; reversalId: string }>> {
  const clawbackId = crypto.randomUUID();
  const refund = parts.reduce((sum, { unpaid, paid }) => sum + unpaid + paid, 0);
  await db.insert(clawbacks).values({
    id: clawbackId,
    placementId,
    cause: "admin",
    causeId: crypto.randomUUID(),
    refundCents: cents(refund),
    platformCents: cents(0),
    beforeRelease: false,
    reason: "a test",
  });
  const made = new Map<string, { debtId: string; reversalId: string }>();
  for (const { share, unpaid, paid } of parts) {
    const [reversalId, debtId] = [crypto.randomUUID(), crypto.randomUUID()];
    await db.insert(payoutReversals).values({
      id: reversalId,
      clawbackId,
      payoutTransactionId: share.id,
      cause: `clawback:${clawbackId}`,
      amountCents: cents(unpaid + paid),
      unpaidCents: cents(unpaid),
      paidCents: cents(paid),
    });
    if (paid > 0)
      await db
        .insert(recruiterDebts)
        .values({ id: debtId, recruiterId: share.recruiterId, reversalId, amountCents: cents(paid), recovery: "netting" });
    made.set(share.id, { debtId, reversalId });
  }
  const posting = clawbackPosting({
    clawbackId,
    companyId,
    stage: "after_release",
    parts: parts.map(({ share, unpaid, paid }) => ({ recruiterId: share.recruiterId, unpaid: cents(unpaid), paid: cents(paid) })),
    platform: cents(0),
    to: "refund_due",
  });
  await book(posting, at, placementId);
  return made;
}

/** Reads RFC 4180. */
function parseCsv(text: string): Record<string, string>[] {
  const [heads = [], ...rows] = [...text.matchAll(/((?:"(?:[^"]|"")*"|[^",\r\n])*)(,|\r\n)/g)].reduce<string[][]>(
    (lines, [, cell = "", end]) => {
      (lines.at(-1) as string[]).push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
      if (end === "\r\n") lines.push([]);
      return lines;
    },
    [[]],
  );
  return rows.filter((row) => row.length > 0).map((row) => Object.fromEntries(heads.map((head, index) => [head, row[index] ?? ""])));
}

const asCells = (row: Record<string, string | number | null>) =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? "" : String(value)]));

const inCents = (words: string): number => fromDecimal(words) ?? Number.NaN;

const company = await world.company("Acme, Ltd");
const five = await Promise.all(DEAL_ROLES.map((role) => on("paid", role)));
const recruiters = Object.fromEntries(DEAL_ROLES.map((role, index) => [role, five[index]])) as Record<
  (typeof DEAL_ROLES)[number],
  RecruiterPerson
>;
const { candidate_recruiter: closer, company_recruiter: second } = recruiters;

const first = await settled(company, recruiters, {
  invoiced: "2026-01-05T10:00:00Z",
  paid: "2026-01-25T10:00:00Z",
  released: "2026-04-10T00:00:00Z",
});
const later = await settled(
  company,
  { candidate_recruiter: closer },
  { invoiced: "2026-03-01T10:00:00Z", paid: "2026-03-20T10:00:00Z", released: "2026-06-30T23:59:59Z" },
);
const shareOf = ({ shares }: { shares: Share[] }, recruiter: RecruiterPerson) =>
  shares.find(({ recruiterId }) => recruiterId === recruiter.recruiterId) as Share;
const [closers, seconds, thirds] = [shareOf(first, closer), shareOf(first, second), shareOf(later, closer)];
await payOut(closers, "2026-04-11T00:00:00Z", first.id);
const made = await clawBack(first.id, company.id, "2026-05-31T23:59:59Z", [
  { share: closers, unpaid: 0, paid: 70_000 },
  { share: seconds, unpaid: 100_000, paid: 0 },
]);
const debt = made.get(closers.id) ?? { debtId: "", reversalId: "" };
await payOut(seconds, "2026-06-01T00:00:00Z", first.id, cents(seconds.net - 100_000));
await book(
  nettingPosting({ transactionId: thirds.id, debtId: debt.debtId, recruiterId: closer.recruiterId, amount: cents(20_000) }),
  "2026-07-01T00:00:00Z",
  later.id,
);
const [operation] = await db
  .insert(stripeOperations)
  .values({ kind: "transfer_reversal", subjectType: "payout_reversal", subjectId: debt.reversalId, request: {}, nextAttemptAt: new Date() })
  .returning({ id: stripeOperations.id });
await book(
  reversalPosting({
    operationId: operation?.id ?? "",
    recruiterId: closer.recruiterId,
    amount: cents(40_000),
    balanceTransactionId: movement(),
  }),
  "2026-07-02T00:00:00Z",
  first.id,
);
await book(
  writeoffPosting({ debtId: debt.debtId, recruiterId: closer.recruiterId, amount: cents(10_000) }),
  "2026-08-01T00:00:00Z",
  first.id,
);

describe("a recruiter's statement", () => {
  it("adds up from opening to closing, month by month and over the year, and equals the ledger", async () => {
    const balances = await signedBalances(world);
    for (const recruiter of five) {
      const year = await own(recruiter, YEAR);
      expect(year.accounts.payable.closing_cents).toBe(0 - (balances.get(`payable:${recruiter.recruiterId}`) ?? 0));
      expect(year.accounts.debt.closing_cents).toBe(balances.get(`debt:${recruiter.recruiterId}`) ?? 0);
      let closing = { payable: 0, debt: 0 };
      for (let month = 1; month <= 12; month++) {
        const { accounts, lines } = await own(recruiter, `month=2026-${String(month).padStart(2, "0")}`);
        for (const account of ["payable", "debt"] as const) {
          const { opening_cents: opening, closing_cents: end, ...rest } = accounts[account];
          const movements = Object.entries(rest).filter(([name]) => name.endsWith("_cents")) as [string, number][];
          expect(opening).toBe(closing[account]);
          expect(movements.reduce((sum, [, amount]) => sum + amount, opening)).toBe(end);
          const told = (lines as { account: string; amount: string }[]).filter((line) => line.account === account);
          expect(told.reduce((sum, { amount }) => sum + inCents(amount), opening)).toBe(end);
          closing = { ...closing, [account]: end };
        }
      }
      expect(closing).toEqual({ payable: year.accounts.payable.closing_cents, debt: year.accounts.debt.closing_cents });
    }
  });

  it("names each line, and what was earned, clawed back, netted and paid out", async () => {
    const year = await own(closer, YEAR);
    expect(year.accounts.payable).toMatchObject({
      opening: "0.00",
      earned: "12000.00",
      netted: "-200.00",
      paid_out: "-6000.00",
      closing: "5800.00",
    });
    expect(year.accounts.debt).toMatchObject({
      incurred: "700.00",
      netted: "-200.00",
      reversed: "-400.00",
      written_off: "-100.00",
      closing: "0.00",
    });
    expect(year.year_to_date).toMatchObject({ earned: "12000.00", paid_out: "6000.00" });
    expect(year.lines.map((line: { kind: string; amount: string }) => [line.kind, line.amount])).toEqual([
      ["earned", "6000.00"],
      ["paid_out", "-6000.00"],
      ["incurred", "700.00"],
      ["earned", "6000.00"],
      ["netted", "-200.00"],
      ["netted", "-200.00"],
      ["reversed", "-400.00"],
      ["written_off", "-100.00"],
    ]);
    expect(year.lines[0]).toMatchObject({
      date: "2026-04-10T00:00:00.000Z",
      company: "Acme, Ltd",
      role: "candidate_recruiter",
      rate: "30.00",
      tier: "paid",
      standard_amount: "6000.00",
      bonus_amount: "0.00",
      team_id: null,
      placement_id: first.id,
    });
    expect((await own(second, YEAR)).accounts.payable).toMatchObject({ earned: "3000.00", clawed_back: "-1000.00", paid_out: "-2000.00" });
    // the last second of June is June's
    expect((await own(closer, "month=2026-06")).accounts.payable.earned).toBe("6000.00");
    expect((await own(closer, "month=2026-07")).accounts.payable.earned).toBe("0.00");
  });

  it("22.3.35: is the same as CSV, and has a page", async () => {
    const json = await own(closer, YEAR);
    const file = await read(closer, `kind=recruiter&${YEAR}&format=csv`);
    expect(file.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(file.headers.get("content-disposition")).toBe('attachment; filename="statement-recruiter-2026-01-01-2026-12-31.csv"');
    expect(parseCsv(file.body)).toEqual(json.lines.map(asCells));
    const page = await read(closer, `kind=recruiter&${YEAR}&format=html`);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(page.body).toContain("Acme, Ltd");
    expect(page.body).toContain("12,000.00");
    expect(page.body).not.toContain("<script");
  });

  it("tells what is to come, when it is expected and what it waits for", async () => {
    const admin = await world.member(company);
    const id = (await hire(admin, await offer({ company, recruiters: { candidate_recruiter: closer } }))).body.data.id as string;
    const { upcoming } = await own(closer, YEAR);
    const mine = upcoming.find((payout: { placement_id: string }) => payout.placement_id === id);
    expect(mine).toMatchObject({ amount: "6000.00", role: "candidate_recruiter" });
    expect(mine.blockers.map(({ code }: { code: string }) => code)).toEqual(
      expect.arrayContaining(["placement_not_started", "invoice_not_issued", "connect_required"]),
    );
    expect(mine.blockers[0]).toMatchObject({ sentence: "The candidate has not started yet.", who: null });
  });

  it("is one's own; a platform admin reads any", async () => {
    const operator = await world.platformAdmin();
    expect((await read(operator, `kind=recruiter&recruiter_id=${closer.recruiterId}&${YEAR}`)).body.data.of.id).toBe(closer.recruiterId);
    expect((await read(second, `kind=recruiter&recruiter_id=${closer.recruiterId}&${YEAR}`)).status).toBe(404);
    expect((await read(await world.member(company), `kind=recruiter&${YEAR}`)).status).toBe(403);
    expect((await read(await world.candidate(), `kind=recruiter&${YEAR}`)).status).toBe(403);
    expect((await world.call("GET", `statements?kind=recruiter&${YEAR}`)).status).toBe(401);
  });

  it("takes a month, or 366 days at most", async () => {
    for (const query of [
      "",
      "month=2026-13",
      "month=2026-05&from=2026-01-01&to=2026-01-31",
      "from=2026-01-01",
      "from=2026-01-02&to=2026-01-01",
      "from=2025-01-01&to=2026-01-02",
    ]) {
      expect((await read(closer, `kind=recruiter&${query}`)).status, query).toBe(422);
    }
    expect((await read(closer, "kind=recruiter&from=2024-01-01&to=2024-12-31")).status).toBe(200);
    expect((await read(closer, "kind=everything&month=2026-01")).status).toBe(400);
    expect((await read(closer, "kind=recruiter&month=2026-01&format=pdf")).status).toBe(400);
  });

  it("takes one trip", async () => {
    const answer = await read(closer, `kind=recruiter&${YEAR}`);
    expect((await world.database.counts(answer.headers.get("x-request-id") ?? "")).round_trips).toBe(1);
  });

  it("leaves a company its own side: what it was invoiced, paid and is owed, and no split", async () => {
    const admin = await world.member(company);
    const approver = await world.platformAdmin();
    await db.insert(customContracts).values({
      companyId: company.id,
      contractStartDate: inDays(-30),
      minPlacementsPerYear: 4,
      discountPercentage: 1_000 as never,
      discountThreshold: 3,
      approvedByAdminId: approver.userId,
      approvedAt: daysAgo(30),
    });
    const answer = await read(admin, `kind=company&company_id=${company.id}&${YEAR}`);
    expect(answer.status).toBe(200);
    const { data } = answer.body;
    const balances = await signedBalances(world);
    expect(data.accounts.receivable).toMatchObject({ invoiced: "40000.00", paid: "-40000.00", closing: "0.00" });
    expect(data.accounts.refund_due).toMatchObject({ due: "1700.00", closing: "1700.00" });
    expect(data.accounts.refund_due.closing_cents).toBe(0 - (balances.get(`refund_due:${company.id}`) ?? 0));
    expect(data.commitment).toMatchObject({ placements: 0, min_placements_per_year: 4, discount_reached: false });
    for (const [account, { opening_cents: opening, closing_cents: closing }] of Object.entries<Record<string, number>>(data.accounts)) {
      const told = (data.lines as { account: string; amount: string }[]).filter((line) => line.account === account);
      expect(told.reduce((sum, { amount }) => sum + inCents(amount), opening ?? 0)).toBe(closing);
    }
    const words = JSON.stringify(data);
    for (const { recruiterId } of five) expect(words).not.toContain(recruiterId);
    const file = await read(admin, `kind=company&company_id=${company.id}&${YEAR}&format=csv`);
    expect(parseCsv(file.body)).toEqual(data.lines.map(asCells));
    expect((await read(admin, `kind=company&company_id=${company.id}&${YEAR}&format=html`)).body).toContain("40,000.00");

    expect((await read(await world.member(company, "hiring_manager"), `kind=company&company_id=${company.id}&${YEAR}`)).status).toBe(403);
    expect((await read(closer, `kind=company&company_id=${company.id}&${YEAR}`)).status).toBe(403);
    expect((await read(admin, `kind=company&${YEAR}`)).status).toBe(422);
    expect((await read(admin, `kind=company&company_id=${crypto.randomUUID()}&${YEAR}`)).status).toBe(404);
  });
});

describe("a team's statement", () => {
  it("shows each member to its owner and admins, and to a member their own lines with the team's total", async () => {
    const [owner, earner, third, helper] = [
      await on("paid", "Olga"),
      await on("paid", "Emil"),
      await on("paid", "Tara"),
      await on("paid", "Cole"),
    ];
    const [row] = await db.insert(teams).values({ name: "Alpha", ownerUserId: owner.userId, status: "active" }).returning({ id: teams.id });
    const teamId = row?.id ?? "";
    await db.insert(teamMembers).values(
      [owner, earner, third, helper].map(({ recruiterId }, index) => ({
        teamId,
        recruiterId,
        teamRole: (["owner", "member", "admin", "collaborator"] as const)[index] ?? "member",
        status: "active" as const,
        joinedAt: daysAgo(30 - index),
      })),
    );
    await db.insert(teamSplitConfigs).values({
      teamId,
      model: "hybrid",
      config: { overhead_bp: 2000 },
      isDefault: true,
      effectiveFrom: daysAgo(20),
      createdByUserId: owner.userId,
    });
    const company = await world.company("Beta");
    const dates = { invoiced: "2026-01-05T10:00:00Z", paid: "2026-01-25T10:00:00Z", released: "2026-04-10T00:00:00Z" };
    const shared = await settled(company, { candidate_recruiter: earner }, dates);
    // what a collaborator earns is no matter of the team
    await settled(company, { candidate_recruiter: helper }, dates);
    for (const share of shared.shares) await payOut(share, "2026-04-11T00:00:00Z", shared.id);

    const query = `kind=team&team_id=${teamId}&${YEAR}`;
    const whole = (await read(owner, query)).body.data;
    expect(whole.total).toMatchObject({ earned: "6000.00", paid_out: "6000.00" });
    expect(whole.members.map(({ name, earned }: { name: string; earned: string }) => [name, earned]).toSorted()).toEqual([
      ["Emil", "4800.00"],
      ["Olga", "1200.00"],
    ]);
    expect(whole.placements).toMatchObject([{ placement_id: shared.id, earned: "6000.00" }]);
    expect(whole.lines.map((line: { team_part: string }) => line.team_part).toSorted()).toEqual([
      "member",
      "member",
      "overhead",
      "overhead",
    ]);
    expect((await read(third, query)).body.data.members).toHaveLength(2);
    expect(parseCsv((await read(owner, `${query}&format=csv`)).body)).toEqual(whole.lines.map(asCells));
    expect((await read(owner, `${query}&format=html`)).body).toContain("Emil");

    const part = (await read(earner, query)).body.data;
    expect(part.total.earned).toBe("6000.00");
    expect(part.members).toMatchObject([{ name: "Emil", earned: "4800.00" }]);
    expect(part.placements).toBeNull();
    expect(JSON.stringify(part)).not.toContain(owner.recruiterId);

    expect((await read(helper, query)).status).toBe(403);
    expect((await read(await world.recruiter(), query)).status).toBe(404);
    expect((await read(await world.member(company), query)).status).toBe(404);
    expect((await read(await world.platformAdmin(), query)).body.data.members).toHaveLength(2);
    expect((await read(owner, `kind=team&${YEAR}`)).status).toBe(422);
  });
});
