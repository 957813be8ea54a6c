import { invalid } from "./refusal.ts";
import { type Fields, type Given, list, type PAGE, text } from "./schema.ts";
import type { Listed } from "./things.ts";
import type { World } from "./world.ts";

/** Who calls, and which ids the path holds. */
export interface Call {
  /** The account that the call works on: the platform's own, or that of `Stripe-Account`. */
  owner: string;
  /** The path as it was sent. */
  url: string;
  /** An id of the path by its name in the template. */
  in(name: string): string;
}

/** One operation of the API: where it is, what it accepts, what it does. */
export interface Operation {
  method: "GET" | "POST" | "DELETE";
  /** With names in braces: `/v1/transfers/{transfer}`. */
  path: string;
  fields: Fields;
  /** Whether a connected account may be named with `Stripe-Account`. */
  connected: boolean;
  run(world: World, params: Record<string, unknown>, call: Call): object;
}

const EXPAND = { expand: list(text()) };

/** Describes an operation; its handler gets parameters of the types that its fields promise. */
export function operation<F extends Fields>(
  method: Operation["method"],
  path: string,
  fields: F,
  run: (world: World, params: Given<F>, call: Call) => object,
  { connected = false, expands = method !== "DELETE" }: { connected?: boolean; expands?: boolean } = {},
): Operation {
  return {
    method,
    path,
    fields: expands ? { ...fields, ...EXPAND } : fields,
    connected,
    run: (world, params, call) => run(world, params as Given<F>, call),
  };
}

type Paging = Given<typeof PAGE>;

/** A page of a list, newest first, as Stripe pages: at most 100, ten unless told otherwise. */
export function paged<T extends { id: string }>(
  oldestFirst: readonly T[],
  { limit = 10, starting_after, ending_before }: Paging,
  url: string,
): Listed<T> {
  if (limit < 1 || limit > 100) {
    throw invalid(limit < 1 ? "This value must be greater than or equal to 1." : "This value must be less than or equal to 100.", {
      code: "parameter_invalid_integer",
      param: "limit",
    });
  }
  if (starting_after !== undefined && ending_before !== undefined) {
    throw invalid("You may only specify one of these parameters: ending_before, starting_after.", { code: "parameters_exclusive" });
  }
  const things = oldestFirst.toReversed();
  const cursor = starting_after ?? ending_before;
  const index = cursor === undefined ? -1 : things.findIndex(({ id }) => id === cursor);
  if (cursor !== undefined && index < 0) {
    throw invalid(`No such object: '${cursor}'`, {
      code: "resource_missing",
      param: starting_after === undefined ? "ending_before" : "starting_after",
    });
  }
  const all = ending_before === undefined ? things.slice(index + 1) : things.slice(0, index);
  const data = ending_before === undefined ? all.slice(0, limit) : all.slice(-limit);
  return { object: "list", data, has_more: all.length > data.length, url };
}

type Range = number | { gt?: number | undefined; gte?: number | undefined; lt?: number | undefined; lte?: number | undefined };

/** Whether an instant lies in a range as lists filter by it. */
export function within(range: Range | undefined, at: number | null): boolean {
  if (range === undefined) return true;
  if (at === null) return false;
  if (typeof range === "number") return at === range;
  const { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = range;
  return at > gt && at >= gte && at < lt && at <= lte;
}

/** Whether a thing has what a list asks for; what was not asked does not count. */
export const like = (wanted: Record<string, unknown>, thing: Record<string, unknown>): boolean =>
  Object.entries(wanted).every(([name, value]) => value === undefined || thing[name] === value);

/** Refuses everything but dollars: the business has no other currency. */
export function dollars(currency: string | undefined): "usd" {
  if (currency === undefined || currency.toLowerCase() === "usd") return "usd";
  throw invalid(`Invalid currency: ${currency}. Your account only supports: usd`, { param: "currency" });
}

/** A list inside an object. */
export const listed = <T>(data: T[], url: string): Listed<T> => ({ object: "list", data, has_more: false, url });
