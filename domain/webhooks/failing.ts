/** An endpoint that fails for so long without a success is disabled (PLATFORM §13.5). */
export const FAILING_DAYS = 5;
/** Its owner is told when so much of them is over. */
export const FAILING_STAGES = [50, 75, 100] as const;
/** Without any attempt for so long a run of failures is over: an endpoint that is hardly used does not fail for days by failing twice. */
export const RUN_ENDS_HOURS = 24;

const DAY_MS = 86_400_000;

export interface FailingEndpoint {
  failingSince: Date;
  lastFailureAt: Date;
  /** The stage the owner was last told of. */
  failingAlertedPercent: number | null;
}

/** The stage that an endpoint has come to and its owner does not know of; at 100 it is disabled. Null: nothing to do. */
export function failingStage({ failingSince, lastFailureAt, failingAlertedPercent }: FailingEndpoint, now: Date): number | null {
  if (now.getTime() - lastFailureAt.getTime() >= RUN_ENDS_HOURS * 3_600_000) return null;
  const percent = ((now.getTime() - failingSince.getTime()) / (FAILING_DAYS * DAY_MS)) * 100;
  const reached = FAILING_STAGES.findLast((stage) => percent >= stage);
  return reached !== undefined && reached > (failingAlertedPercent ?? 0) ? reached : null;
}
