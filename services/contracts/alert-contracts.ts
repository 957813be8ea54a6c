import { eq, sql } from "drizzle-orm";
import { placements } from "#db/schema/ats.ts";
import { customContracts, placementSnapshot as snapshot } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import { type CommittedPlacement, contractExpiring, contractShortfall } from "#domain/contracts/contract.ts";
import { contractExpires, contractFellShort } from "#domain/events/contract.ts";
import { commit, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { type Contract, toRule } from "./contract.ts";

/** Contracts that may have something to tell: an end within 60 days, or a year's minimum that may be missed. */
const mayTell = () => sql`(${customContracts.approvedAt} is not null and (
  (${customContracts.contractEndDate} between (ops.now() at time zone 'utc')::date and (ops.now() at time zone 'utc')::date + 60
    and coalesce(${customContracts.alertedDays}, 61) > 7)
  or (${customContracts.minPlacementsPerYear} is not null
    and ${customContracts.contractStartDate} <= (ops.now() at time zone 'utc')::date - 365
    and coalesce(${customContracts.contractEndDate}, 'infinity') >= (ops.now() at time zone 'utc')::date - 366
    and coalesce(${customContracts.shortfallYear}, 0) < extract(year from ops.now() at time zone 'utc'))))`;

/** Warns 60, 30 and 7 days before a contract ends, and tells when a contract year stayed below its minimum. */
export async function alertContracts(ctx: Context): Promise<void> {
  const [contracts, made] = await ctx.read(
    select().from(customContracts).where(mayTell()).orderBy(customContracts.id),
    select({ contractId: snapshot.contractId, hiredAt: placements.hiredAt, state: placements.state })
      .from(placements)
      .innerJoin(snapshot, eq(snapshot.placementId, placements.id))
      .where(
        sql`${snapshot.contractId} in (select ${customContracts.id} from ${customContracts} where ${customContracts.minPlacementsPerYear} is not null and ${mayTell()})`,
      ),
  );
  for (const contract of contracts) {
    try {
      await alertContract(ctx, contract, made);
    } catch (error) {
      ctx.ports.log("error", "a contract could not be told of", {
        contract_id: contract.id,
        error: error instanceof Error ? error.message : "unknown",
      });
    }
  }
}

async function alertContract(ctx: Context, contract: Contract, made: readonly CommittedPlacement[]): Promise<void> {
  const rule = toRule(contract);
  const expiring = contractExpiring(rule, contract.alertedDays, ctx.now());
  // contract years begin on the same day of each year, so the year alone says which
  const told = contract.shortfallYear === null ? null : `${contract.shortfallYear}-12-31`;
  const shortfall = contractShortfall(rule, made, told, ctx.now());
  if (!expiring && !shortfall) return;
  const fields = {
    alertedDays: expiring?.daysRemaining ?? contract.alertedDays,
    shortfallYear: shortfall ? Number(shortfall.year.from.slice(0, 4)) : contract.shortfallYear,
  };
  const after: Contract = { ...contract, ...fields, version: contract.version + 1, updatedAt: ctx.now() };
  await commit(ctx, null, {
    expect: [unchanged(customContracts, contract)],
    write: [update(ctx, customContracts, contract.id, fields)],
    audit: {
      action: "contract.alerted",
      subject: { type: "contract", id: contract.id },
      before: contract,
      after,
      companyId: contract.companyId,
    },
    events: [
      ...(expiring ? [contractExpires(contract, expiring.daysRemaining)] : []),
      ...(shortfall ? [contractFellShort(contract, shortfall.placements, shortfall.minimum)] : []),
    ],
  });
}
