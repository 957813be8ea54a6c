import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { ACCOUNT_KINDS } from "#db/schema/billing.ts";
import { POSTING_KINDS } from "#domain/ledger/posting.ts";
import type { Cents } from "#domain/money.ts";
import type { Included } from "#services/listing.ts";
import {
  getLedgerAccount,
  getLedgerTransaction,
  type LedgerAccount,
  ledgerAccountNoun,
  type LedgerEntry,
  type LedgerTransaction,
  ledgerTransactionNoun,
  listLedgerAccounts,
  listLedgerTransactions,
} from "#services/ledger/books.ts";
import type { ApiEnv } from "../app.ts";
import { listOperation, readOperation } from "../operation.ts";
import { amount, amountShape, Id, included, Instant, text } from "./shapes.ts";

const AccountShape = z
  .object({
    id: Id,
    code: z.string().openapi({ example: "escrow:0190…" }),
    kind: z.enum(ACCOUNT_KINDS),
    currency: z.string(),
    ...amountShape("balance"),
    created_at: Instant,
  })
  .openapi("LedgerAccount");

const TransactionShape = z
  .object({
    id: Id,
    kind: z.enum(POSTING_KINDS),
    key: z.string().openapi({ example: "release:0190…" }),
    reverses: Id.nullable(),
    placement_id: Id.nullable(),
    at: Instant,
  })
  .catchall(z.unknown())
  .openapi("LedgerTransaction");

const account = (row: LedgerAccount) => ({
  id: row.id,
  code: row.code,
  kind: row.kind,
  currency: row.currency,
  ...amount("balance", row.balanceCents as Cents),
  created_at: row.createdAt.toISOString(),
});

const entry = (row: LedgerEntry) => ({
  account: row.account,
  ...amount("amount", row.amountCents as Cents),
  balance_transaction_id: row.balanceTransactionId,
});

const transaction = (row: Included<LedgerTransaction>) => ({
  id: row.id,
  kind: row.kind,
  key: row.idempotencyKey,
  reverses: row.reverses,
  placement_id: row.placementId,
  at: row.at.toISOString(),
  ...included(row, { entries: entry }),
});

export function ledgerAccounts(api: OpenAPIHono<ApiEnv>): void {
  listOperation<LedgerAccount>(api, {
    path: "/ledger-accounts",
    access: ["ledger-accounts", "list"],
    summary: "List the accounts of the books",
    noun: ledgerAccountNoun,
    filters: z.object({ kind: z.enum(ACCOUNT_KINDS), code: text(100) }),
    item: AccountShape,
    run: listLedgerAccounts,
    present: account,
  });
  readOperation<LedgerAccount>(api, {
    path: "/ledger-accounts/{id}",
    access: ["ledger-accounts", "get"],
    summary: "Read an account of the books",
    noun: ledgerAccountNoun,
    item: AccountShape,
    run: getLedgerAccount,
    present: account,
  });
}

export function ledgerTransactions(api: OpenAPIHono<ApiEnv>): void {
  listOperation<LedgerTransaction>(api, {
    path: "/ledger-transactions",
    access: ["ledger-transactions", "list"],
    summary: "List postings",
    noun: ledgerTransactionNoun,
    filters: z.object({ kind: z.enum(POSTING_KINDS), placement_id: Id, account: text(100) }),
    item: TransactionShape,
    run: listLedgerTransactions,
    present: transaction,
  });
  readOperation<LedgerTransaction>(api, {
    path: "/ledger-transactions/{id}",
    access: ["ledger-transactions", "get"],
    summary: "Read a posting",
    noun: ledgerTransactionNoun,
    item: TransactionShape,
    run: getLedgerTransaction,
    present: transaction,
  });
}
