import { craHired } from "../events/cra.ts";
import { Refusal } from "../refusals.ts";
import { actingAs } from "./acting.ts";
import { whoHires } from "./advance.ts";
import { followed, standing } from "./change.ts";
import type { Actor, Deal, DealChange } from "./deal.ts";
import { craIn } from "./records.ts";

/** The deal's part of a hire; the money is settled beside it. Refuses a second hire with `already_hired`. */
export function hireDeal(deal: Deal, actor: Actor, now: Date): DealChange {
  const acting = actingAs(actor, whoHires(actor), "hire");
  if (deal.application.stage === "hired") {
    throw new Refusal("already_hired", "This application has led to a hire already.");
  }
  const cra = standing(deal, ["offer"], "hired");
  const after = craIn(cra, "hired", now);
  return followed(deal, after, acting, now, {
    application: { hiredAt: now },
    events: [craHired(cra, after)],
  });
}
