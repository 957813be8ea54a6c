import type { z } from "@hono/zod-openapi";
import { type FieldError, Refusal } from "#domain/refusals.ts";

type Place = "path" | "query" | "body";

/**
 * Holds what came in against its contract. A path or query that does not fit is 400
 * `invalid_parameter`; a body is 422 `validation_failed` (DOMAIN D-109). Every broken rule is named.
 */
export function parse<T>(shape: z.ZodType<T>, value: unknown, place: Place): T {
  const kept = unstorable(value, place);
  const result = kept.some(({ code }) => code === "too_deep") ? null : shape.safeParse(value);
  const found = [...(result?.error?.issues.flatMap((issue) => fieldErrors(issue, place, value)) ?? []), ...kept];
  if (result?.success && found.length === 0) return result.data;
  const detail = found.map(({ pointer, message }) => `${pointer || place}: ${message}`).join("; ");
  throw new Refusal(place === "body" ? "validation_failed" : "invalid_parameter", detail, { errors: found });
}

function fieldErrors(issue: z.core.$ZodIssue, place: Place, value: unknown): FieldError[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      pointer: pointer([...issue.path, key], place),
      code: "unknown",
      message: `${key} is not known here`,
    }));
  }
  const at = pointer(issue.path, place);
  if (issue.path.length === 0 && issue.code === "invalid_type")
    return [{ pointer: at, code: "invalid_type", message: `must be a JSON object, as ${JSON.stringify({ field: "value" })}` }];
  // a rule of ours that a field breaks by being absent says so itself
  if (issue.code !== "custom" && valueAt(value, issue.path) === undefined)
    return [{ pointer: at, code: "required", message: "is required" }];
  return [{ pointer: at, code: CODES[issue.code] ?? "invalid", message: issue.message }];
}

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((within, key) => (within as Record<PropertyKey, unknown> | null | undefined)?.[key], value);

const CODES: Partial<Record<z.core.$ZodIssue["code"], string>> = {
  invalid_type: "invalid_type",
  too_small: "too_small",
  too_big: "too_big",
  invalid_format: "invalid_format",
  invalid_value: "invalid_value",
};

/** No body of ours nests deeper. */
const MAX_DEPTH = 20;

/** What no table can hold: a text with a NUL, or with half of a character that takes two halves; and nesting without end. */
function unstorable(value: unknown, place: Place, path: readonly PropertyKey[] = []): FieldError[] {
  if (typeof value === "object" && value !== null) {
    if (path.length >= MAX_DEPTH)
      return [{ pointer: pointer(path, place), code: "too_deep", message: `nests deeper than ${MAX_DEPTH} levels` }];
    return Object.entries(value).flatMap(([key, each]) => [
      ...unstorable(key, place, [...path, key]),
      ...unstorable(each, place, [...path, key]),
    ]);
  }
  if (typeof value !== "string" || isStorable(value)) return [];
  return [{ pointer: pointer(path, place), code: "invalid_format", message: "is not a text of whole characters without NUL" }];
}

/** Whether a table can hold a text. */
export const isStorable = (text: string): boolean => !text.includes("\0") && text.isWellFormed();

/** A JSON Pointer into the body (RFC 6901), or the parameter's place and name. */
const pointer = (path: readonly PropertyKey[], place: Place): string =>
  place === "body"
    ? path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")
    : `${place}:${String(path[0] ?? "")}`;
