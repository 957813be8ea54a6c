import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { ContractTerms } from "#domain/contracts/contract.ts";
import { MAX_FEE } from "#domain/money.ts";
import { approveContract, createContract, deleteContract, endContract, updateContract } from "#services/contracts/change-contract.ts";
import { type Contract, contractNoun, getContract, listContracts } from "#services/contracts/contract.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, operation, readOperation } from "../operation.ts";
import {
  amount,
  amountFields,
  amountOf,
  amountsAgree,
  amountShape,
  Day,
  defined,
  Deleted,
  deleted,
  Id,
  Instant,
  instant,
  Percentage,
  percentage,
  PercentageInput,
  text,
  WebAddress,
} from "./shapes.ts";

const ContractShape = z
  .object({
    id: Id,
    company_id: Id,
    fee_percentage: Percentage.nullable(),
    ...amountShape("flat_fee"),
    discount_percentage: Percentage.nullable(),
    discount_threshold: z.int().openapi({ description: "The hire of the contract year from which on the discount holds" }),
    min_placements_per_year: z.int().nullable(),
    contract_start_date: Day,
    contract_end_date: Day.nullable().openapi({ description: "Inclusive" }),
    terms_document_url: z.string().nullable(),
    approved_at: Instant.nullable().openapi({ description: "No hire knows a contract before" }),
    created_at: Instant,
    updated_at: Instant,
    version: z.int(),
  })
  .openapi("CustomContract");

const count = z.int().min(0).max(1_000_000);

const terms = {
  fee_percentage: PercentageInput.nullish(),
  ...amountFields("flat_fee"),
  discount_percentage: PercentageInput.nullish(),
  discount_threshold: count.optional(),
  min_placements_per_year: count.nullish(),
  contract_end_date: Day.nullish(),
  terms_document_url: WebAddress.nullish(),
};

const reason = text(1_000).openapi({ description: "Read by the second admin" });

const ContractInput = z
  .strictObject({ company_id: Id, contract_start_date: Day, ...terms, reason })
  .superRefine(amountsAgree("flat_fee"))
  .openapi("CustomContractInput");

const ContractPatch = z
  .strictObject({ contract_start_date: Day.optional(), ...terms, reason, version: z.int().optional() })
  .superRefine(amountsAgree("flat_fee"))
  .openapi("CustomContractPatch");

const EMPTY: ContractTerms = {
  feeBp: null,
  flatFee: null,
  discountBp: null,
  discountThreshold: 0,
  minPlacementsPerYear: null,
  startDate: "",
  endDate: null,
  termsDocumentUrl: null,
};

const toTerms = (body: z.infer<typeof ContractPatch> | z.infer<typeof ContractInput>): Partial<ContractTerms> =>
  defined({
    feeBp: body.fee_percentage,
    flatFee: amountOf(body, "flat_fee"),
    discountBp: body.discount_percentage,
    discountThreshold: body.discount_threshold,
    minPlacementsPerYear: body.min_placements_per_year,
    startDate: body.contract_start_date,
    endDate: body.contract_end_date,
    termsDocumentUrl: body.terms_document_url,
  }) as Partial<ContractTerms>;

/** What leaves the house of a contract; who approved it stays inside. */
const contract = (row: Contract) => ({
  id: row.id,
  company_id: row.companyId,
  fee_percentage: percentage(row.feePercentage),
  ...amount("flat_fee", row.flatFeeCents),
  discount_percentage: percentage(row.discountPercentage),
  discount_threshold: row.discountThreshold,
  min_placements_per_year: row.minPlacementsPerYear,
  contract_start_date: row.contractStartDate,
  contract_end_date: row.contractEndDate,
  terms_document_url: row.termsDocumentUrl,
  approved_at: instant(row.approvedAt),
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
  version: row.version,
});

export function customContracts(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Contract>(api, {
    path: "/custom-contracts",
    access: ["custom-contracts", "list"],
    summary: "List contracts with companies",
    noun: contractNoun,
    filters: z.object({ company_id: Id, active_on: Day }),
    item: ContractShape,
    run: listContracts,
    present: contract,
  });
  readOperation<Contract>(api, {
    path: "/custom-contracts/{id}",
    access: ["custom-contracts", "get"],
    summary: "Read a contract",
    noun: contractNoun,
    item: ContractShape,
    run: getContract,
    present: contract,
  });
  operation(api, {
    method: "post",
    path: "/custom-contracts",
    access: ["custom-contracts", "create"],
    summary: "Write a contract",
    description: `Asks for the approval of a second admin at once. A flat fee is at most ${MAX_FEE} cents, and beats the percentage.`,
    body: ContractInput,
    replies: [201, ContractShape],
    run: (ctx, { body }) => createContract(ctx, body.company_id, { ...EMPTY, ...toTerms(body) }, body.reason),
    present: contract,
  });
  operation(api, {
    method: "patch",
    path: "/custom-contracts/{id}",
    access: ["custom-contracts", "update"],
    summary: "Change a contract before its approval",
    description: "Asks for the approval anew. An approved contract is ended, and followed by a new one.",
    params: z.object({ id: Id }),
    body: ContractPatch,
    replies: [200, ContractShape],
    run: (ctx, { params, body }) => updateContract(ctx, params.id, toTerms(body), body.reason, body.version),
    present: contract,
  });
  operation(api, {
    method: "delete",
    path: "/custom-contracts/{id}",
    access: ["custom-contracts", "delete"],
    summary: "Remove a contract before its approval",
    params: z.object({ id: Id }),
    replies: [200, Deleted],
    run: (ctx, { params }) => deleteContract(ctx, params.id),
    present: deleted,
  });
  operation(api, {
    method: "post",
    path: "/custom-contracts/{id}/approve",
    access: ["custom-contracts", "approve"],
    summary: "Put a contract in force",
    description: "By an approval of exactly its terms, from a second admin.",
    params: z.object({ id: Id }),
    body: z.strictObject({ approval_id: Id }).openapi("ApprovedInput"),
    replies: [200, ContractShape],
    run: (ctx, { params, body }) => approveContract(ctx, params.id, body.approval_id),
    present: contract,
  });
  operation(api, {
    method: "post",
    path: "/custom-contracts/{id}/end",
    access: ["custom-contracts", "end"],
    summary: "End an approved contract, today or later",
    params: z.object({ id: Id }),
    body: z.strictObject({ contract_end_date: Day, reason: text(1_000) }).openapi("EndContractInput"),
    replies: [200, ContractShape],
    run: (ctx, { params, body }) => endContract(ctx, params.id, body.contract_end_date, body.reason),
    present: contract,
  });
}
