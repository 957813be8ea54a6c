import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { requestAsCef } from "#domain/audit/cef.ts";
import type { LoggedRequest } from "#domain/audit/entries.ts";
import { requestAsOcsf } from "#domain/audit/ocsf.ts";
import { exportRequests, listRequests } from "#services/request-log/list-requests.ts";
import type { ApiEnv } from "../app.ts";
import { Id, Instant, text } from "../v2/shapes.ts";
import { logOperation, OfAccount } from "./log-operation.ts";

const RequestLog = z
  .object({
    id: Id,
    at: Instant,
    request_id: Id,
    account_id: Id.nullable(),
    user_id: Id.nullable(),
    credential: z.object({ kind: z.enum(["key", "grant", "user"]), id: z.string() }).nullable(),
    client_id: Id.nullable(),
    method: z.string(),
    route: z.string(),
    path: z.string(),
    status: z.int(),
    error_code: z.string().nullable(),
    latency_ms: z.int(),
    bytes_out: z.int(),
    ip: z.string().nullable(),
    user_agent: z.string().nullable(),
    country: z.string().nullable(),
    scopes_used: z.array(z.string()),
    rate_remaining: z.int().nullable(),
    overage: z.boolean(),
    repeat_count: z.int().openapi({ description: "How many refusals of one minute this row stands for" }),
    seq: z.int().nullable().openapi({ description: "The number of the limiter's verdict; without a gap for each credential" }),
  })
  .openapi("RequestLog");

const present = (row: LoggedRequest): z.infer<typeof RequestLog> => ({
  id: row.id,
  at: row.at.toISOString(),
  request_id: row.requestId,
  account_id: row.accountId,
  user_id: row.userId,
  credential: row.credentialId && row.credentialKind ? { kind: row.credentialKind, id: row.credentialId } : null,
  client_id: row.clientId,
  method: row.method,
  route: row.route,
  path: row.path,
  status: row.status,
  error_code: row.errorCode,
  latency_ms: row.latencyMs,
  bytes_out: row.bytesOut,
  ip: row.ip,
  user_agent: row.userAgent,
  country: row.country,
  scopes_used: [...row.scopesUsed],
  rate_remaining: row.rateRemaining,
  overage: row.overage,
  repeat_count: row.repeatCount,
  seq: row.seq,
});

/** `404`, or a whole class as `4xx`. */
const Status = z
  .string()
  .regex(/^[1-5](?:\d\d|xx)$/, "must be a status such as 404, or a class such as 4xx")
  .transform((given) => {
    const from = Number(given.replace("xx", "00"));
    return { from, to: given.endsWith("xx") ? from + 99 : from };
  })
  .openapi({ type: "string" });

export function requestLogs(api: OpenAPIHono<ApiEnv>): void {
  logOperation<LoggedRequest>(api, {
    path: "/request-logs",
    need: "read:audit or session",
    access: ["request-logs", "list"],
    summary: "Read the request log",
    description:
      "Every request of the account's credentials and sessions: who asked what, from where, and how it was answered. No body, no query. As lines (`ndjson`, `ocsf`, `cef`) it is an export in the order the rows came in.",
    filters: z.object({ credential_id: text(100), user_id: Id, route: text(200), status: Status, account_id: OfAccount }),
    item: RequestLog,
    list: listRequests,
    export: exportRequests,
    present,
    ocsf: requestAsOcsf,
    cef: requestAsCef,
  });
}
