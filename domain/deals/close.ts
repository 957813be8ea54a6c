import { craClosed } from "../events/cra.ts";
import { BY_SYSTEM } from "./acting.ts";
import { followed, standing } from "./change.ts";
import type { Deal, DealChange } from "./deal.ts";
import { craIn } from "./records.ts";

/** Archives a hired deal once its placement completed or failed, which frees the pair (D-103). */
export function closeDeal(deal: Deal, now: Date): DealChange {
  const cra = standing(deal, ["hired"], "closed");
  const after = craIn(cra, "closed", now);
  return followed(deal, after, BY_SYSTEM, now, {
    application: { closedAt: now },
    events: [craClosed(cra, after)],
  });
}
