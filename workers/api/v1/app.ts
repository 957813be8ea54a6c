import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context as HonoContext, MiddlewareHandler } from "hono";
import { Refusal } from "#domain/refusals.ts";
import { type RequestLogRow, requestLogRow } from "#services/request-log/row.ts";
import type { Env } from "../../runtime.ts";
import type { ApiEnv } from "../app.ts";
import { log } from "../../runtime.ts";
import { preflight, showTo } from "../../cors.ts";
import { send } from "../operation.ts";
import { problem, PROBLEMS, refusalOf } from "../problems.ts";
import { answerTo, identified, noSuchRoute, withoutToken } from "../surface.ts";
import { accountPlans } from "./account-plans.ts";
import { admitted } from "./admission.ts";
import { apiKeys } from "./api-keys.ts";
import { approvals } from "./approvals.ts";
import { candidateInvitations } from "./candidate-invitations.ts";
import { candidates } from "./candidates.ts";
import { eventTypes } from "./event-types.ts";
import { auditEvents } from "./audit-events.ts";
import { intakeRequests } from "./intake-requests.ts";
import { limitHeaders } from "./limit-headers.ts";
import { me } from "./me.ts";
import { oauthClients } from "./oauth-clients.ts";
import { oauthGrants } from "./oauth-grants.ts";
import { traceOf } from "./operation.ts";
import { requestLogs } from "./request-logs.ts";
import { usage } from "./usage.ts";
import { payouts } from "./payouts.ts";
import { placements } from "./placements.ts";
import { roles } from "./roles.ts";
import { signIns } from "./sign-ins.ts";
import { submissions } from "./submissions.ts";
import { replayJobs } from "./replay-jobs.ts";
import { siemDestinations } from "./siem-destinations.ts";
import { webhookDeliveries } from "./webhook-deliveries.ts";
import { webhooks } from "./webhooks.ts";
import { versionHeaders } from "./version-headers.ts";

export const V1 = "/api/v1";

type Routes = (api: OpenAPIHono<ApiEnv>) => void;

/** Who registers the routes of each resource; static paths stand before those with a parameter. */
const RESOURCES: readonly Routes[] = [
  me,
  eventTypes,
  roles,
  submissions,
  candidates,
  candidateInvitations,
  placements,
  payouts,
  intakeRequests,
  apiKeys,
  oauthClients,
  oauthGrants,
  approvals,
  accountPlans,
  usage,
  requestLogs,
  auditEvents,
  signIns,
  webhooks,
  webhookDeliveries,
  replayJobs,
  siemDestinations,
];

/** The partner API: every request is authenticated, limited, and logged (PLATFORM §1). */
export function v1(): OpenAPIHono<ApiEnv> {
  const api = new OpenAPIHono<ApiEnv>();
  api.use(identified);
  api.use(shared);
  api.use(logged);
  api.use(limited);
  api.use(versioned);
  const routes = new OpenAPIHono<ApiEnv>();
  for (const register of RESOURCES) register(routes);
  api.route(V1, routes);
  // whoever asks for a path that is not there is known first
  api.notFound((c) =>
    admitted(c, traceOf(c, "unknown", "any"), "any", async () => send(noSuchRoute(api, c))).catch((error: Error) => refused(error, c)),
  );
  api.onError((error, c) => refused(error, c));
  return api;
}

/** The contracts of every route, for the documentation. */
export function registerV1(): void {
  const routes = new OpenAPIHono<ApiEnv>();
  for (const register of RESOURCES) register(routes);
}

/** A page may read the answers to the token of its own client (PLATFORM §1). */
const shared: MiddlewareHandler<ApiEnv> = async (c, next) => {
  if (c.req.method === "OPTIONS") return preflight(c);
  await next();
  await showTo(c, c.res, c.var.admission?.record.clientId ?? null);
};

/** Every answer to an authenticated request tells where its subject stands. */
const limited: MiddlewareHandler<ApiEnv> = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(limitHeaders(c.var.admission, c.res.status, c.var.startedAt))) c.res.headers.set(name, value);
};

/** Every answer of a deprecated version says so. */
const versioned: MiddlewareHandler<ApiEnv> = async (c, next) => {
  await next();
  const read = c.var.ctx && c.var.ctx.access.now.getTime() > 0 ? c.var.ctx.access.apiVersion : undefined;
  for (const [name, value] of Object.entries(versionHeaders(read, c.env.API_ORIGIN, c.req.path, Date.now())))
    c.res.headers.set(name, value);
};

/** Brings whatever was not logged with its own commit to the request log, after the answer. */
const logged: MiddlewareHandler<ApiEnv> = async (c, next) => {
  await next();
  const trace = c.var.trace;
  if (!trace || trace.kept) return;
  const row = rowOf(c, trace);
  const isAdmitted = trace.seq !== null || c.var.admission?.verdict === null; // without a number while the object is away
  if (!isAdmitted) return countRefusal(c, row);
  c.executionCtx.waitUntil(keep(c, row));
};

/** A problem, with the challenge of RFC 6750 §3 where a credential is what is missing. */
function refused(error: Error, c: HonoContext<ApiEnv>): Response {
  const refusal = refusalOf(error);
  c.set("errorCode", refusal.code);
  const response =
    refusal.code === "internal" || !(error instanceof Refusal)
      ? answerTo(error, c)
      : send(problem(refusal, withoutToken(c.req.path), c.var.requestId));
  const challenge = challengeOf(refusal, c.env.API_ORIGIN);
  if (challenge) response.headers.set("WWW-Authenticate", challenge);
  return response;
}

function challengeOf(refusal: Refusal, origin: string): string | null {
  const { status } = PROBLEMS[refusal.code];
  if (refusal.code === "missing_credential") return `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource"`;
  if (status === 401) return `Bearer error="invalid_token"`;
  if (refusal.code !== "insufficient_scope") return null;
  return `Bearer error="insufficient_scope", scope="${(refusal.members["needed"] as string[]).join(" ")}"`;
}

function rowOf(c: HonoContext<ApiEnv>, trace: NonNullable<ApiEnv["Variables"]["trace"]>): RequestLogRow {
  const context = c.var.ctx;
  const facts = {
    id: c.var.requestId,
    method: c.req.method,
    path: withoutToken(c.req.path),
    ip: c.req.header("cf-connecting-ip") ?? null,
    userAgent: c.req.header("user-agent") ?? null,
  };
  const caller = c.var.admission?.caller ?? ({ kind: "anonymous" } as const);
  const bytesOut = Number(c.res.headers.get("content-length") ?? 0);
  return requestLogRow({ caller, access: context?.access ?? null, request: facts }, trace, {
    status: c.res.status,
    bytesOut,
    errorCode: c.var.errorCode ?? null,
  });
}

/** Rows on their way to the queue, and how long each waits for others to go with it, unless the environment says otherwise. */
const waiting: RequestLogRow[] = [];
const TOGETHER_MS = 50;
const ROWS_A_MESSAGE = 100;
const togetherMs = ({ REQUEST_LOG_TOGETHER_MS: told }: Env): number => (told === undefined ? TOGETHER_MS : Number(told));

/** Sends a row to the request log, with those of other requests of the moment: whoever wakes first sends for all. */
async function keep(c: HonoContext<ApiEnv>, row: RequestLogRow): Promise<void> {
  waiting.push(row);
  await new Promise((resolve) => setTimeout(resolve, togetherMs(c.env)));
  while (waiting.length > 0) {
    const rows = waiting.splice(0, ROWS_A_MESSAGE);
    try {
      await c.env.REQUEST_LOG.send({ rows });
    } catch {
      log("error", "the request log took no rows", { request_id: c.var.requestId, rows: rows.length });
    }
  }
}

/** Refusals that were logged one by one in this minute, and those that wait to be logged as one row each. */
const refusals = { minute: 0, logged: 0, gathered: new Map<string, RequestLogRow>() };
const LOGGED_EACH_MINUTE = 10;
const GATHERED_TIMES = 20;

/**
 * Refusals without a verdict are logged up to ten a minute and isolate, then counted in one row for each
 * credential (PLATFORM §15): no account reads of another's in its own log.
 */
function countRefusal(c: HonoContext<ApiEnv>, row: RequestLogRow): void {
  const minute = Math.floor(Date.now() / 60_000);
  if (refusals.minute !== minute) Object.assign(refusals, { minute, logged: 0 });
  if (refusals.logged < LOGGED_EACH_MINUTE) {
    refusals.logged++;
    c.executionCtx.waitUntil(keep(c, row));
    return;
  }
  const whose = `${row.accountId} ${row.credentialId}`;
  const gathering = refusals.gathered.get(whose);
  if (gathering) {
    gathering.repeatCount = (gathering.repeatCount ?? 1) + 1;
    return;
  }
  const first = { ...row, repeatCount: 1 };
  refusals.gathered.set(whose, first);
  c.executionCtx.waitUntil(
    new Promise((resolve) => setTimeout(resolve, togetherMs(c.env) * GATHERED_TIMES)).then(() => {
      refusals.gathered.delete(whose);
      return keep(c, first);
    }),
  );
}
