import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A schema of Stripe's published API description, as far as it is used there. */
export interface Schema {
  $ref?: string;
  type?: string;
  nullable?: boolean;
  enum?: unknown[];
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  maxLength?: number;
  "x-known-values"?: unknown[];
  "x-expandable"?: string[];
  "x-pruned"?: boolean;
}

/** One operation as Stripe publishes it. */
export interface Published {
  parameters?: { name: string; in: "path" | "query"; required?: boolean; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content: Record<string, { schema: Schema }> }>;
}

/** Stripe's published description and its example objects. */
export interface Vendored {
  schemas: Record<string, Schema>;
  /** By `METHOD /path`, names of ids left out: `GET /v1/transfers/{}`. */
  operations: Map<string, Published>;
  fixtures: Record<string, unknown>;
}

/** Reads what `VENDORS_DIR` has of Stripe; null when it is not there. */
export function vendored(): Vendored | null {
  const folder = join(process.env["VENDORS_DIR"] ?? "../shared/vendors", "stripe");
  if (!existsSync(join(folder, "openapi-subset.json"))) return null;
  const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), "utf8"));
  const api = read("openapi-subset.json") as {
    paths: Record<string, Record<string, Published>>;
    components: { schemas: Record<string, Schema> };
  };
  const { resources } = read("fixtures-subset.json") as { resources: Record<string, unknown> };
  const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, published]): [string, Published] => [`${method.toUpperCase()} ${nameless(path)}`, published]),
  );
  return { schemas: api.components.schemas, operations: new Map(operations), fixtures: resources };
}

/** A path without the names of its ids. */
export const nameless = (path: string): string => path.replaceAll(/\{\w+\}/g, "{}");

/** All parameters of a published operation, but for those in its path, as one schema. */
export function parametersOf(published: Published): Schema {
  const body = Object.values(published.requestBody?.content ?? {})[0]?.schema ?? {};
  const query = (published.parameters ?? []).filter((each) => each.in === "query");
  return {
    type: "object",
    properties: { ...Object.fromEntries(query.map((each) => [each.name, each.schema])), ...body.properties },
    required: [...query.flatMap((each) => (each.required ? [each.name] : [])), ...(body.required ?? [])],
  };
}

/** What is wrong with a value by a published schema, one sentence each. An open list of values counts as closed. */
export function faults(value: unknown, schema: Schema, { schemas }: Pick<Vendored, "schemas">, at = "$"): string[] {
  const inside = (each: unknown, by: Schema, where: string) => faults(each, by, { schemas }, where);
  if (schema["x-pruned"]) return [];
  if (schema.$ref) {
    const target = schemas[schema.$ref.split("/").at(-1) ?? ""];
    if (value === null && schema.nullable) return [];
    return target ? inside(value, target, at) : [`${at}: ${schema.$ref} is not described`];
  }
  if (value === null) return schema.nullable ? [] : [`${at}: is null`];
  if (schema.anyOf) {
    const all = schema.anyOf.map((each) => inside(value, each, at));
    return all.some((each) => each.length === 0) ? [] : (all.toSorted((a, b) => a.length - b.length)[0] ?? []);
  }
  const values = schema.enum ?? schema["x-known-values"];
  if (schema["x-expandable"] && typeof value === "object") {
    const kind = String((value as { object?: unknown }).object);
    const target = schemas[kind];
    if (!schema["x-expandable"].includes(kind)) return [`${at}: ${kind} is not what it expands to`];
    return target ? inside(value, target, at) : [];
  }
  if (values && !values.includes(value)) return [`${at}: ${JSON.stringify(value)} is not one of ${values.length} values`];
  switch (schema.type) {
    case "string":
      if (typeof value !== "string") return [`${at}: is no string`];
      return value.length > (schema.maxLength ?? Infinity) ? [`${at}: is longer than ${schema.maxLength}`] : [];
    case "integer":
      return Number.isInteger(value) ? [] : [`${at}: is no integer`];
    case "number":
      return typeof value === "number" ? [] : [`${at}: is no number`];
    case "boolean":
      return typeof value === "boolean" ? [] : [`${at}: is no boolean`];
    case "array":
      if (!Array.isArray(value)) return [`${at}: is no list`];
      return value.flatMap((each, index) => (schema.items ? inside(each, schema.items, `${at}[${index}]`) : []));
    case "object":
      return typeof value === "object" && !Array.isArray(value)
        ? objectFaults(value as Record<string, unknown>, schema, inside, at)
        : [`${at}: is no object`];
    default:
      return [];
  }
}

function objectFaults(
  value: Record<string, unknown>,
  schema: Schema,
  inside: (each: unknown, by: Schema, where: string) => string[],
  at: string,
): string[] {
  const { properties, additionalProperties } = schema;
  const lacking = (schema.required ?? []).filter((name) => !(name in value)).map((name) => `${at}.${name}: is missing`);
  const wrong = Object.entries(value).flatMap(([name, each]) => {
    const by = properties?.[name];
    if (by) return inside(each, by, `${at}.${name}`);
    if (typeof additionalProperties === "object") return inside(each, additionalProperties, `${at}.${name}`);
    return properties && additionalProperties !== true ? [`${at}.${name}: is not known`] : [];
  });
  return [...lacking, ...wrong];
}
