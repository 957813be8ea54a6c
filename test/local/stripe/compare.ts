import type { Fields, Shape } from "#local/stripe/schema.ts";
import type { Schema, Vendored } from "./vendored.ts";

/** How a request schema of ours differs from the published one. */
export interface Difference {
  /** `settings.payouts.schedule`; a list's elements are not named. */
  at: string;
  /** `unknown` and `unlike` are mistakes of ours; the others are things that we refuse and Stripe takes. */
  kind: "unknown" | "unlike" | "refused" | "values" | "unset";
  words: string;
}

/** Holds parameters of ours against the published ones, both ways. */
export function compareFields(ours: Fields, theirs: Schema, vendored: Pick<Vendored, "schemas">, at = ""): Difference[] {
  const properties = theirs.properties ?? {};
  const named = (name: string) => (at === "" ? name : `${at}.${name}`);
  const mine = Object.entries(ours).flatMap(([name, param]): Difference[] => {
    const published = properties[name];
    if (!published) return [{ at: named(name), kind: "unknown", words: "Stripe has no such parameter" }];
    const must = theirs.required?.includes(name) ?? false;
    const need: Difference[] =
      must === param.needed ? [] : [{ at: named(name), kind: "unlike", words: must ? "Stripe asks for it" : "Stripe does not ask for it" }];
    return [...need, ...compareShape(param.shape, published, vendored, named(name))];
  });
  const absent = Object.keys(properties).filter((name) => !Object.hasOwn(ours, name));
  return [...mine, ...absent.map((name): Difference => ({ at: named(name), kind: "refused", words: "we refuse it" }))];
}

function compareShape(ours: Shape, theirs: Schema, vendored: Pick<Vendored, "schemas">, at: string): Difference[] {
  const options = flat(theirs, vendored);
  const mine = ours.type === "either" ? ours.of.flatMap((each) => (each.type === "either" ? each.of : [each])) : [ours];
  const best = (shape: Shape) =>
    options.map((option) => compareOne(shape, option, vendored, at)).toSorted((a, b) => weight(a) - weight(b))[0] ?? [];
  const unset =
    options.some(isEmpty) && !mine.some((each) => each.type === "empty" || (each.type === "string" && each.oneOf?.includes("")));
  return [...mine.flatMap(best), ...(unset ? [{ at, kind: "unset" as const, words: "cannot be unset here" }] : [])];
}

/** Mistakes count more than what is merely refused. */
const weight = (differences: readonly Difference[]): number =>
  differences.reduce((sum, each) => sum + (each.kind === "unknown" || each.kind === "unlike" ? 1000 : 1), 0);

function flat(schema: Schema, vendored: Pick<Vendored, "schemas">): Schema[] {
  if (schema.$ref) return flat(vendored.schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {}, vendored);
  return schema.anyOf ? schema.anyOf.flatMap((each) => flat(each, vendored)) : [schema];
}

const isEmpty = (schema: Schema): boolean => schema.enum?.length === 1 && schema.enum[0] === "";

function compareOne(ours: Shape, theirs: Schema, vendored: Pick<Vendored, "schemas">, at: string): Difference[] {
  const unlike = (words: string): Difference[] => [{ at, kind: "unlike", words }];
  const values = theirs.enum ?? theirs["x-known-values"];
  switch (ours.type) {
    case "empty":
      return isEmpty(theirs) ? [] : unlike("Stripe does not unset it");
    case "map":
      return theirs.type === "object" && !theirs.properties ? [] : unlike(`ours is a map, Stripe's ${theirs.type}`);
    case "string": {
      if (theirs.type !== "string" || isEmpty(theirs)) return unlike(`ours is a string, Stripe's ${theirs.type}`);
      if (values && !ours.oneOf) return unlike("ours takes any word");
      const wrong = (ours.oneOf ?? []).filter((each) => values && !values.includes(each));
      if (wrong.length > 0) return unlike(`Stripe has no ${wrong.join(", ")}`);
      if (!ours.oneOf && theirs.maxLength !== undefined && ours.max !== theirs.maxLength)
        return unlike(`ours is ${ours.max} long, Stripe's ${theirs.maxLength}`);
      const absent = (values ?? []).filter((each) => each !== "" && !(ours.oneOf ?? []).includes(String(each)));
      const narrowed = absent.length > 0 || (ours.oneOf !== undefined && !values);
      return narrowed ? [{ at, kind: "values", words: `we refuse some values` }] : [];
    }
    case "integer":
      return theirs.type === "integer" || theirs.type === "number" ? [] : unlike(`ours is an integer, Stripe's ${theirs.type}`);
    case "number":
    case "boolean":
      return theirs.type === ours.type ? [] : unlike(`ours is a ${ours.type}, Stripe's ${theirs.type}`);
    case "list":
      return theirs.type === "array" && theirs.items
        ? compareShape(ours.of, theirs.items, vendored, at)
        : unlike(`ours is a list, Stripe's ${theirs.type}`);
    case "object":
      return theirs.type === "object" && theirs.properties
        ? compareFields(ours.fields, theirs, vendored, at)
        : unlike(`ours is an object, Stripe's ${theirs.type}`);
    case "either":
      return compareShape(ours, theirs, vendored, at);
  }
}
