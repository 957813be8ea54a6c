import type { AccountKind, Scope } from "../credentials/scopes.ts";
import { PUBLISHED_EVENTS } from "../events/published.ts";
import { conflict, invalid, invalidTransition, Refusal } from "../refusals.ts";
import type { DisabledReason, WebhookStatus } from "./words.ts";

/** An endpoint as far as its life goes. */
export interface EndpointLife {
  status: WebhookStatus;
  disabledReason: DisabledReason | null;
  disabledAt: Date | null;
  failingSince: Date | null;
  failingAlertedPercent: number | null;
  lastSuccessAt: Date | null;
}

/** Refuses (403) another endpoint where the account has as many as its plan allows. Disabled ones count. */
export function requireWebhookRoom(webhooks: number, maxWebhooks: number): void {
  if (webhooks < maxWebhooks) return;
  throw new Refusal("resource_limit_reached", `Your plan allows ${maxWebhooks} endpoints. Delete one, or ask for another plan.`, {
    limit: maxWebhooks,
  });
}

/**
 * The event types that are asked for, each once, in the order of the catalogue. Refuses (422) one that is never
 * subscribed or not for this kind of account, and (`insufficient_scope`) one whose scope the caller lacks.
 */
export function requireEventTypes(asked: readonly string[], kind: AccountKind, scopes: readonly Scope[]): string[] {
  const errors = asked.flatMap((type, index) => {
    const event = PUBLISHED_EVENTS.find((published) => published.type === type && published.subscribable !== false);
    const isTheirs = event && (event.accountKinds?.includes(kind) ?? true);
    return isTheirs
      ? []
      : [{ pointer: `/event_types/${index}`, code: "unknown", message: `${type} is no event that this account can subscribe to` }];
  });
  if (errors.length > 0) throw invalid(...errors);
  const types = PUBLISHED_EVENTS.filter(({ type }) => asked.includes(type));
  const lacking = types.find(({ scope }) => !scopes.includes(scope));
  if (lacking)
    throw new Refusal("insufficient_scope", `Events of the type ${lacking.type} need the scope ${lacking.scope}.`, {
      needed: [lacking.scope],
    });
  return types.map(({ type }) => type);
}

/** Whether an endpoint that lives by a grant still has something to live by: the right to be there, and one event at least. */
export const livesBy = (eventTypes: readonly string[], scopes: readonly Scope[]): boolean =>
  scopes.includes("manage:webhooks") && PUBLISHED_EVENTS.some(({ type, scope }) => eventTypes.includes(type) && scopes.includes(scope));

/** An endpoint that is shut off. Refuses (409) one that already is. */
export function disabled(
  endpoint: EndpointLife,
  reason: DisabledReason,
  now: Date,
): Pick<EndpointLife, "status" | "disabledReason" | "disabledAt"> {
  if (endpoint.status === "disabled") throw invalidTransition("webhook", "disabled", "disabled", ["active"]);
  return { status: "disabled", disabledReason: reason, disabledAt: now };
}

/** What a switch alone does not undo, and what does. */
const NOT_SWITCHED: { readonly [Reason in DisabledReason]?: string } = {
  admin: "An administrator disabled this endpoint. Write to support.",
  owner_gone: "Whoever owned this endpoint has left. Adopt it.",
};

/**
 * An endpoint that is switched on again, its failures forgotten. One that never answered with a 2xx is still to be
 * verified. Refuses (409) one that is not disabled, that an administrator disabled, or that waits to be adopted.
 */
export function enabled(endpoint: EndpointLife): Omit<EndpointLife, "lastSuccessAt"> {
  if (endpoint.status !== "disabled") throw invalidTransition("webhook", endpoint.status, "active", ["disabled"]);
  const refusal = endpoint.disabledReason && NOT_SWITCHED[endpoint.disabledReason];
  if (refusal) throw conflict(refusal);
  return {
    status: endpoint.lastSuccessAt === null ? "unverified" : "active",
    disabledReason: null,
    disabledAt: null,
    failingSince: null,
    failingAlertedPercent: null,
  };
}

/** An endpoint that an administrator shuts off, whatever it was; its owner does not switch it on. Refuses (409) one that is shut off. */
export function suspended(endpoint: EndpointLife, now: Date): Pick<EndpointLife, "status" | "disabledReason" | "disabledAt"> {
  if (endpoint.disabledReason === "admin") throw conflict("An administrator disabled this endpoint already.");
  return { status: "disabled", disabledReason: "admin", disabledAt: endpoint.disabledAt ?? now };
}

/** An endpoint that an administrator lets pass again, its failures forgotten. Refuses (409) one that none shut off. */
export function unsuspended(endpoint: EndpointLife): Omit<EndpointLife, "lastSuccessAt"> {
  if (endpoint.disabledReason !== "admin") throw conflict("No administrator disabled this endpoint.");
  return enabled({ ...endpoint, disabledReason: "owner" });
}

/** Whether an endpoint waits for somebody to adopt it. */
export const isOrphaned = ({ disabledReason }: Pick<EndpointLife, "disabledReason">): boolean => disabledReason === "owner_gone";

/** An endpoint that somebody else than whoever left owns from now on, its failures forgotten. Refuses (409) one that does not wait for it. */
export function adopted(endpoint: EndpointLife): Omit<EndpointLife, "lastSuccessAt"> {
  if (!isOrphaned(endpoint)) throw conflict("Only an endpoint whose owner left can be adopted.");
  return enabled({ ...endpoint, disabledReason: "owner" });
}

/** How many of a day's final deliveries arrived, in percent with one decimal; null where none became final. */
export const successPercent = ({ succeeded, dead }: { succeeded: number; dead: number }): number | null =>
  succeeded + dead === 0 ? null : Math.round((succeeded / (succeeded + dead)) * 1_000) / 10;

/** Below this share of deliveries that arrive, operators and the endpoint's owner are told (PLATFORM §13.7). */
const ALERT_BELOW_PERCENT = 90;
/** Of fewer final deliveries a share says nothing. */
const FEWEST_FINAL = 20;

/** Whether too few of a day's final deliveries arrived. */
export function isRateLow(final: { succeeded: number; dead: number }): boolean {
  const percent = successPercent(final);
  return percent !== null && percent < ALERT_BELOW_PERCENT && final.succeeded + final.dead >= FEWEST_FINAL;
}

/** The days of failure after which an endpoint is disabled. */
const FAILING_DAYS = 5;

/** What an owner should know of an endpoint and of its last day's deliveries, in words; nothing while it is well. */
export function alertsOf({
  status,
  disabledReason,
  failingSince,
  failingAlertedPercent,
  health,
}: EndpointLife & { health: { succeeded: number; dead: number } }): { code: string; message: string }[] {
  if (status === "unverified")
    return [{ code: "unverified", message: "It has not answered a test with a 2xx yet, so it receives nothing else." }];
  if (status === "disabled") return [{ code: "disabled", message: DISABLED_WORDS[disabledReason ?? "owner"] }];
  const alerts = [];
  if (failingSince !== null) {
    const message = `It has failed since ${failingSince.toISOString()}; after ${FAILING_DAYS} days without a success it is disabled.`;
    alerts.push({ code: failingAlertedPercent === null ? "failing" : `failing_${failingAlertedPercent}`, message });
  }
  if (isRateLow(health)) {
    const message = `Of ${health.succeeded + health.dead} deliveries that became final in the last 24 hours, ${health.dead} did not arrive.`;
    alerts.push({ code: "success_rate_low", message });
  }
  return alerts;
}

/** Why an endpoint is disabled, as its owner reads it. */
export const DISABLED_WORDS: Readonly<Record<DisabledReason, string>> = {
  owner: "You disabled it.",
  admin: "An administrator disabled it.",
  gone_410: "It answered 410 Gone, which says that nobody wants these deliveries any more.",
  failing_5_days: "It failed for five days without a single success.",
  scope_lost: "The grant through which it was made has lost what its events need.",
  owner_gone: "Whoever owned it has left, so it hears nothing. Adopt it, and it hears what you may read; or delete it.",
  key_leaked:
    "A key with which it was made or changed has leaked. See that its address is yours, give it a new secret, and enable it again.",
};

/** Whether somebody who manages endpoints may read what an event told one of them: its scope is needed, and for amounts to be their receiver. */
export function maySeePayload(type: string, scopes: readonly Scope[], isOwner: boolean): boolean {
  const scope = PUBLISHED_EVENTS.find((published) => published.type === type)?.scope;
  return scope !== undefined && scopes.includes(scope) && (isOwner || scope !== "read:payouts");
}
