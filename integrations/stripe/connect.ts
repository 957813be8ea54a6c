import type { Stripe } from "stripe";
import { cents } from "#domain/money.ts";
import type { ConnectAccounts, SeenAccount, SeenReversal } from "#services/ports.ts";
import { idOf, instantOf, PAGE } from "./answer.ts";
import type { StripeSource } from "./client.ts";

/** Payees' accounts at Stripe Connect: made for transfers only, completed and looked after on Stripe's own pages (MONEY §17.2). */
export function stripeConnect(client: StripeSource): ConnectAccounts {
  return {
    async createAccount({ recruiterId, email, operationId }, key) {
      const { accounts } = await client();
      const account = await accounts.create(
        {
          email,
          country: "US",
          controller: {
            fees: { payer: "application" },
            losses: { payments: "application" },
            requirement_collection: "stripe",
            stripe_dashboard: { type: "express" },
          },
          capabilities: { transfers: { requested: true } },
          metadata: { recruiter_id: recruiterId, operation_id: operationId },
        },
        { idempotencyKey: key },
      );
      return account.id;
    },
    async findAccount(recruiterId, since) {
      const created = { gte: Math.floor(since.getTime() / 1000) };
      const { accounts } = await client();
      for await (const account of accounts.list({ created, limit: PAGE })) {
        if (account.metadata?.["recruiter_id"] === recruiterId) return account.id;
      }
      return null;
    },
    async account(id) {
      const { accounts } = await client();
      return seen(await accounts.retrieve(id));
    },
    async onboardingLink(account, { returnUrl, refreshUrl }, key) {
      const { accountLinks } = await client();
      const link = await accountLinks.create(
        { account, type: "account_onboarding", return_url: returnUrl, refresh_url: refreshUrl },
        { idempotencyKey: key },
      );
      return { url: link.url, expiresAt: instantOf(link.expires_at) };
    },
    async dashboardLink(account, key) {
      const { accounts } = await client();
      const { url } = await accounts.createLoginLink(account, {}, { idempotencyKey: key });
      return { url };
    },
    async paidOut(stripeAccount, payout) {
      const payments: string[] = [];
      const { balanceTransactions } = await client();
      for await (const moved of balanceTransactions.list({ payout, limit: PAGE }, { stripeAccount })) {
        const source = idOf(moved.source);
        if (source !== null && moved.type === "payment") payments.push(source);
      }
      return payments;
    },
    async reverseTransfer({ transferId, amount, operationId }, key) {
      const { transfers } = await client();
      return seenReversal(
        await transfers.createReversal(transferId, { amount, metadata: { operation_id: operationId } }, { idempotencyKey: key }),
      );
    },
    async reversals(transferId) {
      const reversals: SeenReversal[] = [];
      const { transfers } = await client();
      for await (const reversal of transfers.listReversals(transferId, { limit: PAGE })) reversals.push(seenReversal(reversal));
      return reversals;
    },
  };
}

function seen(account: Stripe.Account): SeenAccount {
  const { payouts_enabled: paysOut, details_submitted: detailsSubmitted, capabilities, requirements } = account;
  return {
    id: account.id,
    recruiterId: account.metadata?.["recruiter_id"] ?? null,
    canReceive: capabilities?.transfers === "active" && paysOut && detailsSubmitted,
    detailsSubmitted,
    requirementsDue: requirements?.currently_due ?? [],
  };
}

const seenReversal = ({ id, amount, metadata, balance_transaction: moved }: Stripe.TransferReversal): SeenReversal => ({
  id,
  amount: cents(amount),
  operationId: metadata?.["operation_id"] ?? null,
  balanceTransactionId: idOf(moved),
});
