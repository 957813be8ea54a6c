import { gateInfoProvided } from "../events/cra.ts";
import type { Acting } from "./acting.ts";
import { followed } from "./change.ts";
import type { Cra, Deal, DealChange } from "./deal.ts";
import { atGate } from "./gates.ts";
import { historyEntry, withHistory } from "./records.ts";
import type { Gate } from "./states.ts";

/** The deal back at its gate with the answer, whether written or given by submitting again. */
export function answered(
  deal: Deal,
  at: { cra: Cra; gate: Gate },
  acting: Acting,
  { message, inResponseToId, feedbackId }: { message: string; inResponseToId: string; feedbackId: string },
  now: Date,
): DealChange {
  const { gate } = at;
  const cra = atGate(withHistory(at.cra, historyEntry(gate, "info_provided", acting.userId, now)), gate, now);
  return followed(deal, cra, acting, now, {
    events: [gateInfoProvided(cra, gate, feedbackId)],
    feedback: [
      {
        id: feedbackId,
        gateName: gate,
        createdByType: acting.actedAs,
        feedbackType: "info_response",
        messageText: message,
        inResponseToId,
        addresseeType: null,
        visibility: "gate",
      },
    ],
  });
}
