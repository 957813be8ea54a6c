import type { Stripe } from "stripe";
import type { UsageMeter } from "#services/ports.ts";
import { isStripeError } from "./answer.ts";
import type { StripeSource } from "./client.ts";

/** The meter that our prices for calls beyond the plan read. */
const EVENT_NAME = "api_overage_units";

/** Usage as events of Stripe's meter. The identifier stands for an idempotency key: Stripe takes each once. */
export const stripeMeter = (client: StripeSource): UsageMeter => ({
  async report({ identifier, customerId, units, at }) {
    try {
      const { billing } = await client();
      await billing.meterEvents.create({
        event_name: EVENT_NAME,
        identifier,
        payload: { stripe_customer_id: customerId, value: String(units) },
        timestamp: Math.floor(at.getTime() / 1_000),
      });
      return "accepted";
    } catch (error) {
      if (!isStripeError(error)) throw error;
      return wordFor(error);
    }
  },
});

/** What a failed call says of the report: it was there before, it is refused, or nobody knows. */
function wordFor({ statusCode, param, code }: Stripe.errors.StripeError): string | null {
  if (statusCode === undefined || statusCode >= 500 || statusCode === 409 || statusCode === 429) return null;
  return param === "identifier" ? "accepted" : (code ?? `http_${statusCode}`);
}
