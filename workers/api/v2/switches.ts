import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { changeSwitch } from "#services/switches/change-switch.ts";
import { getSwitch, listSwitches, type Switch } from "#services/switches/switch.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { Id, Instant, text } from "./shapes.ts";

const SwitchShape = z
  .object({
    id: Id,
    name: z.string().openapi({ example: "payouts.enabled" }),
    enabled: z.boolean(),
    reason: z.string().nullable(),
    changed_by: Id.nullable(),
    changed_at: Instant,
    version: z.int(),
  })
  .openapi("Switch");

/** What leaves the house of a switch. */
const present = (row: Switch) => ({
  id: row.id,
  name: row.name,
  enabled: row.enabled,
  reason: row.reason,
  changed_by: row.changedBy,
  changed_at: row.changedAt.toISOString(),
  version: row.version,
});

/** Two switches need no filters and no includes. */
const noun = { name: "switch" } as never;

export function switches(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Switch>(api, {
    path: "/switches",
    access: ["switches", "list"],
    summary: "List switches",
    noun,
    item: SwitchShape,
    run: listSwitches,
    present,
  });
  readOperation<Switch>(api, {
    path: "/switches/{id}",
    access: ["switches", "get"],
    summary: "Read a switch",
    noun,
    item: SwitchShape,
    run: getSwitch,
    present,
  });
  operation(api, {
    method: "post",
    path: "/switches/{id}/change",
    access: ["switches", "change"],
    summary: "Turn a switch",
    description: "One admin stops payouts at once. To start them, or to pay without tax profiles, takes an approval of `switch.change`.",
    params: z.object({ id: Id }),
    body: z
      .strictObject({ enabled: z.boolean(), reason: text(1_000), approval_id: Id.nullish(), version: z.int().optional() })
      .openapi("SwitchInput"),
    replies: [200, SwitchShape],
    run: (ctx, { params, body }) =>
      changeSwitch(ctx, params.id, { enabled: body.enabled, reason: body.reason, approvalId: body.approval_id ?? null }, body.version),
    present,
  });
}
