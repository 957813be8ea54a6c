import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { SPLIT_MODELS } from "#db/schema/network.ts";
import { createSplitConfig, getSplitConfig, listSplitConfigs, type SplitConfig, splitConfigNoun } from "#services/teams/split-config.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import { Flag, Id, Instant, InstantInput, OverrideReason } from "./shapes.ts";

const rate = z.int().min(0).max(10_000).optional();
const Parameters = z.strictObject({ overhead_bp: rate, owner_bp: rate });

const SplitConfigShape = z
  .object({
    id: Id,
    team_id: Id,
    model: z.enum(SPLIT_MODELS),
    config: Parameters,
    is_default: z.boolean(),
    cra_id: Id.nullable().openapi({ description: "The deal it holds for; null for the team's default" }),
    effective_from: Instant,
    created_by_user_id: Id,
    created_at: Instant,
  })
  .openapi("TeamSplitConfig");

/** The parameter each model asks for; the others ask for none. */
const PARAMETER: Readonly<Partial<Record<SplitConfig["model"], "overhead_bp" | "owner_bp">>> = {
  hybrid: "overhead_bp",
  tiered_split: "owner_bp",
};

const SplitConfigInput = z
  .strictObject({
    team_id: Id,
    model: z.enum(SPLIT_MODELS),
    config: Parameters.optional().openapi({
      description: "`overhead_bp` with hybrid, `owner_bp` with tiered_split, in basis points",
      example: { overhead_bp: 2000 },
    }),
    cra_id: Id.nullish(),
    effective_from: InstantInput.optional(),
    reason: OverrideReason,
  })
  .superRefine(({ model, config = {} }, issues) => {
    for (const name of ["overhead_bp", "owner_bp"] as const) {
      const wanted = PARAMETER[model] === name;
      if (wanted === (config[name] !== undefined)) continue;
      issues.addIssue({ code: "custom", path: ["config", name], message: wanted ? `${model} needs ${name}` : `${model} takes no ${name}` });
    }
  })
  .openapi("TeamSplitConfigInput");

/** What leaves the house of a team's rule. */
export const splitConfig = (row: SplitConfig) => ({
  id: row.id,
  team_id: row.teamId,
  model: row.model,
  config: row.config,
  is_default: row.isDefault,
  cra_id: row.craId,
  effective_from: row.effectiveFrom.toISOString(),
  created_by_user_id: row.createdByUserId,
  created_at: row.createdAt.toISOString(),
});

export function teamSplitConfigs(api: OpenAPIHono<ApiEnv>): void {
  listOperation<SplitConfig>(api, {
    path: "/team-split-configs",
    access: ["team-split-configs", "list"],
    summary: "List how teams divide what they earn",
    noun: splitConfigNoun,
    filters: z.object({ team_id: Id, cra_id: Id, is_default: Flag }),
    item: SplitConfigShape,
    run: listSplitConfigs,
    present: splitConfig,
  });
  operation(api, {
    method: "post",
    path: "/team-split-configs",
    access: ["team-split-configs", "create"],
    summary: "Begin a new rule",
    description: "As the team's default, or for one deal before its hire. Earlier rules are kept; settled placements do not change.",
    body: SplitConfigInput,
    replies: [201, SplitConfigShape],
    run: (ctx, { body }) =>
      createSplitConfig(ctx, {
        teamId: body.team_id,
        model: body.model,
        config: (body.config ?? {}) as SplitConfig["config"],
        craId: body.cra_id ?? null,
        effectiveFrom: body.effective_from ?? null,
      }),
    present: splitConfig,
  });
  readOperation<SplitConfig>(api, {
    path: "/team-split-configs/{id}",
    access: ["team-split-configs", "get"],
    summary: "Read a rule",
    noun: splitConfigNoun,
    item: SplitConfigShape,
    run: getSplitConfig,
    present: splitConfig,
  });
}
