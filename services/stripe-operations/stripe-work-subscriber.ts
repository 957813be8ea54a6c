import { commit } from "../commit.ts";
import type { Subscriber } from "../events/handle-events.ts";

/** Brings operations to their queue; whatever is lost there is found by the sweep. */
export const stripeWorkSubscriber: Subscriber = {
  name: "stripe-work",
  hears: ["stripe.work"],
  handle: async (ctx, event, handled) => {
    if (event.type !== "stripe.work") return;
    await ctx.ports.stripeWork.send([event.payload.operation_id]);
    await commit(ctx, null, { write: [handled], audit: [], events: [] });
  },
};
