import type { Stripe } from "stripe";
import { cents, type Cents } from "#domain/money.ts";
import type { SentTransfer, ShownTransfer, Transfers } from "#services/ports.ts";
import { isStripeError } from "./answer.ts";
import type { StripeSource } from "./client.ts";

/** As many as Stripe gives a page. */
const PAGE = 100;

/** Which transfers belong together: those of one placement. */
const groupOf = (placementId: string): string => `placement_${placementId}`;

/** The transfers of the platform's account to its connected accounts. */
export const stripeTransfers = (client: StripeSource): Transfers => ({
  async send({ key, amount, destination, transactionId, placementId, role: dealRole }) {
    try {
      const { transfers } = await client();
      const transfer = await transfers.create(
        {
          amount,
          currency: "usd",
          destination,
          transfer_group: groupOf(placementId),
          metadata: { payout_transaction_id: transactionId, placement_id: placementId, role: dealRole },
        },
        { idempotencyKey: key },
      );
      const { statusCode, requestId } = transfer.lastResponse;
      return { answer: { httpStatus: statusCode, transfer: shown(transfer), errorType: null, errorCode: null }, requestId };
    } catch (error) {
      return refusedOrSilent(error);
    }
  },

  async ofPlacement(placementId) {
    return toldOrNull(async () => {
      const found: ShownTransfer[] = [];
      const { transfers } = await client();
      for await (const transfer of transfers.list({ transfer_group: groupOf(placementId), limit: PAGE })) found.push(shown(transfer));
      return found;
    });
  },

  async retrieve(transferId) {
    const { transfers } = await client();
    return toldOrNull(async () => shown(await transfers.retrieve(transferId)));
  },

  async canReceive(account) {
    const { accounts } = await client();
    return toldOrNull(
      async () => isReady(await accounts.retrieve(account)),
      // an account that is gone, or that we may no longer see, receives nothing
      (error) => (error.statusCode === 403 || error.statusCode === 404 ? false : null),
    );
  },

  available: () =>
    toldOrNull(async () => {
      const { balance } = await client();
      const { available } = await balance.retrieve();
      return available.filter(({ currency }) => currency === "usd").reduce<Cents>((total, { amount }) => cents(total + amount), cents(0));
    }),
});

/** Whether an account can receive transfers and be paid out (M-3). */
const isReady = ({ capabilities, payouts_enabled: paysOut, details_submitted: isSubmitted }: Stripe.Account): boolean =>
  capabilities?.transfers === "active" && paysOut && isSubmitted;

const shown = (transfer: Stripe.Transfer): ShownTransfer => ({
  id: transfer.id,
  amount: cents(transfer.amount),
  destination: idOf(transfer.destination) ?? "",
  destinationPaymentId: idOf(transfer.destination_payment ?? null),
  balanceTransactionId: idOf(transfer.balance_transaction) ?? "",
  transactionId: transfer.metadata["payout_transaction_id"] ?? null,
  reversed: cents(transfer.amount_reversed),
});

const idOf = (thing: string | { id: string } | null): string | null => (typeof thing === "string" ? thing : (thing?.id ?? null));

/** Stripe's words for a refusal; what never arrived, or cannot be read, says nothing. */
function refusedOrSilent(error: unknown): SentTransfer {
  if (!isStripeError(error)) throw error;
  const { statusCode, rawType, code, requestId } = error;
  if (statusCode === undefined) return { answer: null, requestId: requestId ?? null };
  return {
    answer: { httpStatus: statusCode, transfer: null, errorType: rawType ?? null, errorCode: code ?? null },
    requestId: requestId ?? null,
  };
}

/** The answer to a question; what Stripe could not tell is null. */
async function toldOrNull<T>(
  ask: () => Promise<T>,
  refused: (error: Stripe.errors.StripeError) => T | null = () => null,
): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (isStripeError(error)) return refused(error);
    throw error;
  }
}
