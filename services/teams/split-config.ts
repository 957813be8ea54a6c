import { eq, getTableColumns, sql } from "drizzle-orm";
import { candidateRoleAssignments as deals, jobs } from "#db/schema/ats.ts";
import { candidateSourcers, companySourcers, teamMembers, teamSplitConfigs as configs } from "#db/schema/network.ts";
import { select } from "#db/statements.ts";
import { isLive } from "#domain/deals/states.ts";
import { conflict, invalidField } from "#domain/refusals.ts";
import { teamEvent } from "#domain/teams/team.ts";
import { commit, deciding, editable, insert, newRow, unchanged } from "../commit.ts";
import type { Context } from "../context.ts";
import { getOne, type Included, listOf, type ListQuery, type Noun, type Page, rowById } from "../listing.ts";
import { readableSplitConfigs, requireTeamReader, waysToSplitConfigs } from "./access.ts";
import { type Team, teamNoun } from "./team.ts";

/** How a team divides what its members earn: its default from an instant on, or for one deal. */
export type SplitConfig = typeof configs.$inferSelect;

export const splitConfigNoun = {
  name: "team split configuration",
  table: configs,
  columns: getTableColumns(configs),
  readable: readableSplitConfigs,
  ways: waysToSplitConfigs,
  filters: {
    team_id: (id: string) => eq(configs.teamId, id),
    cra_id: (id: string) => eq(configs.craId, id),
    is_default: (wanted: boolean) => eq(configs.isDefault, wanted),
  },
} satisfies Noun<SplitConfig>;

/** One page of the rules of the caller's teams, history included. */
export async function listSplitConfigs(ctx: Context, query: ListQuery): Promise<Page<SplitConfig>> {
  const page = await listOf<SplitConfig>(ctx, splitConfigNoun, query);
  requireTeamReader(ctx);
  return page;
}

/** One rule the caller may see, or 404. */
export const getSplitConfig = (ctx: Context, id: string, include: readonly string[]): Promise<Included<SplitConfig>> =>
  getOne<SplitConfig>(ctx, splitConfigNoun, id, include);

/** A rule to begin; with a deal it holds for that deal only. */
export interface NewSplitConfig {
  teamId: string;
  model: SplitConfig["model"];
  config: SplitConfig["config"];
  craId: string | null;
  /** At once unless told. */
  effectiveFrom: Date | null;
}

/**
 * Begins a team's new rule, as its default or for one deal before its hire. Earlier rules stay as
 * they were; no placement that was settled changes (D-37). By the team's owner and admins.
 */
export async function createSplitConfig(ctx: Context, input: NewSplitConfig): Promise<SplitConfig> {
  return deciding(ctx, async () => {
    const [[team], [deal]] = await ctx.read(rowById<Team>(ctx, teamNoun, input.teamId), dealOfTeam(input));
    const of = editable(ctx, "team", input.teamId, team);
    if (input.effectiveFrom && input.effectiveFrom < ctx.now())
      throw invalidField("effective_from", "out_of_range", "a rule begins now or later");
    if (input.craId && !deal) throw invalidField("cra_id", "unknown", "this is no deal of an earning member of the team");
    if (deal && (deal.state === "hired" || !isLive(deal.state)))
      throw conflict("The rule for a deal is set before its hire.", { reason: "deal_over" });

    const row = newRow(ctx, configs, {
      teamId: of.id,
      model: input.model,
      config: input.config,
      craId: input.craId,
      isDefault: input.craId === null,
      effectiveFrom: input.effectiveFrom ?? ctx.now(),
      createdByUserId: ctx.userId,
    });
    return commit(ctx, row, {
      // a hire in between would have been settled without it
      expect: deal ? [unchanged(deals, deal)] : [],
      write: [insert(configs, row)],
      audit: { action: "team.split_config_created", subject: { type: "team", id: of.id }, after: row },
      events: [teamEvent("team.split_config_changed", of)],
    });
  });
}

/** The deal, if an earning member of the team has one of the five roles in it. */
const dealOfTeam = ({ craId, teamId }: NewSplitConfig) =>
  select({ id: deals.id, version: deals.version, state: deals.state })
    .from(deals)
    .innerJoin(jobs, eq(jobs.id, deals.jobId))
    .where(
      sql`${deals.id} = ${craId} and exists (select 1 from ${teamMembers} m where m.team_id = ${teamId} and m.status = 'active' and m.role <> 'collaborator'
        and (m.recruiter_id in (${deals.candidateRecruiterId}, ${deals.companyRecruiterId}, ${jobs.jobOwnerRecruiterId})
          or exists (select 1 from ${candidateSourcers} s where s.candidate_id = ${deals.candidateId} and s.sourcer_recruiter_id = m.recruiter_id)
          or exists (select 1 from ${companySourcers} s where s.company_id = ${deals.companyId} and s.sourcer_recruiter_id = m.recruiter_id)))`,
    );
