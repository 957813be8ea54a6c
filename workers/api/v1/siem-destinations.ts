import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { SIEM_FORMATS, SIEM_KINDS } from "#db/schema/webhooks.ts";
import { MAX_URL_LENGTH } from "#domain/destinations/destination.ts";
import type { SendOutcome } from "#domain/webhooks/outcome.ts";
import { ERROR_CLASSES } from "#domain/webhooks/words.ts";
import { testSiemDestination } from "#services/siem/push-logs.ts";
import {
  createSiemDestination,
  deleteSiemDestination,
  getSiemDestination,
  listSiemDestinations,
  type ShownSiemDestination,
  type SiemDestination,
  updateSiemDestination,
} from "#services/siem/siem-destination.ts";
import type { ApiEnv } from "../app.ts";
import { text } from "../v2/shapes.ts";
import { listOperation, operation } from "./operation.ts";
import { at, born, count, id, instant, oneOf, words } from "./shapes.ts";

const STATUSES = ["active", "disabled"] as const;

const SiemDestinationShape = z
  .object({
    id: id("Of the destination"),
    kind: oneOf("Signed https, or Splunk's HTTP Event Collector", SIEM_KINDS),
    format: oneOf("In which words rows come", SIEM_FORMATS),
    url: words("Where they go", "https://siem.example.com/splits"),
    status: oneOf("Whether anything is pushed", STATUSES),
    last_sent_at: at("When rows last arrived").nullable(),
    last_error_class: oneOf("Why the last push failed", ERROR_CLASSES).nullable(),
    ...born,
  })
  .openapi("SiemDestination");

const NewSiemDestinationShape = SiemDestinationShape.extend({
  secret: words("Verifies pushes, as those of webhooks. It is shown this once; null for Splunk", "whsec_…").nullable(),
}).openapi("NewSiemDestination");

const Url = z
  .string()
  .min(1)
  .max(4 * MAX_URL_LENGTH);

export const NewSiemDestination = z
  .strictObject({
    kind: z.enum(SIEM_KINDS),
    format: z.enum(SIEM_FORMATS),
    url: Url.openapi({
      description: "https, port 443, 8443, 8088 or 6514, a name on the public internet",
      example: "https://siem.example.com/splits",
    }),
    token: text(500).nullish().openapi({ description: "Of Splunk's collector" }),
  })
  .openapi("SiemDestinationInput");

const SiemDestinationChange = z
  .strictObject({
    format: z.enum(SIEM_FORMATS).optional(),
    url: Url.optional(),
    token: text(500).optional(),
    status: z.enum(STATUSES).optional(),
  })
  .openapi("SiemDestinationChange");

const present = (destination: SiemDestination): z.infer<typeof SiemDestinationShape> => ({
  id: destination.id,
  kind: destination.kind,
  format: destination.format,
  url: destination.url,
  status: destination.status,
  last_sent_at: instant(destination.lastSentAt),
  last_error_class: destination.lastErrorClass as never,
  created_at: destination.createdAt.toISOString(),
  updated_at: destination.updatedAt.toISOString(),
  version: destination.version,
});

const TestShape = z
  .object({
    succeeded: z.boolean().openapi({ description: "Whether it was answered with a 2xx", example: true }),
    http_status: count("What was answered", 200).nullable(),
    error_class: oneOf("Why it did not succeed", ERROR_CLASSES).nullable(),
    duration_ms: count("In all", 43),
    response_body: words("At most 8 KiB of it", "ok").nullable(),
  })
  .openapi("SiemTest");

export function siemDestinations(api: OpenAPIHono<ApiEnv>): void {
  listOperation<SiemDestination>(api, {
    path: "/siem-destinations",
    need: "session",
    access: ["siem-destinations", "list"],
    summary: "List where the account's logs are pushed to",
    item: SiemDestinationShape,
    run: listSiemDestinations,
    present,
  });
  operation<object, object, z.infer<typeof NewSiemDestination>, ShownSiemDestination>(api, {
    method: "post",
    path: "/siem-destinations",
    need: "session",
    access: ["siem-destinations", "create"],
    summary: "Have the account's logs pushed",
    description:
      "The request log and the audit events from now on, in batches of at most 500 rows, each at least once and in the order they came in. For the enterprise plan.",
    body: NewSiemDestination,
    replies: [201, NewSiemDestinationShape],
    revealsSecret: true,
    run: (ctx, { body }) => createSiemDestination(ctx, { ...body, token: body.token ?? null }),
    present: (destination) => ({ ...present(destination), secret: destination.secret }),
  });
  operation<{ id: string }, object, undefined, SiemDestination>(api, {
    method: "get",
    path: "/siem-destinations/{id}",
    need: "session",
    access: ["siem-destinations", "get"],
    summary: "Read where logs are pushed to, and how it goes",
    replies: [200, SiemDestinationShape],
    run: (ctx, { params }) => getSiemDestination(ctx, params.id),
    present,
  });
  operation<{ id: string }, object, z.infer<typeof SiemDestinationChange>, SiemDestination>(api, {
    method: "patch",
    path: "/siem-destinations/{id}",
    need: "session",
    access: ["siem-destinations", "update"],
    summary: "Change where logs are pushed to, or switch it off and on",
    description: "What was not pushed while it was off comes when it is on again.",
    body: SiemDestinationChange,
    replies: [200, SiemDestinationShape],
    run: (ctx, { params, body }) => updateSiemDestination(ctx, params.id, body),
    present,
  });
  operation<{ id: string }, object, undefined, { id: string }>(api, {
    method: "delete",
    path: "/siem-destinations/{id}",
    need: "session",
    access: ["siem-destinations", "delete"],
    summary: "End the pushing of logs",
    replies: [200, z.object({ id: id("Of the destination"), deleted: z.literal(true) }).openapi("DeletedSiemDestination")],
    run: (ctx, { params }) => deleteSiemDestination(ctx, params.id),
    present: ({ id: gone }) => ({ id: gone, deleted: true }),
  });
  operation<{ id: string }, object, undefined, SendOutcome>(api, {
    method: "post",
    path: "/siem-destinations/{id}/test",
    need: "session",
    access: ["siem-destinations", "test"],
    summary: "Push one row that says that it is a test",
    replies: [200, TestShape],
    run: (ctx, { params }) => testSiemDestination(ctx, params.id),
    present: (outcome) => ({
      succeeded: outcome.errorClass === null,
      http_status: outcome.httpStatus,
      error_class: outcome.errorClass,
      duration_ms: outcome.durationMs,
      response_body: outcome.responseBody,
    }),
  });
}
