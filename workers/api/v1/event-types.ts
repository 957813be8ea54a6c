import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { SCOPES } from "#domain/credentials/scopes.ts";
import type { PublishedEvent } from "#domain/events/published.ts";
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
    subscribable: flag("Whether endpoints subscribe to it; a test is only ever asked for", true),
  })
  .openapi("EventType");

const eventType = ({ type, scope, description, data, accountKinds, subscribable }: PublishedEvent): z.infer<typeof EventType> => ({
  type,
  scope,
  description,
  data: [...data],
  account_kinds: [...(accountKinds ?? (["company", "team", "recruiter", "platform"] as const))],
  subscribable: subscribable !== false,
});

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
