import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { BREAK_SEVERITIES } from "#db/schema/billing.ts";
import { BREAK_KINDS } from "#domain/reconciliation/break.ts";
import { type BreakRow, breakNoun, getBreak, getRun, listBreaks, listRuns, type RunRow, runNoun } from "#services/reconciliation/break.ts";
import { assignBreak, resolveBreak } from "#services/reconciliation/resolve-break.ts";
import { runReconciliation } from "#services/reconciliation/run-reconciliation.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { Flag, Id, Instant, instant, InstantInput, text } from "./shapes.ts";

const RunShape = z
  .object({
    id: Id,
    started_at: Instant,
    finished_at: Instant.nullable(),
    checked: z.record(z.string(), z.int()),
    opened: z.int(),
    healed: z.int(),
    postponed: z.int().openapi({ description: "Breaks that were too many for it; the next minute goes on with them" }),
    created_at: Instant,
  })
  .openapi("ReconciliationRun");

const BreakShape = z
  .object({
    id: Id,
    kind: z.enum(BREAK_KINDS),
    severity: z.enum(BREAK_SEVERITIES),
    subject: z.string(),
    expected: z.string().nullable(),
    actual: z.string().nullable(),
    opened_at: Instant,
    owner_user_id: Id.nullable(),
    resolved_at: Instant.nullable(),
    resolution: z.string().nullable().openapi({ description: "`healed` when it went away by itself" }),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .openapi("ReconciliationBreak");

const run = (row: RunRow) => ({
  id: row.id,
  started_at: row.startedAt.toISOString(),
  finished_at: instant(row.finishedAt),
  checked: row.checked,
  opened: row.opened,
  healed: row.healed,
  postponed: row.postponed,
  created_at: row.createdAt.toISOString(),
});

const found = (row: BreakRow) => ({
  id: row.id,
  kind: row.kind,
  severity: row.severity,
  subject: row.subject,
  expected: row.expected,
  actual: row.actual,
  opened_at: row.openedAt.toISOString(),
  owner_user_id: row.ownerUserId,
  resolved_at: instant(row.resolvedAt),
  resolution: row.resolution,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
});

export function reconciliationRuns(api: OpenAPIHono<ApiEnv>): void {
  listOperation<RunRow>(api, {
    path: "/reconciliation-runs",
    access: ["reconciliation-runs", "list"],
    summary: "List reconciliations",
    noun: runNoun,
    item: RunShape,
    run: listRuns,
    present: run,
  });
  readOperation<RunRow>(api, {
    path: "/reconciliation-runs/{id}",
    access: ["reconciliation-runs", "get"],
    summary: "Read a reconciliation",
    noun: runNoun,
    item: RunShape,
    run: getRun,
    present: run,
  });
  operation(api, {
    method: "post",
    path: "/reconciliation-runs",
    access: ["reconciliation-runs", "create"],
    summary: "Reconcile now",
    description: "What moved after `cut_at`, ten minutes ago unless told, is left for the next run.",
    body: z.strictObject({ cut_at: InstantInput.optional() }).openapi("ReconciliationInput"),
    replies: [201, RunShape],
    run: (ctx, { body }) => runReconciliation(ctx, body.cut_at ?? null),
    present: run,
  });
}

export function reconciliationBreaks(api: OpenAPIHono<ApiEnv>): void {
  listOperation<BreakRow>(api, {
    path: "/reconciliation-breaks",
    access: ["reconciliation-breaks", "list"],
    summary: "List breaks",
    noun: breakNoun,
    filters: z.object({ kind: z.enum(BREAK_KINDS), severity: z.enum(BREAK_SEVERITIES), subject: text(200), open: Flag }),
    item: BreakShape,
    run: listBreaks,
    present: found,
  });
  readOperation<BreakRow>(api, {
    path: "/reconciliation-breaks/{id}",
    access: ["reconciliation-breaks", "get"],
    summary: "Read a break",
    noun: breakNoun,
    item: BreakShape,
    run: getBreak,
    present: found,
  });
  operation(api, {
    method: "patch",
    path: "/reconciliation-breaks/{id}",
    access: ["reconciliation-breaks", "update"],
    summary: "Put a break into somebody's hands",
    params: z.object({ id: Id }),
    body: z.strictObject({ owner_user_id: Id.nullable(), version: z.int().optional() }).openapi("BreakPatch"),
    replies: [200, BreakShape],
    run: (ctx, { params, body }) => assignBreak(ctx, params.id, body.owner_user_id, body.version),
    present: found,
  });
  operation(api, {
    method: "post",
    path: "/reconciliation-breaks/{id}/resolve",
    access: ["reconciliation-breaks", "resolve"],
    summary: "Close a break that does not heal by itself",
    description: "A critical one takes an approval of `break.resolve`.",
    params: z.object({ id: Id }),
    body: z.strictObject({ resolution: text(2_000), approval_id: Id.nullish() }).openapi("ResolveBreakInput"),
    replies: [200, BreakShape],
    run: (ctx, { params, body }) => resolveBreak(ctx, params.id, body.resolution, body.approval_id ?? null),
    present: found,
  });
}
