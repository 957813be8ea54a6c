import { eq, inArray, sql } from "drizzle-orm";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  clawbacks,
  companyBillingProfiles,
  payoutAttempts,
  placementInvoices,
  placementPayoutTransactions,
  recruiterDebts,
  switches,
} from "#db/schema/billing.ts";
import { recruiters as recruiterTable } from "#db/schema/network.ts";
import { outbox } from "#db/schema/ops.ts";
import type { DealRole } from "#domain/commission/deal-roles.ts";
import { marketplace, type Person } from "#test/api.ts";
import { booksHold, signedBalances } from "./books.ts";
import { fourEyes } from "./four-eyes.ts";
import { hires, inDays, type RecruiterPerson } from "./hires.ts";
import { settledPlacements } from "./settled.ts";

const world = await marketplace();
const { controls } = world.stripe;
const { offer, hire } = hires(world);
const { payee, payees } = settledPlacements(world);
const { admin, second, requested, approved } = await fourEyes(world);
const db = world.db.writer;

const HOUR = 3_600;
const DAY = 24 * HOUR;
let ahead = 0;

async function later(seconds: number): Promise<void> {
  ahead += seconds;
  await world.advance(seconds);
  await minute();
}

async function minute(): Promise<void> {
  await world.cron("* * * * *");
  await world.settle();
}

afterEach(async () => {
  await controls.clearFaults();
  await controls.setDelivery({ dropTypes: [] });
  await booksHold(world);
  await controls.assertConserved();
});

const SEND = "POST /v1/transfers";

/** A hire without a guarantee whose invoice is paid and settles in a week: then its shares are due. */
async function settling(people: Partial<Record<DealRole, RecruiterPerson>>, salaryCents = 10_000_000) {
  const company = await world.company();
  const companyAdmin = await world.member(company);
  await db.insert(companyBillingProfiles).values({ companyId: company.id, billingEmail: `books.${company.id}@acme.test` });
  const deal = await offer({ company, recruiters: people, job: { guaranteeDays: 0 } });
  const answer = await hire(companyAdmin, deal, { start_date: inDays(Math.floor(ahead / DAY)), salary_cents: salaryCents });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  const id: string = answer.body.data.id;
  await world.settle();
  const [invoice] = await db.select().from(placementInvoices).where(eq(placementInvoices.placementId, id));
  await controls.payInvoice({ invoice: invoice?.stripeInvoiceId ?? "" });
  await world.settle();
  return { id, company, companyAdmin };
}

const paysOf = (id: string) =>
  db
    .select()
    .from(placementPayoutTransactions)
    .where(eq(placementPayoutTransactions.placementId, id))
    .orderBy(placementPayoutTransactions.id);
const payOf = async (id: string) => {
  const [row] = await paysOf(id);
  if (!row) throw new Error("no payout");
  return row;
};
const attemptsOf = async (id: string) =>
  (
    await db
      .select()
      .from(payoutAttempts)
      .where(eq(payoutAttempts.transactionId, id))
      .orderBy(payoutAttempts.attemptNo, payoutAttempts.at, payoutAttempts.phase)
  ).map(({ attemptNo, phase, keyVersion, outcome }) => `${attemptNo} ${phase} ${keyVersion} ${outcome ?? "-"}`);
const told = async (subject: string) =>
  (
    await db
      .select()
      .from(outbox)
      .where(sql`${outbox.subjectId} = ${subject} and ${outbox.eventType} <> 'payout.due'`)
      .orderBy(outbox.id)
  ).map(({ eventType }) => eventType);

interface Told {
  id: string;
  metadata: Record<string, string>;
  amount: number;
  destination: string;
}

/** The transfers that the stand-in made for a placement. */
async function transfersOf(placementId: string): Promise<Told[]> {
  const response = await fetch(`${world.stripe.url}/v1/transfers?limit=100&transfer_group=placement_${placementId}`, {
    headers: { authorization: `Bearer ${world.stripe.key}` },
  });
  return ((await response.json()) as { data: Told[] }).data;
}

const conditionsOf = async (id: string, as: { token: string }) =>
  (await world.call("GET", `payout-transactions/${id}?include=conditions`, { as })).body.data.conditions;
const codes = async (id: string, as: { token: string } = admin): Promise<string[]> =>
  ((await conditionsOf(id, as)).blockers as { code: string }[]).map(({ code }) => code);

const accountOf = async ({ recruiterId }: RecruiterPerson) =>
  (await db.select().from(recruiterTable).where(eq(recruiterTable.id, recruiterId)))[0]?.stripeConnectAccountId ?? "";

describe("a payout that is due", () => {
  it("is transferred with its net, its key and its metadata, and told once", async () => {
    const closer = await payee("closer");
    const { id } = await settling({ candidate_recruiter: closer });
    expect(await codes((await payOf(id)).id, closer)).toEqual(["guarantee_running", "funds_settling"]);
    await later(8 * DAY);
    const payout = await payOf(id);
    expect(payout).toMatchObject({ status: "completed", completionReason: "transfer", attempts: 1, retryCount: 0, leaseToken: null });
    expect(await transfersOf(id)).toMatchObject([
      {
        id: payout.stripeTransferId,
        amount: 600_000,
        destination: await accountOf(closer),
        metadata: { payout_transaction_id: payout.id, placement_id: id, role: "candidate_recruiter" },
      },
    ]);
    expect(await told(payout.id)).toEqual(["payout.processed"]);
    expect(await attemptsOf(payout.id)).toEqual(["1 answered 1 done", "1 claimed 1 -"]);
    expect(await conditionsOf(payout.id, closer)).toEqual({ closed: "transfer" });
    const { rows } = await db.execute(
      sql`select action, old_status, new_status from billing.payout_audit_log where transaction_id = ${payout.id}`,
    );
    expect(rows).toContainEqual({ action: "completed", old_status: "processing", new_status: "completed" });
  });

  it("22.3.19 and scenario 49: waits for a payee who is not ready, while the others are paid; the next minute after onboarding pays", async () => {
    const [ready, late] = [await payees(), await world.recruiter("late")];
    await world.call("PUT", "tax-profiles/me", { as: late, body: { form: "w9", classification: "individual", tin_last4: "1234" } });
    const { id } = await settling({ ...ready, company_recruiter: late });
    await later(8 * DAY);
    const ofLate = async () => (await paysOf(id)).find(({ recruiterId }) => recruiterId === late.recruiterId);
    const waiting = await ofLate();
    expect((await paysOf(id)).filter(({ status }) => status === "completed")).toHaveLength(4);
    expect(await transfersOf(id)).toHaveLength(4);
    expect(waiting).toMatchObject({ status: "on_hold", holdReasons: ["connect_required"], attempts: 0 });
    expect(await told(waiting?.id ?? "")).toEqual(["payout.held", "payout.connect_required"]);
    expect((await conditionsOf(waiting?.id ?? "", late)).blockers).toMatchObject([{ code: "connect_required", who: "payee" }]);

    const urls = { return_url: "https://app.splits.test/a", refresh_url: "https://app.splits.test/b" };
    await world.call("POST", "recruiters/me/payout-account/onboarding-link", { as: late, body: urls });
    await controls.completeOnboarding({ account: await accountOf(late) });
    await world.settle();
    await minute();
    expect(await ofLate()).toMatchObject({ status: "completed", holdReasons: [] });
    expect(await transfersOf(id)).toHaveLength(5);
  });

  it("22.3.20 and scenario 50: tries again after one hour and after six when Stripe refuses, and counts the refusals", async () => {
    const { id } = await settling({ candidate_recruiter: await payee("refused") });
    await controls.fault({ kind: "refuse", route: SEND, code: "parameter_invalid_integer", times: 2 });
    await later(8 * DAY);
    expect(await payOf(id)).toMatchObject({ status: "failed", retryCount: 1, failureReason: "parameter_invalid_integer" });
    expect(await codes((await payOf(id)).id)).toEqual(["retry_scheduled"]);
    await later(HOUR + 60);
    expect(await payOf(id)).toMatchObject({ status: "failed", retryCount: 2, keyVersion: 2 });
    await later(5 * HOUR);
    expect((await payOf(id)).status).toBe("failed");
    await later(HOUR + 60);
    const payout = await payOf(id);
    expect(payout).toMatchObject({ status: "completed", retryCount: 2, keyVersion: 3 });
    expect(await transfersOf(id)).toHaveLength(1);
    expect(await told(payout.id)).toEqual(["payout.failed", "payout.failed", "payout.processed"]);
  });

  it("22.3.20 and scenario 50: fails for good at the third refusal, and an admin adds one attempt", async () => {
    const closer = await payee("given up");
    const { id } = await settling({ candidate_recruiter: closer });
    await controls.fault({ kind: "refuse", route: SEND, code: "parameter_invalid_integer", times: 3 });
    for (const hours of [8 * 24, 2, 7]) await later(hours * HOUR);
    const failed = await payOf(id);
    expect(failed).toMatchObject({ status: "failed", retryCount: 3, nextRetryAt: null });
    const finals = await db
      .select()
      .from(outbox)
      .where(sql`${outbox.subjectId} = ${failed.id} and ${outbox.payload} ->> 'final' = 'true'`);
    expect(finals).toHaveLength(1);
    await later(3 * DAY);
    expect((await payOf(id)).status).toBe("failed");
    expect(await codes(failed.id, closer)).toEqual(["failed_final"]);

    const path = `payout-transactions/${failed.id}/retry`;
    expect((await world.call("POST", path, { as: closer, body: {} })).status).toBe(403);
    expect((await world.call("POST", path, { as: await world.recruiter(), body: {} })).status).toBe(404);
    expect((await world.call("POST", path, { as: admin, body: {} })).body).toMatchObject({ data: { status: "failed" } });
    await world.settle();
    expect(await payOf(id)).toMatchObject({ status: "completed", retryCount: 2 });
    expect((await attemptsOf(failed.id)).filter((attempt) => attempt.includes("looked_up"))).toHaveLength(3);
    expect((await world.call("POST", path, { as: admin, body: {} })).status).toBe(409);
  });

  it("22.3.11: is paid as it was snapshotted to a sourcer who is inactive the day after the hire", async () => {
    const sourcer = await payee("gone the next day");
    const { id } = await settling({ candidate_sourcer: sourcer });
    await later(DAY);
    await db.update(recruiterTable).set({ status: "inactive" }).where(eq(recruiterTable.id, sourcer.recruiterId));
    await later(8 * DAY);
    expect(await payOf(id)).toMatchObject({ status: "completed", netCents: 160_000 });
  });

  it("22.3.12: waits for who was inactive at the hire, comes before an admin after twelve months, and goes on with them", async () => {
    const owner = await payee("away for a year");
    const turn = (status: "active" | "inactive") =>
      db.update(recruiterTable).set({ status }).where(eq(recruiterTable.id, owner.recruiterId));
    await turn("inactive");
    const { id } = await settling({ job_owner: owner });
    const overdue = async (): Promise<string[]> => {
      await world.call("POST", "reconciliation-runs", { as: admin, body: {} });
      const { body } = await world.call("GET", "reconciliation-breaks?kind=inactive_at_hire_overdue&limit=100", { as: admin });
      return (body.data as { subject: string; resolved_at: string | null }[])
        .filter((row) => !row.resolved_at)
        .map(({ subject }) => subject);
    };
    await later(364 * DAY);
    expect(await overdue()).toEqual([]);
    await later(2 * DAY);
    const row = await payOf(id);
    expect(row).toMatchObject({ status: "on_hold", holdReasons: ["inactive_at_hire"], attempts: 0 });
    expect(await overdue()).toEqual([row.id]);
    await turn("active");
    await minute();
    expect(await payOf(id)).toMatchObject({ status: "completed" });
    expect(await overdue()).toEqual([]);
  });

  it("calls people when more than 2 % of an hour are refused, and when one that may go has not gone for an hour", async () => {
    await later(2 * HOUR);
    const { id } = await settling({ candidate_recruiter: await payee("watched") });
    const called = async (work: () => Promise<void>) => {
      const spy = vi.spyOn(console, "error");
      await work();
      const told = spy.mock.calls.map(([line]) => JSON.parse(String(line)) as { message: string; transaction_id?: string });
      spy.mockRestore();
      return told.filter(({ message }) => message === "payouts are refused too often" || message === "a payout has been due for an hour");
    };
    await controls.fault({ kind: "refuse", route: SEND, code: "parameter_invalid_integer", times: 1 });
    await later(8 * DAY);
    expect(await called(minute)).toMatchObject([{ message: "payouts are refused too often", refused_in_an_hour: 1 }]);
    expect((await payOf(id)).status).toBe("failed");
    expect(await called(() => later(HOUR - 120))).toEqual([expect.objectContaining({ refused_in_an_hour: 1 })]);

    // its queue takes nothing: neither the second try of the one nor the first of the other
    const { id: stuck } = await settling({ candidate_recruiter: await payee("stuck") });
    const send = world.env.PAYOUTS.send;
    const overdue = async (work: () => Promise<void>) => (await called(work)).map((told) => told.transaction_id);
    for (const [waiting, days] of [
      [id, 0],
      [stuck, 8],
    ] as const) {
      world.env.PAYOUTS.send = () => Promise.reject(new Error("the queue is down"));
      await later(days * DAY + 60);
      expect(await overdue(() => later(HOUR + 120))).toContain((await payOf(waiting)).id);
      world.env.PAYOUTS.send = send;
      await minute();
      expect((await payOf(waiting)).status).toBe("completed");
      expect(await overdue(minute)).not.toContain((await payOf(waiting)).id);
    }
  });

  it("is completed by two admins with a transfer made by hand, of its own amount and account, once", async () => {
    const closer = await payee("by hand");
    const { id } = await settling({ candidate_recruiter: closer });
    await controls.fault({ kind: "refuse", route: SEND, code: "parameter_invalid_integer", times: 3 });
    for (const hours of [8 * 24, 2, 7]) await later(hours * HOUR);
    const failed = await payOf(id);
    expect(failed).toMatchObject({ status: "failed", retryCount: 3 });
    const byHand = async (amount: number, more = "") => {
      const answer = await fetch(`${world.stripe.url}/v1/transfers`, {
        method: "POST",
        headers: { authorization: `Bearer ${world.stripe.key}`, "content-type": "application/x-www-form-urlencoded" },
        body: `amount=${amount}&currency=usd&destination=${await accountOf(closer)}${more}`,
      });
      return ((await answer.json()) as { id: string }).id;
    };
    const complete = async (transferId: string) => {
      const approvalId = await approved("payout.complete", failed.id, { stripe_transfer_id: transferId });
      const { status: answered, body } = await world.call("POST", `payout-transactions/${failed.id}/complete`, {
        as: admin,
        body: { stripe_transfer_id: transferId, approval_id: approvalId, reason: "Sent from the dashboard" },
      });
      await world.call("POST", `approvals/${approvalId}/reject`, { as: admin, body: { reason: "Over" } });
      return answered === 200 ? body.data.status : body.reason;
    };
    const wrong = await byHand(failed.netCents - 1);
    expect(await complete(wrong)).toBe("transfer_differs");
    expect(await complete("tr_nobody")).toBe("no_such_transfer");
    const another = await byHand(failed.netCents, `&metadata[payout_transaction_id]=${crypto.randomUUID()}`);
    expect(await complete(another)).toBe("transfer_of_another");
    const right = await byHand(failed.netCents);
    expect(await complete(right)).toBe("completed");
    expect(await payOf(id)).toMatchObject({ stripeTransferId: right, completionReason: "transfer", failureReason: null });
    await world.settle();
    expect(await told(failed.id)).toEqual(["payout.failed", "payout.failed", "payout.failed", "payout.processed"]);
    expect((await signedBalances(world)).get(`payable:${closer.recruiterId}`)).toBe(0);
    await world.call("POST", "reconciliation-runs", { as: admin, body: {} });
    await later(HOUR);
    await world.call("POST", "reconciliation-runs", { as: admin, body: {} });
    const { body } = await world.call("GET", "reconciliation-breaks?kind=alien_transfer&limit=100", { as: admin });
    const alien = (body.data as { subject: string }[]).map(({ subject }) => subject);
    expect([alien.includes(right), alien.includes(wrong)]).toEqual([false, true]);
    for (const transfer of [wrong, another])
      await fetch(`${world.stripe.url}/v1/transfers/${transfer}/reversals`, {
        method: "POST",
        headers: { authorization: `Bearer ${world.stripe.key}` },
      });
  });

  it("22.3.21: outlasts thirty hours without Stripe: nothing failed, nothing doubled, all paid", async () => {
    const people = { candidate_recruiter: await payee("one"), company_recruiter: await payee("two"), job_owner: await payee("three") };
    const { id } = await settling(people);
    await controls.chaos({ seed: 7, probability: 1, kinds: ["503", "lost_before", "lost_after"], route: "* /v1/transfers*" });
    await later(8 * DAY);
    for (let hours = 0; hours < 30; hours += 3) await later(3 * HOUR);
    expect((await paysOf(id)).map((payout) => payout.retryCount)).toEqual([0, 0, 0]);
    expect((await paysOf(id)).map((payout) => payout.status)).toEqual(["processing", "processing", "processing"]);
    await controls.clearFaults();
    for (let hours = 0; hours < 14; hours += 7) await later(7 * HOUR);
    expect((await paysOf(id)).map((payout) => payout.status)).toEqual(["completed", "completed", "completed"]);
    expect((await transfersOf(id)).map(({ metadata }) => metadata["payout_transaction_id"]).toSorted()).toEqual(
      (await paysOf(id)).map((payout) => payout.id),
    );
  });

  it.each([
    ["with a transfer behind it: completes with that", "500_after", 1],
    ["without one: raises the key and sends", "stored_500", 2],
  ] as const)("22.3.22: meets a stored 500 %s", async (_, kind, keyVersion) => {
    const { id } = await settling({ candidate_recruiter: await payee(kind) });
    await controls.setDelivery({ dropTypes: ["transfer.created"] });
    await controls.fault({ kind, route: SEND });
    await later(8 * DAY);
    expect(await payOf(id)).toMatchObject({ status: "processing", lastOutcome: "server_error" });
    await later(6 * 60);
    expect(await payOf(id)).toMatchObject({ status: "processing", lastOutcome: "server_error_2" });
    await later(11 * 60);
    const payout = await payOf(id);
    expect(payout).toMatchObject({ status: "completed", keyVersion, retryCount: 0 });
    expect(await transfersOf(id)).toMatchObject([{ id: payout.stripeTransferId }]);
    expect(await told(payout.id)).toEqual(["payout.processed"]);
  });

  it("is held when its payee's account was closed between claim and transfer, and nothing is counted", async () => {
    const closer = await payee("closing");
    const { id } = await settling({ candidate_recruiter: closer });
    const account = await accountOf(closer);
    ahead += 8 * DAY;
    await world.advance(8 * DAY);
    await world.settle();
    await controls.setCapability({ account, capability: "transfers", state: "inactive" });
    await world.cron("* * * * *");
    await world.drain();
    await world.cron("* * * * *");
    await world.drain(); // Stripe's own word about the account is still on its way
    const payout = await payOf(id);
    expect(payout).toMatchObject({ status: "on_hold", holdReasons: ["connect_required"], retryCount: 0, lastOutcome: "refused" });
    expect(await told(payout.id)).toEqual(["payout.held", "payout.connect_required"]);
    await world.settle();
    await controls.setCapability({ account, capability: "transfers", state: "active" });
    await world.settle();
    await minute();
    expect(await payOf(id)).toMatchObject({ status: "completed", keyVersion: 2 });
    expect(await transfersOf(id)).toHaveLength(1);
  });

  it("22.3.25: does not move while payouts are paused, says so, and moves when they go on", async () => {
    const closer = await payee("paused");
    const { id } = await settling({ candidate_recruiter: closer });
    const turn = (enabled: boolean) => db.update(switches).set({ enabled }).where(eq(switches.name, "payouts.enabled"));
    await turn(false);
    await later(8 * DAY);
    expect(await payOf(id)).toMatchObject({ status: "pending", attempts: 0, holdReasons: [] });
    expect(await codes((await payOf(id)).id, closer)).toEqual(["payouts_paused"]);
    await turn(true);
    await minute();
    expect(await payOf(id)).toMatchObject({ status: "completed" });
  });

  it("22.3.26: waits for the platform's balance, uncounted, and goes oldest first once it is there", async () => {
    const [first, other] = [await payee("first"), await payee("other")];
    const one = await settling({ candidate_recruiter: first });
    const two = await settling({ candidate_recruiter: other });
    ahead += 7 * DAY;
    await world.advance(7 * DAY);
    const { available } = await controls.balance();
    await controls.drainPlatform({ amount: available });
    await later(DAY);
    for (const { id } of [one, two]) {
      expect(await payOf(id)).toMatchObject({ status: "on_hold", holdReasons: ["platform_balance"], retryCount: 0 });
    }
    await controls.fundPlatform({ amount: 700_000 });
    await minute();
    expect([(await payOf(one.id)).status, (await payOf(two.id)).status]).toEqual(["completed", "on_hold"]);
    await controls.fundPlatform({ amount: available });
    await minute();
    expect([(await payOf(one.id)).status, (await payOf(two.id)).status]).toEqual(["completed", "completed"]);
    expect(await transfersOf(one.id)).toHaveLength(1);
  });

  it("is completed by an event that comes before the answer, and twice changes nothing", async () => {
    const { id } = await settling({ candidate_recruiter: await payee("by event") });
    await controls.fault({ kind: "lost_after", route: SEND });
    await later(8 * DAY);
    const payout = await payOf(id);
    expect(payout).toMatchObject({ status: "completed" });
    const event = (await controls.events("transfer.created")).find(
      ({ data }) => (data.object as unknown as Told).id === payout.stripeTransferId,
    );
    await controls.resend({ event: event?.id ?? "" });
    await world.settle();
    expect(await told(payout.id)).toEqual(["payout.processed"]);
  });

  it("does not tell a payee about the house's own reviews", async () => {
    const closer = await payee("reviewed");
    const { id } = await settling({ candidate_recruiter: closer });
    const payout = await payOf(id);
    await world.call("POST", `payout-transactions/${payout.id}/hold`, {
      as: admin,
      body: { hold_reason: "fraud_review", reason: "A pattern" },
    });
    await later(8 * DAY);
    expect((await payOf(id)).status).toBe("on_hold");
    expect((await conditionsOf(payout.id, closer)).blockers).toEqual([expect.not.objectContaining({ reasons: expect.anything() })]);
    expect(await conditionsOf(payout.id, admin)).toMatchObject({ blockers: [{ code: "under_review", reasons: ["fraud_review"] }] });
    expect((await world.call("GET", `payout-transactions/${payout.id}`, { as: closer })).body.data.hold_reason).toBe("under_review");
  });
});

describe("22.3.23: the crash table of MONEY §10.4", () => {
  const COMMIT = String.raw`guard_payout\(`;

  /** No event tells of a transfer. */
  const untold = () => controls.setDelivery({ dropTypes: ["transfer.created"] });

  /** The call is made, and nobody hears of it. */
  const unanswered = async () => {
    await untold();
    await controls.fault({ kind: "lost_after", route: SEND });
  };

  /** Our commit of the transfer fails, and no event tells of it. */
  const unbooked = async () => {
    await untold();
    await world.database.fault({ action: "fail", match: COMMIT, times: 1 });
  };

  let wakes = async (): Promise<void> => {};
  /** A consumer sends, and its commit is on its way while everybody else goes on. */
  const slow = async (id: string) => {
    await world.advance(8 * DAY);
    await world.cron("* * * * *");
    const hold = await world.database.fault({ action: "hold_before", match: COMMIT, times: 1 });
    const run = world.consume("payouts", [{ transaction_ids: [id] }]);
    await hold.held();
    wakes = async () => {
      await hold.release();
      await run;
    };
  };

  interface Row {
    /** What goes wrong before or while a payout is sent. */
    before: (id: string) => Promise<unknown>;
    /** How the row stands once that has happened. */
    leaves: "pending" | "processing" | "failed" | "completed";
    /** What happens before everybody is well again. */
    after?: (id: string, of: { closer: RecruiterPerson; companyAdmin: Person; placementId: string }) => Promise<unknown>;
  }

  const ROWS: [string, Row][] = [
    [
      "the queue message is lost",
      {
        before: async () => {
          world.env.PAYOUTS.send = (() => Promise.resolve()) as never;
        },
        leaves: "pending",
      },
    ],
    [
      "a message is delivered twice, to consumers at once",
      {
        before: async (id) => {
          await world.advance(8 * DAY);
          await world.cron("* * * * *");
          await Promise.all([1, 2, 3].map(() => world.consume("payouts", [{ transaction_ids: [id] }])));
        },
        leaves: "completed",
      },
    ],
    ["after the claim, before the call", { before: () => controls.fault({ kind: "lost_before", route: SEND }), leaves: "processing" }],
    ["the call was sent and its answer lost", { before: unanswered, leaves: "processing" }],
    ["the commit after the call fails", { before: unbooked, leaves: "processing" }],
    ["the same, and 25 hours pass", { before: unbooked, leaves: "processing", after: () => world.advance(25 * HOUR) }],
    ["Stripe stored a 500", { before: () => controls.fault({ kind: "stored_500", route: SEND }), leaves: "processing" }],
    [
      "Stripe stored a 500 after it transferred",
      {
        before: async () => {
          await untold();
          await controls.fault({ kind: "500_after", route: SEND });
        },
        leaves: "processing",
      },
    ],
    [
      "Stripe stored a refusal",
      { before: () => controls.fault({ kind: "refuse", route: SEND, code: "parameter_invalid_integer" }), leaves: "failed" },
    ],
    [
      "the first consumer wakes after its lease",
      {
        before: async (id) => {
          await untold();
          await slow(id);
        },
        leaves: "completed",
        after: () => wakes(),
      },
    ],
    [
      "the commit is done and its answer lost before the message is acknowledged",
      {
        before: () => world.database.fault({ action: "drop_after", match: COMMIT, times: 1 }),
        leaves: "completed",
        after: (id) => world.consume("payouts", [{ transaction_ids: [id] }]),
      },
    ],
    [
      "the transfer's event comes before our commit",
      {
        before: async (id) => {
          await slow(id);
          await world.settle();
          expect(await told(id)).toContain("payout.processed");
        },
        leaves: "completed",
        after: () => wakes(),
      },
    ],
    [
      "payouts are paused while the call is out",
      {
        before: unanswered,
        leaves: "processing",
        after: async (id) => {
          const turn = (enabled: boolean) => db.update(switches).set({ enabled }).where(eq(switches.name, "payouts.enabled"));
          await turn(false);
          await later(HOUR);
          expect(await told(id)).toContain("payout.processed");
          await turn(true);
        },
      },
    ],
    [
      "a dispute comes up while the call is out",
      {
        before: unanswered,
        leaves: "processing",
        after: async (id, { companyAdmin, placementId }) => {
          const body = { placement_id: placementId, dispute_type: "placement_validity", reason: "He never came" };
          expect((await world.call("POST", "disputes", { as: companyAdmin, body })).status).toBe(201);
          await later(HOUR);
          expect(await told(id)).toContain("payout.processed");
        },
      },
    ],
    [
      "the message ends in the dead-letter queue",
      {
        before: async () => {
          world.env.PAYOUTS.send = (() => Promise.resolve()) as never;
        },
        leaves: "pending",
        after: (id) => world.consume("pipeline-dlq", [{ transaction_ids: [id] }]),
      },
    ],
    [
      "the payee takes another account between two tries",
      {
        before: unanswered,
        leaves: "processing",
        after: async (_, { closer }) => {
          const account = await accountOf(await payee("with another account"));
          await db.update(recruiterTable).set({ stripeConnectAccountId: null }).where(eq(recruiterTable.stripeConnectAccountId, account));
          await db.update(recruiterTable).set({ stripeConnectAccountId: account }).where(eq(recruiterTable.id, closer.recruiterId));
        },
      },
    ],
  ];

  it.each(ROWS)("%s: one transfer, told once", async (_, { before, leaves, after }) => {
    const send = world.env.PAYOUTS.send;
    const closer = await payee("in the crash table");
    const { id, companyAdmin } = await settling({ candidate_recruiter: closer });
    const payout = await payOf(id);
    const account = await accountOf(closer);
    await before(payout.id);
    await later(8 * DAY);
    expect((await payOf(id)).status).toBe(leaves);
    await after?.(payout.id, { closer, companyAdmin, placementId: id });
    world.env.PAYOUTS.send = send;
    await controls.clearFaults();
    for (const hours of [1, 2, 7]) await later(hours * HOUR);
    expect(await payOf(id)).toMatchObject({ status: "completed", stripeConnectAccountId: account });
    expect(await transfersOf(id)).toMatchObject([{ amount: payout.netCents, destination: account }]);
    expect((await told(payout.id)).filter((type) => type === "payout.processed")).toHaveLength(1);
  });
});

describe("a clawback", () => {
  async function clawBack(placementId: string, amount: number, expected = 201) {
    const approvalId = await approved("clawback", placementId, { amount_cents: amount });
    const body = { placement_id: placementId, amount_cents: amount, reason: "Goodwill", approval_id: approvalId };
    const answer = await world.call("POST", "clawbacks", { as: admin, body });
    expect(answer.status, JSON.stringify(answer.body)).toBe(expected);
    return answer.body;
  }

  const nets = async (id: string) => (await paysOf(id)).map(({ netCents }) => netCents).toSorted((one, other) => other - one);

  it("22.3.28: before the release takes every part off before it is sent: example 1, 5,000.00", async () => {
    const { id, companyAdmin, company } = await settling(await payees());
    const { data } = await clawBack(id, 500_000);
    expect(data).toMatchObject({ refund_cents: 500_000, platform_cents: 120_000, before_release: true });
    expect(await nets(id)).toEqual([450_000, 225_000, 225_000, 120_000, 120_000]);
    await booksHold(world);
    await later(8 * DAY);
    expect((await transfersOf(id)).reduce((total, { amount }) => total + amount, 0)).toBe(1_140_000);
    expect((await signedBalances(world)).get(`refund_due:${company.id}`) ?? 0).toBe(0);
    const path = `clawbacks/${data.id}?include=reversals`;
    expect((await world.call("GET", path, { as: admin })).body.data.reversals).toHaveLength(5);
    expect((await world.call("GET", path, { as: companyAdmin })).status).toBe(404);
    expect((await world.call("GET", "clawbacks", { as: companyAdmin })).status).toBe(403);
  });

  it("22.3.28: after the release takes what is not paid yet off before it is sent, and nobody owes anything", async () => {
    const { id } = await settling(await payees());
    const turn = (enabled: boolean) => db.update(switches).set({ enabled }).where(eq(switches.name, "payouts.enabled"));
    await turn(false);
    await later(8 * DAY);
    expect((await paysOf(id)).map(({ eligibleAt, status }) => [eligibleAt !== null, status])).toEqual(Array(5).fill([true, "pending"]));
    const { data } = await clawBack(id, 500_000);
    expect(data).toMatchObject({ refund_cents: 500_000, platform_cents: 120_000, before_release: false });
    expect(await nets(id)).toEqual([450_000, 225_000, 225_000, 120_000, 120_000]);
    await booksHold(world);
    await turn(true);
    await minute();
    expect((await transfersOf(id)).reduce((total, { amount }) => total + amount, 0)).toBe(1_140_000);
    const owed = (await paysOf(id)).map(({ recruiterId }) => recruiterId);
    expect(await db.select().from(recruiterDebts).where(inArray(recruiterDebts.recruiterId, owed))).toEqual([]);
  });

  it("22.3.28: after it was paid becomes a debt and is taken back from the accounts, to the last cent", async () => {
    const people = await payees();
    const { id } = await settling(people);
    await later(8 * DAY);
    await clawBack(id, 500_000);
    await world.settle();
    await booksHold(world);
    expect((await paysOf(id)).map(({ reversedCents }) => reversedCents).toSorted((one, other) => other - one)).toEqual([
      150_000, 75_000, 75_000, 40_000, 40_000,
    ]);
    await clawBack(id, 1_500_000);
    await world.settle();
    expect((await paysOf(id)).map(({ status: state }) => state)).toEqual(["reversed", "reversed", "reversed", "reversed", "reversed"]);
    expect(await clawBack(id, 1, 422)).toMatchObject({ code: "validation_failed" });
    const closer = people.candidate_recruiter;
    const mine = (await world.call("GET", "debts", { as: closer ?? admin })).body.data;
    expect(mine).toMatchObject([{ open_cents: 0 }, { open_cents: 0 }]);
  });

  it("22.3.28: needs a second admin, an approval for exactly this amount, and uses it up", async () => {
    const { id } = await settling({ candidate_recruiter: await payee("four eyes") });
    const waiting = await requested("clawback", id, { amount_cents: 10_000 });
    const ask = (amount: number, approvalId: string) =>
      world.call("POST", "clawbacks", {
        as: admin,
        body: { placement_id: id, amount_cents: amount, reason: "Goodwill", approval_id: approvalId },
      });
    expect((await ask(10_000, waiting)).status).toBe(409);
    expect((await world.call("POST", `approvals/${waiting}/approve`, { as: admin, body: {} })).status).toBe(403);
    expect((await world.call("POST", `approvals/${waiting}/approve`, { as: second, body: {} })).status).toBe(200);
    expect((await ask(10_001, waiting)).status).toBe(409);
    expect((await ask(10_000, waiting)).status).toBe(201);
    expect((await ask(10_000, waiting)).status).toBe(409);
    expect(await db.select().from(clawbacks).where(eq(clawbacks.placementId, id))).toHaveLength(1);
  });

  it("waits for a payout that is being sent", async () => {
    const { id } = await settling({ candidate_recruiter: await payee("in flight") });
    await controls.fault({ kind: "503", route: SEND, times: 2 });
    await later(8 * DAY);
    expect((await payOf(id)).status).toBe("processing");
    expect(await clawBack(id, 10_000, 409)).toMatchObject({ code: "conflict" });
    await controls.clearFaults();
    await later(HOUR);
  });

  it("22.3.29: nets a debt over the next payouts, oldest first, and never twice", async () => {
    const closer = await payee("in debt");
    const account = await accountOf(closer);
    const { id } = await settling({ candidate_recruiter: closer });
    await later(8 * DAY);
    await controls.payOut({ account });
    // 700.00 of the Closer's 6,000.00
    await clawBack(id, 233_333);
    await world.settle();
    const debt = async () => (await db.select().from(recruiterDebts).where(eq(recruiterDebts.recruiterId, closer.recruiterId)))[0];
    expect(await debt()).toMatchObject({ amountCents: 70_000, recovery: "netting" });
    // 30 % of 20 % of 8,333.33 and of 15,000.00
    const small = await settling({ candidate_recruiter: closer }, 833_333);
    await later(8 * DAY);
    expect(await payOf(small.id)).toMatchObject({
      status: "completed",
      completionReason: "offset_in_full",
      netCents: 0,
      stripeTransferId: null,
    });
    expect(await transfersOf(small.id)).toEqual([]);
    const large = await settling({ candidate_recruiter: closer }, 1_500_000);
    await later(8 * DAY);
    expect(await payOf(large.id)).toMatchObject({ status: "completed", netCents: 70_000, offsetCents: 20_000 });
    expect(await transfersOf(large.id)).toMatchObject([{ amount: 70_000 }]);
    expect(await debt()).toMatchObject({ recoveredCents: 70_000, settledAt: expect.any(Date) });
    expect(await conditionsOf((await payOf(small.id)).id, closer)).toEqual({
      closed: "offset_in_full",
      debts: [{ debt_id: (await debt())?.id, amount: "500.00", amount_cents: 50_000 }],
    });
  });

  it("22.3.29: leaves a debt to its reversal as long as that is undecided, and nets none of it meanwhile", async () => {
    const closer = await payee("asked back");
    const { id } = await settling({ candidate_recruiter: closer });
    await later(8 * DAY);
    const next = await settling({ candidate_recruiter: closer });
    await later(6 * DAY);
    await controls.fault({ kind: "503", route: "POST /v1/transfers/*/reversals", times: 2 });
    await clawBack(id, 500_000);
    const debt = async () => (await db.select().from(recruiterDebts).where(eq(recruiterDebts.recruiterId, closer.recruiterId)))[0];
    await world.settle();
    expect(await debt()).toMatchObject({ amountCents: 150_000, recoveredCents: 0, recovery: "reversing" });
    await later(2 * DAY);
    expect(await payOf(next.id)).toMatchObject({ status: "completed", netCents: 600_000, offsetCents: 0 });
    for (const hours of [1, 2, 7]) await later(hours * HOUR);
    expect(await debt()).toMatchObject({ recoveredCents: 150_000, settledAt: expect.any(Date) });
    expect(await payOf(id)).toMatchObject({ reversedCents: 150_000 });
    const last = await settling({ candidate_recruiter: closer });
    await later(8 * DAY);
    expect(await payOf(last.id)).toMatchObject({ status: "completed", netCents: 600_000, offsetCents: 0 });
  });

  it("writes a debt off by two admins, once", async () => {
    const closer = await payee("forgiven");
    const { id } = await settling({ candidate_recruiter: closer });
    await later(8 * DAY);
    await controls.payOut({ account: await accountOf(closer) });
    await clawBack(id, 100_000);
    await world.settle();
    const [debt] = (await world.call("GET", "debts?open=true", { as: closer })).body.data;
    expect(debt).toMatchObject({ open_cents: 30_000, recovery: "netting" });
    expect((await world.call("GET", `debts/${debt.id}`, { as: await payee("other") })).status).toBe(404);
    const approvalId = await approved("debt.write_off", debt.id);
    const body = { approval_id: approvalId, reason: "They left the network" };
    expect((await world.call("POST", `debts/${debt.id}/write-off`, { as: closer, body })).status).toBe(403);
    expect((await world.call("POST", `debts/${debt.id}/write-off`, { as: admin, body })).body).toMatchObject({
      data: { open_cents: 0, written_off_cents: 30_000 },
    });
    expect((await world.call("POST", `debts/${debt.id}/write-off`, { as: admin, body })).status).toBe(409);
  });
});

describe("a chargeback that is lost", () => {
  it("is clawed back by the sweep, without an approval, and leaves nothing disputed", async () => {
    const closer = await payee("charged back");
    const { id, company } = await settling({ candidate_recruiter: closer });
    await later(8 * DAY);
    expect((await payOf(id)).status).toBe("completed");
    const [payment] = (
      await db.execute<{ charge_id: string }>(
        sql`select p.charge_id from billing.invoice_payments p join billing.placement_invoices i on i.id = p.invoice_id where i.placement_id = ${id}`,
      )
    ).rows;
    const dispute = await controls.openDispute({ charge: payment?.charge_id ?? "" });
    await world.settle();
    await controls.loseDispute({ dispute: dispute.id });
    await world.settle();
    await minute();
    expect(await db.select().from(clawbacks).where(eq(clawbacks.placementId, id))).toMatchObject([
      { cause: "chargeback", refundCents: 2_000_000 },
    ]);
    expect((await signedBalances(world)).get(`disputed:${company.id}`) ?? 0).toBe(0);
    await later(60);
    expect(await db.select().from(clawbacks).where(eq(clawbacks.placementId, id))).toHaveLength(1);
    expect(await payOf(id)).toMatchObject({ status: "reversed" });
  });
});
