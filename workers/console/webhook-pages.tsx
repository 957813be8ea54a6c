import type { Child, FC } from "hono/jsx";
import { Refusal } from "#domain/refusals.ts";
import type { DeliveryStatus, WebhookStatus } from "#domain/webhooks/words.ts";
import type { Context } from "#services/context.ts";
import type { Delivery } from "#services/webhook-deliveries/delivery.ts";
import { Action, type FieldErrors } from "#ui/form.tsx";
import { Ago, Badge, type Tone } from "#ui/parts.tsx";
import { Table } from "#ui/table.tsx";
import type { PageContext } from "./context.ts";
import { errorsOf } from "./partner-pages.tsx";
import { inWords } from "./words.ts";

/** What the pages of endpoints, deliveries and replays have in common. */

export const [WEBHOOKS, DELIVERIES, REPLAYS, SIEM] = [
  "/developers/webhooks",
  "/developers/deliveries",
  "/developers/replays",
  "/developers/siem",
] as const;

const TONES: Readonly<Record<DeliveryStatus | WebhookStatus, Tone>> = {
  unverified: "warn",
  active: "good",
  disabled: "bad",
  pending: "neutral",
  in_flight: "neutral",
  retrying: "warn",
  parked: "warn",
  succeeded: "good",
  dead: "bad",
  skipped: "neutral",
};

/** Where an endpoint or a delivery stands. */
export const State: FC<{ of: DeliveryStatus | WebhookStatus }> = ({ of }) => <Badge tone={TONES[of]}>{inWords(of)}</Badge>;

/** What was answered last, or why nothing was. */
export const LastAnswer: FC<{ of: Pick<Delivery, "lastStatus" | "lastErrorClass"> }> = ({ of: { lastStatus, lastErrorClass } }) => (
  <>
    {lastStatus ?? ""} {lastErrorClass === null ? null : <code class="soft">{lastErrorClass}</code>}
  </>
);

/** Deliveries, each leading to its page; `actions`: what can be done with one where it stands. */
export const DeliveryTable: FC<{ rows: readonly Delivery[]; now: Date; actions?: (row: Delivery) => Child }> = ({ rows, now, actions }) => (
  <Table<Delivery>
    name="Deliveries"
    rows={rows}
    columns={[
      {
        name: "Event",
        cell: (row) => (
          <>
            <a href={`${DELIVERIES}/${row.id}`}>{row.eventType}</a>
            {row.replayOf === null ? null : <small>Replay</small>}
          </>
        ),
      },
      { name: "State", cell: ({ status }) => <State of={status} /> },
      { name: "Last answer", cell: (row) => <LastAnswer of={row} /> },
      { name: "Attempts", numeric: true, cell: ({ attempts }) => attempts },
      { name: "Queued", cell: ({ createdAt }) => <Ago at={createdAt} now={now} /> },
      ...(actions ? [{ name: "Actions", actions: true, cell: actions }] : []),
    ]}
  />
);

/** How a refusal is told at the fields of a form that names an address. */
export function addressErrors(error: unknown, labels: Readonly<Record<string, string>>): FieldErrors {
  if (error instanceof Refusal && error.code === "blocked_destination") return { url: error.message };
  return errorsOf(error, labels);
}

/** What was done, or what the page it was asked from says where the state of things does not allow it. */
export async function orSay<Done>(c: PageContext, work: Promise<Done>): Promise<{ done: Done } | { said: string }> {
  try {
    return { done: await work };
  } catch (error) {
    if (!(error instanceof Refusal) || !SAID.includes(error.code)) throw error;
    c.status(error.code === "action_throttled" ? 429 : 409);
    return { said: error.message };
  }
}

/** Refusals that are about the state of things. */
const SAID: readonly string[] = ["conflict", "invalid_transition", "action_throttled", "secret_rotation_in_progress"];

/** A button that does something at once, for the account whose page it stands on. */
export const Doing: FC<Parameters<typeof Action>[0] & { ctx: Context }> = ({ ctx, hidden, ...action }) => (
  <Action {...action} hidden={{ by: ctx.userId, account_id: ctx.access.account?.id ?? "", ...hidden }} />
);
