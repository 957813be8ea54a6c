import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { DEBT_RECOVERIES } from "#db/schema/billing.ts";
import { debtNoun, getDebt, listDebts, openOf, type ShownDebt, writeOffDebt } from "#services/payouts/debt.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { amount, amountShape, Id, Instant, instant, text } from "./shapes.ts";

const DebtShape = z
  .object({
    id: Id,
    recruiter_id: Id,
    placement_id: Id,
    ...amountShape("amount"),
    ...amountShape("recovered"),
    ...amountShape("written_off"),
    ...amountShape("open"),
    recovery: z
      .enum(DEBT_RECOVERIES)
      .openapi({ description: "`reversing` while the transfer may still come back, then `netting` with the next payouts" }),
    settled_at: Instant.nullable(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .openapi("Debt");

const debt = (row: ShownDebt) => ({
  id: row.id,
  recruiter_id: row.recruiterId,
  placement_id: row.placementId,
  ...amount("amount", row.amountCents),
  ...amount("recovered", row.recoveredCents),
  ...amount("written_off", row.writtenOffCents),
  ...amount("open", openOf(row)),
  recovery: row.recovery,
  settled_at: instant(row.settledAt),
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
});

/** What recruiters owe after a clawback: their own, and all for platform admins. */
export function debts(api: OpenAPIHono<ApiEnv>): void {
  listOperation<ShownDebt>(api, {
    path: "/debts",
    access: ["debts", "list"],
    summary: "List debts",
    noun: debtNoun,
    filters: z.object({ recruiter_id: Id, open: z.enum(["true", "false"]).openapi({ type: "boolean" }) }),
    item: DebtShape,
    run: listDebts,
    present: debt,
  });
  readOperation<ShownDebt>(api, {
    path: "/debts/{id}",
    access: ["debts", "get"],
    summary: "Read a debt",
    noun: debtNoun,
    item: DebtShape,
    run: getDebt,
    present: debt,
  });
  operation(api, {
    method: "post",
    path: "/debts/{id}/write-off",
    access: ["debts", "write-off"],
    summary: "Give up what is left of a debt",
    description: "By an approval of `debt.write_off`.",
    params: z.object({ id: Id }),
    body: z.strictObject({ approval_id: Id, reason: text(1_000) }).openapi("WriteOffInput"),
    replies: [200, DebtShape],
    run: (ctx, { params, body }) => writeOffDebt(ctx, params.id, body.approval_id, body.reason),
    present: debt,
  });
}
