import { EVENT_TYPES } from "../events.ts";
import { operation, paged, within } from "../operation.ts";
import { invalid } from "../refusal.ts";
import { clearable, flag, list, metadata, needed, PAGE, range, text, word } from "../schema.ts";
import type { WebhookEndpoint } from "../things.ts";
import { API_VERSION, merged, type World } from "../world.ts";

const retrieve = operation("GET", "/v1/events/{id}", {}, (world, _, call) => world.at("events", call.in("id"), call.owner), {
  connected: true,
});

const listAll = operation(
  "GET",
  "/v1/events",
  { ...PAGE, created: range(), delivery_success: flag(), type: text(), types: list(text()) },
  (world, { created, delivery_success, type, types, ...page }, call) => {
    if (type !== undefined && types !== undefined) {
      throw invalid("You may only specify one of these parameters: type, types.", { code: "parameters_exclusive", param: "type" });
    }
    const failed = new Set(world.state.deliveries.filter((each) => each.state !== "delivered").map((each) => each.event));
    return paged(
      world
        .all("events", call.owner)
        .filter(
          (each) =>
            within(created, each.created) && (type === undefined || isLike(each.type, type)) && (types?.includes(each.type) ?? true),
        )
        .filter((each) => delivery_success === undefined || failed.has(each.id) !== delivery_success),
      page,
      call.url,
    );
  },
  { connected: true },
);

/** `charge.*` covers every event of charges. */
const isLike = (type: string, wanted: string): boolean => (wanted.endsWith("*") ? type.startsWith(wanted.slice(0, -1)) : type === wanted);

const enabled = list(word("*", ...EVENT_TYPES));

const createEndpoint = operation(
  "POST",
  "/v1/webhook_endpoints",
  {
    api_version: word(API_VERSION),
    connect: flag(),
    description: clearable(text()),
    enabled_events: needed(enabled),
    metadata: metadata(),
    url: needed(text()),
  },
  (world, given) => {
    const endpoint = addEndpoint(world, {
      url: given.url,
      connect: given.connect ?? false,
      events: given.enabled_events,
      secret: `whsec_${world.secret(32)}`,
      description: given.description ?? null,
      metadata: merged({}, given.metadata),
    });
    return { ...endpoint, secret: world.state.endpoints[endpoint.id]?.secret };
  },
);

/** Adds a webhook endpoint with a secret of the caller's choice. */
export function addEndpoint(
  world: World,
  given: {
    url: string;
    connect: boolean;
    events: string[];
    secret: string;
    description?: string | null;
    metadata?: Record<string, string>;
  },
): WebhookEndpoint {
  if (!URL.canParse(given.url) || !/^https?:/.test(given.url))
    throw invalid("Invalid URL: URL must be publicly accessible.", { code: "url_invalid", param: "url" });
  const endpoint: WebhookEndpoint = {
    id: world.id("we"),
    object: "webhook_endpoint",
    api_version: API_VERSION,
    application: null,
    created: world.seconds(),
    description: given.description ?? null,
    enabled_events: [...given.events],
    livemode: false,
    metadata: given.metadata ?? {},
    status: "enabled",
    url: given.url,
  };
  world.keep("webhook_endpoints", endpoint);
  world.state.endpoints[endpoint.id] = { secret: given.secret, connect: given.connect };
  return endpoint;
}

const retrieveEndpoint = operation("GET", "/v1/webhook_endpoints/{webhook_endpoint}", {}, (world, _, call) =>
  world.at("webhook_endpoints", call.in("webhook_endpoint")),
);

const updateEndpoint = operation(
  "POST",
  "/v1/webhook_endpoints/{webhook_endpoint}",
  { description: clearable(text()), disabled: flag(), enabled_events: enabled, metadata: metadata(), url: text() },
  (world, given, call) => {
    const endpoint = world.at("webhook_endpoints", call.in("webhook_endpoint"));
    if (given.description !== undefined) endpoint.description = given.description;
    if (given.disabled !== undefined) endpoint.status = given.disabled ? "disabled" : "enabled";
    endpoint.enabled_events = given.enabled_events ?? endpoint.enabled_events;
    endpoint.metadata = merged(endpoint.metadata, given.metadata);
    endpoint.url = given.url ?? endpoint.url;
    return endpoint;
  },
);

const removeEndpoint = operation("DELETE", "/v1/webhook_endpoints/{webhook_endpoint}", {}, (world, _, call) => {
  const endpoint = world.at("webhook_endpoints", call.in("webhook_endpoint"));
  world.state.tables.webhook_endpoints.delete(endpoint.id);
  delete world.state.endpoints[endpoint.id];
  return { id: endpoint.id, object: "webhook_endpoint", deleted: true };
});

const listEndpoints = operation("GET", "/v1/webhook_endpoints", PAGE, (world, given, call) =>
  paged(world.all("webhook_endpoints"), given, call.url),
);

/** Events and where they are sent. */
export const events = [retrieve, listAll, createEndpoint, retrieveEndpoint, updateEndpoint, removeEndpoint, listEndpoints];
