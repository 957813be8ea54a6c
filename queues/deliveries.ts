import type { DeliveryJob, DeliveryMessage } from "#services/ports.ts";
import type { Consumer } from "./index.ts";

/** Hands deliveries to the objects of their endpoints, which send them: no receiver is waited for here. */
export const deliveries: Consumer = async (batch, { ctx }) => {
  const waiting = Map.groupBy(batch.messages, ({ body }) => (body as DeliveryMessage).webhook_id);
  await Promise.all(
    [...waiting].map(async ([webhookId, messages]) => {
      const jobs = messages.map(({ body }): DeliveryJob => {
        const { delivery_id: deliveryId, priority } = body as DeliveryMessage;
        return { deliveryId, priority };
      });
      try {
        await ctx.ports.endpoints(webhookId).enqueue(jobs);
        for (const message of messages) message.ack();
      } catch {
        for (const message of messages) message.retry({ delaySeconds: Math.min(2 ** message.attempts, 60) });
      }
    }),
  );
};
