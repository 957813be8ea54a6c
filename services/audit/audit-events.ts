import { sql } from "drizzle-orm";
import { auditEvents } from "#db/schema/audit.ts";
import { statement } from "#db/statements.ts";
import type { AuditEvent } from "#domain/audit/entries.ts";
import { notFound } from "#domain/refusals.ts";
import type { Context } from "../context.ts";
import type { KeysetPage, KeysetQuery } from "../keyset.ts";
import { accountsOf, exportOf, type ExportQuery, type Log, noteRead, pageOf, type Stretch } from "../log.ts";
import { requireScope } from "../scopes.ts";

const { id, at, requestId, actor, action, subjectType, subjectId, changes, reason, accountId, seq, chainHash } = auditEvents;

/** Management actions, as their account reads them; the platform sees every change of the house. */
const events: Log<AuditEvent> = {
  name: "audit_log",
  table: auditEvents,
  columns: { id, at, requestId, actor, action, subjectType, subjectId, changes, reason, accountId, seq, chainHash },
  id,
  at,
  accountId,
  ingestId: auditEvents.ingestId,
  ingestedAt: auditEvents.ingestedAt,
  filters: {
    actor: (one: string) => sql`(${actor} ->> 'user_id' = ${one} or ${actor} ->> 'credential_id' = ${one})`,
    action: (name: string) => sql`${action} = ${name}`,
    target: (one: string) => sql`${subjectId} = ${one}::uuid`,
    since: (from: Date) => sql`${at} >= ${from.toISOString()}::timestamptz`,
    until: (to: Date) => sql`${at} < ${to.toISOString()}::timestamptz`,
  },
};

/** Audit events of the account, newest first. */
export function listAuditEvents(ctx: Context, query: KeysetQuery): Promise<KeysetPage<AuditEvent>> {
  requireScope(ctx, "read:audit");
  return pageOf(ctx, events, query);
}

/** Audit events of the account in the order they came in, behind a place in it. */
export function exportAuditEvents(ctx: Context, query: ExportQuery): Promise<Stretch<AuditEvent>> {
  requireScope(ctx, "read:audit");
  return exportOf(ctx, events, query);
}

/** How an account's chain of audit events holds against what is stored. */
export interface Verification {
  verified: boolean;
  events: number;
  from_seq: number;
  to_seq: number;
  /** The first event that is changed or missing. */
  broken_at: number | null;
}

/** Verifies the account's chain, from the oldest kept anchor on; the platform may name another account. */
export async function verifyAuditEvents(ctx: Context, filters: { account_id?: string }): Promise<Verification> {
  requireScope(ctx, "read:audit");
  const named = filters.account_id ?? null;
  const [found] = await ctx.read(
    statement<{ verification: Verification }>(sql`
      select ops.verify_audit(a.id) as verification from api.accounts a
      where a.id = coalesce(${named}::uuid, ops.account_id()) and (ops.is_admin() or a.id = ops.account_id())`),
  );
  const verification = (found as unknown as { rows: { verification: Verification }[] }).rows[0]?.verification;
  if (!verification) throw notFound("account", named ?? undefined);
  const { own } = accountsOf(ctx, filters);
  if (named !== null && named !== own) await noteRead(ctx, "audit_log.verified", named);
  return verification;
}
