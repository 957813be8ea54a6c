import { craRejected, craStageChanged } from "../events/cra.ts";
import { Refusal } from "../refusals.ts";
import { actingAs, required } from "./acting.ts";
import { followed, standing } from "./change.ts";
import type { Actor, Deal, DealChange, Party } from "./deal.ts";
import { craIn } from "./records.ts";
import { allowedStates, type CraState } from "./states.ts";

export const ADVANCE_TARGETS = ["screen", "in_process", "offer", "rejected", "hired"] as const;

/** Where the company side may ask to bring a deal. `hired` is asked for and refused: a hire has its own action. */
export type AdvanceTarget = (typeof ADVANCE_TARGETS)[number];

const FROM: Readonly<Record<AdvanceTarget, readonly CraState[]>> = {
  screen: ["submitted_to_company"],
  in_process: ["submitted_to_company", "screen"],
  offer: ["in_process"],
  rejected: ["submitted_to_company", "screen", "in_process", "offer"],
  hired: [],
};

/** The company's people who may hire (D-3). */
export const whoHires = (actor: Actor): readonly Party[] => (actor.mayHire ? ["company_admin", "hiring_manager"] : ["company_admin"]);

/** Who of the company's side may ask for this step. A recruiter never offers, hires or rejects an offer. */
function whoAdvances(actor: Actor, from: CraState | undefined, to: AdvanceTarget): readonly Party[] {
  if (to === "hired") return whoHires(actor);
  const employees = ["company_admin", "hiring_manager"] as const;
  const recruiterMay = actor.mayAdvance && to !== "offer" && !(to === "rejected" && from === "offer");
  return recruiterMay ? [...employees, "company_recruiter"] : employees;
}

/** Moves a deal on after the gates, one step at a time, or ends it (D-98). Rejecting needs a reason. */
export function advanceDeal(deal: Deal, actor: Actor, input: { to: AdvanceTarget; reason: string | null }, now: Date): DealChange {
  const { to } = input;
  const acting = actingAs(actor, whoAdvances(actor, deal.cra?.state, to), `bring it to ${to}`);
  const reason = to === "rejected" ? required("reason", input.reason) : null;
  if (to === "hired" && deal.cra?.state === "offer") throw onlyByHiring();
  const cra = standing(deal, FROM[to], to);
  const after = craIn(cra, to, now);
  return reason === null
    ? followed(deal, after, acting, now, { events: [craStageChanged(cra, after)] })
    : followed(deal, after, acting, now, {
        application: { declineDetails: reason },
        events: [craRejected(cra, after)],
      });
}

/** The step exists, but not here: a hire also settles the money. */
const onlyByHiring = (): Refusal =>
  new Refusal("invalid_transition", "A deal becomes hired only through the hire action.", {
    from: "offer",
    to: "hired",
    allowed: allowedStates("offer"),
  });
