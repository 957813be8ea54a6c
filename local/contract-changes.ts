/** As much of an OpenAPI document as callers depend on. */
export interface ContractDocument {
  paths: Record<string, Record<string, ContractOperation>>;
  components?: { schemas?: Record<string, ContractSchema> };
}

interface ContractOperation {
  parameters?: { name: string; in: string; required?: boolean; schema?: ContractSchema }[];
  requestBody?: { required?: boolean; content?: Record<string, { schema?: ContractSchema }> };
  responses?: Record<string, { content?: Record<string, { schema?: ContractSchema }> }>;
}

interface ContractSchema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  required?: string[];
  properties?: Record<string, ContractSchema>;
  items?: ContractSchema;
  anyOf?: ContractSchema[];
  oneOf?: ContractSchema[];
  allOf?: ContractSchema[];
  additionalProperties?: boolean | ContractSchema;
}

/** Which way a schema travels: what we send may grow, what we take may not ask for more. */
type Direction = "request" | "response";

/**
 * What a caller who was written against one contract would miss in another: a removed path, operation,
 * status or field, a new required field or parameter, a changed type, an enum that takes less.
 *
 * @returns one sentence a change, in the order of the paths; none when the new contract breaks nobody
 */
export function breakingChanges(before: ContractDocument, after: ContractDocument): string[] {
  return Object.entries(before.paths).flatMap(([path, operations]) => {
    const newOperations = after.paths[path];
    if (!newOperations) return [`${path} is gone`];
    return Object.entries(operations).flatMap(([method, operation]) => {
      const name = `${method.toUpperCase()} ${path}`;
      const fresh = newOperations[method];
      return fresh ? operationChanges(name, operation, fresh, before, after) : [`${name} is gone`];
    });
  });
}

function operationChanges(
  name: string,
  old: ContractOperation,
  fresh: ContractOperation,
  before: ContractDocument,
  after: ContractDocument,
): string[] {
  const compare = (direction: Direction) => schemaChanges(direction, before, after);
  const known = new Map((old.parameters ?? []).map((parameter) => [`${parameter.in} ${parameter.name}`, parameter]));
  const newParameters = new Map((fresh.parameters ?? []).map((parameter) => [`${parameter.in} ${parameter.name}`, parameter]));
  const parameters = [
    ...[...known].flatMap(([key, parameter]) => {
      const same = newParameters.get(key);
      if (!same) return [`${name}: the parameter ${key} is gone`];
      const asked = same.required && !parameter.required ? [`${name}: the parameter ${key} is required now`] : [];
      return [...asked, ...compare("request")(parameter.schema, same.schema, `${name} ${key}`)];
    }),
    ...[...newParameters]
      .filter(([key, { required }]) => required && !known.has(key))
      .map(([key]) => `${name}: the parameter ${key} is new and required`),
  ];
  const bodyIsNew = fresh.requestBody?.required && !old.requestBody ? [`${name}: a body is required now`] : [];
  const body = compare("request")(jsonOf(old.requestBody), jsonOf(fresh.requestBody), `${name} body`);
  const replies = Object.entries(old.responses ?? {})
    .filter(([status]) => status.startsWith("2"))
    .flatMap(([status, reply]) => {
      const same = fresh.responses?.[status];
      return same ? compare("response")(jsonOf(reply), jsonOf(same), `${name} ${status}`) : [`${name}: the answer ${status} is gone`];
    });
  return [...parameters, ...bodyIsNew, ...body, ...replies];
}

const jsonOf = (part: { content?: Record<string, { schema?: ContractSchema }> } | undefined): ContractSchema | undefined =>
  part?.content?.["application/json"]?.schema;

function schemaChanges(direction: Direction, before: ContractDocument, after: ContractDocument) {
  const seen = new Set<string>();
  return function compare(old: ContractSchema | undefined, fresh: ContractSchema | undefined, at: string): string[] {
    if (!old) return [];
    if (!fresh) return [`${at}: its shape is gone`];
    const pair = `${old.$ref ?? ""} ${fresh.$ref ?? ""}`;
    if (old.$ref && fresh.$ref && seen.has(pair)) return [];
    if (old.$ref && fresh.$ref) seen.add(pair);
    const [was, is] = [resolved(old, before), resolved(fresh, after)];
    const types = [was.type, is.type].map((type) => [type].flat().filter(Boolean));
    const [wasTypes = [], isTypes = []] = types;
    const narrower =
      direction === "request" ? wasTypes.filter((type) => !isTypes.includes(type)) : isTypes.filter((type) => !wasTypes.includes(type));
    const typeChange = wasTypes.length > 0 && isTypes.length > 0 && narrower.length > 0 ? [`${at}: its type changed`] : [];
    const lostWords = direction === "request" && is.enum ? (was.enum ?? []).filter((word) => !is.enum?.includes(word)) : [];
    const closed = direction === "request" && is.enum && !was.enum ? [`${at}: takes only ${is.enum.join(", ")} now`] : [];
    const fields = Object.entries(was.properties ?? {}).flatMap(([field, schema]) => {
      const same = is.properties?.[field];
      return same ? compare(schema, same, `${at}/${field}`) : [`${at}/${field} is gone`];
    });
    const newlyRequired = direction === "request" ? (is.required ?? []).filter((field) => !was.required?.includes(field)) : [];
    const maybeMissing =
      direction === "response" ? (was.required ?? []).filter((field) => is.properties?.[field] && !is.required?.includes(field)) : [];
    return [
      ...typeChange,
      ...lostWords.map((word) => `${at}: no longer takes ${String(word)}`),
      ...closed,
      ...fields,
      ...newlyRequired.map((field) => `${at}/${field} is required now`),
      ...maybeMissing.map((field) => `${at}/${field} may be missing now`),
      ...(was.items ? compare(was.items, is.items, `${at}[]`) : []),
    ];
  };
}

/** A schema with its reference followed and what it is put together from laid into one. */
function resolved(schema: ContractSchema, document: ContractDocument): ContractSchema {
  const name = schema.$ref?.split("/").at(-1);
  const own = name ? (document.components?.schemas?.[name] ?? {}) : schema;
  const parts = (own.allOf ?? []).map((part) => resolved(part, document));
  return {
    ...Object.assign({}, own, ...parts),
    properties: Object.assign({}, own.properties, ...parts.map(({ properties }) => properties)),
    required: [own, ...parts].flatMap(({ required }) => required ?? []),
  };
}
