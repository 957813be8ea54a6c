import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { CREDIT_STATUSES } from "#db/schema/billing.ts";
import { creditNoun, type CreditView, getCredit, listCredits } from "#services/invoices/invoice.ts";
import type { Included } from "#services/listing.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, readOperation } from "../operation.ts";
import { amount, amountShape, Id, included, Instant, summary } from "./shapes.ts";

const CreditShape = z
  .object({
    id: Id,
    placement_id: Id,
    company_id: Id,
    job_id: Id,
    ...amountShape("amount"),
    ...amountShape("used"),
    status: z.enum(CREDIT_STATUSES),
    expires_at: Instant,
    replacement_placement_id: Id.nullable(),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .catchall(z.unknown())
  .openapi("PlacementCredit");

/** What leaves the house of a credit. */
export const credit = (row: CreditView | Included<CreditView>) => ({
  id: row.id,
  placement_id: row.placementId,
  company_id: row.companyId,
  job_id: row.jobId,
  ...amount("amount", row.amountCents),
  ...amount("used", row.usedCents),
  status: row.status,
  expires_at: row.expiresAt.toISOString(),
  replacement_placement_id: row.replacementPlacementId,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
  ...included(row, { placement: summary }),
});

export function placementCredits(api: OpenAPIHono<ApiEnv>): void {
  listOperation<CreditView>(api, {
    path: "/placement-credits",
    access: ["placement-credits", "list"],
    summary: "List credits of placements that fell off",
    noun: creditNoun,
    filters: z.object({ company_id: Id, placement_id: Id, job_id: Id, status: z.enum(CREDIT_STATUSES) }),
    item: CreditShape,
    run: listCredits,
    present: credit,
  });
  readOperation<CreditView>(api, {
    path: "/placement-credits/{id}",
    access: ["placement-credits", "get"],
    summary: "Read a credit",
    noun: creditNoun,
    item: CreditShape,
    run: getCredit,
    present: credit,
  });
}
