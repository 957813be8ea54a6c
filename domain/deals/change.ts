import { stageChanged } from "../events/application.ts";
import type { DomainEvent } from "../events/catalogue.ts";
import { conflict, invalidTransition, Refusal } from "../refusals.ts";
import type { Acting } from "./acting.ts";
import type { Application, Cra, Deal, DealChange, NewFeedback, Party } from "./deal.ts";
import { applicationIn } from "./records.ts";
import { allowedStages, allowedStates, stageOf, type ApplicationStage, type CraState } from "./states.ts";

interface Told {
  events: readonly DomainEvent[];
  feedback?: readonly NewFeedback[];
}

/**
 * A decision with what it announces: its own events, then `application.stage_changed` if the stage
 * moved. Before the first submission only the more specific event is told (DOMAIN §3.2).
 */
export function change(
  before: Deal,
  deal: Deal,
  { userId, actedAs, override }: Acting<Party | "system">,
  { events, feedback = [] }: Told,
): DealChange {
  const tellsStage = before.application.submittedAt !== null && before.application.stage !== deal.application.stage;
  return {
    deal,
    feedback: [...feedback],
    events: tellsStage ? [...events, stageChanged(before.application, deal.application, userId)] : [...events],
    actedAs,
    override,
  };
}

/** A decision about the deal record, which the application follows. */
export const followed = (
  before: Deal,
  cra: Cra,
  acting: Acting<Party | "system">,
  now: Date,
  { application, ...told }: Told & { application?: Partial<Application> },
): DealChange => change(before, { cra, application: applicationIn(before.application, stageOf(cra), now, application) }, acting, told);

/** The refusal of a stage the application cannot reach from its own. */
export const noSuchStage = (application: Application, to: ApplicationStage): Refusal =>
  invalidTransition("application", application.stage, to, allowedStages(application.stage));

/** The refusal of a step the deal cannot take from where it stands. */
export const noSuchStep = ({ cra, application }: Deal, to: CraState): Refusal =>
  cra
    ? invalidTransition("deal", cra.state, to, allowedStates(cra.state))
    : invalidTransition("application", application.stage, to, allowedStages(application.stage));

/** The deal record if it stands in one of these states. Refuses any other with `invalid_transition`. */
export function standing(deal: Deal, states: readonly CraState[], to: CraState): Cra {
  if (!deal.cra || !states.includes(deal.cra.state)) throw noSuchStep(deal, to);
  return deal.cra;
}

/** The pair has another live deal (D-90, D-96). */
export const duplicateActiveDeal = (): Refusal =>
  new Refusal("duplicate_active_deal", "A deal of this candidate and this job is already live.");

/** A job that is not active takes no new submissions and no proposals. */
export const jobNotActive = (): Refusal => conflict("This job is not open for candidates.", { reason: "job_not_active" });
