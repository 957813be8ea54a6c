import { beforeAll, describe, expect, it } from "vitest";
import { addMoney, id, seedWorld, THEN, useDb } from "./world.ts";

/** MONEY §15, line by line: what the database refuses whatever the code does. */
describe("22.3.7: the database holds", () => {
  const { db } = useDb(async (db) => {
    await seedWorld(db);
    await addMoney(db);
  });

  const PAYOUT = `where id = '${id("payout")}'`;
  const set = (change: string) => `update billing.placement_payout_transactions set ${change} ${PAYOUT}`;
  const sending = `status = 'processing', lease_token = gen_random_uuid(), lease_until = now(), processing_started_at = now(), first_sent_at = '${THEN}', stripe_connect_account_id = 'acct_1'`;
  const post = (key: string, entries: readonly [string, string, number | null, number][]) =>
    `select billing.post(gen_random_uuid(), 'topup', '${key}', 'hash', now(), null, '${JSON.stringify(
      entries.map(([account, kind, floor, amount]) => ({ account, kind, floor, amount, balance_transaction_id: null })),
    )}')`;

  it.each([
    "placement_snapshot",
    "placement_splits",
    "placement_allocations",
    "ledger_transactions",
    "ledger_entries",
    "payout_attempts",
    "payout_audit_log",
    "clawbacks",
    "invoice_payments",
  ])("22.3.6: that %s is never changed, taken out or emptied", async (table) => {
    const column = await db().value<string>(
      `select attname from pg_attribute where attrelid = 'billing.${table}'::regclass and attnum > 0 and attgenerated = '' limit 1`,
    );
    await db().refuses(`update billing.${table} set ${column} = ${column}`, "append_only");
    await db().refuses(`delete from billing.${table}`, "append_only");
    await db().refuses(`truncate billing.${table} cascade`, "23001");
  });

  it("that a role is filled whole, and rates stay within 100 %", async () => {
    const bypass = "set local session_replication_role = replica;";
    await db().refuses(`${bypass} update billing.placement_snapshot set candidate_recruiter_rate = null`, "placement_snapshot_parts");
    await db().refuses(`${bypass} update billing.placement_snapshot set candidate_recruiter_rate = 86`, "placement_snapshot_rates");
  });

  it("that contracts of one company do not meet on a single day", async () => {
    const contract = (start: string) =>
      `insert into billing.custom_contracts (company_id, contract_start_date) values ('${id("company")}', '${start}')`;
    await db().refuses(contract("2025-12-31"), "custom_contracts_no_overlap");
    await db().accepts(contract("2026-01-01"));
  });

  it("that a payout changes only as it may", async () => {
    await db().refuses(set("amount = 1, net_amount = 1"), "payout_transactions_fixed");
    await db().refuses(`${set("stripe_transfer_id = 'tr_1'")}; ${set("stripe_transfer_id = 'tr_2'")}`, "payout_transactions_transfer");
    await db().refuses(set("key_version = 3"), "payout_transactions_key");
    await db().accepts(set("key_version = 2"));
    await db().refuses(`${set("key_version = 2")}; ${set("key_version = 1")}`, "payout_transactions_key");
    await db().refuses(`delete from billing.placement_payout_transactions ${PAYOUT}`, "never_deleted");
    await db().refuses(`${set("reversed_cents = 2")}; ${set("reversed_cents = 1")}`, "payout_transactions_reversed");
  });

  it("what is sent under a key: its net, its account and its first send", async () => {
    for (const change of [
      "offset_cents = 1, net_amount = amount - 0.01",
      "stripe_connect_account_id = 'acct_2'",
      "first_sent_at = now()",
    ]) {
      await db().refuses(`${set(sending)}; ${set(change)}`, "payout_transactions_key_in_use");
      await db().accepts(`${set(sending)}; ${set(`key_version = 2, ${change}`)}`);
    }
  });

  it("that a posting balances, has two sides, and comes whole", async () => {
    await db().refuses(
      post("topup:a", [
        ["bank", "asset", null, 1],
        ["stripe_fees", "expense", null, 1],
      ]),
      "ledger_balanced",
    );
    await db().refuses(post("topup:a", [["bank", "asset", null, 1]]), "ledger_balanced");
    await db().refuses(
      `insert into billing.ledger_accounts (code, kind) values ('stripe_fees', 'expense');
       insert into billing.ledger_entries (transaction_id, account_id, amount_cents) select '${id("other")}', id, 1 from billing.ledger_accounts where code = 'stripe_fees'`,
      "ledger_entry_late",
    );
    await db().refuses("update billing.ledger_accounts set currency = 'eur'", "ledger_accounts_currency");
  });

  it.each(["payable", "debt", "escrow", "receivable", "credit", "refund_due", "disputed", "service_credit"])(
    "that %s never goes below zero",
    async (name) => {
      const kind = ["debt", "receivable", "disputed"].includes(name) ? "asset" : "liability";
      const below = kind === "asset" ? -1 : 1;
      await db().refuses(
        post("topup:b", [
          [`${name}:x`, kind, 0, below],
          ["bank", "asset", null, -below],
        ]),
        "ledger_floor",
      );
      await db().accepts(
        post("topup:b", [
          [`${name}:x`, kind, 0, -below],
          ["bank", "asset", null, below],
        ]),
      );
    },
  );

  it("that no more is asked back of a payout than it is worth, nor recovered than is owed", async () => {
    await db().refuses(
      `insert into billing.payout_reversals (clawback_id, payout_transaction_id, cause, amount_cents, unpaid_cents, paid_cents)
        values ('${id("other")}', '${id("payout")}', 'clawback:2', 800000, 800000, 0)`,
      "payout_reversals_within_amount",
    );
    await db().refuses("update billing.recruiter_debts set recovered_cents = 30, written_off_cents = 11", "recruiter_debts_amounts");
  });

  it("that who approves is not who asked", async () => {
    await db().refuses("update billing.approvals set status = 'approved', approved_by = requested_by", "approvals_four_eyes");
  });

  describe("guards", () => {
    beforeAll(() => db().commit(() => db().run(set(sending))));

    it("let the holder of the lease through, or whoever has the transfer, and nobody else", async () => {
      const token = await db().value<string>(`select lease_token from billing.placement_payout_transactions ${PAYOUT}`);
      const guard = (lease: string, transfer: string) => `select billing.guard_payout('${id("payout")}', ${lease}, ${transfer})`;
      await db().accepts(guard(`'${token}'`, "null"));
      await db().refuses(guard("gen_random_uuid()", "null"), "40001");
      await db().refuses(guard("null", "null"), "40001");
      await db().accepts(guard("null", "'tr_1'"));
    });

    it("notice a payout and a debt that changed", async () => {
      const payouts = await db().value<string>(`select billing.payouts_hash('${id("placement")}')`);
      const debts = await db().value<string>(`select billing.debts_hash('${id("recruiter")}')`);
      const guardPayouts = `select billing.guard_payouts('${id("placement")}', '${payouts}')`;
      const guardDebts = `select billing.guard_debts('${id("recruiter")}', '${debts}')`;
      await db().accepts(`${guardPayouts}; ${guardDebts}`);
      await db().refuses(`${set("reversed_cents = 1")}; ${guardPayouts}`, "40001");
      await db().refuses(`update billing.recruiter_debts set recovered_cents = 1; ${guardDebts}`, "40001");
      expect(debts).toMatch(/^[0-9a-f]{64}$/);
    });
  });
});
