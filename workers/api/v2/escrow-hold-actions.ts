import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { endPlacementHold, holdPlacement } from "#services/escrow-holds/change-hold.ts";
import type { ApiEnv } from "../app.ts";
import { operation } from "../operation.ts";
import { hold, HoldShape } from "./escrow-holds.ts";
import { Id, text } from "./shapes.ts";

const reason = text(1_000);

/** What platform admins do with the holds of a placement. */
export function escrowHoldActions(api: OpenAPIHono<ApiEnv>): void {
  operation(api, {
    method: "post",
    path: "/escrow-holds",
    access: ["escrow-holds", "create"],
    summary: "Hold a placement's money for a compliance review",
    body: z.strictObject({ placement_id: Id, reason }).openapi("EscrowHoldInput"),
    replies: [201, HoldShape],
    run: (ctx, { body }) => holdPlacement(ctx, body.placement_id, body.reason),
    present: hold,
  });
  for (const [verb, to] of [
    ["release", "released"],
    ["cancel", "cancelled"],
  ] as const) {
    operation(api, {
      method: "post",
      path: `/escrow-holds/{id}/${verb}`,
      access: ["escrow-holds", verb],
      summary: verb === "release" ? "Release a hold that found nothing" : "Cancel a hold that should never have been",
      description: `By an approval of \`escrow_hold.release\` whose request is \`{"to": "${to}"}\`.`,
      params: z.object({ id: Id }),
      body: z.strictObject({ approval_id: Id, reason }).openapi(`EscrowHold${verb === "release" ? "Release" : "Cancel"}Input`),
      replies: [200, HoldShape],
      run: (ctx, { params, body }) => endPlacementHold(ctx, params.id, to, body.approval_id, body.reason),
      present: hold,
    });
  }
}
