import type { Subscriber } from "../events/handle-events.ts";
import { applyClerkEvent } from "./apply-clerk-event.ts";

/** Applies the verified webhooks of the session issuer. */
export const clerkSubscriber: Subscriber = {
  name: "clerk",
  hears: ["clerk.event_received"],
  handle: async (ctx, event, handled) => {
    if (event.type !== "clerk.event_received") return;
    await applyClerkEvent(ctx, event.payload.provider_event_id, handled);
  },
};
