import { expect, it } from "vitest";
import { fromDecimal } from "#domain/money.ts";
import { marketplace, type Person } from "#test/api.ts";
import { booksHold, signedBalances } from "./books.ts";
import { fourEyes } from "./four-eyes.ts";
import { settledPlacements } from "./settled.ts";

const world = await marketplace();
const { admin, approved } = await fourEyes(world);
const { days, minute, started, pay } = settledPlacements(world);

const inCents = (words: string): number => fromDecimal(words) ?? Number.NaN;

async function clawBack(placementId: string, amountCents: number): Promise<void> {
  const approval_id = await approved("clawback", placementId, { amount_cents: amountCents });
  const body = { placement_id: placementId, amount_cents: amountCents, reason: "Goodwill", approval_id };
  const answer = await world.call("POST", "clawbacks", { as: admin, body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  await minute();
}

/** A year from this month on, in quarters. */
function quarters(): { from: string; to: string }[] {
  const now = new Date();
  const first = (month: number, day = 1) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + month, day)).toISOString().slice(0, 10);
  return [0, 3, 6, 9].map((month) => ({ from: first(month), to: first(month + 3, 0) }));
}

const statementOf = async (as: Person, query: string) => {
  const answer = await world.call("GET", `statements?${query}`, { as });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body.data;
};

interface Account {
  opening_cents: number;
  closing_cents: number;
}

/** Reads a statement quarter by quarter: each begins where the last ended, and its lines make the difference. Answers where it ends. */
async function wholeYear(as: Person, query: string): Promise<{ closing: Record<string, number>; kinds: Set<string> }> {
  const closing: Record<string, number> = {};
  const kinds = new Set<string>();
  for (const { from, to } of quarters()) {
    const { accounts, lines } = (await statementOf(as, `${query}&from=${from}&to=${to}`)) as {
      accounts: Record<string, Account>;
      lines: { account: string; kind: string; amount: string }[];
    };
    for (const [name, { opening_cents: opening, closing_cents: end }] of Object.entries(accounts)) {
      const told = lines.filter(({ account }) => account === name);
      expect([from, name, opening]).toEqual([from, name, closing[name] ?? 0]);
      expect([from, name, told.reduce((sum, { amount }) => sum + inCents(amount), opening)]).toEqual([from, name, end]);
      for (const { kind } of told) kinds.add(`${name} ${kind}`);
      closing[name] = end;
    }
  }
  return { closing, kinds };
}

it("22.3.35: the statements of a year of every payee and company add up, and equal the ledger", { timeout: 120_000 }, async () => {
  // one goes its whole way and is clawed back in part, one before its release, and one falls off
  const first = await started();
  await pay(first.id);
  await days(95);
  await clawBack(first.id, 500_000);
  const second = await started();
  await pay(second.id);
  await days(30);
  await clawBack(second.id, 333_333);
  await days(65);
  const third = await started();
  await pay(third.id);
  await days(40);
  expect((await world.call("POST", `placements/${third.id}/fail`, { as: third.companyAdmin, body: { reason: "Left" } })).status).toBe(200);
  await minute();
  await days(61);
  await booksHold(world);

  const balances = await signedBalances(world);
  const kinds = new Set<string>();
  for (const { people, company, companyAdmin } of [first, second, third]) {
    for (const person of Object.values(people)) {
      const { closing, kinds: told } = await wholeYear(person, "kind=recruiter");
      expect(closing["payable"]).toBe(0 - (balances.get(`payable:${person.recruiterId}`) ?? 0));
      expect(closing["debt"]).toBe(balances.get(`debt:${person.recruiterId}`) ?? 0);
      for (const kind of told) kinds.add(kind);
    }
    const { closing, kinds: told } = await wholeYear(companyAdmin, `kind=company&company_id=${company.id}`);
    expect(closing["receivable"]).toBe(balances.get(`receivable:${company.id}`) ?? 0);
    for (const account of ["credit", "refund_due"] as const)
      expect(closing[account]).toBe(0 - (balances.get(`${account}:${company.id}`) ?? 0));
    for (const kind of told) kinds.add(kind);
  }
  expect([...kinds].toSorted()).toEqual(
    expect.arrayContaining([
      "credit granted",
      "debt incurred",
      "payable earned",
      "payable paid_out",
      "receivable invoiced",
      "receivable paid",
      "refund_due due",
    ]),
  );
});
