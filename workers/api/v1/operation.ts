import { createRoute, type OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import type { Context as HonoContext } from "hono";
import { Refusal } from "#domain/refusals.ts";
import { type Caller, Context, type Need, type Reply, type RequestFacts, type RequestTrace } from "#services/context.ts";
import type { KeysetPage, KeysetQuery } from "#services/keyset.ts";
import { scopeOf } from "#services/scopes.ts";
import { registerSubject } from "#services/users/register-subject.ts";
import { databaseOf, portsOf } from "../../runtime.ts";
import type { ApiEnv } from "../app.ts";
import {
  guessingTwice,
  idParameter,
  type Input,
  jsonBody,
  PROBLEM_RESPONSES,
  reasonIn,
  remembering,
  rendered,
  type RouteAccess,
  send,
  single,
} from "../operation.ts";
import { parse } from "../shape.ts";
import { factsOf } from "../surface.ts";
import { acceptsJson } from "./accept.ts";
import { accountOf, admitted } from "./admission.ts";
import { isUnchanged, versionsIn } from "./conditional.ts";
import { openCursor, sealCursor } from "./cursor.ts";

type Json = Record<string, unknown>;
type Call = HonoContext<ApiEnv>;

/** What every route of the partner API declares: what it needs, and its contract. */
export interface Route {
  path: string;
  /** The scope, or which session, without which nobody passes (PLATFORM §6). A route without one does not compile. */
  need: Need;
  access: RouteAccess;
  summary: string;
  description?: string;
  /** What we send because of it, in the words of OpenAPI. */
  callbacks?: Readonly<Record<string, object>>;
  /** A read that is noted in the audit, and so does not begin before it is admitted. */
  noted?: true;
}

export interface Operation<Params, Query, Body, Result> extends Route {
  method: "get" | "post" | "put" | "patch" | "delete";
  params?: z.ZodType<Params>;
  query?: z.ZodType<Query>;
  body?: z.ZodType<Body>;
  /** The status and shape of `data`. */
  replies: readonly [status: 200 | 201, data: z.ZodType];
  /** The reply reveals a secret, once (DESIGN R-18). */
  revealsSecret?: boolean;
  run: (ctx: Context, input: Input<Params, Query, Body>) => Promise<Result>;
  /** From the verb's result to what goes under `data`. */
  present: (result: Result) => Json | Json[] | null;
}

/** Registers one operation with the surface. A single read answers 304 to the ETag it gave. */
export function operation<Params = Record<never, never>, Query = Record<never, never>, Body = undefined, Result = unknown>(
  api: OpenAPIHono<ApiEnv>,
  spec: Operation<Params, Query, Body, Result>,
): void {
  const [status, data] = spec.replies;
  const render = (result: Result): Reply => ({
    ...rendered(status, { data: spec.present(result) }),
    ...(spec.revealsSecret ? { secret: true } : {}),
  });
  register(api, spec, z.object({ data }), async (c, contextFor, input) => {
    const ctx = contextFor(render);
    const result = await remembering(ctx, () => spec.run(ctx, input as Input<Params, Query, Body>));
    const reply = ctx.reply ?? render(result);
    const etag = reply.headers["ETag"];
    const unchanged = spec.method === "get" && etag !== undefined && isUnchanged(c.req.raw.headers, etag);
    return unchanged ? new Response(null, { status: 304, headers: { ETag: etag } }) : send(reply);
  });
}

export interface ListOperation<Row, Filters extends Json> extends Route {
  /** The query parameters that narrow the list. */
  filters?: z.ZodObject;
  item: z.ZodType;
  run: (ctx: Context, query: KeysetQuery & { filters: Filters }) => Promise<KeysetPage<Row>>;
  present: (row: Row) => Json;
}

const MAX_LIMIT = 100;

export const CursorPagination = z
  .object({ limit: z.int(), has_more: z.boolean(), next_cursor: z.string().nullable() })
  .openapi("CursorPagination");

/** Registers a list, newest first, in pages that follow each other by cursor (PLATFORM §9). */
export function listOperation<Row, Filters extends Json = Json>(api: OpenAPIHono<ApiEnv>, spec: ListOperation<Row, Filters>): void {
  const filters = spec.filters ?? z.object({});
  const query = z.strictObject({
    limit: z
      .string()
      .regex(/^(?:[1-9]\d?|100)$/, `must be a whole number from 1 to ${MAX_LIMIT}`)
      .transform(Number)
      .optional()
      .openapi({ type: "integer", description: "Rows a page, 25 unless told" }),
    cursor: z.string().max(500).optional().openapi({ description: "The `next_cursor` of the page before, with the same filters" }),
    ...filters.partial().shape,
  });
  const body = z.object({ data: z.array(spec.item), pagination: CursorPagination });
  register(api, { ...spec, method: "get", query, replies: [200, spec.item] }, body, async (c, contextFor, input) => {
    const { limit = 25, cursor, ...given } = input.query as { limit?: number; cursor?: string } & Filters;
    const key = filterKey(spec.path, given);
    const secret = c.env.CURSOR_HMAC_KEY;
    const after = cursor === undefined ? null : await openCursor(secret, cursor, key);
    const page = await spec.run(contextFor(), { limit, after, filters: given as unknown as Filters });
    const next = page.next && (await sealCursor(secret, page.next, key));
    const pagination = { limit, has_more: page.next !== null, next_cursor: next };
    return send(rendered(200, { data: page.rows.map(spec.present), pagination }));
  });
}

/** What a cursor is good for: one list, under the same filters. */
export const filterKey = (list: string, filters: Json): string =>
  `${list} ${JSON.stringify(Object.entries(filters).toSorted(([a], [b]) => (a < b ? -1 : 1)))}`;

/** What a route refuses with, beside its own. */
const statusesOf = (method: string, path: string): number[] => [
  400,
  401,
  403,
  ...(path.includes("{") ? [404] : []),
  406,
  410,
  ...(method === "get" ? [] : [409, 412, 413, 415, 422]),
  429,
  500,
  503,
];

const contracts = new Map<string, () => RouteConfig>();

/** Every route of the partner API, as the documentation tells it. */
export const v1Contracts = (prefix: string): RouteConfig[] =>
  [...contracts.values()].map((contract) => {
    const route = contract();
    return { ...route, path: `${prefix}${route.path}` };
  });

const ChangeHeaders = z.object({
  "idempotency-key": z
    .string()
    .optional()
    .openapi({ description: "1 to 255 printable ASCII characters. The same key and body get the stored reply for 24 hours." }),
});
const MatchHeader = { "if-match": z.string().optional().openapi({ description: "The ETag that was read; another version answers 412." }) };
const NoneMatchHeader = z.object({
  "if-none-match": z.string().optional().openapi({ description: "The ETag that was read; the same version answers 304." }),
});
const AccountHeader = z.object({
  "x-account-id": z.string().optional().openapi({ description: "With a session: the account to act for, if you have several." }),
});

/** By which credentials a need is met, as OpenAPI names them. */
function securityOf(need: Need): Record<string, string[]>[] {
  const scope = scopeOf(need);
  if (scope === null && need !== "any") return [{ session: [] }];
  return [{ apiKey: [] }, { oauth: scope === null ? [] : [scope] }, { session: [] }];
}

export function register(
  api: OpenAPIHono<ApiEnv>,
  spec: Route & {
    method: "get" | "post" | "put" | "patch" | "delete";
    params?: z.ZodType;
    query?: z.ZodType;
    body?: z.ZodType;
    replies: readonly [number, z.ZodType];
    /** Media types beside JSON; a client that takes none of them is told 406. */
    alsoAs?: readonly string[];
  },
  reply: z.ZodType,
  handle: (
    c: Call,
    contextFor: (present?: (result: never) => Reply) => Context,
    input: Input<unknown, unknown, unknown>,
  ) => Promise<Response>,
): void {
  const params = spec.params ?? (spec.path.includes("{id}") ? idParameter : undefined);
  const query = spec.query ?? z.strictObject({});
  const [resource, verb] = spec.access;
  const changes = spec.method !== "get";
  contracts.set(
    `${spec.method} ${spec.path}`,
    () =>
      ({
        ...createRoute({
          method: spec.method,
          path: spec.path,
          operationId: `${verb}_${resource}`.replaceAll("-", "_"),
          tags: [resource],
          summary: spec.summary,
          ...(spec.description ? { description: spec.description } : {}),
          security: securityOf(spec.need),
          ...(spec.callbacks ? { callbacks: spec.callbacks as never } : {}),
          request: {
            ...(params ? { params: params as never } : {}),
            query: query as never,
            headers: [
              AccountHeader,
              ...(changes ? [spec.path.includes("{id}") ? ChangeHeaders.extend(MatchHeader) : ChangeHeaders] : []),
              ...(!changes && spec.path.includes("{id}") ? [NoneMatchHeader] : []),
            ].reduce((all, each) => all.extend(each.shape)) as never,
            ...(spec.body ? { body: { required: true, content: { "application/json": { schema: spec.body } } } } : {}),
          },
          responses: {
            [spec.replies[0]]: {
              description: "Done",
              content: {
                "application/json": { schema: reply },
                ...Object.fromEntries((spec.alsoAs ?? []).map((type) => [type, { schema: z.string() }])),
              },
            },
            ...(!changes && spec.path.includes("{id}") ? { 304: { description: "Nothing has changed" } } : {}),
            ...PROBLEM_RESPONSES([...statusesOf(spec.method, spec.path), ...(spec.alsoAs ? [406] : [])]),
          },
        }),
        "x-access": { resource, verb },
        "x-need": spec.need,
      }) as never,
  );

  const path = spec.path.replaceAll(/\{(\w+)\}/g, ":$1");
  api.on(spec.method.toUpperCase(), path, (c) => {
    const trace = traceOf(c, spec.path, spec.need);
    const work = async (caller: Caller) => {
      if (!spec.alsoAs && !acceptsJson(c.req.header("accept")))
        throw new Refusal("not_acceptable", "Answers are JSON: accept application/json.");
      const facts = await factsOf(c, versionsIn);
      c.set("requestFacts", facts);
      const input = {
        params: params ? parse(params, c.req.param(), "path") : {},
        query: parse(query, single(c.req.queries()), "query"),
        body: spec.body ? parse(spec.body, await jsonBody(c), "body") : undefined,
      };
      const contextFor = (present?: (result: never) => Reply) =>
        contextOf(c, caller, { ...facts, reason: reasonIn(input) }, spec.need, trace, present);
      return guessingTwice(() => handle(c, contextFor, input));
    };
    return admitted(c, trace, spec.need, work, !changes && !spec.noted);
  });
}

/** Begins the row of this request in the log. */
export function traceOf(c: Call, route: string, need: Need): RequestTrace {
  const scope = scopeOf(need);
  const trace: RequestTrace = {
    startedAt: c.var.startedAt,
    route,
    country: c.req.header("cf-ipcountry") ?? null,
    seq: null,
    minute: null,
    credentialId: null,
    credentialKind: null,
    clientId: null,
    scopesUsed: scope === null ? [] : [scope],
    rateRemaining: null,
    overage: false,
    kept: false,
  };
  c.set("trace", trace);
  return trace;
}

function contextOf(
  c: Call,
  caller: Caller,
  request: RequestFacts,
  need: Need,
  trace: RequestTrace,
  present?: (result: never) => Reply,
): Context {
  const ctx = new Context({
    caller,
    audience: "person",
    database: databaseOf(c.env, c.var.requestId),
    ports: portsOf(c.env, (work) => c.executionCtx.waitUntil(work)),
    request,
    partner: { need, accountId: accountOf(c), trace },
    ...(caller.kind === "session" ? { welcome: registerSubject } : {}),
    ...(present ? { present } : {}),
  });
  c.set("ctx", ctx);
  return ctx;
}
