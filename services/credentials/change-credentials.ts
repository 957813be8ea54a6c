import { type SQL, sql } from "drizzle-orm";
import { apiKeys, oauthGrants } from "#db/schema/api.ts";
import { select } from "#db/statements.ts";
import { subjectOf } from "#domain/credentials/subject.ts";
import { type ChangedSubject, credentialChanged } from "#domain/events/api.ts";
import type { DomainEvent } from "#domain/events/catalogue.ts";
import { type Audit, type Change, commit, type Guard } from "../commit.ts";
import type { Context, Statement } from "../context.ts";
import { forgetNow } from "./credential-subscriber.ts";

/** One change of what belongs to an account, and the subjects whose objects must hear of it. */
export interface CredentialChange {
  accountId: string;
  subjects: readonly ChangedSubject[];
  expect: readonly Guard[];
  write: readonly Statement[];
  audit: Audit;
  events?: readonly DomainEvent[];
}

/** Commits changes of credentials; the very next request of each subject is judged by them. */
export const commitCredentials = <Result>(ctx: Context, result: Result, changes: readonly CredentialChange[]): Promise<Result> =>
  commitWithCredentials(ctx, result, { write: [], audit: [], events: [] }, changes);

/** As `commitCredentials`, together with what they follow from. */
export async function commitWithCredentials<Result>(
  ctx: Context,
  result: Result,
  cause: Change,
  changes: readonly CredentialChange[],
): Promise<Result> {
  await commit(ctx, result, {
    expect: [...(cause.expect ?? []), ...changes.flatMap(({ expect }) => expect)],
    write: [...cause.write, ...changes.flatMap(({ write }) => write)],
    audit: [...[cause.audit].flat(), ...changes.map(({ audit }) => audit)],
    events: [
      ...cause.events,
      ...changes.flatMap(({ accountId, subjects, events = [] }) => [
        ...(subjects.length > 0 ? [credentialChanged(accountId, subjects)] : []),
        ...events,
      ]),
    ],
  });
  await forgetNow(
    ctx,
    changes.flatMap(({ subjects }) => subjects),
  );
  return result;
}

/** A key or grant that something else than itself changes: a plan, a client. */
export interface Subject {
  id: string;
  publicId: string;
  version: number;
}

/** The keys of an account that can still come to be used. */
export const liveKeys = (accountId: string | SQL) =>
  sql`(${apiKeys.accountId} = ${accountId} and ${apiKeys.status} in ('pending', 'active', 'suspended'))`;

export const liveKeySubjects = (accountId: string | SQL) =>
  select({ id: apiKeys.id, publicId: apiKeys.publicId, version: apiKeys.version }).from(apiKeys).where(liveKeys(accountId));

/** The active grants for an account. */
export const grantsFor = (accountId: string | SQL) => sql`(${oauthGrants.accountId} = ${accountId} and ${oauthGrants.status} = 'active')`;

/** The active grants of a client. */
export const grantsOf = (clientId: string) => sql`(${oauthGrants.clientId} = ${clientId} and ${oauthGrants.status} = 'active')`;

export const grantSubjects = (which: SQL) =>
  select({ id: oauthGrants.id, publicId: oauthGrants.publicId, version: oauthGrants.version, clientId: oauthGrants.clientId })
    .from(oauthGrants)
    .where(which);

/** The same subjects after the change raised their versions. */
export const raised = (kind: "key" | "grant", subjects: readonly Subject[]): ChangedSubject[] =>
  subjects.map((subject) => subjectOf(kind, { ...subject, version: subject.version + 1 }));

/** Demands that these are all the subjects of the account, or of the client, and locks them. */
export const allSubjects = (of: { accountId?: string; clientId?: string }, subjects: readonly Subject[]): Guard => {
  const seen = JSON.stringify(Object.fromEntries(subjects.map(({ id, version }) => [id, version])));
  return sql`ops.guard_subjects(${of.accountId ?? null}::uuid, ${of.clientId ?? null}::uuid, ${seen}::jsonb)`;
};
