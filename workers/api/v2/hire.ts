import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Cents } from "#domain/money.ts";
import { hire } from "#services/placements/hire.ts";
import type { ApiEnv } from "../app.ts";
import { operation } from "../operation.ts";
import { placement, PlacementShape } from "./placements.ts";
import { amountFields, amountOf, amountsAgree, Day, Id, OverrideReason, text } from "./shapes.ts";

const HireInput = z
  .strictObject({
    ...amountFields("salary"),
    start_date: Day,
    replaces_placement_id: Id.nullish().openapi({ description: "The failed placement of the same role that this hire replaces" }),
    notes: text(5_000).nullish(),
    reason: OverrideReason,
  })
  .superRefine(amountsAgree("salary"))
  .superRefine((body, issues) => {
    const salary = amountOf(body, "salary");
    if (salary == null) issues.addIssue({ code: "custom", path: ["salary_cents"], message: "salary_cents or salary is required" });
    else if (salary <= 0) issues.addIssue({ code: "custom", path: ["salary_cents"], message: "a salary is above zero" });
  })
  .openapi("HireInput");

/** Registers the hire of an application, which answers with the placement. */
export function hireOperation(api: OpenAPIHono<ApiEnv>): void {
  operation(api, {
    method: "post",
    path: "/applications/{id}/hire",
    access: ["applications", "hire"],
    summary: "Hire",
    description:
      "Makes the placement, freezes who earns what of it, and assigns every cent of the fee, in one step. A second call answers 409 `already_hired`.",
    params: z.object({ id: Id }),
    body: HireInput,
    replies: [200, PlacementShape],
    run: (ctx, { params, body }) =>
      hire(ctx, params.id, {
        salary: amountOf(body, "salary") as Cents,
        startDate: body.start_date,
        notes: body.notes ?? null,
        replacesPlacementId: body.replaces_placement_id ?? null,
      }),
    present: placement,
  });
}
