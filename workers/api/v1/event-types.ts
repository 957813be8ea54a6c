import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { SCOPES } from "#domain/credentials/scopes.ts";
import type { PublishedEvent } from "#domain/events/published.ts";
import { exampleOf, schemaOf } from "#domain/events/published-schemas.ts";
import { publishedEventsAfter } from "#services/events/list-published-events.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation } from "./operation.ts";
import { flag, oneOf, words } from "./shapes.ts";

const EventType = z
  .object({
    type: words("Its name", "application.stage_changed"),
    scope: oneOf("Without which you do not hear it", SCOPES),
    description: words("What happened", "A submission came to another stage"),
    data: z.array(z.string()).openapi({ description: "The members of its data", example: ["application_id", "role_id"] }),
    account_kinds: z
      .array(z.enum(["company", "team", "recruiter", "platform"]))
      .openapi({ description: "Which accounts may hear it", example: ["company"] }),
    schema: z.looseObject({}).openapi({ description: "The JSON Schema of a delivery", example: { type: "object" } }),
    example: z.looseObject({}).openapi({ description: "A delivery", example: { type: "application.stage_changed" } }),
    subscribable: flag("Whether endpoints subscribe to it; a test is only ever asked for", true),
  })
  .openapi("EventType");

const eventType = (event: PublishedEvent): z.infer<typeof EventType> => {
  const { type, scope, description, data, accountKinds, subscribable } = event;
  return {
    type,
    scope,
    description,
    data: [...data],
    account_kinds: [...(accountKinds ?? (["company", "team", "recruiter", "platform"] as const))],
    schema: { ...schemaOf(event) },
    example: exampleOf(event),
    subscribable: subscribable !== false,
  };
};

export function eventTypes(api: OpenAPIHono<ApiEnv>): void {
  listOperation<PublishedEvent>(api, {
    path: "/event-types",
    need: "any",
    access: ["event-types", "list"],
    summary: "List the events you can subscribe to",
    item: EventType,
    run: publishedEventsAfter,
    present: eventType,
  });
}
