import type { Context as HonoContext } from "hono";
import { addressBlock, type CredentialRecord, credentialRefusal, isSecretOf } from "#domain/credentials/record.ts";
import { hashToken, type Token } from "#domain/credentials/token.ts";
import { uuidv7 } from "#domain/ids.ts";
import { type ErrorCode, Refusal } from "#domain/refusals.ts";
import { findGrant, findKey, findPerson } from "#services/credentials/find-credential.ts";
import { drawOverage } from "#services/credentials/draw-overage.ts";
import { type Caller, Context, type Need, type RequestTrace } from "#services/context.ts";
import type { Authorization, CredentialOwner, Verdict } from "#services/ports.ts";
import { insufficientScope, scopeOf } from "#services/scopes.ts";
import { credentialTokensOf } from "../../credential-tokens.ts";
import { databaseOf, issuerOf, log, portsOf } from "../../runtime.ts";
import type { ApiEnv } from "../app.ts";
import { callerOf } from "../session-token.ts";
import { idIn } from "../surface.ts";

type Call = HonoContext<ApiEnv>;

/** Who was let in, and how far they may go: what a response's headers and the request log tell. */
export interface Admission {
  caller: Caller;
  record: CredentialRecord;
  /** Absent while the object is away. */
  verdict: Verdict | null;
}

/** What a request shows: one of our tokens, or a session that was verified. */
type Bearer = { kind: "token"; token: Token; hash: string } | { kind: "session"; caller: Extract<Caller, { kind: "session" }> };

/** Records of secrets that passed before: with one, a read may begin while the verdict is on its way. */
const remembered = new Map<string, CredentialRecord>();
/** Secrets that are over their limit, by what they were told; capped so that an upgrade shows soon. */
const denied = new Map<string, { verdict: Verdict; until: number }>();
const REMEMBERED = 1_000;
const DENIED_SECONDS = 10;

function remember<T>(memory: Map<string, T>, secret: string, what: T): void {
  if (memory.size >= REMEMBERED) memory.clear();
  memory.set(secret, what);
}

const epochSeconds = (): number => Math.floor(Date.now() / 1_000);

/**
 * Lets a request in and does its work (PLATFORM §1): what the credential itself shows, then one hop to
 * its object, then scope and role type. A read whose credential passed before begins beside the hop,
 * and its result is dropped unless the verdict admits it on the same record.
 *
 * @param mayBegin - whether the work may begin before the verdict, because it changes nothing
 */
export async function admitted(
  c: Call,
  trace: RequestTrace,
  need: Need,
  work: (caller: Caller) => Promise<Response>,
  mayBegin = c.req.method === "GET",
): Promise<Response> {
  const bearer = await bearerOf(c);
  const known = bearer.kind === "token" && mayBegin ? remembered.get(bearer.hash) : undefined;
  if (bearer.kind === "token" && known) {
    const ahead = work(callerBehind(bearer, known)).then(
      (response) => ({ response }),
      (error: unknown) => ({ error }),
    );
    const admission = await verdictOn(c, trace, bearer);
    permit(admission, need);
    if (admission.record.version !== known.version) return work(admission.caller);
    const done = await ahead;
    if ("error" in done) throw done.error;
    return done.response;
  }
  const admission = await verdictOn(c, trace, bearer);
  permit(admission, need);
  return work(admission.caller);
}

/** As `judged`; what does not pass begins no more reads beside the hop until it passes again. */
async function verdictOn(c: Call, trace: RequestTrace, bearer: Bearer): Promise<Admission> {
  try {
    return await judged(c, trace, bearer);
  } catch (error) {
    if (bearer.kind === "token") remembered.delete(bearer.hash);
    throw error;
  }
}

/** The verdict on one request, kept for its headers and its row in the log. */
async function judged(c: Call, trace: RequestTrace, bearer: Bearer): Promise<Admission> {
  const secret = bearer.kind === "token" ? bearer.hash : bearer.caller.id;
  const now = epochSeconds();
  const over = denied.get(secret);
  if (over && over.until > now) {
    note(c, trace, bearer, over.verdict.record, over.verdict);
    trace.seq = null; // an isolate's own denial has no number and counts nothing
    throw overLimit(over.verdict, now);
  }
  denied.delete(secret);
  const { answer, record } = await asked(c, bearer, now);
  const admission = note(c, trace, bearer, record, answer);
  if (answer === null) return admission;
  if (!answer.admit) {
    // a spent budget is remembered by the object alone, which hears at once when the cap is raised
    if (!answer.spent) remember(denied, secret, { verdict: answer, until: Math.min(answer.retryAt ?? now, now + DENIED_SECONDS) });
    throw overLimit(answer, now);
  }
  if (bearer.kind === "token") remember(remembered, bearer.hash, answer.record);
  return admission;
}

function note(c: Call, trace: RequestTrace, bearer: Bearer, record: CredentialRecord, verdict: Verdict | null): Admission {
  Object.assign(trace, {
    seq: verdict?.seq ?? null,
    minute: verdict?.minute ?? null,
    credentialId: record.credentialId,
    credentialKind: record.kind,
    clientId: record.clientId,
    rateRemaining: verdict?.remaining ?? null,
    overage: verdict?.overage ?? false,
  } satisfies Partial<RequestTrace>);
  const admission: Admission = { caller: callerBehind(bearer, record), record, verdict };
  c.set("admission", admission);
  return admission;
}

/** Steps 2 and 3: the header, and what a token shows offline. Neither the object nor the database is asked. */
async function bearerOf(c: Call): Promise<Bearer> {
  const { headers } = c.req.raw;
  try {
    const given = /^Bearer +(sn[a-z]_\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
    if (given === undefined) {
      const caller = await callerOf(headers, issuerOf(c.env));
      if (caller.kind !== "session") throw new Refusal("missing_credential", "Send `Authorization: Bearer` and an API key or a token.");
      return { kind: "session", caller };
    }
    const token = await credentialTokensOf(c.env).read(given);
    if (token === "malformed") throw new Refusal("malformed_credential", "This is none of our credentials, or it was mistyped.");
    if (token === "invalid" || (token.type !== "snk" && token.type !== "sna")) {
      throw new Refusal("invalid_token", "This credential opens nothing here. Send an API key or an access token.");
    }
    return { kind: "token", token, hash: await hashToken(given) };
  } catch (error) {
    throw await throttled(c, error);
  }
}

/** Counts a bad credential against its address; the 11th within a minute is told to wait. */
async function throttled(c: Call, error: unknown): Promise<unknown> {
  if (!(error instanceof Refusal) || error.code === "service_unavailable") return error;
  const { success } = await c.env.RL_IP.limit({ key: addressBlock(addressOf(c) ?? "unknown") });
  return success ? error : new Refusal("auth_throttled", "Too many bad credentials from this address. Wait a minute.", { retry_after: 60 });
}

const subjectOf = (bearer: Bearer): string =>
  bearer.kind === "session" ? `user:${bearer.caller.id}` : `${bearer.token.type === "snk" ? "key" : "grant"}:${bearer.token.random}`;

/**
 * One hop to the owner of the credential; whatever it lacks is read and told to it. Null: it cannot be
 * reached. A database that does not answer is no such case: nobody is let in uncounted because of it.
 */
async function asked(
  c: Call,
  bearer: Bearer,
  now: number,
): Promise<{ answer: Verdict; record: CredentialRecord } | { answer: null; record: CredentialRecord }> {
  const owner = portsOf(c.env, () => {}).credentials(subjectOf(bearer));
  const question = {
    secretHash: bearer.kind === "token" ? bearer.hash : null,
    cost: 1,
    now,
    ip: addressOf(c),
  } as const;
  let answer: Authorization;
  try {
    answer = await twice(() => owner.authorize(question));
    for (let primed = 0; answer.kind === "miss" && primed < 2; primed++) {
      if (!(await prime(c, bearer, owner, now))) break;
      answer = await twice(() => owner.authorize(question));
    }
    for (let draws = 0; answer.kind === "need_block" && draws < MOST_DRAWS; draws++) {
      const block = await blockFor(c, answer.record);
      if (!block) continue;
      await heard(owner.grantOverage(block.month, block.units, now));
      answer = await heard(owner.authorize(question));
    }
  } catch (error) {
    if (!(error instanceof Unheard)) throw error;
    return { answer: null, record: await withoutObject(c, bearer) };
  }
  if (answer.kind === "verdict") return { answer, record: answer.record };
  if (answer.kind === "need_block") throw away();
  throw await refusedAs(c, answer.kind === "refused" ? answer.code : "invalid_token");
}

const addressOf = (c: Call): string | null => c.req.header("cf-connecting-ip") ?? null;

/** The refusal of a credential, counted against its address. */
const refusedAs = (c: Call, code: ErrorCode): Promise<unknown> =>
  throttled(c, new Refusal(code, REFUSED[code] ?? "This credential is not valid."));

const REFUSED: Partial<Record<ErrorCode, string>> = {
  expired_token: "This credential has expired.",
  revoked_credential: "This credential was revoked or rejected. Make another.",
  credential_pending_approval: "This credential waits for an administrator's approval.",
  credential_suspended: "This credential is suspended. Write to support.",
  ip_not_allowed: "This credential may not be used from this address.",
};

/** Others draw from the same budget, or use up the block, at the same time; so often it is tried again. */
const MOST_DRAWS = 8;

/** A block of paid units from the account's budget; null where too many others were drawing. */
async function blockFor(c: Call, record: CredentialRecord): Promise<Awaited<ReturnType<typeof drawOverage>> | null> {
  try {
    return await drawOverage(systemContext(c), record);
  } catch (error) {
    if (error instanceof Refusal && error.code === "conflict") return null;
    throw error;
  }
}

/** The object does not answer. */
class Unheard extends Error {}

async function heard<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw new Unheard("a credential's object does not answer", { cause });
  }
}

/** One retry: an object that moves answers the second time. */
async function twice<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch {
    return heard(ask());
  }
}

/** Reads the credential and tells it to its object; false where there is none. */
async function prime(c: Call, bearer: Bearer, owner: CredentialOwner, now: number): Promise<boolean> {
  const found = await recordOf(c, bearer);
  if (!found) {
    if (bearer.kind === "token") await heard(owner.deny(bearer.hash, now));
    return false;
  }
  // the token first: a grant that is known without it would take whoever comes with it meanwhile for guessing
  if (bearer.kind === "token" && bearer.token.type === "sna") {
    await heard(found.token ? owner.addAccessToken(found.token, found.record.version) : owner.deny(bearer.hash, now));
  }
  await heard(owner.prime(found.record, now));
  return true;
}

type Found = Awaited<ReturnType<typeof findGrant>>;

async function recordOf(c: Call, bearer: Bearer): Promise<Found> {
  const ctx = systemContext(c);
  if (bearer.kind === "session") return { record: await findPerson(ctx, bearer.caller.id), token: null };
  if (bearer.token.type === "sna") return findGrant(ctx, bearer.token.publicId, bearer.hash);
  const record = await findKey(ctx, bearer.token.publicId);
  return record && { record, token: null };
}

const away = () => new Refusal("limiter_unavailable", "The limiter cannot be reached for the moment. Try again in a second.");

/** While the object is away: a write waits, a read is judged on the database and limited per location (PLATFORM §7.2). */
async function withoutObject(c: Call, bearer: Bearer): Promise<CredentialRecord> {
  log("error", "a credential's object could not be reached", { request_id: c.var.requestId });
  if (c.req.method !== "GET") throw away();
  const { success } = await c.env.RL_FALLBACK.limit({ key: subjectOf(bearer) });
  if (!success) throw away();
  const found = await recordOf(c, bearer);
  if (!found) throw await refusedAs(c, "invalid_token");
  const { record, token } = found;
  const now = epochSeconds();
  const code = credentialRefusal(record, shownBy(bearer, found, now), addressOf(c), now);
  if (code !== null) throw await refusedAs(c, code);
  return token ? { ...record, scopes: token.scopes } : record;
}

/** How what was presented fits what the database knows. */
function shownBy(bearer: Bearer, { record, token }: NonNullable<Found>, now: number): "fits" | "wrong" | "expired" {
  if (bearer.kind === "session") return "fits";
  if (bearer.token.type === "snk") return isSecretOf(record, bearer.hash, now) ? "fits" : "wrong";
  if (token === null) return "wrong";
  return token.expiresAt > now ? "fits" : "expired";
}

/** Step 5, as far as the credential tells; the account is judged with the rows. */
function permit({ caller }: Admission, need: Need): void {
  if (caller.kind !== "partner" || need === "any") return;
  const scope = scopeOf(need);
  if (scope === null) throw new Refusal("role_type_not_permitted", "This needs your own session; a key or a grant cannot do it.");
  if (!caller.scopes.includes(scope)) throw insufficientScope(scope);
}

function callerBehind(bearer: Bearer, record: CredentialRecord): Caller {
  if (bearer.kind === "session") return bearer.caller;
  return {
    kind: "partner",
    via: record.kind === "grant" ? "grant" : "key",
    credentialId: record.credentialId,
    clientId: record.clientId,
    userId: record.userId as string,
    accountId: record.accountId as string,
    roleType: record.roleType as never,
    scopes: record.scopes,
  };
}

function overLimit(verdict: Verdict, now: number): Refusal {
  const retryAfter = Math.max(1, (verdict.retryAt ?? now + 1) - now);
  return verdict.spent
    ? new Refusal("spend_cap_reached", "The account's spend cap for this month is reached. Raise it, or wait for the hour.", {
        retry_after: retryAfter,
      })
    : new Refusal("rate_limited", `The limit of ${verdict.limit} requests an hour is reached. Try again in ${retryAfter} s.`, {
        retry_after: retryAfter,
      });
}

/** The account that a session names. */
export const accountOf = (c: Call): string | null => idIn(c.req.raw.headers, "X-Account-Id", "an account");

function systemContext(c: Call): Context {
  const id = uuidv7(new Date(), 1, crypto.getRandomValues(new Uint8Array(8)));
  return new Context({
    caller: { kind: "system" },
    audience: "public",
    database: databaseOf(c.env, c.var.requestId),
    ports: portsOf(c.env, (rest) => c.executionCtx.waitUntil(rest)),
    request: { id, method: "SYSTEM", path: "admission", ip: null, userAgent: null, organizationId: null, ifMatch: null, idempotency: null },
  });
}
