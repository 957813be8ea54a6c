import { type SQL, sql } from "drizzle-orm";
import type { BatchResponse } from "drizzle-orm/batch";
import type { Database } from "#db/connection.ts";
import { select, type Statement, statement } from "#db/statements.ts";
import type { sessions } from "#db/schema/identity.ts";
import { idempotencyKeys } from "#db/schema/ops.ts";
import { uuidv7 } from "#domain/ids.ts";
import { type AccountKind, holdableScopes, ROLE_TYPE_OF, type RoleType, type Scope } from "#domain/credentials/scopes.ts";
import { forbidden, overrideReasonOwed, Refusal } from "#domain/refusals.ts";
import type { Ports } from "./ports.ts";
import { insufficientScope, scopeOf } from "./scopes.ts";

export type { Statement };

/** Who stands behind a request, as far as its credential tells. */
export type Caller =
  | { kind: "anonymous" }
  /** A session token, by its subject. `mayAdminister`: whether a platform admin's rights come with it (IDENTITY §1). */
  | { kind: "session"; id: string; sessionId: string; verifiedEmail: string | null; name: string | null; mayAdminister: boolean }
  | PartnerCaller
  /**
   * A cookie, by the SHA-256 of its token: of the console unless it is one of a company's own host. In
   * production less of it is trusted (`ops.enter_browser`).
   */
  | { kind: "browser"; tokenHash: string; production: boolean; surface?: "white_label" }
  /** A candidate's portal cookie, by the SHA-256 of its token. */
  | { kind: "portal"; tokenHash: string }
  | { kind: "system" };

/** A person behind a key or a grant, within one account. */
export interface PartnerCaller {
  kind: "partner";
  via: "key" | "grant";
  /** The row of the key or grant. */
  credentialId: string;
  clientId: string | null;
  userId: string;
  accountId: string;
  roleType: RoleType;
  scopes: readonly Scope[];
}

/**
 * What a route of the partner API needs: a scope, any credential, or somebody's own session. Where a
 * scope stands beside the session, whoever acts is an owner or admin of the account, whatever they show.
 */
export type Need = Scope | `${Scope} or session` | "any" | "session" | "admin session";

/** On the partner API everything happens within one account (DESIGN R-22). */
export interface PartnerRequest {
  need: Need;
  /** The account a session names; null leaves it to the only one the person has. */
  accountId: string | null;
  /** What the request log keeps of this request, beside its answer; null for a page, which it does not keep. */
  trace: RequestTrace | null;
}

/** One request of the partner API as the request log keeps it, but for its answer (PLATFORM §15). */
export interface RequestTrace {
  startedAt: Date;
  route: string;
  country: string | null;
  seq: number | null;
  minute: number | null;
  credentialId: string | null;
  credentialKind: "key" | "grant" | "user" | null;
  clientId: string | null;
  scopesUsed: string[];
  rateRemaining: number | null;
  overage: boolean;
  /** Set once the row is in the commit of the change. */
  kept: boolean;
}

/** The access context of DOMAIN §1.2, resolved by `ops.enter` in every trip. */
export interface Access {
  now: Date;
  userId: string | null;
  userStatus: string | null;
  isPlatformAdmin: boolean;
  candidateId: string | null;
  recruiterId: string | null;
  recruiterStatus: string | null;
  roles: readonly string[];
  organizationIds: readonly string[];
  companyIds: readonly string[];
  adminCompanyIds: readonly string[];
  teams: readonly { team_id: string; team_role: string }[];
  /** The account within which the partner API acts; null elsewhere. `manages`: an owner or admin of it. */
  account: { id: string; kind: AccountKind; status: "active" | "suspended"; manages: boolean } | null;
  /** Every account of the person; only on the partner API. */
  accountIds: readonly string[];
  /** The notice of the version that was asked; null while it is current. Only on the partner API. */
  apiVersion: ApiVersion | null;
}

/** When a deprecated version of the partner API ends, and what comes after it. */
export interface ApiVersion {
  deprecatedAt: Date;
  sunsetAt: Date | null;
  successor: string | null;
}

/** The session behind a cookie, and who is in it. */
export interface Session {
  id: string;
  method: typeof sessions.$inferSelect.method;
  person: string;
  address: string;
  /** The organization the person acts for; null for all of theirs. */
  organizationId: string | null;
  organization: string | null;
  /** The issuer's own id of the session that this one was made from. */
  issuerSid: string | null;
  absoluteEnd: Date;
  lastSeenAt: Date;
  /** The accounts whose credentials the person manages, by name; empty where nothing is done within an account. */
  accounts: readonly { id: string; kind: AccountKind; name: string }[];
  /** When somebody last proved in it who they are; only in the candidate portal. */
  provedAt: Date | null;
  /** Whether a candidate has left the portal. */
  optedOut: boolean;
}

/** Who may call a verb at all, judged before anything else is (DESIGN R-2, R-10). */
export type Audience =
  /** anybody, signed in or not */
  | "public"
  /** a known person, with or without a role */
  | "person"
  /** as `person`, about themselves: a session behind which nobody is known is no credential (DOMAIN §1.3) */
  | "self"
  /** a person with at least one role */
  | "member";

export interface RequestFacts {
  id: string;
  method: string;
  path: string;
  ip: string | null;
  userAgent: string | null;
  organizationId: string | null;
  /** The versions the caller holds, one of which is to be the current one; null without a condition. */
  ifMatch: readonly number[] | null;
  idempotency: { key: string; fingerprint: string; anonymousOwner: string } | null;
  /** The `reason` that was given with the request. */
  reason?: string | undefined;
}

/** A reply as it is stored and sent: rendered once (DESIGN R-18). */
export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** It reveals a secret: kept sealed, for a short time, and only for the same caller (DESIGN R-18). */
  secret?: boolean;
}

/** A read left out a way that this caller has after all: whoever asked asks again. */
export class WrongGuess extends Error {}

/** What was asked for again revealed a secret, and the time in which it may be told again is over (DESIGN R-18). */
export class SecretGone extends Refusal {
  constructor() {
    super("conflict", "This was done, and its secret was shown once. Make or rotate another if it is lost.");
  }
}

/** The reply that an earlier request with the same key got. Thrown by `repeat`, answered at the edge. */
export class Replayed extends Error {
  readonly reply: Reply;
  constructor(reply: Reply) {
    super("replayed");
    this.reply = reply;
  }
}

/**
 * What callers were last time, so that a list need not ask along ways that lead them nowhere. It is
 * a guess about cost, never about rights: what was guessed is held against the context that came
 * with the rows, and a wrong guess is read again.
 */
const lastAccess = new Map<string, Access>();
const REMEMBERED_CALLERS = 1_000;

function remember(caller: Caller, partner: PartnerRequest | undefined, access: Access): void {
  const name = nameOf(caller, partner);
  if (name === "") return;
  if (lastAccess.size >= REMEMBERED_CALLERS) lastAccess.clear();
  lastAccess.set(name, access);
}

/** By what a caller is remembered: the person, and the account within which they act. */
function nameOf(caller: Caller, partner: PartnerRequest | undefined): string {
  if (caller.kind === "session") return partner ? `${caller.id} ${partner.accountId ?? ""}` : caller.id;
  if (caller.kind === "browser") return partner ? `${caller.tokenHash} ${partner.need} ${partner.accountId ?? ""}` : caller.tokenHash;
  return caller.kind === "partner" ? caller.credentialId : "";
}

const NOBODY: Access = {
  now: new Date(0),
  userId: null,
  userStatus: null,
  isPlatformAdmin: false,
  candidateId: null,
  recruiterId: null,
  recruiterStatus: null,
  roles: [],
  organizationIds: [],
  companyIds: [],
  adminCompanyIds: [],
  teams: [],
  account: null,
  accountIds: [],
  apiVersion: null,
};

export interface ContextParts {
  caller: Caller;
  audience: Audience;
  database: Database;
  ports: Ports;
  request: RequestFacts;
  /** Only on the partner API. */
  partner?: PartnerRequest;
  /** Renders a verb's result; `commit` calls it once. */
  present?: (result: never) => Reply;
  /** Makes a person of a verified stranger; true when somebody was made or linked. */
  welcome?: (ctx: Context) => Promise<boolean>;
  /** Asked once, when it is known who the caller is and before anything is decided for them: throws what keeps them out. */
  admit?: (ctx: Context) => Promise<void>;
}

/** What a verb works with: who asks, what may be asked of the world, and the instant of the decision. */
export class Context {
  readonly caller: Caller;
  readonly audience: Audience;
  readonly database: Database;
  readonly ports: Ports;
  readonly request: RequestFacts;
  readonly partner: PartnerRequest | undefined;
  readonly present: ((result: never) => Reply) | undefined;
  /** The reply that `commit` rendered. */
  reply: Reply | null = null;
  #welcome: ContextParts["welcome"];
  #admit: ContextParts["admit"];
  #access: Access = NOBODY;
  #session: Session | null = null;
  #made = 0;
  #override: string | null = null;
  #stored: Reply | null = null;
  #untried: { opensTo: (access: Access) => boolean }[] = [];
  #asked: Statement[] = [];
  #trip: Promise<unknown[]> | null = null;

  constructor(parts: ContextParts) {
    this.caller = parts.caller;
    this.audience = parts.audience;
    this.database = parts.database;
    this.ports = parts.ports;
    this.request = parts.request;
    this.partner = parts.partner;
    this.present = parts.present;
    this.#welcome = parts.welcome;
    this.#admit = parts.admit;
  }

  /** The caller's access, as the last `read` found it. */
  get access(): Access {
    return this.#access;
  }

  /** The session of a cookie that lives, as the last `read` found it. */
  get session(): Session | null {
    return this.#session;
  }

  /** What the caller probably may: nothing for the public, what was found last time for a person. */
  private get expectedAccess(): Access | undefined {
    if (this.caller.kind === "anonymous") return NOBODY;
    return lastAccess.get(nameOf(this.caller, this.partner));
  }

  /** The ways that probably lead this caller somewhere. A wrong guess shows in the same read, which then says so. */
  likely<W extends { opensTo: (access: Access) => boolean }>(ways: readonly W[]): readonly W[] {
    const expected = this.expectedAccess;
    if (!expected) return ways;
    const open = ways.filter((way) => way.opensTo(expected));
    if (open.length === 0) return ways;
    this.#untried.push(...ways.filter((way) => !open.includes(way)));
    return open;
  }

  /**
   * The same caller at the same instant, for a commit that has to come before the one which answers:
   * what is written before the world outside is asked.
   */
  unanswered(): Context {
    this.repeat();
    const { caller, audience, database, ports, request } = this;
    const earlier = new Context({ caller, audience, database, ports, request: { ...request, idempotency: null } });
    earlier.#access = this.#access;
    earlier.#made = this.#made;
    earlier.#override = this.#override;
    return earlier;
  }

  /**
   * Says that only being a platform admin lets the caller do this. Whoever overrides owes a reason (DOMAIN
   * §1.1), which `commit` leaves in the audit: 422 without.
   */
  override(): void {
    const { reason, method } = this.request;
    if (!reason) throw overrideReasonOwed(method === "DELETE" ? "query:reason" : "/reason");
    this.#override = `override: ${reason}`;
  }

  /** What the audit keeps of an override; null where the caller did what is theirs to do. */
  get overrideReason(): string | null {
    return this.#override;
  }

  /**
   * Answers as an earlier request with the same key was answered. Asked once the verb has found that the
   * caller still sees the row and still may: by `commit`, by whoever asks the world outside before it, and
   * at the edge when the verb refuses for any other reason, which is that it was done already.
   */
  repeat(): void {
    if (this.#stored) throw new Replayed(this.#stored);
  }

  /** Whether an earlier request with the same key was answered. */
  get repeats(): boolean {
    return this.#stored !== null;
  }

  /** The user behind the caller. Only after a `read`, and never for the public. */
  get userId(): string {
    if (!this.#access.userId) throw new Refusal("forbidden", "This needs a signed-in person.");
    return this.#access.userId;
  }

  /** The instant of the decision: the database's clock at the last `read`. */
  now(): Date {
    return this.#access.now;
  }

  /** A new id; ids of one context sort in the order they were made. */
  newId(): string {
    return uuidv7(this.now(), this.#made++, this.ports.randomBytes(8));
  }

  /**
   * Sends the statements as one read-only snapshot in one trip, behind `ops.enter`; what is asked side by
   * side goes together. Judges the caller first: 401 for a deactivated person, 403 for one without a role
   * or organization.
   */
  async read<const T extends readonly Statement[]>(...statements: T): Promise<BatchResponse<T>> {
    const from = this.#asked.length;
    this.#asked.push(...statements);
    this.#trip ??= Promise.resolve().then(() => {
      this.#trip = null;
      return this.#send(this.#asked.splice(0));
    });
    const results = await this.#trip;
    return results.slice(from, from + statements.length) as BatchResponse<T>;
  }

  async #send(statements: readonly Statement[]): Promise<unknown[]> {
    const key = this.request.idempotency;
    const head = [enter(this.caller, this.request.organizationId, this.partner), ...(key ? [storedReply(key)] : [])];
    const results = (await this.database.reader.batch([...head, ...statements] as never)) as unknown[];
    const entered = (results[0] as { rows: { entered: Entered }[] }).rows[0]?.entered;
    if (!entered) throw new Error("ops.enter gave no context");
    this.#access = toAccess(entered);
    this.#session = toSession(entered);
    remember(this.caller, this.partner, this.#access);
    const untried = this.#untried.splice(0);
    if (untried.some((way) => way.opensTo(this.#access))) throw new WrongGuess();
    if (!entered.user_id && this.#welcome && (await this.#welcome(this))) {
      this.#welcome = undefined;
      return this.#send(statements);
    }
    this.#judge(entered);
    const admit = this.#admit;
    this.#admit = undefined;
    await admit?.(this);
    this.#stored = key ? await replyUnder(this, key.fingerprint, (results[1] as StoredReply[])[0]) : null;
    return results.slice(head.length);
  }

  /**
   * Sends statements that change rows by their own condition, behind `ops.enter`, in one trip: a
   * claim, which the database decides. Everything else is decided on what was read and committed.
   */
  async claim<const T extends readonly Statement[]>(...statements: T): Promise<BatchResponse<T>> {
    const begin = statement(sql`select ops.begin_commit()`);
    const batch = [enter(this.caller, this.request.organizationId, this.partner), begin, ...statements];
    const results = (await this.database.writer.batch(batch as never)) as unknown[];
    const entered = (results[0] as { rows: { entered: Entered }[] }).rows[0]?.entered;
    if (!entered) throw new Error("ops.enter gave no context");
    this.#access = toAccess(entered);
    this.#session = toSession(entered);
    this.#judge(entered);
    return results.slice(2) as BatchResponse<T>;
  }

  #judge(entered: Entered): void {
    const { now, apiVersion } = this.#access;
    if (this.caller.kind !== "browser" && apiVersion?.sunsetAt && apiVersion.sunsetAt <= now) {
      throw new Refusal("version_sunset", `This version ended on ${apiVersion.sunsetAt.toISOString().slice(0, 10)}. Use its successor.`);
    }
    if (entered.user_status === "deactivated") throw new Refusal("revoked_credential", "This account has been deactivated.");
    if (entered.unknown_organization) throw forbidden("You are no member of the organization named in X-Organization-Id.");
    if (this.caller.kind === "portal" && !entered.candidate_id) {
      throw new Refusal("missing_credential", "Your visit has ended. Sign in to go on.");
    }
    if (this.audience === "public" || this.caller.kind === "system") return;
    if (!entered.user_id) {
      if (this.caller.kind === "browser") throw new Refusal("missing_credential", "Your session has ended. Sign in to go on.");
      const nobody = "No person is known behind this session.";
      throw this.audience === "self" ? new Refusal("invalid_token", nobody) : forbidden(nobody);
    }
    if (this.partner) judgePartner(this.caller, this.partner, entered);
    if (this.audience === "member" && entered.roles.length === 0) throw forbidden("You have no role here yet.");
  }
}

const FOR_ADMINS = "This is for platform admins.";

/**
 * Holds a caller of the partner API against their account as it is now: the effective right is what was
 * granted, what the role type may hold, and what rows allow (PLATFORM §6).
 */
function judgePartner(caller: Caller, { need, accountId }: PartnerRequest, { account, account_ids: accountIds }: Entered): void {
  if (!account) {
    if (caller.kind === "partner")
      throw new Refusal("role_type_not_permitted", "The person behind this credential no longer belongs to its account.");
    if (caller.kind === "browser" && need === "admin session") throw new Refusal("role_type_not_permitted", FOR_ADMINS);
    if (accountId !== null) throw forbidden("You have no part in the account named in X-Account-Id.");
    if (accountIds.length > 1) {
      const message = `names one of your accounts: ${accountIds.join(", ")}`;
      throw new Refusal("invalid_parameter", `X-Account-Id ${message}`, {
        errors: [{ pointer: "header:X-Account-Id", code: "required", message }],
      });
    }
    if (need === "any") return;
    throw new Refusal("role_type_not_permitted", "You have no account: this is for companies, recruiters, teams and platform admins.");
  }
  if (account.status === "suspended") throw new Refusal("credential_suspended", "This account is suspended. Write to support.");
  const roleType = ROLE_TYPE_OF[account.kind];
  // also of whoever is behind a key or a grant: neither opens more than its person's own session does now
  if (need.endsWith("session") && !account.manages)
    throw new Refusal("role_type_not_permitted", "This is for owners and admins of the account.");
  if (caller.kind === "partner") return;
  if (need === "admin session" && roleType !== "admin") throw new Refusal("role_type_not_permitted", FOR_ADMINS);
  const scope = scopeOf(need);
  if (scope !== null && !holdableScopes(roleType, "enterprise").includes(scope)) throw insufficientScope(scope);
}

interface Entered {
  now: string;
  user_id: string | null;
  user_status: string | null;
  is_platform_admin: boolean;
  candidate_id: string | null;
  recruiter_id: string | null;
  recruiter_status: string | null;
  roles: string[];
  organization_ids: string[];
  company_ids: string[];
  admin_company_ids: string[];
  teams: { team_id: string; team_role: string }[];
  account: Access["account"];
  account_ids: string[];
  api_version: { deprecated_at: string; sunset_at: string | null; successor: string | null } | null;
  unknown_organization: boolean;
  session?: {
    id: string;
    method: Session["method"];
    person: string;
    address: string;
    organization_id: string | null;
    organization: string | null;
    issuer_sid: string | null;
    absolute_end: string;
    last_seen_at: string;
    accounts: Session["accounts"];
    proved_at?: string | null;
    opted_out?: boolean;
  };
}

const toSession = ({ session }: Entered): Session | null =>
  session
    ? {
        id: session.id,
        method: session.method,
        person: session.person,
        address: session.address,
        organizationId: session.organization_id,
        organization: session.organization,
        issuerSid: session.issuer_sid,
        absoluteEnd: new Date(session.absolute_end),
        lastSeenAt: new Date(session.last_seen_at),
        accounts: session.accounts,
        provedAt: session.proved_at ? new Date(session.proved_at) : null,
        optedOut: session.opted_out ?? false,
      }
    : null;

const toAccess = (entered: Entered): Access => ({
  now: new Date(entered.now),
  userId: entered.user_id,
  userStatus: entered.user_status,
  isPlatformAdmin: entered.is_platform_admin,
  candidateId: entered.candidate_id,
  recruiterId: entered.recruiter_id,
  recruiterStatus: entered.recruiter_status,
  roles: entered.roles,
  organizationIds: entered.organization_ids,
  companyIds: entered.company_ids,
  adminCompanyIds: entered.admin_company_ids,
  teams: entered.teams,
  account: entered.account,
  accountIds: entered.account_ids,
  apiVersion: entered.api_version && {
    deprecatedAt: new Date(entered.api_version.deprecated_at),
    sunsetAt: entered.api_version.sunset_at === null ? null : new Date(entered.api_version.sunset_at),
    successor: entered.api_version.successor,
  },
});

function enter(caller: Caller, organizationId: string | null, partner: PartnerRequest | undefined): Statement {
  if (caller.kind === "browser") {
    const within = partner && sql`, true, ${partner.accountId}::uuid, ${partner.need === "admin session"}`;
    const on = caller.surface && sql`, on_surface => ${caller.surface}`;
    return statement(sql`select ops.enter_browser(${caller.tokenHash}, ${caller.production}${within ?? sql``}${on ?? sql``}) as entered`);
  }
  if (caller.kind === "portal") return statement(sql`select ops.enter_portal(${caller.tokenHash}) as entered`);
  if (caller.kind === "partner")
    return statement(sql`select ops.enter('user', ${caller.userId}, null, true, ${caller.accountId}::uuid) as entered`);
  const id = caller.kind === "session" ? caller.id : null;
  const entered = partner
    ? sql`ops.enter(${caller.kind}, ${id}, null, true, ${partner.accountId}::uuid)`
    : sql`ops.enter(${caller.kind}, ${id}, ${organizationId}::uuid)`;
  const stepsDown = caller.kind === "session" && !caller.mayAdminister;
  return statement(
    stepsDown ? sql`select ops.step_down(${entered}, ${organizationId}::uuid) as entered` : sql`select ${entered} as entered`,
  );
}

type StoredReply = Reply & { fingerprint: string; sealedUntil: Date | null };

/** Who alone may have a sealed reply again. */
export const sealOwner = ({ caller, access }: Pick<Context, "caller" | "access">): string =>
  caller.kind === "partner" ? caller.credentialId : (access.userId ?? "");

/** A key belongs to the account, elsewhere to the person; without one, to the path, which then carries a secret token. */
export const keyOwner = (anonymousOwner: string): SQL =>
  sql`coalesce('account:' || ops.account_id(), 'user:' || ops.user_id(), ${anonymousOwner})`;

const storedReply = (idempotency: NonNullable<RequestFacts["idempotency"]>) =>
  select({
    fingerprint: idempotencyKeys.fingerprint,
    status: idempotencyKeys.status,
    headers: idempotencyKeys.headers,
    body: idempotencyKeys.body,
    sealedUntil: idempotencyKeys.sealedUntil,
  })
    .from(idempotencyKeys)
    .where(
      sql`${idempotencyKeys.owner} = ${keyOwner(idempotency.anonymousOwner)} and ${idempotencyKeys.key} = ${idempotency.key} and ${idempotencyKeys.expiresAt} > ops.now()`,
    );

/** What was answered under the key before; null without an earlier request. */
async function replyUnder(ctx: Context, fingerprint: string, stored: StoredReply | undefined): Promise<Reply | null> {
  if (!stored) return null;
  if (stored.fingerprint !== fingerprint) {
    throw new Refusal("idempotency_key_reused", "This Idempotency-Key was used with another request. Use a new key.");
  }
  const over = stored.sealedUntil !== null && stored.sealedUntil <= ctx.now();
  const body = over ? null : stored.sealedUntil ? await ctx.ports.seal.open(stored.body, sealOwner(ctx)) : stored.body;
  if (body === null) throw new SecretGone();
  return { status: stored.status, headers: { ...stored.headers, "Idempotent-Replayed": "true" }, body };
}
