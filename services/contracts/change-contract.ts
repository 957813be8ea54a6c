import { eq, sql } from "drizzle-orm";
import { companies } from "#db/schema/ats.ts";
import { approvals, customContracts } from "#db/schema/billing.ts";
import { select } from "#db/statements.ts";
import {
  approveContract as decideApproval,
  type ContractTerms,
  createContract as decideCreation,
  editContract,
  endContract as decideEnd,
  requireUnapproved,
} from "#domain/contracts/contract.ts";
import { contractApproved, contractCreated, contractDeleted, contractEnded, contractUpdated } from "#domain/events/contract.ts";
import { conflict, invalidField } from "#domain/refusals.ts";
import { requirePlatformAdmin } from "../approvals/approval.ts";
import { approvalRequest, expiry, ONE_OPEN_APPROVAL, openApproval } from "../approvals/request-approval.ts";
import { approvalById, useApproval } from "../approvals/use-approval.ts";
import { asItStands, commit, deciding, differing, expectVersion, insert, newRow, readable, remove, unchanged, update } from "../commit.ts";
import type { Context } from "../context.ts";
import { rowById } from "../listing.ts";
import { type Contract, contractNoun, contractsOf, termsRequest, toColumns, toRule } from "./contract.ts";

/** The database decides between two who write at the same time (MONEY §15). */
const NO_OVERLAP = {
  ...ONE_OPEN_APPROVAL,
  custom_contracts_no_overlap: () => conflict("The contract overlaps with another of this company.", { reason: "contract_overlap" }),
};

const ofCompanyOf = (id: string) => contractsOf(sql`(select k.company_id from ${customContracts} k where k.id = ${id}::uuid)`);

/**
 * Writes a contract with a company and asks a second admin to approve it; until then no hire knows it.
 * Refuses bad terms (422) and an overlap with another contract, approved or not (409 `contract_overlap`).
 */
export async function createContract(ctx: Context, companyId: string, terms: ContractTerms, reason: string): Promise<Contract> {
  return deciding(
    ctx,
    async () => {
      const [[company], others] = await ctx.read(
        select({ id: companies.id }).from(companies).where(eq(companies.id, companyId)),
        contractsOf(companyId),
      );
      requirePlatformAdmin(ctx, "write contracts");
      if (!company) throw invalidField("company_id", "unknown", "there is no such company");
      const contract = decideCreation(ctx.newId(), companyId, terms, others.map(toRule));
      const row = newRow(ctx, customContracts, { ...toColumns(contract), id: contract.id, companyId });
      const { change } = approvalRequest(
        ctx,
        { action: "contract.approve", subjectId: row.id, request: termsRequest(contract), reason },
        undefined,
      );
      return commit(ctx, row, {
        write: [insert(customContracts, row), ...change.write],
        audit: [
          { action: "contract.created", subject: { type: "contract", id: row.id }, after: row, companyId, reason },
          ...[change.audit].flat(),
        ],
        events: [contractCreated(row), ...change.events],
      });
    },
    NO_OVERLAP,
  );
}

/**
 * Changes a contract before its approval, and asks for the approval anew: whoever wrote any of it
 * never approves it. Refuses an approved one (409 `contract_approved`), bad terms and an overlap.
 */
export async function updateContract(
  ctx: Context,
  id: string,
  changes: Partial<ContractTerms>,
  reason: string,
  version?: number,
): Promise<Contract> {
  return deciding(
    ctx,
    async () => {
      const [[row], others, [open]] = await ctx.read(
        rowById<Contract>(ctx, contractNoun, id),
        ofCompanyOf(id),
        openApproval("contract.approve", id),
      );
      const before = readable("contract", id, row);
      requirePlatformAdmin(ctx, "write contracts");
      expectVersion(ctx, before, version);
      const rule = toRule(before);
      const changed = editContract(rule, { ...rule, ...changes }, others.map(toRule));
      const fields = toColumns(changed);
      if (!differing(before, fields)) return asItStands(ctx, before);
      const after: Contract = { ...before, ...fields, version: before.version + 1, updatedAt: ctx.now() };
      const { change } = approvalRequest(ctx, { action: "contract.approve", subjectId: id, request: termsRequest(changed), reason }, open);
      return commit(ctx, after, {
        expect: [unchanged(customContracts, before), ...change.expect],
        write: [update(ctx, customContracts, id, fields), ...change.write],
        audit: [
          { action: "contract.updated", subject: { type: "contract", id }, before, after, companyId: before.companyId, reason },
          ...[change.audit].flat(),
        ],
        events: [
          contractUpdated(
            after,
            Object.keys(termsRequest(changed)).filter((name) => termsRequest(changed)[name] !== termsRequest(rule)[name]),
          ),
          ...change.events,
        ],
      });
    },
    NO_OVERLAP,
  );
}

/** Removes a contract that was never approved. Refuses an approved one (409 `contract_approved`): it is ended. */
export async function deleteContract(ctx: Context, id: string): Promise<{ id: string }> {
  return deciding(ctx, async () => {
    const [[row], [open]] = await ctx.read(rowById<Contract>(ctx, contractNoun, id), openApproval("contract.approve", id));
    const before = readable("contract", id, row);
    requirePlatformAdmin(ctx, "remove contracts");
    expectVersion(ctx, before);
    requireUnapproved(toRule(before));
    const ended = open ? expiry(ctx, open) : null;
    return commit(
      ctx,
      { id },
      {
        expect: [unchanged(customContracts, before), ...(ended ? [unchanged(approvals, ended.before)] : [])],
        write: [...(ended ? [ended.write] : []), remove(customContracts, id)],
        audit: [
          { action: "contract.deleted", subject: { type: "contract", id }, before, companyId: before.companyId },
          ...(ended ? [ended.audit] : []),
        ],
        events: [contractDeleted(before), ...(ended ? [ended.event] : [])],
      },
    );
  });
}

/**
 * Approves a contract by an approval of exactly its terms; hires are settled under it from now on.
 * Refuses what `useApproval` refuses, and a contract that is approved already (409).
 */
export async function approveContract(ctx: Context, id: string, approvalId: string): Promise<Contract> {
  return deciding(
    ctx,
    async () => {
      const [[row], others, [found]] = await ctx.read(rowById<Contract>(ctx, contractNoun, id), ofCompanyOf(id), approvalById(approvalId));
      const before = readable("contract", id, row);
      requirePlatformAdmin(ctx, "approve contracts");
      expectVersion(ctx, before);
      const rule = toRule(before);
      requireUnapproved(rule);
      const used = useApproval(ctx, found, { action: "contract.approve", subjectId: id, request: termsRequest(rule) });
      const { requestedBy, approvedBy } = used.approval;
      const approved = decideApproval(
        rule,
        { requestedByUserId: requestedBy, approverUserId: approvedBy ?? requestedBy },
        others.map(toRule),
        ctx.now(),
      );
      const fields = { approvedByAdminId: approved.approvedByUserId, approvedAt: approved.approvedAt };
      const after: Contract = { ...before, ...fields, version: before.version + 1, updatedAt: ctx.now() };
      return commit(ctx, after, {
        expect: [used.guard, unchanged(customContracts, before)],
        write: [used.write, update(ctx, customContracts, id, fields)],
        audit: [used.audit, { action: "contract.approved", subject: { type: "contract", id }, before, after, companyId: before.companyId }],
        events: [used.event, contractApproved(after)],
      });
    },
    NO_OVERLAP,
  );
}

/** Ends an approved contract on a day from today on, inclusive. Refuses to prolong it, and a past day (422). */
export async function endContract(ctx: Context, id: string, endDate: string, reason: string): Promise<Contract> {
  return deciding(ctx, async () => {
    const [[row]] = await ctx.read(rowById<Contract>(ctx, contractNoun, id));
    const before = readable("contract", id, row);
    requirePlatformAdmin(ctx, "end contracts");
    expectVersion(ctx, before);
    const ended = decideEnd(toRule(before), endDate, ctx.now());
    // another end is announced anew
    const fields = { contractEndDate: ended.endDate, alertedDays: null };
    const after: Contract = { ...before, ...fields, version: before.version + 1, updatedAt: ctx.now() };
    return commit(ctx, after, {
      expect: [unchanged(customContracts, before)],
      write: [update(ctx, customContracts, id, fields)],
      audit: { action: "contract.ended", subject: { type: "contract", id }, before, after, companyId: before.companyId, reason },
      events: [contractEnded(after)],
    });
  });
}
