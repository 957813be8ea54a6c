import { invalid, missing } from "./refusal.ts";

/** What a form holds before types are known: text, lists and named parts. */
export type Raw = string | Raw[] | { [name: string]: Raw };

/** What a parameter accepts, as data: the contract test compares it with Stripe's published schema. */
export type Shape =
  | { type: "string"; max: number; oneOf?: readonly string[] }
  | { type: "integer" | "number" | "boolean" | "map" | "empty" }
  | { type: "object"; fields: Fields }
  | { type: "list"; of: Shape }
  | { type: "either"; of: readonly Shape[] };

/** One parameter: what it accepts and how it is read. */
export interface Param<T, Needed extends boolean = boolean> {
  readonly shape: Shape;
  readonly needed: Needed;
  parse(given: Raw, at: string): T;
}

/** Parameters by name. */
export type Fields = Readonly<Record<string, Param<unknown>>>;

/** The values that a set of parameters yields; those that were not sent are absent. */
export type Given<F extends Fields> = {
  [K in keyof F as F[K]["needed"] extends true ? K : never]: F[K] extends Param<infer T> ? T : never;
} & {
  [K in keyof F as F[K]["needed"] extends true ? never : K]?: (F[K] extends Param<infer T> ? T : never) | undefined;
};

const empty = (at: string) =>
  invalid(
    `You passed an empty string for '${at}'. We assume empty values are an attempt to unset a parameter; however '${at}' cannot be unset. You should remove '${at}' from your request or supply a non-empty value.`,
    { code: "parameter_invalid_empty", param: at },
  );

const optional = <T>(shape: Shape, parse: (given: Raw, at: string) => T): Param<T, false> => ({ shape, needed: false, parse });

/** Text of at most `max` characters. */
export const text = (max = 5000): Param<string, false> =>
  optional({ type: "string", max }, (given, at) => {
    if (typeof given !== "string") throw invalid(`Invalid string: ${JSON.stringify(given)}`, { param: at });
    if (given === "") throw empty(at);
    if (given.length > max) {
      throw invalid(`Invalid string: ${given.slice(0, 10)}…${given.slice(-10)}; must be at most ${max} characters`, { param: at });
    }
    return given;
  });

/** One of a few words. */
export const word = <const W extends string>(...words: readonly W[]): Param<W, false> =>
  optional({ type: "string", max: 5000, oneOf: words }, (given, at) => {
    const found = words.find((each) => each === given);
    if (given === "" && found === undefined) throw empty(at);
    if (found === undefined) throw invalid(`Invalid ${at}: must be ${inWords(words)}`, { param: at });
    return found;
  });

const inWords = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? "") : `one of ${words.slice(0, -1).join(", ")}, or ${words.at(-1)}`;

/** A whole number. */
export const integer = (bounds: { min?: number; max?: number } = {}): Param<number, false> =>
  optional({ type: "integer" }, (given, at) => {
    if (given === "") throw empty(at);
    if (typeof given !== "string" || !/^-?\d{1,15}$/.test(given)) {
      throw invalid(`Invalid integer: ${typeof given === "string" ? given : JSON.stringify(given)}`, {
        code: "parameter_invalid_integer",
        param: at,
      });
    }
    const value = Number(given);
    if (value < (bounds.min ?? -Infinity)) {
      throw invalid(`This value must be greater than or equal to ${bounds.min}.`, { code: "parameter_invalid_integer", param: at });
    }
    if (value > (bounds.max ?? 99_999_999_999)) {
      throw invalid(`This value must be less than or equal to ${bounds.max ?? 99_999_999_999}.`, {
        code: "parameter_invalid_integer",
        param: at,
      });
    }
    return value;
  });

/** `true` or `false`. */
export const flag = (): Param<boolean, false> =>
  optional({ type: "boolean" }, (given, at) => {
    if (given === "") throw empty(at);
    if (given !== "true" && given !== "false") throw invalid(`Invalid boolean: ${String(given)}`, { param: at });
    return given === "true";
  });

/** Named parts; an unknown name is refused. */
export const object = <F extends Fields>(fields: F): Param<Given<F>, false> =>
  optional({ type: "object", fields }, (given, at) => {
    if (typeof given !== "object" || Array.isArray(given)) throw invalid("Invalid object", { param: at });
    return check(fields, given, at);
  });

/** A list, sent as `name[]` or `name[0]`, `name[1]` and so on. */
export const list = <T>(of: Param<T>): Param<T[], false> =>
  optional({ type: "list", of: of.shape }, (given, at) => {
    if (typeof given === "string") throw invalid("Invalid array", { param: at });
    const entries = Array.isArray(given) ? given.map((each, index) => [String(index), each] as const) : Object.entries(given);
    if (entries.some(([name]) => !/^\d+$/.test(name))) throw invalid("Invalid array", { param: at });
    return entries.toSorted(([a], [b]) => Number(a) - Number(b)).map(([name, each]) => of.parse(each, `${at}[${name}]`));
  });

/** Names and texts. */
export const map = (): Param<Record<string, string>, false> =>
  optional({ type: "map" }, (given, at) => {
    if (typeof given !== "object" || Array.isArray(given)) throw invalid("Invalid hash", { param: at });
    return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, text().parse(value, `${at}[${name}]`)]));
  });

/** Names and texts chosen by the caller. An empty text removes its name; `null` removes all of them. */
export const metadata = (): Param<Record<string, string> | null, false> =>
  optional({ type: "either", of: [{ type: "map" }, { type: "empty" }] }, (given, at) => {
    if (given === "") return null;
    if (typeof given !== "object" || Array.isArray(given)) throw invalid("Invalid hash", { param: at });
    const names = Object.keys(given);
    if (names.length > 50) throw invalid("Metadata can have up to 50 keys.", { param: at });
    return Object.fromEntries(
      names.map((name) => {
        const value = given[name];
        if (name.length > 40) {
          throw invalid(`Metadata keys can be at most 40 characters long. You passed in a key of length ${name.length}.`, { param: at });
        }
        if (typeof value !== "string")
          throw invalid(`Metadata values must be strings, but for key '${name}' you passed another.`, { param: at });
        if (value.length > 500) throw invalid("Metadata values can have up to 500 characters.", { param: `${at}[${name}]` });
        return [name, value];
      }),
    );
  });

/** The first of several shapes that fits; without one, the last one's refusal. */
export const either = <A, B>(first: Param<A>, second: Param<B>): Param<A | B, false> =>
  optional<A | B>({ type: "either", of: [first.shape, second.shape] }, (given, at) => {
    try {
      return first.parse(given, at);
    } catch {
      return second.parse(given, at);
    }
  });

/** Like `param`, and an empty text means "unset it". */
export const clearable = <T>(param: Param<T>): Param<T | null, false> =>
  optional<T | null>({ type: "either", of: [param.shape, { type: "empty" }] }, (given, at) =>
    given === "" ? null : param.parse(given, at),
  );

/** A parameter that must be sent. */
export const needed = <T>(param: Param<T>): Param<T, true> => ({
  shape: param.shape,
  needed: true,
  parse: (given, at) => param.parse(given, at),
});

/** An instant, or a range of instants, in seconds. */
export const range = () => either(integer({ min: 0 }), object({ gt: integer(), gte: integer(), lt: integer(), lte: integer() }));

/** How every list is paged. */
export const PAGE = { ending_before: text(), limit: integer(), starting_after: text() };

/** Reads parameters by their schema. Refuses the unknown first, then the mistyped, then the missing, as Stripe does. */
export function check<F extends Fields>(fields: F, given: { [name: string]: Raw }, at = ""): Given<F> {
  const named = (name: string) => (at === "" ? name : `${at}[${name}]`);
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(fields, name));
  const [first] = unknown;
  if (first !== undefined) {
    const words = unknown.length === 1 ? "parameter" : "parameters";
    throw invalid(`Received unknown ${words}: ${unknown.map(named).join(", ")}`, { code: "parameter_unknown", param: named(first) });
  }
  const read: Record<string, unknown> = {};
  for (const [name, param] of Object.entries(fields)) {
    const value = given[name];
    if (value !== undefined) read[name] = param.parse(value, named(name));
    else if (param.needed) throw missing(named(name));
  }
  return read as Given<F>;
}
