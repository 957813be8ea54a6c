import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { Refusal } from "#domain/refusals.ts";
import type { Context } from "#services/context.ts";
import type { KeysetPage, KeysetQuery } from "#services/keyset.ts";
import type { ExportQuery, Stretch } from "#services/log.ts";
import type { ApiEnv } from "../app.ts";
import { rendered, send } from "../operation.ts";
import { InstantInput } from "../v2/shapes.ts";
import { openCursor, sealCursor } from "./cursor.ts";
import { CursorPagination, filterKey, register, type Route } from "./operation.ts";

type Json = Record<string, unknown>;

const FORMATS = ["json", "ndjson", "ocsf", "cef"] as const;
type Format = (typeof FORMATS)[number];
type Lines = Exclude<Format, "json">;

/** What an `Accept` header may ask for. */
const MEDIA_TYPES: Readonly<Record<string, Format>> = {
  "*/*": "json",
  "application/*": "json",
  "application/json": "json",
  "application/x-ndjson": "ndjson",
  "application/vnd.ocsf+x-ndjson": "ocsf",
  "application/vnd.cef": "cef",
};

const CONTENT_TYPES: Readonly<Record<Lines, string>> = {
  ndjson: "application/x-ndjson",
  ocsf: "application/vnd.ocsf+x-ndjson",
  cef: "application/vnd.cef; charset=utf-8",
};

/** Rows a page of JSON, and rows a stretch of lines. */
const [MOST_ROWS, MOST_LINES] = [100, 1_000];

export interface LogOperation<Row> extends Route {
  filters: z.ZodObject;
  item: z.ZodType;
  list: (ctx: Context, query: KeysetQuery) => Promise<KeysetPage<Row>>;
  export: (ctx: Context, query: ExportQuery) => Promise<Stretch<Row>>;
  present: (row: Row) => Json;
  ocsf: (row: Row) => Json;
  cef: (row: Row) => string;
}

/** The span of time, by which every log is narrowed. */
const SPAN = z.object({
  since: InstantInput.openapi({ description: "From this instant on" }),
  until: InstantInput.openapi({ description: "Before this instant" }),
});

/** Of a log of accounts: whose rows. */
export const OfAccount = z.uuid().openapi({ description: "For the platform: one account" });

/**
 * Registers a log: as JSON it is a list like any other, newest first; as lines it is an export in the
 * order the rows came in. `X-Next-Cursor` of an export goes on where it ended, also past the end, so
 * that whoever asks again with it gets everything once.
 */
export function logOperation<Row>(api: OpenAPIHono<ApiEnv>, spec: LogOperation<Row>): void {
  const query = z.strictObject({
    limit: z
      .string()
      .regex(/^(?:[1-9]\d{0,2}|1000)$/, `must be a whole number from 1 to ${MOST_LINES}`)
      .transform(Number)
      .optional()
      .openapi({ type: "integer", description: `Rows a page: 25 unless told, at most ${MOST_ROWS}; as lines ${MOST_LINES}` }),
    cursor: z
      .string()
      .max(500)
      .optional()
      .openapi({ description: "`next_cursor`, or `X-Next-Cursor` of an export, with the same filters" }),
    format: z
      .enum(FORMATS)
      .optional()
      .openapi({ description: `Overrules \`Accept\`: ${Object.keys(MEDIA_TYPES).slice(2).join(", ")}` }),
    ...SPAN.extend(spec.filters.shape).partial().shape,
  });
  const body = z.object({ data: z.array(spec.item), pagination: CursorPagination });
  const alsoAs = Object.values(CONTENT_TYPES);
  register(api, { ...spec, method: "get", query, replies: [200, spec.item], alsoAs, noted: true }, body, async (c, contextFor, input) => {
    const { limit, cursor, format: asked, ...filters } = input.query as { limit?: number; cursor?: string; format?: Format } & Json;
    const format = asked ?? acceptedFormat(c.req.header("accept"));
    const secret = c.env.CURSOR_HMAC_KEY;
    const key = filterKey(`${spec.path} ${format === "json" ? "list" : "export"}`, filters);
    const place = cursor === undefined ? null : await openCursor(secret, cursor, key);
    if (format === "json") {
      if ((limit ?? 0) > MOST_ROWS) throw tooMany();
      const page = await spec.list(contextFor(), { limit: limit ?? 25, after: place, filters });
      const next = page.next && (await sealCursor(secret, page.next, key));
      const pagination = { limit: limit ?? 25, has_more: page.next !== null, next_cursor: next };
      return send(rendered(200, { data: page.rows.map(spec.present), pagination }));
    }
    const after = Number(place?.at ?? 0);
    const { rows, last, hasMore } = await spec.export(contextFor(), { limit: limit ?? MOST_LINES, after, filters });
    const next = await sealCursor(secret, { at: String(last), id: "" }, key);
    const line = (row: Row): string =>
      format === "cef" ? spec.cef(row) : JSON.stringify(format === "ocsf" ? spec.ocsf(row) : spec.present(row));
    return send({
      status: 200,
      headers: { "Content-Type": CONTENT_TYPES[format], "X-Next-Cursor": next, "X-Has-More": String(hasMore) },
      body: rows.map((row) => `${line(row)}\n`).join(""),
    });
  });
}

/** The format of the media type that a client likes best. Refuses when it likes none that we have. */
function acceptedFormat(accept = "*/*"): Format {
  const liked = accept
    .split(",")
    .map((each) => {
      const [type = "", ...parameters] = each.split(";").map((part) => part.trim().toLowerCase());
      return { format: MEDIA_TYPES[type], weight: Number(parameters.find((one) => one.startsWith("q="))?.slice(2) ?? 1) };
    })
    .filter(({ format, weight }) => format !== undefined && weight > 0)
    .toSorted((a, b) => b.weight - a.weight);
  const best = liked[0]?.format;
  if (!best) throw new Refusal("not_acceptable", `This is to be had as ${Object.keys(MEDIA_TYPES).slice(2).join(", ")}.`);
  return best;
}

const tooMany = () => {
  const message = `must be a whole number from 1 to ${MOST_ROWS} as JSON`;
  return new Refusal("invalid_parameter", `query:limit: ${message}`, {
    errors: [{ pointer: "query:limit", code: "too_big", message }],
  });
};
