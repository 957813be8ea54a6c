import { sql } from "drizzle-orm";
import { placements } from "#db/schema/ats.ts";
import { invoicePayments, placementInvoices } from "#db/schema/billing.ts";
import { recruiters as recruiterTable } from "#db/schema/network.ts";
import { DEAL_ROLES, type DealRole } from "#domain/commission/deal-roles.ts";
import type { Marketplace } from "#test/api.ts";
import { hires, type RecruiterPerson } from "./hires.ts";

type Started = Awaited<ReturnType<ReturnType<typeof settledPlacements>["started"]>>;

/** Placements whose money really moves, through the stand-in for Stripe. */
export function settledPlacements(world: Marketplace) {
  const { subscribe, offer, hire } = hires(world);
  const db = world.db.writer;

  /** Moves both clocks on, and nobody does anything yet. */
  const pass = (count: number): Promise<void> => world.advance(count * 86_400);

  /** Moves both clocks on, runs a minute of the schedule and lets everybody work. */
  async function days(count: number): Promise<void> {
    await pass(count);
    await minute();
  }

  async function minute(): Promise<void> {
    await world.settle();
    await world.cron("* * * * *");
    await world.settle();
  }

  /** A recruiter on paid who can receive transfers and has declared taxes. */
  async function payee(name: string): Promise<RecruiterPerson> {
    const person = await world.recruiter(name);
    await subscribe(person, "paid");
    await world.call("POST", "recruiters/me/payout-account/onboarding-link", {
      as: person,
      body: { return_url: "https://app.splits.test/account", refresh_url: "https://app.splits.test/account/again" },
    });
    const [row] = await db
      .select()
      .from(recruiterTable)
      .where(sql`${recruiterTable.id} = ${person.recruiterId}`);
    await world.stripe.controls.completeOnboarding({ account: row?.stripeConnectAccountId ?? "" });
    await world.call("PUT", "tax-profiles/me", {
      as: person,
      body: { form: "w9", classification: "individual", tin_last4: "1234" },
    });
    return person;
  }

  /** A payee in each role. */
  async function payees(): Promise<Record<DealRole, RecruiterPerson>> {
    const people = {} as Record<DealRole, RecruiterPerson>;
    for (const name of DEAL_ROLES) people[name] = await payee(name);
    return people;
  }

  /** A placement of 20,000.00 with five payees, started and invoiced. */
  async function started() {
    const company = await world.company();
    const companyAdmin = await world.member(company);
    await world.call("PUT", `company-billing-profiles/${company.id}`, { as: companyAdmin, body: { billing_email: "books@acme.test" } });
    const people = await payees();
    await world.settle();
    const answer = await hire(companyAdmin, await offer({ company, recruiters: people }), { start_date: world.dateIn(0) });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    await world.settle();
    return { id: answer.body.data.id as string, company, companyAdmin, people };
  }

  const invoiceOf = async (placementId: string) => {
    const [row] = await db
      .select()
      .from(placementInvoices)
      .where(sql`${placementInvoices.placementId} = ${placementId}`);
    return row;
  };

  /** The company pays what it was invoiced. */
  async function pay(placementId: string): Promise<void> {
    await world.stripe.controls.payInvoice({ invoice: (await invoiceOf(placementId))?.stripeInvoiceId ?? "" });
    await world.settle();
  }

  /** The company pays in parts; the charges, in their order. */
  async function paidIn(placementId: string, ...amounts: number[]): Promise<string[]> {
    const invoice = await invoiceOf(placementId);
    for (const amount of amounts) {
      await world.stripe.controls.payInvoice({ invoice: invoice?.stripeInvoiceId ?? "", amount });
      await world.settle();
    }
    const payments = await db
      .select()
      .from(invoicePayments)
      .where(sql`${invoicePayments.invoiceId} = ${invoice?.id}`);
    return amounts.map((amount) => payments.find(({ grossCents }) => grossCents === amount)?.chargeId ?? "");
  }

  /** The candidate leaves inside the guarantee. */
  async function fail({ id, companyAdmin }: Started): Promise<void> {
    const answer = await world.call("POST", `placements/${id}/fail`, { as: companyAdmin, body: { reason: "Left in the first week" } });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    await world.settle();
  }

  /** Another candidate of the same role is hired in their place. */
  async function replace({ id, company, companyAdmin, people }: Started, terms: { salary_cents?: number; start_date?: string } = {}) {
    const [row] = await db
      .select()
      .from(placements)
      .where(sql`${placements.id} = ${id}`);
    const { applicationId } = await offer({ company, recruiters: people, jobId: row?.jobId ?? "" });
    const answer = await world.call("POST", `placements/${id}/replace`, {
      as: companyAdmin,
      body: { application_id: applicationId, salary_cents: 10_000_000, start_date: world.dateIn(0), ...terms },
    });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    await world.settle();
    return answer.body.data.id as string;
  }

  return { offer, hire, pass, days, minute, payee, payees, started, pay, paidIn, fail, replace, invoiceOf };
}
