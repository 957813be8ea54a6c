import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { DEAL_ROLES, type DealRole } from "#domain/commission/deal-roles.ts";
import type { BasisPoints, Cents } from "#domain/money.ts";
import { getSnapshot, listSnapshots, type Snapshot, snapshotNoun } from "#services/placements/snapshot.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, readOperation } from "../operation.ts";
import { amount, amountShape, Id, Instant, Percentage, percentage } from "./shapes.ts";

const SnapshotShape = z
  .object({
    id: Id.openapi({ description: "The placement's" }),
    placement_id: Id,
    created_at: Instant,
    ...amountShape("total_placement_fee"),
    ...amountShape("platform_amount"),
    subscription_tier: z.string().nullable().optional(),
    roles: z
      .array(
        z.object({
          role: z.enum(DEAL_ROLES),
          recruiter_id: Id,
          rate: Percentage,
          tier: z.string(),
          team_id: Id.nullable(),
          split_config: z.unknown().optional(),
        }),
      )
      .optional()
      .openapi({ description: "All filled roles for platform admins, a recruiter's own and their team's otherwise; never for companies" }),
  })
  .catchall(z.unknown())
  .openapi("PlacementSnapshot");

interface RoleAtHire {
  role: DealRole;
  recruiterId: string;
  rate: BasisPoints;
  tier: string;
  teamId: string | null;
  splitConfig: unknown;
}

/** The columns of each role in a row of their own. */
function rolesOf(row: Snapshot): RoleAtHire[] {
  const columns = row as unknown as Record<string, unknown>;
  return DEAL_ROLES.flatMap((role) => {
    const name = role.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const idName = name.endsWith("Recruiter") ? `${name}Id` : `${name}RecruiterId`;
    const recruiterId = columns[idName] as string | null;
    if (recruiterId === null) return [];
    return [
      {
        role,
        recruiterId,
        rate: columns[`${name}Rate`] as BasisPoints,
        tier: columns[`${name}Tier`] as string,
        teamId: columns[`${name}TeamId`] as string | null,
        splitConfig: columns[`${name}SplitConfig`],
      },
    ];
  });
}

const presentRole = ({ role, recruiterId, rate, tier, teamId }: RoleAtHire) => ({
  role,
  recruiter_id: recruiterId,
  rate: percentage(rate),
  tier,
  team_id: teamId,
});

/** What leaves the house of a snapshot: all to platform admins, the total to the company, own roles to a recruiter. */
export function snapshot(row: Snapshot) {
  const facts = { id: row.id, placement_id: row.placementId, created_at: row.createdAt.toISOString() };
  if (row.side === "company") return { ...facts, ...amount("total_placement_fee", row.totalPlacementFee) };
  const roles = rolesOf(row);
  if (row.side === "recruiter") {
    const teams = row.callerTeamIds ?? [];
    const own = roles.filter(
      ({ recruiterId, teamId }) => recruiterId === row.callerRecruiterId || (teamId !== null && teams.includes(teamId)),
    );
    return { ...facts, roles: own.map(presentRole) };
  }
  return {
    ...facts,
    ...amount("total_placement_fee", row.totalPlacementFee),
    ...amount("platform_amount", row.platformAmount as Cents),
    subscription_tier: row.subscriptionTier,
    roles: roles.map((each) => ({ ...presentRole(each), split_config: each.splitConfig })),
    fee_basis: row.feeBasis,
    contract_id: row.contractId,
    fee_terms_id: row.feeTermsId,
    splits_rates_ids: row.splitsRatesIds,
    policy_version: row.policyVersion,
  };
}

export function placementSnapshots(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Snapshot>(api, {
    path: "/placement-snapshots",
    access: ["placement-snapshots", "list"],
    summary: "List placement snapshots",
    noun: snapshotNoun,
    filters: z.object({ placement_id: Id }),
    item: SnapshotShape,
    run: listSnapshots,
    present: snapshot,
  });
  readOperation<Snapshot>(api, {
    path: "/placement-snapshots/{id}",
    access: ["placement-snapshots", "get"],
    summary: "Read the snapshot of a placement",
    description: "The id is the placement's.",
    noun: snapshotNoun,
    item: SnapshotShape,
    run: getSnapshot,
    present: snapshot,
  });
}
