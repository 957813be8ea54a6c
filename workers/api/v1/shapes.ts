import { z } from "@hono/zod-openapi";
import { type Cents, toDecimal } from "#domain/money.ts";

// The words of v1's answers. They repeat v2's on purpose: v1 stands still while v2 moves (STYLE, "A route").

const ID = "019b218f-5440-7000-8000-000000000001";
const AT = "2026-12-15T10:30:00.000Z";

export const id = (description: string) => z.uuid().openapi({ description, example: ID });

export const at = (description: string) => z.iso.datetime().openapi({ description, format: "date-time", example: AT });

export const day = (description: string) => z.iso.date().openapi({ description, format: "date", example: "2027-01-11" });

export const words = (description: string, example: string) => z.string().openapi({ description, example });

export const flag = (description: string, example: boolean) => z.boolean().openapi({ description, example });

export const count = (description: string, example: number) => z.int().openapi({ description, example });

export const oneOf = <const Words extends readonly [string, ...string[]]>(description: string, names: Words) =>
  z.enum(names).openapi({ description, example: names[0] });

export const rate = (description: string) =>
  z.string().openapi({ description: `${description}, in percent with two decimals`, example: "20.00" });

/** Every record that tells amounts tells in what. */
export const Currency = z.literal("usd").openapi({ description: "The currency of every amount of this record", example: "usd" });

export const CURRENCY = "usd" as const;

/** An amount in both its forms: a decimal string, and whole cents. */
export const money = <Name extends string>(name: Name, description: string) =>
  ({
    [name]: z.string().openapi({ description: `${description}, with two decimals`, example: "20000.00" }),
    [`${name}_cents`]: z.int().openapi({ description: `${description}, in cents`, example: 2_000_000 }),
  }) as Record<Name, z.ZodString> & Record<`${Name}_cents`, z.ZodInt>;

/** As `money`, where there may be none. */
export const maybeMoney = <Name extends string>(name: Name, description: string) => {
  const both = money(name, description) as Record<string, z.ZodType>;
  return Object.fromEntries(Object.entries(both).map(([key, shape]) => [key, shape.nullable()])) as unknown as Record<
    Name,
    z.ZodNullable<z.ZodString>
  > &
    Record<`${Name}_cents`, z.ZodNullable<z.ZodInt>>;
};

/** Both forms of an amount. */
export const amount = <Name extends string, Value extends Cents | null>(name: Name, value: Value) =>
  ({ [name]: value === null ? null : toDecimal(value), [`${name}_cents`]: value }) as Record<
    Name,
    Value extends null ? string | null : string
  > &
    Record<`${Name}_cents`, Value extends null ? number | null : number>;

export const percent = <Value extends number | null>(basisPoints: Value) =>
  (basisPoints === null ? null : toDecimal(basisPoints as never)) as Value extends null ? string | null : string;

export const instant = <Value extends Date | null>(value: Value) =>
  (value === null ? null : value.toISOString()) as Value extends null ? string | null : string;

/** What every row tells of itself. */
export const born = {
  created_at: at("When it came to be; lists are ordered by it, newest first"),
  updated_at: at("When it was last changed"),
  version: count("Raised by every change; the ETag", 3),
};
