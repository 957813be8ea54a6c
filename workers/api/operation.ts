import { createRoute, type OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import type { Context as HonoContext } from "hono";
import { Refusal } from "#domain/refusals.ts";
import { rememberRefusal } from "#services/commit.ts";
import { type Audience, Context, type Replayed, type Reply, WrongGuess } from "#services/context.ts";
import type { Included, ListQuery, Noun, Page } from "#services/listing.ts";
import { databaseOf, portsOf } from "../runtime.ts";
import type { ApiEnv } from "./app.ts";
import { OverrideReason } from "./override-reason.ts";
import { isFinal, isOfAccess, problem } from "./problems.ts";
import { parse } from "./shape.ts";

/** The resource and verb by which the access matrix knows a route (DESIGN R-16). */
export type RouteAccess = readonly [resource: string, verb: string];

type Json = Record<string, unknown>;
type AnyNoun = Pick<Noun<{ id: string }>, "includes" | "sorts" | "search">;

/** What an operation takes, once its shape was found right. */
export interface Input<Params, Query, Body> {
  params: Params;
  query: Query;
  body: Body;
}

/** One route: its contract, which is also its documentation, and its three moves. */
export interface Operation<Params = never, Query = never, Body = never, Result = never> {
  method: "get" | "post" | "put" | "patch" | "delete";
  path: string;
  access: RouteAccess;
  summary: string;
  description?: string;
  /** Members only, unless told. */
  audience?: Audience;
  params?: z.ZodType<Params>;
  query?: z.ZodType<Query>;
  body?: z.ZodType<Body>;
  /** The status and shape of `data`. */
  replies: readonly [status: 200 | 201, data: z.ZodType];
  run: (ctx: Context, input: Input<Params, Query, Body>) => Promise<Result>;
  /** From the verb's result to what goes under `data`. */
  present: (result: Result) => Json | Json[] | null;
}

/** Registers one operation with the surface. */
export function operation<Params = Record<never, never>, Query = Record<never, never>, Body = undefined, Result = unknown>(
  api: OpenAPIHono<ApiEnv>,
  spec: Operation<Params, Query, Body, Result>,
): void {
  const [status, data] = spec.replies;
  const render = (result: Result): Reply => rendered(status, { data: spec.present(result) });
  register(api, spec, z.object({ data }), async (c, input) => {
    const ctx = contextOf(c, spec.audience ?? "member", render, reasonIn(input));
    const result = await remembering(ctx, () => spec.run(ctx, input as Input<Params, Query, Body>));
    return send(ctx.reply ?? render(result));
  });
}

/** A reply that a spreadsheet or a browser opens. */
export interface File {
  body: string;
  headers: Readonly<Record<string, string>>;
}

/** Renders CSV as a download under this name. */
export const csvFile = (name: string, body: string): File => ({
  body,
  headers: { "Content-Type": "text/csv; charset=utf-8", "Content-Disposition": `attachment; filename="${name}.csv"`, ...UNGUESSED },
});

const UNGUESSED = { "X-Content-Type-Options": "nosniff" } as const;

const MEDIA_TYPES = { csv: "text/csv", html: "text/html" } as const;
type Format = keyof typeof MEDIA_TYPES;

export interface FileOperation<Params, Query, Result> extends Omit<
  Operation<Params, Query, undefined, Result>,
  "method" | "body" | "query" | "replies"
> {
  /** The parameters beside `format`. */
  query: z.ZodObject;
  data: z.ZodType;
  /** What else than JSON the same result is rendered as. */
  files: Readonly<Partial<Record<Format, (result: Result) => File | Promise<File>>>>;
}

/** Registers a read whose result `format` asks for as JSON, or as one of the files it has. */
export function fileOperation<Params = Record<never, never>, Query = Record<never, never>, Result = unknown>(
  api: OpenAPIHono<ApiEnv>,
  spec: FileOperation<Params, Query, Result>,
): void {
  const formats = Object.keys(spec.files) as Format[];
  const query = z.strictObject({ ...spec.query.shape, format: z.enum(["json", ...formats]).optional() });
  const alsoAs = formats.map((format) => MEDIA_TYPES[format]);
  register(api, { ...spec, method: "get", query, alsoAs, replies: [200, spec.data] }, z.object({ data: spec.data }), async (c, input) => {
    const ctx = contextOf(c, spec.audience ?? "member");
    const result = await spec.run(ctx, input as unknown as Input<Params, Query, undefined>);
    const file = spec.files[(input.query as { format?: Format }).format as Format];
    if (!file) return send(rendered(200, { data: spec.present(result) }));
    const { body, headers } = await file(result);
    return new Response(body, { headers });
  });
}

export interface ListOperation<Row extends { id: string }, Filters extends Json> {
  path: string;
  access: RouteAccess;
  summary: string;
  description?: string;
  audience?: Audience;
  noun: Noun<Row>;
  /** The plain query parameters that narrow the list, beside the common ones. */
  filters?: z.ZodObject;
  /** The filters without which there is no list. */
  requiredFilters?: readonly string[];
  item: z.ZodType;
  run: (ctx: Context, query: ListQuery & { filters: Filters }) => Promise<Page<Row>>;
  present: (row: Included<Row>) => Json;
}

/** Registers a list: the common parameters, the noun's filters, sorts and includes, and the page's envelope. */
export function listOperation<Row extends { id: string }, Filters extends Json = Json>(
  api: OpenAPIHono<ApiEnv>,
  spec: ListOperation<Row, Filters>,
): void {
  const query = listParameters(spec.noun, spec.filters, spec.requiredFilters);
  const body = z.object({ data: z.array(spec.item), pagination: Pagination });
  register(api, { ...spec, method: "get", query, replies: [200, spec.item] }, body, async (c, input) => {
    const ctx = contextOf(c, spec.audience ?? "member");
    const page = await spec.run(ctx, toListQuery(input.query as Json) as ListQuery & { filters: Filters });
    return send(rendered(200, { data: page.rows.map(spec.present), pagination: pagination(page) }));
  });
}

export interface ReadOperation<Row extends { id: string }> {
  path: string;
  access: RouteAccess;
  summary: string;
  description?: string;
  audience?: Audience;
  noun: Noun<Row>;
  item: z.ZodType;
  /** The id is empty on a path without one, such as `/me`. */
  run: (ctx: Context, id: string, include: readonly string[]) => Promise<Included<Row>>;
  present: (row: Included<Row>) => Json;
}

/** Registers a single read with its includes and its ETag. */
export function readOperation<Row extends { id: string }>(api: OpenAPIHono<ApiEnv>, spec: ReadOperation<Row>): void {
  const query = z.strictObject({ include: includeNames(spec.noun) });
  register(api, { ...spec, method: "get", query, replies: [200, spec.item] }, z.object({ data: spec.item }), async (c, input) => {
    const ctx = contextOf(c, spec.audience ?? "member");
    const { id = "" } = input.params as { id?: string };
    const row = await spec.run(ctx, id, (input.query as { include?: string[] }).include ?? []);
    return send(rendered(200, { data: spec.present(row) }));
  });
}

export const idParameter = z.object({ id: z.uuid().openapi({ param: { in: "path", name: "id" } }) });

/** The contracts of every route, each written out only when somebody asks for the documentation. */
const contracts = new Map<string, () => RouteConfig>();

/** Every route's contract, under the prefix its surface is mounted on. */
export const contractsUnder = (prefix: string): RouteConfig[] =>
  [...contracts.values()].map((contract) => {
    const route = contract();
    return { ...route, path: `${prefix}${route.path}` };
  });

function register(
  api: OpenAPIHono<ApiEnv>,
  spec: Pick<Operation, "method" | "path" | "access" | "summary"> & {
    description?: string;
    audience?: Audience;
    params?: z.ZodType;
    query?: z.ZodType;
    body?: z.ZodType;
    replies: readonly [number, z.ZodType];
    /** Media types beside JSON. */
    alsoAs?: readonly string[];
  },
  reply: z.ZodType,
  handle: (c: HonoContext<ApiEnv>, input: Input<unknown, unknown, unknown>) => Promise<Response>,
): void {
  const params = spec.params ?? (spec.path.includes("{id}") ? idParameter : undefined);
  const query = spec.query ?? (spec.method === "delete" ? Removal : z.strictObject({}));
  const [resource, verb] = spec.access;
  const changes = spec.method !== "get";
  const creates = spec.method === "post" && !spec.path.includes("{"); // nothing was read that could have changed
  const contract = () => ({
    ...createRoute({
      method: spec.method,
      path: spec.path,
      operationId: `${verb}_${resource}`.replaceAll("-", "_"),
      tags: [resource],
      summary: spec.summary,
      ...(spec.description ? { description: spec.description } : {}),
      security: spec.audience === "public" ? [{}, { session: [] }] : [{ session: [] }],
      request: {
        ...(params ? { params: params as never } : {}),
        query: query as never,
        ...(changes ? { headers: creates ? CreateHeaders : ChangeHeaders } : {}),
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
        ...PROBLEM_RESPONSES(problemsOf(changes, spec.path).filter((problem) => !creates || problem !== 412)),
      },
    }),
    "x-access": { resource, verb },
  });
  contracts.set(`${spec.method} ${spec.path}`, contract as never);

  const path = spec.path.replaceAll(/\{(\w+)\}/g, ":$1");
  api.on(spec.method.toUpperCase(), path, async (c) => {
    if (spec.audience !== "public" && c.var.caller.kind === "anonymous") {
      throw new Refusal("missing_credential", "Send `Authorization: Bearer` and a session token.");
    }
    const input = {
      params: params ? parse(params, c.req.param(), "path") : {},
      query: parse(query, single(c.req.queries()), "query"),
      body: spec.body ? parse(spec.body, await jsonBody(c), "body") : undefined,
    };
    return guessingTwice(() => handle(c, input));
  });
}

/** Each parameter once: of two values nobody knows which one was meant. */
export function single(given: Record<string, string[]>): Record<string, string | undefined> {
  for (const [name, values] of Object.entries(given)) {
    if (values.length > 1)
      throw new Refusal("invalid_parameter", `query:${name}: is given ${values.length} times`, {
        errors: [{ pointer: `query:${name}`, code: "repeated", message: `is given ${values.length} times; once is meant` }],
      });
  }
  return Object.fromEntries(Object.entries(given).map(([name, [value]]) => [name, value]));
}

/** What every removal may be asked with. */
const Removal = z.strictObject({ reason: OverrideReason });

/** The reason that a request gives, in its body or, as a removal has none, in its query. */
export function reasonIn({ query, body }: Input<unknown, unknown, unknown>): string | undefined {
  const { reason } = { ...(query as Json), ...(body as Json | undefined) };
  return typeof reason === "string" ? reason : undefined;
}

function contextOf(c: HonoContext<ApiEnv>, audience: Audience, present?: (result: never) => Reply, reason?: string): Context {
  const { requestId, caller, requestFacts, welcome } = c.var;
  return new Context({
    caller,
    audience,
    database: databaseOf(c.env, requestId),
    ports: portsOf(c.env, (work) => c.executionCtx.waitUntil(work)),
    request: { ...requestFacts, reason },
    welcome,
    ...(present ? { present } : {}),
  });
}

/** A read may have left out a way that the caller has since last time; the second one knows better. */
export async function guessingTwice(handle: () => Promise<Response>): Promise<Response> {
  try {
    return await handle();
  } catch (error) {
    if (error instanceof WrongGuess) return handle();
    throw error;
  }
}

/**
 * Answers a repeated request from what was stored. A caller who may no more is refused as anybody is; only
 * what a deletion removed is not missed.
 */
export async function repeating<Result>(ctx: Context, run: () => Promise<Result>): Promise<Result> {
  try {
    const result = await run();
    ctx.repeat();
    return result;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const isRemoved = ctx.request.method === "DELETE" && error.code === "not_found";
    if (!isOfAccess(error) || isRemoved) ctx.repeat();
    throw error;
  }
}

/** As `repeating`, and stores the final refusals of a verb. */
export async function remembering<Result>(ctx: Context, run: () => Promise<Result>): Promise<Result> {
  try {
    return await repeating(ctx, run);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const isKept = ctx.request.idempotency !== null && !ctx.repeats && isFinal(error);
    if (isKept && !(await rememberRefusal(ctx, problem(error, ctx.request.path, ctx.request.id)))) return remembering(ctx, run);
    throw error;
  }
}

/** A reply with the version that it shows as its ETag (DESIGN R-3). */
export function rendered(status: number, body: Json): Reply {
  const version = (body["data"] as { version?: unknown } | null)?.version;
  return {
    status,
    headers: {
      "Content-Type": "application/json",
      ...(typeof version === "number" ? { ETag: `"${version}"` } : {}),
    },
    body: JSON.stringify(body),
  };
}

/** Sends a reply, and says how long it is: the request log keeps that. */
export function send({ status, headers, body }: Reply): Response {
  const bytes = new TextEncoder().encode(body);
  return new Response(bytes, { status, headers: { ...headers, "Content-Length": String(bytes.length) } });
}

export const replyOf = (error: Replayed): Response => send(error.reply);

export async function jsonBody(c: HonoContext<ApiEnv>): Promise<unknown> {
  const type = c.req.header("content-type") ?? "";
  const words = await c.req.text();
  // nothing sent is nothing said: what is required will be missed by its name
  if (type === "" && words === "") return {};
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type)) {
    throw new Refusal("unsupported_media_type", "Send the body as application/json.");
  }
  try {
    return JSON.parse(words);
  } catch {
    throw new Refusal("malformed_json", "The body is not JSON. Check quotes, commas and brackets.");
  }
}

const CreateHeaders = z.object({
  "idempotency-key": z
    .string()
    .optional()
    .openapi({ description: "1 to 255 printable ASCII characters. The same key and body get the stored reply for 24 hours." }),
});

const ChangeHeaders = CreateHeaders.extend({
  "if-match": z.string().optional().openapi({ description: "The ETag that was read; another version answers 412." }),
});

export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string(),
    request_id: z.string(),
    docs: z.string(),
    errors: z.array(z.object({ pointer: z.string(), code: z.string(), message: z.string() })).optional(),
  })
  .openapi("Problem");

/** The statuses by which an operation refuses. */
export const problemsOf = (changes: boolean, path: string): number[] => [
  400,
  401,
  403,
  ...(path.includes("{") ? [404] : []),
  ...(changes ? [409, 412, 413, 415, 422] : []),
  ...(path.includes("{token}") ? [409, 410] : []),
  500,
  503,
];

export const PROBLEM_RESPONSES = (statuses: readonly number[]) =>
  Object.fromEntries(
    statuses.map((status) => [status, { description: "A problem", content: { "application/problem+json": { schema: Problem } } }]),
  );

const Pagination = z
  .object({ total: z.int(), page: z.int(), limit: z.int(), total_pages: z.int(), total_capped: z.boolean().optional() })
  .openapi("Pagination");

const pagination = ({ total, totalCapped, page, limit }: Page<unknown>) => ({
  total,
  page,
  limit,
  total_pages: Math.ceil(total / limit),
  ...(totalCapped ? { total_capped: true } : {}),
});

const MAX_LIMIT = 100;

const wholeNumber = (description: string) =>
  z
    .string()
    .regex(/^[1-9]\d{0,8}$/, "must be a whole number, 1 or more")
    .transform(Number)
    .openapi({ type: "integer", description });

const includeNames = (noun: AnyNoun) => {
  const names = Object.keys(noun.includes ?? {});
  return z
    .string()
    .transform((text) => [
      ...new Set(
        text
          .split(",")
          .map((name) => name.trim())
          .filter(Boolean),
      ),
    ])
    .refine(
      (asked) => asked.every((name) => names.includes(name)),
      names.length > 0 ? `may name ${names.join(", ")}` : "is not offered here",
    )
    .optional()
    .openapi({ type: "string", description: names.length > 0 ? `Comma list of ${names.join(", ")}` : "No includes here" });
};

function listParameters(noun: AnyNoun, filters: z.ZodObject = z.object({}), needed: readonly string[] = []): z.ZodType {
  const sorts = [...new Set(["created_at", "updated_at", ...Object.keys(noun.sorts ?? {})])];
  return z
    .strictObject({
      page: wholeNumber("Page, from 1").optional(),
      limit: wholeNumber("Rows a page; above 100 counts as 100").optional(),
      ...(noun.search
        ? { search: z.string().max(200).optional().openapi({ description: "All words must match, the last by its beginning" }) }
        : {}),
      sort_by: z.enum(sorts as [string, ...string[]]).optional(),
      sort_order: z.enum(["asc", "desc"]).optional(),
      include: includeNames(noun),
      filters: z.string().optional().openapi({ description: "The filters below as one JSON object; plain parameters win" }),
      ...filters.partial().shape,
    })
    .transform((query, issues) => {
      const allFilters = mergedFilters(query as Json, filters);
      const missing = needed.filter((name) => allFilters[name] === undefined);
      for (const name of missing) issues.addIssue({ code: "custom", path: [name], message: `${name} is required here` });
      return { ...query, allFilters };
    });
}

/** The filters of the JSON object, overruled by the plain ones; both are checked by the same shapes. */
function mergedFilters(query: Json, filters: z.ZodObject): Json {
  const plain = Object.fromEntries(Object.keys(filters.shape).flatMap((name) => (query[name] === undefined ? [] : [[name, query[name]]])));
  if (query["filters"] === undefined) return plain;
  let given: unknown;
  try {
    given = JSON.parse(query["filters"] as string);
  } catch {
    throw badFilters("must be a JSON object");
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw badFilters("must be a JSON object");
  const words = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, Array.isArray(value) ? value.join(",") : String(value)]),
  );
  return { ...(parse(z.strictObject(filters.partial().shape), words, "query") as Json), ...plain };
}

const badFilters = (message: string) =>
  new Refusal("invalid_parameter", `filters ${message}`, { errors: [{ pointer: "query:filters", code: "invalid", message }] });

const toListQuery = (query: Json): ListQuery => ({
  page: (query["page"] as number | undefined) ?? 1,
  limit: Math.min((query["limit"] as number | undefined) ?? 25, MAX_LIMIT),
  search: (query["search"] as string | undefined)?.trim() || undefined,
  sortBy: (query["sort_by"] as string | undefined) ?? "created_at",
  sortOrder: (query["sort_order"] as "asc" | "desc" | undefined) ?? "desc",
  include: (query["include"] as string[] | undefined) ?? [],
  filters: query["allFilters"] as Json,
});
